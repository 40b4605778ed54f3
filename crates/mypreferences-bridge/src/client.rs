//! The client handle of a binding: a core client with the runtime, the panic guard, the fork guard and closing around
//! it.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Either, select};
use mypreferences::export::Export;
use mypreferences::{CancelToken, Client as Core, ClientBuilder, Error, ErrorKind, Operation};

use crate::guard::{guarded, guarded_call};
use crate::process::{self, DrivenBy, Process};
use crate::sigpipe;

/// A client handle. Thread-safe; clones are the same handle.
#[derive(Clone)]
pub struct Client(Arc<Handle>);

struct Handle {
    /// Not dropped in a forked child: its sockets and timers belong to the parent's runtime.
    core: ManuallyDrop<Core>,
    process: &'static Process,
    driven_by: DrivenBy,
    closed: AtomicBool,
    /// Cancels every call when the client is closed.
    closing: CancelToken,
}

/// A call that was started. Its completion comes by itself; this is only for waiting and for cancelling.
pub struct Started {
    own: CancelToken,
}

impl Started {
    /// Cancels the call; its completion still comes, with `cancelled` unless it was over already.
    pub fn cancel(&self) {
        self.own.cancel();
    }
}

/// What a blocking call does between, on the thread that makes it and beside all that drives calls: however long it takes,
/// it holds up this call alone.
pub struct Between<'a> {
    /// How often, at least.
    pub every: Duration,
    /// Whether there is something to do before that: the call has told something.
    pub is_due: &'a dyn Fn() -> bool,
    /// Does it. When it says true, the call is cancelled and ends soon after.
    pub look: &'a mut dyn FnMut() -> bool,
}

/// A call of any sort, whose value goes to a slot. One sort, so that what drives a call is compiled once and not once for
/// every call of every binding: it is much of what a small library consists of.
type AnyCall = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Makes a call, once.
type Make<'a> = dyn FnMut(&Core, CancelToken) -> Option<AnyCall> + 'a;

/// Where a call leaves its value.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot(Arc::new(Mutex::new(None)))
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Slot<T> {
        Slot(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> Slot<T> {
    fn filled_by(&self, call: impl Future<Output = Result<T, Error>> + Send + 'static) -> AnyCall {
        let slot = self.clone();
        Box::pin(async move {
            let value = call.await?;
            *slot.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
            Ok(())
        })
    }

    /// The value of a call that ended well.
    fn take(&self, operation: Operation) -> Result<T, Error> {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| Error::panicked(operation))
    }
}

/// The call, with its panics caught.
fn made(operation: Operation, call: Option<AnyCall>) -> Result<impl Future<Output = Result<(), Error>> + Send, Error> {
    let call = call.ok_or_else(|| Error::panicked(operation))?;
    Ok(guarded_call(operation, call))
}

impl Client {
    /// Makes a client for both forms of calls. Starts no thread.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn open(builder: ClientBuilder) -> Result<Client, Error> {
        Client::open_driven_by(DrivenBy::Workers, builder)
    }

    /// Makes a client for blocking calls only ([`Client::run`]). They run on the threads that make them, so there is
    /// never a thread of ours, and a call costs about half as much.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn open_blocking(builder: ClientBuilder) -> Result<Client, Error> {
        Client::open_driven_by(DrivenBy::Callers, builder)
    }

    fn open_driven_by(driven_by: DrivenBy, builder: ClientBuilder) -> Result<Client, Error> {
        let core = guarded(Operation::Configure, || builder.build())?;
        let process = process::current();
        process.opened();
        Ok(Client(Arc::new(Handle {
            core: ManuallyDrop::new(core),
            process,
            driven_by,
            closed: AtomicBool::new(false),
            closing: CancelToken::new(),
        })))
    }

    /// Closes the client and cancels its calls. Twice is the same as once; in a forked child it does nothing.
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::Acquire)
    }

    /// The core's client, for building a call inside [`Client::run`] or [`Client::start`] and for `Debug`.
    pub fn core(&self) -> &Core {
        &self.0.core
    }

    /// As the core's `wrap`.
    ///
    /// # Errors
    /// As there; `closed`, `forked_process`.
    pub fn wrap(&self, export: &Export) -> Result<String, Error> {
        guarded(Operation::Configure, || {
            self.check(Operation::Configure)?;
            self.core().wrap(export)
        })
    }

    /// As the core's `unwrap`.
    ///
    /// # Errors
    /// As there; `closed`, `forked_process`.
    pub fn unwrap(&self, handle: &str) -> Result<Export, Error> {
        guarded(Operation::Configure, || {
            self.check(Operation::Configure)?;
            self.core().unwrap(handle)
        })
    }

    /// Runs a call to its end and blocks the calling thread meanwhile.
    ///
    /// # Errors
    /// What the call gives; `closed`, `forked_process`; `internal` after a panic.
    pub fn run<T, F>(
        &self,
        operation: Operation,
        cancel: &CancelToken,
        between: Option<Between<'_>>,
        call: impl FnOnce(&Core, CancelToken) -> F,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let slot = Slot::default();
        let mut call = Some(call);
        self.run_of_any_sort(operation, cancel, between, &mut |core, own| {
            call.take().map(|call| slot.filled_by(call(core, own)))
        })?;
        slot.take(operation)
    }

    fn run_of_any_sort(
        &self,
        operation: Operation,
        cancel: &CancelToken,
        between: Option<Between<'_>>,
        call: &mut Make<'_>,
    ) -> Result<(), Error> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::before_io(
                ErrorKind::Configuration,
                operation,
                "a blocking call was made on a thread of an asynchronous runtime",
                "use the asynchronous form there",
            ));
        }
        match self.0.driven_by {
            DrivenBy::Callers => self.run_here(operation, cancel, between, call),
            DrivenBy::Workers => self.run_there(operation, cancel, between, call),
        }
    }

    /// Runs a call on the calling thread, which drives the connections meanwhile.
    fn run_here(
        &self,
        operation: Operation,
        cancel: &CancelToken,
        between: Option<Between<'_>>,
        call: &mut Make<'_>,
    ) -> Result<(), Error> {
        guarded(operation, || {
            self.check(operation)?;
            let owned = self.0.process.runtime(DrivenBy::Callers, operation)?;
            let Some(runtime) = owned.runtime() else {
                return Err(closed(operation));
            };
            let own = CancelToken::new();
            if cancel.is_cancelled() {
                own.cancel();
            }
            let call = made(operation, call(&self.0.core, own.clone()))?;
            let call = ended_by(call, &self.0.closing, cancel, &own);
            let mut call = std::pin::pin!(call);
            let mut begun = false;
            let mut between = between;
            loop {
                let ended = {
                    let _sigpipe = sigpipe::Blocked::here();
                    runtime.block_on(async {
                        // A pooled connection that the server has closed since the last call must be seen to be closed before
                        // it is taken.
                        if !std::mem::replace(&mut begun, true) {
                            let_connections_run().await;
                        }
                        let result = match &between {
                            None => Some(call.as_mut().await),
                            Some(between) => until_due(call.as_mut(), between).await,
                        };
                        // A connection that was abandoned closes itself, and the server must see that.
                        if result.is_some() {
                            let_connections_run().await;
                        }
                        result
                    })
                };
                if let Some(result) = ended {
                    return result;
                }
                // Outside: meanwhile another thread's call drives the connections and the timers.
                if let Some(Between { look, .. }) = &mut between
                    && look()
                {
                    own.cancel();
                    between = None;
                }
            }
        })
    }

    /// Runs a call as a started one and waits for it. What it does then wakes nobody but the worker that it is on; a
    /// future that was polled here would wake the other thread for each timer and each piece of I/O.
    fn run_there(
        &self,
        operation: Operation,
        cancel: &CancelToken,
        between: Option<Between<'_>>,
        call: &mut Make<'_>,
    ) -> Result<(), Error> {
        let (sender, receiver) = sync_channel(1);
        let complete = Box::new(move |result| {
            // Nobody waits any more when what is done between panicked.
            let _ = sender.send(result);
        });
        let started = self.start_of_any_sort(operation, cancel.clone(), call, complete)?;
        let result = guarded(operation, || {
            let result = match between {
                None => receiver.recv().ok(),
                Some(mut between) => waiting(&receiver, &mut between, &started),
            };
            Ok(result)
        })?;
        // Without a result the runtime is gone, and the call with it.
        result.unwrap_or_else(|| Err(Error::panicked(operation)))
    }

    /// Starts a call on the runtime and returns at once. `complete` is called exactly once, from a thread of the
    /// runtime, with its result; it is not called when `Err` is returned. A panic in `complete` ends there.
    ///
    /// # Errors
    /// `closed`, `forked_process`, `configuration` when no thread can be started or the client is for blocking calls.
    pub fn start<T, F>(
        &self,
        operation: Operation,
        cancel: CancelToken,
        call: impl FnOnce(&Core, CancelToken) -> F,
        complete: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<Started, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let slot = Slot::default();
        let filled = slot.clone();
        let mut call = Some(call);
        self.start_of_any_sort(
            operation,
            cancel,
            &mut |core, own| call.take().map(|call| slot.filled_by(call(core, own))),
            Box::new(move |result| complete(result.and_then(|()| filled.take(operation)))),
        )
    }

    fn start_of_any_sort(
        &self,
        operation: Operation,
        cancel: CancelToken,
        call: &mut Make<'_>,
        complete: Box<dyn FnOnce(Result<(), Error>) + Send>,
    ) -> Result<Started, Error> {
        guarded(operation, || {
            self.check(operation)?;
            if self.0.driven_by == DrivenBy::Callers {
                return Err(Error::before_io(
                    ErrorKind::Configuration,
                    operation,
                    "the client was made for blocking calls only",
                    "open it for both forms of calls",
                ));
            }
            let owned = self.0.process.runtime(DrivenBy::Workers, operation)?;
            let Some(handle) = owned.handle().cloned() else {
                return Err(closed(operation));
            };
            let own = CancelToken::new();
            if cancel.is_cancelled() {
                own.cancel();
            }
            let call = made(operation, call(&self.0.core, own.clone()))?;
            let closing = self.0.closing.clone();
            let started = Started { own: own.clone() };
            handle.spawn(async move {
                let result = ended_by(call, &closing, &cancel, &own).await;
                // A binding's callback is foreign code; its panic must not take the worker with it.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| complete(result)));
                // The runtime lives as long as a call of it. Letting go of it on its own thread is safe: it shuts
                // down in the background.
                drop(owned);
            });
            Ok(started)
        })
    }

    fn check(&self, operation: Operation) -> Result<(), Error> {
        if self.0.is_forked() {
            return Err(Error::before_io(
                ErrorKind::ForkedProcess,
                operation,
                "the client was made before this process was forked",
                "make a new client in the child process",
            ));
        }
        if self.is_closed() {
            return Err(closed(operation));
        }
        Ok(())
    }
}

impl Handle {
    fn is_forked(&self) -> bool {
        self.process.id != std::process::id()
    }

    fn close(&self) {
        if self.is_forked() || self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.closing.cancel();
        self.process.closed();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.is_forked() {
            // Leaked: what is inside belongs to the parent, and letting go of it would reach into its epoll instance.
            return;
        }
        self.close();
        // SAFETY: this is the only place that drops it, and `self` is not used afterwards.
        unsafe { ManuallyDrop::drop(&mut self.core) };
    }
}

/// Lets the tasks of connections look at their sockets and finish what they can, where no thread does that by itself.
async fn let_connections_run() {
    // One turn to see what the sockets say, one for the tasks that were woken, and one for those that they wake.
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

fn closed(operation: Operation) -> Error {
    Error::before_io(ErrorKind::Closed, operation, "the client was closed", "make a new client")
}

/// Ends a call by its own token when the caller cancels or the client is closed, so that it ends with its own record.
/// The caller's token is not touched: it may belong to other calls too.
async fn ended_by<T>(
    call: impl Future<Output = T>,
    closing: &CancelToken,
    cancel: &CancelToken,
    own: &CancelToken,
) -> T {
    let call = std::pin::pin!(call);
    let closed = std::pin::pin!(closing.cancelled());
    let cancelled = std::pin::pin!(cancel.cancelled());
    match select(call, select(closed, cancelled)).await {
        Either::Left((result, _)) => result,
        Either::Right((_, call)) => {
            own.cancel();
            call.await
        }
    }
}

/// Runs a call until it is over, or until something is due between.
async fn until_due<T>(mut call: Pin<&mut impl Future<Output = T>>, between: &Between<'_>) -> Option<T> {
    let told = std::future::poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if (between.is_due)() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    });
    tokio::time::timeout(between.every, told).await.unwrap_or(None)
}

/// Waits for a result and asks between whether to stop.
fn waiting<T>(receiver: &Receiver<T>, between: &mut Between<'_>, started: &Started) -> Option<T> {
    loop {
        match receiver.recv_timeout(between.every) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                if (between.look)() {
                    started.cancel();
                    return receiver.recv().ok();
                }
            }
        }
    }
}

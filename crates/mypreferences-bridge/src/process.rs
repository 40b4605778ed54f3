//! What this process has of ours: the runtimes and how many clients are open. A forked child has none of it, and finds
//! that out by atomics alone: another thread of the parent may have held any lock at the moment of the fork.

use std::process;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mypreferences::{Error, ErrorKind, Operation, threads};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::sigpipe;

/// Threads of the runtime. Calls wait nearly all of their time, and one thread carries tens of thousands a second. With
/// a second one, each piece of I/O would wake both: measured on a commit from C, 12 context switches in place of 3, and
/// a third more CPU time.
const WORKERS: usize = 1;

/// The state of the process that made it. Leaked on purpose: it is as old as the process.
static CURRENT: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

/// One process's share.
pub(crate) struct Process {
    pub(crate) id: u32,
    state: Mutex<State>,
}

/// Whose threads run a client's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DrivenBy {
    /// Threads of ours: calls go on while nobody waits for them.
    Workers,
    /// The threads that make blocking calls. No thread of ours, and none to wake for each step of a request, which
    /// halves what a call costs.
    Callers,
}

#[derive(Default)]
struct State {
    workers: Option<Arc<Owned>>,
    callers: Option<Arc<Owned>>,
    open_clients: usize,
}

impl State {
    fn runtime(&mut self, driven_by: DrivenBy) -> &mut Option<Arc<Owned>> {
        match driven_by {
            DrivenBy::Workers => &mut self.workers,
            DrivenBy::Callers => &mut self.callers,
        }
    }
}

/// A runtime whose end never blocks and never panics, wherever the last holder lets go of it.
pub(crate) struct Owned(Option<Runtime>);

impl Owned {
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }

    pub(crate) fn runtime(&self) -> Option<&Runtime> {
        self.0.as_ref()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The state of this process; made anew in a forked child.
pub(crate) fn current() -> &'static Process {
    let id = process::id();
    let known = CURRENT.load(Ordering::Acquire);
    // SAFETY: the pointer is null or came from `Box::into_raw` below and is never freed.
    if let Some(process) = unsafe { known.as_ref() }
        && process.id == id
    {
        return process;
    }
    let fresh = Box::into_raw(Box::new(Process { id, state: Mutex::default() }));
    match CURRENT.compare_exchange(known, fresh, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: `fresh` came from `Box::into_raw` just now and is never freed from here on.
        Ok(_) => unsafe { &*fresh },
        Err(winner) => {
            // SAFETY: `fresh` came from `Box::into_raw` just now, and nobody else has seen it.
            drop(unsafe { Box::from_raw(fresh) });
            // SAFETY: only pointers from `Box::into_raw` that are never freed are stored, and null never is.
            unsafe { &*winner }
        }
    }
}

impl Process {
    /// A panic elsewhere leaves a count and a handle behind, which are still true.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn opened(&self) {
        self.state().open_clients += 1;
    }

    /// The last client that is closed ends the runtimes; calls that are under way keep theirs until they are over.
    pub(crate) fn closed(&self) {
        let mut state = self.state();
        state.open_clients = state.open_clients.saturating_sub(1);
        let last = if state.open_clients == 0 { [state.workers.take(), state.callers.take()] } else { [None, None] };
        drop(state);
        drop(last);
    }

    /// The runtime, started if there is none.
    pub(crate) fn runtime(&self, driven_by: DrivenBy, operation: Operation) -> Result<Arc<Owned>, Error> {
        let mut state = self.state();
        if let Some(runtime) = state.runtime(driven_by) {
            return Ok(Arc::clone(runtime));
        }
        // The last client was closed a moment ago: a runtime that nobody would end must not start.
        if state.open_clients == 0 {
            return Err(Error::before_io(ErrorKind::Closed, operation, "the client was closed", "make a new client"));
        }
        let no_thread = |error: std::io::Error| {
            Error::before_io(
                ErrorKind::Configuration,
                operation,
                format!("no thread can be started: {error}"),
                threads::ADVICE,
            )
        };
        let mut builder = match driven_by {
            DrivenBy::Workers => {
                threads::can_be_started().map_err(no_thread)?;
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(WORKERS);
                builder
            }
            DrivenBy::Callers => Builder::new_current_thread(),
        };
        let runtime = builder
            .thread_name("mypreferences")
            .on_thread_start(sigpipe::block_on_this_thread)
            .enable_all()
            .build()
            .map_err(no_thread)?;
        let runtime = Arc::new(Owned(Some(runtime)));
        *state.runtime(driven_by) = Some(Arc::clone(&runtime));
        Ok(runtime)
    }
}

/// Ends the runtimes of this process and waits up to `bound` for their threads. Calls that are under way keep theirs
/// alive until they are over; clients stay usable, and the next call starts it anew. Safe to call at any time and more
/// than once; in a forked child it does nothing to the parent.
pub fn shutdown(bound: Duration) {
    let mut state = current().state();
    let runtimes = [state.workers.take(), state.callers.take()];
    drop(state);
    for mut owned in runtimes.into_iter().flatten().filter_map(Arc::into_inner) {
        if let Some(runtime) = owned.0.take() {
            if Handle::try_current().is_ok() {
                runtime.shutdown_background();
            } else {
                runtime.shutdown_timeout(bound);
            }
        }
    }
}

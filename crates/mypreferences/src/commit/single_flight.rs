//! Single flight: commits of one token in one client share one running call. Whoever waits keeps an own deadline and
//! an own cancel token; one who leaves never ends the call for the others, and the last one who leaves does.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::time::Instant;

use crate::commit::receipt::CommitReceipt;
use crate::commit::{Call, Journalled};
use crate::error::{Error, ErrorKind, Operation};
use crate::session::Session;
use crate::session::cancel::CancelToken;
use crate::session::token_cache::Key;

/// A call ends by itself at its deadline; a waiter that outlives it by so much leaves.
const GRACE: Duration = Duration::from_millis(500);
/// Above so many entries, those of calls that were dropped midway are swept out.
const SWEEP_ABOVE: usize = 256;

type Running = Pin<Box<dyn Future<Output = Result<CommitReceipt, Error>> + Send>>;

/// The running calls of one client.
pub(crate) struct SingleFlights {
    session: Arc<Session>,
    running: Mutex<HashMap<Key, SingleFlight>>,
}

struct SingleFlight {
    call: Arc<Call>,
    running: WeakShared<Running>,
}

/// One caller who waits for a call.
struct Waiter<'a>(&'a Call);

impl Waiter<'_> {
    fn new(call: &Call) -> Waiter<'_> {
        call.waiters.fetch_add(1, Ordering::AcqRel);
        Waiter(call)
    }

    fn leaves_others(&self) -> bool {
        self.0.waiters.load(Ordering::Acquire) > 1
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::AcqRel);
    }
}

impl SingleFlights {
    pub(crate) fn new(session: Arc<Session>) -> SingleFlights {
        SingleFlights { session, running: Mutex::default() }
    }

    fn remove(&self, call: &Arc<Call>) {
        if let Ok(mut flights) = self.running.lock()
            && flights.get(&call.key).is_some_and(|flight| Arc::ptr_eq(&flight.call, call))
        {
            flights.remove(&call.key);
        }
    }

    /// Joins the running commit of this token or starts one, and waits for it. `journalled`: it is a landed batch's. When
    /// `stop` is cancelled, nothing more is sent, and for so long it is asked what became of what was.
    pub(crate) async fn commit(
        self: &Arc<Self>,
        key: Key,
        keep_files: bool,
        timeout: Duration,
        journalled: Option<Journalled>,
        cancel: Option<&CancelToken>,
        stop: Option<(&CancelToken, Duration)>,
    ) -> Result<CommitReceipt, Error> {
        let deadline = Instant::now() + timeout;
        let (call, running) = self.join_or_start(key, keep_files, timeout, journalled)?;
        let waiter = Waiter::new(&call);
        let ended = {
            let waiting = tokio::time::timeout_at(deadline + GRACE, running.clone());
            let waiting = std::pin::pin!(unless(cancel, waiting));
            unless(stop.map(|(token, _)| token), waiting).await
        };
        let kind = match (ended, running.peek()) {
            (Some(Some(Ok(result))), _) => return result,
            // Given up in the very moment in which the call ended: its end is the truth.
            (_, Some(result)) => return result.clone(),
            (Some(Some(Err(_))), None) => ErrorKind::Timeout,
            (Some(None) | None, None) => ErrorKind::Cancelled,
        };
        if let Some((token, limit)) = stop
            && token.is_cancelled()
        {
            let asking = async {
                if waiter.leaves_others() {
                    // It goes on for them, and may end in time for this one too.
                    tokio::time::timeout(limit, running).await.ok()?.ok()
                } else {
                    // The POST is given up with the rest of the call.
                    drop(running);
                    self.session.last_questions(&call, limit).await
                }
            };
            if let Some(Some(receipt)) = unless(cancel, asking).await {
                return Ok(receipt);
            }
        }
        Err(self.session.aborted(&call, kind, waiter.leaves_others()))
    }

    fn join_or_start(
        self: &Arc<Self>,
        key: Key,
        keep_files: bool,
        timeout: Duration,
        journalled: Option<Journalled>,
    ) -> Result<(Arc<Call>, Shared<Running>), Error> {
        let mut flights = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(flight) = flights.get(&key)
            && let Some(running) = flight.running.upgrade()
        {
            if flight.call.keep_files != keep_files {
                return Err(conflict("a commit of this token with another keep_files is running"));
            }
            flight.call.extend(timeout);
            return Ok((Arc::clone(&flight.call), running));
        }
        if self.session.token_cache.committed_with(key).is_some_and(|committed| committed != keep_files) {
            return Err(conflict("this client has committed the token with another keep_files"));
        }
        let mut rules = self.session.settings.rules();
        rules.timeout = timeout;
        let call = Call::new(key, keep_files, rules);
        let call = Arc::new(match journalled {
            Some(journalled) => call.journalled(journalled, &self.session.token_cache),
            None => call,
        });
        let running: Running = Box::pin({
            let (flights, call) = (Arc::clone(self), Arc::clone(&call));
            async move {
                let result = flights.session.drive(&call).await;
                flights.remove(&call);
                result
            }
        });
        let running = running.shared();
        if flights.len() > SWEEP_ABOVE {
            flights.retain(|_, flight| flight.running.upgrade().is_some());
        }
        if let Some(weak) = running.downgrade() {
            flights.insert(key, SingleFlight { call: Arc::clone(&call), running: weak });
        }
        Ok((call, running))
    }
}

/// Waits, unless this token is cancelled first.
async fn unless<T>(token: Option<&CancelToken>, waiting: impl Future<Output = T>) -> Option<T> {
    let Some(token) = token else {
        return Some(waiting.await);
    };
    let cancelled = std::pin::pin!(token.cancelled());
    match futures_util::future::select(cancelled, std::pin::pin!(waiting)).await {
        futures_util::future::Either::Left(((), _)) => None,
        futures_util::future::Either::Right((ended, _)) => Some(ended),
    }
}

fn conflict(detail: &str) -> Error {
    Error::before_io(
        ErrorKind::CommitConflict,
        Operation::Commit,
        detail,
        "decide on one value of keep_files for a token; nothing was sent",
    )
}

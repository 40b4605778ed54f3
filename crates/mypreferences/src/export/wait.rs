//! Waiting until an export is ready: status from 1 s to 30 s apart, and once more when the time is over. Temporary
//! failures are borne as long as the client's `patience` says, a token that the service does not know yet for a moment.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::Export;
use crate::http::clock::unix_ms;
use crate::http::status_word::StatusWord;
use crate::read::ReadStatus;
use crate::read::status::ExportStatus;
use crate::session::Session;
use crate::session::cancel::CancelToken;
use crate::session::patience::{Borne, Patience};

/// First and longest distance between two questions, and how it grows.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
const GROWTH: f64 = 1.5;
/// How long to wait by default: a large export takes hours.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Longest time that can be asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// So long after Initiate a token may be unknown: another machine of the service may answer than the one that made it.
const UNKNOWN_AT_FIRST: Duration = Duration::from_secs(30);

/// Before any I/O.
pub(crate) fn check_max_wait(max_wait: Duration, operation: Operation) -> Result<(), Error> {
    if max_wait.is_zero() || max_wait > LONGEST_WAIT {
        return Err(Error::invalid_argument(
            operation,
            "max_wait is out of range",
            "pass more than zero, and at most 30 days",
        ));
    }
    Ok(())
}

/// How a wait goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitProgress {
    /// Since the wait began.
    pub elapsed: Duration,
    /// Questions asked so far.
    pub questions: u32,
    /// The newest status; none when the newest question failed.
    pub status: Option<ExportStatus>,
    /// Until the next question.
    pub next_in: Duration,
    /// What a person should know of the failures that are borne, once an outage.
    pub(crate) trouble: Option<String>,
}

type OnProgress = Arc<dyn Fn(&WaitProgress) + Send + Sync>;

/// A wait that did not begin yet: await it. See [`Client::wait`].
#[must_use = "nothing is asked until it is awaited"]
pub struct Wait {
    client: Client,
    export: Export,
    limit: Duration,
    cancel: Option<CancelToken>,
    progress: Option<OnProgress>,
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("export", &self.export).field("max_wait", &self.limit).finish_non_exhaustive()
    }
}

impl Client {
    /// Waits until an export is ready, up to 24 hours unless told otherwise, and gives its status. Temporary failures of
    /// the questions are borne as long as the setting `patience` says, 404 until 30 s after Initiate.
    ///
    /// # Errors
    /// `export_failed` (status Error or Failed), `export_expired` (Expired, or consumed already), `wait_timed_out` (the
    /// token is still good: wait again), `cancelled`; a permanent failure of a question, or the last temporary one when
    /// the patience has ended.
    pub fn wait(&self, export: &Export) -> Wait {
        Wait { client: self.clone(), export: export.clone(), limit: MAX_WAIT, cancel: None, progress: None }
    }
}

impl Wait {
    /// How long to wait at most: more than zero, up to 30 days. Default 24 hours.
    pub fn max_wait(mut self, max_wait: Duration) -> Wait {
        self.limit = max_wait;
        self
    }

    /// Ends the wait when this token is cancelled.
    pub fn cancel_token(mut self, token: CancelToken) -> Wait {
        self.cancel = Some(token);
        self
    }

    /// Called after every question, from the task that waits. It must not block, as
    /// [`LandExport::on_progress`](crate::landing::LandExport::on_progress) says.
    pub fn on_progress(mut self, progress: impl Fn(&WaitProgress) + Send + Sync + 'static) -> Wait {
        self.progress = Some(Arc::new(progress));
        self
    }

    async fn run(self) -> Result<ExportStatus, Error> {
        self.client.check_export(&self.export, Operation::Wait)?;
        check_max_wait(self.limit, Operation::Wait)?;
        let cancel = self.cancel.clone();
        until_cancelled(self.asking(), cancel.as_ref(), Operation::Wait).await?
    }

    async fn asking(self) -> Result<ExportStatus, Error> {
        let session = self.client.session();
        let begun = Instant::now();
        let deadline = begun + self.limit;
        let key = (self.export.kind, self.export.access_token);
        let questions = AtomicU32::new(0);
        let tell = |status, next_in, trouble| {
            let questions = questions.fetch_add(1, Ordering::Relaxed) + 1;
            if let Some(progress) = &self.progress {
                progress(&WaitProgress { elapsed: begun.elapsed(), questions, status, next_in, trouble });
            }
        };
        let mut gap = FIRST;
        let mut is_known = false;
        loop {
            let asked_at = Instant::now();
            let left = deadline.saturating_duration_since(asked_at);
            let is_told = AtomicBool::new(false);
            let borne = |borne: &Borne| {
                let is_first = !is_told.swap(true, Ordering::Relaxed);
                tell(None, borne.next_in, is_first.then(|| borne.words()));
            };
            let patience = Patience::new(asked_at, left.min(session.settings.patience), &borne);
            let limit = session.settings.timeout.min(left.max(FIRST));
            let asked = session.read_patiently(&ReadStatus, key, limit, patience.as_ref()).await;
            let status = match asked {
                Ok(status) => {
                    is_known = true;
                    match status.status {
                        StatusWord::Complete => return Ok(status),
                        StatusWord::Processing | StatusWord::Unknown => Some(status),
                        StatusWord::Error | StatusWord::Failed | StatusWord::Expired | StatusWord::Retrieved => {
                            return Err(over(&status));
                        }
                    }
                }
                Err(error)
                    if error.kind() == ErrorKind::NotFound
                        && !is_known
                        && begun.elapsed() < UNKNOWN_AT_FIRST
                        && self.is_new(session) =>
                {
                    None
                }
                Err(error) => {
                    // A server may ask for any length of time.
                    let next = Instant::now().checked_add(error.retry_after().unwrap_or_default());
                    let is_temporary = error.kind().is_temporary(Operation::Wait);
                    return Err(if is_temporary && next.is_none_or(|next| next >= deadline) {
                        timed_out(begun, Some(&error))
                    } else {
                        error.during(Operation::Wait)
                    });
                }
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(timed_out(begun, None));
            }
            // The last question comes when the time is over.
            let wait = gap.min(left);
            tell(status, wait, None);
            tokio::time::sleep(wait).await;
            gap = gap.mul_f64(GROWTH).min(LONGEST);
        }
    }

    /// Initiate was a moment ago, by the server's clock.
    fn is_new(&self, session: &Session) -> bool {
        let now_ms = unix_ms(session.wall.now()).saturating_add(session.clock.offset_ms().unwrap_or_default());
        let age_ms = now_ms.saturating_sub(self.export.watermark_ms);
        age_ms < i64::try_from(UNKNOWN_AT_FIRST.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The export may be ready later.
fn timed_out(begun: Instant, last: Option<&Error>) -> Error {
    let mut detail = format!("the export was not ready after {} s", begun.elapsed().as_secs());
    if let Some(last) = last {
        detail = format!("{detail}, and the last question failed: {}", last.kind());
    }
    Error::before_io(ErrorKind::WaitTimedOut, Operation::Wait, detail, "wait again: the token is still good")
}

impl IntoFuture for Wait {
    type Output = Result<ExportStatus, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// An export that will not be ready any more.
fn over(status: &ExportStatus) -> Error {
    let (kind, detail) = match status.status {
        StatusWord::Expired => (ErrorKind::ExportExpired, "the export has expired"),
        StatusWord::Retrieved => (ErrorKind::ExportExpired, "the export was retrieved or committed already"),
        StatusWord::Error
        | StatusWord::Failed
        | StatusWord::Processing
        | StatusWord::Complete
        | StatusWord::Unknown => (ErrorKind::ExportFailed, "the export failed on the server"),
    };
    Error::before_io(kind, Operation::Wait, detail, "initiate a new export")
}

//! What status says of the token of a retrieval that is whole: it can be committed, it is over, or this is not known yet.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::Export;
use crate::http::status_code::{TokenRefusal, refused_token};
use crate::http::status_word::StatusWord;
use crate::landing::store::receipt::CommitEnd;
use crate::read::ReadStatus;
use crate::read::status::ExportStatus;
use crate::session::cancel::CancelToken;
use crate::settings::RowCount;

/// A refused token is asked about so often, this far apart, and then believed: a service that restarts refuses it for a
/// while, too.
const ASKS: u32 = 3;
const BETWEEN_ASKS: Duration = Duration::from_secs(30);
/// `Expires` has passed for certain when it is so long ago.
const EXPIRY_MARGIN_MS: i64 = 60_000;

/// Why a retrieval is not at its end.
pub(crate) struct Stuck {
    pub(crate) error: Error,
    /// Its token was answered 401: whether it is dead or the credentials are wrong, another use of them tells.
    pub(crate) by_401: bool,
}

impl From<Error> for Stuck {
    fn from(error: Error) -> Stuck {
        Stuck { error, by_401: false }
    }
}

/// What status says of the token of a retrieval that is whole.
pub(crate) enum Asked {
    /// It can be committed.
    Ready(ExportStatus),
    Over(Over),
}

/// The token is over, and this is not known to be a commit's doing.
pub(crate) struct Over {
    pub(crate) end: CommitEnd,
    pub(crate) server_date: Option<SystemTime>,
    pub(crate) note: Option<&'static str>,
}

/// `RowCount` has no documented unit (facts 3.2), so a difference is no loss for sure, and no commit either.
pub(crate) fn check_row_count(client: &Client, row_count: Option<u64>, total: u64) -> Result<(), Error> {
    match (client.session().settings.row_count, row_count) {
        (RowCount::Check, Some(count)) if count != 0 && count != total => Err(Error::before_io(
            ErrorKind::CountMismatch,
            Operation::Commit,
            format!("status says RowCount {count}, and the export has {total} records"),
            "nothing was committed; if the records are right, run the same command with the setting row_count = ignore",
        )),
        (RowCount::Check | RowCount::Ignore, _) => Ok(()),
    }
}

/// A token that may be committed.
pub(crate) struct Question<'a> {
    pub(crate) client: &'a Client,
    pub(crate) export: &'a Export,
    /// When it expires at the latest, in seconds since the epoch, if that was told.
    pub(crate) expires: Option<i64>,
    pub(crate) cancel: Option<&'a CancelToken>,
}

/// Asks status until it tells whether the token can be committed.
pub(crate) async fn ask(question: &Question<'_>) -> Result<Asked, Stuck> {
    let Question { client, export, expires, cancel } = *question;
    let session = client.session();
    let key = (export.kind, export.access_token);
    let mut first_refusal: Option<Instant> = None;
    let mut refusals = 0;
    let mut for_itself = false;
    loop {
        let asking = session.read(&ReadStatus, key, session.settings.timeout);
        let error = match until_cancelled(asking, cancel, Operation::Commit).await? {
            Ok(status) => return Ok(answered(status)?),
            Err(error) => error.during(Operation::Commit),
        };
        let is_dead = match refused_token(&error) {
            None => return Err(error.into()),
            Some(TokenRefusal::Gone) => true,
            Some(TokenRefusal::Unauthorized) => {
                for_itself |= session.token_cache.is_refused_for_itself(key);
                let is_expired = expires
                    .is_some_and(|expires| session.server_now_ms() - expires.saturating_mul(1000) > EXPIRY_MARGIN_MS);
                is_expired || for_itself
            }
        };
        if !is_dead {
            return Err(Stuck { error: refused(error), by_401: true });
        }
        let first = *first_refusal.get_or_insert_with(Instant::now);
        refusals += 1;
        if refusals >= ASKS && first.elapsed() >= BETWEEN_ASKS * (ASKS - 1) {
            return Ok(Asked::Over(Over { end: CommitEnd::Expired, server_date: None, note: None }));
        }
        let pause = tokio::time::sleep(BETWEEN_ASKS);
        until_cancelled(pause, cancel, Operation::Commit).await?;
    }
}

/// A 401 about a token that was good once: a person can tell whose fault it is.
fn refused(error: Error) -> Error {
    let next = error.next_action();
    let next = format!("{next}; if other calls work with these credentials, the token is over");
    error.with_next_action(next)
}

fn answered(status: ExportStatus) -> Result<Asked, Error> {
    let over = |end, note| Ok(Asked::Over(Over { end, server_date: status.server_date, note }));
    match status.status {
        StatusWord::Complete => Ok(Asked::Ready(status)),
        StatusWord::Retrieved => over(CommitEnd::AlreadyCommitted, None),
        StatusWord::Expired => over(CommitEnd::Expired, None),
        StatusWord::Error | StatusWord::Failed => over(
            CommitEnd::Expired,
            Some(
                "status says that the export failed, after it was read whole: what became of the server's files is not known",
            ),
        ),
        StatusWord::Processing | StatusWord::Unknown => Err(Error::before_io(
            ErrorKind::WaitTimedOut,
            Operation::Commit,
            "the data is whole, and status says that its export is not ready",
            "run the same command again later",
        )),
    }
}

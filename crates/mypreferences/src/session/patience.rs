//! How long the temporary failures of a read are borne. A single call gives up after a second or so; an export of hours
//! meets a restart of the service. One rule for the pages of a landing and for the questions of a wait.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::outcome::RequestOutcome;
use crate::error::{Error, ErrorKind};
use crate::http::backoff::{Backoff, draw_jitter};
use crate::http::clock::unix_ms;
use crate::http::status_code::is_throttling;
use crate::session::Session;

/// Longest time between two tries.
const LONGEST: Duration = Duration::from_secs(30);
/// Whatever the backoff is set to: nothing doubles to nothing.
const SHORTEST: Duration = Duration::from_millis(1);

/// A failure that is borne: what it was, and how it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Borne {
    pub(crate) kind: ErrorKind,
    pub(crate) next_in: Duration,
    /// Until the last try, milliseconds since the epoch by this machine's clock.
    pub(crate) until_ms: i64,
}

impl Borne {
    /// For people. The time of day is UTC's: a log is read elsewhere, too.
    pub(crate) fn words(&self) -> String {
        let until = jiff::Timestamp::from_millisecond(self.until_ms).unwrap_or_default();
        format!("the service does not answer ({}); trying again until {}", self.kind.name(), until.strftime("%H:%MZ"))
    }
}

/// Patience that one read has.
pub(crate) struct Patience<'a> {
    /// Since when nothing new came.
    since: Instant,
    limit: Duration,
    tell: &'a (dyn Fn(&Borne) + Send + Sync),
}

impl<'a> Patience<'a> {
    /// None where there is none: the read is a single call then.
    pub(crate) fn new(
        since: Instant,
        limit: Duration,
        tell: &'a (dyn Fn(&Borne) + Send + Sync),
    ) -> Option<Patience<'a>> {
        (!limit.is_zero()).then_some(Patience { since, limit, tell })
    }

    /// How long to wait before the next try, after so many; none when it is over. The last try is made when the patience
    /// ends, unless the server asks for more than is left of it.
    pub(crate) fn bear(&self, session: &Session, description: &RequestOutcome, tries: u32) -> Option<Duration> {
        let left = self.limit.saturating_sub(self.since.elapsed());
        let asked_for = description.retry_after.unwrap_or_default();
        if left.is_zero() || asked_for > left {
            return None;
        }
        let of_a_call = session.settings.backoff();
        let backoff = Backoff {
            base: of_a_call.base.max(SHORTEST),
            throttle_base: of_a_call.throttle_base.max(SHORTEST),
            cap: LONGEST,
        };
        let throttled = description.status.is_some_and(is_throttling);
        let delay = backoff.delay(throttled, tries, draw_jitter());
        let next_in = delay.max(asked_for).min(left);
        let left_ms = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        (self.tell)(&Borne {
            kind: description.kind?,
            next_in,
            until_ms: unix_ms(session.wall.now()).saturating_add(left_ms),
        });
        Some(next_in)
    }

    /// Says with the last failure how long it was borne.
    pub(crate) fn end(&self, error: Error) -> Error {
        let borne = format!("borne for {} s", self.since.elapsed().as_secs());
        let detail = match error.detail() {
            Some(detail) => format!("{detail}; {borne}"),
            None => borne,
        };
        error.with_detail(detail)
    }
}

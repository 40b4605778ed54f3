//! What came of one request, as far as a record shows it.

use std::time::{Duration, SystemTime};

use crate::error::{ErrorKind, Sent, TimeoutPhase};
use crate::http::clock::system_time;

/// What the vendor's 401 texts say when the timestamp is the reason (facts 4, DOC): a date in the future is answered
/// with the format's text.
const CLOCK_REASONS: [&str; 2] = [
    "issued timestamp and the current time",
    "expected iso 8601 format",
];

/// What a missing thread is missed for.
pub(crate) const NO_LOOK_UP: &str = "no thread can be started to look the host's name up";

/// What is known about one request, as far as a record shows it.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) sent: Sent,
    pub(crate) status: Option<u16>,
    /// The answer is an HTML page.
    pub(crate) html: bool,
    /// The kind of failure; none for a success.
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) phase: Option<TimeoutPhase>,
    pub(crate) server_message: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) request_id: Option<String>,
    /// `Date`, in seconds since the epoch.
    pub(crate) date: Option<i64>,
    /// The same, unless the answer comes from a cache.
    pub(crate) fresh_date: Option<i64>,
    pub(crate) source: Option<String>,
    /// What the kind alone does not say.
    pub(crate) told: Option<Told>,
    /// It will be the same whenever it is tried again.
    pub(crate) is_settled: bool,
}

/// Words of its own for a failure.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) detail: String,
    pub(crate) next_action: &'static str,
}

impl Description {
    pub(crate) fn without_an_answer(
        sent: Sent,
        kind: ErrorKind,
        phase: Option<TimeoutPhase>,
    ) -> Description {
        Description {
            sent,
            status: None,
            html: false,
            kind: Some(kind),
            phase,
            server_message: None,
            retry_after: None,
            request_id: None,
            date: None,
            fresh_date: None,
            source: None,
            told: None,
            is_settled: false,
        }
    }

    pub(crate) fn server_date(&self) -> Option<SystemTime> {
        self.date.and_then(system_time)
    }

    /// Whether the server says that the signature's time is the reason.
    pub(crate) fn blames_the_clock(&self) -> bool {
        self.server_message.as_deref().is_some_and(|message| {
            let message = message.to_ascii_lowercase();
            CLOCK_REASONS.iter().any(|reason| message.contains(reason))
        })
    }
}

//! What came of one request, as far as a record shows it.

use std::time::Duration;

use super::{ErrorKind, Sent, TimeoutPhase};

/// What is known about one request, as far as a record shows it.
#[derive(Clone, Debug)]
pub(crate) struct RequestOutcome {
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
    /// It was the request for an OAuth token, and not one to the service.
    pub(crate) of_token_endpoint: bool,
    pub(crate) detail: String,
    pub(crate) next_action: &'static str,
}

impl RequestOutcome {
    pub(crate) fn without_an_answer(sent: Sent, kind: ErrorKind, phase: Option<TimeoutPhase>) -> RequestOutcome {
        RequestOutcome {
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
}

impl Told {
    pub(crate) fn new(detail: impl Into<String>, next_action: &'static str) -> Told {
        Told { of_token_endpoint: false, detail: detail.into(), next_action }
    }
}

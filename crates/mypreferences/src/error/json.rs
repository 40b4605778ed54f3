//! The canonical JSON of errors and of the requests in every record.

use serde::Serialize;

use crate::error::{Attempt, Error, Record};
use crate::json::{seconds, text};

#[derive(Serialize)]
pub(crate) struct AttemptJson {
    n: u32,
    delay_before: f64,
    elapsed: f64,
    sent: &'static str,
    status: Option<u16>,
    kind: Option<&'static str>,
}

#[derive(Serialize)]
pub(crate) struct ErrorJson<'a> {
    kind: &'static str,
    number: u16,
    phase: Option<&'static str>,
    operation: &'static str,
    detail: Option<&'a str>,
    http_status: Option<u16>,
    server_message: Option<&'a str>,
    retry: &'static str,
    retry_after: Option<f64>,
    sent: &'static str,
    commit_state: Option<&'static str>,
    attempts: Vec<AttemptJson>,
    elapsed: f64,
    request_id: Option<&'a str>,
    method: Option<&'static str>,
    url: Option<&'a str>,
    next_action: &'a str,
    source: Option<&'a str>,
}

pub(crate) fn attempts(attempts: &[Attempt]) -> Vec<AttemptJson> {
    attempts.iter().map(attempt_json).collect()
}

pub(crate) fn attempt_json(attempt: &Attempt) -> AttemptJson {
    AttemptJson {
        n: attempt.n,
        delay_before: seconds(attempt.delay_before),
        elapsed: seconds(attempt.elapsed),
        sent: attempt.sent.name(),
        status: attempt.status,
        kind: attempt.kind.map(crate::ErrorKind::name),
    }
}

pub(crate) fn error_json(record: &Record) -> ErrorJson<'_> {
    ErrorJson {
        kind: record.kind.name(),
        number: record.kind.number(),
        phase: record.phase.map(crate::TimeoutPhase::name),
        operation: record.operation.name(),
        detail: record.detail.as_deref(),
        http_status: record.http_status,
        server_message: record.server_message.as_deref(),
        retry: record.retry.name(),
        retry_after: record.retry_after.map(seconds),
        sent: record.sent.name(),
        commit_state: record.commit_state.map(crate::CommitState::name),
        attempts: attempts(&record.attempts),
        elapsed: seconds(record.elapsed),
        request_id: record.request_id.as_deref(),
        method: record.method,
        url: record.url.as_deref(),
        next_action: &record.next_action,
        source: record.source.as_deref(),
    }
}

impl Error {
    /// The canonical record as JSON: fixed key order, the same bytes in every language.
    pub fn to_json(&self) -> String {
        text(&error_json(&self.0))
    }
}

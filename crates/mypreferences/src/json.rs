//! The canonical JSON of receipts and errors: fixed key order, `snake_case`, every key always there (`null` when
//! absent), durations in seconds with three decimals, times as RFC 3339 in UTC. Every surface hands out these bytes.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::commit::receipt::{CommitReceipt, Resolution};
use crate::error::{Attempt, Error, Record};
use crate::read::status::ExportStatus;
use crate::telemetry::events::AttemptEvent;

#[derive(Serialize)]
struct AttemptJson {
    n: u32,
    delay_before: f64,
    elapsed: f64,
    sent: &'static str,
    status: Option<u16>,
    kind: Option<&'static str>,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
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

#[derive(Serialize)]
struct ReceiptJson<'a> {
    outcome: &'static str,
    certainty: &'static str,
    confirmed_by: &'static str,
    keep_files: Option<bool>,
    files: &'static str,
    sends: u32,
    attempts: Vec<AttemptJson>,
    elapsed: f64,
    request_id: Option<&'a str>,
    server_date: Option<String>,
}

#[derive(Serialize)]
struct ResolutionJson<'a> {
    resolution: &'static str,
    receipt: Option<ReceiptJson<'a>>,
    as_of: Option<String>,
    error: Option<ErrorJson<'a>>,
}

#[derive(Serialize)]
struct StatusJson<'a> {
    status: &'a str,
    expires: Option<String>,
    row_count: Option<u64>,
    byte_count: Option<u64>,
    server_date: Option<String>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    operation: &'static str,
    #[serde(flatten)]
    attempt: AttemptJson,
    url: &'a str,
}

/// Seconds with three decimals: readable, and enough for a network call.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

/// RFC 3339 in UTC; none when the time is out of every calendar.
pub(crate) fn rfc3339(time: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(time)
        .ok()
        .map(|timestamp| timestamp.to_string())
}

fn attempts(attempts: &[Attempt]) -> Vec<AttemptJson> {
    attempts.iter().map(attempt_json).collect()
}

fn attempt_json(attempt: &Attempt) -> AttemptJson {
    AttemptJson {
        n: attempt.n,
        delay_before: seconds(attempt.delay_before),
        elapsed: seconds(attempt.elapsed),
        sent: attempt.sent.name(),
        status: attempt.status,
        kind: attempt.kind.map(crate::ErrorKind::name),
    }
}

fn error_json(record: &Record) -> ErrorJson<'_> {
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

fn receipt_json(receipt: &CommitReceipt) -> ReceiptJson<'_> {
    ReceiptJson {
        outcome: receipt.outcome.name(),
        certainty: receipt.certainty.name(),
        confirmed_by: receipt.confirmed_by.name(),
        keep_files: receipt.keep_files,
        files: receipt.files.name(),
        sends: receipt.sends,
        attempts: attempts(&receipt.attempts),
        elapsed: seconds(receipt.elapsed),
        request_id: receipt.request_id.as_deref(),
        server_date: receipt.server_date.and_then(rfc3339),
    }
}

/// Serialising these plain structs cannot fail; should it ever, the text says so instead of panicking.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|_| String::from(r#"{"kind":"internal","number":900}"#))
}

impl Error {
    /// The canonical record as JSON: fixed key order, the same bytes in every language.
    pub fn to_json(&self) -> String {
        text(&error_json(&self.0))
    }
}

impl CommitReceipt {
    /// The canonical record as JSON: fixed key order, the same bytes in every language.
    pub fn to_json(&self) -> String {
        text(&receipt_json(self))
    }
}

impl AttemptEvent {
    /// The event as JSON, in the form of the canonical records, for logs in other languages.
    pub fn to_json(&self) -> String {
        text(&EventJson {
            operation: self.operation.name(),
            attempt: attempt_json(&self.attempt),
            url: &self.url,
        })
    }
}

impl ExportStatus {
    /// The canonical record as JSON. The access token is not in it.
    pub fn to_json(&self) -> String {
        text(&StatusJson {
            status: &self.word,
            expires: self.expires.and_then(rfc3339),
            row_count: self.row_count,
            byte_count: self.byte_count,
            server_date: self.server_date.and_then(rfc3339),
        })
    }
}

impl Resolution {
    /// The canonical record as JSON: `resolution` with the receipt, the server time or the error.
    pub fn to_json(&self) -> String {
        text(&match self {
            Resolution::Committed(receipt) => ResolutionJson {
                resolution: "committed",
                receipt: Some(receipt_json(receipt)),
                as_of: None,
                error: None,
            },
            Resolution::NotCommitted { as_of } => ResolutionJson {
                resolution: "not_committed",
                receipt: None,
                as_of: as_of.and_then(rfc3339),
                error: None,
            },
            Resolution::Unknown(error) => ResolutionJson {
                resolution: "unknown",
                receipt: None,
                as_of: None,
                error: Some(error_json(&error.0)),
            },
        })
    }
}

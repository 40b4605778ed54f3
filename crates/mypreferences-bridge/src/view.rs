//! Flat views of errors and receipts: plain numbers and texts, in units that their names say, for bindings that hand
//! out one field at a time. No decisions; the canonical JSON comes from the core.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mypreferences::landing::LandingProgress;
use mypreferences::{Attempt, CommitReceipt, Error};

/// An error, flat. Texts borrow from the error.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorView<'a> {
    /// Kind, by name.
    pub kind: &'static str,
    /// Kind, by number.
    pub number: u16,
    /// With `timeout`: which limit.
    pub phase: Option<&'static str>,
    /// The call that failed.
    pub operation: &'static str,
    /// What exactly was wrong.
    pub detail: Option<&'a str>,
    /// Status code of the last send.
    pub http_status: Option<u16>,
    /// `Message` of the answer.
    pub server_message: Option<&'a str>,
    /// `permanent`, `temporary` or `persistent`.
    pub retry: &'static str,
    /// In seconds.
    pub retry_after: Option<f64>,
    /// `not_sent`, `maybe_sent` or `answered`.
    pub sent: &'static str,
    /// `not_committed` or `unknown`; only for commits.
    pub commit_state: Option<&'static str>,
    /// Every send.
    pub attempts: Vec<AttemptView>,
    /// In seconds.
    pub elapsed: f64,
    /// The server's id of the request.
    pub request_id: Option<&'a str>,
    /// `POST` or `GET`.
    pub method: Option<&'static str>,
    /// With the token masked.
    pub url: Option<&'a str>,
    /// What to do next.
    pub next_action: &'a str,
    /// The cause in words.
    pub source: Option<&'a str>,
}

/// One send, flat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttemptView {
    /// 1 for the first.
    pub n: u32,
    /// In seconds.
    pub delay_before: f64,
    /// In seconds.
    pub elapsed: f64,
    /// `not_sent`, `maybe_sent` or `answered`.
    pub sent: &'static str,
    /// Status code.
    pub status: Option<u16>,
    /// Kind of its failure, by name.
    pub kind: Option<&'static str>,
}

/// A receipt, flat. Texts borrow from the receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceiptView<'a> {
    /// `committed` or `already_committed`.
    pub outcome: &'static str,
    /// `certain` or `presumed`.
    pub certainty: &'static str,
    /// `response`, `status`, `token_retired` or `early_expiry`.
    pub confirmed_by: &'static str,
    /// As asked; none from `resolve_commit`.
    pub keep_files: Option<bool>,
    /// `as_asked` or `unknown`.
    pub files: &'static str,
    /// POSTs that left or may have.
    pub sends: u32,
    /// Every send.
    pub attempts: Vec<AttemptView>,
    /// In seconds.
    pub elapsed: f64,
    /// The server's id of the confirming request.
    pub request_id: Option<&'a str>,
    /// `Date` of the confirming answer, in whole seconds since the epoch.
    pub server_date: Option<i64>,
}

/// How far a landing is, flat. Texts borrow from the record.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressView<'a> {
    /// `initiate`, `wait`, `land`, `seal` or `commit`.
    pub stage: &'static str,
    /// The name of the batch's folder.
    pub batch: &'a str,
    /// Records landed so far, those of earlier runs included.
    pub rows: u64,
    /// Records of the export, once the server told.
    pub total: Option<u64>,
    /// Records that an earlier run had landed.
    pub resumed_rows: u64,
    /// Since the call began, in seconds.
    pub elapsed: f64,
    /// Until the next question while it waits, in seconds.
    pub next_in: Option<f64>,
    /// Something that a person should know, told once.
    pub note: Option<&'a str>,
}

impl<'a> From<&'a LandingProgress> for ProgressView<'a> {
    fn from(progress: &'a LandingProgress) -> ProgressView<'a> {
        ProgressView {
            stage: progress.stage.name(),
            batch: &progress.batch,
            rows: progress.rows,
            total: progress.total,
            resumed_rows: progress.resumed_rows,
            elapsed: seconds(progress.elapsed),
            next_in: progress.next_in.map(seconds),
            note: progress.note.as_deref(),
        }
    }
}

impl<'a> From<&'a Error> for ErrorView<'a> {
    fn from(error: &'a Error) -> ErrorView<'a> {
        ErrorView {
            kind: error.kind().name(),
            number: error.number(),
            phase: error.phase().map(mypreferences::TimeoutPhase::name),
            operation: error.operation().name(),
            detail: error.detail(),
            http_status: error.http_status(),
            server_message: error.server_message(),
            retry: error.retry().name(),
            retry_after: error.retry_after().map(seconds),
            sent: error.sent().name(),
            commit_state: error.commit_state().map(mypreferences::CommitState::name),
            attempts: error.attempts().iter().map(AttemptView::from).collect(),
            elapsed: seconds(error.elapsed()),
            request_id: error.request_id(),
            method: error.method(),
            url: error.url(),
            next_action: error.next_action(),
            source: error.source_text(),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> AttemptView {
        AttemptView {
            n: attempt.n,
            delay_before: seconds(attempt.delay_before),
            elapsed: seconds(attempt.elapsed),
            sent: attempt.sent.name(),
            status: attempt.status,
            kind: attempt.kind.map(mypreferences::ErrorKind::name),
        }
    }
}

impl<'a> From<&'a CommitReceipt> for ReceiptView<'a> {
    fn from(receipt: &'a CommitReceipt) -> ReceiptView<'a> {
        ReceiptView {
            outcome: receipt.outcome.name(),
            certainty: receipt.certainty.name(),
            confirmed_by: receipt.confirmed_by.name(),
            keep_files: receipt.keep_files,
            files: receipt.files.name(),
            sends: receipt.sends,
            attempts: receipt.attempts.iter().map(AttemptView::from).collect(),
            elapsed: seconds(receipt.elapsed),
            request_id: receipt.request_id.as_deref(),
            server_date: receipt.server_date.and_then(unix_seconds),
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// A time in whole seconds since the epoch; none when it is out of every calendar.
pub fn unix_seconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs())
            .ok()
            .map(|seconds| -seconds),
    }
}

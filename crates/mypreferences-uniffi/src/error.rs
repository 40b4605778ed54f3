//! Failures: the error record, and what is thrown before a call starts.

use mypreferences::{Attempt, CommitState, Error, TimeoutPhase};

/// One send of a call.
#[derive(Clone, uniffi::Record)]
pub struct NativeAttempt {
    /// 1 for the first.
    pub n: u32,
    /// In seconds.
    pub delay_before: f64,
    /// In seconds.
    pub elapsed: f64,
    /// `not_sent`, `maybe_sent` or `answered`.
    pub sent: String,
    /// Status code.
    pub status: Option<u16>,
    /// Kind of its failure, by name.
    pub kind: Option<String>,
}

/// A failure, with every field of the canonical record.
#[derive(Clone, uniffi::Record)]
pub struct NativeError {
    /// Kind, by name.
    pub kind: String,
    /// Kind, by number.
    pub number: u16,
    /// With `timeout`: which limit.
    pub phase: Option<String>,
    /// The call that failed.
    pub operation: String,
    /// What exactly was wrong.
    pub detail: Option<String>,
    /// Status code of the last send.
    pub http_status: Option<u16>,
    /// `Message` of the answer.
    pub server_message: Option<String>,
    /// `permanent`, `temporary` or `persistent`.
    pub retry: String,
    /// In seconds.
    pub retry_after: Option<f64>,
    /// `not_sent`, `maybe_sent` or `answered`.
    pub sent: String,
    /// `not_committed` or `unknown`; only for commits.
    pub commit_state: Option<String>,
    /// Every send.
    pub attempts: Vec<NativeAttempt>,
    /// In seconds.
    pub elapsed: f64,
    /// The server's id of the request.
    pub request_id: Option<String>,
    /// `POST` or `GET`.
    pub method: Option<String>,
    /// With the token masked.
    pub url: Option<String>,
    /// What to do next.
    pub next_action: String,
    /// The cause in words.
    pub source: Option<String>,
    /// One line for people.
    pub message: String,
    /// The canonical record.
    pub json: String,
}

/// What is thrown before a call starts.
#[derive(Debug, uniffi::Error)]
pub enum NativeFailure {
    /// The only sort.
    Failed {
        /// Why.
        error: NativeError,
    },
}

impl std::fmt::Display for NativeFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NativeFailure::Failed { error } = self;
        f.write_str(&error.message)
    }
}

impl std::error::Error for NativeFailure {}

/// The canonical record, which holds no secret.
impl std::fmt::Debug for NativeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.json)
    }
}

impl From<Error> for NativeFailure {
    fn from(error: Error) -> NativeFailure {
        NativeFailure::Failed { error: NativeError::from(&error) }
    }
}

impl From<&Attempt> for NativeAttempt {
    fn from(attempt: &Attempt) -> NativeAttempt {
        NativeAttempt {
            n: attempt.n,
            delay_before: attempt.delay_before.as_secs_f64(),
            elapsed: attempt.elapsed.as_secs_f64(),
            sent: attempt.sent.name().to_owned(),
            status: attempt.status,
            kind: attempt.kind.map(|kind| kind.name().to_owned()),
        }
    }
}

impl From<&Error> for NativeError {
    fn from(error: &Error) -> NativeError {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        NativeError {
            kind: error.kind().name().to_owned(),
            number: error.number(),
            phase: owned(error.phase().map(TimeoutPhase::name)),
            operation: error.operation().name().to_owned(),
            detail: owned(error.detail()),
            http_status: error.http_status(),
            server_message: owned(error.server_message()),
            retry: error.retry().name().to_owned(),
            retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
            sent: error.sent().name().to_owned(),
            commit_state: owned(error.commit_state().map(CommitState::name)),
            attempts: error.attempts().iter().map(NativeAttempt::from).collect(),
            elapsed: error.elapsed().as_secs_f64(),
            request_id: owned(error.request_id()),
            method: owned(error.method()),
            url: owned(error.url()),
            next_action: error.next_action().to_owned(),
            source: owned(error.source_text()),
            message: error.to_string(),
            json: error.to_json(),
        }
    }
}

//! What went wrong with a token request: a kind of the catalogue, told so that it cannot be mistaken for an answer of
//! the service itself. Nothing of the call that needed the token was sent.

use std::time::Duration;

use crate::error::{ErrorKind, Operation, Sent, TimeoutPhase};
use crate::http::outcome::{Description, Told};

/// A token request that gave no token.
#[derive(Clone, Debug)]
pub(crate) struct TokenFailure {
    pub(crate) kind: ErrorKind,
    pub(crate) phase: Option<TimeoutPhase>,
    /// What was wrong; names the token endpoint.
    pub(crate) detail: String,
    /// How long to leave the token endpoint alone.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) source: Option<String>,
}

impl TokenFailure {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> TokenFailure {
        TokenFailure {
            kind,
            phase: None,
            detail: detail.into(),
            retry_after: None,
            source: None,
        }
    }

    /// The caller's own time was over before there was a token.
    pub(crate) fn out_of_time() -> TokenFailure {
        TokenFailure {
            phase: Some(TimeoutPhase::Operation),
            ..TokenFailure::new(
                ErrorKind::Timeout,
                "the time was over before the OAuth token endpoint gave a token",
            )
        }
    }

    /// The request of this operation that had to be authorised, which was not sent.
    pub(crate) fn describe(self, operation: Operation) -> Description {
        Description {
            // Where nothing gets better, there is nothing to wait for.
            retry_after: self
                .retry_after
                .filter(|_| self.kind.is_temporary(operation)),
            source: self.source,
            told: Some(Told {
                detail: self.detail,
                next_action: next_action(self.kind),
            }),
            ..Description::without_an_answer(Sent::NotSent, self.kind, self.phase)
        }
    }
}

/// One sentence. With a wait, the error says how long instead.
fn next_action(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Connect => "check the token URL, the network and the proxy, then try again",
        ErrorKind::Tls => "check the token URL and ca_file: the handshake with it failed",
        ErrorKind::Proxy => "check the proxy and its credentials",
        ErrorKind::Timeout => "try again later, or with a longer timeout",
        ErrorKind::Interrupted => "try again",
        ErrorKind::RedirectRefused => "check the token URL: redirects are never followed",
        ErrorKind::BadRequest => {
            "check the OAuth scope, which is ClientId/UserId, and how the client shows its secret (basic or body)"
        }
        ErrorKind::Unauthorized => {
            "check the OAuth client id and secret, and how the client shows them (basic or body)"
        }
        ErrorKind::RateLimited | ErrorKind::ServiceUnavailable => "wait and try again",
        ErrorKind::ServerError => "try again later, and tell PossibleNOW Support if it goes on",
        ErrorKind::InvalidResponse => {
            "check the token URL and the proxy: the answer does not come from a token endpoint"
        }
        ErrorKind::ResponseTooLarge => "check the token URL, or raise max_control_body",
        ErrorKind::Internal => "report this bug with the error's record",
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::UnexpectedStatus => "check the token URL",
        // A token request does not end so.
        ErrorKind::InvalidArgument
        | ErrorKind::Configuration
        | ErrorKind::ForkedProcess
        | ErrorKind::Closed
        | ErrorKind::Cancelled
        | ErrorKind::ClockSkew
        | ErrorKind::Storage
        | ErrorKind::OutputConflict
        | ErrorKind::Locked
        | ErrorKind::Corrupt
        | ErrorKind::ExportFailed
        | ErrorKind::ExportExpired
        | ErrorKind::WaitTimedOut
        | ErrorKind::OutcomeUnknown
        | ErrorKind::CommitConflict
        | ErrorKind::NotSealed
        | ErrorKind::CountMismatch => "check the OAuth settings",
    }
}

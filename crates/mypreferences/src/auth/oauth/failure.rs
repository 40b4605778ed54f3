//! What went wrong with a token request: a kind of the catalogue, told so that it cannot be mistaken for an answer of
//! the service itself. Nothing of the call that needed the token was sent.

use std::time::Duration;

use crate::error::outcome::{RequestOutcome, Told};
use crate::error::{ErrorFamily, ErrorKind, Operation, Sent, TimeoutPhase};

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
        TokenFailure { kind, phase: None, detail: detail.into(), retry_after: None, source: None }
    }

    /// The caller's own time was over before there was a token.
    pub(crate) fn out_of_time() -> TokenFailure {
        TokenFailure {
            phase: Some(TimeoutPhase::Operation),
            ..TokenFailure::new(ErrorKind::Timeout, "the time was over before the OAuth token endpoint gave a token")
        }
    }

    /// The request of this operation that had to be authorised, which was not sent.
    pub(crate) fn describe(self, operation: Operation) -> RequestOutcome {
        RequestOutcome {
            // Where nothing gets better, there is nothing to wait for.
            retry_after: self.retry_after.filter(|_| self.kind.is_temporary(operation)),
            source: self.source,
            told: Some(Told { of_token_endpoint: true, detail: self.detail, next_action: next_action(self.kind) }),
            ..RequestOutcome::without_an_answer(Sent::NotSent, self.kind, self.phase)
        }
    }
}

/// Where the catalogue's sentence is about the service itself.
const NEXT_ACTIONS: [(ErrorKind, &str); 10] = [
    (ErrorKind::Connect, "check the token URL, the network and the proxy, then try again"),
    (ErrorKind::Tls, "check the token URL and ca_file: the handshake with it failed"),
    (ErrorKind::Timeout, "try again later, or with a longer timeout"),
    (ErrorKind::RedirectRefused, "check the token URL: redirects are never followed"),
    (
        ErrorKind::BadRequest,
        "check the OAuth scope, which is ClientId/UserId, and how the client shows its secret (basic or body)",
    ),
    (ErrorKind::Unauthorized, "check the OAuth client id and secret, and how the client shows them (basic or body)"),
    (ErrorKind::ServiceUnavailable, "wait and try again"),
    (ErrorKind::InvalidResponse, "check the token URL and the proxy: the answer does not come from a token endpoint"),
    (ErrorKind::ResponseTooLarge, "check the token URL, or raise max_control_body"),
    (ErrorKind::Configuration, "check the OAuth settings"),
];

/// One sentence. With a wait, the error says how long instead.
fn next_action(kind: ErrorKind) -> &'static str {
    let own = NEXT_ACTIONS.iter().find(|(of, _)| *of == kind);
    match (own, kind.family()) {
        (Some((_, words)), _) => words,
        (None, ErrorFamily::Refused | ErrorFamily::Server) if !kind.is_temporary(Operation::Status) => {
            "check the token URL"
        }
        (None, _) => kind.next_action(),
    }
}

//! Telling the world what a call does: the `on_attempt` hook, and redacted `tracing` events (feature `tracing`).

use std::sync::Arc;

use serde::Serialize;

use crate::error::{Attempt, Operation};
use crate::http::status_word::StatusWord;
use crate::json::text;

/// One request of a call, told after it ended: a POST of a commit, a question about one, a try of a read.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct AttemptEvent {
    /// What the request was: `Commit` for the POST, `Status` and `Page` for reads and questions.
    pub operation: Operation,
    /// How it ended.
    #[serde(flatten)]
    pub attempt: Attempt,
    /// Its URL with the access token masked.
    pub url: String,
    /// What status said, when that was asked and answered.
    #[serde(skip)]
    pub status: Option<StatusWord>,
}

/// The hook's type. Called from the task that runs the call; it must not block.
pub(crate) type OnAttempt = Arc<dyn Fn(&AttemptEvent) + Send + Sync>;

/// Whether anybody listens. Building an event costs a few allocations.
pub(crate) fn wanted(hook: Option<&OnAttempt>) -> bool {
    #[cfg(feature = "tracing")]
    if tracing::enabled!(tracing::Level::DEBUG) {
        return true;
    }
    hook.is_some()
}

/// Tells the hook and the subscriber.
pub(crate) fn attempt(hook: Option<&OnAttempt>, event: &AttemptEvent) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        operation = event.operation.name(),
        n = event.attempt.n,
        sent = event.attempt.sent.name(),
        status = event.attempt.status,
        kind = event.attempt.kind.map(crate::ErrorKind::name),
        delay_before = event.attempt.delay_before.as_secs_f64(),
        elapsed = event.attempt.elapsed.as_secs_f64(),
        url = event.url,
        "attempt"
    );
    if let Some(hook) = hook {
        hook(event);
    }
}

impl AttemptEvent {
    /// The event as JSON, in the form of the canonical records, for logs in other languages.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{ErrorKind, Sent};

    #[test]
    fn an_event_as_json_has_the_form_of_an_attempt_with_its_operation_and_url() {
        let event = AttemptEvent {
            operation: Operation::Commit,
            attempt: Attempt {
                n: 2,
                delay_before: Duration::from_millis(200),
                elapsed: Duration::from_micros(12_345),
                sent: Sent::Answered,
                status: Some(503),
                kind: Some(ErrorKind::ServiceUnavailable),
            },
            url: "https://host/acme/export/Segment/Commit/***4711".to_owned(),
            status: None,
        };
        assert_eq!(
            event.to_json(),
            "{\"operation\":\"commit\",\"n\":2,\"delay_before\":0.2,\"elapsed\":0.012,\"sent\":\"answered\",\
             \"status\":503,\"kind\":\"service_unavailable\",\
             \"url\":\"https://host/acme/export/Segment/Commit/***4711\"}"
        );
    }
}

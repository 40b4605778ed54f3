//! What can end a command: an error of the core, or one of the command's own (usage, credentials, a panic), which has
//! the same record. The core makes its records itself; this one holds what is known before the core is asked.

use std::fmt;

use mypreferences::{CommitState, Error, ErrorKind, Sent};
use serde::Serialize;

use crate::exit_code::{exit_code, exit_code_of};

/// A failed command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The core says what happened.
    Core(Error),
    /// Nothing was sent, and the core was not asked.
    Own(Own),
}

/// A failure that the core does not know of.
#[derive(Debug)]
pub(crate) struct Own {
    kind: ErrorKind,
    sent: Sent,
    /// As the core names it.
    operation: &'static str,
    detail: String,
    next_action: String,
}

/// The name of the core's `configure` operation, for failures that belong to no call.
pub(crate) const CONFIGURE: &str = "configure";
/// The name of the core's `commit` operation.
pub(crate) const COMMIT: &str = "commit";

impl Failure {
    /// Arguments that make no sense.
    pub(crate) fn usage(
        operation: &'static str,
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Failure {
        Failure::own(ErrorKind::InvalidArgument, operation, detail, next_action)
    }

    /// Settings or credentials that are missing, unreadable or contradict each other.
    pub(crate) fn configuration(
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Failure {
        Failure::own(ErrorKind::Configuration, CONFIGURE, detail, next_action)
    }

    /// A bug of ours, or a system that gives us no runtime, before anything was sent.
    pub(crate) fn internal(detail: impl Into<String>) -> Failure {
        Failure::own(
            ErrorKind::Internal,
            CONFIGURE,
            detail,
            "report this bug with the error's record",
        )
    }

    /// A bug of ours that came to light somewhere in the middle: nobody knows what was sent until then.
    pub(crate) fn panicked(operation: &'static str) -> Failure {
        Failure::Own(Own {
            kind: ErrorKind::Internal,
            sent: Sent::MaybeSent,
            operation,
            detail: "a panic was caught".to_owned(),
            next_action: if operation == COMMIT {
                "run resolve for this token to learn what happened, and report this bug".to_owned()
            } else {
                "report this bug with the error's record".to_owned()
            },
        })
    }

    /// A failure before any I/O with the service.
    pub(crate) fn own(
        kind: ErrorKind,
        operation: &'static str,
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Failure {
        Failure::Own(Own {
            kind,
            sent: Sent::NotSent,
            operation,
            detail: detail.into(),
            next_action: next_action.into(),
        })
    }

    /// The exit code that belongs to it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Core(error) => exit_code(error),
            Failure::Own(own) => exit_code_of(own.kind, own.commit_state()),
        }
    }

    /// Whether a request of this call may have been applied.
    pub(crate) fn may_have_committed(&self) -> bool {
        match self {
            Failure::Core(error) => error.commit_state() == Some(CommitState::Unknown),
            Failure::Own(own) => own.commit_state() == Some(CommitState::Unknown),
        }
    }

    /// The canonical record.
    pub(crate) fn to_json(&self) -> String {
        match self {
            Failure::Core(error) => error.to_json(),
            Failure::Own(own) => own.to_json(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Core(error)
    }
}

/// One line that ends with the next step.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Core(error) => error.fmt(f),
            Failure::Own(own) => {
                write!(
                    f,
                    "{} failed: {}: {}",
                    own.operation,
                    own.kind.name().replace('_', " "),
                    own.detail
                )?;
                match own.commit_state() {
                    Some(CommitState::NotCommitted) => f.write_str("; not committed")?,
                    Some(CommitState::Unknown) => f.write_str("; may have been committed")?,
                    None => {}
                }
                write!(f, "; {}", own.next_action)
            }
        }
    }
}

impl Own {
    fn commit_state(&self) -> Option<CommitState> {
        match (self.operation, self.sent) {
            (COMMIT, Sent::NotSent) => Some(CommitState::NotCommitted),
            (COMMIT, Sent::MaybeSent | Sent::Answered) => Some(CommitState::Unknown),
            _ => None,
        }
    }

    fn to_json(&self) -> String {
        let record = OwnJson {
            kind: self.kind.name(),
            number: self.kind.number(),
            phase: None,
            operation: self.operation,
            detail: &self.detail,
            http_status: None,
            server_message: None,
            retry: mypreferences::Retry::Permanent.name(),
            retry_after: None,
            sent: self.sent.name(),
            commit_state: self.commit_state().map(CommitState::name),
            attempts: [],
            elapsed: 0.0,
            request_id: None,
            method: None,
            url: None,
            next_action: &self.next_action,
            source: None,
        };
        // Strings and nulls always serialise; should they ever not, the text still says what it is.
        serde_json::to_string(&record)
            .unwrap_or_else(|_| String::from(r#"{"kind":"internal","number":900}"#))
    }
}

/// The core's canonical record, key by key; a test compares the two.
#[derive(Serialize)]
struct OwnJson<'a> {
    kind: &'static str,
    number: u16,
    phase: Option<()>,
    operation: &'static str,
    detail: &'a str,
    http_status: Option<()>,
    server_message: Option<()>,
    retry: &'static str,
    retry_after: Option<()>,
    sent: &'static str,
    commit_state: Option<&'static str>,
    attempts: [(); 0],
    elapsed: f64,
    request_id: Option<()>,
    method: Option<()>,
    url: Option<()>,
    next_action: &'a str,
    source: Option<()>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_record_is_byte_for_byte_what_the_core_would_write() {
        let core = "".parse::<mypreferences::AccessToken>().unwrap_err();
        let own = Failure::usage(COMMIT, core.detail().unwrap(), core.next_action());
        assert_eq!(own.to_json(), core.to_json());
        assert_eq!(own.to_string(), core.to_string());
        assert_eq!(own.exit_code(), Failure::from(core).exit_code());
    }
}

//! The one sentence at the end of every message: what to do next. The words for status codes say what the vendor's
//! error pages say (facts 4).

use std::time::Duration;

use super::{CommitState, ErrorKind, ErrorRecord, Operation, TimeoutPhase};

/// `wait 30 s`; a server that asks for a year does not mean it.
fn waiting(wait: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match wait.as_secs() {
        seconds if seconds > DAY => {
            "the service asks to wait longer than any call may take: come back later".to_owned()
        }
        seconds => format!("wait {seconds} s"),
    }
}

/// The catalogue's sentence, or a better one for the case.
pub(super) fn of(record: &ErrorRecord) -> String {
    let (kind, operation) = (record.kind, record.operation);
    if record.commit_state == Some(CommitState::Unknown) {
        return String::from("run resolve for this token later to learn what happened; keep your data until then");
    }
    let usual = kind.next_action();
    if let (ErrorKind::RateLimited | ErrorKind::ServiceUnavailable, Some(wait)) = (kind, record.retry_after) {
        return usual.replacen("wait", &waiting(wait), 1);
    }
    if kind == ErrorKind::NotFound && operation == Operation::Initiate {
        // There is no token yet.
        return String::from("check the client id, and the name of what to export");
    }
    if kind == ErrorKind::InvalidResponse && kind.is_temporary(operation) {
        return String::from("try again; if it goes on, check base_url and the proxy");
    }
    match record.phase.filter(|_| kind == ErrorKind::Timeout) {
        Some(TimeoutPhase::Connect) => "check base_url and the network, then try again; connect_timeout bounds this",
        Some(TimeoutPhase::Operation) => "try again with a longer timeout",
        Some(TimeoutPhase::FirstByte) => "try again later, or with a longer first_byte_timeout",
        Some(TimeoutPhase::Body) => "try again later, or with a longer body_timeout",
        Some(TimeoutPhase::Server) | None => usual,
    }
    .to_owned()
}

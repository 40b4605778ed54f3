//! The one sentence at the end of every message: what to do next. The words for status codes say what the vendor's
//! error pages say (facts 4).

use std::time::Duration;

use crate::error::{CommitState, ErrorKind, Operation, TimeoutPhase};

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

pub(crate) fn next_action(
    operation: Operation,
    kind: ErrorKind,
    phase: Option<TimeoutPhase>,
    commit_state: Option<CommitState>,
    retry_after: Option<Duration>,
) -> String {
    if commit_state == Some(CommitState::Unknown) {
        return String::from(
            "run resolve for this token later to learn what happened; keep your data until then",
        );
    }
    let wait = retry_after.map(waiting);
    let text = match kind {
        ErrorKind::InvalidArgument => "correct the argument",
        ErrorKind::Configuration => "correct the settings",
        ErrorKind::ForkedProcess => "make a new client in the child process",
        ErrorKind::Closed => "make a new client",
        ErrorKind::Connect => "check base_url, the network and the proxy, then try again",
        ErrorKind::Tls => "check base_url, ca_file and client_cert: the handshake failed",
        ErrorKind::Proxy => "check the proxy and its credentials",
        ErrorKind::Timeout => match phase {
            Some(TimeoutPhase::Connect) => {
                "check base_url and the network, then try again; connect_timeout bounds this"
            }
            Some(TimeoutPhase::Operation) => "try again with a longer timeout",
            Some(TimeoutPhase::FirstByte) => "try again later, or with a longer first_byte_timeout",
            Some(TimeoutPhase::Body) => "try again later, or with a longer body_timeout",
            Some(TimeoutPhase::Server) | None => "try again later",
        },
        ErrorKind::Interrupted => "try again",
        ErrorKind::Cancelled => "call again when you want it done",
        ErrorKind::RedirectRefused => "check base_url: redirects are never followed",
        ErrorKind::BadRequest => {
            "correct the request: check the access token and the surface's paths"
        }
        ErrorKind::Unauthorized => {
            "check client id, user id, the secret and the authorization scheme"
        }
        ErrorKind::Forbidden => "check the permissions of the user's User Group",
        ErrorKind::NotFound => match operation {
            // There is no token yet.
            Operation::Initiate => "check the client id, and the name of what to export",
            Operation::Configure
            | Operation::Commit
            | Operation::ResolveCommit
            | Operation::Status
            | Operation::Wait
            | Operation::Page
            | Operation::Export => {
                "check the client id, and that the token came from Initiate and has not expired"
            }
        },
        ErrorKind::Conflict => "ask status: the token's state does not allow this",
        ErrorKind::RateLimited => match wait {
            Some(wait) => return format!("{wait} and try again"),
            None => "wait and try again",
        },
        ErrorKind::ClockSkew => "set the local clock: the server refuses the time in the signature",
        ErrorKind::ServerError => "try again later, and tell PossibleNOW Support if it goes on",
        ErrorKind::ServiceUnavailable => match wait {
            Some(wait) => {
                return format!("{wait} and try again, and tell PossibleNOW Support if it goes on");
            }
            None => "wait and try again, and tell PossibleNOW Support if it goes on",
        },
        ErrorKind::UnexpectedStatus => "check base_url and the surface's paths",
        ErrorKind::InvalidResponse if kind.is_temporary(operation) => {
            "try again; if it goes on, check base_url and the proxy"
        }
        ErrorKind::InvalidResponse => {
            "check base_url and the proxy: the answer is not what the service documents"
        }
        ErrorKind::ResponseTooLarge => "check base_url, or raise max_control_body or max_page_body",
        ErrorKind::Storage => "free or repair the disk and run the same command again",
        ErrorKind::OutputConflict => "choose another folder",
        ErrorKind::Locked => "wait for the other process",
        ErrorKind::Corrupt => "restore the part or start a new export",
        ErrorKind::ExportFailed => "initiate a new export",
        ErrorKind::ExportExpired => "initiate a new export",
        ErrorKind::WaitTimedOut => "wait until status says Complete, then commit",
        ErrorKind::OutcomeUnknown => "run resolve for this token later",
        ErrorKind::CommitConflict => "decide on one value of keep_files for a token",
        ErrorKind::NotSealed => "seal the landing first",
        ErrorKind::CountMismatch => "do not commit; initiate a new export",
        ErrorKind::Internal => "report this bug with the error's record",
    };
    text.to_owned()
}

//! Where an error becomes an exit code. One table, after sysexits.h where that has a number for it.

use mypreferences::{CommitState, Error, ErrorKind};

/// Done.
pub(crate) const DONE: u8 = 0;
/// `resolve` only: the token is not committed.
pub(crate) const NOT_COMMITTED: u8 = 1;
/// Unfinished: run the same command again.
pub(crate) const UNFINISHED: u8 = 75;
/// The service cannot be had now.
pub(crate) const UNAVAILABLE: u8 = 69;
/// The local disk, or standard output, took no more.
pub(crate) const STORAGE: u8 = 74;

/// The exit code of an error of the core.
pub(crate) fn exit_code(error: &Error) -> u8 {
    exit_code_of(error.kind(), error.commit_state())
}

/// The exit code of a kind of error. Whatever the kind: what may have been applied is unfinished.
pub(crate) fn exit_code_of(kind: ErrorKind, commit_state: Option<CommitState>) -> u8 {
    if commit_state == Some(CommitState::Unknown) {
        return UNFINISHED;
    }
    match kind {
        ErrorKind::InvalidArgument => 64,
        ErrorKind::CountMismatch
        | ErrorKind::Corrupt
        | ErrorKind::NotSealed
        | ErrorKind::OutputConflict
        | ErrorKind::CommitConflict => 65,
        ErrorKind::NotFound => 66,
        ErrorKind::Connect
        | ErrorKind::Timeout
        | ErrorKind::Interrupted
        | ErrorKind::RateLimited
        | ErrorKind::ServerError
        | ErrorKind::ServiceUnavailable
        | ErrorKind::ExportFailed
        | ErrorKind::ExportExpired => UNAVAILABLE,
        ErrorKind::Internal | ErrorKind::ForkedProcess | ErrorKind::Closed => 70,
        ErrorKind::Storage => STORAGE,
        // By a first signal. A second one does not wait for a record: see `signals`.
        ErrorKind::OutcomeUnknown
        | ErrorKind::WaitTimedOut
        | ErrorKind::Locked
        | ErrorKind::Cancelled => UNFINISHED,
        ErrorKind::BadRequest
        | ErrorKind::Conflict
        | ErrorKind::InvalidResponse
        | ErrorKind::UnexpectedStatus
        | ErrorKind::RedirectRefused
        | ErrorKind::ResponseTooLarge => 76,
        ErrorKind::Unauthorized
        | ErrorKind::Forbidden
        | ErrorKind::ClockSkew
        | ErrorKind::Tls
        | ErrorKind::Proxy => 77,
        ErrorKind::Configuration => 78,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// errors.md, in words.
    const TABLE: [(&str, u8); 35] = [
        ("invalid_argument", 64),
        ("configuration", 78),
        ("forked_process", 70),
        ("closed", 70),
        ("connect", 69),
        ("tls", 77),
        ("proxy", 77),
        ("timeout", 69),
        ("interrupted", 69),
        ("cancelled", 75),
        ("redirect_refused", 76),
        ("bad_request", 76),
        ("unauthorized", 77),
        ("forbidden", 77),
        ("not_found", 66),
        ("conflict", 76),
        ("rate_limited", 69),
        ("clock_skew", 77),
        ("server_error", 69),
        ("service_unavailable", 69),
        ("unexpected_status", 76),
        ("invalid_response", 76),
        ("response_too_large", 76),
        ("storage", 74),
        ("output_conflict", 65),
        ("locked", 75),
        ("corrupt", 65),
        ("export_failed", 69),
        ("export_expired", 69),
        ("wait_timed_out", 75),
        ("outcome_unknown", 75),
        ("commit_conflict", 65),
        ("not_sealed", 65),
        ("count_mismatch", 65),
        ("internal", 70),
    ];

    #[test]
    fn every_kind_has_the_exit_code_of_the_catalogue() {
        let ours: Vec<(&str, u8)> = ErrorKind::ALL
            .iter()
            .map(|kind| (kind.name(), exit_code_of(*kind, None)))
            .collect();
        assert_eq!(ours, TABLE);
        for kind in ErrorKind::ALL {
            assert_eq!(
                exit_code_of(kind, Some(CommitState::NotCommitted)),
                exit_code_of(kind, None)
            );
        }
    }

    #[test]
    fn what_may_have_been_applied_is_unfinished_whatever_the_kind() {
        for kind in ErrorKind::ALL {
            assert_eq!(exit_code_of(kind, Some(CommitState::Unknown)), 75, "{kind}");
        }
    }
}

//! Where an error becomes an exit code: the catalogue's, after sysexits.h, unless what it did is unknown.

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
    kind.exit_code()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_been_applied_is_unfinished_whatever_the_kind() {
        for &kind in ErrorKind::ALL {
            assert_eq!(exit_code_of(kind, Some(CommitState::Unknown)), 75, "{kind}");
        }
    }
}

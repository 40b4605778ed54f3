//! What can end a command: an error of the core, or one of the command's own (usage, credentials, a panic), which has
//! the same record. These are the command's own.

use mypreferences::{Error, ErrorKind, Operation};

/// A failed command.
pub(crate) type Failure = Error;

/// Arguments that make no sense.
pub(crate) fn usage(operation: Operation, detail: impl Into<String>, next_action: impl Into<String>) -> Failure {
    Error::before_io(ErrorKind::InvalidArgument, operation, detail, next_action)
}

/// Settings or credentials that are missing, unreadable or contradict each other.
pub(crate) fn configuration(detail: impl Into<String>, next_action: impl Into<String>) -> Failure {
    Error::before_io(ErrorKind::Configuration, Operation::Configure, detail, next_action)
}

/// A bug of ours, or a system that gives us no runtime, before anything was sent.
pub(crate) fn internal(detail: impl Into<String>) -> Failure {
    Error::before_io(ErrorKind::Internal, Operation::Configure, detail, "report this bug with the error's record")
}

/// A first signal ended a question.
pub(crate) fn stopped() -> Failure {
    Error::before_io(ErrorKind::Cancelled, Operation::Status, "stopped by a signal", "ask again")
}

/// Something else that went wrong with an export, before anything was sent.
pub(crate) fn of_kind(kind: ErrorKind, detail: impl Into<String>, next_action: impl Into<String>) -> Failure {
    Error::before_io(kind, Operation::Export, detail, next_action)
}

//! The closed sets of the core as enums of C. No mapping has an open arm: a new value of the core does not compile
//! until it has its number here.

use mypreferences as core;

pub use crate::error_kind::Kind;

/// Whether trying again can help.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// There is no error.
    None = 0,
    /// The same call will fail again until something is changed.
    Permanent = 1,
    /// The same call may succeed later.
    Temporary = 2,
    /// Was temporary and outlived the retries of this call.
    Persistent = 3,
}

impl From<core::Retry> for Retry {
    fn from(value: core::Retry) -> Retry {
        match value {
            core::Retry::Permanent => Retry::Permanent,
            core::Retry::Temporary => Retry::Temporary,
            core::Retry::Persistent => Retry::Persistent,
        }
    }
}

/// The transport fact of one request: what is known about its way to the server.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// There is no request.
    None = 0,
    /// Certainly nothing of it reached the server.
    NotSent = 1,
    /// It may have reached the server; no complete response head came back.
    MaybeSent = 2,
    /// A complete response head came back.
    Answered = 3,
}

impl From<core::Sent> for Sent {
    fn from(value: core::Sent) -> Sent {
        match value {
            core::Sent::NotSent => Sent::NotSent,
            core::Sent::MaybeSent => Sent::MaybeSent,
            core::Sent::Answered => Sent::Answered,
        }
    }
}

/// What a failed commit says about this call's requests. Never more: the token may have been committed by others.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CommitState {
    /// Not the error of a commit.
    None = 0,
    /// No request of this call was applied.
    NotCommitted = 1,
    /// A request of this call may have been applied: ask later with mypref_resolve_commit.
    Unknown = 2,
}

impl From<core::CommitState> for CommitState {
    fn from(value: core::CommitState) -> CommitState {
        match value {
            core::CommitState::NotCommitted => CommitState::NotCommitted,
            core::CommitState::Unknown => CommitState::Unknown,
        }
    }
}

/// How the token came to be consumed.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is no receipt.
    None = 0,
    /// A send of this call was answered 200 or 204, or was open and the token is now consumed.
    Committed = 1,
    /// The token is consumed and no send of this call can have done it.
    AlreadyCommitted = 2,
}

impl From<core::Outcome> for Outcome {
    fn from(value: core::Outcome) -> Outcome {
        match value {
            core::Outcome::Committed => Outcome::Committed,
            core::Outcome::AlreadyCommitted => Outcome::AlreadyCommitted,
        }
    }
}

/// How sure the outcome is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// There is no receipt.
    None = 0,
    /// The server said so.
    Certain = 1,
    /// Everything points to it, but the server's words would also fit another story. The setting "require_certain" makes it outcome_unknown.
    Presumed = 2,
}

impl From<core::Certainty> for Certainty {
    fn from(value: core::Certainty) -> Certainty {
        match value {
            core::Certainty::Certain => Certainty::Certain,
            core::Certainty::Presumed => Certainty::Presumed,
        }
    }
}

/// What the outcome was read from.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConfirmedBy {
    /// There is no receipt.
    None = 0,
    /// The answer to the commit itself: 200 or 204.
    Response = 1,
    /// Status Retrieved.
    Status = 2,
    /// The token that was good before the commit is refused now.
    TokenRetired = 3,
    /// Status Expired long before the token's own time.
    EarlyExpiry = 4,
}

impl From<core::ConfirmedBy> for ConfirmedBy {
    fn from(value: core::ConfirmedBy) -> ConfirmedBy {
        match value {
            core::ConfirmedBy::Response => ConfirmedBy::Response,
            core::ConfirmedBy::Status => ConfirmedBy::Status,
            core::ConfirmedBy::TokenRetired => ConfirmedBy::TokenRetired,
            core::ConfirmedBy::EarlyExpiry => ConfirmedBy::EarlyExpiry,
        }
    }
}

/// What is known about the export files.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// There is no receipt.
    None = 0,
    /// Kept or deleted as keep_files of this call asked.
    AsAsked = 1,
    /// Another commit with another keep_files may have decided. Make no privacy claim from this receipt.
    Unknown = 2,
}

impl From<core::Files> for Files {
    fn from(value: core::Files) -> Files {
        match value {
            core::Files::AsAsked => Files::AsAsked,
            core::Files::Unknown => Files::Unknown,
        }
    }
}

/// keep_files as it was asked for.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum KeepFiles {
    /// Nothing was asked for: mypref_resolve_commit does not send.
    None = 0,
    /// The files were to be kept.
    Yes = 1,
    /// The files were to be deleted.
    No = 2,
}

impl From<Option<bool>> for KeepFiles {
    fn from(keep_files: Option<bool>) -> KeepFiles {
        match keep_files {
            None => KeepFiles::None,
            Some(true) => KeepFiles::Yes,
            Some(false) => KeepFiles::No,
        }
    }
}

/// What mypref_resolve_commit found.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// There is no resolution.
    None = 0,
    /// The token is consumed; mypref_resolution_receipt has the receipt.
    Committed = 1,
    /// The export was still ready to be read when the server was asked.
    NotCommitted = 2,
    /// The answers do not tell; mypref_resolution_error has the error, outcome_unknown.
    Unknown = 3,
}

impl From<&core::Resolution> for Resolved {
    fn from(resolution: &core::Resolution) -> Resolved {
        match resolution {
            core::Resolution::Committed(_) => Resolved::Committed,
            core::Resolution::NotCommitted { .. } => Resolved::NotCommitted,
            core::Resolution::Unknown(_) => Resolved::Unknown,
        }
    }
}

/// What a landing is doing.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// There is no landing.
    None = 0,
    /// Starting the export.
    Initiate = 1,
    /// Waiting until it is ready.
    Wait = 2,
    /// Reading pages and writing parts.
    Land = 3,
    /// Making the batch whole.
    Seal = 4,
    /// Committing it.
    Commit = 5,
}

impl From<core::landing::Stage> for Stage {
    fn from(value: core::landing::Stage) -> Stage {
        match value {
            core::landing::Stage::Initiate => Stage::Initiate,
            core::landing::Stage::Wait => Stage::Wait,
            core::landing::Stage::Land => Stage::Land,
            core::landing::Stage::Seal => Stage::Seal,
            core::landing::Stage::Commit => Stage::Commit,
        }
    }
}

/// How the token of a sealed batch came to its end.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CommitEnd {
    /// There is no receipt.
    None = 0,
    /// This landing committed it.
    Committed = 1,
    /// It was consumed before this landing sent anything.
    AlreadyCommitted = 2,
    /// It expired before it was committed. The data is landed; what became of the server's files is not known.
    Expired = 3,
}

impl From<core::landing::CommitEnd> for CommitEnd {
    fn from(value: core::landing::CommitEnd) -> CommitEnd {
        match value {
            core::landing::CommitEnd::Committed => CommitEnd::Committed,
            core::landing::CommitEnd::AlreadyCommitted => CommitEnd::AlreadyCommitted,
            core::landing::CommitEnd::Expired => CommitEnd::Expired,
        }
    }
}

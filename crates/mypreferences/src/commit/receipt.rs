//! What a commit that ended well says: how it ended, how sure that is, and what confirmed it.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use strum::IntoStaticStr;

use crate::error::{Attempt, Error};
use crate::json::{optional_time, seconds, text};

/// How the token came to be consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// A send of this call was answered 200 or 204, or was open and the token is now consumed.
    Committed,
    /// The token is consumed and no send of this call can have done it.
    AlreadyCommitted,
}

impl Outcome {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// How sure the outcome is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Certainty {
    /// The server said so.
    Certain,
    /// Everything points to it, but the server's words would also fit another story. `require_certain` turns this into
    /// [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
    Presumed,
}

impl Certainty {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What the outcome was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConfirmedBy {
    /// The answer to the commit itself: 200 or 204.
    Response,
    /// Status `Retrieved`.
    Status,
    /// The token that was good before the commit is refused now.
    TokenRetired,
    /// Status `Expired` long before the token's own `Expires`.
    EarlyExpiry,
}

impl ConfirmedBy {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What is known about the export files on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Files {
    /// Kept or deleted as `keep_files` of this call asked.
    AsAsked,
    /// Another commit with another `keep_files` may have decided. Make no privacy claim from this receipt.
    Unknown,
}

impl Files {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The receipt of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CommitReceipt {
    /// How the token came to be consumed.
    pub outcome: Outcome,
    /// How sure that is.
    pub certainty: Certainty,
    /// What it was read from.
    pub confirmed_by: ConfirmedBy,
    /// As asked. None when nothing was asked for: `resolve_commit` does not send.
    pub keep_files: Option<bool>,
    /// What is known about the export files.
    pub files: Files,
    /// How many POSTs of this call reached the server or may have.
    pub sends: u32,
    /// Every POST of this call, those that never left included.
    pub attempts: Vec<Attempt>,
    /// How long the call took, questions included.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
    /// The server's id of the confirming request, from `X-Request-Id` or `Request-Id`.
    pub request_id: Option<String>,
    /// `Date` of the confirming answer.
    #[serde(serialize_with = "optional_time")]
    pub server_date: Option<SystemTime>,
}

/// What `resolve_commit` found.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// The token is consumed.
    Committed(CommitReceipt),
    /// The export was still ready to be read when the server was asked.
    NotCommitted {
        /// `Date` of the answer that said so; a commit may have arrived since.
        as_of: Option<SystemTime>,
    },
    /// The answers do not tell. The error is [`ErrorKind::OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown).
    Unknown(Error),
}

impl CommitReceipt {
    /// The canonical record as JSON: fixed key order, the same bytes in every language.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

impl Resolution {
    /// The canonical record as JSON: `resolution` with the receipt, the server time or the error.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

impl Serialize for Resolution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Record<'a> {
            resolution: &'static str,
            receipt: Option<&'a CommitReceipt>,
            #[serde(serialize_with = "optional_time")]
            as_of: Option<SystemTime>,
            error: Option<&'a Error>,
        }
        let (resolution, receipt, as_of, error) = match self {
            Resolution::Committed(receipt) => ("committed", Some(receipt), None, None),
            Resolution::NotCommitted { as_of } => ("not_committed", None, *as_of, None),
            Resolution::Unknown(error) => ("unknown", None, None, Some(error)),
        };
        Record { resolution, receipt, as_of, error }.serialize(serializer)
    }
}

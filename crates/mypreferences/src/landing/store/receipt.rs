//! How the commit of a batch ended, as `_receipt.json` and the journal keep it.

use serde::{Deserialize, Serialize};

use crate::commit::receipt::{CommitReceipt, Outcome};
use crate::json::rfc3339;

/// How the token of a sealed batch came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitEnd {
    /// This landing committed it.
    Committed,
    /// It was consumed before this landing sent anything.
    AlreadyCommitted,
    /// It expired before it was committed. The data is landed all the same; what became of the server's files is not
    /// known.
    Expired,
}

impl CommitEnd {
    /// The name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            CommitEnd::Committed => "committed",
            CommitEnd::AlreadyCommitted => "already_committed",
            CommitEnd::Expired => "expired",
        }
    }
}

/// What may be claimed of the export files on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServerFiles {
    /// The server has deleted them, and said that it took the commit that asked for it.
    Deleted,
    /// The server keeps them, as it was asked.
    Kept,
    /// Nothing: how the server handled them is not certain.
    Unknown,
    /// The server holds them until they expire: no commit is known.
    NotCommitted,
}

/// What the destination holds, as the caller says and the client has checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Vouched {
    /// Rows that the destination holds: `TotalResults` of the export, where that was still to be asked.
    pub rows: u64,
    /// Where, as the caller names it, without passwords.
    pub sink: Option<String>,
    /// The files that were made durable, by path; none where nothing had to be sent.
    pub files: Vec<VouchedFile>,
}

/// A file that was made durable before the commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VouchedFile {
    /// Its path, as it was given or found.
    pub path: String,
    /// Of its bytes, in lower-case hexadecimal digits.
    pub sha256: String,
    /// How many.
    pub bytes: u64,
}

/// `_receipt.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchReceipt {
    /// How it ended.
    pub end: CommitEnd,
    /// Whether the files on the server were to be kept, as asked.
    pub keep_files: bool,
    /// When it was written, by the local clock, as RFC 3339.
    pub at: Option<String>,
    /// `Date` of the answer that confirmed it, as RFC 3339.
    pub server_date: Option<String>,
    /// The members of the commit's canonical receipt; none when nothing was sent.
    pub receipt: Option<serde_json::Value>,
    /// What the destination holds, for a commit of what was loaded elsewhere; none for a batch of a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<Vouched>,
}

impl BatchReceipt {
    pub(crate) fn of_commit(receipt: &CommitReceipt, keep_files: bool) -> BatchReceipt {
        BatchReceipt {
            end: match receipt.outcome {
                Outcome::Committed => CommitEnd::Committed,
                Outcome::AlreadyCommitted => CommitEnd::AlreadyCommitted,
            },
            keep_files,
            at: None,
            server_date: receipt.server_date.and_then(rfc3339),
            receipt: serde_json::from_str(&receipt.to_json()).ok(),
            vouched: None,
        }
    }

    /// Nothing was sent.
    pub(crate) fn without_a_commit(
        end: CommitEnd,
        keep_files: bool,
        server_date: Option<std::time::SystemTime>,
    ) -> BatchReceipt {
        BatchReceipt {
            end,
            keep_files,
            at: None,
            server_date: server_date.and_then(rfc3339),
            receipt: None,
            vouched: None,
        }
    }

    /// As JSON, the same bytes in every language: fixed key order, `snake_case`.
    pub fn to_json(&self) -> String {
        crate::json::text(self)
    }

    /// A privacy claim about the server's files can be made from this receipt.
    pub fn files_are_as_asked(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt["files"] == "as_asked")
    }

    /// What may be claimed of the server's files.
    pub fn server_files(&self) -> ServerFiles {
        if !self.files_are_as_asked() || self.is_presumed() {
            ServerFiles::Unknown
        } else if self.keep_files {
            ServerFiles::Kept
        } else {
            ServerFiles::Deleted
        }
    }

    /// The server never said so in as many words.
    pub fn is_presumed(&self) -> bool {
        self.receipt.as_ref().is_some_and(|receipt| receipt["certainty"] == "presumed")
    }
}

//! What comes back: flat records, each with its canonical JSON. Texts that are words of the
//! canonical record stay words; units are in the names.

use std::sync::Arc;

use mypreferences::export::Export;
use mypreferences::landing::{BatchReceipt, Landed};
use mypreferences::{
    Attempt, CommitReceipt, CommitState, Error, ExportStatus, Resolution, TimeoutPhase,
};
pub(crate) use mypreferences_bridge::unix_seconds;

use crate::export::{NativeBatchReceipt, NativeExport, NativeLanded, NativePage};

/// One send of a call.
#[derive(Clone, uniffi::Record)]
pub struct NativeAttempt {
    /// 1 for the first.
    pub n: u32,
    /// In seconds.
    pub delay_before: f64,
    /// In seconds.
    pub elapsed: f64,
    /// `not_sent`, `maybe_sent` or `answered`.
    pub sent: String,
    /// Status code.
    pub status: Option<u16>,
    /// Kind of its failure, by name.
    pub kind: Option<String>,
}

/// A failure, with every field of the canonical record.
#[derive(Clone, uniffi::Record)]
pub struct NativeError {
    /// Kind, by name.
    pub kind: String,
    /// Kind, by number.
    pub number: u16,
    /// With `timeout`: which limit.
    pub phase: Option<String>,
    /// The call that failed.
    pub operation: String,
    /// What exactly was wrong.
    pub detail: Option<String>,
    /// Status code of the last send.
    pub http_status: Option<u16>,
    /// `Message` of the answer.
    pub server_message: Option<String>,
    /// `permanent`, `temporary` or `persistent`.
    pub retry: String,
    /// In seconds.
    pub retry_after: Option<f64>,
    /// `not_sent`, `maybe_sent` or `answered`.
    pub sent: String,
    /// `not_committed` or `unknown`; only for commits.
    pub commit_state: Option<String>,
    /// Every send.
    pub attempts: Vec<NativeAttempt>,
    /// In seconds.
    pub elapsed: f64,
    /// The server's id of the request.
    pub request_id: Option<String>,
    /// `POST` or `GET`.
    pub method: Option<String>,
    /// With the token masked.
    pub url: Option<String>,
    /// What to do next.
    pub next_action: String,
    /// The cause in words.
    pub source: Option<String>,
    /// One line for people.
    pub message: String,
    /// The canonical record.
    pub json: String,
}

/// The receipt of a commit.
#[derive(Clone, uniffi::Record)]
pub struct NativeReceipt {
    /// `committed` or `already_committed`.
    pub outcome: String,
    /// `certain` or `presumed`.
    pub certainty: String,
    /// `response`, `status`, `token_retired` or `early_expiry`.
    pub confirmed_by: String,
    /// As asked; none from `resolve_commit`.
    pub keep_files: Option<bool>,
    /// `as_asked` or `unknown`.
    pub files: String,
    /// POSTs that left or may have.
    pub sends: u32,
    /// Every send.
    pub attempts: Vec<NativeAttempt>,
    /// In seconds.
    pub elapsed: f64,
    /// The server's id of the confirming request.
    pub request_id: Option<String>,
    /// `Date` of the confirming answer, in whole seconds since 1970.
    pub server_date: Option<i64>,
    /// The canonical record.
    pub json: String,
}

/// Status of an export.
#[derive(Clone, uniffi::Record)]
pub struct NativeStatus {
    /// The server's own word.
    pub status: String,
    /// When the token expires, in whole seconds since 1970.
    pub expires: Option<i64>,
    /// Rows of the export.
    pub row_count: Option<u64>,
    /// Bytes of the export.
    pub byte_count: Option<u64>,
    /// `Date` of this answer, in whole seconds since 1970.
    pub server_date: Option<i64>,
    /// The canonical record.
    pub json: String,
}

/// How a call ended. Called once for each call that was started.
#[derive(uniffi::Enum)]
pub enum NativeOutcome {
    /// A commit ended well.
    Receipt {
        /// Its receipt.
        receipt: NativeReceipt,
    },
    /// `resolve_commit`: the token is consumed.
    ResolvedCommitted {
        /// What says so.
        receipt: NativeReceipt,
        /// The canonical record of the resolution.
        json: String,
    },
    /// `resolve_commit`: the export was still ready to be read.
    ResolvedNotCommitted {
        /// `Date` of the answer that said so, in whole seconds since 1970.
        as_of: Option<i64>,
        /// The canonical record of the resolution.
        json: String,
    },
    /// `resolve_commit`: the answers do not tell.
    ResolvedUnknown {
        /// Why not.
        error: NativeError,
        /// The canonical record of the resolution.
        json: String,
    },
    /// A status was read.
    Status {
        /// It.
        status: NativeStatus,
    },
    /// An export was started.
    Export {
        /// Its handle.
        export: Arc<NativeExport>,
    },
    /// A page was read.
    Page {
        /// It.
        page: NativePage,
    },
    /// There was no page after the last one.
    EndOfPages,
    /// A landing came to its end.
    Landed {
        /// What it has come to.
        landed: NativeLanded,
    },
    /// The commit of a batch came to its end.
    BatchReceipt {
        /// How.
        receipt: NativeBatchReceipt,
    },
    /// The call failed.
    Failed {
        /// Why.
        error: NativeError,
    },
}

/// What is thrown before a call starts.
#[derive(Debug, uniffi::Error)]
pub enum NativeFailure {
    /// The only sort.
    Failed {
        /// Why.
        error: NativeError,
    },
}

impl std::fmt::Display for NativeFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NativeFailure::Failed { error } = self;
        f.write_str(&error.message)
    }
}

impl std::error::Error for NativeFailure {}

/// The canonical record, which holds no secret.
impl std::fmt::Debug for NativeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.json)
    }
}

impl From<Error> for NativeFailure {
    fn from(error: Error) -> NativeFailure {
        NativeFailure::Failed {
            error: NativeError::from(&error),
        }
    }
}

impl From<&Attempt> for NativeAttempt {
    fn from(attempt: &Attempt) -> NativeAttempt {
        NativeAttempt {
            n: attempt.n,
            delay_before: attempt.delay_before.as_secs_f64(),
            elapsed: attempt.elapsed.as_secs_f64(),
            sent: attempt.sent.name().to_owned(),
            status: attempt.status,
            kind: attempt.kind.map(|kind| kind.name().to_owned()),
        }
    }
}

impl From<&Error> for NativeError {
    fn from(error: &Error) -> NativeError {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        NativeError {
            kind: error.kind().name().to_owned(),
            number: error.number(),
            phase: owned(error.phase().map(TimeoutPhase::name)),
            operation: error.operation().name().to_owned(),
            detail: owned(error.detail()),
            http_status: error.http_status(),
            server_message: owned(error.server_message()),
            retry: error.retry().name().to_owned(),
            retry_after: error.retry_after().map(|wait| wait.as_secs_f64()),
            sent: error.sent().name().to_owned(),
            commit_state: owned(error.commit_state().map(CommitState::name)),
            attempts: error.attempts().iter().map(NativeAttempt::from).collect(),
            elapsed: error.elapsed().as_secs_f64(),
            request_id: owned(error.request_id()),
            method: owned(error.method()),
            url: owned(error.url()),
            next_action: error.next_action().to_owned(),
            source: owned(error.source_text()),
            message: error.to_string(),
            json: error.to_json(),
        }
    }
}

impl From<&CommitReceipt> for NativeReceipt {
    fn from(receipt: &CommitReceipt) -> NativeReceipt {
        NativeReceipt {
            outcome: receipt.outcome.name().to_owned(),
            certainty: receipt.certainty.name().to_owned(),
            confirmed_by: receipt.confirmed_by.name().to_owned(),
            keep_files: receipt.keep_files,
            files: receipt.files.name().to_owned(),
            sends: receipt.sends,
            attempts: receipt.attempts.iter().map(NativeAttempt::from).collect(),
            elapsed: receipt.elapsed.as_secs_f64(),
            request_id: receipt.request_id.clone(),
            server_date: receipt.server_date.and_then(unix_seconds),
            json: receipt.to_json(),
        }
    }
}

impl From<&ExportStatus> for NativeStatus {
    fn from(status: &ExportStatus) -> NativeStatus {
        NativeStatus {
            status: status.word.clone(),
            expires: status.expires.and_then(unix_seconds),
            row_count: status.row_count,
            byte_count: status.byte_count,
            server_date: status.server_date.and_then(unix_seconds),
            json: status.to_json(),
        }
    }
}

impl From<CommitReceipt> for NativeOutcome {
    fn from(receipt: CommitReceipt) -> NativeOutcome {
        NativeOutcome::Receipt {
            receipt: NativeReceipt::from(&receipt),
        }
    }
}

impl From<Resolution> for NativeOutcome {
    fn from(resolution: Resolution) -> NativeOutcome {
        let json = resolution.to_json();
        match resolution {
            Resolution::Committed(receipt) => NativeOutcome::ResolvedCommitted {
                receipt: NativeReceipt::from(&receipt),
                json,
            },
            Resolution::NotCommitted { as_of } => NativeOutcome::ResolvedNotCommitted {
                as_of: as_of.and_then(unix_seconds),
                json,
            },
            Resolution::Unknown(error) => NativeOutcome::ResolvedUnknown {
                error: NativeError::from(&error),
                json,
            },
        }
    }
}

impl From<ExportStatus> for NativeOutcome {
    fn from(status: ExportStatus) -> NativeOutcome {
        NativeOutcome::Status {
            status: NativeStatus::from(&status),
        }
    }
}

impl From<Export> for NativeOutcome {
    fn from(export: Export) -> NativeOutcome {
        NativeOutcome::Export {
            export: Arc::new(NativeExport(export)),
        }
    }
}

impl From<Landed> for NativeOutcome {
    fn from(landed: Landed) -> NativeOutcome {
        NativeOutcome::Landed {
            landed: NativeLanded::from(landed),
        }
    }
}

impl From<BatchReceipt> for NativeOutcome {
    fn from(receipt: BatchReceipt) -> NativeOutcome {
        NativeOutcome::BatchReceipt {
            receipt: NativeBatchReceipt::from(&receipt),
        }
    }
}

//! What comes back: flat records from the bridge's views, each with its canonical JSON. Texts that are words of the
//! canonical record stay words; units are in the names.

use std::sync::Arc;

use mypreferences::export::Export;
use mypreferences::landing::{BatchReceipt, Landed};
use mypreferences::{CommitReceipt, Error, ExportStatus, Resolution};
pub(crate) use mypreferences_bridge::unix_seconds;
use mypreferences_bridge::{AttemptView, ErrorView, ReceiptView};

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

impl From<AttemptView> for NativeAttempt {
    fn from(view: AttemptView) -> NativeAttempt {
        NativeAttempt {
            n: view.n,
            delay_before: view.delay_before,
            elapsed: view.elapsed,
            sent: view.sent.to_owned(),
            status: view.status,
            kind: view.kind.map(str::to_owned),
        }
    }
}

impl From<&Error> for NativeError {
    fn from(error: &Error) -> NativeError {
        let view = ErrorView::from(error);
        NativeError {
            kind: view.kind.to_owned(),
            number: view.number,
            phase: view.phase.map(str::to_owned),
            operation: view.operation.to_owned(),
            detail: view.detail.map(str::to_owned),
            http_status: view.http_status,
            server_message: view.server_message.map(str::to_owned),
            retry: view.retry.to_owned(),
            retry_after: view.retry_after,
            sent: view.sent.to_owned(),
            commit_state: view.commit_state.map(str::to_owned),
            attempts: attempts(view.attempts),
            elapsed: view.elapsed,
            request_id: view.request_id.map(str::to_owned),
            method: view.method.map(str::to_owned),
            url: view.url.map(str::to_owned),
            next_action: view.next_action.to_owned(),
            source: view.source.map(str::to_owned),
            message: error.to_string(),
            json: error.to_json(),
        }
    }
}

impl From<&CommitReceipt> for NativeReceipt {
    fn from(receipt: &CommitReceipt) -> NativeReceipt {
        let view = ReceiptView::from(receipt);
        NativeReceipt {
            outcome: view.outcome.to_owned(),
            certainty: view.certainty.to_owned(),
            confirmed_by: view.confirmed_by.to_owned(),
            keep_files: view.keep_files,
            files: view.files.to_owned(),
            sends: view.sends,
            attempts: attempts(view.attempts),
            elapsed: view.elapsed,
            request_id: view.request_id.map(str::to_owned),
            server_date: view.server_date,
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

fn attempts(views: Vec<AttemptView>) -> Vec<NativeAttempt> {
    views.into_iter().map(NativeAttempt::from).collect()
}

//! How a call ended, and the callback that takes it.

use std::sync::Arc;

use mypreferences::export::{Digest, Export};
use mypreferences::landing::{BatchReceipt, Landed};
use mypreferences::{CommitReceipt, Error, ExportStatus, Resolution};
use mypreferences_bridge::{boundaries_record, unix_seconds};

use crate::error::NativeError;
use crate::export::{NativeBatchReceipt, NativeBoundary, NativeExport, NativeLanded, NativePage};
use crate::records::{NativeReceipt, NativeStatus};

/// Takes the outcome of one call.
#[uniffi::export(callback_interface)]
pub trait NativeCompletion: Send + Sync {
    /// Called once, from the thread that carries every call. Must not block.
    fn complete(&self, outcome: NativeOutcome);
}

/// Tells a completion how its call ended.
pub(crate) fn completed(completion: &dyn NativeCompletion, result: Result<NativeOutcome, Error>) {
    completion.complete(result.unwrap_or_else(|error| NativeOutcome::Failed { error: NativeError::from(&error) }));
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
    /// Boundaries were looked at.
    Boundaries {
        /// One for each place.
        boundaries: Vec<NativeBoundary>,
        /// The same text in every language.
        json: String,
    },
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

impl From<CommitReceipt> for NativeOutcome {
    fn from(receipt: CommitReceipt) -> NativeOutcome {
        NativeOutcome::Receipt { receipt: NativeReceipt::from(&receipt) }
    }
}

impl From<Resolution> for NativeOutcome {
    fn from(resolution: Resolution) -> NativeOutcome {
        let json = resolution.to_json();
        match resolution {
            Resolution::Committed(receipt) => {
                NativeOutcome::ResolvedCommitted { receipt: NativeReceipt::from(&receipt), json }
            }
            Resolution::NotCommitted { as_of } => {
                NativeOutcome::ResolvedNotCommitted { as_of: as_of.and_then(unix_seconds), json }
            }
            Resolution::Unknown(error) => NativeOutcome::ResolvedUnknown { error: NativeError::from(&error), json },
        }
    }
}

impl From<ExportStatus> for NativeOutcome {
    fn from(status: ExportStatus) -> NativeOutcome {
        NativeOutcome::Status { status: NativeStatus::from(&status) }
    }
}

impl From<Export> for NativeOutcome {
    fn from(export: Export) -> NativeOutcome {
        NativeOutcome::Export { export: Arc::new(NativeExport(export)) }
    }
}

impl From<Vec<(Digest, Digest)>> for NativeOutcome {
    fn from(pairs: Vec<(Digest, Digest)>) -> NativeOutcome {
        NativeOutcome::Boundaries {
            json: boundaries_record(&pairs),
            boundaries: pairs
                .into_iter()
                .map(|(last, first)| NativeBoundary { last: last.to_string(), first: first.to_string() })
                .collect(),
        }
    }
}

impl From<Landed> for NativeOutcome {
    fn from(landed: Landed) -> NativeOutcome {
        NativeOutcome::Landed { landed: NativeLanded::from(landed) }
    }
}

impl From<BatchReceipt> for NativeOutcome {
    fn from(receipt: BatchReceipt) -> NativeOutcome {
        NativeOutcome::BatchReceipt { receipt: NativeBatchReceipt::from(&receipt) }
    }
}

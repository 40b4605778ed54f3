//! What comes back: flat records, each with its canonical JSON. Texts that are words of the
//! canonical record stay words; units are in the names.

use mypreferences::{CommitReceipt, ExportStatus};
use mypreferences_bridge::unix_seconds;

use crate::error::NativeAttempt;

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

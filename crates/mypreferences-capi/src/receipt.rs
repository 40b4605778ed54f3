//! The receipt of a commit as C reads it: one getter for each field, in the order of the canonical JSON.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mypreferences::CommitReceipt;
use mypreferences_bridge::unix_seconds;

use crate::attempt::{self, Attempt};
use crate::border::{c_pointer, c_text, field, free};
use crate::kinds::{Certainty, ConfirmedBy, Files, KeepFiles, Outcome};

/// Stands for a date that the server did not give.
pub const NO_DATE: i64 = i64::MIN;

/// What a commit that ended well says. Getters take NULL too and give the value for "absent" then.
pub struct ReceiptHandle {
    record: CommitReceipt,
    request_id: Option<CString>,
    json: OnceLock<CString>,
}

impl From<CommitReceipt> for ReceiptHandle {
    fn from(record: CommitReceipt) -> ReceiptHandle {
        ReceiptHandle { request_id: record.request_id.as_deref().map(c_text), record, json: OnceLock::new() }
    }
}

/// Frees a receipt and sets `*receipt` to NULL; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_free(receipt: Option<&mut Option<Box<ReceiptHandle>>>) {
    free(receipt);
}

/// The canonical record as JSON: the same bytes in every language; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_json(receipt: Option<&ReceiptHandle>) -> *const c_char {
    field(receipt, std::ptr::null(), |receipt| receipt.json.get_or_init(|| c_text(&receipt.record.to_json())).as_ptr())
}

/// How the token came to be consumed. MYPREF_OUTCOME_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_outcome(receipt: Option<&ReceiptHandle>) -> Outcome {
    field(receipt, Outcome::None, |receipt| receipt.record.outcome.into())
}

/// How sure that is. MYPREF_CERTAINTY_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_certainty(receipt: Option<&ReceiptHandle>) -> Certainty {
    field(receipt, Certainty::None, |receipt| receipt.record.certainty.into())
}

/// What it was read from. MYPREF_CONFIRMED_BY_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_confirmed_by(receipt: Option<&ReceiptHandle>) -> ConfirmedBy {
    field(receipt, ConfirmedBy::None, |receipt| receipt.record.confirmed_by.into())
}

/// As asked; MYPREF_KEEP_FILES_NONE when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_keep_files(receipt: Option<&ReceiptHandle>) -> KeepFiles {
    field(receipt, KeepFiles::None, |receipt| receipt.record.keep_files.into())
}

/// What is known about the export files. MYPREF_FILES_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_files(receipt: Option<&ReceiptHandle>) -> Files {
    field(receipt, Files::None, |receipt| receipt.record.files.into())
}

/// How many POSTs of this call reached the server or may have; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_sends(receipt: Option<&ReceiptHandle>) -> u32 {
    field(receipt, 0, |receipt| receipt.record.sends)
}

/// How many sends the call made, those that never left included; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_attempt_count(receipt: Option<&ReceiptHandle>) -> usize {
    field(receipt, 0, |receipt| receipt.record.attempts.len())
}

/// Copies the send at `index` (from 0) to `*attempt`. `attempt_size` is sizeof(mypref_attempt) as the program knows it.
/// False, and nothing written, when there is no such send.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mypref_receipt_attempt(
    receipt: Option<&ReceiptHandle>,
    index: usize,
    attempt: *mut Attempt,
    attempt_size: usize,
) -> bool {
    field(receipt, false, |receipt| {
        // SAFETY: the caller gives NULL or a place of the size that it says.
        unsafe { attempt::write(&receipt.record.attempts, index, attempt, attempt_size) }
    })
}

/// How long the call took, questions included, in seconds; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_elapsed_seconds(receipt: Option<&ReceiptHandle>) -> f64 {
    field(receipt, 0.0, |receipt| receipt.record.elapsed.as_secs_f64())
}

/// The server's id of the confirming request; NULL when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_request_id(receipt: Option<&ReceiptHandle>) -> *const c_char {
    field(receipt, std::ptr::null(), |receipt| c_pointer(receipt.request_id.as_ref()))
}

/// Date of the confirming answer, in seconds since 1970 in UTC; MYPREF_NO_DATE when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_receipt_server_date(receipt: Option<&ReceiptHandle>) -> i64 {
    field(receipt, NO_DATE, |receipt| receipt.record.server_date.and_then(unix_seconds).unwrap_or(NO_DATE))
}

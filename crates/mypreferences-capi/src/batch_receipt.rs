//! How the commit of a landed batch ended, as C reads it.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mypreferences::landing::BatchReceipt;

use crate::border::{c_pointer, c_text, field, free};
use crate::kinds::{CommitEnd, KeepFiles};

/// How the commit of a batch ended. Getters take NULL too and give the value for "absent" then.
pub struct BatchReceiptHandle {
    record: BatchReceipt,
    at: Option<CString>,
    server_date: Option<CString>,
    json: OnceLock<CString>,
}

impl From<BatchReceipt> for BatchReceiptHandle {
    fn from(record: BatchReceipt) -> BatchReceiptHandle {
        BatchReceiptHandle {
            at: record.at.as_deref().map(c_text),
            server_date: record.server_date.as_deref().map(c_text),
            record,
            json: OnceLock::new(),
        }
    }
}

/// Frees a receipt of a batch and sets `*receipt` to NULL; NULL is fine. Not for one that belongs to another handle.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_free(receipt: Option<&mut Option<Box<BatchReceiptHandle>>>) {
    free(receipt);
}

/// The record as JSON, as _receipt.json in the batch's folder has it: the same bytes in every language; NULL only for
/// NULL.
///
/// Lifetime: the text is valid until the receipt, or what it belongs to, is freed.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_json(receipt: Option<&BatchReceiptHandle>) -> *const c_char {
    field(receipt, std::ptr::null(), |receipt| receipt.json.get_or_init(|| c_text(&receipt.record.to_json())).as_ptr())
}

/// How it ended. MYPREF_COMMIT_END_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_end(receipt: Option<&BatchReceiptHandle>) -> CommitEnd {
    field(receipt, CommitEnd::None, |receipt| receipt.record.end.into())
}

/// As asked; MYPREF_KEEP_FILES_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_keep_files(receipt: Option<&BatchReceiptHandle>) -> KeepFiles {
    field(receipt, KeepFiles::None, |receipt| Some(receipt.record.keep_files).into())
}

/// Whether a claim about the server's files, kept or deleted, can be made from this receipt; false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_files_are_as_asked(receipt: Option<&BatchReceiptHandle>) -> bool {
    field(receipt, false, |receipt| receipt.record.files_are_as_asked())
}

/// When it was written, by the local clock, such as "2026-11-24T06:25:53Z"; NULL when absent.
///
/// Lifetime: the text is valid until the receipt, or what it belongs to, is freed.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_at(receipt: Option<&BatchReceiptHandle>) -> *const c_char {
    field(receipt, std::ptr::null(), |receipt| c_pointer(receipt.at.as_ref()))
}

/// Date of the answer that confirmed it, such as "2026-11-24T06:25:53Z"; NULL when absent.
///
/// Lifetime: the text is valid until the receipt, or what it belongs to, is freed.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_batch_receipt_server_date(receipt: Option<&BatchReceiptHandle>) -> *const c_char {
    field(receipt, std::ptr::null(), |receipt| c_pointer(receipt.server_date.as_ref()))
}

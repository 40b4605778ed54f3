//! What a landing has come to, as C reads it.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mypreferences::landing::Landed;

use crate::batch_receipt::BatchReceiptHandle;
use crate::border::{c_count, c_pointer, c_text, field, free};
use crate::sealed::SealedHandle;

/// What a landing has come to. Getters take NULL too and give the value for "absent" then.
pub struct LandedHandle {
    record: Landed,
    sealed: SealedHandle,
    receipt: Option<BatchReceiptHandle>,
    folder: CString,
    batch: CString,
    since: Option<CString>,
    watermark: CString,
    notes: Vec<CString>,
    json: OnceLock<CString>,
}

impl From<Landed> for LandedHandle {
    fn from(record: Landed) -> LandedHandle {
        LandedHandle {
            sealed: record.sealed.clone().into(),
            receipt: record.receipt.clone().map(BatchReceiptHandle::from),
            folder: c_text(&record.folder().to_string_lossy()),
            batch: c_text(record.sealed.batch()),
            since: record.manifest.since.as_deref().map(c_text),
            watermark: c_text(&record.manifest.watermark),
            notes: record.notes.iter().map(|note| c_text(note)).collect(),
            record,
            json: OnceLock::new(),
        }
    }
}

/// Frees what a landing has come to and sets `*landed` to NULL; NULL is fine. What lies on the disk stays.
///
/// Lifetime: its texts, its proof and its receipt end with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_free(landed: Option<&mut Option<Box<LandedHandle>>>) {
    free(landed);
}

/// The record as JSON: the same bytes in every language; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_json(landed: Option<&LandedHandle>) -> *const c_char {
    field(landed, std::ptr::null(), |landed| landed.json.get_or_init(|| c_text(&landed.record.to_json())).as_ptr())
}

/// The proof for mypref_commit_landed; NULL only for NULL.
///
/// Lifetime: the proof belongs to the handle and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_sealed(landed: Option<&LandedHandle>) -> *const SealedHandle {
    field(landed, std::ptr::null(), |landed| std::ptr::from_ref(&landed.sealed))
}

/// How the commit ended; NULL when there was none.
///
/// Lifetime: the receipt belongs to the handle and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_receipt(landed: Option<&LandedHandle>) -> *const BatchReceiptHandle {
    field(landed, std::ptr::null(), |landed| landed.receipt.as_ref().map_or(std::ptr::null(), std::ptr::from_ref))
}

/// The batch's folder: the one that was given to the landing, and the batch's name; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_folder(landed: Option<&LandedHandle>) -> *const c_char {
    field(landed, std::ptr::null(), |landed| landed.folder.as_ptr())
}

/// The name of the batch's folder; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_batch(landed: Option<&LandedHandle>) -> *const c_char {
    field(landed, std::ptr::null(), |landed| landed.batch.as_ptr())
}

/// Records landed; -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_rows(landed: Option<&LandedHandle>) -> i64 {
    field(landed, -1, |landed| c_count(Some(landed.record.rows())))
}

/// Bytes of the parts on disk; -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_bytes(landed: Option<&LandedHandle>) -> i64 {
    field(landed, -1, |landed| c_count(Some(landed.record.manifest.bytes())))
}

/// How many parts there are; -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_parts(landed: Option<&LandedHandle>) -> i64 {
    field(landed, -1, |landed| c_count(u64::try_from(landed.record.manifest.parts.len()).ok()))
}

/// LastDateTime as it was sent; NULL when everything was asked for.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_since(landed: Option<&LandedHandle>) -> *const c_char {
    field(landed, std::ptr::null(), |landed| c_pointer(landed.since.as_ref()))
}

/// The server's time just before the export was started; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_watermark(landed: Option<&LandedHandle>) -> *const c_char {
    field(landed, std::ptr::null(), |landed| landed.watermark.as_ptr())
}

/// False when the folder had the batch, finished, before, and nothing was sent; false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_is_new(landed: Option<&LandedHandle>) -> bool {
    field(landed, false, |landed| landed.record.is_new)
}

/// How many notes there are; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_note_count(landed: Option<&LandedHandle>) -> usize {
    field(landed, 0, |landed| landed.notes.len())
}

/// What a person should know, a sentence at each `index` (from 0); NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landed_note(landed: Option<&LandedHandle>, index: usize) -> *const c_char {
    field(landed, std::ptr::null(), |landed| c_pointer(landed.notes.get(index)))
}

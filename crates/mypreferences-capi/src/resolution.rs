//! What became of a commit, as C reads it.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mypreferences::Resolution;
use mypreferences_bridge::unix_seconds;

use crate::border::{c_text, field, free};
use crate::error::ErrorHandle;
use crate::kinds::Resolved;
use crate::receipt::{NO_DATE, ReceiptHandle};

/// What mypref_resolve_commit found. Getters take NULL too and give the value for "absent" then.
pub struct ResolutionHandle {
    json: OnceLock<CString>,
    receipt: Option<Box<ReceiptHandle>>,
    error: Option<Box<ErrorHandle>>,
    record: Resolution,
}

impl From<Resolution> for ResolutionHandle {
    fn from(record: Resolution) -> ResolutionHandle {
        let (receipt, error) = match &record {
            Resolution::Committed(receipt) => (Some(Box::new(receipt.clone().into())), None),
            Resolution::NotCommitted { .. } => (None, None),
            Resolution::Unknown(error) => (None, Some(ErrorHandle::boxed(error.clone()))),
        };
        ResolutionHandle { json: OnceLock::new(), receipt, error, record }
    }
}

/// Frees a resolution and sets `*resolution` to NULL; NULL is fine.
///
/// Lifetime: its texts, its receipt and its error end with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_resolution_free(resolution: Option<&mut Option<Box<ResolutionHandle>>>) {
    free(resolution);
}

/// The canonical record as JSON: the same bytes in every language; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_resolution_json(resolution: Option<&ResolutionHandle>) -> *const c_char {
    field(resolution, std::ptr::null(), |resolution| {
        resolution.json.get_or_init(|| c_text(&resolution.record.to_json())).as_ptr()
    })
}

/// What was found. MYPREF_RESOLVED_NONE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_resolution_state(resolution: Option<&ResolutionHandle>) -> Resolved {
    field(resolution, Resolved::None, |resolution| (&resolution.record).into())
}

/// With MYPREF_RESOLVED_COMMITTED the receipt; otherwise NULL.
///
/// Lifetime: the receipt belongs to the resolution and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_resolution_receipt(resolution: Option<&ResolutionHandle>) -> *const ReceiptHandle {
    field(resolution, std::ptr::null(), |resolution| {
        resolution.receipt.as_deref().map_or(std::ptr::null(), std::ptr::from_ref)
    })
}

/// With MYPREF_RESOLVED_UNKNOWN the error, outcome_unknown; otherwise NULL.
///
/// Lifetime: the error belongs to the resolution and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_resolution_error(resolution: Option<&ResolutionHandle>) -> *const ErrorHandle {
    field(resolution, std::ptr::null(), |resolution| {
        resolution.error.as_deref().map_or(std::ptr::null(), std::ptr::from_ref)
    })
}

/// With MYPREF_RESOLVED_NOT_COMMITTED the date of the answer that said so, in seconds since 1970 in UTC, as a commit may have arrived since; otherwise MYPREF_NO_DATE.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_resolution_as_of(resolution: Option<&ResolutionHandle>) -> i64 {
    field(resolution, NO_DATE, |resolution| match &resolution.record {
        Resolution::NotCommitted { as_of } => as_of.and_then(unix_seconds).unwrap_or(NO_DATE),
        Resolution::Committed(_) | Resolution::Unknown(_) => NO_DATE,
    })
}

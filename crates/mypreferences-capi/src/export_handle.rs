//! The handle of an export that was initiated: data that goes to JSON and back, so that one process can start it, another
//! land it and a third commit it.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::sync::OnceLock;

use mypreferences::Operation;
use mypreferences::export::Export;
use mypreferences_bridge::unix_seconds;

use crate::border::{c_text, field, free, place, text};
use crate::error::ErrorHandle;
use crate::error::fallible;
use crate::receipt::NO_DATE;

/// An export that was initiated, of one account. Getters take NULL too and give the value for "absent" then.
pub struct ExportHandle {
    pub(crate) record: Export,
    json: OnceLock<CString>,
}

impl From<Export> for ExportHandle {
    fn from(record: Export) -> ExportHandle {
        ExportHandle { record, json: OnceLock::new() }
    }
}

/// Reads what mypref_export_handle_json_with_token gave. Freed with mypref_export_handle_free.
///
/// Errors: invalid_argument; the text is not repeated.
///
/// Lifetime: the text is copied; the caller owns `*handle`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_export_handle_from_json(
    json: *const c_char,
    handle: Option<&mut MaybeUninit<Option<Box<ExportHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let handle = place(handle, Operation::Configure, "handle")?;
        // SAFETY: the caller gives a text that ends with NUL and lives until this returns.
        let json = unsafe { text(json, Operation::Configure, "json")? };
        *handle = Some(Box::new(Export::from_json(json)?.into()));
        Ok(())
    })
}

/// Frees a handle and sets `*handle` to NULL; NULL is fine. The export on the server is not affected.
///
/// Lifetime: its texts end with it; pages and calls that it was given to are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_handle_free(handle: Option<&mut Option<Box<ExportHandle>>>) {
    free(handle);
}

/// The handle as JSON, with the access token: keep it where only those can read it who may read the export. NULL only
/// for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_handle_json_with_token(handle: Option<&ExportHandle>) -> *const c_char {
    field(handle, std::ptr::null(), |handle| {
        handle.json.get_or_init(|| c_text(&handle.record.to_json_with_token())).as_ptr()
    })
}

/// The access token that Initiate returned, for mypref_commit and mypref_status; 0 for NULL. Not to be shown.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_handle_access_token(handle: Option<&ExportHandle>) -> i64 {
    field(handle, 0, |handle| handle.record.access_token().expose())
}

/// The server's time just before Initiate was sent, never later, in seconds since 1970 in UTC: what the next export asks
/// for by last_date_time, minus an overlap. MYPREF_NO_DATE for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_handle_watermark(handle: Option<&ExportHandle>) -> i64 {
    field(handle, NO_DATE, |handle| unix_seconds(handle.record.watermark()).unwrap_or(NO_DATE))
}

/// last_date_time as the export was asked for, in milliseconds since 1970 in UTC: it holds what changed since, and a
/// retrieval that is given up begins again from there. MYPREF_NO_DATE for everything, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_handle_since_ms(handle: Option<&ExportHandle>) -> i64 {
    field(handle, NO_DATE, |handle| {
        let since = handle.record.since().and_then(|since| since.duration_since(std::time::UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(NO_DATE)
    })
}

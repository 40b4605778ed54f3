//! The status of an export as C reads it.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use mypreferences::ExportStatus;
use mypreferences_bridge::unix_seconds;

use crate::border::{c_count, c_text, field, free};
use crate::receipt::NO_DATE;

/// The status of an export. Getters take NULL too and give the value for "absent" then.
pub struct ExportStatusHandle {
    record: ExportStatus,
    word: CString,
    json: OnceLock<CString>,
}

impl From<ExportStatus> for ExportStatusHandle {
    fn from(record: ExportStatus) -> ExportStatusHandle {
        ExportStatusHandle { word: c_text(&record.word), record, json: OnceLock::new() }
    }
}

/// Frees a status and sets `*status` to NULL; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_free(status: Option<&mut Option<Box<ExportStatusHandle>>>) {
    free(status);
}

/// The canonical record as JSON: the same bytes in every language; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_json(status: Option<&ExportStatusHandle>) -> *const c_char {
    field(status, std::ptr::null(), |status| status.json.get_or_init(|| c_text(&status.record.to_json())).as_ptr())
}

/// The server's own word: Processing (not ready), Complete (ready to be read, so not committed), Retrieved (consumed), Expired, Error, Failed, in whatever case, or another that no page documents; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_word(status: Option<&ExportStatusHandle>) -> *const c_char {
    field(status, std::ptr::null(), |status| status.word.as_ptr())
}

/// When the token expires, in seconds since 1970 in UTC; MYPREF_NO_DATE when absent or unreadable.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_expires(status: Option<&ExportStatusHandle>) -> i64 {
    field(status, NO_DATE, |status| status.record.expires.and_then(unix_seconds).unwrap_or(NO_DATE))
}

/// Rows of the export, when it completed; -1 when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_row_count(status: Option<&ExportStatusHandle>) -> i64 {
    field(status, -1, |status| c_count(status.record.row_count))
}

/// Bytes of the export, when it completed; -1 when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_byte_count(status: Option<&ExportStatusHandle>) -> i64 {
    field(status, -1, |status| c_count(status.record.byte_count))
}

/// Date of the answer, in seconds since 1970 in UTC; MYPREF_NO_DATE when absent.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_export_status_server_date(status: Option<&ExportStatusHandle>) -> i64 {
    field(status, NO_DATE, |status| status.record.server_date.and_then(unix_seconds).unwrap_or(NO_DATE))
}

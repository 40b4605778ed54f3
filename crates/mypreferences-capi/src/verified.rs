//! Verifying what was landed, without a server.

use std::ffi::c_char;

use mypreferences::Operation;

use crate::border::{c_count, required, text, write_known};
use crate::error::ErrorHandle;
use crate::error::fallible;

/// What was verified. It may grow at its end: mypref_verify is told the size that the program knows.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Verified {
    /// Sealed batches.
    pub batches: i64,
    /// Their parts.
    pub parts: i64,
    /// Their records.
    pub rows: i64,
    /// Their bytes on disk.
    pub bytes: i64,
    /// Sealed batches that the journal knows and the folder lacks: moved away by their consumer, or lost.
    pub moved: i64,
    /// Files part-* in the folders of batches that no manifest names.
    pub unnamed: i64,
    /// Batches that begin after what those before them cover.
    pub gaps: i64,
}

/// Verifies every batch of the folder `out` without a server: each file by its hash, the rows, the chain of watermarks.
/// Blocks while it reads them. `verified_size` is sizeof(mypref_verified) as the program knows it.
///
/// Errors: corrupt says what does not fit; storage; invalid_argument for a folder that holds no export.
///
/// Lifetime: the text is copied; what is written is the caller's, zeros after an error.
/// Threads: may be called from any thread, also while an export is landed in the folder.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_verify(
    out: *const c_char,
    verified: *mut Verified,
    verified_size: usize,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Export, || {
        let place = (!verified.is_null()).then_some(verified);
        let place = required(place, Operation::Export, "verified")?;
        // SAFETY: the caller gives a place of the size that it says.
        unsafe { write_known(&Verified::default(), place, verified_size) };
        // SAFETY: the caller gives a text that ends with NUL and lives until this returns.
        let out = unsafe { text(out, Operation::Export, "out")? };
        let found = mypreferences_bridge::folder(out).verify(|_| {})?;
        let found = Verified {
            batches: c_count(Some(found.batches)),
            parts: c_count(Some(found.parts)),
            rows: c_count(Some(found.rows)),
            bytes: c_count(Some(found.bytes)),
            moved: c_count(Some(found.moved.len() as u64)),
            unnamed: c_count(Some(found.unnamed.len() as u64)),
            gaps: c_count(Some(found.gaps.len() as u64)),
        };
        // SAFETY: as above.
        unsafe { write_known(&found, place, verified_size) };
        Ok(())
    })
}

//! The proof that a batch is whole, which a commit has to show. C has no type that only a seal could make, so each handle
//! carries a mark, and what has none is refused when it is shown.

use std::ffi::{CString, c_char};
use std::mem::{MaybeUninit, offset_of};

use mypreferences::landing::{Folder, Sealed};
use mypreferences::{Error, ErrorKind, Operation};

use crate::border::{c_text, field, free, place, text};
use crate::error::ErrorHandle;
use crate::error::fallible;

/// Stands at the beginning of each handle while it lives.
#[expect(clippy::cast_possible_truncation, reason = "half of it will do where pointers are short")]
const MARK: usize = 0x9d5e_41c7_a86f_3b21_u64 as usize;

/// The proof that a batch is durable and whole. Made by landing alone. Getters take NULL too and give the value for
/// "absent" then.
pub struct SealedHandle {
    marked: Marked,
}

/// In this order, so that the mark is what a foreign handle has something else in place of.
#[repr(C)]
struct Marked {
    mark: usize,
    record: Sealed,
    out: CString,
    batch: CString,
    manifest_sha256: CString,
}

const _: () = assert!(offset_of!(SealedHandle, marked) == 0 && offset_of!(Marked, mark) == 0);

impl Drop for Marked {
    fn drop(&mut self) {
        // SAFETY: it is ours. Written in a way that is not optimised away, so that a freed handle is no proof.
        unsafe { std::ptr::write_volatile(&raw mut self.mark, 0) };
    }
}

impl From<Sealed> for SealedHandle {
    fn from(record: Sealed) -> SealedHandle {
        SealedHandle {
            marked: Marked {
                mark: MARK,
                out: c_text(&record.out().to_string_lossy()),
                batch: c_text(record.batch()),
                manifest_sha256: c_text(record.manifest_sha256()),
                record,
            },
        }
    }
}

/// The proof inside a handle.
///
/// # Errors
/// `not_sealed` for NULL and for what is no such handle.
///
/// # Safety
/// `sealed` is NULL or points to a handle of this library.
pub(crate) unsafe fn proof(sealed: *const SealedHandle) -> Result<Sealed, Error> {
    if sealed.is_null() {
        return Err(not_sealed("sealed is NULL"));
    }
    // SAFETY: every handle of this library is at least a pointer large.
    let mark = unsafe { sealed.cast::<usize>().read_unaligned() };
    if mark != MARK {
        return Err(not_sealed("sealed is a handle of another sort"));
    }
    // SAFETY: only such handles have the mark.
    Ok(unsafe { &*sealed }.marked.record.clone())
}

fn not_sealed(detail: &str) -> Error {
    Error::before_io(
        ErrorKind::NotSealed,
        Operation::Commit,
        detail,
        "pass what mypref_landed_sealed or mypref_sealed_of_batch gave",
    )
}

/// The proof of one batch of the folder `out`, by the name of the batch's folder, committed or not. Reads the disk.
///
/// Errors: not_sealed when it is not; invalid_argument for a folder that holds no export; corrupt, storage.
///
/// Lifetime: the texts are copied; the caller owns `*sealed`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_sealed_of_batch(
    out: *const c_char,
    batch: *const c_char,
    sealed: Option<&mut MaybeUninit<Option<Box<SealedHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Export, || {
        let sealed = place(sealed, Operation::Export, "sealed")?;
        // SAFETY: the caller gives texts that end with NUL and live until this returns.
        let (out, batch) = unsafe { (text(out, Operation::Export, "out")?, text(batch, Operation::Export, "batch")?) };
        *sealed = Some(Box::new(Folder::new(out).sealed_batch(batch)?.into()));
        Ok(())
    })
}

/// Frees a proof and sets `*sealed` to NULL; NULL is fine. Not for one that belongs to another handle.
///
/// Lifetime: its texts end with it; calls that it was shown to are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_free(sealed: Option<&mut Option<Box<SealedHandle>>>) {
    free(sealed);
}

/// The folder that the landing was made in; NULL only for NULL.
///
/// Lifetime: the text is valid until the proof, or what it belongs to, is freed.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_out(sealed: Option<&SealedHandle>) -> *const c_char {
    field(sealed, std::ptr::null(), |sealed| sealed.marked.out.as_ptr())
}

/// The name of the batch's folder; NULL only for NULL.
///
/// Lifetime: the text is valid until the proof, or what it belongs to, is freed.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_batch(sealed: Option<&SealedHandle>) -> *const c_char {
    field(sealed, std::ptr::null(), |sealed| sealed.marked.batch.as_ptr())
}

/// The hash of the batch's _manifest.json, which names every part by its own; NULL only for NULL.
///
/// Lifetime: the text is valid until the proof, or what it belongs to, is freed.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_manifest_sha256(sealed: Option<&SealedHandle>) -> *const c_char {
    field(sealed, std::ptr::null(), |sealed| sealed.marked.manifest_sha256.as_ptr())
}

/// The sealed batches of a folder that are not committed, oldest first.
pub struct SealedListHandle(Vec<SealedHandle>);

/// Lists the sealed batches of the folder `out` that are not committed, oldest first. Reads the disk. Freed with
/// mypref_sealed_list_free.
///
/// Errors: as mypref_sealed_of_batch.
///
/// Lifetime: the text is copied; the caller owns `*list`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_sealed_list_open(
    out: *const c_char,
    list: Option<&mut MaybeUninit<Option<Box<SealedListHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Export, || {
        let list = place(list, Operation::Export, "list")?;
        // SAFETY: the caller gives a text that ends with NUL and lives until this returns.
        let out = unsafe { text(out, Operation::Export, "out")? };
        let sealed = Folder::new(out).sealed()?;
        *list = Some(Box::new(SealedListHandle(sealed.into_iter().map(SealedHandle::from).collect())));
        Ok(())
    })
}

/// Frees a list and sets `*list` to NULL; NULL is fine.
///
/// Lifetime: its proofs end with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_list_free(list: Option<&mut Option<Box<SealedListHandle>>>) {
    free(list);
}

/// How many they are; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_list_count(list: Option<&SealedListHandle>) -> usize {
    field(list, 0, |list| list.0.len())
}

/// The proof at `index` (from 0, the oldest); NULL when there is none.
///
/// Lifetime: the proof belongs to the list and ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_sealed_list_at(list: Option<&SealedListHandle>, index: usize) -> *const SealedHandle {
    field(list, std::ptr::null(), |list| list.0.get(index).map_or(std::ptr::null(), std::ptr::from_ref))
}

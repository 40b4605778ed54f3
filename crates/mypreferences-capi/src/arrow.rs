//! Streams of the Arrow C data interface: of an export's pages, and of what was landed. Only in `libmypreferences_arrow`,
//! with a header of its own, `include/mypreferences_arrow.h`.

use std::ffi::c_char;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use mypreferences::landing::Folder;
use mypreferences::{Error, Operation};
use mypreferences_arrow::{Layout, Stream, chosen};

use crate::border::{refused, required, text};
use crate::call_options::{CancelTokenHandle, token_of};
use crate::error::ErrorHandle;
use crate::error::fallible;
use crate::export_handle::ExportHandle;
use crate::pages::PagesHandle;

/// Makes a stream of the pages that come next, one record batch a page. `handle` is that of the export that `pages` was
/// opened for. Reads the first page here, which says what the records are, and the others as the stream is read: its
/// get_next blocks as mypref_pages_next does. A stream that does not reach the end of the export ends with an error, never
/// quietly; get_last_error has the client's own words then. Commit only what a whole stream brought.
///
/// `shape`: "typed", nested values as lists and structs, or "json", as the server's text; NULL is "typed". `record`: "keep"
/// or "drop" the column _record with the record as the server sent it; NULL is "keep". The columns are told by
/// `mypreferences schema`.
///
/// Errors: as mypref_pages_next, and invalid_argument for other words and for NULL.
///
/// Lifetime: pages, handle and token may be freed before the stream. The caller owns `*stream` and calls its release; after an
/// error it is not written.
/// Threads: one thread at a time reads a stream; pages that it shares must not be read by another.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_arrow_of_pages(
    pages: Option<&PagesHandle>,
    handle: Option<&ExportHandle>,
    shape: *const c_char,
    record: *const c_char,
    cancel: Option<&CancelTokenHandle>,
    stream: *mut FFI_ArrowArrayStream,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or texts that end with NUL and live until this returns.
    let layout = unsafe { layout(shape, record) };
    let opened = || {
        let pages = required(pages, Operation::Page, "pages")?.shared();
        let kind = required(handle, Operation::Page, "handle")?.record.kind();
        let cancel = token_of(cancel);
        Stream::of_pages(kind, layout?, pages.until(), move || pages.next(&cancel, None))
    };
    // SAFETY: the caller gives NULL or a place for a stream.
    unsafe { written(stream, opened) }
}

/// Makes a stream of what was landed in a folder, as lines or as Parquet, batch after batch. `batches`: "all", "latest" or
/// the name of one; NULL is "all". Each part is hashed before or while it is read: a stream of one that was changed ends with
/// an error. For the rest see mypref_arrow_of_pages.
///
/// Errors: corrupt, storage; output_conflict for batches whose columns differ; invalid_argument for other words, for NULL, and
/// for a batch that was landed without its records.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_arrow_of_folder(
    folder: *const c_char,
    batches: *const c_char,
    shape: *const c_char,
    record: *const c_char,
    stream: *mut FFI_ArrowArrayStream,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or texts that end with NUL and live until this returns.
    let (folder, batches, layout) =
        unsafe { (text(folder, Operation::Export, "folder"), given(batches, "batches"), layout(shape, record)) };
    let opened = || {
        let folder = Folder::new(folder?);
        let batches = chosen(&folder, batches?.unwrap_or("all"))?;
        Stream::of_batches(&folder, batches, layout?)
    };
    // SAFETY: the caller gives NULL or a place for a stream.
    unsafe { written(stream, opened) }
}

/// Makes a stream of what was landed in a folder with each record once: of those with the same value of the member `key`,
/// such as "ProfileId", that of the newest batch. The order is not that of the batches. For the rest see
/// mypref_arrow_of_folder.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_arrow_current(
    folder: *const c_char,
    key: *const c_char,
    shape: *const c_char,
    record: *const c_char,
    stream: *mut FFI_ArrowArrayStream,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or texts that end with NUL and live until this returns.
    let (folder, key, layout) = unsafe {
        (text(folder, Operation::Export, "folder"), text(key, Operation::Export, "key"), layout(shape, record))
    };
    let opened = || {
        let folder = Folder::new(folder?);
        let batches = folder.manifests()?;
        Stream::current(&folder, batches, key?, layout?)
    };
    // SAFETY: the caller gives NULL or a place for a stream.
    unsafe { written(stream, opened) }
}

/// A text that may be left out.
///
/// # Safety
/// NULL, or a text that ends with NUL and outlives what is returned.
unsafe fn given<'a>(value: *const c_char, name: &str) -> Result<Option<&'a str>, Error> {
    if value.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function's own.
    unsafe { text(value, Operation::Export, name) }.map(Some)
}

/// # Safety
/// As [`given`].
unsafe fn layout(shape: *const c_char, record: *const c_char) -> Result<Layout, Error> {
    // SAFETY: as this function's own.
    let (shape, record) = unsafe { (given(shape, "shape")?, given(record, "record")?) };
    Layout::of_words(shape, record)
}

/// # Safety
/// `place` is NULL or may be written.
unsafe fn written(
    place: *mut FFI_ArrowArrayStream,
    opened: impl FnOnce() -> Result<Stream, Error>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Page, || {
        if place.is_null() {
            return Err(refused(Operation::Page, "stream is NULL", "pass the address of a struct ArrowArrayStream"));
        }
        let stream = FFI_ArrowArrayStream::new(Box::new(opened()?));
        // SAFETY: not NULL, so it is the caller's place; what lies there is not a stream that somebody would have to release.
        unsafe { place.write(stream) };
        Ok(())
    })
}

//! A part of the pages of an export that other tasks read the rest of, and the digests that show that the parts join.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;

use mypreferences::export::Digest;
use mypreferences::{Error, Operation};
use mypreferences_bridge::{PageArguments, PageStream, boundaries_record};

use crate::border::{c_text, field, free, place, refused, required, text};
use crate::client::ClientHandle;
use crate::error::ErrorHandle;
use crate::error::fallible;
use crate::export_handle::ExportHandle;
use crate::pages::PagesHandle;

/// Which pages are read, and what they have to be.
#[derive(Default)]
pub struct RangeHandle(PageArguments);

/// What lies on both sides of places where an export is cut. Getters take NULL too and give the value for "absent" then.
pub struct BoundariesHandle {
    digests: Vec<(CString, CString)>,
    json: CString,
}

impl From<Vec<(Digest, Digest)>> for BoundariesHandle {
    fn from(pairs: Vec<(Digest, Digest)>) -> BoundariesHandle {
        let text = |digest: &Digest| c_text(&digest.to_string());
        BoundariesHandle {
            digests: pairs.iter().map(|(last, first)| (text(last), text(first))).collect(),
            json: c_text(&boundaries_record(&pairs)),
        }
    }
}

/// Makes a range: the whole export, with everything at its default. Freed with mypref_range_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_range_new() -> Option<Box<RangeHandle>> {
    Some(Box::default())
}

/// Frees a range and sets `*range` to NULL; NULL is fine. Pages that were opened with it are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_range_free(range: Option<&mut Option<Box<RangeHandle>>>) {
    free(range);
}

/// Sets a number of a range: "offset" and "until", its first and its last record (counted from 1); "total", TotalResults
/// of the export; "limit", records a page.
///
/// Errors: invalid_argument for another name and for a negative number.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_range_set_int(
    range: Option<&mut RangeHandle>,
    name: *const c_char,
    number: i64,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
    let name = unsafe { text(name, Operation::Page, "name") };
    fallible(Operation::Page, || {
        let arguments = &mut required(range, Operation::Page, "range")?.0;
        let part = match name? {
            "offset" => &mut arguments.offset,
            "until" => &mut arguments.until,
            "total" => &mut arguments.expect_total,
            "limit" => &mut arguments.limit,
            other => return Err(unknown(other, "offset, until, total or limit")),
        };
        let number = u64::try_from(number);
        *part = Some(number.map_err(|_| refused(Operation::Page, "the number is negative", "pass one from 1 on"))?);
        Ok(())
    })
}

/// Sets a digest of a range: "first", of its first record, or "last", of its last one, as mypref_boundary_list_first and
/// mypref_boundary_list_last give them.
///
/// Errors: invalid_argument for another name.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_range_set(
    range: Option<&mut RangeHandle>,
    name: *const c_char,
    digest: *const c_char,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or texts that end with NUL and live until this returns.
    let (name, digest) = unsafe { (text(name, Operation::Page, "name"), text(digest, Operation::Page, "digest")) };
    fallible(Operation::Page, || {
        let arguments = &mut required(range, Operation::Page, "range")?.0;
        let part = match name? {
            "first" => &mut arguments.expect_first,
            "last" => &mut arguments.expect_last,
            other => return Err(unknown(other, "first or last")),
        };
        *part = Some(digest?.to_owned());
        Ok(())
    })
}

fn unknown(name: &str, known: &str) -> Error {
    refused(Operation::Page, format!("a range has no {name:?}"), format!("pass {known}"))
}

/// Opens the pages of a range, as mypref_pages_open opens those of an export. They are checked more than others: none came
/// before, none begins with the record that the one before it ended with, and all of them come, and the first and the
/// last record are those that were set.
///
/// Errors: invalid_argument for NULL and for a range that is none; count_mismatch from mypref_pages_next.
///
/// Lifetime: as mypref_pages_open; the range stays the caller's.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_pages_open_range(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    range: Option<&RangeHandle>,
    pages: Option<&mut MaybeUninit<Option<Box<PagesHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Page, || {
        let pages = place(pages, Operation::Page, "pages")?;
        let client = required(client, Operation::Page, "client")?;
        let handle = required(handle, Operation::Page, "handle")?;
        let range = required(range, Operation::Page, "range")?;
        *pages = Some(Box::new(PageStream::open(&client.0, &handle.record, &range.0)?.into()));
        Ok(())
    })
}

/// Frees boundaries and sets `*boundaries` to NULL; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_boundary_list_free(boundaries: Option<&mut Option<Box<BoundariesHandle>>>) {
    free(boundaries);
}

/// The digest of the last record before the place at `index` (from 0); NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_boundary_list_last(boundaries: Option<&BoundariesHandle>, index: usize) -> *const c_char {
    digest(boundaries, index, |(last, _)| last)
}

/// The digest of the first record behind the place at `index` (from 0); NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_boundary_list_first(boundaries: Option<&BoundariesHandle>, index: usize) -> *const c_char {
    digest(boundaries, index, |(_, first)| first)
}

fn digest(
    boundaries: Option<&BoundariesHandle>,
    index: usize,
    side: impl FnOnce(&(CString, CString)) -> &CString,
) -> *const c_char {
    field(boundaries, std::ptr::null(), |boundaries| match boundaries.digests.get(index) {
        Some(pair) => side(pair).as_ptr(),
        None => std::ptr::null(),
    })
}

/// The pairs as JSON, last and first of each: the same bytes in every language; NULL only for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_boundary_list_json(boundaries: Option<&BoundariesHandle>) -> *const c_char {
    field(boundaries, std::ptr::null(), |boundaries| boundaries.json.as_ptr())
}

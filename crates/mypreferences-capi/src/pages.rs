//! The pages of an export, pulled one at a time in both forms of a call, and what a page holds. A page owns its bytes;
//! what its getters hand out is borrowed from it.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::{Arc, OnceLock};

use mypreferences::export::Page;
use mypreferences::{Error, Operation};
use mypreferences_bridge::{PageArguments, PageStream};

use crate::border::{UserData, c_bytes, c_count, field, free, place, refused, required};
use crate::call_options::{CancelTokenHandle, token_of};
use crate::client::ClientHandle;
use crate::error::ErrorHandle;
use crate::error::fallible;
use crate::export_handle::ExportHandle;

/// Stands for the default where a number is asked for.
pub const DEFAULT: i64 = -1;

/// The pages of an export on their way.
pub struct PagesHandle(Arc<PageStream>);

impl From<PageStream> for PagesHandle {
    fn from(stream: PageStream) -> PagesHandle {
        PagesHandle(Arc::new(stream))
    }
}

#[cfg(feature = "arrow")]
impl PagesHandle {
    /// For whoever reads on when the handle is freed.
    pub(crate) fn shared(&self) -> Arc<PageStream> {
        Arc::clone(&self.0)
    }
}

/// One page of an export. Getters take NULL too and give the value for "absent" then.
pub struct PageHandle {
    page: Page,
    /// Made when a record is asked for as a line and has line breaks.
    lines: OnceLock<Vec<Vec<u8>>>,
}

impl From<Page> for PageHandle {
    fn from(page: Page) -> PageHandle {
        PageHandle { page, lines: OnceLock::new() }
    }
}

/// The completion of mypref_pages_next_start: not NULL is `error`, or `page`, or neither of them after the last page.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback; it may ask for the next page and free the pages.
pub type PageCallback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, error: Option<Box<ErrorHandle>>, page: Option<Box<PageHandle>>),
>;

/// Opens the pages of an export that is ready, with `limit` records a page (at least 1; MYPREF_DEFAULT is 1000) from the
/// record `offset` on (counted from 1; MYPREF_DEFAULT is 1). Sends nothing. Every page is asked for with keepAlive=true,
/// so nothing is marked as retrieved. Freed with mypref_pages_free.
///
/// Errors: invalid_argument for NULL and for numbers that are none.
///
/// Lifetime: client and handle may be freed before the pages, but with the client they are closed; the caller owns
/// `*pages`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_pages_open(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    limit: i64,
    offset: i64,
    pages: Option<&mut MaybeUninit<Option<Box<PagesHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Page, || {
        let pages = place(pages, Operation::Page, "pages")?;
        let client = required(client, Operation::Page, "client")?;
        let handle = required(handle, Operation::Page, "handle")?;
        let (limit, offset) = (given("limit", limit)?, given("offset", offset)?);
        let wanted = PageArguments { limit, offset, ..PageArguments::default() };
        *pages = Some(Box::new(PageStream::open(&client.0, &handle.record, &wanted)?.into()));
        Ok(())
    })
}

/// A number that may be left out.
fn given(name: &str, number: i64) -> Result<Option<u64>, Error> {
    if number == DEFAULT {
        return Ok(None);
    }
    u64::try_from(number)
        .map(Some)
        .map_err(|_| refused(Operation::Page, format!("{name} is negative"), "pass MYPREF_DEFAULT for the default"))
}

/// Frees pages, ends a transfer that is under way, and sets `*pages` to NULL; NULL is fine.
///
/// Lifetime: pages that were handed out are not affected; a mypref_pages_next_start that is under way still completes.
/// Threads: may be called in a callback; no other thread may use the handle at the same time.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_pages_free(pages: Option<&mut Option<Box<PagesHandle>>>) {
    free(pages);
}

/// Reads the next page; `*page` is NULL after the last one. Blocks until it is over, at most for the setting "timeout" and
/// a second; temporary failures are tried again. After an error the same page can be asked for again.
///
/// Errors: any kind below 700; count_mismatch when the page is not the one that was asked for.
///
/// Lifetime: `cancel` may be NULL and stays the caller's; the caller owns `*page`, which is NULL after an error and may
/// outlive the pages.
/// Threads: may be called from any thread, but not in a callback of the library; of several at once each gets another page.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_pages_next(
    pages: Option<&PagesHandle>,
    cancel: Option<&CancelTokenHandle>,
    page: Option<&mut MaybeUninit<Option<Box<PageHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Page, || {
        let place = place(page, Operation::Page, "page")?;
        let pages = required(pages, Operation::Page, "pages")?;
        *place = pages.0.next(&token_of(cancel), None)?.map(boxed);
        Ok(())
    })
}

/// Starts what mypref_pages_next does and returns at once. When it returns NULL, `callback` is called exactly once,
/// perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: pages and token may be freed while the call runs, but freeing the pages ends it; user_data must be usable
/// until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_pages_next_start(
    pages: *const PagesHandle,
    cancel: Option<&CancelTokenHandle>,
    user_data: *mut c_void,
    callback: PageCallback,
) -> Option<Box<ErrorHandle>> {
    // A stream of our own: the callback may free the program's before this has returned.
    // SAFETY: the caller gives NULL or pages that live until the callback may run.
    let stream = unsafe { pages.as_ref() }.map(|pages| Arc::clone(&pages.0));
    let user_data = UserData(user_data);
    fallible(Operation::Page, || {
        let stream = required(stream, Operation::Page, "pages")?;
        let callback = required(callback, Operation::Page, "callback")?;
        stream
            .start_next(token_of(cancel), move |result| {
                let (error, page) = match result {
                    Ok(page) => (None, page.map(boxed)),
                    Err(error) => (Some(ErrorHandle::boxed(error)), None),
                };
                // SAFETY: the program gave a function of this type.
                unsafe { callback(user_data.pointer(), error, page) };
            })
            .map(|_started| ())
    })
}

fn boxed(page: Page) -> Box<PageHandle> {
    Box::new(page.into())
}

/// Frees a page and sets `*page` to NULL; NULL is fine.
///
/// Lifetime: all that its getters handed out ends with it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_free(page: Option<&mut Option<Box<PageHandle>>>) {
    free(page);
}

/// The whole body as the server sent it, `*length` bytes of JSON that do not end with NUL; NULL only for NULL. `length`
/// may be NULL, here and below; it is written only with bytes.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_raw(page: Option<&PageHandle>, length: Option<&mut MaybeUninit<usize>>) -> *const c_char {
    field(page, std::ptr::null(), |page| c_bytes(page.page.raw(), length))
}

/// How many records the page holds; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_record_count(page: Option<&PageHandle>) -> usize {
    field(page, 0, |page| page.page.records().len())
}

/// The record at `index` (from 0) as the server sent it, `*length` bytes of JSON that do not end with NUL, perhaps with
/// line breaks between its tokens; NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_record(
    page: Option<&PageHandle>,
    index: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    field(page, std::ptr::null(), |page| match page.page.record(index) {
        Some(record) => c_bytes(record.bytes(), length),
        None => std::ptr::null(),
    })
}

/// As mypref_page_record, but in one line, without its end: where the server sent line breaks, white space outside of
/// strings is left out.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_line(
    page: Option<&PageHandle>,
    index: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    field(page, std::ptr::null(), |page| page.line(index).map_or(std::ptr::null(), |line| c_bytes(line, length)))
}

impl PageHandle {
    fn line(&self, index: usize) -> Option<&[u8]> {
        let bytes = self.page.record(index)?.bytes();
        if !bytes.contains(&b'\n') && !bytes.contains(&b'\r') {
            return Some(bytes);
        }
        let lines = self.lines.get_or_init(|| {
            let line = |record: mypreferences::export::Record<'_>| {
                let mut line = Vec::with_capacity(record.bytes().len());
                record.write_line(&mut line);
                line
            };
            self.page.records().map(line).collect()
        });
        lines.get(index).map(Vec::as_slice)
    }
}

/// Records of this page, as the server says; -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_count(page: Option<&PageHandle>) -> i64 {
    field(page, -1, |page| c_count(Some(page.page.count)))
}

/// Whether there are more pages after this one; false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_has_more(page: Option<&PageHandle>) -> bool {
    field(page, false, |page| page.page.has_more)
}

/// The place of the first record in the export, from 1; -1 when the server does not repeat it.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_offset(page: Option<&PageHandle>) -> i64 {
    field(page, -1, |page| c_count(page.page.offset))
}

/// Records of the whole export; -1 when the server does not tell.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_total_results(page: Option<&PageHandle>) -> i64 {
    field(page, -1, |page| c_count(page.page.total_results))
}

/// How many other members the page has: column headers of a schedule, Messages of customers, unknown ones; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_other_count(page: Option<&PageHandle>) -> usize {
    field(page, 0, |page| page.page.others().len())
}

/// The name of the other member at `index` (from 0), `*length` bytes that do not end with NUL; NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_other_name(
    page: Option<&PageHandle>,
    index: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    field(page, std::ptr::null(), |page| match page.page.others().nth(index) {
        Some((name, _)) => c_bytes(name.as_bytes(), length),
        None => std::ptr::null(),
    })
}

/// The value of the other member at `index` (from 0), `*length` bytes of JSON that do not end with NUL; NULL when there is
/// none.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_page_other(
    page: Option<&PageHandle>,
    index: usize,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    field(page, std::ptr::null(), |page| match page.page.others().nth(index) {
        Some((_, value)) => c_bytes(value, length),
        None => std::ptr::null(),
    })
}

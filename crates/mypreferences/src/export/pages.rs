//! Reading the pages of an export in their order, with `keepAlive=true` on every request, so that nothing is marked as
//! retrieved (facts 2.3, DOC). Each page is tried again while its failure is temporary.

use std::marker::PhantomData;

use crate::access_token::AccessToken;
use crate::cancel::CancelToken;
use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::exchange::Description;
use crate::export::page::Arrived;
use crate::export::{Export, Page};
use crate::memory::Memory;
use crate::reads::{PageRange, Read};
use crate::surface::ExportKind;

/// Records of one page when nobody says otherwise: the vendor's own default on the async surface (DOC).
const LIMIT: u32 = 1000;

/// The pages of an export. Pulled one at a time by [`Pages::next`]; dropping it, or a pending `next`, ends the transfer.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    export: Export,
    limit: u32,
    offset: u64,
    largest: Option<usize>,
    cancel: Option<CancelToken>,
    is_over: bool,
}

/// What a page's body is read as.
trait OfBody: Sized {
    fn of_body(body: Vec<u8>) -> Result<Self, &'static str>;
}

impl OfBody for Page {
    fn of_body(body: Vec<u8>) -> Result<Page, &'static str> {
        Page::read(body)
    }
}

impl OfBody for Arrived {
    fn of_body(body: Vec<u8>) -> Result<Arrived, &'static str> {
        Arrived::read(body)
    }
}

/// Reads a page.
struct ReadPage<V> {
    range: PageRange,
    largest: Option<usize>,
    read_as: PhantomData<fn() -> V>,
}

impl<V: OfBody> Read for ReadPage<V> {
    type Value = V;
    const OPERATION: Operation = Operation::Page;

    fn range(&self) -> PageRange {
        self.range
    }

    fn largest(&self) -> Option<usize> {
        self.largest
    }

    fn understand(&self, body: Vec<u8>, _: &Description) -> Result<V, String> {
        V::of_body(body).map_err(str::to_owned)
    }

    fn remember(memory: &Memory, key: (ExportKind, AccessToken), _: &V, date: Option<i64>) {
        memory.page_worked(key, date);
    }
}

impl Client {
    /// The pages of an export that is ready, from the first record.
    ///
    /// Vendor: `GET {clientId}/export/Segment/{accessToken}?limit=&offset=&keepAlive=true` (DOC):
    /// <https://pm.mypreferences.com/API/3/async/Help/Api/GET-clientId-export-Segment-accessToken_limit_offset_keepAlive>.
    pub fn pages(&self, export: &Export) -> Pages {
        Pages {
            client: self.clone(),
            export: export.clone(),
            limit: LIMIT,
            offset: 1,
            largest: None,
            cancel: None,
            is_over: false,
        }
    }
}

impl Pages {
    /// Records of one page, at least 1. Default 1,000, the vendor's own; a hard maximum is not known (facts 2.3).
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Pages {
        self.limit = limit;
        self
    }

    /// Begins at this record, counted from 1.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Pages {
        self.offset = offset;
        self
    }

    /// Largest page in decoded bytes; the setting `max_page_body` bounds it too.
    pub(crate) fn largest(mut self, bytes: usize) -> Pages {
        self.largest = Some(bytes);
        self
    }

    /// Ends the transfer when this token is cancelled.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Pages {
        self.cancel = Some(token);
        self
    }

    /// The next page; none after the last one. After an error the same page can be asked for again.
    ///
    /// # Errors
    /// Any kind below 700; `count_mismatch` when the page is not the one that was asked for, or is empty although there
    /// should be more.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
        if self.is_over {
            return Ok(None);
        }
        self.client.check_export(&self.export, Operation::Page)?;
        if self.limit == 0 || self.offset == 0 {
            return Err(Error::invalid_argument(
                Operation::Page,
                "limit and offset are counted from 1",
                "pass a limit and an offset of at least 1",
            ));
        }
        let page: Page = self.request().await?;
        check_place(&page, self.offset)?;
        self.offset = self.offset.saturating_add(page.count);
        self.is_over = !page.has_more;
        Ok(Some(page))
    }

    /// The page that comes next, as it came: where it stands and what is in it is for the caller to check.
    pub(crate) async fn arrive(&self) -> Result<Arrived, Error> {
        self.request().await
    }

    async fn request<V: OfBody>(&self) -> Result<V, Error> {
        let read = ReadPage {
            read_as: PhantomData,
            range: PageRange {
                limit: self.limit,
                offset: self.offset,
            },
            largest: self.largest,
        };
        let service = self.client.service();
        let key = (self.export.kind, self.export.access_token);
        let reading = service.read(&read, key, service.settings.timeout);
        until_cancelled(reading, self.cancel.as_ref(), Operation::Page).await?
    }
}

/// Whether the page is the one that was asked for.
pub(crate) fn check_place(page: &Page, asked_for: u64) -> Result<(), Error> {
    let wrong = |what: String| {
        Err(Error::before_io(
            ErrorKind::CountMismatch,
            Operation::Page,
            what,
            "do not commit; initiate a new export",
        ))
    };
    let records = u64::try_from(page.records().len()).unwrap_or(u64::MAX);
    if page.count != records {
        return wrong(format!(
            "the page says {} records and holds {records}",
            page.count
        ));
    }
    if let Some(offset) = page.offset
        && offset != asked_for
        && records > 0
    {
        return wrong(format!(
            "the page begins at record {offset} instead of {asked_for}"
        ));
    }
    if page.has_more && records == 0 {
        return wrong("the page is empty although there should be more".to_owned());
    }
    Ok(())
}

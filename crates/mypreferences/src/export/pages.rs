//! Reading the pages of an export in their order, with `keepAlive=true` on every request, so that nothing is marked as
//! retrieved (facts 2.3, DOC). Each page is tried again while its failure is temporary.

use tokio::time::Instant;

use crate::access_token::AccessToken;
use crate::cancel::CancelToken;
use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::exchange::Description;
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

/// Reads a page.
struct ReadPage {
    range: PageRange,
    largest: Option<usize>,
}

impl Read for ReadPage {
    type Value = Page;
    const OPERATION: Operation = Operation::Page;

    fn range(&self) -> PageRange {
        self.range
    }

    fn largest(&self) -> Option<usize> {
        self.largest
    }

    fn understand(&self, body: Vec<u8>, _: &Description) -> Result<Page, String> {
        Page::read(body).map_err(str::to_owned)
    }

    fn remember(memory: &Memory, key: (ExportKind, AccessToken), _: &Page, at: Instant) {
        memory.page_worked(key, at);
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
        let read = ReadPage {
            range: PageRange {
                limit: self.limit,
                offset: self.offset,
            },
            largest: self.largest,
        };
        let service = self.client.service();
        let key = (self.export.kind, self.export.access_token);
        let reading = service.read(&read, key, service.settings.timeout);
        let page = until_cancelled(reading, self.cancel.as_ref(), Operation::Page).await??;
        self.check(&page)?;
        self.offset = self.offset.saturating_add(page.count);
        self.is_over = !page.has_more;
        Ok(Some(page))
    }

    /// Whether the page is the one that was asked for.
    fn check(&self, page: &Page) -> Result<(), Error> {
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
            && offset != self.offset
            && records > 0
        {
            return wrong(format!(
                "the page begins at record {offset} instead of {}",
                self.offset
            ));
        }
        if page.has_more && records == 0 {
            return wrong("the page is empty although there should be more".to_owned());
        }
        Ok(())
    }
}

//! Reading the pages of an export in their order, with `keepAlive=true` on every request, so that nothing is marked as
//! retrieved (facts 2.3, DOC). Each page is tried again while its failure is temporary.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::client::{Client, until_cancelled};
use crate::error::outcome::{RequestOutcome, Told};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::page::{Arrived, NoPage};
use crate::export::{Export, Page};
use crate::read::{PageRange, Read, Unfit};
use crate::session::cancel::CancelToken;
use crate::session::patience::{Borne, Patience};
use crate::session::token_cache::TokenCache;
use crate::settings::MAX_DURATION;
use crate::settings::access_token::AccessToken;
use crate::settings::surface::ExportKind;

/// Records of one page when nobody says otherwise: the vendor's own default on the async surface (DOC).
const LIMIT: u32 = 1000;
/// So often a page is asked for that is none, or not the one that was asked for: a service of two minds is not asked for
/// ever, however patient the caller is.
pub(crate) const ASKED: u32 = 3;

/// The pages of an export. Pulled one at a time by [`Pages::next`]; dropping it, or a pending `next`, ends the transfer.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    export: Export,
    limit: u32,
    offset: u64,
    largest: Option<usize>,
    patience: Duration,
    cancel: Option<CancelToken>,
    is_over: bool,
}

/// How a page is asked for.
pub(crate) struct Asking<'a> {
    /// So often at most, if what comes is wrong in itself.
    pub(crate) times: u32,
    pub(crate) patience: Option<Patience<'a>>,
}

/// What a page's body is read as.
pub(crate) trait OfBody: Sized {
    /// So many records were asked for.
    fn of_body(body: Vec<u8>, limit: u32) -> Result<Self, NoPage>;
}

impl OfBody for Page {
    fn of_body(body: Vec<u8>, limit: u32) -> Result<Page, NoPage> {
        Page::read(body, limit)
    }
}

impl OfBody for Arrived {
    fn of_body(body: Vec<u8>, limit: u32) -> Result<Arrived, NoPage> {
        Arrived::read(body, limit)
    }
}

/// Reads a page.
struct ReadPage<V> {
    range: PageRange,
    largest: Option<usize>,
    /// So often at most, if what comes is wrong in itself.
    times: u32,
    wrong: AtomicU32,
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

    fn understand(&self, body: Vec<u8>, _: &RequestOutcome) -> Result<V, Unfit> {
        V::of_body(body, self.range.limit).map_err(|no_page| {
            let (next_action, is_settled) = match no_page {
                NoPage::NotJson => ("check base_url and the proxy: the answer does not come from the service", false),
                NoPage::Wrong(_) => (
                    "check base_url; if it is right, tell PossibleNOW Support what is wrong with the page",
                    self.wrong.fetch_add(1, Ordering::Relaxed) + 1 >= self.times,
                ),
            };
            Unfit {
                source: None,
                told: Some(Told::new(what_is_wrong(&no_page, self.range.offset), next_action)),
                is_settled,
            }
        })
    }

    fn remember(memory: &TokenCache, key: (ExportKind, AccessToken), _: &V, date: Option<i64>) {
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
            patience: Duration::ZERO,
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

    /// How long temporary failures of a page are borne, up to 24 hours. Default: not at all, each page is a single call.
    /// The client's setting `patience` is the landing's.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Pages {
        self.patience = patience;
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
        if self.patience > MAX_DURATION {
            return Err(Error::invalid_argument(Operation::Page, "patience is out of range", "pass at most 24 hours"));
        }
        let quietly = |_: &Borne| {};
        let patience = Patience::new(tokio::time::Instant::now(), self.patience, &quietly);
        let asking = Asking { times: patience.as_ref().map_or(u32::MAX, |_| ASKED), patience };
        let (page, _): (Page, u32) = self.arrive(&asking).await?;
        check_place(&page, self.offset)?;
        self.offset = self.offset.saturating_add(page.count);
        self.is_over = !page.has_more;
        Ok(Some(page))
    }

    /// The page that comes next, as it came, and how many came before it that were wrong in themselves: where it stands
    /// and what is in it is for the caller to check.
    pub(crate) async fn arrive<V: OfBody>(&self, asking: &Asking<'_>) -> Result<(V, u32), Error> {
        let read = ReadPage {
            range: PageRange { limit: self.limit, offset: self.offset },
            largest: self.largest,
            times: asking.times,
            wrong: AtomicU32::new(0),
            read_as: PhantomData,
        };
        let session = self.client.session();
        let key = (self.export.kind, self.export.access_token);
        let timeout = session.settings.timeout;
        let reading = session.read_patiently(&read, key, timeout, asking.patience.as_ref());
        let page = until_cancelled(reading, self.cancel.as_ref(), Operation::Page).await??;
        Ok((page, read.wrong.into_inner()))
    }
}

/// What is wrong with a page, and with which.
pub(crate) fn what_is_wrong(no_page: &NoPage, offset: u64) -> String {
    format!("the page at record {offset}: {}", no_page.words())
}

/// Whether the page is the one that was asked for.
pub(crate) fn check_place(page: &Page, asked_for: u64) -> Result<(), Error> {
    let wrong = |what: String| {
        Err(Error::before_io(ErrorKind::CountMismatch, Operation::Page, what, "do not commit; initiate a new export"))
    };
    let records = u64::try_from(page.records().len()).unwrap_or(u64::MAX);
    if page.count != records {
        return wrong(format!("the page says {} records and holds {records}", page.count));
    }
    if let Some(offset) = page.offset
        && offset != asked_for
        && records > 0
    {
        return wrong(format!("the page begins at record {offset} instead of {asked_for}"));
    }
    if page.has_more && records == 0 {
        return wrong("the page is empty although there should be more".to_owned());
    }
    Ok(())
}

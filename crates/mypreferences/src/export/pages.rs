//! Reading the pages of an export in their order, with `keepAlive=true` on every request, so that nothing is marked as
//! retrieved (facts 2.3, DOC). Those that come next are asked for meanwhile.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use crate::client::{Client, cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::page_reader::{ASKED, PageReader, what_is_wrong};
use crate::export::page_size::{LIMIT, PageSize};
use crate::export::range::{Expect, Range};
use crate::export::window::Window;
use crate::export::{Export, Page};
use crate::http::buffers::Buffers;
use crate::session::cancel::CancelToken;
use crate::settings::MAX_DURATION;

/// The pages of an export. Pulled one at a time by [`Pages::next`]; the setting `parallel` says how many are asked for
/// meanwhile. Dropping it, or a pending `next`, ends the transfer.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    export: Export,
    limit: u32,
    offset: u64,
    patience: Duration,
    cancel: Option<CancelToken>,
    end: Option<u64>,
    expect: Expect,
    /// From the first `next` on, where only a part is read or something is expected.
    range: Option<Range>,
    /// From the first `next` on.
    window: Option<Window>,
    /// Somebody who wants the first page alone has one page to pay for.
    is_read_on: bool,
}

/// Ends what is under way when a `next` is left before its end.
struct Pull<'a> {
    window: &'a mut Window,
    offset: u64,
    has_ended: bool,
}

impl Drop for Pull<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.window.rewind(self.offset, 0);
        }
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
            patience: Duration::ZERO,
            cancel: None,
            end: None,
            expect: Expect::default(),
            range: None,
            window: None,
            is_read_on: false,
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

    /// Ends with this record, counted from 1: a range, which other tasks read the rest of. Its pages are checked more than
    /// others: none came before, none begins with the record that the one before it ended with, and all of them come.
    /// Default: the export's last record.
    #[must_use]
    pub fn until(mut self, end: u64) -> Pages {
        self.end = Some(end);
        self
    }

    /// What the range has to be, so that it joins its neighbours; checked as [`Pages::until`] says, too. The digests are
    /// from [`Client::boundaries`].
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Pages {
        self.expect = expect;
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
    /// should be more, or is not of the range that is [expected](Pages::expect): asked for three times then.
    pub async fn next(&mut self) -> Result<Option<Page>, Error> {
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
        let parallel = self.client.session().settings.parallel;
        if self.window.is_none() {
            if self.end.is_some() || self.expect != Expect::default() {
                self.range = Some(Range::new(self.offset, self.end, self.expect.clone())?);
            }
            let window = Window::new(self.reader(), self.offset, parallel, PageSize::new(Some(self.limit)));
            self.window = Some(window.until(self.end));
        }
        let Some(window) = &mut self.window else {
            return Ok(None);
        };
        if window.is_over() {
            let range = self.range.as_ref();
            return range.map_or(Ok(None), |range| range.finish(self.offset).map(|()| None));
        }
        if self.cancel.as_ref().is_some_and(CancelToken::is_cancelled) {
            // Whatever has come already.
            window.stop().await;
            window.rewind(self.offset, 0);
            return Err(cancelled(Operation::Page));
        }
        let room = usize::try_from(parallel).unwrap_or(1);
        let mut pull = Pull { window, offset: self.offset, has_ended: false };
        let mut odd = 0;
        let page = loop {
            pull.window.fill(room);
            let page = poll_fn(|context| pull.window.poll_next(context)).await.and_then(|placed| {
                let page = placed.page.whole().map_err(|no_page| is_no_page(&what_is_wrong(&no_page, self.offset)))?;
                check_place(&page, self.offset).map(|()| page)
            });
            let (Some(range), Ok(fits)) = (&mut self.range, &page) else {
                break page;
            };
            let Err(error) = range.take(fits, self.offset) else {
                break page;
            };
            odd += 1;
            if odd >= ASKED {
                break Err(error);
            }
            pull.window.rewind(self.offset, odd);
        };
        if let Ok(Page { total_results: Some(total), .. }) = &page {
            let key = (self.export.kind, self.export.access_token);
            self.client.session().token_cache.saw_total(key, *total);
        }
        match page {
            Ok(page) => {
                self.offset = self.offset.saturating_add(page.count);
                if self.is_read_on {
                    // They come while the caller is busy with this one.
                    pull.window.fill(room);
                }
                self.is_read_on = true;
                pull.has_ended = true;
                Ok(Some(page))
            }
            Err(error) => {
                pull.window.stop().await;
                // Dropped, it begins with the same page again.
                Err(error)
            }
        }
    }

    fn reader(&self) -> PageReader {
        PageReader {
            client: self.client.clone(),
            export: self.export.clone(),
            largest: usize::MAX,
            patience: self.patience,
            times: if self.patience.is_zero() { u32::MAX } else { ASKED },
            as_a_whole: true,
            cancel: self.cancel.clone(),
            buffers: Buffers::default(),
            tell: Arc::new(|_| {}),
        }
    }
}

/// A page that was taken apart after it had arrived, and is none.
pub(crate) fn is_no_page(what: &str) -> Error {
    Error::before_io(
        ErrorKind::InvalidResponse,
        Operation::Page,
        what.to_owned(),
        "run the same command again, and tell PossibleNOW Support if it goes on",
    )
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

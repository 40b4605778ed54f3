//! A stream of pages as a handle of its own, pulled one page at a time in the two forms of every call.

use std::sync::Arc;

use mypreferences::export::{Export, Page, Pages};
use mypreferences::{CancelToken, Error, Operation};
use tokio::sync::Mutex;

use crate::arguments::PageArguments;
use crate::client::{Between, Client, Started};

/// The pages of an export. One `next` at a time; after the end it yields the end, and after an error the same page can be
/// asked for again. Dropping it ends the transfer.
pub struct PageStream {
    client: Client,
    pages: Arc<Mutex<Pages>>,
    until: Option<u64>,
    /// Cancels what is under way when the stream is dropped.
    dropped: CancelToken,
}

impl PageStream {
    /// A stream of these pages.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub fn open(client: &Client, export: &Export, arguments: &PageArguments) -> Result<PageStream, Error> {
        let dropped = CancelToken::new();
        let pages = arguments.pages(client.core(), export)?.cancel_token(dropped.clone());
        let pages = Arc::new(Mutex::new(pages));
        Ok(PageStream { client: client.clone(), pages, until: arguments.until, dropped })
    }

    /// The last record of a range; none for the rest of the export.
    pub fn until(&self) -> Option<u64> {
        self.until
    }

    /// The next page; blocks the calling thread meanwhile. See [`Client::run`].
    ///
    /// # Errors
    /// What the page's request gives.
    pub fn next(&self, cancel: &CancelToken, between: Option<Between<'_>>) -> Result<Option<Page>, Error> {
        let pages = Arc::clone(&self.pages);
        self.client.run(Operation::Page, cancel, between, |_, own| next(pages, own))
    }

    /// The next page; `complete` is called with it. See [`Client::start`].
    ///
    /// # Errors
    /// As there.
    pub fn start_next(
        &self,
        cancel: CancelToken,
        complete: impl FnOnce(Result<Option<Page>, Error>) + Send + 'static,
    ) -> Result<Started, Error> {
        let pages = Arc::clone(&self.pages);
        self.client.start(Operation::Page, cancel, |_, own| next(pages, own), complete)
    }

    /// Ends the transfer: a `next` under way ends with `cancelled`. Twice is the same as once.
    pub fn close(&self) {
        self.dropped.cancel();
    }
}

impl Drop for PageStream {
    fn drop(&mut self) {
        self.close();
    }
}

async fn next(pages: Arc<Mutex<Pages>>, cancel: CancelToken) -> Result<Option<Page>, Error> {
    let mut pages = pages.lock().await;
    let cancelled = std::pin::pin!(cancel.cancelled());
    let next = std::pin::pin!(pages.next());
    // Cancelled before: no page, even one that has come already.
    match futures_util::future::select(cancelled, next).await {
        futures_util::future::Either::Right((page, _)) => page,
        futures_util::future::Either::Left(((), _)) => Err(Error::before_io(
            mypreferences::ErrorKind::Cancelled,
            Operation::Page,
            "by the caller",
            "call again when you want it done",
        )),
    }
}

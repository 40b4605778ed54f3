//! The pages of a landing: where they come from, and why one did not come.

use crate::landing::errors::{expired, failed};
use crate::landing::store::open_page::Placed;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{ASKED, Arrived, Asking, Export, OfBody, Pages};
use crate::http::backoff::draw_jitter;
use crate::http::status_code::{TokenRefusal, refused_token};
use crate::http::status_word::StatusWord;
use crate::landing::progress::Progress;
use crate::read::ReadStatus;
use crate::session::cancel::CancelToken;
use crate::session::patience::{Borne, Patience};

/// So many of the largest pages fit into the memory: one that is written, one that is taken apart, one that arrives.
pub(crate) const PAGES_IN_MEMORY: usize = 3;

/// Where the pages come from.
pub(crate) struct PageSource {
    pub(crate) client: Client,
    pub(crate) export: Export,
    pub(crate) limit: u32,
    /// In bytes. Three pages of the largest size that is taken fit into it.
    pub(crate) max_memory: usize,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) progress: Progress,
}

impl PageSource {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// The largest page that is taken, in bytes.
    fn largest(&self) -> usize {
        self.max_memory / PAGES_IN_MEMORY
    }

    /// The page at this place, for which so many came that could not be taken: fewer than [`ASKED`]. One that is asked for
    /// again is taken apart here, so that its failure has all the facts of its request.
    pub(crate) async fn fetch(&self, offset: u64, not_taken: u32) -> Result<Placed, Error> {
        let (page, wrong) = if not_taken == 0 {
            self.arrive(offset, ASKED).await?
        } else {
            let backoff = self.client.session().settings.backoff();
            let pause = tokio::time::sleep(backoff.delay(false, not_taken, draw_jitter()));
            until_cancelled(pause, self.cancel.as_ref(), Operation::Page).await?;
            let (page, wrong) = self.arrive(offset, ASKED.saturating_sub(not_taken)).await?;
            (Arrived::Whole(page), wrong)
        };
        Ok(Placed { page, offset, wrong })
    }

    /// As patiently as the client's setting says.
    async fn arrive<V: OfBody>(&self, offset: u64, times: u32) -> Result<(V, u32), Error> {
        let is_told = AtomicBool::new(false);
        let tell = |borne: &Borne| {
            if !is_told.swap(true, Ordering::Relaxed) {
                self.progress.trouble(borne);
            }
        };
        let patience = self.client.session().settings.patience;
        let asking = Asking { times, patience: Patience::new(Instant::now(), patience, &tell) };
        let pages = self.pages().offset(offset);
        pages.arrive(&asking).await.map_err(|error| self.too_large(error))
    }

    /// What to do about a page that does not fit into the memory that was allowed.
    fn too_large(&self, error: Error) -> Error {
        let allowed = self.largest() < self.client.session().settings.max_page_body;
        if error.kind() != ErrorKind::ResponseTooLarge || !allowed {
            return error;
        }
        error
            .with_detail(format!("a page of {} records is larger than a third of max_memory", self.limit))
            .with_next_action("run it again with a smaller limit, or with more max_memory")
    }

    fn pages(&self) -> Pages {
        let pages = self.client.pages(&self.export).limit(self.limit).largest(self.largest());
        match &self.cancel {
            Some(cancel) => pages.cancel_token(cancel.clone()),
            None => pages,
        }
    }

    /// Why a page did not come: a refused token may have expired, which only status tells.
    pub(crate) async fn why(&self, error: Error) -> Error {
        if refused_token(&error).is_none() {
            return error;
        }
        let session = self.client.session();
        let key = (self.export.kind, self.export.access_token);
        let asking = session.read(&ReadStatus, key, session.settings.timeout);
        let asked = match until_cancelled(asking, self.cancel.as_ref(), Operation::Export).await {
            Ok(asked) => asked,
            Err(cancelled) => return cancelled,
        };
        match asked {
            Ok(status) => match status.status {
                StatusWord::Expired | StatusWord::Retrieved => expired(),
                StatusWord::Error | StatusWord::Failed => failed(),
                StatusWord::Complete | StatusWord::Processing | StatusWord::Unknown => error,
            },
            // It was ready a moment ago.
            Err(asked) if refused_token(&asked) == Some(TokenRefusal::Gone) => expired(),
            Err(_) => error,
        }
    }
}

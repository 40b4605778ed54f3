//! The pages of a landing: where they come from, and why one did not come.

use std::ops::Range;

use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{Arrived, Export, Page, Pages};
use crate::landing::commit;
use crate::landing::line::PAGES_IN_MEMORY;
use crate::reads::ReadStatus;
use crate::status::StatusWord;
use crate::status_code::{TokenRefusal, refused_token};

/// Where the pages come from.
pub(crate) struct PageSource {
    pub(crate) client: Client,
    pub(crate) export: Export,
    pub(crate) limit: u32,
    /// In bytes. Three pages of the largest size that is taken fit into it.
    pub(crate) max_memory: usize,
    pub(crate) cancel: Option<CancelToken>,
}

impl PageSource {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// The largest page that is taken, in bytes.
    fn largest(&self) -> usize {
        self.max_memory / PAGES_IN_MEMORY
    }

    /// The page at this place.
    pub(crate) async fn fetch(&self, offset: u64) -> Result<Placed, Error> {
        let pages = self.pages().offset(offset);
        let page = pages
            .arrive()
            .await
            .map_err(|error| self.too_large(error))?;
        Ok(Placed { page, offset })
    }

    /// A page that could not be taken apart once more, until it can or the retries are used up.
    pub(crate) async fn fetch_whole(&self, offset: u64) -> Result<OpenPage, Error> {
        let mut pages = self.pages().offset(offset);
        match pages.next().await? {
            Some(page) => Ok(OpenPage::new(page, offset)),
            None => Err(commit::bug("no page came")),
        }
    }

    /// What to do about a page that does not fit into the memory that was allowed.
    fn too_large(&self, mut error: Error) -> Error {
        let allowed = self.largest() < self.client.service().settings.max_page_body;
        if error.kind() == ErrorKind::ResponseTooLarge && allowed {
            error.0.detail = Some(format!(
                "a page of {} records is larger than a third of max_memory",
                self.limit
            ));
            "run it again with a smaller limit, or with more max_memory"
                .clone_into(&mut error.0.next_action);
        }
        error
    }

    fn pages(&self) -> Pages {
        let pages = self
            .client
            .pages(&self.export)
            .limit(self.limit)
            .largest(self.largest());
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
        let service = self.client.service();
        let key = (self.export.kind, self.export.access_token);
        match service
            .read(&ReadStatus, key, service.settings.timeout)
            .await
        {
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

/// A page that arrived, and the place that it was asked for.
pub(crate) struct Placed {
    pub(crate) page: Arrived,
    pub(crate) offset: u64,
}

/// A page that was taken apart, and the place that it was asked for.
pub(crate) struct OpenPage {
    pub(crate) page: Page,
    pub(crate) offset: u64,
    /// Where its records stand as lines already.
    pub(crate) lines: Option<Range<usize>>,
}

impl OpenPage {
    pub(crate) fn new(mut page: Page, offset: u64) -> OpenPage {
        let lines = page.end_lines_in_place();
        OpenPage {
            page,
            offset,
            lines,
        }
    }

    /// The records as lines, where they stand so already.
    pub(crate) fn lines(&self) -> Option<&[u8]> {
        self.page.raw().get(self.lines.clone()?)
    }
}

pub(crate) fn expired() -> Error {
    Error::before_io(
        ErrorKind::ExportExpired,
        Operation::Export,
        "the export expired before it was landed",
        "run the same command again, which initiates a new export",
    )
}

fn failed() -> Error {
    Error::before_io(
        ErrorKind::ExportFailed,
        Operation::Export,
        "the export failed on the server",
        "run the same command again, which initiates a new export",
    )
}

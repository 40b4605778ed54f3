//! The pages of a landing: fetched, taken apart and written, each stage beside the others; and why one did not come.

use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{Arrived, Export, Page, Pages, check_place};
use crate::landing::commit;
use crate::landing::progress::Progress;
use crate::landing::sequence::Fit;
use crate::landing::shelf::{Shelf, beside};
use crate::landing::store::Store;
use crate::reads::ReadStatus;
use crate::status::StatusWord;
use crate::status_code::says_gone;

/// Where the pages come from.
pub(crate) struct PageSource {
    pub(crate) client: Client,
    pub(crate) export: Export,
    pub(crate) limit: u32,
    pub(crate) largest: usize,
    pub(crate) cancel: Option<CancelToken>,
}

impl PageSource {
    /// The page at this place, if one is asked for.
    pub(crate) async fn fetch_if(&self, offset: Option<u64>) -> Option<Result<Placed, Error>> {
        match offset {
            Some(offset) => Some(self.fetch(offset).await),
            None => None,
        }
    }

    async fn fetch(&self, offset: u64) -> Result<Placed, Error> {
        let mut pages = self.pages().offset(offset);
        if let Some(cancel) = &self.cancel {
            pages = pages.cancel_token(cancel.clone());
        }
        let page = pages
            .arrive()
            .await
            .map_err(|error| self.too_large(error))?;
        Ok(Placed { page, offset })
    }

    /// A page that could not be taken apart once more, until it can or the retries are used up.
    pub(crate) async fn fetch_whole(&self, offset: u64) -> Result<OpenPage, Error> {
        let mut pages = self.pages().offset(offset);
        if let Some(cancel) = &self.cancel {
            pages = pages.cancel_token(cancel.clone());
        }
        match pages.next().await? {
            Some(page) => Ok(OpenPage { page, offset }),
            None => Err(commit::bug("no page came")),
        }
    }

    /// What to do about a page that does not fit into the memory that was allowed.
    fn too_large(&self, mut error: Error) -> Error {
        let allowed = self.largest < self.client.service().settings.max_page_body;
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
        self.client
            .pages(&self.export)
            .limit(self.limit)
            .largest(self.largest)
    }

    /// Why a page did not come: a refused token may have expired, which only status tells.
    pub(crate) async fn why(&self, error: Error) -> Error {
        let is_refused =
            error.http_status().is_some_and(says_gone) || error.kind() == ErrorKind::Unauthorized;
        if !is_refused {
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
            Err(asked) if asked.http_status().is_some_and(says_gone) => expired(),
            Err(_) => error,
        }
    }
}

/// A page that arrived, and the place that it was asked for.
pub(crate) struct Placed {
    page: Arrived,
    offset: u64,
}

/// A page that was taken apart, and the place that it was asked for.
pub(crate) struct OpenPage {
    page: Page,
    offset: u64,
}

/// What taking a page apart has come to.
pub(crate) enum Opened {
    Page(OpenPage),
    /// It is not the page that was asked for.
    Misplaced(Error),
    /// It is no page after all.
    Unreadable {
        offset: u64,
    },
}

/// What writing a page has come to.
pub(crate) enum Taken {
    Written { ended_a_part: bool },
    Repeats(&'static str),
}

/// The pages under way: each moves from one stage to the next.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) to_fetch: Option<u64>,
    pub(crate) to_open: Option<Placed>,
    pub(crate) to_write: Option<OpenPage>,
    /// Why no page comes any more; those that came are written first.
    pub(crate) failure: Option<Error>,
}

impl Line {
    /// Begins with the page at this place.
    pub(crate) fn from(offset: u64) -> Line {
        Line {
            to_fetch: Some(offset),
            ..Line::default()
        }
    }

    /// Goes on with this page.
    pub(crate) fn at(page: OpenPage) -> Line {
        let following = page
            .page
            .has_more
            .then(|| page.offset.saturating_add(page.page.count));
        Line {
            to_fetch: following,
            to_write: Some(page),
            ..Line::default()
        }
    }

    pub(crate) fn ended(failure: Error) -> Line {
        Line {
            failure: Some(failure),
            ..Line::default()
        }
    }

    pub(crate) fn is_moving(&self) -> bool {
        self.to_fetch.is_some() || self.to_open.is_some() || self.to_write.is_some()
    }

    /// Takes in what was fetched.
    pub(crate) fn went_on(&mut self, fetched: Option<Result<Placed, Error>>) {
        match fetched {
            None => {}
            Some(Ok(placed)) => {
                let (count, has_more) = placed.page.counts();
                self.to_fetch = has_more.then(|| placed.offset.saturating_add(count));
                self.to_open = Some(placed);
            }
            Some(Err(error)) => self.failure = Some(error),
        }
    }
}

/// Takes a page apart, on a thread of its own.
pub(crate) async fn open(
    is_instant: bool,
    placed: Option<Placed>,
) -> Result<Option<Opened>, Error> {
    let Some(Placed { page, offset }) = placed else {
        return Ok(None);
    };
    let opened = beside(is_instant, move || match page.whole() {
        Err(_) => Opened::Unreadable { offset },
        Ok(page) => match check_place(&page, offset) {
            Ok(()) => Opened::Page(OpenPage { page, offset }),
            Err(error) => Opened::Misplaced(error),
        },
    });
    opened.await.map(Some)
}

/// Looks at a page and writes it; ends the part when it has so many bytes. Gives the place of the page, too.
pub(crate) async fn write(
    shelf: &mut Shelf,
    progress: &Progress,
    page: Option<OpenPage>,
    part_bytes: u64,
) -> Result<Option<(u64, Taken)>, Error> {
    let Some(OpenPage { page, offset }) = page else {
        return Ok(None);
    };
    let (taken, position) = shelf
        .step(move |store| Ok((take(store, &page, part_bytes)?, store.position()?)))
        .await?;
    // At once, and not when the page that is on its way has come.
    progress.landed(&position);
    Ok(Some((offset, taken)))
}

fn take(store: &mut Store, page: &Page, part_bytes: u64) -> Result<Taken, Error> {
    let prints = match store.sequence()?.look(page)? {
        Fit::Next(prints) => prints,
        Fit::Repeats(why) => return Ok(Taken::Repeats(why)),
    };
    let length = store.write(page, &prints)?;
    let ended_a_part = length >= part_bytes || !page.has_more;
    if ended_a_part {
        store.finish_part()?;
    }
    Ok(Taken::Written { ended_a_part })
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

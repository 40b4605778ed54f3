//! The pages of a landing: fetched one ahead, taken apart and written; and why one did not come.

use crate::cancel::CancelToken;
use crate::client::Client;
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{Arrived, Export, Pages, check_place};
use crate::landing::commit;
use crate::landing::sequence::Fit;
use crate::landing::store::{Position, Store};
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
    pub(crate) async fn fetch(&self, offset: u64) -> Result<Placed, Error> {
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
    pub(crate) async fn fetch_whole(&self, offset: u64) -> Result<Placed, Error> {
        let mut pages = self.pages().offset(offset);
        if let Some(cancel) = &self.cancel {
            pages = pages.cancel_token(cancel.clone());
        }
        match pages.next().await? {
            Some(page) => Ok(Placed {
                page: Arrived::Whole(page),
                offset,
            }),
            None => Err(commit::bug("no page came")),
        }
    }

    /// What to do about a page that does not fit into the memory that was allowed.
    fn too_large(&self, mut error: Error) -> Error {
        let allowed = self.largest < self.client.service().settings.max_page_body;
        if error.kind() == ErrorKind::ResponseTooLarge && allowed {
            error.0.detail = Some(format!(
                "a page of {} records is larger than half of max_memory",
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

/// A page and the place that it was asked for.
pub(crate) struct Placed {
    page: Arrived,
    offset: u64,
}

impl Placed {
    pub(crate) fn place(&self) -> u64 {
        self.offset
    }

    /// Where the next page begins, if there is one.
    pub(crate) fn following(&self) -> Option<u64> {
        let (count, has_more) = self.page.counts();
        has_more.then(|| self.offset.saturating_add(count))
    }
}

pub(crate) enum Taken {
    Written {
        ended_a_part: bool,
        position: Position,
    },
    Repeats(&'static str),
    /// It is no page after all.
    Unreadable,
}

/// Takes a page apart, looks at a page and writes it; ends the part when it has so many bytes.
pub(crate) fn take(store: &mut Store, placed: Placed, part_bytes: u64) -> Result<Taken, Error> {
    let Ok(page) = placed.page.whole() else {
        return Ok(Taken::Unreadable);
    };
    check_place(&page, placed.offset)?;
    let prints = match store.sequence()?.look(&page)? {
        Fit::Next(prints) => prints,
        Fit::Repeats(why) => return Ok(Taken::Repeats(why)),
    };
    let length = store.write(&page, &prints)?;
    let ended_a_part = length >= part_bytes || !page.has_more;
    if ended_a_part {
        store.finish_part()?;
    }
    Ok(Taken::Written {
        ended_a_part,
        position: store.position()?,
    })
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

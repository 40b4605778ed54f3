//! The pages and records of an export as iterators.

use crate::blocking::Client;
use crate::error::{Error, Operation};
use crate::export::{self, Expect, Export, OwnedRecord, Page};
use crate::session::cancel::CancelToken;

impl Client {
    /// See [`AsyncClient::pages`](crate::Client::pages): an iterator over the pages.
    pub fn pages(&self, export: &Export) -> Pages {
        Pages { client: self.clone(), twin: self.as_async().pages(export), failed: false }
    }

    /// See [`AsyncClient::records`](crate::Client::records): an iterator over the records.
    pub fn records(&self, export: &Export) -> Records {
        self.pages(export).records()
    }
}

/// The pages of an export, read one at a time. As an iterator it ends after an error, so that a loop over what can be
/// read comes to an end; [`Pages::next_page`] asks for the same page again.
#[derive(Debug)]
pub struct Pages {
    client: Client,
    twin: export::Pages,
    failed: bool,
}

impl Pages {
    /// See [`export::Pages::limit`].
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Pages {
        self.twin = self.twin.limit(limit);
        self
    }

    /// See [`export::Pages::offset`].
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Pages {
        self.twin = self.twin.offset(offset);
        self
    }

    /// See [`export::Pages::until`].
    #[must_use]
    pub fn until(mut self, end: u64) -> Pages {
        self.twin = self.twin.until(end);
        self
    }

    /// See [`export::Pages::expect`].
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Pages {
        self.twin = self.twin.expect(expect);
        self
    }

    /// Ends the transfer when this token is cancelled, from another thread.
    #[must_use]
    pub fn cancel_token(mut self, token: CancelToken) -> Pages {
        self.twin = self.twin.cancel_token(token);
        self
    }

    /// See [`export::Pages::next`]: after an error, the same page is asked for again.
    ///
    /// # Errors
    /// As there.
    pub fn next_page(&mut self) -> Result<Option<Page>, Error> {
        self.client.run(Operation::Page, self.twin.next())
    }

    /// The records of the pages that are still to come, one by one.
    #[must_use]
    pub fn records(self) -> Records {
        Records { client: self.client, twin: self.twin.records(), failed: self.failed }
    }
}

impl Iterator for Pages {
    type Item = Result<Page, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let page = self.next_page();
        self.failed = page.is_err();
        page.transpose()
    }
}

/// The records of an export, one by one, with one page in memory. As an iterator it ends after an error;
/// [`Records::next_record`] asks again.
#[derive(Debug)]
pub struct Records {
    client: Client,
    twin: export::Records,
    failed: bool,
}

impl Records {
    /// See [`export::Records::next`].
    ///
    /// # Errors
    /// As there.
    pub fn next_record(&mut self) -> Result<Option<OwnedRecord>, Error> {
        self.client.run(Operation::Page, self.twin.next())
    }
}

impl Iterator for Records {
    type Item = Result<OwnedRecord, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let record = self.next_record();
        self.failed = record.is_err();
        record.transpose()
    }
}

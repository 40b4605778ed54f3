//! The records of an export one by one, whatever page they stand on. Holds one page and the record that was handed out,
//! so its memory does not grow with the export.

use crate::client::Client;
use crate::error::Error;
use crate::export::{Export, Page, Pages, Record};

/// One record that owns its bytes: the server's own, which are JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedRecord(Vec<u8>);

/// Shows its size, never the data.
impl std::fmt::Debug for OwnedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnedRecord").field("bytes", &self.0.len()).finish_non_exhaustive()
    }
}

impl OwnedRecord {
    /// The bytes, possibly with line breaks between their tokens.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The record as one line, without its end. See [`Record::write_line`].
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(self.0.len());
        self.borrowed().write_line(&mut line);
        line
    }

    /// The record, borrowed.
    pub fn borrowed(&self) -> Record<'_> {
        Record::of(&self.0)
    }
}

/// The bytes of one record, as a page gave them.
impl From<Vec<u8>> for OwnedRecord {
    fn from(bytes: Vec<u8>) -> OwnedRecord {
        OwnedRecord(bytes)
    }
}

impl Record<'_> {
    /// A copy that outlives its page.
    pub fn to_owned_record(self) -> OwnedRecord {
        OwnedRecord(self.bytes().to_vec())
    }
}

/// The records of an export. Pulled one at a time by [`Records::next`]; dropping it, or a pending `next`, ends the
/// transfer. Limit, offset and cancel token are those of its [`Pages`].
#[derive(Debug)]
pub struct Records {
    pages: Pages,
    page: Option<Page>,
    /// Of the page's records, the next one.
    at: usize,
}

impl Client {
    /// The records of an export that is ready, from the first one: [`Client::pages`], taken apart.
    pub fn records(&self, export: &Export) -> Records {
        self.pages(export).records()
    }
}

impl Pages {
    /// The records of the pages that are still to come, one by one.
    #[must_use]
    pub fn records(self) -> Records {
        Records { pages: self, page: None, at: 0 }
    }
}

impl Records {
    /// The next record; none after the last one. After an error the same page can be asked for again.
    ///
    /// # Errors
    /// As [`Pages::next`].
    pub async fn next(&mut self) -> Result<Option<OwnedRecord>, Error> {
        loop {
            if let Some(record) = self.page.as_ref().and_then(|page| page.record(self.at)) {
                self.at += 1;
                return Ok(Some(record.to_owned_record()));
            }
            // Freed before the next page comes.
            self.page = None;
            self.at = 0;
            match self.pages.next().await? {
                Some(page) => self.page = Some(page),
                None => return Ok(None),
            }
        }
    }
}

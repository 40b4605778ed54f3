//! Whether the pages of a token follow one another: a total that stays and is not exceeded, no page twice, no overlap.
//! A page that does not is asked for again; what stays so is `count_mismatch`, and never committed. A landing's, and a
//! range's of `pages`.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Operation};
use crate::export::Page;
use crate::json::hex;

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    pub(crate) total_results: Option<u64>,
    pub(crate) rows: u64,
    pages: HashSet<String>,
    last_record: Option<String>,
}

/// What a page is to the sequence.
#[derive(Clone, Debug)]
pub(crate) enum Fit {
    /// It comes next; its fingerprints.
    Next(Fingerprints),
    /// It does not: to be asked for once more.
    Odd(Odd),
}

/// A page that does not come next.
#[derive(Clone, Debug)]
pub(crate) struct Odd {
    /// Why the landing ends when no better one comes.
    pub(crate) error: Error,
    /// It, or its beginning, was there already. Two equal records are no crime: the same again is taken, and the total
    /// decides.
    pub(crate) repeats: Option<Fingerprints>,
}

/// What a page is known again by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fingerprints {
    page: Option<String>,
    pub(crate) last_record: Option<String>,
}

impl Fingerprints {
    pub(crate) fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }
}

impl Sequence {
    /// Goes on where an earlier run ended.
    pub(crate) fn resume(
        total_results: Option<u64>,
        rows: u64,
        pages: impl IntoIterator<Item = String>,
        last_record: Option<String>,
    ) -> Sequence {
        Sequence { total_results, rows, pages: pages.into_iter().collect(), last_record }
    }

    /// A fingerprint of the last record.
    pub(crate) fn last_record(&self) -> Option<&str> {
        self.last_record.as_deref()
    }

    /// Looks at the page that comes next; `seen` is one that came for its place before.
    ///
    /// # Errors
    /// More records than the export has: nothing that comes after them can be right.
    pub(crate) fn look(&self, page: &Page, seen: Option<&Fingerprints>) -> Result<Fit, Error> {
        let odd = |why: String, repeats| Ok(Fit::Odd(Odd { error: mismatch(why), repeats }));
        if let (Some(before), Some(now)) = (self.total_results, page.total_results)
            && before != now
        {
            return odd(format!("TotalResults was {before} and is {now} now"), None);
        }
        // Rows of a schedule may equal each other.
        let prints = if page.is_schedule() { Fingerprints::default() } else { fingerprints(page) };
        if let Some(print) = &prints.page
            && Some(&prints) != seen
        {
            if self.pages.contains(print) {
                return odd("a page came twice".to_owned(), Some(prints));
            }
            let first = page.records().next().map(|record| digest(record.bytes()));
            if first.is_some() && first == self.last_record {
                let why = "a page begins with the record that the one before it ended with";
                return odd(why.to_owned(), Some(prints));
            }
        }
        let rows = self.rows.saturating_add(page.count);
        match self.total_results.or(page.total_results) {
            Some(total) if rows > total => {
                Err(mismatch(format!("the export has {total} records, and its pages have {rows} already")))
            }
            Some(_) | None => Ok(Fit::Next(prints)),
        }
    }

    /// Takes the page in.
    pub(crate) fn take(&mut self, page: &Page, prints: &Fingerprints) {
        self.total_results = self.total_results.or(page.total_results);
        self.rows = self.rows.saturating_add(page.count);
        if let Some(print) = &prints.page {
            self.pages.insert(print.clone());
        }
        if prints.last_record.is_some() {
            self.last_record.clone_from(&prints.last_record);
        }
    }

    /// After the last page: the total that was reached.
    pub(crate) fn finish(&self) -> Result<u64, Error> {
        match self.total_results {
            Some(total) if total == self.rows => Ok(total),
            Some(total) => Err(mismatch(format!("the export has {total} records, and its pages had {}", self.rows))),
            None => Err(mismatch("no page told TotalResults, so that nothing proves that all records came".to_owned())),
        }
    }
}

pub(crate) fn mismatch(detail: String) -> Error {
    Error::before_io(
        ErrorKind::CountMismatch,
        Operation::Export,
        detail,
        "nothing was committed; run the same command again, which initiates a new export",
    )
}

/// Pages with the same first record, the same last one, the same length and the same checksum are the same: cheaper than
/// hashing every page twice.
fn fingerprints(page: &Page) -> Fingerprints {
    let mut records = page.records();
    let Some(first) = records.next() else {
        return Fingerprints::default();
    };
    let last = records.last().unwrap_or(first);
    let mut checksum = crc32fast::Hasher::new();
    let mut length = 0_u64;
    for record in page.records() {
        checksum.update(record.bytes());
        length += record.bytes().len() as u64;
    }
    let mut print = Sha256::new();
    print.update(first.bytes());
    print.update(last.bytes());
    print.update(page.count.to_le_bytes());
    print.update(length.to_le_bytes());
    print.update(checksum.finalize().to_le_bytes());
    Fingerprints { page: Some(hex(&print.finalize()[..16])), last_record: Some(digest(last.bytes())) }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..16])
}

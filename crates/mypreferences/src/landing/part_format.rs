//! Another form of parts than lines of JSON, which another crate writes. Hashing, durability, the journal and the names of
//! files stay here: a format only turns records into bytes, forwards.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ExportKind;
use crate::export::{Page, Record, RecordKind};
use crate::landing::store::hashed::Hashed;

/// A form of parts. What it writes for a batch depends on nothing but the records and itself, so that a landing can go on
/// after a crash.
pub trait PartFormat: fmt::Debug + Send + Sync {
    /// What a manifest calls it, and what the names of its parts end with: `parquet`.
    fn name(&self) -> &'static str;

    /// How it lays the records out, for the manifest: another layout does not continue an unfinished batch.
    fn layout(&self) -> String;

    /// Begins a part. The rows are those that it begins with, which are written next; there are none where the whole export
    /// has none.
    ///
    /// # Errors
    /// What `out` gives.
    fn begin(&self, out: PartOut, first: &Rows<'_>) -> io::Result<Box<dyn PartRecords>>;

    /// How many records a part has, as it says itself.
    ///
    /// # Errors
    /// `InvalidData` for what is no part.
    fn rows(&self, part: Vec<u8>) -> io::Result<u64>;
}

/// A part that is being written.
pub trait PartRecords: Send {
    /// Writes some records.
    ///
    /// # Errors
    /// What the part's `out` gives; another one ends the landing, too, as `storage`.
    fn write(&mut self, rows: &Rows<'_>) -> io::Result<()>;

    /// Writes what is still held, and whatever ends a part.
    ///
    /// # Errors
    /// What the part's `out` gives.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Records that stand one after the other.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rows<'a> {
    /// The place of the first in its export, from 1.
    pub first: u64,
    /// What was exported.
    pub export: ExportKind,
    /// What the records are, as their page says; none where nothing does.
    pub kind: Option<RecordKind>,
    /// `Headers` of a schedule, as JSON.
    pub headers: Option<&'a [u8]>,
    /// The records, as the server sent them.
    pub records: Vec<&'a [u8]>,
}

impl<'a> Rows<'a> {
    /// Those of a page.
    pub fn of_page(export: ExportKind, page: &'a Page, first: u64) -> Rows<'a> {
        let records = page.records().map(Record::bytes).collect();
        Rows { first, export, kind: page.record_kind(), headers: page.headers(), records }
    }

    /// Those of lines that were landed, whose page is not known any more.
    pub fn of_lines(
        export: ExportKind,
        headers: Option<&'a [u8]>,
        lines: impl Iterator<Item = &'a [u8]>,
        first: u64,
    ) -> Rows<'a> {
        Rows { first, export, kind: None, headers, records: lines.collect() }
    }
}

/// Where the bytes of a part go, in their order. Dropping it does nothing.
#[derive(Clone)]
pub struct PartOut(Arc<Mutex<Option<Hashed>>>);

impl fmt::Debug for PartOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartOut").finish_non_exhaustive()
    }
}

impl PartOut {
    pub(crate) fn new(file: Hashed) -> PartOut {
        PartOut(Arc::new(Mutex::new(Some(file))))
    }

    /// The file, into which nothing can be written any more.
    pub(crate) fn take(&self) -> io::Result<Hashed> {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        file.ok_or_else(|| io::Error::other("the part has ended"))
    }
}

impl Write for PartOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(file) => file.write(bytes),
            None => Err(io::Error::other("the part has ended")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(file) => file.flush(),
            None => Ok(()),
        }
    }
}

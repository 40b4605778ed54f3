//! Where batches come from. A stream that does not reach the export's end ends with an error, never quietly.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use mypreferences::export::{Export, Page, RecordKind};
use mypreferences::{Error, ErrorKind, ExportKind, Operation};

use crate::decode::{Decoder, LARGEST};
use crate::schema::{Layout, Table};

/// Why a stream ended early, in the client's own words: consumers of Arrow have classes of errors of their own. Clones tell
/// the same.
#[derive(Clone, Debug, Default)]
pub struct Failure(Arc<Mutex<Option<Error>>>);

impl Failure {
    /// The error; none while there is none.
    pub fn get(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, error: &Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
    }
}

/// What gives pages.
type Next = Box<dyn FnMut() -> Result<Option<Page>, Error> + Send>;

/// The batches of an export, one a page.
pub struct Stream {
    decoder: Decoder,
    next: Next,
    /// Read to know the schema, and not given yet.
    first: Option<Page>,
    /// The place behind the last record that was given.
    row: u64,
    total: Option<u64>,
    headers: Option<Vec<u8>>,
    is_over: bool,
    failure: Failure,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("row", &self.row).field("total", &self.total).finish_non_exhaustive()
    }
}

impl Stream {
    /// Of pages in their order, which `next` gives; it may block. The first is read here: it tells which records there are,
    /// and the columns of a schedule.
    ///
    /// # Errors
    /// What `next` gives.
    pub fn of_pages(
        export: &Export,
        layout: Layout,
        mut next: impl FnMut() -> Result<Option<Page>, Error> + Send + 'static,
    ) -> Result<Stream, Error> {
        let first = next()?;
        let headers = first.as_ref().and_then(headers_of);
        let table = table(first.as_ref(), export.kind(), headers.as_deref());
        let row = first.as_ref().and_then(|page| page.offset).unwrap_or(1);
        Ok(Stream {
            decoder: Decoder::new(table, layout),
            next: Box::new(next),
            is_over: first.is_none(),
            first,
            row,
            total: None,
            headers,
            failure: Failure::default(),
        })
    }

    /// Why it ended early; for whoever hands the stream away.
    pub fn failure(&self) -> Failure {
        self.failure.clone()
    }

    /// Documented members so far that did not fit their type, and stand in `_others`.
    pub fn misfits(&self) -> u64 {
        self.decoder.misfits()
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>, Error> {
        let page = match self.first.take() {
            Some(page) => Some(page),
            None => (self.next)()?,
        };
        let Some(page) = page else {
            return match self.total {
                Some(total) if self.row != total.saturating_add(1) => {
                    let read = self.row - 1;
                    Err(mismatch(format!("the export has {total} records, and its pages end at record {read}")))
                }
                Some(_) | None => Ok(None),
            };
        };
        self.total = self.total.or(page.total_results);
        if page.is_schedule() && headers_of(&page) != self.headers {
            return Err(mismatch(format!("the page at record {} has other Headers than the first", self.row)));
        }
        if page.raw().len() > LARGEST {
            return Err(Error::before_io(
                ErrorKind::ResponseTooLarge,
                Operation::Page,
                format!("the page at record {} is too large for a batch", self.row),
                "read it with a smaller limit",
            ));
        }
        let batch = self.decoder.batch(self.row, page.records().map(mypreferences::export::Record::bytes)).map_err(
            |error| Error::before_io(ErrorKind::Internal, Operation::Page, error.to_string(), "report this bug"),
        )?;
        self.row = self.row.saturating_add(batch.num_rows() as u64);
        Ok(Some(batch))
    }
}

fn mismatch(what: String) -> Error {
    Error::before_io(ErrorKind::CountMismatch, Operation::Page, what, "do not commit; initiate a new export")
}

fn headers_of(page: &Page) -> Option<Vec<u8>> {
    page.others().find(|(name, _)| name.eq_ignore_ascii_case("Headers")).map(|(_, value)| value.to_vec())
}

/// What the records are: as the page says, and where it has none, as the export's kind does.
fn table(first: Option<&Page>, kind: ExportKind, headers: Option<&[u8]>) -> Table {
    let rows = || {
        let named = headers.and_then(|headers| serde_json::from_slice::<Vec<String>>(headers).ok());
        let unnamed = || {
            let row = first?.record(0)?;
            let cells: Vec<serde_json::Value> = serde_json::from_slice(row.bytes()).ok()?;
            Some(vec![String::new(); cells.len()])
        };
        Table::Rows(named.or_else(unnamed).unwrap_or_default())
    };
    match (first.and_then(Page::record_kind), kind) {
        (Some(RecordKind::Profile), _) => Table::Profiles,
        (Some(RecordKind::Preference), _) => Table::Preferences,
        (Some(RecordKind::ScheduleRow), _) | (None, ExportKind::Schedule) => rows(),
        (None, ExportKind::Segment | ExportKind::SegmentGroup | ExportKind::Cid) => Table::Preferences,
    }
}

impl Iterator for Stream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        match self.advance() {
            Ok(Some(batch)) => Some(Ok(batch)),
            Ok(None) => {
                self.is_over = true;
                None
            }
            Err(error) => {
                self.is_over = true;
                self.failure.set(&error);
                Some(Err(ArrowError::ExternalError(Box::new(error))))
            }
        }
    }
}

impl RecordBatchReader for Stream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.decoder.schema())
    }
}

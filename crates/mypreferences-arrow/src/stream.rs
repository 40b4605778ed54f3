//! Where batches come from: the pages of an export, or what was landed of one. A stream that does not reach its end ends
//! with an error, never quietly.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use mypreferences::export::{Page, Record};
use mypreferences::landing::{Folder, Manifest, Rows};
use mypreferences::{Error, ErrorKind, ExportKind, Operation};

use crate::decode::{Decoder, LARGEST};
use crate::landed::{Batches, Current};
use crate::schema::{Layout, Table};
use crate::source::{Chunk, Source};

/// What becomes of a stream that was given away: consumers of Arrow have classes of errors of their own. Clones tell the
/// same.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    error: Arc<Mutex<Option<Error>>>,
    misfits: Arc<AtomicU64>,
}

impl Watch {
    /// Why it ended early, in the client's own words; none while it has not.
    pub fn error(&self) -> Option<Error> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Documented members so far that did not fit their type, and stand in `_others`.
    pub fn misfits(&self) -> u64 {
        self.misfits.load(Ordering::Relaxed)
    }
}

/// So many batches are decoded side by side, ahead of whoever takes them.
const AHEAD: usize = 2;

/// The batches of an export.
pub struct Stream {
    decoder: Decoder,
    source: Box<dyn Source>,
    /// In their order.
    ahead: VecDeque<Ahead>,
    /// The source gives no more; why, where that is an error.
    ended: Option<Result<(), Error>>,
    is_over: bool,
    watch: Watch,
    /// Threads of another process cannot be waited for.
    process: u32,
}

/// A batch that is being decoded.
enum Ahead {
    Thread(JoinHandle<Result<RecordBatch, Error>>),
    /// Where no thread could be made: when it is asked for.
    Later(Box<Chunk>),
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("schema", self.decoder.schema()).finish_non_exhaustive()
    }
}

impl Stream {
    /// Of pages in their order, which `next` gives; it may block. The first is read here: it tells which records there are,
    /// and the columns of a schedule. One batch a page. `until` is the last record of a range, and none for all of the
    /// export.
    ///
    /// # Errors
    /// What `next` gives. The stream ends with `count_mismatch` where the pages end before the export, or the range, does.
    pub fn of_pages(
        kind: ExportKind,
        layout: Layout,
        until: Option<u64>,
        mut next: impl FnMut() -> Result<Option<Page>, Error> + Send + 'static,
    ) -> Result<Stream, Error> {
        let first = next()?;
        let headers = first.as_ref().and_then(headers_of);
        let table =
            first.as_ref().map_or_else(|| Table::of_kind(kind), |page| Table::of(&Rows::of_page(kind, page, 1)));
        let row = first.as_ref().and_then(|page| page.offset).unwrap_or(1);
        Ok(Stream::new(table, layout, Pages { next: Box::new(next), first, row, until, total: None, headers }))
    }

    /// Of landed batches, one after the other. `_row` is the place of a record in its batch. Each part is hashed while it
    /// is read: a stream of one that was changed ends with `corrupt`.
    ///
    /// # Errors
    /// `corrupt`, `storage`; `output_conflict` for batches whose columns differ.
    pub fn of_batches(folder: &Folder, batches: Vec<Manifest>, layout: Layout) -> Result<Stream, Error> {
        let table = crate::landed::table(folder, &batches)?;
        Ok(Stream::new(table, layout, Batches::new(folder.clone(), batches)))
    }

    /// Of landed batches, oldest first, each record once: of those with the same value of the member `key`, that of the
    /// newest batch. A record that has no such member is kept. The order is not that of the batches. Holds up to four
    /// million keys at a time, and reads the batches once more for each four million that the newer ones have.
    ///
    /// # Errors
    /// As [`Stream::of_batches`].
    pub fn current(folder: &Folder, batches: Vec<Manifest>, key: &str, layout: Layout) -> Result<Stream, Error> {
        let table = crate::landed::table(folder, &batches)?;
        Ok(Stream::new(table, layout, Current::new(folder.clone(), batches, key.to_owned())))
    }

    fn new(table: Table, layout: Layout, source: impl Source + 'static) -> Stream {
        let decoder = Decoder::new(table, layout);
        Stream {
            decoder,
            source: Box::new(source),
            ahead: VecDeque::new(),
            ended: None,
            is_over: false,
            watch: Watch::default(),
            process: std::process::id(),
        }
    }

    /// What becomes of it, for whoever gives it away.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>, Error> {
        if self.process != std::process::id() {
            return Err(Error::before_io(
                ErrorKind::ForkedProcess,
                Operation::Page,
                "the stream was made before this process was forked",
                "make a client and a stream in the child",
            ));
        }
        while self.ended.is_none() && self.ahead.len() < AHEAD {
            match self.source.next() {
                Ok(Some(chunk)) => self.ahead.push_back(self.begin(chunk)),
                Ok(None) => self.ended = Some(Ok(())),
                Err(error) => self.ended = Some(Err(error)),
            }
        }
        match self.ahead.pop_front() {
            Some(Ahead::Thread(decoding)) => {
                decoding.join().unwrap_or_else(|_| Err(Error::panicked(Operation::Page))).map(Some)
            }
            Some(Ahead::Later(chunk)) => decoded_chunk(self.decoder.clone(), &self.watch, *chunk).map(Some),
            None => self.ended.take().unwrap_or(Ok(())).map(|()| None),
        }
    }

    fn begin(&self, chunk: Chunk) -> Ahead {
        // The chunk is lost with a thread that cannot be made, so that it is handed over when there is one.
        let (give, given) = std::sync::mpsc::channel::<Chunk>();
        let (decoder, watch) = (self.decoder.clone(), self.watch.clone());
        let decoding = Builder::new().name("mypreferences".to_owned()).spawn(move || match given.recv() {
            Ok(chunk) => decoded_chunk(decoder, &watch, chunk),
            Err(_) => Err(Error::panicked(Operation::Page)),
        });
        match decoding {
            Ok(decoding) => match give.send(chunk) {
                Ok(()) => Ahead::Thread(decoding),
                Err(unsent) => Ahead::Later(Box::new(unsent.0)),
            },
            Err(_) => Ahead::Later(Box::new(chunk)),
        }
    }
}

fn decoded_chunk(mut decoder: Decoder, watch: &Watch, chunk: Chunk) -> Result<RecordBatch, Error> {
    let batch = match chunk {
        Chunk::Page(page) => decoded(&mut decoder, &page),
        Chunk::Lines(lines, rows) => decoder.batch(rows.into_iter().zip(lines.iter())).map_err(|error| bug(&error)),
    };
    watch.misfits.fetch_add(decoder.misfits(), Ordering::Relaxed);
    batch
}

/// One page as a batch. `kind` counts where the page has no array of records.
///
/// # Errors
/// `response_too_large`.
pub fn batch_of_page(kind: ExportKind, page: &Page, layout: Layout) -> Result<RecordBatch, Error> {
    let mut decoder = Decoder::new(Table::of(&Rows::of_page(kind, page, 1)), layout);
    decoded(&mut decoder, page)
}

fn decoded(decoder: &mut Decoder, page: &Page) -> Result<RecordBatch, Error> {
    if page.raw().len() > LARGEST {
        return Err(Error::before_io(
            ErrorKind::ResponseTooLarge,
            Operation::Page,
            "a page is too large for a batch",
            "read it with a smaller limit",
        ));
    }
    let first = page.offset.unwrap_or(1);
    decoder.batch((first..).zip(page.records().map(Record::bytes))).map_err(|error| bug(&error))
}

fn bug(error: &ArrowError) -> Error {
    Error::before_io(ErrorKind::Internal, Operation::Page, error.to_string(), "report this bug")
}

/// The pages of an export that are still to come.
struct Pages {
    next: Box<dyn FnMut() -> Result<Option<Page>, Error> + Send>,
    /// Read to know the schema, and not given yet.
    first: Option<Page>,
    /// The place behind the last record that was given.
    row: u64,
    until: Option<u64>,
    total: Option<u64>,
    headers: Option<Vec<u8>>,
}

impl Source for Pages {
    fn next(&mut self) -> Result<Option<Chunk>, Error> {
        let page = match self.first.take() {
            Some(page) => Some(page),
            None => (self.next)()?,
        };
        let Some(mut page) = page else {
            let read = self.row - 1;
            return match (self.until, self.total) {
                (Some(last), _) if read != last => {
                    Err(mismatch(format!("the range was to end at record {last}, and its pages end at record {read}")))
                }
                (None, Some(total)) if read != total => {
                    Err(mismatch(format!("the export has {total} records, and its pages end at record {read}")))
                }
                (Some(_) | None, _) => Ok(None),
            };
        };
        self.total = self.total.or(page.total_results);
        if page.is_schedule() && headers_of(&page) != self.headers {
            return Err(mismatch(format!("the page at record {} has other Headers than the first", self.row)));
        }
        page.offset = Some(self.row);
        self.row = self.row.saturating_add(page.records().len() as u64);
        Ok(Some(Chunk::Page(page)))
    }
}

fn mismatch(what: String) -> Error {
    Error::before_io(ErrorKind::CountMismatch, Operation::Page, what, "do not commit; initiate a new export")
}

fn headers_of(page: &Page) -> Option<Vec<u8>> {
    page.headers().map(<[u8]>::to_vec)
}

impl Iterator for Stream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        // Whoever calls this over a border cannot take a panic.
        let advanced = catch_unwind(AssertUnwindSafe(|| self.advance()));
        match advanced.unwrap_or_else(|_| Err(Error::panicked(Operation::Page))) {
            Ok(Some(batch)) => Some(Ok(batch)),
            Ok(None) => {
                self.is_over = true;
                None
            }
            Err(error) => {
                self.is_over = true;
                *self.watch.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
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

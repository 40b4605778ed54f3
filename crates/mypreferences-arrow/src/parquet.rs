//! A part of a landing as one Parquet file: the columns of a table, several row groups, zstd.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::Builder;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, ByteArrayType};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::schema::types::ColumnPath;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Schema};
use bytes::Bytes;
use mypreferences::landing::{Folder, LineBlock, Manifest, PartFile, PartFormat, PartOut, PartRecords, Rows};
use mypreferences::{Error, ErrorKind, Operation};

use crate::decode::{Decoder, LARGEST};
use crate::schema::{CELLS, Layout, OTHERS, RECORD, Table};

/// What parts are called, in manifests and at the end of their names.
pub(crate) const NAME: &str = "parquet";
/// A row group is over when it takes so many bytes of memory: what it will have on disk, and what is not encoded yet.
const ROW_GROUP: usize = 8 << 20;
/// So many records are decoded side by side with those before them: two batches of them are in memory.
const AT_ONCE: usize = 256;

/// Parts of a landing as Parquet files, each whole by itself: the columns of [`Table::schema`], zstd, row groups that
/// take up to 8 MiB of memory while they are written. For [`LandExport::format`](mypreferences::landing::LandExport::format).
///
/// The columns of a schedule are those of the `Headers` of a part's first page. A row under other `Headers` in the same part
/// stands in `_cells` alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parquet {
    layout: Layout,
}

impl Parquet {
    /// With `_record`, unless the layout drops it: the commit deletes the only other copy of what the columns do not hold.
    pub fn new(layout: Layout) -> Arc<Parquet> {
        Arc::new(Parquet { layout })
    }
}

impl PartFormat for Parquet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn layout(&self) -> String {
        format!("shape {}, record {}", self.layout.shape.name(), self.layout.record.name())
    }

    fn begin(&self, out: PartOut, first: &Rows<'_>) -> io::Result<Box<dyn PartRecords>> {
        let decoder = Decoder::new(Table::of(first), self.layout);
        let properties = properties(decoder.schema());
        let writer = ArrowWriter::try_new(out, Arc::clone(decoder.schema()), Some(properties)).map_err(of_parquet)?;
        let headers = first.headers.map(<[u8]>::to_vec);
        Ok(Box::new(Part { decoder, writer, waiting: None, headers }))
    }

    fn rows(&self, part: Vec<u8>) -> io::Result<u64> {
        let file = SerializedFileReader::new(Bytes::from(part)).map_err(of_parquet)?;
        u64::try_from(file.metadata().file_metadata().num_rows()).map_err(io::Error::other)
    }
}

struct Part {
    decoder: Decoder,
    writer: ArrowWriter<PartOut>,
    /// Decoded, and written while the next one is decoded.
    waiting: Option<RecordBatch>,
    /// Of the first page.
    headers: Option<Vec<u8>>,
}

impl PartRecords for Part {
    fn write(&mut self, rows: &Rows<'_>) -> io::Result<()> {
        if rows.records.iter().map(|record| record.len()).sum::<usize>() > LARGEST {
            return Err(io::Error::other("a page is too large for a batch: land with a smaller limit"));
        }
        let fit = rows.headers == self.headers.as_deref();
        for (first, records) in (rows.first..).step_by(AT_ONCE).zip(rows.records.chunks(AT_ONCE)) {
            self.advance(first, records, fit)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if let Some(batch) = self.waiting.take() {
            put(&mut self.writer, &batch)?;
        }
        self.writer.finish().map_err(of_parquet)?;
        self.writer.inner_mut().flush()
    }
}

impl Part {
    /// Decodes these records while those before them are written.
    fn advance(&mut self, first: u64, records: &[&[u8]], fit: bool) -> io::Result<()> {
        let decode = |decoder: &mut Decoder| {
            let records = (first..).zip(records.iter().copied());
            if fit { decoder.batch(records) } else { decoder.batch_of_other_rows(records) }
        };
        let Part { decoder, writer, waiting, .. } = self;
        let (written, beside) = std::thread::scope(|scope| {
            let beside = Builder::new().name("mypreferences".to_owned()).spawn_scoped(scope, || decode(decoder));
            let written = waiting.take().map_or(Ok(()), |batch| put(writer, &batch));
            (written, beside.ok().map(|beside| beside.join().unwrap_or_else(|panic| resume_unwind(panic))))
        });
        written?;
        // Where no thread could be made, one after the other.
        let batch = beside.unwrap_or_else(|| decode(&mut self.decoder));
        self.waiting = Some(batch.map_err(of_arrow)?);
        Ok(())
    }
}

fn put(writer: &mut ArrowWriter<PartOut>, batch: &RecordBatch) -> io::Result<()> {
    writer.write(batch).map_err(of_parquet)?;
    if writer.memory_size() >= ROW_GROUP {
        writer.flush().map_err(of_parquet)?;
    }
    Ok(())
}

/// Texts of JSON are told apart by nobody's statistics, and no two records are equal.
fn properties(schema: &Schema) -> WriterProperties {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("mypreferences ", env!("CARGO_PKG_VERSION")).to_owned());
    let is_json = |name: &str| matches!(name, OTHERS | CELLS | RECORD);
    let texts = schema.fields().iter().filter(|field| {
        let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8);
        is_text && (is_json(field.name()) || !field.metadata().is_empty())
    });
    let without = texts.fold(properties, |properties, field| {
        properties.set_column_statistics_enabled(ColumnPath::from(field.name().as_str()), EnabledStatistics::None)
    });
    without.set_column_dictionary_enabled(ColumnPath::from(RECORD), false).build()
}

fn of_arrow(error: ArrowError) -> io::Error {
    io::Error::other(error)
}

/// What the disk said, where it was the disk.
fn of_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

/// The records of a landed batch, from the column that kept them.
pub(crate) struct Kept {
    folder: Folder,
    manifest: Manifest,
    parts: VecDeque<PartFile>,
    open: Option<Open>,
}

/// A part that is being read: that one column, by the reader that knows no tables, which is a third of the size of the one
/// that does.
struct Open {
    file: SerializedFileReader<Bytes>,
    column: usize,
    /// The row group that comes next.
    group: usize,
    values: Option<ColumnReaderImpl<ByteArrayType>>,
    /// So many records are taken at a time.
    records: usize,
}

impl Kept {
    pub(crate) fn new(folder: &Folder, manifest: &Manifest) -> Kept {
        let parts = manifest.parts.iter().cloned().collect();
        Kept { folder: folder.clone(), manifest: manifest.clone(), parts, open: None }
    }

    /// As those of [`Lines`](mypreferences::landing::Lines): up to so many, of about so many bytes.
    pub(crate) fn next_block(&mut self, most: usize, bytes: usize) -> Result<Option<LineBlock>, Error> {
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => match self.parts.pop_front() {
                    Some(part) => self.open.insert(self.opened(&part, most, bytes)?),
                    None => return Ok(None),
                },
            };
            match open.next().map_err(|error| unreadable(&self.manifest, &error.to_string()))? {
                Some(records) => return Ok(Some(records)),
                None => self.open = None,
            }
        }
    }

    fn opened(&self, part: &PartFile, most: usize, bytes: usize) -> Result<Open, Error> {
        let wrong = |error: ParquetError| unreadable(&self.manifest, &error.to_string());
        let file = SerializedFileReader::new(Bytes::from(self.folder.part(&self.manifest, part)?)).map_err(wrong)?;
        let metadata = file.metadata();
        let columns = metadata.file_metadata().schema_descr().columns();
        let Some(column) = columns.iter().position(|column| column.path().string() == RECORD) else {
            return Err(Error::before_io(
                ErrorKind::InvalidArgument,
                Operation::Export,
                format!("{} was landed without its records", self.manifest.batch),
                "read its files as Parquet",
            ));
        };
        let groups = metadata.row_groups().iter();
        let largest = groups.filter_map(|group| group.column(column).uncompressed_size().checked_div(group.num_rows()));
        let largest = usize::try_from(largest.max().unwrap_or(1)).unwrap_or(1).max(1);
        let records = (bytes / largest).clamp(1, most);
        Ok(Open { file, column, group: 0, values: None, records })
    }
}

impl Open {
    fn next(&mut self) -> Result<Option<LineBlock>, ParquetError> {
        loop {
            let values = match &mut self.values {
                Some(values) => values,
                None if self.group == self.file.num_row_groups() => return Ok(None),
                None => {
                    let ColumnReader::ByteArrayColumnReader(values) =
                        self.file.get_row_group(self.group)?.get_column_reader(self.column)?
                    else {
                        return Err(ParquetError::General("its records are no texts".to_owned()));
                    };
                    self.group += 1;
                    self.values.insert(values)
                }
            };
            let (mut levels, mut records) = (Vec::new(), Vec::new());
            values.read_records(self.records, Some(&mut levels), None, &mut records)?;
            if records.len() != levels.len() {
                return Err(ParquetError::General("a record is missing".to_owned()));
            }
            if !records.is_empty() {
                return Ok(Some(records.iter().map(ByteArray::data).collect()));
            }
            self.values = None;
        }
    }
}

fn unreadable(manifest: &Manifest, what: &str) -> Error {
    let what = format!("a part of {} cannot be read: {what}", manifest.batch);
    Error::before_io(ErrorKind::Corrupt, Operation::Export, what, "restore the file from a copy")
}

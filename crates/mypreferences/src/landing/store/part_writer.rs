//! Writing one part: lines of records, compressed if asked, or another format, hashed as they lie on disk. What it is
//! called and when it counts is `store`'s matter.

use std::io::{self, Write};

use crate::export::Page;
use crate::landing::part_format::{PartFormat, PartOut, PartRecords, Rows};
use crate::landing::store::disk::Out;
use crate::landing::store::hashed::Hashed;
use crate::landing::store::manifest::Compression;

/// Bytes are handed on in blocks of this size, or larger ones.
const BLOCK: usize = 256 << 10;

/// A part that is being written.
pub(crate) struct PartWriter {
    body: Body,
    rows: u64,
    /// Written, before compression.
    length: u64,
}

enum Body {
    Lines {
        lines: Lines,
        /// Lines on their way: no more than a block and what does not fit into it. Not a `BufWriter`, which writes when it
        /// is dropped.
        block: Vec<u8>,
    },
    Formatted {
        records: Box<dyn PartRecords>,
        out: PartOut,
    },
}

enum Lines {
    Plain(Hashed),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstd::Encoder<'static, Hashed>>),
}

impl Lines {
    /// In pieces that stay in the processor's cache between their hash and the system's copy.
    fn put(&mut self, lines: &[u8]) -> io::Result<()> {
        lines.chunks(BLOCK).try_for_each(|piece| match self {
            Lines::Plain(out) => out.write_all(piece),
            #[cfg(feature = "zstd")]
            Lines::Zstd(out) => out.write_all(piece),
        })
    }
}

/// A part that is durable under its temporary name.
pub(crate) struct Written {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
}

impl PartWriter {
    pub(crate) fn new(out: Box<dyn Out>, compression: Compression) -> io::Result<PartWriter> {
        let hashed = Hashed::new(out);
        let lines = match compression {
            Compression::None | Compression::Internal => Lines::Plain(hashed),
            #[cfg(feature = "zstd")]
            Compression::Zstd => Lines::Zstd(Box::new(zstd::Encoder::new(hashed, 0)?)),
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => return Err(io::Error::from(io::ErrorKind::Unsupported)),
        };
        Ok(PartWriter { body: Body::Lines { lines, block: Vec::new() }, rows: 0, length: 0 })
    }

    /// A part of another format, which begins with these records.
    pub(crate) fn formatted(out: Box<dyn Out>, format: &dyn PartFormat, first: &Rows<'_>) -> io::Result<PartWriter> {
        let out = PartOut::new(Hashed::new(out));
        let records = format.begin(out.clone(), first)?;
        Ok(PartWriter { body: Body::Formatted { records, out }, rows: 0, length: 0 })
    }

    /// Writes the records of a page, which stand as `lines`, if they stand as lines already.
    pub(crate) fn write<'a>(
        &mut self,
        page: &'a Page,
        lines: Option<&[u8]>,
        rows: impl FnOnce() -> Rows<'a>,
    ) -> io::Result<()> {
        match &mut self.body {
            Body::Formatted { .. } => return self.write_rows(&rows()),
            Body::Lines { lines: out, block } => match lines {
                Some(lines) if lines.len() >= BLOCK => {
                    self.length += hand_on(out, block)?;
                    out.put(lines)?;
                    self.length += lines.len() as u64;
                }
                Some(lines) => {
                    block.extend_from_slice(lines);
                    self.length += hand_on_a_block(out, block)?;
                }
                None => {
                    for record in page.records() {
                        record.write_line(block);
                        block.push(b'\n');
                        self.length += hand_on_a_block(out, block)?;
                    }
                }
            },
        }
        self.rows += page.count;
        Ok(())
    }

    /// Writes records into a part of another format.
    pub(crate) fn write_rows(&mut self, rows: &Rows<'_>) -> io::Result<()> {
        if let Body::Formatted { records, .. } = &mut self.body {
            records.write(rows)?;
            self.rows += rows.records.len() as u64;
            self.length += rows.records.iter().map(|record| record.len() as u64 + 1).sum::<u64>();
        }
        Ok(())
    }

    /// Bytes so far, before compression.
    pub(crate) fn length(&self) -> u64 {
        match &self.body {
            Body::Lines { block, .. } => self.length + block.len() as u64,
            Body::Formatted { .. } => self.length,
        }
    }

    /// Writes the rest and makes it durable.
    pub(crate) fn finish(self) -> io::Result<Written> {
        let hashed = match self.body {
            Body::Lines { mut lines, mut block } => {
                hand_on(&mut lines, &mut block)?;
                match lines {
                    Lines::Plain(out) => out,
                    #[cfg(feature = "zstd")]
                    Lines::Zstd(out) => out.finish()?,
                }
            }
            Body::Formatted { records, out } => {
                records.finish()?;
                out.take()?
            }
        };
        let (sha256, bytes) = hashed.finish()?;
        Ok(Written { sha256, bytes, rows: self.rows })
    }
}

fn hand_on_a_block(lines: &mut Lines, block: &mut Vec<u8>) -> io::Result<u64> {
    if block.len() >= BLOCK { hand_on(lines, block) } else { Ok(0) }
}

/// How many bytes there were.
fn hand_on(lines: &mut Lines, block: &mut Vec<u8>) -> io::Result<u64> {
    lines.put(block)?;
    let length = block.len() as u64;
    block.clear();
    Ok(length)
}

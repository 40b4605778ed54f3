//! Writing one part: lines of records, hashed as they lie on disk, compressed if asked. What it is called and when it
//! counts is `store`'s matter.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::export::Page;
use crate::json::hex;
use crate::landing::store::disk::Out;
use crate::landing::store::manifest::Compression;

/// Bytes are handed on in blocks of this size, or larger ones.
const BLOCK: usize = 256 << 10;

/// A part that is being written.
pub(crate) struct PartWriter {
    lines: Lines,
    /// Lines on their way: no more than a block and what does not fit into it. Not a `BufWriter`, which writes when it is
    /// dropped.
    block: Vec<u8>,
    rows: u64,
    /// Handed on, before compression.
    length: u64,
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

/// A file that hashes and counts what goes into it.
struct Hashed {
    out: Box<dyn Out>,
    sha256: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
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
        let hashed = Hashed { out, sha256: Sha256::new(), bytes: 0 };
        let lines = match compression {
            Compression::None => Lines::Plain(hashed),
            #[cfg(feature = "zstd")]
            Compression::Zstd => Lines::Zstd(Box::new(zstd::Encoder::new(hashed, 0)?)),
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => return Err(io::Error::from(io::ErrorKind::Unsupported)),
        };
        Ok(PartWriter { lines, block: Vec::new(), rows: 0, length: 0 })
    }

    /// Writes the records of a page, a line each; `lines`, if they stand as lines already.
    pub(crate) fn write(&mut self, page: &Page, lines: Option<&[u8]>) -> io::Result<()> {
        match lines {
            Some(lines) if lines.len() >= BLOCK => {
                self.hand_on()?;
                self.lines.put(lines)?;
                self.length += lines.len() as u64;
            }
            Some(lines) => {
                self.block.extend_from_slice(lines);
                self.hand_on_a_block()?;
            }
            None => {
                for record in page.records() {
                    record.write_line(&mut self.block);
                    self.block.push(b'\n');
                    self.hand_on_a_block()?;
                }
            }
        }
        self.rows += page.count;
        Ok(())
    }

    /// Bytes so far, before compression.
    pub(crate) fn length(&self) -> u64 {
        self.length + self.block.len() as u64
    }

    fn hand_on_a_block(&mut self) -> io::Result<()> {
        if self.block.len() >= BLOCK {
            self.hand_on()?;
        }
        Ok(())
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.lines.put(&self.block)?;
        self.length += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }

    /// Writes the rest and makes it durable.
    pub(crate) fn finish(mut self) -> io::Result<Written> {
        self.hand_on()?;
        let rows = self.rows;
        #[cfg_attr(not(feature = "zstd"), expect(clippy::infallible_destructuring_match, reason = "two with zstd"))]
        let mut hashed = match self.lines {
            Lines::Plain(out) => out,
            #[cfg(feature = "zstd")]
            Lines::Zstd(out) => out.finish()?,
        };
        hashed.out.sync()?;
        hashed.out.close()?;
        Ok(Written { sha256: hex(&hashed.sha256.finalize()), bytes: hashed.bytes, rows })
    }
}

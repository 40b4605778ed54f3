//! The records of a landed batch, read back line by line, with the proof that they are those that were sealed.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Operation};
use crate::json::{hex, text};
use crate::landing::errors::{corrupt, storage};
use crate::landing::folder::{BatchSummary, Folder};
use crate::landing::store::disk::{Disk, SystemDisk, read_whole};
use crate::landing::store::manifest::{Compression, Manifest, PartFile, sha256};
use crate::landing::store::read::{read_journal, read_manifest, visible_batches};
use crate::landing::verify::{RESTORE, sort_as_begun};

impl Folder {
    /// The manifests of the batches that can be seen, oldest first. Blocks.
    ///
    /// # Errors
    /// `corrupt`, `storage`.
    pub fn manifests(&self) -> Result<Vec<Manifest>, Error> {
        let logs = read_journal(&SystemDisk, self.place())?.unwrap_or_default();
        let mut manifests = Vec::new();
        for batch in visible_batches(&SystemDisk, self.place())? {
            let found = read_manifest(&SystemDisk, self.place(), &batch)?;
            let (manifest, _) = found.ok_or_else(|| corrupt(format!("{batch} has no manifest"), RESTORE))?;
            manifests.push(manifest);
        }
        sort_as_begun(&mut manifests, &logs);
        Ok(manifests)
    }

    /// The batches as [`Folder::batches`] gives them, each with its manifest as `manifest`, null where it cannot be seen: a
    /// JSON list. Blocks.
    ///
    /// # Errors
    /// As [`Folder::batches`].
    pub fn batches_with_manifests(&self) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Listed<'a> {
            #[serde(flatten)]
            summary: &'a BatchSummary,
            manifest: Option<&'a Manifest>,
        }
        let (batches, manifests) = (self.batches()?, self.manifests()?);
        let listed = |summary: &'_ BatchSummary| manifests.iter().find(|manifest| manifest.batch == summary.batch);
        let listed: Vec<_> = batches.iter().map(|summary| Listed { summary, manifest: listed(summary) }).collect();
        Ok(text(&listed))
    }

    /// A part of a batch as it lies on disk, which is the one that the manifest names. Blocks.
    ///
    /// # Errors
    /// `corrupt`, `storage`.
    pub fn part(&self, manifest: &Manifest, part: &PartFile) -> Result<Vec<u8>, Error> {
        let path = self.place().batch(&manifest.batch).join(&part.file);
        let bytes = read_whole(&SystemDisk, &path).map_err(|error| storage("cannot read", &path, &error))?;
        match bytes {
            None => Err(corrupt(format!("{} is missing", part.file), RESTORE)),
            Some(bytes) if sha256(&bytes) != part.sha256 => Err(is_another(part)),
            Some(bytes) => Ok(bytes),
        }
    }

    /// The lines of a batch, in their order. Reads nothing yet. For a batch whose parts are no lines, reading them is
    /// refused.
    pub fn lines(&self, manifest: &Manifest) -> Lines {
        self.lines_of(manifest, manifest.parts.iter().cloned().collect())
    }

    /// Of these parts.
    pub(crate) fn lines_of(&self, manifest: &Manifest, parts: VecDeque<PartFile>) -> Lines {
        Lines {
            folder: self.place().batch(&manifest.batch),
            compression: manifest.parameters.compression,
            parts,
            open: None,
        }
    }
}

/// Lines of landed parts. Blocks while it reads.
pub struct Lines {
    folder: PathBuf,
    compression: Compression,
    parts: VecDeque<PartFile>,
    open: Option<OpenPart>,
}

/// Some lines, one after the other.
#[derive(Clone, Debug, Default)]
pub struct LineBlock {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

struct OpenPart {
    reader: Box<dyn BufRead + Send>,
    seen: Arc<Mutex<Seen>>,
    file: PartFile,
    rows: u64,
}

/// What was read of a file as it lies on disk.
#[derive(Default)]
struct Seen {
    sha256: Sha256,
    bytes: u64,
}

struct Hashing<R> {
    reader: R,
    seen: Arc<Mutex<Seen>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, place: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(place)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.sha256.update(&place[..read]);
        seen.bytes += read as u64;
        Ok(read)
    }
}

fn is_another(part: &PartFile) -> Error {
    corrupt(format!("{} is not the file that its manifest names", part.file), RESTORE)
}

impl<'a> FromIterator<&'a [u8]> for LineBlock {
    fn from_iter<T: IntoIterator<Item = &'a [u8]>>(lines: T) -> LineBlock {
        let mut block = LineBlock::default();
        for line in lines {
            block.push(line);
        }
        block
    }
}

impl LineBlock {
    fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
        self.bytes.push(b'\n');
    }

    /// The lines, without their ends.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| end + 1));
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Those of the lines that are wanted, by their index and what they are.
    #[must_use]
    pub fn filtered(&self, mut is_wanted: impl FnMut(usize, &[u8]) -> bool) -> LineBlock {
        let mut kept = LineBlock::default();
        for (index, line) in self.iter().enumerate() {
            if is_wanted(index, line) {
                kept.push(line);
            }
        }
        kept
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("folder", &self.folder).field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

impl Lines {
    /// The lines that come next: up to so many, and no more once they have so many bytes. None after the last one.
    ///
    /// # Errors
    /// `corrupt` at the end of a part that is not the one that its manifest names, `storage`.
    pub fn next_block(&mut self, most: usize, bytes: usize) -> Result<Option<LineBlock>, Error> {
        let mut block = LineBlock::default();
        while block.ends.len() < most && block.bytes.len() < bytes {
            let part = match &mut self.open {
                Some(part) => part,
                None => match self.parts.pop_front() {
                    Some(file) => self.open.insert(self.opened(file)?),
                    None => break,
                },
            };
            let path = || self.folder.join(&part.file.file);
            let read = part.reader.read_until(b'\n', &mut block.bytes);
            let read = read.map_err(|error| storage("cannot read", &path(), &error))?;
            if read > 0 {
                if block.bytes.last() != Some(&b'\n') {
                    return Err(corrupt(format!("{} ends within a line", part.file.file), RESTORE));
                }
                part.rows += 1;
                block.ends.push(block.bytes.len() - 1);
                continue;
            }
            let seen = part.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let is_whole = seen.bytes == part.file.bytes
                && hex(&seen.sha256.clone().finalize()) == part.file.sha256
                && part.rows == part.file.rows;
            if !is_whole {
                return Err(is_another(&part.file));
            }
            drop(seen);
            self.open = None;
        }
        Ok((!block.ends.is_empty()).then_some(block))
    }

    fn opened(&self, file: PartFile) -> Result<OpenPart, Error> {
        let path = self.folder.join(&file.file);
        let wrong = |error: std::io::Error| storage("cannot read", &path, &error);
        let Some(opened) = SystemDisk.open(&path).map_err(wrong)? else {
            return Err(corrupt(format!("{} is missing", file.file), RESTORE));
        };
        let seen = Arc::new(Mutex::new(Seen::default()));
        let hashing = Hashing { reader: opened, seen: Arc::clone(&seen) };
        let reader: Box<dyn BufRead + Send> = match self.compression {
            Compression::None => Box::new(BufReader::with_capacity(256 << 10, hashing)),
            Compression::Internal => {
                return Err(Error::invalid_argument(
                    Operation::Export,
                    format!("{} holds no lines", file.file),
                    "read it as what it is, such as Parquet",
                ));
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => Box::new(BufReader::new(zstd::Decoder::new(hashing).map_err(wrong)?)),
            #[cfg(not(feature = "zstd"))]
            Compression::Zstd => {
                return Err(Error::invalid_argument(
                    Operation::Export,
                    "this build cannot read compressed parts",
                    "use a build with zstd, such as the command or the Python package",
                ));
            }
        };
        Ok(OpenPart { reader, seen, file, rows: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// The lines of a part with these bytes, of which its manifest says this.
    fn read(name: &str, bytes: &[u8], sealed: &[u8], rows: u64) -> Result<Vec<Vec<u8>>, Error> {
        let folder = std::env::temp_dir().join(format!("mypreferences-lines-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("part-00001.ndjson"), bytes).unwrap();
        let file =
            PartFile { file: "part-00001.ndjson".to_owned(), sha256: sha256(sealed), rows, bytes: sealed.len() as u64 };
        let parts = VecDeque::from([file]);
        let mut lines = Lines { folder: folder.clone(), compression: Compression::None, parts, open: None };
        let mut all = Vec::new();
        let ended = loop {
            match lines.next_block(2, 1 << 20) {
                Ok(Some(block)) => all.extend(block.iter().map(<[u8]>::to_vec)),
                Ok(None) => break Ok(all),
                Err(error) => break Err(error),
            }
        };
        std::fs::remove_dir_all(folder).unwrap();
        ended
    }

    #[test]
    fn lines_come_whole_and_what_was_changed_or_cut_is_corrupt() {
        let sealed = b"{\"a\":1}\n{}\n[2]\n";
        assert_eq!(read("whole", sealed, sealed, 3).unwrap(), [&b"{\"a\":1}"[..], b"{}", b"[2]"]);
        assert_eq!(read("empty", b"", b"", 0).unwrap().len(), 0);
        let cut = (0..sealed.len()).map(|length| sealed[..length].to_vec());
        let changed = (0..sealed.len()).map(|at| {
            let mut changed = sealed.to_vec();
            changed[at] ^= 1;
            changed
        });
        for bytes in cut.chain(changed) {
            let error = read("changed", &bytes, sealed, 3).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{bytes:?}");
        }
        assert_eq!(read("rows", sealed, sealed, 4).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

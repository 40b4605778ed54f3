//! A part and the journal's file: written, ended, made durable.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::landing::errors::{bug, storage};
use crate::landing::store::disk::{Disk, Held, Out};
use crate::landing::store::journal::{self, Entry, PartEntry};
use crate::landing::store::manifest::PartFile;
use crate::landing::store::part_writer::PartWriter;

/// The part that is being written.
pub(super) struct OpenPart {
    pub(super) writer: PartWriter,
    pub(super) pages: Vec<String>,
}

/// The journal as it is written.
pub(super) struct JournalFile {
    pub(super) file: PathBuf,
    /// None after a write of it has failed: it is written anew by the next run.
    pub(super) out: Option<Box<dyn Out>>,
}

impl JournalFile {
    /// Writes a line and makes it durable.
    pub(super) fn note(&mut self, entry: &Entry) -> Result<(), Error> {
        self.write(entry, true)
    }

    /// Writes a line; durable only with `sync`.
    pub(super) fn write(&mut self, entry: &Entry, sync: bool) -> Result<(), Error> {
        let line = journal::line(entry).map_err(|_| bug("a journal line cannot be written"))?;
        // Until the line is durable there is no journal to write to: after a failure nothing is known about it.
        let mut out = self.out.take().ok_or_else(|| {
            storage("cannot write", &self.file, &io::Error::other("an earlier write of it has failed"))
        })?;
        out.write_all(&line)
            .and_then(|()| if sync { out.sync() } else { out.flush() })
            .map_err(|error| storage("cannot write", &self.file, &error))?;
        self.out = Some(out);
        Ok(())
    }
}

/// A part to which nothing is added any more, and which is not durable yet.
pub(crate) struct EndedPart {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) writer: PartWriter,
    pub(super) folder: PathBuf,
    /// As it will be journalled, but for what the writer still has to tell.
    pub(super) entry: PartEntry,
    pub(super) journal: Arc<Mutex<JournalFile>>,
    /// The folder is not another's while its files are written.
    pub(super) _lock: Option<Arc<dyn Held>>,
}

/// A part that is durable and stands in the journal's file.
pub(crate) struct DurablePart {
    pub(super) file: PartFile,
    pub(super) entry: Entry,
}

impl EndedPart {
    /// Makes it durable and journals it: parts in their order. Needs nothing of the store, so that the next part can be
    /// written meanwhile.
    pub(crate) fn make_durable(self) -> Result<DurablePart, Error> {
        let EndedPart { disk, writer, folder, mut entry, journal, _lock } = self;
        let wrong = |error: io::Error| storage("cannot write into", &folder, &error);
        let written = writer.finish().map_err(wrong)?;
        let file = &mut entry.file;
        (file.sha256, file.rows, file.bytes) = (written.sha256, written.rows, written.bytes);
        disk.rename(&folder.join(temporary(&file.file)), &folder.join(&file.file)).map_err(wrong)?;
        disk.sync_folder(&folder).map_err(wrong)?;
        let part = DurablePart { file: entry.file.clone(), entry: Entry::Part(entry) };
        lock(&journal).note(&part.entry)?;
        Ok(part)
    }
}

/// Nothing is half done in there when a thread panics: a journal that is being written is taken out.
pub(super) fn lock(journal: &Mutex<JournalFile>) -> MutexGuard<'_, JournalFile> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn temporary(name: &str) -> String {
    format!("{name}.tmp")
}

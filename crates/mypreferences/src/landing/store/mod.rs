//! What a landing has on disk, and the order in which it becomes durable: each method is one step, and returns when the
//! step is durable; but for the parts, which are written, ended and made durable one beside the next. When to take which
//! step is `run`'s and `pipeline`'s matter.
//!
//! envelopes fsync · part tmp fsync, rename, fsync(staging folder), PART · manifest fsync, fsync(staging folder) · rename to batch=,
//! fsync(out), fsync(.staging) · SEALED · COMMITTING, *then* the POST · receipt fsync + folder, COMMITTED.

pub(crate) mod disk;
pub(crate) mod envelope;
pub(crate) mod hashed;
pub(crate) mod journal;
pub(crate) mod layout;
pub(crate) mod manifest;
pub(crate) mod open_page;
pub(crate) mod part;
pub(crate) mod part_writer;
pub(crate) mod position;
pub(crate) mod read;
pub(crate) mod receipt;

use crate::landing::errors::{bug, corrupt, locked, storage};
use crate::landing::store::envelope::EnvelopeFile;
use crate::landing::store::layout::{LOCK, Layout};
use crate::landing::store::open_page::OpenPage;
use crate::landing::store::part::{DurablePart, EndedPart, JournalFile, OpenPart, lock, temporary};
use crate::landing::store::position::{Position, ReadyFacts};
use crate::landing::store::read::{hash, hash_file, read_manifest, read_receipt, understand_journal, visible_batches};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sha2::Digest;

use crate::ExportKind;
use crate::error::{Error, ErrorKind, Operation};
use crate::export::sequence::{Fingerprints, Sequence};
use crate::export::{Export, Page};
use crate::landing::part_format::{PartFormat, Rows};
use crate::landing::store::disk::{Access, Disk, Held, make_folders, read_whole, write_whole};
use crate::landing::store::envelope::{Envelope, members, text};
use crate::landing::store::journal::{BatchLog, Committing, Effort, Entry, FORM, Initiated, Intent, PartEntry, Sent};
use crate::landing::store::manifest::{Compression, ENVELOPES, MANIFEST, Manifest, PartFile, RECEIPT};
use crate::landing::store::part_writer::PartWriter;
use crate::landing::store::receipt::BatchReceipt;

/// A folder that this process holds.
pub(crate) struct Store {
    disk: Arc<dyn Disk>,
    place: Layout,
    journal: Arc<Mutex<JournalFile>>,
    batches: Vec<BatchLog>,
    /// The batch that is being landed.
    landing: Option<Landing>,
    /// The last to go; none once it was given back.
    lock: Option<Arc<dyn Held>>,
}

/// A batch between INITIATED and SEALED.
struct Landing {
    batch: String,
    kind: ExportKind,
    compression: Compression,
    /// None: lines.
    format: Option<Arc<dyn PartFormat>>,
    sequence: Sequence,
    /// Those that are journalled and were taken in.
    parts: Vec<PartFile>,
    ended_parts: usize,
    next_offset: u64,
    is_over: bool,
    part: Option<OpenPart>,
    envelopes: EnvelopeFile,
    ready: ReadyFacts,
    /// Of this run, as far as it is journalled.
    effort: Effort,
}

impl Store {
    /// Takes hold of a folder, which is made if it is not there, and reads how far it is.
    ///
    /// # Errors
    /// `locked`, `corrupt`, `storage`.
    pub(crate) fn open(disk: Arc<dyn Disk>, out: PathBuf) -> Result<Store, Error> {
        let place = Layout { out };
        let lock = hold(&*disk, &place)?;
        let mut store = Store {
            disk,
            journal: Arc::new(Mutex::new(JournalFile { file: place.journal(), out: None })),
            place,
            batches: Vec::new(),
            landing: None,
            lock: Some(Arc::from(lock)),
        };
        store.open_journal()?;
        Ok(store)
    }

    /// Reads the journal and writes it anew, without a torn line: what can be read of an earlier run is not durable for
    /// that reason, and a failed fsync is final for its file.
    fn open_journal(&mut self) -> Result<(), Error> {
        let file = self.place.journal();
        let wrong = |error: io::Error| storage("cannot write", &file, &error);
        let bytes = read_whole(&*self.disk, &file).map_err(|error| storage("cannot read", &file, &error))?;
        let bytes = bytes.unwrap_or_default();
        let journal = understand_journal(&bytes)?;
        // Empty, torn in its first line, or nothing but zeros after a crash of the file system: as good as none.
        if journal.batches.is_empty() {
            self.refuse_batches_without_a_journal()?;
        }
        let good = usize::try_from(journal.good).unwrap_or(bytes.len());
        let mut lines = Vec::new();
        if journal.form.is_none() {
            let form = Entry::Form { version: FORM };
            lines = journal::line(&form).map_err(|_| bug("a journal line cannot be written"))?;
        }
        lines.extend_from_slice(&bytes[..good]);
        let fresh = file.with_extension("tmp");
        write_whole(&*self.disk, &fresh, Access::Owner, &lines).map_err(wrong)?;
        self.disk.rename(&fresh, &file).map_err(wrong)?;
        self.disk.sync_folder(&self.place.hidden()).map_err(wrong)?;
        let out = self.disk.append(&file, lines.len() as u64).map_err(wrong)?;
        lock(&self.journal).out = Some(out);
        self.batches = journal.batches;
        Ok(())
    }

    /// A sealed batch without a receipt may still be to be committed, and only the journal knows its token.
    fn refuse_batches_without_a_journal(&self) -> Result<(), Error> {
        for batch in visible_batches(&*self.disk, &self.place)? {
            if read_receipt(&*self.disk, &self.place, &batch)?.is_none() {
                return Err(corrupt(
                    format!("{batch} has no receipt, and the journal that knows its token is gone"),
                    "restore .mypreferences/journal, or begin in another folder",
                ));
            }
        }
        Ok(())
    }

    /// Gives the folder back before the last step is told: the thread that takes the steps may live a moment longer.
    pub(crate) fn release(&mut self) {
        self.lock = None;
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.disk
    }

    pub(crate) fn place(&self) -> &Layout {
        &self.place
    }

    pub(crate) fn batches(&self) -> &[BatchLog] {
        &self.batches
    }

    /// The newest batch.
    pub(crate) fn last(&self) -> Option<&BatchLog> {
        self.batches.last()
    }

    pub(crate) fn find(&self, batch: &str) -> Option<&BatchLog> {
        self.batches.iter().rev().find(|log| log.intent.batch == batch)
    }

    /// Writes a line of the journal and makes it durable.
    fn note(&mut self, entry: Entry) -> Result<(), Error> {
        lock(&self.journal).note(&entry)?;
        self.add(entry)
    }

    /// Takes in what stands in the journal's file.
    fn add(&mut self, entry: Entry) -> Result<(), Error> {
        if journal::add(&mut self.batches, entry) { Ok(()) } else { Err(bug("a journal entry came out of order")) }
    }

    /// A batch that is going to be made.
    pub(crate) fn intend(&mut self, intent: Intent) -> Result<(), Error> {
        self.landing = None;
        self.note(Entry::Intent(intent))
    }

    /// `local_ms`: when Initiate was sent, by the local clock.
    pub(crate) fn initiated(&mut self, export: &Export, local_ms: i64) -> Result<(), Error> {
        let export = serde_json::from_str(&export.to_json_with_token())
            .map_err(|_| bug("an export's handle cannot be written"))?;
        self.note(Entry::Initiated(Initiated { export, local_ms: Some(local_ms) }))
    }

    /// The batch that was made whole by a run that could not journal it.
    pub(crate) fn is_visible(&self) -> Result<bool, Error> {
        let Some(log) = self.last() else {
            return Ok(false);
        };
        Ok(read_manifest(&*self.disk, &self.place, &log.intent.batch)?.is_some())
    }

    /// Prepares the staging folder and finds out what of it can be used: parts are hashed again, and a missing or
    /// differing one is dropped with all after it. `format`: the one that the batch was begun with.
    pub(crate) fn resume(&mut self, format: Option<Arc<dyn PartFormat>>) -> Result<Position, Error> {
        let log = self.last().cloned().ok_or_else(|| bug("there is no batch"))?;
        let staging = self.place.staging();
        let folder = self.place.staged(&log.intent.batch);
        let wrong = |error: io::Error| storage("cannot prepare", &folder, &error);
        // What is left of other batches.
        for name in self.disk.names(&staging).map_err(wrong)? {
            if name != log.intent.batch {
                let path = staging.join(&name);
                self.disk.remove_folder(&path).or_else(|_| self.disk.remove_file(&path)).map_err(wrong)?;
            }
        }
        self.disk.make_folder(&folder).map_err(wrong)?;
        self.disk.sync_folder(&staging).map_err(wrong)?;
        let good = self.good_parts(&log, &folder).map_err(wrong)?;
        let kept = &log.parts[..good];
        for name in self.disk.names(&folder).map_err(wrong)? {
            let is_used = kept.iter().any(|part| part.file.file == name)
                || (name == ENVELOPES && kept.last().is_some_and(|part| part.envelopes.bytes > 0));
            if !is_used {
                self.disk.remove_file(&folder.join(&name)).map_err(wrong)?;
            }
        }
        let last = kept.last();
        let envelopes = match last {
            Some(part) if part.envelopes.bytes > 0 => {
                self.reopen_envelopes(&folder.join(ENVELOPES), part.envelopes.bytes).map_err(wrong)?
            }
            Some(_) | None => EnvelopeFile::default(),
        };
        let landing = Landing {
            batch: log.intent.batch.clone(),
            kind: log.intent.identity.kind.parse().map_err(|_| bug("a batch of no kind"))?,
            compression: log.intent.parameters.compression,
            format,
            sequence: Sequence::resume(
                last.and_then(|part| part.total_results),
                kept.iter().map(|part| part.file.rows).sum(),
                kept.iter().flat_map(|part| part.pages.iter().cloned()),
                last.and_then(|part| part.last_record.clone()),
            ),
            parts: kept.iter().map(|part| part.file.clone()).collect(),
            ended_parts: kept.len(),
            next_offset: last.map_or(1, |part| part.next_offset),
            is_over: last.is_some_and(|part| part.is_last),
            part: None,
            envelopes,
            ready: ReadyFacts { row_count: last.and_then(|part| part.row_count), expires: None },
            effort: Effort::default(),
        };
        let position = landing.position();
        self.landing = Some(landing);
        Ok(position)
    }

    /// How many parts from the first on are as the journal says.
    fn good_parts(&self, log: &BatchLog, folder: &Path) -> io::Result<usize> {
        let mut good = 0;
        for part in &log.parts {
            let found = hash_file(&*self.disk, &folder.join(&part.file.file))?;
            if found != Some((part.file.sha256.clone(), part.file.bytes)) {
                break;
            }
            good += 1;
        }
        // The envelopes of the last part hold those of all before it.
        while good > 0 {
            let wanted = &log.parts[good - 1].envelopes;
            if wanted.bytes == 0 || self.hash_beginning(&folder.join(ENVELOPES), wanted.bytes)? == wanted.sha256 {
                break;
            }
            good -= 1;
        }
        Ok(good)
    }

    fn hash_beginning(&self, file: &Path, bytes: u64) -> io::Result<String> {
        let Some(opened) = self.disk.open(file)? else {
            return Ok(String::new());
        };
        let (found, read) = hash(opened.take(bytes))?;
        Ok(if read == bytes { found } else { String::new() })
    }

    fn reopen_envelopes(&self, file: &Path, bytes: u64) -> io::Result<EnvelopeFile> {
        let opened = self.disk.open(file)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut envelopes = EnvelopeFile::default();
        let mut reader = BufReader::new(opened.take(bytes));
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            envelopes.sha256.update(&line);
            envelopes.bytes += line.len() as u64;
            envelopes.lines += 1;
            let envelope = envelope::parse(&line)?;
            envelopes.previous = text(&envelope.members)?;
            line.clear();
        }
        envelopes.out = Some(self.disk.append(file, bytes)?);
        Ok(envelopes)
    }

    fn landing(&mut self) -> Result<&mut Landing, Error> {
        self.landing.as_mut().ok_or_else(|| bug("no batch is being landed"))
    }

    /// After an error nothing is known about what was written last: what is not journalled is written anew by the next
    /// run.
    pub(crate) fn stop_landing(&mut self) {
        self.landing = None;
    }

    /// The export is ready, as its status says.
    pub(crate) fn ready(&mut self, ready: ReadyFacts) -> Result<(), Error> {
        self.landing()?.ready = ready;
        Ok(())
    }

    pub(crate) fn position(&mut self) -> Result<Position, Error> {
        self.landing().map(|landing| landing.position())
    }

    pub(crate) fn sequence(&mut self) -> Result<&Sequence, Error> {
        self.landing().map(|landing| &landing.sequence)
    }

    /// Writes a page into the part under way, and gives the part's length so far in bytes before compression. Nothing of
    /// it is durable yet.
    pub(crate) fn write(&mut self, open: &OpenPage, prints: &Fingerprints) -> Result<u64, Error> {
        let page = &open.page;
        let disk = Arc::clone(&self.disk);
        let staging = self.place.staging();
        let landing = self.landing()?;
        let folder = staging.join(&landing.batch);
        let wrong = |error: io::Error| storage("cannot write into", &folder, &error);
        landing.write_envelope(&*disk, &folder, page).map_err(wrong)?;
        // Another format says what columns there are, even where there are no rows.
        let is_wanted = page.count > 0 || (landing.format.is_some() && landing.sequence.rows == 0 && !page.has_more);
        if is_wanted {
            let mut part = match landing.part.take() {
                Some(part) => part,
                None => landing.open_part(&*disk, &folder, page).map_err(wrong)?,
            };
            part.writer.write(page, open.lines(), || landing.rows(page)).map_err(wrong)?;
            part.pages.extend(prints.page().map(str::to_owned));
            landing.part = Some(part);
        }
        landing.sequence.take(page, prints);
        landing.next_offset = landing.next_offset.saturating_add(page.count);
        landing.is_over = !page.has_more;
        Ok(landing.part.as_ref().map_or(0, |part| part.writer.length()))
    }

    /// Ends the part under way, if there is one. It counts when it was made durable and was journalled, in the order of
    /// the parts. `effort`: of this run so far.
    pub(crate) fn end_part(&mut self, effort: Effort) -> Result<Option<EndedPart>, Error> {
        let disk = Arc::clone(&self.disk);
        let journal = Arc::clone(&self.journal);
        let lock = self.lock.clone();
        let staging = self.place.staging();
        let landing = self.landing()?;
        let Some(part) = landing.part.take() else {
            return Ok(None);
        };
        let folder = staging.join(&landing.batch);
        // What the part's entry says of them is durable before it.
        landing.envelopes.sync().map_err(|error| storage("cannot write into", &folder, &error))?;
        let name = landing.part_name();
        landing.ended_parts += 1;
        Ok(Some(EndedPart {
            disk,
            writer: part.writer,
            folder,
            entry: PartEntry {
                n: u32::try_from(landing.ended_parts).unwrap_or(u32::MAX),
                file: PartFile { file: name, sha256: String::new(), rows: 0, bytes: 0 },
                next_offset: landing.next_offset,
                total_results: landing.sequence.total_results,
                row_count: landing.ready.row_count,
                envelopes: landing.envelopes.so_far(),
                pages: part.pages,
                last_record: landing.sequence.last_record().map(str::to_owned),
                is_last: landing.is_over,
                effort: Some(landing.since_journalled(effort)),
            },
            journal,
            _lock: lock,
        }))
    }

    /// Takes in a part that was made durable.
    pub(crate) fn take_part(&mut self, part: DurablePart) -> Result<(), Error> {
        self.landing()?.parts.push(part.file);
        self.add(part.entry)
    }

    /// Ends the part under way, if there is one: it is durable, and journalled.
    pub(crate) fn finish_part(&mut self, effort: Effort) -> Result<(), Error> {
        match self.end_part(effort)? {
            Some(ended) => self.take_part(ended.make_durable()?),
            None => Ok(()),
        }
    }

    /// Makes the batch whole: the manifest, the one rename by which it can be seen, SEALED. The watermark is the server's
    /// time just before Initiate, and never later. `at_ms`: now, by the local clock. `effort`: of this run so far.
    ///
    /// # Errors
    /// `count_mismatch` when the rows are not what the server said; `storage`.
    pub(crate) fn seal(&mut self, watermark_ms: i64, at_ms: i64, effort: Effort) -> Result<(), Error> {
        let total_results = self.landing()?.sequence.finish()?;
        self.finish_part(effort)?;
        #[cfg(test)]
        if crate::mutants::is_active(crate::mutants::Mutant::CommitBeforeSeal) {
            return self.note(Entry::Sealed {
                manifest_sha256: String::new(),
                expires: None,
                at_ms: None,
                effort: None,
            });
        }
        let log = self.last().cloned().ok_or_else(|| bug("there is no batch"))?;
        let disk = Arc::clone(&self.disk);
        let folder = self.place.staged(&log.intent.batch);
        let wrong = |error: io::Error| storage("cannot write into", &folder, &error);
        let landing = self.landing()?;
        let ready = landing.ready;
        let effort = landing.since_journalled(effort);
        let (members, envelopes) = landing.finish_envelopes(&*disk, &folder).map_err(wrong)?;
        let rows: u64 = landing.parts.iter().map(|part| part.rows).sum();
        if rows != total_results {
            return Err(bug("the parts have other rows than were counted"));
        }
        let manifest = Manifest {
            total_results,
            row_count: ready.row_count,
            parts: landing.parts.clone(),
            members,
            envelopes,
            synced_plainly: disk.syncs_plainly(&folder),
            ..Manifest::of_journal(&log, watermark_ms)
        };
        write_manifest(&*disk, &folder, &manifest)?;
        let batch = self.place.batch(&log.intent.batch);
        disk.rename(&folder, &batch).map_err(wrong)?;
        self.journal_seal(ready.expires, at_ms, Some(effort))
    }

    /// Journals SEALED for the batch that can be seen.
    pub(crate) fn journal_seal(
        &mut self,
        expires: Option<i64>,
        at_ms: i64,
        effort: Option<Effort>,
    ) -> Result<(), Error> {
        let out = self.place.out.clone();
        let staging = self.place.staging();
        for folder in [&out, &staging] {
            self.disk.sync_folder(folder).map_err(|error| storage("cannot write the folder", folder, &error))?;
        }
        let log = self.last().cloned().ok_or_else(|| bug("there is no batch"))?;
        let found = read_manifest(&*self.disk, &self.place, &log.intent.batch)?;
        let Some((manifest, manifest_sha256)) = found else {
            return Err(bug("a batch was sealed and cannot be seen"));
        };
        let journalled: Vec<&PartFile> = log.parts.iter().map(|part| &part.file).collect();
        if !manifest.parts.iter().eq(journalled) {
            return Err(corrupt(
                format!("the manifest of {} names other parts than the journal", log.intent.batch),
                "begin in another folder",
            ));
        }
        self.landing = None;
        self.note(Entry::Sealed { manifest_sha256, expires, at_ms: Some(at_ms), effort })
    }

    pub(crate) fn committing(&mut self, committing: Committing) -> Result<(), Error> {
        self.note(Entry::Committing(committing))
    }

    /// The commit has left this machine. Durable with the next line: what a crash of the machine takes with it costs a claim
    /// about the server's files, nothing else.
    pub(crate) fn sent(&mut self, sent: Sent) -> Result<(), Error> {
        let entry = Entry::Sent(sent);
        lock(&self.journal).write(&entry, false)?;
        self.add(entry)
    }

    /// Keeps how the commit ended, beside the batch and in the journal; or in the journal alone, and says why: the verdict
    /// is not to be had again.
    pub(crate) fn committed(&mut self, batch: &str, receipt: BatchReceipt) -> Result<Option<String>, Error> {
        let why_not = if self.is_there(batch)? {
            let written = self.write_receipt(batch, &receipt);
            written.err().map(|error| {
                let why = error.detail().unwrap_or_default();
                format!("the receipt of {batch} stands in the journal only: {why}")
            })
        } else {
            Some(format!("{batch} was moved away: its receipt stands in the journal only"))
        };
        self.note(Entry::Committed { batch: batch.to_owned(), receipt })?;
        Ok(why_not)
    }

    /// The folder of a batch is where it was made.
    pub(crate) fn is_there(&self, batch: &str) -> Result<bool, Error> {
        Ok(visible_batches(&*self.disk, &self.place)?.iter().any(|name| name == batch))
    }

    fn write_receipt(&self, batch: &str, receipt: &BatchReceipt) -> Result<(), Error> {
        let mut bytes = serde_json::to_vec_pretty(receipt).map_err(|_| bug("the receipt cannot be written"))?;
        bytes.push(b'\n');
        replace_receipt(&*self.disk, &self.place.batch(batch), &bytes)
    }

    /// Gives a batch up; none: the newest one.
    pub(crate) fn abandoned(&mut self, batch: Option<&str>, why: &str) -> Result<(), Error> {
        let is_newest = batch.is_none_or(|batch| self.last().is_some_and(|newest| newest.intent.batch == batch));
        if is_newest {
            self.landing = None;
        }
        self.note(Entry::Abandoned { why: why.to_owned(), batch: batch.map(str::to_owned) })
    }
}

/// Writes the manifest of a batch that is not seen yet; it is durable, and all names in its folder are.
pub(crate) fn write_manifest(disk: &dyn Disk, folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    let wrong = |error: io::Error| storage("cannot write into", folder, &error);
    let mut bytes = serde_json::to_vec_pretty(manifest).map_err(|_| bug("the manifest cannot be written"))?;
    bytes.push(b'\n');
    write_whole(disk, &folder.join(MANIFEST), Access::Umask, &bytes).map_err(wrong)?;
    disk.sync_folder(folder).map_err(wrong)
}

/// Writes the receipt of a batch that can be seen, whole or not at all.
pub(crate) fn replace_receipt(disk: &dyn Disk, folder: &Path, bytes: &[u8]) -> Result<(), Error> {
    let wrong = |error: io::Error| storage("cannot write into", folder, &error);
    let fresh = folder.join(temporary(RECEIPT));
    write_whole(disk, &fresh, Access::Umask, bytes).map_err(wrong)?;
    disk.rename(&fresh, &folder.join(RECEIPT)).map_err(wrong)?;
    disk.sync_folder(folder).map_err(wrong)
}

/// Takes hold of a folder, which is made if it is not there, until what is given back is dropped.
///
/// # Errors
/// `locked`, `storage`.
pub(crate) fn hold(disk: &dyn Disk, place: &Layout) -> Result<Box<dyn Held>, Error> {
    make_folders(disk, &place.out).map_err(|error| storage("cannot make the folder", &place.out, &error))?;
    for folder in [place.hidden(), place.staging()] {
        let wrong = |error: io::Error| storage("cannot make the folder", &folder, &error);
        disk.make_folder(&folder).map_err(wrong)?;
        if !disk.is_ours(&folder).map_err(wrong)? {
            return Err(Error::before_io(
                ErrorKind::Storage,
                Operation::Export,
                format!("{} belongs to another user, or others can write into it", folder.display()),
                "give it to this user alone (chown, chmod 0700), or pass another folder",
            ));
        }
    }
    let file = place.hidden().join(LOCK);
    let lock = disk.lock(&file, &holder()).map_err(|error| storage("cannot lock", &file, &error))?;
    let Some(lock) = lock else {
        return Err(locked(&holder_of(disk, &file)));
    };
    // A run that was killed may have left names that can be seen and are not durable.
    disk.sync_folder(&place.out).map_err(|error| storage("cannot write the folder", &place.out, &error))?;
    Ok(lock)
}

/// Of the part with this number, from 1.
pub(crate) fn part_name(number: usize, suffix: &str) -> String {
    format!("part-{number:05}.{suffix}")
}

/// What the lock file says.
fn holder_of(disk: &dyn Disk, file: &Path) -> String {
    let bytes = read_whole(disk, file).ok().flatten();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_default().trim().to_owned()
}

impl Landing {
    fn position(&self) -> Position {
        Position {
            next_offset: self.next_offset,
            is_over: self.is_over,
            rows: self.sequence.rows,
            total_results: self.sequence.total_results,
        }
    }

    /// What of the run's effort is in no entry yet.
    fn since_journalled(&mut self, effort: Effort) -> Effort {
        effort.minus(std::mem::replace(&mut self.effort, effort))
    }

    /// Of the part under way.
    fn part_name(&self) -> String {
        let suffix = self.format.as_ref().map_or(self.compression.suffix(), |format| format.name());
        part_name(self.ended_parts + 1, suffix)
    }

    /// Of the page that comes next.
    fn rows<'a>(&self, page: &'a Page) -> Rows<'a> {
        Rows::of_page(self.kind, page, self.next_offset)
    }

    fn open_part(&self, disk: &dyn Disk, folder: &Path, first: &Page) -> io::Result<OpenPart> {
        let file = folder.join(temporary(&self.part_name()));
        let out = disk.create(&file, Access::Umask)?;
        let writer = match &self.format {
            None => PartWriter::new(out, self.compression)?,
            Some(format) => PartWriter::formatted(out, &**format, &self.rows(first))?,
        };
        Ok(OpenPart { writer, pages: Vec::new() })
    }

    /// Writes a line where the members differ from those of the page before.
    fn write_envelope(&mut self, disk: &dyn Disk, folder: &Path, page: &Page) -> io::Result<()> {
        let members = members(page)?;
        let is_first = self.envelopes.previous.is_empty();
        if is_first && members.is_empty() {
            return Ok(());
        }
        let now = text(&members)?;
        if now == self.envelopes.previous {
            return Ok(());
        }
        let envelopes = &mut self.envelopes;
        let mut line = serde_json::to_vec(&Envelope { offset: self.next_offset, members })?;
        line.push(b'\n');
        let mut out = match envelopes.out.take() {
            Some(out) => out,
            None => disk.create(&folder.join(ENVELOPES), Access::Umask)?,
        };
        out.write_all(&line)?;
        envelopes.out = Some(out);
        envelopes.sha256.update(&line);
        envelopes.bytes += line.len() as u64;
        envelopes.lines += 1;
        envelopes.previous = now;
        Ok(())
    }

    /// Members that are the same on all pages go into the manifest, and their file goes; others stay in it.
    fn finish_envelopes(&mut self, disk: &dyn Disk, folder: &Path) -> io::Result<Members> {
        let file = folder.join(ENVELOPES);
        let Some(mut out) = self.envelopes.out.take() else {
            return Ok((None, None));
        };
        out.sync()?;
        out.close()?;
        if self.envelopes.lines == 1 {
            let bytes = read_whole(disk, &file)?.unwrap_or_default();
            let envelope = envelope::parse(&bytes)?;
            if envelope.offset == 1 {
                disk.remove_file(&file)?;
                return Ok((Some(envelope.members), None));
            }
        }
        let so_far = self.envelopes.so_far();
        Ok((
            None,
            Some(PartFile {
                file: ENVELOPES.to_owned(),
                sha256: so_far.sha256,
                rows: so_far.lines,
                bytes: so_far.bytes,
            }),
        ))
    }
}

type Members = (Option<std::collections::BTreeMap<String, Box<serde_json::value::RawValue>>>, Option<PartFile>);

/// What the lock file says of its holder.
fn holder() -> String {
    #[cfg(unix)]
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    #[cfg(not(unix))]
    let host = std::env::var("COMPUTERNAME").ok();
    format!("process {} on {}\n", std::process::id(), host.as_deref().unwrap_or("an unknown host"))
}

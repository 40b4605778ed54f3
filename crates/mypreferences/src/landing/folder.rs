//! Looking at a folder without changing it: its batches, the proof of a sealed one, verifying; and giving up a batch.

use crate::landing::errors::not_sealed;
use crate::landing::store::layout::Layout;
use crate::landing::store::read::{read_journal, read_manifest, visible_batches};
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Operation};
use crate::export::Export;
use crate::landing::commit::export_of;
use crate::landing::part_format::PartFormat;
use crate::landing::sealed::Sealed;
use crate::landing::store::Store;
use crate::landing::store::disk::{Disk, SystemDisk};
use crate::landing::store::journal::BatchLog;
use crate::landing::store::manifest::Manifest;
use crate::landing::store::receipt::BatchReceipt;
use crate::landing::verify::{Verified, verify};

/// How far a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BatchState {
    /// Its export may have been started.
    Intended,
    /// Its export was started, and its pages are being landed.
    Landing,
    /// It is whole, and not committed.
    Sealed,
    /// A commit of it was about to be sent, and may have been.
    Committing,
    /// The token is consumed or gone, and the receipt says how.
    Committed,
    /// It was given up.
    Abandoned,
}

impl BatchState {
    /// The name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            BatchState::Intended => "intended",
            BatchState::Landing => "landing",
            BatchState::Sealed => "sealed",
            BatchState::Committing => "committing",
            BatchState::Committed => "committed",
            BatchState::Abandoned => "abandoned",
        }
    }

    pub(crate) fn of(log: &BatchLog) -> BatchState {
        if log.committed.is_some() {
            BatchState::Committed
        } else if log.abandoned.is_some() {
            BatchState::Abandoned
        } else if log.committing.is_some() {
            BatchState::Committing
        } else if log.sealed.is_some() {
            BatchState::Sealed
        } else if log.initiated.is_some() {
            BatchState::Landing
        } else {
            BatchState::Intended
        }
    }
}

/// A batch as a folder tells it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BatchSummary {
    /// The name of its folder.
    pub batch: String,
    /// How far it is.
    pub state: BatchState,
    /// `segment`, `segment_group`, `schedule` or `cid`.
    pub kind: String,
    /// The name of the segment, group or schedule.
    pub name: Option<String>,
    /// What its parts are: `ndjson`, or `parquet`.
    pub format: String,
    /// Durable records.
    pub rows: u64,
    /// Records of the export, once they are known.
    pub total: Option<u64>,
    /// Durable parts.
    pub parts: u64,
    /// Durable bytes of parts.
    pub bytes: u64,
    /// `LastDateTime` as it was sent.
    pub since: Option<String>,
    /// Of the manifest.
    pub watermark: Option<String>,
    /// How the commit ended.
    pub receipt: Option<BatchReceipt>,
    /// Why it was given up.
    pub abandoned: Option<String>,
}

impl BatchSummary {
    /// `manifest`: of a batch that is sealed and can be seen.
    pub(crate) fn of(log: &BatchLog, manifest: Option<&Manifest>) -> BatchSummary {
        BatchSummary {
            batch: log.intent.batch.clone(),
            state: BatchState::of(log),
            kind: log.intent.identity.kind.clone(),
            name: log.intent.identity.name.clone(),
            format: log.intent.parameters.format.clone(),
            rows: log.parts.iter().map(|part| part.file.rows).sum(),
            total: log.parts.last().and_then(|part| part.total_results),
            parts: log.parts.len() as u64,
            bytes: log.parts.iter().map(|part| part.file.bytes).sum(),
            since: log.intent.since.clone(),
            watermark: manifest.map(|manifest| manifest.watermark.clone()),
            receipt: log.committed.clone(),
            abandoned: log.abandoned.clone(),
        }
    }
}

/// A folder that exports were landed in. Looking at it takes no lock and changes nothing.
#[derive(Clone, Debug)]
pub struct Folder {
    place: Layout,
    formats: Vec<Arc<dyn PartFormat>>,
}

impl Folder {
    /// The folder that was given to an export as its place.
    pub fn new(out: impl Into<PathBuf>) -> Folder {
        Folder { place: Layout { out: out.into() }, formats: Vec::new() }
    }

    /// With another format of parts than lines, whose rows [`verify`](Folder::verify) can count then. Without it, the hash of
    /// such a part is what is looked at.
    #[must_use]
    pub fn format(mut self, format: Arc<dyn PartFormat>) -> Folder {
        self.formats.push(format);
        self
    }

    pub(crate) fn place(&self) -> &Layout {
        &self.place
    }

    fn logs(&self) -> Result<Vec<BatchLog>, Error> {
        match read_journal(&SystemDisk, &self.place)? {
            Some(logs) => Ok(logs),
            None => Err(self.holds_no_export()),
        }
    }

    pub(crate) fn holds_no_export(&self) -> Error {
        Error::invalid_argument(
            Operation::Export,
            format!("{} holds no export: it has no journal", self.place.out.display()),
            "pass the folder that the export was landed in",
        )
    }

    /// The batches, oldest first. Blocks.
    ///
    /// # Errors
    /// `invalid_argument` for a folder without a journal, `corrupt`, `storage`.
    pub fn batches(&self) -> Result<Vec<BatchSummary>, Error> {
        self.logs()?.iter().map(|log| self.summary(log)).collect()
    }

    fn summary(&self, log: &BatchLog) -> Result<BatchSummary, Error> {
        let manifest =
            if log.sealed.is_some() { read_manifest(&SystemDisk, &self.place, &log.intent.batch)? } else { None };
        Ok(BatchSummary::of(log, manifest.as_ref().map(|(manifest, _)| manifest)))
    }

    /// The sealed batches that are not committed, oldest first: what [`commit_landed`](crate::Client::commit_landed)
    /// takes. As the journal says; the commit looks at manifest and parts again, so that one bad batch does not hide the
    /// others. Blocks.
    ///
    /// # Errors
    /// As [`Folder::batches`].
    pub fn sealed(&self) -> Result<Vec<Sealed>, Error> {
        self.logs()?
            .iter()
            .filter(|log| matches!(BatchState::of(log), BatchState::Sealed | BatchState::Committing))
            .map(|log| Sealed::of_journal(log, self.place.out.clone()))
            .collect()
    }

    /// The proof of one batch, by the name of its folder, committed or not. Blocks.
    ///
    /// # Errors
    /// As [`Folder::batches`]; `not_sealed` when it is not.
    pub fn sealed_batch(&self, batch: &str) -> Result<Sealed, Error> {
        match self.logs()?.iter().rev().find(|log| log.intent.batch == batch) {
            Some(log) => self.proof(log),
            None => Err(not_sealed("the folder has no batch of this name")),
        }
    }

    fn proof(&self, log: &BatchLog) -> Result<Sealed, Error> {
        Sealed::of(&SystemDisk, &self.place, log, self.place.out.clone()).map(|(_, sealed)| sealed)
    }

    /// The handle of the newest batch's export, with which its status can be asked; none while it is not known. Blocks.
    ///
    /// # Errors
    /// As [`Folder::batches`].
    pub fn export(&self) -> Result<Option<Export>, Error> {
        match self.logs()?.last() {
            Some(log) if log.initiated.is_some() => export_of(log).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// Verifies every batch without a server: each file by its hash, rows, the chain of watermarks. Blocks. `on_batch` is
    /// told each batch's name before it is read.
    ///
    /// # Errors
    /// `corrupt` says what does not fit; `storage`; `invalid_argument` for a folder without batches.
    pub fn verify(&self, on_batch: impl FnMut(&str)) -> Result<Verified, Error> {
        if visible_batches(&SystemDisk, &self.place)?.is_empty() {
            // A journal without a batch is worth a word too.
            self.logs()?;
        }
        verify(&SystemDisk, &self.place, &self.formats, on_batch)
    }

    /// Gives up an unfinished batch, by the name of its folder; without one the newest. The next export into this folder
    /// begins a new one. What was landed of an unsealed one goes then; a sealed one stays, and is never committed. Blocks.
    ///
    /// # Errors
    /// `invalid_argument` when there is nothing unfinished, or no such batch; `locked`, `corrupt`, `storage`.
    pub fn abandon(&self, batch: Option<&str>) -> Result<BatchSummary, Error> {
        self.logs()?;
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let mut store = Store::open(disk, self.place.out.clone())?;
        let refused = |detail: String, next: &str| Err(Error::invalid_argument(Operation::Export, detail, next));
        let log = match batch {
            Some(batch) => store.find(batch),
            None => store.last(),
        };
        let Some(log) = log.cloned() else {
            return refused(
                format!("the folder has no batch {}", batch.unwrap_or_default()),
                "pass the name of one, as export list prints it",
            );
        };
        let name = log.intent.batch.clone();
        let is_finished = |log: &BatchLog| log.committed.is_some() || log.abandoned.is_some();
        if is_finished(&log) {
            let open = store.batches().iter().find(|log| !is_finished(log));
            return match (batch, open) {
                (Some(_), _) => refused(format!("{name} is finished"), "nothing of it is left to be abandoned"),
                (None, Some(open)) => refused(
                    "the newest batch is finished".to_owned(),
                    &format!("pass the name of the one that is not: {}", open.intent.batch),
                ),
                (None, None) => {
                    refused("the folder has no unfinished batch".to_owned(), "nothing is left to be abandoned")
                }
            };
        }
        store.abandoned(Some(&name), "by the caller")?;
        match store.find(&name) {
            Some(log) => self.summary(log),
            None => Err(not_sealed("the folder has no batch")),
        }
    }
}

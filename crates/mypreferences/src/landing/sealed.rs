//! The proof that a batch is whole, and what a call gives back. Only a seal makes the proof.

use crate::landing::errors::not_sealed;
use crate::landing::store::layout::Layout;
use crate::landing::store::read::{read_manifest, visible_batches};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::landing::commit::export_of;
use crate::landing::store::disk::Disk;
use crate::landing::store::journal::BatchLog;
use crate::landing::store::manifest::Manifest;
use crate::landing::store::receipt::BatchReceipt;

/// A batch whose parts are durable, named by hash in a durable manifest, with as many rows as the server said: what a
/// commit has to show. Made by a landing that was sealed, and by [`sealed`](crate::landing::Folder::sealed) for one
/// that was sealed by another process. Holds no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    out: PathBuf,
    batch: String,
    manifest_sha256: String,
}

impl Sealed {
    /// Reads it from the disk.
    pub(crate) fn of(
        disk: &dyn Disk,
        place: &Layout,
        log: &BatchLog,
        out: PathBuf,
    ) -> Result<(Manifest, Sealed), Error> {
        let batch = &log.intent.batch;
        let Some((manifest, manifest_sha256)) = read_manifest(disk, place, batch)? else {
            return Err(not_sealed(format!("{batch} has no manifest")));
        };
        if log.sealed.as_deref() != Some(manifest_sha256.as_str()) {
            return Err(not_sealed(format!("the manifest of {batch} is not the one that was sealed")));
        }
        let sealed = Sealed { out, batch: batch.clone(), manifest_sha256 };
        Ok((manifest, sealed))
    }

    /// What the journal says. A commit looks at the manifest and the parts again.
    pub(crate) fn of_journal(log: &BatchLog, out: PathBuf) -> Result<Sealed, Error> {
        let batch = log.intent.batch.clone();
        match &log.sealed {
            Some(sha256) => Ok(Sealed { out, batch, manifest_sha256: sha256.clone() }),
            None => Err(not_sealed(format!("{batch} is not sealed"))),
        }
    }

    /// From the disk, or, where a consumer has moved the batch away since, what the journal tells of it.
    pub(crate) fn of_finished(
        disk: &dyn Disk,
        place: &Layout,
        log: &BatchLog,
        out: PathBuf,
    ) -> Result<(Manifest, Sealed), Error> {
        let batch = &log.intent.batch;
        if log.committed.is_none() || visible_batches(disk, place)?.contains(batch) {
            return Sealed::of(disk, place, log, out);
        }
        let watermark_ms = export_of(log)?.watermark_ms;
        let sealed = Sealed::of_journal(log, out)?;
        Ok((Manifest::of_journal(log, watermark_ms), sealed))
    }

    /// The folder that the landing was made in.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// The name of the batch's folder.
    pub fn batch(&self) -> &str {
        &self.batch
    }

    /// Of `_manifest.json`.
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }
}

/// What a landing has come to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Landed {
    /// The proof for [`commit_landed`](crate::Client::commit_landed).
    pub sealed: Sealed,
    /// What was landed.
    pub manifest: Manifest,
    /// How the commit ended; none when there was none.
    pub receipt: Option<BatchReceipt>,
    /// False when the folder had the batch, finished, before: nothing was sent then.
    pub is_new: bool,
    /// What a person should know, in sentences.
    pub notes: Vec<String>,
}

#[derive(serde::Serialize)]
struct LandedJson<'a> {
    batch: &'a str,
    folder: String,
    rows: u64,
    bytes: u64,
    parts: usize,
    since: Option<&'a str>,
    watermark: &'a str,
    manifest_sha256: &'a str,
    is_new: bool,
    receipt: Option<&'a BatchReceipt>,
    notes: &'a [String],
}

impl Landed {
    pub(crate) fn new(
        sealed: Sealed,
        manifest: Manifest,
        receipt: Option<BatchReceipt>,
        is_new: bool,
        notes: Vec<String>,
    ) -> Landed {
        Landed { sealed, manifest, receipt, is_new, notes }
    }

    /// The batch's folder.
    pub fn folder(&self) -> PathBuf {
        self.sealed.out.join(&self.sealed.batch)
    }

    /// Records landed.
    pub fn rows(&self) -> u64 {
        self.manifest.total_results
    }

    /// As JSON, the same bytes in every language: fixed key order, `snake_case`.
    pub fn to_json(&self) -> String {
        let json = LandedJson {
            batch: &self.sealed.batch,
            folder: self.folder().display().to_string(),
            rows: self.manifest.total_results,
            bytes: self.manifest.bytes(),
            parts: self.manifest.parts.len(),
            since: self.manifest.since.as_deref(),
            watermark: &self.manifest.watermark,
            manifest_sha256: &self.sealed.manifest_sha256,
            is_new: self.is_new,
            receipt: self.receipt.as_ref(),
            notes: &self.notes,
        };
        crate::json::text(&json)
    }
}

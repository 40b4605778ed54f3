//! Verifying what was landed, without a server: every part by its hash, the rows against `TotalResults`, the chain of
//! watermarks.

use crate::landing::errors::{corrupt, storage};
use crate::landing::store::layout::Layout;
use crate::landing::store::read::{hash_file, read_journal, read_manifest, visible_batches};
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use crate::error::Error;
use crate::landing::chain;
use crate::landing::part_format::PartFormat;
use crate::landing::store::disk::Disk;
use crate::landing::store::journal::BatchLog;
use crate::landing::store::manifest::{Compression, Manifest, PartFile};

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// Sealed batches.
    pub batches: u64,
    /// Their parts.
    pub parts: u64,
    /// Their records.
    pub rows: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Sealed batches that the journal knows and the folder lacks: moved away by their consumer, or lost.
    pub moved: Vec<String>,
    /// Files `part-*` in the folders of batches that no manifest names.
    pub unnamed: Vec<String>,
    /// What `since auto` does not go on from, in sentences: batches that begin after what those before them cover.
    pub gaps: Vec<String>,
}

impl Verified {
    /// As JSON: fixed key order.
    pub fn to_json(&self) -> String {
        crate::json::text(self)
    }
}

pub(crate) const RESTORE: &str = "restore the file from a copy, or start a new export into another folder";

/// The files of a batch are those that its manifest names: by hash, not by their contents.
pub(crate) fn check_parts(disk: &dyn Disk, place: &Layout, manifest: &Manifest) -> Result<(), Error> {
    let folder = place.batch(&manifest.batch);
    for part in manifest.parts.iter().chain(&manifest.envelopes) {
        let path = folder.join(&part.file);
        let found = hash_file(disk, &path).map_err(|error| storage("cannot read", &path, &error))?;
        let name = format!("{}/{}", manifest.batch, part.file);
        match found {
            None => return Err(corrupt(format!("{name} is missing"), RESTORE)),
            Some((sha256, bytes)) if sha256 == part.sha256 && bytes == part.bytes => {}
            Some(_) => {
                return Err(corrupt(format!("{name} does not match its hash in the manifest"), RESTORE));
            }
        }
    }
    Ok(())
}

/// Verifies all batches of a folder.
pub(crate) fn verify(
    disk: &dyn Disk,
    place: &Layout,
    formats: &[Arc<dyn PartFormat>],
    mut on_batch: impl FnMut(&str),
) -> Result<Verified, Error> {
    let logs = read_journal(disk, place)?.unwrap_or_default();
    let mut verified = Verified::default();
    let mut manifests: Vec<Manifest> = Vec::new();
    for batch in visible_batches(disk, place)? {
        on_batch(&batch);
        let Some((manifest, manifest_sha256)) = read_manifest(disk, place, &batch)? else {
            return Err(corrupt(format!("{batch} has no manifest"), RESTORE));
        };
        let sealed = logs.iter().find(|log| log.intent.batch == batch);
        check_manifest(&manifest, &manifest_sha256, sealed)?;
        check_parts(disk, place, &manifest)?;
        for part in &manifest.parts {
            check_rows(disk, place, formats, &manifest, part)?;
        }
        let folder = place.batch(&batch);
        let names = disk.names(&folder).map_err(|error| storage("cannot read the folder", &folder, &error))?;
        verified.unnamed.extend(
            names
                .into_iter()
                .filter(|name| name.starts_with("part-") && !manifest.parts.iter().any(|part| part.file == *name))
                .map(|name| format!("{batch}/{name}")),
        );
        verified.batches += 1;
        verified.parts += manifest.parts.len() as u64;
        verified.rows += manifest.total_results;
        verified.bytes += manifest.bytes();
        manifests.push(manifest);
    }
    check_chain(&manifests)?;
    verified.moved = logs
        .iter()
        .filter(|log| {
            let batch = &log.intent.batch;
            log.sealed.is_some() && !manifests.iter().any(|there| there.batch == *batch)
        })
        .map(|log| log.intent.batch.clone())
        .collect();
    sort_as_begun(&mut manifests, &logs);
    let newest = manifests.iter().rfind(|manifest| manifest.parameters.is_auto());
    if let Some(newest) = newest {
        let same = manifests.iter().filter(|manifest| manifest.is_of(&newest.identity, &newest.parameters.body));
        verified.gaps = chain::follow(same, &verified.moved, None)
            .left_out
            .into_iter()
            .map(|(batch, why)| why.told_of(&batch))
            .collect();
    }
    Ok(verified)
}

/// In the order in which they were begun; those that the journal does not know are older.
pub(crate) fn sort_as_begun(manifests: &mut [Manifest], logs: &[BatchLog]) {
    manifests.sort_by_key(|manifest| logs.iter().position(|log| log.intent.batch == manifest.batch));
}

fn check_manifest(manifest: &Manifest, manifest_sha256: &str, log: Option<&BatchLog>) -> Result<(), Error> {
    let batch = &manifest.batch;
    if let Some(sealed) = log.and_then(|log| log.sealed.as_deref())
        && sealed != manifest_sha256
    {
        return Err(corrupt(format!("the manifest of {batch} is not the one that was sealed"), RESTORE));
    }
    if manifest.rows() != manifest.total_results {
        return Err(corrupt(
            format!(
                "the parts of {batch} have {} rows, and the export had {}",
                manifest.rows(),
                manifest.total_results
            ),
            RESTORE,
        ));
    }
    Ok(())
}

/// Counts the records of a part. One that this build cannot read is not counted: its hash was right anyway.
fn check_rows(
    disk: &dyn Disk,
    place: &Layout,
    formats: &[Arc<dyn PartFormat>],
    manifest: &Manifest,
    part: &PartFile,
) -> Result<(), Error> {
    let path = place.batch(&manifest.batch).join(&part.file);
    let wrong = |error: std::io::Error| storage("cannot read", &path, &error);
    let Some(mut opened) = disk.open(&path).map_err(wrong)? else {
        return Err(corrupt(format!("{} is missing", part.file), RESTORE));
    };
    let rows = match manifest.parameters.compression {
        Compression::Internal => {
            let format = formats.iter().find(|format| format.name() == manifest.parameters.format);
            match format {
                Some(format) => {
                    let mut bytes = Vec::new();
                    opened.read_to_end(&mut bytes).map_err(wrong)?;
                    format.rows(bytes).map_err(wrong)?
                }
                None => part.rows,
            }
        }
        Compression::None => lines(opened).map_err(wrong)?,
        #[cfg(feature = "zstd")]
        Compression::Zstd => {
            let reader = zstd::Decoder::new(opened).map_err(wrong)?;
            lines(reader).map_err(wrong)?
        }
        #[cfg(not(feature = "zstd"))]
        Compression::Zstd => part.rows,
    };
    if rows == part.rows {
        Ok(())
    } else {
        Err(corrupt(
            format!("{}/{} has {rows} rows, and its manifest says {}", manifest.batch, part.file, part.rows),
            RESTORE,
        ))
    }
}

fn lines(reader: impl Read) -> std::io::Result<u64> {
    let mut reader = BufReader::with_capacity(256 << 10, reader);
    let mut lines = 0;
    loop {
        let block = reader.fill_buf()?;
        if block.is_empty() {
            return Ok(lines);
        }
        lines += memchr::memchr_iter(b'\n', block).count() as u64;
        let length = block.len();
        reader.consume(length);
    }
}

/// A batch that goes on from another one does not begin after that one's watermark. The one before may have been moved
/// away.
fn check_chain(manifests: &[Manifest]) -> Result<(), Error> {
    for manifest in manifests {
        let Some(previous) = &manifest.previous else {
            continue;
        };
        let Some(previous) = manifests.iter().find(|other| other.batch == *previous) else {
            continue;
        };
        if manifest.since_ms().is_none_or(|since| since > previous.watermark_ms) {
            return Err(corrupt(
                format!(
                    "{} begins after the watermark of {}: records between them are missing",
                    manifest.batch, previous.batch
                ),
                "export everything once, without since",
            ));
        }
    }
    Ok(())
}

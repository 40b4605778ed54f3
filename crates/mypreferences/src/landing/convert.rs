//! What was landed as lines, once more in another format: batch by batch, into a folder that an export can go on in. A batch
//! is seen there whole or not at all, durable, with the manifest's facts and the receipt; whatever stops it, the same call
//! continues.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, ErrorKind, Operation};
use crate::landing::errors::{corrupt, storage};
use crate::landing::folder::Folder;
use crate::landing::part_format::{PartFormat, Rows};
use crate::landing::store::disk::{Access, Disk, Out, SystemDisk, read_whole, write_whole};
use crate::landing::store::layout::Layout;
use crate::landing::store::manifest::{Compression, Manifest, NDJSON, PartFile, RECEIPT};
use crate::landing::store::part_writer::PartWriter;
use crate::landing::store::read::read_manifest;
use crate::landing::store::{hold, part_name, replace_receipt, write_manifest};
use crate::landing::verify::RESTORE;

/// Lines and bytes that are read at a time.
const LINES: usize = 4096;
const BYTES: usize = 8 << 20;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Converted {
    /// Batches that were written by this call.
    pub batches: u64,
    /// Their parts.
    pub parts: u64,
    /// Their records.
    pub rows: u64,
    /// Their bytes on disk.
    pub bytes: u64,
    /// Batches that were there already.
    pub already: u64,
}

impl Converted {
    /// As JSON: fixed key order.
    pub fn to_json(&self) -> String {
        crate::json::text(self)
    }
}

impl Folder {
    /// Writes every sealed batch of this folder into the folder `to`, in another format; those that are there already are
    /// left as they are. Nothing of this folder changes. What is written is durable, keeps its watermark and its receipt, and
    /// exports in the same format can be landed in the folder `to` from then on, also since the newest batch. Blocks.
    /// `on_batch` is told each batch's name before it is written.
    ///
    /// # Errors
    /// `invalid_argument` for the same folder, or for batches that are no lines and not in the format already; `output_conflict` where `to` holds another
    /// batch of the name; `locked`, `corrupt`, `storage`.
    pub fn convert(
        &self,
        format: &Arc<dyn PartFormat>,
        to: impl Into<PathBuf>,
        mut on_batch: impl FnMut(&str),
    ) -> Result<Converted, Error> {
        let to = Layout { out: to.into() };
        let manifests = self.manifests()?;
        if manifests.is_empty() {
            return Err(Error::invalid_argument(
                Operation::Export,
                format!("{} holds no sealed batch", self.place().out.display()),
                "pass the folder that an export was landed in",
            ));
        }
        let is_same = |one: &Layout, other: &Layout| {
            let whole = |place: &Layout| place.out.canonicalize().ok();
            whole(one).is_some_and(|one| Some(one) == whole(other))
        };
        if is_same(self.place(), &to) {
            return Err(Error::invalid_argument(
                Operation::Export,
                "the batches would be written where they are",
                "pass another folder to write to",
            ));
        }
        let _lock = hold(&SystemDisk, &to)?;
        let mut converted = Converted::default();
        for manifest in manifests {
            on_batch(&manifest.batch);
            self.convert_batch(&**format, &to, manifest, &mut converted)?;
        }
        Ok(converted)
    }

    fn convert_batch(
        &self,
        format: &dyn PartFormat,
        to: &Layout,
        from: Manifest,
        converted: &mut Converted,
    ) -> Result<(), Error> {
        let disk = &SystemDisk;
        let (staged, done) = (to.staged(&from.batch), to.batch(&from.batch));
        let wrong = |error: std::io::Error| storage("cannot write into", &staged, &error);
        if let Some((there, _)) = read_manifest(disk, to, &from.batch)? {
            let is_it = there.identity == from.identity
                && there.total_results == from.total_results
                && there.watermark_ms == from.watermark_ms
                && there.parameters.format == format.name()
                && there.parameters.layout == format.layout();
            if !is_it {
                return Err(Error::before_io(
                    ErrorKind::OutputConflict,
                    Operation::Export,
                    format!("{} holds another {}", to.out.display(), from.batch),
                    "write to another folder",
                ));
            }
            converted.already += 1;
            return self.copy_receipt(to, &from);
        }
        let is_as_it_shall_be = from.parameters.format == format.name() && from.parameters.layout == format.layout();
        if !is_as_it_shall_be && from.parameters.format != NDJSON {
            return Err(Error::invalid_argument(
                Operation::Export,
                format!("{} is {} of another layout", from.batch, from.parameters.format),
                "convert it with the layout that it has, or folders whose batches are lines (ndjson)",
            ));
        }
        let _ = disk.remove_folder(&staged);
        disk.make_folder(&staged).map_err(wrong)?;
        let mut parts = Vec::new();
        // None: one part without rows.
        let mut left: Vec<Option<&PartFile>> = from.parts.iter().map(Some).collect();
        if left.is_empty() {
            left.push(None);
        }
        for part in left {
            let file = part_name(parts.len() + 1, format.name());
            if let Some(part) = part.filter(|_| is_as_it_shall_be) {
                let bytes = self.part(&from, part)?;
                write_whole(disk, &staged.join(&file), Access::Umask, &bytes).map_err(wrong)?;
                parts.push(part.clone());
            } else {
                let out = disk.create(&staged.join(&file), Access::Umask).map_err(wrong)?;
                parts.push(self.convert_part(format, &from, part, file, out)?);
            }
        }
        if let Some(envelopes) = &from.envelopes {
            let bytes = self.part(&from, envelopes)?;
            write_whole(disk, &staged.join(&envelopes.file), Access::Umask, &bytes).map_err(wrong)?;
        }
        let mut manifest = Manifest { parts, ..from };
        manifest.parameters.compression = Compression::Internal;
        format.name().clone_into(&mut manifest.parameters.format);
        manifest.parameters.layout = format.layout();
        if manifest.rows() != manifest.total_results {
            return Err(corrupt(format!("{} has other rows than its manifest says", manifest.batch), RESTORE));
        }
        write_manifest(disk, &staged, &manifest)?;
        disk.rename(&staged, &done).map_err(wrong)?;
        for folder in [&to.out, &to.staging()] {
            disk.sync_folder(folder).map_err(wrong)?;
        }
        converted.batches += 1;
        converted.parts += manifest.parts.len() as u64;
        converted.rows += manifest.rows();
        converted.bytes += manifest.bytes();
        self.copy_receipt(to, &manifest)
    }

    /// One part of lines as one of the format; none: one without rows.
    fn convert_part(
        &self,
        format: &dyn PartFormat,
        from: &Manifest,
        part: Option<&PartFile>,
        file: String,
        out: Box<dyn Out>,
    ) -> Result<PartFile, Error> {
        let wrong = |error: std::io::Error| storage("cannot write", &PathBuf::from(&file), &error);
        let export =
            from.identity.kind.parse().map_err(|_| corrupt(format!("{} is of no known kind", from.batch), RESTORE))?;
        let headers = from.headers();
        let mut lines = self.lines_of(from, part.cloned().into_iter().collect::<VecDeque<_>>());
        let before = from.parts.iter().take_while(|earlier| part.is_some_and(|part| part.file != earlier.file));
        let mut first = 1 + before.map(|part| part.rows).sum::<u64>();
        let mut block = lines.next_block(LINES, BYTES)?.unwrap_or_default();
        let mut writer =
            PartWriter::formatted(out, format, &Rows::of_lines(export, headers, block.iter(), first)).map_err(wrong)?;
        loop {
            writer.write_rows(&Rows::of_lines(export, headers, block.iter(), first)).map_err(wrong)?;
            first += block.len() as u64;
            match lines.next_block(LINES, BYTES)? {
                Some(next) => block = next,
                None => break,
            }
        }
        let written = writer.finish().map_err(wrong)?;
        Ok(PartFile { file, sha256: written.sha256, rows: written.rows, bytes: written.bytes })
    }

    /// How the commit ended, once it is known.
    fn copy_receipt(&self, to: &Layout, manifest: &Manifest) -> Result<(), Error> {
        let (from, to) = (self.place().batch(&manifest.batch), to.batch(&manifest.batch));
        let wrong = |error: std::io::Error| storage("cannot write into", &to, &error);
        let receipt = read_whole(&SystemDisk, &from.join(RECEIPT)).map_err(wrong)?;
        let Some(receipt) = receipt else {
            return Ok(());
        };
        if read_whole(&SystemDisk, &to.join(RECEIPT)).map_err(wrong)?.as_ref() == Some(&receipt) {
            return Ok(());
        }
        replace_receipt(&SystemDisk, &to, &receipt)
    }
}

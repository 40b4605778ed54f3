//! What is in a folder, read without a lock.

use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::json::hex;
use crate::landing::errors::{corrupt, newer, storage};
use crate::landing::store::disk::{Disk, read_whole};
use crate::landing::store::journal::{self, BatchLog, Entry, Unreadable};
use crate::landing::store::layout::{BATCH, Layout};
use crate::landing::store::manifest::{MANIFEST, Manifest, RECEIPT, ReadManifest, sha256};
use crate::landing::store::receipt::BatchReceipt;

/// Reads the journal of a folder: its batches, and whether there is one. Takes no lock.
pub(crate) fn read_journal(disk: &dyn Disk, place: &Layout) -> Result<Option<Vec<BatchLog>>, Error> {
    let file = place.journal();
    let bytes = read_whole(disk, &file).map_err(|error| storage("cannot read", &file, &error))?;
    bytes.map(|bytes| understand_journal(&bytes).map(|journal| journal.batches)).transpose()
}

/// A journal as it was read.
pub(super) struct Journal {
    pub(super) batches: Vec<BatchLog>,
    /// So many bytes of it are whole lines.
    pub(super) good: u64,
    /// Its first line says so; none for the first form.
    pub(super) form: Option<u32>,
}

pub(super) fn understand_journal(bytes: &[u8]) -> Result<Journal, Error> {
    let damaged = |line: usize| {
        corrupt(
            format!("line {line} of the journal does not fit"),
            "restore .mypreferences/journal, or begin in another folder",
        )
    };
    let (entries, good) = journal::read(bytes).map_err(|unreadable| match unreadable {
        Unreadable::Damaged(line) => damaged(line),
        Unreadable::Newer => newer("the journal"),
    })?;
    let form = match entries.first() {
        Some(Entry::Form { version }) => Some(*version),
        Some(_) | None => None,
    };
    Ok(Journal { batches: journal::batches(entries).map_err(damaged)?, good, form })
}

/// The batches that can be seen in a folder.
pub(crate) fn visible_batches(disk: &dyn Disk, place: &Layout) -> Result<Vec<String>, Error> {
    let names = disk.names(&place.out).map_err(|error| storage("cannot read the folder", &place.out, &error))?;
    Ok(names.into_iter().filter(|name| name.starts_with(BATCH)).collect())
}

/// The manifest of a batch that can be seen, and its hash.
pub(crate) fn read_manifest(disk: &dyn Disk, place: &Layout, batch: &str) -> Result<Option<(Manifest, String)>, Error> {
    let file = place.batch(batch).join(MANIFEST);
    let bytes = read_whole(disk, &file).map_err(|error| storage("cannot read", &file, &error))?;
    let Some(bytes) = bytes else { return Ok(None) };
    match Manifest::read(&bytes) {
        ReadManifest::Read(manifest) if manifest.batch == batch => Ok(Some((*manifest, sha256(&bytes)))),
        ReadManifest::Newer => Err(newer(&format!("{batch}/{MANIFEST}"))),
        ReadManifest::Read(_) | ReadManifest::Damaged => Err(corrupt(
            format!("{batch}/{MANIFEST} is no manifest of this batch"),
            "restore it, or begin in another folder",
        )),
    }
}

pub(crate) fn read_receipt(disk: &dyn Disk, place: &Layout, batch: &str) -> Result<Option<BatchReceipt>, Error> {
    let file = place.batch(batch).join(RECEIPT);
    let bytes = read_whole(disk, &file).map_err(|error| storage("cannot read", &file, &error))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Hashes a file; none when it is not there.
pub(crate) fn hash_file(disk: &dyn Disk, file: &Path) -> io::Result<Option<(String, u64)>> {
    disk.open(file)?.map(hash).transpose()
}

/// The hash and the length of what can be read.
pub(crate) fn hash(mut reader: impl Read) -> io::Result<(String, u64)> {
    let mut sha256 = Sha256::new();
    let mut bytes = 0;
    let mut block = vec![0; 256 << 10];
    loop {
        let read = reader.read(&mut block)?;
        if read == 0 {
            return Ok((hex(&sha256.finalize()), bytes));
        }
        sha256.update(&block[..read]);
        bytes += read as u64;
    }
}

//! What was landed, as a source of batches: every record of some batches, or each record once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use mypreferences::landing::{Folder, LineBlock, Lines, Manifest, Rows};
use mypreferences::{Error, ErrorKind, ExportKind, Operation};

use crate::json;
use crate::schema::Table;
use crate::source::{Chunk, Source};

/// Records of one batch of a table.
const ROWS: usize = 4096;
/// A block of lines is over when it has so many bytes: what a table of it takes is a few times that.
const BYTES: usize = 8 << 20;
/// So many keys are held at a time.
const KEYS: u64 = 4_000_000;

/// The manifests of landed batches by a word: `all`, `latest`, or the name of one.
///
/// # Errors
/// `invalid_argument` where there is none of the name; `corrupt`, `storage`.
pub fn chosen(folder: &Folder, batches: &str) -> Result<Vec<Manifest>, Error> {
    let mut all = folder.manifests()?;
    match batches {
        "all" => Ok(all),
        "latest" => Ok(all.pop().into_iter().collect()),
        name => {
            all.retain(|manifest| manifest.batch == name);
            if all.is_empty() {
                return Err(Error::before_io(
                    ErrorKind::InvalidArgument,
                    Operation::Export,
                    format!("the folder has no batch {name}"),
                    "pass all, latest, or the name of one, as `export list` prints it",
                ));
            }
            Ok(all)
        }
    }
}

/// What the records of these batches are.
pub(crate) fn table(folder: &Folder, batches: &[Manifest]) -> Result<Table, Error> {
    let mut found: Option<(Table, &Manifest)> = None;
    for manifest in batches {
        let first = Reading::new(folder, manifest).next_block(1, 1)?;
        let first = first.as_ref().and_then(|block| block.iter().next());
        let export = manifest.identity.kind.parse()?;
        let table = Table::of(&Rows::of_lines(export, manifest.headers(), first.into_iter(), 1));
        let is_empty = first.is_none();
        if is_empty && export != ExportKind::Schedule && found.is_some() {
            // Nothing tells: another batch may.
            continue;
        }
        match &found {
            Some((known, of)) if *known != table && !is_empty && of.total_results > 0 => {
                return Err(Error::before_io(
                    ErrorKind::OutputConflict,
                    Operation::Export,
                    format!("{} has other columns than {}", manifest.batch, of.batch),
                    "read them one by one",
                ));
            }
            Some((_, of)) if is_empty || of.total_results > 0 => {}
            Some(_) | None => found = Some((table, manifest)),
        }
    }
    Ok(found.map_or(Table::Preferences, |(table, _)| table))
}

/// The records of a batch, whatever its parts are.
enum Reading {
    Lines(Lines),
    #[cfg(feature = "parquet")]
    Parquet(Box<crate::parquet::Kept>),
}

impl Reading {
    fn new(folder: &Folder, manifest: &Manifest) -> Reading {
        #[cfg(feature = "parquet")]
        if manifest.parameters.format == crate::parquet::NAME {
            return Reading::Parquet(Box::new(crate::parquet::Kept::new(folder, manifest)));
        }
        Reading::Lines(folder.lines(manifest))
    }

    fn next_block(&mut self, most: usize, bytes: usize) -> Result<Option<LineBlock>, Error> {
        match self {
            Reading::Lines(lines) => lines.next_block(most, bytes),
            #[cfg(feature = "parquet")]
            Reading::Parquet(kept) => kept.next_block(most, bytes),
        }
    }
}

/// One batch after the other.
pub(crate) struct Batches {
    folder: Folder,
    left: std::vec::IntoIter<Manifest>,
    open: Option<(Reading, u64)>,
}

impl Batches {
    pub(crate) fn new(folder: Folder, batches: Vec<Manifest>) -> Batches {
        Batches { folder, left: batches.into_iter(), open: None }
    }

    /// The lines that come next, and the place of the first one; whether their batch is the last one.
    fn block(&mut self) -> Result<Option<(LineBlock, u64, bool)>, Error> {
        loop {
            if self.open.is_none() {
                let Some(manifest) = self.left.next() else {
                    return Ok(None);
                };
                self.open = Some((Reading::new(&self.folder, &manifest), 1));
            }
            let Some((lines, row)) = &mut self.open else {
                return Ok(None);
            };
            if let Some(block) = lines.next_block(ROWS, BYTES)? {
                let first = *row;
                *row += block.len() as u64;
                return Ok(Some((block, first, self.left.len() == 0)));
            }
            self.open = None;
        }
    }
}

impl Source for Batches {
    fn next(&mut self) -> Result<Option<Chunk>, Error> {
        Ok(self.block()?.map(|(block, first, _)| {
            let rows = (first..).take(block.len()).collect();
            Chunk::Lines(block, rows)
        }))
    }
}

/// Each record once, the newest of a key.
pub(crate) struct Current {
    folder: Folder,
    /// Newest first.
    batches: Vec<Manifest>,
    key: String,
    /// In this pass the keys are looked at whose hash leaves this rest.
    pass: u64,
    passes: u64,
    reading: Batches,
    numbers: HashSet<i64>,
    others: HashSet<u128>,
    hashers: [RandomState; 2],
}

impl Current {
    pub(crate) fn new(folder: Folder, mut batches: Vec<Manifest>, key: String) -> Current {
        batches.reverse();
        let newer = batches.len().saturating_sub(1);
        let keys: u64 = batches.iter().take(newer).map(Manifest::rows).sum();
        let reading = Batches::new(folder.clone(), batches.clone());
        Current {
            folder,
            batches,
            key,
            pass: 0,
            passes: keys.div_ceil(KEYS).max(1),
            reading,
            numbers: HashSet::new(),
            others: HashSet::new(),
            hashers: [RandomState::new(), RandomState::new()],
        }
    }

    /// Whether this is the record to show of its key.
    fn is_current(&mut self, record: &str, is_oldest: bool) -> bool {
        let mut value = None;
        json::members(record, |name, of| {
            let is_key = value.is_none()
                && of != "null"
                && json::string(name).is_some_and(|name| name.eq_ignore_ascii_case(&self.key));
            if is_key {
                value = Some(of);
            }
        });
        let Some(value) = value else {
            return self.pass == 0;
        };
        let hash = self.hashers[0].hash_one(value);
        if hash % self.passes != self.pass {
            return false;
        }
        // Within a batch nothing is there twice, so that nobody asks for the oldest one's keys again.
        match value.parse() {
            Ok(number) if is_oldest => !self.numbers.contains(&number),
            Ok(number) => self.numbers.insert(number),
            Err(_) => {
                let hash = u128::from(hash) << 64 | u128::from(self.hashers[1].hash_one(value));
                if is_oldest { !self.others.contains(&hash) } else { self.others.insert(hash) }
            }
        }
    }
}

impl Source for Current {
    fn next(&mut self) -> Result<Option<Chunk>, Error> {
        loop {
            let Some((block, first, is_oldest)) = self.reading.block()? else {
                self.pass += 1;
                if self.pass >= self.passes {
                    return Ok(None);
                }
                self.numbers.clear();
                self.others.clear();
                self.reading = Batches::new(self.folder.clone(), self.batches.clone());
                continue;
            };
            let mut rows = Vec::new();
            let kept = block.filtered(|index, line| {
                let text = std::str::from_utf8(line).unwrap_or_default();
                let is_current = self.is_current(text, is_oldest);
                if is_current {
                    rows.push(first + index as u64);
                }
                is_current
            });
            if !rows.is_empty() {
                return Ok(Some(Chunk::Lines(kept, rows)));
            }
        }
    }
}

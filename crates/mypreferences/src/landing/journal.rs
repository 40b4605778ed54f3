//! The journal: what a landing has done so far, one line each, `crc32 JSON`, durable one after the other. Only the last
//! line can be torn, by a crash while it was written; anything else that does not fit is `corrupt`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::landing::manifest::{Identity, Parameters, PartFile};
use crate::landing::receipt::BatchReceipt;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "UPPERCASE")]
pub(crate) enum Entry {
    Intent(Intent),
    Initiated(Initiated),
    Part(PartEntry),
    Sealed {
        /// Of `_manifest.json`.
        manifest_sha256: String,
    },
    Committing(Committing),
    Committed {
        batch: String,
        receipt: BatchReceipt,
    },
    Abandoned {
        why: String,
    },
}

/// A batch is going to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Intent {
    /// The name of its folder.
    pub(crate) batch: String,
    pub(crate) identity: Identity,
    pub(crate) parameters: Parameters,
    /// `LastDateTime` as it is sent; none for everything.
    pub(crate) since: Option<String>,
    /// The batch whose watermark `since` was made from.
    pub(crate) previous: Option<String>,
}

/// The export's handle, with its token: this file is its owner's alone.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Initiated {
    pub(crate) export: Value,
}

/// Without the token.
impl std::fmt::Debug for Initiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Initiated").finish_non_exhaustive()
    }
}

/// A part is complete and durable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartEntry {
    pub(crate) n: u32,
    #[serde(flatten)]
    pub(crate) file: PartFile,
    /// Where the next page begins.
    pub(crate) next_offset: u64,
    /// `TotalResults`, once it was told.
    pub(crate) total_results: Option<u64>,
    /// How far the file of envelopes is durable.
    pub(crate) envelopes: Envelopes,
    /// A fingerprint of each page, to tell a repeated one.
    pub(crate) pages: Vec<String>,
    /// A fingerprint of the last record, to tell an overlap.
    pub(crate) last_record: Option<String>,
    /// No page comes after this part.
    pub(crate) is_last: bool,
}

/// The file of envelopes up to some place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Envelopes {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// Of so many bytes; empty for none.
    pub(crate) sha256: String,
}

/// A commit is going to be sent, and may have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Committing {
    pub(crate) batch: String,
    pub(crate) keep_files: bool,
    /// `Expires` of the status that said ready just before, in seconds since the epoch.
    pub(crate) baseline_expires: Option<i64>,
}

/// One batch as the journal tells it.
#[derive(Clone, Debug)]
pub(crate) struct BatchLog {
    pub(crate) intent: Intent,
    pub(crate) initiated: Option<Initiated>,
    pub(crate) parts: Vec<PartEntry>,
    pub(crate) sealed: Option<String>,
    pub(crate) committing: Option<Committing>,
    pub(crate) committed: Option<BatchReceipt>,
    pub(crate) abandoned: Option<String>,
}

/// The line of an entry, with its end.
pub(crate) fn line(entry: &Entry) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(entry)?;
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

/// Reads a journal: its entries, and how many of its bytes they take. What comes after is a torn line.
///
/// # Errors
/// Which line does not fit, counted from 1.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Entry>, u64), usize> {
    let mut entries = Vec::new();
    let mut good = 0;
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let (text, after) = match end {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        match understand(text) {
            // A line without its end is not whole, even if what is there fits.
            Some(entry) if end.is_some() => entries.push(entry),
            Some(_) | None if after.is_empty() && tolerates_torn_lines() => break,
            Some(_) | None => return Err(entries.len() + 1),
        }
        good = bytes.len() - after.len();
        rest = after;
    }
    Ok((entries, u64::try_from(good).unwrap_or(u64::MAX)))
}

fn understand(text: &[u8]) -> Option<Entry> {
    let (checksum, json) = text.split_at_checked(9)?;
    let checksum = std::str::from_utf8(checksum).ok()?.strip_suffix(' ')?;
    let is_whole = u32::from_str_radix(checksum, 16) == Ok(crc32fast::hash(json));
    if !is_whole {
        return None;
    }
    serde_json::from_slice(json).ok()
}

#[cfg(not(test))]
const fn tolerates_torn_lines() -> bool {
    true
}

#[cfg(test)]
fn tolerates_torn_lines() -> bool {
    !super::mutants::is_active(super::mutants::Mutant::NoTornLines)
}

/// Puts the entries together, batch by batch.
///
/// # Errors
/// Which entry does not fit to those before it, counted from 1.
pub(crate) fn batches(entries: Vec<Entry>) -> Result<Vec<BatchLog>, usize> {
    let mut batches: Vec<BatchLog> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        if !add(&mut batches, entry) {
            return Err(index + 1);
        }
    }
    Ok(batches)
}

/// False when the entry does not fit.
pub(crate) fn add(batches: &mut Vec<BatchLog>, entry: Entry) -> bool {
    let name = match &entry {
        Entry::Intent(intent) => {
            batches.push(BatchLog::new(intent.clone()));
            return true;
        }
        // A batch that was sealed and left can be committed while a later one is on its way.
        Entry::Committing(committing) => Some(committing.batch.clone()),
        Entry::Committed { batch, .. } => Some(batch.clone()),
        Entry::Initiated(_) | Entry::Part(_) | Entry::Sealed { .. } | Entry::Abandoned { .. } => {
            None
        }
    };
    let batch = match name {
        None => batches.last_mut(),
        Some(name) => batches
            .iter_mut()
            .rev()
            .find(|batch| batch.intent.batch == name),
    };
    batch.is_some_and(|batch| batch.add(entry))
}

impl BatchLog {
    fn new(intent: Intent) -> BatchLog {
        BatchLog {
            intent,
            initiated: None,
            parts: Vec::new(),
            sealed: None,
            committing: None,
            committed: None,
            abandoned: None,
        }
    }

    /// Takes an entry in; false when it does not fit.
    fn add(&mut self, entry: Entry) -> bool {
        let is_over = self.committed.is_some() || self.abandoned.is_some();
        if is_over {
            return false;
        }
        match entry {
            Entry::Intent(_) => return false,
            Entry::Initiated(initiated) => {
                if self.initiated.is_some() {
                    return false;
                }
                self.initiated = Some(initiated);
            }
            Entry::Part(part) => {
                // A part that was dropped is made anew: it takes the place of that one and of all after it.
                let place = usize::try_from(part.n).unwrap_or(usize::MAX);
                if self.initiated.is_none()
                    || self.sealed.is_some()
                    || place == 0
                    || place > self.parts.len() + 1
                {
                    return false;
                }
                self.parts.truncate(place - 1);
                self.parts.push(part);
            }
            Entry::Sealed { manifest_sha256 } => {
                if self.initiated.is_none() || self.sealed.is_some() {
                    return false;
                }
                self.sealed = Some(manifest_sha256);
            }
            Entry::Committing(committing) => {
                if self.sealed.is_none() {
                    return false;
                }
                self.committing = Some(committing);
            }
            Entry::Committed { receipt, .. } => {
                if self.sealed.is_none() {
                    return false;
                }
                self.committed = Some(receipt);
            }
            Entry::Abandoned { why } => self.abandoned = Some(why),
        }
        true
    }
}

//! The journal: what a landing has done so far, one line each, `crc32 JSON`, durable one after the other. Only the last
//! line can be torn, by a crash while it was written: it has no end, or its checksum is wrong. A whole line that is not
//! understood was written by a newer version; anything else that does not fit is `corrupt`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::http::clock::Expires;
use crate::landing::store::manifest::{Identity, Manifest, Parameters, PartFile, VERSION, moment_text};
use crate::landing::store::receipt::BatchReceipt;

/// Version of the form. The first released one had no line of its own for it.
pub(crate) const FORM: u32 = 2;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "UPPERCASE")]
pub(crate) enum Entry {
    /// The first line.
    Form {
        version: u32,
    },
    Intent(Intent),
    Initiated(Initiated),
    Part(PartEntry),
    Sealed {
        /// Of `_manifest.json`.
        manifest_sha256: String,
        /// The latest moment that `Expires` of the last status before it can mean, in seconds since the epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<i64>,
        /// When, by the local clock, in milliseconds since the epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_ms: Option<i64>,
        /// Since the last part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effort: Option<Effort>,
    },
    Committing(Committing),
    Sent(Sent),
    Committed {
        batch: String,
        receipt: BatchReceipt,
    },
    Abandoned {
        why: String,
        /// None: the newest one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<String>,
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
    /// When it was begun, by the local clock, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at_ms: Option<i64>,
}

/// The export's handle, with its token: this file is its owner's alone.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Initiated {
    pub(crate) export: Value,
    /// When Initiate was sent, by the local clock, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) local_ms: Option<i64>,
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
    /// `RowCount` of the status that said ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row_count: Option<u64>,
    /// How far the file of envelopes is durable.
    pub(crate) envelopes: Envelopes,
    /// A fingerprint of each page, to tell a repeated one.
    pub(crate) pages: Vec<String>,
    /// A fingerprint of the last record, to tell an overlap.
    pub(crate) last_record: Option<String>,
    /// No page comes after this part.
    pub(crate) is_last: bool,
    /// Since the part before, or since this run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) effort: Option<Effort>,
}

/// What a batch, or a piece of it, took: for people. Nothing is decided by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Effort {
    /// Waiting until the export was ready, in milliseconds.
    pub waited_ms: u64,
    /// Reading pages and making them durable, in milliseconds: outages included, what an earlier run did between its last
    /// durable part and its end not.
    pub landed_ms: u64,
    /// Requests that failed; all were made again, but for the one that ended a run.
    pub failures: u64,
    /// Times at which the service did not answer for longer than one call bears, each until it did.
    pub outages: u64,
    /// Their length, in milliseconds.
    pub outage_ms: u64,
    /// Of the failures those by 429 and 503.
    pub throttled: u64,
}

impl Effort {
    fn with(self, other: Effort, add: impl Fn(u64, u64) -> u64) -> Effort {
        Effort {
            waited_ms: add(self.waited_ms, other.waited_ms),
            landed_ms: add(self.landed_ms, other.landed_ms),
            failures: add(self.failures, other.failures),
            outages: add(self.outages, other.outages),
            outage_ms: add(self.outage_ms, other.outage_ms),
            throttled: add(self.throttled, other.throttled),
        }
    }

    pub(crate) fn plus(self, other: Effort) -> Effort {
        self.with(other, u64::saturating_add)
    }

    pub(crate) fn minus(self, earlier: Effort) -> Effort {
        self.with(earlier, u64::saturating_sub)
    }
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
    /// The latest moment that it can mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) baseline_expires_latest: Option<i64>,
    /// The server's clock then, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<i64>,
}

/// The commit has left this machine, and its answer is not there yet, or was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) batch: String,
    /// The server's clock then, as far as it is known, in seconds since the epoch.
    pub(crate) at: Option<i64>,
}

/// One batch as the journal tells it.
#[derive(Clone, Debug)]
pub(crate) struct BatchLog {
    pub(crate) intent: Intent,
    pub(crate) initiated: Option<Initiated>,
    pub(crate) parts: Vec<PartEntry>,
    pub(crate) sealed: Option<String>,
    /// `Expires` at its latest, known at the seal.
    pub(crate) expires: Option<i64>,
    /// When, by the local clock, in milliseconds since the epoch.
    pub(crate) sealed_at_ms: Option<i64>,
    /// Of the seal.
    sealing: Option<Effort>,
    pub(crate) committing: Option<Committing>,
    pub(crate) sent: Option<Sent>,
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

/// Why a journal cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// This line does not fit, counted from 1.
    Damaged(usize),
    /// A whole line of another form: nothing may be touched.
    Newer,
}

/// What stands in one line.
enum Line {
    Entry(Box<Entry>),
    /// Whole, and not understood.
    Unknown,
    Torn,
}

/// Reads a journal: its entries, and how many of its bytes they take. What comes after is a torn line.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Entry>, u64), Unreadable> {
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
            Line::Entry(entry) if end.is_some() => match *entry {
                Entry::Form { version } if version > FORM => return Err(Unreadable::Newer),
                entry => entries.push(entry),
            },
            Line::Unknown if end.is_some() => return Err(Unreadable::Newer),
            Line::Entry(_) | Line::Unknown | Line::Torn if after.is_empty() && tolerates_torn_lines() => {
                break;
            }
            Line::Entry(_) | Line::Unknown | Line::Torn => {
                return Err(Unreadable::Damaged(entries.len() + 1));
            }
        }
        good = bytes.len() - after.len();
        rest = after;
    }
    Ok((entries, u64::try_from(good).unwrap_or(u64::MAX)))
}

fn understand(text: &[u8]) -> Line {
    let is_whole = |checksum: &[u8], json: &[u8]| {
        std::str::from_utf8(checksum)
            .ok()
            .and_then(|checksum| checksum.strip_suffix(' '))
            .is_some_and(|sum| u32::from_str_radix(sum, 16) == Ok(crc32fast::hash(json)))
    };
    match text.split_at_checked(9) {
        Some((checksum, json)) if is_whole(checksum, json) => {
            serde_json::from_slice(json).map_or(Line::Unknown, |entry| Line::Entry(Box::new(entry)))
        }
        Some(_) | None => Line::Torn,
    }
}

#[cfg(not(test))]
const fn tolerates_torn_lines() -> bool {
    true
}

impl Manifest {
    /// What the journal knows of it: all but the members of pages.
    pub(crate) fn of_journal(log: &BatchLog, watermark_ms: i64) -> Manifest {
        let last = log.parts.last();
        Manifest {
            version: VERSION,
            batch: log.intent.batch.clone(),
            identity: log.intent.identity.clone(),
            parameters: log.intent.parameters.clone(),
            since: log.intent.since.clone(),
            previous: log.intent.previous.clone(),
            watermark_ms,
            watermark: moment_text(watermark_ms),
            total_results: last.and_then(|part| part.total_results).unwrap_or(0),
            row_count: last.and_then(|part| part.row_count),
            parts: log.parts.iter().map(|part| part.file.clone()).collect(),
            members: None,
            envelopes: None,
            synced_plainly: false,
        }
    }
}

#[cfg(test)]
fn tolerates_torn_lines() -> bool {
    !crate::mutants::is_active(crate::mutants::Mutant::NoTornLines)
}

/// Puts the entries together, batch by batch.
///
/// # Errors
/// Which entry does not fit to those before it, counted from 1.
pub(crate) fn batches(entries: Vec<Entry>) -> Result<Vec<BatchLog>, usize> {
    let mut batches: Vec<BatchLog> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let is_form = matches!(entry, Entry::Form { .. });
        if !(is_form && index == 0 || add(&mut batches, entry)) {
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
        Entry::Sent(sent) => Some(sent.batch.clone()),
        Entry::Committed { batch, .. } => Some(batch.clone()),
        Entry::Abandoned { batch, .. } => batch.clone(),
        Entry::Form { .. } => return false,
        Entry::Initiated(_) | Entry::Part(_) | Entry::Sealed { .. } => None,
    };
    let batch = match name {
        None => batches.last_mut(),
        Some(name) => batches.iter_mut().rev().find(|batch| batch.intent.batch == name),
    };
    batch.is_some_and(|batch| batch.add(entry))
}

impl Committing {
    /// `Expires` of the status that said ready just before.
    pub(crate) fn expires(&self) -> Option<Expires> {
        let earliest = self.baseline_expires?;
        Some(match self.baseline_expires_latest {
            Some(latest) => Expires { earliest, latest },
            // The first form kept no zone.
            None => Expires::zoneless(earliest),
        })
    }
}

impl BatchLog {
    fn new(intent: Intent) -> BatchLog {
        BatchLog {
            intent,
            initiated: None,
            parts: Vec::new(),
            sealed: None,
            expires: None,
            sealed_at_ms: None,
            sealing: None,
            committing: None,
            sent: None,
            committed: None,
            abandoned: None,
        }
    }

    /// What the batch took; none in a journal from before this was kept.
    pub(crate) fn effort(&self) -> Option<Effort> {
        let efforts = self.parts.iter().filter_map(|part| part.effort).chain(self.sealing);
        efforts.reduce(Effort::plus)
    }

    /// Takes an entry in; false when it does not fit.
    fn add(&mut self, entry: Entry) -> bool {
        let is_over = self.committed.is_some() || self.abandoned.is_some();
        if is_over {
            return false;
        }
        match entry {
            Entry::Form { .. } | Entry::Intent(_) => return false,
            Entry::Initiated(initiated) => {
                if self.initiated.is_some() {
                    return false;
                }
                self.initiated = Some(initiated);
            }
            Entry::Part(part) => {
                // A part that was dropped is made anew: it takes the place of that one and of all after it.
                let place = usize::try_from(part.n).unwrap_or(usize::MAX);
                if self.initiated.is_none() || self.sealed.is_some() || place == 0 || place > self.parts.len() + 1 {
                    return false;
                }
                self.parts.truncate(place - 1);
                self.parts.push(part);
            }
            Entry::Sealed { manifest_sha256, expires, at_ms, effort } => {
                if self.initiated.is_none() || self.sealed.is_some() {
                    return false;
                }
                self.sealed = Some(manifest_sha256);
                (self.expires, self.sealed_at_ms, self.sealing) = (expires, at_ms, effort);
            }
            Entry::Committing(committing) => {
                if self.sealed.is_none() {
                    return false;
                }
                self.committing = Some(committing);
            }
            Entry::Sent(sent) => {
                if self.committing.is_none() {
                    return false;
                }
                self.sent = Some(sent);
            }
            Entry::Committed { receipt, .. } => {
                if self.sealed.is_none() {
                    return false;
                }
                self.committed = Some(receipt);
            }
            Entry::Abandoned { why, .. } => self.abandoned = Some(why),
        }
        true
    }
}

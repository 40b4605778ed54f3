//! The members of pages that are not records: column headers of a schedule, `Messages` of customers, unknown ones. A
//! line is written when they differ from those of the page before, so that equal ones stand there once:
//! `{"offset":1,"members":{…}}` holds from that record on.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::export::{Page, Record};
use crate::json::hex;
use crate::landing::store::disk::Out;
use crate::landing::store::journal::Envelopes;

/// One line of `_envelopes.ndjson`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// The first record of the page.
    pub(crate) offset: u64,
    pub(crate) members: BTreeMap<String, Box<RawValue>>,
}

/// The members of a page, each as one line of JSON: the server's own text.
pub(crate) fn members(page: &Page) -> Result<BTreeMap<String, Box<RawValue>>, serde_json::Error> {
    let mut members = BTreeMap::new();
    for (name, value) in page.others() {
        let mut text = Vec::new();
        Record::of(value).write_line(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        members.insert(name.to_owned(), RawValue::from_string(text)?);
    }
    Ok(members)
}

/// Members as text, to compare them.
pub(crate) fn text(members: &BTreeMap<String, Box<RawValue>>) -> Result<String, serde_json::Error> {
    serde_json::to_string(members)
}

/// The file of envelopes.
#[derive(Default)]
pub(super) struct EnvelopeFile {
    pub(super) out: Option<Box<dyn Out>>,
    pub(super) sha256: Sha256,
    pub(super) bytes: u64,
    /// So many of them are durable.
    pub(super) synced: u64,
    pub(super) lines: u64,
    /// The members of the page before, as text.
    pub(super) previous: String,
}

impl EnvelopeFile {
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.bytes > self.synced
            && let Some(out) = &mut self.out
        {
            out.sync()?;
            self.synced = self.bytes;
        }
        Ok(())
    }

    pub(super) fn so_far(&self) -> Envelopes {
        Envelopes {
            bytes: self.bytes,
            lines: self.lines,
            sha256: if self.bytes == 0 { String::new() } else { hex(&self.sha256.clone().finalize()) },
        }
    }
}

/// A line of the envelopes. The reader's words would repeat what stands there.
pub(super) fn parse(line: &[u8]) -> io::Result<Envelope> {
    serde_json::from_slice(line)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a line of it is not as it was written"))
}

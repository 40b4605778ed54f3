//! The manifest of a batch: which parts it has, by hash, and what the export was. Commit is sent only when a durable one
//! names every part; the watermark of the next export lives here and nowhere else.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Version of the form.
pub(crate) const VERSION: u32 = 1;
/// Names in a batch's folder.
pub(crate) const MANIFEST: &str = "_manifest.json";
pub(crate) const ENVELOPES: &str = "_envelopes.ndjson";
pub(crate) const RECEIPT: &str = "_receipt.json";

/// Whose export it is. A folder holds batches of one identity only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The base URL of the service.
    pub base_url: String,
    /// The vendor's surface, by name.
    pub surface: String,
    /// The MyPreferences account.
    pub client_id: String,
    /// `segment`, `segment_group`, `schedule` or `cid`.
    pub kind: String,
    /// The name of the segment, group or schedule; none for customers.
    pub name: Option<String>,
}

/// What was asked for, beside the identity. Another one does not continue an unfinished batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameters {
    /// `auto` with its overlap in seconds, the moment that was given, or none for everything.
    pub since: Option<String>,
    /// The body of Initiate without `LastDateTime`.
    pub body: serde_json::Value,
    /// The query of Initiate: days.
    pub query: String,
    /// How the parts are compressed.
    pub compression: Compression,
    /// The export was initiated elsewhere.
    pub adopted: bool,
}

/// How parts are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all: `part-00001.ndjson`.
    #[default]
    None,
    /// By zstd, one frame a part: `part-00001.ndjson.zst`.
    Zstd,
}

impl Compression {
    /// The name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Zstd => "zstd",
        }
    }

    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Compression::None => "ndjson",
            Compression::Zstd => "ndjson.zst",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A file of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PartFile {
    /// Its name in the batch's folder.
    pub file: String,
    /// Of its bytes as they lie on disk, in lower-case hexadecimal.
    pub sha256: String,
    /// Records, or lines.
    pub rows: u64,
    /// Bytes as they lie on disk.
    pub bytes: u64,
}

/// `_manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// Version of this form: 1.
    pub version: u32,
    /// The name of the batch's folder.
    pub batch: String,
    /// Whose export it is.
    pub identity: Identity,
    /// What was asked for.
    pub parameters: Parameters,
    /// `LastDateTime` as it was sent; none for everything.
    pub since: Option<String>,
    /// The batch whose watermark `since` was made from; none when it was given.
    pub previous: Option<String>,
    /// The server's time just before Initiate was sent, in milliseconds since the epoch, and never later.
    pub watermark_ms: i64,
    /// The same as text.
    pub watermark: String,
    /// `TotalResults` as the server told it, which is how many records there are.
    pub total_results: u64,
    /// The parts, in their order.
    pub parts: Vec<PartFile>,
    /// The members of the pages that are not records, where they are equal on all pages.
    pub members: Option<BTreeMap<String, Box<RawValue>>>,
    /// The file with them, where they differ.
    pub envelopes: Option<PartFile>,
}

impl Manifest {
    pub(crate) fn read(bytes: &[u8]) -> Option<Manifest> {
        serde_json::from_slice(bytes)
            .ok()
            .filter(|manifest: &Manifest| manifest.version == VERSION)
    }

    /// Records in all parts.
    pub fn rows(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// Bytes of all parts on disk.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

/// In lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

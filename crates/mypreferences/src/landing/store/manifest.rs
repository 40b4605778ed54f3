//! The manifest of a batch: which parts it has, by hash, and what the export was. Commit is sent only when a durable one
//! names every part; the watermark of the next export lives here and nowhere else.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::export::page::HEADERS;
use crate::http::clock::system_time;
use crate::json::{hex, rfc3339};

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

impl Identity {
    /// What differs from what is wanted now, in words.
    pub(crate) fn differences(&self, wanted: &Identity) -> Vec<String> {
        let none = || "none".to_owned();
        differing([
            ("base_url", &self.base_url, &wanted.base_url),
            ("surface", &self.surface, &wanted.surface),
            ("client_id", &self.client_id, &wanted.client_id),
            ("kind", &self.kind, &wanted.kind),
            ("name", &self.name.clone().unwrap_or_else(none), &wanted.name.clone().unwrap_or_else(none)),
        ])
    }
}

/// "since is A there and B now", for those that differ.
fn differing<const N: usize>(members: [(&str, &String, &String); N]) -> Vec<String> {
    let told = |(name, there, now): (&str, &String, &String)| {
        (there != now).then(|| format!("{name} is {there} there and {now} now"))
    };
    members.into_iter().filter_map(told).collect()
}

/// What was asked for, beside the identity. Another one does not continue an unfinished batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameters {
    /// `auto` with its overlap in seconds, the moment that was given, or none for everything.
    pub since: Option<String>,
    /// The body of Initiate without `LastDateTime`, and with the SHA-256 of `CallbackURL` in its place: an address may hold a
    /// password.
    #[serde(deserialize_with = "body_without_addresses")]
    pub body: serde_json::Value,
    /// The query of Initiate: days.
    pub query: String,
    /// How the parts are compressed.
    pub compression: Compression,
    /// What the parts are: `ndjson`, or what another [`PartFormat`](crate::landing::PartFormat) calls itself.
    #[serde(default = "ndjson", skip_serializing_if = "is_ndjson")]
    pub format: String,
    /// How another format lays the records out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub layout: String,
    /// The export was initiated elsewhere.
    pub adopted: bool,
}

impl Parameters {
    /// It goes on from the batches before it.
    pub(crate) fn is_auto(&self) -> bool {
        self.since.as_deref().is_some_and(|since| since.starts_with("auto"))
    }

    /// What differs from what is wanted now, in words.
    pub(crate) fn differences(&self, wanted: &Parameters) -> Vec<String> {
        let since = |of: &Parameters| of.since.clone().unwrap_or_else(|| "none".to_owned());
        // Addresses and values of people stand in the body: that it differs is enough.
        let body = |is_theirs: bool| {
            let same = self.body == wanted.body;
            (if same || is_theirs { "one" } else { "another" }).to_owned()
        };
        let adopted = |of: &Parameters| of.adopted.to_string();
        // Another format compresses and lays out in its own way.
        let of_one_format = |text: String| if self.format == wanted.format { text } else { String::new() };
        let compression = |of: &Parameters| of_one_format(of.compression.to_string());
        let layout = |of: &Parameters| of_one_format(of.layout.clone());
        differing([
            ("since", &since(self), &since(wanted)),
            ("the selection of profiles", &body(true), &body(false)),
            ("days", &self.query, &wanted.query),
            ("compression", &compression(self), &compression(wanted)),
            ("format", &self.format, &wanted.format),
            ("the layout of parts", &layout(self), &layout(wanted)),
            ("initiated elsewhere", &adopted(self), &adopted(wanted)),
        ])
    }
}

/// What parts are unless another format was asked for.
pub(crate) const NDJSON: &str = "ndjson";

fn ndjson() -> String {
    NDJSON.to_owned()
}

// serde calls it with a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}

fn is_ndjson(format: &str) -> bool {
    format == NDJSON
}

/// A manifest is read by others than its writer.
pub(crate) fn without_addresses(mut body: serde_json::Value) -> serde_json::Value {
    if let Some(members) = body.as_object_mut()
        && let Some(url) = members.remove("CallbackURL")
    {
        let hash = url.as_str().map(|url| sha256(url.as_bytes()));
        members.insert("CallbackURLSha256".to_owned(), hash.into());
    }
    body
}

/// The first form kept the address.
fn body_without_addresses<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<serde_json::Value, D::Error> {
    serde_json::Value::deserialize(deserializer).map(without_addresses)
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
    /// By the format of the parts itself, as in Parquet. No call takes it: it goes with the format. A program from before
    /// there were formats does not know the word, and takes such a batch for what it is: written by a newer version.
    Internal,
}

impl Compression {
    /// The name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Zstd => "zstd",
            Compression::Internal => "internal",
        }
    }

    /// Of parts that are lines.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Compression::None | Compression::Internal => NDJSON,
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
    /// `RowCount` of the status that said ready; its unit is not documented (facts 3.2). None when it told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_count: Option<u64>,
    /// The parts, in their order.
    pub parts: Vec<PartFile>,
    /// The members of the pages that are not records, where they are equal on all pages.
    pub members: Option<BTreeMap<String, Box<RawValue>>>,
    /// The file with them, where they differ.
    pub envelopes: Option<PartFile>,
    /// It lies on a volume that knows no more than fsync, which leaves to the device when its cache is written: SMB, FUSE
    /// and some external volumes on Apple's systems.
    #[serde(default, skip_serializing_if = "is_false")]
    pub synced_plainly: bool,
}

/// What the bytes of a manifest are.
pub(crate) enum ReadManifest {
    Read(Box<Manifest>),
    /// Of a later form.
    Newer,
    Damaged,
}

impl Manifest {
    pub(crate) fn read(bytes: &[u8]) -> ReadManifest {
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        match serde_json::from_slice(bytes) {
            Ok(Form { version }) if version > VERSION => ReadManifest::Newer,
            Ok(_) => serde_json::from_slice(bytes).map_or(ReadManifest::Damaged, ReadManifest::Read),
            Err(_) => ReadManifest::Damaged,
        }
    }

    /// It can stand in one chain with others of this export of these profiles.
    pub(crate) fn is_of(&self, identity: &Identity, body: &serde_json::Value) -> bool {
        self.identity == *identity && self.parameters.body == *body && !self.parameters.adopted
    }

    /// `Headers` of a schedule, as JSON, where they are equal on all pages.
    pub fn headers(&self) -> Option<&[u8]> {
        let mut members = self.members.iter().flatten();
        members.find(|(name, _)| name.eq_ignore_ascii_case(HEADERS)).map(|(_, value)| value.get().as_bytes())
    }

    /// As JSON, as it lies on disk but for white space.
    pub fn to_json(&self) -> String {
        crate::json::text(self)
    }

    /// Of `since`; none for everything, and for what is no moment.
    pub(crate) fn since_ms(&self) -> Option<i64> {
        self.since.as_deref().and_then(moment_ms)
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

/// As RFC 3339, in whole seconds.
pub(crate) fn moment_text(ms: i64) -> String {
    system_time(ms.div_euclid(1000)).and_then(rfc3339).unwrap_or_default()
}

/// In milliseconds since the epoch; none for what is no moment.
pub(crate) fn moment_ms(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

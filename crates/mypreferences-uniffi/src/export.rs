//! The export flow: what to export, its handle, its pages, and what a landing needs and gives. Flat records and handles;
//! nothing is decided here.

use std::sync::Arc;

use mypreferences::export::{Export, OwnedRecord, Page, WaitProgress};
use mypreferences::landing::{BatchReceipt, Landed, LandingProgress, Sealed};
use mypreferences_bridge as bridge;
use mypreferences_bridge::{
    LandingArguments, LoadedArguments, OrderArguments, PageArguments, ProgressView, unix_seconds,
};

use crate::call::{NativeCancelToken, token_of};
use crate::error::NativeFailure;
use crate::records::NativeStatus;

/// What to export: the arguments of Initiate as texts. What is not given is none.
#[derive(uniffi::Record)]
pub struct NativeOrder {
    /// `segment`, `segment_group`, `schedule` or `cid`.
    pub kind: String,
    /// Of the segment, group or schedule.
    pub name: Option<String>,
    /// A moment with its zone.
    pub last_date_time: Option<String>,
    /// The vendor's word.
    pub match_criteria: Option<String>,
    /// The type that the vendor calls `MatchType`.
    pub match_type: Option<String>,
    /// The values to match.
    pub values: Vec<String>,
    /// Where the service posts the status.
    pub callback_url: Option<String>,
    /// A day.
    pub start_date: Option<String>,
    /// A day.
    pub end_date: Option<String>,
    /// The customers.
    pub cids: Vec<String>,
    /// The customers' channels.
    pub channels: Vec<String>,
}

impl From<NativeOrder> for OrderArguments {
    fn from(order: NativeOrder) -> OrderArguments {
        OrderArguments {
            kind: order.kind,
            name: order.name,
            last_date_time: order.last_date_time,
            match_criteria: order.match_criteria,
            match_type: order.match_type,
            values: order.values,
            callback_url: order.callback_url,
            start_date: order.start_date,
            end_date: order.end_date,
            cids: order.cids,
            channels: order.channels,
        }
    }
}

/// How to land. What is not given has the core's default.
#[derive(uniffi::Record)]
pub struct NativeLanding {
    /// The folder.
    pub out: String,
    /// `after_seal` or `never`.
    pub commit: Option<String>,
    /// Whether the server keeps its files after the commit.
    pub keep_files: Option<bool>,
    /// `auto`, or a moment.
    pub since: Option<String>,
    /// In seconds.
    pub overlap: Option<f64>,
    /// `none` or `zstd`.
    pub compression: Option<String>,
    /// `ndjson` or `parquet`.
    pub format: Option<String>,
    /// Of Parquet: `typed` or `json`.
    pub shape: Option<String>,
    /// Of Parquet: `keep` or `drop`.
    pub record: Option<String>,
    /// Records of one page.
    pub limit: Option<u64>,
    /// In seconds.
    pub max_wait: Option<f64>,
    /// In bytes.
    pub max_memory: Option<u64>,
    /// In bytes.
    pub part_bytes: Option<u64>,
    /// Ends the call when it is cancelled.
    pub cancel: Option<Arc<NativeCancelToken>>,
}

impl NativeLanding {
    pub(crate) fn understood(self) -> (LandingArguments, bridge::CancelToken) {
        let cancel = token_of(self.cancel.as_ref());
        let arguments = LandingArguments {
            out: self.out.into(),
            commit: self.commit,
            keep_files: self.keep_files,
            since: self.since,
            overlap: self.overlap,
            compression: self.compression,
            format: self.format,
            shape: self.shape,
            record: self.record,
            limit: self.limit,
            max_wait: self.max_wait,
            max_memory: self.max_memory,
            part_bytes: self.part_bytes,
        };
        (arguments, cancel)
    }
}

/// Which pages, and what they have to be. What is not given has the core's default.
#[derive(uniffi::Record)]
pub struct NativeReading {
    /// Records of one page.
    pub limit: Option<u64>,
    /// The first record, from 1.
    pub offset: Option<u64>,
    /// The last record.
    pub until: Option<u64>,
    /// In seconds.
    pub patience: Option<f64>,
    /// `TotalResults`.
    pub expect_total: Option<u64>,
    /// The digest of the first record.
    pub expect_first: Option<String>,
    /// The digest of the last one.
    pub expect_last: Option<String>,
}

impl From<NativeReading> for PageArguments {
    fn from(reading: NativeReading) -> PageArguments {
        PageArguments {
            limit: reading.limit,
            offset: reading.offset,
            until: reading.until,
            patience: reading.patience,
            expect_total: reading.expect_total,
            expect_first: reading.expect_first,
            expect_last: reading.expect_last,
        }
    }
}

/// What a destination holds.
#[derive(uniffi::Record)]
pub struct NativeLoaded {
    /// Counted there.
    pub rows: u64,
    /// Whether the server keeps its files after the commit.
    pub keep_files: bool,
    /// For the receipt.
    pub sink: Option<String>,
    /// Paths, patterns and folders.
    pub files: Vec<String>,
}

impl From<NativeLoaded> for LoadedArguments {
    fn from(loaded: NativeLoaded) -> LoadedArguments {
        LoadedArguments {
            rows: loaded.rows,
            keep_files: loaded.keep_files,
            sink: loaded.sink,
            files: loaded.files.into_iter().map(Into::into).collect(),
        }
    }
}

/// What lies on both sides of a place where an export is cut.
#[derive(uniffi::Record)]
pub struct NativeBoundary {
    /// The digest of the last record before it.
    pub last: String,
    /// The digest of the first record behind it.
    pub first: String,
}

/// How far a landing is.
#[derive(uniffi::Record)]
pub struct NativeLandingProgress {
    /// `initiate`, `wait`, `land`, `seal` or `commit`.
    pub stage: String,
    /// The name of the batch's folder.
    pub batch: String,
    /// Records landed so far, those of earlier runs included.
    pub rows: u64,
    /// Records of the export, once the server told.
    pub total: Option<u64>,
    /// Records that an earlier run had landed.
    pub resumed_rows: u64,
    /// In seconds.
    pub elapsed: f64,
    /// Until the next question while it waits, in seconds.
    pub next_in: Option<f64>,
    /// Something that a person should know, told once.
    pub note: Option<String>,
}

impl From<&LandingProgress> for NativeLandingProgress {
    fn from(progress: &LandingProgress) -> NativeLandingProgress {
        let view = ProgressView::from(progress);
        NativeLandingProgress {
            stage: view.stage.to_owned(),
            batch: view.batch.to_owned(),
            rows: view.rows,
            total: view.total,
            resumed_rows: view.resumed_rows,
            elapsed: view.elapsed,
            next_in: view.next_in,
            note: view.note.map(str::to_owned),
        }
    }
}

/// How a wait goes.
#[derive(uniffi::Record)]
pub struct NativeWaitProgress {
    /// In seconds.
    pub elapsed: f64,
    /// Questions asked so far.
    pub questions: u32,
    /// The newest status; none when the newest question failed.
    pub status: Option<NativeStatus>,
    /// Until the next question, in seconds.
    pub next_in: f64,
}

impl From<&WaitProgress> for NativeWaitProgress {
    fn from(progress: &WaitProgress) -> NativeWaitProgress {
        NativeWaitProgress {
            elapsed: progress.elapsed.as_secs_f64(),
            questions: progress.questions,
            status: progress.status.as_ref().map(NativeStatus::from),
            next_in: progress.next_in.as_secs_f64(),
        }
    }
}

/// Is told how far a call is. From the thread that runs it, never two at once, never after its completion.
#[uniffi::export(callback_interface)]
pub trait NativeProgress: Send + Sync {
    /// A landing went on. On a thread that carries no call.
    fn landing(&self, progress: NativeLandingProgress);
    /// A wait goes on. On a thread that carries no call.
    fn waiting(&self, progress: NativeWaitProgress);
}

/// The handle of an export. Its token stays on this side of the border until it is asked for.
#[derive(uniffi::Object)]
pub struct NativeExport(pub(crate) Export);

#[uniffi::export]
impl NativeExport {
    /// Reads what `to_json_with_token` wrote.
    #[uniffi::constructor]
    pub fn from_json(text: String) -> Result<Arc<NativeExport>, NativeFailure> {
        Ok(Arc::new(NativeExport(Export::from_json(&text)?)))
    }

    /// As JSON, with the access token.
    pub fn to_json_with_token(&self) -> String {
        self.0.to_json_with_token()
    }

    /// The token that Initiate returned.
    pub fn access_token(&self) -> i64 {
        self.0.access_token().expose()
    }

    /// `segment`, `segment_group`, `schedule` or `cid`.
    pub fn kind(&self) -> String {
        self.0.kind().as_str().to_owned()
    }

    /// The server's time just before Initiate, in whole seconds since 1970.
    pub fn watermark(&self) -> Option<i64> {
        unix_seconds(self.0.watermark())
    }

    /// `LastDateTime` as it was asked for, in milliseconds since 1970.
    pub fn since(&self) -> Option<i64> {
        let since = self.0.since()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).ok()
    }

    /// For people: without the token.
    pub fn describe(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Where a record stands in its page.
#[derive(uniffi::Record)]
pub struct NativePlace {
    /// Its first byte.
    pub start: u64,
    /// The byte after its last one.
    pub end: u64,
}

/// A member of a page that is no record.
#[derive(uniffi::Record)]
pub struct NativeMember {
    /// As it stands in the page.
    pub name: String,
    /// JSON.
    pub value: Vec<u8>,
}

/// One page.
#[derive(uniffi::Record)]
pub struct NativePage {
    /// The whole body.
    pub raw: Vec<u8>,
    /// Its records, in their order.
    pub records: Vec<NativePlace>,
    /// The other members.
    pub others: Vec<NativeMember>,
    /// `Count`.
    pub count: u64,
    /// `HasMore`.
    pub has_more: bool,
    /// `Offset`.
    pub offset: Option<u64>,
    /// `TotalResults`.
    pub total_results: Option<u64>,
}

impl From<Page> for NativePage {
    fn from(page: Page) -> NativePage {
        NativePage {
            records: page
                .record_places()
                .iter()
                .map(|place| NativePlace { start: place.start as u64, end: place.end as u64 })
                .collect(),
            others: page
                .others()
                .map(|(name, value)| NativeMember { name: name.to_owned(), value: value.to_vec() })
                .collect(),
            count: page.count,
            has_more: page.has_more,
            offset: page.offset,
            total_results: page.total_results,
            raw: page.into_raw(),
        }
    }
}

/// A record as one line, without its end.
#[uniffi::export]
pub fn line_of(record: Vec<u8>) -> Vec<u8> {
    OwnedRecord::from(record).line()
}

/// The proof that a batch is whole. Only a landing, or a folder with a sealed batch, gives one.
#[derive(uniffi::Object)]
pub struct NativeSealed(pub(crate) Sealed);

#[uniffi::export]
impl NativeSealed {
    /// The folder that the landing was made in.
    pub fn out(&self) -> String {
        self.0.out().display().to_string()
    }

    /// The name of the batch's folder.
    pub fn batch(&self) -> String {
        self.0.batch().to_owned()
    }

    /// Of `_manifest.json`.
    pub fn manifest_sha256(&self) -> String {
        self.0.manifest_sha256().to_owned()
    }
}

/// How the commit of a batch ended.
#[derive(uniffi::Record)]
pub struct NativeBatchReceipt {
    /// `committed`, `already_committed` or `expired`.
    pub end: String,
    /// As asked.
    pub keep_files: bool,
    /// When it was written, as RFC 3339.
    pub at: Option<String>,
    /// `Date` of the answer that confirmed it, as RFC 3339.
    pub server_date: Option<String>,
    /// Whether a privacy claim can be made from it.
    pub files_are_as_asked: bool,
    /// Whether the server never said so in as many words.
    pub is_presumed: bool,
    /// As `_receipt.json` has it.
    pub json: String,
}

impl From<&BatchReceipt> for NativeBatchReceipt {
    fn from(receipt: &BatchReceipt) -> NativeBatchReceipt {
        NativeBatchReceipt {
            end: receipt.end.name().to_owned(),
            keep_files: receipt.keep_files,
            at: receipt.at.clone(),
            server_date: receipt.server_date.clone(),
            files_are_as_asked: receipt.files_are_as_asked(),
            is_presumed: receipt.is_presumed(),
            json: receipt.to_json(),
        }
    }
}

/// What a landing has come to.
#[derive(uniffi::Record)]
pub struct NativeLanded {
    /// The proof.
    pub sealed: Arc<NativeSealed>,
    /// The batch's folder.
    pub folder: String,
    /// Records landed.
    pub rows: u64,
    /// Bytes of the parts on disk.
    pub bytes: u64,
    /// How many parts.
    pub parts: u64,
    /// `LastDateTime` as it was sent.
    pub since: Option<String>,
    /// The server's time just before Initiate, as RFC 3339.
    pub watermark: String,
    /// False when the folder had the batch before.
    pub is_new: bool,
    /// How the commit ended; none when there was none.
    pub receipt: Option<NativeBatchReceipt>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The same object in every language.
    pub json: String,
}

impl From<Landed> for NativeLanded {
    fn from(landed: Landed) -> NativeLanded {
        NativeLanded {
            folder: landed.folder().display().to_string(),
            rows: landed.rows(),
            bytes: landed.manifest.bytes(),
            parts: landed.manifest.parts.len() as u64,
            since: landed.manifest.since.clone(),
            watermark: landed.manifest.watermark.clone(),
            is_new: landed.is_new,
            receipt: landed.receipt.as_ref().map(NativeBatchReceipt::from),
            json: landed.to_json(),
            sealed: Arc::new(NativeSealed(landed.sealed)),
            notes: landed.notes,
        }
    }
}

//! The arguments of an export as bindings get them, texts and numbers, turned into the core's types. One place, so that
//! the same text means the same in every language.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mypreferences::export::{Expect, Export, ExportRequest, LastDateTime, MatchCriteria, Pages};
use mypreferences::landing::{CommitLoaded, CommitPolicy, Compression, Folder, LandExport, PartFormat};
use mypreferences::{CancelToken, Client as Core, Error, ErrorKind, ExportKind, Operation};

/// What to export. Texts that are not given are none.
#[derive(Clone, Debug, Default)]
pub struct OrderArguments {
    /// `segment`, `segment_group`, `schedule` or `cid`.
    pub kind: String,
    /// Of the segment, group or schedule; none for customers.
    pub name: Option<String>,
    /// A moment such as `2026-11-24T06:25:53.042Z`.
    pub last_date_time: Option<String>,
    /// `ProfileId`, `AlternateId`, `PhoneNumber` or `EmailAddress`.
    pub match_criteria: Option<String>,
    /// The type that the vendor calls `MatchType`.
    pub match_type: Option<String>,
    /// The values to match.
    pub values: Vec<String>,
    /// Where the service posts the status.
    pub callback_url: Option<String>,
    /// A day such as `2026-11-24`.
    pub start_date: Option<String>,
    /// A day.
    pub end_date: Option<String>,
    /// The customers.
    pub cids: Vec<String>,
    /// The customers' channels.
    pub channels: Vec<String>,
}

/// How to land an export. What is not given has the core's default.
#[derive(Clone, Debug, Default)]
pub struct LandingArguments {
    /// The folder.
    pub out: PathBuf,
    /// `after_seal` or `never`; without it `after_seal` when `keep_files` is given, as it must be for that.
    pub commit: Option<String>,
    /// Whether the server keeps its files after the commit.
    pub keep_files: Option<bool>,
    /// `auto`, or a moment.
    pub since: Option<String>,
    /// Seconds that `auto` goes back.
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
    /// Seconds.
    pub max_wait: Option<f64>,
    /// Bytes.
    pub max_memory: Option<u64>,
    /// Bytes.
    pub part_bytes: Option<u64>,
}

/// Which pages to read, and what they have to be. What is not given has the core's default.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// Records of one page.
    pub limit: Option<u64>,
    /// The first record, from 1.
    pub offset: Option<u64>,
    /// The last record.
    pub until: Option<u64>,
    /// Seconds.
    pub patience: Option<f64>,
    /// `TotalResults` that each page must tell.
    pub expect_total: Option<u64>,
    /// The digest of the first record.
    pub expect_first: Option<String>,
    /// The digest of the last one.
    pub expect_last: Option<String>,
}

/// What the destination of a commit of what was loaded holds.
#[derive(Clone, Debug, Default)]
pub struct LoadedArguments {
    /// Rows, counted there.
    pub rows: u64,
    /// Whether the server keeps its files.
    pub keep_files: bool,
    /// Where, for the receipt.
    pub sink: Option<String>,
    /// Paths, patterns and folders.
    pub files: Vec<PathBuf>,
}

impl PageArguments {
    /// The core's stream.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub fn pages(&self, client: &Core, export: &Export) -> Result<Pages, Error> {
        let digest = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        let mut pages = client.pages(export).expect(Expect {
            total: self.expect_total,
            first: digest(&self.expect_first)?,
            last: digest(&self.expect_last)?,
        });
        if let Some(limit) = self.limit {
            pages = pages.limit(page_limit(Operation::Page, limit)?);
        }
        if let Some(offset) = self.offset {
            pages = pages.offset(offset);
        }
        if let Some(until) = self.until {
            pages = pages.until(until);
        }
        if let Some(patience) = self.patience {
            pages = pages.patience(seconds(Operation::Page, "patience", patience)?);
        }
        Ok(pages)
    }
}

impl LoadedArguments {
    /// The core's call.
    pub fn call(&self, client: &Core, export: &Export, cancel: CancelToken) -> CommitLoaded {
        let call = client.commit_loaded(export, self.rows, self.keep_files).files(self.files.iter().cloned());
        let call = match &self.sink {
            Some(sink) => call.sink(sink),
            None => call,
        };
        call.cancel_token(cancel)
    }
}

fn refused(operation: Operation, detail: impl Into<String>, next: &str) -> Error {
    Error::before_io(ErrorKind::InvalidArgument, operation, detail, next)
}

/// Seconds of an argument as a duration.
///
/// # Errors
/// `invalid_argument` for what is none.
pub fn seconds(operation: Operation, name: &str, value: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| refused(operation, format!("{name} is no length of time"), "pass seconds, more than zero"))
}

impl OrderArguments {
    /// The core's order. Its documented rules are checked by the call.
    ///
    /// # Errors
    /// `invalid_argument` for a kind, a moment or criteria that are none.
    pub fn order(&self) -> Result<ExportRequest, Error> {
        let kind: ExportKind = self.kind.parse().map_err(|_| {
            refused(
                Operation::Initiate,
                "kind is none of the known ones",
                "pass segment, segment_group, schedule or cid",
            )
        })?;
        let name = || {
            self.name.clone().ok_or_else(|| {
                refused(
                    Operation::Initiate,
                    "the name of what to export is missing",
                    "pass the name as MyPreferences shows it",
                )
            })
        };
        let mut order = match kind {
            ExportKind::Segment => ExportRequest::segment(name()?),
            ExportKind::SegmentGroup => ExportRequest::segment_group(name()?),
            ExportKind::Schedule => ExportRequest::schedule(name()?),
            ExportKind::Cid => ExportRequest::cid(self.cids.iter().cloned()),
        };
        if kind == ExportKind::Cid && self.name.is_some() {
            return Err(refused(Operation::Initiate, "customers (CID) have no name", "pass cids alone"));
        }
        if kind != ExportKind::Cid && !self.cids.is_empty() {
            return Err(refused(Operation::Initiate, "cids are for the kind cid", "leave them out"));
        }
        if let Some(text) = &self.last_date_time {
            order = order.since(text.parse::<LastDateTime>()?);
        }
        match &self.match_criteria {
            Some(word) => {
                let criteria = MatchCriteria::from_words(word, self.match_type.as_deref())?;
                order = order.matching(criteria, self.values.iter().cloned());
            }
            None if self.match_type.is_some() || !self.values.is_empty() => {
                return Err(refused(
                    Operation::Initiate,
                    "match_type and values need match_criteria",
                    "pass match_criteria too, or none of them",
                ));
            }
            None => {}
        }
        if let Some(url) = &self.callback_url {
            order = order.callback_url(url.clone());
        }
        if self.start_date.is_some() || self.end_date.is_some() {
            order = order.dates_if_given(self.start_date.clone(), self.end_date.clone());
        }
        if !self.channels.is_empty() {
            order = order.channels(self.channels.iter().cloned());
        }
        Ok(order)
    }
}

impl LandingArguments {
    /// The call that exports and lands.
    ///
    /// # Errors
    /// `invalid_argument`.
    pub fn export(&self, client: &Core, order: ExportRequest, cancel: CancelToken) -> Result<LandExport, Error> {
        let policy = self.policy()?;
        let order = match self.since.as_deref() {
            Some("auto") | None => order,
            Some(moment) => order.since(moment.parse::<LastDateTime>()?),
        };
        let call = client.export(order, self.out.clone(), policy);
        let call = match (self.since.as_deref(), self.overlap) {
            (Some("auto"), None) => call.since_auto(None),
            (Some("auto"), Some(overlap)) => call.since_auto(Some(seconds(Operation::Export, "overlap", overlap)?)),
            (Some(_) | None, Some(_)) => {
                return Err(refused(
                    Operation::Export,
                    "overlap is for since auto",
                    "leave it out, or pass since auto",
                ));
            }
            (Some(_) | None, None) => call,
        };
        self.with_options(call, cancel)
    }

    /// The call that lands an export that was initiated before. It does not commit.
    ///
    /// # Errors
    /// `invalid_argument`, for what says what to export or whether to commit too.
    pub fn land(&self, client: &Core, export: &Export, cancel: CancelToken) -> Result<LandExport, Error> {
        let commits = self.commit.as_deref().is_some_and(|word| word != "never");
        for (name, is_given) in [
            ("commit", commits),
            ("keep_files", self.keep_files.is_some()),
            ("since", self.since.is_some()),
            ("overlap", self.overlap.is_some()),
        ] {
            if is_given {
                return Err(refused(
                    Operation::Export,
                    format!("{name} is for an export that the same call starts and commits"),
                    "leave it out, and pass the sealed batch to commit_landed",
                ));
            }
        }
        self.with_options(client.land(export, self.out.clone()), cancel)
    }

    fn policy(&self) -> Result<CommitPolicy, Error> {
        match (self.commit.as_deref(), self.keep_files) {
            (None | Some("after_seal"), Some(keep_files)) => Ok(CommitPolicy::AfterSeal { keep_files }),
            (None | Some("after_seal"), None) => Err(refused(
                Operation::Export,
                "keep_files is missing",
                "pass keep_files true or false: false deletes the server's copy; or commit never",
            )),
            (Some("never"), None) => Ok(CommitPolicy::Never),
            (Some("never"), Some(_)) => Err(refused(
                Operation::Export,
                "keep_files is for a commit, and commit is never",
                "leave one of the two out",
            )),
            (Some(_), _) => {
                Err(refused(Operation::Export, "commit is none of the known words", "pass after_seal or never"))
            }
        }
    }

    fn with_options(&self, mut call: LandExport, cancel: CancelToken) -> Result<LandExport, Error> {
        call = call.cancel_token(cancel);
        match self.compression.as_deref() {
            None => {}
            Some("none") => call = call.compression(Compression::None),
            Some("zstd") => call = call.compression(Compression::Zstd),
            Some(_) => {
                return Err(refused(Operation::Export, "compression is none of the known words", "pass none or zstd"));
            }
        }
        if let Some(format) = part_format(self.format.as_deref(), self.shape.as_deref(), self.record.as_deref())? {
            call = call.format(format);
        }
        if let Some(limit) = self.limit {
            call = call.limit(page_limit(Operation::Export, limit)?);
        }
        if let Some(max_wait) = self.max_wait {
            call = call.max_wait(seconds(Operation::Export, "max_wait", max_wait)?);
        }
        if let Some(bytes) = self.max_memory {
            call = call.max_memory(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        if let Some(bytes) = self.part_bytes {
            call = call.part_bytes(bytes);
        }
        Ok(call)
    }
}

/// The format of parts that these words mean; none for lines.
fn part_format(
    format: Option<&str>,
    shape: Option<&str>,
    record: Option<&str>,
) -> Result<Option<Arc<dyn PartFormat>>, Error> {
    match format {
        None | Some("ndjson") if shape.is_none() && record.is_none() => Ok(None),
        None | Some("ndjson") => Err(refused(
            Operation::Export,
            "shape and record are for Parquet",
            "pass format parquet too, or leave them out",
        )),
        Some("parquet") => parquet(shape, record).map(Some),
        Some(_) => Err(refused(Operation::Export, "format is none of the known words", "pass ndjson or parquet")),
    }
}

#[cfg(feature = "parquet")]
fn parquet(shape: Option<&str>, record: Option<&str>) -> Result<Arc<dyn PartFormat>, Error> {
    Ok(mypreferences_arrow::Parquet::new(mypreferences_arrow::Layout::of_words(shape, record)?))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_shape: Option<&str>, _record: Option<&str>) -> Result<Arc<dyn PartFormat>, Error> {
    Err(Error::before_io(
        ErrorKind::Configuration,
        Operation::Configure,
        "this build has no Parquet",
        "land lines, which the command `mypreferences export convert` makes Parquet of, or use a build that has it",
    ))
}

/// A folder that exports were landed in, with every format of parts that this build knows.
pub fn folder(out: impl Into<PathBuf>) -> Folder {
    let folder = Folder::new(out);
    #[cfg(feature = "parquet")]
    let folder = folder.format(mypreferences_arrow::Parquet::new(mypreferences_arrow::Layout::default()));
    folder
}

/// Records of one page as the core counts them.
///
/// # Errors
/// `invalid_argument` beyond 32 bits.
pub fn page_limit(operation: Operation, limit: u64) -> Result<u32, Error> {
    u32::try_from(limit).map_err(|_| refused(operation, "limit is too large", "pass the records of one page"))
}

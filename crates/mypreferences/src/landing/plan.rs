//! What a call was told: what to land, where, and how. Checked before any I/O.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::error::{Error, Operation};
use crate::export::{Export, ExportRequest, LastDateTime, check_max_wait};
use crate::landing::part_format::PartFormat;
use crate::landing::progress::OnProgress;
use crate::landing::store::disk::Disk;
use crate::landing::store::manifest::{Compression, Identity, NDJSON, Parameters, without_addresses};
use crate::session::cancel::CancelToken;

/// When to commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitPolicy {
    /// As soon as the batch is sealed.
    AfterSeal {
        /// Whether the server keeps the export files. False deletes them: the landed batch is the only copy then.
        keep_files: bool,
    },
    /// Not by this call: [`Client::commit_landed`] does it later, or nobody.
    Never,
}

/// Records of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageLimit {
    /// So many, at least 1.
    Records(u32),
    /// Begins with the vendor's default of 1,000 and doubles while larger pages bring more records a second, up to 20,000 or a
    /// third of the memory; back to 1,000 at the first refusal.
    Auto,
}

impl From<u32> for PageLimit {
    fn from(records: u32) -> PageLimit {
        PageLimit::Records(records)
    }
}

impl PageLimit {
    /// None: found by trying.
    pub(crate) fn records(self) -> Option<u32> {
        match self {
            PageLimit::Records(records) => Some(records),
            PageLimit::Auto => None,
        }
    }
}

/// What to land.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Order(ExportRequest),
    Export(Export),
}

/// Everything that a call was told.
pub(crate) struct Plan {
    pub(crate) client: Client,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) out: PathBuf,
    pub(crate) source: Source,
    pub(crate) policy: CommitPolicy,
    /// Since the newest watermark in the folder, minus this overlap.
    pub(crate) since_auto: Option<Duration>,
    pub(crate) compression: Compression,
    /// None: lines of JSON.
    pub(crate) format: Option<Arc<dyn PartFormat>>,
    pub(crate) limit: PageLimit,
    pub(crate) max_wait: Option<Duration>,
    pub(crate) max_memory: usize,
    pub(crate) part_bytes: u64,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) on_progress: Option<OnProgress>,
}

/// A longer overlap would export nearly everything again.
const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

fn refused(detail: &str, next: &str) -> Error {
    Error::invalid_argument(Operation::Export, detail, next)
}

impl Plan {
    /// Checks what can be checked before any I/O, and tells whose export it is and what was asked for.
    pub(crate) fn check(&self) -> Result<(Identity, Parameters), Error> {
        if self.limit == PageLimit::Records(0) {
            return Err(refused("limit is zero", "pass the records of one page"));
        }
        if let Some(max_wait) = self.max_wait {
            check_max_wait(max_wait, Operation::Export)?;
        }
        if self.max_memory < 1 << 20 {
            return Err(refused("max_memory is less than 1 MiB", "pass at least 1 MiB: three pages have to fit in"));
        }
        if self.since_auto.is_some_and(|overlap| overlap > LONGEST_OVERLAP) {
            return Err(refused(
                "the overlap is longer than 30 days",
                "pass at most 30 days: it makes up for the vendor's rounding, which is milliseconds",
            ));
        }
        if self.compression == Compression::Zstd && !cfg!(feature = "zstd") {
            return Err(Error::configuration(
                "this build has no zstd",
                "land without compression, or use a build with the feature zstd",
            ));
        }
        let (compression, format, layout) = match (self.compression, &self.format) {
            (Compression::None | Compression::Zstd, None) => (self.compression, NDJSON.to_owned(), String::new()),
            (Compression::None | Compression::Internal, Some(format)) => {
                (Compression::Internal, format.name().to_owned(), format.layout())
            }
            (Compression::Zstd, Some(format)) => {
                return Err(refused(
                    &format!("{} compresses by itself", format.name()),
                    "leave the compression out, or land lines",
                ));
            }
            (Compression::Internal, None) => {
                return Err(refused("lines do not compress themselves", "pass none or zstd, or a format of parts"));
            }
        };
        let session = self.client.session();
        let (kind, name, body, query) = match &self.source {
            Source::Order(order) => {
                order.check().map_err(|error| error.during(Operation::Export))?;
                if self.since_auto.is_some() && (order.since_moment().is_some() || !order.is_of_segments()) {
                    return Err(refused(
                        "since auto is for segments and groups of them, without a moment of their own",
                        "pass one of the two, or export a segment",
                    ));
                }
                (order.kind, order.name.clone(), without_addresses(order.body_without_since()), order.query())
            }
            Source::Export(export) => {
                self.client.check_export(export, Operation::Export)?;
                if self.since_auto.is_some() {
                    return Err(refused("an export that was initiated has its since already", "leave since out"));
                }
                (export.kind, export.name.clone(), serde_json::Value::Null, String::new())
            }
        };
        let since = match (&self.source, self.since_auto) {
            (Source::Order(_), Some(overlap)) => Some(format!("auto {}", overlap.as_secs())),
            (Source::Order(order), None) => order.since_moment().map(LastDateTime::text),
            (Source::Export(_), _) => None,
        };
        Ok((
            Identity {
                base_url: session.routes.base().to_owned(),
                surface: session.settings.surface.name().to_owned(),
                client_id: session.client_id.clone(),
                kind: kind.as_str().to_owned(),
                name,
            },
            Parameters {
                since,
                body,
                query,
                compression,
                format,
                layout,
                adopted: matches!(self.source, Source::Export(_)),
            },
        ))
    }
}

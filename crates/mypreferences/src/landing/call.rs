//! The calls: an export landed in a folder, and the commit of what was landed.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::error::Error;
use crate::export::page_size::LIMIT;
use crate::export::{Export, ExportRequest};
use crate::landing::commit::{self, CommitBatch};
use crate::landing::part_format::PartFormat;
use crate::landing::plan::{CommitPolicy, PageLimit, Plan, Source};
use crate::landing::progress::LandingProgress;
use crate::landing::sealed::{Landed, Sealed};
use crate::landing::store::disk::{Disk, SystemDisk};
use crate::landing::store::manifest::Compression;
use crate::landing::store::receipt::BatchReceipt;
use crate::landing::store_worker::StoreWorker;
use crate::session::cancel::CancelToken;

/// Size of a part when nobody says otherwise.
const PART_BYTES: u64 = 64 << 20;
/// Memory for pages when nobody says otherwise.
const MAX_MEMORY: usize = 64 << 20;
/// How far `since_auto` goes back before the newest watermark when nobody says otherwise.
pub(crate) const OVERLAP: Duration = Duration::from_secs(300);

impl Client {
    /// Lands an export in a folder and commits it: initiate, wait, pages, seal, commit. Whatever stopped an earlier call,
    /// the same call continues it; a finished one is not done again.
    ///
    /// The folder belongs to exports of one thing of one account. What lies in it: see
    /// [`landing`](crate::landing). The commit comes last, when the batch is durable and whole.
    ///
    /// # Errors
    /// Any kind. 700 to 703 for the folder; `export_failed`, `export_expired`, `wait_timed_out`; `count_mismatch` when
    /// the pages are not what the server said; `outcome_unknown` when Initiate or the commit was lost: the same call
    /// finds out what became of it.
    pub fn export(&self, order: ExportRequest, out: impl Into<PathBuf>, policy: CommitPolicy) -> LandExport {
        self.landing(Source::Order(order), out.into(), policy)
    }

    /// Lands an export that was initiated before, by this process or another one. Does not commit it:
    /// [`Client::commit_landed`] takes the seal.
    ///
    /// # Errors
    /// As [`Client::export`].
    pub fn land(&self, export: &Export, out: impl Into<PathBuf>) -> LandExport {
        self.landing(Source::Export(export.clone()), out.into(), CommitPolicy::Never)
    }

    /// Commits a sealed batch: the order that cannot lose data, by type. Asks status first, and after a commit whose
    /// answer was lost, what became of it. A batch that is committed gives its receipt, and sends nothing.
    ///
    /// Without a seal it does not compile:
    ///
    /// ```compile_fail
    /// # async fn example(client: mypreferences::Client) {
    /// client.commit_landed(4711, false).await;
    /// # }
    /// ```
    ///
    /// and a seal cannot be made by hand:
    ///
    /// ```compile_fail
    /// let sealed = mypreferences::landing::Sealed {};
    /// ```
    ///
    /// ```no_run
    /// # async fn example(client: mypreferences::Client) -> Result<(), mypreferences::Error> {
    /// use mypreferences::export::ExportRequest;
    /// use mypreferences::landing::CommitPolicy;
    ///
    /// let landed = client
    ///     .export(ExportRequest::segment("Newsletter"), "landing", CommitPolicy::Never)
    ///     .await?;
    /// // Here the data is safe; now the server may delete its copy.
    /// let receipt = client.commit_landed(&landed.sealed, false).await?;
    /// println!("{}", receipt.to_json());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::commit`]; `not_sealed` when the manifest on disk is not the one that was sealed, `corrupt` when a
    /// part does not match its hash, `output_conflict` for another `keep_files` than one that may have been sent,
    /// `locked`, `storage`.
    pub fn commit_landed(&self, sealed: &Sealed, keep_files: bool) -> CommitLanded {
        CommitLanded { client: self.clone(), sealed: sealed.clone(), keep_files, cancel: None }
    }

    fn landing(&self, source: Source, out: PathBuf, policy: CommitPolicy) -> LandExport {
        LandExport(Plan {
            client: self.clone(),
            disk: Arc::new(SystemDisk),
            out,
            source,
            policy,
            since_auto: None,
            compression: Compression::None,
            format: None,
            limit: PageLimit::Records(LIMIT),
            max_wait: None,
            max_memory: MAX_MEMORY,
            part_bytes: PART_BYTES,
            cancel: None,
            on_progress: None,
        })
    }
}

/// An export that is going to be landed: await it. See [`Client::export`].
#[must_use = "nothing is landed until it is awaited"]
pub struct LandExport(pub(crate) Plan);

impl fmt::Debug for LandExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LandExport")
            .field("out", &self.0.out)
            .field("source", &self.0.source)
            .field("policy", &self.0.policy)
            .finish_non_exhaustive()
    }
}

impl LandExport {
    /// Only what changed since the newest sealed batch of this folder: its watermark minus an overlap, which makes up for
    /// the vendor's rounding of `LastDateTime` (DOC). Everything, when there is none yet. With this a finished batch is
    /// followed by a new one. Default overlap: 5 minutes.
    pub fn since_auto(mut self, overlap: Option<Duration>) -> LandExport {
        self.0.since_auto = Some(overlap.unwrap_or(OVERLAP));
        self
    }

    /// How parts are compressed. Default: not at all.
    pub fn compression(mut self, compression: Compression) -> LandExport {
        self.0.compression = compression;
        self
    }

    /// Parts of another form than lines of JSON: Parquet, by `mypreferences-arrow`. Needs no compression. An unfinished batch
    /// is continued in the format, and the layout, that it was begun with: another one is `output_conflict`.
    pub fn format(mut self, format: Arc<dyn PartFormat>) -> LandExport {
        self.0.format = Some(format);
        self
    }

    /// Records of one page, at least 1, or [`PageLimit::Auto`]. Default 1,000, the vendor's own; a hard maximum is not known
    /// (facts 2.3, UNK).
    pub fn limit(mut self, limit: impl Into<PageLimit>) -> LandExport {
        self.0.limit = limit.into();
        self
    }

    /// How long to wait until the export is ready: more than zero, up to 30 days. Default 24 hours.
    pub fn max_wait(mut self, max_wait: Duration) -> LandExport {
        self.0.max_wait = Some(max_wait);
        self
    }

    /// Bytes for pages in memory, at least 1 MiB, default 64 MiB: those that are written, taken apart, wait or are under way,
    /// at the largest size seen; so the setting `parallel` may be more than fit. A page larger than a third of it is
    /// `response_too_large`: pass a smaller `limit`.
    pub fn max_memory(mut self, max_memory: usize) -> LandExport {
        self.0.max_memory = max_memory;
        self
    }

    /// A part ends when it has so many bytes before compression, or was open for a minute. Default 64 MiB. What a crash
    /// costs is the part under way and those that are being made durable: three at most.
    pub fn part_bytes(mut self, part_bytes: u64) -> LandExport {
        self.0.part_bytes = part_bytes;
        self
    }

    /// Ends the call when this token is cancelled, within a page; what is durable then is where the same call continues.
    pub fn cancel_token(mut self, token: CancelToken) -> LandExport {
        self.0.cancel = Some(token);
        self
    }

    /// Called at each stage, after each question and after each page, from the task that lands. It must not block: other
    /// tasks of the same thread, a blocking client's other calls too, and their time limits stand meanwhile. Hand the
    /// progress on, to a channel for example.
    pub fn on_progress(mut self, progress: impl Fn(&LandingProgress) + Send + Sync + 'static) -> LandExport {
        self.0.on_progress = Some(Arc::new(progress));
        self
    }
}

impl IntoFuture for LandExport {
    type Output = Result<Landed, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.0.run())
    }
}

/// A commit of a sealed batch: await it. See [`Client::commit_landed`].
#[must_use = "nothing is committed until it is awaited"]
pub struct CommitLanded {
    client: Client,
    sealed: Sealed,
    keep_files: bool,
    cancel: Option<CancelToken>,
}

impl CommitLanded {
    /// Ends the call when this token is cancelled.
    pub fn cancel_token(mut self, token: CancelToken) -> CommitLanded {
        self.cancel = Some(token);
        self
    }

    async fn run(self) -> Result<BatchReceipt, Error> {
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let mut folder = StoreWorker::open(disk, self.sealed.out().to_owned()).await?;
        let is_the_same = folder
            .store()?
            .find(self.sealed.batch())
            .is_some_and(|log| log.sealed.as_deref() == Some(self.sealed.manifest_sha256()));
        if !is_the_same {
            return Err(crate::landing::errors::not_sealed("the folder's journal has no such sealed batch"));
        }
        let call = CommitBatch {
            client: &self.client,
            batch: self.sealed.batch(),
            keep_files: self.keep_files,
            sure: false,
            cancel: self.cancel.as_ref(),
        };
        let ended = commit::commit(&mut folder, &call).await;
        folder
            .step(|store| {
                store.release();
                Ok(())
            })
            .await?;
        match ended {
            Ok(closed) => Ok(closed.receipt),
            Err(stuck) => Err(stuck.error),
        }
    }
}

impl IntoFuture for CommitLanded {
    type Output = Result<BatchReceipt, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

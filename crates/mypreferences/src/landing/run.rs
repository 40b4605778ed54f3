//! The landing from its start, or from wherever an earlier run ended, to its seal and its commit: the table "restart at
//! any point". What is durable when is `store`'s matter.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::cancel::CancelToken;
use crate::canonical::rfc3339;
use crate::client::Client;
use crate::clock::{system_time, unix_ms};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{Export, ExportOrder, LastDateTime, Page, Pages, check_max_wait};
use crate::landing::commit;
use crate::landing::disk::Disk;
use crate::landing::journal::{BatchLog, Intent};
use crate::landing::manifest::{Compression, Identity, Manifest, Parameters};
use crate::landing::progress::{OnProgress, Progress, Stage};
use crate::landing::sealed::{Landed, Sealed};
use crate::landing::sequence::{Fit, mismatch};
use crate::landing::shelf::Shelf;
use crate::landing::store::{BATCH, Position, Store, read_manifest, visible_batches};
use crate::reads::ReadStatus;
use crate::status::StatusWord;
use crate::status_code::says_gone;

/// A part ends when it was open for so long, too: what a crash costs.
const PART_TIME: Duration = Duration::from_secs(60);
/// How often an export that expired before its seal is started again within one call.
const STARTED_AGAIN: u32 = 2;

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

/// What to land.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Order(ExportOrder),
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
    pub(crate) limit: u32,
    pub(crate) max_wait: Option<Duration>,
    pub(crate) max_memory: usize,
    pub(crate) part_bytes: u64,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) on_progress: Option<OnProgress>,
}

/// How far the newest batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Intent,
    Initiated,
    Sealed,
    Committing,
    Committed,
    Abandoned,
}

/// `LastDateTime` of a batch, and where it comes from.
#[derive(Clone, Debug, Default)]
struct Since {
    moment: Option<LastDateTime>,
    previous: Option<String>,
}

struct Run {
    plan: Plan,
    shelf: Shelf,
    identity: Identity,
    parameters: Parameters,
    progress: Progress,
    /// The batch was begun by an earlier run.
    resumed: bool,
    /// This run made the batch whole.
    sealed_here: bool,
}

fn found(last: Option<&BatchLog>) -> Found {
    let Some(log) = last else {
        return Found::Nothing;
    };
    if log.abandoned.is_some() {
        Found::Abandoned
    } else if log.committed.is_some() {
        Found::Committed
    } else if log.committing.is_some() {
        Found::Committing
    } else if log.sealed.is_some() {
        Found::Sealed
    } else if log.initiated.is_some() {
        Found::Initiated
    } else {
        Found::Intent
    }
}

pub(crate) fn conflict(detail: impl Into<String>) -> Error {
    Error::before_io(
        ErrorKind::OutputConflict,
        Operation::Export,
        detail,
        "finish it with its own parameters, abandon it, or choose another folder",
    )
}

fn refused(detail: &str, next: &str) -> Error {
    Error::invalid_argument(Operation::Export, detail, next)
}

impl Plan {
    /// Checks what can be checked before any I/O, and tells whose export it is and what was asked for.
    fn check(&self) -> Result<(Identity, Parameters), Error> {
        if self.limit == 0 {
            return Err(refused("limit is zero", "pass the records of one page"));
        }
        if let Some(max_wait) = self.max_wait {
            check_max_wait(max_wait, Operation::Export)?;
        }
        if self.max_memory < 1 << 20 {
            return Err(refused(
                "max_memory is less than 1 MiB",
                "pass at least 1 MiB: two pages have to fit in",
            ));
        }
        if self.compression == Compression::Zstd && !cfg!(feature = "zstd") {
            return Err(Error::configuration(
                "this build has no zstd",
                "land without compression, or use a build with the feature zstd",
            ));
        }
        let service = self.client.service();
        let (kind, name, body, query) = match &self.source {
            Source::Order(order) => {
                order
                    .check()
                    .map_err(|error| error.during(Operation::Export))?;
                if self.since_auto.is_some()
                    && (order.since_moment().is_some() || !order.is_of_segments())
                {
                    return Err(refused(
                        "since auto is for segments and groups of them, without a moment of their own",
                        "pass one of the two, or export a segment",
                    ));
                }
                (
                    order.kind,
                    order.name.clone(),
                    order.body_without_since(),
                    order.query(),
                )
            }
            Source::Export(export) => {
                self.client.check_export(export, Operation::Export)?;
                if self.since_auto.is_some() {
                    return Err(refused(
                        "an export that was initiated has its since already",
                        "leave since out",
                    ));
                }
                (
                    export.kind,
                    export.name.clone(),
                    serde_json::Value::Null,
                    String::new(),
                )
            }
        };
        let since = match (&self.source, self.since_auto) {
            (Source::Order(_), Some(overlap)) => Some(format!("auto {}", overlap.as_secs())),
            (Source::Order(order), None) => order.since_moment().map(LastDateTime::text),
            (Source::Export(_), _) => None,
        };
        Ok((
            Identity {
                base_url: service.routes.base().to_owned(),
                surface: service.settings.surface.name().to_owned(),
                client_id: service.client_id.clone(),
                kind: kind.word().to_owned(),
                name,
            },
            Parameters {
                since,
                body,
                query,
                compression: self.compression,
                adopted: matches!(self.source, Source::Export(_)),
            },
        ))
    }

    pub(crate) async fn run(self) -> Result<Landed, Error> {
        let (identity, parameters) = self.check()?;
        let folder = Shelf::open(Arc::clone(&self.disk), self.out.clone()).await?;
        let progress = Progress::new(self.on_progress.clone());
        let run = Run {
            plan: self,
            shelf: folder,
            identity,
            parameters,
            progress,
            resumed: true,
            sealed_here: false,
        };
        run.until_finished().await
    }
}

impl Run {
    fn last(&self) -> Result<BatchLog, Error> {
        self.shelf
            .store()?
            .last()
            .cloned()
            .ok_or_else(|| commit::bug("there is no batch"))
    }

    fn found(&self) -> Result<Found, Error> {
        Ok(found(self.shelf.store()?.last()))
    }

    async fn until_finished(mut self) -> Result<Landed, Error> {
        self.refuse_other_batches()?;
        let found_first = self.found()?;
        if self.is_finished(found_first) && self.is_the_same_again()? {
            return self.landed(false).await;
        }
        if self.is_finished(found_first) {
            self.intend(None).await?;
        }
        let mut started_again = 0;
        loop {
            match self.found()? {
                Found::Nothing | Found::Abandoned | Found::Committed => self.intend(None).await?,
                Found::Intent => self.initiate().await?,
                Found::Initiated => {
                    let Err(error) = self.land().await else {
                        continue;
                    };
                    let expired = error.kind() == ErrorKind::ExportExpired;
                    if expired || ends_the_batch(error.kind()) {
                        let log = self.last()?;
                        let why = error.kind().name();
                        self.shelf.step(move |store| store.abandoned(why)).await?;
                        let can_start_again = matches!(self.plan.source, Source::Order(_));
                        if expired && can_start_again && started_again < STARTED_AGAIN {
                            started_again += 1;
                            self.progress
                                .note("the export expired before it was landed: starting it again");
                            self.intend(Some(&log.intent)).await?;
                            continue;
                        }
                    }
                    return Err(error);
                }
                Found::Sealed | Found::Committing => {
                    if let CommitPolicy::AfterSeal { keep_files } = self.plan.policy {
                        self.commit(keep_files).await?;
                    }
                    return self.landed(true).await;
                }
            }
        }
    }

    /// Nothing of the newest batch is left to be done by this call.
    fn is_finished(&self, found: Found) -> bool {
        match found {
            Found::Committed => true,
            Found::Sealed => self.plan.policy == CommitPolicy::Never,
            Found::Nothing
            | Found::Intent
            | Found::Initiated
            | Found::Committing
            | Found::Abandoned => false,
        }
    }

    /// A folder holds one account's exports of one thing, and an unfinished batch is continued with its own parameters.
    fn refuse_other_batches(&self) -> Result<(), Error> {
        let store = self.shelf.store()?;
        if let Some(other) = store
            .batches()
            .iter()
            .find(|log| log.intent.identity != self.identity)
        {
            let theirs = &other.intent.identity;
            return Err(conflict(format!(
                "the folder holds {} {} of {}",
                theirs.kind,
                theirs.name.as_deref().unwrap_or("exports"),
                theirs.client_id
            )));
        }
        let Some(last) = store.last() else {
            return Ok(());
        };
        let found = found(Some(last));
        let is_open = !self.is_finished(found) && found != Found::Abandoned;
        if is_open && last.intent.parameters != self.parameters {
            return Err(conflict(format!(
                "{} was begun with other parameters and is not finished",
                last.intent.batch
            )));
        }
        if is_open
            && let Source::Export(export) = &self.plan.source
            && last.initiated.is_some()
            && commit::export_of(last)?.access_token != export.access_token
        {
            return Err(conflict(format!(
                "{} is of another export and is not finished",
                last.intent.batch
            )));
        }
        if let (Some(committing), CommitPolicy::AfterSeal { keep_files }) =
            (&last.committing, self.plan.policy)
            && is_open
            && committing.keep_files != keep_files
        {
            return Err(commit::other_keep_files());
        }
        Ok(())
    }

    /// The finished batch is what this call asks for.
    fn is_the_same_again(&self) -> Result<bool, Error> {
        let last = self.last()?;
        Ok(match &self.plan.source {
            Source::Export(export) => {
                last.initiated.is_some()
                    && commit::export_of(&last)?.access_token == export.access_token
            }
            Source::Order(_) => {
                self.plan.since_auto.is_none() && last.intent.parameters == self.parameters
            }
        })
    }

    /// Begins a batch; after one that expired, with the same since.
    async fn intend(&mut self, again: Option<&Intent>) -> Result<(), Error> {
        let identity = self.identity.clone();
        let parameters = self.parameters.clone();
        let (since, previous) = if let Some(intent) = again {
            (intent.since.clone(), intent.previous.clone())
        } else {
            let since = self.since().await?;
            (since.moment.map(LastDateTime::text), since.previous)
        };
        let now_ms = self.server_now_ms();
        self.shelf
            .step(move |store| {
                let batch = free_name(store, now_ms)?;
                store.intend(Intent {
                    batch,
                    identity,
                    parameters,
                    since,
                    previous,
                })
            })
            .await?;
        self.resumed = false;
        Ok(())
    }

    /// From where this batch goes on.
    async fn since(&mut self) -> Result<Since, Error> {
        let overlap = match (&self.plan.source, self.plan.since_auto) {
            (Source::Order(order), None) => {
                return Ok(Since {
                    moment: order.since_moment(),
                    previous: None,
                });
            }
            (Source::Export(_), _) => return Ok(Since::default()),
            (Source::Order(_), Some(overlap)) => overlap,
        };
        let (identity, body) = (self.identity.clone(), self.parameters.body.clone());
        let newest = self
            .shelf
            .step(move |store| newest_manifest(store, &identity, &body))
            .await?;
        let Some(newest) = newest else {
            return Ok(Since::default());
        };
        let overlap_ms = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
        Ok(Since {
            moment: LastDateTime::from_ms(newest.watermark_ms.saturating_sub(overlap_ms)),
            previous: Some(newest.batch),
        })
    }

    /// The server's time as far as it is known.
    fn server_now_ms(&self) -> i64 {
        let service = self.plan.client.service();
        unix_ms(service.wall.now()).saturating_add(service.clock.correction_ms())
    }

    /// Starts the export, or adopts the one that was started elsewhere.
    async fn initiate(&mut self) -> Result<(), Error> {
        let log = self.last()?;
        self.progress.stage(Stage::Initiate, &log.intent.batch);
        let export = match &self.plan.source {
            Source::Export(export) => export.clone(),
            Source::Order(order) => {
                if self.resumed {
                    self.progress.note(
                        "an earlier run may have initiated an export whose answer it did not get: that one expires unread",
                    );
                }
                let mut order = order.clone();
                if let Some(since) = &log.intent.since {
                    order = order.since(since.parse()?);
                }
                let mut initiate = self.plan.client.initiate(order);
                if let Some(cancel) = &self.plan.cancel {
                    initiate = initiate.cancel_token(cancel.clone());
                }
                initiate.await?
            }
        };
        self.resumed = false;
        self.shelf.step(move |store| store.initiated(&export)).await
    }

    /// From INITIATED to SEALED.
    async fn land(&mut self) -> Result<(), Error> {
        let log = self.last()?;
        let export = commit::export_of(&log)?;
        self.progress.stage(Stage::Land, &log.intent.batch);
        if self.shelf.step(|store| store.is_visible()).await? {
            return self.shelf.step(Store::journal_seal).await;
        }
        let position = self.shelf.step(Store::resume).await?;
        self.progress.landed(&position);
        if !position.is_over {
            self.wait(&export, &log.intent.batch).await?;
            self.progress.stage(Stage::Land, &log.intent.batch);
            self.pages(&export, position.next_offset).await?;
        }
        self.progress.stage(Stage::Seal, &log.intent.batch);
        self.shelf.step(move |store| store.seal(&export)).await?;
        self.sealed_here = true;
        Ok(())
    }

    async fn wait(&mut self, export: &Export, batch: &str) -> Result<(), Error> {
        self.progress.stage(Stage::Wait, batch);
        let mut wait = self.plan.client.wait(export);
        if let Some(max_wait) = self.plan.max_wait {
            wait = wait.max_wait(max_wait);
        }
        if let Some(cancel) = &self.plan.cancel {
            wait = wait.cancel_token(cancel.clone());
        }
        let progress = self.progress.clone();
        let answered = Arc::new(std::sync::atomic::AtomicBool::new(self.resumed));
        let heard = Arc::clone(&answered);
        let waited = wait
            .on_progress(move |now| {
                if now.status.is_some() {
                    heard.store(true, std::sync::atomic::Ordering::Relaxed);
                }
                progress.waiting(now);
            })
            .await;
        match waited {
            Ok(_) => Ok(()),
            // A token that was good once is refused now. One that never was points to wrong settings instead.
            Err(error)
                if error.http_status().is_some_and(says_gone)
                    && answered.load(std::sync::atomic::Ordering::Relaxed) =>
            {
                Err(expired())
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the pages and writes them, one read ahead while one is written.
    async fn pages(&mut self, export: &Export, offset: u64) -> Result<(), Error> {
        let source = PageSource {
            client: self.plan.client.clone(),
            export: export.clone(),
            limit: self.plan.limit,
            largest: self.plan.max_memory / 2,
            cancel: self.plan.cancel.clone(),
        };
        let mut part_begun = Instant::now();
        let mut repeated = false;
        let mut next = source.fetch(offset).await;
        loop {
            let page = match next {
                Ok(page) => page,
                Err(error) => {
                    // What came so far need not come again.
                    self.shelf.step(Store::finish_part).await?;
                    return Err(source.why(error).await);
                }
            };
            let (offset, following) = (page.place(), page.following());
            let part_bytes = if part_begun.elapsed() >= PART_TIME {
                0
            } else {
                self.plan.part_bytes
            };
            let writing = self.shelf.step(move |store| take(store, &page, part_bytes));
            let ahead = async {
                match following {
                    Some(following) => Some(source.fetch(following).await),
                    None => None,
                }
            };
            let (taken, ahead) = futures_util::future::join(writing, ahead).await;
            match taken? {
                Taken::Written {
                    ended_a_part,
                    position,
                } => {
                    repeated = false;
                    self.progress.landed(&position);
                    if ended_a_part {
                        part_begun = Instant::now();
                    }
                }
                Taken::Repeats(why) if repeated => return Err(mismatch(why.to_owned())),
                Taken::Repeats(_) => {
                    repeated = true;
                    next = source.fetch(offset).await;
                    continue;
                }
            }
            match ahead {
                Some(page) => next = page,
                None => return Ok(()),
            }
        }
    }

    async fn commit(&mut self, keep_files: bool) -> Result<(), Error> {
        let log = self.last()?;
        self.progress.stage(Stage::Commit, &log.intent.batch);
        let sure = self.sealed_here;
        let receipt = commit::commit(
            &mut self.shelf,
            &self.plan.client,
            &log.intent.batch,
            keep_files,
            sure,
            self.plan.cancel.as_ref(),
        )
        .await?;
        if let Some(caution) = commit::caution(&receipt) {
            self.progress.note(caution);
        }
        Ok(())
    }

    /// What there is to tell of the newest batch.
    async fn landed(mut self, is_new: bool) -> Result<Landed, Error> {
        let log = self.last()?;
        let out = self.plan.out.clone();
        let (manifest, sealed) = self
            .shelf
            .step(move |store| Sealed::of(store.disk(), store.place(), &log, out))
            .await?;
        let receipt = self.last()?.committed;
        Ok(Landed::new(
            sealed,
            manifest,
            receipt,
            is_new,
            self.progress.notes(),
        ))
    }
}

/// Where the pages come from.
struct PageSource {
    client: Client,
    export: Export,
    limit: u32,
    largest: usize,
    cancel: Option<CancelToken>,
}

impl PageSource {
    async fn fetch(&self, offset: u64) -> Result<Placed, Error> {
        let mut pages = self.pages().offset(offset);
        if let Some(cancel) = &self.cancel {
            pages = pages.cancel_token(cancel.clone());
        }
        match pages.next().await.map_err(|error| self.too_large(error))? {
            Some(page) => Ok(Placed { page, offset }),
            None => Err(commit::bug("no page came")),
        }
    }

    /// What to do about a page that does not fit into the memory that was allowed.
    fn too_large(&self, mut error: Error) -> Error {
        let allowed = self.largest < self.client.service().settings.max_page_body;
        if error.kind() == ErrorKind::ResponseTooLarge && allowed {
            error.0.detail = Some(format!(
                "a page of {} records is larger than half of max_memory",
                self.limit
            ));
            "run it again with a smaller limit, or with more max_memory"
                .clone_into(&mut error.0.next_action);
        }
        error
    }

    fn pages(&self) -> Pages {
        self.client
            .pages(&self.export)
            .limit(self.limit)
            .largest(self.largest)
    }

    /// Why a page did not come: a refused token may have expired, which only status tells.
    async fn why(&self, error: Error) -> Error {
        let is_refused =
            error.http_status().is_some_and(says_gone) || error.kind() == ErrorKind::Unauthorized;
        if !is_refused {
            return error;
        }
        let service = self.client.service();
        let key = (self.export.kind, self.export.access_token);
        match service
            .read(&ReadStatus, key, service.settings.timeout)
            .await
        {
            Ok(status) => match status.status {
                StatusWord::Expired | StatusWord::Retrieved => expired(),
                StatusWord::Error | StatusWord::Failed => failed(),
                StatusWord::Complete | StatusWord::Processing | StatusWord::Unknown => error,
            },
            // It was ready a moment ago.
            Err(asked) if asked.http_status().is_some_and(says_gone) => expired(),
            Err(_) => error,
        }
    }
}

/// A page and the place that it was asked for.
struct Placed {
    page: Page,
    offset: u64,
}

impl Placed {
    fn place(&self) -> u64 {
        self.offset
    }

    /// Where the next page begins, if there is one.
    fn following(&self) -> Option<u64> {
        self.page
            .has_more
            .then(|| self.offset.saturating_add(self.page.count))
    }
}

enum Taken {
    Written {
        ended_a_part: bool,
        position: Position,
    },
    Repeats(&'static str),
}

/// Looks at a page and writes it; ends the part when it has so many bytes.
fn take(store: &mut Store, placed: &Placed, part_bytes: u64) -> Result<Taken, Error> {
    let prints = match store.sequence()?.look(&placed.page)? {
        Fit::Next(prints) => prints,
        Fit::Repeats(why) => return Ok(Taken::Repeats(why)),
    };
    let length = store.write(&placed.page, &prints)?;
    let ended_a_part = length >= part_bytes || !placed.page.has_more;
    if ended_a_part {
        store.finish_part()?;
    }
    Ok(Taken::Written {
        ended_a_part,
        position: store.position()?,
    })
}

/// Kinds after which the next run begins a new batch.
fn ends_the_batch(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExportFailed | ErrorKind::CountMismatch | ErrorKind::ExportExpired
    )
}

fn expired() -> Error {
    Error::before_io(
        ErrorKind::ExportExpired,
        Operation::Export,
        "the export expired before it was landed",
        "run the same command again, which initiates a new export",
    )
}

fn failed() -> Error {
    Error::before_io(
        ErrorKind::ExportFailed,
        Operation::Export,
        "the export failed on the server",
        "run the same command again, which initiates a new export",
    )
}

/// A name that no batch of the folder has.
fn free_name(store: &Store, now_ms: i64) -> Result<String, Error> {
    let visible = visible_batches(store.disk(), store.place())?;
    let mut seconds = now_ms.div_euclid(1000);
    loop {
        let text = system_time(seconds).and_then(rfc3339).unwrap_or_default();
        // Colons are no names of files everywhere.
        let name = format!("{BATCH}{}", text.replace([':', '-'], ""));
        if !visible.contains(&name) && store.find(&name).is_none() {
            return Ok(name);
        }
        seconds = seconds.saturating_add(1);
    }
}

/// The sealed batch with the newest watermark, of the same export of the same profiles.
fn newest_manifest(
    store: &Store,
    identity: &Identity,
    body: &serde_json::Value,
) -> Result<Option<Manifest>, Error> {
    let mut newest: Option<Manifest> = None;
    for batch in visible_batches(store.disk(), store.place())? {
        let Some((manifest, _)) = read_manifest(store.disk(), store.place(), &batch)? else {
            continue;
        };
        let fits = manifest.identity == *identity
            && manifest.parameters.body == *body
            && !manifest.parameters.adopted;
        if fits
            && newest
                .as_ref()
                .is_none_or(|newest| newest.watermark_ms < manifest.watermark_ms)
        {
            newest = Some(manifest);
        }
    }
    Ok(newest)
}

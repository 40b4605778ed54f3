//! The landing from its start, or from wherever an earlier run ended, to its seal and its commit: the table "restart at
//! any point". What is durable when is `store`'s matter.

use crate::landing::errors::{conflict, expired};
use crate::landing::store::layout::BATCH;
use crate::landing::store::position::ReadyFacts;
use crate::landing::store::read::{read_manifest, visible_batches};
use std::sync::Arc;

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::export::{Export, LastDateTime};
use crate::http::clock::{system_time, unix_ms};
use crate::http::status_code::{TokenRefusal, refused_token};
use crate::json::rfc3339;
use crate::landing::ask::Stuck;
use crate::landing::chain::{self, Chain};
use crate::landing::commit::{self, CommitBatch};
use crate::landing::folder::BatchState;
use crate::landing::page_source::PageSource;
use crate::landing::pipeline::Line;
use crate::landing::plan::{CommitPolicy, Plan, Source};
use crate::landing::progress::{Progress, Stage};
use crate::landing::sealed::{Landed, Sealed};
use crate::landing::store::Store;
use crate::landing::store::journal::{BatchLog, Intent};
use crate::landing::store::manifest::{Identity, Parameters, moment_ms};
use crate::landing::store_worker::StoreWorker;

/// How often an export that expired before its seal is started again within one call.
const STARTED_AGAIN: u32 = 2;
/// Answers of one service whose times are further apart are told.
const CLOCKS_DIFFER_MS: i64 = 3_600_000;
/// A finished batch that is asked for again after so long is more likely a nightly job than a mistake.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// `LastDateTime` of a batch, and where it comes from.
#[derive(Clone, Debug, Default)]
struct Since {
    /// As it is sent.
    text: Option<String>,
    previous: Option<String>,
}

/// What a commit is followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    End,
    /// Its export has been started already.
    Batch,
}

struct Run {
    plan: Plan,
    worker: StoreWorker,
    identity: Identity,
    parameters: Parameters,
    progress: Progress,
    /// The batch was begun by an earlier run.
    resumed: bool,
    /// This run made the batch whole.
    sealed_here: bool,
    /// This run has gone on after a token that was answered 401.
    by_401: bool,
}

impl Since {
    /// The same as of an earlier batch.
    fn of(intent: &Intent) -> Since {
        Since { text: intent.since.clone(), previous: intent.previous.clone() }
    }
}

impl Plan {
    pub(crate) async fn run(self) -> Result<Landed, Error> {
        let (identity, parameters) = self.check()?;
        let folder = StoreWorker::open(Arc::clone(&self.disk), self.out.clone()).await?;
        let progress = Progress::new(self.on_progress.clone());
        let run = Run {
            plan: self,
            worker: folder,
            identity,
            parameters,
            progress,
            resumed: true,
            sealed_here: false,
            by_401: false,
        };
        run.until_finished().await
    }
}

impl Run {
    fn last(&self) -> Result<BatchLog, Error> {
        self.worker.store()?.last().cloned().ok_or_else(|| crate::landing::errors::bug("there is no batch"))
    }

    /// How far the newest batch is; none when there was never one.
    fn found(&self) -> Result<Option<BatchState>, Error> {
        Ok(self.worker.store()?.last().map(BatchState::of))
    }

    async fn until_finished(mut self) -> Result<Landed, Error> {
        self.refuse_other_batches()?;
        let found_first = self.found()?;
        if self.is_finished(found_first) && self.is_the_same_again()? {
            self.note_an_old_commit()?;
            return self.landed(false).await;
        }
        if found_first == Some(BatchState::Intended) && !self.is_mine(&self.last()?) {
            // It never got a token, so it binds nobody: a mistyped name, say.
            let why = "other parameters, before it was initiated";
            self.worker.step(move |store| store.abandoned(None, why)).await?;
        }
        if self.is_finished(found_first) {
            self.begin().await?;
        }
        let mut started_again = 0;
        loop {
            match self.found()? {
                None | Some(BatchState::Abandoned | BatchState::Committed) => {
                    self.begin().await?;
                }
                Some(BatchState::Intended) => self.initiate().await?,
                Some(BatchState::Landing) => {
                    let Err(error) = self.land().await else {
                        continue;
                    };
                    if refused_token(&error) == Some(TokenRefusal::Unauthorized)
                        && started_again < STARTED_AGAIN
                        && self.has_begun_anew().await?
                    {
                        started_again += 1;
                        continue;
                    }
                    let expired = error.kind() == ErrorKind::ExportExpired;
                    if expired || ends_the_batch(error.kind()) {
                        let log = self.last()?;
                        let why = error.kind().name();
                        self.worker.step(move |store| store.abandoned(None, why)).await?;
                        let can_start_again = matches!(self.plan.source, Source::Order(_));
                        if expired && can_start_again && started_again < STARTED_AGAIN {
                            started_again += 1;
                            self.progress.note("the export expired before it was landed: starting it again");
                            self.intend(Since::of(&log.intent)).await?;
                            continue;
                        }
                    }
                    return Err(error);
                }
                Some(BatchState::Sealed | BatchState::Committing) => {
                    if let CommitPolicy::AfterSeal { keep_files } = self.plan.policy
                        && self.commit(keep_files).await? == Next::Batch
                    {
                        continue;
                    }
                    return self.landed(true).await;
                }
            }
        }
    }

    /// Nothing of the newest batch is left to be done by this call.
    fn is_finished(&self, state: Option<BatchState>) -> bool {
        match state {
            Some(BatchState::Committed) => true,
            Some(BatchState::Sealed) => self.plan.policy == CommitPolicy::Never,
            None
            | Some(BatchState::Intended | BatchState::Landing | BatchState::Committing | BatchState::Abandoned) => {
                false
            }
        }
    }

    fn is_mine(&self, log: &BatchLog) -> bool {
        log.intent.identity == self.identity && log.intent.parameters == self.parameters
    }

    /// A folder holds one account's exports of one thing, and an unfinished batch is continued with its own parameters. A
    /// batch that never got a token binds nobody.
    fn refuse_other_batches(&self) -> Result<(), Error> {
        let store = self.worker.store()?;
        if let Some(other) = store
            .batches()
            .iter()
            .find(|log| log.initiated.is_some() && log.abandoned.is_none() && log.intent.identity != self.identity)
        {
            return Err(conflict(other.intent.identity.differences(&self.identity).join(", ")));
        }
        let Some(last) = store.last() else {
            return Ok(());
        };
        let state = BatchState::of(last);
        let is_open = !self.is_finished(Some(state)) && state != BatchState::Abandoned && state != BatchState::Intended;
        if is_open && last.intent.parameters != self.parameters {
            return Err(conflict(format!(
                "{} is not finished: {}",
                last.intent.batch,
                last.intent.parameters.differences(&self.parameters).join(", ")
            )));
        }
        if is_open
            && let Source::Export(export) = &self.plan.source
            && last.initiated.is_some()
            && commit::export_of(last)?.access_token != export.access_token
        {
            return Err(conflict(format!("{} is of another export and is not finished", last.intent.batch)));
        }
        if let (Some(committing), CommitPolicy::AfterSeal { keep_files }) = (&last.committing, self.plan.policy)
            && is_open
            && committing.keep_files != keep_files
        {
            return Err(crate::landing::errors::other_keep_files());
        }
        Ok(())
    }

    /// The finished batch is what this call asks for.
    fn is_the_same_again(&self) -> Result<bool, Error> {
        let last = self.last()?;
        Ok(match &self.plan.source {
            Source::Export(export) => {
                last.initiated.is_some() && commit::export_of(&last)?.access_token == export.access_token
            }
            Source::Order(_) => self.plan.since_auto.is_none() && last.intent.parameters == self.parameters,
        })
    }

    /// A nightly job without `since auto` says every night that all is done, and exports nothing any more.
    fn note_an_old_commit(&self) -> Result<(), Error> {
        let at = self.last()?.committed.and_then(|receipt| receipt.at);
        let Some(at) = at else { return Ok(()) };
        let age_ms = moment_ms(&at).map_or(0, |at| unix_ms(self.plan.client.session().wall.now()) - at);
        if age_ms > DAY_MS {
            self.progress.note(&format!(
                "this export was committed at {at}, and nothing was exported since: for what has changed, pass --since auto"
            ));
        }
        Ok(())
    }

    /// Begins the batch that comes next.
    async fn begin(&mut self) -> Result<(), Error> {
        let since = self.since().await?;
        self.intend(since).await
    }

    /// Begins a batch.
    async fn intend(&mut self, since: Since) -> Result<(), Error> {
        let identity = self.identity.clone();
        let parameters = self.parameters.clone();
        let Since { text: since, previous } = since;
        let session = self.plan.client.session();
        let (now_ms, local_ms) = (session.server_now_ms(), unix_ms(session.wall.now()));
        self.worker
            .step(move |store| {
                let batch = free_name(store, now_ms)?;
                store.intend(Intent { batch, identity, parameters, since, previous, at_ms: Some(local_ms) })
            })
            .await?;
        self.resumed = false;
        Ok(())
    }

    /// From where this batch goes on.
    async fn since(&mut self) -> Result<Since, Error> {
        let overlap = match (&self.plan.source, self.plan.since_auto) {
            (Source::Order(order), None) => {
                return Ok(Since { text: order.since_moment().map(LastDateTime::text), previous: None });
            }
            (Source::Export(export), _) => {
                let since = export.since_ms.and_then(LastDateTime::from_ms);
                return Ok(Since { text: since.map(LastDateTime::text), previous: None });
            }
            (Source::Order(_), Some(overlap)) => overlap,
        };
        let (identity, body) = (self.identity.clone(), self.parameters.body.clone());
        let session = self.plan.client.session();
        // While no answer has told the server's time, a local clock that is a little slow must not cost anything.
        let unsure_ms = match session.clock.offset_ms() {
            Some(_) => 0,
            None => i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX),
        };
        let now_ms = session.server_now_ms().saturating_add(unsure_ms);
        let (Chain { end, left_out }, moved) =
            self.worker.step(move |store| chain_of(store, &identity, &body, now_ms)).await?;
        if end.is_none() && moved {
            self.progress.note(
                "the batches before were moved away, and only they say up to when they cover: exporting everything",
            );
        }
        for (batch, why) in left_out {
            self.progress.note(&why.told_of(&batch));
        }
        let Some((watermark_ms, batch)) = end else {
            return Ok(Since::default());
        };
        let overlap_ms = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
        Ok(Since {
            text: LastDateTime::from_ms(watermark_ms.saturating_sub(overlap_ms)).map(LastDateTime::text),
            previous: Some(batch),
        })
    }

    /// Starts the export, or adopts the one that was started elsewhere.
    async fn initiate(&mut self) -> Result<(), Error> {
        let log = self.last()?;
        self.progress.stage(Stage::Initiate, &log.intent.batch);
        if self.resumed && matches!(self.plan.source, Source::Order(_)) {
            self.progress.note(
                "an earlier run may have initiated an export whose answer it did not get: that one expires unread",
            );
        }
        let export = self.start(log.intent.since.as_deref()).await?;
        self.resumed = false;
        self.adopt(export).await
    }

    /// A new export since this moment, or the one that was initiated elsewhere.
    async fn start(&self, since: Option<&str>) -> Result<Export, Error> {
        let mut order = match &self.plan.source {
            Source::Export(export) => return Ok(export.clone()),
            Source::Order(order) => order.clone(),
        };
        if let Some(since) = since {
            order = order.since(since.parse()?);
        }
        let mut initiate = self.plan.client.initiate(order);
        if let Some(cancel) = &self.plan.cancel {
            initiate = initiate.cancel_token(cancel.clone());
        }
        initiate.await
    }

    /// INITIATED.
    async fn adopt(&mut self, export: Export) -> Result<(), Error> {
        let session = self.plan.client.session();
        let ago = session.token_cache.since_initiate((export.kind, export.access_token)).unwrap_or(Duration::ZERO);
        let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        let local_ms = unix_ms(session.wall.now()).saturating_sub(ago_ms);
        self.worker.step(move |store| store.initiated(&export, local_ms)).await
    }

    /// The token of the batch that is being landed was answered 401: it is dead, or the credentials are wrong. The next
    /// Initiate tells: when the service takes it, a new batch begins with the export that it gave.
    async fn has_begun_anew(&mut self) -> Result<bool, Error> {
        if matches!(self.plan.source, Source::Export(_)) {
            return Ok(false);
        }
        let log = self.last()?;
        let export = match self.start(log.intent.since.as_deref()).await {
            Ok(export) => export,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            Err(_) => return Ok(false),
        };
        self.progress.note("the export's token is refused, and a new export is not: starting it again");
        self.worker.step(move |store| store.abandoned(None, "its token was refused")).await?;
        self.intend(Since::of(&log.intent)).await?;
        self.adopt(export).await?;
        Ok(true)
    }

    /// From INITIATED to SEALED.
    async fn land(&mut self) -> Result<(), Error> {
        let log = self.last()?;
        let export = commit::export_of(&log)?;
        self.progress.stage(Stage::Land, &log.intent.batch);
        let session = Arc::clone(self.plan.client.session());
        let key = (export.kind, export.access_token);
        let local_ms = log.initiated.and_then(|initiated| initiated.local_ms);
        if let Some(local_ms) = local_ms {
            let ago_ms = unix_ms(session.wall.now()).saturating_sub(local_ms);
            let ago = Duration::from_millis(u64::try_from(ago_ms).unwrap_or(0));
            session.token_cache.initiated(key, ago);
        }
        if self.worker.step(|store| store.is_visible()).await? {
            let now_ms = unix_ms(session.wall.now());
            return self.worker.step(move |store| store.journal_seal(None, now_ms, None)).await;
        }
        let format = self.plan.format.clone();
        let position = self.worker.step(|store| store.resume(format)).await?;
        self.progress.landed(&position);
        if !position.is_over {
            let ready = self.wait(&export, &log.intent.batch).await?;
            self.worker.step(move |store| store.ready(ready)).await?;
            self.progress.stage(Stage::Land, &log.intent.batch);
            self.pages(&export, position.next_offset).await?;
        }
        self.progress.stage(Stage::Seal, &log.intent.batch);
        let told = session.token_cache.server_ms_at_initiate(key);
        if let Some((least, greatest)) = told
            && greatest.saturating_sub(least) > CLOCKS_DIFFER_MS
        {
            self.progress.note(
                "the answers of this export tell times that are more than an hour apart: the earliest counts for its watermark",
            );
        }
        // Too early costs some records again, too late loses changes for good. Where this process has heard no answer, the
        // local clock is a second opinion.
        let told = told.map(|(least, _)| least).or(local_ms);
        let watermark_ms = told.map_or(export.watermark_ms, |told| told.min(export.watermark_ms));
        let (now_ms, effort) = (unix_ms(session.wall.now()), self.progress.effort());
        self.worker.step(move |store| store.seal(watermark_ms, now_ms, effort)).await?;
        self.sealed_here = true;
        Ok(())
    }

    async fn wait(&mut self, export: &Export, batch: &str) -> Result<ReadyFacts, Error> {
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
            Ok(status) => {
                Ok(ReadyFacts { row_count: status.row_count, expires: status.expiry().map(|expires| expires.latest) })
            }
            // A token that was good once is refused now. One that never was points to wrong settings instead.
            Err(error)
                if refused_token(&error) == Some(TokenRefusal::Gone)
                    && answered.load(std::sync::atomic::Ordering::Relaxed) =>
            {
                Err(expired())
            }
            Err(error) => Err(error),
        }
    }

    /// Reads the pages and writes them.
    async fn pages(&mut self, export: &Export, offset: u64) -> Result<(), Error> {
        let source = PageSource {
            client: self.plan.client.clone(),
            export: export.clone(),
            limit: self.plan.limit,
            max_memory: self.plan.max_memory,
            cancel: self.plan.cancel.clone(),
            progress: self.progress.clone(),
        };
        let line = Line::new(
            &source,
            &mut self.worker,
            &self.progress,
            offset,
            self.plan.client.session().settings.parallel,
            self.plan.part_bytes,
            self.plan.disk.is_instant(),
        );
        line.run().await
    }

    /// Commits the newest batch.
    async fn commit(&mut self, keep_files: bool) -> Result<Next, Error> {
        let batch = self.last()?.intent.batch;
        self.progress.stage(Stage::Commit, &batch);
        let stuck = match self.try_commit(&batch, keep_files).await {
            Ok(()) => return Ok(Next::End),
            Err(stuck) => stuck,
        };
        // Once a call: a service that refuses every token as soon as it was read would be asked for exports without end.
        let is_over = self.by_401 || self.sealed_here;
        if self.plan.since_auto.is_none() || !stuck.by_401 || is_over {
            return Err(stuck.error);
        }
        // The token is dead or the credentials are wrong. The next batch, which this command is for as well, tells.
        self.by_401 = true;
        let since = self.since().await?;
        let export = match self.start(since.text.as_deref()).await {
            Ok(export) => export,
            Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
            Err(_) => return Err(stuck.error),
        };
        self.try_commit(&batch, keep_files).await.map_err(|stuck| stuck.error)?;
        self.intend(since).await?;
        self.adopt(export).await?;
        self.sealed_here = false;
        Ok(Next::Batch)
    }

    async fn try_commit(&mut self, batch: &str, keep_files: bool) -> Result<(), Stuck> {
        let call = CommitBatch {
            client: &self.plan.client,
            batch,
            keep_files,
            sure: self.sealed_here,
            cancel: self.plan.cancel.as_ref(),
        };
        let closed = commit::commit(&mut self.worker, &call).await?;
        if let Some(caution) = commit::caution(&closed.receipt) {
            self.progress.note(caution);
        }
        for note in closed.notes {
            self.progress.note(&note);
        }
        Ok(())
    }

    /// What there is to tell of the newest batch.
    async fn landed(mut self, is_new: bool) -> Result<Landed, Error> {
        let log = self.last()?;
        let out = self.plan.out.clone();
        let (manifest, sealed) = self
            .worker
            .step(move |store| {
                let finished = Sealed::of_finished(store.disk(), store.place(), &log, out);
                store.release();
                finished
            })
            .await?;
        let receipt = self.last()?.committed;
        Ok(Landed::new(sealed, manifest, receipt, is_new, self.progress.notes()))
    }
}

/// Kinds after which the next run begins a new batch.
fn ends_the_batch(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::ExportFailed | ErrorKind::CountMismatch | ErrorKind::ExportExpired)
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

/// What the sealed batches of the same export of the same profiles cover, and whether some of them were moved away. Those
/// that the journal does not know come first: they are older than it.
fn chain_of(store: &Store, identity: &Identity, body: &serde_json::Value, now_ms: i64) -> Result<(Chain, bool), Error> {
    let begun = |batch: &str| store.batches().iter().position(|log| log.intent.batch == batch);
    let mut batches = visible_batches(store.disk(), store.place())?;
    batches.sort_by_key(|batch| begun(batch));
    let mut manifests = Vec::new();
    for batch in &batches {
        if let Some((manifest, _)) = read_manifest(store.disk(), store.place(), batch)?
            && manifest.is_of(identity, body)
        {
            manifests.push(manifest);
        }
    }
    let moved = chain::moved(store.batches(), &batches);
    Ok((chain::follow(&manifests, &moved, Some(now_ms)), !moved.is_empty()))
}

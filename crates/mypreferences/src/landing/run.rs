//! The landing from its start, or from wherever an earlier run ended, to its seal and its commit: the table "restart at
//! any point". What is durable when is `store`'s matter.

use std::sync::Arc;

use crate::canonical::rfc3339;
use crate::clock::{system_time, unix_ms};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::{Export, LastDateTime};
use crate::landing::commit;
use crate::landing::folder::BatchState;
use crate::landing::journal::{BatchLog, Intent};
use crate::landing::line::Line;
use crate::landing::manifest::{Identity, Manifest, Parameters};
use crate::landing::pages::{PageSource, expired};
use crate::landing::plan::{CommitPolicy, Plan, Source};
use crate::landing::progress::{Progress, Stage};
use crate::landing::sealed::{Landed, Sealed};
use crate::landing::shelf::Shelf;
use crate::landing::store::{BATCH, Store, read_manifest, visible_batches};
use crate::status_code::{TokenRefusal, refused_token};

/// How often an export that expired before its seal is started again within one call.
const STARTED_AGAIN: u32 = 2;

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

pub(crate) fn conflict(detail: impl Into<String>) -> Error {
    Error::before_io(
        ErrorKind::OutputConflict,
        Operation::Export,
        detail,
        "finish it with its own parameters, abandon it, or choose another folder",
    )
}

impl Plan {
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

    /// How far the newest batch is; none when there was never one.
    fn found(&self) -> Result<Option<BatchState>, Error> {
        Ok(self.shelf.store()?.last().map(BatchState::of))
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
                None | Some(BatchState::Abandoned | BatchState::Committed) => {
                    self.intend(None).await?;
                }
                Some(BatchState::Intended) => self.initiate().await?,
                Some(BatchState::Landing) => {
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
                Some(BatchState::Sealed | BatchState::Committing) => {
                    if let CommitPolicy::AfterSeal { keep_files } = self.plan.policy {
                        self.commit(keep_files).await?;
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
            | Some(
                BatchState::Intended
                | BatchState::Landing
                | BatchState::Committing
                | BatchState::Abandoned,
            ) => false,
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
        let state = BatchState::of(last);
        let is_open = !self.is_finished(Some(state)) && state != BatchState::Abandoned;
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
            &mut self.shelf,
            &self.progress,
            offset,
            self.plan.part_bytes,
            self.plan.disk.is_instant(),
        );
        line.run().await
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

/// Kinds after which the next run begins a new batch.
fn ends_the_batch(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExportFailed | ErrorKind::CountMismatch | ErrorKind::ExportExpired
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

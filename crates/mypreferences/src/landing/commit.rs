//! The commit of a sealed batch: status first, COMMITTING durable before the POST, and after a crash the question
//! whether it was applied. The verdict itself is judged where every commit's is.

use futures_util::future::{Either, select};

use crate::client::Client;
use crate::commit::Journalled;
use crate::commit::verdict::{Baseline, EarlierSend};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::Export;
use crate::json::rfc3339;
use crate::landing::ask::{Asked, Over, Question, Stuck, ask, check_row_count};
use crate::landing::errors::{bug, not_sealed, other_keep_files};
use crate::landing::store::journal::{BatchLog, Committing, Sent};
use crate::landing::store::manifest::Manifest;
use crate::landing::store::read::{read_manifest, read_receipt};
use crate::landing::store::receipt::{BatchReceipt, CommitEnd};
use crate::landing::store_worker::StoreWorker;
use crate::landing::verify::check_parts;
use crate::session::cancel::CancelToken;

/// The handle that a batch was initiated with.
pub(crate) fn export_of(log: &BatchLog) -> Result<Export, Error> {
    let initiated = log.initiated.as_ref().ok_or_else(|| bug("a batch has no export"))?;
    Export::from_json(&initiated.export.to_string())
}

/// The commit of one batch.
pub(crate) struct CommitBatch<'a> {
    pub(crate) client: &'a Client,
    pub(crate) batch: &'a str,
    pub(crate) keep_files: bool,
    /// This process has just made the batch whole, so that its parts need not be hashed again.
    pub(crate) sure: bool,
    pub(crate) cancel: Option<&'a CancelToken>,
}

impl<'a> CommitBatch<'a> {
    fn question(&'a self, log: &BatchLog, export: &'a Export) -> Question<'a> {
        let expires = log.committing.as_ref().and_then(Committing::expires);
        let expires = expires.map_or(log.expires, |expires| Some(expires.latest));
        Question { client: self.client, export, expires, cancel: self.cancel }
    }
}

/// How a batch came to its end.
pub(crate) struct Closed {
    pub(crate) receipt: BatchReceipt,
    /// What the receipt does not say.
    pub(crate) notes: Vec<String>,
}

/// Commits a sealed batch, or finds out how an earlier commit of it ended.
pub(crate) async fn commit(worker: &mut StoreWorker, call: &CommitBatch<'_>) -> Result<Closed, Stuck> {
    commit_or_close(worker, call).await.map_err(|stuck| with_a_way_out(stuck, call.batch))
}

/// What the next run may meet again names the command that decides it.
fn with_a_way_out(mut stuck: Stuck, batch: &str) -> Stuck {
    let may_stay = matches!(
        stuck.error.kind(),
        ErrorKind::Corrupt
            | ErrorKind::NotSealed
            | ErrorKind::WaitTimedOut
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
    );
    let next = stuck.error.next_action();
    if may_stay && !next.contains("abandon") {
        let next = format!("{next}; to give the batch up, run mypreferences export abandon DIR --batch {batch}");
        stuck.error = stuck.error.with_next_action(next);
    }
    stuck
}

async fn commit_or_close(worker: &mut StoreWorker, call: &CommitBatch<'_>) -> Result<Closed, Stuck> {
    let batch = call.batch;
    let name = batch.to_owned();
    let (log, is_there) = worker
        .step(move |store| {
            let log = store.find(&name).cloned();
            let log = log.ok_or_else(|| not_sealed(format!("the journal knows no {name}")))?;
            Ok((log, store.is_there(&name)?))
        })
        .await?;
    if let Some(receipt) = log.committed {
        return Ok(Closed { receipt, notes: Vec::new() });
    }
    if log.sealed.is_none() {
        return Err(not_sealed(format!("{batch} is not sealed")).into());
    }
    if log.abandoned.is_some() {
        return Err(not_sealed(format!("{batch} was abandoned")).into());
    }
    let export = export_of(&log)?;
    call.client.check_export(&export, Operation::Commit)?;
    if let Some(committing) = &log.committing {
        if committing.keep_files != call.keep_files {
            return Err(other_keep_files().into());
        }
        return go_on(worker, call, &log, &export, committing, is_there).await;
    }
    let total = if is_there && !mutant_commits_early() {
        let (checked, sure) = (log.clone(), call.sure);
        let manifest = worker.step(move |store| check_seal(store.disk(), store.place(), &checked, sure)).await?;
        Some(manifest.total_results)
    } else {
        None
    };
    let status = match ask(&call.question(&log, &export)).await? {
        Asked::Ready(status) => status,
        Asked::Over(over) => return Ok(close(worker, call, over).await?),
    };
    match total {
        Some(total) => check_row_count(call.client, status.row_count, total)?,
        None if mutant_commits_early() => {}
        None => return Err(moved_away(batch).into()),
    }
    let committing = Committing {
        batch: batch.to_owned(),
        keep_files: call.keep_files,
        baseline_expires: status.expiry().map(|expires| expires.earliest),
        baseline_expires_latest: status.expiry().map(|expires| expires.latest),
        at: server_seconds(call.client),
    };
    worker.step(move |store| store.committing(committing)).await?;
    Ok(send(worker, call, &export, None, true).await?)
}

/// A commit may have been sent by an earlier run.
async fn go_on(
    worker: &mut StoreWorker,
    call: &CommitBatch<'_>,
    log: &BatchLog,
    export: &Export,
    committing: &Committing,
    is_there: bool,
) -> Result<Closed, Stuck> {
    let name = call.batch.to_owned();
    let written = worker.step(move |store| read_receipt(store.disk(), store.place(), &name)).await?;
    if let Some(receipt) = written {
        // The run that wrote it knew the verdict and could not journal it any more.
        return Ok(keep(worker, call, receipt).await?);
    }
    let baseline = Baseline { expires: committing.expires(), seen_at: committing.at };
    let sent_at = log.sent.as_ref().and_then(|sent| sent.at);
    let earlier = EarlierSend { at: sent_at.max(committing.at), left: log.sent.is_some() };
    // What was whole then may not be any more: without its proof it is asked what became of it, and nothing is sent.
    let proof = if is_there {
        let checked = log.clone();
        worker.step(move |store| check_seal(store.disk(), store.place(), &checked, false)).await.map(drop)
    } else {
        Err(moved_away(call.batch))
    };
    let earlier = Some((baseline, earlier));
    let error = match send(worker, call, export, earlier, proof.is_ok()).await {
        Err(error) if error.kind() == ErrorKind::OutcomeUnknown => undecided(error),
        ended => return Ok(ended?),
    };
    if call.client.session().settings.require_certain {
        return Err(error.into());
    }
    // Nobody will ever know more about a token that is over for good: the batch must not stay open for it.
    match ask(&call.question(log, export)).await {
        // A word that came late: the commit's own verdict takes it in.
        Ok(Asked::Over(over)) if over.end == CommitEnd::AlreadyCommitted => {
            Ok(send(worker, call, export, earlier, false).await?)
        }
        Ok(Asked::Over(over)) => {
            let mut closed = close(worker, call, over).await?;
            closed.notes.push(format!(
                "a commit of {} may have been sent before its token was over: whether it was applied is not known",
                call.batch
            ));
            Ok(closed)
        }
        Ok(Asked::Ready(_)) => Err(proof.err().unwrap_or(error).into()),
        Err(stuck) => Err(Stuck { error, ..stuck }),
    }
}

/// The folder knows the token: nobody has to resolve it by hand.
fn undecided(error: Error) -> Error {
    error.with_next_action("run the same command again later: it asks again")
}

fn moved_away(batch: &str) -> Error {
    Error::before_io(
        ErrorKind::NotSealed,
        Operation::Commit,
        format!("{batch} was moved away before it was committed, so that nothing proves that it is whole"),
        "nothing was sent; move it back and run the same command again",
    )
}

/// Sends the commit, if it may; after an earlier send, first asks what became of that one.
async fn send(
    worker: &mut StoreWorker,
    call: &CommitBatch<'_>,
    export: &Export,
    earlier: Option<(Baseline, EarlierSend)>,
    may_send: bool,
) -> Result<Closed, Error> {
    let client = call.client;
    let key = (export.kind, export.access_token);
    let timeout = client.session().settings.timeout;
    let has_left = CancelToken::new();
    let journalled = Journalled { earlier, may_send, has_left: has_left.clone() };
    let flights = client.flights();
    let committing = flights.commit(key, call.keep_files, timeout, Some(journalled), call.cancel, None);
    let mut committing = std::pin::pin!(committing);
    let heard = {
        let leaves = std::pin::pin!(has_left.cancelled());
        match select(committing.as_mut(), leaves).await {
            Either::Left((ended, _)) => Some(ended),
            Either::Right(((), _)) => None,
        }
    };
    if has_left.is_cancelled() {
        let sent = Sent { batch: call.batch.to_owned(), at: server_seconds(client) };
        // Without this line less can be said later, and nothing is wrong: the answer counts.
        let _ = worker.step(move |store| store.sent(sent)).await;
    }
    let receipt = match heard {
        Some(ended) => ended?,
        None => committing.await?,
    };
    keep(worker, call, BatchReceipt::of_commit(&receipt, call.keep_files)).await
}

/// The token is over without a commit that is known.
async fn close(worker: &mut StoreWorker, call: &CommitBatch<'_>, over: Over) -> Result<Closed, Error> {
    let receipt = BatchReceipt::without_a_commit(over.end, call.keep_files, over.server_date);
    let mut closed = keep(worker, call, receipt).await?;
    closed.notes.extend(over.note.map(str::to_owned));
    Ok(closed)
}

async fn keep(worker: &mut StoreWorker, call: &CommitBatch<'_>, mut receipt: BatchReceipt) -> Result<Closed, Error> {
    if receipt.at.is_none() {
        receipt.at = rfc3339(call.client.session().wall.now());
    }
    let (batch, kept) = (call.batch.to_owned(), receipt.clone());
    let note = worker.step(move |store| store.committed(&batch, kept)).await?;
    Ok(Closed { receipt, notes: note.into_iter().collect() })
}

/// The server's time now, in seconds since the epoch, no earlier than it is, as a quiet moment runs from there; none while
/// no answer told it. Not the `Date` of one answer: a cache may have given that away.
fn server_seconds(client: &Client) -> Option<i64> {
    let session = client.session();
    session.clock.offset_ms()?;
    // Learnt from whole seconds.
    Some(session.server_now_ms().div_euclid(1000).saturating_add(1))
}

/// The manifest on disk is the one that was sealed, and its parts are there.
fn check_seal(
    disk: &dyn crate::landing::store::disk::Disk,
    place: &crate::landing::store::layout::Layout,
    log: &BatchLog,
    sure: bool,
) -> Result<Manifest, Error> {
    let batch = &log.intent.batch;
    let found = read_manifest(disk, place, batch)?;
    let Some((manifest, manifest_sha256)) = found else {
        return Err(not_sealed(format!("{batch} has no manifest")));
    };
    if log.sealed.as_deref() != Some(manifest_sha256.as_str()) {
        return Err(not_sealed(format!("the manifest of {batch} is not the one that was sealed")));
    }
    if manifest.rows() != manifest.total_results {
        return Err(not_sealed(format!("the parts of {batch} have other rows than the export")));
    }
    if !sure {
        check_parts(disk, place, &manifest)?;
    }
    Ok(manifest)
}

/// What a receipt does not say.
pub(crate) fn caution(receipt: &BatchReceipt) -> Option<&'static str> {
    match receipt.end {
        CommitEnd::Expired => Some(
            "the token is over without a commit that is known: the data is landed, and whether the server deleted its files is not known",
        ),
        CommitEnd::AlreadyCommitted => Some(
            "the token was consumed before this landing sent a commit: whether the server deleted its files is not known",
        ),
        CommitEnd::Committed if receipt.is_presumed() => {
            Some("the commit is presumed from the server's answers: whether it deleted its files is not known")
        }
        CommitEnd::Committed => None,
    }
}

/// A commit without any of the checks: no loss of power may find it.
#[cfg(not(test))]
const fn mutant_commits_early() -> bool {
    false
}

#[cfg(test)]
fn mutant_commits_early() -> bool {
    crate::mutants::is_active(crate::mutants::Mutant::CommitBeforeSeal)
}

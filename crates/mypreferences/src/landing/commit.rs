//! The commit of a sealed batch: status first, COMMITTING durable before the POST, and after a crash the question
//! whether it was applied. The verdict itself is judged where every commit's is.

use std::time::Duration;

use crate::cancel::CancelToken;
use crate::canonical::rfc3339;
use crate::client::{Client, until_cancelled};
use crate::error::{Error, ErrorKind, Operation};
use crate::export::Export;
use crate::landing::journal::{BatchLog, Committing};
use crate::landing::receipt::{BatchReceipt, CommitEnd};
use crate::landing::shelf::Shelf;
use crate::landing::store::{read_manifest, read_receipt};
use crate::landing::verify::check_parts;
use crate::reads::ReadStatus;
use crate::status::{ExportStatus, StatusWord};
use crate::status_code::says_gone;
use crate::verdict::Baseline;

/// A refused token is asked about so often, this far apart, and then believed.
const ASKS: u32 = 3;
const BETWEEN_ASKS: Duration = Duration::from_secs(4);

pub(crate) fn bug(what: &str) -> Error {
    Error::before_io(
        ErrorKind::Internal,
        Operation::Export,
        what,
        "report this bug",
    )
}

pub(crate) fn other_keep_files() -> Error {
    Error::before_io(
        ErrorKind::OutputConflict,
        Operation::Export,
        "a commit with another keep_files may have been sent",
        "run it again with that keep_files; its receipt then says what became of the files",
    )
}

/// The handle that a batch was initiated with.
pub(crate) fn export_of(log: &BatchLog) -> Result<Export, Error> {
    let initiated = log
        .initiated
        .as_ref()
        .ok_or_else(|| bug("a batch has no export"))?;
    Export::from_json(&initiated.export.to_string())
}

pub(crate) fn not_sealed(detail: impl Into<String>) -> Error {
    Error::before_io(
        ErrorKind::NotSealed,
        Operation::Commit,
        detail,
        "land the export to its end first; nothing was sent",
    )
}

/// Commits a sealed batch, or finds out how an earlier commit of it ended. `sure`: this process has just made the batch
/// whole, so that its parts need not be hashed again.
pub(crate) async fn commit(
    shelf: &mut Shelf,
    client: &Client,
    batch: &str,
    keep_files: bool,
    sure: bool,
    cancel: Option<&CancelToken>,
) -> Result<BatchReceipt, Error> {
    let log = shelf
        .store()?
        .find(batch)
        .cloned()
        .ok_or_else(|| not_sealed(format!("the journal knows no {batch}")))?;
    if let Some(receipt) = log.committed {
        return Ok(receipt);
    }
    if log.sealed.is_none() {
        return Err(not_sealed(format!("{batch} is not sealed")));
    }
    if log.abandoned.is_some() {
        return Err(not_sealed(format!("{batch} was abandoned")));
    }
    let export = export_of(&log)?;
    client.check_export(&export, Operation::Commit)?;
    if let Some(committing) = &log.committing {
        if committing.keep_files != keep_files {
            return Err(other_keep_files());
        }
        return go_on(shelf, client, &log, &export, committing, cancel).await;
    }
    let checked = log.clone();
    shelf
        .step(move |store| check_seal(store.disk(), store.place(), &checked, sure))
        .await?;
    let asked = until_cancelled(ask(client, &export), cancel, Operation::Commit).await??;
    let end = match asked {
        Asked::Status(status) => match status.status {
            StatusWord::Complete => {
                let baseline_expires = status
                    .expires_text
                    .as_deref()
                    .and_then(crate::clock::parse_expires);
                let committing = Committing {
                    batch: batch.to_owned(),
                    keep_files,
                    baseline_expires,
                };
                shelf
                    .step(move |store| store.committing(committing))
                    .await?;
                return send(shelf, client, &log, &export, keep_files, None, cancel).await;
            }
            StatusWord::Retrieved => (CommitEnd::AlreadyCommitted, status.server_date),
            StatusWord::Expired => (CommitEnd::Expired, status.server_date),
            StatusWord::Processing | StatusWord::Unknown => {
                return Err(Error::before_io(
                    ErrorKind::WaitTimedOut,
                    Operation::Commit,
                    "the batch is sealed, and status says that its export is not ready",
                    "run the same command again later",
                ));
            }
            StatusWord::Error | StatusWord::Failed => {
                return Err(Error::before_io(
                    ErrorKind::ExportFailed,
                    Operation::Commit,
                    "the batch is sealed, and status says that its export failed",
                    "the landed data is whole; ask PossibleNOW Support about the export",
                ));
            }
        },
        Asked::Gone => (CommitEnd::Expired, None),
    };
    let receipt = BatchReceipt::without_a_commit(end.0, keep_files, end.1);
    keep(shelf, client, batch, receipt).await
}

/// A commit may have been sent by an earlier run.
async fn go_on(
    shelf: &mut Shelf,
    client: &Client,
    log: &BatchLog,
    export: &Export,
    committing: &Committing,
    cancel: Option<&CancelToken>,
) -> Result<BatchReceipt, Error> {
    let batch = log.intent.batch.clone();
    let name = batch.clone();
    let written = shelf
        .step(move |store| read_receipt(store.disk(), store.place(), &name))
        .await?;
    if let Some(receipt) = written {
        // The run that wrote it knew the verdict and could not journal it any more.
        return keep(shelf, client, &batch, receipt).await;
    }
    let baseline = Baseline {
        expires: committing.baseline_expires,
    };
    send(
        shelf,
        client,
        log,
        export,
        committing.keep_files,
        Some(baseline),
        cancel,
    )
    .await
}

/// Sends the commit; with a baseline, first asks what became of the one before.
async fn send(
    shelf: &mut Shelf,
    client: &Client,
    log: &BatchLog,
    export: &Export,
    keep_files: bool,
    earlier: Option<Baseline>,
    cancel: Option<&CancelToken>,
) -> Result<BatchReceipt, Error> {
    let key = (export.kind, export.access_token);
    let timeout = client.service().settings.timeout;
    let receipt = client
        .flights()
        .commit(key, keep_files, timeout, earlier, cancel, None)
        .await?;
    let receipt = BatchReceipt::of_commit(&receipt, keep_files);
    keep(shelf, client, &log.intent.batch, receipt).await
}

async fn keep(
    shelf: &mut Shelf,
    client: &Client,
    batch: &str,
    mut receipt: BatchReceipt,
) -> Result<BatchReceipt, Error> {
    if receipt.at.is_none() {
        receipt.at = rfc3339(client.service().wall.now());
    }
    let (batch, kept) = (batch.to_owned(), receipt.clone());
    shelf
        .step(move |store| store.committed(&batch, kept))
        .await?;
    Ok(receipt)
}

enum Asked {
    Status(ExportStatus),
    /// Refused so often that it is believed.
    Gone,
}

async fn ask(client: &Client, export: &Export) -> Result<Asked, Error> {
    let service = client.service();
    let key = (export.kind, export.access_token);
    let mut refusals = 0;
    loop {
        match service
            .read(&ReadStatus, key, service.settings.timeout)
            .await
        {
            Ok(status) => return Ok(Asked::Status(status)),
            Err(error) if error.http_status().is_some_and(says_gone) => {
                refusals += 1;
                if refusals >= ASKS {
                    return Ok(Asked::Gone);
                }
                tokio::time::sleep(BETWEEN_ASKS).await;
            }
            Err(error) => return Err(error.during(Operation::Commit)),
        }
    }
}

/// The manifest on disk is the one that was sealed, and its parts are there.
fn check_seal(
    disk: &dyn crate::landing::disk::Disk,
    place: &crate::landing::store::Place,
    log: &BatchLog,
    sure: bool,
) -> Result<(), Error> {
    if mutant_commits_early() {
        return Ok(());
    }
    let batch = &log.intent.batch;
    let found = read_manifest(disk, place, batch)?;
    let Some((manifest, manifest_sha256)) = found else {
        return Err(not_sealed(format!("{batch} has no manifest")));
    };
    if log.sealed.as_deref() != Some(manifest_sha256.as_str()) {
        return Err(not_sealed(format!(
            "the manifest of {batch} is not the one that was sealed"
        )));
    }
    if manifest.rows() != manifest.total_results {
        return Err(not_sealed(format!(
            "the parts of {batch} have other rows than the export"
        )));
    }
    if sure {
        return Ok(());
    }
    check_parts(disk, place, &manifest)
}

/// What a receipt does not say.
pub(crate) fn caution(receipt: &BatchReceipt) -> Option<&'static str> {
    match receipt.end {
        CommitEnd::Expired => Some(
            "the token expired before it was committed: the data is landed, and whether the server deleted its files is not known",
        ),
        CommitEnd::AlreadyCommitted => Some(
            "the token was consumed before this landing sent a commit: whether the server deleted its files is not known",
        ),
        CommitEnd::Committed if receipt.is_presumed() => Some(
            "the commit is presumed from the server's answers: whether it deleted its files is not known",
        ),
        CommitEnd::Committed => None,
    }
}

#[cfg(not(test))]
const fn mutant_commits_early() -> bool {
    false
}

#[cfg(test)]
fn mutant_commits_early() -> bool {
    crate::landing::mutants::is_active(crate::landing::mutants::Mutant::CommitBeforeSeal)
}

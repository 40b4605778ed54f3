//! What can be done with a folder that exports were landed in: `list`, `status`, `commit`, `abandon`, and `verify`.

use std::path::Path;

use mypreferences::landing::{BatchReceipt, BatchState, BatchSummary, Folder};
use mypreferences::{CancelToken, Error, ExportStatus};
use serde::Serialize;

use super::{Ended, Told, left_at_once, unfinished, until_stopped};
use crate::commands::open;
use crate::exit_code::{DONE, exit_code};
use crate::failure::{self, Failure};
use crate::landing_progress::LandingLines;
use crate::output::Output;
use crate::words;

#[derive(Serialize)]
struct Listed<'a> {
    batches: &'a [BatchSummary],
}

pub(super) fn list(output: Output, folder: &Path) -> Result<u8, Failure> {
    let batches = Folder::new(folder).batches()?;
    let lines: Vec<String> = batches.iter().map(words::batch).collect();
    let json = json(&Listed { batches: &batches })?;
    Ok(output.result(&json, &or_none(&lines, "no batch was begun")))
}

fn or_none(lines: &[String], none: &str) -> String {
    if lines.is_empty() {
        none.to_owned()
    } else {
        lines.join("\n")
    }
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| failure::internal(error.to_string()))
}

/// What the folder says, and what the server says of an unfinished export.
pub(super) async fn status(told: &Told<'_>, folder: &Path) -> Result<u8, Failure> {
    let place = Folder::new(folder);
    let newest = place.batches()?.pop();
    let asked = match &newest {
        Some(batch) if is_unfinished(batch.state) => ask(told, &place).await,
        Some(_) | None => Asked::Nobody,
    };
    let batch = match &newest {
        Some(batch) => json(batch)?,
        None => "null".to_owned(),
    };
    let (server, error) = match &asked {
        Asked::Answered { json, .. } => (json.clone(), "null".to_owned()),
        Asked::Failed(error) => ("null".to_owned(), error.to_json()),
        Asked::Nobody | Asked::WithoutCredentials(_) => ("null".to_owned(), "null".to_owned()),
    };
    let text = match &newest {
        Some(batch) => words::batch(batch),
        None => "no batch was begun".to_owned(),
    };
    let text = match &asked {
        Asked::Answered { text: answer, .. } => format!("{text}\nthe server says {answer}"),
        Asked::Nobody | Asked::WithoutCredentials(_) | Asked::Failed(_) => text,
    };
    let written = told.output.result(
        &format!("{{\"batch\":{batch},\"server\":{server},\"server_error\":{error}}}"),
        &text,
    );
    let code = match &asked {
        Asked::Nobody | Asked::Answered { .. } => DONE,
        Asked::WithoutCredentials(error) => {
            told.output
                .note(&format!("the server was not asked: {error}"));
            DONE
        }
        Asked::Failed(error) => {
            told.output
                .note(&format!("the server could not be asked: {error}"));
            exit_code(error)
        }
    };
    Ok(if written == DONE { code } else { written })
}

fn is_unfinished(state: BatchState) -> bool {
    match state {
        BatchState::Intended
        | BatchState::Landing
        | BatchState::Sealed
        | BatchState::Committing => true,
        BatchState::Committed | BatchState::Abandoned => false,
        // A later core's state: the server may know more.
        _ => true,
    }
}

enum Asked {
    /// There is nothing to ask about.
    Nobody,
    WithoutCredentials(Error),
    Answered {
        json: String,
        text: String,
    },
    Failed(Error),
}

async fn ask(told: &Told<'_>, place: &Folder) -> Asked {
    let export = match place.export() {
        Ok(Some(export)) => export,
        Ok(None) => return Asked::Nobody,
        Err(error) => return Asked::Failed(error),
    };
    let (client, mut signals) = match open(told.options, None) {
        Ok(opened) => opened,
        Err(error) => return Asked::WithoutCredentials(error),
    };
    let cancel = CancelToken::new();
    let status = client
        .status(export.access_token())
        .kind(export.kind())
        .cancel_token(cancel.clone());
    let answer: Result<ExportStatus, Error> = tokio::select! {
        biased;
        answer = status.into_future() => answer,
        _ = signals.next() => Err(failure::stopped()),
    };
    match answer {
        Ok(status) => Asked::Answered {
            json: status.to_json(),
            text: words::status(&status, export.access_token()),
        },
        Err(error) => Asked::Failed(error),
    }
}

#[derive(Serialize)]
struct Committed {
    batch: String,
    receipt: BatchReceipt,
}

#[derive(Serialize)]
struct CommittedBatches {
    committed: Vec<Committed>,
}

/// Oldest first; the first that fails ends it, as those after it would go the same way.
pub(super) async fn commit(
    told: &Told<'_>,
    folder: &Path,
    keep_files: bool,
) -> Result<u8, Failure> {
    let sealed = Folder::new(folder).sealed()?;
    let (client, mut signals) = open(told.options, None)?;
    let lines = LandingLines::new(told.output, Some("none"), told.options.verbose);
    let cancel = CancelToken::new();
    let mut committed = Vec::new();
    for batch in &sealed {
        let committing = client
            .commit_landed(batch, keep_files)
            .cancel_token(cancel.clone());
        match until_stopped(&mut signals, &cancel, &lines, committing).await {
            Ended::WithResult(Ok(receipt)) => {
                if let Some(caution) = words::batch_caution(batch.batch(), &receipt) {
                    told.output.note(&caution);
                }
                committed.push(Committed {
                    batch: batch.batch().to_owned(),
                    receipt,
                });
            }
            Ended::WithResult(Err(error)) => {
                for done in said(&committed) {
                    told.output.note(&done);
                }
                return Ok(unfinished(told, &error));
            }
            Ended::AtOnce(stop) => {
                return Ok(left_at_once(
                    told,
                    stop,
                    Some(mypreferences::landing::Stage::Commit),
                ));
            }
        }
    }
    let lines = said(&committed);
    let json = json(&CommittedBatches { committed })?;
    Ok(told
        .output
        .result(&json, &or_none(&lines, "nothing is left to be committed")))
}

fn said(committed: &[Committed]) -> Vec<String> {
    committed
        .iter()
        .map(|done| format!("{}: {}", done.batch, words::batch_receipt(&done.receipt)))
        .collect()
}

pub(super) fn abandon(output: Output, folder: &Path) -> Result<u8, Failure> {
    let batch = Folder::new(folder).abandon()?;
    Ok(output.result(&json(&batch)?, &words::batch(&batch)))
}

/// Without a server: hashes, counts, watermarks.
pub(in crate::commands) fn verify(output: Output, verbose: u8, folder: &Path) -> u8 {
    let verified = Folder::new(folder).verify(|batch| {
        if verbose > 0 {
            output.note(&format!("verifying {batch}"));
        }
    });
    match verified {
        Ok(verified) => output.result(&verified.to_json(), &words::verified(&verified)),
        Err(error) => output.failure(&error, None),
    }
}

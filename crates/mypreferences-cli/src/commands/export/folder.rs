//! What can be done with a folder that exports were landed in: `list`, `report`, `status`, `commit`, `convert`, `abandon`,
//! and `verify`.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use mypreferences::export::Export;
use mypreferences::landing::{BatchReceipt, BatchState, BatchSummary, Folder, PartFormat, Sealed};
use mypreferences::{CancelToken, Client, Error, ErrorKind, ExportStatus, Operation};
use mypreferences_arrow::{Layout, Parquet};
use serde::Serialize;

use super::{Ended, Told, left_at_once, unfinished, until_stopped};
use crate::commands::open::open;
use crate::exit_code::{DONE, exit_code};
use crate::failure::{self, Failure};
use crate::landing_progress::LandingLines;
use crate::output::Output;
use crate::report;
use crate::signals::Signals;
use crate::words;

#[derive(Serialize)]
struct Listed<'a> {
    batches: &'a [BatchSummary],
}

pub(super) fn list(output: Output, folder: &Path, progress: Option<&str>) -> Result<u8, Failure> {
    let place = Folder::new(folder);
    let batches = place.batches()?;
    let mut lines: Vec<String> = batches.iter().map(words::batch).collect();
    if !output.json() {
        let bars = progress != Some("none") && std::io::stdout().is_terminal();
        lines.extend(report::coverage(&place.report(false)?, bars));
    }
    let json = json(&Listed { batches: &batches })?;
    Ok(output.result(&json, &or_none(&lines, "no batch was begun")))
}

fn or_none(lines: &[String], none: &str) -> String {
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| failure::internal(error.to_string()))
}

/// The page, into a file or to standard output; with `--json` its facts. Verifying that fails is told there, and by the exit
/// code.
pub(super) fn report(told: &Told<'_>, folder: &Path, out: Option<&Path>, verify: bool) -> Result<u8, Failure> {
    let output = told.output;
    if out.is_none() && !output.json() && std::io::stdout().is_terminal() {
        return Err(failure::usage(
            Operation::Export,
            "a page of HTML is not for a terminal",
            "pass --out FILE.html, or --json",
        ));
    }
    let report = Folder::new(folder).format(Parquet::new(Layout::default())).report(verify)?;
    let page = || report::page(&report);
    if let Some(file) = out {
        replace(file, &page()).map_err(|error| {
            Error::before_io(
                ErrorKind::Storage,
                Operation::Export,
                format!("cannot write {}: {error}", file.display()),
                "pass a file in a folder that can be written",
            )
        })?;
    }
    let written = match out {
        _ if output.json() => output.print(&report.to_json()),
        Some(file) => output.print(&file.display().to_string()),
        None => output.print(&page()),
    };
    let failed = report.verification.as_ref().and_then(|verification| verification.error.as_ref());
    match failed {
        Some(error) if written == DONE => {
            output.note(&error.to_string());
            Ok(exit_code(error))
        }
        Some(_) | None => Ok(written),
    }
}

/// Whoever reads the file meanwhile sees the one before, or this one.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let mut fresh = file.as_os_str().to_owned();
    fresh.push(".tmp");
    std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, file)).inspect_err(|_| {
        let _ = std::fs::remove_file(&fresh);
    })
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
    let text = match &newest {
        Some(batch) => words::batch(batch),
        None => "no batch was begun".to_owned(),
    };
    let text = match &asked {
        Asked::Answered { text: answer, .. } => format!("{text}\nthe server says {answer}"),
        Asked::Nobody | Asked::WithoutCredentials(_) | Asked::Failed(_) => text,
    };
    Ok(tell(told.output, &batch, &asked, &text))
}

/// What is known of an export here, `batch`, and on the server.
pub(super) fn tell(output: Output, batch: &str, asked: &Asked, text: &str) -> u8 {
    let (server, error) = match asked {
        Asked::Answered { json, .. } => (json.clone(), "null".to_owned()),
        Asked::Failed(error) => ("null".to_owned(), error.to_json()),
        Asked::Nobody | Asked::WithoutCredentials(_) => ("null".to_owned(), "null".to_owned()),
    };
    let written = output.result(&format!("{{\"batch\":{batch},\"server\":{server},\"server_error\":{error}}}"), text);
    let code = match asked {
        Asked::Nobody | Asked::Answered { .. } => DONE,
        Asked::WithoutCredentials(error) => {
            output.note(&format!("the server was not asked: {error}"));
            DONE
        }
        Asked::Failed(error) => {
            output.note(&format!("the server could not be asked: {error}"));
            exit_code(error)
        }
    };
    if written == DONE { code } else { written }
}

fn is_unfinished(state: BatchState) -> bool {
    match state {
        BatchState::Intended | BatchState::Landing | BatchState::Sealed | BatchState::Committing => true,
        BatchState::Committed | BatchState::Abandoned => false,
        // A later core's state: the server may know more.
        _ => true,
    }
}

pub(super) enum Asked {
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
    match open(told.options, None) {
        Ok((client, signals)) => ask_about(&client, signals, &export).await,
        Err(error) => Asked::WithoutCredentials(error),
    }
}

pub(super) async fn ask_about(client: &Client, mut signals: Signals, export: &Export) -> Asked {
    let cancel = CancelToken::new();
    let status = client.status(export.access_token()).kind(export.kind()).cancel_token(cancel.clone());
    let answer: Result<ExportStatus, Error> = tokio::select! {
        biased;
        answer = status.into_future() => answer,
        _ = signals.next() => Err(failure::stopped()),
    };
    match answer {
        Ok(status) => Asked::Answered { json: status.to_json(), text: words::status(&status, export.access_token()) },
        Err(error) => Asked::Failed(error),
    }
}

#[derive(Serialize)]
struct Committed {
    batch: String,
    receipt: BatchReceipt,
}

#[derive(Serialize)]
struct Failed {
    batch: String,
    error: serde_json::Value,
}

#[derive(Serialize)]
struct CommittedBatches {
    committed: Vec<Committed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Failed>,
    /// Of the failures the one whose exit code counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<serde_json::Value>,
}

/// Which of several exit codes is the worst: first what only a person can mend, last what the same command mends later.
const WORST_FIRST: [u8; 10] = [70, 65, 74, 78, 77, 76, 66, 64, 69, 75];

/// All of them, oldest first. A failure that belongs to one token does not stop the others; one refused by 401 is tried once
/// more when another one showed that the credentials are right.
pub(super) async fn commit(told: &Told<'_>, folder: &Path, keep_files: bool) -> Result<u8, Failure> {
    let sealed = Folder::new(folder).sealed()?;
    let (client, mut signals) = open(told.options, None)?;
    let lines = LandingLines::new(told.output, Some("none"), told.options.verbose);
    let cancel = CancelToken::new();
    let mut committed = Vec::new();
    let mut failed: Vec<(Sealed, Error)> = Vec::new();
    let mut left = VecDeque::from(sealed);
    let mut tried_again = false;
    loop {
        let Some(batch) = left.pop_front() else {
            let by_401 = |(_, error): &(Sealed, Error)| error.kind() == ErrorKind::Unauthorized;
            if tried_again || committed.is_empty() || !failed.iter().any(by_401) {
                break;
            }
            tried_again = true;
            let again;
            (again, failed) = failed.into_iter().partition(by_401);
            left.extend(again.into_iter().map(|(batch, _)| batch));
            continue;
        };
        let committing = client.commit_landed(&batch, keep_files).cancel_token(cancel.clone());
        match until_stopped(&mut signals, &cancel, &lines, committing).await {
            Ended::WithResult(Ok(receipt)) => {
                if let Some(caution) = words::batch_caution(batch.batch(), &receipt) {
                    told.output.note(&caution);
                }
                committed.push(Committed { batch: batch.batch().to_owned(), receipt });
            }
            Ended::WithResult(Err(error)) => {
                let is_the_same_for_all = !belongs_to_one_token(error.kind());
                failed.push((batch, error));
                if is_the_same_for_all {
                    break;
                }
            }
            Ended::AtOnce(stop) => {
                return Ok(left_at_once(told, stop, Some(mypreferences::landing::Stage::Commit)));
            }
        }
    }
    let rank = |error: &Error| {
        let code = exit_code(error);
        WORST_FIRST.iter().position(|worse| *worse == code)
    };
    let worst = failed.iter().map(|(_, error)| error).min_by_key(|error| rank(error)).cloned();
    if let (Some(error), true, 1) = (&worst, committed.is_empty(), failed.len()) {
        return Ok(unfinished(told, error));
    }
    for (batch, error) in &failed {
        told.output.note(&format!("{}: {error}", batch.batch()));
    }
    let mut lines = said(&committed);
    if !failed.is_empty() {
        lines.push(format!("not committed, see above: {}", words::count(failed.len() as u64)));
    }
    let record = |error: &Error| serde_json::from_str(&error.to_json()).unwrap_or_default();
    let failed =
        failed.iter().map(|(batch, error)| Failed { batch: batch.batch().to_owned(), error: record(error) }).collect();
    let json = json(&CommittedBatches { committed, failed, error: worst.as_ref().map(record) })?;
    let written = told.output.result(&json, &or_none(&lines, "nothing is left to be committed"));
    Ok(if written == DONE { worst.as_ref().map_or(DONE, exit_code) } else { written })
}

/// Others of the folder may fare better. The network, the settings and the disk are the same for all.
fn belongs_to_one_token(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Proxy
            | ErrorKind::Cancelled
            | ErrorKind::Configuration
            | ErrorKind::Locked
            | ErrorKind::Storage
            | ErrorKind::Closed
            | ErrorKind::ForkedProcess
            | ErrorKind::Internal
    )
}

fn said(committed: &[Committed]) -> Vec<String> {
    committed.iter().map(|done| format!("{}: {}", done.batch, words::batch_receipt(&done.receipt))).collect()
}

/// Writes every batch once more, as Parquet.
pub(super) fn convert(told: &Told<'_>, folder: &Path, layout: Layout, out: &Path) -> u8 {
    let format: Arc<dyn PartFormat> = Parquet::new(layout);
    let converted = Folder::new(folder).convert(&format, out, |batch| {
        if told.options.verbose > 0 {
            told.output.note(&format!("converting {batch}"));
        }
    });
    match converted {
        Ok(converted) => told.output.result(&converted.to_json(), &words::converted(&converted)),
        Err(error) => unfinished(told, &error),
    }
}

pub(super) fn abandon(output: Output, folder: &Path, batch: Option<&str>) -> Result<u8, Failure> {
    let batch = Folder::new(folder).abandon(batch)?;
    Ok(output.result(&json(&batch)?, &words::batch(&batch)))
}

/// Without a server: hashes, counts, watermarks. With `complete`, a batch that was moved away is an error.
pub(in crate::commands) fn verify(output: Output, verbose: u8, folder: &Path, complete: bool) -> u8 {
    let verified = Folder::new(folder).format(Parquet::new(Layout::default())).verify(|batch| {
        if verbose > 0 {
            output.note(&format!("verifying {batch}"));
        }
    });
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => return output.failure(&error, None),
    };
    for line in words::findings(&verified) {
        output.note(&line);
    }
    if complete && let Some(batch) = verified.moved.first() {
        let error = Error::before_io(
            ErrorKind::Corrupt,
            Operation::Export,
            format!("{batch} was sealed and is not in the folder"),
            "move it back, or verify without --complete",
        );
        return output.failure(&error, None);
    }
    output.result(&verified.to_json(), &words::verified(&verified))
}

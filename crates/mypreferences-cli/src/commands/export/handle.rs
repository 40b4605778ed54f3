//! What can be done with an export that is not in a folder of ours: `status` and `commit-loaded`, by its encrypted handle.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use mypreferences::export::Export;
use mypreferences::{CancelToken, Client, Error, Operation};

use super::folder::{Asked, ask_about, tell};
use super::{Ended, Told, left_at_once, unfinished, until_stopped};
use crate::commands::open::open;
use crate::failure::{self, Failure};
use crate::landing_progress::LandingLines;
use crate::words;

/// No handle is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What `commit-loaded` is told.
pub(super) struct Loaded<'a> {
    pub(super) handle_file: &'a Path,
    pub(super) rows: u64,
    pub(super) keep_files: bool,
    pub(super) sink: Option<&'a str>,
    pub(super) files: &'a [PathBuf],
}

fn read(client: &Client, file: &Path) -> Result<Export, Error> {
    let mut text = String::new();
    let opened = File::open(file).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    opened.map_err(|error| {
        Error::before_io(
            mypreferences::ErrorKind::InvalidArgument,
            Operation::Configure,
            format!("the handle cannot be read from {}: {error}", file.display()),
            "pass a file that holds the text that wrap gave",
        )
    })?;
    client.unwrap(&text)
}

/// What the server says of it.
pub(super) async fn status(told: &Told<'_>, file: &Path) -> Result<u8, Failure> {
    let (client, signals) = open(told.options, None)?;
    let export = read(&client, file)?;
    let asked = ask_about(&client, signals, &export).await;
    let text = match &asked {
        Asked::Answered { text, .. } => format!("the server says {text}"),
        Asked::Nobody | Asked::WithoutCredentials(_) | Asked::Failed(_) => "the export of a handle".to_owned(),
    };
    Ok(tell(told.output, "null", &asked, &text))
}

pub(super) async fn commit_loaded(told: &Told<'_>, loaded: &Loaded<'_>) -> Result<u8, Failure> {
    if loaded.files.iter().any(|file| file.as_os_str().is_empty()) {
        return Err(failure::usage(Operation::Commit, "a file has no name", "leave it out, or name it"));
    }
    let (client, mut signals) = open(told.options, None)?;
    let export = read(&client, loaded.handle_file)?;
    let lines = LandingLines::new(told.output, Some("none"), told.options.verbose);
    let cancel = CancelToken::new();
    let mut call = client.commit_loaded(&export, loaded.rows, loaded.keep_files).files(loaded.files);
    if let Some(sink) = loaded.sink {
        call = call.sink(sink);
    }
    match until_stopped(&mut signals, &cancel, &lines, call.cancel_token(cancel.clone())).await {
        Ended::WithResult(Ok(receipt)) => {
            if let Some(caution) = words::batch_caution("the export", &receipt) {
                told.output.note(&caution);
            }
            Ok(told.output.result(&receipt.to_json(), &words::batch_receipt(&receipt)))
        }
        Ended::WithResult(Err(error)) => Ok(unfinished(told, &error)),
        Ended::AtOnce(stop) => Ok(left_at_once(told, stop, Some(mypreferences::landing::Stage::Commit))),
    }
}

//! `export`: an export landed in a folder and committed, and what a signal does to it. What else can be done with the
//! folder is in `folder`, and with an export that is in none, in `handle`; what the options mean together, in `request`; the command that continues, in `again`.

pub(crate) mod again;
mod folder;
mod handle;
mod request;

use std::ffi::OsString;
use std::future::IntoFuture;
use std::pin::pin;

use mypreferences::landing::{Landed, Stage};
use mypreferences::{CancelToken, Error, Operation};

use crate::commands::open::open;
use crate::exit_code::{STORAGE, UNAVAILABLE, UNFINISHED, exit_code};
use crate::export_arguments::{ExportArguments, ExportCommand};
use crate::failure::{self, Failure};
use crate::landing_progress::LandingLines;
use crate::options::Options;
use crate::output::Output;
use crate::signals::{Signals, Stop};
use crate::words;
use handle::Loaded;
use request::Request;

pub(super) use folder::verify;

/// What a command that works on a folder is told.
pub(super) struct Told<'a> {
    pub(super) output: Output,
    pub(super) options: &'a Options,
    /// The whole command line.
    pub(super) line: &'a [OsString],
}

pub(super) async fn run(told: &Told<'_>, arguments: &ExportArguments) -> u8 {
    let output = told.output;
    let result = match &arguments.command {
        Some(ExportCommand::List { folder, progress }) => folder::list(output, folder, progress.as_deref()),
        Some(ExportCommand::Report { folder, out, verify }) => folder::report(told, folder, out.as_deref(), *verify),
        Some(ExportCommand::Status { folder: Some(folder), .. }) => folder::status(told, folder).await,
        Some(ExportCommand::Status { handle_file: Some(file), .. }) => handle::status(told, file).await,
        Some(ExportCommand::Status { .. }) => Err(failure::usage(
            Operation::Status,
            "it is not said of which export",
            "name the folder, or a file with --handle-file",
        )),
        Some(ExportCommand::CommitLoaded { handle_file, rows, keep_files, sink, files }) => {
            let keep_files = keep_files == "true";
            let loaded = Loaded { handle_file, rows: *rows, keep_files, sink: sink.as_deref(), files };
            handle::commit_loaded(told, &loaded).await
        }
        Some(ExportCommand::Commit { folder, keep_files }) => folder::commit(told, folder, keep_files == "true").await,
        Some(ExportCommand::Convert { folder, to: _, layout, out }) => {
            layout.read().map(|layout| folder::convert(told, folder, layout, out))
        }
        Some(ExportCommand::Abandon { folder, batch }) => folder::abandon(output, folder, batch.as_deref()),
        None => land(told, arguments).await,
    };
    result.unwrap_or_else(|failure| output.failure(&failure, None))
}

async fn land(told: &Told<'_>, arguments: &ExportArguments) -> Result<u8, Failure> {
    let request = Request::read(told.options, arguments)?;
    let (client, mut signals) = open(told.options, None)?;
    let lines = LandingLines::new(told.output, arguments.progress.as_deref(), told.options.verbose);
    let (cancel, heard) = (CancelToken::new(), lines.clone());
    let landing =
        request.landing(&client).cancel_token(cancel.clone()).on_progress(move |progress| heard.tell(progress));
    let ended = until_stopped(&mut signals, &cancel, &lines, landing).await;
    lines.end();
    Ok(match ended {
        Ended::WithResult(Ok(landed)) => say(told.output, &landed),
        Ended::WithResult(Err(error)) => unfinished(told, &error),
        Ended::AtOnce(stop) => left_at_once(told, stop, lines.stage()),
    })
}

enum Ended<T> {
    /// By itself, or cancelled by a first signal.
    WithResult(Result<T, Error>),
    /// A second signal did not wait.
    AtOnce(Stop),
}

/// The first signal cancels: what is durable stays. The second does not wait for that.
async fn until_stopped<T>(
    signals: &mut Signals,
    cancel: &CancelToken,
    lines: &LandingLines,
    call: impl IntoFuture<Output = Result<T, Error>>,
) -> Ended<T> {
    let mut call = pin!(call.into_future());
    let mut watch = pin!(lines.watch());
    loop {
        tokio::select! {
            biased;
            result = call.as_mut() => return Ended::WithResult(result),
            stop = signals.next() => {
                if cancel.is_cancelled() {
                    return Ended::AtOnce(stop);
                }
                lines.say("stopping; what is landed stays; stop again to leave at once");
                cancel.cancel();
            }
            never = watch.as_mut() => match never {},
        }
    }
}

fn say(output: Output, landed: &Landed) -> u8 {
    output.result(&landed.to_json(), &words::landed(landed))
}

/// Every record that the same command can continue from is told together with that command.
fn unfinished(told: &Told<'_>, error: &Error) -> u8 {
    let code = exit_code(error);
    let continues = match code {
        UNFINISHED | STORAGE | UNAVAILABLE => Some(again::command_line(told.line)),
        _ => None,
    };
    told.output.failure(error, continues.as_deref())
}

/// The call was not waited for, so its record is not known. In the middle of the commit one may have been sent.
fn left_at_once(told: &Told<'_>, stop: Stop, stage: Option<Stage>) -> u8 {
    let operation = match stage {
        Some(Stage::Commit) => Operation::Commit,
        Some(_) | None => Operation::Export,
    };
    told.output.failure(&Error::left_at_once(operation), Some(&again::command_line(told.line)));
    stop.exit_code()
}

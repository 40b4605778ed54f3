//! `commit`: one commit, its receipt or its record, and what a signal does to it.

use std::future::{IntoFuture, ready};
use std::time::Duration;

use mypreferences::{CancelToken, CommitReceipt, CommitState, Error, ErrorKind};

use crate::commands::Call;
use crate::exit_code::{DONE, exit_code};
use crate::words;

/// How long the first signal after the send asks what became of it.
const ASK_AFTER_SIGNAL: Duration = Duration::from_secs(5);

pub(super) async fn run(mut call: Call, keep_files: bool) -> u8 {
    let (stop, leave) = (CancelToken::new(), CancelToken::new());
    let commit = call
        .client
        .commit(call.token_text.as_str(), keep_files)
        .stop_token(stop.clone(), ASK_AFTER_SIGNAL)
        .cancel_token(leave.clone());
    let mut commit = std::pin::pin!(commit.into_future());
    let progress = call.progress.clone();
    tokio::select! {
        biased;
        ended = &mut commit => return said(&call, ended, keep_files),
        _ = call.signals.next() => {}
        never = progress.watch() => match never {},
    };
    stop.cancel();
    // It ends at once where nothing can have been applied. Leaving without asking would leave people in the dark.
    tokio::select! {
        biased;
        ended = &mut commit => return said(&call, ended, keep_files),
        () = ready(()) => {}
    };
    call.output
        .note("stopped after the commit was sent: asking for up to 5 s what became of it; stop again to leave at once");
    let signal = tokio::select! {
        biased;
        ended = &mut commit => return said(&call, ended, keep_files),
        signal = call.signals.next() => signal,
    };
    leave.cancel();
    let code = said(&call, commit.await, keep_files);
    if code == DONE { DONE } else { signal.exit_code() }
}

fn said(call: &Call, ended: Result<CommitReceipt, Error>, keep_files: bool) -> u8 {
    match ended {
        Ok(receipt) => say_receipt(call, &receipt),
        // Stopped before it could change anything: there is nothing to do next.
        Err(error) if error.kind() == ErrorKind::Cancelled && error.commit_state() != Some(CommitState::Unknown) => {
            call.stopped(&error)
        }
        Err(error) => failed(call, &error, keep_files),
    }
}

fn say_receipt(call: &Call, receipt: &CommitReceipt) -> u8 {
    let text = call.shown(|token| words::receipt(receipt, token));
    let code = call.output.result(&receipt.to_json(), &text);
    if let Some(caution) = words::caution(receipt) {
        call.output.note(&caution);
    }
    // What was said above about a result that could not be written stands.
    if code == DONE { DONE } else { code }
}

fn failed(call: &Call, error: &Error, keep_files: bool) -> u8 {
    let next = if error.commit_state() == Some(CommitState::Unknown) {
        Some("mypreferences resolve <ACCESS_TOKEN>   (with the same options)".to_owned())
    } else if exit_code(error) == 69 {
        Some(format!("mypreferences commit <ACCESS_TOKEN> --keep-files {keep_files}   (with the same options)"))
    } else {
        None
    };
    call.output.failure(error, next.as_deref())
}

//! `commit`: one commit, its receipt or its record, and what a signal does to it.

use std::time::Duration;

use mypreferences::{CancelToken, CommitReceipt, CommitState, Error, ErrorKind, Resolution};

use crate::commands::{Call, Ended};
use crate::exit_code::{DONE, exit_code};
use crate::signals::Stop;
use crate::words;

/// How long the first signal after the send asks what became of it.
const ASK_AFTER_SIGNAL: Duration = Duration::from_secs(5);
/// Between two such questions.
const ASK_AGAIN: Duration = Duration::from_millis(500);

pub(super) async fn run(mut call: Call, keep_files: bool) -> u8 {
    let cancel = CancelToken::new();
    let commit = call
        .client
        .commit(call.token_text.as_str(), keep_files)
        .cancel_token(cancel.clone());
    match call.until_stopped(&cancel, commit).await {
        Ended::ByItself(Ok(receipt)) | Ended::Stopped(Ok(receipt)) => say_receipt(&call, &receipt),
        Ended::ByItself(Err(error)) => failed(&call, &error, keep_files),
        Ended::Stopped(Err(error)) => {
            if error.commit_state() == Some(CommitState::Unknown) {
                ask_before_leaving(&mut call, error, keep_files).await
            } else if error.kind() == ErrorKind::Cancelled {
                call.stopped(&error)
            } else {
                // It had ended by itself in the same moment.
                failed(&call, &error, keep_files)
            }
        }
    }
}

/// Something may have been sent: leaving without asking would leave people in the dark. A second signal leaves at once.
async fn ask_before_leaving(call: &mut Call, error: Error, keep_files: bool) -> u8 {
    call.output.note(
        "stopped after the commit was sent: asking for up to 5 s what became of it; stop again to leave at once",
    );
    let client = call.client.clone();
    let token = call.token_text.clone();
    let asking = tokio::time::timeout(ASK_AFTER_SIGNAL, async move {
        loop {
            let resolving = client
                .resolve_commit(token.as_str())
                .timeout(ASK_AFTER_SIGNAL);
            if let Ok(Resolution::Committed(receipt)) = resolving.await {
                return receipt;
            }
            // "Not committed" may still change while the server works on the request that was cut off.
            tokio::time::sleep(ASK_AGAIN).await;
        }
    });
    let answer: Result<Option<CommitReceipt>, Stop> = tokio::select! {
        answer = asking => Ok(answer.ok()),
        stop = call.signals.next() => Err(stop),
    };
    match answer {
        Ok(Some(receipt)) => say_receipt(call, &receipt),
        Ok(None) => failed(call, &error, keep_files),
        Err(stop) => {
            failed(call, &error, keep_files);
            stop.exit_code()
        }
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
        Some(format!(
            "mypreferences commit <ACCESS_TOKEN> --keep-files {keep_files}   (with the same options)"
        ))
    } else {
        None
    };
    call.output.failure(error, next.as_deref())
}

//! `resolve`: was a token committed? Asks without sending. Exits 0, 1 or 75.

use mypreferences::{CancelToken, Error, Resolution};

use crate::commands::{Call, Ended};
use crate::exit_code::{DONE, NOT_COMMITTED, UNFINISHED};
use crate::words;

pub(super) async fn run(mut call: Call) -> u8 {
    let cancel = CancelToken::new();
    let resolving = call.client.resolve_commit(call.token_text.as_str()).cancel_token(cancel.clone());
    match call.until_stopped(&cancel, resolving).await {
        Ended::ByItself(Ok(resolution)) | Ended::Stopped(Ok(resolution)) => say(&call, &resolution),
        Ended::ByItself(Err(error)) => call.output.failure(&error, None),
        Ended::Stopped(Err(error)) => call.stopped(&error),
    }
}

fn say(call: &Call, resolution: &Resolution) -> u8 {
    let json = resolution.to_json();
    let (code, text, note) = match resolution {
        Resolution::Committed(receipt) => {
            (DONE, call.shown(|token| words::receipt(receipt, token)), words::caution(receipt))
        }
        Resolution::NotCommitted { as_of } => {
            let when = as_of.map(words::ago).unwrap_or_default();
            (
                NOT_COMMITTED,
                call.shown(|token| format!("not committed: token {token}; the export is still ready, asked {when}"))
                    .trim_end_matches(", asked ")
                    .to_owned(),
                Some(
                    "run this next: mypreferences commit <ACCESS_TOKEN> --keep-files <true|false>   (with the same \
                     options)"
                        .to_owned(),
                ),
            )
        }
        Resolution::Unknown(error) => return unknown(call, &json, error),
    };
    let written = call.output.result(&json, &text);
    if let Some(note) = note {
        call.output.note(&note);
    }
    if written == DONE { code } else { written }
}

fn unknown(call: &Call, json: &str, error: &Error) -> u8 {
    if call.output.json() {
        call.output.print(json);
    }
    call.output.note(&error.to_string());
    call.output.note("run this next: mypreferences resolve <ACCESS_TOKEN>   (with the same options)");
    UNFINISHED
}

//! `status`: one question about an export.

use mypreferences::CancelToken;

use crate::commands::{Call, Ended};
use crate::words;

pub(super) async fn run(mut call: Call) -> u8 {
    let cancel = CancelToken::new();
    let status = call.client.status(call.token_text.as_str()).cancel_token(cancel.clone());
    match call.until_stopped(&cancel, status).await {
        Ended::ByItself(Ok(status)) | Ended::Stopped(Ok(status)) => {
            let text = call.shown(|token| words::status(&status, token));
            call.output.result(&status.to_json(), &text)
        }
        Ended::ByItself(Err(error)) => call.output.failure(&error, None),
        Ended::Stopped(Err(error)) => call.stopped(&error),
    }
}

//! What the answers to the questions about a token say to the verdict.

use crate::commit::verdict::{PageReply, StatusReply};
use crate::http::status_code::{StatusClass, TokenRefusal, class, token_refusal};
use crate::read::Tried;
use crate::read::status::ExportStatus;

/// What a try of status says to the verdict.
pub(crate) fn status_reply(tried: &Tried<ExportStatus>) -> StatusReply {
    if let Some(status) = &tried.value {
        return StatusReply::Word {
            word: status.status,
            row_count: status.row_count,
            expires: status.expiry(),
        };
    }
    match tried.description.status {
        // Redirects usually carry a page; another HTML page may come from anywhere.
        Some(status) if class(status) == StatusClass::Redirect => StatusReply::Redirected,
        Some(status) => match token_refusal(status, tried.description.html) {
            Some(TokenRefusal::Gone) => StatusReply::Gone,
            Some(TokenRefusal::Unauthorized) => StatusReply::Unauthorized,
            None => StatusReply::Nothing,
        },
        None => StatusReply::Nothing,
    }
}

/// What a try of the page probe says to the verdict.
pub(crate) fn page_reply(tried: &Tried<()>) -> PageReply {
    if tried.value.is_some() {
        return PageReply::Works;
    }
    let Some(status) = tried.description.status else {
        return PageReply::Nothing;
    };
    match token_refusal(status, tried.description.html) {
        Some(TokenRefusal::Gone) => PageReply::Gone,
        Some(TokenRefusal::Unauthorized) => PageReply::Unauthorized,
        None => match class(status) {
            StatusClass::RefusesToken | StatusClass::Unauthorized | StatusClass::Denied => {
                PageReply::Refused
            }
            StatusClass::Success
            | StatusClass::OtherSuccess
            | StatusClass::Redirect
            | StatusClass::Busy
            | StatusClass::Throttled
            | StatusClass::ServerError => PageReply::Nothing,
        },
    }
}

//! What the answers to the questions about a token say to the verdict.

use crate::commit::verdict::{PageProbeResult, StatusProbeResult};
use crate::http::status_code::{StatusClass, TokenRefusal, class, token_refusal};
use crate::read::Tried;
use crate::read::status::ExportStatus;

/// What a try of status says to the verdict.
pub(crate) fn status_reply(tried: &Tried<ExportStatus>) -> StatusProbeResult {
    if let Some(status) = &tried.value {
        return StatusProbeResult::Word { word: status.status, row_count: status.row_count, expires: status.expiry() };
    }
    match tried.description.status {
        // Redirects usually carry a page; another HTML page may come from anywhere.
        Some(status) if class(status) == StatusClass::Redirect => StatusProbeResult::Redirected,
        Some(status) => match token_refusal(status, tried.description.html) {
            Some(TokenRefusal::Gone) => StatusProbeResult::Gone,
            Some(TokenRefusal::Unauthorized) => StatusProbeResult::Unauthorized,
            None => StatusProbeResult::Nothing,
        },
        None => StatusProbeResult::Nothing,
    }
}

/// What a try of the page probe says to the verdict.
pub(crate) fn page_reply(tried: &Tried<()>) -> PageProbeResult {
    if tried.value.is_some() {
        return PageProbeResult::Works;
    }
    let Some(status) = tried.description.status else {
        return PageProbeResult::Nothing;
    };
    match token_refusal(status, tried.description.html) {
        Some(TokenRefusal::Gone) => PageProbeResult::Gone,
        Some(TokenRefusal::Unauthorized) => PageProbeResult::Unauthorized,
        None => match class(status) {
            StatusClass::RefusesToken | StatusClass::Unauthorized | StatusClass::Denied => PageProbeResult::Refused,
            StatusClass::Success
            | StatusClass::OtherSuccess
            | StatusClass::Redirect
            | StatusClass::Busy
            | StatusClass::Throttled
            | StatusClass::ServerError => PageProbeResult::Nothing,
        },
    }
}

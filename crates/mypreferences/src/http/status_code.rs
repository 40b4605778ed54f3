//! Where a status code becomes an error, and where it becomes a class for the verdict. The only place: nothing else
//! in the core compares status codes.

use crate::error::{Error, ErrorKind, Sent};

/// What a status code means for the decision about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusClass {
    /// 200, 204: the documented success (vendor: "OK - The request was successfully received", DOC).
    Success,
    /// Another 2xx: nobody documented it; ask.
    OtherSuccess,
    /// 3xx: never followed.
    Redirect,
    /// 400, 404, 409, 410, 412, 422: refuses the token or the request.
    RefusesToken,
    /// 401: credentials, the clock, or an expired export token (facts 4: INF).
    Unauthorized,
    /// 408, 503: come back later, and the request may still have been taken.
    Busy,
    /// 429: come back later; the request was not taken.
    Throttled,
    /// 403 and every other 4xx.
    Denied,
    /// 500, 502, 504 and every other 5xx: the request may have been applied.
    ServerError,
}

/// The class of a status code. Codes below 200 and above 599 do not reach us from a working HTTP library; they count
/// as an undocumented success, so that the server is asked.
pub(crate) const fn class(status: u16) -> StatusClass {
    match status {
        200 | 204 => StatusClass::Success,
        300..=399 => StatusClass::Redirect,
        400 | 404 | 409 | 410 | 412 | 422 => StatusClass::RefusesToken,
        401 => StatusClass::Unauthorized,
        408 | 503 => StatusClass::Busy,
        429 => StatusClass::Throttled,
        402..=499 => StatusClass::Denied,
        500..=599 => StatusClass::ServerError,
        0..=199 | 201..=203 | 205..=299 | 600.. => StatusClass::OtherSuccess,
    }
}

/// The error kind of a status code that is not the answer hoped for. A 200 or 204 becomes `invalid_response`: it is
/// an error only when its body cannot be what was asked for.
pub(crate) const fn error_kind(status: u16) -> ErrorKind {
    match status {
        200 | 204 => ErrorKind::InvalidResponse,
        300..=399 => ErrorKind::RedirectRefused,
        400 | 422 => ErrorKind::BadRequest,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        407 => ErrorKind::Proxy,
        408 => ErrorKind::Timeout,
        409 | 410 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        503 => ErrorKind::ServiceUnavailable,
        500..=599 => ErrorKind::ServerError,
        0..=199 | 201..=203 | 205..=299 | 402 | 405..=406 | 411 | 413..=421 | 423..=428 | 430..=499 | 600.. => {
            ErrorKind::UnexpectedStatus
        }
    }
}

/// What the answer to a read says about the export's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// 400, 404, 410: there is no such token.
    Gone,
    /// 401: the token or the credentials (facts 4: INF).
    Unauthorized,
}

/// The one place that says when a token is refused. An HTML page never does, whatever its status: it comes from a
/// gateway or a portal that knows no tokens.
pub(crate) const fn token_refusal(status: u16, html: bool) -> Option<TokenRefusal> {
    match status {
        400 | 404 | 410 if !html => Some(TokenRefusal::Gone),
        401 if !html => Some(TokenRefusal::Unauthorized),
        0..=u16::MAX => None,
    }
}

/// What an error says about the export's token; nothing when it was not the service that answered.
pub(crate) fn refused_token(error: &Error) -> Option<TokenRefusal> {
    let status = error.http_status()?;
    if error.sent() == Sent::Answered { token_refusal(status, error.is_html()) } else { None }
}

/// Whether a resend that was refused so contradicts a status that says "not yet": 400, 404, 409, 410.
pub(crate) const fn contradicts_ready(status: u16) -> bool {
    matches!(status, 400 | 404 | 409 | 410)
}

/// Whether the backoff starts at `throttle_base`: 429, 503.
pub(crate) const fn is_throttling(status: u16) -> bool {
    matches!(status, 429 | 503)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_code_of_the_catalogue_has_its_kind() {
        let table = [
            (400, ErrorKind::BadRequest),
            (422, ErrorKind::BadRequest),
            (401, ErrorKind::Unauthorized),
            (403, ErrorKind::Forbidden),
            (404, ErrorKind::NotFound),
            (409, ErrorKind::Conflict),
            (410, ErrorKind::Conflict),
            (412, ErrorKind::Conflict),
            (408, ErrorKind::Timeout),
            (429, ErrorKind::RateLimited),
            (500, ErrorKind::ServerError),
            (502, ErrorKind::ServerError),
            (504, ErrorKind::ServerError),
            (507, ErrorKind::ServerError),
            (503, ErrorKind::ServiceUnavailable),
            (301, ErrorKind::RedirectRefused),
            (304, ErrorKind::RedirectRefused),
            (202, ErrorKind::UnexpectedStatus),
            (411, ErrorKind::UnexpectedStatus),
            (418, ErrorKind::UnexpectedStatus),
        ];
        for (status, kind) in table {
            assert_eq!(error_kind(status), kind, "{status}");
        }
    }
}

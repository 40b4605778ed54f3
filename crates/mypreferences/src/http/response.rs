//! Reading what an answer carries beside its status code: is it HTML, the server's message, `Date`, `Retry-After`,
//! the request id. No decisions.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CONTENT_TYPE, DATE, RETRY_AFTER};
use serde_json::{Map, Value};

use crate::http::clock::parse_http_date;

const HTML_STARTS: [&str; 2] = ["<!doctype", "<html"];
/// So much of a body tells whether it starts like HTML.
pub(crate) const LONGEST_HTML_START: usize = HTML_STARTS[0].len();

/// HTML by `Content-Type`, or by how the body starts.
pub(crate) fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let by_type = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes().trim_ascii_start();
        ["text/html", "application/xhtml+xml"].iter().any(|html| starts_with(value, html))
    });
    by_type || HTML_STARTS.iter().any(|start| starts_with(first_text(body), start))
}

/// The body without a byte order mark and leading white space.
pub(crate) fn first_text(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start()
}

fn starts_with(text: &[u8], start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// `Message` of an error body, whatever the case of its key (facts 4: DOC for one endpoint). None when there is none,
/// it is null, or the body is something else.
pub(crate) fn message(body: &[u8]) -> Option<String> {
    let object = object(body)?;
    match field(&object, "Message") {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The body as a JSON object.
pub(crate) fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(first_text(body)).ok()
}

/// A member of an object, whatever the case of its key: the vendor's own samples mix cases (facts 3.3).
pub(crate) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// `Date`, in seconds since the epoch.
pub(crate) fn date(headers: &HeaderMap) -> Option<i64> {
    parse_http_date(headers.get(DATE)?.to_str().ok()?)
}

/// `Date` of an answer that comes from the server now: one with `Age` was made before.
pub(crate) fn fresh_date(headers: &HeaderMap) -> Option<i64> {
    if headers.contains_key(AGE) { None } else { date(headers) }
}

/// `Retry-After`: seconds, or a date that is read against the answer's own `Date`. Nonsense counts as absent.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still a wish to wait for very long.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let wait = parse_http_date(text)?.checked_sub(date(headers)?)?;
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}

/// The server's id of the request. No page documents one; these two names are common.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "request-id"].iter().find_map(|name| headers.get(*name)?.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn html_is_seen_by_its_type_or_its_start() {
        assert!(is_html(&headers(&[("content-type", "Text/HTML; charset=utf-8")]), b""));
        assert!(is_html(&headers(&[]), b"\xef\xbb\xbf \r\n<!DOCTYPE html>"));
        assert!(is_html(&headers(&[("content-type", "application/json")]), b"<HTML>"));
        assert!(!is_html(&headers(&[("content-type", "application/json")]), b"{\"a\":\"<html>\"}"));
        assert!(!is_html(&headers(&[]), b"<htm"));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_against_the_answers_own_date() {
        let date = "Tue, 24 Nov 2026 06:00:00 GMT";
        let wait = |value: &str| retry_after(&headers(&[("retry-after", value), ("date", date)]));
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Tue, 24 Nov 2026 06:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("Tue, 24 Nov 2026 05:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-3"), None);
        assert_eq!(wait("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(retry_after(&headers(&[("retry-after", "Tue, 24 Nov 2026 06:00:30 GMT")])), None);
    }

    #[test]
    fn the_message_is_found_whatever_the_case_of_its_key() {
        assert_eq!(message(br#"{"message":"no"}"#), Some("no".to_owned()));
        assert_eq!(message(br#"{"MESSAGE":"no"}"#), Some("no".to_owned()));
        assert_eq!(message(br#"{"Message":null}"#), None);
        assert_eq!(message(b"<html>"), None);
        assert_eq!(message(b"[1]"), None);
    }
}

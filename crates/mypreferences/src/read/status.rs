//! Reading the answers to the two reads: status, and the first record of a page.

use std::fmt;
use std::time::SystemTime;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserializer, Serialize};
use serde_json::Value;

use crate::http::clock::{Expires, parse_expires, system_time};
use crate::http::response;
use crate::http::status_word::StatusWord;
use crate::json::{optional_time, text};

/// Status of an export: `AsyncTokenStatus` (DOC:
/// <https://pm.mypreferences.com/API/3/async/Help/Api/GET-clientId-status-Token-accessToken>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExportStatus {
    /// The status, understood.
    #[serde(skip)]
    pub status: StatusWord,
    /// The server's own word.
    #[serde(rename = "status")]
    pub word: String,
    /// When the token expires, if the text could be read. A time without a zone is read as UTC, the earlier reading.
    #[serde(serialize_with = "optional_time")]
    pub expires: Option<SystemTime>,
    /// The server's own text for it: empty while the job runs; absent on other surfaces than the async one.
    #[serde(skip)]
    pub expires_text: Option<String>,
    /// Rows of the export, when it completed.
    pub row_count: Option<u64>,
    /// Bytes of the export, when it completed.
    pub byte_count: Option<u64>,
    /// The server's `Date` of this answer.
    #[serde(serialize_with = "optional_time")]
    pub server_date: Option<SystemTime>,
}

impl ExportStatus {
    /// When the token expires, as a moment or as the range that a text without a zone can mean.
    pub(crate) fn expiry(&self) -> Option<Expires> {
        self.expires_text.as_deref().and_then(parse_expires)
    }

    /// Reads the body of a 200. None: not a status.
    pub(crate) fn read(body: &[u8], server_date: Option<i64>) -> Option<ExportStatus> {
        let object = response::object(body)?;
        let Some(Value::String(word)) = response::field(&object, "Status") else {
            return None;
        };
        let expires_text = match response::field(&object, "Expires") {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        let count = |name| response::field(&object, name).and_then(Value::as_u64);
        Some(ExportStatus {
            status: StatusWord::read(word),
            word: word.clone(),
            expires: expires_text.as_deref().and_then(parse_expires).and_then(|expires| system_time(expires.earliest)),
            expires_text,
            row_count: count("RowCount"),
            byte_count: count("ByteCount"),
            server_date: server_date.and_then(system_time),
        })
    }
}

/// Whether the body of a 200 is a page: an object with `Count`, `HasMore` or one of the record arrays.
pub(crate) fn is_page(body: &[u8]) -> bool {
    const MEMBERS: [&str; 6] =
        ["Count", "HasMore", "TotalResults", "Preferences", "UserProfilePreferences", "ExportScheduleRows"];
    let mut is_page = false;
    let mut members = serde_json::Deserializer::from_slice(response::first_text(body));
    let all = members.deserialize_map(Members(|key: &str| {
        is_page |= MEMBERS.iter().any(|name| key.eq_ignore_ascii_case(name));
    }));
    all.is_ok() && members.end().is_ok() && is_page
}

/// Visits the keys of an object and skips its values: a page may be large, and its records do not matter here.
struct Members<F>(F);

impl<'de, F: FnMut(&str)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            (self.0)(&key);
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

impl ExportStatus {
    /// The canonical record as JSON. The access token is not in it.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_sample_is_read_whatever_the_case_of_keys_and_words() {
        let body = br#"{"accesstoken": 1, "EXPIRES": "2026-11-24T06:00:00", "status": "complete", "RowCount": 3, "ByteCount": 9}"#;
        let status = ExportStatus::read(body, Some(100)).unwrap();
        assert_eq!(status.status, StatusWord::Complete);
        assert_eq!(status.word, "complete");
        assert_eq!(status.row_count, Some(3));
        assert!(status.expires.is_some());
        assert!(!status.to_json().contains("ccess"), "{}", status.to_json());
    }

    #[test]
    fn words_that_no_page_documents_are_unknown_and_other_bodies_are_no_status() {
        assert_eq!(ExportStatus::read(br#"{"Status":"Archiving"}"#, None).unwrap().status, StatusWord::Unknown);
        for bad in [&b"{}"[..], b"[]", b"<html>", br#"{"Status":1}"#, b""] {
            assert!(ExportStatus::read(bad, None).is_none());
        }
    }

    #[test]
    fn a_page_is_an_object_with_a_pages_members() {
        assert!(is_page(br#"{"count":0,"hasmore":false}"#));
        assert!(is_page(br#"{"Preferences":[]}"#));
        assert!(!is_page(br#"{"Message":"gone"}"#));
        assert!(!is_page(b"[]"));
        assert!(!is_page(br#"{"Count":1"#));
    }
}

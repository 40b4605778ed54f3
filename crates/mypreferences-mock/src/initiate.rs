//! What an initiate may say: query and body by the vendor's pages, judged member by member.
//! Making the export of it is the business of `source`.

use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::export_kind::ExportKind;
use crate::http::Head;

/// What of an initiate changes the export that comes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// The export is limited to at most so many profiles: those named in the body.
    pub(crate) at_most: Option<u64>,
}

/// The order, and what of the request is accepted in silence.
pub(crate) type Read = (Order, Vec<String>);

const CRITERIA: [&str; 4] = ["ProfileId", "AlternateId", "PhoneNumber", "EmailAddress"];

/// Reads query and body of an initiate of this kind.
pub(crate) fn read(kind: ExportKind, query: Option<&str>, head: &Head, body: &[u8]) -> Result<Read, Answer> {
    check_dates(kind, query)?;
    let members = members(head, body)?;
    let mut order = Order::default();
    let mut remarks = Vec::new();
    for (name, value) in &members {
        match (name.as_str(), kind) {
            ("CallbackURL", _) => {
                let _ = text(name, value)?;
            }
            ("LastDateTime", ExportKind::Segment | ExportKind::SegmentGroup) => {
                if !text(name, value)?.is_none_or(is_moment) {
                    return Err(bad("LastDateTime must be YYYY-MM-DDTHH:mm:ss.sssZ or the same without Z."));
                }
            }
            ("MatchCriteria" | "MatchType", ExportKind::Segment | ExportKind::SegmentGroup) => {
                let _ = text(name, value)?;
            }
            ("Values", ExportKind::Segment | ExportKind::SegmentGroup) => {
                order.at_most = count(name, value)?;
            }
            ("CID", ExportKind::Cid) => {
                order.at_most = count(name, value)?.filter(|count| *count > 0);
            }
            ("Channels", ExportKind::Cid) => {
                let _ = count(name, value)?;
            }
            _ => remarks.push(format!("{name:?} is no documented member of this request")),
        }
    }
    check_criteria(&members)?;
    Ok((order, remarks))
}

fn bad(message: &str) -> Answer {
    Answer::message(400, message)
}

/// The body as an object; none is an empty one.
fn members(head: &Head, body: &[u8]) -> Result<Map<String, Value>, Answer> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let media_type = head
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("Content-Type"))
        .map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase())
        .unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !["application/json", "text/json"].contains(&media_type) {
        let message = "The request entity's media type is not supported for this resource.";
        return Err(Answer::message(415, message));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(bad("The request body must be an object.")),
        Err(_) => Err(bad("The request body is not JSON.")),
    }
}

/// A string or `null`.
fn text<'a>(name: &str, value: &'a Value) -> Result<Option<&'a str>, Answer> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(bad(&format!("{name} must be a string."))),
    }
}

/// How many strings an array has; `None` for `null`.
fn count(name: &str, value: &Value) -> Result<Option<u64>, Answer> {
    match value {
        Value::Null => Ok(None),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            Ok(Some(u64::try_from(items.len()).unwrap_or(u64::MAX)))
        }
        _ => Err(bad(&format!("{name} must be an array of strings."))),
    }
}

/// `MatchCriteria` is one of four words; with `AlternateId` it needs a `MatchType`; the others are nothing without it.
fn check_criteria(members: &Map<String, Value>) -> Result<(), Answer> {
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    let Some(criteria) = given("MatchCriteria").and_then(Value::as_str) else {
        if given("MatchType").is_some() || given("Values").is_some() {
            return Err(bad("MatchType and Values need MatchCriteria."));
        }
        return Ok(());
    };
    if !CRITERIA.contains(&criteria) {
        return Err(bad("MatchCriteria must be ProfileId, AlternateId, PhoneNumber or EmailAddress."));
    }
    if criteria == "AlternateId" && given("MatchType").is_none() {
        return Err(bad("MatchType is required with the MatchCriteria AlternateId."));
    }
    if given("Values").is_none() {
        return Err(bad("Values are required with MatchCriteria."));
    }
    Ok(())
}

/// `YYYY-MM-DDTHH:mm:ss.sss`, with or without `Z`: offsets are not documented.
fn is_moment(text: &str) -> bool {
    let local = text.strip_suffix('Z').unwrap_or(text);
    has_shape(local, "dddd-dd-ddTdd:dd:dd.ddd") && local.parse::<jiff::civil::DateTime>().is_ok()
}

fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(
            |(byte, expected)| {
                if expected == b'd' { byte.is_ascii_digit() } else { byte == expected }
            },
        )
}

/// `startDate` and `endDate`, of schedules and CID exports only: both or none, as a date or a date with a time.
fn check_dates(kind: ExportKind, query: Option<&str>) -> Result<(), Answer> {
    let Some(query) = query else { return Ok(()) };
    if matches!(kind, ExportKind::Segment | ExportKind::SegmentGroup) {
        return Err(bad("This request has no query parameters."));
    }
    let (mut start, mut end) = (None, None);
    for parameter in query.split('&') {
        let date = |text| date(text).ok_or_else(|| bad("A date must be YYYY-MM-DD."));
        match parameter.split_once('=') {
            Some(("startDate", text)) if start.is_none() => start = Some(date(text)?),
            Some(("endDate", text)) if end.is_none() => end = Some(date(text)?),
            _ => return Err(bad("A query parameter is unknown, repeated or invalid.")),
        }
    }
    match (start, end) {
        (Some(start), Some(end)) if start > end => Err(bad("startDate is after endDate.")),
        (Some(_), Some(_)) => Ok(()),
        _ => Err(bad("startDate and endDate are both required if either is given.")),
    }
}

fn date(text: &str) -> Option<jiff::civil::DateTime> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    let shaped = ["dddd-dd-dd", "dddd-dd-ddTdd:dd:dd"].iter().any(|shape| has_shape(&text, shape));
    if !shaped {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Parsed, parse_head};

    fn status(kind: ExportKind, query: Option<&str>, body: &str) -> u16 {
        let text = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n";
        let Parsed::Complete(head, _) = parse_head(text.as_bytes()) else {
            panic!("a head");
        };
        read(kind, query, &head, body.as_bytes()).map_or_else(|refused| refused.status, |_| 200)
    }

    #[test]
    fn what_the_vendor_documents_is_accepted() {
        for body in [
            "",
            "{}",
            r#"{"LastDateTime":"2026-02-28T23:59:59.999Z","CallbackURL":"https://example.com/done"}"#,
            r#"{"LastDateTime":"2026-02-28T23:59:59.999"}"#,
            r#"{"MatchCriteria":"AlternateId","MatchType":"CRM","Values":["1","2"]}"#,
            r#"{"MatchCriteria":"EmailAddress","Values":["a@example.com"]}"#,
            r#"{"MatchCriteria":null,"MatchType":null,"Values":null}"#,
        ] {
            assert_eq!(status(ExportKind::Segment, None, body), 200, "{body}");
        }
        let dates = Some("startDate=2026-01-01&endDate=2026-01-31");
        assert_eq!(status(ExportKind::Schedule, dates, ""), 200);
        assert_eq!(status(ExportKind::Cid, dates, r#"{"CID":["1"],"Channels":["Email"]}"#), 200);
    }

    #[test]
    fn what_breaks_a_documented_rule_is_refused() {
        for body in [
            "[]",
            "{",
            r#"{"LastDateTime":"2026-02-28"}"#,
            r#"{"LastDateTime":"2026-02-28T23:59:59Z"}"#,
            r#"{"LastDateTime":"2026-02-30T23:59:59.000Z"}"#,
            r#"{"LastDateTime":"2026-02-28T23:59:59.000+00:00"}"#,
            r#"{"MatchCriteria":"AlternateId","Values":["1"]}"#,
            r#"{"MatchCriteria":"ProfileID","Values":["1"]}"#,
            r#"{"MatchCriteria":"ProfileId"}"#,
            r#"{"MatchCriteria":"ProfileId","Values":[1]}"#,
            r#"{"Values":["1"]}"#,
            r#"{"CallbackURL":7}"#,
        ] {
            assert_eq!(status(ExportKind::SegmentGroup, None, body), 400, "{body}");
        }
        for query in [
            "startDate=2026-01-01",
            "endDate=2026-01-01",
            "startDate=2026-02-01&endDate=2026-01-01",
            "startDate=1.2.2026&endDate=2026-01-01",
            "limit=1",
            "",
        ] {
            assert_eq!(status(ExportKind::Cid, Some(query), ""), 400, "{query}");
        }
        assert_eq!(status(ExportKind::Segment, Some("startDate=2026-01-01&endDate=2026-01-02"), ""), 400);
    }
}

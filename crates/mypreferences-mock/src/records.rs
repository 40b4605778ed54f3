//! Made-up records: enough of them, always the same, made when asked for and never kept.
//! Field names are those of the vendor's models; the people do not exist.

use serde::Serialize;
use serde_json::{Value, json};

use crate::export::ExportKind;

/// A page in the vendor's field order. The payload attribute depends on the kind of export.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    pub(crate) count: u64,
    pub(crate) has_more: bool,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) total_results: u64,
    #[serde(flatten)]
    pub(crate) payload: Payload,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    Segment {
        #[serde(rename = "Preferences")]
        preferences: Vec<Value>,
    },
    Cid {
        #[serde(rename = "Preferences")]
        preferences: Vec<Value>,
        #[serde(rename = "Messages")]
        messages: Vec<Value>,
    },
    Schedule {
        #[serde(rename = "Headers")]
        headers: Vec<&'static str>,
        #[serde(rename = "ExportScheduleRows")]
        rows: Vec<Value>,
    },
}

/// Makes the page that begins with record `offset` (the first one is 1).
pub(crate) fn page(kind: ExportKind, total: u64, limit: u64, offset: u64) -> Page {
    let before = offset.saturating_sub(1).min(total);
    let count = (total - before).min(limit);
    let numbers = offset..offset.saturating_add(count);
    let payload = match kind {
        ExportKind::Segment => Payload::Segment {
            preferences: numbers.map(preference).collect(),
        },
        ExportKind::Cid => Payload::Cid {
            preferences: numbers.map(preference).collect(),
            messages: Vec::new(),
        },
        ExportKind::Schedule => Payload::Schedule {
            headers: vec!["CID", "FirstName", "LastName", "Email"],
            rows: numbers.map(schedule_row).collect(),
        },
    };
    Page {
        count,
        has_more: before + count < total,
        limit,
        offset,
        total_results: total,
        payload,
    }
}

/// About how large the export is: the size of its first record for each one.
pub(crate) fn byte_count(kind: ExportKind, total: u64) -> u64 {
    let first = match kind {
        ExportKind::Segment | ExportKind::Cid => preference(1),
        ExportKind::Schedule => schedule_row(1),
    };
    let size = u64::try_from(first.to_string().len()).unwrap_or(0);
    size.saturating_mul(total)
}

const FIRST_NAMES: [&str; 5] = ["Ada", "Grace", "José", "Łukasz", "Mei"];
const LAST_NAMES: [&str; 3] = ["Example", "Sample", "Muster"];

fn pick<'a>(names: &[&'a str], number: u64) -> &'a str {
    let length = u64::try_from(names.len()).unwrap_or(1);
    let index = usize::try_from(number % length).unwrap_or(0);
    names.get(index).copied().unwrap_or("")
}

fn preference(number: u64) -> Value {
    json!({
        "Operation": 1,
        "ProgramID": "NEWS",
        "ChannelID": "Email",
        "FilterID": "",
        "CustomProperties": [],
        "CID": format!("C{number:08}"),
        "FirstName": pick(&FIRST_NAMES, number),
        "LastName": pick(&LAST_NAMES, number),
        "PreferenceType": if number.is_multiple_of(4) { 2 } else { 1 },
        "ContactElement": { "Email": format!("person{number}@example.com") },
    })
}

fn schedule_row(number: u64) -> Value {
    json!([
        format!("C{number:08}"),
        pick(&FIRST_NAMES, number),
        pick(&LAST_NAMES, number),
        format!("person{number}@example.com"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(total: u64, limit: u64, offset: u64) -> (u64, bool) {
        let page = page(ExportKind::Segment, total, limit, offset);
        (page.count, page.has_more)
    }

    #[test]
    fn pages_begin_at_one_and_say_whether_there_is_more() {
        assert_eq!(shape(3, 2, 1), (2, true));
        assert_eq!(shape(3, 2, 3), (1, false));
        assert_eq!(shape(3, 3, 1), (3, false));
        assert_eq!(shape(3, 2, 4), (0, false));
        assert_eq!(shape(0, 1, 1), (0, false));
        assert_eq!(shape(3, 2, u64::MAX), (0, false));
    }

    #[test]
    fn a_page_has_the_fields_of_the_vendors_model_in_their_order() {
        let text = serde_json::to_string(&page(ExportKind::Segment, 0, 1, 1)).unwrap();
        assert_eq!(
            text,
            r#"{"Count":0,"HasMore":false,"Limit":1,"Offset":1,"TotalResults":0,"Preferences":[]}"#
        );
        let text = serde_json::to_string(&page(ExportKind::Schedule, 1, 1, 1)).unwrap();
        assert!(
            text.contains(r#""ExportScheduleRows":[["C00000001","#),
            "{text}"
        );
    }
}

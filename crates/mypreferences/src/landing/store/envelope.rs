//! The members of pages that are not records: column headers of a schedule, `Messages` of customers, unknown ones. A
//! line is written when they differ from those of the page before, so that equal ones stand there once:
//! `{"offset":1,"members":{…}}` holds from that record on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::export::{Page, Record};

/// One line of `_envelopes.ndjson`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// The first record of the page.
    pub(crate) offset: u64,
    pub(crate) members: BTreeMap<String, Box<RawValue>>,
}

/// The members of a page, each as one line of JSON: the server's own text.
pub(crate) fn members(page: &Page) -> Result<BTreeMap<String, Box<RawValue>>, serde_json::Error> {
    let mut members = BTreeMap::new();
    for (name, value) in page.others() {
        let mut text = Vec::new();
        Record::of(value).write_line(&mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        members.insert(name.to_owned(), RawValue::from_string(text)?);
    }
    Ok(members)
}

/// Members as text, to compare them.
pub(crate) fn text(members: &BTreeMap<String, Box<RawValue>>) -> Result<String, serde_json::Error> {
    serde_json::to_string(members)
}

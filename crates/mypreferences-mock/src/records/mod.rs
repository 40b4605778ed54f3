//! Made-up records: any number of them, always the same for a seed and a row, made while they are sent and never kept.
//! Field names are those of the vendor's models; the people do not exist.

mod people;
mod preference;
mod profile;
mod recipe;
mod seeded;
mod text;

use std::sync::Arc;

use crate::export_kind::ExportKind;
use crate::page_changes::{PageChanges, Wanted};
pub(crate) use recipe::Recipe;
pub(crate) use seeded::Seeded;

/// What the records of an export look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// `PreferenceWithOperation` of the async API, in `Preferences`.
    Preferences,
    /// `UserProfilePreference` of the version 4 and Profiles APIs, in `UserProfilePreferences`.
    Profiles,
    /// Rows of a schedule, in `ExportScheduleRows`.
    Rows,
}

/// How much of a page is made at a time.
const PIECE: usize = 256 * 1024;

/// A page: its frame, and the rows that are made when it is sent.
#[derive(Clone)]
pub(crate) struct Page {
    recipe: Arc<Recipe>,
    first: u64,
    count: u64,
    head: String,
    tail: String,
    pub(crate) has_more: bool,
}

impl Page {
    pub(crate) fn new(kind: ExportKind, recipe: &Arc<Recipe>, wanted: Wanted, changes: &PageChanges) -> Self {
        let (first, count) = changes.rows(wanted);
        let is_last = first.saturating_add(count) > wanted.total;
        let has_more = changes.has_more.unwrap_or(!is_last);
        let payload = match (kind, recipe.kind()) {
            (ExportKind::Schedule, _) if changes.replaces("Headers") => "\"ExportScheduleRows\":[".to_owned(),
            (ExportKind::Schedule, _) => {
                let columns = preference::COLUMNS;
                format!("\"Headers\":{columns},\"ExportScheduleRows\":[")
            }
            (_, RecordKind::Profiles) => "\"UserProfilePreferences\":[".to_owned(),
            (ExportKind::Cid | ExportKind::Segment | ExportKind::SegmentGroup, _) => "\"Preferences\":[".to_owned(),
        };
        let mut tail = "]".to_owned();
        let has_messages = kind == ExportKind::Cid && recipe.kind() != RecordKind::Profiles;
        if has_messages && !changes.replaces("Messages") {
            tail.push_str(",\"Messages\":[]");
        }
        for (name, value) in &changes.members {
            let name = serde_json::Value::from(name.as_str());
            tail.extend([",", &name.to_string(), ":", value]);
        }
        tail.push('}');
        // In the vendor's field order.
        let head = format!(
            "{{\"Count\":{},\"HasMore\":{has_more},\"Limit\":{},\"Offset\":{},\"TotalResults\":{},{payload}",
            changes.count.unwrap_or(count),
            wanted.limit,
            changes.offset.unwrap_or(wanted.offset),
            changes.total_results.unwrap_or(wanted.total),
        );
        Self { recipe: Arc::clone(recipe), first, count, head, tail, has_more }
    }

    /// The size in bytes, known before any row is made.
    pub(crate) fn size(&self) -> u64 {
        let frame = u64::try_from(self.head.len() + self.tail.len()).unwrap_or(0);
        // No comma after the last row.
        let rows = self.recipe.size(self.first, self.count).saturating_sub(u64::from(self.count > 0));
        frame.saturating_add(rows)
    }

    pub(crate) fn whole(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let mut pieces = self.pieces();
        while let Some(piece) = pieces.next() {
            text.extend_from_slice(piece);
        }
        text
    }

    pub(crate) fn pieces(&self) -> Pieces<'_> {
        Pieces { page: self, next: 0, state: At::Head, buffer: Vec::new() }
    }
}

/// A page, piece by piece.
pub(crate) struct Pieces<'a> {
    page: &'a Page,
    /// How many rows have been made.
    next: u64,
    state: At,
    buffer: Vec<u8>,
}

#[derive(PartialEq, Eq)]
enum At {
    Head,
    Rows,
    End,
}

impl Pieces<'_> {
    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        self.buffer.clear();
        match self.state {
            At::Head => {
                self.state = At::Rows;
                self.buffer.reserve(PIECE + PIECE / 4);
                self.buffer.extend_from_slice(self.page.head.as_bytes());
            }
            At::Rows => {}
            At::End => return None,
        }
        while self.next < self.page.count && self.buffer.len() < PIECE {
            let row = self.page.first.saturating_add(self.next);
            self.page.recipe.write(row, &mut self.buffer);
            self.next += 1;
        }
        if self.next == self.page.count {
            if self.page.count > 0 {
                self.buffer.pop();
            }
            self.buffer.extend_from_slice(self.page.tail.as_bytes());
            self.state = At::End;
        }
        Some(&self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn page(kind: ExportKind, records: RecordKind, total: u64, limit: u64, offset: u64) -> Page {
        let wanted = Wanted { total, limit, offset };
        let changes = PageChanges::default();
        Page::new(kind, &Recipe::of(records, 7), wanted, &changes)
    }

    fn text(page: &Page) -> String {
        let mut pieces = page.pieces();
        let mut bytes = Vec::new();
        while let Some(piece) = pieces.next() {
            bytes.extend_from_slice(piece);
        }
        assert_eq!(page.size(), bytes.len() as u64, "the size is known before");
        String::from_utf8(bytes).unwrap()
    }

    fn json(page: &Page) -> Value {
        serde_json::from_str(&text(page)).unwrap()
    }

    fn shape(total: u64, limit: u64, offset: u64) -> (u64, bool) {
        let page = page(ExportKind::Segment, RecordKind::Preferences, total, limit, offset);
        let body = json(&page);
        assert_eq!(body["Preferences"].as_array().unwrap().len() as u64, page.count);
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
        assert_eq!(
            text(&page(ExportKind::Segment, RecordKind::Preferences, 0, 1, 1)),
            r#"{"Count":0,"HasMore":false,"Limit":1,"Offset":1,"TotalResults":0,"Preferences":[]}"#
        );
        let schedule = json(&page(ExportKind::Schedule, RecordKind::Rows, 2, 2, 1));
        let columns = schedule["Headers"].as_array().unwrap().len();
        for row in schedule["ExportScheduleRows"].as_array().unwrap() {
            assert_eq!(row.as_array().unwrap().len(), columns);
        }
        let profiles = json(&page(ExportKind::Cid, RecordKind::Profiles, 1, 1, 1));
        assert_eq!(profiles["UserProfilePreferences"][0]["ProfileId"], 1_000_000_000_001_u64);
        assert!(json(&page(ExportKind::Cid, RecordKind::Preferences, 1, 1, 1))["Messages"].is_array());
    }

    #[test]
    fn a_row_is_the_same_whatever_page_it_stands_in() {
        for records in [RecordKind::Preferences, RecordKind::Profiles] {
            let kind = ExportKind::Segment;
            let whole = text(&page(kind, records, 700, 700, 1));
            let whole = whole.split_once('[').unwrap().1.to_owned();
            let mut parts = String::new();
            for offset in (1..700).step_by(7) {
                let part = text(&page(kind, records, 700, 7, offset));
                let rows = part.split_once('[').unwrap().1.strip_suffix("]}").unwrap().to_owned();
                parts.push_str(&rows);
                parts.push(',');
            }
            assert!(whole == parts.trim_end_matches(',').to_owned() + "]}");
        }
    }

    #[test]
    fn all_records_of_a_seed_are_json_and_awkward_enough() {
        for records in [RecordKind::Preferences, RecordKind::Profiles, RecordKind::Rows] {
            let kind = if records == RecordKind::Rows { ExportKind::Schedule } else { ExportKind::Segment };
            let text = text(&page(kind, records, 600, 600, 1));
            let rows: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(rows["Count"], 600);
            for awkward in ["\\\"", "\\\\", "\\u0001", "\\ud8", "𠮷", "null"] {
                assert!(text.contains(awkward), "{records:?} {awkward}");
            }
        }
        let other = text(&Page::new(
            ExportKind::Segment,
            &Recipe::of(RecordKind::Profiles, 8),
            Wanted { total: 9, limit: 9, offset: 1 },
            &PageChanges::default(),
        ));
        assert_ne!(other, text(&page(ExportKind::Segment, RecordKind::Profiles, 9, 9, 1)));
    }

    #[test]
    fn the_size_of_any_number_of_records_is_known_at_once() {
        let recipe = Recipe::of(RecordKind::Profiles, 7);
        let million = recipe.size(1, 1_000_000);
        assert!(million > 1_000_000_000, "{million}");
        assert_eq!(recipe.size(1, 999_999) + recipe.size(1_000_000, 1), million);
    }
}

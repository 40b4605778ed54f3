//! The columns of a table: the vendor's names in the documented order, and ours with a line before theirs.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use mypreferences::export::model::{Model, Shape as Documented};
use mypreferences::export::{PreferenceWithOperation, RecordKind, UserProfilePreference};
use mypreferences::landing::Rows;
use mypreferences::{Error, ErrorKind, ExportKind, Operation, Surface};
use serde::Serialize;

use crate::json;

/// The place of the record in its export, from 1.
pub(crate) const ROW: &str = "_row";
/// Members that have no column, as an object; null when there are none.
pub(crate) const OTHERS: &str = "_others";
/// The row of a schedule, where its columns do not hold all of it.
pub(crate) const CELLS: &str = "_cells";
/// The server's own bytes.
pub(crate) const RECORD: &str = "_record";

/// How lists and objects within a record are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// As lists and structs of their documented members, each with an `_others` of its own.
    #[default]
    Typed,
    /// As JSON, the server's own text: for databases, and for tools that do not take lists of structs.
    Json,
}

/// Whether there is a column with the record as the server sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RecordColumn {
    /// There is.
    #[default]
    Keep,
    /// There is none: what the columns do not hold, the order of members and the way numbers and texts were written, is
    /// lost with the server's copy.
    Drop,
}

impl Shape {
    /// The word for it: `typed` or `json`.
    pub const fn name(self) -> &'static str {
        match self {
            Shape::Typed => "typed",
            Shape::Json => "json",
        }
    }
}

impl RecordColumn {
    /// The word for it: `keep` or `drop`.
    pub const fn name(self) -> &'static str {
        match self {
            RecordColumn::Keep => "keep",
            RecordColumn::Drop => "drop",
        }
    }
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(word: &str) -> Result<Shape, Error> {
        match word {
            "typed" => Ok(Shape::Typed),
            "json" => Ok(Shape::Json),
            _ => Err(refused("shape is none of the known words", "pass typed or json")),
        }
    }
}

impl FromStr for RecordColumn {
    type Err = Error;

    fn from_str(word: &str) -> Result<RecordColumn, Error> {
        match word {
            "keep" => Ok(RecordColumn::Keep),
            "drop" => Ok(RecordColumn::Drop),
            _ => Err(refused("record is none of the known words", "pass keep or drop")),
        }
    }
}

/// By what its records are: for a reader that has to know its columns before there is an export.
impl FromStr for Table {
    type Err = Error;

    fn from_str(word: &str) -> Result<Table, Error> {
        match word {
            "profiles" => Ok(Table::Profiles),
            "preferences" => Ok(Table::Preferences),
            _ => Err(refused("records is none of the known words", "pass profiles or preferences")),
        }
    }
}

fn refused(what: &str, next: &str) -> Error {
    Error::before_io(ErrorKind::InvalidArgument, Operation::Page, what, next)
}

/// How a table is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Of what is nested.
    pub shape: Shape,
    /// Of the record itself.
    pub record: RecordColumn,
}

impl Layout {
    /// By its two words; one that is not given has its default.
    ///
    /// # Errors
    /// `invalid_argument` for other words.
    pub fn of_words(shape: Option<&str>, record: Option<&str>) -> Result<Layout, Error> {
        Ok(Layout {
            shape: shape.map(str::parse).transpose()?.unwrap_or_default(),
            record: record.map(str::parse).transpose()?.unwrap_or_default(),
        })
    }
}

/// What the records of a table are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// Profiles: `UserProfilePreference` of the version 4 and Profiles APIs.
    Profiles,
    /// Preferences: `PreferenceWithOperation` of the async API.
    Preferences,
    /// Rows of a schedule, with the `Headers` of its pages; without any, the columns are `c1` to `cn` of the first row.
    Rows(Vec<String>),
}

impl Table {
    /// The documented members; none for rows, whose columns are named by the export.
    pub(crate) fn model(&self) -> Option<&'static Model> {
        match self {
            Table::Profiles => Some(UserProfilePreference::MODEL),
            Table::Preferences => Some(PreferenceWithOperation::MODEL),
            Table::Rows(_) => None,
        }
    }

    /// What records are: as their page says, and where none does, as the first of them looks. Both sorts of records have names
    /// that the other has not.
    pub fn of(rows: &Rows<'_>) -> Table {
        let first = rows.records.first().copied();
        match (rows.kind, rows.export) {
            (Some(RecordKind::Profile), _) => Table::Profiles,
            (Some(RecordKind::Preference), _) => Table::Preferences,
            (Some(RecordKind::ScheduleRow), _) | (None, ExportKind::Schedule) => Table::rows(rows.headers, first),
            (None, ExportKind::Segment | ExportKind::SegmentGroup | ExportKind::Cid) => match first {
                Some(record) if !is_a_preference(record) => Table::Profiles,
                Some(_) | None => Table::Preferences,
            },
        }
    }

    /// What the records of an export are, where there are none to look at: the async API's.
    pub(crate) fn of_kind(export: ExportKind) -> Table {
        Table::documented(export, &Surface::async_api())
    }

    /// What the records of an export are by the pages of the vendor: profiles on the surfaces of profiles (DOC for version
    /// 4), preferences on the async one (DOC), rows of a schedule, whose columns its export names.
    pub fn documented(export: ExportKind, surface: &Surface) -> Table {
        let has_profiles = [Surface::profiles(), Surface::v4()].contains(surface);
        match export {
            ExportKind::Schedule => Table::Rows(Vec::new()),
            ExportKind::Segment | ExportKind::SegmentGroup if has_profiles => Table::Profiles,
            ExportKind::Segment | ExportKind::SegmentGroup | ExportKind::Cid => Table::Preferences,
        }
    }

    /// What the vendor calls a record, or `ScheduleRow`.
    pub fn name(&self) -> &'static str {
        self.model().map_or("ScheduleRow", |model| model.name)
    }

    /// The columns, for people and for programs that do not speak Arrow.
    pub fn columns(&self, layout: Layout) -> Vec<Column> {
        columns(self.schema(layout).fields())
    }

    /// Rows with these `Headers`, as JSON; where they are none, as many columns as the first row has.
    pub(crate) fn rows(headers: Option<&[u8]>, first: Option<&[u8]>) -> Table {
        let named = headers.and_then(|headers| serde_json::from_slice::<Vec<String>>(headers).ok());
        let unnamed = || {
            let cells = json::elements(std::str::from_utf8(first?).ok()?)?;
            Some(vec![String::new(); cells.len()])
        };
        Table::Rows(named.or_else(unnamed).unwrap_or_default())
    }

    /// The schema, with `mypreferences.schema` and what the records are in its metadata.
    pub fn schema(&self, layout: Layout) -> SchemaRef {
        let mut fields = vec![Field::new(ROW, DataType::Int64, false)];
        match self {
            Table::Rows(headers) => {
                fields.extend(column_names(headers).into_iter().map(|name| Field::new(name, DataType::Utf8, true)));
                fields.push(json_field(CELLS, DataType::Utf8));
            }
            Table::Profiles | Table::Preferences => {
                let model = self.model().map_or(&[][..], |model| model.members);
                fields.extend(model.iter().map(|member| field(member.name, member.shape, layout.shape)));
                fields.push(json_field(OTHERS, DataType::Utf8));
            }
        }
        match layout.record {
            // Large, as a table of them may be more than 2 GiB; and not marked as JSON: what Delta has read back of such a
            // column is another text type, which pyarrow does not take for the same JSON.
            RecordColumn::Keep => fields.push(Field::new(RECORD, DataType::LargeUtf8, true)),
            RecordColumn::Drop => {}
        }
        let metadata = [("mypreferences.schema", "1"), ("mypreferences.records", self.name())];
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Arc::new(Schema::new_with_metadata(fields, HashMap::from(metadata)))
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `int64`, `boolean`, `text`, `json` (a text that is JSON), `struct` or `list` (of structs).
    #[serde(rename = "type")]
    pub of: &'static str,
    /// Those of the struct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
}

fn columns(fields: &Fields) -> Vec<Column> {
    let column = |field: &FieldRef| {
        let is_json = !field.metadata().is_empty() || [OTHERS, CELLS, RECORD].contains(&field.name().as_str());
        let (of, within) = match field.data_type() {
            DataType::Int64 => ("int64", Vec::new()),
            DataType::Boolean => ("boolean", Vec::new()),
            DataType::Struct(fields) => ("struct", columns(fields)),
            DataType::List(element) => match element.data_type() {
                DataType::Struct(fields) => ("list", columns(fields)),
                _ => ("list", Vec::new()),
            },
            _ if is_json => ("json", Vec::new()),
            _ => ("text", Vec::new()),
        };
        Column { name: field.name().clone(), of, columns: within }
    };
    fields.iter().map(column).collect()
}

fn is_a_preference(record: &[u8]) -> bool {
    let record = std::str::from_utf8(record).unwrap_or_default();
    let known = |model: &Model| {
        let mut count = 0;
        json::members(record, |name, _| {
            let name = json::string(name).unwrap_or_default();
            count += usize::from(model.members.iter().any(|member| member.name.eq_ignore_ascii_case(&name)));
        });
        count
    };
    known(PreferenceWithOperation::MODEL) > known(UserProfilePreference::MODEL)
}

/// A text that is JSON, by the canonical extension type.
fn json_field(name: &str, of: DataType) -> Field {
    let metadata = [("ARROW:extension:name", "arrow.json"), ("ARROW:extension:metadata", "")];
    let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Field::new(name, of, true).with_metadata(HashMap::from(metadata))
}

fn field(name: &str, documented: Documented, shape: Shape) -> Field {
    match (documented, shape) {
        (Documented::Integer, _) => Field::new(name, DataType::Int64, true),
        (Documented::Bool, _) => Field::new(name, DataType::Boolean, true),
        (Documented::Text | Documented::Word(_), _) => Field::new(name, DataType::Utf8, true),
        (Documented::Object(model), Shape::Typed) => Field::new(name, DataType::Struct(fields_of(model)), true),
        (Documented::List(model), Shape::Typed) => Field::new(name, DataType::List(element(model)), true),
        // A later core's shape, too: as the server wrote it.
        _ => json_field(name, DataType::Utf8),
    }
}

/// Of an object within a record, always typed. Its texts of JSON are not marked as such: polars cannot write the extension
/// type within a struct to Parquet.
pub(crate) fn fields_of(model: &Model) -> Fields {
    let fields = model.members.iter().map(|member| field(member.name, member.shape, Shape::Typed));
    let others = json_field(OTHERS, DataType::Utf8);
    fields.chain([others]).map(|field| field.with_metadata(HashMap::new())).collect()
}

/// Of a list of such objects.
pub(crate) fn element(model: &Model) -> FieldRef {
    Arc::new(Field::new("item", DataType::Struct(fields_of(model)), true))
}

/// One name a column: a second one of a name gets its number, one without a name is called by its place.
pub(crate) fn column_names(headers: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = [ROW, CELLS, RECORD].map(str::to_owned).into();
    let name = |(index, header): (usize, &String)| {
        let wanted = if header.is_empty() { format!("c{}", index + 1) } else { header.clone() };
        let more = (2..).map(|n| format!("{wanted}_{n}"));
        let free = std::iter::once(wanted.clone()).chain(more).find(|name| taken.insert(name.clone()));
        free.unwrap_or(wanted)
    };
    headers.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_schedule_have_one_name_each() {
        let headers = ["Day", "", "Day", "_row", "Day_2", ""].map(str::to_owned);
        assert_eq!(column_names(&headers), ["Day", "c2", "Day_2", "_row_2", "Day_2_2", "c6"]);
    }

    #[test]
    fn a_schema_has_the_vendors_names_in_the_documented_order() {
        let names = |table: Table, layout| {
            let schema = table.schema(layout);
            schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect::<Vec<_>>()
        };
        let profiles = names(Table::Profiles, Layout::default());
        assert_eq!(profiles.first().map(String::as_str), Some("_row Int64"));
        assert_eq!(profiles[1..3], ["ProfileId Int64", "IsActive Boolean"]);
        assert_eq!(profiles[profiles.len() - 2..], ["_others Utf8", "_record LargeUtf8"]);
        let flat = names(Table::Profiles, Layout { shape: Shape::Json, record: RecordColumn::Drop });
        assert!(flat.contains(&"Emails Utf8".to_owned()) && !flat.iter().any(|name| name.contains("List")), "{flat:?}");
        assert_eq!(flat.last().map(String::as_str), Some("_others Utf8"));
        let rows = names(Table::Rows(vec!["Day".to_owned()]), Layout::default());
        assert_eq!(rows, ["_row Int64", "Day Utf8", "_cells Utf8", "_record LargeUtf8"]);
    }
}

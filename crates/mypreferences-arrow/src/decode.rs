//! Where a member goes: into the column of its name where it fits its type to the last digit, else into `_others` as it
//! stands. Nothing is appended before it is known to fit, so that nothing has to be taken back.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int64Builder, LargeStringBuilder, StringBuilder};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBufferBuilder};
use arrow_schema::{ArrowError, SchemaRef};
use mypreferences::export::model::{Model, Shape as Documented, Word};

use crate::json;
use crate::schema::{Layout, RecordColumn, Shape, Table, column_names, element, fields_of};

/// More bytes of records than this are no one batch: columns of text count their bytes in 31 bits.
pub(crate) const LARGEST: usize = 1 << 30;

/// Turns records into batches.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    schema: SchemaRef,
    layout: Layout,
    table: Table,
    misfits: u64,
}

impl Decoder {
    pub(crate) fn new(table: Table, layout: Layout) -> Decoder {
        Decoder { schema: table.schema(layout), layout, table, misfits: 0 }
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Documented members so far that did not fit their type.
    pub(crate) fn misfits(&self) -> u64 {
        self.misfits
    }

    /// A batch of these records, each with its place.
    pub(crate) fn batch<'a>(
        &mut self,
        records: impl Iterator<Item = (u64, &'a [u8])>,
    ) -> Result<RecordBatch, ArrowError> {
        self.decoded(records, true)
    }

    /// Of rows of a schedule whose columns are others: each stands in `_cells` as a whole.
    #[cfg(feature = "parquet")]
    pub(crate) fn batch_of_other_rows<'a>(
        &mut self,
        records: impl Iterator<Item = (u64, &'a [u8])>,
    ) -> Result<RecordBatch, ArrowError> {
        self.decoded(records, false)
    }

    fn decoded<'a>(
        &mut self,
        records: impl Iterator<Item = (u64, &'a [u8])>,
        fit: bool,
    ) -> Result<RecordBatch, ArrowError> {
        let mut rows = Int64Builder::new();
        let mut kept = LargeStringBuilder::new();
        let mut body = match &self.table {
            Table::Rows(headers) => Body::Rows(Rows::new(column_names(headers).len())),
            Table::Profiles | Table::Preferences => {
                Body::Objects(self.table.model().map(|model| Objects::new(model, self.layout.shape)))
            }
        };
        for (row, record) in records {
            rows.append_value(i64::try_from(row).unwrap_or(i64::MAX));
            // A page is text.
            let text =
                std::str::from_utf8(record).map_err(|_| ArrowError::ParseError("a record is no text".to_owned()))?;
            match &mut body {
                Body::Rows(cells) => cells.append(text, fit),
                Body::Objects(objects) => {
                    if let Some(objects) = objects {
                        objects.append_record(text, &mut self.misfits);
                    }
                }
            }
            if self.layout.record == RecordColumn::Keep {
                kept.append_value(text);
            }
        }
        let mut columns: Vec<ArrayRef> = vec![Arc::new(rows.finish())];
        match body {
            Body::Rows(cells) => columns.extend(cells.finish()),
            Body::Objects(objects) => {
                if let Some(objects) = objects {
                    columns.extend(objects.finish_columns()?);
                }
            }
        }
        if self.layout.record == RecordColumn::Keep {
            columns.push(Arc::new(kept.finish()));
        }
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

#[cfg(test)]
mod lossless;

enum Body {
    Rows(Rows),
    Objects(Option<Objects>),
}

/// One column of documented values.
enum Column {
    Integer(Int64Builder),
    Bool(BooleanBuilder),
    /// Whether it takes U+0000, which no text of a database holds.
    Text(StringBuilder, bool),
    Word(&'static [Word], StringBuilder),
    Json(StringBuilder),
    Object(Box<Objects>),
    List {
        offsets: OffsetBufferBuilder<i32>,
        nulls: NullBufferBuilder,
        elements: Box<Objects>,
    },
}

impl Column {
    fn new(documented: Documented, shape: Shape) -> Column {
        match (documented, shape) {
            (Documented::Integer, _) => Column::Integer(Int64Builder::new()),
            (Documented::Bool, _) => Column::Bool(BooleanBuilder::new()),
            (Documented::Text, shape) => Column::Text(StringBuilder::new(), shape == Shape::Typed),
            (Documented::Word(words), _) => Column::Word(words, StringBuilder::new()),
            (Documented::Object(model), Shape::Typed) => Column::Object(Box::new(Objects::new(model, Shape::Typed))),
            (Documented::List(model), Shape::Typed) => Column::List {
                offsets: OffsetBufferBuilder::new(0),
                nulls: NullBufferBuilder::new(0),
                elements: Box::new(Objects::new(model, Shape::Typed)),
            },
            _ => Column::Json(StringBuilder::new()),
        }
    }

    /// Takes a value that is not null, if it fits.
    fn take(&mut self, value: &str, misfits: &mut u64) -> bool {
        match self {
            Column::Integer(column) => match value.parse() {
                // Minus zero is another text for zero: it would come back without its sign.
                Ok(number) if value != "-0" => column.append_value(number),
                Ok(_) | Err(_) => return false,
            },
            Column::Bool(column) => match value {
                "true" => column.append_value(true),
                "false" => column.append_value(false),
                _ => return false,
            },
            Column::Text(column, takes_nul) => match json::string(value) {
                Some(text) if *takes_nul || !text.contains('\0') => column.append_value(text),
                Some(_) | None => return false,
            },
            Column::Word(words, column) => {
                let text = json::string(value);
                let number: Option<i64> = text.as_deref().unwrap_or(value).parse().ok();
                let is = |word: &&Word| {
                    let is_word = |text: &str| word.words.iter().any(|known| known.eq_ignore_ascii_case(text));
                    number == Some(word.number) || text.as_deref().is_some_and(is_word)
                };
                match (words.iter().find(is), text) {
                    (Some(word), _) => column.append_value(word.words.first().copied().unwrap_or_default()),
                    (None, Some(text)) if !text.contains('\0') => column.append_value(text),
                    (None, _) => return false,
                }
            }
            Column::Json(column) => column.append_value(value),
            Column::Object(objects) => {
                if !value.starts_with('{') {
                    return false;
                }
                objects.append(Some(value), misfits);
            }
            Column::List { offsets, nulls, elements } => {
                let Some(values) = json::elements(value) else {
                    return false;
                };
                if !values.iter().all(|value| value.starts_with('{') || *value == NULL) {
                    return false;
                }
                for value in &values {
                    elements.append((*value != NULL).then_some(value), misfits);
                }
                offsets.push_length(values.len());
                nulls.append_non_null();
            }
        }
        true
    }

    fn append_null(&mut self) {
        match self {
            Column::Integer(column) => column.append_null(),
            Column::Bool(column) => column.append_null(),
            Column::Text(column, _) | Column::Word(_, column) | Column::Json(column) => column.append_null(),
            Column::Object(objects) => objects.append(None, &mut 0),
            Column::List { offsets, nulls, .. } => {
                offsets.push_length(0);
                nulls.append_null();
            }
        }
    }

    fn finish(self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Column::Integer(mut column) => Arc::new(column.finish()),
            Column::Bool(mut column) => Arc::new(column.finish()),
            Column::Text(mut column, _) | Column::Word(_, mut column) | Column::Json(mut column) => {
                Arc::new(column.finish())
            }
            Column::Object(objects) => Arc::new(objects.finish()?),
            Column::List { offsets, mut nulls, elements } => {
                let field = element(elements.model);
                let elements = Arc::new(elements.finish()?);
                Arc::new(ListArray::try_new(field, offsets.finish(), elements, nulls.finish())?)
            }
        })
    }
}

const NULL: &str = "null";

/// Objects of one model, member by member.
struct Objects {
    model: &'static Model,
    columns: Vec<Column>,
    others: StringBuilder,
    nulls: NullBufferBuilder,
    /// Of the object that is being taken apart: which of its columns has a value, and what has none.
    are_taken: Vec<bool>,
    misfit: String,
}

impl Objects {
    fn new(model: &'static Model, shape: Shape) -> Objects {
        Objects {
            model,
            columns: model.members.iter().map(|member| Column::new(member.shape, shape)).collect(),
            others: StringBuilder::new(),
            nulls: NullBufferBuilder::new(0),
            are_taken: vec![false; model.members.len()],
            misfit: String::new(),
        }
    }

    /// A record, which may be anything: one that is no object stands in `_others` as it is.
    fn append_record(&mut self, text: &str, misfits: &mut u64) {
        if text.starts_with('{') {
            self.append(Some(text), misfits);
        } else {
            *misfits += 1;
            self.columns.iter_mut().for_each(Column::append_null);
            self.others.append_value(text);
            self.nulls.append_non_null();
        }
    }

    /// An object, or none.
    fn append(&mut self, object: Option<&str>, misfits: &mut u64) {
        self.are_taken.fill(false);
        self.misfit.clear();
        if let Some(text) = object {
            // Members mostly come in the documented order.
            let mut expected = 0;
            json::members(text, |name, value| {
                let place = self.place(name, expected);
                if let Some(place) = place {
                    expected = place + 1;
                    if !self.are_taken[place] {
                        if value == NULL {
                            return;
                        }
                        if self.columns[place].take(value, misfits) {
                            self.are_taken[place] = true;
                            return;
                        }
                        *misfits += 1;
                    }
                }
                self.misfit.push(if self.misfit.is_empty() { '{' } else { ',' });
                self.misfit.push_str(name);
                self.misfit.push(':');
                self.misfit.push_str(value);
            });
        }
        for (column, is_taken) in self.columns.iter_mut().zip(&self.are_taken) {
            if !is_taken {
                column.append_null();
            }
        }
        if self.misfit.is_empty() {
            self.others.append_null();
        } else {
            self.misfit.push('}');
            self.others.append_value(&self.misfit);
        }
        self.nulls.append(object.is_some());
    }

    /// The documented member of this name, which stands in its quotes.
    fn place(&self, name: &str, expected: usize) -> Option<usize> {
        let members = self.model.members;
        let inner = name.trim_matches('"');
        if members.get(expected).is_some_and(|member| member.name == inner) {
            return Some(expected);
        }
        let read = json::string(name)?;
        members.iter().position(|member| member.name.eq_ignore_ascii_case(&read))
    }

    fn finish_columns(mut self) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut columns = self.columns.into_iter().map(Column::finish).collect::<Result<Vec<_>, _>>()?;
        columns.push(Arc::new(self.others.finish()));
        Ok(columns)
    }

    fn finish(mut self: Box<Self>) -> Result<StructArray, ArrowError> {
        let (fields, nulls) = (fields_of(self.model), self.nulls.finish());
        StructArray::try_new(fields, self.finish_columns()?, nulls)
    }
}

/// Rows of a schedule.
struct Rows {
    columns: Vec<StringBuilder>,
    cells: StringBuilder,
}

impl Rows {
    fn new(columns: usize) -> Rows {
        Rows { columns: (0..columns).map(|_| StringBuilder::new()).collect(), cells: StringBuilder::new() }
    }

    fn append(&mut self, row: &str, fits: bool) {
        let cells = if fits { json::elements(row) } else { None };
        let mut is_whole = cells.as_ref().is_some_and(|cells| cells.len() <= self.columns.len());
        let mut cells = cells.unwrap_or_default().into_iter();
        for column in &mut self.columns {
            match cells.next() {
                None | Some(NULL) => column.append_null(),
                Some(cell) if cell.starts_with('"') => {
                    let text = json::string(cell);
                    is_whole &= text.is_some();
                    column.append_option(text);
                }
                Some(cell) => column.append_value(cell),
            }
        }
        self.cells.append_option((!is_whole).then_some(row));
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let columns = self.columns.iter_mut().map(StringBuilder::finish);
        columns.chain([self.cells.finish()]).map(|column| Arc::new(column) as ArrayRef).collect()
    }
}

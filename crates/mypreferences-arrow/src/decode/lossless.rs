//! Nothing is lost: for records of every sort of nonsense, the columns and `_others` together are the record as a tree of
//! values, and `_record` is its bytes. `MYPREFERENCES_CASES` says how many; 20,000 in the ordinary run.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, StructArray};
use fastrand::Rng;

use super::*;
use crate::schema::{OTHERS, RECORD, ROW};

/// A tree of values: numbers as their text, strings as their code units, members of objects in one order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    Plain(String),
    String(Vec<u16>),
    /// One of the documented words, however it was written.
    Word(&'static str),
    List(Vec<Tree>),
    Object(Vec<(Vec<u16>, Tree)>),
}

/// The code units of a string in its quotes.
fn units(text: &str) -> Vec<u16> {
    let mut units = Vec::new();
    let mut rest = text[1..text.len() - 1].chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        match rest.next().unwrap() {
            'u' => {
                let hex: String = rest.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&hex, 16).unwrap());
            }
            'b' => units.push(8),
            'f' => units.push(12),
            'n' => units.push(10),
            'r' => units.push(13),
            't' => units.push(9),
            other => units.push(u16::try_from(u32::from(other)).unwrap()),
        }
    }
    units
}

fn tree(text: &str) -> Tree {
    match text.as_bytes()[0] {
        b'"' => Tree::String(units(text)),
        b'[' => Tree::List(json::elements(text).unwrap().into_iter().map(tree).collect()),
        b'{' => {
            let mut members = Vec::new();
            assert!(json::members(text, |name, value| members.push((units(name), tree(value)))));
            object(members)
        }
        _ => Tree::Plain(text.to_owned()),
    }
}

fn object(mut members: Vec<(Vec<u16>, Tree)>) -> Tree {
    members.sort();
    Tree::Object(members)
}

/// The tree of a value that is documented to be this: names in the documented letters, words as words, and null as absent.
fn documented(shape: Documented, text: &str) -> Tree {
    match shape {
        Documented::Word(words) => {
            let said = if text.starts_with('"') { String::from_utf16_lossy(&units(text)) } else { text.to_owned() };
            let is = |word: &&Word| {
                word.number.to_string() == said || word.words.iter().any(|known| known.eq_ignore_ascii_case(&said))
            };
            words.iter().find(is).map_or_else(|| tree(text), |word| Tree::Word(word.words[0]))
        }
        Documented::Object(model) if text.starts_with('{') => of_model(model, text),
        Documented::List(model) if text.starts_with('[') => {
            let element = |text| documented(Documented::Object(model), text);
            Tree::List(json::elements(text).unwrap().into_iter().map(element).collect())
        }
        _ => tree(text),
    }
}

fn of_model(model: &Model, text: &str) -> Tree {
    let mut members = Vec::new();
    collect(model, text, &mut members);
    object(members)
}

fn collect(model: &Model, text: &str, members: &mut Vec<(Vec<u16>, Tree)>) {
    let known = |name: &[u16]| {
        let name = String::from_utf16(name).ok()?;
        model.members.iter().find(|member| member.name.eq_ignore_ascii_case(&name))
    };
    assert!(json::members(text, |name, value| {
        let name = units(name);
        match known(&name) {
            Some(_) if value == NULL => {}
            Some(member) => members.push((member.name.encode_utf16().collect(), documented(member.shape, value))),
            None => members.push((name, tree(value))),
        }
    }));
}

/// What the columns say of this row.
fn decoded(model: &Model, columns: &StructArray, row: usize) -> Tree {
    let mut members = Vec::new();
    for member in model.members {
        let column = columns.column_by_name(member.name).unwrap();
        if column.is_valid(row) {
            members.push((member.name.encode_utf16().collect(), value(member.shape, column.as_ref(), row)));
        }
    }
    let others = columns.column_by_name(OTHERS).unwrap().as_string::<i32>();
    if others.is_valid(row) {
        let others = others.value(row);
        if !others.starts_with('{') {
            assert!(members.is_empty());
            return tree(others);
        }
        collect(model, others, &mut members);
    }
    object(members)
}

fn value(shape: Documented, column: &dyn Array, row: usize) -> Tree {
    let text = || column.as_string::<i32>().value(row);
    match shape {
        Documented::Integer => Tree::Plain(column.as_primitive::<Int64Type>().value(row).to_string()),
        Documented::Bool => Tree::Plain(column.as_boolean().value(row).to_string()),
        Documented::Text => Tree::String(text().encode_utf16().collect()),
        Documented::Word(words) => {
            let word = words.iter().find(|word| word.words[0] == text());
            word.map_or_else(|| Tree::String(text().encode_utf16().collect()), |word| Tree::Word(word.words[0]))
        }
        Documented::Object(model) => match column.data_type() {
            arrow_schema::DataType::Struct(_) => decoded(model, column.as_struct(), row),
            _ => documented(shape, text()),
        },
        Documented::List(model) => match column.data_type() {
            arrow_schema::DataType::List(_) => {
                let elements = column.as_list::<i32>().value(row);
                let elements = elements.as_struct();
                let element = |row| if elements.is_null(row) { tree(NULL) } else { decoded(model, elements, row) };
                Tree::List((0..elements.len()).map(element).collect())
            }
            _ => documented(shape, text()),
        },
        _ => tree(text()),
    }
}

/// Values that tools are known to change, or to die of.
const HOSTILE: [&str; 24] = [
    "12345678901234567890123",
    "-9223372036854775808",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "1e400",
    "-0",
    "0",
    "1.0",
    "1.10",
    "1E2",
    "0.1000000000000000055511151231257827",
    "true",
    "false",
    "null",
    "\"\"",
    "\"yes\"",
    r#""\u0000""#,
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\ud83d\ude00\u00e9é\/\b\f\n\r\t\"\\""#,
    "[]",
    "{}",
    r#"[{"a":1},null,7,"x",[null]]"#,
];

struct Maker(Rng);

impl Maker {
    fn space(&mut self, text: &mut String) {
        if self.0.u8(..8) == 0 {
            text.push_str(self.0.choice([" ", "\n", "\r\n ", "\t"]).unwrap());
        }
    }

    fn any(&mut self, depth: u32, text: &mut String) {
        match self.0.u8(..if depth == 0 { 5 } else { 8 }) {
            0..5 => text.push_str(self.0.choice(HOSTILE).unwrap()),
            5..7 => self.object(&[], depth - 1, text),
            _ => self.list(depth, text, |maker, text| maker.any(depth - 1, text)),
        }
    }

    fn list(&mut self, depth: u32, text: &mut String, mut element: impl FnMut(&mut Maker, &mut String)) {
        text.push('[');
        for n in 0..self.0.u32(..=depth) {
            text.push_str(if n == 0 { "" } else { "," });
            self.space(text);
            element(self, text);
            self.space(text);
        }
        text.push(']');
    }

    /// Mostly as documented.
    fn of_shape(&mut self, shape: Documented, depth: u32, text: &mut String) {
        if self.0.u8(..6) == 0 {
            return self.any(depth, text);
        }
        match shape {
            Documented::Integer => write!(text, "{}", self.0.i64(..) >> self.0.u32(..64)).unwrap(),
            Documented::Bool => write!(text, "{}", self.0.bool()).unwrap(),
            Documented::Text => {
                text.push_str(self.0.choice([r#""""#, "\"ä\"", r#""a\u0041\n""#, r#""\ud83d\ude00""#]).unwrap());
            }
            Documented::Word(_) => {
                let said =
                    ["1", "2", "99999", "\"1\"", "\"GRANTED\"", "\"Revoked\"", "\"OptIn\"", "\"opt-out\"", "\"?\""];
                text.push_str(self.0.choice(said).unwrap());
            }
            Documented::Object(model) => self.object(model.members, depth.saturating_sub(1), text),
            Documented::List(model) => self.list(depth.min(3), text, |maker, text| match maker.0.u8(..12) {
                0 => text.push_str(NULL),
                1 => maker.any(1, text),
                _ => maker.object(model.members, depth.saturating_sub(1), text),
            }),
            _ => self.any(depth, text),
        }
    }

    fn object(&mut self, known: &[mypreferences::export::model::Member], depth: u32, text: &mut String) {
        text.push('{');
        let mut is_first = true;
        for _ in 0..self.0.usize(..=known.len() + 2) {
            text.push_str(if is_first { "" } else { "," });
            is_first = false;
            self.space(text);
            let member = if self.0.u8(..5) == 0 { None } else { self.0.choice(known) };
            let name = match member {
                Some(member) if self.0.u8(..8) == 0 => member.name.to_lowercase(),
                Some(member) if self.0.u8(..16) == 0 => {
                    format!("\\u{:04X}{}", member.name.as_bytes()[0], &member.name[1..])
                }
                Some(member) => member.name.to_owned(),
                None => {
                    (*self.0.choice(["", "a", "_others", r"\ud800", "ProfileId", "Value", r"\u0000", "é"]).unwrap())
                        .into()
                }
            };
            write!(text, "\"{name}\"").unwrap();
            self.space(text);
            text.push(':');
            self.space(text);
            match member {
                Some(member) => self.of_shape(member.shape, depth, text),
                None => self.any(depth, text),
            }
            self.space(text);
        }
        text.push('}');
    }
}

#[test]
fn columns_and_others_are_the_record_and_so_are_its_bytes() {
    let cases = std::env::var("MYPREFERENCES_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000_u64);
    let tables = [Table::Profiles, Table::Preferences];
    let (mut misfits, mut at_once) = (0, 0);
    for round in 0..cases.div_ceil(64) {
        let mut maker = Maker(Rng::with_seed(round));
        let table = &tables[usize::try_from(round % 2).unwrap()];
        let shape = if round % 5 == 0 { Shape::Json } else { Shape::Typed };
        let model = table.model().unwrap();
        let records: Vec<String> = (0..64)
            .map(|_| {
                let mut text = String::new();
                match maker.0.u8(..40) {
                    0 => maker.any(2, &mut text),
                    _ => maker.object(model.members, 4, &mut text),
                }
                text
            })
            .collect();
        let mut decoder = Decoder::new(table.clone(), Layout { shape, record: RecordColumn::Keep });
        let batch = decoder.batch((7..).zip(records.iter().map(String::as_bytes))).unwrap();
        let columns = StructArray::from(batch);
        let (kept, rows) = (columns.column_by_name(RECORD).unwrap(), columns.column_by_name(ROW).unwrap());
        for (row, record) in records.iter().enumerate() {
            let wanted = if record.starts_with('{') { of_model(model, record) } else { tree(record) };
            assert_eq!(decoded(model, &columns, row), wanted, "round {round}: {record}");
            assert_eq!(kept.as_string::<i64>().value(row), record);
            assert_eq!(rows.as_primitive::<Int64Type>().value(row), i64::try_from(row).unwrap() + 7);
        }
        misfits += decoder.misfits();
        at_once += records.len();
    }
    println!("{at_once} records, {misfits} documented members that did not fit");
    assert!(misfits > 0);
}

#[test]
fn rows_of_a_schedule_keep_what_no_column_can_hold() {
    let headers = ["Day", "Sent"].map(str::to_owned).to_vec();
    let mut decoder = Decoder::new(Table::Rows(headers), Layout::default());
    let rows = [r#"["Mon",3]"#, r#"["Tue"]"#, "[null,1.50]", r#"["a","b","c"]"#, r#"["\ud800",{"x": 1}]"#, "7"];
    let batch = decoder.batch((1..).zip(rows.iter().map(|row| row.as_bytes()))).unwrap();
    let column = |name: &str| -> Vec<Option<String>> {
        let column = batch.column_by_name(name).unwrap().as_string::<i32>();
        column.iter().map(|value| value.map(str::to_owned)).collect()
    };
    let some = |texts: [&str; 6]| texts.map(|text| (text != "-").then(|| text.to_owned())).to_vec();
    assert_eq!(column("Day"), some(["Mon", "Tue", "-", "a", "-", "-"]));
    assert_eq!(column("Sent"), some(["3", "-", "1.50", "b", r#"{"x": 1}"#, "-"]));
    assert_eq!(column("_cells"), some(["-", "-", "-", rows[3], rows[4], "7"]));
}

#[test]
fn what_tools_are_known_to_ruin_stands_in_others() {
    let record = r#"{"ProfileId":12345678901234567890123,"IsActive":"yes","Consents":[{"ConsentStatus":99999,"Score":1e400}],
        "DefaultLocale":"\ud800","profileid":7,"PROFILEID":8}"#;
    let mut decoder = Decoder::new(Table::Profiles, Layout::default());
    let batch = decoder.batch(std::iter::once((1, record.as_bytes()))).unwrap();
    let others = batch.column_by_name(OTHERS).unwrap().as_string::<i32>().value(0);
    assert_eq!(
        others,
        r#"{"ProfileId":12345678901234567890123,"IsActive":"yes","DefaultLocale":"\ud800","PROFILEID":8}"#
    );
    assert_eq!(batch.column_by_name("ProfileId").unwrap().as_primitive::<Int64Type>().value(0), 7);
    let consents = batch.column_by_name("Consents").unwrap().as_list::<i32>().value(0);
    let others = consents.as_struct().column_by_name(OTHERS).unwrap().as_string::<i32>();
    assert_eq!(others.value(0), r#"{"ConsentStatus":99999,"Score":1e400}"#);
    assert_eq!(decoder.misfits(), 4);
}

//! `schema`: the columns that the records of an export become.

use mypreferences::{ExportKind, Surface};
use mypreferences_arrow::{Column, Table};
use serde::Serialize;

use crate::export_arguments::LayoutArguments;
use crate::failure::{self, Failure};
use crate::options::Options;
use crate::output::Output;

#[derive(Serialize)]
struct Schema {
    records: &'static str,
    columns: Vec<Column>,
}

pub(super) fn run(output: Output, options: &Options, arguments: &LayoutArguments) -> u8 {
    match read(options, arguments) {
        Ok(schema) => match serde_json::to_string(&schema) {
            Ok(json) => output.result(&json, &text(&schema)),
            Err(error) => output.failure(&failure::internal(error.to_string()), None),
        },
        Err(failure) => output.failure(&failure, None),
    }
}

fn read(options: &Options, arguments: &LayoutArguments) -> Result<Schema, Failure> {
    let kind: ExportKind = options.kind.as_deref().unwrap_or("segment").replace('-', "_").parse()?;
    let surface: Surface = options.surface.as_deref().unwrap_or("async").parse()?;
    let table = Table::documented(kind, &surface);
    Ok(Schema { records: table.name(), columns: table.columns(arguments.read()?) })
}

/// A line a column, those within another one below it.
fn text(schema: &Schema) -> String {
    let mut lines = Vec::new();
    add(&mut lines, &schema.columns, 0);
    if schema.records == Table::Rows(Vec::new()).name() {
        lines.push("and one text a column of the schedule, by the Headers of its pages".to_owned());
    }
    lines.join("\n")
}

fn add(lines: &mut Vec<String>, columns: &[Column], depth: usize) {
    for column in columns {
        let name = format!("{:depth$}{}", "", column.name, depth = 2 * depth);
        lines.push(format!("{name:40} {}", column.of));
        add(lines, &column.columns, depth + 1);
    }
}

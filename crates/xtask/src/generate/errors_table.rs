//! The table of errors in docs/errors.md, from the catalogue `tests/conformance/errors.toml`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use super::{Made, between};
use crate::failure::Failure;

const BEGIN: &str = "<!-- errors: made by `cargo xtask generate` from tests/conformance/errors.toml -->\n";
const END: &str = "<!-- end of errors -->";

#[derive(Deserialize)]
pub(super) struct Catalogue {
    /// By the hundred of their kinds' numbers, as a text because TOML's keys are.
    pub(super) families: BTreeMap<String, Family>,
    pub(super) error: Vec<Entry>,
}

/// The kinds of one hundred.
#[derive(Deserialize)]
pub(super) struct Family {
    pub(super) name: String,
    pub(super) when: String,
}

/// One kind of error.
#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) number: u16,
    pub(super) kind: String,
    pub(super) words: String,
    pub(super) when: String,
    pub(super) next_action: String,
    pub(super) retry: String,
    pub(super) exit_code: u8,
    /// The class in Python; the other languages name theirs after it.
    pub(super) python: String,
    pub(super) python_parent: Option<String>,
}

/// The catalogue of today.
pub(super) fn catalogue(root: &Path) -> Result<Catalogue, Failure> {
    let text = read(&root.join("tests/conformance/errors.toml"))?;
    toml::from_str(&text).map_err(|error| Failure::new(format!("errors.toml cannot be read: {error}; repair it")))
}

/// The page with the table of today.
pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    let catalogue = catalogue(root)?;
    let path = root.join("docs/errors.md");
    let text = between(&read(&path)?, (BEGIN, END), &table(&catalogue)).ok_or_else(|| {
        Failure::new(format!(
            "docs/errors.md has no place for the errors; put `{}` and `{END}` where they belong",
            BEGIN.trim()
        ))
    })?;
    Ok(vec![Made { path, text }])
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

fn table(catalogue: &Catalogue) -> String {
    let mut table = String::from("| number | kind | when | again | exit code |\n|---|---|---|---|---|\n");
    for entry in &catalogue.error {
        let again = match entry.retry.as_str() {
            "temporary" => "later",
            "temporary_on_reads" => "later, on reads",
            _ => "no",
        };
        // Writing to a String does not fail.
        let _ =
            writeln!(table, "| {} | `{}` | {} | {again} | {} |", entry.number, entry.kind, entry.when, entry.exit_code);
    }
    table
}

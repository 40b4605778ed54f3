//! The table of errors in docs/errors.md, from the catalogue `tests/conformance/errors.toml`.

use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use super::Made;
use crate::failure::Failure;

const BEGIN: &str =
    "<!-- errors: made by `cargo xtask generate` from tests/conformance/errors.toml -->\n";
const END: &str = "<!-- end of errors -->";

#[derive(Deserialize)]
pub(super) struct Catalogue {
    pub(super) error: Vec<Entry>,
}

/// One kind of error.
#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) number: u16,
    pub(super) kind: String,
    pub(super) when: String,
    pub(super) retry: String,
    pub(super) exit_code: u8,
    /// The class in Python; the other languages name theirs after it.
    pub(super) python: String,
    pub(super) python_parent: Option<String>,
}

/// The catalogue of today.
pub(super) fn catalogue(root: &Path) -> Result<Catalogue, Failure> {
    let text = read(&root.join("tests/conformance/errors.toml"))?;
    toml::from_str(&text)
        .map_err(|error| Failure::new(format!("errors.toml cannot be read: {error}; repair it")))
}

/// The page with the table of today.
pub(super) fn make(root: &Path) -> Result<Made, Failure> {
    let catalogue = catalogue(root)?;
    let path = root.join("docs/errors.md");
    let text = with_table(&read(&path)?, &table(&catalogue)).ok_or_else(|| {
        Failure::new(format!(
            "docs/errors.md has no place for the errors; put `{}` and `{END}` where they belong",
            BEGIN.trim()
        ))
    })?;
    Ok(Made { path, text })
}

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

fn with_table(readme: &str, table: &str) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

fn table(catalogue: &Catalogue) -> String {
    let mut table =
        String::from("| number | kind | when | again | exit code |\n|---|---|---|---|---|\n");
    for entry in &catalogue.error {
        let again = match entry.retry.as_str() {
            "temporary" => "later",
            "temporary_on_reads" => "later, on reads",
            _ => "no",
        };
        // Writing to a String does not fail.
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | {again} | {} |",
            entry.number, entry.kind, entry.when, entry.exit_code
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_replaces_what_stands_between_its_marks() {
        let readme = format!("before\n{BEGIN}old\n{END}\nafter\n");
        assert_eq!(
            with_table(&readme, "new\n"),
            Some(format!("before\n{BEGIN}new\n{END}\nafter\n"))
        );
        assert_eq!(with_table("no marks", "new"), None);
    }
}

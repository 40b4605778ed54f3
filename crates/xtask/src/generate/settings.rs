//! The settings in Python, Kotlin, Swift and docs/configuration.md, from the core's table. The source itself is read and
//! not the crate, so nothing is built for it.

use std::fmt::Write;
use std::path::Path;

use super::errors_table::read;
use super::{Made, between};
use crate::failure::Failure;

const TABLE: &str = "crates/mypreferences/src/settings/table.rs";
const BY: &str = "made by `cargo xtask generate` from crates/mypreferences/src/settings/table.rs";

/// One row of the table.
#[derive(Debug, PartialEq)]
struct Setting<'a> {
    doc: String,
    /// `text`, `file`, `duration`, `size`, `count`, `switch`, `choice` or `some_choice`.
    sort: &'a str,
    name: &'a str,
    default: Option<&'a str>,
    range: Option<&'a str>,
}

/// How a language writes the settings, and between which lines of which file.
type Writer = fn(&[Setting<'_>]) -> String;

const FILES: [(&str, Writer, &str, &str); 4] = [
    ("python/src/mypreferences/_settings.py", python, "    # ", "    # end of settings"),
    ("bindings/kotlin/src/main/kotlin/com/mypreferences/Settings.kt", kotlin, "    // ", "    // end of settings"),
    ("bindings/swift/Sources/MyPreferences/Settings.swift", swift, "    // ", "    // end of settings"),
    ("docs/configuration.md", docs, "<!-- settings: ", "<!-- end of settings -->"),
];

/// Those of today.
pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    let table = read(&root.join(TABLE))?;
    let settings = rows(&table);
    let mut made = Vec::new();
    for (file, write, comment, end) in FILES {
        let path = root.join(file);
        let close = if comment.starts_with('<') { " -->" } else { "" };
        let text =
            between(&read(&path)?, (&format!("{comment}{BY}{close}\n"), end), &write(&settings)).ok_or_else(|| {
                Failure::new(format!(
                    "{file} has no place for the settings; put `{comment}{BY}{close}` and `{end}` where they belong"
                ))
            })?;
        made.push(Made { path, text });
    }
    Ok(made)
}

/// The rows between the braces of the macro: documentation, then `sort name: Type = "default" in "range";`.
fn rows(table: &str) -> Vec<Setting<'_>> {
    let mut settings = Vec::new();
    let mut doc = Vec::new();
    let rows = table.lines().map(str::trim).skip_while(|line| *line != "$callback! {").skip(1);
    for line in rows.take_while(|line| *line != "}") {
        if let Some(words) = line.strip_prefix("///") {
            doc.push(words.trim());
            continue;
        }
        let row = line.trim_end_matches(';');
        let (row, range) = row.split_once(" in ").map_or((row, None), |(row, range)| (row, Some(range)));
        let (row, default) = row.split_once(" = ").map_or((row, None), |(row, default)| (row, Some(default)));
        let row = row.split_once(':').map_or(row, |(row, _)| row);
        let Some((sort, name)) = row.split_once(' ') else {
            continue;
        };
        settings.push(Setting {
            doc: std::mem::take(&mut doc).join(" "),
            sort,
            name,
            default: default.map(|text| text.trim_matches('"')),
            range: range.map(|text| text.trim_matches('"')),
        });
    }
    settings
}

impl Setting<'_> {
    /// What it does, its default and its range.
    fn described(&self) -> String {
        let mut text = self.doc.clone();
        match (self.default, self.range) {
            (Some(default), Some(range)) => {
                let _ = write!(text, " Default {}, from {}.", spaced(default), spaced(range));
            }
            (Some(default), None) => {
                let _ = write!(text, " Default {default}.");
            }
            (None, _) => {}
        }
        text
    }

    /// Its name as other languages write it; `clientID` in Swift.
    fn camel(&self, acronyms: bool) -> String {
        let mut words = self.name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |text, word| match word {
            "id" | "url" if acronyms => text + &word.to_uppercase(),
            word => text + &super::capitalised(word),
        })
    }
}

/// `200ms` as `200 ms`, where a number has a unit.
fn spaced(text: &str) -> String {
    let mut out = String::new();
    let mut after_digit = false;
    for letter in text.chars() {
        if after_digit && letter.is_ascii_alphabetic() {
            out.push(' ');
        }
        after_digit = letter.is_ascii_digit();
        out.push(letter);
    }
    out
}

/// A comment in lines of at most 118 columns, each after this prefix.
pub(super) fn wrapped(text: &str, prefix: &str) -> String {
    let mut out = String::new();
    let mut column = usize::MAX;
    for word in text.split(' ') {
        if column.saturating_add(word.len() + 1) > 118 {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(prefix);
            column = prefix.len();
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

// Writing to a String does not fail, so the results of `writeln!` are let go of.

fn python(settings: &[Setting<'_>]) -> String {
    let mut text = String::new();
    for setting in settings.iter().filter(|setting| setting.name != "client_id") {
        let kind = match setting.sort {
            "duration" => "Duration",
            "size" | "count" => "int",
            "switch" => "bool",
            "file" => "str | os.PathLike[str]",
            _ => "str",
        };
        let doc = setting.described().replace('`', "``");
        let doc = if doc.len() + 10 <= 118 {
            format!("    \"\"\"{doc}\"\"\"")
        } else {
            wrapped(&format!("\"\"\"{doc}"), "    ") + "\n    \"\"\""
        };
        let _ = writeln!(text, "    {}: {kind}\n{doc}", setting.name);
    }
    text
}

fn kotlin(settings: &[Setting<'_>]) -> String {
    let mut text = String::new();
    for setting in settings {
        let (kind, delegate) = match setting.sort {
            "duration" => ("Duration", "Length"),
            "size" | "count" => ("Int", "Number"),
            "switch" => ("Boolean", "Switch"),
            "file" => ("Path", "File"),
            _ => ("String", "Text"),
        };
        let doc = setting.described();
        let doc = if doc.len() + 11 <= 118 {
            format!("    /** {doc} */")
        } else {
            format!("    /**\n{}\n     */", wrapped(&doc, "     * "))
        };
        let hidden = if setting.sort == "duration" { "    @get:JvmSynthetic @set:JvmSynthetic\n" } else { "" };
        let _ = writeln!(
            text,
            "\n{doc}\n{hidden}    public var {}: {kind}? by {delegate}(\"{}\")",
            setting.camel(false),
            setting.name
        );
    }
    text + "\n"
}

fn swift(settings: &[Setting<'_>]) -> String {
    let mut text = String::new();
    for setting in settings {
        let (kind, accessor) = match setting.sort {
            "duration" => ("Duration", "duration"),
            "size" | "count" => ("Int", "number"),
            "switch" => ("Bool", "switched"),
            _ => ("String", "text"),
        };
        let _ = writeln!(
            text,
            "\n{}\n    public var {}: {kind}? {{\n        get {{ {accessor}(\"{name}\") }}\n        set {{ set(\"{name}\", newValue) }}\n    }}",
            wrapped(&setting.described(), "    /// "),
            setting.camel(true),
            name = setting.name,
        );
    }
    text + "\n"
}

fn docs(settings: &[Setting<'_>]) -> String {
    let mut text = String::from("| name | default | range | meaning |\n|---|---|---|---|\n");
    for Setting { name, default, range, doc, .. } in settings {
        let cell = |text: Option<&str>| text.map_or(String::new(), spaced);
        let _ = writeln!(text, "| `{name}` | {} | {} | {doc} |", cell(*default), cell(*range));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_with_all_that_it_may_have() {
        let table = "x {\n  $callback! {\n  /// How long\n  /// it takes.\n  duration some_time = \"10s\" in \"1ms to 24h\";\n  \
                     /// Who.\n  choice who_id: Who = \"me\";\n  }\n}";
        let rows = rows(table);
        assert_eq!(rows[0].described(), "How long it takes. Default 10 s, from 1 ms to 24 h.");
        assert_eq!((rows[1].sort, rows[1].name, rows[1].default), ("choice", "who_id", Some("me")));
        assert_eq!((rows[1].camel(false), rows[1].camel(true)), ("whoId".into(), "whoID".into()));
    }
}

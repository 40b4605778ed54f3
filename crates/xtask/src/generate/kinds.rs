//! The kinds of errors in the languages that have a type for each: Kotlin's exceptions and Swift's enumeration, from the
//! catalogue.

use std::fmt::Write;
use std::path::Path;

use super::Made;
use super::errors_table::{Catalogue, Entry, catalogue};
use crate::failure::Failure;

const KOTLIN: &str = "bindings/kotlin/src/main/kotlin/com/mypreferences/Exceptions.kt";
const SWIFT: &str = "bindings/swift/Sources/MyPreferences/ErrorKind.swift";
const BY: &str = "// Made by `cargo xtask generate` from tests/conformance/errors.toml.\n";

/// The two of today.
pub(super) fn make(root: &Path) -> Result<[Made; 2], Failure> {
    let catalogue = catalogue(root)?;
    Ok(
        [(KOTLIN, kotlin(&catalogue)), (SWIFT, swift(&catalogue))].map(|(path, text)| Made {
            path: root.join(path),
            text,
        }),
    )
}

// Writing to a String does not fail, so the results of `writeln!` are let go of.

fn kotlin(catalogue: &Catalogue) -> String {
    let class = |python: &str| {
        format!(
            "{}Exception",
            python.strip_suffix("Error").unwrap_or(python)
        )
    };
    let by_python = |name: &str| catalogue.error.iter().find(|entry| entry.python == name);
    let parent = |entry: &Entry| {
        let ours = entry.python_parent.as_deref().and_then(by_python);
        ours.map_or("MyPreferencesException".to_owned(), |ours| {
            class(&ours.python)
        })
    };
    let is_parent = |entry: &Entry| {
        catalogue
            .error
            .iter()
            .any(|other| other.python_parent.as_ref() == Some(&entry.python))
    };
    let mut text = format!("{BY}\npackage com.mypreferences\n");
    text.push_str("\nimport com.mypreferences.internal.NativeError\n");
    for entry in &catalogue.error {
        let open = if is_parent(entry) { "open " } else { "" };
        let _ = writeln!(
            text,
            "\n/** `{}` ({}): {}. */\npublic {open}class {} internal constructor(record: NativeError) : {}(record)",
            entry.kind,
            entry.number,
            entry.when,
            class(&entry.python),
            parent(entry),
        );
    }
    text.push_str(
        "\n/** The exception of a record. A number that this version does not know maps to its hundred. */\n\
         internal fun exceptionOf(record: NativeError): MyPreferencesException =\n    \
         exceptionOf(record, record.number.toInt())\n        \
         ?: exceptionOf(record, record.number.toInt() / 100 * 100)\n        \
         ?: InternalException(record)\n\n\
         private fun exceptionOf(record: NativeError, number: Int): MyPreferencesException? =\n    when (number) {\n",
    );
    for entry in &catalogue.error {
        let _ = writeln!(
            text,
            "        {} -> {}(record)",
            entry.number,
            class(&entry.python)
        );
    }
    text.push_str("        else -> null\n    }\n");
    text
}

fn swift(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "{BY}\n/// What went wrong. Raw values are the stable numbers of the catalogue.\n\
         public enum ErrorKind: Int, Sendable, CaseIterable {{\n"
    );
    for entry in &catalogue.error {
        let _ = writeln!(
            text,
            "    /// `{}`: {}.\n    case {} = {}",
            entry.kind,
            entry.when,
            camel(&entry.kind),
            entry.number
        );
    }
    text.push_str(
        "\n    /// The kind of a number. One that this version does not know maps to its hundred.\n    \
         public init(number: Int) {\n        \
         self = ErrorKind(rawValue: number) ?? ErrorKind(rawValue: number / 100 * 100) ?? .internal\n    }\n}\n",
    );
    text.replace("case internal ", "case `internal` ")
}

/// `not_found` as `notFound`.
fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u16, kind: &str, python: &str, parent: Option<&str>) -> Entry {
        Entry {
            number,
            kind: kind.to_owned(),
            when: "it happens".to_owned(),
            retry: "permanent".to_owned(),
            exit_code: 1,
            python: python.to_owned(),
            python_parent: parent.map(str::to_owned),
        }
    }

    #[test]
    fn a_class_has_the_parent_that_the_catalogue_gives_it_when_that_is_one_of_ours() {
        let catalogue = Catalogue {
            error: vec![
                entry(
                    401,
                    "unauthorized",
                    "UnauthorizedError",
                    Some("PermissionError"),
                ),
                entry(
                    490,
                    "clock_skew",
                    "ClockSkewError",
                    Some("UnauthorizedError"),
                ),
            ],
        };
        let kotlin = kotlin(&catalogue);
        assert!(kotlin.contains("public open class UnauthorizedException internal constructor(record: NativeError) : MyPreferencesException(record)"), "{kotlin}");
        assert!(kotlin.contains("ClockSkewException internal constructor(record: NativeError) : UnauthorizedException(record)"), "{kotlin}");
        assert!(swift(&catalogue).contains("    case clockSkew = 490\n"));
    }
}

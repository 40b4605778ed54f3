//! The kinds of errors in every language, from the catalogue: enumerations of Rust, C and Swift, exceptions of Python and
//! Kotlin, and the pairs of the canonical records' schemas.

#[cfg(test)]
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::errors_table::{Catalogue, Entry, Family, catalogue};
use super::settings::wrapped;
use super::{Made, capitalised};
use crate::failure::Failure;

const BY: &str = "Made by `cargo xtask generate` from tests/conformance/errors.toml.";

/// One file, and how it is made.
type Maker = (&'static str, fn(&Catalogue) -> String);

const FILES: [Maker; 6] = [
    ("crates/mypreferences/src/error/kind.rs", rust),
    ("crates/mypreferences-capi/src/error_kind.rs", c),
    ("python/src/mypreferences/_error_kinds.py", python),
    ("bindings/kotlin/src/main/kotlin/com/mypreferences/Exceptions.kt", kotlin),
    ("bindings/swift/Sources/MyPreferences/ErrorKind.swift", swift),
    ("tests/conformance/kinds.schema.json", schema),
];

/// Those of today.
pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    let catalogue = catalogue(root)?;
    Ok(FILES.iter().map(|(path, make)| Made { path: root.join(path), text: make(&catalogue) }).collect())
}

// Writing to a String does not fail, so the results of `writeln!` are let go of.

fn rust(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "//! The kinds of errors and what the catalogue says of each.\n//!\n//! {BY}\n\nuse super::catalogue_entry::{{Again, Entry}};\n\n\
         /// What went wrong. The names and numbers are the same in every language and never reused.\n///\n\
         /// Exhaustive on purpose: a mapping of kinds must not compile until it has an arm for a new kind. Where a program\n\
         /// treats many alike, [`ErrorKind::family`] is shorter.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::VariantArray)]\n#[repr(u16)]\npub enum ErrorKind {{\n"
    );
    for Entry { number, kind, when, .. } in &catalogue.error {
        let _ = writeln!(text, "    /// {}.\n    {} = {number},", capitalised(when), pascal(kind));
    }
    text.push_str(
        "}\n\n/// The hundred of a kind's number.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum ErrorFamily {\n",
    );
    for (hundred, Family { name, when }) in &catalogue.families {
        let _ = writeln!(text, "    /// {hundred}xx: {when}.\n    {},", pascal(name));
    }
    text.push_str("}\n\nimpl ErrorKind {\n    /// The kinds of the same hundred.\n    pub const fn family(self) -> ErrorFamily {\n        match self.number() / 100 {\n");
    for (hundred, Family { name, .. }) in &catalogue.families {
        let _ = writeln!(text, "            {hundred} => ErrorFamily::{},", pascal(name));
    }
    text.push_str("            0..=u16::MAX => ErrorFamily::Internal,\n        }\n    }\n\n");
    text.push_str("    pub(super) const fn entry(self) -> Entry {\n        match self {\n");
    for Entry { kind, words, retry, next_action, exit_code, .. } in &catalogue.error {
        let _ = writeln!(
            text,
            "            ErrorKind::{} => Entry {{ again: Again::{}, exit_code: {exit_code}, name: {kind:?}, words: {words:?}, next_action: {next_action:?} }},",
            pascal(kind),
            pascal(retry)
        );
    }
    text.push_str("        }\n    }\n}\n");
    text
}

fn c(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "//! The kinds of errors as an enum of C.\n//!\n//! {BY}\n\nuse mypreferences as core;\n\n\
         /// What went wrong. Numbers are stable and never reused; a number that this header does not know belongs to its\n\
         /// hundred (431 is one of the 400s).\n\
         #[repr(C)]\n#[derive(Clone, Copy, PartialEq, Eq)]\npub enum Kind {{\n    /// There is no error.\n    None = 0,\n"
    );
    for Entry { number, kind, when, .. } in &catalogue.error {
        let _ = writeln!(text, "    /// {}.\n    {} = {number},", capitalised(when), pascal(kind));
    }
    text.push_str(
        "}\n\nimpl From<core::ErrorKind> for Kind {\n    fn from(kind: core::ErrorKind) -> Kind {\n        match kind {\n",
    );
    for entry in &catalogue.error {
        let name = pascal(&entry.kind);
        let _ = writeln!(text, "            core::ErrorKind::{name} => Kind::{name},");
    }
    text.push_str("        }\n    }\n}\n");
    text
}

fn python(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "\"\"\"One exception for each kind of error.\n\n{BY}\n\"\"\"\n\nfrom mypreferences._errors import MyPreferencesError\n\n__all__ = [\n"
    );
    let mut names: Vec<&str> = catalogue.error.iter().map(|entry| entry.python.as_str()).collect();
    names.sort_unstable();
    for name in names {
        let _ = writeln!(text, "    \"{name}\",");
    }
    text.push_str("]\n");
    for entry in &catalogue.error {
        let parents = match &entry.python_parent {
            Some(parent) if entry_of(catalogue, parent).is_some() => parent.clone(),
            Some(parent) => format!("MyPreferencesError, {parent}"),
            None => "MyPreferencesError".to_owned(),
        };
        let doc = format!("\"\"\"``{}``: {}.", entry.kind, entry.when.replace('`', "``"));
        let doc = match wrapped(&doc, "    ") {
            one_line if !one_line.contains('\n') && one_line.len() < 117 => one_line,
            lines => lines + "\n    ",
        };
        let _ = write!(text, "\n\nclass {}({parents}, number={}):\n{doc}\"\"\"\n", entry.python, entry.number);
    }
    text
}

/// Two definitions for the schemas of the records: any kind, and a kind with its number.
fn schema(catalogue: &Catalogue) -> String {
    let kinds: Vec<&str> = catalogue.error.iter().map(|entry| entry.kind.as_str()).collect();
    let pairs: Vec<String> = catalogue
        .error
        .iter()
        .map(|Entry { kind, number, .. }| {
            format!("{{\"properties\": {{\"kind\": {{\"const\": \"{kind}\"}}, \"number\": {{\"const\": {number}}}}}}}")
        })
        .collect();
    format!(
        "{{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"$id\": \"kinds.schema.json\",\n  \"description\": {:?},\n  \"$defs\": {{\n    \"kind\": {{\"enum\": {:?}}},\n    \"pair\": {{\n      \"oneOf\": [\n        {}\n      ]\n    }}\n  }}\n}}\n",
        BY.replace('`', ""),
        kinds,
        pairs.join(",\n        ")
    )
}

fn entry_of<'a>(catalogue: &'a Catalogue, python: &str) -> Option<&'a Entry> {
    catalogue.error.iter().find(|entry| entry.python == python)
}

fn kotlin(catalogue: &Catalogue) -> String {
    let class = |python: &str| format!("{}Exception", python.strip_suffix("Error").unwrap_or(python));
    let parent = |entry: &Entry| {
        let parent = entry.python_parent.as_deref();
        let ours = parent.and_then(|parent| entry_of(catalogue, parent));
        ours.map_or("MyPreferencesException".to_owned(), |ours| class(&ours.python))
    };
    let is_parent =
        |entry: &Entry| catalogue.error.iter().any(|other| other.python_parent.as_ref() == Some(&entry.python));
    let mut text = format!("// {BY}\n\npackage com.mypreferences\n");
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
        let _ = writeln!(text, "        {} -> {}(record)", entry.number, class(&entry.python));
    }
    text.push_str("        else -> null\n    }\n");
    text
}

fn swift(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "// {BY}\n\n/// What went wrong. Raw values are the stable numbers of the catalogue.\n\
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

/// `not_found` as `NotFound`.
fn pascal(snake: &str) -> String {
    snake.split('_').map(capitalised).collect()
}

/// `not_found` as `notFound`.
fn camel(snake: &str) -> String {
    let pascal = pascal(snake);
    pascal[..1].to_lowercase() + &pascal[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u16, kind: &str, python: &str, parent: Option<&str>) -> Entry {
        Entry {
            number,
            kind: kind.to_owned(),
            words: "it".to_owned(),
            next_action: "mend it".to_owned(),
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
            families: BTreeMap::new(),
            error: vec![
                entry(401, "unauthorized", "UnauthorizedError", Some("PermissionError")),
                entry(490, "clock_skew", "ClockSkewError", Some("UnauthorizedError")),
            ],
        };
        let kotlin = kotlin(&catalogue);
        assert!(kotlin.contains("public open class UnauthorizedException internal constructor(record: NativeError) : MyPreferencesException(record)"), "{kotlin}");
        assert!(
            kotlin.contains(
                "ClockSkewException internal constructor(record: NativeError) : UnauthorizedException(record)"
            ),
            "{kotlin}"
        );
        assert!(swift(&catalogue).contains("    case clockSkew = 490\n"));
    }
}

//! Writes one record as JSON text, member by member, with every way of spelling a string that JSON allows.

use std::fmt::Write as _;

use super::seeded::Seeded;

/// Stands where the row's own number goes; twelve characters that no record holds otherwise.
pub(super) const NUMBER_MARK: &str = "\u{0}23456789ABC";

/// A JSON text being written. Commas set themselves.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn separate(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with(['{', '[', ':']) {
            self.0.push(',');
        }
    }

    /// A value that is JSON already; the number mark may be in it.
    pub(super) fn raw(&mut self, json: &str) {
        self.separate();
        self.0.push_str(json);
    }

    pub(super) fn name(&mut self, name: &str) {
        self.separate();
        let _ = write!(self.0, "\"{name}\":");
    }

    pub(super) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push('{');
        members(self);
        self.0.push('}');
    }

    pub(super) fn array(&mut self, items: impl FnOnce(&mut Self)) {
        self.separate();
        self.0.push('[');
        items(self);
        self.0.push(']');
    }

    /// A string, spelt in one of the ways of JSON.
    pub(super) fn string(&mut self, choices: &mut Seeded, text: &str) {
        self.separate();
        let ascii_only = choices.one_in(6);
        self.0.push('"');
        for character in text.chars() {
            match character {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                '/' if ascii_only => self.0.push_str("\\/"),
                control if control < ' ' => escaped(&mut self.0, control),
                other if ascii_only && !other.is_ascii() => escaped(&mut self.0, other),
                other => self.0.push(other),
            }
        }
        self.0.push('"');
    }

    pub(super) fn member(&mut self, choices: &mut Seeded, name: &str, text: &str) {
        self.name(name);
        self.string(choices, text);
    }

    pub(super) fn raw_member(&mut self, name: &str, json: &str) {
        self.name(name);
        self.raw(json);
    }

    /// A member that is sometimes `null` and sometimes not there.
    pub(super) fn optional(&mut self, choices: &mut Seeded, name: &str, text: &str) {
        match choices.below(6) {
            0 => {}
            1 => self.raw_member(name, "null"),
            _ => self.member(choices, name, text),
        }
    }
}

/// `\uXXXX`, as a pair of surrogates beyond the first plane.
fn escaped(text: &mut String, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        let _ = write!(text, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_reads_back_as_the_same_string() {
        let text = "a/b \"q\" \\ \n\u{1}\u{1F600} é";
        let mut spellings = std::collections::BTreeSet::new();
        for number in 0..50 {
            let mut json = Text::default();
            json.string(&mut Seeded::new(1, number), text);
            let json = json.finish();
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            spellings.insert(json);
        }
        assert_eq!(spellings.len(), 2);
    }
}

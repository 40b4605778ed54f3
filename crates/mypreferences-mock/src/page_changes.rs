//! Pages that are not as they should be: what a rule changes about a page that is made anew for it. Which records it
//! has is decided in `records`; here is what may be said about them, and how the text is laid out.

/// Which rows of how many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) total: u64,
    pub(crate) limit: u64,
    /// The first row is 1.
    pub(crate) offset: u64,
}

/// What is different about a page. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageChanges {
    /// The records begin so many later than asked for, or earlier: -1 overlaps the page before by one record, and minus
    /// the limit repeats it. `Offset` says what was asked for all the same.
    pub shift: i64,
    /// So many records at most, whatever the limit; `HasMore` stays true where there are more.
    pub at_most: Option<u64>,
    /// Another `Count`.
    pub count: Option<u64>,
    /// Another `HasMore`.
    pub has_more: Option<bool>,
    /// Another `Offset`.
    pub offset: Option<u64>,
    /// Another `TotalResults`.
    pub total_results: Option<u64>,
    /// Members with their values as JSON, after all others; one that the page has otherwise (`Headers`, `Messages`) is
    /// replaced.
    pub members: Vec<(String, String)>,
    /// Every key of the page and of its records in lower case.
    pub lower_case: bool,
    /// Line breaks and indentation everywhere, inside records too.
    pub pretty: bool,
}

impl PageChanges {
    /// The rows that are sent instead of those that were asked for.
    pub(crate) fn rows(&self, wanted: Wanted) -> (u64, u64) {
        let first = wanted.offset.saturating_add_signed(self.shift).max(1);
        let before = (first - 1).min(wanted.total);
        let count = (wanted.total - before).min(wanted.limit).min(self.at_most.unwrap_or(u64::MAX));
        (first, count)
    }

    pub(crate) fn replaces(&self, member: &str) -> bool {
        self.members.iter().any(|(name, _)| name == member)
    }

    /// The text that the page is sent as, when it cannot be made while it is sent.
    pub(crate) fn laid_out(&self, whole: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
        if !self.lower_case && !self.pretty {
            return None;
        }
        let mut text = whole();
        if self.lower_case {
            lower_keys(&mut text);
        }
        Some(if self.pretty { indented(&text) } else { text })
    }
}

/// What stands at a place of a JSON text without white space.
enum Token {
    /// A whole string, its quotes included, up to this place.
    String(usize),
    /// A byte outside of strings.
    Byte(u8),
}

fn token(text: &[u8], at: usize) -> Option<Token> {
    let first = *text.get(at)?;
    if first != b'"' {
        return Some(Token::Byte(first));
    }
    let mut end = at + 1;
    while let Some(&byte) = text.get(end) {
        match byte {
            b'\\' => end += 2,
            b'"' => return Some(Token::String(end + 1)),
            _ => end += 1,
        }
    }
    Some(Token::String(text.len()))
}

fn lower_keys(text: &mut [u8]) {
    let mut at = 0;
    while let Some(token) = token(text, at) {
        match token {
            Token::String(end) => {
                if text.get(end) == Some(&b':')
                    && let Some(key) = text.get_mut(at..end)
                {
                    key.make_ascii_lowercase();
                }
                at = end;
            }
            Token::Byte(_) => at += 1,
        }
    }
}

fn indented(text: &[u8]) -> Vec<u8> {
    let mut pretty = Vec::with_capacity(text.len() * 2);
    let mut depth: usize = 0;
    let mut at = 0;
    let line = |pretty: &mut Vec<u8>, depth: usize| {
        pretty.extend_from_slice(b"\r\n");
        pretty.resize(pretty.len() + 2 * depth, b' ');
    };
    while let Some(token) = token(text, at) {
        match token {
            Token::String(end) => {
                pretty.extend_from_slice(text.get(at..end).unwrap_or_default());
                at = end;
                continue;
            }
            Token::Byte(open @ (b'{' | b'[')) => {
                depth += 1;
                pretty.push(open);
                line(&mut pretty, depth);
            }
            Token::Byte(close @ (b'}' | b']')) => {
                depth = depth.saturating_sub(1);
                line(&mut pretty, depth);
                pretty.push(close);
            }
            Token::Byte(b',') => {
                pretty.push(b',');
                line(&mut pretty, depth);
            }
            Token::Byte(b':') => pretty.extend_from_slice(b": "),
            Token::Byte(other) => pretty.push(other),
        }
        at += 1;
    }
    pretty
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"A":[{"B":"C:\"D\\","E":[]},1.50],"F":"\\"}"#;

    #[test]
    fn keys_turn_lower_and_values_stay() {
        let mut text = TEXT.as_bytes().to_vec();
        lower_keys(&mut text);
        assert_eq!(String::from_utf8(text).unwrap(), r#"{"a":[{"b":"C:\"D\\","e":[]},1.50],"f":"\\"}"#);
    }

    #[test]
    fn a_pretty_text_says_the_same() {
        let pretty = String::from_utf8(indented(TEXT.as_bytes())).unwrap();
        assert!(pretty.contains("\r\n      \"B\": \"C:\\\"D\\\\\",\r\n"), "{pretty}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&pretty), value(TEXT));
    }
}

//! Keeping secrets and access tokens out of everything that is shown: the sanitised URL, and a scrubber for texts
//! that come from outside (server messages, error chains, request ids).

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::settings::access_token::AccessToken;

const MASK: &str = "***";
/// Cap of a server's message, in bytes.
const MAX_MESSAGE: usize = 2048;
/// Cap of a request id, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// What must not appear in a text about one call.
pub(crate) struct Scrubber<'a> {
    /// None before there is one.
    pub(crate) access_token: Option<AccessToken>,
    /// Texts to take out wherever they stand: secrets and the `Authorization` value.
    pub(crate) secrets: Vec<Cow<'a, str>>,
}

impl Scrubber<'_> {
    /// The text without secrets and without the access token.
    pub(crate) fn clean(&self, text: &str) -> String {
        let clean = without_secrets(text, &self.secrets);
        match self.access_token {
            Some(token) => mask_number(&clean, &token.expose().to_string(), &token.masked()),
            None => clean,
        }
    }

    /// A server's message: cleaned, control characters escaped, at most 2 KiB.
    pub(crate) fn message(&self, text: &str) -> String {
        cut(&escape_controls(&self.clean(text)), MAX_MESSAGE)
    }

    /// A request id: cleaned, printable ASCII only; none when nothing is left.
    pub(crate) fn request_id(&self, text: &str) -> Option<String> {
        let printable: String = text.chars().filter(char::is_ascii_graphic).collect();
        let clean = cut(&self.clean(&printable), MAX_REQUEST_ID);
        (!clean.is_empty()).then_some(clean)
    }
}

/// A text of another server, where no access token is known: without secrets, control characters escaped, at most
/// 2 KiB.
pub(crate) fn clean_message(text: &str, secrets: &[Cow<'_, str>]) -> String {
    cut(&escape_controls(&without_secrets(text, secrets)), MAX_MESSAGE)
}

fn without_secrets(text: &str, secrets: &[Cow<'_, str>]) -> String {
    let mut clean = text.to_owned();
    for secret in secrets {
        // A secret of one or two characters would turn every text into masks and says nothing.
        if secret.len() > 2 {
            clean = without(clean, secret);
            // As it stands in a URL or a form, in either case of the hexadecimal digits.
            let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
            if encoded != *secret && clean.contains('%') {
                clean = without(clean, &encoded);
                clean = without(clean, &encoded_with_small_digits(&encoded));
            }
            let in_a_form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            if in_a_form != *secret {
                clean = without(clean, &in_a_form);
                clean = without(clean, &encoded_with_small_digits(&in_a_form));
            }
        }
    }
    clean
}

fn without(text: String, secret: &str) -> String {
    if text.contains(secret) { text.replace(secret, MASK) } else { text }
}

/// `%2F` as `%2f`.
fn encoded_with_small_digits(encoded: &str) -> String {
    let mut small = String::with_capacity(encoded.len());
    let mut digits = 0;
    for character in encoded.chars() {
        small.push(if digits > 0 { character.to_ascii_lowercase() } else { character });
        digits = if character == '%' { 2 } else { digits.max(1) - 1 };
    }
    small
}

/// A URL without its user name, password, query and fragment. Whatever stands before the last `@` goes, also where the
/// text is no URL or one that nobody would take: a password is hidden too often rather than once too little.
#[cfg(feature = "configuration")]
pub(crate) fn shown_url(text: &str) -> String {
    let (rest, behind) = match text.rfind('@') {
        Some(at) => (&text[at..], Some(&text[..at])),
        None => (text, None),
    };
    let before = match behind {
        None => String::new(),
        Some(behind) => {
            let scheme = behind.find("://").map_or("", |end| &behind[..end + 3]);
            format!("{scheme}{MASK}")
        }
    };
    match rest.find(['?', '#']) {
        None => format!("{before}{rest}"),
        Some(end) => format!("{before}{}{MASK}", &rest[..=end]),
    }
}

/// Replaces a number where it stands alone between non-digits.
fn mask_number(text: &str, number: &str, mask: &str) -> String {
    if !text.contains(number) {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let digit_at = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let mut clean = String::with_capacity(text.len());
    let mut rest = 0;
    for (start, _) in text.match_indices(number) {
        let end = start + number.len();
        let alone = (start == 0 || !digit_at(start - 1)) && !digit_at(end);
        // A long number is the token even inside a longer run of digits.
        if start >= rest && (alone || number.len() > 6) {
            clean.push_str(&text[rest..start]);
            clean.push_str(mask);
            rest = end;
        }
    }
    clean.push_str(&text[rest..]);
    clean
}

/// Control characters as `\u{…}`, so that a message cannot break a log line or a terminal.
fn escape_controls(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        // U+2028 and U+2029 break lines for many readers, and the bidirectional marks turn text around.
        if character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            escaped.extend(character.escape_unicode());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mark = '…';
    let mut end = limit - mark.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubber(token: i64) -> Scrubber<'static> {
        Scrubber { access_token: Some(AccessToken::new(token).unwrap()), secrets: vec!["s3cret-value".into()] }
    }

    #[test]
    fn secrets_and_token_are_taken_out_wherever_they_stand() {
        let scrubber = scrubber(7_731_902_846_155_093);
        let clean = scrubber.clean("token 7731902846155093, key s3cret-value, x7731902846155093y, 17731902846155093");
        assert_eq!(clean, "token ***5093, key ***, x***5093y, 1***5093");
    }

    #[test]
    fn a_percent_encoded_secret_is_taken_out_too() {
        let scrubber =
            Scrubber { access_token: Some(AccessToken::new(4711).unwrap()), secrets: vec!["pa+ss/word=".into()] };
        assert_eq!(scrubber.clean("a pa%2Bss%2Fword%3D b pa%2bss%2fword%3d c pa+ss/word="), "a *** b *** c ***");
    }

    #[test]
    fn a_secret_as_a_form_writes_it_is_taken_out_too() {
        let clean = clean_message("a pa%2Bss+w-o*rd b pa%2bss+w-o*rd", &["pa+ss w-o*rd".into()]);
        assert_eq!(clean, "a *** b ***");
    }

    #[cfg(feature = "configuration")]
    #[test]
    fn a_url_is_shown_without_user_query_and_fragment() {
        for (url, shown) in [
            ("https://host/a/", "https://host/a/"),
            ("https://u:p@host/a", "https://***@host/a"),
            ("https://host/token?code=s", "https://host/token?***"),
            ("https://u:p@host?code=s@t#f", "https://***@t#***"),
            ("https://host#s", "https://host#***"),
            ("u:p@host", "***@host"),
        ] {
            assert_eq!(shown_url(url), shown);
        }
    }

    #[test]
    fn a_short_token_is_masked_only_where_it_stands_alone() {
        assert_eq!(scrubber(42).clean("42 of 1420 rows, 42"), "***2 of 1420 rows, ***2");
    }

    #[test]
    fn messages_are_capped_and_control_characters_escaped() {
        let scrubber = scrubber(4711);
        assert_eq!(scrubber.message("a\r\nb\u{1b}[31m\u{202e}"), "a\\u{d}\\u{a}b\\u{1b}[31m\\u{202e}");
        let long = scrubber.message(&"ü".repeat(5000));
        assert!(long.len() <= MAX_MESSAGE && long.ends_with('…'));
        assert_eq!(scrubber.request_id("a b\n-4711-"), Some("ab-***11-".to_owned()));
        assert_eq!(scrubber.request_id("\n "), None);
    }
}

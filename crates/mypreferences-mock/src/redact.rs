//! What may be shown of a secret or an access token in Debug output.
//! The log itself keeps everything: tests need the raw bytes. Only its printed form is redacted.

use std::fmt;

/// What is printed in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Whether the value of this header is a credential.
pub(crate) fn is_secret_header(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// A token as it may be shown: its last four digits at most, and never more than half of it.
pub(crate) fn mask_digits(digits: &str) -> String {
    let count = digits.chars().count();
    let shown = (count / 2).min(4);
    let tail: String = digits.chars().skip(count - shown).collect();
    format!("***{tail}")
}

/// Masks every run of digits that is long enough to be a token, or is the known token itself.
pub(crate) fn mask_in_text(text: &str, token: Option<i64>) -> String {
    // A wrongly formed token is not known as a number, hence the length: six digits and more are
    // masked wherever they stand.
    const SUSPICIOUS: usize = 6;
    let known = token.map(|token| token.to_string());
    let mut masked = String::with_capacity(text.len());
    let mut run = String::new();
    for character in text.chars().chain(std::iter::once('\0')) {
        if character.is_ascii_digit() {
            run.push(character);
            continue;
        }
        if run.len() >= SUSPICIOUS || known.as_deref() == Some(run.as_str()) {
            masked.push_str(&mask_digits(&run));
        } else {
            masked.push_str(&run);
        }
        run.clear();
        masked.push(character);
    }
    // The sentinel that flushed the last run.
    masked.pop();
    masked
}

/// A token whose Debug output is masked.
pub(crate) struct MaskedToken(pub(crate) i64);

impl fmt::Debug for MaskedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&mask_digits(&self.0.unsigned_abs().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_the_last_four_digits_and_never_more_than_half_are_shown() {
        assert_eq!(mask_digits("7"), "***");
        assert_eq!(mask_digits("4711"), "***11");
        assert_eq!(mask_digits("123456789012"), "***9012");
    }

    #[test]
    fn a_known_short_token_is_masked_and_other_short_numbers_are_not() {
        assert_eq!(mask_in_text("/a/4711?offset=10", Some(4711)), "/a/***11?offset=10");
        assert_eq!(mask_in_text("/a/123456789012", None), "/a/***9012");
    }
}

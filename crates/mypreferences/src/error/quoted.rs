//! Values that were refused, in messages.

/// A value that was refused, for a message: itself where it is a short word, else how long it is. A secret, or a URL with
/// one in it, may have been put in its place.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST_WORD: usize = 24;
    let is_word = text.len() <= LONGEST_WORD && text.chars().all(|c| c.is_ascii_alphanumeric() || " .-_+".contains(c));
    if is_word { format!("{text:?}") } else { format!("a text of {} characters", text.chars().count()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_value_is_repeated_only_where_it_is_a_word() {
        assert_eq!(quoted("utc-second"), "\"utc-second\"");
        assert_eq!(quoted("1.5 MiB"), "\"1.5 MiB\"");
        for long in ["https://u:p@h", "a\nb", "s3cret-s3cret-s3cret-s3cret"] {
            let count = long.len();
            assert_eq!(quoted(long), format!("a text of {count} characters"));
        }
    }
}

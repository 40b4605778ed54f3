//! Finds the records of a page that has no white space between its tokens, as most come: 64 bytes at a time, a bit for
//! each, nearly twice as fast as token by token: reading JSON is the largest part of an export's work. It is no
//! second reader of JSON: what it takes is valid, and its elements are those that `serde_json` finds (the tests hold both
//! side by side); whatever it is not sure of it leaves to `serde_json`, which also says what is wrong. Only `page` calls it.
//!
//! A block's quotes tell which bytes are inside of strings. Outside, what may follow on what is a matter of neighbouring
//! bits (`Previous`); what belongs together, one of the brackets and of what is between two of them (`Nesting`).

use std::ops::Range;

use wide::u8x16;

/// So many bytes are looked at together.
const BLOCK: usize = 64;
/// Arrays and objects within each other, at most: `Nesting` has a bit for each.
const DEPTH: u32 = u64::BITS;

/// The elements of the array that begins at `start` and holds only objects and arrays, the first `most` of them, and where
/// it ends. None: it holds anything else, white space between its tokens, a number as long as a block, brackets within each other more than
/// `DEPTH` times, or is no valid JSON.
pub(super) fn elements(text: &[u8], start: usize, most: usize) -> Option<(Vec<Range<usize>>, usize)> {
    if text.get(start) != Some(&b'[') {
        return None;
    }
    let mut previous = Previous::NONE;
    let mut nesting = Nesting { most, ..Nesting::default() };
    // Where a plain value begins that goes on in the next block.
    let mut cut: Option<usize> = None;
    let mut at = start;
    loop {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let padded;
        let block = if let Some(block) = rest.first_chunk() {
            block
        } else {
            padded = pad(rest);
            &padded
        };
        let (tokens, control) = previous.tokens(block, rest)?;
        let misplaced = previous.misplaced(&tokens);
        let inside = nesting.follow(&tokens, block, at)?;
        if (control | misplaced) & inside != 0 {
            return None;
        }
        // What is neither string nor bracket: a number, `true`, `false`, `null`.
        if let Some(begin) = cut.take() {
            let length = (!tokens.plain).trailing_zeros() as usize;
            // A whole block of it may be what the last block is filled up with, behind the end of the text.
            if length == BLOCK || !is_plain_value(&text[begin..at + length]) {
                return None;
            }
        }
        let mut begins = tokens.plain_begin & inside;
        while begins != 0 {
            let begin = begins.trailing_zeros() as usize;
            begins &= begins - 1;
            let length = (!(tokens.plain >> begin)).trailing_zeros() as usize;
            if begin + length >= BLOCK {
                cut = Some(at + begin);
            } else if !is_plain_value(&block[begin..begin + length]) {
                return None;
            }
        }
        if nesting.depth == 0 {
            let length = BLOCK - inside.leading_zeros() as usize;
            return Some((nesting.elements, at + length));
        }
        previous.go_on(&tokens);
        at += BLOCK;
    }
}

/// A block's bytes: for each kind the bits of those that are of it.
struct Tokens {
    opening: u64,
    /// What follows on an opening bracket.
    after_opening: u64,
    closing: u64,
    colon: u64,
    comma: u64,
    /// A string's first quote.
    string_begin: u64,
    /// A string's last quote.
    string_end: u64,
    /// Whatever else is outside of strings: `is_plain_value` says of each run of them what it is.
    plain: u64,
    plain_begin: u64,
}

impl Tokens {
    /// After these a value, or a key, begins.
    fn before_value(&self) -> u64 {
        self.opening | self.colon | self.comma
    }

    /// With these a value may end: each byte of a plain one, as only the last of them is not followed by another.
    fn after_value(&self) -> u64 {
        self.string_end | self.closing | self.plain
    }
}

/// What the byte before a block was: the lowest bit, as it would be shifted into the block.
struct Previous {
    before_value: u64,
    after_value: u64,
    string_end: u64,
    opening: u64,
    plain: u64,
    /// A backslash takes the block's first byte with it.
    escapes: u64,
    /// All bits: the block begins within a string.
    in_string: u64,
}

impl Previous {
    const NONE: Previous = Previous {
        // The array is a value.
        before_value: 1,
        after_value: 0,
        string_end: 0,
        opening: 0,
        plain: 0,
        escapes: 0,
        in_string: 0,
    };

    /// The tokens of a block, which `rest` begins with, and the control characters. None: an escape that is none.
    #[inline]
    fn tokens(&mut self, block: &[u8; BLOCK], rest: &[u8]) -> Option<(Tokens, u64)> {
        let seen = Seen::look(block);
        let (mut quote, mut control) = (seen.quote, 0);
        if seen.has_backslash || self.escapes != 0 {
            let backslash = lanes(block, |bytes| bytes.simd_eq(u8x16::splat(b'\\')));
            quote &= !self.escaped(backslash, rest)?;
        }
        if seen.has_control {
            control = lanes(block, |bytes| bytes.min(CONTROL).simd_eq(bytes));
        }
        // From each first quote, it included, up to its last one, it excluded.
        let in_string = parity(quote) ^ self.in_string;
        self.in_string = if in_string >> (BLOCK - 1) == 1 { !0 } else { 0 };
        let outside = !(in_string | quote);
        let (opening, closing) = (seen.opening & outside, seen.closing & outside);
        let (colon, comma) = (seen.colon & outside, seen.comma & outside);
        let plain = outside & !(opening | closing | colon | comma);
        let tokens = Tokens {
            opening,
            after_opening: opening << 1 | self.opening,
            closing,
            colon,
            comma,
            string_begin: quote & in_string,
            string_end: quote & !in_string,
            plain,
            plain_begin: plain & !(plain << 1 | self.plain),
        };
        Some((tokens, control))
    }

    /// The bytes that a backslash takes with it. None: it takes something that it may not.
    #[inline]
    fn escaped(&mut self, backslash: u64, rest: &[u8]) -> Option<u64> {
        let mut escaped = std::mem::take(&mut self.escapes);
        let mut acting = backslash & !escaped;
        while acting != 0 {
            let place = acting.trailing_zeros() as usize;
            acting &= acting - 1;
            match rest.get(place + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    let digits = rest.get(place + 2..place + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                }
                _ => return None,
            }
            if place + 1 == BLOCK {
                self.escapes = 1;
            } else {
                escaped |= 1 << (place + 1);
                acting &= !escaped;
            }
        }
        Some(escaped)
    }

    /// The tokens that may not follow on the byte before them, whatever they are in.
    #[inline]
    fn misplaced(&self, tokens: &Tokens) -> u64 {
        let value_may_begin = tokens.before_value() << 1 | self.before_value;
        let value_may_be_over = tokens.after_value() << 1 | self.after_value;
        let key_may_be_over = tokens.string_end << 1 | self.string_end;
        let begins = tokens.string_begin | tokens.opening | tokens.plain_begin;
        (begins & !value_may_begin)
            | (tokens.comma & !value_may_be_over)
            | (tokens.colon & !key_may_be_over)
            | (tokens.closing & !(value_may_be_over | tokens.after_opening))
    }

    fn go_on(&mut self, tokens: &Tokens) {
        let last = |bits: u64| bits >> (BLOCK - 1);
        self.before_value = last(tokens.before_value());
        self.after_value = last(tokens.after_value());
        self.string_end = last(tokens.string_end);
        self.opening = last(tokens.opening);
        self.plain = last(tokens.plain);
    }
}

/// The brackets that are open, and what is between them.
#[derive(Default)]
struct Nesting {
    depth: u32,
    /// A bit for each open bracket, the innermost one lowest: whether it is an object's.
    objects: u64,
    /// In an object: of colon and comma, the colon comes next.
    is_key: bool,
    /// Where the element began that is open.
    element: usize,
    elements: Vec<Range<usize>>,
    /// So many are kept.
    most: usize,
}

impl Nesting {
    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    /// Follows the brackets of a block, until the outermost one closes. The bits of the block that are inside of it. None:
    /// a bracket that closes another, a key without its value or a value without its key, an element that is no object and
    /// no array.
    #[inline]
    fn follow(&mut self, tokens: &Tokens, block: &[u8; BLOCK], at: usize) -> Option<u64> {
        let separators = tokens.colon | tokens.comma;
        // Set at each odd one of them, and up to the next.
        let mut odd = parity(separators);
        let mut brackets = tokens.opening | tokens.closing;
        let mut ahead = !0_u64;
        loop {
            let bracket = brackets & brackets.wrapping_neg();
            // Up to the next bracket; all, if there is none.
            let between = bracket.wrapping_sub(1) & ahead;
            if self.is_in_object() {
                let odd_ones = if self.is_key { tokens.colon } else { tokens.comma };
                if odd & separators & between != odd_ones & between {
                    return None;
                }
                self.is_key ^= (separators & between).count_ones() & 1 == 1;
            } else if tokens.colon & between != 0
                || (self.depth == 1 && (tokens.plain | tokens.string_begin) & between != 0)
            {
                return None;
            }
            if bracket == 0 {
                return Some(!0);
            }
            let place = bracket.trailing_zeros() as usize;
            ahead = !(bracket | bracket.wrapping_sub(1));
            if odd & bracket != 0 {
                odd = !odd;
            }
            // `{` and `}` have this bit, `[` and `]` have not.
            let is_object = block[place] & 0x20 != 0;
            if tokens.opening & bracket != 0 {
                let instead_of_key = self.is_in_object() && self.is_key;
                if instead_of_key || self.depth == DEPTH {
                    return None;
                }
                if self.depth == 1 {
                    self.element = at + place;
                }
                self.depth += 1;
                self.objects = self.objects << 1 | u64::from(is_object);
                self.is_key = is_object;
            } else {
                // Behind its opening bracket, or behind a comma, stands a key and no value.
                let lacks_value = self.is_key && is_object && tokens.after_opening & bracket == 0;
                if lacks_value || self.is_in_object() != is_object {
                    return None;
                }
                self.depth -= 1;
                self.objects >>= 1;
                self.is_key = false;
                if self.depth == 1 {
                    if self.elements.len() < self.most {
                        self.elements.push(self.element..at + place + 1);
                    }
                } else if self.depth == 0 {
                    return Some(!ahead);
                }
            }
            brackets ^= bracket;
        }
    }
}

/// What a block's bytes are, inside of strings or not.
struct Seen {
    quote: u64,
    opening: u64,
    closing: u64,
    colon: u64,
    comma: u64,
    has_backslash: bool,
    has_control: bool,
}

/// The highest control character.
const CONTROL: u8x16 = u8x16::new([b' ' - 1; 16]);

impl Seen {
    #[inline]
    fn look(block: &[u8; BLOCK]) -> Seen {
        let is = |kind: u8| lanes(block, |bytes| bytes.simd_eq(u8x16::splat(kind)));
        // The curly brackets, and the square ones, which are 0x20 below.
        let is_bracket = |kind: u8| lanes(block, |bytes| (bytes | u8x16::splat(0x20)).simd_eq(u8x16::splat(kind)));
        let (mut backslash, mut least) = (u8x16::splat(0), u8x16::splat(!0));
        for bytes in block.as_chunks().0 {
            let bytes = u8x16::new(*bytes);
            backslash |= bytes.simd_eq(u8x16::splat(b'\\'));
            least = least.min(bytes);
        }
        Seen {
            quote: is(b'"'),
            opening: is_bracket(b'{'),
            closing: is_bracket(b'}'),
            colon: is(b':'),
            comma: is(b','),
            has_backslash: backslash.to_bitmask() != 0,
            has_control: least.min(CONTROL).simd_eq(least).to_bitmask() != 0,
        }
    }
}

/// The bits of the bytes that are found.
#[inline]
fn lanes(block: &[u8; BLOCK], find: impl Fn(u8x16) -> u8x16) -> u64 {
    let mut found = [0; BLOCK / 16];
    for (found, bytes) in found.iter_mut().zip(block.as_chunks().0) {
        *found = u64::from(find(u8x16::new(*bytes)).to_bitmask());
    }
    found[0] | found[1] << 16 | found[2] << 32 | found[3] << 48
}

/// The last block.
#[cold]
fn pad(rest: &[u8]) -> [u8; BLOCK] {
    let mut block = [b' '; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// Each bit: whether the number of bits up to this one, it included, is odd.
#[inline]
fn parity(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(bits, |bits, width| bits ^ bits << width)
}

/// Whether it is a number, `true`, `false` or `null`.
fn is_plain_value(bytes: &[u8]) -> bool {
    matches!(bytes, b"null" | b"true" | b"false") || is_number(bytes)
}

fn is_number(bytes: &[u8]) -> bool {
    fn after_digits(bytes: &[u8]) -> Option<&[u8]> {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0).then(|| &bytes[digits..])
    }
    fn after_number(bytes: &[u8]) -> Option<&[u8]> {
        let bytes = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let bytes = match bytes {
            [b'0', rest @ ..] => rest,
            digits => after_digits(digits)?,
        };
        let bytes = match bytes {
            [b'.', digits @ ..] => after_digits(digits)?,
            rest => rest,
        };
        match bytes {
            [b'e' | b'E', b'+' | b'-', digits @ ..] | [b'e' | b'E', digits @ ..] => after_digits(digits),
            rest => Some(rest),
        }
    }
    after_number(bytes).is_some_and(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    //! Beside `serde_json`: what is taken is valid and the same, and what is compact is taken.

    use serde_json::value::RawValue;

    use super::*;

    /// The elements as `serde_json` finds them. None: it is no array, or not valid.
    fn slowly(text: &str) -> Option<Vec<Range<usize>>> {
        let place = |raw: &&RawValue| {
            let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
            start..start + raw.get().len()
        };
        let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        Some(elements.iter().map(place).collect())
    }

    /// Whether the array is taken; what is taken is what `serde_json` finds.
    fn is_taken(text: &str) -> bool {
        let Some((places, end)) = elements(text.as_bytes(), 0, usize::MAX) else {
            return false;
        };
        assert_eq!(slowly(&text[..end]).as_ref(), Some(&places), "{text}");
        true
    }

    /// Calls with each sequence of up to so many of the pieces.
    fn each_sequence(pieces: &[&str], length: usize, call: &mut impl FnMut(&str)) {
        fn grow(text: &mut String, pieces: &[&str], length: usize, call: &mut impl FnMut(&str)) {
            call(text);
            if length > 0 {
                for piece in pieces {
                    text.push_str(piece);
                    grow(text, pieces, length - 1, call);
                    text.truncate(text.len() - piece.len());
                }
            }
        }
        grow(&mut String::new(), pieces, length, call);
    }

    /// Every sequence of so many tokens, behind an element that ends so many bytes before the second block.
    fn compare(length: usize, bytes_before: usize) -> (u64, u64) {
        const TOKENS: [&str; 13] = ["{", "{\"a\":", "}", "[", "]", ":", ",", "\"a\"", "\"", "\\", "-1", "null", "é"];
        let filling = BLOCK - "[{\"\":0},".len() - bytes_before;
        let before = format!("[{{\"{}\":0}},", "x".repeat(filling));
        let before = if bytes_before == 0 { "[" } else { &before };
        let (mut taken, mut compact) = (0, 0);
        each_sequence(&TOKENS, length, &mut |tokens| {
            let text = format!("{before}{tokens}]");
            taken += u64::from(is_taken(&text));
            let elements = slowly(&text).unwrap_or_default();
            let is_compact = elements.iter().all(|place| matches!(text.as_bytes()[place.start], b'{' | b'['));
            if !elements.is_empty() && is_compact {
                assert!(is_taken(&text), "{text}");
                compact += 1;
            }
        });
        (taken, compact)
    }

    #[test]
    fn every_short_sequence_of_tokens_is_read_as_serde_json_reads_it() {
        let is_full = std::env::var_os("MYPREFERENCES_TEST_FULL").is_some();
        let longest = if is_full { 5 } else { 4 };
        let (taken, compact) = compare(longest + 1, 0);
        assert!(taken > compact && compact > 30, "{taken} {compact}");
        // Across the end of a block, wherever it falls.
        for bytes_before in 1..10 {
            let (taken, compact) = compare(longest, bytes_before);
            assert!(taken > compact && compact > 5, "{taken} {compact}");
        }
    }

    #[test]
    fn plain_values_are_those_of_serde_json() {
        const PIECES: [&str; 10] = ["0", "1", "9", "-", "+", ".", "e", "E", "true", "null"];
        each_sequence(&PIECES, 5, &mut |value| {
            let text = format!("[[{value}]]");
            let is_value = slowly(&text).is_some();
            assert_eq!(is_taken(&text), is_value, "{text}");
        });
    }

    #[test]
    fn a_value_cut_by_the_end_of_a_block_or_of_the_text_is_read_as_serde_json_reads_it() {
        for value in ["1", "-0", "1.5e+7", "null", "x"] {
            for repeated in 1..200 {
                let text = format!("[[{}],{{}}]", value.repeat(repeated));
                for end in 1..text.len() {
                    assert!(!is_taken(&text[..end]));
                }
                let is_short = value.len() * repeated < BLOCK;
                let is_valid = slowly(&text).is_some();
                assert!(is_taken(&text) == is_valid || !is_short, "{text}");
            }
        }
    }

    #[test]
    fn escapes_and_control_characters_are_those_of_serde_json() {
        const PIECES: [&str; 12] = ["\\", "\"", "u00", "uD83d", "4F", "g", "n", "/", "é", "\n", "\u{1f}", "\u{7f}"];
        let mut taken = 0;
        for bytes_before in 1..8 {
            let filling = "x".repeat(BLOCK - "[[\"".len() - bytes_before);
            each_sequence(&PIECES, 4, &mut |inside| {
                let text = format!("[[\"{filling}{inside}\"]]");
                // No piece has a comma or a bracket: what begins is an array, or the text is not valid.
                let is_valid = slowly(&text).is_some();
                assert_eq!(is_taken(&text), is_valid, "{text:?}");
                taken += u32::from(is_valid);
            });
        }
        assert!(taken > 1000, "{taken}");
    }

    #[test]
    fn records_with_bytes_changed_are_read_as_serde_json_reads_them() {
        const BYTES: &[u8] = b"{}[]:,\"\\ 01-+.eEtrufalsn\n\tx\xc3\xa9";
        let records = concat!(
            r#"[{"Operation":1,"ProgramID":"NEWS","FilterID":null,"CustomProperties":[],"CID":"C001","#,
            r#""FirstName":"\ud842\udfb7\u91ce","LastName":"D'Arcy \"x\"\\","Flags":[true,false,[-0.5e+10]],"#,
            r#""Contact":{"Email":"a@example.com","Big":9223372036854775808,"Empty":{}}},"#,
            r#"{"City":"Łódź, {[\"]}","Unit":[[],{},[[[{"a":[1,2]}]]]],"Date":"2025-05-13"},[],{}]"#
        );
        assert!(is_taken(records));
        fastrand::seed(1);
        let (mut taken, mut valid) = (0, 0);
        for _ in 0..30_000 {
            let mut bytes = records.as_bytes().to_vec();
            // Moves it across the blocks.
            let filling = format!("{{\"{}\":0}},", "y".repeat(fastrand::usize(0..BLOCK)));
            bytes.splice(1..1, filling.bytes());
            for _ in 0..fastrand::usize(1..4) {
                let place = fastrand::usize(0..bytes.len());
                match fastrand::usize(0..3) {
                    0 => bytes[place] = BYTES[fastrand::usize(0..BYTES.len())],
                    1 => bytes.insert(place, BYTES[fastrand::usize(0..BYTES.len())]),
                    _ => {
                        bytes.remove(place);
                    }
                }
            }
            // A page is text before it is read.
            if let Ok(text) = std::str::from_utf8(&bytes) {
                taken += u32::from(is_taken(text));
                valid += u32::from(slowly(text).is_some());
            }
        }
        assert!(taken > 1000 && valid > 1000, "{taken} {valid}");
    }

    #[test]
    fn what_is_nested_too_deeply_is_left_to_serde_json() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_taken(&nested(64)));
        assert!(!is_taken(&nested(65)));
        assert!(!is_taken(&nested(200)));
        assert!(!is_taken("{}"));
        assert!(!is_taken("[ ]"));
        assert!(is_taken("[]"));
    }
}

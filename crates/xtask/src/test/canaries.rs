//! The secrets that tests hand to the client and that must be found in nothing the tests print, at any log level.
//!
//! The same constants stand in the tests of the other crates; whoever changes one changes it there too, and adds a new
//! kind of secret here first. This module knows the forms a secret can leak in and how to hide them from a terminal.

use std::sync::LazyLock;

/// One planted secret.
pub(super) struct Canary {
    /// What a message calls it.
    pub(super) name: &'static str,
    value: &'static str,
}

/// Each kind of credential, and the access token: it opens the export, so it is a secret as well.
#[rustfmt::skip]
pub(super) const CANARIES: &[Canary] = &[
    // The shared secret of the keyed HMAC (PNAUTHINFO3).
    Canary { name: "HMAC secret", value: "canary-hmac-secret-Zk3v9Qx7" },
    // A bearer token.
    Canary { name: "bearer token", value: "canary-bearer-token-Pw8s5Lm2" },
    // An `Authorization` value that the caller gives verbatim.
    Canary { name: "verbatim Authorization", value: "canary-verbatim-authorization-Hd6t1Rj4" },
    // The client secret that a caller's own provider exchanges for a token.
    Canary { name: "OAuth secret", value: "canary-oauth-secret-Yb4n8Fg3" },
    // A line of a private key in a PEM file.
    Canary { name: "private key", value: "canaryPrivateKeyQw7Tn5Zb" },
    // The password of a proxy, or in a URL where none belongs.
    Canary { name: "password in a URL", value: "canary-url-password-Mv2c8Ds1" },
    // A key in the query of a URL.
    Canary { name: "key in a query", value: "canary-query-key-Kx4p6Wy9" },
    // The access token of the retrieval, as it stands in the URL's path.
    Canary { name: "access token", value: "7731902846155093" },
];

/// Every form of every canary, in lower case, beside the name of the canary.
static FORMS: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let forms_of =
        |canary: &Canary| forms(canary.value).into_iter().map(|form| (canary.name, form)).collect::<Vec<_>>();
    CANARIES.iter().flat_map(forms_of).collect()
});

/// The name of the first canary that the line holds, in whatever form.
pub(super) fn found_in(line: &str) -> Option<&'static str> {
    let line = line.to_ascii_lowercase();
    FORMS.iter().find(|(_, form)| line.contains(form.as_str())).map(|(name, _)| *name)
}

/// The line with stars in place of each canary, fit for a terminal.
pub(super) fn mask(line: &str) -> String {
    let mut masked = line.to_owned();
    // Lower case of ASCII keeps every position, so what is found there can be replaced here.
    let mut lower = line.to_ascii_lowercase();
    for (_, form) in FORMS.iter() {
        while let Some(start) = lower.find(form.as_str()) {
            lower.replace_range(start..start + form.len(), "***");
            masked.replace_range(start..start + form.len(), "***");
        }
    }
    masked
}

/// How a text can look after the usual transformations. All in lower case: letter case is no disguise.
fn forms(value: &str) -> Vec<String> {
    let each = |write: fn(u8) -> String, between: &str| value.bytes().map(write).collect::<Vec<_>>().join(between);
    let mut forms = vec![
        value.to_owned(),
        // Percent-encoded: all but letters and digits, and every byte.
        each(
            |byte| {
                if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") }
            },
            "",
        ),
        each(|byte| format!("%{byte:02x}"), ""),
        // Hexadecimal, and the list of numbers that `{:?}` makes of bytes.
        each(|byte| format!("{byte:02x}"), ""),
        each(|byte| byte.to_string(), ", "),
    ];
    for offset in 0..3 {
        let standard = base64_within(value.as_bytes(), offset);
        forms.push(standard.replace('+', "-").replace('/', "_"));
        forms.push(standard);
    }
    for form in &mut forms {
        form.make_ascii_lowercase();
    }
    forms.sort();
    forms.dedup();
    forms
}

/// The base64 of a text that begins `offset` (mod 3) bytes into a longer one, as in `user:secret`: only the characters
/// that do not depend on its neighbours.
fn base64_within(text: &[u8], offset: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |position: usize| -> usize {
        position
            .checked_sub(offset * 8)
            .and_then(|own| text.get(own / 8).map(|byte| usize::from((byte >> (7 - own % 8)) & 1)))
            .unwrap_or(0)
    };
    let first = (offset * 8).div_ceil(6);
    let end = (offset + text.len()) * 8 / 6;
    (first..end)
        .map(|place| (0..6).fold(0, |value, step| (value << 1) | bit(place * 6 + step)))
        .map(|value| char::from(ALPHABET[value]))
        .collect()
}

#[cfg(test)]
mod tests {
    // The output of these tests is searched for canaries too: no assertion here may print one.
    use super::*;

    #[test]
    fn base64_is_the_standard_one_at_each_offset() {
        assert_eq!(base64_within(b"foobar", 0), "Zm9vYmFy");
        // "x:foobar" is eDpmb29iYXI=, "x" + "foobar" is eGZvb2Jhcg==: the ends belong to the neighbours.
        assert_eq!(base64_within(b"foobar", 1), "Zvb2Jhc");
        assert_eq!(base64_within(b"foobar", 2), "mb29iYXI"[..7].to_owned());
    }

    #[test]
    fn each_canary_is_found_and_masked_in_every_form() {
        for (name, form) in FORMS.iter() {
            let line = format!("before {form} after");
            assert_eq!(found_in(&line), Some(*name));
            assert!(mask(&line) == "before *** after", "a form of the {name} is not masked");
        }
    }

    #[test]
    fn upper_case_hides_nothing() {
        let line = CANARIES[0].value.to_ascii_uppercase();
        assert!(found_in(&line).is_some() && mask(&line) == "***");
    }

    #[test]
    fn a_key_as_the_numbers_of_its_bytes_is_found() {
        let line = format!("illegal section start: {:?}", CANARIES[4].value.as_bytes());
        assert_eq!(found_in(&line), Some("private key"));
    }

    #[test]
    fn a_canary_inside_a_basic_authorization_is_found() {
        let basic = base64_within(format!("someone:{}", CANARIES[1].value).as_bytes(), 0);
        assert_eq!(found_in(&basic), Some("bearer token"));
    }

    #[test]
    fn two_canaries_in_one_line_are_both_masked_and_text_beyond_ascii_survives() {
        let line = format!("é {} ü {} ß", CANARIES[0].value, CANARIES[7].value);
        assert!(mask(&line) == "é *** ü *** ß");
    }

    #[test]
    fn what_is_already_redacted_is_no_canary() {
        assert_eq!(found_in("POST /4711/export/Segment/Commit/***5093 canary-hmac-secret-***"), None);
    }
}

//! The access token's text: the argument, standard input (`-`) or the environment. The core checks it.

use std::ffi::OsString;
use std::io::{BufRead, Read};

use mypreferences::Operation;

use crate::failure::{self, Failure};

/// A token has 19 digits at most; a longer line is something else.
const MAX_LINE: u64 = 1024;

/// The variable that gives a token.
pub(crate) const VARIABLE: &str = "MYPREFERENCES_ACCESS_TOKEN";

/// Finds the token's text. `variable` is what [`VARIABLE`] holds; `input` is read only when the argument is `-`.
pub(crate) fn token_text(
    argument: Option<&str>,
    variable: Option<OsString>,
    input: impl FnOnce() -> Box<dyn BufRead>,
    operation: Operation,
) -> Result<String, Failure> {
    match argument {
        Some("-") => read_line(input(), operation),
        Some(token) => Ok(token.to_owned()),
        None => match variable.filter(|value| !value.is_empty()).map(OsString::into_string) {
            Some(Ok(token)) => Ok(token),
            Some(Err(_)) => Err(failure::configuration(
                format!("{VARIABLE} is not UTF-8"),
                format!("set {VARIABLE} to the integer that Initiate returned"),
            )),
            None => Err(failure::usage(
                operation,
                "the access token is missing",
                "pass the integer that Initiate returned as AccessToken, or - to read it from standard input, or set \
                 MYPREFERENCES_ACCESS_TOKEN",
            )),
        },
    }
}

fn read_line(input: Box<dyn BufRead>, operation: Operation) -> Result<String, Failure> {
    let refused =
        |detail: &str| failure::usage(operation, detail, "write one line with the access token to standard input");
    let mut line = String::new();
    input.take(MAX_LINE).read_line(&mut line).map_err(|_| refused("standard input cannot be read as text"))?;
    if line.is_empty() {
        return Err(refused("standard input is empty"));
    }
    let token = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n'));
    Ok(token.unwrap_or(&line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(argument: Option<&str>, variable: Option<&str>, input: &'static str) -> String {
        token_text(argument, variable.map(OsString::from), || Box::new(input.as_bytes()), Operation::Commit)
            .unwrap_or_else(|failure| failure.to_string())
    }

    #[test]
    fn the_argument_beats_the_environment_and_a_dash_reads_one_line() {
        let variable = Some("22");
        assert_eq!(found(Some("11"), variable, ""), "11");
        assert_eq!(found(Some("-"), variable, "33\nmore"), "33");
        assert_eq!(found(Some("-"), variable, "33\r\n"), "33");
        assert_eq!(found(Some("-"), variable, " 33 \n"), " 33 ");
        assert_eq!(found(None, variable, ""), "22");
    }

    #[test]
    fn a_missing_token_is_said_with_the_ways_to_give_it() {
        let text = found(None, Some(""), "");
        assert!(text.contains("MYPREFERENCES_ACCESS_TOKEN"), "{text}");
        assert!(found(Some("-"), None, "").contains("standard input is empty"));
    }
}

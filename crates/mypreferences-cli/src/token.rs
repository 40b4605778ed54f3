//! The access token's text: the argument, standard input (`-`) or the environment. The core checks it.

use std::io::{BufRead, Read};

use mypreferences::Operation;

use crate::credentials::without_line_end;
use crate::environment::Environment;
use crate::failure::{self, Failure};

/// A token has 19 digits at most; a longer line is something else.
const MAX_LINE: u64 = 1024;

/// Finds the token's text. `input` is read only when the argument is `-`.
pub(crate) fn token_text(
    argument: Option<&str>,
    environment: &Environment,
    input: impl FnOnce() -> Box<dyn BufRead>,
    operation: Operation,
) -> Result<String, Failure> {
    match argument {
        Some("-") => read_line(input(), operation),
        Some(token) => Ok(token.to_owned()),
        None => match environment.text("access_token")? {
            Some(token) => Ok(token.to_owned()),
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
    let refused = |detail: &str| {
        failure::usage(
            operation,
            detail,
            "write one line with the access token to standard input",
        )
    };
    let mut line = String::new();
    input
        .take(MAX_LINE)
        .read_line(&mut line)
        .map_err(|_| refused("standard input cannot be read as text"))?;
    if line.is_empty() {
        return Err(refused("standard input is empty"));
    }
    Ok(without_line_end(&line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(argument: Option<&str>, environment: &[(&str, &str)], input: &'static str) -> String {
        token_text(
            argument,
            &Environment::with(environment),
            || Box::new(input.as_bytes()),
            Operation::Commit,
        )
        .unwrap_or_else(|failure| failure.to_string())
    }

    #[test]
    fn the_argument_beats_the_environment_and_a_dash_reads_one_line() {
        let environment = [("ACCESS_TOKEN", "22")];
        assert_eq!(found(Some("11"), &environment, ""), "11");
        assert_eq!(found(Some("-"), &environment, "33\nmore"), "33");
        assert_eq!(found(Some("-"), &environment, " 33 \n"), " 33 ");
        assert_eq!(found(None, &environment, ""), "22");
    }

    #[test]
    fn a_missing_token_is_said_with_the_ways_to_give_it() {
        let text = found(None, &[("ACCESS_TOKEN", "")], "");
        assert!(text.contains("MYPREFERENCES_ACCESS_TOKEN"), "{text}");
        assert!(found(Some("-"), &[], "").contains("standard input is empty"));
    }
}

//! A wrong command line, told in our own words: clap's would repeat what was typed, and that may be a secret or an
//! access token in the wrong place.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use mypreferences::Operation;

use crate::failure::{self, Failure};

/// Whether `--json` was asked for, known before (and even if not) the command line can be read.
pub(crate) fn wants_json(arguments: &[OsString]) -> bool {
    arguments.iter().skip(1).take_while(|argument| *argument != "--").any(|argument| argument == "--json")
}

/// What else there would be.
const COMMANDS: &str = "use export, verify, commit, status, resolve, doctor, config, demo or mock; see --help";

/// The failure for a command line that clap refused.
pub(crate) fn refused(error: &clap::Error, arguments: &[OsString]) -> Failure {
    let operation = operation(arguments);
    let name = argument_name(error);
    let values = valid_values(error);
    let (detail, next_action) = match error.kind() {
        _ if name.as_deref() == Some("--secret") => (
            "secrets are never taken from the command line".to_owned(),
            "set MYPREFERENCES_SECRET, or point --secret-file at a file that only you can read",
        ),
        ErrorKind::InvalidValue | ErrorKind::MissingRequiredArgument
            if name.as_deref().is_some_and(|name| name.starts_with("--keep-files")) =>
        {
            (
                "--keep-files must be true or false; it has no default".to_owned(),
                "say --keep-files true to keep the export files on the server, or --keep-files false to delete them",
            )
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::WrongNumberOfValues => (
            format!("{} lacks a value or has a wrong one", name.as_deref().unwrap_or("an option")),
            values.as_deref().unwrap_or("see --help for the values it takes"),
        ),
        ErrorKind::MissingRequiredArgument => {
            ("an argument of the command is missing".to_owned(), "see --help for the arguments of the command")
        }
        ErrorKind::ArgumentConflict if stands_before_a_command(error) => (
            "list, status, commit and abandon take no options of an export".to_owned(),
            "leave the options of the export out; see `mypreferences export --help`",
        ),
        ErrorKind::ArgumentConflict => {
            (format!("{} is given more than once", name.as_deref().unwrap_or("an option")), "give it once")
        }
        ErrorKind::UnknownArgument => (
            match name.as_deref() {
                Some(name) => format!("there is no option {name}"),
                None => "there is an argument too many, or an unknown one".to_owned(),
            },
            "see --help for the arguments of the command",
        ),
        ErrorKind::InvalidSubcommand if operation == Operation::Export => (
            "export has no such command".to_owned(),
            "use list, status, commit or abandon; see `mypreferences export --help`",
        ),
        ErrorKind::InvalidSubcommand => ("there is no such command".to_owned(), COMMANDS),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ("there is no command".to_owned(), COMMANDS)
        }
        ErrorKind::InvalidUtf8 => ("an argument is not UTF-8".to_owned(), "pass text in UTF-8; see --help"),
        // clap may know more ways to be wrong; none of them needs other words.
        _ => ("the arguments cannot be understood".to_owned(), "see --help for the arguments of the command"),
    };
    failure::usage(operation, detail, next_action)
}

/// The words that an option takes, where clap knows them: ours, nothing of what was typed.
fn valid_values(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::ValidValue)? {
        ContextValue::Strings(values) if !values.is_empty() => Some(format!("pass one of {}", values.join(", "))),
        _ => None,
    }
}

/// Options of `export` before one of its commands.
fn stands_before_a_command(error: &clap::Error) -> bool {
    error.get(ContextKind::InvalidSubcommand).is_some()
}

/// The option that clap complains about. What was typed is shown only if it looks like an option's name.
fn argument_name(error: &clap::Error) -> Option<String> {
    let text = match error.get(ContextKind::InvalidArg)? {
        ContextValue::String(text) => text.as_str(),
        ContextValue::Strings(texts) => texts.first()?.as_str(),
        _ => return None,
    };
    let name = text.split(['=', ' ']).next()?;
    let looks_like_one = name.strip_prefix("--").is_some_and(|rest| {
        (1..=24).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    looks_like_one.then(|| name.to_owned())
}

/// The core's name of the operation that the command line was meant for.
pub(crate) fn operation(arguments: &[OsString]) -> Operation {
    arguments.iter().skip(1).find_map(|argument| named(argument)).unwrap_or(Operation::Configure)
}

fn named(argument: &OsStr) -> Option<Operation> {
    match argument.to_str()? {
        "commit" => Some(Operation::Commit),
        "status" => Some(Operation::Status),
        "resolve" => Some(Operation::ResolveCommit),
        "export" | "verify" => Some(Operation::Export),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser;

    fn told(arguments: &[&str]) -> String {
        let arguments: Vec<OsString> =
            std::iter::once("mypreferences").chain(arguments.iter().copied()).map(OsString::from).collect();
        match Arguments::try_parse_from(&arguments) {
            Ok(_) => panic!("was taken"),
            Err(error) => refused(&error, &arguments).to_string(),
        }
    }

    #[test]
    fn what_was_typed_is_never_repeated() {
        for arguments in [
            &["commit", "7", "--secret", "hush"][..],
            &["commit", "7", "--secret=hush"],
            &["commit", "7", "--hush1234=hush"],
            &["commit", "7", "hush", "--keep-files", "true"],
            &["commit", "7", "--keep-files", "hush"],
            &["commit", "7", "--keep-files=hush"],
            &["hush"],
            &["commit", "-7hush", "--keep-files", "true"],
            &["--json=hush", "status", "7"],
        ] {
            let text = told(arguments);
            assert!(!text.contains("hush"), "{text}");
            assert!(text.contains("failed: invalid argument: "), "{text}");
        }
        assert!(told(&["status", "7", "--secret=x"]).contains("MYPREFERENCES_SECRET"));
    }

    #[test]
    fn keep_files_takes_two_words_and_has_no_default() {
        for arguments in [
            &["commit", "7"][..],
            &["commit", "7", "--keep-files"],
            &["commit", "7", "--keep-files", "True"],
            &["commit", "7", "--keep-files", "1"],
            &["commit", "7", "--keep-files", ""],
            &["commit", "7", "--keep-files=yes"],
        ] {
            let text = told(arguments);
            assert!(text.contains("--keep-files must be true or false"), "{text}");
            assert!(text.contains("; not committed; say --keep-files"), "{text}");
        }
        let text = told(&["commit", "7", "--keep-files", "true", "--keep-files", "false"]);
        assert!(text.contains("--keep-files is given more than once"), "{text}");
    }

    #[test]
    fn json_is_seen_wherever_it_stands() {
        let seen = |arguments: &[&str]| wants_json(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(seen(&["m", "--json", "commit"]));
        assert!(seen(&["m", "commit", "--nonsense", "--json"]));
        assert!(!seen(&["m", "commit", "--", "--json"]));
        assert!(!seen(&["--json"]));
    }
}

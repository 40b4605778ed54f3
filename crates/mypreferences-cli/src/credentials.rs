//! Credentials from the environment or a secret file: exactly one source. Secrets never stand on the command line,
//! and never in a message.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use mypreferences::Credentials;

use crate::arguments::Options;
use crate::environment::Environment;
use crate::failure::{self, Failure};
use crate::oauth;

/// Larger than any secret; a file that is longer is the wrong one.
const MAX_SECRET: u64 = 64 * 1024;

const WAYS: &str = "set MYPREFERENCES_USER_ID and MYPREFERENCES_SECRET (or --user-id and --secret-file), or \
                    MYPREFERENCES_OAUTH_TOKEN_URL, _CLIENT_ID and _CLIENT_SECRET, or \
                    MYPREFERENCES_BEARER_TOKEN, or MYPREFERENCES_AUTHORIZATION";

/// Where the HMAC secret is.
enum Secret<'a> {
    Variable,
    File { source: String, path: &'a Path },
}

impl Secret<'_> {
    fn source(&self) -> String {
        match self {
            Secret::Variable => Environment::variable("secret"),
            Secret::File { source, .. } => source.clone(),
        }
    }
}

/// Reads the one source of credentials.
pub(crate) fn credentials(
    options: &Options,
    environment: &Environment,
) -> Result<Credentials, Failure> {
    // A flag that belongs to HMAC or to OAuth chooses it: the environment's other credentials do not count then. The
    // user id belongs to both.
    let oauth_by_flag = oauth::is_chosen_by_flag(options);
    let chosen_by_flag =
        oauth_by_flag || options.secret_file.is_some() || options.user_id.is_some();
    let secrets = if oauth_by_flag && options.secret_file.is_none() {
        Vec::new()
    } else {
        secrets(options, environment)
    };
    let by_oauth = if options.secret_file.is_some() && !oauth_by_flag {
        Vec::new()
    } else {
        oauth::places(options, environment)
    };
    let others: Vec<&str> = ["bearer_token", "authorization"]
        .into_iter()
        .filter(|name| !chosen_by_flag && environment.value(name).is_some())
        .collect();

    let found: Vec<String> = secrets
        .iter()
        .map(Secret::source)
        .chain(by_oauth.iter().cloned())
        .chain(others.iter().map(|name| Environment::variable(name)))
        .collect();
    if found.len() > 1 {
        return Err(failure::configuration(
            format!(
                "several credentials contradict each other: {}",
                found.join(", ")
            ),
            "keep one of them and unset the others",
        ));
    }
    if let Some(secret) = secrets.first() {
        return hmac(secret, options, environment);
    }
    if !by_oauth.is_empty() {
        return oauth::credentials(options, environment);
    }
    match others.first() {
        Some(&"bearer_token") => Ok(Credentials::bearer(
            environment.text("bearer_token")?.unwrap_or_default(),
        )),
        Some(_) => Ok(Credentials::verbatim(
            environment.text("authorization")?.unwrap_or_default(),
        )),
        None if chosen_by_flag || environment.value("user_id").is_some() => {
            Err(failure::configuration(
                "there is a user id, but no secret",
                "set MYPREFERENCES_SECRET, MYPREFERENCES_SECRET_FILE or --secret-file",
            ))
        }
        None => Err(failure::configuration("there are no credentials", WAYS)),
    }
}

fn secrets<'a>(options: &'a Options, environment: &'a Environment) -> Vec<Secret<'a>> {
    if let Some(path) = &options.secret_file {
        return vec![Secret::File {
            source: "--secret-file".to_owned(),
            path,
        }];
    }
    let variable = environment.value("secret").map(|_| Secret::Variable);
    let file = environment.value("secret_file").map(|path| Secret::File {
        source: Environment::variable("secret_file"),
        path: Path::new(path),
    });
    variable.into_iter().chain(file).collect()
}

fn hmac(
    secret: &Secret<'_>,
    options: &Options,
    environment: &Environment,
) -> Result<Credentials, Failure> {
    let user_id = match &options.user_id {
        Some(user_id) => user_id.as_str(),
        None => environment.text("user_id")?.ok_or_else(|| {
            failure::configuration(
                format!("there is a secret ({}), but no user id", secret.source()),
                "set MYPREFERENCES_USER_ID or --user-id to the API user of the secret",
            )
        })?,
    };
    let secret = match secret {
        Secret::Variable => environment.text("secret")?.unwrap_or_default().to_owned(),
        Secret::File { source, path } => read_secret(source, path)?,
    };
    Ok(Credentials::hmac(user_id, secret))
}

/// The content of the file without one line end.
pub(crate) fn read_secret(source: &str, path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let unreadable = |why: String| {
        failure::configuration(
            format!("the secret file {shown} cannot be read: {why}"),
            format!("point {source} at a readable file that holds the secret and nothing else"),
        )
    };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    // Of the open file, not of the path: nobody can swap it in between.
    refuse_open_mode(&file, path).map_err(|failure| match failure {
        Some(failure) => failure,
        None => unreadable("its mode is not known".to_owned()),
    })?;
    let mut text = String::new();
    file.take(MAX_SECRET + 1)
        .read_to_string(&mut text)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => unreadable("it is not UTF-8".to_owned()),
            _ => unreadable(error.to_string()),
        })?;
    if text.len() as u64 > MAX_SECRET {
        return Err(unreadable("it is longer than 64 KiB".to_owned()));
    }
    let secret = without_line_end(&text);
    if secret.is_empty() {
        return Err(unreadable("it is empty".to_owned()));
    }
    Ok(secret.to_owned())
}

/// The text without one line end.
pub(crate) fn without_line_end(text: &str) -> &str {
    text.strip_suffix("\r\n")
        .or_else(|| text.strip_suffix('\n'))
        .unwrap_or(text)
}

#[cfg(unix)]
fn refuse_open_mode(file: &File, path: &Path) -> Result<(), Option<Failure>> {
    use std::os::unix::fs::MetadataExt;
    const OTHERS: u32 = 0o077;
    let mode = file.metadata().map_err(|_| None)?.mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(Some(failure::configuration(
        format!(
            "the secret file {} can be read by others (mode {mode:04o})",
            path.display()
        ),
        format!("run: chmod 600 {}", quoted(path.as_os_str())),
    )))
}

#[cfg(not(unix))]
fn refuse_open_mode(_file: &File, _path: &Path) -> Result<(), Option<Failure>> {
    // Access lists cannot be read without a library; the file's owner has to see to it.
    Ok(())
}

/// For a shell, quoted only where it has to be.
#[cfg_attr(not(unix), allow(dead_code))]
fn quoted(path: &OsStr) -> String {
    let path = path.to_string_lossy();
    let plain = path
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c));
    // A leading dash would be an option.
    match (plain, path.starts_with('-')) {
        (true, false) => path.into_owned(),
        (true, true) => format!("./{path}"),
        (false, _) => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(options: &Options, environment: &[(&str, &str)]) -> Result<String, Failure> {
        credentials(options, &Environment::with(environment)).map(|found| format!("{found:?}"))
    }

    #[test]
    fn each_way_is_taken_when_it_is_the_only_one() {
        let none = Options::default();
        assert_eq!(
            sort(&none, &[("USER_ID", "u"), ("SECRET", "s")]).unwrap(),
            "Credentials(hmac, ***)"
        );
        assert_eq!(
            sort(&none, &[("BEARER_TOKEN", "b"), ("USER_ID", "u")]).unwrap(),
            "Credentials(bearer, ***)"
        );
        assert_eq!(
            sort(&none, &[("AUTHORIZATION", "Basic a")]).unwrap(),
            "Credentials(verbatim, ***)"
        );
    }

    #[test]
    fn several_are_refused_by_name_and_never_by_value() {
        let failure = sort(
            &Options::default(),
            &[
                ("USER_ID", "u"),
                ("SECRET", "hush-secret"),
                ("SECRET_FILE", "hush-file"),
                ("BEARER_TOKEN", "hush-bearer"),
                ("AUTHORIZATION", "hush-authorization"),
            ],
        )
        .unwrap_err();
        let text = failure.to_string();
        for name in [
            "_SECRET,",
            "_SECRET_FILE,",
            "_BEARER_TOKEN,",
            "_AUTHORIZATION;",
        ] {
            assert!(text.contains(&format!("MYPREFERENCES{name}")), "{text}");
        }
        assert!(!text.contains("hush"), "{text}");
        assert_eq!(crate::exit_code::exit_code(&failure), 78);
    }

    #[test]
    fn a_flag_that_belongs_to_hmac_beats_the_environments_other_credentials() {
        let options = Options {
            user_id: Some("u".to_owned()),
            ..Options::default()
        };
        assert_eq!(
            sort(&options, &[("SECRET", "s"), ("BEARER_TOKEN", "b")]).unwrap(),
            "Credentials(hmac, ***)"
        );
    }

    const OAUTH: [(&str, &str); 4] = [
        ("OAUTH_TOKEN_URL", "https://host/token"),
        ("OAUTH_CLIENT_ID", "job"),
        ("OAUTH_CLIENT_SECRET", "hush"),
        ("USER_ID", "u"),
    ];

    #[test]
    fn oauth_is_taken_from_the_environment_and_its_flags_beat_other_credentials() {
        let none = Options::default();
        let found = "Credentials(oauth, ***)";
        assert_eq!(sort(&none, &OAUTH).unwrap(), found);
        let with_user = Options {
            user_id: Some("u".to_owned()),
            ..Options::default()
        };
        assert_eq!(sort(&with_user, &OAUTH).unwrap(), found);
        let by_flag = Options {
            oauth_client_id: Some("other".to_owned()),
            ..Options::default()
        };
        let all = [&OAUTH[..], &[("SECRET", "s"), ("BEARER_TOKEN", "b")]].concat();
        assert_eq!(sort(&by_flag, &all).unwrap(), found);
        let text = sort(&none, &all).unwrap_err().to_string();
        assert!(
            text.contains("_SECRET, MYPREFERENCES_OAUTH_CLIENT_SECRET, "),
            "{text}"
        );
    }

    #[test]
    fn what_is_missing_for_oauth_is_said_by_name() {
        for (missing, said) in [
            ("OAUTH_TOKEN_URL", "no token URL"),
            ("OAUTH_CLIENT_ID", "no client id"),
            ("OAUTH_CLIENT_SECRET", "no client secret"),
        ] {
            let rest: Vec<_> = OAUTH
                .into_iter()
                .filter(|(name, _)| *name != missing)
                .collect();
            let failure = sort(&Options::default(), &rest).unwrap_err();
            let text = failure.to_string();
            assert!(text.contains(said) && text.contains(missing), "{text}");
            assert!(!text.contains("hush"), "{text}");
            assert_eq!(crate::exit_code::exit_code(&failure), 78);
        }
        let bad = [&OAUTH[..], &[("OAUTH_CLIENT_AUTH", "jwt")]].concat();
        let text = sort(&Options::default(), &bad).unwrap_err().to_string();
        assert!(text.contains("basic or body"), "{text}");
    }

    #[test]
    fn what_is_missing_is_said_with_the_ways_to_give_it() {
        let none = Options::default();
        let text = sort(&none, &[]).unwrap_err().to_string();
        for way in [
            "_SECRET",
            "_BEARER_TOKEN",
            "_AUTHORIZATION",
            "--secret-file",
            "_OAUTH_TOKEN_URL",
        ] {
            assert!(text.contains(way), "{text}");
        }
        let text = sort(&none, &[("USER_ID", "u")]).unwrap_err().to_string();
        assert!(text.contains("no secret"), "{text}");
        let text = sort(&none, &[("SECRET", "s")]).unwrap_err().to_string();
        assert!(text.contains("no user id"), "{text}");
    }

    #[test]
    fn one_line_end_is_dropped_and_no_more() {
        assert_eq!(without_line_end("s\n"), "s");
        assert_eq!(without_line_end("s\r\n"), "s");
        assert_eq!(without_line_end("s\n\n"), "s\n");
        assert_eq!(without_line_end(" s "), " s ");
    }

    #[test]
    fn a_path_is_quoted_for_the_shell_where_it_has_to_be() {
        assert_eq!(quoted(OsStr::new("/run/secret.txt")), "/run/secret.txt");
        assert_eq!(quoted(OsStr::new("my secret")), "'my secret'");
        assert_eq!(quoted(OsStr::new("it's")), r"'it'\''s'");
        assert_eq!(quoted(OsStr::new("-s")), "./-s");
    }
}

//! The configuration file: TOML with `[profile.NAME]` tables, whose keys are the names of settings and credentials.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Origin, SECRETS, Value, known_name, renamed_note};
use crate::error::Error;
use crate::error::quoted::quoted;
use crate::settings::file_trust::{refuse_if_others_can_read, refuse_if_others_can_write};

/// What the file is, for a message.
const WHAT: &str = "configuration file";
/// Longer than any configuration.
const MAX_FILE: u64 = 1 << 20;
/// Used when it is there and no other is asked for.
const DEFAULT: &str = "default";
/// Values that are paths: `~/` is the home folder, and a relative one begins at the file's folder.
const PATHS: [&str; 6] =
    ["ca_file", "client_cert", "client_key", "handle_key_file", "secret_file", "oauth_client_secret_file"];

/// One profile.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) values: BTreeMap<&'static str, Value>,
    /// Names that are others now.
    pub(super) notes: Vec<String>,
}

impl Profile {
    /// The wanted profile, or the default one. None when nobody asked for one and there is none.
    pub(super) fn read(
        file: Option<PathBuf>,
        must_exist: bool,
        wanted: Option<&str>,
        home: Option<&Path>,
    ) -> Result<Option<Profile>, Error> {
        let Some(file) = file else {
            return match wanted {
                None => Ok(None),
                Some(name) => Err(Error::configuration(
                    format!("there is no configuration file for the profile {name:?}"),
                    "set HOME, or MYPREFERENCES_CONFIG_FILE to the file",
                )),
            };
        };
        let (text, found) = match open(&file) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return match wanted {
                    None if !must_exist => Ok(None),
                    _ => Err(unreadable(&file, "there is no such file")),
                };
            }
            Err(error) => return Err(unreadable(&file, &error.to_string())),
        };
        refuse_if_others_can_write(&found, &file, WHAT)?;
        let profiles = profiles(&file, &text)?;
        // A secret that others can read is one too many, in whichever profile.
        let secret_inside = profiles.values().any(|profile| SECRETS.iter().any(|name| profile.contains_key(*name)));
        if secret_inside {
            refuse_if_others_can_read(&found, &file, WHAT)?;
        }
        let name = wanted.unwrap_or(DEFAULT);
        let Some(table) = profiles.get(name) else {
            if wanted.is_none() {
                return Ok(None);
            }
            let names: Vec<&str> = profiles.keys().map(String::as_str).collect();
            return Err(Error::configuration(
                format!("there is no profile {name:?} in {}", file.display()),
                if names.is_empty() {
                    format!("add a table [profile.{name}]")
                } else {
                    format!("choose one of: {}", names.join(", "))
                },
            ));
        };
        let mut values = BTreeMap::new();
        let mut notes = Vec::new();
        for (key, value) in table {
            let shown = quoted(key);
            let place = || {
                let key = shown.trim_matches('"');
                format!("{key} in [profile.{name}] of {}", file.display())
            };
            let known = known_name(key).ok_or_else(|| {
                Error::configuration(
                    format!("there is no setting {}", place()),
                    "see the names with: mypreferences config show",
                )
            })?;
            if known != key {
                notes.push(renamed_note(&place(), known));
            }
            let value = read_value(known, value).ok_or_else(|| {
                Error::configuration(
                    format!("{} is neither a text, a number nor true or false", place()),
                    "write it as on the command line, in quotes",
                )
            })?;
            values.insert(known, resolved(known, value, &file, home));
        }
        Ok(Some(Profile { name: name.to_owned(), file, notes, values }))
    }

    pub(super) fn origin(&self) -> Origin {
        Origin::Profile { name: self.name.clone(), file: self.file.clone() }
    }
}

/// The text of the file, and whose it is.
fn open(path: &Path) -> std::io::Result<(String, Metadata)> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    let mut text = String::new();
    if found.len() > MAX_FILE {
        return Err(std::io::Error::other("it is longer than 1 MiB"));
    }
    file.take(MAX_FILE).read_to_string(&mut text)?;
    Ok((text, found))
}

type Tables = BTreeMap<String, toml::Table>;

fn profiles(file: &Path, text: &str) -> Result<Tables, Error> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // In words of our own: the reader's repeat what stands there, and that may be a secret.
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        unreadable(file, &format!("line {line}, column {column} is not TOML"))
    })?;
    let mut profiles = Tables::new();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("profile", toml::Value::Table(named)) => {
                for (name, value) in named {
                    let toml::Value::Table(profile) = value else {
                        return Err(unreadable(file, &format!("profile.{name} is no table; write [profile.{name}]")));
                    };
                    profiles.insert(name, profile);
                }
            }
            (key, _) => {
                return Err(unreadable(file, &format!("{} stands outside of a [profile.NAME] table", quoted(key))));
            }
        }
    }
    Ok(profiles)
}

fn read_value(name: &str, value: &toml::Value) -> Option<Value> {
    match value {
        toml::Value::String(text) => Some(Value::Text(text.clone())),
        toml::Value::Integer(number) => Some(Value::Text(number.to_string())),
        toml::Value::Float(number) => Some(Value::Text(number.to_string())),
        toml::Value::Boolean(truth) => Some(Value::Text(truth.to_string())),
        toml::Value::Array(words) if name.ends_with("_command") && !words.is_empty() => words
            .iter()
            .map(|word| word.as_str().map(str::to_owned))
            .collect::<Option<Vec<String>>>()
            .map(Value::Command),
        toml::Value::Array(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

/// A path as it is meant.
fn resolved(name: &str, value: Value, file: &Path, home: Option<&Path>) -> Value {
    match value {
        Value::Text(text) if PATHS.contains(&name) => {
            let path = match (text.strip_prefix("~/"), home) {
                (Some(below), Some(home)) => home.join(below),
                (_, _) => file.parent().unwrap_or(Path::new(".")).join(&text),
            };
            Value::Text(path.to_string_lossy().into_owned())
        }
        value @ (Value::Text(_) | Value::Command(_)) => value,
    }
}

fn unreadable(file: &Path, why: &str) -> Error {
    Error::configuration(
        format!("the configuration file {} cannot be read: {why}", file.display()),
        "mend the file, or set MYPREFERENCES_CONFIG_FILE to another",
    )
}

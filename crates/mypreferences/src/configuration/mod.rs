//! Where a client's settings and credentials come from: arguments of a program, the environment, a profile file, the
//! defaults, in this order. One place for the command and for every language's `from_env`, so that all of them read the
//! same things in the same way. What a value means is decided by [`Settings`]; which credentials are meant, in
//! `credentials`; the file, in `profile`.

mod credentials;
mod profile;
mod secret_command;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::auth::credentials::Credentials;
use crate::client::Client;
use crate::client::builder::ClientBuilder;
use crate::error::Error;
use crate::error::quoted::quoted;
use crate::settings::Settings;
use crate::settings::table::RENAMED;
use crate::settings::value::SettingValue as _;
use crate::telemetry::redact::shown_url;

use profile::Profile;

const PREFIX: &str = "MYPREFERENCES_";

/// The names of credentials, as an environment variable (in upper case, behind `MYPREFERENCES_`) or in a profile.
pub const CREDENTIAL_NAMES: [&str; 13] = [
    "user_id",
    "secret",
    "secret_file",
    "secret_command",
    "oauth_token_url",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_client_secret_file",
    "oauth_client_secret_command",
    "oauth_scope",
    "oauth_client_auth",
    "bearer_token",
    "authorization",
];

/// Reads a length of time as settings are read: seconds such as `2.5`, or `250ms`, `90s`, `3m`, `24h`. `name` is for the
/// error.
///
/// # Errors
/// `invalid_argument` for anything else, and for what is too long.
pub fn duration(name: &str, text: &str) -> Result<Duration, Error> {
    Duration::read(name, text)
}

/// Reads a number of bytes as settings are read: `4096`, `64KiB`, `8MiB`, `1GiB`. `name` is for the error.
///
/// # Errors
/// `invalid_argument` for anything else, and for what does not fit into memory.
pub fn size(name: &str, text: &str) -> Result<usize, Error> {
    usize::read(name, text)
}

/// Values that must not be shown.
const SECRETS: [&str; 5] = ["secret", "oauth_client_secret", "bearer_token", "authorization", "handle_key"];

/// Values that name a file with a secret in it.
const SECRET_FILES: [&str; 5] =
    ["secret_file", "oauth_client_secret_file", "client_cert", "client_key", "handle_key_file"];

/// Values that are URLs, or parts of them.
const URLS: [&str; 6] = ["proxy", "base_url", "oauth_token_url", "commit_path", "status_path", "page_path"];

/// A value as it was found.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    /// A program and its arguments: secret commands only.
    Command(Vec<String>),
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// An argument of the program, by the name that people know it by (`--client-id`).
    Argument(String),
    /// An environment variable, by its full name.
    Variable(String),
    /// A profile of the configuration file.
    Profile {
        /// The profile's name.
        name: String,
        /// The file.
        file: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::Argument(name) | Origin::Variable(name) => f.write_str(name),
            Origin::Profile { name, file } => write!(f, "[profile.{name}] of {}", file.display()),
        }
    }
}

/// One setting or credential, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its value as text, `***` for a secret; none when there is neither a value nor a default.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// What a [`Configuration`] is read from. No `Debug`: some of it is secret.
#[derive(Clone, Default)]
pub struct Sources {
    arguments: BTreeMap<&'static str, (String, String)>,
    variables: BTreeMap<String, OsString>,
    profile: Option<String>,
    file: Option<PathBuf>,
    /// Names that are others now.
    notes: Vec<String>,
}

impl Sources {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Sources {
        Sources::of(std::env::vars_os())
    }

    /// These environment variables, by their full names. Others than `MYPREFERENCES_…`, `HOME`, `USERPROFILE` and
    /// `XDG_CONFIG_HOME` do not count, and neither do empty ones.
    #[must_use]
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Sources {
        Sources {
            variables: variables
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                .collect(),
            ..Sources::default()
        }
    }

    /// An argument of the program, which beats everything else. `label` is the name that people know it by.
    ///
    /// # Errors
    /// `invalid_argument` when there is no setting and no credential of this name.
    pub fn argument(
        mut self,
        name: &str,
        label: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Sources, Error> {
        if let Some(now) = Settings::renamed(name) {
            self.notes.push(renamed_note(&format!("the argument {name}"), now));
        }
        let name = known_name(name).ok_or_else(|| Settings::unknown(name))?;
        self.arguments.insert(name, (label.into(), value.into()));
        Ok(self)
    }

    /// The profile to use. Default: `MYPREFERENCES_PROFILE`, else `default` if there is one.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Sources {
        self.profile = Some(name.into());
        self
    }

    /// The configuration file. Default: `MYPREFERENCES_CONFIG_FILE`, else `mypreferences/config.toml` below
    /// `XDG_CONFIG_HOME` or `~/.config`.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Sources {
        self.file = Some(path.into());
        self
    }

    /// Reads everything. No network; no secret command is run yet.
    ///
    /// # Errors
    /// `configuration` when the file or its profile cannot be read, names something unknown, or holds secrets that
    /// others can read; when others can change the file, or it is neither ours nor root's.
    pub fn read(self) -> Result<Configuration, Error> {
        let home = self.path("HOME").or_else(|| self.path("USERPROFILE"));
        let (file, must_exist) = match (&self.file, self.path("MYPREFERENCES_CONFIG_FILE")) {
            (Some(file), _) => (Some(file.clone()), true),
            (None, Some(file)) => (Some(file), true),
            (None, None) => {
                let below = self.path("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
                let file = below.map(|below| below.join("mypreferences").join("config.toml"));
                (file, false)
            }
        };
        let wanted = match &self.profile {
            Some(name) => Some(name.clone()),
            None => self.text("profile")?,
        };
        let profile = Profile::read(file, must_exist, wanted.as_deref(), home.as_deref())?;
        let mut found = BTreeMap::new();
        let mut notes = self.notes.clone();
        notes.extend(profile.iter().flat_map(|profile| profile.notes.clone()));
        // The lowest first: whoever comes later beats what is there.
        if let Some(profile) = &profile {
            for (name, value) in &profile.values {
                put(&mut found, name, value.clone(), profile.origin());
            }
        }
        let renamed = RENAMED.iter().copied();
        for (given, name) in renamed.chain(names().map(|name| (name, name))) {
            if let Some(text) = self.text(given)? {
                let origin = Origin::Variable(variable(given));
                if given != name {
                    notes.push(renamed_note(&variable(given), &variable(name)));
                }
                put(&mut found, name, Value::Text(text), origin);
            }
        }
        for (name, (label, text)) in &self.arguments {
            let origin = Origin::Argument(label.clone());
            put(&mut found, name, Value::Text(text.clone()), origin);
        }
        Ok(Configuration { found, notes, profile: profile.map(|profile| (profile.name, profile.file)) })
    }

    fn path(&self, variable: &str) -> Option<PathBuf> {
        self.variables.get(variable).map(PathBuf::from)
    }

    /// One of our variables as text. The message of a failure does not repeat it.
    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let variable = variable(name);
        self.variables
            .get(&variable)
            .map(|value| {
                value.to_str().map(str::to_owned).ok_or_else(|| {
                    Error::configuration(
                        format!("{variable} is not UTF-8"),
                        format!("set {variable} to a text in UTF-8"),
                    )
                })
            })
            .transpose()
    }
}

/// Every value of a name, the strongest last: credentials have to see the weaker ones too.
type Found = BTreeMap<&'static str, Vec<(Value, Origin)>>;

fn put(found: &mut Found, name: &'static str, value: Value, origin: Origin) {
    found.entry(name).or_default().push((value, origin));
}

/// How strong an origin is.
fn strength(origin: &Origin) -> u8 {
    match origin {
        Origin::Default => 0,
        Origin::Profile { .. } => 1,
        Origin::Variable(_) => 2,
        Origin::Argument(_) => 3,
    }
}

/// Settings and credentials with the places they came from. No `Debug`: some are secrets; see
/// [`Configuration::entries`].
pub struct Configuration {
    found: Found,
    notes: Vec<String>,
    profile: Option<(String, PathBuf)>,
}

impl Configuration {
    /// The profile that is used, and its file.
    #[must_use]
    pub fn profile(&self) -> Option<(&str, &Path)> {
        self.profile.as_ref().map(|(name, file)| (name.as_str(), file.as_path()))
    }

    /// What a person should change before the next version: names that were given and are others now.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The settings.
    ///
    /// # Errors
    /// `invalid_argument` for an unreadable value, with the place it came from.
    pub fn settings(&self) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for &name in Settings::NAMES {
            if let Some((text, origin)) = self.text(name) {
                settings.set(name, text).map_err(|error| told_of(error, origin))?;
            }
        }
        Ok(settings)
    }

    /// The credentials: of the strongest place that has any. Runs a secret command, reads a secret file.
    ///
    /// # Errors
    /// `configuration` when there are none, when one place has several, or when a secret cannot be had.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        credentials::choose(self)
    }

    /// A builder with the settings and the credentials.
    ///
    /// # Errors
    /// As [`Configuration::settings`] and [`Configuration::credentials`].
    pub fn client_builder(&self) -> Result<ClientBuilder, Error> {
        Ok(Client::builder().settings(self.settings()?).credentials(self.credentials()?))
    }

    /// Every setting and credential, in the order of the documentation, with secrets taken out.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let defaults = Settings::default();
        names()
            .map(|name| match self.strongest(name) {
                Some((value, origin)) => Entry { name, value: Some(shown(name, value)), origin: origin.clone() },
                None => Entry { name, value: defaults.get(name), origin: Origin::Default },
            })
            .collect()
    }

    fn strongest(&self, name: &str) -> Option<(&Value, &Origin)> {
        let (value, origin) = self.found.get(name)?.last()?;
        // A base URL from a stronger place replaces the environment of a weaker one, and the other way round.
        let beaten = rival(name)
            .and_then(|rival| self.found.get(rival)?.last())
            .is_some_and(|(_, other)| strength(other) > strength(origin));
        (!beaten).then_some((value, origin))
    }

    fn text(&self, name: &str) -> Option<(&str, &Origin)> {
        match self.strongest(name)? {
            (Value::Text(text), origin) => Some((text, origin)),
            (Value::Command(_), _) => None,
        }
    }
}

/// The setting that says the same thing in another way.
fn rival(name: &str) -> Option<&'static str> {
    match name {
        "base_url" => Some("environment"),
        "environment" => Some("base_url"),
        _ => None,
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    Settings::NAMES.iter().copied().chain(CREDENTIAL_NAMES)
}

fn known_name(name: &str) -> Option<&'static str> {
    let name = Settings::renamed(name).unwrap_or(name);
    names().find(|known| *known == name)
}

fn renamed_note(old: &str, new: &str) -> String {
    format!("{old} is now {new}; the old name is read in this version only")
}

/// The environment variable of a setting or a credential.
fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase())
}

/// The same failure with the place where the value came from: whoever refused it does not know it.
fn told_of(error: Error, origin: &Origin) -> Error {
    let detail = format!("{} (from {origin})", error.detail().unwrap_or("refused"));
    error.with_detail(detail)
}

/// A value for people.
fn shown(name: &str, value: &Value) -> String {
    match value {
        _ if SECRETS.contains(&name) => "***".to_owned(),
        // Its arguments may hold a password.
        Value::Command(words) => hidden_arguments(words.first().map_or("", String::as_str)),
        Value::Text(text) if name.ends_with("_command") => {
            hidden_arguments(text.split_whitespace().next().unwrap_or_default())
        }
        // A user name and password, a proxy's or where they do not belong; a key in a query.
        Value::Text(text) if URLS.contains(&name) => shown_url(text),
        // What names no file may be the secret itself.
        Value::Text(text) if SECRET_FILES.contains(&name) && !Path::new(text).exists() => {
            "*** (there is no such file)".to_owned()
        }
        // What the setting refuses may belong elsewhere.
        Value::Text(text) if Settings::NAMES.contains(&name) && Settings::default().set(name, text).is_err() => {
            quoted(text).trim_matches('"').to_owned()
        }
        Value::Text(text) => text.clone(),
    }
}

fn hidden_arguments(program: &str) -> String {
    // `VARIABLE=secret program`
    if program.contains('=') {
        return "***".to_owned();
    }
    format!("{program} ***")
}

//! Which credentials are meant: those of the strongest place that has a secret. One place must not have two.

use super::{Configuration, Origin, Value, secret_command, strength, told_of, variable};
use crate::auth::credentials::Credentials;
use crate::auth::oauth::OAuth;
use crate::auth::secret::{Secret, plain};
use crate::error::Error;

const WAYS: &str = "set MYPREFERENCES_USER_ID and MYPREFERENCES_SECRET (or --user-id and --secret-file), or \
                    MYPREFERENCES_OAUTH_TOKEN_URL, _CLIENT_ID and _CLIENT_SECRET, or \
                    MYPREFERENCES_BEARER_TOKEN, or MYPREFERENCES_AUTHORIZATION, or write a profile";

/// The sorts of credentials that can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Hmac,
    OAuth,
    Bearer,
    Verbatim,
}

/// What holds a secret, and of which sort.
const KEYS: [(&str, Scheme); 8] = [
    ("secret", Scheme::Hmac),
    ("secret_file", Scheme::Hmac),
    ("secret_command", Scheme::Hmac),
    ("oauth_client_secret", Scheme::OAuth),
    ("oauth_client_secret_file", Scheme::OAuth),
    ("oauth_client_secret_command", Scheme::OAuth),
    ("bearer_token", Scheme::Bearer),
    ("authorization", Scheme::Verbatim),
];

/// What belongs to OAuth and is no secret.
const OAUTH: [&str; 4] = ["oauth_token_url", "oauth_client_id", "oauth_scope", "oauth_client_auth"];

/// A key that was found.
struct Key<'a> {
    name: &'static str,
    sort: Scheme,
    value: &'a Value,
    origin: &'a Origin,
}

pub(super) fn choose(configuration: &Configuration) -> Result<Credentials, Error> {
    let mut keys = keys(configuration);
    let strongest = keys.iter().map(|key| strength(key.origin)).max();
    keys.retain(|key| Some(strength(key.origin)) == strongest);
    match keys.as_slice() {
        [] => Err(missing(configuration)),
        [key] => match key.sort {
            Scheme::Hmac => hmac(configuration, key),
            Scheme::OAuth => oauth(configuration, key),
            Scheme::Bearer => Ok(Credentials::bearer(given(key)?)),
            Scheme::Verbatim => Ok(Credentials::verbatim(given(key)?)),
        },
        [_, _, ..] => {
            let places: Vec<String> = keys.iter().map(place).collect();
            Err(Error::configuration(
                format!("several credentials contradict each other: {}", places.join(", ")),
                "keep one of them and take out the others",
            ))
        }
    }
}

/// Every key of every place, but those that an argument rules out: the user id belongs to HMAC and OAuth, and OAuth's
/// own arguments to OAuth.
fn keys(configuration: &Configuration) -> Vec<Key<'_>> {
    let is_argument = |name: &str| matches!(configuration.strongest(name), Some((_, Origin::Argument(_))));
    let user_by_argument = is_argument("user_id");
    let oauth_by_argument = OAUTH.iter().any(|name| is_argument(name));
    KEYS.iter()
        .filter(|(_, sort)| match sort {
            Scheme::OAuth => true,
            Scheme::Hmac => !oauth_by_argument,
            Scheme::Bearer | Scheme::Verbatim => !user_by_argument && !oauth_by_argument,
        })
        .flat_map(|(name, sort)| {
            let found = configuration.found.get(name).map_or(&[][..], Vec::as_slice);
            found.iter().map(|(value, origin)| Key { name, sort: *sort, value, origin })
        })
        .collect()
}

/// Where a key is, for people.
fn place(key: &Key<'_>) -> String {
    match key.origin {
        Origin::Profile { .. } | Origin::Default => format!("{} in {}", key.name, key.origin),
        Origin::Argument(name) | Origin::Variable(name) => name.clone(),
    }
}

fn missing(configuration: &Configuration) -> Error {
    if OAUTH.iter().any(|name| configuration.strongest(name).is_some()) {
        Error::configuration(
            "there are OAuth settings, but no client secret",
            "set MYPREFERENCES_OAUTH_CLIENT_SECRET, MYPREFERENCES_OAUTH_CLIENT_SECRET_FILE or \
             --oauth-client-secret-file",
        )
    } else if configuration.strongest("user_id").is_some() {
        Error::configuration(
            "there is a user id, but no secret",
            "set MYPREFERENCES_SECRET, MYPREFERENCES_SECRET_FILE or --secret-file",
        )
    } else {
        Error::configuration("there are no credentials", WAYS)
    }
}

fn hmac(configuration: &Configuration, key: &Key<'_>) -> Result<Credentials, Error> {
    let (user_id, _) = configuration.text("user_id").ok_or_else(|| {
        Error::configuration(
            format!("there is a secret ({}), but no user id", place(key)),
            "set MYPREFERENCES_USER_ID or --user-id to the API user of the secret",
        )
    })?;
    Ok(Credentials::hmac(user_id, secret(key)?))
}

fn oauth(configuration: &Configuration, key: &Key<'_>) -> Result<Credentials, Error> {
    let required = |name: &str, what: &str| {
        configuration.text(name).map(|(text, _)| text).ok_or_else(|| {
            Error::configuration(
                format!("there is an OAuth client secret ({}), but no {what}", place(key)),
                format!("set {} or --{} to what came with the credentials", variable(name), name.replace('_', "-")),
            )
        })
    };
    let token_url = required("oauth_token_url", "token URL")?;
    let client_id = required("oauth_client_id", "client id")?;
    let mut oauth = OAuth::new(token_url, client_id, secret(key)?);
    if let Some((user_id, _)) = configuration.text("user_id") {
        oauth = oauth.user_id(user_id);
    }
    if let Some((scope, _)) = configuration.text("oauth_scope") {
        oauth = oauth.scope(scope);
    }
    if let Some((form, origin)) = configuration.text("oauth_client_auth") {
        oauth = oauth.client_auth(form.parse().map_err(|error| told_of(error, origin))?);
    }
    Ok(Credentials::oauth(oauth))
}

fn secret(key: &Key<'_>) -> Result<Secret, Error> {
    if key.name.ends_with("_command") {
        secret_command::run(key.value, key.origin)
    } else if key.name.ends_with("_file") {
        let secret = Secret::file(text_of(key.value));
        // Read now, while it is known who named the file.
        secret.now().map_err(|error| told_of(error, key.origin))?;
        Ok(secret)
    } else {
        Ok(Secret::from(given(key)?))
    }
}

/// A secret that stands in a variable or a profile, read as one in a file is.
fn given<'a>(key: &Key<'a>) -> Result<&'a str, Error> {
    plain(text_of(key.value)).map_err(|why| {
        Error::configuration(format!("{} {why}", place(key)), "pass the secret and nothing else, on one line")
    })
}

fn text_of(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        // Commands alone are lists, and they are run above.
        Value::Command(_) => "",
    }
}

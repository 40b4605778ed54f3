//! OAuth 2.0 client credentials from flags and environment. The secret comes from a variable or a file, as the HMAC
//! secret does; everything else may stand on the command line. A flag beats the environment.

use std::path::Path;

use mypreferences::{ClientAuth, Credentials, OAuth};

use crate::arguments::Options;
use crate::credentials::read_secret;
use crate::environment::Environment;
use crate::failure::{self, Failure};

/// What chooses OAuth beside its secret, by the name in the environment.
const NAMES: [&str; 4] = [
    "oauth_token_url",
    "oauth_client_id",
    "oauth_scope",
    "oauth_client_auth",
];

/// Where the client's secret is.
enum Secret<'a> {
    Variable,
    File { source: String, path: &'a Path },
}

/// Whether the command line chooses OAuth.
pub(crate) fn is_chosen_by_flag(options: &Options) -> bool {
    options.oauth_client_secret_file.is_some()
        || NAMES.iter().any(|name| flag(options, name).is_some())
}

/// The places where OAuth credentials were found, for people: those of secrets, or of what has none.
pub(crate) fn places(options: &Options, environment: &Environment) -> Vec<String> {
    let secrets: Vec<String> = secrets(options, environment)
        .iter()
        .map(|secret| match secret {
            Secret::Variable => Environment::variable("oauth_client_secret"),
            Secret::File { source, .. } => source.clone(),
        })
        .collect();
    if !secrets.is_empty() {
        return secrets;
    }
    let given = NAMES.iter().find_map(|name| {
        if flag(options, name).is_some() {
            Some(format!("--{}", name.replace('_', "-")))
        } else {
            environment.value(name).map(|_| Environment::variable(name))
        }
    });
    given.into_iter().collect()
}

/// The credentials; one of [`places`] must be there.
pub(crate) fn credentials(
    options: &Options,
    environment: &Environment,
) -> Result<Credentials, Failure> {
    let secrets = secrets(options, environment);
    let Some(secret) = secrets.first() else {
        return Err(failure::configuration(
            "there are OAuth settings, but no client secret",
            "set MYPREFERENCES_OAUTH_CLIENT_SECRET, MYPREFERENCES_OAUTH_CLIENT_SECRET_FILE or \
             --oauth-client-secret-file",
        ));
    };
    let required = |name: &str, what: &str| {
        text(options, environment, name)?.ok_or_else(|| {
            failure::configuration(
                format!("there is an OAuth client secret, but no {what}"),
                format!(
                    "set {} or --{} to what came with the credentials",
                    Environment::variable(name),
                    name.replace('_', "-"),
                ),
            )
        })
    };
    let token_url = required("oauth_token_url", "token URL")?;
    let client_id = required("oauth_client_id", "client id")?;
    let secret = match secret {
        Secret::Variable => environment
            .text("oauth_client_secret")?
            .unwrap_or_default()
            .to_owned(),
        Secret::File { source, path } => read_secret(source, path)?,
    };
    let mut oauth = OAuth::new(token_url, client_id, secret);
    if let Some(user_id) = match &options.user_id {
        Some(user_id) => Some(user_id.as_str()),
        None => environment.text("user_id")?,
    } {
        oauth = oauth.user_id(user_id);
    }
    if let Some(scope) = text(options, environment, "oauth_scope")? {
        oauth = oauth.scope(scope);
    }
    if let Some(form) = text(options, environment, "oauth_client_auth")? {
        oauth = oauth.client_auth(form.parse::<ClientAuth>()?);
    }
    Ok(Credentials::oauth(oauth))
}

fn flag<'a>(options: &'a Options, name: &str) -> Option<&'a str> {
    match name {
        "oauth_token_url" => options.oauth_token_url.as_deref(),
        "oauth_client_id" => options.oauth_client_id.as_deref(),
        "oauth_scope" => options.oauth_scope.as_deref(),
        "oauth_client_auth" => options.oauth_client_auth.as_deref(),
        _ => None,
    }
}

fn text<'a>(
    options: &'a Options,
    environment: &'a Environment,
    name: &str,
) -> Result<Option<&'a str>, Failure> {
    match flag(options, name) {
        Some(value) => Ok(Some(value)),
        None => environment.text(name),
    }
}

fn secrets<'a>(options: &'a Options, environment: &'a Environment) -> Vec<Secret<'a>> {
    if let Some(path) = &options.oauth_client_secret_file {
        return vec![Secret::File {
            source: "--oauth-client-secret-file".to_owned(),
            path,
        }];
    }
    let variable = environment
        .value("oauth_client_secret")
        .map(|_| Secret::Variable);
    let file = environment
        .value("oauth_client_secret_file")
        .map(|path| Secret::File {
            source: Environment::variable("oauth_client_secret_file"),
            path: Path::new(path),
        });
    variable.into_iter().chain(file).collect()
}

//! Credentials as objects: their secrets stay on this side of the border once they have come over.

use std::sync::Arc;

use mypreferences::{ClientAuth, Credentials, Error, ErrorKind, OAuth, Operation, Secret};

use crate::error::NativeFailure;

/// What to authorise with. No `Debug`: some of it is secret.
#[derive(uniffi::Object)]
pub struct NativeCredentials(pub(crate) Credentials);

/// The arguments of OAuth credentials.
#[derive(uniffi::Record)]
pub struct NativeOAuth {
    /// The address of the token endpoint.
    pub token_url: String,
    /// The OAuth client's id.
    pub client_id: String,
    /// Its secret, or none when it is in a file.
    pub client_secret: Option<String>,
    /// The file with the secret.
    pub client_secret_file: Option<String>,
    /// The API user.
    pub user_id: Option<String>,
    /// The scope, where it is not made from the user.
    pub scope: Option<String>,
    /// `basic` or `body`; none for the default.
    pub client_auth: Option<String>,
}

#[uniffi::export]
impl NativeCredentials {
    /// PNAUTHINFO3 with a keyed hash.
    #[uniffi::constructor]
    pub fn hmac(
        user_id: String,
        secret: Option<String>,
        secret_file: Option<String>,
    ) -> Result<Arc<NativeCredentials>, NativeFailure> {
        let secret = one_of("secret", secret, secret_file)?;
        Ok(made(Credentials::hmac(user_id, secret)))
    }

    /// OAuth 2.0 client credentials.
    #[uniffi::constructor]
    pub fn oauth(arguments: NativeOAuth) -> Result<Arc<NativeCredentials>, NativeFailure> {
        let secret = one_of("client_secret", arguments.client_secret, arguments.client_secret_file)?;
        let mut oauth = OAuth::new(arguments.token_url, arguments.client_id, secret);
        if let Some(client_auth) = arguments.client_auth {
            oauth = oauth.client_auth(client_auth.parse::<ClientAuth>()?);
        }
        if let Some(user_id) = arguments.user_id {
            oauth = oauth.user_id(user_id);
        }
        if let Some(scope) = arguments.scope {
            oauth = oauth.scope(scope);
        }
        Ok(made(Credentials::oauth(oauth)))
    }

    /// A bearer token that the caller renews.
    #[uniffi::constructor]
    pub fn bearer(token: String) -> Arc<NativeCredentials> {
        made(Credentials::bearer(token))
    }

    /// The whole value of the `Authorization` header.
    #[uniffi::constructor]
    pub fn verbatim(authorization: String) -> Arc<NativeCredentials> {
        made(Credentials::verbatim(authorization))
    }
}

fn made(credentials: Credentials) -> Arc<NativeCredentials> {
    Arc::new(NativeCredentials(credentials))
}

/// The secret or its file, exactly one of the two.
fn one_of(name: &str, secret: Option<String>, file: Option<String>) -> Result<Secret, Error> {
    match (secret, file) {
        (Some(secret), None) => Ok(Secret::from(secret)),
        (None, Some(file)) => Ok(Secret::file(file)),
        (None, None) | (Some(_), Some(_)) => Err(Error::before_io(
            ErrorKind::InvalidArgument,
            Operation::Configure,
            format!("{name} and its file are both given, or neither"),
            format!("pass {name} or the file that holds it"),
        )),
    }
}

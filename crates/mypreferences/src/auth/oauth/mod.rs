//! OAuth 2.0 client credentials (facts 5.2): who asks for a token, and with which scope. How a token is asked for is in
//! [`endpoint`]; when, and for how many callers, in [`tokens`].

mod endpoint;
mod failure;
#[cfg(test)]
mod tests;
mod tokens;

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::auth::secret::Secret;
use crate::error::{Error, Operation};
use crate::settings::surface::is_loopback;

pub(crate) use failure::TokenFailure;
pub(crate) use tokens::Tokens;

/// How the client shows its id and secret to the token endpoint. The vendor takes both forms (DOC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// In a Basic `Authorization` header.
    #[default]
    Basic,
    /// In the body of the request.
    Body,
}

impl std::str::FromStr for ClientAuth {
    type Err = Error;
    fn from_str(text: &str) -> Result<ClientAuth, Error> {
        match text {
            "basic" => Ok(ClientAuth::Basic),
            "body" => Ok(ClientAuth::Body),
            other => Err(Error::invalid_argument(
                Operation::Configure,
                format!("oauth_client_auth must be basic or body, got {}", crate::error::quoted::quoted(other)),
                "pass one of the two",
            )),
        }
    }
}

/// OAuth 2.0 client credentials: made here, used by [`Credentials::oauth`](crate::Credentials::oauth).
///
/// A client asks for a token when it first needs one, keeps it, and renews it in the background when a fifth of its
/// lifetime is left, or five minutes if that is less. One request serves all callers who wait. A token endpoint that
/// fails is left alone for ten seconds; a token that is still valid is used meanwhile.
#[derive(Clone)]
pub struct OAuth {
    token_url: String,
    client_id: String,
    client_secret: Secret,
    user_id: Option<String>,
    scope: Option<String>,
    client_auth: ClientAuth,
}

/// Without the secret.
impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuth(***)")
    }
}

impl OAuth {
    /// The address of the token endpoint, https or loopback, and the OAuth client's id (48 characters, DOC; not the
    /// MyPreferences account id) and secret (64 characters, DOC). The vendor does not publish the address: it comes with
    /// the credentials. The secret may be a text or [`Secret::file`].
    pub fn new(token_url: impl Into<String>, client_id: impl Into<String>, client_secret: impl Into<Secret>) -> OAuth {
        OAuth {
            token_url: token_url.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            user_id: None,
            scope: None,
            client_auth: ClientAuth::default(),
        }
    }

    /// The API user. Required, unless `scope` is given: the scope is `{client_id}/{user_id}` of MyPreferences (DOC).
    #[must_use]
    pub fn user_id(mut self, user_id: impl Into<String>) -> OAuth {
        self.user_id = Some(user_id.into());
        self
    }

    /// A scope of one's own, not encoded. Default: `{client_id}/{user_id}`.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> OAuth {
        self.scope = Some(scope.into());
        self
    }

    /// Where the client's id and secret stand in the request. Default: [`ClientAuth::Basic`].
    #[must_use]
    pub fn client_auth(mut self, client_auth: ClientAuth) -> OAuth {
        self.client_auth = client_auth;
        self
    }

    /// The client's secret now.
    pub(crate) fn secret(&self) -> Result<SecretString, Error> {
        self.client_secret.now()
    }

    /// For taking it out of texts.
    pub(crate) fn known_secret(&self) -> Cow<'_, str> {
        self.client_secret.known()
    }

    /// Whether they could ever make a request; before any I/O but that of a secret's file.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refused = |detail: &str, next: &str| Err(Error::invalid_argument(Operation::Configure, detail, next));
        self.checked_url()?;
        if self.client_id.is_empty() || !self.client_id.bytes().all(is_visible) {
            return refused(
                "oauth_client_id must be printable ASCII",
                "pass the OAuth client id that came with the credentials (not the account id)",
            );
        }
        let secret = self.client_secret.now()?;
        let secret = secret.expose_secret();
        if secret.is_empty() || !secret.bytes().all(is_visible) {
            return refused("oauth_client_secret must be printable ASCII", "pass the secret of the OAuth client");
        }
        match (&self.scope, &self.user_id) {
            (Some(scope), _) if is_scope(scope) => Ok(()),
            (Some(_), _) => refused(
                "oauth_scope must be printable ASCII without quotes and backslashes",
                "pass ClientId/UserId of MyPreferences, not encoded",
            ),
            (None, Some(user_id)) if is_scope(user_id) && !user_id.contains(' ') => Ok(()),
            (None, Some(_)) => refused(
                "user_id must be printable ASCII without spaces",
                "pass the API user that MyPreferences knows for this client id",
            ),
            (None, None) => Err(Error::configuration(
                "there is neither a user_id nor an oauth_scope",
                "pass user_id, the API user whose permissions count; the scope is made from it",
            )),
        }
    }

    /// https, or http to loopback; no user, no fragment.
    fn checked_url(&self) -> Result<Url, Error> {
        // The value stays out of the message: people paste URLs with passwords in them.
        let refused = |why: &str| {
            Error::invalid_argument(
                Operation::Configure,
                format!("oauth_token_url {why}"),
                "pass the https URL of the token endpoint that came with the credentials",
            )
        };
        let url = Url::parse(&self.token_url).map_err(|_| refused("is not a URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(refused("must be https: plain http is for loopback only")),
            _ => return Err(refused("must be https")),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(refused("has no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("must not hold a user name or password"));
        }
        if url.fragment().is_some() {
            return Err(refused("must not hold a fragment"));
        }
        Ok(url)
    }

    /// The scope for this MyPreferences account.
    fn scope_for(&self, account: &str) -> Result<String, Error> {
        if let Some(scope) = &self.scope {
            return Ok(scope.clone());
        }
        let scope = format!("{account}/{}", self.user_id.as_deref().unwrap_or_default());
        if is_scope(&scope) {
            Ok(scope)
        } else {
            Err(Error::invalid_argument(
                Operation::Configure,
                "client_id cannot stand in an OAuth scope",
                "pass oauth_scope",
            ))
        }
    }

    /// The form of a token request (RFC 6749, 4.4.2).
    fn form(&self, scope: &str, secret: &SecretString) -> SecretString {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("scope", scope);
        match self.client_auth {
            ClientAuth::Basic => {}
            ClientAuth::Body => {
                form.append_pair("client_id", &self.client_id);
                form.append_pair("client_secret", secret.expose_secret());
            }
        }
        SecretString::from(form.finish())
    }

    /// The part of a Basic header after its scheme: id and secret form-encoded first (RFC 6749, 2.3.1).
    fn basic(&self, secret: &SecretString) -> Option<SecretString> {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        match self.client_auth {
            ClientAuth::Body => None,
            ClientAuth::Basic => {
                let pair =
                    SecretString::from(format!("{}:{}", encoded(&self.client_id), encoded(secret.expose_secret())));
                Some(SecretString::from(STANDARD.encode(pair.expose_secret())))
            }
        }
    }
}

const fn is_visible(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e)
}

/// RFC 6749, appendix A.4.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_visible(byte) && byte != b'"' && byte != b'\\')
}

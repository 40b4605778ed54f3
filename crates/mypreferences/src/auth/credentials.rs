//! Credentials: what makes the `Authorization` header of each attempt. PNAUTHINFO3 with a keyed hash, OAuth 2.0 (whose
//! tokens are in `oauth`), a bearer token, a verbatim value, or a provider of one's own. The un-keyed PNAUTHINFO3
//! scheme is not here: its string to sign is not public (facts 5.1), and a guess would be worse than nothing.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::auth::oauth::OAuth;
use crate::auth::secret::Secret;
use crate::error::{Error, Operation};
use crate::settings::signature::{HmacHash, TimestampFormat};

/// Signed this much before the estimated server time: a timestamp in the future is refused (facts 5.1, DOC).
const SIGN_IN_THE_PAST_MS: i64 = 3_000;

/// What a provider of one's own is told for one attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SigningRequest {
    /// The MyPreferences account id.
    pub client_id: String,
    /// The server's time, as far as it is known.
    pub server_time: SystemTime,
}

/// The future of a provider's answer: the value of the `Authorization` header, or why there is none.
pub type AuthorizationFuture<'a> = Pin<Box<dyn Future<Output = Result<SecretString, String>> + Send + 'a>>;

/// A source of `Authorization` values of one's own. Called just before each attempt, from any thread.
pub trait AuthorizationProvider: Send + Sync + 'static {
    /// Makes the header's value. An `Err` ends the call with `configuration`; its text is shown to people, so it must
    /// not hold a secret.
    fn authorization<'a>(&'a self, request: &'a SigningRequest) -> AuthorizationFuture<'a>;

    /// Called once a call after a 401. True when new credentials are there and the attempt is worth repeating.
    fn renew<'a>(&'a self) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(std::future::ready(false))
    }
}

/// What to authorise with. `Debug` shows the sort only.
#[derive(Clone)]
pub struct Credentials(pub(crate) Scheme);

#[derive(Clone)]
pub(crate) enum Scheme {
    Hmac { user_id: String, secret: Secret },
    Verbatim(SecretString),
    Bearer(SecretString),
    OAuth(OAuth),
    Provider(Arc<dyn AuthorizationProvider>),
}

impl Credentials {
    /// PNAUTHINFO3 with a keyed hash, the vendor's "highly recommended" form (DOC). Signs
    /// `clientId:userId:timestamp` (third-party reading, recomputed; facts 5.1) with the secret's text bytes.
    ///
    /// A captured header of this scheme is good for 15 minutes and for every route: treat it as a key.
    /// The secret may be a text or [`Secret::file`].
    pub fn hmac(user_id: impl Into<String>, secret: impl Into<Secret>) -> Credentials {
        Credentials(Scheme::Hmac { user_id: user_id.into(), secret: secret.into() })
    }

    /// OAuth 2.0 client credentials (DOC for the v4 surface): the client asks for tokens and renews them.
    pub fn oauth(oauth: OAuth) -> Credentials {
        Credentials(Scheme::OAuth(oauth))
    }

    /// An OAuth 2.0 bearer token that the caller renews.
    pub fn bearer(token: impl Into<String>) -> Credentials {
        Credentials(Scheme::Bearer(SecretString::from(token.into())))
    }

    /// The whole value of the `Authorization` header, sent as it is.
    pub fn verbatim(authorization: impl Into<String>) -> Credentials {
        Credentials(Scheme::Verbatim(SecretString::from(authorization.into())))
    }

    /// A provider of one's own.
    pub fn provider(provider: impl AuthorizationProvider) -> Credentials {
        Credentials(Scheme::Provider(Arc::new(provider)))
    }

    /// Whether they could ever make a header; before any I/O but that of a secret's file.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refused = |detail: &str, next: &str| Err(Error::invalid_argument(Operation::Configure, detail, next));
        match &self.0 {
            Scheme::Hmac { user_id, secret } => {
                if user_id.is_empty() || !user_id.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
                    return refused(
                        "user_id must be printable ASCII without spaces",
                        "pass the API user that MyPreferences knows for this client id",
                    );
                }
                let secret = secret.now()?;
                if secret.expose_secret().is_empty() {
                    return refused("the HMAC secret is empty", "pass the secret of the API user");
                }
                // What came with the line of a file would only be answered 401.
                if secret.expose_secret().contains(['\r', '\n']) {
                    return refused(
                        "the HMAC secret holds a line break",
                        "pass the secret of the API user without the end of its line",
                    );
                }
            }
            Scheme::Bearer(token) => {
                let token = token.expose_secret();
                if token.is_empty() || !token.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
                    return refused(
                        "the bearer token must be printable ASCII without spaces",
                        "pass the access_token of the OAuth answer",
                    );
                }
            }
            Scheme::Verbatim(value) => {
                let value = value.expose_secret();
                if value.trim().is_empty() || HeaderValue::from_str(value).is_err() {
                    return refused(
                        "the Authorization value is not a header value",
                        "pass the whole value, scheme included, on one line",
                    );
                }
            }
            Scheme::OAuth(oauth) => oauth.check()?,
            Scheme::Provider(_) => {}
        }
        Ok(())
    }

    /// Secrets that must not appear in any text.
    pub(crate) fn secrets(&self) -> Vec<Cow<'_, str>> {
        match &self.0 {
            Scheme::Hmac { secret, .. } => vec![secret.known()],
            Scheme::Bearer(token) | Scheme::Verbatim(token) => {
                vec![Cow::Borrowed(token.expose_secret())]
            }
            // The token is taken out with the `Authorization` value of its exchange.
            Scheme::OAuth(oauth) => vec![oauth.known_secret()],
            Scheme::Provider(_) => Vec::new(),
        }
    }

    /// The secret that stays the same while tokens come and go, if there is one.
    pub(crate) fn lasting_secret(&self) -> Result<Option<SecretString>, Error> {
        match &self.0 {
            Scheme::Hmac { secret, .. } => secret.now().map(Some),
            Scheme::OAuth(oauth) => oauth.secret().map(Some),
            Scheme::Bearer(_) | Scheme::Verbatim(_) | Scheme::Provider(_) => Ok(None),
        }
    }

    /// Whether the header depends on the time, so that a wrong clock can be repaired.
    pub(crate) fn depend_on_the_clock(&self) -> bool {
        match &self.0 {
            Scheme::Hmac { .. } => true,
            Scheme::Bearer(_) | Scheme::Verbatim(_) | Scheme::OAuth(_) | Scheme::Provider(_) => false,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Scheme::Hmac { .. } => "Credentials(hmac, ***)",
            Scheme::Verbatim(_) => "Credentials(verbatim, ***)",
            Scheme::Bearer(_) => "Credentials(bearer, ***)",
            Scheme::OAuth(_) => "Credentials(oauth, ***)",
            Scheme::Provider(_) => "Credentials(provider)",
        })
    }
}

/// The value of a PNAUTHINFO3 header for one moment. `server_ms` is the estimated server time.
pub(crate) fn pnauthinfo3(
    hash: HmacHash,
    format: TimestampFormat,
    client_id: &str,
    user_id: &str,
    secret: &str,
    server_ms: i64,
) -> String {
    let timestamp = timestamp(format, server_ms - SIGN_IN_THE_PAST_MS);
    // The identical text stands in Credential and in the string that is signed.
    let parts = [client_id, ":", user_id, ":", &timestamp];
    let signature = match hash {
        HmacHash::Sha256 => sign::<Hmac<sha2::Sha256>>(secret, &parts),
        HmacHash::Sha384 => sign::<Hmac<sha2::Sha384>>(secret, &parts),
        HmacHash::Sha512 => sign::<Hmac<sha2::Sha512>>(secret, &parts),
    };
    format!("{} Credential={user_id}/{timestamp} Signature={signature}", hash.scheme())
}

fn sign<M: Mac + KeyInit>(secret: &str, parts: &[&str]) -> String {
    match <M as KeyInit>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            for part in parts {
                mac.update(part.as_bytes());
            }
            STANDARD.encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of every length; without a signature the server refuses, and nothing is lost.
        Err(_) => String::new(),
    }
}

fn timestamp(format: TimestampFormat, unix_ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    match format {
        TimestampFormat::UtcMillisZ => format!("{moment:.3}"),
        TimestampFormat::UtcSecondsZ => format!("{moment:.0}"),
        TimestampFormat::UtcSeconds => {
            let mut text = format!("{moment:.0}");
            text.truncate(text.len() - 1);
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT_MS: i64 = 1_795_501_553_042;

    #[test]
    fn each_timestamp_format_is_written_as_documented() {
        assert_eq!(timestamp(TimestampFormat::UtcMillisZ, MOMENT_MS), "2026-11-24T06:25:53.042Z");
        assert_eq!(timestamp(TimestampFormat::UtcMillisZ, MOMENT_MS - 42), "2026-11-24T06:25:53.000Z");
        assert_eq!(timestamp(TimestampFormat::UtcSecondsZ, MOMENT_MS), "2026-11-24T06:25:53Z");
        assert_eq!(timestamp(TimestampFormat::UtcSeconds, MOMENT_MS), "2026-11-24T06:25:53");
    }

    /// Computed once with another language's HMAC over made-up credentials, for a server time of 06:25:53.042.
    #[test]
    fn signatures_equal_an_independent_computation_for_each_hash_and_format() {
        let table = [
            (HmacHash::Sha256, TimestampFormat::UtcMillisZ, "eqqTT+B9ql101gEVf4s+08fBcoDToyEqU7FiOMaw3dc="),
            (HmacHash::Sha256, TimestampFormat::UtcSecondsZ, "tyIj7ijM0c/wZDHwj+EdmZ23GvGrQO5jgBFm9eeYDDc="),
            (HmacHash::Sha256, TimestampFormat::UtcSeconds, "O0jVsEt52BrxZCfvVpO3kEJcEPeu3YwUmkUoCwf7/UY="),
            (
                HmacHash::Sha384,
                TimestampFormat::UtcMillisZ,
                "Tmn2WJW7CN8y3GtVRSt1Z4DQlyoZZ55qvfK84wn/NFueRRfbJNosIrdbstFv2iNN",
            ),
            (
                HmacHash::Sha512,
                TimestampFormat::UtcMillisZ,
                "UFtEl0XQzX/OqMR7FCIz7OHfjdlPTqCwcdEe8Gy3I+WcUms3PjABbXqC8uhB8ANLJCjspqRyvJmLoyKA2/VObw==",
            ),
        ];
        for (hash, format, signature) in table {
            let header = pnauthinfo3(hash, format, "ExampleClient", "ExampleUser", "example-hmac-key-0001", MOMENT_MS);
            let (credential, given) = header.split_once(" Signature=").unwrap();
            assert_eq!(given, signature, "{hash:?} {format:?}");
            assert!(credential.starts_with(&format!("{} Credential=ExampleUser/2026-11-24T06:25:50", hash.scheme())));
        }
    }

    #[test]
    fn debug_shows_the_sort_only() {
        for credentials in [
            Credentials::hmac("user", "very-secret"),
            Credentials::bearer("very-secret"),
            Credentials::verbatim("Basic very-secret"),
            Credentials::oauth(OAuth::new("https://host/", "id", "very-secret")),
        ] {
            assert!(!format!("{credentials:?}").contains("very-secret"));
        }
    }

    #[test]
    fn credentials_that_cannot_make_a_header_are_refused() {
        for bad in [
            Credentials::hmac("", "s"),
            Credentials::hmac("a b", "s"),
            Credentials::hmac("user", ""),
            Credentials::bearer(""),
            Credentials::bearer("a\nb"),
            Credentials::verbatim(" "),
            Credentials::verbatim("Basic x\r\nX-Evil: 1"),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}

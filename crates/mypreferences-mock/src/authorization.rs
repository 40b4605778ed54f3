//! Who may ask: the vendor's PNAUTHINFO3 scheme, or simpler ones, with its five reasons for a 401.
//! Written from the vendor's pages alone, so that it can catch a client that signs wrongly.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use crate::redact::REDACTED;

/// How old a PNAUTHINFO3 time stamp may be (the vendor's default).
const LIFETIME_MILLIS: i64 = 15 * 60 * 1000;

/// What the `Authorization` header of a request must be.
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization {
    /// Anything is accepted, even no header at all.
    None,
    /// `PNAUTHINFO3-HMAC-SHA256`, `-SHA384` or `-SHA512` by this user.
    Hmac {
        /// The account that the signature is made for.
        client_id: String,
        /// The user named in `Credential`.
        user_id: String,
        /// The key, as text.
        secret: String,
    },
    /// `Bearer` followed by this token.
    Bearer(String),
    /// Exactly this header value.
    Verbatim(String),
    /// `Bearer` followed by a token that the scenario's token endpoint has handed out and that has not expired.
    OAuth(OAuthClient),
}

/// Who may ask the token endpoint for a token.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuthClient {
    /// The client's name, which is not the account in the paths.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The only scope: account and user, `ClientId/UserId`.
    pub scope: String,
    /// For how long a token is accepted.
    pub expires_in: Duration,
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OAuthClient")
            .field("client_id", &self.client_id)
            .field("client_secret", &REDACTED)
            .field("scope", &self.scope)
            .field("expires_in", &self.expires_in)
            .finish()
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::Hmac { client_id, user_id, .. } => formatter
                .debug_struct("Hmac")
                .field("client_id", client_id)
                .field("user_id", user_id)
                .field("secret", &REDACTED)
                .finish(),
            Self::Bearer(_) => formatter.debug_tuple("Bearer").field(&REDACTED).finish(),
            Self::Verbatim(_) => formatter.debug_tuple("Verbatim").field(&REDACTED).finish(),
            Self::OAuth(client) => formatter.debug_tuple("OAuth").field(client).finish(),
        }
    }
}

/// The documented reasons for a 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The scheme is not one that is known.
    Scheme,
    /// The time stamp is malformed, or lies in the future.
    DateFormat,
    /// The time stamp is older than 15 minutes.
    TooOld,
    /// There is no header.
    Missing,
    /// The header is incomplete, the signature is wrong, or the user is unknown.
    Unable,
}

impl Refusal {
    /// All of them, in the vendor's order.
    pub const ALL: [Self; 5] = [Self::Scheme, Self::DateFormat, Self::TooOld, Self::Missing, Self::Unable];

    /// The vendor's text, word for word.
    pub fn text(self) -> &'static str {
        match self {
            Self::Scheme => "The scheme is invalid",
            Self::DateFormat => "The specified date does not match an expected ISO 8601 format",
            Self::TooOld => "The difference between the issued timestamp and the current time is too large",
            Self::Missing => "Missing Authorization Header",
            Self::Unable => "Unable to authenticate request",
        }
    }
}

impl Authorization {
    /// Checks a header value against the server's clock, and against what the token endpoint has handed out.
    pub(crate) fn check(
        &self,
        header: Option<&[u8]>,
        now_millis: i64,
        is_issued: impl Fn(&[u8]) -> bool,
    ) -> Result<(), Refusal> {
        if matches!(self, Self::None) {
            return Ok(());
        }
        let header = header.ok_or(Refusal::Missing)?;
        match self {
            Self::None => Ok(()),
            Self::Hmac { client_id, user_id, secret } => {
                let header = std::str::from_utf8(header).map_err(|_| Refusal::Unable)?;
                check_signature(header, client_id, user_id, secret, now_millis)
            }
            Self::Bearer(token) => same_text(bearer(header)?, token.as_bytes()),
            Self::OAuth(_) if is_issued(bearer(header)?) => Ok(()),
            Self::OAuth(_) => Err(Refusal::Unable),
            Self::Verbatim(value) => same_text(header, value.as_bytes()),
        }
    }
}

/// What stands after `Bearer`.
fn bearer(header: &[u8]) -> Result<&[u8], Refusal> {
    let (scheme, rest) = header.split_at_checked("Bearer ".len()).ok_or(Refusal::Scheme)?;
    if scheme.eq_ignore_ascii_case(b"Bearer ") { Ok(rest) } else { Err(Refusal::Scheme) }
}

/// `<scheme> Credential=<user>/<timestamp> Signature=<base64>`, single spaces, no commas, no quotes.
fn check_signature(header: &str, client_id: &str, user_id: &str, secret: &str, now_millis: i64) -> Result<(), Refusal> {
    let (scheme, parameters) = header.split_once(' ').unwrap_or((header, ""));
    let hash = Hash::of_scheme(scheme).ok_or(Refusal::Scheme)?;
    let parameters = parameters.strip_prefix("Credential=").ok_or(Refusal::Unable)?;
    let (credential, signature) = parameters.rsplit_once(" Signature=").ok_or(Refusal::Unable)?;
    // From the right: nothing says that a user id holds no slash, but a time stamp does not.
    let (user, timestamp) = credential.rsplit_once('/').ok_or(Refusal::Unable)?;
    let issued = timestamp_millis(timestamp).ok_or(Refusal::DateFormat)?;
    // The vendor answers a future time with the reason of a malformed one.
    if issued > now_millis {
        return Err(Refusal::DateFormat);
    }
    if now_millis.saturating_sub(issued) > LIFETIME_MILLIS {
        return Err(Refusal::TooOld);
    }
    let signature = STANDARD.decode(signature).map_err(|_| Refusal::Unable)?;
    let signed = format!("{client_id}:{user}:{timestamp}");
    if !hash.verifies(secret.as_bytes(), signed.as_bytes(), &signature) {
        return Err(Refusal::Unable);
    }
    same_text(user.as_bytes(), user_id.as_bytes())
}

#[derive(Debug, Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The keyed schemes only: what the un-keyed ones sign is not public, so they are refused as unknown.
    fn of_scheme(scheme: &str) -> Option<Self> {
        match scheme.to_ascii_uppercase().as_str() {
            "PNAUTHINFO3-HMAC-SHA256" => Some(Self::Sha256),
            "PNAUTHINFO3-HMAC-SHA384" => Some(Self::Sha384),
            "PNAUTHINFO3-HMAC-SHA512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn verifies(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Sha256 => verifies_with::<Hmac<Sha256>>(key, message, signature),
            Self::Sha384 => verifies_with::<Hmac<Sha384>>(key, message, signature),
            Self::Sha512 => verifies_with::<Hmac<Sha512>>(key, message, signature),
        }
    }
}

/// `verify_slice` compares in constant time and refuses truncated signatures.
fn verifies_with<M: Mac + KeyInit>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return false;
    };
    mac.update(message);
    mac.verify_slice(signature).is_ok()
}

/// Compares in a time that does not depend on where the first difference is.
pub(crate) fn same_text(given: &[u8], expected: &[u8]) -> Result<(), Refusal> {
    let difference = given.iter().zip(expected).fold(0_u8, |difference, (left, right)| difference | (left ^ right));
    if given.len() == expected.len() && difference == 0 { Ok(()) } else { Err(Refusal::Unable) }
}

/// Reads the three forms that are accepted: `…:07.089Z`, `…:07Z`, and `…:07` read as UTC.
fn timestamp_millis(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shape: &[u8] = match bytes.len() {
        24 => b"dddd-dd-ddTdd:dd:dd.dddZ",
        20 => b"dddd-dd-ddTdd:dd:ddZ",
        19 => b"dddd-dd-ddTdd:dd:dd",
        _ => return None,
    };
    let shaped = bytes.iter().zip(shape).all(
        |(byte, expected)| {
            if *expected == b'd' { byte.is_ascii_digit() } else { byte == expected }
        },
    );
    if !shaped {
        return None;
    }
    let utc = if bytes.len() == 19 { format!("{text}Z") } else { text.to_owned() };
    let timestamp: jiff::Timestamp = utc.parse().ok()?;
    Some(timestamp.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-04T05:06:07Z.
    const ISSUED: i64 = 1_772_600_767_000;

    fn hmac() -> Authorization {
        Authorization::Hmac {
            client_id: "ExampleClient".to_owned(),
            user_id: "api.user".to_owned(),
            secret: "correct horse battery staple".to_owned(),
        }
    }

    fn check(header: &str, now: i64) -> Result<(), Refusal> {
        hmac().check(Some(header.as_bytes()), now, |_| false)
    }

    /// Signatures made with another implementation (Python's hmac), with made-up credentials.
    #[test]
    fn signatures_of_another_implementation_are_accepted_in_all_hashes_and_timestamp_forms() {
        for header in [
            "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07.089Z Signature=PFJdaMgcgQSFPk206zWM+uAPiK1k+6KNM6MEUFy3Okg=",
            "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07Z Signature=1iYCy4rWuzi2z97MpnneOgQBeJ127gsxpnynWNJPg7Q=",
            "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07 Signature=fFUie0DzHd4z0NwZvv1qM3xYM7pA/UXnrtynkjs+i4g=",
            "PNAUTHINFO3-HMAC-SHA384 Credential=api.user/2026-03-04T05:06:07.089Z Signature=k0b/4QPiXB3+euFqVCsp3x7vJI5pwmHqxH1c/cJBsn9nB0Nc6iw/IJmxlJ7gQcvZ",
            "pnauthinfo3-hmac-sha512 Credential=api.user/2026-03-04T05:06:07Z Signature=VtzAo5NhOw/AoE6gk3jXeNfuV842/gsAItgr/ZZM9fS54zIJRYHy2JM5l4+stNnISSfm+o3AE/o0BtSr4rd1gg==",
        ] {
            assert_eq!(check(header, ISSUED + 89), Ok(()), "{header}");
        }
    }

    #[test]
    fn a_timestamp_in_the_future_is_refused_as_a_malformed_one() {
        let header = "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07Z Signature=1iYCy4rWuzi2z97MpnneOgQBeJ127gsxpnynWNJPg7Q=";
        assert_eq!(check(header, ISSUED), Ok(()));
        assert_eq!(check(header, ISSUED - 1), Err(Refusal::DateFormat));
    }

    #[test]
    fn a_timestamp_lives_fifteen_minutes() {
        let header = "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07Z Signature=1iYCy4rWuzi2z97MpnneOgQBeJ127gsxpnynWNJPg7Q=";
        assert_eq!(check(header, ISSUED + 900_000), Ok(()));
        assert_eq!(check(header, ISSUED + 900_001), Err(Refusal::TooOld));
    }

    #[test]
    fn each_documented_reason_is_given() {
        let signature = "1iYCy4rWuzi2z97MpnneOgQBeJ127gsxpnynWNJPg7Q=";
        let with = |scheme: &str, credential: &str| format!("{scheme} Credential={credential} Signature={signature}");
        let cases = [
            (with("PNAUTHINFO100-SHA256", "api.user/2026-03-04T05:06:07Z"), Refusal::Scheme),
            (with("Bearer", "api.user/2026-03-04T05:06:07Z"), Refusal::Scheme),
            (with("PNAUTHINFO3-HMAC-SHA256", "api.user/2026-03-04 05:06:07Z"), Refusal::DateFormat),
            (with("PNAUTHINFO3-HMAC-SHA256", "api.user/2026-13-04T05:06:07Z"), Refusal::DateFormat),
            (with("PNAUTHINFO3-HMAC-SHA256", "api.user/2026-03-04T05:06:07+00:00"), Refusal::DateFormat),
            (with("PNAUTHINFO3-HMAC-SHA256", "other.user/2026-03-04T05:06:07Z"), Refusal::Unable),
            (with("PNAUTHINFO3-HMAC-SHA384", "api.user/2026-03-04T05:06:07Z"), Refusal::Unable),
            ("PNAUTHINFO3-HMAC-SHA256".to_owned(), Refusal::Unable),
            ("PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07Z".to_owned(), Refusal::Unable),
            (
                "PNAUTHINFO3-HMAC-SHA256 Credential=api.user/2026-03-04T05:06:07Z, Signature=1iYC".to_owned(),
                Refusal::DateFormat,
            ),
        ];
        for (header, refusal) in cases {
            assert_eq!(check(&header, ISSUED + 1000), Err(refusal), "{header}");
        }
        assert_eq!(hmac().check(None, ISSUED, |_| false), Err(Refusal::Missing));
    }

    #[test]
    fn bearer_and_verbatim_are_compared_exactly() {
        let bearer = Authorization::Bearer("abc".to_owned());
        assert_eq!(bearer.check(Some(b"Bearer abc"), 0, |_| false), Ok(()));
        assert_eq!(bearer.check(Some(b"Bearer abcd"), 0, |_| false), Err(Refusal::Unable));
        assert_eq!(bearer.check(Some(b"Basic abc"), 0, |_| false), Err(Refusal::Scheme));
        let verbatim = Authorization::Verbatim("Own x".to_owned());
        assert_eq!(verbatim.check(Some(b"Own x"), 0, |_| false), Ok(()));
        assert_eq!(verbatim.check(Some(b"Own y"), 0, |_| false), Err(Refusal::Unable));
    }

    #[test]
    fn no_secret_is_in_the_debug_output() {
        for authorization in [
            hmac(),
            Authorization::Bearer("correct horse battery staple".to_owned()),
            Authorization::Verbatim("correct horse battery staple".to_owned()),
        ] {
            assert!(!format!("{authorization:?}").contains("horse"));
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let client = OAuthClient {
            client_id: "job".to_owned(),
            client_secret: "hush".to_owned(),
            scope: "C/user".to_owned(),
            expires_in: Duration::from_secs(60),
        };
        for authorization in [
            Authorization::OAuth(client),
            Authorization::Bearer("hush".to_owned()),
            Authorization::Verbatim("hush".to_owned()),
            Authorization::Hmac { client_id: "C".to_owned(), user_id: "user".to_owned(), secret: "hush".to_owned() },
        ] {
            let shown = format!("{authorization:?}");
            assert!(!shown.contains("hush"), "{shown}");
        }
    }

    #[test]
    fn a_token_that_was_not_handed_out_is_refused() {
        let oauth = Authorization::OAuth(OAuthClient {
            client_id: "job".to_owned(),
            client_secret: "made-up".to_owned(),
            scope: "C/user".to_owned(),
            expires_in: Duration::from_secs(60),
        });
        let check = |header: &[u8]| oauth.check(Some(header), 0, |token| token == b"mock-1");
        assert_eq!(check(b"Bearer mock-1"), Ok(()));
        assert_eq!(check(b"Bearer mock-2"), Err(Refusal::Unable));
        assert_eq!(check(b"Basic mock-1"), Err(Refusal::Scheme));
        assert_eq!(check(b"Bearer"), Err(Refusal::Scheme));
    }
}

//! The token endpoint: OAuth 2.0 client credentials as RFC 6749 has them, with the vendor's scope `ClientId/UserId`.
//! The vendor does not publish its address, lifetimes or error bodies.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;

use crate::answer::Answer;
use crate::authorization::{OAuthClient, same_text};
use crate::http::Head;
use crate::records::Seeded;

/// The access tokens that were handed out.
#[derive(Default)]
pub(crate) struct Issued {
    count: u64,
    /// Each with the moment of scenario time at which it expires.
    tokens: Vec<(String, Duration)>,
}

impl Issued {
    /// Hands out the next token.
    pub(crate) fn issue(&mut self, seed: u64, now: Duration, lifetime: Duration) -> String {
        self.count += 1;
        self.tokens.retain(|(_, expires)| now < *expires);
        let mut choices = Seeded::new(seed ^ 0x000A_0717, self.count);
        let token = format!("mock-{:016x}{:016x}", choices.next(), choices.next());
        self.tokens.push((token.clone(), now.saturating_add(lifetime)));
        token
    }

    /// Whether this token was handed out and has not expired.
    pub(crate) fn accepts(&self, token: &[u8], now: Duration) -> bool {
        self.tokens.iter().any(|(known, expires)| now < *expires && same_text(token, known.as_bytes()).is_ok())
    }
}

/// The answer with a token.
pub(crate) fn answer(token: &str, client: &OAuthClient) -> Answer {
    let body = serde_json::json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": client.expires_in.as_secs(),
        "scope": client.scope,
    });
    Answer::json(200, body.to_string()).header("Cache-Control", "no-store").header("Pragma", "no-cache")
}

fn refuse(status: u16, error: &str, description: &str) -> Answer {
    let body = serde_json::json!({"error": error, "error_description": description});
    Answer::json(status, body.to_string()).header("Cache-Control", "no-store").header("Pragma", "no-cache")
}

fn invalid_request(description: &str) -> Answer {
    refuse(400, "invalid_request", description)
}

/// Judges a token request.
pub(crate) fn check(
    client: &OAuthClient,
    authorization: Option<&[u8]>,
    head: &Head,
    query: Option<&str>,
    body: &[u8],
) -> Result<(), Answer> {
    if query.is_some() {
        return Err(invalid_request("the parameters belong in the body"));
    }
    let is_form = head.headers.iter().any(|(name, value)| {
        let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
        name.eq_ignore_ascii_case("Content-Type")
            && media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err(invalid_request("the body must be application/x-www-form-urlencoded"));
    }
    let form = Form::read(body)?;
    let (id, secret) = match (authorization, form.one("client_secret")) {
        (Some(_), Some(_)) => {
            return Err(invalid_request("the client authenticates in two ways at once"));
        }
        (Some(header), None) => basic(header).ok_or_else(|| unknown_client(true))?,
        (None, Some(secret)) => (form.one("client_id").unwrap_or_default(), secret),
        (None, None) => return Err(unknown_client(false)),
    };
    let known = same_text(&id, client.client_id.as_bytes()).is_ok()
        && same_text(&secret, client.client_secret.as_bytes()).is_ok();
    if !known {
        return Err(unknown_client(authorization.is_some()));
    }
    match form.one("grant_type").as_deref() {
        None => return Err(invalid_request("grant_type is missing")),
        Some(b"client_credentials") => {}
        Some(_) => {
            let description = "only client_credentials is supported";
            return Err(refuse(400, "unsupported_grant_type", description));
        }
    }
    if form.one("scope").as_deref() == Some(client.scope.as_bytes()) {
        Ok(())
    } else {
        let description = "the scope must be ClientId/UserId, form-encoded";
        Err(refuse(400, "invalid_scope", description))
    }
}

fn unknown_client(by_header: bool) -> Answer {
    let answer = refuse(401, "invalid_client", "client authentication failed");
    if by_header { answer.header("WWW-Authenticate", "Basic realm=\"oauth\"") } else { answer }
}

/// Id and secret of a Basic header, each form-encoded as the RFC wants it.
fn basic(header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, encoded) = header.split_at_checked("Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let pair = STANDARD.decode(encoded).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let (id, secret) = pair.split_at(colon);
    Some((decoded(id), decoded(secret.get(1..)?)))
}

/// Form encoding: `+` is a space, `%XX` a byte.
fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

struct Form(Vec<(Vec<u8>, Vec<u8>)>);

impl Form {
    fn read(body: &[u8]) -> Result<Self, Answer> {
        let mut members: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = pair.split_at(equals.unwrap_or(pair.len()));
            let name = decoded(name);
            if members.iter().any(|(known, _)| *known == name) {
                return Err(invalid_request("a parameter is repeated"));
            }
            members.push((name, decoded(value.get(1..).unwrap_or_default())));
        }
        Ok(Self(members))
    }

    fn one(&self, name: &str) -> Option<Vec<u8>> {
        self.0.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value.clone())
    }
}

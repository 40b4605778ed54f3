//! The token endpoint: one request for a token, over connections of its own, and what its answer means. Shape: RFC 6749,
//! 4.4 and 5; the vendor does not publish lifetimes or error bodies (facts 5.2, UNK).

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::auth::oauth::OAuth;
use crate::auth::oauth::failure::TokenFailure;
use crate::error::{Error, ErrorKind, TimeoutPhase};
use crate::http::delivery::{BodyEnd, Failure};
use crate::http::outcome::NO_LOOK_UP;
use crate::http::response::{self, field};
use crate::http::status_code::{StatusClass, class, error_kind};
use crate::http::tls_error::TlsError;
use crate::http::transport::{AGENT, Answer, BodyPlan, Http, JSON};
use crate::settings::Settings;
use crate::telemetry::redact::clean_message;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
/// What came instead of an answer.
const NO_ANSWER: [(ErrorKind, &str); 6] = [
    (ErrorKind::Connect, "there is no connection to the OAuth token endpoint"),
    (ErrorKind::Tls, "the TLS handshake with the OAuth token endpoint failed"),
    (ErrorKind::Proxy, "the proxy refused the way to the OAuth token endpoint"),
    (ErrorKind::Timeout, "the OAuth token endpoint gave no answer in time"),
    (ErrorKind::Interrupted, "the connection to the OAuth token endpoint was lost"),
    (ErrorKind::InvalidResponse, "the OAuth token endpoint's answer is no HTTP"),
];
/// The lifetime of a token whose answer does not tell it (RFC 6749 only recommends to). Short: too long a guess costs a
/// 401, too short a guess one more request.
const UNTOLD_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// A longer lifetime is as good as this one.
const LONGEST_LIFETIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A token that was given.
pub(crate) struct Granted {
    /// `Bearer …`, marked as sensitive.
    pub(crate) authorization: HeaderValue,
    /// From the moment when it was asked for. None at all: for those who wait for it.
    pub(crate) lifetime: Duration,
}

/// Where tokens come from.
pub(crate) struct Endpoint {
    http: Http,
    url: Url,
    oauth: OAuth,
    scope: String,
    cap: usize,
    /// No request takes longer.
    limit: Duration,
}

impl Endpoint {
    pub(crate) fn new(oauth: &OAuth, account: &str, settings: &Settings) -> Result<Endpoint, Error> {
        let url = oauth.checked_url()?;
        Ok(Endpoint {
            http: Http::new(url.as_str(), settings)?,
            url,
            scope: oauth.scope_for(account)?,
            oauth: oauth.clone(),
            cap: settings.max_control_body,
            limit: settings.connect_timeout + settings.first_byte_timeout + settings.body_timeout,
        })
    }

    /// Asks for a token.
    pub(crate) async fn ask(&self) -> Result<Granted, TokenFailure> {
        let deadline = Instant::now() + self.limit;
        let request = self.request().ok_or_else(|| {
            TokenFailure::new(ErrorKind::Internal, "no request to the OAuth token endpoint could be made")
        })?;
        let plan = BodyPlan::Read { cap: self.cap };
        match self.http.perform(request, (deadline, deadline), plan, Vec::new()).await {
            Ok(answer) => self.understand(&answer),
            Err(failure) => Err(self.no_answer(failure)),
        }
    }

    fn request(&self) -> Option<reqwest::Request> {
        // It was readable when the client was made, and is kept from then on.
        let secret = self.oauth.client_secret.now().ok()?;
        let mut request = reqwest::Request::new(reqwest::Method::POST, self.url.clone());
        let headers = request.headers_mut();
        headers.insert(ACCEPT, JSON);
        headers.insert(USER_AGENT, AGENT);
        headers.insert(CONTENT_TYPE, FORM);
        if let Some(basic) = self.oauth.basic(&secret) {
            headers.insert(AUTHORIZATION, sensitive(&format!("Basic {}", basic.expose_secret()))?);
        }
        let form = self.oauth.form(&self.scope, &secret);
        *request.body_mut() = Some(form.expose_secret().to_owned().into());
        Some(request)
    }

    fn understand(&self, answer: &Answer) -> Result<Granted, TokenFailure> {
        let status = answer.status;
        let is_success = matches!(class(status), StatusClass::Success | StatusClass::OtherSuccess);
        // A token that can be used is one, whichever success it came with and whatever its answer is called.
        let is_whole = matches!(answer.body_end, BodyEnd::Complete | BodyEnd::Stopped);
        let why_not = match granted(&answer.body) {
            Ok(granted) if is_success && is_whole => return Ok(granted),
            Ok(_) => "is not whole",
            Err(why) => why,
        };
        let html = response::is_html(&answer.headers, &answer.body);
        if class(status) != StatusClass::Success || html {
            return Err(self.refusal(answer, html));
        }
        let unusable = |kind, why: &str| TokenFailure::new(kind, format!("the OAuth token endpoint's answer {why}"));
        match &answer.body_end {
            BodyEnd::Complete | BodyEnd::Stopped => Err(unusable(ErrorKind::InvalidResponse, why_not)),
            BodyEnd::TooLarge => Err(unusable(ErrorKind::ResponseTooLarge, "is too large")),
            BodyEnd::Interrupted(cause) => {
                Err(TokenFailure { source: Some(self.clean(cause)), ..unusable(ErrorKind::Interrupted, "broke off") })
            }
            BodyEnd::Malformed(cause) | BodyEnd::Encoded(cause) => Err(TokenFailure {
                source: Some(self.clean(cause)),
                ..unusable(ErrorKind::InvalidResponse, "cannot be read")
            }),
            BodyEnd::TimedOut(phase) => Err(TokenFailure {
                phase: Some(*phase),
                ..unusable(ErrorKind::Timeout, "did not come to its end in time")
            }),
        }
    }

    /// An answer that is no token.
    fn refusal(&self, answer: &Answer, html: bool) -> TokenFailure {
        let status = answer.status;
        if html {
            // A page with an error's status is still that error; one that claims success is somebody else's.
            return TokenFailure {
                phase: (error_kind(status) == ErrorKind::Timeout).then_some(TimeoutPhase::Server),
                retry_after: response::retry_after(&answer.headers),
                ..TokenFailure::new(
                    error_kind(status),
                    format!("the OAuth token endpoint answered {status} with an HTML page"),
                )
            };
        }
        let (code, words) = error_words(&answer.body);
        // RFC 6749, 5.2: a client that is not known may be told so with 400 instead of 401.
        let unknown_client = matches!(code.as_deref(), Some("invalid_client" | "unauthorized_client"));
        let kind = match error_kind(status) {
            ErrorKind::BadRequest if unknown_client => ErrorKind::Unauthorized,
            kind => kind,
        };
        let mut detail = format!("the OAuth token endpoint answered {status}");
        if let Some(words) = words {
            detail.push_str(": ");
            detail.push_str(&self.clean(&words));
        }
        TokenFailure {
            phase: (kind == ErrorKind::Timeout).then_some(TimeoutPhase::Server),
            retry_after: response::retry_after(&answer.headers),
            ..TokenFailure::new(kind, detail)
        }
    }

    fn no_answer(&self, failure: Failure) -> TokenFailure {
        let detail = NO_ANSWER
            .iter()
            .find(|(kind, _)| *kind == failure.kind)
            .map_or("the OAuth token endpoint gave no answer", |(_, words)| words);
        let why = failure.tls.map(TlsError::detail);
        let detail = match why.or(failure.no_thread.then_some(NO_LOOK_UP)) {
            Some(why) => format!("{detail}: {why}"),
            None => detail.to_owned(),
        };
        TokenFailure {
            phase: failure.phase,
            source: failure.source.map(|source| self.clean(&source)),
            ..TokenFailure::new(failure.kind, detail)
        }
    }

    /// A text from outside, without the client's secret.
    fn clean(&self, text: &str) -> String {
        let mut secrets = vec![self.oauth.known_secret()];
        let basic = self.oauth.client_secret.now().ok().and_then(|secret| self.oauth.basic(&secret));
        if let Some(basic) = &basic {
            secrets.push(Cow::Borrowed(basic.expose_secret()));
        }
        clean_message(text, &secrets)
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The token in an answer, or why it holds none. The answer itself is not repeated.
fn granted(body: &[u8]) -> Result<Granted, &'static str> {
    let body = response::object(body).ok_or("is not a JSON object")?;
    let token = field(&body, "access_token")
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty() && token.bytes().all(|b| (0x21..=0x7e).contains(&b)))
        .ok_or("has no usable access_token")?;
    match field(&body, "token_type") {
        None | Some(Value::Null) => {}
        Some(Value::String(word)) if is_bearer(word) => {}
        Some(_) => return Err("has another token_type than Bearer"),
    }
    let lifetime = field(&body, "expires_in").map_or(UNTOLD_LIFETIME, lifetime);
    let authorization = sensitive(&format!("Bearer {token}")).ok_or("has no usable access_token")?;
    Ok(Granted { authorization, lifetime })
}

/// `Bearer`, as some servers write it.
fn is_bearer(word: &str) -> bool {
    let word = word.trim().to_ascii_lowercase();
    ["", "bearer", "bearertoken", "bearer token"].contains(&word.as_str())
}

/// Seconds, as a number or, from some servers, as text; none left for a token that is over already: it serves those who
/// wait for it and nobody else. What is no number tells nothing.
fn lifetime(seconds: &Value) -> Duration {
    let seconds = match seconds {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    seconds.map_or(UNTOLD_LIFETIME, |seconds: f64| {
        let seconds = seconds.clamp(0.0, LONGEST_LIFETIME.as_secs_f64());
        Duration::try_from_secs_f64(seconds).unwrap_or(UNTOLD_LIFETIME)
    })
}

/// `error`, and it with `error_description` for people (RFC 6749, 5.2).
fn error_words(body: &[u8]) -> (Option<String>, Option<String>) {
    let Some(body) = response::object(body) else {
        return (None, None);
    };
    let text = |name: &str| field(&body, name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("error").map(str::to_owned);
    let words = match (text("error"), text("error_description")) {
        (Some(code), Some(description)) => Some(format!("{code}: {description}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    };
    (code, words)
}

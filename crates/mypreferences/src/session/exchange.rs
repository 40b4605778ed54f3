//! One authorised exchange: sign just before the send, exchange, learn the server's clock; and the description of
//! what came back, with every secret taken out.

use std::borrow::Cow;
use std::time::SystemTime;

use http::HeaderValue;
use secrecy::ExposeSecret;
use tokio::time::Instant;
use url::Url;

use crate::auth::credentials::{Scheme, SigningRequest, pnauthinfo3};
use crate::auth::oauth::TokenFailure;
use crate::error::outcome::{RequestOutcome, Told};
use crate::error::{ErrorKind, Sent, TimeoutPhase};
use crate::http::clock::{system_time, unix_ms};
use crate::http::delivery::Failure;
use crate::http::outcome::NO_LOOK_UP;
use crate::http::response;
use crate::http::status_code::{StatusClass, class, error_kind};
use crate::http::transport::{Answer, BodyPlan, Request};
use crate::session::Session;
use crate::settings::access_token::AccessToken;
use crate::telemetry::redact::Scrubber;
use crate::threads;

/// An exchange that was made.
pub(crate) struct Exchanged {
    pub(crate) result: Result<Answer, Failure>,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    signed: Signed,
}

/// An `Authorization` value for one send.
pub(crate) struct Signed {
    authorization: HeaderValue,
    /// The clock correction that it was made with.
    correction_ms: i64,
}

/// Why there is no `Authorization` value. Nothing was sent.
pub(crate) enum Unsigned {
    /// A credentials provider's own words.
    Provider(String),
    Token(TokenFailure),
}

impl Session {
    /// Signs and sends one request, whose answer lies in this buffer then. `Err`: nothing was sent.
    pub(crate) async fn exchange(
        &self,
        post: bool,
        url: Url,
        deadline: Instant,
        body: BodyPlan,
        buffer: Vec<u8>,
    ) -> Result<Exchanged, Unsigned> {
        let signed = self.sign(deadline).await?;
        Ok(self.transmit(signed, post, url, (deadline, deadline), body, buffer).await)
    }

    /// Signs and sends one POST with this JSON. `Err`: nothing was sent.
    pub(crate) async fn exchange_content(
        &self,
        url: Url,
        deadline: Instant,
        body: BodyPlan,
        content: Vec<u8>,
    ) -> Result<Exchanged, Unsigned> {
        let signed = self.sign(deadline).await?;
        let request = Request {
            post: true,
            content,
            url,
            authorization: signed.authorization.clone(),
            deadline,
            body_deadline: deadline,
            body,
            buffer: Vec::new(),
        };
        Ok(self.transmit_request(signed, request).await)
    }

    /// Makes the `Authorization` value for a send that follows at once.
    pub(crate) async fn sign(&self, deadline: Instant) -> Result<Signed, Unsigned> {
        let correction_ms = self.clock.correction_ms();
        let authorization = self.authorization(correction_ms, deadline).await?;
        Ok(Signed { authorization, correction_ms })
    }

    /// Sends one signed request.
    pub(crate) async fn transmit(
        &self,
        signed: Signed,
        post: bool,
        url: Url,
        (deadline, body_deadline): (Instant, Instant),
        body: BodyPlan,
        buffer: Vec<u8>,
    ) -> Exchanged {
        let request = Request {
            post,
            content: Vec::new(),
            url,
            authorization: signed.authorization.clone(),
            deadline,
            body_deadline,
            body,
            buffer,
        };
        self.transmit_request(signed, request).await
    }

    async fn transmit_request(&self, signed: Signed, request: Request) -> Exchanged {
        let local_ms = unix_ms(self.wall.now());
        let started = Instant::now();
        let result = self.transport.exchange(request).await;
        let ended = Instant::now();
        if let Ok(answer) = &result
            && let Some(date) = response::fresh_date(&answer.headers)
        {
            self.clock.learn(date, local_ms, answer.head_after);
        }
        Exchanged { result, started, ended, signed }
    }

    async fn authorization(&self, correction_ms: i64, deadline: Instant) -> Result<HeaderValue, Unsigned> {
        if let Some(tokens) = &self.tokens {
            return tokens.authorization(deadline).await.map_err(Unsigned::Token);
        }
        let server_ms = unix_ms(self.wall.now()).saturating_add(correction_ms);
        let text = match &self.credentials.0 {
            Scheme::Hmac { user_id, secret } => {
                let secret =
                    secret.now().map_err(|error| Unsigned::Provider(error.detail().unwrap_or_default().to_owned()))?;
                pnauthinfo3(
                    self.settings.hmac_hash,
                    self.settings.timestamp_format,
                    &self.client_id,
                    user_id,
                    secret.expose_secret(),
                    server_ms,
                )
            }
            Scheme::Bearer(token) => format!("Bearer {}", token.expose_secret()),
            Scheme::Verbatim(value) => value.expose_secret().to_owned(),
            Scheme::Provider(provider) => {
                let request = SigningRequest {
                    client_id: self.client_id.clone(),
                    server_time: system_time(server_ms.div_euclid(1000)).unwrap_or(SystemTime::UNIX_EPOCH),
                };
                match tokio::time::timeout_at(deadline, provider.authorization(&request)).await {
                    Ok(answer) => answer.map_err(Unsigned::Provider)?.expose_secret().to_owned(),
                    Err(_) => {
                        return Err(Unsigned::Provider(String::from("it gave no answer in time")));
                    }
                }
            }
            Scheme::OAuth(_) => {
                // A client that was built with them has tokens, above.
                return Err(Unsigned::Token(TokenFailure::new(
                    ErrorKind::Internal,
                    "OAuth credentials without tokens",
                )));
            }
        };
        // The text itself stays out of the message.
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| Unsigned::Provider(String::from("its value cannot stand in a header")))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// After a 401: whether signing again, or renewed credentials, may change the answer. Once a call; the caller
    /// counts.
    pub(crate) async fn repair(&self, exchanged: &Exchanged, deadline: Instant) -> bool {
        let unauthorized = matches!(&exchanged.result, Ok(answer) if class(answer.status) == StatusClass::Unauthorized);
        if !unauthorized {
            return false;
        }
        if self.credentials.depend_on_the_clock() {
            return self.clock.was_skewed(exchanged.signed.correction_ms);
        }
        if let Some(tokens) = &self.tokens {
            return tokens.renew(&exchanged.signed.authorization, deadline).await;
        }
        match &self.credentials.0 {
            Scheme::Provider(provider) => tokio::time::timeout_at(deadline, provider.renew()).await.unwrap_or(false),
            Scheme::Hmac { .. } | Scheme::Bearer(_) | Scheme::Verbatim(_) | Scheme::OAuth(_) => false,
        }
    }

    /// What must not appear in any text about this exchange.
    pub(crate) fn scrubber<'a>(
        &'a self,
        exchanged: &'a Exchanged,
        token: impl Into<Option<AccessToken>>,
    ) -> Scrubber<'a> {
        let mut secrets = self.credentials.secrets();
        if let Ok(value) = exchanged.signed.authorization.to_str() {
            secrets.push(Cow::Borrowed(value));
            // A server may repeat it without its scheme.
            if let Some((_, credential)) = value.split_once(' ') {
                secrets.push(Cow::Borrowed(credential));
            }
            if let Some((_, signature)) = value.split_once("Signature=") {
                secrets.push(Cow::Borrowed(signature));
            }
        }
        Scrubber { access_token: token.into(), secrets }
    }

    /// Describes an exchange. A success is a 200 or 204 that is not HTML; what its body has to be is the caller's
    /// matter. `reauthenticated` says that this call has signed anew already.
    pub(crate) fn describe(
        &self,
        exchanged: &Exchanged,
        token: impl Into<Option<AccessToken>>,
        reauthenticated: bool,
    ) -> RequestOutcome {
        let token = token.into();
        let scrubber = || self.scrubber(exchanged, token);
        let answer = match &exchanged.result {
            Ok(answer) => answer,
            Err(failure) => {
                return RequestOutcome {
                    source: failure.source.as_deref().map(|source| scrubber().clean(source)),
                    told: match (failure.tls, failure.no_thread) {
                        (Some(trouble), _) => Some(Told::new(trouble.detail().to_owned(), trouble.next_action())),
                        (None, true) => Some(Told::new(NO_LOOK_UP, threads::ADVICE)),
                        (None, false) => None,
                    },
                    ..RequestOutcome::without_an_answer(failure.sent, failure.kind, failure.phase)
                };
            }
        };
        let html = response::is_html(&answer.headers, &answer.body);
        let success = class(answer.status) == StatusClass::Success && !html;
        let kind = (!success).then(|| error_kind(answer.status));
        let message = if success || html { None } else { response::message(&answer.body) };
        let mut description = RequestOutcome {
            sent: Sent::Answered,
            status: Some(answer.status),
            html,
            kind,
            phase: (kind == Some(ErrorKind::Timeout)).then_some(TimeoutPhase::Server),
            server_message: message.map(|message| scrubber().message(&message)),
            retry_after: response::retry_after(&answer.headers),
            request_id: response::request_id(&answer.headers).and_then(|id| scrubber().request_id(id)),
            date: response::date(&answer.headers),
            fresh_date: response::fresh_date(&answer.headers),
            source: None,
            told: None,
            is_settled: false,
        };
        let clock_is_known = response::fresh_date(&answer.headers).is_some();
        if description.kind == Some(ErrorKind::Unauthorized)
            && self.credentials.depend_on_the_clock()
            && (reauthenticated || !clock_is_known)
            && description.blames_the_clock()
        {
            description.kind = Some(ErrorKind::ClockSkew);
        }
        description
    }
}

//! Starting an export. Initiate has no key that would make a second one the same as the first, so a request whose answer
//! was lost is never sent again within a call: an export that it may have started expires unread.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::client::{Client, check_timeout, until_cancelled};
use crate::error::outcome::{RequestOutcome, Told};
use crate::error::{Attempt, Error, ErrorKind, Operation, Sent};
use crate::export::{Export, ExportRequest, LastDateTime};
use crate::http::backoff::draw_jitter;
use crate::http::clock::unix_ms;
use crate::http::delivery::BodyEnd;
use crate::http::response::{self, field};
use crate::http::status_code::{StatusClass, class, is_throttling};
use crate::http::transport::BodyPlan;
use crate::read::{attempt, provider_refused, read_error};
use crate::session::Session;
use crate::session::cancel::CancelToken;
use crate::session::exchange::{Exchanged, Unsigned};
use crate::settings::access_token::AccessToken;
use crate::settings::surface::Routes;
use crate::telemetry::events::{self, AttemptEvent};

const LOST: &str = "the request was sent and its answer was lost";
const INITIATE_AGAIN: &str = "initiate again: an export that this request may have started expires unread";

/// An export that was not started yet: await it. See [`Client::initiate`].
#[must_use = "an export does not start until it is awaited"]
pub struct Initiate {
    client: Client,
    order: ExportRequest,
    timeout: Duration,
    cancel: Option<CancelToken>,
}

impl Client {
    /// Starts an export. Wait for it with [`Client::wait`], read it with [`Client::pages`], and commit it when its data is
    /// safe.
    ///
    /// Sends one POST when all goes well; again only what was surely not taken (not sent, 408, 429, 503).
    ///
    /// Vendor: `POST {clientId}/export/Segment/{segmentName}`, `…/Schedule/{scheduleName}`, `…/CID` (DOC):
    /// <https://pm.mypreferences.com/API/3/async/Help/Api/POST-clientId-export-Segment-segmentName>.
    ///
    /// # Errors
    /// `invalid_argument` before any I/O; any kind below 700; `outcome_unknown` when the answer was lost.
    pub fn initiate(&self, order: ExportRequest) -> Initiate {
        Initiate { client: self.clone(), order, timeout: self.session().settings.timeout, cancel: None }
    }
}

impl Initiate {
    /// How long the call may take. Default: the client's `timeout`.
    pub fn timeout(mut self, timeout: Duration) -> Initiate {
        self.timeout = timeout;
        self
    }

    /// Ends the call when this token is cancelled.
    pub fn cancel_token(mut self, token: CancelToken) -> Initiate {
        self.cancel = Some(token);
        self
    }

    async fn run(self) -> Result<Export, Error> {
        self.order.check()?;
        check_timeout(self.timeout, Operation::Initiate)?;
        let session = self.client.session();
        let url = session.routes.initiate(self.order.kind, self.order.name.as_deref(), &self.order.query())?;
        let so_far = SoFar::default();
        let starting = session.start_export(&self.order, &url, self.timeout, &so_far);
        match until_cancelled(starting, self.cancel.as_ref(), Operation::Initiate).await {
            Ok(result) => result,
            Err(_) => Err(session.cancelled_initiate(&so_far, &url)),
        }
    }
}

/// What is known when the caller cancels in the middle.
#[derive(Default)]
struct SoFar {
    attempts: Mutex<Vec<Attempt>>,
    /// When the request under way began.
    under_way: Mutex<Option<Instant>>,
    begun: Mutex<Option<Instant>>,
}

/// A panic elsewhere leaves plain data behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl IntoFuture for Initiate {
    type Output = Result<Export, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl Session {
    async fn start_export(
        &self,
        order: &ExportRequest,
        url: &url::Url,
        timeout: Duration,
        so_far: &SoFar,
    ) -> Result<Export, Error> {
        let content = order.body().to_string();
        let begun = Instant::now();
        *lock(&so_far.begun) = Some(begun);
        let deadline = begun + timeout;
        let plan = BodyPlan::Read { cap: self.settings.max_control_body };
        let shown = Routes::without_token(url);
        let mut reauthenticated = false;
        let mut ended_before = begun;
        let mut n = 1;
        loop {
            let before = Instant::now();
            let local_ms = unix_ms(self.wall.now());
            *lock(&so_far.under_way) = Some(before);
            let sent = self.exchange_content(url.clone(), deadline, plan, content.clone().into_bytes()).await;
            let (started, ended, token, description) = match sent {
                Err(Unsigned::Provider(refusal)) => {
                    return Err(provider_refused(Operation::Initiate, &refusal));
                }
                Err(Unsigned::Token(failure)) => (before, Instant::now(), None, failure.describe(Operation::Initiate)),
                Ok(exchanged) => {
                    if !reauthenticated && self.repair(&exchanged, deadline).await {
                        reauthenticated = true;
                        continue;
                    }
                    let mut description = self.describe(&exchanged, None, reauthenticated);
                    let token = token_of(&exchanged, &mut description);
                    (exchanged.started, exchanged.ended, token, description)
                }
            };
            *lock(&so_far.under_way) = None;
            lock(&so_far.attempts).push(attempt(n, started - ended_before, &description, ended - started));
            if events::wanted(self.on_attempt.as_ref()) {
                let event = AttemptEvent {
                    operation: Operation::Initiate,
                    attempt: attempt(n, Duration::ZERO, &description, ended - started),
                    url: shown.clone(),
                    status: None,
                };
                events::attempt(self.on_attempt.as_ref(), &event);
            }
            if let Some(access_token) = token {
                let key = (order.kind, access_token);
                self.token_cache.credentials_accepted(key);
                self.token_cache.initiated(key, before.elapsed());
                if let Some(date) = description.fresh_date {
                    self.token_cache.heard(key, date);
                }
                return Ok(Export {
                    access_token,
                    kind: order.kind,
                    base_url: self.routes.base().to_owned(),
                    surface: self.settings.surface.name().to_owned(),
                    client_id: self.client_id.clone(),
                    name: order.name.clone(),
                    since_ms: order.last_date_time.map(LastDateTime::ms),
                    watermark_ms: self.watermark(local_ms, &description, ended - before),
                });
            }
            ended_before = ended;
            match self.wait_before_initiating_again(&description, n) {
                Some(wait) if ended + wait < deadline => tokio::time::sleep(wait).await,
                Some(_) | None => {
                    return Err(read_error(
                        Operation::Initiate,
                        described(description),
                        std::mem::take(&mut *lock(&so_far.attempts)),
                        begun.elapsed(),
                        shown,
                    ));
                }
            }
            n += 1;
        }
    }

    /// The record of a call that its caller cancelled: a request under way may have started an export.
    fn cancelled_initiate(&self, so_far: &SoFar, url: &url::Url) -> Error {
        let mut attempts = std::mem::take(&mut *lock(&so_far.attempts));
        let under_way = *lock(&so_far.under_way);
        let sent = match under_way {
            Some(_) if self.transport.ever_connected() => Sent::MaybeSent,
            Some(_) | None => Sent::NotSent,
        };
        let mut description = RequestOutcome::without_an_answer(sent, ErrorKind::Cancelled, None);
        if let Some(began) = under_way {
            let n = u32::try_from(attempts.len() + 1).unwrap_or(u32::MAX);
            attempts.push(attempt(n, Duration::ZERO, &description, began.elapsed()));
        }
        if sent == Sent::MaybeSent {
            description.told = Some(Told::new("by the caller, after the request was sent".to_owned(), INITIATE_AGAIN));
        }
        let elapsed = lock(&so_far.begun).map_or(Duration::ZERO, |begun| begun.elapsed());
        read_error(Operation::Initiate, description, attempts, elapsed, Routes::without_token(url))
    }

    /// The server's time just before the request was sent, and never later: its own `Date` minus the whole exchange
    /// where it tells one, else the local clock as far as it is corrected.
    fn watermark(&self, local_ms: i64, description: &RequestOutcome, took: Duration) -> i64 {
        let took_ms = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        match description.fresh_date {
            // `Date` is cut to whole seconds, so it is early already.
            Some(date) => date.saturating_mul(1000).saturating_sub(took_ms),
            None => local_ms.saturating_add(self.clock.correction_ms().min(0)),
        }
    }

    /// How long to wait before what was surely not taken is sent again.
    fn wait_before_initiating_again(&self, description: &RequestOutcome, tries: u32) -> Option<Duration> {
        if tries >= self.settings.max_attempts {
            return None;
        }
        let kind = description.kind?;
        let was_not_taken = match description.status {
            Some(status) => match class(status) {
                StatusClass::Busy | StatusClass::Throttled => true,
                StatusClass::Success
                | StatusClass::OtherSuccess
                | StatusClass::Redirect
                | StatusClass::RefusesToken
                | StatusClass::Unauthorized
                | StatusClass::Denied
                | StatusClass::ServerError => false,
            },
            None => description.sent == Sent::NotSent && kind.is_temporary(Operation::Initiate),
        };
        if !was_not_taken {
            return None;
        }
        if let Some(wait) = description.retry_after {
            return (wait <= self.settings.max_retry_after).then_some(wait);
        }
        let throttled = description.status.is_some_and(is_throttling);
        Some(self.settings.backoff().delay(throttled, tries, draw_jitter()))
    }
}

/// The token in a success (facts 3.1), whatever the case of its key; the description gets the kind of failure when a
/// success has none.
fn token_of(exchanged: &Exchanged, description: &mut RequestOutcome) -> Option<AccessToken> {
    let answer = exchanged.result.as_ref().ok()?;
    let success = match class(answer.status) {
        // Whether some surface answers 201 or 202 is not known (facts 3).
        StatusClass::Success | StatusClass::OtherSuccess => !description.html,
        StatusClass::Redirect
        | StatusClass::RefusesToken
        | StatusClass::Unauthorized
        | StatusClass::Busy
        | StatusClass::Throttled
        | StatusClass::Denied
        | StatusClass::ServerError => false,
    };
    if !success {
        return None;
    }
    let token = response::object(&answer.body).and_then(|body| {
        field(&body, "AccessToken").and_then(Value::as_i64).and_then(|number| AccessToken::new(number).ok())
    });
    description.kind = match (&token, &answer.body_end) {
        (Some(_), _) => None,
        (None, BodyEnd::Complete | BodyEnd::Stopped) => Some(ErrorKind::InvalidResponse),
        (None, BodyEnd::TooLarge) => Some(ErrorKind::ResponseTooLarge),
        // The export was started, and its token was lost with the rest of the answer.
        (None, BodyEnd::Interrupted(_) | BodyEnd::Malformed(_) | BodyEnd::Encoded(_) | BodyEnd::TimedOut(_)) => {
            Some(ErrorKind::OutcomeUnknown)
        }
    };
    token
}

/// A request whose answer was lost has a kind and words of its own.
fn described(description: RequestOutcome) -> RequestOutcome {
    let is_lost = match description.sent {
        Sent::MaybeSent => true,
        Sent::Answered => description.kind == Some(ErrorKind::OutcomeUnknown),
        Sent::NotSent => false,
    };
    if !is_lost {
        return description;
    }
    RequestOutcome {
        kind: Some(ErrorKind::OutcomeUnknown),
        phase: None,
        told: Some(Told::new(LOST.to_owned(), INITIATE_AGAIN)),
        ..description
    }
}

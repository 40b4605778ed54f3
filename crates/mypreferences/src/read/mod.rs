//! The reads: status and the page probe as calls of their own, tried again while their failure is temporary; and as
//! single questions about a commit.

pub(crate) mod status;

use std::time::Duration;

use tokio::time::Instant;

use crate::error::outcome::{RequestOutcome, Told};
use crate::error::{Attempt, Error, ErrorKind, Operation, Retry, Sent, TimeoutPhase};
use crate::http::backoff::draw_jitter;
use crate::http::delivery::BodyEnd;
use crate::http::status_code::is_throttling;
use crate::http::status_word::StatusWord;
use crate::http::transport::BodyPlan;
use crate::read::status::{ExportStatus, is_page};
use crate::session::Session;
use crate::session::exchange::{Exchanged, Unsigned};
use crate::session::patience::Patience;
use crate::session::token_cache::TokenCache;
use crate::settings::access_token::AccessToken;
pub(crate) use crate::settings::surface::PageRange;
use crate::settings::surface::{ExportKind, Routes};
use crate::telemetry::events::{self, AttemptEvent};
use crate::telemetry::redact::Scrubber;

/// Something that is read and understood.
pub(crate) trait Read {
    type Value;
    const OPERATION: Operation;
    /// The status word in a value, if it is one.
    fn word(_: &Self::Value) -> Option<StatusWord> {
        None
    }
    /// The records of a page; a read of something else does not look.
    fn range(&self) -> PageRange {
        PageRange::PROBE
    }
    /// A smaller cap for its body than the setting, in bytes.
    fn largest(&self) -> Option<usize> {
        None
    }
    /// Memory for its body.
    fn buffer(&self) -> Vec<u8> {
        Vec::new()
    }
    /// The value in a body, or what is wrong with it.
    fn understand(&self, body: Vec<u8>, description: &RequestOutcome) -> Result<Self::Value, Unfit>;
    /// Waits until it may be asked for, whatever its own turn is.
    fn pass(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
    /// A try that began then has come to this.
    fn ended(&self, _: &RequestOutcome, _began: Instant) {}
    /// Keeps what a value says of the token for later commits of this client.
    /// `date`: the answer's own, in seconds since the epoch.
    fn remember(_: &TokenCache, _: (ExportKind, AccessToken), _: &Self::Value, _date: Option<i64>) {}
    /// Takes secrets and control characters out of the server's own texts in a value.
    fn clean(_: &mut Self::Value, _: &Scrubber<'_>) {}
}

/// Why a body is not what was asked for.
#[derive(Default)]
pub(crate) struct Unfit {
    pub(crate) source: Option<String>,
    pub(crate) told: Option<Told>,
    /// Asking again was no help.
    pub(crate) is_settled: bool,
}

impl Unfit {
    /// Whoever packs bodies so will do it again.
    fn encoded(names: &str) -> Unfit {
        Unfit {
            told: Some(Told::new(
                format!("its Content-Encoding is {names:?}, and only gzip was asked for"),
                "check base_url and what stands before the service (a proxy, a cache): it must not encode \
                              answers in another way than the request's Accept-Encoding asks for",
            )),
            is_settled: true,
            ..Unfit::default()
        }
    }

    fn because(why: &str) -> Unfit {
        Unfit { source: Some(why.to_owned()), ..Unfit::default() }
    }
}

pub(crate) struct ReadStatus;

impl Read for ReadStatus {
    type Value = ExportStatus;
    const OPERATION: Operation = Operation::Status;
    fn word(status: &ExportStatus) -> Option<StatusWord> {
        Some(status.status)
    }
    fn remember(memory: &TokenCache, key: (ExportKind, AccessToken), status: &ExportStatus, date: Option<i64>) {
        if status.status == StatusWord::Complete {
            memory.saw_ready(key, status.expiry(), date);
        } else {
            memory.saw_not_ready(key);
        }
    }
    fn clean(status: &mut ExportStatus, scrubber: &Scrubber<'_>) {
        status.word = scrubber.message(&status.word);
        status.expires_text = status.expires_text.as_deref().map(|text| scrubber.message(text));
    }
    fn understand(&self, body: Vec<u8>, description: &RequestOutcome) -> Result<ExportStatus, Unfit> {
        ExportStatus::read(&body, description.date).ok_or_else(|| Unfit::because("it is no status"))
    }
}

pub(crate) struct ProbePage;

impl Read for ProbePage {
    type Value = ();
    const OPERATION: Operation = Operation::Page;
    fn understand(&self, body: Vec<u8>, _: &RequestOutcome) -> Result<(), Unfit> {
        is_page(&body).then_some(()).ok_or_else(|| Unfit::because("it is no page"))
    }
    fn remember(memory: &TokenCache, key: (ExportKind, AccessToken), (): &(), date: Option<i64>) {
        memory.page_worked(key, date);
    }
}

/// One try of a read, understood or described.
pub(crate) struct Tried<V> {
    pub(crate) value: Option<V>,
    pub(crate) description: RequestOutcome,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
}

impl Session {
    fn read_request<R: Read>(
        &self,
        read: &R,
        kind: ExportKind,
        token: AccessToken,
        operation: Operation,
    ) -> Result<(url::Url, BodyPlan), Error> {
        match R::OPERATION {
            Operation::Page => Ok((
                self.routes.page(kind, token, read.range(), operation)?,
                BodyPlan::Read { cap: read.largest().unwrap_or(usize::MAX).min(self.settings.max_page_body) },
            )),
            Operation::Status
            | Operation::Configure
            | Operation::Commit
            | Operation::ResolveCommit
            | Operation::Initiate
            | Operation::Wait
            | Operation::Export => {
                Ok((self.routes.status(token, operation)?, BodyPlan::Read { cap: self.settings.max_control_body }))
            }
        }
    }

    /// One try, with the one repair of a 401 if it is still to be had. `Err`: nothing was sent.
    pub(crate) async fn try_read<R: Read>(
        &self,
        read: &R,
        (kind, token): (ExportKind, AccessToken),
        deadline: Instant,
        reauthenticated: &mut bool,
        n: u32,
    ) -> Result<Tried<R::Value>, Error> {
        loop {
            let (url, plan) = self.read_request(read, kind, token, R::OPERATION)?;
            let shown = url.clone();
            let before = Instant::now();
            let tried = match self.exchange(false, url, deadline, plan, read.buffer()).await {
                Err(Unsigned::Provider(refusal)) => {
                    return Err(provider_refused(R::OPERATION, &refusal));
                }
                Err(Unsigned::Token(failure)) => Tried {
                    value: None,
                    description: failure.describe(R::OPERATION),
                    started: before,
                    ended: Instant::now(),
                },
                Ok(mut exchanged) => {
                    if !*reauthenticated && self.repair(&exchanged, deadline).await {
                        *reauthenticated = true;
                        continue;
                    }
                    self.tried(read, &mut exchanged, token, *reauthenticated)
                }
            };
            if events::wanted(self.on_attempt.as_ref()) {
                let attempt = attempt(n, Duration::ZERO, &tried.description, tried.ended - tried.started);
                let url = Routes::sanitised(&shown, token);
                let event = AttemptEvent {
                    operation: R::OPERATION,
                    attempt,
                    url,
                    status: tried.value.as_ref().and_then(R::word),
                };
                events::attempt(self.on_attempt.as_ref(), &event);
            }
            if tried.value.is_some() {
                self.token_cache.credentials_accepted((kind, token));
                if let Some(date) = tried.description.fresh_date {
                    self.token_cache.heard((kind, token), date);
                }
            }
            return Ok(tried);
        }
    }

    /// What an exchange has come to.
    fn tried<R: Read>(
        &self,
        read: &R,
        exchanged: &mut Exchanged,
        token: AccessToken,
        reauthenticated: bool,
    ) -> Tried<R::Value> {
        let mut description = self.describe(exchanged, token, reauthenticated);
        let mut value = understand(read, exchanged, &mut description);
        let scrubber = self.scrubber(exchanged, token);
        description.source = description.source.map(|source| scrubber.message(&source));
        if let Some(told) = &mut description.told {
            told.detail = scrubber.message(&told.detail);
        }
        if let Some(value) = &mut value {
            R::clean(value, &self.scrubber(exchanged, token));
        }
        Tried { value, description, started: exchanged.started, ended: exchanged.ended }
    }

    /// A read as a call of its own: temporary failures are tried again.
    pub(crate) async fn read<R: Read>(
        &self,
        read: &R,
        key: (ExportKind, AccessToken),
        timeout: Duration,
    ) -> Result<R::Value, Error> {
        self.read_patiently(read, key, timeout, None).await
    }

    /// A read that is asked for ahead of its turn: one try, and no facts when it fails.
    pub(crate) async fn read_ahead<R: Read>(
        &self,
        read: &R,
        key: (ExportKind, AccessToken),
        timeout: Duration,
    ) -> Result<Option<R::Value>, Error> {
        let tried = self.try_read(read, key, Instant::now() + timeout, &mut false, 1).await?;
        read.ended(&tried.description, tried.started);
        if let Some(value) = &tried.value {
            R::remember(&self.token_cache, key, value, tried.description.fresh_date);
        }
        Ok(tried.value)
    }

    /// The same, and when a single call would give up, it goes on until the patience has ended, too. Each try has
    /// `timeout` then.
    pub(crate) async fn read_patiently<R: Read>(
        &self,
        read: &R,
        key: (ExportKind, AccessToken),
        timeout: Duration,
        patience: Option<&Patience<'_>>,
    ) -> Result<R::Value, Error> {
        let begun = Instant::now();
        let deadline = begun + timeout;
        let mut attempts = Vec::new();
        let mut reauthenticated = false;
        let mut ended_before = begun;
        let mut is_borne = false;
        let mut n = 0;
        loop {
            n += 1;
            read.pass().await;
            let last_moment = match patience {
                Some(_) => Instant::now() + timeout,
                None => deadline,
            };
            let tried = self.try_read(read, key, last_moment, &mut reauthenticated, n).await?;
            let description = tried.description;
            read.ended(&description, tried.started);
            attempts.push(attempt(n, tried.started - ended_before, &description, tried.ended - tried.started));
            ended_before = tried.ended;
            if let Some(value) = tried.value {
                R::remember(&self.token_cache, key, &value, description.fresh_date);
                return Ok(value);
            }
            let is_temporary =
                !description.is_settled && description.kind.is_some_and(|kind| kind.is_temporary(R::OPERATION));
            let mut wait = None;
            if is_temporary {
                wait = self.wait_of_a_call(&description, n).filter(|wait| tried.ended + *wait < deadline);
                if let (None, Some(patience)) = (wait, patience) {
                    wait = patience.bear(self, &description, n);
                    is_borne = true;
                }
            }
            let Some(wait) = wait else {
                let url = self.read_request(read, key.0, key.1, R::OPERATION)?.0;
                let error =
                    read_error(R::OPERATION, description, attempts, begun.elapsed(), Routes::sanitised(&url, key.1));
                return Err(match patience.filter(|_| is_borne) {
                    Some(patience) => patience.end(error),
                    None => error,
                });
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// How long a single call waits before it reads again, after so many tries; none when it gives up.
    fn wait_of_a_call(&self, description: &RequestOutcome, tries: u32) -> Option<Duration> {
        if tries >= self.settings.max_attempts {
            return None;
        }
        if let Some(wait) = description.retry_after {
            return (wait <= self.settings.max_retry_after).then_some(wait);
        }
        let throttled = description.status.is_some_and(is_throttling);
        Some(self.settings.backoff().delay(throttled, tries, draw_jitter()))
    }
}

/// The value of a 200, or what makes it none: the description then gets the kind of its failure.
fn understand<R: Read>(read: &R, exchanged: &mut Exchanged, description: &mut RequestOutcome) -> Option<R::Value> {
    if description.kind.is_some() {
        return None;
    }
    let Ok(answer) = &mut exchanged.result else {
        return None;
    };
    let (kind, phase, unfit) = match &answer.body_end {
        BodyEnd::Complete | BodyEnd::Stopped => {
            // The body is the value's from here on: a page may be large.
            match read.understand(std::mem::take(&mut answer.body), description) {
                Ok(value) => return Some(value),
                Err(unfit) => (ErrorKind::InvalidResponse, None, unfit),
            }
        }
        BodyEnd::TooLarge => (ErrorKind::ResponseTooLarge, None, Unfit::default()),
        BodyEnd::Interrupted(cause) => (ErrorKind::Interrupted, None, Unfit::because(cause)),
        BodyEnd::Malformed(cause) => (ErrorKind::InvalidResponse, None, Unfit::because(cause)),
        BodyEnd::Encoded(names) => (ErrorKind::InvalidResponse, None, Unfit::encoded(names)),
        BodyEnd::TimedOut(phase) => (ErrorKind::Timeout, Some(*phase), Unfit::default()),
    };
    description.kind = Some(kind);
    description.phase = phase;
    description.source = unfit.source;
    description.told = unfit.told;
    description.is_settled = unfit.is_settled;
    None
}

impl Session {
    /// Keeps what a status says for later calls of this client.
    pub(crate) fn remember_status(&self, key: (ExportKind, AccessToken), tried: &Tried<ExportStatus>) {
        if let Some(status) = &tried.value {
            ReadStatus::remember(&self.token_cache, key, status, tried.description.fresh_date);
        }
    }
}

pub(crate) fn attempt(n: u32, delay_before: Duration, description: &RequestOutcome, elapsed: Duration) -> Attempt {
    Attempt { n, delay_before, elapsed, sent: description.sent, status: description.status, kind: description.kind }
}

/// A provider's refusal: nothing was sent.
pub(crate) fn provider_refused(operation: Operation, refusal: &str) -> Error {
    Error::before_io(
        ErrorKind::Configuration,
        operation,
        format!("the credentials provider made no Authorization value: {refusal}"),
        "check the provider",
    )
}

/// The next step where a failure has words of its own.
pub(crate) fn own_next_action(description: &RequestOutcome, retry: Retry) -> Option<String> {
    if description.html && description.kind == Some(ErrorKind::InvalidResponse) {
        let portal = "check base_url and the proxy: the answer does not come from the service";
        return Some(portal.to_owned());
    }
    let told = description.told.as_ref()?;
    Some(match (retry, description.retry_after) {
        (Retry::Temporary | Retry::Persistent, Some(wait)) => {
            format!("wait {} s and try again", wait.as_secs())
        }
        (Retry::Permanent, _) | (_, None) => told.next_action.to_owned(),
    })
}

pub(crate) fn read_error(
    operation: Operation,
    description: RequestOutcome,
    attempts: Vec<Attempt>,
    elapsed: Duration,
    url: String,
) -> Error {
    let kind = description.kind.unwrap_or(ErrorKind::Internal);
    let out_of_time = description.phase == Some(TimeoutPhase::Operation) && description.sent == Sent::NotSent;
    let error = Error::of(operation, kind)
        .in_phase(description.phase)
        .answered(&description)
        .after(attempts, elapsed)
        .of_request(Some(url))
        .with_commit_state(None);
    let own = own_next_action(&description, error.retry());
    let error = error.advised(own);
    match description.told {
        Some(told) => error.with_detail(told.detail),
        None if out_of_time => error.with_detail("the time was over before there was a connection"),
        None => error,
    }
}

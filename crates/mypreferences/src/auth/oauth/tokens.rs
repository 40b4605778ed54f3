//! The token of a client: kept while it is good, renewed early, asked for once however many callers wait. A token
//! request runs as a task of its own: a caller who leaves does not end it for the others, and a renewal makes nobody
//! wait.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use http::HeaderValue;
use tokio::time::Instant;

use crate::auth::oauth::OAuth;
use crate::auth::oauth::endpoint::{Endpoint, Granted};
use crate::auth::oauth::failure::TokenFailure;
use crate::error::{Error, ErrorKind};
use crate::settings::Settings;

/// A token is renewed when so much of its lifetime is left, or a fifth of it if that is less.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// A caller who comes so long after a request was begun asks once more when it fails: where calls run on the threads
/// that make them, a request that was begun near the end of the call before stands still until the next call comes, and
/// finds its time over.
const STOOD_STILL: Duration = Duration::from_secs(1);
/// After a failed token request no other is made for so long.
const LEAVE_ALONE: Duration = Duration::from_secs(10);

/// The tokens of one client.
pub(crate) struct Tokens(Arc<Inner>);

struct Inner {
    source: Source,
    /// The server's wish to be left alone is respected up to here.
    max_retry_after: Duration,
    state: Mutex<State>,
}

enum Source {
    Endpoint(Box<Endpoint>),
    #[cfg(test)]
    Test(Box<dyn Fn() -> BoxFuture<'static, Result<Granted, TokenFailure>> + Send + Sync>),
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// The newest request, if it failed, and until when no other is made.
    failed: Option<(Instant, TokenFailure)>,
    running: Option<Running>,
    count: u64,
}

/// A request under way.
#[derive(Clone)]
struct Running {
    number: u64,
    begun: Instant,
    fetch: Fetch,
}

#[derive(Clone)]
struct Token {
    authorization: HeaderValue,
    renew_at: Instant,
    expires_at: Instant,
}

/// Ends with `None` when the task was lost with its runtime.
type Fetch = Shared<BoxFuture<'static, Option<Result<Token, TokenFailure>>>>;

impl Tokens {
    /// The tokens for one MyPreferences account. Nothing is asked for yet.
    pub(crate) fn new(oauth: &OAuth, account: &str, settings: &Settings) -> Result<Tokens, Error> {
        let source = Source::Endpoint(Box::new(Endpoint::new(oauth, account, settings)?));
        Ok(Tokens::from(source, settings.max_retry_after))
    }

    fn from(source: Source, max_retry_after: Duration) -> Tokens {
        Tokens(Arc::new(Inner { source, max_retry_after, state: Mutex::default() }))
    }

    /// Tokens of a test's own.
    #[cfg(test)]
    pub(crate) fn of_a_test(
        ask: impl Fn() -> BoxFuture<'static, Result<Granted, TokenFailure>> + Send + Sync + 'static,
    ) -> Tokens {
        Tokens::from(Source::Test(Box::new(ask)), Duration::from_secs(120))
    }

    /// A token that is good now: the one at hand, or the one that is waited for until the deadline.
    pub(crate) async fn authorization(&self, deadline: Instant) -> Result<HeaderValue, TokenFailure> {
        let came = Instant::now();
        let waiting = async {
            let mut may_ask_again = true;
            loop {
                let running = {
                    let mut state = self.state();
                    let now = Instant::now();
                    if let Some(token) = &state.token
                        && now < token.expires_at
                    {
                        let authorization = token.authorization.clone();
                        if now >= token.renew_at {
                            // What comes of it is seen by the next caller; this one has a good token.
                            let _ = self.fetch(&mut state, now);
                        }
                        return Ok(authorization);
                    }
                    self.fetch(&mut state, now)?
                };
                let stood_still = came > running.begun + STOOD_STILL;
                match running.fetch.await {
                    Some(Err(failure)) if may_ask_again && stood_still && is_late(&failure) => {
                        may_ask_again = false;
                        self.forgive(running.number);
                    }
                    Some(result) => return result.map(|token| token.authorization),
                    None => self.forget(running.number),
                }
            }
        };
        tokio::time::timeout_at(deadline, waiting).await.unwrap_or_else(|_| Err(TokenFailure::out_of_time()))
    }

    /// The service refused this token: asks for another, unless there is a newer one already. True when there is one.
    /// While there is none the refused one is kept: a 401 may have other reasons.
    pub(crate) async fn renew(&self, refused: &HeaderValue, deadline: Instant) -> bool {
        let waiting = async {
            loop {
                let running = {
                    let mut state = self.state();
                    let now = Instant::now();
                    if let Some(token) = &state.token
                        && token.authorization != *refused
                        && now < token.expires_at
                    {
                        return true;
                    }
                    match self.fetch(&mut state, now) {
                        Ok(running) => running,
                        Err(_) => return false,
                    }
                };
                match running.fetch.await {
                    Some(Ok(token)) => return token.authorization != *refused,
                    Some(Err(_)) => return false,
                    None => self.forget(running.number),
                }
            }
        };
        tokio::time::timeout_at(deadline, waiting).await.unwrap_or(false)
    }

    /// The request under way, or a new one, unless the token endpoint is to be left alone.
    fn fetch(&self, state: &mut State, now: Instant) -> Result<Running, TokenFailure> {
        if let Some(running) = &state.running {
            return Ok(running.clone());
        }
        if let Some((until, failure)) = &state.failed
            && now < *until
        {
            return Err(waiting(failure.clone(), *until - now));
        }
        let inner = Arc::clone(&self.0);
        let task = tokio::spawn(async move { inner.ask().await });
        let fetch = async move {
            match task.await {
                Ok(result) => Some(result),
                Err(error) if error.is_panic() => {
                    Some(Err(TokenFailure::new(ErrorKind::Internal, "the OAuth token request panicked")))
                }
                Err(_) => None,
            }
        };
        state.count += 1;
        let running = Running { number: state.count, begun: now, fetch: fetch.boxed().shared() };
        state.running = Some(running.clone());
        Ok(running)
    }

    /// The task of this request was lost.
    fn forget(&self, number: u64) {
        let mut state = self.state();
        if matches!(&state.running, Some(running) if running.number == number) {
            state.running = None;
        }
    }

    /// The failure of this request, if it is still the newest, is no reason to leave the token endpoint alone.
    fn forgive(&self, number: u64) {
        let mut state = self.state();
        if state.count == number {
            state.failed = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }
}

impl Inner {
    /// A panic elsewhere leaves plain data behind, which is still true.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Asks, and keeps what came of it.
    async fn ask(&self) -> Result<Token, TokenFailure> {
        // A panic must not leave a request behind that never ends.
        let ended = Ended(self);
        let asked = Instant::now();
        let result = match &self.source {
            Source::Endpoint(endpoint) => endpoint.ask().await,
            #[cfg(test)]
            Source::Test(ask) => ask().await,
        };
        let result = match result {
            Ok(Granted { authorization, lifetime }) => Ok(Token {
                authorization,
                renew_at: asked + lifetime.saturating_sub(RENEW_BEFORE.min(lifetime / 5)),
                expires_at: asked + lifetime,
            }),
            Err(failure) => {
                let wish = failure.retry_after.filter(|wish| *wish <= self.max_retry_after);
                let alone = LEAVE_ALONE.max(wish.unwrap_or_default());
                let until = Instant::now() + alone;
                self.state().failed = Some((until, failure.clone()));
                Err(waiting(failure, alone))
            }
        };
        if let Ok(token) = &result {
            let mut state = self.state();
            state.token = Some(token.clone());
            state.failed = None;
        }
        drop(ended);
        result
    }
}

/// Ends the running request.
struct Ended<'a>(&'a Inner);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.state().running = None;
    }
}

/// Whether a request that stood still would end so.
fn is_late(failure: &TokenFailure) -> bool {
    matches!(failure.kind, ErrorKind::Timeout | ErrorKind::Interrupted)
}

/// The failure as it is told now. Whoever may try again must wait so long; a longer wish of the server's stays.
fn waiting(failure: TokenFailure, alone: Duration) -> TokenFailure {
    // Whole seconds, so that "wait 10 s" is no second too short.
    let alone = Duration::from_secs(u64::try_from(alone.as_millis().div_ceil(1000)).unwrap_or(0));
    TokenFailure { retry_after: Some(failure.retry_after.unwrap_or_default().max(alone)), ..failure }
}

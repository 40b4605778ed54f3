//! The client: settings and credentials in, calls out. Everything a call does is decided in other modules.

pub(crate) mod builder;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::commit::Call;
use crate::commit::receipt::{CommitReceipt, Resolution};
use crate::commit::single_flight::SingleFlights;
use crate::error::{Error, ErrorKind, Operation};
use crate::read::status::ExportStatus;
use crate::read::{ProbePage, Read, ReadStatus};
use crate::session::Session;
use crate::session::cancel::CancelToken;
use crate::settings::MAX_DURATION;
use crate::settings::access_token::AccessToken;
use crate::settings::surface::{ExportKind, Surface};

/// A client of one MyPreferences account. Cheap to clone; clones share connections, the server's clock and the
/// running commits. Thread-safe. Needs a tokio runtime with time and I/O for its calls; without one, use
/// the `blocking` feature.
///
/// ```no_run
/// # async fn example() -> Result<(), mypreferences::Error> {
/// use mypreferences::{Client, Credentials, Environment};
///
/// let client = Client::builder()
///     .client_id("SanchezAssociates")
///     .environment(Environment::Staging)
///     .credentials(Credentials::hmac("RickSanchez", std::env::var("MYPREFERENCES_SECRET").unwrap_or_default()))
///     .build()?;
/// // Only when the data of this export is safe: this deletes the server's copy.
/// let receipt = client.commit(4711, false).await?;
/// println!("{}", receipt.to_json());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) session: Arc<Session>,
    flights: Arc<SingleFlights>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.session.routes.base())
            .field("client_id", &self.session.client_id)
            .field("surface", &self.session.settings.surface.name())
            .field("credentials", &self.session.credentials)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(session: Session) -> Client {
        let session = Arc::new(session);
        let flights = Arc::new(SingleFlights::new(Arc::clone(&session)));
        Client { session, flights }
    }

    /// The base URL of every request, with its slash at the end.
    pub fn base_url(&self) -> &str {
        self.session.routes.base()
    }

    /// The surface whose routes it takes.
    pub fn surface(&self) -> &Surface {
        &self.session.settings.surface
    }

    /// How many milliseconds the server's clock is ahead of this machine's, by the newest answer that told; none before
    /// the first. Accurate to about a second.
    pub fn server_clock_offset_ms(&self) -> Option<i64> {
        self.session.clock.offset_ms()
    }

    /// Acknowledges a retrieval: marks it finished, expires the access token and, unless `keep_files`, deletes the
    /// export files on the server.
    ///
    /// **Before you call it**: the pages were read with `keepAlive=true` (vendor: the endpoint "should only be
    /// accessed if the keepAlive parameter was set to true", DOC), and the data is safe on your side. Without
    /// `keep_files` there is no other copy afterwards. This call takes your word for both.
    ///
    /// Await it, or set options first. Sends one POST when all goes well. When its answer is lost, it asks the server
    /// what became of it before it sends again, and it never reports a commit that it cannot prove or presume from
    /// the documented signs. Dropping the future cancels the request.
    ///
    /// Vendor: `POST {clientId}/export/Segment/Commit/{accessToken}?keepFiles=` (Schedule and CID DOC, Segment INF):
    /// <https://pm.mypreferences.com/API/3/async/Help/Api/POST-clientId-export-CID-Commit-accessToken_keepFiles>.
    ///
    /// # Errors
    /// Any kind below 700, `outcome_unknown` and `commit_conflict`; with `preflight` also `export_failed`,
    /// `export_expired` and `wait_timed_out`. [`Error::commit_state`] says what is known about this call's requests.
    pub fn commit<T>(&self, access_token: T, keep_files: bool) -> Commit
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        Commit {
            call: self.call(access_token, Operation::Commit),
            keep_files,
            #[cfg(feature = "test-hooks")]
            restarted: None,
            stop: None,
        }
    }

    /// Asks whether a token was committed, without sending a commit: for a call that ended with `outcome_unknown`.
    ///
    /// # Errors
    /// `invalid_argument`, `cancelled`. A question without an answer is [`Resolution::Unknown`], not an error.
    pub fn resolve_commit<T>(&self, access_token: T) -> ResolveCommit
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        ResolveCommit { call: self.call(access_token, Operation::ResolveCommit) }
    }

    /// Asks the status of an export. Temporary failures are tried again.
    ///
    /// Vendor: `GET {clientId}/status/Token/{accessToken}` (DOC):
    /// <https://pm.mypreferences.com/API/3/async/Help/Api/GET-clientId-status-Token-accessToken>.
    ///
    /// # Errors
    /// Any kind below 700.
    pub fn status<T>(&self, access_token: T) -> Status
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        Status { call: self.call(access_token, Operation::Status) }
    }

    /// Asks for the first record of an export with `keepAlive=true` (documented not to mark anything as retrieved),
    /// and throws it away: does the page route work for this token? A success within 30 s before a commit is a
    /// baseline for its verdict.
    ///
    /// Vendor: `GET {clientId}/export/Segment/{accessToken}?limit=1&offset=1&keepAlive=true` (DOC):
    /// <https://pm.mypreferences.com/API/3/async/Help/Api/GET-clientId-export-Segment-accessToken_limit_offset_keepAlive>.
    ///
    /// # Errors
    /// Any kind below 700.
    pub fn probe_page<T>(&self, access_token: T) -> PageProbe
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        PageProbe { call: self.call(access_token, Operation::Page) }
    }

    pub(crate) fn flights(&self) -> &Arc<SingleFlights> {
        &self.flights
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    fn call<T>(&self, access_token: T, operation: Operation) -> CallOptions
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        CallOptions {
            client: self.clone(),
            operation,
            token: access_token.try_into().map_err(|error| error.into().during(operation)),
            kind: self.session.settings.kind,
            timeout: self.session.settings.timeout,
            cancel: None,
        }
    }
}

/// What every call has beside its arguments.
struct CallOptions {
    client: Client,
    operation: Operation,
    token: Result<AccessToken, Error>,
    kind: ExportKind,
    timeout: Duration,
    cancel: Option<CancelToken>,
}

impl CallOptions {
    /// Checks the arguments; nothing was done yet.
    fn key(&self) -> Result<(ExportKind, AccessToken), Error> {
        let token = self.token.clone()?;
        check_timeout(self.timeout, self.operation)?;
        // Route errors (a kind without a route) come before any I/O.
        self.client.session.routes.commit(self.kind, token, true, self.operation)?;
        if self.cancel.as_ref().is_some_and(CancelToken::is_cancelled) {
            return Err(cancelled(self.operation));
        }
        Ok((self.kind, token))
    }

    async fn read<R: Read>(self, read: R) -> Result<R::Value, Error> {
        let key = self.key()?;
        let reading = self.client.session.read(&read, key, self.timeout);
        until_cancelled(reading, self.cancel.as_ref(), self.operation).await?
    }
}

/// The range of a call's timeout.
pub(crate) fn check_timeout(timeout: Duration, operation: Operation) -> Result<(), Error> {
    if timeout.is_zero() {
        return Err(Error::invalid_argument(operation, "timeout is zero", "pass how long the call may take"));
    }
    if timeout > MAX_DURATION {
        return Err(Error::invalid_argument(
            operation,
            "timeout is longer than 24 hours",
            "pass how long the call may take, at most 24 hours",
        ));
    }
    Ok(())
}

pub(crate) fn cancelled(operation: Operation) -> Error {
    Error::before_io(ErrorKind::Cancelled, operation, "by the caller", "call again when you want it done")
}

pub(crate) async fn until_cancelled<F: Future>(
    future: F,
    cancel: Option<&CancelToken>,
    operation: Operation,
) -> Result<F::Output, Error> {
    let Some(cancel) = cancel else {
        return Ok(future.await);
    };
    let cancelled_by_caller = std::pin::pin!(cancel.cancelled());
    match futures_util::future::select(cancelled_by_caller, std::pin::pin!(future)).await {
        futures_util::future::Either::Left(((), _)) => Err(cancelled(operation)),
        futures_util::future::Either::Right((output, _)) => Ok(output),
    }
}

macro_rules! call_options {
    ($name:ident) => {
        impl $name {
            /// What was exported. Default: the client's `kind`.
            pub fn kind(mut self, kind: ExportKind) -> $name {
                self.call.kind = kind;
                self
            }

            /// How long the call may take, questions included. Default: the client's `timeout`.
            pub fn timeout(mut self, timeout: Duration) -> $name {
                self.call.timeout = timeout;
                self
            }

            /// Ends the call when this token is cancelled.
            pub fn cancel_token(mut self, token: CancelToken) -> $name {
                self.call.cancel = Some(token);
                self
            }

            /// What awaiting it would refuse before any I/O, without awaiting it.
            ///
            /// # Errors
            /// `invalid_argument`.
            pub fn validate(&self) -> Result<(), Error> {
                self.call.key().map(drop)
            }
        }
    };
}

macro_rules! awaitable {
    ($name:ident, $output:ty) => {
        impl IntoFuture for $name {
            type Output = Result<$output, Error>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }
    };
}

/// A commit that was not started yet: await it. See [`Client::commit`].
#[must_use = "a commit does nothing until it is awaited"]
pub struct Commit {
    call: CallOptions,
    keep_files: bool,
    #[cfg(feature = "test-hooks")]
    restarted: Option<crate::test_hooks::Restarted>,
    stop: Option<(CancelToken, Duration)>,
}

call_options!(Commit);
awaitable!(Commit, CommitReceipt);

impl Commit {
    /// When this token is cancelled the call sends nothing more, and asks for up to `limit` what became of what it sent.
    /// A token that turns out to be consumed is the receipt of this call; otherwise it ends as a cancelled one, at once
    /// where nothing can have been applied. [`cancel_token`](Commit::cancel_token) still ends it at any time.
    pub fn stop_token(mut self, token: CancelToken, limit: Duration) -> Commit {
        self.stop = Some((token, limit));
        self
    }

    pub(crate) async fn run(self) -> Result<CommitReceipt, Error> {
        let key = self.call.key()?;
        let stop = self.stop;
        let CallOptions { client, timeout, cancel, .. } = self.call;
        #[cfg(feature = "test-hooks")]
        let journalled = self.restarted.map(crate::test_hooks::Restarted::journalled);
        #[cfg(not(feature = "test-hooks"))]
        let journalled = None;
        client
            .flights
            .commit(
                key,
                self.keep_files,
                timeout,
                journalled,
                cancel.as_ref(),
                stop.as_ref().map(|(token, limit)| (token, *limit)),
            )
            .await
    }

    /// As a landing commits after a restart.
    #[cfg(feature = "test-hooks")]
    pub fn test_after_a_restart(mut self, restarted: crate::test_hooks::Restarted) -> Commit {
        self.restarted = Some(restarted);
        self
    }
}

/// A question about a commit that was not asked yet: await it. See [`Client::resolve_commit`].
#[must_use = "a question is not asked until it is awaited"]
pub struct ResolveCommit {
    call: CallOptions,
}

call_options!(ResolveCommit);
awaitable!(ResolveCommit, Resolution);

impl ResolveCommit {
    pub(crate) async fn run(self) -> Result<Resolution, Error> {
        let key = self.call.key()?;
        let inner = &self.call.client.session;
        let mut rules = inner.settings.rules();
        rules.timeout = self.call.timeout;
        let question = Call::new(key, false, rules);
        let resolving = inner.resolve(&question);
        until_cancelled(resolving, self.call.cancel.as_ref(), Operation::ResolveCommit).await
    }
}

/// A status request that was not sent yet: await it. See [`Client::status`].
#[must_use = "a request is not sent until it is awaited"]
pub struct Status {
    call: CallOptions,
}

call_options!(Status);
awaitable!(Status, ExportStatus);

impl Status {
    pub(crate) async fn run(self) -> Result<ExportStatus, Error> {
        self.call.read(ReadStatus).await
    }
}

/// A page probe that was not sent yet: await it. See [`Client::probe_page`].
#[must_use = "a request is not sent until it is awaited"]
pub struct PageProbe {
    call: CallOptions,
}

call_options!(PageProbe);
awaitable!(PageProbe, ());

impl PageProbe {
    pub(crate) async fn run(self) -> Result<(), Error> {
        self.call.read(ProbePage).await
    }
}

//! The client: settings and credentials in, calls out. Everything a call does is decided in other modules.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::access_token::AccessToken;
use crate::cancel::CancelToken;
use crate::clock::{ServerClock, SystemClock, WallClock};
use crate::commit::Call;
use crate::credentials::{Credentials, HmacHash, TimestampFormat};
use crate::error::{Error, ErrorKind, Operation};
use crate::events::{AttemptEvent, OnAttempt};
use crate::flight::Flights;
use crate::memory::Memory;
use crate::reads::{ProbePage, Read, ReadStatus};
use crate::receipt::{CommitReceipt, Resolution};
use crate::settings::Settings;
use crate::status::{ExportStatus, StatusWord};
use crate::surface::{Environment, ExportKind, Routes, Surface};
use crate::transport::{Http, Transport};

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
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) client_id: String,
    pub(crate) routes: Routes,
    pub(crate) credentials: Credentials,
    pub(crate) transport: Transport,
    pub(crate) clock: ServerClock,
    pub(crate) wall: Arc<dyn WallClock>,
    pub(crate) memory: Memory,
    pub(crate) flights: Flights,
    pub(crate) on_attempt: Option<OnAttempt>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.0.routes.base())
            .field("client_id", &self.0.client_id)
            .field("surface", &self.0.settings.surface.name())
            .field("credentials", &self.0.credentials)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
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
        ResolveCommit {
            call: self.call(access_token, Operation::ResolveCommit),
        }
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
        Status {
            call: self.call(access_token, Operation::Status),
        }
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
        PageProbe {
            call: self.call(access_token, Operation::Page),
        }
    }

    fn call<T>(&self, access_token: T, operation: Operation) -> CallOptions
    where
        T: TryInto<AccessToken>,
        T::Error: Into<Error>,
    {
        CallOptions {
            client: self.clone(),
            operation,
            token: access_token
                .try_into()
                .map_err(|error| error.into().during(operation)),
            kind: self.0.settings.kind,
            timeout: self.0.settings.timeout,
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
        if self.timeout.is_zero() {
            return Err(Error::invalid_argument(
                self.operation,
                "timeout is zero",
                "pass how long the call may take",
            ));
        }
        // Route errors (a kind without a route) come before any I/O.
        self.client
            .0
            .routes
            .commit(self.kind, token, true, self.operation)?;
        if self.cancel.as_ref().is_some_and(CancelToken::is_cancelled) {
            return Err(cancelled(self.operation));
        }
        Ok((self.kind, token))
    }

    async fn read<R: Read>(self, read: R) -> Result<R::Value, Error> {
        let key = self.key()?;
        let reading = self.client.0.read(&read, key, self.timeout);
        until_cancelled(reading, self.cancel.as_ref(), self.operation).await?
    }
}

fn cancelled(operation: Operation) -> Error {
    Error::before_io(
        ErrorKind::Cancelled,
        operation,
        "by the caller",
        "call again when you want it done",
    )
}

async fn until_cancelled<F: Future>(
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
}

call_options!(Commit);
awaitable!(Commit, CommitReceipt);

impl Commit {
    pub(crate) async fn run(self) -> Result<CommitReceipt, Error> {
        let key = self.call.key()?;
        let CallOptions {
            client,
            timeout,
            cancel,
            ..
        } = self.call;
        client
            .0
            .commit(key, self.keep_files, timeout, cancel.as_ref())
            .await
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
        let inner = &self.call.client.0;
        let mut rules = inner.settings.rules();
        rules.timeout = self.call.timeout;
        let question = Call::new(key, false, rules);
        let resolving = inner.resolve(&question);
        until_cancelled(
            resolving,
            self.call.cancel.as_ref(),
            Operation::ResolveCommit,
        )
        .await
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
        let key = self.call.key()?;
        let inner = Arc::clone(&self.call.client.0);
        let status = self.call.read(ReadStatus).await?;
        if status.status == StatusWord::Complete {
            let expires = status
                .expires_text
                .as_deref()
                .and_then(crate::clock::parse_expires);
            inner.memory.saw_ready(key, Instant::now(), expires);
        } else {
            inner.memory.saw_not_ready(key);
        }
        Ok(status)
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
        let key = self.call.key()?;
        let inner = Arc::clone(&self.call.client.0);
        self.call.read(ProbePage).await?;
        inner.memory.page_worked(key, Instant::now());
        Ok(())
    }
}

/// Settings and credentials of a client to be. Nothing is checked before [`ClientBuilder::build`].
#[derive(Default)]
pub struct ClientBuilder {
    settings: Settings,
    credentials: Option<Credentials>,
    on_attempt: Option<OnAttempt>,
    wall: Option<Arc<dyn WallClock>>,
    #[cfg(feature = "test-hooks")]
    transport: Option<Arc<dyn crate::transport::TestTransport>>,
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("client_id", &self.settings.client_id)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $convert:expr;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: $type) -> ClientBuilder {
                self.settings.$name = $convert($name);
                self
            }
        )*
    };
}

fn as_it_is<T>(value: T) -> T {
    value
}

impl ClientBuilder {
    setters! {
        /// The MyPreferences account id. Required.
        client_id: impl Into<String> = |id: _| Some(Into::into(id));
        /// The service's base URL, https or loopback.
        base_url: impl Into<String> = |url: _| Some(Into::into(url));
        /// A vendor environment, which gives the base URL of the surface.
        environment: Environment = Some;
        /// The surface, that is the routes. Default: [`Surface::async_api`].
        surface: Surface = as_it_is;
        /// What is exported, for calls that do not say it. Default: segment.
        kind: ExportKind = as_it_is;
        /// Route template that replaces the surface's commit route.
        commit_path: impl Into<String> = |path: _| Some(Into::into(path));
        /// Route template that replaces the surface's status route.
        status_path: impl Into<String> = |path: _| Some(Into::into(path));
        /// Route template that replaces the surface's page route.
        page_path: impl Into<String> = |path: _| Some(Into::into(path));
        /// Hash of PNAUTHINFO3 credentials. Default: SHA-256.
        hmac_hash: HmacHash = as_it_is;
        /// Timestamp form of PNAUTHINFO3 credentials. Default: UTC with milliseconds and Z.
        timestamp_format: TimestampFormat = as_it_is;
        /// Name resolution, TCP, TLS and proxy. Default 10 s.
        connect_timeout: Duration = as_it_is;
        /// Request sent to response head. Default 30 s.
        first_byte_timeout: Duration = as_it_is;
        /// Silence while reading a body. Default 30 s.
        body_timeout: Duration = as_it_is;
        /// The whole call, questions included. Default 180 s.
        timeout: Duration = as_it_is;
        /// The last send starts within it. Default 60 s.
        send_window: Duration = as_it_is;
        /// Time for asking what became of a send. Default 120 s.
        resolve_timeout: Duration = as_it_is;
        /// How long "not yet" must hold before it means "not committed". Default 60 s.
        settle: Duration = as_it_is;
        /// How long "not yet" must hold before the next send. Default 5 s.
        quiet: Duration = as_it_is;
        /// Sends of one call. Default 4.
        max_attempts: u32 = as_it_is;
        /// First backoff. Default 200 ms.
        backoff_base: Duration = as_it_is;
        /// First backoff after 429 and 503. Default 1 s.
        throttle_base: Duration = as_it_is;
        /// Longest backoff. Default 20 s.
        backoff_cap: Duration = as_it_is;
        /// Longest Retry-After that is waited for. Default 120 s.
        max_retry_after: Duration = as_it_is;
        /// Turns a presumed receipt into `outcome_unknown`. Default false.
        strict: bool = as_it_is;
        /// Asks status before the first send of a commit. Default false.
        preflight: bool = as_it_is;
        /// How long an idle connection is kept. Default 50 s.
        pool_idle_timeout: Duration = as_it_is;
        /// TCP keepalive. Default 30 s.
        tcp_keepalive: Duration = as_it_is;
        /// Cap of a decoded body other than a page, in bytes. Default 1 MiB.
        max_control_body: usize = as_it_is;
        /// Cap of a decoded page, in bytes. Default 64 MiB.
        max_page_body: usize = as_it_is;
        /// PEM file with certificate authorities to trust in addition to the system's.
        ca_file: impl Into<PathBuf> = |file: _| Some(Into::into(file));
        /// PEM file with a client certificate chain and its private key.
        client_cert: impl Into<PathBuf> = |file: _| Some(Into::into(file));
        /// Proxy URL. Without it the environment's proxy variables count, but never for loopback.
        proxy: impl Into<String> = |url: _| Some(Into::into(url));
        /// Offers HTTP/2. This build speaks HTTP/1.1 only; true is refused.
        http2: bool = as_it_is;
    }

    /// All settings at once, as read from an environment or a file.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> ClientBuilder {
        self.settings = settings;
        self
    }

    /// What to authorise with. Required.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> ClientBuilder {
        self.credentials = Some(credentials);
        self
    }

    /// Called after every request of every call, from the task that runs the call. It must not block.
    #[must_use]
    pub fn on_attempt(
        mut self,
        hook: impl Fn(&AttemptEvent) + Send + Sync + 'static,
    ) -> ClientBuilder {
        self.on_attempt = Some(Arc::new(hook));
        self
    }

    /// Plays every exchange by this transport.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn test_transport(
        mut self,
        transport: Arc<dyn crate::transport::TestTransport>,
    ) -> ClientBuilder {
        self.transport = Some(transport);
        self
    }

    /// Takes the local time from this function.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn test_wall_clock(
        mut self,
        now: impl Fn() -> std::time::SystemTime + Send + Sync + 'static,
    ) -> ClientBuilder {
        struct Given<F>(F);
        impl<F: Fn() -> std::time::SystemTime + Send + Sync> WallClock for Given<F> {
            fn now(&self) -> std::time::SystemTime {
                (self.0)()
            }
        }
        self.wall = Some(Arc::new(Given(now)));
        self
    }

    /// Checks everything and makes the client. No I/O beyond reading `ca_file`, `client_cert` and, for https, the
    /// system's trust roots. Never panics.
    ///
    /// # Errors
    /// `invalid_argument` for a value out of range, `configuration` for missing, contradictory or unreadable ones.
    pub fn build(self) -> Result<Client, Error> {
        let mut settings = self.settings;
        settings.check()?;
        let credentials = self.credentials.ok_or_else(|| {
            Error::configuration(
                "there are no credentials",
                "pass credentials: hmac, bearer or verbatim",
            )
        })?;
        credentials.check()?;
        let client_id = settings.client_id.clone().ok_or_else(|| {
            Error::configuration("client_id is missing", "pass the MyPreferences account id")
        })?;
        let replace = |template: &mut std::borrow::Cow<'static, str>, own: &Option<String>| {
            if let Some(own) = own {
                *template = std::borrow::Cow::Owned(own.clone());
            }
        };
        replace(&mut settings.surface.commit_path, &settings.commit_path);
        replace(&mut settings.surface.status_path, &settings.status_path);
        replace(&mut settings.surface.page_path, &settings.page_path);
        let base_url = match (&settings.base_url, settings.environment) {
            (Some(_), Some(_)) => {
                return Err(Error::configuration(
                    "base_url and environment contradict each other",
                    "pass one of the two",
                ));
            }
            (Some(base_url), None) => base_url.clone(),
            (None, Some(environment)) => {
                settings.surface.base_url(environment).ok_or_else(|| {
                    Error::configuration(
                        "a surface of your own has no base URL on the vendor's hosts",
                        "pass base_url",
                    )
                })?
            }
            (None, None) => {
                return Err(Error::configuration(
                    "there is no base_url",
                    "pass environment (production or staging) or base_url",
                ));
            }
        };
        let routes = Routes::new(&base_url, &settings.surface, &client_id)?;
        #[cfg(feature = "test-hooks")]
        let transport = match self.transport {
            Some(test) => Transport::Test(test),
            None => Transport::Http(Http::new(routes.base(), &settings)?),
        };
        #[cfg(not(feature = "test-hooks"))]
        let transport = Transport::Http(Http::new(routes.base(), &settings)?);
        Ok(Client(Arc::new(Inner {
            settings,
            client_id,
            routes,
            credentials,
            transport,
            clock: ServerClock::new(),
            wall: self.wall.unwrap_or_else(|| Arc::new(SystemClock)),
            memory: Memory::default(),
            flights: Flights::default(),
            on_attempt: self.on_attempt,
        })))
    }
}

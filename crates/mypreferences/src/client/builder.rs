//! Making a client: every setting with its setter, and the checks before any I/O.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::credentials::{Credentials, Sort};
use crate::auth::oauth::Tokens;
use crate::client::Client;
use crate::error::Error;
use crate::http::clock::{ServerClock, SystemClock, WallClock};
use crate::http::transport::{Http, Transport};
use crate::session::Service;
use crate::session::token_cache::Memory;
use crate::settings::signature::{HmacHash, TimestampFormat};
use crate::settings::surface::{Environment, ExportKind, Routes, Surface};
use crate::settings::{RowCount, Settings};
use crate::telemetry::events::{AttemptEvent, OnAttempt};

/// Settings and credentials of a client to be. Nothing is checked before [`ClientBuilder::build`].
#[derive(Default)]
pub struct ClientBuilder {
    settings: Settings,
    credentials: Option<Credentials>,
    on_attempt: Option<OnAttempt>,
    wall: Option<Arc<dyn WallClock>>,
    #[cfg(feature = "test-hooks")]
    transport: Option<Arc<dyn crate::http::transport::TestTransport>>,
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
        /// How long a landing bears temporary failures without one new page, and a wait without an answer. Default 10 min;
        /// zero: as a single call.
        patience: Duration = as_it_is;
        /// What a difference between the status' `RowCount` and `TotalResults` means to a commit. Default: check.
        row_count: RowCount = as_it_is;
        /// PEM file with certificate authorities to trust in addition to the system's.
        ca_file: impl Into<PathBuf> = |file: _| Some(Into::into(file));
        /// Trusts the authorities of `ca_file` and no others. Default false.
        ca_only: bool = as_it_is;
        /// PEM file with a client certificate chain and its private key.
        client_cert: impl Into<PathBuf> = |file: _| Some(Into::into(file));
        /// PEM file with the private key of `client_cert`, where that is a file of its own.
        client_key: impl Into<PathBuf> = |file: _| Some(Into::into(file));
        /// Proxy URL, or `none`. Without it the environment's proxy variables count, but never for loopback.
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

    /// Called after every request of every call, from the task that runs the call. It must not block: other tasks of the
    /// same thread, a blocking client's other calls too, and their time limits stand meanwhile. Hand the event on, to a
    /// channel for example.
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
        transport: Arc<dyn crate::http::transport::TestTransport>,
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

    /// Checks everything and makes the client. No I/O beyond reading `ca_file`, `client_cert`, `client_key` and,
    /// for https, the system's trust roots. Never panics.
    ///
    /// # Errors
    /// `invalid_argument` for a value out of range, `configuration` for missing, contradictory or unreadable ones.
    pub fn build(self) -> Result<Client, Error> {
        let mut settings = self.settings;
        settings.check()?;
        let credentials = self.credentials.ok_or_else(|| {
            Error::configuration(
                "there are no credentials",
                "pass credentials: hmac, oauth, bearer or verbatim",
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
        let tokens = match &credentials.0 {
            Sort::OAuth(oauth) => Some(Tokens::new(oauth, &client_id, &settings)?),
            Sort::Hmac { .. } | Sort::Bearer(_) | Sort::Verbatim(_) | Sort::Provider(_) => None,
        };
        let service = Service {
            settings,
            client_id,
            routes,
            credentials,
            tokens,
            transport,
            clock: ServerClock::new(),
            wall: self.wall.unwrap_or_else(|| Arc::new(SystemClock)),
            memory: Memory::default(),
            on_attempt: self.on_attempt,
        };
        Ok(Client::new(service))
    }
}

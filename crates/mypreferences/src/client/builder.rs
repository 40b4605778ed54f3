//! Making a client: every setting with its setter, and the checks before any I/O.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use crate::auth::credentials::{Credentials, Scheme};
use crate::auth::oauth::Tokens;
use crate::auth::secret::{Secret, plain};
use crate::client::Client;
use crate::error::Error;
use crate::http::clock::{ServerClock, SystemClock, WallClock};
use crate::http::transport::{Http, Transport};
use crate::session::Session;
use crate::session::token_cache::TokenCache;
use crate::settings::signature::{HmacHash, TimestampFormat};
use crate::settings::surface::{Environment, ExportKind, Routes, Surface};
use crate::settings::table::for_each_setting;
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

impl Client {
    /// Starts a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("client_id", &self.settings.client_id)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// Who has a handle can try out short keys; in bytes.
const SHORTEST_HANDLE_KEY: usize = 16;

/// One setter; what has no value by default is given without `Some`.
macro_rules! setter {
    (text $name:ident $(#[$doc:meta])+) => { setter!(@ $name: impl Into<String>, Some($name.into()), $(#[$doc])+); };
    (file $name:ident $(#[$doc:meta])+) => { setter!(@ $name: impl Into<PathBuf>, Some($name.into()), $(#[$doc])+); };
    (duration $name:ident $(#[$doc:meta])+) => { setter!(@ $name: Duration, $name, $(#[$doc])+); };
    (size $name:ident $(#[$doc:meta])+) => { setter!(@ $name: usize, $name, $(#[$doc])+); };
    (count $name:ident $(#[$doc:meta])+) => { setter!(@ $name: u32, $name, $(#[$doc])+); };
    (switch $name:ident $(#[$doc:meta])+) => { setter!(@ $name: bool, $name, $(#[$doc])+); };
    (choice $name:ident $type:ident $(#[$doc:meta])+) => { setter!(@ $name: $type, $name, $(#[$doc])+); };
    (some_choice $name:ident $type:ident $(#[$doc:meta])+) => { setter!(@ $name: $type, Some($name), $(#[$doc])+); };
    (@ $name:ident: $type:ty, $value:expr, $(#[$doc:meta])+) => {
        $(#[$doc])+
        #[must_use]
        pub fn $name(mut self, $name: $type) -> ClientBuilder {
            self.settings.$name = $value;
            self
        }
    };
}

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $sort:ident $name:ident $(: $type:ident)? $(= $default:literal)? $(in $range:literal)?;)+) => {
        impl ClientBuilder {
            $(setter! {
                $sort $name $($type)?
                $(#[doc = $doc])+
                $(#[doc = concat!("\n\nDefault: `", $default, "`.")])?
                $(#[doc = concat!("From ", $range, ".")])?
            })+
        }
    };
}

for_each_setting!(setters);

impl ClientBuilder {
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
    pub fn on_attempt(mut self, hook: impl Fn(&AttemptEvent) + Send + Sync + 'static) -> ClientBuilder {
        self.on_attempt = Some(Arc::new(hook));
        self
    }

    /// Plays every exchange by this transport.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn test_transport(mut self, transport: Arc<dyn crate::http::transport::TestTransport>) -> ClientBuilder {
        self.transport = Some(transport);
        self
    }

    /// Takes the local time from this function.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn test_wall_clock(mut self, now: impl Fn() -> std::time::SystemTime + Send + Sync + 'static) -> ClientBuilder {
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
            Error::configuration("there are no credentials", "pass credentials: hmac, oauth, bearer or verbatim")
        })?;
        credentials.check()?;
        let client_id = settings
            .client_id
            .clone()
            .ok_or_else(|| Error::configuration("client_id is missing", "pass the MyPreferences account id"))?;
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
            (None, Some(environment)) => settings.surface.base_url(environment).ok_or_else(|| {
                Error::configuration("a surface of your own has no base URL on the vendor's hosts", "pass base_url")
            })?,
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
            Scheme::OAuth(oauth) => Some(Tokens::new(oauth, &client_id, &settings)?),
            Scheme::Hmac { .. } | Scheme::Bearer(_) | Scheme::Verbatim(_) | Scheme::Provider(_) => None,
        };
        let session = Session {
            handle_key: handle_key(&settings)?,
            settings,
            client_id,
            routes,
            credentials,
            tokens,
            transport,
            clock: ServerClock::new(),
            wall: self.wall.unwrap_or_else(|| Arc::new(SystemClock)),
            token_cache: TokenCache::default(),
            on_attempt: self.on_attempt,
        };
        Ok(Client::new(session))
    }
}

/// The key of encrypted handles, where one is given; a file is read now, too, while it is known who named it.
fn handle_key(settings: &Settings) -> Result<Option<Secret>, Error> {
    let key = match (&settings.handle_key, &settings.handle_key_file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(Error::configuration("there are two keys of handles", "pass handle_key or handle_key_file"));
        }
        (Some(text), None) => Secret::from(plain(text).map_err(|why| {
            Error::configuration(format!("handle_key {why}"), "pass the key and nothing else, on one line")
        })?),
        (None, Some(file)) => Secret::file(file),
    };
    if key.now()?.expose_secret().len() < SHORTEST_HANDLE_KEY {
        return Err(Error::configuration(
            "the key of handles is shorter than 16 characters",
            "make one with `openssl rand -base64 32`",
        ));
    }
    Ok(Some(key))
}

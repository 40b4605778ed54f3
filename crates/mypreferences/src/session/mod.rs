//! What all calls of a client share: settings, routes, credentials, the transport, the server's clock and the memory of
//! tokens. Only state; what is done with it is in `exchange`, `read` and `commit`.

pub(crate) mod cancel;
pub(crate) mod exchange;
pub(crate) mod patience;
pub(crate) mod token_cache;

use std::sync::Arc;

use crate::auth::credentials::Credentials;
use crate::auth::oauth::Tokens;
use crate::auth::secret::Secret;
use crate::http::clock::{ServerClock, WallClock, unix_ms};
use crate::http::transport::Transport;
use crate::session::token_cache::TokenCache;
use crate::settings::Settings;
use crate::settings::surface::Routes;
use crate::telemetry::events::OnAttempt;

pub(crate) struct Session {
    pub(crate) settings: Settings,
    pub(crate) client_id: String,
    pub(crate) routes: Routes,
    pub(crate) credentials: Credentials,
    /// Of encrypted handles, if it has one of its own.
    pub(crate) handle_key: Option<Secret>,
    /// With OAuth credentials, and only with them.
    pub(crate) tokens: Option<Tokens>,
    pub(crate) transport: Transport,
    pub(crate) clock: ServerClock,
    pub(crate) wall: Arc<dyn WallClock>,
    pub(crate) token_cache: TokenCache,
    pub(crate) on_attempt: Option<OnAttempt>,
}

impl Session {
    /// The server's time as far as it is known, in milliseconds since the epoch.
    pub(crate) fn server_now_ms(&self) -> i64 {
        unix_ms(self.wall.now()).saturating_add(self.clock.offset_ms().unwrap_or(0))
    }
}

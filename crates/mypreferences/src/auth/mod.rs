//! What a request is authorised with: signatures, OAuth tokens, and the secrets behind them.

pub(crate) mod credentials;
pub(crate) mod oauth;
pub(crate) mod secret;

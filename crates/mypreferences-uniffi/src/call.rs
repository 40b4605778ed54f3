//! One call: what is asked, and the token that ends it.

use std::sync::Arc;
use std::time::Duration;

use mypreferences::{Error, ExportKind, Operation};
use mypreferences_bridge as bridge;

/// The token that was given, or one that nobody cancels.
pub(crate) fn token_of(cancel: Option<&Arc<NativeCancelToken>>) -> bridge::CancelToken {
    cancel.map_or_else(bridge::CancelToken::new, |token| token.0.clone())
}

/// Ends the calls that it was given to.
#[derive(uniffi::Object)]
pub struct NativeCancelToken(pub(crate) bridge::CancelToken);

#[uniffi::export]
impl NativeCancelToken {
    /// A token that was not cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<NativeCancelToken> {
        Arc::new(NativeCancelToken(bridge::CancelToken::new()))
    }

    /// Cancels. Twice is the same as once.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A call that was started.
#[derive(uniffi::Object)]
pub struct NativeCall(pub(crate) bridge::Started);

#[uniffi::export]
impl NativeCall {
    /// Ends this call; its completion still comes.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// What a call may be told beside its token.
#[derive(uniffi::Record)]
pub struct NativeCallOptions {
    /// What was exported: a word of the setting `kind`.
    pub kind: Option<String>,
    /// How long the call may take, in seconds.
    pub timeout: Option<f64>,
    /// Ends the call when it is cancelled.
    pub cancel: Option<Arc<NativeCancelToken>>,
}

/// The same, understood.
pub(crate) struct Options {
    pub(crate) kind: Option<ExportKind>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: bridge::CancelToken,
}

impl NativeCallOptions {
    pub(crate) fn understood(self, operation: Operation) -> Result<Options, Error> {
        Ok(Options {
            kind: self.kind.as_deref().map(str::parse).transpose()?,
            timeout: self.timeout.map(|timeout| bridge::seconds(operation, "timeout", timeout)).transpose()?,
            cancel: token_of(self.cancel.as_ref()),
        })
    }
}

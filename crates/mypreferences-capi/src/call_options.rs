//! What one call has of its own beside its arguments: kind, time, and the token that cancels it.

use std::ffi::c_char;
use std::time::Duration;

use mypreferences::{ExportKind, Operation};
use mypreferences_bridge::CancelToken;

use crate::border::{field, free, quietly, refused, required, text};
use crate::error::ErrorHandle;
use crate::error::fallible;

/// Ends the calls that it was given to.
pub struct CancelTokenHandle(CancelToken);

/// The token that may cancel a call, or one that nobody cancels.
pub(crate) fn token_of(token: Option<&CancelTokenHandle>) -> CancelToken {
    token.map_or_else(CancelToken::new, |token| token.0.clone())
}

/// Options of single calls. One set may serve any number of calls.
#[derive(Default)]
pub struct CallOptionsHandle {
    pub(crate) kind: Option<ExportKind>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: CancelToken,
}

/// Makes a token that is not cancelled. Freed with mypref_cancel_token_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_cancel_token_new() -> Option<Box<CancelTokenHandle>> {
    Some(Box::new(CancelTokenHandle(CancelToken::new())))
}

/// Frees a token and sets `*token` to NULL; NULL is fine. Does not cancel.
///
/// Lifetime: call options and calls that were given the token are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_cancel_token_free(token: Option<&mut Option<Box<CancelTokenHandle>>>) {
    free(token);
}

/// Cancels the calls that have this token, those to come included. They give up their connection and end with
/// MYPREF_KIND_CANCELLED and what is known about their requests, unless they were over already. Twice is the same as
/// once; NULL is fine.
///
/// Lifetime: the token stays usable and cancelled.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_cancel_token_cancel(token: Option<&CancelTokenHandle>) {
    if let Some(token) = token {
        quietly(|| token.0.cancel());
    }
}

/// Whether the token was cancelled; false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_cancel_token_is_cancelled(token: Option<&CancelTokenHandle>) -> bool {
    field(token, false, |token| token.0.is_cancelled())
}

/// Makes call options with nothing set: the client's kind and timeout, and no token. Freed with
/// mypref_call_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_call_options_new() -> Option<Box<CallOptionsHandle>> {
    Some(Box::default())
}

/// Frees call options and sets `*options` to NULL; NULL is fine.
///
/// Lifetime: calls that were started with them are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_call_options_free(options: Option<&mut Option<Box<CallOptionsHandle>>>) {
    free(options);
}

/// What was exported: "segment", "segment-group", "schedule" or "cid". Default: the client's setting "kind".
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_call_options_set_kind(
    options: Option<&mut CallOptionsHandle>,
    kind: *const c_char,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let options = required(options, Operation::Configure, "options")?;
        // SAFETY: the caller gives a text that ends with NUL and lives until this returns.
        let kind = unsafe { text(kind, Operation::Configure, "kind")? };
        options.kind = Some(kind.parse()?);
        Ok(())
    })
}

/// How long the call may take, questions about a lost answer included, in milliseconds: 1 to 86400000 (24 hours).
/// Default: the client's setting "timeout". For mypref_wait: how long to wait at most, up to 2592000000 (30 days).
/// Default: 24 hours.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_call_options_set_timeout_ms(
    options: Option<&mut CallOptionsHandle>,
    milliseconds: i64,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let options = required(options, Operation::Configure, "options")?;
        let milliseconds = u64::try_from(milliseconds)
            .map_err(|_| refused(Operation::Configure, "timeout is negative", "pass milliseconds, more than zero"))?;
        options.timeout = Some(Duration::from_millis(milliseconds));
        Ok(())
    })
}

/// Lets `token` cancel the calls that have these options.
///
/// Lifetime: the token may be freed before the options and before the calls; its state is shared.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_call_options_set_cancel_token(
    options: Option<&mut CallOptionsHandle>,
    token: Option<&CancelTokenHandle>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let options = required(options, Operation::Configure, "options")?;
        options.cancel = required(token, Operation::Configure, "token")?.0.clone();
        Ok(())
    })
}

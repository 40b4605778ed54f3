//! The client handle and the calls that block. The calls that complete by a callback are in `started`.

use std::ffi::c_char;
use std::future::Future;
use std::future::IntoFuture;
use std::mem::MaybeUninit;
use std::pin::Pin;

use mypreferences::{AccessToken, CommitReceipt, Error, ExportStatus, Operation, Resolution};
use mypreferences_bridge as bridge;

use crate::border::{Out, field, free, place, quietly, required, text};
use crate::call_options::CallOptionsHandle;
use crate::error::ErrorHandle;
use crate::error::{Failure, fallible};
use crate::options::OptionsHandle;
use crate::receipt::ReceiptHandle;
use crate::resolution::ResolutionHandle;
use crate::status::ExportStatusHandle;

/// A client of one MyPreferences account, with its connections. Thread-safe.
pub struct ClientHandle(pub(crate) bridge::Client);

impl Drop for ClientHandle {
    fn drop(&mut self) {
        // Pages hold a client of their own, which must not keep this one open.
        self.0.close();
    }
}

/// Opens a client. Checks every setting, reads the certificates of the system, and does no other I/O; starts no
/// thread. Freed with mypref_client_free.
///
/// Errors: invalid_argument, configuration.
///
/// Lifetime: the options are copied and stay the caller's; the caller owns `*client`, which is NULL after an error.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_client_open(
    options: Option<&OptionsHandle>,
    client: Option<&mut MaybeUninit<Option<Box<ClientHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Configure, || {
        let client = place(client, Operation::Configure, "client")?;
        let options = required(options, Operation::Configure, "options")?;
        let opened = bridge::Client::open(options.builder()?)?;
        *client = Some(Box::new(ClientHandle(opened)));
        Ok(())
    })
}

/// Closes a client and cancels its calls: they end with MYPREF_KIND_CANCELLED, and calls that come later with
/// MYPREF_KIND_CLOSED. Twice is the same as once; NULL is fine; in a forked child it does nothing.
///
/// Lifetime: the handle stays to be freed.
/// Threads: may be called from any thread at any time, in a callback too.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_client_close(client: Option<&ClientHandle>) {
    if let Some(client) = client {
        quietly(|| client.0.close());
    }
}

/// Whether the client was closed; true for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_client_is_closed(client: Option<&ClientHandle>) -> bool {
    field(client, true, |client| client.0.is_closed())
}

/// Closes a client as mypref_client_close does, frees it, and sets `*client` to NULL; NULL is fine.
///
/// Lifetime: calls that were started still complete, each with its callback.
/// Threads: may be called in a callback; no other thread may use the handle at the same time.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_client_free(client: Option<&mut Option<Box<ClientHandle>>>) {
    free(client);
}

/// Reads an access token from text: the digits that Initiate returned, as they stand in a file or on a command line.
///
/// Errors: invalid_argument; `*access_token` is 0 then.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_access_token_parse(
    text_of_token: *const c_char,
    access_token: Option<&mut MaybeUninit<i64>>,
) -> Option<Box<ErrorHandle>> {
    // As the core, which speaks of a commit until it knows better.
    let operation = Operation::Commit;
    fallible(operation, || {
        let access_token = required(access_token, operation, "access_token")?.write(0);
        // SAFETY: the caller gives a text that ends with NUL and lives until this returns.
        let text = unsafe { text(text_of_token, operation, "text_of_token")? };
        *access_token = AccessToken::try_from(text)?.expose();
        Ok(())
    })
}

/// Acknowledges a retrieval: marks it finished, expires the access token and, unless `keep_files`, deletes the export
/// files on the server. Blocks until it is over, at most for the setting "timeout" and a second.
///
/// Before you call it: the pages were read with keepAlive=true, and the data is safe on your side. Without
/// `keep_files` there is no other copy afterwards.
///
/// Sends one POST when all goes well. When its answer is lost, it asks the server what became of it before it sends
/// again. Errors: any kind below 700, outcome_unknown, commit_conflict; with "preflight" also export_failed,
/// export_expired and wait_timed_out. mypref_error_commit_state says what is known about this call's requests.
///
/// Lifetime: `options` may be NULL and stays the caller's; the caller owns `*receipt`, which is NULL after an error.
/// Threads: may be called from any thread, from many at once, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_commit(
    client: *const ClientHandle,
    access_token: i64,
    keep_files: bool,
    options: Option<&CallOptionsHandle>,
    receipt: Option<&mut MaybeUninit<Option<Box<ReceiptHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until this returns.
    let client = unsafe { client.as_ref() };
    run(Operation::Commit, client, options, (receipt, "receipt"), |core, call| {
        commit(core, access_token, keep_files, call)
    })
}

/// Asks whether a token was committed, without sending a commit: for a call that ended with outcome_unknown. Blocks
/// until it is over. A question without an answer is MYPREF_RESOLVED_UNKNOWN, not an error.
///
/// Errors: invalid_argument, cancelled, closed, forked_process, configuration, internal.
///
/// Lifetime: `options` may be NULL and stays the caller's; the caller owns `*resolution`, which is NULL after an error.
/// Threads: may be called from any thread, from many at once, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_resolve_commit(
    client: *const ClientHandle,
    access_token: i64,
    options: Option<&CallOptionsHandle>,
    resolution: Option<&mut MaybeUninit<Option<Box<ResolutionHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until this returns.
    let client = unsafe { client.as_ref() };
    run(Operation::ResolveCommit, client, options, (resolution, "resolution"), |core, call| {
        resolve_commit(core, access_token, call)
    })
}

/// Asks the status of an export. Blocks until it is over; temporary failures are tried again.
///
/// Errors: any kind below 700.
///
/// Lifetime: `options` may be NULL and stays the caller's; the caller owns `*status`, which is NULL after an error.
/// Threads: may be called from any thread, from many at once, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_status(
    client: *const ClientHandle,
    access_token: i64,
    options: Option<&CallOptionsHandle>,
    status: Option<&mut MaybeUninit<Option<Box<ExportStatusHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until this returns.
    let client = unsafe { client.as_ref() };
    run(Operation::Status, client, options, (status, "status"), |core, call| status_of(core, access_token, call))
}

/// A call of the core, ready to be polled.
pub(crate) type Call<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// What a call gets beside its own arguments.
pub(crate) struct Beside<'a> {
    pub(crate) options: Option<&'a CallOptionsHandle>,
    pub(crate) cancel: bridge::CancelToken,
}

macro_rules! with_options {
    ($call:expr, $beside:ident) => {{
        let mut call = $call.cancel_token($beside.cancel);
        if let Some(kind) = $beside.options.and_then(|options| options.kind) {
            call = call.kind(kind);
        }
        if let Some(timeout) = $beside.options.and_then(|options| options.timeout) {
            call = call.timeout(timeout);
        }
        call.into_future()
    }};
}

pub(crate) fn commit(
    core: &mypreferences::Client,
    access_token: i64,
    keep_files: bool,
    beside: Beside<'_>,
) -> Call<CommitReceipt> {
    with_options!(core.commit(access_token, keep_files), beside)
}

pub(crate) fn resolve_commit(core: &mypreferences::Client, access_token: i64, beside: Beside<'_>) -> Call<Resolution> {
    with_options!(core.resolve_commit(access_token), beside)
}

pub(crate) fn status_of(core: &mypreferences::Client, access_token: i64, beside: Beside<'_>) -> Call<ExportStatus> {
    with_options!(core.status(access_token), beside)
}

/// The token that the caller may cancel by, or one that nobody does.
pub(crate) fn cancel_token(options: Option<&CallOptionsHandle>) -> bridge::CancelToken {
    options.map_or_else(bridge::CancelToken::new, |options| options.cancel.clone())
}

/// Runs a call to its end and hands out its result.
pub(crate) fn run<T: Send + 'static, H: From<T>>(
    operation: Operation,
    client: Option<&ClientHandle>,
    options: Option<&CallOptionsHandle>,
    out: (Out<'_, H>, &str),
    call: impl FnOnce(&mypreferences::Client, Beside<'_>) -> Call<T>,
) -> Failure {
    let cancel = cancel_token(options);
    run_until_cancelled(operation, client, &cancel, out, |core, cancel| call(core, Beside { options, cancel }))
}

/// As `run`, for a call that has nothing of its own but a token.
pub(crate) fn run_until_cancelled<T: Send + 'static, H: From<T>>(
    operation: Operation,
    client: Option<&ClientHandle>,
    cancel: &bridge::CancelToken,
    (out, name): (Out<'_, H>, &str),
    call: impl FnOnce(&mypreferences::Client, bridge::CancelToken) -> Call<T>,
) -> Failure {
    fallible(operation, || {
        let out = place(out, operation, name)?;
        let client = required(client, operation, "client")?;
        let value = client.0.run(operation, cancel, None, call)?;
        *out = Some(Box::new(H::from(value)));
        Ok(())
    })
}

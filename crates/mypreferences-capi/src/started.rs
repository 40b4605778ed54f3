//! Calls that return at once and complete by a callback, exactly once. The same calls of the core as in `client`.

use std::ffi::c_void;

use mypreferences::{Error, Operation};
use mypreferences_bridge::CancelToken;

use crate::border::{UserData, required};
use crate::call_options::CallOptionsHandle;
use crate::client::{Beside, Call, ClientHandle, cancel_token, commit, resolve_commit, status_of};
use crate::error::ErrorHandle;
use crate::error::{Failure, fallible};
use crate::receipt::ReceiptHandle;
use crate::resolution::ResolutionHandle;
use crate::status::ExportStatusHandle;

/// The completion of mypref_commit_start: exactly one of `error` and `receipt` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: called from the thread of the library that carries every call of the process; it may start calls and free
/// the client, but not block, call a blocking function of the library, or throw: until it returns, no other call goes
/// on, and their time limits do not end them.
pub type CommitCallback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, error: Option<Box<ErrorHandle>>, receipt: Option<Box<ReceiptHandle>>),
>;

/// The completion of mypref_resolve_commit_start: exactly one of `error` and `resolution` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback.
pub type ResolveCommitCallback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        error: Option<Box<ErrorHandle>>,
        resolution: Option<Box<ResolutionHandle>>,
    ),
>;

/// The completion of mypref_status_start: exactly one of `error` and `status` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback.
pub type StatusCallback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        error: Option<Box<ErrorHandle>>,
        status: Option<Box<ExportStatusHandle>>,
    ),
>;

/// Starts a commit, as mypref_commit does it, and returns at once. When it returns NULL, `callback` is called exactly
/// once, perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: invalid_argument for NULL, closed, forked_process, configuration, internal. All others come
/// through the callback.
///
/// Lifetime: client and options may be freed while the call runs, but freeing the client cancels it; user_data must be
/// usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_commit_start(
    client: *const ClientHandle,
    access_token: i64,
    keep_files: bool,
    options: Option<&CallOptionsHandle>,
    user_data: *mut c_void,
    callback: CommitCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    start(
        Operation::Commit,
        client,
        options,
        callback,
        |core, beside| commit(core, access_token, keep_files, beside),
        move |callback, user_data, error, receipt| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, receipt) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_resolve_commit does and returns at once. When it returns NULL, `callback` is called exactly
/// once, perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: as mypref_commit_start.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_resolve_commit_start(
    client: *const ClientHandle,
    access_token: i64,
    options: Option<&CallOptionsHandle>,
    user_data: *mut c_void,
    callback: ResolveCommitCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    start(
        Operation::ResolveCommit,
        client,
        options,
        callback,
        |core, beside| resolve_commit(core, access_token, beside),
        move |callback, user_data, error, resolution| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, resolution) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_status does and returns at once. When it returns NULL, `callback` is called exactly once,
/// perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: as mypref_commit_start.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_status_start(
    client: *const ClientHandle,
    access_token: i64,
    options: Option<&CallOptionsHandle>,
    user_data: *mut c_void,
    callback: StatusCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    start(
        Operation::Status,
        client,
        options,
        callback,
        |core, beside| status_of(core, access_token, beside),
        move |callback, user_data, error, status| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, status) };
        },
        UserData(user_data),
    )
}

/// A client of our own: the callback may free the program's before the function that starts the call has returned.
///
/// # Safety
/// `client` is NULL or points to a client that lives until this returns.
pub(crate) unsafe fn own(client: *const ClientHandle) -> Option<mypreferences_bridge::Client> {
    // SAFETY: the caller vouches for it.
    unsafe { client.as_ref() }.map(|client| client.0.clone())
}

/// Starts a call; `complete` hands its result to the program's callback.
pub(crate) fn start<T, H, C>(
    operation: Operation,
    client: Option<mypreferences_bridge::Client>,
    options: Option<&CallOptionsHandle>,
    callback: Option<C>,
    call: impl FnOnce(&mypreferences::Client, Beside<'_>) -> Call<T>,
    complete: impl Complete<C, H>,
    user_data: UserData,
) -> Failure
where
    T: Send + 'static,
    H: From<T>,
    C: Send + 'static,
{
    let call = |core: &mypreferences::Client, cancel| call(core, Beside { options, cancel });
    let cancel = cancel_token(options);
    start_until_cancelled(operation, client, cancel, callback, call, complete, user_data)
}

/// As `start`, for a call that has nothing of its own but a token.
pub(crate) fn start_until_cancelled<T, H, C>(
    operation: Operation,
    client: Option<mypreferences_bridge::Client>,
    cancel: CancelToken,
    callback: Option<C>,
    call: impl FnOnce(&mypreferences::Client, CancelToken) -> Call<T>,
    complete: impl Complete<C, H>,
    user_data: UserData,
) -> Failure
where
    T: Send + 'static,
    H: From<T>,
    C: Send + 'static,
{
    fallible(operation, || {
        let client = required(client, operation, "client")?;
        let callback = required(callback, operation, "callback")?;
        let completed = move |result: Result<T, Error>| {
            let (error, value) = match result {
                Ok(value) => (None, Some(Box::new(H::from(value)))),
                Err(error) => (Some(ErrorHandle::boxed(error)), None),
            };
            complete(callback, user_data.pointer(), error, value);
        };
        client.start(operation, cancel, call, completed).map(|_started| ())
    })
}

/// What hands a result to the program's callback.
pub(crate) trait Complete<C, H>:
    FnOnce(C, *mut c_void, Option<Box<ErrorHandle>>, Option<Box<H>>) + Send + 'static
{
}

impl<F, C, H> Complete<C, H> for F where
    F: FnOnce(C, *mut c_void, Option<Box<ErrorHandle>>, Option<Box<H>>) + Send + 'static
{
}

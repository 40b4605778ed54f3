//! The calls of an export that return at once and complete by a callback, exactly once. The same calls of the core as in
//! `export`.

use std::ffi::{c_char, c_void};

use mypreferences::Operation;

use crate::batch_receipt::BatchReceiptHandle;
use crate::border::{UserData, text};
use crate::call_options::{CallOptionsHandle, CancelTokenHandle, token_of};
use crate::client::ClientHandle;
use crate::error::ErrorHandle;
use crate::export::{boundaries, commit_landed, commit_loaded, export, initiate, land, places_of, wait};
use crate::export_handle::ExportHandle;
use crate::landed::LandedHandle;
use crate::landing_options::LandingOptionsHandle;
use crate::loaded::LoadedHandle;
use crate::order::OrderHandle;
use crate::range::BoundariesHandle;
use crate::sealed::{SealedHandle, proof};
use crate::started::{StatusCallback, own, start, start_until_cancelled};

/// The completion of mypref_initiate_start: exactly one of `error` and `handle` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback.
pub type InitiateCallback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, error: Option<Box<ErrorHandle>>, handle: Option<Box<ExportHandle>>),
>;

/// The completion of mypref_export_start and mypref_land_start: exactly one of `error` and `landed` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback.
pub type LandedCallback = Option<
    unsafe extern "C" fn(user_data: *mut c_void, error: Option<Box<ErrorHandle>>, landed: Option<Box<LandedHandle>>),
>;

/// The completion of mypref_commit_landed_start and mypref_commit_loaded_start: exactly one of `error` and `receipt` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback.
pub type BatchReceiptCallback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        error: Option<Box<ErrorHandle>>,
        receipt: Option<Box<BatchReceiptHandle>>,
    ),
>;

/// The completion of mypref_boundaries_start: exactly one of `error` and `boundaries` is not NULL.
///
/// Lifetime: the callback owns what it gets and frees it.
/// Threads: as mypref_commit_callback.
pub type BoundariesCallback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        error: Option<Box<ErrorHandle>>,
        boundaries: Option<Box<BoundariesHandle>>,
    ),
>;

/// Starts what mypref_initiate does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
/// before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: client, order and options may be freed while the call runs, but freeing the client cancels it; user_data
/// must be usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_initiate_start(
    client: *const ClientHandle,
    order: Option<&OrderHandle>,
    options: Option<&CallOptionsHandle>,
    user_data: *mut c_void,
    callback: InitiateCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    start(
        Operation::Initiate,
        client,
        options,
        callback,
        |core, beside| initiate(core, order, beside),
        move |callback, user_data, error, handle| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, handle) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_wait does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
/// before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: client, handle and options may be freed while the call runs, but freeing the client cancels it; user_data
/// must be usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_wait_start(
    client: *const ClientHandle,
    handle: Option<&ExportHandle>,
    options: Option<&CallOptionsHandle>,
    user_data: *mut c_void,
    callback: StatusCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    start(
        Operation::Wait,
        client,
        options,
        callback,
        |core, beside| wait(core, handle, beside),
        move |callback, user_data, error, status| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, status) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_export does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
/// before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: client, order, options and token may be freed while the call runs, but freeing the client cancels it;
/// user_data, and that of the options' progress, must be usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_export_start(
    client: *const ClientHandle,
    order: Option<&OrderHandle>,
    out: *const c_char,
    options: Option<&LandingOptionsHandle>,
    cancel: Option<&CancelTokenHandle>,
    user_data: *mut c_void,
    callback: LandedCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
    let folder = unsafe { text(out, Operation::Export, "out") };
    start_until_cancelled(
        Operation::Export,
        client,
        token_of(cancel),
        callback,
        |core, cancel| export(core, order, folder, options, cancel),
        move |callback, user_data, error, landed| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, landed) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_land does and returns at once. When it returns NULL, `callback` is called exactly once, perhaps
/// before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: as mypref_export_start.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_land_start(
    client: *const ClientHandle,
    handle: Option<&ExportHandle>,
    out: *const c_char,
    options: Option<&LandingOptionsHandle>,
    cancel: Option<&CancelTokenHandle>,
    user_data: *mut c_void,
    callback: LandedCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
    let folder = unsafe { text(out, Operation::Export, "out") };
    start_until_cancelled(
        Operation::Export,
        client,
        token_of(cancel),
        callback,
        |core, cancel| land(core, handle, folder, options, cancel),
        move |callback, user_data, error, landed| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, landed) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_commit_landed does and returns at once. When it returns NULL, `callback` is called exactly once,
/// perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start. not_sealed comes through the callback.
///
/// Lifetime: client, `sealed` and token may be freed while the call runs, but freeing the client cancels it; user_data
/// must be usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_commit_landed_start(
    client: *const ClientHandle,
    sealed: *const SealedHandle,
    keep_files: bool,
    cancel: Option<&CancelTokenHandle>,
    user_data: *mut c_void,
    callback: BatchReceiptCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    // SAFETY: the caller gives NULL or a handle of this library that lives until this returns.
    let sealed = unsafe { proof(sealed) };
    start_until_cancelled(
        Operation::Commit,
        client,
        token_of(cancel),
        callback,
        |core, cancel| commit_landed(core, sealed, keep_files, cancel),
        move |callback, user_data, error, receipt| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, receipt) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_commit_loaded does and returns at once. When it returns NULL, `callback` is called exactly once,
/// perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: client, handle, `loaded` and token may be freed while the call runs, but freeing the client cancels it;
/// user_data must be usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_commit_loaded_start(
    client: *const ClientHandle,
    handle: Option<&ExportHandle>,
    loaded: Option<&LoadedHandle>,
    cancel: Option<&CancelTokenHandle>,
    user_data: *mut c_void,
    callback: BatchReceiptCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    start_until_cancelled(
        Operation::Commit,
        client,
        token_of(cancel),
        callback,
        |core, cancel| commit_loaded(core, handle, loaded, cancel),
        move |callback, user_data, error, receipt| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, receipt) };
        },
        UserData(user_data),
    )
}

/// Starts what mypref_boundaries does and returns at once. When it returns NULL, `callback` is called exactly once,
/// perhaps before this returns; when it returns an error, never.
///
/// Errors returned here: as mypref_commit_start.
///
/// Lifetime: client, handle, places and token may be freed while the call runs, but freeing the client cancels it;
/// user_data must be usable until the callback was called.
/// Threads: may be called from any thread, in a callback too.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_boundaries_start(
    client: *const ClientHandle,
    handle: Option<&ExportHandle>,
    places: *const i64,
    count: usize,
    cancel: Option<&CancelTokenHandle>,
    user_data: *mut c_void,
    callback: BoundariesCallback,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a client that lives until the callback may run.
    let client = unsafe { own(client) };
    // SAFETY: the caller gives NULL or `count` numbers that live until this returns.
    let places = unsafe { places_of(places, count) };
    start_until_cancelled(
        Operation::Page,
        client,
        token_of(cancel),
        callback,
        |core, cancel| boundaries(core, handle, places, cancel),
        move |callback, user_data, error, boundaries| {
            // SAFETY: the program gave a function of this type.
            unsafe { callback(user_data, error, boundaries) };
        },
        UserData(user_data),
    )
}

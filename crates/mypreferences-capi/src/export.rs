//! The calls of an export that block: starting it, waiting for it, landing it, committing what was landed. Those that
//! complete by a callback are in `export_started`, of the same calls of the core.

use std::ffi::c_char;
use std::future::IntoFuture;
use std::mem::MaybeUninit;

use mypreferences::export::{Digest, Export};
use mypreferences::landing::{BatchReceipt, Landed, Sealed};
use mypreferences::{CancelToken, Client as Core, Error, ExportKind, ExportStatus, Operation};

use crate::batch_receipt::BatchReceiptHandle;
use crate::border::{null, refused, required, text};
use crate::call_options::{CallOptionsHandle, CancelTokenHandle, token_of};
use crate::client::{Beside, Call, ClientHandle, run, run_until_cancelled};
use crate::error::ErrorHandle;
use crate::export_handle::ExportHandle;
use crate::landed::LandedHandle;
use crate::landing_options::LandingOptionsHandle;
use crate::loaded::LoadedHandle;
use crate::order::OrderHandle;
use crate::range::BoundariesHandle;
use crate::sealed::{SealedHandle, proof};
use crate::status::ExportStatusHandle;

/// Starts an export. Wait for it with mypref_wait, read it with mypref_pages_open or land it with mypref_land, and commit
/// it when its data is safe; or let mypref_export do all of it. Blocks until it is over, at most for the setting "timeout"
/// and a second. Sends one POST when all goes well, and again only what was surely not taken.
///
/// Errors: invalid_argument before any I/O for an order that is none; any kind below 700; outcome_unknown when the answer
/// was lost: start it again, what may have been started expires unread.
///
/// Lifetime: order and options stay the caller's, options may be NULL; the caller owns `*handle`, which is NULL after an
/// error.
/// Threads: may be called from any thread, from many at once, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_initiate(
    client: Option<&ClientHandle>,
    order: Option<&OrderHandle>,
    options: Option<&CallOptionsHandle>,
    handle: Option<&mut MaybeUninit<Option<Box<ExportHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    let out = (handle, "handle");
    run(Operation::Initiate, client, options, out, |core, beside| initiate(core, order, beside))
}

/// Waits until an export is ready, at most for the options' timeout (24 hours unless said otherwise), and gives its
/// status. Blocks meanwhile; asks every 1 s at first, every 30 s later.
///
/// Errors: export_failed, export_expired; wait_timed_out: the token is still good, wait again; a permanent failure of a
/// question, or the last temporary one when the setting patience has ended.
///
/// Lifetime: handle and options stay the caller's, options may be NULL; the caller owns `*status`, which is NULL after an
/// error.
/// Threads: may be called from any thread, from many at once, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_wait(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    options: Option<&CallOptionsHandle>,
    status: Option<&mut MaybeUninit<Option<Box<ExportStatusHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    let out = (status, "status");
    run(Operation::Wait, client, options, out, |core, beside| wait(core, handle, beside))
}

/// Lands an export in the folder `out` and commits it: initiate, wait, pages, seal, commit. Blocks until it is over.
/// Whatever stopped an earlier call, a cancelled token or a crash, the same call continues it; a finished one is not done
/// again, unless since is "auto". The commit comes last, when the batch is durable and whole. The folder belongs to
/// exports of one thing of one account; readers take `batch=*` and see a batch whole or not at all.
///
/// Errors: any kind. 700 to 703 for the folder; export_failed, export_expired, wait_timed_out; count_mismatch when the
/// pages are not what the server said; outcome_unknown when Initiate or the commit was lost: the same call finds out what
/// became of it. invalid_argument before any I/O, for options without keep_files too.
///
/// Lifetime: order, options and token stay the caller's, the token may be NULL; the text is copied; the caller owns
/// `*landed`, which is NULL after an error.
/// Threads: may be called from any thread, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_export(
    client: Option<&ClientHandle>,
    order: Option<&OrderHandle>,
    out: *const c_char,
    options: Option<&LandingOptionsHandle>,
    cancel: Option<&CancelTokenHandle>,
    landed: Option<&mut MaybeUninit<Option<Box<LandedHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
    let folder = unsafe { text(out, Operation::Export, "out") };
    let (cancel, place) = (token_of(cancel), (landed, "landed"));
    run_until_cancelled(Operation::Export, client, &cancel, place, |core, cancel| {
        export(core, order, folder, options, cancel)
    })
}

/// Lands an export that was initiated before, by this process or another one, in the folder `out`. Does not commit it:
/// mypref_commit_landed does. Blocks until it is over; the same call continues what was stopped. commit,
/// keep_files, since and overlap are for mypref_export and refused here.
///
/// Errors: as mypref_export.
///
/// Lifetime: handle, options and token stay the caller's, options and token may be NULL; the text is copied; the caller
/// owns `*landed`, which is NULL after an error.
/// Threads: may be called from any thread, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_land(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    out: *const c_char,
    options: Option<&LandingOptionsHandle>,
    cancel: Option<&CancelTokenHandle>,
    landed: Option<&mut MaybeUninit<Option<Box<LandedHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
    let folder = unsafe { text(out, Operation::Export, "out") };
    let (cancel, place) = (token_of(cancel), (landed, "landed"));
    run_until_cancelled(Operation::Export, client, &cancel, place, |core, cancel| {
        land(core, handle, folder, options, cancel)
    })
}

/// Commits a sealed batch: the order that cannot lose data. Asks status first, and after a commit whose answer was lost,
/// what became of it. A batch that is committed already gives its receipt, and nothing is sent. Blocks until it is over.
///
/// Errors: as mypref_commit; not_sealed when `sealed` is NULL, a handle of another sort, or does not match the folder;
/// corrupt when a part does not match its hash; output_conflict for another keep_files than one that may have been sent;
/// locked, storage.
///
/// Lifetime: `sealed` and token stay the caller's, the token may be NULL; the caller owns `*receipt`, which is NULL after
/// an error.
/// Threads: may be called from any thread, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_commit_landed(
    client: Option<&ClientHandle>,
    sealed: *const SealedHandle,
    keep_files: bool,
    cancel: Option<&CancelTokenHandle>,
    receipt: Option<&mut MaybeUninit<Option<Box<BatchReceiptHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or a handle of this library that lives until this returns.
    let sealed = unsafe { proof(sealed) };
    let (cancel, place) = (token_of(cancel), (receipt, "receipt"));
    run_until_cancelled(Operation::Commit, client, &cancel, place, |core, cancel| {
        commit_landed(core, sealed, keep_files, cancel)
    })
}

/// Commits an export that was loaded elsewhere than in a folder of this library: into a database, a lake, a warehouse. The
/// rows must be what the export has, which is asked for where no page has told it; then the files are made durable; then
/// as mypref_commit_landed. The same call again, from any process, sends nothing and says how it ended. Blocks until it is
/// over.
///
/// Errors: as mypref_commit; count_mismatch when the destination has other rows; storage when a file cannot be made
/// durable, invalid_argument when it is not there; wait_timed_out while the export is not ready.
///
/// Lifetime: handle, `loaded` and token stay the caller's, the token may be NULL; the caller owns `*receipt`, which is NULL
/// after an error.
/// Threads: may be called from any thread, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_commit_loaded(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    loaded: Option<&LoadedHandle>,
    cancel: Option<&CancelTokenHandle>,
    receipt: Option<&mut MaybeUninit<Option<Box<BatchReceiptHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    let (cancel, place) = (token_of(cancel), (receipt, "receipt"));
    run_until_cancelled(Operation::Commit, client, &cancel, place, |core, cancel| {
        commit_loaded(core, handle, loaded, cancel)
    })
}

/// Asks what lies on both sides of the `count` places where an export is going to be cut into ranges: for each place n the
/// digests of the records n and n + 1, the last one of a range and the first one of the next. One request of two records
/// each. Blocks until it is over.
///
/// Errors: any kind below 700; invalid_argument for a place below 1; count_mismatch where there are not two records.
///
/// Lifetime: handle, places and token stay the caller's, the token may be NULL; the caller owns `*boundaries`, which is
/// NULL after an error; freed with mypref_boundary_list_free.
/// Threads: may be called from any thread, but not in a callback of the library.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_boundaries(
    client: Option<&ClientHandle>,
    handle: Option<&ExportHandle>,
    places: *const i64,
    count: usize,
    cancel: Option<&CancelTokenHandle>,
    boundaries: Option<&mut MaybeUninit<Option<Box<BoundariesHandle>>>>,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: the caller gives NULL or `count` numbers that live until this returns.
    let places = unsafe { places_of(places, count) };
    let (cancel, place) = (token_of(cancel), (boundaries, "boundaries"));
    run_until_cancelled(Operation::Page, client, &cancel, place, |core, cancel| {
        self::boundaries(core, handle, places, cancel)
    })
}

/// Numbers of records.
///
/// # Safety
/// `places` is NULL or points to `count` numbers.
pub(crate) unsafe fn places_of(places: *const i64, count: usize) -> Result<Vec<u64>, Error> {
    if places.is_null() {
        return if count == 0 { Ok(Vec::new()) } else { Err(null(Operation::Page, "places")) };
    }
    // SAFETY: it is not NULL, and the caller vouches for the rest.
    let places = unsafe { std::slice::from_raw_parts(places, count) };
    // What is below zero is as wrong as zero, and the core says so.
    Ok(places.iter().map(|place| u64::try_from(*place).unwrap_or(0)).collect())
}

/// A call, or why there is none.
fn ready<T: 'static>(call: Result<impl IntoFuture<IntoFuture = Call<T>>, Error>) -> Call<T>
where
    Result<T, Error>: Send,
{
    match call {
        Ok(call) => call.into_future(),
        Err(error) => Box::pin(std::future::ready(Err(error))),
    }
}

/// The options' kind is for calls that are given a bare token.
fn check_kind(beside: &Beside<'_>, own: ExportKind, operation: Operation) -> Result<(), Error> {
    match beside.options.and_then(|options| options.kind) {
        Some(given) if given != own => Err(refused(
            operation,
            "the options name another kind than the export has",
            "leave the kind out of the options",
        )),
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn initiate(core: &Core, order: Option<&OrderHandle>, beside: Beside<'_>) -> Call<Export> {
    let call = || {
        let order = required(order, Operation::Initiate, "order")?.0.order()?;
        check_kind(&beside, order.kind(), Operation::Initiate)?;
        let call = core.initiate(order).cancel_token(beside.cancel);
        Ok(match beside.options.and_then(|options| options.timeout) {
            Some(timeout) => call.timeout(timeout),
            None => call,
        })
    };
    ready(call())
}

pub(crate) fn wait(core: &Core, handle: Option<&ExportHandle>, beside: Beside<'_>) -> Call<ExportStatus> {
    let call = || {
        let export = &required(handle, Operation::Wait, "handle")?.record;
        check_kind(&beside, export.kind(), Operation::Wait)?;
        let call = core.wait(export).cancel_token(beside.cancel);
        Ok(match beside.options.and_then(|options| options.timeout) {
            Some(timeout) => call.max_wait(timeout),
            None => call,
        })
    };
    ready(call())
}

pub(crate) fn export(
    core: &Core,
    order: Option<&OrderHandle>,
    out: Result<&str, Error>,
    options: Option<&LandingOptionsHandle>,
    cancel: CancelToken,
) -> Call<Landed> {
    let call = || {
        let order = required(order, Operation::Export, "order")?.0.order()?;
        let call = LandingOptionsHandle::arguments(options, out?).export(core, order, cancel)?;
        Ok(LandingOptionsHandle::telling(options, call))
    };
    ready(call())
}

pub(crate) fn land(
    core: &Core,
    handle: Option<&ExportHandle>,
    out: Result<&str, Error>,
    options: Option<&LandingOptionsHandle>,
    cancel: CancelToken,
) -> Call<Landed> {
    let call = || {
        let export = &required(handle, Operation::Export, "handle")?.record;
        let call = LandingOptionsHandle::arguments(options, out?).land(core, export, cancel)?;
        Ok(LandingOptionsHandle::telling(options, call))
    };
    ready(call())
}

pub(crate) fn commit_landed(
    core: &Core,
    sealed: Result<Sealed, Error>,
    keep_files: bool,
    cancel: CancelToken,
) -> Call<BatchReceipt> {
    ready(sealed.map(|sealed| core.commit_landed(&sealed, keep_files).cancel_token(cancel)))
}

pub(crate) fn commit_loaded(
    core: &Core,
    handle: Option<&ExportHandle>,
    loaded: Option<&LoadedHandle>,
    cancel: CancelToken,
) -> Call<BatchReceipt> {
    let call = || {
        let export = &required(handle, Operation::Commit, "handle")?.record;
        Ok(required(loaded, Operation::Commit, "loaded")?.arguments()?.call(core, export, cancel))
    };
    ready(call())
}

pub(crate) fn boundaries(
    core: &Core,
    handle: Option<&ExportHandle>,
    places: Result<Vec<u64>, Error>,
    cancel: CancelToken,
) -> Call<Vec<(Digest, Digest)>> {
    let call = || {
        let export = &required(handle, Operation::Page, "handle")?.record;
        Ok(core.boundaries(export, places?).cancel_token(cancel))
    };
    ready(call())
}

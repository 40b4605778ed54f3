//! How to land an export, by the names of its parts, and who is told how far it is. The bridge turns the parts into the
//! core's call.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use mypreferences::landing::{LandExport, LandingProgress};
use mypreferences::{Error, Operation};
use mypreferences_bridge::{LandingArguments, Reader};

use crate::border::{UserData, c_count, c_pointer, c_text, free, refused, required, text};
use crate::error::ErrorHandle;
use crate::error::{Failure, fallible};
use crate::kinds::Stage;

/// How far a landing is. It may grow at its end.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// The name of the batch's folder.
    pub batch: *const c_char,
    /// Records landed so far, those of earlier runs included.
    pub rows: i64,
    /// Records of the export; -1 until the server told.
    pub total: i64,
    /// Records that an earlier run had landed.
    pub resumed_rows: i64,
    /// Seconds since the call began.
    pub elapsed_seconds: f64,
    /// Seconds until the next question while it waits; otherwise negative.
    pub next_in_seconds: f64,
    /// Something that a person should know, told once; otherwise NULL.
    pub note: *const c_char,
}

/// Told how far a landing is: at each stage, after each question whether the export is ready, after each page.
///
/// Lifetime: `progress` and its texts are valid until the callback returns.
/// Threads: called from a thread of the library that carries no call, never from two at once for one call, never after
/// the completion of its call, which waits for it; what is overtaken meanwhile is left out, but no stage, no note and
/// not the last state. It may take its time and call any function of the library, a blocking one too; it must not
/// throw; to stop, it cancels the call's token.
pub type ProgressCallback = Option<unsafe extern "C" fn(user_data: *mut c_void, progress: *const Progress)>;

/// How to land exports. One set may serve any number of calls.
#[derive(Default)]
pub struct LandingOptionsHandle {
    arguments: LandingArguments,
    told: Option<Told>,
}

#[derive(Clone, Copy)]
struct Told {
    callback: unsafe extern "C" fn(*mut c_void, *const Progress),
    user_data: UserData,
}

impl Told {
    fn tell(self, progress: &LandingProgress) {
        let batch = c_text(&progress.batch);
        let note = progress.note.as_deref().map(c_text);
        let progress = Progress {
            stage: progress.stage.into(),
            batch: batch.as_ptr(),
            rows: c_count(Some(progress.rows)),
            total: c_count(progress.total),
            resumed_rows: c_count(Some(progress.resumed_rows)),
            elapsed_seconds: progress.elapsed.as_secs_f64(),
            next_in_seconds: progress.next_in.map_or(-1.0, |next| next.as_secs_f64()),
            note: c_pointer(note.as_ref()),
        };
        // SAFETY: the program gave both together and keeps them usable until the call is over.
        unsafe { (self.callback)(self.user_data.pointer(), &raw const progress) };
    }
}

impl LandingOptionsHandle {
    /// The arguments of a landing in this folder.
    pub(crate) fn arguments(options: Option<&LandingOptionsHandle>, out: &str) -> LandingArguments {
        LandingArguments {
            out: out.into(),
            ..options.map_or_else(LandingArguments::default, |options| options.arguments.clone())
        }
    }

    /// Has the call tell how far it is.
    pub(crate) fn telling(
        options: Option<&LandingOptionsHandle>,
        call: LandExport,
    ) -> <LandExport as IntoFuture>::IntoFuture {
        let Some(told) = options.and_then(|options| options.told) else {
            return call.into_future();
        };
        let reader = Reader::new(move |progress| told.tell(progress));
        let hook = Arc::clone(&reader);
        let call = call.on_progress(move |progress| hook.tell(progress.clone()));
        Box::pin(reader.until_read(call.into_future()))
    }
}

/// Makes landing options in which everything has its default; keep_files has none. Freed with
/// mypref_landing_options_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landing_options_new() -> Option<Box<LandingOptionsHandle>> {
    Some(Box::default())
}

/// Frees landing options and sets `*options` to NULL; NULL is fine.
///
/// Lifetime: calls that were started with them are not affected.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_landing_options_free(options: Option<&mut Option<Box<LandingOptionsHandle>>>) {
    free(options);
}

/// Sets a part that is a word:
///
/// "commit": "after_seal" (default), or "never": mypref_commit_landed commits later.
/// "since": "auto": only what changed since the newest batch of the folder, everything when there is none; or a moment
/// such as "2026-11-24T06:25:53.042Z". Default: everything.
/// "compression": "none" (default) or "zstd", which this library is built without: it is refused by the call.
/// "format": "ndjson" (default) or "parquet", which libmypreferences_arrow has and libmypreferences refuses; with it
/// "shape", "typed" (default) or "json", and "record", "keep" (default) or "drop".
///
/// Errors: invalid_argument for another name, NULL or invalid UTF-8; words are checked by the call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_landing_options_set(
    options: Option<&mut LandingOptionsHandle>,
    name: *const c_char,
    value: *const c_char,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `change`, which this hands over to.
    unsafe {
        change(options, name, |arguments, name| {
            let value = Some(text(value, Operation::Export, "value")?.to_owned());
            match name {
                "commit" => arguments.commit = value,
                "since" => arguments.since = value,
                "compression" => arguments.compression = value,
                "format" => arguments.format = value,
                "shape" => arguments.shape = value,
                "record" => arguments.record = value,
                _ => return Err(unknown(name)),
            }
            Ok(())
        })
    }
}

/// Sets the switch "keep_files": whether the server keeps its files when the batch is committed. Must be given unless
/// commit is "never": false deletes the server's copy.
///
/// Errors: invalid_argument for another name or NULL.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_landing_options_set_bool(
    options: Option<&mut LandingOptionsHandle>,
    name: *const c_char,
    value: bool,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `change`, which this hands over to.
    unsafe {
        change(options, name, |arguments, name| {
            match name {
                "keep_files" => arguments.keep_files = Some(value),
                _ => return Err(unknown(name)),
            }
            Ok(())
        })
    }
}

/// Sets a number: "limit" (records of one page, at least 1; default 1000), "max_memory" (bytes for pages, at least 1 MiB;
/// default 64 MiB) or "part_bytes" (size of a part before compression; default 64 MiB).
///
/// Errors: invalid_argument for another name, NULL or a negative number; ranges are checked by the call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_landing_options_set_int(
    options: Option<&mut LandingOptionsHandle>,
    name: *const c_char,
    value: i64,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `change`, which this hands over to.
    unsafe {
        change(options, name, |arguments, name| {
            let value = Some(not_negative(name, value)?);
            match name {
                "limit" => arguments.limit = value,
                "max_memory" => arguments.max_memory = value,
                "part_bytes" => arguments.part_bytes = value,
                _ => return Err(unknown(name)),
            }
            Ok(())
        })
    }
}

/// Sets a length of time in milliseconds: "max_wait" (until the export is ready, up to 30 days; default 24 hours) or
/// "overlap" (how far since "auto" goes back before the newest batch; default 5 minutes).
///
/// Errors: invalid_argument for another name, NULL or a negative number; ranges are checked by the call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_landing_options_set_duration_ms(
    options: Option<&mut LandingOptionsHandle>,
    name: *const c_char,
    milliseconds: i64,
) -> Option<Box<ErrorHandle>> {
    // SAFETY: as for `change`, which this hands over to.
    unsafe {
        change(options, name, |arguments, name| {
            let milliseconds = not_negative(name, milliseconds)?;
            let seconds = Some(std::time::Duration::from_millis(milliseconds).as_secs_f64());
            match name {
                "max_wait" => arguments.max_wait = seconds,
                "overlap" => arguments.overlap = seconds,
                _ => return Err(unknown(name)),
            }
            Ok(())
        })
    }
}

/// Has `callback` told how far the calls are that have these options. A NULL callback ends it.
///
/// Lifetime: user_data must be usable until every call that was given these options is over.
/// Threads: no other thread may use the options at the same time; for the callback see mypref_progress_callback.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn mypref_landing_options_set_progress(
    options: Option<&mut LandingOptionsHandle>,
    user_data: *mut c_void,
    callback: ProgressCallback,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Export, || {
        required(options, Operation::Export, "options")?.told =
            callback.map(|callback| Told { callback, user_data: UserData(user_data) });
        Ok(())
    })
}

fn unknown(name: &str) -> Error {
    refused(
        Operation::Export,
        format!("landing options have no part {name:?} of this sort"),
        "pass commit, since, compression, format, shape or record as words, keep_files as a switch, limit, max_memory or part_bytes as numbers, max_wait or overlap as milliseconds",
    )
}

fn not_negative(name: &str, value: i64) -> Result<u64, Error> {
    u64::try_from(value)
        .map_err(|_| refused(Operation::Export, format!("{name} is negative"), "leave it out for the default"))
}

/// # Safety
/// `name` is NULL or points to a text that ends with NUL and lives until this returns.
unsafe fn change(
    options: Option<&mut LandingOptionsHandle>,
    name: *const c_char,
    change: impl FnOnce(&mut LandingArguments, &str) -> Result<(), Error>,
) -> Failure {
    fallible(Operation::Export, || {
        let options = required(options, Operation::Export, "options")?;
        // SAFETY: the caller vouches for it.
        let name = unsafe { text(name, Operation::Export, "name")? };
        change(&mut options.arguments, name)
    })
}

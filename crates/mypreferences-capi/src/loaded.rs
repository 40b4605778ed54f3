//! What the destination of a commit of what was loaded elsewhere holds.

use std::ffi::c_char;

use mypreferences::Operation;
use mypreferences_bridge::LoadedArguments;

use crate::border::{free, refused, required, text};
use crate::error::ErrorHandle;
use crate::error::fallible;

/// What a destination holds: a database, a lake, a warehouse. One may serve any number of calls.
pub struct LoadedHandle {
    rows: i64,
    arguments: LoadedArguments,
}

impl LoadedHandle {
    pub(crate) fn arguments(&self) -> Result<LoadedArguments, mypreferences::Error> {
        let rows = u64::try_from(self.rows);
        let rows =
            rows.map_err(|_| refused(Operation::Commit, "rows is negative", "pass how many the destination has"))?;
        Ok(LoadedArguments { rows, ..self.arguments.clone() })
    }
}

/// Says that a destination holds `rows` rows of an export, as a read-back from there counts them, and whether the server
/// keeps its files after the commit; false deletes them. Freed with mypref_loaded_free.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_loaded_new(rows: i64, keep_files: bool) -> Option<Box<LoadedHandle>> {
    let arguments = LoadedArguments { keep_files, ..LoadedArguments::default() };
    Some(Box::new(LoadedHandle { rows, arguments }))
}

/// Frees it and sets `*loaded` to NULL; NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn mypref_loaded_free(loaded: Option<&mut Option<Box<LoadedHandle>>>) {
    free(loaded);
}

/// Names the destination, for the receipt, such as "postgres://dwh/people"; passwords are left out of it.
///
/// Errors: invalid_argument.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_loaded_set_sink(
    loaded: Option<&mut LoadedHandle>,
    sink: *const c_char,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Commit, || {
        // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
        let sink = unsafe { text(sink, Operation::Commit, "sink")? };
        required(loaded, Operation::Commit, "loaded")?.arguments.sink = Some(sink.to_owned());
        Ok(())
    })
}

/// Adds a file that holds rows, where it is local: a path, a pattern (`*`, `**`, `?`, `[...]`) or a folder. It is made
/// durable before the commit, and each folder up to the one that was given.
///
/// Errors: invalid_argument; whether there is such a file is looked at by the commit.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn mypref_loaded_add_file(
    loaded: Option<&mut LoadedHandle>,
    path: *const c_char,
) -> Option<Box<ErrorHandle>> {
    fallible(Operation::Commit, || {
        // SAFETY: the caller gives NULL or a text that ends with NUL and lives until this returns.
        let path = unsafe { text(path, Operation::Commit, "path")? };
        required(loaded, Operation::Commit, "loaded")?.arguments.files.push(path.into());
        Ok(())
    })
}

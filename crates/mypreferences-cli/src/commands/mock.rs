//! `mock`: the mock service's own entry point under our name.

use std::ffi::OsString;

/// Runs it until it is stopped.
pub(super) fn run(arguments: Vec<OsString>) -> u8 {
    mypreferences_mock::run_for_code(arguments.into_iter())
}

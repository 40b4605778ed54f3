//! `mock`: the mock service's own entry point under our name.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs it until it is stopped.
pub(super) fn run(arguments: Vec<OsString>) -> u8 {
    let code = mypreferences_mock::run(arguments.into_iter());
    // An `ExitCode` does not tell its number; it can be compared with all there are.
    (0..=u8::MAX)
        .find(|number| ExitCode::from(*number) == code)
        .unwrap_or(70)
}

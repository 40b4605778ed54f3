//! What the installed C library exports.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;

/// How the names of functions begin that only tests may call.
pub(crate) const HOOK_PREFIX: &str = "mypref_test_";

/// What the shared library exports, of any name.
pub(crate) fn exported(prefix: &Path, library: &str) -> Result<BTreeSet<String>, Failure> {
    let mut nm = Command::new("nm");
    nm.args(["-D", "--defined-only"]).arg(prefix.join(format!("lib/lib{library}.so")));
    Ok(output_of(&mut nm, "install binutils")?
        .lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(str::to_owned)
        .collect())
}

/// A program's whole output as text; `remedy` is the next step if it fails.
pub(crate) fn output_of(command: &mut Command, remedy: &str) -> Result<String, Failure> {
    let line = crate::steps::command_line(command);
    let output = command
        .output()
        .map_err(|error| Failure::new(format!("`{line}` could not be started: {error}; run `cargo xtask setup`")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::new(format!(
        "`{line}` ended with {}; {remedy}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}

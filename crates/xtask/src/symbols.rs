//! What the installed C library exports.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// How the names of functions begin that only tests may call.
pub(crate) const HOOK_PREFIX: &str = "mypref_test_";

/// A shared library as it is installed here.
pub(crate) fn installed(prefix: &Path, library: &str) -> PathBuf {
    prefix.join(format!("lib/lib{library}.so"))
}

/// What a shared library exports, of any name, a DLL too.
pub(crate) fn exported(library: &Path) -> Result<BTreeSet<String>, Failure> {
    if library.extension().is_some_and(|extension| extension == "dll") {
        let mut objdump = Command::new("x86_64-w64-mingw32-objdump");
        let tables = output_of(objdump.arg("-p").arg(library), "install gcc-mingw-w64-x86-64-posix")?;
        let names = tables.split_once("[Ordinal/Name Pointer] Table").map_or("", |(_, table)| table);
        return Ok(last_words(names.lines().skip(1).take_while(|line| !line.is_empty())));
    }
    let mut nm = Command::new("nm");
    nm.args(["-D", "--defined-only"]).arg(library);
    Ok(last_words(output_of(&mut nm, "install binutils")?.lines()))
}

fn last_words<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    lines.filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect()
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

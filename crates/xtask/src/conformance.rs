//! `cargo xtask conformance`: builds the judge, the adapters and the command, and plays the shared suite.
//!
//! The judge itself is the crate `conformance`; this only puts its programs in place.

use std::path::PathBuf;
use std::process::Command;

use crate::c;
use crate::cargo;
use crate::failure::Failure;
use crate::kotlin;
use crate::python;
use crate::swift;

/// What the suite runs: the judge, one adapter for each surface so far, and the command.
const PACKAGES: [&str; 3] = ["conformance", "adapters-rust", "mypreferences-cli"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    build()?;
    if !matches!(arguments.first().map(String::as_str), Some("format" | "check")) {
        prepare(arguments)?;
    }
    let status = judge(arguments)?.status().map_err(|error| {
        Failure::new(format!("the judge cannot be started: {error}; run `cargo build -p conformance`"))
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new("the suite is not green; the red cells are explained above"))
    }
}

/// Builds the surfaces that are not cargo's: those that are asked for, or all.
fn prepare(arguments: &[String]) -> Result<(), Failure> {
    let named: Vec<&str> =
        arguments.windows(2).filter(|pair| pair[0] == "--surface").map(|pair| pair[1].as_str()).collect();
    let is_wanted = |surfaces: &[&str]| named.is_empty() || named.iter().any(|named| surfaces.contains(named));
    if is_wanted(&["python_sync", "python_async"]) {
        python::prepare()?;
    }
    if is_wanted(&["c_blocking", "c_callback", "cpp"]) {
        c::prepare_adapters()?;
    }
    if is_wanted(&["kotlin", "java"]) {
        kotlin::prepare()?;
    }
    if is_wanted(&["swift"]) {
        swift::prepare()?;
    }
    Ok(())
}

/// Builds everything that the suite runs.
pub(crate) fn build() -> Result<(), Failure> {
    let mut command = cargo::command(&["build", "--quiet"]);
    for package in PACKAGES {
        command.arg(format!("--package={package}"));
    }
    let built = command.status();
    if built.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err(Failure::new("the suite's programs do not build; run `cargo build -p conformance -p adapters-rust`"))
    }
}

/// The judge's command line: `arguments` are its own, as its usage lists them.
pub(crate) fn judge(arguments: &[String]) -> Result<Command, Failure> {
    let programs: PathBuf = cargo::target_folder()?.join("debug");
    let mut command = Command::new(programs.join("conformance"));
    command.args(arguments).arg("--root").arg(cargo::workspace_folder()?).arg("--adapters").arg(&programs);
    Ok(command)
}

//! `cargo xtask conformance`: builds the judge, the adapters and the command, and plays the shared suite.
//!
//! The judge itself is the crate `conformance`; this only puts its programs in place.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::c;
use crate::cargo;
use crate::failure::Failure;
use crate::kotlin;
use crate::python;
use crate::swift;

/// What the suite runs: the judge, one adapter for each surface so far, and the command.
const PACKAGES: [&str; 3] = ["conformance", "adapters-rust", "mypreferences-cli"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Prove that the suite can fail; write every file in its one form; read all and play nothing; or show scenarios
    /// with all that they leave out
    #[arg(value_parser = ["mutants", "format", "check", "show"])]
    task: Option<String>,
    /// Only this surface; may be given again
    #[arg(long = "surface", value_name = "NAME")]
    surfaces: Vec<String>,
    /// Only this scenario; may be given again
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    build()?;
    let task = arguments.task.as_deref();
    if !matches!(task, Some("format" | "check" | "show")) {
        prepare(&arguments.surfaces)?;
    }
    let mut judge = judge(task)?;
    for (flag, names) in [("--surface", &arguments.surfaces), ("--scenario", &arguments.scenarios)] {
        for name in names {
            judge.args([flag, name]);
        }
    }
    let status = judge.status().map_err(|error| {
        Failure::new(format!("the judge cannot be started: {error}; run `cargo build -p conformance`"))
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new("the suite is not green; the red cells are explained above"))
    }
}

/// Builds the surfaces that are not cargo's: those that are asked for, or all.
fn prepare(named: &[String]) -> Result<(), Failure> {
    let is_wanted = |surfaces: &[&str]| named.is_empty() || named.iter().any(|name| surfaces.contains(&name.as_str()));
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

/// The judge's command line; without a task it plays the scenarios.
pub(crate) fn judge(task: Option<&str>) -> Result<Command, Failure> {
    let programs: PathBuf = cargo::target_folder()?.join("debug");
    let mut command = Command::new(programs.join("conformance"));
    command.args(task).arg("--root").arg(cargo::workspace_folder()?).arg("--adapters").arg(&programs);
    Ok(command)
}

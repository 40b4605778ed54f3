//! `cargo xtask c`: the C library as its users meet it, installed into a folder below the target folder, with everything
//! built against that copy. What is looked at is one part each; nothing named means all of them.

mod abi;
mod arrow;
mod format;
mod header_matrix;
mod mock;
mod programs;
mod tests;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::cargo;
use crate::failure::Failure;
use crate::install::{self, Build};
use crate::steps::{Steps, chosen, run_visibly};
pub(crate) use mock::Mock;
pub(crate) use programs::run_elsewhere;

type Part = (&'static str, fn(&Places) -> Result<String, Failure>);

const PARTS: &[Part] = &[
    ("format", format::run),
    ("header", header_matrix::run),
    ("abi", abi::compare),
    ("tests", tests::plain),
    ("address", tests::with_address_sanitizer),
    ("valgrind", tests::under_valgrind),
    ("panics", tests::panics),
    ("arrow", arrow::run),
    ("examples", programs::examples),
    ("readme", programs::readme),
];

/// What is where.
pub(crate) struct Places {
    root: PathBuf,
    /// Everything below is in here.
    folder: PathBuf,
    /// The library as it is, without hooks.
    prefix: PathBuf,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// Only these; all when none is named
    #[arg(value_name = "PART", value_parser = PossibleValuesParser::new(PARTS.iter().map(|(name, _)| *name)))]
    parts: Vec<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Make the library's present interface the recorded one
    AcceptAbi,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let places = installed()?;
    if let Some(Action::AcceptAbi) = arguments.action {
        return abi::accept(&places);
    }
    let mut steps = Steps::default();
    for (name, part) in chosen(PARTS, |(name, _)| name, &arguments.parts) {
        steps.run(name, || part(&places));
    }
    steps.finish()
}

/// Builds the adapters of the shared suite against an installed copy, beside those of other languages.
pub(crate) fn prepare_adapters() -> Result<(), Failure> {
    let places = installed()?;
    let output = cargo::target_folder()?.join("debug");
    let output = format!("-DCMAKE_RUNTIME_OUTPUT_DIRECTORY={}", output.display());
    places.cmake("tests/adapters/c", "adapters", &places.prefix, &[&output]).map(|_| ())
}

/// Builds the bench against an installed copy; the folder that it was built in.
pub(crate) fn build_bench(prefix: &Path) -> Result<PathBuf, Failure> {
    places()?.cmake("bindings/c/benches", "bench", prefix, &[])
}

/// Installs the library, built for tests.
fn installed() -> Result<Places, Failure> {
    let places = places()?;
    install::into(&places.prefix, Build::Debug)?;
    Ok(places)
}

fn places() -> Result<Places, Failure> {
    let folder = cargo::target_folder()?.join("xtask").join("c");
    Ok(Places { root: cargo::workspace_folder()?, prefix: folder.join("prefix"), folder })
}

impl Places {
    /// Configures and builds a project of ours against an installed copy; the folder that it was built in.
    fn cmake(&self, source: &str, build: &str, prefix: &Path, settings: &[&str]) -> Result<PathBuf, Failure> {
        let build = self.folder.join(build);
        cmake(&self.root.join(source), &build, prefix, settings)?;
        Ok(build)
    }
}

/// Configures and builds a project in a folder, against a library that is installed.
pub(crate) fn cmake(source: &Path, build: &Path, prefix: &Path, settings: &[&str]) -> Result<(), Failure> {
    let mut configure = Command::new("cmake");
    configure
        .args(["--log-level=WARNING", "-S"])
        .arg(source)
        .arg("-B")
        .arg(build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()))
        .args(settings);
    run_visibly(&mut configure, "run `cargo xtask setup`, remove the folder after -B, and run this again")?;
    let mut compile = Command::new("cmake");
    compile.arg("--build").arg(build).args(["--parallel", "2"]);
    run_visibly(&mut compile, "repair what the compiler printed above")
}

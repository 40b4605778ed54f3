//! The judge of the shared suite. `conformance` plays every scenario of `tests/conformance` on every surface that has
//! an adapter and prints the table; `conformance mutants` proves that the suite can fail,
//! `conformance format` writes every file in its one form, `conformance check` reads the corpus and plays nothing, and
//! `conformance show` prints scenarios with all that they leave out. See `tests/conformance/README.md`.
//!
//! It knows the mock service and no client: what a client says reaches it as text, from a program of its own.

mod adapter;
mod corpus;
mod harness;
mod judge;
mod landed;
mod matrix;
mod mutants;
mod ordered_json;
mod places;
mod plan;
mod relay;
mod report;
mod scenario;
mod scenario_file;
mod suite;
mod trouble;

use std::path::PathBuf;
use std::process::ExitCode;

use trouble::Trouble;

const USAGE: &str =
    "Usage: conformance [mutants|format|check|show] --root DIR --adapters DIR [--surface NAME]... [--scenario NAME]...

  --root DIR       the checkout: tests/conformance is read below it
  --adapters DIR   where the adapters' programs are
  --surface NAME   only this surface (the run then does not count as complete)
  --scenario NAME  only this scenario (the same)
";

#[derive(Clone, Copy)]
pub(crate) enum Task {
    Play,
    Mutants,
    Format,
    Check,
    Show,
}

/// What the command line asks for.
pub(crate) struct Wish {
    pub(crate) task: Task,
    pub(crate) root: PathBuf,
    pub(crate) adapters: PathBuf,
    pub(crate) surfaces: Vec<String>,
    pub(crate) scenarios: Vec<String>,
}

fn main() -> ExitCode {
    let outcome = wish(std::env::args().skip(1)).and_then(|wish| match wish.task {
        Task::Play => suite::run(&wish),
        Task::Mutants => mutants::prove(&wish),
        Task::Format => corpus::format(&wish.root).map(|()| true),
        Task::Check => suite::check(&wish.root).map(|()| true),
        Task::Show => corpus::show(&wish.root, &wish.scenarios).map(|()| true),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("conformance: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn wish(mut arguments: impl Iterator<Item = String>) -> Result<Wish, Trouble> {
    let mut wish = Wish {
        task: Task::Play,
        root: PathBuf::from("."),
        adapters: PathBuf::from("target/debug"),
        surfaces: Vec::new(),
        scenarios: Vec::new(),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| Trouble::new(format!("{argument} needs a value\n{USAGE}")));
        match argument.as_str() {
            "mutants" => wish.task = Task::Mutants,
            "format" => wish.task = Task::Format,
            "check" => wish.task = Task::Check,
            "show" => wish.task = Task::Show,
            "--root" => wish.root = PathBuf::from(value()?),
            "--adapters" => wish.adapters = PathBuf::from(value()?),
            "--surface" => wish.surfaces.push(value()?),
            "--scenario" => wish.scenarios.push(value()?),
            other => return Err(Trouble::new(format!("unknown argument {other}\n{USAGE}"))),
        }
    }
    Ok(wish)
}

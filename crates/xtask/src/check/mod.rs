//! `cargo xtask check`: everything that is judged without running the tests.
//!
//! Format, lints and documentation are cargo's own judgement; `deny` is ours (module `deny`).

mod floors;
mod imports;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cargo;
use crate::deny;
use crate::failure::Failure;
use crate::generate;
use crate::steps::{Steps, chosen, run_visibly};

type Part = (&'static str, fn() -> Result<String, Failure>);

const PARTS: &[Part] = &[
    ("fmt", fmt),
    ("clippy", clippy),
    ("docs", docs),
    ("generated", generated),
    ("scenarios", scenarios),
    ("floors", floors::run),
    ("deny", deny::run),
];

/// The features of the core that must each compile alone: with all of them on, a wrong gate goes unseen.
const CORE_FEATURES: &[&str] = &["", "blocking", "tracing"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these; all when none is named
    #[arg(value_name = "PART", value_parser = PossibleValuesParser::new(PARTS.iter().map(|(name, _)| *name)))]
    parts: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::default();
    for (name, part) in chosen(PARTS, |(name, _)| name, &arguments.parts) {
        steps.run(name, part);
    }
    steps.finish()
}

fn fmt() -> Result<String, Failure> {
    run_visibly(&mut cargo::command(&["fmt", "--all", "--check"]), "run `cargo fmt --all`")?;
    Ok(String::new())
}

fn clippy() -> Result<String, Failure> {
    let remedy = "repair what clippy printed above";
    let everything = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    run_visibly(&mut cargo::command(&everything), remedy)?;
    for features in CORE_FEATURES {
        let alone = ["clippy", "--package", "mypreferences", "--no-default-features"];
        let mut command = cargo::command(&alone);
        if !features.is_empty() {
            command.args(["--features", features]);
        }
        command.args(["--", "-D", "warnings"]);
        run_visibly(&mut command, "a feature gate of the core is missing or too wide")?;
    }
    Ok(String::new())
}

fn docs() -> Result<String, Failure> {
    let mut command = cargo::command(&["doc", "--workspace", "--no-deps", "--all-features"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    run_visibly(&mut command, "repair the documentation that rustdoc printed above")?;
    Ok(String::new())
}

fn generated() -> Result<String, Failure> {
    generate::run(true)?;
    Ok(String::new())
}

/// Each scenario in its one form, and every one played somewhere.
fn scenarios() -> Result<String, Failure> {
    let mut command = cargo::command(&["run", "--quiet", "--package=conformance", "--", "check"]);
    command.arg("--root").arg(cargo::workspace_folder()?);
    run_visibly(&mut command, "repair what is said above")?;
    Ok(String::new())
}

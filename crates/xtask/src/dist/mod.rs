//! `cargo xtask dist`: what users install, for platforms that this machine is not, into `target/dist`, with the SHA-256 of each
//! file; `cargo xtask dist test` runs it there, or on what plays that platform.

mod toolchain;
mod windows;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::setup;
use crate::steps::{Steps, chosen};

/// One artefact, by the name that is given on the command line.
struct Artefact {
    name: &'static str,
    build: fn() -> Result<String, Failure>,
    test: fn() -> Result<String, Failure>,
}

const ARTEFACTS: &[Artefact] =
    &[Artefact { name: "command-windows-x86-64", build: windows::command, test: windows::test_command }];

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    wanted: Wanted,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Wanted {
    /// Only these; all when none is named
    #[arg(value_name = "ARTEFACT", value_parser = PossibleValuesParser::new(ARTEFACTS.iter().map(|artefact| artefact.name)))]
    artefacts: Vec<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Run what was built
    Test(Wanted),
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    setup::prepare_for("dist")?;
    let (wanted, is_test) = match &arguments.command {
        Some(Command::Test(wanted)) => (wanted, true),
        None => (&arguments.wanted, false),
    };
    let mut steps = Steps::default();
    for artefact in chosen(ARTEFACTS, |artefact| artefact.name, &wanted.artefacts) {
        steps.run(artefact.name, if is_test { artefact.test } else { artefact.build });
    }
    steps.finish()
}

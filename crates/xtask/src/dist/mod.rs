//! `cargo xtask dist`: what users install, for platforms that this machine is not, into `target/dist`, with the SHA-256 of
//! each file; `cargo xtask dist test` runs it there, or on what plays that platform.

mod archive;
mod command;
mod platform;
mod player;
mod system;
mod toolchain;
mod wheel;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::setup;
use crate::steps::{Steps, chosen};
use platform::{LINUX_AARCH64, LINUX_X86_64, MUSL_AARCH64, MUSL_X86_64, Platform, WINDOWS_X86_64};
use toolchain::Toolchain;

type Work = fn(&Toolchain, &Platform) -> Result<String, Failure>;

/// One artefact, by the name that is given on the command line.
struct Artefact {
    name: &'static str,
    platform: &'static Platform,
    build: Work,
    test: Work,
}

const fn command(name: &'static str, platform: &'static Platform) -> Artefact {
    Artefact { name, platform, build: command::build, test: command::test }
}

const fn wheel(name: &'static str, platform: &'static Platform) -> Artefact {
    Artefact { name, platform, build: wheel::build, test: wheel::test }
}

const ARTEFACTS: &[Artefact] = &[
    command("command-linux-x86-64", &MUSL_X86_64),
    command("command-linux-aarch64", &MUSL_AARCH64),
    command("command-windows-x86-64", &WINDOWS_X86_64),
    wheel("wheel-linux-x86-64", &LINUX_X86_64),
    wheel("wheel-linux-aarch64", &LINUX_AARCH64),
    wheel("wheel-windows-x86-64", &WINDOWS_X86_64),
];

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
    let toolchain = Toolchain::provide()?;
    let mut steps = Steps::default();
    for artefact in chosen(ARTEFACTS, |artefact| artefact.name, &wanted.artefacts) {
        let work = if is_test { artefact.test } else { artefact.build };
        steps.run(artefact.name, || work(&toolchain, artefact.platform));
    }
    steps.finish()
}

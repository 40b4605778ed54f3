//! `cargo xtask dist`: what users install, for platforms that this machine is not, into `target/dist`, with the SHA-256 of
//! each file; `cargo xtask dist test` runs it there, or on what plays that platform.

mod archive;
mod c_library;
pub(crate) mod check;
mod command;
mod jar;
mod platform;
mod player;
mod sbom;
mod sources;
mod swift_package;
mod system;
mod toolchain;
mod wheel;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::setup;
use crate::steps::{Steps, chosen, run_visibly};
use platform::{LINUX_AARCH64, LINUX_X86_64, MUSL_AARCH64, MUSL_X86_64, Platform, WINDOWS_X86_64};
use toolchain::Toolchain;

/// One artefact, by the name that is given on the command line.
struct Artefact {
    name: &'static str,
    product: Product,
}

/// What it is, and for which platform where there is one for each.
enum Product {
    Command(&'static Platform),
    Wheel(&'static Platform),
    CLibrary(&'static Platform),
    Jar,
    Swift,
    /// The crates.
    Crates,
    /// The source distribution of the Python package.
    PythonSources,
}

#[rustfmt::skip]
const ARTEFACTS: &[Artefact] = &[
    Artefact { name: "command-linux-x86-64", product: Product::Command(&MUSL_X86_64) },
    Artefact { name: "command-linux-aarch64", product: Product::Command(&MUSL_AARCH64) },
    Artefact { name: "command-windows-x86-64", product: Product::Command(&WINDOWS_X86_64) },
    Artefact { name: "wheel-linux-x86-64", product: Product::Wheel(&LINUX_X86_64) },
    Artefact { name: "wheel-linux-aarch64", product: Product::Wheel(&LINUX_AARCH64) },
    Artefact { name: "wheel-musl-x86-64", product: Product::Wheel(&MUSL_X86_64) },
    Artefact { name: "wheel-windows-x86-64", product: Product::Wheel(&WINDOWS_X86_64) },
    Artefact { name: "c-linux-x86-64", product: Product::CLibrary(&LINUX_X86_64) },
    Artefact { name: "c-linux-aarch64", product: Product::CLibrary(&LINUX_AARCH64) },
    Artefact { name: "c-windows-x86-64", product: Product::CLibrary(&WINDOWS_X86_64) },
    Artefact { name: "jar", product: Product::Jar },
    Artefact { name: "swift", product: Product::Swift },
    Artefact { name: "crates", product: Product::Crates },
    Artefact { name: "python-sources", product: Product::PythonSources },
];

impl Product {
    fn build(&self, toolchain: &Toolchain) -> Result<String, Failure> {
        match self {
            Product::Command(platform) => command::build(toolchain, platform),
            Product::Wheel(platform) => wheel::build(toolchain, platform),
            Product::CLibrary(platform) => c_library::build(toolchain, platform),
            Product::Jar => jar::build(toolchain),
            Product::Swift => swift_package::build(toolchain),
            Product::Crates => sources::build_crates(toolchain),
            Product::PythonSources => sources::build_distribution(toolchain),
        }
    }

    fn test(&self, toolchain: &Toolchain) -> Result<String, Failure> {
        match self {
            Product::Command(platform) => command::test(platform),
            Product::Wheel(platform) => wheel::test(toolchain, platform),
            Product::CLibrary(platform) => c_library::test(platform),
            Product::Jar => jar::test(),
            Product::Swift => swift_package::test(toolchain),
            Product::Crates => sources::test_crates(),
            Product::PythonSources => sources::test_distribution(),
        }
    }
}

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
    /// Compile everything for Windows and Apple's systems, without a warning
    Check,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    setup::prepare_for("dist")?;
    let (wanted, is_test) = match &arguments.command {
        Some(Command::Test(wanted)) => (wanted, true),
        Some(Command::Check) => {
            return check::commands()?.iter_mut().try_for_each(|(command, remedy)| run_visibly(command, remedy));
        }
        None => (&arguments.wanted, false),
    };
    if is_test && !setup::is_root() {
        return Err(Failure::new("other systems are made and entered by root only; run it as root, as in a container"));
    }
    let toolchain = Toolchain::provide()?;
    let mut steps = Steps::default();
    for artefact in chosen(ARTEFACTS, |artefact| artefact.name, &wanted.artefacts) {
        let product = &artefact.product;
        steps.run(artefact.name, || if is_test { product.test(&toolchain) } else { product.build(&toolchain) });
    }
    steps.finish()
}

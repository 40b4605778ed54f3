//! `cargo xtask`: the workspace's own commands, for people and for CI alike.
//!
//! This file holds the list of subcommands and hands over to one module each. What a subcommand does is in the module
//! of its name.

mod bench;
mod c;
mod cargo;
mod check;
mod conformance;
mod deny;
mod dist;
mod docs;
mod failure;
mod generate;
mod install;
mod kotlin;
mod launcher;
mod python;
mod reference;
mod schemathesis;
mod setup;
mod simulate;
mod steps;
mod swift;
mod symbols;
mod test;
mod virtual_environment;

use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use failure::Failure;

/// The workspace's own commands, for people and for CI alike.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
enum Subcommand {
    /// Look for the tools the other commands need; in CI, as root, install them
    Setup,
    /// Run every test and the demo at trace level, and search their output for secrets; or some of its steps
    Test(test::Arguments),
    /// Format, lints, documentation, stale files, and licences, duplicates, layout
    Check(check::Arguments),
    /// Write what is made from other files
    Generate {
        /// Write nothing; say what is stale
        #[arg(long)]
        check: bool,
    },
    /// Lint, type-check and test the Python package
    Python {
        /// Build it and install it in a fresh environment instead
        #[arg(value_parser = ["package"])]
        package: Option<String>,
    },
    /// Load exports into databases and by tools of others, and kill them at every point
    Ecosystem {
        /// Only these; all when none is named
        #[arg(value_name = "PART", value_parser = PossibleValuesParser::new(python::ECOSYSTEM.map(|(name, _, _)| name)))]
        parts: Vec<String>,
    },
    /// Install the C library below the target folder and test it as its users meet it
    C(c::Arguments),
    /// Install the C library: shared, static, headers, and what builds find it by
    Install {
        #[arg(long, value_name = "DIR")]
        prefix: std::path::PathBuf,
        /// Add `libmypreferences_arrow`: the same with streams of Arrow and landings as Parquet
        #[arg(long)]
        arrow: bool,
    },
    /// Build what users install on every platform into target/dist, or run it there
    Dist(dist::Arguments),
    /// Build and test the jar for Kotlin and Java, and use it from an empty folder and shrunk
    Kotlin,
    /// Build and test the Swift package, in a system of its own where there is no Swift
    Swift,
    /// Play the shared suite on every surface and print the table
    Conformance(conformance::Arguments),
    /// Check the suite's files against their schemas, and the mock against its description
    Schemathesis,
    /// Write the reference of every language that this machine can make into target/docs
    Docs,
    /// Measure what a commit and an export cost beside what people use today
    #[command(subcommand)]
    Bench(bench::Subject),
    /// Play seeded timelines of the core against a simulated, hostile server
    Simulate(simulate::Arguments),
}

fn main() -> ExitCode {
    match run(Subcommand::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(subcommand: Subcommand) -> Result<(), Failure> {
    match subcommand {
        Subcommand::Setup => setup::run(),
        Subcommand::Test(arguments) => test::run(&arguments),
        Subcommand::Check(arguments) => check::run(&arguments),
        Subcommand::Generate { check } => generate::run(check),
        Subcommand::Python { package } => python::run(package.is_some()),
        Subcommand::Ecosystem { parts } => python::run_ecosystem(&parts),
        Subcommand::C(arguments) => c::run(&arguments),
        Subcommand::Install { prefix, arrow } => install::run(&prefix, arrow),
        Subcommand::Dist(arguments) => dist::run(&arguments),
        Subcommand::Kotlin => kotlin::run(),
        Subcommand::Swift => swift::run(),
        Subcommand::Conformance(arguments) => conformance::run(&arguments),
        Subcommand::Schemathesis => schemathesis::run(),
        Subcommand::Docs => reference::run(),
        Subcommand::Bench(subject) => bench::run(&subject),
        Subcommand::Simulate(arguments) => simulate::run(&arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(line: &str) -> bool {
        Subcommand::try_parse_from(["xtask"].into_iter().chain(line.split_whitespace())).is_ok()
    }

    #[test]
    fn the_lines_that_people_type_are_read() {
        for line in [
            "setup",
            "test",
            "test --list",
            "test --fast -- verdict",
            "test tests c -- --exact verdict::tests::one",
            "check",
            "check fmt deny",
            "generate --check",
            "python package",
            "ecosystem",
            "ecosystem postgres dlt",
            "c format abi",
            "c accept-abi",
            "install --prefix /opt/mypreferences",
            "install --prefix /opt/mypreferences --arrow",
            "dist",
            "dist test command-windows-x86-64",
            "conformance mutants",
            "conformance --surface c_blocking --surface cpp --scenario 400-html-body",
            "docs",
            "bench python-export",
            "bench export 1000 --gzip on",
            "simulate --seed 412 --timelines 1_000",
        ] {
            assert!(is_read(line), "{line}");
        }
    }

    #[test]
    fn what_a_subcommand_does_not_know_is_refused() {
        for line in [
            "",
            "tset",
            "setup everything",
            "test --faster",
            "test --fast c",
            "test cc",
            "check spelling",
            "generate all",
            "python wheel",
            "ecosystem oracle",
            "c abbi",
            "c abi accept-abi",
            "install",
            "install --prefix=",
            "dist command-amiga",
            "conformance all",
            "bench",
            "bench everything",
            "simulate --timelines",
            "simulate --seed x",
            "simulate 1000",
        ] {
            assert!(!is_read(line), "{line}");
        }
    }
}

//! `cargo xtask`: the workspace's own commands, for people and for CI alike.
//!
//! This file holds the table of subcommands and hands over to one module each. What a subcommand does is in the module
//! of its name.

mod bench;
mod c;
mod cargo;
mod check;
mod conformance;
mod deny;
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

use failure::Failure;

/// One line of `cargo xtask --help` and the function behind it.
struct Subcommand {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), Failure>,
}

/// Every subcommand. To add one: a module, and one entry here.
#[rustfmt::skip]
const SUBCOMMANDS: &[Subcommand] = &[
    Subcommand { name: "setup", arguments: "", about: "look for the tools the other commands need; in CI, as root, install them", run: setup::run },
    Subcommand { name: "test", arguments: "[STEP]... [-- NAME] | --fast | --list", about: "run every test and the demo at trace level, and search their output for secrets; or some of its steps", run: test::run },
    Subcommand { name: "check", arguments: "[fmt|clippy|docs|generated|scenarios|floors|circles|deny]...", about: "format, lints, documentation, stale files, and licences, duplicates, layout", run: check::run },
    Subcommand { name: "generate", arguments: "[--check]", about: "write what is made from other files, or say that it is stale", run: generate::run },
    Subcommand { name: "python", arguments: "[package]", about: "lint, type-check and test the Python package; or build it and install it in a fresh environment", run: python::run },
    Subcommand { name: "c", arguments: "[PART]... | accept-abi", about: "install the C library below the target folder and test it as its users meet it", run: c::run },
    Subcommand { name: "install", arguments: "--prefix DIR", about: "install the C library: shared, static, headers, pkg-config and CMake files", run: install::run },
    Subcommand { name: "kotlin", arguments: "", about: "build and test the jar for Kotlin and Java, and use it from an empty folder and shrunk", run: kotlin::run },
    Subcommand { name: "swift", arguments: "", about: "build and test the Swift package, in a system of its own where there is no Swift", run: swift::run },
    Subcommand { name: "conformance", arguments: "[mutants|format|check] [--surface NAME] [--scenario NAME]", about: "play the shared suite on every surface and print the table", run: conformance::run },
    Subcommand { name: "schemathesis", arguments: "", about: "check the suite's files against their schemas, and the mock against its OpenAPI description", run: schemathesis::run },
    Subcommand { name: "docs", arguments: "", about: "the reference of every language that this machine can make, in target/docs", run: reference::run },
    Subcommand { name: "bench", arguments: "commit|python|python-export|c|jvm|export [RECORDS]", about: "count what a commit costs beside plain reqwest; httpx, requests and urllib3; libcurl; or java.net.http; and an export beside what people use today", run: bench::run },
    Subcommand { name: "simulate", arguments: "[--timelines N] [--seed S]", about: "play seeded timelines of the core against a simulated, hostile server", run: simulate::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return Err(Failure::new("no subcommand given; choose one of the list above"));
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") || rest.iter().any(|argument| argument == "--help") {
        print!("{}", help());
        return Ok(());
    }
    let Some(subcommand) = SUBCOMMANDS.iter().find(|subcommand| subcommand.name == name) else {
        return Err(Failure::new(format!("there is no subcommand `{name}`; `cargo xtask --help` lists them")));
    };
    (subcommand.run)(rest)
}

fn help() -> String {
    let invocation = |subcommand: &Subcommand| format!("{} {}", subcommand.name, subcommand.arguments);
    let width = SUBCOMMANDS.iter().map(|subcommand| invocation(subcommand).len()).max().unwrap_or(0);
    let lines: Vec<String> = SUBCOMMANDS
        .iter()
        .map(|subcommand| format!("  {:width$}  {}", invocation(subcommand), subcommand.about))
        .collect();
    format!("Usage: cargo xtask <SUBCOMMAND>\n\n{}\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn help_lists_every_subcommand_on_a_line_of_its_own() {
        for subcommand in SUBCOMMANDS {
            assert!(
                help().lines().any(|line| line.trim().starts_with(subcommand.name) && line.ends_with(subcommand.about))
            );
        }
    }

    #[test]
    fn an_unknown_subcommand_is_refused_with_the_next_step() {
        let refusal = dispatch(&words("tset")).unwrap_err().to_string();
        assert!(refusal.contains("`tset`") && refusal.contains("cargo xtask --help"), "{refusal}");
    }

    #[test]
    fn arguments_that_a_subcommand_does_not_know_are_refused() {
        assert!(dispatch(&words("setup everything")).is_err());
        assert!(dispatch(&words("test --faster")).is_err());
        assert!(dispatch(&words("check spelling")).is_err());
    }
}

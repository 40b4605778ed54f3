//! `cargo xtask setup`: what is missing on this machine, and how to get it.
//!
//! In CI, as root, it installs through apt; anywhere else it prints the line to run and installs nothing.

mod tools;

use std::process::{Command, Stdio};

use crate::failure::Failure;
use tools::{Source, TOOLS, Tool};

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    Failure::unless_empty(arguments)?;
    install_missing(TOOLS.iter());
    report(TOOLS, |tool| {
        !(tool.is_needed_by("check") || tool.is_needed_by("test"))
    })
}

/// The same for one subcommand: what that one does not need is only mentioned.
pub(crate) fn prepare_for(subcommand: &str) -> Result<(), Failure> {
    install_missing(TOOLS.iter().filter(|tool| tool.is_needed_by(subcommand)));
    report(TOOLS, |tool| !tool.is_needed_by(subcommand))
}

fn install_missing<'a>(tools: impl Iterator<Item = &'a Tool>) {
    if may_install() {
        let missing: Vec<&Tool> = tools.filter(|tool| !is_present(tool)).collect();
        install_by_apt(&missing);
    }
}

/// Prints what is there and what is not, and fails when something is missing that is not optional.
fn report(tools: &[Tool], is_optional: impl Fn(&Tool) -> bool) -> Result<(), Failure> {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !is_present(tool)).collect();
    for tool in tools {
        let state = if missing.iter().any(|other| other.name == tool.name) {
            "MISSING"
        } else {
            "found"
        };
        println!(
            "{:26} {state:8} needed by: {}",
            tool.name,
            tool.needed_by.join(", ")
        );
    }
    let (optional, required): (Vec<&Tool>, Vec<&Tool>) =
        missing.into_iter().partition(|tool| is_optional(tool));
    for tool in optional {
        println!(
            "note: {} is only needed by `{}`; to get it: {}",
            tool.name,
            tool.needed_by.join("`, `"),
            tool.source.remedy()
        );
    }
    if required.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = required.iter().map(|tool| tool.name).collect();
    let remedies: Vec<String> = required.iter().map(|tool| tool.source.remedy()).collect();
    Err(Failure::new(format!(
        "missing: {}; run\n  {}",
        names.join(", "),
        remedies.join(" && ")
    )))
}

fn is_present(tool: &Tool) -> bool {
    Command::new(tool.detect[0])
        .args(&tool.detect[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Only a machine that is thrown away afterwards gets something installed without being asked.
fn may_install() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty()) && is_root()
}

fn is_root() -> bool {
    let answer = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    answer.is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}

/// Tries; whether it helped is seen by looking for the tools again.
fn install_by_apt(missing: &[&Tool]) {
    let packages: Vec<&str> = missing
        .iter()
        .filter_map(|tool| tool.source.apt_package())
        .collect();
    if packages.is_empty() {
        return;
    }
    println!("installing through apt: {}", packages.join(" "));
    apt_get(&["update", "-qq"]);
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(packages);
    apt_get(&install);
}

fn apt_get(arguments: &[&str]) {
    let status = Command::new("apt-get")
        // A machine without a way out shall say so in seconds, not in the half hour that apt allows itself.
        .args([
            "-o",
            "Acquire::http::Timeout=20",
            "-o",
            "Acquire::https::Timeout=20",
            "-o",
            "Acquire::Retries=1",
        ])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        println!("note: apt-get {} did not succeed", arguments.join(" "));
    }
}

impl Source {
    fn apt_package(&self) -> Option<&'static str> {
        match self {
            Self::Apt(package) => Some(package),
            Self::Rustup(_) => None,
        }
    }

    /// The exact line to run.
    fn remedy(&self) -> String {
        match self {
            Self::Apt(package) => format!("sudo apt-get install -y {package}"),
            Self::Rustup(component) => format!("rustup component add {component}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: Tool = Tool {
        name: "absent",
        detect: &["no-program-has-this-name-7f3a", "--version"],
        source: Source::Rustup("absent-component"),
        needed_by: &["check"],
    };

    #[test]
    fn a_missing_tool_that_is_required_fails_with_the_line_to_run() {
        let failure = report(&[ABSENT], |_| false).unwrap_err().to_string();
        assert!(
            failure.contains("rustup component add absent-component"),
            "{failure}"
        );
    }

    #[test]
    fn a_missing_tool_that_only_another_command_needs_is_a_note() {
        assert!(report(&[ABSENT], |tool| !tool.is_needed_by("test")).is_ok());
    }

    #[test]
    fn every_tool_says_what_needs_it_and_how_to_detect_it() {
        for tool in TOOLS {
            assert!(
                !tool.needed_by.is_empty() && !tool.detect.is_empty(),
                "{}",
                tool.name
            );
        }
    }
}

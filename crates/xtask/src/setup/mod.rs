//! `cargo xtask setup`: what is missing on this machine, and how to get it.
//!
//! As root, or with a sudo that asks nothing, it installs through apt; anywhere else it prints the one line to run and
//! installs nothing.

mod tools;

use std::process::{Command, Stdio};

use crate::failure::Failure;
use tools::{Source, TOOLS, Tool};

pub(crate) fn run() -> Result<(), Failure> {
    prepare(|tool| tool.is_needed_by("check") || tool.is_needed_by("test"))
}

/// The same for one subcommand: what that one does not need is only mentioned.
pub(crate) fn prepare_for(subcommand: &str) -> Result<(), Failure> {
    prepare(|tool| tool.is_needed_by(subcommand))
}

fn prepare(is_required: impl Fn(&Tool) -> bool) -> Result<(), Failure> {
    let missing = missing();
    report(&missing, &is_required);
    let required: Vec<&Tool> = missing.into_iter().filter(|tool| is_required(tool)).collect();
    if required.is_empty() {
        return Ok(());
    }
    let left = match Apt::of_this_user() {
        None => required,
        Some(apt) => {
            apt.install(&required);
            required.into_iter().filter(|tool| !is_present(tool)).collect()
        }
    };
    unless_missing(&left)
}

/// Looked for side by side: some take half a second to tell their version.
fn missing() -> Vec<&'static Tool> {
    std::thread::scope(|scope| {
        let looks: Vec<_> = TOOLS.iter().map(|tool| scope.spawn(move || (!is_present(tool)).then_some(tool))).collect();
        looks.into_iter().filter_map(|look| look.join().ok().flatten()).collect()
    })
}

/// Prints what is there and what is not.
fn report(missing: &[&Tool], is_required: impl Fn(&Tool) -> bool) {
    for tool in TOOLS {
        let state = if missing.iter().any(|other| other.name == tool.name) { "MISSING" } else { "found" };
        println!("{:26} {state:8} needed by: {}", tool.name, tool.needed_by.join(", "));
    }
    for tool in missing.iter().filter(|tool| !is_required(tool)) {
        println!(
            "note: {} is only needed by `{}`; to get it: {}",
            tool.name,
            tool.needed_by.join("`, `"),
            remedy(&[*tool])
        );
    }
}

fn unless_missing(missing: &[&Tool]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|tool| tool.name).collect();
    Err(Failure::new(format!("missing: {}; run\n  {}", names.join(", "), remedy(missing))))
}

fn is_present(tool: &Tool) -> bool {
    succeeds(tool.detect)
}

/// Whether it can be started and ends well; what it says is left out.
pub(crate) fn succeeds(command: &[&str]) -> bool {
    Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// How this user may install packages.
#[derive(Clone, Copy)]
enum Apt {
    AsRoot,
    /// By a sudo that asks nothing.
    BySudo,
}

impl Apt {
    fn of_this_user() -> Option<Apt> {
        if !succeeds(&["apt-get", "--version"]) {
            return None;
        }
        if is_root() {
            return Some(Apt::AsRoot);
        }
        succeeds(&["sudo", "-n", "true"]).then_some(Apt::BySudo)
    }

    /// Tries; whether it helped is seen by looking for the tools again.
    fn install(self, missing: &[&Tool]) {
        let packages = packages(missing);
        if packages.is_empty() {
            return;
        }
        println!("installing through apt: {}", packages.join(" "));
        self.get(&["update", "-qq"]);
        let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
        install.extend(packages);
        self.get(&install);
    }

    fn get(self, arguments: &[&str]) {
        let words: &[&str] = match self {
            Apt::AsRoot => &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
            Apt::BySudo => &["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"],
        };
        let status = Command::new(words[0])
            .args(&words[1..])
            // A machine without a way out shall say so in seconds, not in the half hour that apt allows itself.
            .args(["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Retries=3"])
            .args(arguments)
            .stdin(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            println!("note: apt-get {} did not succeed", arguments.join(" "));
        }
    }
}

/// A program that only root can use: by itself, or by a sudo that asks nothing.
pub(crate) fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

pub(crate) fn is_root() -> bool {
    let answer = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    answer.is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}

/// The mirror that apt is configured with, if it can say so; debootstrap knows one itself.
pub(crate) fn mirror() -> Option<String> {
    let answer =
        Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]).stdin(Stdio::null()).output().ok()?;
    let places = String::from_utf8_lossy(&answer.stdout).into_owned();
    places.lines().find(|place| place.trim_end_matches('/').ends_with("/debian")).map(str::to_owned)
}

fn packages(tools: &[&Tool]) -> Vec<&'static str> {
    let package = |tool: &&Tool| match tool.source {
        Source::Apt(package) => Some(package),
        Source::Rustup(_) | Source::Sudo => None,
    };
    tools.iter().filter_map(package).collect()
}

/// The one line to run.
fn remedy(missing: &[&Tool]) -> String {
    let component = |tool: &&Tool| match tool.source {
        Source::Apt(_) | Source::Sudo => None,
        Source::Rustup(component) => Some(component),
    };
    let components: Vec<&str> = missing.iter().filter_map(component).collect();
    let packages = packages(missing);
    let mut lines = Vec::new();
    if !packages.is_empty() {
        lines.push(format!("sudo apt-get update && sudo apt-get install -y {}", packages.join(" ")));
    }
    if !components.is_empty() {
        lines.push(format!("rustup component add {}", components.join(" ")));
    }
    let is_sudo = |tool: &&Tool| matches!(tool.source, Source::Sudo);
    if packages.is_empty() && missing.iter().any(is_sudo) {
        // After the line above sudo asks nothing either.
        lines.push("sudo -v".to_owned());
    }
    lines.join(" && ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABSENT: [Tool; 3] = [
        Tool {
            name: "absent",
            detect: &["no-program-has-this-name-7f3a", "--version"],
            source: Source::Rustup("absent-component"),
            needed_by: &["check"],
        },
        Tool {
            name: "one",
            detect: &["no-program-has-this-name-7f3a"],
            source: Source::Apt("one-package"),
            needed_by: &["test"],
        },
        Tool {
            name: "two",
            detect: &["no-program-has-this-name-7f3a"],
            source: Source::Apt("two-package"),
            needed_by: &["test"],
        },
    ];

    #[test]
    fn what_is_missing_fails_with_one_line_to_run() {
        let failure = unless_missing(&ABSENT.iter().collect::<Vec<_>>()).unwrap_err().to_string();
        let line = failure.lines().last().unwrap().trim();
        assert_eq!(
            line,
            "sudo apt-get update && sudo apt-get install -y one-package two-package && rustup component add absent-component"
        );
        assert!(ABSENT.iter().all(|tool| !is_present(tool)));
    }

    #[test]
    fn who_is_not_root_needs_a_sudo_until_the_system_of_swift_is_there() {
        let tool = TOOLS.iter().find(|tool| matches!(tool.source, Source::Sudo)).unwrap();
        assert!(tool.detect[2].contains(crate::swift::SYSTEM));
        assert_eq!(remedy(&[tool]), "sudo -v");
        assert!(!remedy(&[tool, &ABSENT[1]]).contains("sudo -v"));
    }

    #[test]
    fn every_tool_says_what_needs_it_and_how_to_detect_it() {
        for tool in TOOLS {
            assert!(!tool.needed_by.is_empty() && !tool.detect.is_empty(), "{}", tool.name);
        }
    }
}

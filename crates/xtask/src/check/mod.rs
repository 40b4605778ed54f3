//! `cargo xtask check`: everything that is judged without running the tests.
//!
//! Format, lints and documentation are cargo's own judgement; `deny` is ours (module `deny`).

mod circles;
mod floors;

use crate::cargo;
use crate::deny;
use crate::failure::Failure;
use crate::generate;
use crate::steps::{Steps, run_visibly};

type Part = (&'static str, fn() -> Result<String, Failure>);

const PARTS: &[Part] = &[
    ("fmt", fmt),
    ("clippy", clippy),
    ("docs", docs),
    ("generated", generated),
    ("scenarios", scenarios),
    ("floors", floors::run),
    ("circles", circles::run),
    ("deny", deny::run),
];

/// The features of the core that must each compile alone: with all of them on, a wrong gate goes unseen.
const CORE_FEATURES: &[&str] = &["", "blocking", "tracing"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut steps = Steps::default();
    for (name, part) in chosen(arguments)? {
        steps.run(name, part);
    }
    steps.finish()
}

/// The named parts in the order of the table; none named means all.
fn chosen(arguments: &[String]) -> Result<Vec<Part>, Failure> {
    let unknown = arguments.iter().find(|argument| PARTS.iter().all(|(name, _)| name != argument));
    if let Some(unknown) = unknown {
        return Err(Failure::new(format!(
            "`{unknown}` is not a part of check; choose from fmt, clippy, docs, generated, scenarios, floors, circles, deny, or name none for all"
        )));
    }
    let is_chosen = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    Ok(PARTS.iter().filter(|(name, _)| is_chosen(name)).copied().collect())
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
    generate::run(&["--check".to_owned()])?;
    Ok(String::new())
}

/// Each scenario in its one form, and every one played somewhere.
fn scenarios() -> Result<String, Failure> {
    let mut command = cargo::command(&["run", "--quiet", "--package=conformance", "--", "check"]);
    command.arg("--root").arg(cargo::workspace_folder()?);
    run_visibly(&mut command, "repair what is said above")?;
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Vec<&'static str> {
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        chosen(&arguments).unwrap().iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn no_part_named_means_all_of_them() {
        assert_eq!(names(&[]), ["fmt", "clippy", "docs", "generated", "scenarios", "floors", "circles", "deny"]);
    }

    #[test]
    fn named_parts_run_in_the_order_of_the_table() {
        assert_eq!(names(&["deny", "fmt"]), ["fmt", "deny"]);
    }
}

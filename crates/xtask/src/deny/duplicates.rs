//! No crate in two versions: each costs build time and size, and two `http` crates are two different types.
//!
//! Judged on what is really compiled on Linux, build scripts and tests included. `cargo tree` says that exactly;
//! `cargo metadata` would also count optional crates that nobody switched on.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use crate::cargo;
use crate::failure::Failure;

/// Crates that may be there twice, each with the reason and what will end it.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "getrandom",
        "cbindgen in xtask, until ring moves on from 0.2",
    ),
    ("syn", "cbindgen in xtask, until it reads with version 3"),
    (
        "winnow",
        "cbindgen's toml in xtask, until that has one parser",
    ),
];

pub(super) fn objections(facts: &Facts) -> Result<Vec<String>, Failure> {
    let mut tree = cargo::command(&[
        "tree",
        "--workspace",
        "--all-features",
        "--target",
        cargo::LINUX,
    ]);
    tree.args([
        "--edges",
        "normal,build,dev",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ])
    .current_dir(&facts.root);
    let output = tree
        .output()
        .map_err(|error| Failure::new(format!("cargo tree: {error}; is cargo installed?")))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!(
            "cargo tree failed; repair what it says:\n{message}"
        )));
    }
    Ok(judge(&String::from_utf8_lossy(&output.stdout), EXCEPTIONS))
}

/// Takes the lines of `cargo tree`: `name v1.2.3`, perhaps with a path, `(*)` or `(proc-macro)` after it.
fn judge(tree: &str, exceptions: &[(&str, &str)]) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);

    let mut objections = Vec::new();
    for (name, versions) in &versions {
        if exceptions.iter().all(|(exception, _)| exception != name) {
            let versions: Vec<&str> = versions.iter().copied().collect();
            objections.push(format!(
                "{name} is compiled in {}; `cargo tree --workspace --all-features -d` shows who wants which",
                versions.join(" and ")
            ));
        }
    }
    for (name, reason) in exceptions {
        if !versions.contains_key(name) {
            objections.push(format!(
                "the exception for {name} ({reason}) is stale; remove it from duplicates.rs"
            ));
        }
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "xtask v0.1.0 (/somewhere/xtask)\nsyn v3.0.1\nserde_derive v1.0.0 (proc-macro)\nsyn v3.0.1 (*)\n\n";

    #[test]
    fn a_crate_that_appears_twice_in_one_version_is_fine() {
        assert!(judge(TREE, &[]).is_empty());
    }

    #[test]
    fn two_versions_are_objected_to_with_both_named() {
        let objections = judge(&format!("{TREE}syn v2.0.9 (*)\n"), &[]);
        assert!(
            objections.len() == 1 && objections[0].contains("v2.0.9 and v3.0.1"),
            "{objections:?}"
        );
    }

    #[test]
    fn an_exception_lets_two_versions_pass_and_is_stale_without_them() {
        let exceptions = [("syn", "until a dependency of ours moves on")];
        assert!(judge(&format!("{TREE}syn v2.0.9\n"), &exceptions).is_empty());
        let objections = judge(TREE, &exceptions);
        assert!(
            objections.len() == 1 && objections[0].contains("stale"),
            "{objections:?}"
        );
    }
}

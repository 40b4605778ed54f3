//! `cargo xtask check deny`: what must not get into the tree: licences, duplicates, banned crates, stray files.
//!
//! Each rule is a module that returns its objections; this one collects the facts once and prints them all.

mod banned;
mod duplicates;
mod layout;
mod licences;
mod members;
mod spdx;
mod tls_provider;
mod tracked;
mod unsafe_code;
mod workspace_dependencies;

use std::path::PathBuf;

use cargo_metadata::Metadata;

use crate::cargo;
use crate::failure::Failure;

/// What the rules look at.
struct Facts {
    root: PathBuf,
    /// The whole tree with all features, for every platform.
    metadata: Metadata,
}

type Rule = fn(&Facts) -> Result<Vec<String>, Failure>;

const RULES: &[(&str, Rule)] = &[
    ("licences of dependencies", |facts| {
        Ok(licences::objections(facts))
    }),
    ("one version of each crate", duplicates::objections),
    ("banned crates", |facts| Ok(banned::objections(facts))),
    ("manifests of members", |facts| {
        Ok(members::objections(facts))
    }),
    ("ring is the only TLS provider", tls_provider::objections),
    (
        "shared dependencies are used",
        workspace_dependencies::objections,
    ),
    ("unsafe only at the borders", unsafe_code::objections),
    ("top level of the repository", layout::objections),
    ("no built file is tracked", tracked::objections),
];

pub(crate) fn run() -> Result<String, Failure> {
    let metadata = cargo::metadata()?;
    let facts = Facts {
        root: metadata.workspace_root.clone().into_std_path_buf(),
        metadata,
    };
    let mut count = 0;
    for (name, rule) in RULES {
        let objections = rule(&facts)?;
        println!(
            "{:6} {name}",
            if objections.is_empty() {
                "ok"
            } else {
                "FAILED"
            }
        );
        for objection in &objections {
            println!("       {objection}");
        }
        count += objections.len();
    }
    if count > 0 {
        return Err(Failure::new(format!(
            "{count} objections; each line above says what to do"
        )));
    }
    Ok(format!(
        "{} packages, {} rules",
        facts.metadata.packages.len(),
        RULES.len()
    ))
}

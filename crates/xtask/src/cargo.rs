//! Starts cargo as a person would from a clean terminal, and asks it where things are.
//!
//! xtask itself runs under `cargo run`, which leaves variables in the environment that would change what a cargo
//! inside it does.

use std::path::PathBuf;
use std::process::Command;

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

use crate::failure::Failure;

/// A cargo command without the variables that `cargo run` set for xtask.
///
/// Some build scripts (ring's, for one) ask to be run again when `CARGO_PKG_NAME` and its like change. With these left
/// in place, every change between `cargo xtask test` and `cargo test` would build half of the tree anew.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).stdin(std::process::Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_set_by_cargo_run) {
            command.env_remove(&name);
        }
    }
    command
}

/// This program, once more.
pub(crate) fn xtask() -> Result<Command, Failure> {
    let this = std::env::current_exe()
        .map_err(|error| Failure::new(format!("xtask does not find itself: {error}; start it by `cargo xtask`")))?;
    Ok(Command::new(this))
}

/// Everything cargo knows about the workspace, with all features and for every platform.
pub(crate) fn metadata() -> Result<Metadata, Failure> {
    MetadataCommand::new()
        .cargo_path(program())
        .features(CargoOpt::AllFeatures)
        .exec()
        .map_err(|error| metadata_failure(&error))
}

/// The folder that build results go to, and what we leave beside them.
pub(crate) fn target_folder() -> Result<PathBuf, Failure> {
    let metadata = MetadataCommand::new().cargo_path(program()).no_deps().exec();
    let metadata = metadata.map_err(|error| metadata_failure(&error))?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// The folder of the workspace's own `Cargo.toml`.
pub(crate) fn workspace_folder() -> Result<PathBuf, Failure> {
    let metadata = MetadataCommand::new().cargo_path(program()).no_deps().exec();
    let metadata = metadata.map_err(|error| metadata_failure(&error))?;
    Ok(metadata.workspace_root.into_std_path_buf())
}

pub(crate) fn program() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

fn metadata_failure(error: &cargo_metadata::Error) -> Failure {
    Failure::new(format!("cargo metadata failed: {error}\nrepair the Cargo.toml it names and run this again"))
}

fn is_set_by_cargo_run(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_cargo_run_are_told_from_those_of_the_user() {
        assert!(is_set_by_cargo_run("CARGO_PKG_NAME"));
        assert!(is_set_by_cargo_run("CARGO_MANIFEST_DIR"));
        assert!(!is_set_by_cargo_run("CARGO_HOME"));
        assert!(!is_set_by_cargo_run("CARGO_TARGET_DIR"));
    }
}

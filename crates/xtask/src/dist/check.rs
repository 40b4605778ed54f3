//! `cargo xtask dist check`: whether all that is shipped compiles for the platforms that this machine is not, without a
//! warning.

use std::process::Command;

use super::platform::{APPLE_AARCH64, Linker, Platform, WINDOWS_X86_64};
use super::toolchain::Toolchain;
use crate::cargo;
use crate::failure::Failure;

const PLATFORMS: [&Platform; 2] = [&WINDOWS_X86_64, &APPLE_AARCH64];
const PACKAGES: [&str; 4] = ["mypreferences-capi", "mypreferences-cli", "mypreferences-python", "mypreferences-uniffi"];

/// Ready to run, each with what to do when it fails.
pub(crate) fn commands() -> Result<Vec<(Command, &'static str)>, Failure> {
    let toolchain = Toolchain::provide()?;
    let command = |platform: &&Platform| {
        let mut check = match platform.linker {
            Linker::Zig { .. } => {
                let mut check = toolchain.program("cargo-zigbuild");
                check.arg("check");
                check
            }
            Linker::Mingw => cargo::command(&["check"]),
        };
        check.args(["--locked", "--quiet", "--target", platform.triple]);
        check.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        toolchain.settle(&mut check, platform)?;
        // Of our own code alone.
        check.env("CARGO_UNSTABLE_WARNINGS", "true").env("CARGO_BUILD_WARNINGS", "deny");
        Ok((check, "run `cargo xtask dist check` and repair what the compiler said"))
    };
    PLATFORMS.iter().map(command).collect()
}

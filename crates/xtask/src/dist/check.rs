//! `cargo xtask dist check`: whether all that is shipped compiles for the platforms that this machine is not, without a
//! warning.

use std::process::Command;

use super::platform::{APPLE_AARCH64, Platform, WINDOWS_X86_64};
use super::toolchain::{self, Toolchain};
use crate::failure::Failure;

const PLATFORMS: [&Platform; 2] = [&WINDOWS_X86_64, &APPLE_AARCH64];
const PACKAGES: [&str; 4] = ["mypreferences-capi", "mypreferences-cli", "mypreferences-python", "mypreferences-uniffi"];

/// Ready to run, each with what to do when it fails; none where this machine's system has no compiler for them.
pub(crate) fn commands() -> Result<Vec<(Command, &'static str)>, Failure> {
    if !toolchain::can_be_had()? {
        println!("not on this machine: the compiler for other platforms is a package of Debian 12");
        return Ok(Vec::new());
    }
    let toolchain = Toolchain::provide()?;
    let command = |platform: &&Platform| {
        let mut check = toolchain.cargo(platform, "check");
        check.args(["--locked", "--quiet", "--target", platform.triple]);
        check.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
        toolchain.settle(&mut check, platform)?;
        // Of our own code alone.
        check.env("CARGO_UNSTABLE_WARNINGS", "true").env("CARGO_BUILD_WARNINGS", "deny");
        Ok((check, "run `cargo xtask dist check` and repair what the compiler said"))
    };
    PLATFORMS.iter().map(command).collect()
}

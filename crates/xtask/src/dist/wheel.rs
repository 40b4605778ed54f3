//! The wheels of the Python package, one for each platform and good for every Python from 3.10 on; and what runs them: the
//! Pythons of this machine, and those of other systems, each unpacked in a folder.

use std::path::PathBuf;
use std::process::Command;

use super::archive;
use super::platform::{Linker, Platform, Player};
use super::toolchain::Toolchain;
use super::{player, system};
use crate::cargo;
use crate::failure::Failure;
use crate::python;
use crate::steps::run_visibly;

/// What of the system a wheel relies on, as installers call it; none says so on Windows.
fn policy(platform: &Platform) -> Option<String> {
    match platform.linker {
        Linker::Zig { glibc: Some(glibc) } => Some(format!("manylinux_{}", glibc.replace('.', "_"))),
        Linker::Zig { glibc: None } => Some("musllinux_1_2".to_owned()),
        Linker::Mingw => None,
    }
}

/// The tag of the platform in the wheel's name, which installers go by.
fn tag(platform: &Platform) -> String {
    let machine = platform.triple.split('-').next().unwrap_or_default();
    policy(platform).map_or_else(|| "win_amd64".to_owned(), |policy| format!("{policy}_{machine}"))
}

fn built(platform: &Platform) -> Result<Option<PathBuf>, Failure> {
    let folder = archive::folder()?;
    let files = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
    // It may be one of several tags.
    let tag = tag(platform);
    let is_it =
        |file: &PathBuf| file.extension().is_some_and(|end| end == "whl") && file.to_string_lossy().contains(&tag);
    Ok(files.filter_map(|file| Some(file.ok()?.path())).find(is_it))
}

pub(super) fn build(toolchain: &Toolchain, platform: &Platform) -> Result<String, Failure> {
    if let Some(earlier) = built(platform)? {
        std::fs::remove_file(&earlier).map_err(|error| Failure::file(&earlier, &error))?;
    }
    let mut maturin = toolchain.program("maturin");
    maturin
        .args(["build", "--locked", "--quiet", "--profile", "dist", "--target", platform.triple])
        .arg("--out")
        .arg(archive::folder()?)
        .current_dir(cargo::workspace_folder()?.join("python"))
        .env("SOURCE_DATE_EPOCH", archive::MOMENT);
    if let Some(policy) = policy(platform) {
        maturin.args(["--zig", "--compatibility", &policy]);
    }
    toolchain.settle(&mut maturin, platform)?;
    run_visibly(&mut maturin, "repair what the compiler or maturin said")?;
    let wheel = built(platform)?.ok_or_else(|| Failure::new(format!("maturin made no wheel for {}", tag(platform))))?;
    let workspace = cargo::workspace_folder()?;
    let mut settle = toolchain.program("python");
    settle.arg(workspace.join("python/settle_wheel.py")).arg(&wheel).arg(&workspace);
    settle.env("SOURCE_DATE_EPOCH", archive::MOMENT);
    run_visibly(&mut settle, "look at what maturin writes into a wheel")?;
    // Its tags may stand in another order now.
    archive::finish(toolchain, &built(platform)?.unwrap_or(wheel))
}

/// The documented programs against the mock that comes with the package, by each Python that can be had.
pub(super) fn test(toolchain: &Toolchain, platform: &Platform) -> Result<String, Failure> {
    let wheel = built(platform)?
        .ok_or_else(|| Failure::new(format!("it is not built; run `cargo xtask dist wheel-{}`", platform.name)))?;
    // It knows glibc's symbols; a library made by zig for musl asks for `libc.so`, which musl's loader takes for itself and
    // auditwheel for a strange one.
    if policy(platform).is_some_and(|policy| policy.starts_with("manylinux")) {
        let mut show = toolchain.program("auditwheel");
        show.arg("show").arg(&wheel);
        run_visibly(&mut show, "read what auditwheel says")?;
    }
    let mut run = Command::new("python3");
    run.arg(cargo::workspace_folder()?.join("tests/platforms/wheel_runs.py")).arg(&wheel).env("PYTHONUTF8", "1");
    let mut places = Vec::new();
    match platform.player {
        Player::ThisMachine if platform.triple.ends_with("musl") => {
            let (root, programs) = system::bullseye_with_musl()?;
            run.arg("--system").arg(root).args(["--programs", &programs]);
            places.push("musl".to_owned());
        }
        Player::ThisMachine => {
            for (interpreter, version) in python::interpreters() {
                run.arg("--python").arg(interpreter);
                places.push(version);
            }
            run.arg("--system").arg(system::bullseye_with_python()?);
            places.push("glibc 2.31".to_owned());
        }
        Player::Qemu => {
            player::prepare(platform)?;
            run.arg("--system").arg(system::bookworm_arm64()?);
            places.push("aarch64 under qemu".to_owned());
        }
        Player::Wine => return Ok("built, not run: there is no Python for Windows here".to_owned()),
    }
    run_visibly(&mut run, "run the line above by hand")?;
    Ok(format!("the documented programs by {}", places.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::platform::{LINUX_AARCH64, LINUX_X86_64, MUSL_X86_64, WINDOWS_X86_64};

    #[test]
    fn installers_know_the_tags_that_are_asked_for() {
        assert_eq!(
            [&LINUX_X86_64, &LINUX_AARCH64, &MUSL_X86_64, &WINDOWS_X86_64].map(tag),
            ["manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "musllinux_1_2_x86_64", "win_amd64"]
        );
    }
}

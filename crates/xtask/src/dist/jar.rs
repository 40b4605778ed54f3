//! The jar for Kotlin and Java, with the native libraries of all platforms, in a repository of Maven that is a folder; and
//! two projects outside of the checkout that take it from there.

use std::path::PathBuf;
use std::process::Command;

use super::archive;
use super::platform::{LINUX_AARCH64, LINUX_X86_64, Platform, WINDOWS_X86_64};
use super::player;
use super::sbom;
use super::system;
use super::toolchain::Toolchain;
use crate::cargo;
use crate::docs;
use crate::failure::Failure;
use crate::kotlin;
use crate::steps::run_visibly;

const PLATFORMS: [&Platform; 3] = [&LINUX_X86_64, &LINUX_AARCH64, &WINDOWS_X86_64];
const ARTIFACT: &str = "mypreferences-client";

fn repository() -> Result<PathBuf, Failure> {
    Ok(archive::folder()?.join("maven"))
}

pub(super) fn build(toolchain: &Toolchain) -> Result<String, Failure> {
    let (natives, repository) = (cargo::target_folder()?.join("natives"), repository()?);
    for folder in [&natives, &repository] {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        }
    }
    for platform in PLATFORMS {
        let results = toolchain.build(platform, "mypreferences-uniffi")?;
        let (folder, library) = (natives.join(platform.in_jar()), platform.library("mypreferences_uniffi"));
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
        sbom::write("mypreferences-uniffi", platform.triple, &archive::name(ARTIFACT, platform.name))?;
        archive::copy(&results.join(&library), &folder.join(&library))?;
    }
    let mut deploy = kotlin::maven("clean")?;
    deploy
        // Nothing of a test stays in it.
        .args(["deploy", "-Dmaven.test.skip=true", "-Dnative.skip=true", "-Dnative.folder=none"])
        .arg(format!("-Dnatives={}", natives.display()))
        .arg(format!("-DaltDeploymentRepository=dist::file://{}", repository.display()));
    run_visibly(&mut deploy, "read what Maven says")?;
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("{ARTIFACT}-{version}.jar");
    let jar = archive::folder()?.join(&name);
    archive::copy(&repository.join("com/mypreferences").join(ARTIFACT).join(version).join(&name), &jar)?;
    archive::finish(toolchain, &jar)
}

/// A Maven and a Gradle project, on each Java that is here.
pub(super) fn test() -> Result<String, Failure> {
    let repository = repository()?;
    if !repository.exists() {
        return Err(Failure::new("it is not built; run `cargo xtask dist jar`"));
    }
    let programs = cargo::target_folder()?.join("xtask/consumers");
    for (number, file) in [(0, "ReadmeJava.java"), (1, "ReadmeExportJava.java")] {
        docs::write_program(docs::KOTLIN_AND_JAVA, "java", number, &programs.join(file))?;
    }
    player::prepare(&LINUX_AARCH64)?;
    let mut consume = Command::new("python3");
    consume
        .arg(cargo::workspace_folder()?.join("tests/platforms/jar_consumers.py"))
        .args([repository.as_os_str(), programs.as_os_str()])
        .arg(player::native_command()?)
        .arg(env!("CARGO_PKG_VERSION"))
        .arg(system::bookworm_arm64()?);
    run_visibly(&mut consume, "run the line above by hand")?;
    Ok("a Maven and a Gradle project commit and export, on each Java here; on aarch64 under qemu".to_owned())
}

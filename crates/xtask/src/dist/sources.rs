//! What is compiled where it is used: the crates, and the source distribution of the Python package.

use std::path::PathBuf;
use std::process::Command;

use super::toolchain::Toolchain;
use super::{archive, wheel};
use crate::cargo;
use crate::deny::PUBLISHED;
use crate::failure::Failure;
use crate::python;
use crate::steps::run_visibly;

fn package() -> Command {
    let mut package = cargo::command(&["package", "--locked", "--quiet"]);
    package.args(PUBLISHED.iter().flat_map(|name| ["--package", name]));
    package
}

fn crates() -> Result<Vec<PathBuf>, Failure> {
    let folder = archive::folder()?;
    Ok(PUBLISHED.iter().map(|name| folder.join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION")))).collect())
}

pub(super) fn build_crates(toolchain: &Toolchain) -> Result<String, Failure> {
    run_visibly(package().arg("--no-verify"), "commit first: a crate is what is committed")?;
    let packed = cargo::target_folder()?.join("package");
    let mut said = Vec::new();
    for file in crates()? {
        archive::copy(&packed.join(file.file_name().unwrap_or_default()), &file)?;
        said.push(archive::finish(toolchain, &file)?);
    }
    Ok(said.join("; "))
}

/// Each compiles by itself, from what is in its package.
pub(super) fn test_crates() -> Result<String, Failure> {
    run_visibly(&mut package(), "look at `include` in the Cargo.toml of that crate")?;
    Ok(format!("{} crates compile from their packages", PUBLISHED.len()))
}

fn distribution() -> Result<PathBuf, Failure> {
    Ok(archive::folder()?.join(format!("mypreferences-{}.tar.gz", env!("CARGO_PKG_VERSION"))))
}

pub(super) fn build_distribution(toolchain: &Toolchain) -> Result<String, Failure> {
    let mut maturin = toolchain.program("maturin");
    maturin.args(["sdist", "--out"]).arg(archive::folder()?).current_dir(cargo::workspace_folder()?.join("python"));
    run_visibly(&mut maturin, "read what maturin says")?;
    archive::finish(toolchain, &distribution()?)
}

/// A wheel is made of it, as pip does where there is none for a platform, and used by the oldest Python here.
pub(super) fn test_distribution(toolchain: &Toolchain) -> Result<String, Failure> {
    let folder = cargo::target_folder()?.join("xtask/from-sources");
    let _ = std::fs::remove_dir_all(&folder);
    let mut make = toolchain.program("pip");
    make.args(["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"])
        // Not optimised: what is looked at is whether all is there.
        .args(["--config-settings", "build-args=--profile dev"])
        .arg("--wheel-dir")
        .arg(&folder)
        .arg(distribution()?)
        .env("CARGO_TARGET_DIR", cargo::target_folder()?);
    run_visibly(&mut make, "run `cargo xtask dist python-sources`; look at `include` in python/pyproject.toml")?;
    let made = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let made = made.flatten().next().ok_or_else(|| Failure::new("pip made no wheel"))?.path();
    let (interpreter, version) = python::interpreters()
        .into_iter()
        .next()
        .ok_or_else(|| Failure::new("no Python here; run `cargo xtask setup`"))?;
    run_visibly(wheel::runs(&made)?.arg("--python").arg(interpreter), "run the line above by hand")?;
    Ok(format!("a wheel of it, and the documented programs by {version}"))
}

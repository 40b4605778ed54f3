//! What is compiled where it is used: the crates, and the source distribution of the Python package.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive;
use super::toolchain::Toolchain;
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
    must_be_built(&crates()?)?;
    run_visibly(&mut package(), "look at `include` in the Cargo.toml of that crate")?;
    let packed = cargo::target_folder()?.join("package");
    for file in crates()? {
        let read = |path: &Path| std::fs::read(path).map_err(|error| Failure::file(path, &error));
        if read(&file)? != read(&packed.join(file.file_name().unwrap_or_default()))? {
            return Err(Failure::new(format!(
                "{} is of another commit; run `cargo xtask dist crates`",
                file.display()
            )));
        }
    }
    Ok(format!("{} crates compile from their packages", PUBLISHED.len()))
}

fn must_be_built(files: &[PathBuf]) -> Result<(), Failure> {
    match files.iter().find(|file| !file.exists()) {
        None => Ok(()),
        Some(file) => Err(Failure::new(format!("{} is not built; run `cargo xtask dist`", file.display()))),
    }
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

/// As the tests do with one that they make themselves: a wheel of it, and the documented programs.
pub(super) fn test_distribution() -> Result<String, Failure> {
    must_be_built(&[distribution()?])?;
    for (mut command, remedy) in python::package()? {
        run_visibly(&mut command, remedy)?;
    }
    Ok("a wheel of one like it, and the documented programs".to_owned())
}

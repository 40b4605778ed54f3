//! `cargo xtask bench python` and `cargo xtask bench python-export`: the package as it is shipped, in an environment with
//! the libraries that people use today.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Server;
use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::virtual_environment;

/// A commit beside httpx, requests and urllib3.
pub(super) fn commit() -> Result<(), Failure> {
    let server = Server::start(&super::build()?)?;
    let mut bench = bench("commit.py")?;
    bench.arg(&server.url);
    run_visibly(&mut bench, "run the line above by hand")
}

/// An export of a million records beside requests and json.
pub(super) fn export() -> Result<(), Failure> {
    run_visibly(&mut bench("export.py")?, "run the line above by hand")
}

/// A table of an export, beside `from_pylist` and `DuckDB`.
pub(super) fn arrow() -> Result<(), Failure> {
    run_visibly(&mut bench("arrow.py")?, "run the line above by hand")
}

/// A table of a database, beside dlt and scripts.
pub(super) fn load() -> Result<(), Failure> {
    run_visibly(&mut bench("load.py")?, "run the line above by hand")
}

/// An export in Spark, in one range and in several.
pub(super) fn spark() -> Result<(), Failure> {
    run_visibly(&mut bench("spark.py")?, "run the line above by hand")
}

/// A bench's command line, with the package installed.
fn bench(script: &str) -> Result<Command, Failure> {
    let folder = cargo::workspace_folder()?.join("python");
    let python = installed(&folder)?;
    let mut bench = Command::new(python);
    bench.arg(folder.join("benches").join(script));
    Ok(bench)
}

/// The Python of an environment that has the package, in release mode.
fn installed(folder: &Path) -> Result<PathBuf, Failure> {
    let python = virtual_environment::python(&folder.join("requirements-bench.txt"))?;
    crate::python::develop(&python, &["--release"])?;
    Ok(python)
}

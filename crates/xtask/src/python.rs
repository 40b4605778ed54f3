//! `cargo xtask python`: the Python package, built into a virtual environment of its own, linted, type-checked and
//! tested; `cargo xtask python package` builds the source distribution, a wheel from it, and installs that in a fresh
//! environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::virtual_environment;

/// The surfaces of Python in the shared suite.
const ADAPTERS: [&str; 2] = ["sync", "async"];

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let commands = match arguments {
        [] => checks()?,
        [argument] if argument == "package" => package()?,
        [argument, ..] => {
            return Err(Failure::new(format!(
                "`{argument}` is not an argument here; `cargo xtask python` or `cargo xtask python package`"
            )));
        }
    };
    for (mut command, remedy) in commands {
        run_visibly(&mut command, remedy)?;
    }
    Ok(())
}

/// Builds the package into its environment, with the hooks for tests, and puts the adapters in place. Its Python.
pub(crate) fn prepare() -> Result<PathBuf, Failure> {
    let workspace = cargo::workspace_folder()?;
    let folder = workspace.join("python");
    let python = virtual_environment::python(&folder.join("requirements-test.txt"))?;
    let mut develop = program(&python, "maturin");
    develop
        .args(["develop", "--quiet", "--features", "test-hooks"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", cargo::target_folder()?);
    run_visibly(
        &mut develop,
        "run `cargo build -p mypreferences-python` and repair what it says",
    )?;
    for surface in ADAPTERS {
        launcher(&python, &workspace, surface)?;
    }
    Ok(python)
}

/// Lints, types and tests, ready to run, each with what to do when it fails.
pub(crate) fn checks() -> Result<Vec<(Command, &'static str)>, Failure> {
    let python = prepare()?;
    let folder = cargo::workspace_folder()?.join("python");
    let adapters = Path::new("..")
        .join("tests")
        .join("adapters")
        .join("python");
    let mut commands = Vec::new();
    for (arguments, remedy) in [
        (["ruff", "check"], "repair what ruff printed above"),
        (["ruff", "format --check"], "run `ruff format`"),
    ] {
        let mut command = program(&python, arguments[0]);
        command
            .args(arguments[1].split(' '))
            .arg(".")
            .arg(&adapters);
        commands.push((command, remedy));
    }
    let mut pyright = program(&python, "pyright");
    pyright.arg("--pythonpath").arg(&python);
    commands.push((pyright, "repair the types that pyright printed above"));
    let mut stubtest = Command::new(&python);
    stubtest.args(["-m", "mypy.stubtest", "--allowlist", "stubtest-allowed.txt"]);
    stubtest.arg("mypreferences._native");
    commands.push((stubtest, "make _native.pyi say what the native module has"));
    let mut pytest = Command::new(&python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    commands.push((pytest, "run `cargo xtask python` and read what failed"));
    for (command, _) in &mut commands {
        command
            .current_dir(&folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONUTF8", "1");
    }
    Ok(commands)
}

/// Source distribution, wheel from it, fresh environment, ten lines of the README.
pub(crate) fn package() -> Result<Vec<(Command, &'static str)>, Failure> {
    let workspace = cargo::workspace_folder()?;
    let folder = workspace.join("python");
    let python = virtual_environment::python(&folder.join("requirements-test.txt"))?;
    let mut command = Command::new(&python);
    command
        .arg(folder.join("tests").join("package_installs.py"))
        .arg(&folder)
        .env("CARGO_TARGET_DIR", cargo::target_folder()?)
        .env("PYTHONUTF8", "1");
    Ok(vec![(
        command,
        "run the line that failed above by hand, in python/",
    )])
}

/// A program of the environment.
fn program(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python.with_file_name(name));
    if let Some(environment) = python.parent().and_then(Path::parent) {
        command.env("VIRTUAL_ENV", environment);
    }
    command
}

/// The script of a surface of Python.
fn launcher(python: &Path, workspace: &Path, surface: &str) -> Result<(), Failure> {
    let script = workspace
        .join("tests/adapters/python")
        .join(format!("python_{surface}.py"));
    let lines = format!(
        "export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1\nexec '{}' '{}'",
        python.display(),
        script.display()
    );
    crate::launcher::write(&format!("python-{surface}"), &lines)
}

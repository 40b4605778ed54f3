//! `cargo xtask python`: the Python package, built into a virtual environment of its own, linted, type-checked and
//! tested, and its tests run by each Python that it is for; `cargo xtask python package` builds the source distribution, a wheel from it, and installs that in a fresh
//! environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::virtual_environment;

/// The surfaces of Python in the shared suite.
const ADAPTERS: [&str; 2] = ["sync", "async"];

pub(crate) fn run(is_package: bool) -> Result<(), Failure> {
    let commands = if is_package { package()? } else { checks()? };
    for (mut command, remedy) in commands {
        run_visibly(&mut command, remedy)?;
    }
    Ok(())
}

/// The versions that the package is for: 3.10 to 3.13.
const MINORS: [u32; 4] = [10, 11, 12, 13];

/// Builds the package into its environment, with the hooks for tests, and puts the adapters in place. Its Python.
pub(crate) fn prepare() -> Result<PathBuf, Failure> {
    let workspace = cargo::workspace_folder()?;
    let folder = workspace.join("python");
    let python = virtual_environment::python(&folder.join("requirements-test.txt"))?;
    develop(&python, &["--features", "test-hooks"])?;
    for surface in ADAPTERS {
        launcher(&python, &workspace, surface)?;
    }
    Ok(python)
}

/// Builds the package into the environment of this Python, which has maturin.
pub(crate) fn develop(python: &Path, options: &[&str]) -> Result<(), Failure> {
    let mut develop = program(python, "maturin");
    develop
        .args(["develop", "--quiet"])
        .args(options)
        .current_dir(cargo::workspace_folder()?.join("python"))
        .env("CARGO_TARGET_DIR", cargo::target_folder()?);
    if let Some(environment) = python.parent().and_then(Path::parent) {
        develop.env("VIRTUAL_ENV", environment);
    }
    run_visibly(&mut develop, "run `cargo build -p mypreferences-python` and repair what it says")
}

/// Lints, types and tests, ready to run, each with what to do when it fails.
pub(crate) fn checks() -> Result<Vec<(Command, &'static str)>, Failure> {
    let python = prepare()?;
    let folder = cargo::workspace_folder()?.join("python");
    let tests = Path::new("..").join("tests");
    let mut commands = Vec::new();
    for (arguments, remedy) in
        [(["ruff", "check"], "repair what ruff printed above"), (["ruff", "format --check"], "run `ruff format`")]
    {
        let mut command = program(&python, arguments[0]);
        command.args(arguments[1].split(' ')).arg(".").arg(tests.join("adapters/python")).arg(tests.join("platforms"));
        commands.push((command, remedy));
    }
    let mut pyright = program(&python, "pyright");
    pyright.arg("--pythonpath").arg(&python);
    commands.push((pyright, "repair the types that pyright printed above"));
    let mut stubtest = Command::new(&python);
    stubtest.args(["-m", "mypy.stubtest", "--allowlist", "stubtest-allowed.txt"]);
    stubtest.arg("mypreferences._native");
    commands.push((stubtest, "make _native.pyi say what the native module has"));
    let others = other_pythons(&folder, &python)?;
    for (python, which) in std::iter::once((&python, "not ecosystem"))
        .chain(others.iter().map(|other| (other, "not once and not ecosystem")))
    {
        let mut pytest = Command::new(python);
        pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", which]);
        commands.push((pytest, "run `cargo xtask python` and read what failed"));
    }
    for (command, _) in &mut commands {
        in_folder(command, &folder);
    }
    Ok(commands)
}

fn in_folder(command: &mut Command, folder: &Path) {
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
}

/// Has an environment of its own: it says which versions of a hundred libraries it wants.
const AIRFLOW: &str = "airflow";

/// What exports are loaded into by others' tools and drivers: its name, the file of its tests, and which of them.
pub(crate) const ECOSYSTEM: [(&str, &str, &str); 5] = [
    ("postgres", "tests/test_load.py", "not duckdb"),
    ("duckdb", "tests/test_load.py", "duckdb"),
    ("dlt", "tests/test_dlt.py", ""),
    ("spark", "tests/test_spark.py", ""),
    (AIRFLOW, "airflow/tests", ""),
];

/// The tests of these parts, or of all; ready to run.
pub(crate) fn ecosystem(parts: &[String]) -> Result<Vec<(Command, &'static str)>, Failure> {
    let folder = cargo::workspace_folder()?.join("python");
    let own = prepare()?;
    let wanted = ECOSYSTEM.iter().filter(|(name, _, _)| parts.is_empty() || parts.iter().any(|part| part == name));
    let mut commands = Vec::new();
    for (name, file, which) in wanted {
        let python = if *name == AIRFLOW { airflow(&folder)? } else { own.clone() };
        if *name == AIRFLOW {
            let mut pyright = program(&own, "pyright");
            pyright.args(["--project", "airflow", "--pythonpath"]).arg(&python);
            commands.push((pyright, "repair the types that pyright printed above"));
        }
        let mut pytest = Command::new(&python);
        pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations", "3", file, "-k", which]);
        commands.push((pytest, "run `cargo xtask ecosystem` with the part that failed"));
    }
    for (command, _) in &mut commands {
        in_folder(command, &folder);
    }
    Ok(commands)
}

/// The Python of an environment with Airflow, the package and the provider.
fn airflow(folder: &Path) -> Result<PathBuf, Failure> {
    let provider = folder.join("airflow");
    let python = virtual_environment::python(&provider.join("requirements-test.txt"))?;
    develop(&python, &["--features", "test-hooks"])?;
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--no-build-isolation"])
        .args(["--disable-pip-version-check", "--editable"])
        .arg(&provider);
    run_visibly(&mut install, "read what pip says about the provider")?;
    Ok(python)
}

/// `cargo xtask ecosystem`.
pub(crate) fn run_ecosystem(parts: &[String]) -> Result<(), Failure> {
    for (mut command, remedy) in ecosystem(parts)? {
        run_visibly(&mut command, remedy)?;
    }
    Ok(())
}

/// The other Pythons of this machine that the package is for, each in an environment with the package. The extension is the
/// one that was built: it is the same for all of them.
fn other_pythons(folder: &Path, python: &Path) -> Result<Vec<PathBuf>, Failure> {
    let own = version(python);
    let others: Vec<(u32, Option<(PathBuf, String)>)> = MINORS
        .into_iter()
        .filter(|minor| !own.as_deref().is_some_and(|own| is_of(own, *minor)))
        .map(|minor| (minor, interpreter(minor)))
        .collect();
    let mut pythons = Vec::new();
    for (minor, found) in others {
        let Some((interpreter, version)) = found else {
            println!("Python 3.{minor}: not on this machine");
            continue;
        };
        pythons.push(virtual_environment::of_interpreter(
            &interpreter,
            &format!("venv-{version}"),
            &folder.join("requirements-pytest.txt"),
        )?);
    }
    if !pythons.is_empty() {
        let wheel = wheel(folder, python)?;
        for python in &pythons {
            let mut install = Command::new(python);
            install
                .args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps"])
                .args(["--disable-pip-version-check", "--no-index"])
                .arg("--force-reinstall")
                .arg(&wheel);
            run_visibly(&mut install, "read what pip says about the wheel")?;
        }
    }
    Ok(pythons)
}

/// Packs what `prepare` has built.
fn wheel(folder: &Path, python: &Path) -> Result<PathBuf, Failure> {
    let out = cargo::target_folder()?.join("xtask").join("wheel");
    // Whatever an earlier run left there is not what was built now.
    if out.exists() {
        std::fs::remove_dir_all(&out).map_err(|error| Failure::file(&out, &error))?;
    }
    let mut build = program(python, "maturin");
    build
        .args(["build", "--quiet", "--features", "test-hooks", "--out"])
        .arg(&out)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", cargo::target_folder()?);
    run_visibly(&mut build, "read what maturin says")?;
    let mut files = std::fs::read_dir(&out).map_err(|error| Failure::file(&out, &error))?;
    files
        .find_map(|file| Some(file.ok()?.path()))
        .ok_or_else(|| Failure::new("maturin made no wheel; run `cargo xtask python` again"))
}

/// The Pythons of this machine that the package is for, with their versions.
pub(crate) fn interpreters() -> Vec<(PathBuf, String)> {
    MINORS.into_iter().filter_map(interpreter).collect()
}

/// The newest interpreter of 3.`minor` that pyenv has, or the one on the path; with its version.
fn interpreter(minor: u32) -> Option<(PathBuf, String)> {
    let name = format!("python3.{minor}");
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    let versions = root.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    let mut patches: Vec<(u32, PathBuf)> = versions
        .into_iter()
        .flatten()
        .filter_map(|version| {
            let folder = version.ok()?.path();
            let patch = folder.file_name()?.to_str()?.strip_prefix(&format!("3.{minor}."))?;
            Some((patch.parse().ok()?, folder.join("bin").join(&name)))
        })
        .collect();
    patches.sort_by(|first, second| second.cmp(first));
    let candidates = patches.into_iter().map(|(_, python)| python);
    candidates.chain([PathBuf::from(&name)]).find_map(|python| {
        // A shim of pyenv may stand for nothing.
        let version = version(&python).filter(|version| is_of(version, minor))?;
        Some((python, version))
    })
}

/// Such as `3.12.1`.
fn version(python: &Path) -> Option<String> {
    let told = Command::new(python).arg("--version").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    Some(told.trim().strip_prefix("Python ")?.to_owned())
}

fn is_of(version: &str, minor: u32) -> bool {
    version.starts_with(&format!("3.{minor}."))
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
    Ok(vec![(command, "run the line that failed above by hand, in python/")])
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
    let script = workspace.join("tests/adapters/python").join(format!("python_{surface}.py"));
    let lines =
        format!("export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1\nexec '{}' '{}'", python.display(), script.display());
    crate::launcher::write(&format!("python-{surface}"), &lines)
}

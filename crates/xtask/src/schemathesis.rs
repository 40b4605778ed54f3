//! `cargo xtask schemathesis`: the corpus against its schemas, and the mock against its `OpenAPI` description.
//!
//! Both checks are Python programs in tests/conformance. They run in a virtual environment below the user's cache
//! folder, made once for each state of requirements.txt.

use std::process::Command;

use crate::cargo;
use crate::conformance;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::virtual_environment;

pub(crate) fn run() -> Result<(), Failure> {
    for (mut command, remedy) in checks()? {
        run_visibly(&mut command, remedy)?;
    }
    Ok(())
}

/// Both checks, ready to run, each with what to do when it fails.
pub(crate) fn checks() -> Result<[(Command, &'static str); 2], Failure> {
    let workspace = cargo::workspace_folder()?;
    let folder = workspace.join("tests").join("conformance");
    let python = virtual_environment::python(&folder.join("requirements.txt"))?;
    let mut build = cargo::command(&["build", "--quiet", "--package=mypreferences-mock", "--package=conformance"]);
    run_visibly(&mut build, "run `cargo build -p mypreferences-mock -p conformance`")?;
    let shown = conformance::judge(Some("show"))?.output().map(|output| output.stdout);
    let scenarios = cargo::target_folder()?.join("scenarios.json");
    shown.and_then(|shown| std::fs::write(&scenarios, shown)).map_err(|error| {
        Failure::new(format!("the scenarios cannot be written to {}: {error}", scenarios.display()))
    })?;
    let mut schemas = Command::new(&python);
    schemas.arg(folder.join("check_schemas.py")).args([&workspace, &scenarios]);
    let mut openapi = Command::new(&python);
    openapi.arg(folder.join("openapi_check.py")).arg(cargo::target_folder()?.join("debug").join("mypreferences-mock"));
    for command in [&mut schemas, &mut openapi] {
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
    }
    Ok([
        (schemas, "repair the scenario or the schema that is named above"),
        (openapi, "repair the mock or its openapi.json; the failure above has a curl line that shows it"),
    ])
}

#[cfg(test)]
mod tests {
    use crate::cargo;

    #[test]
    fn every_requirement_has_an_exact_version() {
        let file = cargo::workspace_folder().unwrap().join("tests/conformance/requirements.txt");
        let text = std::fs::read_to_string(file).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("==")));
    }
}

//! The corpus on disk: every scenario, read strictly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::ordered_json::Json;
use crate::scenario::Scenario;
use crate::scenario_file::{Defaults, laid_out, scenarios_of};
use crate::trouble::Trouble;

/// Every scenario, by name.
pub(crate) type Corpus = BTreeMap<String, Scenario>;

/// Files that are no scenarios and have the same form.
const OTHERS: [&str; 7] = [
    "crates/mypreferences-mock/openapi.json",
    "tests/conformance/defaults.json",
    "tests/conformance/error.schema.json",
    "tests/conformance/matrix.json",
    "tests/conformance/mutants.json",
    "tests/conformance/receipt.schema.json",
    "tests/conformance/schema.json",
];

/// Every scenario below `root`.
pub(crate) fn read(root: &Path) -> Result<Corpus, Trouble> {
    for name in OTHERS {
        written(&root.join(name))?;
    }
    let mut scenarios = BTreeMap::new();
    for (path, filled) in filled(root)? {
        let wrong = |what: &dyn std::fmt::Display| Trouble::file(&path, what);
        let scenario: Scenario = serde_json::from_str(&filled.to_string()).map_err(|error| wrong(&error))?;
        if scenario.why.trim().len() < 10 {
            return Err(wrong(&"`why` must give a reason in one sentence"));
        }
        if scenario.except.iter().any(|exception| exception.why.trim().len() < 10) {
            return Err(wrong(&"each exception must give its reason in `why`"));
        }
        if scenario.calls.is_empty() || scenario.expect.results.len() != scenario.calls.len() {
            return Err(wrong(&"`expect.results` must have one result for each call"));
        }
        let name = scenario.name.clone();
        if scenarios.insert(name.clone(), scenario).is_some() {
            return Err(wrong(&format!("there are two scenarios {name:?}")));
        }
    }
    if scenarios.is_empty() {
        return Err(Trouble::new(format!("below {} there is no scenario; restore the corpus", root.display())));
    }
    Ok(scenarios)
}

/// Every scenario with all that its family and the defaults say, and its file.
fn filled(root: &Path) -> Result<Vec<(PathBuf, Json)>, Trouble> {
    let defaults = Defaults::read(&root.join("tests/conformance"))?;
    let mut all = Vec::new();
    for path in files(root)? {
        let scenarios = scenarios_of(written(&path)?).into_iter();
        all.extend(scenarios.map(|scenario| (path.clone(), defaults.filled(scenario))));
    }
    Ok(all)
}

/// Prints scenarios as they are played: those that are named, or all.
pub(crate) fn show(root: &Path, named: &[String]) -> Result<(), Trouble> {
    let all = filled(root)?.into_iter().map(|(_, scenario)| scenario);
    let is_wanted = |scenario: &Json| match scenario.member("name") {
        Some(Json::Text(name)) => named.is_empty() || named.contains(name),
        Some(_) | None => false,
    };
    print!("{}", laid_out(&Json::List(all.filter(is_wanted).collect())));
    Ok(())
}

/// A file as it is written, in the one form.
fn written(path: &Path) -> Result<Json, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|error| Trouble::file(path, &error))?;
    let written = Json::parse(&text).map_err(|error| Trouble::file(path, &error))?;
    if laid_out(&written) == text {
        return Ok(written);
    }
    Err(Trouble::new(format!(
        "{} is not in the one form of JSON files; run `cargo xtask conformance format`",
        path.display()
    )))
}

/// Writes every file of JSON in its one form.
pub(crate) fn format(root: &Path) -> Result<(), Trouble> {
    for path in files(root)?.into_iter().chain(OTHERS.map(|name| root.join(name))) {
        let text = std::fs::read_to_string(&path).map_err(|error| Trouble::file(&path, &error))?;
        let written = Json::parse(&text).map_err(|error| Trouble::file(&path, &error))?;
        std::fs::write(&path, laid_out(&written)).map_err(|error| Trouble::file(&path, &error))?;
    }
    Ok(())
}

fn files(root: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let folder = root.join("tests/conformance/scenarios");
    let wrong = |error| Trouble::file(&folder, &error);
    let entries = std::fs::read_dir(&folder).map_err(wrong)?;
    let mut files = Vec::new();
    for entry in entries {
        files.push(entry.map_err(wrong)?.path());
    }
    Ok(files)
}

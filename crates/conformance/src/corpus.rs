//! The corpus on disk: every scenario file, read strictly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::ordered_json::Json;
use crate::scenario::Scenario;
use crate::scenario_file::{Defaults, laid_out};
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
    let defaults = Defaults::read(&root.join("tests/conformance"))?;
    let mut scenarios = BTreeMap::new();
    for name in OTHERS {
        written(&root.join(name))?;
    }
    for path in files(root)? {
        let wrong = |error: serde_json::Error| Trouble::file(&path, &error);
        let written = written(&path)?;
        let scenario: Scenario = serde_json::from_str(&defaults.filled(written).to_string()).map_err(wrong)?;
        if path.file_stem().and_then(|stem| stem.to_str()) != Some(scenario.name.as_str()) {
            return Err(Trouble::file(&path, &format!("its name is {:?}", scenario.name)));
        }
        if scenario.why.trim().len() < 10 {
            return Err(Trouble::file(&path, &"`why` must give a reason in one sentence"));
        }
        if scenario.except.iter().any(|exception| exception.why.trim().len() < 10) {
            return Err(Trouble::file(&path, &"each exception must give its reason in `why`"));
        }
        if scenario.calls.is_empty() || scenario.expect.results.len() != scenario.calls.len() {
            return Err(Trouble::file(&path, &"`expect.results` must have one result for each call"));
        }
        scenarios.insert(scenario.name.clone(), scenario);
    }
    if scenarios.is_empty() {
        return Err(Trouble::new(format!("below {} there is no scenario; restore the corpus", root.display())));
    }
    Ok(scenarios)
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

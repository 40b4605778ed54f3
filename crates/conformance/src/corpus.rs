//! The corpus on disk: every scenario file, read strictly.

use std::collections::BTreeMap;
use std::path::Path;

use crate::scenario::Scenario;
use crate::trouble::Trouble;

/// Every scenario, by name.
pub(crate) type Corpus = BTreeMap<String, Scenario>;

/// Every scenario below `root`.
pub(crate) fn read(root: &Path) -> Result<Corpus, Trouble> {
    let folder = root.join("tests/conformance/scenarios");
    let entries = std::fs::read_dir(&folder).map_err(|error| Trouble::file(&folder, &error))?;
    let mut scenarios = BTreeMap::new();
    for entry in entries {
        let path = entry
            .map_err(|error| Trouble::file(&folder, &error))?
            .path();
        let text = std::fs::read_to_string(&path).map_err(|error| Trouble::file(&path, &error))?;
        let scenario: Scenario =
            serde_json::from_str(&text).map_err(|error| Trouble::file(&path, &error))?;
        if path.file_stem().and_then(|stem| stem.to_str()) != Some(scenario.name.as_str()) {
            return Err(Trouble::file(
                &path,
                &format!("its name is {:?}", scenario.name),
            ));
        }
        if scenario.why.trim().len() < 10 {
            return Err(Trouble::file(
                &path,
                &"`why` must give a reason in one sentence",
            ));
        }
        if scenario
            .except
            .iter()
            .any(|exception| exception.why.trim().len() < 10)
        {
            return Err(Trouble::file(
                &path,
                &"each exception must give its reason in `why`",
            ));
        }
        if scenario.calls.is_empty() || scenario.expect.results.len() != scenario.calls.len() {
            return Err(Trouble::file(
                &path,
                &"`expect.results` must have one result for each call",
            ));
        }
        scenarios.insert(scenario.name.clone(), scenario);
    }
    if scenarios.is_empty() {
        return Err(Trouble::new(format!(
            "{} holds no scenario; restore the corpus",
            folder.display()
        )));
    }
    Ok(scenarios)
}

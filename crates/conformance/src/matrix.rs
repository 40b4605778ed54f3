//! Which surface plays which scenario: every one plays all of them, but for a few rules with a reason that somebody wrote
//! down. A rule that matches nothing and a scenario that nobody plays are failures.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::corpus::Corpus;
use crate::scenario::{Operation, Scenario};
use crate::trouble::Trouble;

/// `tests/conformance/matrix.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    surfaces: Vec<String>,
    skips: Vec<Skip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    surfaces: Vec<String>,
    /// Scenarios that call any of these.
    operations: Vec<Operation>,
    why: String,
}

impl Skip {
    fn matches(&self, surface: &str, scenario: &Scenario) -> bool {
        let mut calls = scenario.calls.iter();
        self.surfaces.iter().any(|name| name == surface) && calls.any(|call| self.operations.contains(&call.operation))
    }
}

/// Surface, then scenario, then whether it is played.
pub(crate) type Matrix = BTreeMap<String, BTreeMap<String, bool>>;

pub(crate) fn read(root: &Path, corpus: &Corpus) -> Result<Matrix, Trouble> {
    let path = root.join("tests/conformance/matrix.json");
    let text = std::fs::read_to_string(&path).map_err(|error| Trouble::file(&path, &error))?;
    let rules: Rules = serde_json::from_str(&text).map_err(|error| Trouble::file(&path, &error))?;
    of(&rules, corpus).map_err(|wrong| Trouble::file(&path, &wrong))
}

fn of(rules: &Rules, corpus: &Corpus) -> Result<Matrix, String> {
    for skip in &rules.skips {
        let matches = |surface: &String| {
            rules.surfaces.contains(surface) && corpus.values().any(|scenario| skip.matches(surface, scenario))
        };
        if skip.why.trim().len() < 10 || !skip.surfaces.iter().all(matches) {
            return Err(format!("the skip of {:?} has no reason or matches nothing", skip.surfaces));
        }
    }
    let is_played = |surface: &str, scenario| {
        let mut skips = rules.skips.iter();
        !skips.any(|skip| skip.matches(surface, scenario))
    };
    for (name, scenario) in corpus {
        if !rules.surfaces.iter().any(|surface| is_played(surface, scenario)) {
            return Err(format!("no surface plays {name}"));
        }
    }
    let row = |surface: &String| {
        let cells = corpus.iter();
        let cells = cells.map(|(name, scenario)| (name.clone(), is_played(surface, scenario)));
        (surface.clone(), cells.collect())
    };
    Ok(rules.surfaces.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(skips: serde_json::Value) -> String {
        let corpus = crate::corpus::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")));
        let skips = serde_json::from_value(skips).unwrap();
        let surfaces = vec!["command".to_owned(), "swift".to_owned()];
        match of(&Rules { surfaces, skips }, &corpus.unwrap()) {
            Ok(matrix) => format!("{} rows", matrix.len()),
            Err(wrong) => wrong,
        }
    }

    #[test]
    fn a_skip_needs_a_reason_and_something_to_skip() {
        let skip = |surface: &str, operations: &[&str], why: &str| {
            told(serde_json::json!([{"surfaces": [surface], "operations": operations, "why": why}]))
        };
        assert_eq!(skip("command", &["wait"], "it has no such step"), "2 rows");
        assert!(skip("command", &["wait"], "").contains("matches nothing"));
        assert!(skip("basic", &["wait"], "it has no such step").contains("matches nothing"));
        assert!(skip("command", &[], "it has no such step").contains("matches nothing"));
    }

    #[test]
    fn a_scenario_that_nobody_plays_is_a_failure() {
        let skips = serde_json::json!([
            {"surfaces": ["command", "swift"], "operations": ["wait"], "why": "it has no such step"}
        ]);
        assert!(told(skips).contains("no surface plays"));
    }
}

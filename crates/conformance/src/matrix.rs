//! Surface by scenario: which cells are run, and which are skipped for a reason that somebody wrote down. An absent
//! cell is a failure.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::corpus::Corpus;
use crate::trouble::Trouble;

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Yes(Yes),
    Skip { skip: String },
}

#[derive(Deserialize)]
pub(crate) enum Yes {
    #[serde(rename = "yes")]
    Yes,
}

/// Surface, then scenario.
pub(crate) type Matrix = BTreeMap<String, BTreeMap<String, Cell>>;

pub(crate) fn read(root: &Path) -> Result<Matrix, Trouble> {
    let path = root.join("tests/conformance/matrix.json");
    let text = std::fs::read_to_string(&path).map_err(|error| Trouble::file(&path, &error))?;
    serde_json::from_str(&text).map_err(|error| Trouble::file(&path, &error))
}

/// Everything in which matrix and corpus disagree.
pub(crate) fn gaps(matrix: &Matrix, corpus: &Corpus) -> Vec<String> {
    let mut gaps = Vec::new();
    for (surface, row) in matrix {
        for scenario in corpus.keys() {
            match row.get(scenario) {
                None => gaps.push(format!(
                    "matrix.json has no cell for {surface} x {scenario}"
                )),
                Some(Cell::Skip { skip }) if skip.trim().len() < 10 => {
                    gaps.push(format!(
                        "matrix.json gives no reason to skip {surface} x {scenario}"
                    ));
                }
                Some(Cell::Skip { .. } | Cell::Yes(Yes::Yes)) => {}
            }
        }
        for scenario in row.keys() {
            if !corpus.contains_key(scenario) {
                gaps.push(format!(
                    "matrix.json names {surface} x {scenario}, which the corpus does not hold"
                ));
            }
        }
    }
    gaps
}

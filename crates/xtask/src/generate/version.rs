//! The version of the workspace, in the files of other package managers.

use std::path::Path;

use super::{Made, between};
use crate::failure::Failure;

/// A file, and what stands before and after the version in it.
const PLACES: [(&str, (&str, &str)); 2] = [
    ("bindings/kotlin/pom.xml", ("<artifactId>mypreferences-client</artifactId>\n  <version>", "</version>")),
    ("python/airflow/pyproject.toml", ("name = \"airflow-provider-mypreferences\"\nversion = \"", "\"\n")),
];

pub(super) fn make(root: &Path) -> Result<Vec<Made>, Failure> {
    let made = |(file, marks)| {
        let path = root.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
        let text = between(&text, marks, env!("CARGO_PKG_VERSION"))
            .ok_or_else(|| Failure::new(format!("{file} has no place for the version; look at {}", file!())))?;
        Ok(Made { path, text })
    };
    PLACES.into_iter().map(made).collect()
}

//! What every crate of the workspace says about itself: licence, description, and that it is not published.

use cargo_metadata::Package;

use super::Facts;

const LICENCE: &str = "MIT OR Apache-2.0";

pub(super) fn objections(facts: &Facts) -> Vec<String> {
    facts
        .metadata
        .workspace_packages()
        .into_iter()
        .flat_map(|package| judge(&Manifest::from(package)))
        .collect()
}

/// The three facts of a manifest.
struct Manifest<'a> {
    name: &'a str,
    licence: Option<&'a str>,
    description: Option<&'a str>,
    /// The registries it may go to; none named means any, an empty list none.
    publish: Option<&'a [String]>,
}

impl<'a> From<&'a Package> for Manifest<'a> {
    fn from(package: &'a Package) -> Self {
        Self {
            name: &package.name,
            licence: package.license.as_deref(),
            description: package.description.as_deref(),
            publish: package.publish.as_deref(),
        }
    }
}

fn judge(manifest: &Manifest<'_>) -> Vec<String> {
    let name = manifest.name;
    let mut objections = Vec::new();
    if manifest.licence != Some(LICENCE) {
        objections.push(format!(
            "{name}: put `license.workspace = true` into its Cargo.toml ({LICENCE})"
        ));
    }
    if manifest
        .description
        .is_none_or(|description| description.trim().is_empty())
    {
        objections.push(format!("{name}: put a `description` into its Cargo.toml"));
    }
    if manifest
        .publish
        .is_none_or(|registries| !registries.is_empty())
    {
        objections.push(format!(
            "{name}: put `publish.workspace = true` into its Cargo.toml"
        ));
    }
    objections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_manifest_is_fine() {
        let manifest = Manifest {
            name: "good",
            licence: Some(LICENCE),
            description: Some("Does it"),
            publish: Some(&[]),
        };
        assert!(judge(&manifest).is_empty());
    }

    #[test]
    fn each_thing_that_is_missing_is_an_objection_of_its_own() {
        let manifest = Manifest {
            name: "bad",
            licence: Some("MIT"),
            description: Some(" "),
            publish: None,
        };
        assert_eq!(judge(&manifest).len(), 3);
    }
}

//! Each shared dependency of the root Cargo.toml is used by a member: a version that nobody needs is not kept.
//!
//! Reads the manifests as text: `cargo metadata` no longer knows which version came from where.

use std::collections::BTreeSet;
use std::path::Path;

use super::Facts;
use crate::failure::Failure;

pub(super) fn objections(facts: &Facts) -> Result<Vec<String>, Failure> {
    let root = read(&facts.root.join("Cargo.toml"))?;
    let mut members = Vec::new();
    for package in facts.metadata.workspace_packages() {
        members.push(read(package.manifest_path.as_std_path())?);
    }
    Ok(judge(&root, &members))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))
}

fn judge(root: &str, members: &[String]) -> Vec<String> {
    let shared = entries(root, |table| table == "workspace.dependencies", |_| true);
    let is_inherited = |value: &str| {
        value
            .split(|character: char| !character.is_alphanumeric())
            .any(|word| word == "workspace")
    };
    let used: BTreeSet<String> = members
        .iter()
        .flat_map(|manifest| {
            entries(
                manifest,
                |table| table.ends_with("dependencies"),
                is_inherited,
            )
        })
        .collect();
    shared
        .difference(&used)
        .map(|name| format!("{name} is a shared dependency that no member uses; remove it from the root Cargo.toml"))
        .collect()
}

/// The keys in the tables that `is_wanted` accepts, in each way TOML has of writing them, where the rest of the line
/// (or of the table's own lines) is accepted too.
fn entries(
    manifest: &str,
    is_wanted: impl Fn(&str) -> bool,
    is_accepted: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut table = String::new();
    for line in manifest
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
    {
        if let Some(header) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            header.clone_into(&mut table);
        }
        // `[dependencies.name]`: the table is the entry.
        if let Some((_, name)) = table
            .rsplit_once('.')
            .filter(|(outer, _)| is_wanted(outer) && is_accepted(line))
        {
            found.insert(name.trim_matches('"').to_owned());
        }
        // `name = ...` and `name.workspace = true` within the table.
        let name_ends = line.find(|character: char| {
            !(character.is_ascii_alphanumeric() || "-_".contains(character))
        });
        if let Some(end) = name_ends.filter(|&end| end > 0 && is_wanted(&table)) {
            let (name, rest) = line.split_at(end);
            if rest.trim_start().starts_with(['=', '.']) && is_accepted(rest) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"
[workspace.dependencies]
# a = "1"
short = "1"
table = { version = "1", features = [
    "one",
] }
[workspace.dependencies.long]
version = "1"
[profile.dev]
debug = false
"#;

    #[test]
    fn each_way_of_writing_an_entry_counts_as_use() {
        let members = [
            "[dependencies]\nshort.workspace = true\n".to_owned(),
            "[target.'cfg(unix)'.dev-dependencies]\ntable = { workspace = true, features = [\"two\"] }\n".to_owned(),
            "[build-dependencies.long]\nworkspace = true\n".to_owned(),
        ];
        assert!(judge(ROOT, &members).is_empty());
    }

    #[test]
    fn an_entry_that_nobody_uses_is_objected_to() {
        let members = [
            "[features]\nshort = []\n[dependencies]\ntable.workspace = true\nlong = \"1\"\n"
                .to_owned(),
        ];
        let objections = judge(ROOT, &members);
        assert!(objections.len() == 2, "{objections:?}");
        assert!(
            objections[0].starts_with("long ") && objections[1].starts_with("short "),
            "{objections:?}"
        );
    }
}

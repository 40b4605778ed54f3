//! The top level of the repository holds what the architecture lists and nothing else, so that it stays a table of
//! contents.

use super::Facts;
use crate::failure::Failure;

const FILES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];
const FOLDERS: &[&str] = &["crates", "bindings", "python", "include", "tests"];

pub(super) fn objections(facts: &Facts) -> Result<Vec<String>, Failure> {
    let failure = |error| Failure::file(&facts.root, &error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&facts.root).map_err(failure)? {
        let entry = entry.map_err(failure)?;
        let is_target = entry.path() == facts.metadata.target_directory.as_std_path();
        if !is_target {
            names.push((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path().is_dir(),
            ));
        }
    }
    names.sort();
    Ok(judge(&names))
}

/// Takes each name and whether it is a folder.
fn judge(names: &[(String, bool)]) -> Vec<String> {
    let is_listed = |name: &str, is_folder: bool| {
        let list = if is_folder { FOLDERS } else { FILES };
        name.starts_with('.') || list.contains(&name)
    };
    names
        .iter()
        .filter(|(name, is_folder)| !is_listed(name, *is_folder))
        .map(|(name, _)| {
            format!(
                "{name} does not belong to the top level; move it to the part of the tree it is for"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> (String, bool) {
        (name.to_owned(), false)
    }

    fn folder(name: &str) -> (String, bool) {
        (name.to_owned(), true)
    }

    #[test]
    fn what_the_architecture_lists_is_fine() {
        assert!(
            judge(&[
                file("Cargo.toml"),
                file(".gitignore"),
                folder("crates"),
                folder(".ci")
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_stray_file_or_folder_is_objected_to() {
        assert_eq!(
            judge(&[file("notes.txt"), folder("scripts"), file("crates")]).len(),
            3
        );
    }
}

//! `cargo xtask check deny`: what must not get into the tree. Licences, versions and banned crates are cargo-deny's to judge,
//! by `deny.toml`; here is what it cannot say.

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, Package};

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::virtual_environment;

const LICENCE: &str = "MIT OR Apache-2.0";

/// The borders to C and to the runtime: they may be unsafe, with a SAFETY line each.
const BORDERS: &[&str] = &["mypreferences-bridge", "mypreferences-capi"];

/// Those of crates.io, in the order in which they go there; every other crate is ours alone.
pub(crate) const PUBLISHED: [&str; 5] =
    ["mypreferences-mock", "mypreferences", "mypreferences-arrow", "mypreferences-bridge", "mypreferences-cli"];

/// The top level of the repository, so that it stays a table of contents.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "README.md",
    "RELEASE.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "SECURITY.md",
    "bindings",
    "crates",
    "deny.toml",
    "docs",
    "include",
    "python",
    "tests",
];

pub(crate) fn run() -> Result<String, Failure> {
    let metadata = cargo::metadata()?;
    let mut objections = Vec::new();
    for package in metadata.workspace_packages() {
        objections.extend(manifest(package));
        objections.extend(unsafe_code(package)?);
    }
    objections.extend(stray_files(&metadata)?);
    objections.extend(tracked_though_ignored(&metadata)?);
    objections.extend(pages(metadata.workspace_root.as_std_path())?);
    if objections.is_empty() {
        cargo_deny()?;
        return Ok(format!("{} packages", metadata.packages.len()));
    }
    for objection in &objections {
        println!("{objection}");
    }
    Err(Failure::new(format!("{} objections; each line above says what to do", objections.len())))
}

/// The one of this machine, or that of an environment of our own.
fn cargo_deny() -> Result<(), Failure> {
    let root = cargo::workspace_folder()?;
    let installed = cargo::command(&["deny", "--version"]).output();
    let mut command = if installed.is_ok_and(|output| output.status.success()) {
        cargo::command(&["deny"])
    } else {
        let python = virtual_environment::python(&root.join("crates/xtask/requirements.txt"))?;
        let mut command = Command::new(python.with_file_name("cargo-deny"));
        command.env("CARGO", cargo::program());
        command
    };
    command.args(["--workspace", "check", "--deny", "unmatched-skip"]);
    command.args(["bans", "licenses", "sources"]);
    run_visibly(command.current_dir(root), "repair what cargo-deny says above, or deny.toml")
}

/// What every crate of the workspace says about itself.
fn manifest(package: &Package) -> Vec<String> {
    let description = package.description.as_deref().unwrap_or_default();
    let is_published = PUBLISHED.contains(&package.name.as_str());
    let is_ready = package.publish.is_none() && package.documentation.is_some();
    let facts = [
        ("license.workspace = true", package.license.as_deref() == Some(LICENCE)),
        ("a `description`", !description.trim().is_empty()),
        ("publish.workspace = true", is_published || package.publish.as_deref() == Some(&[])),
        ("no line on publishing, and a `documentation`", !is_published || is_ready),
    ];
    facts
        .into_iter()
        .filter(|(_, holds)| !holds)
        .map(|(line, _)| format!("{}: put {line} into its Cargo.toml", package.name))
        .collect()
}

/// The compiler forbids unsafe code where the workspace's lints are inherited; elsewhere the word is looked for.
fn unsafe_code(package: &Package) -> Result<Vec<String>, Failure> {
    let manifest = package.manifest_path.as_std_path();
    let text = std::fs::read_to_string(manifest).map_err(|error| Failure::file(manifest, &error))?;
    let folder = manifest.parent().unwrap_or(manifest);
    if BORDERS.contains(&package.name.as_str()) || text.contains("[lints]\nworkspace = true") {
        return Ok(Vec::new());
    }
    let mut objections = Vec::new();
    for file in sources(folder)? {
        let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
        for (number, _) in text.lines().enumerate().filter(|(_, line)| is_unsafe(line)) {
            let (file, number) = (file.display(), number + 1);
            objections
                .push(format!("{file}:{number}: unsafe code; move it to mypreferences-bridge or mypreferences-capi"));
        }
    }
    Ok(objections)
}

fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).any(|word| word == "unsafe")
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error| Failure::file(folder, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn stray_files(metadata: &Metadata) -> Result<Vec<String>, Failure> {
    let root = metadata.workspace_root.as_std_path();
    let wrong = |error| Failure::file(root, &error);
    let mut objections = Vec::new();
    for entry in std::fs::read_dir(root).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_target = entry.path() == metadata.target_directory.as_std_path();
        if !is_target && !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()) {
            objections
                .push(format!("{name} does not belong to the top level; move it to the part of the tree it is for"));
        }
    }
    Ok(objections)
}

/// A front page of a door's size, and no link in any page that leads nowhere.
fn pages(root: &Path) -> Result<Vec<String>, Failure> {
    const DOOR: usize = 150;
    let mut objections = Vec::new();
    let mut files: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "RELEASE.md", "SECURITY.md"]
        .map(|name| root.join(name))
        .to_vec();
    files.push(root.join("tests/conformance/README.md"));
    let docs = root.join("docs");
    for entry in std::fs::read_dir(&docs).map_err(|error| Failure::file(&docs, &error))? {
        files.push(entry.map_err(|error| Failure::file(&docs, &error))?.path());
    }
    // Pictures lie there, too.
    files.retain(|file| file.extension().is_some_and(|extension| extension == "md"));
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
        if file == root.join("README.md") && text.lines().count() > DOOR {
            objections.push(format!("README.md is longer than {DOOR} lines; move some to docs/"));
        }
        let folder = file.parent().unwrap_or(root);
        for target in links(&text).filter(|target| !folder.join(target).exists()) {
            objections.push(format!("{}: the link to {target} leads nowhere", file.display()));
        }
    }
    Ok(objections)
}

/// The files that a page links to.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains(' '))
}

/// What `.gitignore` names is made by a build: none of it may be tracked, a library least of all.
fn tracked_though_ignored(metadata: &Metadata) -> Result<Vec<String>, Failure> {
    let root = metadata.workspace_root.as_std_path();
    if !root.join(".git").exists() {
        // A source archive: nothing is tracked there.
        return Ok(Vec::new());
    }
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--ignored", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| Failure::new(format!("git cannot be run: {error}; install git")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::new(format!("git ls-files failed: {said}")));
    }
    let objection = |path: &str| format!("{path} is ignored and tracked all the same; run: git rm --cached {path}");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(listed.lines().map(objection).collect())
}

#[cfg(test)]
mod tests {
    use super::{is_unsafe, links};

    #[test]
    fn the_files_that_a_page_links_to_are_found() {
        let page = "[a](docs/a.md#b) [c](#d) [e](https://f.example/g) [`h`](../h)";
        assert_eq!(links(page).collect::<Vec<_>>(), ["docs/a.md", "../h"]);
    }

    #[test]
    fn the_keyword_in_code_is_found_and_a_comment_or_a_longer_name_is_not() {
        assert!(is_unsafe("    unsafe { b() }") && is_unsafe("#[unsafe(no_mangle)]"));
        assert!(!is_unsafe("#![forbid(unsafe_code)]") && !is_unsafe("a(); // unsafe"));
    }
}

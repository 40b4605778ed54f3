//! `cargo xtask check floors`: each folder of the core imports only those below it, and no files anywhere import each
//! other in a circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::imports::{Import, Imports, of_kotlin, of_python, of_rust};
use crate::cargo;
use crate::failure::Failure;

const CORE: &str = "crates/mypreferences/src";

/// The core from the ground up. `lib.rs`, `test_hooks` and the tests look at all of them.
const FLOORS: &[&str] = &[
    "json",
    "mutants",
    "threads",
    "error",
    "settings",
    "http",
    "telemetry",
    "auth",
    "session",
    "read",
    "commit",
    "client",
    "export",
    "configuration",
    "landing",
    "blocking",
];

pub(super) fn run() -> Result<String, Failure> {
    let root = cargo::workspace_folder()?;
    let mut all = Imports::default();
    for source in sources(&root)? {
        add(&mut all, of_rust(&source)?);
    }
    add(&mut all, of_python(&root.join("python/src/mypreferences"))?);
    add(&mut all, of_kotlin(&root.join("bindings/kotlin/src/main/kotlin"))?);
    for import in &mut all.list {
        for file in [&mut import.from, &mut import.to] {
            *file = file.strip_prefix(&root).unwrap_or(file).to_owned();
        }
    }
    let mut objections: Vec<String> = all.list.iter().filter_map(upward).collect();
    objections.extend(circles(&all.list));
    for objection in &objections {
        println!("{objection}");
    }
    if objections.is_empty() {
        let (floors, files) = (FLOORS.len(), all.files);
        println!("{files} files read");
        return Ok(format!("{files} files without a circle, {floors} floors"));
    }
    Err(Failure::new("imports upward or in a circle; move what both sides share to the lower one"))
}

/// The Rust sources of the workspace.
fn sources(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = root.join("crates");
    let wrong = |error| Failure::file(&folder, &error);
    let mut sources = vec![root.join("tests/adapters/rust/src")];
    for entry in std::fs::read_dir(&folder).map_err(wrong)? {
        sources.push(entry.map_err(wrong)?.path().join("src"));
    }
    sources.retain(|source| source.is_dir());
    sources.sort();
    Ok(sources)
}

fn add(all: &mut Imports, more: Imports) {
    all.files += more.files;
    all.list.extend(more.list);
}

/// What is wrong with this import of the core, if it goes up.
fn upward(import: &Import) -> Option<String> {
    let height = |file: &Path| {
        let file = file.strip_prefix(CORE).ok()?.with_extension("");
        let floor = file.iter().next()?.to_str()?;
        FLOORS.iter().position(|name| *name == floor)
    };
    let (from, to) = (height(&import.from)?, height(&import.to)?);
    let file = import.from.display();
    (from < to).then(|| format!("{file}: {} imports {}: {}", FLOORS[from], FLOORS[to], import.what))
}

/// Each shortest way from a file back to itself, told once.
fn circles(list: &[Import]) -> Vec<String> {
    let mut known: BTreeMap<&Path, BTreeMap<&Path, &str>> = BTreeMap::new();
    for import in list {
        let imported = known.entry(&import.from).or_default();
        imported.entry(&import.to).or_insert(&import.what);
    }
    let mut told = BTreeSet::new();
    let mut objections = Vec::new();
    for start in known.keys() {
        let Some(circle) = way_back(&known, start) else {
            continue;
        };
        let files: BTreeSet<&Path> = circle.iter().copied().collect();
        if told.insert(files) {
            let next = circle.iter().cycle().skip(1);
            let steps =
                circle.iter().zip(next).map(|(from, to)| format!("\n  {}: {}", from.display(), known[from][to]));
            objections.push(format!("a circle:{}", steps.collect::<String>()));
        }
    }
    objections
}

fn way_back<'a>(known: &BTreeMap<&'a Path, BTreeMap<&'a Path, &str>>, start: &'a Path) -> Option<Vec<&'a Path>> {
    let mut before: BTreeMap<&Path, &Path> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for to in known.get(file)?.keys().filter(|to| known.contains_key(**to)) {
            if *to == start {
                let mut way = vec![file];
                while way[0] != start {
                    way.insert(0, before[way[0]]);
                }
                return Some(way);
            }
            if !before.contains_key(to) {
                before.insert(to, file);
                queue.push_back(to);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(from: &str, to: &str) -> Import {
        Import { from: from.into(), to: to.into(), what: "this".to_owned() }
    }

    #[test]
    fn an_import_from_above_is_told_and_one_from_below_is_not() {
        let (http, landing) = (format!("{CORE}/http/mod.rs"), format!("{CORE}/landing/run.rs"));
        assert!(upward(&import(&http, &landing)).unwrap().contains("http imports landing"));
        assert_eq!(upward(&import(&landing, &http)), None);
    }

    #[test]
    fn a_circle_is_told_once_however_many_files_it_has() {
        let circle = [import("a", "b"), import("b", "c"), import("c", "a"), import("d", "a")];
        assert_eq!(circles(&circle), ["a circle:\n  a: this\n  b: this\n  c: this"]);
        assert!(circles(&circle[1..]).is_empty());
    }
}

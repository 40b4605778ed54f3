//! `cargo xtask check circles`: no two files import each other, in the Rust of every crate and in the Python package.
//!
//! A file and the module that declares it are no circle. Files of one Kotlin package and of one Swift module do not import
//! each other at all: there the compiler sees every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cargo;
use crate::failure::Failure;

/// The files of one source folder by module, and whom each imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

pub(super) fn run() -> Result<String, Failure> {
    let root = cargo::workspace_folder()?;
    let mut files = 0;
    let mut circles = Vec::new();
    let mut folders = vec![root.join("tests/adapters/rust/src")];
    for entry in entries(&root.join("crates"))? {
        folders.push(entry.join("src"));
    }
    for folder in folders {
        let sources = sources(&folder, "rs", &mut Vec::new())?;
        let modules: BTreeSet<String> = sources.iter().map(|(module, _)| module.clone()).collect();
        let imports = sources.iter().map(|(module, text)| (module.clone(), rust_imports(module, text, &modules)));
        files += sources.len();
        circles.extend(pairs(&folder, &imports.collect()));
    }
    let package = root.join("python/src/mypreferences");
    let sources = sources(&package, "py", &mut Vec::new())?;
    let imports = sources.iter().map(|(module, text)| (module.clone(), python_imports(text)));
    files += sources.len();
    circles.extend(pairs(&package, &imports.collect()));
    for circle in &circles {
        println!("{circle}");
    }
    if circles.is_empty() {
        return Ok(format!("{files} files"));
    }
    Err(Failure::new("two files import each other; move what both share into a third or the lower one"))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error| Failure::file(folder, &error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        entries.push(entry.map_err(wrong)?.path());
    }
    entries.sort();
    Ok(entries)
}

/// Every source below a folder: its module path (`a::b`, empty for the root) and its text.
fn sources(folder: &Path, ending: &str, above: &mut Vec<String>) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            above.push(name);
            found.extend(sources(&path, ending, above)?);
            above.pop();
        } else if path.extension().is_some_and(|known| known == ending) {
            let mut module = above.clone();
            if !["mod", "lib", "main", "__init__"].contains(&name.as_str()) {
                module.push(name);
            }
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            found.push((module.join("::"), text));
        }
    }
    Ok(found)
}

fn pairs(folder: &Path, imports: &Imports) -> Vec<String> {
    let mut found = Vec::new();
    for (module, imported) in imports {
        for other in imported.iter().filter(|other| module < *other) {
            if imports.get(other).is_some_and(|back| back.contains(module)) {
                found.push(format!("{}: {module} and {other} import each other", folder.display()));
            }
        }
    }
    found
}

/// The modules that a file names by `crate::…` or `super::…`, before its tests.
fn rust_imports(module: &str, text: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .take_while(|line| *line != "mod tests {")
        .map(|line| line.split("//").next().unwrap_or_default().trim().to_owned() + " ")
        .collect();
    let here: Vec<&str> = module.split("::").filter(|part| !part.is_empty()).collect();
    let mut found = BTreeSet::new();
    for (start, above) in [("crate::", None), ("super::", Some(1))] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
                continue;
            }
            let base = above.map_or(&here[..0], |above| &here[..here.len().saturating_sub(above)]);
            for path in paths(&code[at + start.len()..]) {
                let parts: Vec<&str> = base.iter().copied().chain(path.iter().map(String::as_str)).collect();
                let known = (0..=parts.len()).rev().map(|length| parts[..length].join("::"));
                found.extend(known.into_iter().find(|path| modules.contains(path)));
            }
        }
    }
    found.remove(module);
    found
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`; of other code the path that it begins with.
fn paths(code: &str) -> Vec<Vec<String>> {
    let end = code.find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'));
    let (path, rest) = code.split_at(end.unwrap_or(code.len()));
    let parts: Vec<String> = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if !path.ends_with("::") || !rest.starts_with('{') {
        return vec![parts];
    }
    let mut depth = 0_u32;
    let mut elements = vec![String::new()];
    for letter in rest.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (letter, depth) {
            (_, 0) => break,
            ('{', 1) => {}
            (',', 1) => elements.push(String::new()),
            _ => elements.iter_mut().next_back().into_iter().for_each(|element| element.push(letter)),
        }
    }
    let inner = elements.iter().flat_map(|element| paths(element.trim()));
    inner.map(|inner| parts.iter().cloned().chain(inner).collect()).collect()
}

/// The modules of the package that a file imports, wherever the line stands.
fn python_imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        let Some((from, names)) = line.strip_prefix("from mypreferences").and_then(|rest| rest.split_once(" import "))
        else {
            continue;
        };
        match from.strip_prefix('.') {
            Some(module) => drop(found.insert(module.to_owned())),
            None => found.extend(names.split(',').map(|name| name.trim().to_owned())),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn lists_paths_in_code_and_paths_from_above_are_read_and_comments_and_tests_are_not() {
        let modules = set(&["", "a", "a::b", "a::c", "d", "e"]);
        let text = "use crate::a::{b::{X, Y}, Z};\nuse super::c::f;\n// crate::d\nfn f() { crate::e::g() }\nmod tests {\nuse crate::d::h;";
        assert_eq!(rust_imports("a::x", text, &modules), set(&["a", "a::b", "a::c", "e"]));
        assert_eq!(
            python_imports("from mypreferences import _a, _b\n    from mypreferences._c import X\nimport os"),
            set(&["_a", "_b", "_c"])
        );
    }

    #[test]
    fn two_that_import_each_other_are_told() {
        let imports = Imports::from([("a".to_owned(), set(&["b"])), ("b".to_owned(), set(&["a", "c"]))]);
        assert_eq!(pairs(Path::new("x"), &imports), ["x: a and b import each other"]);
    }
}

//! `cargo xtask check floors`: each folder of the core imports only those below it, so that no two import each other.

use std::path::Path;

use crate::cargo;
use crate::failure::Failure;

/// From the ground up. `lib.rs`, `test_hooks` and the tests look at all of them.
const FLOORS: &[&str] = &[
    "json",
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
    let source = cargo::workspace_folder()?.join("crates/mypreferences/src");
    let mut objections = Vec::new();
    for (height, floor) in FLOORS.iter().enumerate() {
        let folder = source.join(floor);
        if folder.is_dir() {
            look_into(&folder, height, &mut objections)?;
        } else {
            look_at(&source.join(format!("{floor}.rs")), height, &mut objections)?;
        }
    }
    for objection in &objections {
        println!("{objection}");
    }
    if objections.is_empty() {
        return Ok(format!("{} floors", FLOORS.len()));
    }
    Err(Failure::new("the core imports upward; move what both sides share to the lower one"))
}

fn look_into(folder: &Path, height: usize, objections: &mut Vec<String>) -> Result<(), Failure> {
    let wrong = |error| Failure::file(folder, &error);
    for entry in std::fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            look_into(&path, height, objections)?;
        } else {
            look_at(&path, height, objections)?;
        }
    }
    Ok(())
}

fn look_at(file: &Path, height: usize, objections: &mut Vec<String>) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?;
    for (line, above) in upward(&text, height) {
        let file = file.display();
        objections.push(format!("{file}:{line}: {} imports {above}", FLOORS[height]));
    }
    Ok(())
}

/// The lines that name a floor above this one, before the tests of a file.
fn upward(text: &str, height: usize) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let lines = text.lines().take_while(|line| *line != "mod tests {");
    for (number, line) in lines.enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for path in code.split("crate::").skip(1) {
            let name = path.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
            let name = name.into_iter().next().unwrap_or_default();
            let above = FLOORS.iter().skip(height + 1).find(|floor| **floor == name);
            found.extend(above.map(|above| (number + 1, *above)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_from_above_is_found_and_one_in_a_comment_or_a_test_is_not() {
        let text = "use crate::error::Error;\n// crate::landing\nuse crate::landing::run;\n#[cfg(test)]\nmod tests {\nuse crate::blocking;";
        let height = FLOORS.iter().position(|floor| *floor == "http").unwrap();
        assert_eq!(upward(text, height), [(3, "landing")]);
    }
}

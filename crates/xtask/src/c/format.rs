//! clang-format over what is written by hand; `.clang-format` says how.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Places;
use crate::failure::Failure;
use crate::symbols::output_of;

const FOLDERS: [&str; 5] =
    ["include", "bindings/c/benches", "bindings/c/examples", "bindings/c/tests", "tests/adapters/c"];

/// cbindgen has its own form.
const MADE: [&str; 2] = ["mypreferences.h", "mypreferences_arrow.h"];

pub(super) fn run(places: &Places) -> Result<String, Failure> {
    let mut command = Command::new("clang-format");
    command.args(["--dry-run", "--Werror"]).current_dir(&places.root);
    let mut count = 0;
    for folder in FOLDERS {
        for file in sources(&places.root, folder)? {
            command.arg(file);
            count += 1;
        }
    }
    output_of(&mut command, "run `clang-format -i` on the files it names")?;
    let said = format!("{count} files");
    println!("{said}");
    Ok(said)
}

fn sources(root: &Path, folder: &str) -> Result<Vec<PathBuf>, Failure> {
    let path = root.join(folder);
    let failure = |error| Failure::file(&path, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(failure)? {
        let name = entry.map_err(failure)?.file_name();
        let name = Path::new(&name);
        let extension = name.extension().and_then(std::ffi::OsStr::to_str);
        if matches!(extension, Some("c" | "h" | "cpp" | "hpp")) && !MADE.iter().any(|made| name == Path::new(made)) {
            files.push(Path::new(folder).join(name));
        }
    }
    files.sort();
    Ok(files)
}

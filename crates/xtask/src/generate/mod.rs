//! `cargo xtask generate [--check]`: writes what is made from other files, or says that it is stale. One module for each
//! sort of made file.

mod c_header;
mod errors_table;
mod kinds;
mod native;

use std::path::PathBuf;

use crate::cargo;
use crate::failure::Failure;

/// A file as it must be.
struct Made {
    path: PathBuf,
    text: String,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments {
        [] => generate(false),
        [argument] if argument == "--check" => generate(true),
        [argument, ..] => Err(Failure::new(format!(
            "`{argument}` is not an argument here; `cargo xtask generate --check` looks whether anything is stale"
        ))),
    }
}

fn generate(check: bool) -> Result<(), Failure> {
    let root = cargo::workspace_folder()?;
    let mut stale = Vec::new();
    let mut all = vec![errors_table::make(&root)?, c_header::make(&root)?];
    all.extend(kinds::make(&root)?);
    all.extend(native::make(&root)?);
    for made in all {
        let name = made.path.strip_prefix(&root).unwrap_or(&made.path);
        let name = name.display().to_string();
        if std::fs::read_to_string(&made.path).is_ok_and(|there| there == made.text) {
            println!("{name}: up to date");
        } else if check {
            stale.push(name);
        } else {
            std::fs::write(&made.path, &made.text)
                .map_err(|error| Failure::file(&made.path, &error))?;
            println!("{name}: written");
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "stale: {}; run `cargo xtask generate` and commit what it writes",
        stale.join(", ")
    )))
}

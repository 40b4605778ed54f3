//! `cargo xtask generate [--check]`: writes what is made from other files, or says that it is stale. One module for each
//! sort of made file.

mod c_header;
mod errors_table;
mod kinds;
mod native;
mod settings;
mod version;

use std::path::{Path, PathBuf};

use crate::cargo;
use crate::failure::Failure;

/// Those of one module.
type Maker = fn(&Path) -> Result<Vec<Made>, Failure>;

/// The header and the native library are made from sources that may just have been made, so they come last.
const MAKERS: [Maker; 6] =
    [errors_table::make, kinds::make, settings::make, version::make, c_header::make, native::make];

/// A file as it must be.
struct Made {
    path: PathBuf,
    text: String,
}

pub(crate) fn run(check: bool) -> Result<(), Failure> {
    let root = cargo::workspace_folder()?;
    let mut stale = Vec::new();
    for make in MAKERS {
        for made in make(&root)? {
            let name = made.path.strip_prefix(&root).unwrap_or(&made.path);
            let name = name.display().to_string();
            if std::fs::read_to_string(&made.path).is_ok_and(|there| there == made.text) {
                println!("{name}: up to date");
            } else if check {
                stale.push(name);
            } else {
                std::fs::write(&made.path, &made.text).map_err(|error| Failure::file(&made.path, &error))?;
                println!("{name}: written");
            }
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("stale: {}; run `cargo xtask generate` and commit what it writes", stale.join(", "))))
}

/// The text with this between two marks, in the place of what is there.
fn between(text: &str, (begin, end): (&str, &str), made: &str) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}{made}{end}{after}"))
}

/// With a capital letter at its beginning.
fn capitalised(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_replaced() {
        let marks = ("<!-- begin -->\n", "<!-- end -->");
        assert_eq!(
            between("before\n<!-- begin -->\nold\n<!-- end -->\nafter\n", marks, "new\n").as_deref(),
            Some("before\n<!-- begin -->\nnew\n<!-- end -->\nafter\n")
        );
        assert_eq!(between("no marks", marks, "new"), None);
    }
}

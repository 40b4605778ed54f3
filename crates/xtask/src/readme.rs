//! The README's programs, taken out of it so that they are compiled and run as they stand there.

use std::path::Path;

use crate::cargo;
use crate::failure::Failure;

/// A reader's patience: no program of the README is longer.
const MOST_LINES: usize = 12;

/// The first program in this language.
pub(crate) fn in_language(language: &str) -> Result<String, Failure> {
    let path = cargo::workspace_folder()?.join("README.md");
    let readme = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    program(&readme, language).map(str::to_owned).ok_or_else(|| {
        Failure::new(format!(
            "README.md has no program in {language} of at most {MOST_LINES} lines; write one between ```{language} and ```"
        ))
    })
}

/// Writes it to a file.
pub(crate) fn write_program(language: &str, file: &Path) -> Result<(), Failure> {
    let program = in_language(language)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    std::fs::write(file, program).map_err(|error| Failure::file(file, &error))
}

fn program<'a>(readme: &'a str, language: &str) -> Option<&'a str> {
    let (_, rest) = readme.split_once(&format!("\n```{language}\n"))?;
    let (program, _) = rest.split_once("```\n")?;
    let lines = program.lines().filter(|line| !line.is_empty()).count();
    (lines <= MOST_LINES).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_what_stands_between_its_marks() {
        let readme = "text\n```sh\nls\n```\n```java\nclass A {}\n```\n";
        assert_eq!(program(readme, "java"), Some("class A {}\n"));
        assert_eq!(program(readme, "kotlin"), None);
    }

    #[test]
    fn a_program_that_is_too_long_is_none() {
        let long = format!("\n```java\n{}```\n", "x\n".repeat(13));
        assert_eq!(program(&long, "java"), None);
    }
}

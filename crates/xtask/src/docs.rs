//! The programs of docs/, taken out of it so that they are compiled and run as they stand there.

use std::path::Path;

use crate::cargo;
use crate::failure::Failure;

/// A reader's patience: no program is longer.
const MOST_LINES: usize = 12;

/// The page that holds the programs of a language.
pub(crate) const SWIFT: &str = "docs/swift.md";
pub(crate) const KOTLIN_AND_JAVA: &str = "docs/kotlin-java.md";
pub(crate) const C_AND_CPP: &str = "docs/c-cpp.md";

/// A program in this language; the first has the number 0.
pub(crate) fn numbered(page: &str, language: &str, number: usize) -> Result<String, Failure> {
    let path = cargo::workspace_folder()?.join(page);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    program(&text, language, number).map(str::to_owned).ok_or_else(|| {
        Failure::new(format!(
            "{page} has no program {number} in {language} of at most {MOST_LINES} lines; write one between ```{language} and ```"
        ))
    })
}

/// Writes one to a file.
pub(crate) fn write_program(page: &str, language: &str, number: usize, file: &Path) -> Result<(), Failure> {
    let program = numbered(page, language, number)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    std::fs::write(file, program).map_err(|error| Failure::file(file, &error))
}

fn program<'a>(page: &'a str, language: &str, number: usize) -> Option<&'a str> {
    let mark = format!("\n```{language}\n");
    let rest = page.split(&mark).nth(number + 1)?;
    let (program, _) = rest.split_once("```\n")?;
    let lines = program.lines().filter(|line| !line.is_empty()).count();
    (lines <= MOST_LINES).then_some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_what_stands_between_its_marks() {
        let page = "text\n```sh\nls\n```\n```java\nclass A {}\n```\n";
        assert_eq!(program(page, "java", 0), Some("class A {}\n"));
        assert_eq!(program(page, "kotlin", 0), None);
    }

    #[test]
    fn programs_are_numbered_in_their_order() {
        let page = "\n```java\nA\n```\n\n```java\nB\n```\n";
        assert_eq!(program(page, "java", 1), Some("B\n"));
        assert_eq!(program(page, "java", 2), None);
    }

    #[test]
    fn a_program_that_is_too_long_is_none() {
        let long = format!("\n```java\n{}```\n", "x\n".repeat(13));
        assert_eq!(program(&long, "java", 0), None);
    }
}

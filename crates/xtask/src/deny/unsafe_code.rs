//! The word `unsafe` stands in no source file outside the two border crates.
//!
//! The compiler's lint says the same, but a crate can switch a lint off in its own manifest; this is seen there too.

use std::path::{Path, PathBuf};

use super::Facts;
use crate::failure::Failure;

/// The borders to C and to the runtime: they may, with a SAFETY line each.
const BORDERS: &[&str] = &["mypreferences-bridge", "mypreferences-capi"];

pub(super) fn objections(facts: &Facts) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    let crates = facts.root.join("crates");
    for folder in children(&crates)? {
        let is_border = folder
            .file_name()
            .is_some_and(|name| BORDERS.iter().any(|border| name == *border));
        if !is_border {
            collect_sources(&folder, &mut files)?;
        }
    }
    let mut objections = Vec::new();
    for file in files {
        let source =
            std::fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
        let shown = file.strip_prefix(&facts.root).unwrap_or(&file);
        for line in unsafe_lines(&source) {
            objections.push(format!(
                "{}:{line}: unsafe code; move it to crates/mypreferences-bridge or crates/mypreferences-capi",
                shown.display()
            ));
        }
    }
    Ok(objections)
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> = entries
        .map_err(|error| Failure::file(folder, &error))?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    Ok(paths)
}

fn collect_sources(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if path.is_dir() {
        for child in children(path)? {
            collect_sources(&child, files)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        files.push(path.to_owned());
    }
    Ok(())
}

/// The numbers of the lines where the keyword stands in code.
fn unsafe_lines(source: &str) -> Vec<usize> {
    let code = code_only(source);
    let is_keyword = |line: &str| {
        line.split(|character: char| !(character.is_alphanumeric() || character == '_'))
            .any(|word| word == "unsafe")
    };
    code.lines()
        .enumerate()
        .filter(|(_, line)| is_keyword(line))
        .map(|(index, _)| index + 1)
        .collect()
}

/// The source without the insides of comments, strings and characters; lines keep their numbers.
fn code_only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let skipped = comment(rest)
            .or_else(|| string(rest, &code))
            .or_else(|| character_literal(rest));
        let length = skipped.unwrap_or(character.len_utf8());
        if skipped.is_some() {
            code.push(' ');
            code.extend(rest[..length].chars().filter(|&inside| inside == '\n'));
        } else {
            code.push(character);
        }
        rest = &rest[length..];
    }
    code
}

/// The length of the comment that begins here. Block comments nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut position) = (0_usize, 0);
    while position < text.len() {
        let here = &text.as_bytes()[position..];
        if here.starts_with(b"/*") {
            depth += 1;
            position += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return Some(position);
            }
        } else {
            position += 1;
        }
    }
    Some(text.len())
}

/// The length of the string that begins here; `before` is the code up to it, whose last letters may say that it is raw.
fn string(text: &str, before: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    if !text[hashes..].starts_with('"') {
        return None;
    }
    let prefix = before
        .rsplit(|character: char| !(character.is_alphanumeric() || character == '_'))
        .next();
    let is_raw = matches!(prefix, Some("r" | "br" | "cr"));
    if is_raw {
        let end = format!("\"{}", "#".repeat(hashes));
        let body = hashes + 1;
        return Some(
            text[body..]
                .find(&end)
                .map_or(text.len(), |found| body + found + end.len()),
        );
    }
    if hashes > 0 {
        return None;
    }
    let mut is_escaped = false;
    for (position, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(position + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// The length of a character such as `'"'` or `'\''`; a lifetime is none.
fn character_literal(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if let Some(escape) = inside.strip_prefix('\\') {
        let first = escape.chars().next()?.len_utf8();
        return escape[first..].find('\'').map(|end| 2 + first + end + 1);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(1 + first + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_in_code_is_found_with_its_line() {
        assert_eq!(
            unsafe_lines(
                "fn a() {\n    unsafe { b() }\n}\nunsafe impl Send for A {}\n#[unsafe(no_mangle)]"
            ),
            [2, 4, 5]
        );
    }

    #[test]
    fn the_word_in_comments_strings_and_longer_names_is_nothing() {
        let source = r###"
            // unsafe
            /* unsafe /* unsafe */ unsafe */
            #![forbid(unsafe_code)]
            let a = "unsafe \" unsafe";
            let b = r#"unsafe " unsafe"#;
            let c = br##"unsafe "# unsafe"##;
            let not_unsafe = 1;
        "###;
        assert_eq!(unsafe_lines(source), [0_usize; 0]);
    }

    #[test]
    fn what_only_looks_like_a_string_or_a_comment_hides_nothing() {
        assert_eq!(unsafe_lines("let quote = '\"'; unsafe {}"), [1]);
        assert_eq!(unsafe_lines("let quote = '\\''; unsafe {}"), [1]);
        assert_eq!(unsafe_lines("fn a<'a>(text: &'a str) { unsafe {} }"), [1]);
        assert_eq!(unsafe_lines("let address = \"http://\"; unsafe {}"), [1]);
        assert_eq!(unsafe_lines("let lines = \"one\ntwo\";\nunsafe {}"), [3]);
    }
}

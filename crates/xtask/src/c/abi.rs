//! The ABI as text: exported functions with their prototypes, the numbers of the enums, sizes and offsets. It is made from
//! the installed header and library and compared with `tests/abi/abi.txt`, so that it does not change by accident.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use super::Places;
use crate::failure::Failure;
use crate::install::ABI;
use crate::symbols::{exported, installed, output_of};

const FILE: &str = "tests/abi/abi.txt";

pub(super) fn compare(places: &Places) -> Result<String, Failure> {
    let today = describe(places)?;
    let path = places.root.join(FILE);
    let known = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let (known, now): (BTreeSet<&str>, BTreeSet<&str>) = (known.lines().collect(), today.lines().collect());
    if known == now {
        let said = format!("{} lines, as in {FILE}", now.len());
        println!("{said}");
        return Ok(said);
    }
    for gone in known.difference(&now) {
        println!("- {gone}");
    }
    for new in now.difference(&known) {
        println!("+ {new}");
    }
    Err(Failure::new(format!(
        "the ABI is not the one in {FILE}; what went or changed breaks programs (then the soname must grow); what only came: `cargo xtask c accept-abi`"
    )))
}

pub(super) fn accept(places: &Places) -> Result<(), Failure> {
    let path = places.root.join(FILE);
    std::fs::write(&path, describe(places)?).map_err(|error| Failure::file(&path, &error))?;
    println!("{FILE}: written");
    Ok(())
}

fn describe(places: &Places) -> Result<String, Failure> {
    let header = places.prefix.join("include/mypreferences.h");
    let header = std::fs::read_to_string(&header).map_err(|error| Failure::file(&header, &error))?;
    let code = without_comments(&header);
    let functions = functions(&code);
    let exported = exported(&installed(&places.prefix, "mypreferences"))?;
    let declared: BTreeSet<String> = functions.iter().map(|(name, _)| name.clone()).collect();
    if declared != exported {
        let differing: Vec<&String> = declared.symmetric_difference(&exported).collect();
        return Err(Failure::new(format!(
            "declared or exported, but not both: {differing:?}; look at cbindgen.toml and at what mypreferences-capi exports"
        )));
    }
    let soname = soname(&places.prefix)?;
    if soname != format!("libmypreferences.so.{ABI}") {
        return Err(Failure::new(format!(
            "the soname is {soname:?}; build.rs of mypreferences-capi and ABI in xtask disagree"
        )));
    }
    let mut text = format!("soname {soname}\n");
    for (_, prototype) in &functions {
        // Writing to a String does not fail.
        let _ = writeln!(text, "function {prototype}");
    }
    text.push_str(&measured(places, &code)?);
    Ok(text)
}

fn soname(prefix: &Path) -> Result<String, Failure> {
    let mut readelf = Command::new("readelf");
    readelf.arg("-d").arg(prefix.join("lib/libmypreferences.so"));
    let dynamic = output_of(&mut readelf, "install binutils")?;
    let line = dynamic.lines().find(|line| line.contains("(SONAME)"));
    Ok(line
        .and_then(|line| line.split_once('['))
        .map(|(_, rest)| rest.trim_end_matches(']').to_owned())
        .unwrap_or_default())
}

pub(super) fn without_comments(header: &str) -> String {
    let mut code = String::new();
    let mut rest = header;
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    code.push_str(rest);
    code.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split("//").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Name and prototype of each function.
pub(super) fn functions(code: &str) -> Vec<(String, String)> {
    let mut functions: Vec<(String, String)> = code
        .split(';')
        .map(|statement| statement.trim().trim_start_matches("extern \"C\" {").trim())
        .filter(|statement| statement.ends_with(')') && !statement.starts_with("typedef"))
        .filter_map(|statement| {
            let prototype = statement.trim_start_matches("MYPREF_MUST_USE").trim();
            let name = prototype.split_once('(')?.0.rsplit([' ', '*']).next()?;
            Some((name.to_owned(), prototype.to_owned()))
        })
        .collect();
    functions.sort();
    functions
}

/// Enums, structs and callbacks: what only a compiler knows for sure.
fn measured(places: &Places, code: &str) -> Result<String, Failure> {
    let mut program =
        String::from("#include <mypreferences.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n");
    for (head, body, name) in braced(code) {
        let _ = writeln!(program, "printf(\"size {name} %zu\\n\", sizeof({name}));");
        for item in body.split([',', ';']).map(str::trim).filter(|item| !item.is_empty()) {
            let _ = if head.ends_with("enum") {
                let value = item.split_whitespace().next().unwrap_or_default();
                writeln!(program, "printf(\"enum {value} %d\\n\", (int){value});")
            } else {
                let field = item.split_whitespace().last().unwrap_or_default();
                let field = field.trim_start_matches('*');
                writeln!(program, "printf(\"offset {name}.{field} %zu\\n\", offsetof({name}, {field}));")
            };
        }
    }
    program.push_str("return 0;\n}\n");
    let source = places.folder.join("abi.c");
    let binary = places.folder.join("abi");
    std::fs::write(&source, program).map_err(|error| Failure::file(&source, &error))?;
    let mut compile = Command::new("gcc");
    compile.arg("-I").arg(places.prefix.join("include")).arg(&source).arg("-o").arg(&binary);
    output_of(&mut compile, "repair the header")?;
    let mut text = output_of(&mut Command::new(&binary), "run it by hand")?;
    for statement in code.split(';').map(str::trim) {
        if statement.starts_with("typedef") && statement.ends_with(')') {
            let _ = writeln!(text, "{statement}");
        }
    }
    Ok(text)
}

/// Each `typedef … { body } name`.
fn braced(code: &str) -> Vec<(&str, &str, &str)> {
    code.split("typedef ")
        .filter_map(|piece| {
            let (head, rest) = piece.split_once('{')?;
            let (body, rest) = rest.split_once('}')?;
            let name = rest.split(';').next()?.trim();
            let head = head.trim();
            (head.starts_with("enum") || head.starts_with("struct")).then_some((head, body, name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "/* a; b(c); */\n#define X 1\ntypedef enum {\n  A = 0,\n  B = 7,\n} letter;\n\
        typedef void (*back)(int);\n#ifdef __cplusplus\nextern \"C\" {\n#endif // c\nMYPREF_MUST_USE\nint *f(int a,\n  int b);\nvoid g(void);\n}\n";

    #[test]
    fn functions_are_found_with_their_prototypes() {
        assert_eq!(
            functions(&without_comments(HEADER)),
            [("f".to_owned(), "int *f(int a, int b)".to_owned()), ("g".to_owned(), "void g(void)".to_owned())]
        );
    }

    #[test]
    fn enums_are_found_with_their_values() {
        let code = without_comments(HEADER);
        let found = braced(&code);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].2), ("enum", "letter"));
    }
}

//! Each header compiles alone, as every version of C and C++ that it is for, with both compilers and every warning.

use std::process::Command;

use super::Places;
use crate::failure::Failure;
use crate::symbols::output_of;

/// The language for the compilers, the versions, and the headers.
const MATRIX: [(&str, &[&str], &[&str]); 2] = [
    ("c", &["c99", "c11", "c17"], &["mypreferences.h"]),
    (
        "c++",
        // The last one as both compilers call it.
        &["c++17", "c++20", "c++2b"],
        &[
            "mypreferences.h",
            "mypreferences.hpp",
            "mypreferences_expected.hpp",
            "mypreferences_export.hpp",
            "mypreferences_records.hpp",
        ],
    ),
];

const COMPILERS: [&str; 2] = ["gcc", "clang"];

pub(super) fn run(places: &Places) -> Result<String, Failure> {
    let mut compiled = 0;
    for (language, versions, headers) in MATRIX {
        for header in headers {
            // Twice, so that the guard is tried too.
            let source = places.folder.join("header_alone");
            let text = format!("#include <{header}>\n#include <{header}>\n");
            std::fs::write(&source, text).map_err(|error| Failure::file(&source, &error))?;
            for version in versions {
                for compiler in COMPILERS {
                    let mut command = Command::new(compiler);
                    command
                        .arg(format!("-std={version}"))
                        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
                        .arg("-I")
                        .arg(places.prefix.join("include"))
                        .args(["-x", language])
                        .arg(&source);
                    output_of(&mut command, "repair the header")?;
                    compiled += 1;
                }
            }
        }
    }
    let said = format!("{compiled} combinations of header, version and compiler");
    println!("{said}");
    Ok(said)
}

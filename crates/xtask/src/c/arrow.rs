//! `libmypreferences_arrow`: the small library whole, and what it has more; its tests; and the example, with the Arrow C++
//! that pyarrow brings.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use super::{Places, abi, programs, tests};
use crate::failure::Failure;
use crate::install::{self, Build};
use crate::symbols::{exported, installed, output_of};
use crate::virtual_environment;

const LIBRARY: &str = "mypreferences_arrow";

pub(super) fn run(places: &Places) -> Result<String, Failure> {
    install::arrow_into(&places.prefix, Build::Debug)?;
    let more = exports_what_the_headers_say(places)?;
    compiles_alone(places)?;
    let said = tests::of_arrow(places)?;
    let example = example(places)?;
    let said = format!("{more} functions more; {said}; {example}");
    println!("{said}");
    Ok(said)
}

fn exports_what_the_headers_say(places: &Places) -> Result<usize, Failure> {
    let header = places.prefix.join(format!("include/{LIBRARY}.h"));
    let text = std::fs::read_to_string(&header).map_err(|error| Failure::file(&header, &error))?;
    let more: BTreeSet<String> =
        abi::functions(&abi::without_comments(&text)).into_iter().map(|(name, _)| name).collect();
    let mut expected = exported(&installed(&places.prefix, "mypreferences"))?;
    expected.extend(more.iter().cloned());
    let found = exported(&installed(&places.prefix, LIBRARY))?;
    let differing: Vec<&String> = expected.symmetric_difference(&found).collect();
    if !differing.is_empty() || more.is_empty() {
        return Err(Failure::new(format!(
            "lib{LIBRARY} does not export what libmypreferences and its own header say: {differing:?}"
        )));
    }
    Ok(more.len())
}

fn compiles_alone(places: &Places) -> Result<(), Failure> {
    let source = places.folder.join("arrow_header_alone");
    let text = format!("#include <{LIBRARY}.h>\n#include <{LIBRARY}.h>\n");
    std::fs::write(&source, text).map_err(|error| Failure::file(&source, &error))?;
    for (language, version) in [("c", "c99"), ("c++", "c++17")] {
        let mut compile = Command::new("gcc");
        compile
            .arg(format!("-std={version}"))
            .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", language, "-I"])
            .arg(places.prefix.join("include"))
            .arg(&source);
        output_of(&mut compile, "repair the header")?;
    }
    Ok(())
}

/// Built and run where the Python of this machine gets a pyarrow.
fn example(places: &Places) -> Result<String, Failure> {
    let python = virtual_environment::python(&places.root.join("python/requirements-test.txt"))?;
    let mut ask = Command::new(&python);
    ask.args(["-c", "import pyarrow; print(pyarrow.get_include()); print(pyarrow.get_library_dirs()[0])"]);
    let Ok(said) = output_of(&mut ask, "") else {
        return Ok("no example: this Python is too old for the pyarrow of the tests".to_owned());
    };
    let (include, libraries) = said.trim().split_once('\n').unwrap_or_default();
    let entries = std::fs::read_dir(libraries).map_err(|error| Failure::new(format!("{libraries}: {error}")))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let arrow = names.filter(|name| name.starts_with("libarrow.so.")).min_by_key(String::len);
    let arrow = arrow.ok_or_else(|| Failure::new("pyarrow brings no libarrow.so; look at its package"))?;
    let binary: PathBuf = places.folder.join("example-arrow");
    let own = places.prefix.join("lib");
    let mut compile = Command::new("c++");
    compile
        .args(["-std=c++20", "-Wall", "-Wextra", "-Werror"])
        // Headers of others, and their warnings.
        .args(["-isystem", include, "-I"])
        .arg(places.prefix.join("include"))
        .arg(places.root.join("bindings/c/examples/arrow.cpp"))
        .args([&format!("-L{}", own.display()), &format!("-Wl,-rpath,{}", own.display()), &format!("-l{LIBRARY}")])
        .args([&format!("-L{libraries}"), &format!("-Wl,-rpath,{libraries}"), &format!("-l:{arrow}")])
        .arg("-o")
        .arg(&binary);
    output_of(&mut compile, "repair the example")?;
    let folder = programs::landed(places, "arrow")?;
    let said = output_of(Command::new(&binary).arg(&folder), "run it by hand")?;
    if said.starts_with("500 people, ") {
        return Ok(format!("the example says {}", said.trim()));
    }
    Err(Failure::new(format!("the example of Arrow says {said:?} of an export of 500 people")))
}

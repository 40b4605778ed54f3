//! `cargo xtask docs`: the reference of every language that this machine can make, in one folder with a page to begin at.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;
use crate::kotlin;
use crate::python;
use crate::setup::succeeds;
use crate::steps::{Steps, run_visibly};
use crate::swift;
use crate::virtual_environment;

/// A language, the page to begin at below its folder, and how it is made; without the tool for it, what to install.
struct Part {
    name: &'static str,
    page: &'static str,
    make: fn(&Path) -> Result<Made, Failure>,
}

enum Made {
    Here,
    Missing(&'static str),
}

const PARTS: [Part; 5] = [
    Part { name: "rust", page: "mypreferences/index.html", make: rust },
    Part { name: "python", page: "mypreferences.html", make: with_pdoc },
    Part { name: "kotlin", page: "mypreferences-client/com.mypreferences/index.html", make: with_dokka },
    Part { name: "swift", page: "documentation/mypreferences/", make: with_docc },
    Part { name: "c", page: "index.html", make: with_doxygen },
];

/// What doxygen is told: the headers that a program includes, and the page to begin at.
const DOXYGEN: &str = "PROJECT_NAME=\"mypreferences for C and C++\"\nGENERATE_LATEX=NO\nHAVE_DOT=NO\nQUIET=YES\nWARNINGS=NO\nHTML_OUTPUT=.\n\
                       JAVADOC_AUTOBRIEF=YES\nEXTRACT_ALL=YES\nMACRO_EXPANSION=YES\nFILE_PATTERNS=*.h *.hpp *.md\n";

pub(crate) fn run() -> Result<(), Failure> {
    let out = cargo::target_folder()?.join("docs");
    if out.exists() {
        std::fs::remove_dir_all(&out).map_err(|error| Failure::file(&out, &error))?;
    }
    let mut links = String::new();
    let mut steps = Steps::default();
    for Part { name, page, make } in &PARTS {
        let folder = out.join(name);
        steps.run(name, || {
            std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
            match make(&folder)? {
                Made::Here if folder.join(page).exists() => {
                    // Writing to a String does not fail.
                    let _ = write!(links, "<li><a href=\"{name}/{page}\">{name}</a>");
                    Ok(format!("{} MB in {}", size(&folder) / 1_000_000, folder.display()))
                }
                Made::Here => Err(Failure::new(format!("there is no {name}/{page}; look at what was made"))),
                Made::Missing(remedy) => Ok(format!("left out: {remedy}")),
            }
        });
    }
    let index = out.join("index.html");
    let text = format!(
        "<!doctype html><meta charset=utf-8><title>mypreferences</title><h1>mypreferences</h1><ul>{links}</ul>\n"
    );
    std::fs::write(&index, text).map_err(|error| Failure::file(&index, &error))?;
    println!("read it: python3 -m http.server --bind 127.0.0.1 --directory {}", out.display());
    steps.finish()
}

fn rust(folder: &Path) -> Result<Made, Failure> {
    let mut doc = cargo::command(&["doc", "--no-deps", "--all-features", "--package=mypreferences"]);
    doc.arg("--package=mypreferences-mock").env("RUSTDOCFLAGS", "-D warnings");
    run_visibly(&mut doc, "repair the documentation that rustdoc printed above")?;
    copy(&cargo::target_folder()?.join("doc"), folder)
}

fn with_pdoc(folder: &Path) -> Result<Made, Failure> {
    python::prepare()?;
    let package = cargo::workspace_folder()?.join("python");
    let mut pdoc = Command::new(virtual_environment::python(&package.join("requirements-docs.txt"))?);
    pdoc.args(["-m", "pdoc", "mypreferences", "mypreferences.testing", "--output-directory"]).arg(folder);
    pdoc.env("PYTHONPATH", package.join("src")).env("PYTHONDONTWRITEBYTECODE", "1");
    run_visibly(&mut pdoc, "repair the docstring that pdoc printed above")?;
    Ok(Made::Here)
}

fn with_dokka(folder: &Path) -> Result<Made, Failure> {
    if !succeeds(&["mvn", "--version"]) {
        return Ok(Made::Missing("run `cargo xtask setup`"));
    }
    run_visibly(&mut kotlin::maven("org.jetbrains.dokka:dokka-maven-plugin:dokka")?, "read what Dokka says")?;
    copy(&kotlin::folder()?.join("target/dokka"), folder)
}

fn with_docc(folder: &Path) -> Result<Made, Failure> {
    swift::document(folder)?;
    Ok(Made::Here)
}

fn with_doxygen(folder: &Path) -> Result<Made, Failure> {
    if !succeeds(&["doxygen", "--version"]) {
        return Ok(Made::Missing("sudo apt-get install doxygen"));
    }
    let root = cargo::workspace_folder()?;
    let (include, page) =
        (root.join("include").display().to_string(), root.join("docs/c-cpp.md").display().to_string());
    let mut doxygen = Command::new("doxygen")
        .arg("-")
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::file(folder, &error))?;
    if let Some(mut settings) = doxygen.stdin.take() {
        let out = folder.display();
        let text = format!("{DOXYGEN}INPUT={include} {page}\nUSE_MDFILE_AS_MAINPAGE={page}\nOUTPUT_DIRECTORY={out}\n");
        settings.write_all(text.as_bytes()).map_err(|error| Failure::file(folder, &error))?;
    }
    match doxygen.wait() {
        Ok(status) if status.success() => Ok(Made::Here),
        ended => Err(Failure::new(format!("doxygen ended with {ended:?}; read what it says"))),
    }
}

fn copy(from: &Path, to: &Path) -> Result<Made, Failure> {
    run_visibly(Command::new("cp").arg("-R").arg(from.join(".")).arg(to), "look at the free disk space")?;
    Ok(Made::Here)
}

/// In bytes; what cannot be read counts nothing.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.iter().map(|path| if path.is_dir() { size(path) } else { path.metadata().map_or(0, |it| it.len()) }).sum()
}

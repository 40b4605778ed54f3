//! Programs as a user writes them: the examples, built by `CMake` and by pkg-config against the installed copy, and the
//! programs of docs/. Each is run and must commit a token of the mock service, or land an export and commit it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Places;
use super::mock::Mock;
use crate::docs;
use crate::failure::Failure;
use crate::symbols::output_of;

const CLIENT_ID: &str = "SanchezAssociates";
const USER_ID: &str = "RickSanchez";
const SEGMENT: &str = "Everyone";
/// Made up.
const SECRET: &str = "example-hmac-key-0001";
const COMMITTED: &str = "\"outcome\":\"committed\"";
const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

pub(super) fn examples(places: &Places) -> Result<String, Failure> {
    let built = places.cmake("bindings/c/examples", "examples", &places.prefix, &[])?;
    let sources = places.root.join("bindings/c/examples");
    let mut programs = vec![
        built.join("commit"),
        built.join("commit_static"),
        built.join("commit_callback"),
        built.join("commit_cpp"),
    ];
    for (compiler, source, links) in [
        ("cc", "commit.c", Link::Shared),
        ("cc", "commit.c", Link::Static),
        ("cc", "commit_callback.c", Link::Shared),
        ("c++", "commit.cpp", Link::Shared),
        ("c++", "commit.cpp", Link::Static),
    ] {
        let mark = if links == Link::Shared { "shared" } else { "static" };
        let binary = places.folder.join(format!("pkgconfig-{source}-{mark}"));
        by_pkg_config(places, compiler, &sources.join(source), &binary, links)?;
        programs.push(binary);
    }
    let service = Service::start(programs.len())?;
    for (program, token) in programs.iter().zip(1..) {
        let mut command = Command::new(program);
        command.args([service.mock.url.as_str(), CLIENT_ID, USER_ID]).arg(token.to_string());
        must_commit(&mut command)?;
    }
    for name in ["export", "export_cpp"] {
        let folder = places.folder_for(name)?;
        let mut command = Command::new(built.join(name));
        command.args([service.mock.url.as_str(), CLIENT_ID, USER_ID, SEGMENT]).arg(&folder);
        must_commit(&mut command)?;
        must_have_landed(&folder)?;
    }
    let said =
        format!("{} programs built: {} committed a token, 2 landed an export", programs.len() + 2, programs.len());
    println!("{said}");
    Ok(said)
}

/// A folder that the example of an export has landed in.
pub(super) fn landed(places: &Places, name: &str) -> Result<PathBuf, Failure> {
    let built = places.cmake("bindings/c/examples", "examples", &places.prefix, &[])?;
    let service = Service::start(0)?;
    let folder = places.folder_for(name)?;
    let mut command = Command::new(built.join("export"));
    command.args([service.mock.url.as_str(), CLIENT_ID, USER_ID, SEGMENT]).arg(&folder);
    must_commit(&mut command)?;
    Ok(folder)
}

/// The code blocks of docs/c-cpp.md that begin with our headers: the first of each language commits a token, the second
/// lands an export and commits it.
pub(super) fn readme(places: &Places) -> Result<String, Failure> {
    let path = places.root.join(docs::C_AND_CPP);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let service = Service::start(2)?;
    let mut said = Vec::new();
    for (token, compiler, language, longest) in [(1, "cc", "c", 20), (2, "c++", "cpp", 12)] {
        for (nth, sort) in ["commit", "export"].into_iter().enumerate() {
            let code = code_block(&text, language, nth).ok_or_else(|| {
                Failure::new(format!(
                    "docs/c-cpp.md has no {sort} in {language}; write one between ```{language} and ```"
                ))
            })?;
            let lines = code.lines().count();
            if lines > longest {
                return Err(Failure::new(format!(
                    "the {sort} of docs/c-cpp.md in {language} has {lines} lines; make it {longest} at most"
                )));
            }
            let source = places.folder.join(format!("readme-{sort}.{language}"));
            std::fs::write(&source, code).map_err(|error| Failure::file(&source, &error))?;
            let binary = places.folder.join(format!("readme-{sort}-{language}"));
            by_pkg_config(places, compiler, &source, &binary, Link::Shared)?;
            let mut command = Command::new(&binary);
            if sort == "commit" {
                command.arg(&service.mock.url).arg(token.to_string());
                must_commit(&mut command)?;
            } else {
                let folder = places.folder_for(&format!("readme-{language}"))?;
                service.by_environment(&mut command, places);
                command.arg(SEGMENT).arg(&folder);
                must_commit(&mut command)?;
                must_have_landed(&folder)?;
            }
            said.push(format!("{sort} in {language}: {lines} lines"));
        }
    }
    let said = said.join(", ");
    println!("{said}; each committed");
    Ok(said)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Shared,
    Static,
}

/// As a Makefile does it.
fn by_pkg_config(places: &Places, compiler: &str, source: &Path, binary: &Path, link: Link) -> Result<(), Failure> {
    let ask = |arguments: &[&str]| {
        let mut command = Command::new("pkg-config");
        command.args(arguments).arg("mypreferences").env("PKG_CONFIG_PATH", places.prefix.join("lib/pkgconfig"));
        output_of(&mut command, "look at the pkg-config file")
    };
    let mut compile = Command::new(compiler);
    compile.args(WARNINGS);
    compile.args(ask(&["--cflags"])?.split_whitespace());
    compile.arg(source);
    match link {
        Link::Shared => {
            compile.args(ask(&["--libs"])?.split_whitespace());
            let libraries = places.prefix.join("lib");
            compile.arg(format!("-Wl,-rpath,{}", libraries.display()));
        }
        Link::Static => {
            let libraries = ask(&["--libs", "--static"])?;
            compile.args(libraries.split_whitespace().map(|word| match word {
                "-lmypreferences" => "-l:libmypreferences.a",
                other => other,
            }));
        }
    }
    compile.args(["-lpthread", "-o"]).arg(binary);
    output_of(&mut compile, "repair the program or the pkg-config file").map(|_| ())
}

/// The examples of a library for another platform, which `run` starts there by their names: one commits a token, one lands
/// an export, which lies in `folder` here and is called `there` there.
pub(crate) fn run_elsewhere(run: impl Fn(&str) -> Command, folder: &Path, there: &str) -> Result<(), Failure> {
    let service = Service::start(1)?;
    let mut commit = run("commit");
    must_commit(commit.args([service.mock.url.as_str(), CLIENT_ID, USER_ID, "1"]))?;
    let _ = std::fs::remove_dir_all(folder);
    let mut export = run("export");
    must_commit(export.args([service.mock.url.as_str(), CLIENT_ID, USER_ID, SEGMENT, there]))?;
    must_have_landed(folder)
}

/// A mock service with this many exports, which wants the signatures of the example's user.
struct Service {
    mock: Mock,
}

impl Service {
    fn start(exports: usize) -> Result<Service, Failure> {
        let exports: Vec<String> = (1..=exports).map(|token| format!("--export={token}")).collect();
        let segment = format!("--segment={SEGMENT}:500");
        let mut arguments = vec!["--client-id", CLIENT_ID, "--user-id", USER_ID, &segment];
        arguments.extend(exports.iter().map(String::as_str));
        let mock = Mock::start(&arguments, SECRET)?;
        Ok(Service { mock })
    }

    /// For a program that takes its settings from there; the secret comes with every program.
    fn by_environment(&self, command: &mut Command, places: &Places) {
        command
            .env("MYPREFERENCES_BASE_URL", &self.mock.url)
            .env("MYPREFERENCES_CLIENT_ID", CLIENT_ID)
            .env("MYPREFERENCES_USER_ID", USER_ID)
            // No profile of whoever runs this.
            .env("XDG_CONFIG_HOME", &places.folder);
    }
}

impl Places {
    /// A folder that is not there yet, for what a program lands.
    fn folder_for(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.join(format!("landed-{name}"));
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(&folder, &error)),
            Ok(()) | Err(_) => Ok(folder),
        }
    }
}

/// The folder holds one batch, with its manifest and its receipt.
fn must_have_landed(folder: &Path) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let batches: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("batch="))
        .map(|entry| entry.path())
        .collect();
    let is_whole = |batch: &PathBuf| {
        ["part-00001.ndjson", "_manifest.json", "_receipt.json"].iter().all(|name| batch.join(name).is_file())
    };
    if batches.len() == 1 && batches.iter().all(is_whole) {
        return Ok(());
    }
    Err(Failure::new(format!("{} does not hold one committed batch; run the program by hand", folder.display())))
}

fn must_commit(command: &mut Command) -> Result<(), Failure> {
    command.env("MYPREFERENCES_SECRET", SECRET);
    let output = output_of(command, "run it by hand")?;
    if output.contains(COMMITTED) {
        return Ok(());
    }
    let program = PathBuf::from(command.get_program());
    Err(Failure::new(format!("{} committed nothing, it said:\n{output}\nrepair it", program.display())))
}

/// The code block of this language, counted from 0.
fn code_block<'a>(text: &'a str, language: &str, nth: usize) -> Option<&'a str> {
    let begin = format!("\n```{language}\n");
    let rest = text.split(&begin).nth(nth + 1)?;
    let (code, _) = rest.split_once("\n```")?;
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_block_is_found_by_its_language_and_its_place() {
        let text = "a\n```cpp\nx\n```\n```c\ny\nz\n```\n\n```c\nw\n```\n";
        assert_eq!(code_block(text, "c", 0), Some("y\nz"));
        assert_eq!(code_block(text, "c", 1), Some("w"));
        assert_eq!(code_block(text, "c", 2), None);
        assert_eq!(code_block(text, "cpp", 0), Some("x"));
        assert_eq!(code_block(text, "rust", 0), None);
    }
}

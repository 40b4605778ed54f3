//! `cargo xtask install --prefix DIR`: the C library as a C project takes it: shared and static library, headers,
//! licences, pkg-config file and `CMake` package config. Nothing in the folder knows where it lies, so it can be moved.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::symbols;

/// The number in the soname, which is `ABI_VERSION` of the C library.
pub(crate) const ABI: &str = "0";

/// What a static library of Rust needs from the system on Linux (`rustc --print native-static-libs`).
const NATIVE_LIBRARIES: [&str; 6] = ["gcc_s", "util", "rt", "pthread", "m", "dl"];

const HEADERS: [&str; 5] = [
    "mypreferences.h",
    "mypreferences.hpp",
    "mypreferences_expected.hpp",
    "mypreferences_export.hpp",
    "mypreferences_records.hpp",
];

/// How the library is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As it is shipped: optimised, without symbols that nobody links to.
    Shipped,
    /// For tests: quick to build.
    Debug,
    /// For tests that make it panic.
    DebugWithHooks,
}

pub(crate) fn run(prefix: &Path) -> Result<(), Failure> {
    let prefix = std::path::absolute(prefix).map_err(|error| Failure::file(prefix, &error))?;
    into(&prefix, Build::Shipped)?;
    println!("installed into {}", prefix.display());
    Ok(())
}

/// Builds the library and puts everything in place.
pub(crate) fn into(prefix: &Path, build: Build) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::new("so far the C library is installed on Linux only; build it there"));
    }
    let artifacts = compile(build)?;
    let root = cargo::workspace_folder()?;
    let (lib, include) = (prefix.join("lib"), prefix.join("include"));
    let (pkgconfig, cmake) = (lib.join("pkgconfig"), lib.join("cmake/MyPreferences"));
    for folder in [&include, &pkgconfig, &cmake] {
        std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let shared = format!("libmypreferences.so.{version}");
    copy(&artifacts.join("libmypreferences_capi.so"), &lib.join(&shared))?;
    copy(&artifacts.join("libmypreferences_capi.a"), &lib.join("libmypreferences.a"))?;
    link(&shared, &lib.join(format!("libmypreferences.so.{ABI}")))?;
    link(&format!("libmypreferences.so.{ABI}"), &lib.join("libmypreferences.so"))?;
    if build != Build::DebugWithHooks {
        refuse_hooks(prefix)?;
    }
    for header in HEADERS {
        copy(&root.join("include").join(header), &include.join(header))?;
    }
    let papers = prefix.join("share/doc/mypreferences");
    std::fs::create_dir_all(&papers).map_err(|error| Failure::file(&papers, &error))?;
    for paper in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&root.join(paper), &papers.join(paper))?;
    }
    let templates = root.join("bindings/c");
    fill(&templates.join("mypreferences.pc.in"), &pkgconfig.join("mypreferences.pc"))?;
    for name in ["MyPreferencesConfig.cmake", "MyPreferencesConfigVersion.cmake"] {
        fill(&templates.join("cmake").join(format!("{name}.in")), &cmake.join(name))?;
    }
    Ok(())
}

/// The folder that holds what cargo built.
fn compile(build: Build) -> Result<PathBuf, Failure> {
    let (profile, folder) = match build {
        Build::Shipped => ("dist", "dist"),
        Build::Debug | Build::DebugWithHooks => ("dev", "debug"),
    };
    let mut command = cargo::command(&["build", "--quiet", "--package=mypreferences-capi"]);
    command.args(["--profile", profile]);
    if build == Build::DebugWithHooks {
        command.args(["--features", "test-hooks"]);
    }
    run_visibly(&mut command, "run `cargo build -p mypreferences-capi` and repair what it says")?;
    Ok(cargo::target_folder()?.join(folder))
}

/// What only tests may do is in no library that somebody might ship.
fn refuse_hooks(prefix: &Path) -> Result<(), Failure> {
    let exported = symbols::exported(prefix)?;
    let hooks: Vec<&String> = exported.iter().filter(|symbol| symbol.starts_with(symbols::HOOK_PREFIX)).collect();
    if hooks.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("the library has hooks for tests: {hooks:?}; look at the features of mypreferences-capi")))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    // A new file and not new content: a program that runs keeps the library that it has.
    let _ = std::fs::remove_file(to);
    std::fs::copy(from, to).map(|_| ()).map_err(|error| Failure::file(to, &error))
}

/// The chain of names that a linker and a loader look for.
fn link(to: &str, name: &Path) -> Result<(), Failure> {
    let _ = std::fs::remove_file(name);
    let mut command = Command::new("ln");
    command.arg("-s").arg(to).arg(name);
    let made = command.status();
    if made.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err(Failure::new(format!("{} cannot be made; look at the permissions of its folder", name.display())))
}

/// Writes a template with the values of today.
fn fill(template: &Path, to: &Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(template).map_err(|error| Failure::file(template, &error))?;
    std::fs::write(to, filled(&text)).map_err(|error| Failure::file(to, &error))
}

fn filled(template: &str) -> String {
    let flags: Vec<String> = NATIVE_LIBRARIES.iter().map(|library| format!("-l{library}")).collect();
    template
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@MAJOR@", env!("CARGO_PKG_VERSION_MAJOR"))
        .replace("@MINOR@", env!("CARGO_PKG_VERSION_MINOR"))
        .replace("@ABI@", ABI)
        .replace("@NATIVE_LIBRARIES@", &flags.join(" "))
        .replace("@NATIVE_LIBRARIES_LIST@", &NATIVE_LIBRARIES.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_gets_every_value() {
        let text = filled("@VERSION@ @MAJOR@.@MINOR@ @ABI@ @NATIVE_LIBRARIES@ @NATIVE_LIBRARIES_LIST@");
        assert!(!text.contains('@'), "{text}");
        assert!(text.contains("-lgcc_s -lutil") && text.contains("gcc_s;util"), "{text}");
    }
}

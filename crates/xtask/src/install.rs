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

/// The system that a library is for: what its files are called there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    Windows,
}

impl System {
    /// What a static library of Rust needs there (`rustc --print native-static-libs`).
    fn native_libraries(self) -> &'static [&'static str] {
        match self {
            System::Linux => &["gcc_s", "util", "rt", "pthread", "m", "dl"],
            System::Windows => &[
                "advapi32", "bcrypt", "crypt32", "kernel32", "ncrypt", "ntdll", "ole32", "secur32", "shell32",
                "userenv", "ws2_32", "gcc_eh", "pthread",
            ],
        }
    }

    /// The shared library below the prefix, as `CMake` writes it for the library `@NAME@`; and the property that says what a
    /// program is linked to.
    fn shared(self) -> (String, String) {
        match self {
            System::Linux => (
                format!("lib/lib@NAME@.so.{}", env!("CARGO_PKG_VERSION")),
                format!("IMPORTED_SONAME \"lib@NAME@.so.{ABI}\""),
            ),
            System::Windows => (
                "bin/@NAME@.dll".to_owned(),
                "IMPORTED_IMPLIB \"${_mypreferences_prefix}/lib/lib@NAME@.dll.a\"".to_owned(),
            ),
        }
    }
}

const HEADERS: [&str; 5] = [
    "mypreferences.h",
    "mypreferences.hpp",
    "mypreferences_expected.hpp",
    "mypreferences_export.hpp",
    "mypreferences_records.hpp",
];

/// A library that is built and installed: what a program links, its package, its headers, and its pkg-config file.
struct Library {
    name: &'static str,
    package: &'static str,
    headers: &'static [&'static str],
}

const SMALL: Library = Library { name: "mypreferences", package: "mypreferences-capi", headers: &HEADERS };
/// It holds the small one whole.
const WITH_ARROW: Library =
    Library { name: "mypreferences_arrow", package: "mypreferences-capi-arrow", headers: &["mypreferences_arrow.h"] };

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

pub(crate) fn run(prefix: &Path, with_arrow: bool) -> Result<(), Failure> {
    let prefix = std::path::absolute(prefix).map_err(|error| Failure::file(prefix, &error))?;
    into(&prefix, Build::Shipped)?;
    if with_arrow {
        arrow_into(&prefix, Build::Shipped)?;
    }
    println!("installed into {}", prefix.display());
    Ok(())
}

/// Builds the library and puts everything in place.
pub(crate) fn into(prefix: &Path, build: Build) -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::new("so far the C library is installed on Linux only; build it there"));
    }
    let artifacts = compile(SMALL.package, build)?;
    place(prefix, &artifacts, System::Linux)?;
    if build == Build::DebugWithHooks { Ok(()) } else { refuse_hooks(&symbols::installed(prefix, SMALL.name)) }
}

/// Puts in place what was built.
pub(crate) fn place(prefix: &Path, artifacts: &Path, system: System) -> Result<(), Failure> {
    SMALL.place(prefix, artifacts, system)?;
    let root = cargo::workspace_folder()?;
    let cmake = prefix.join("lib/cmake/MyPreferences");
    std::fs::create_dir_all(&cmake).map_err(|error| Failure::file(&cmake, &error))?;
    let papers = prefix.join("share/doc/mypreferences");
    std::fs::create_dir_all(&papers).map_err(|error| Failure::file(&papers, &error))?;
    for paper in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&root.join(paper), &papers.join(paper))?;
    }
    for name in ["MyPreferencesConfig.cmake", "MyPreferencesConfigVersion.cmake"] {
        let template = root.join("bindings/c/cmake").join(format!("{name}.in"));
        fill(&template, &cmake.join(name), SMALL.name, system)?;
    }
    Ok(())
}

/// Adds `libmypreferences_arrow`, with Arrow and Parquet, to an installed copy.
pub(crate) fn arrow_into(prefix: &Path, build: Build) -> Result<(), Failure> {
    WITH_ARROW.place(prefix, &compile(WITH_ARROW.package, build)?, System::Linux)
}

impl Library {
    /// The libraries, the headers and the pkg-config file.
    fn place(&self, prefix: &Path, artifacts: &Path, system: System) -> Result<(), Failure> {
        let root = cargo::workspace_folder()?;
        let (lib, include) = (prefix.join("lib"), prefix.join("include"));
        let pkgconfig = lib.join("pkgconfig");
        for folder in [&include, &pkgconfig] {
            std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        }
        let (name, artifact) = (self.name, self.package.replace('-', "_"));
        copy(&artifacts.join(format!("lib{artifact}.a")), &lib.join(format!("lib{name}.a")))?;
        match system {
            System::Linux => {
                let shared = format!("lib{name}.so.{}", env!("CARGO_PKG_VERSION"));
                copy(&artifacts.join(format!("lib{artifact}.so")), &lib.join(&shared))?;
                link(&shared, &lib.join(format!("lib{name}.so.{ABI}")))?;
                link(&format!("lib{name}.so.{ABI}"), &lib.join(format!("lib{name}.so")))?;
            }
            System::Windows => {
                let programs = prefix.join("bin");
                std::fs::create_dir_all(&programs).map_err(|error| Failure::file(&programs, &error))?;
                let shared = programs.join(format!("{name}.dll"));
                copy(&artifacts.join(format!("{artifact}.dll")), &shared)?;
                import_library(name, &shared, &lib)?;
            }
        }
        for header in self.headers {
            copy(&root.join("include").join(header), &include.join(header))?;
        }
        fill(&root.join("bindings/c/mypreferences.pc.in"), &pkgconfig.join(format!("{name}.pc")), name, system)
    }
}

/// The folder that holds what cargo built.
fn compile(package: &str, build: Build) -> Result<PathBuf, Failure> {
    let (profile, folder) = match build {
        Build::Shipped => ("dist", "dist"),
        Build::Debug | Build::DebugWithHooks => ("dev", "debug"),
    };
    let mut command = cargo::command(&["build", "--quiet", "--package", package, "--profile", profile]);
    if build == Build::DebugWithHooks {
        command.args(["--features", "test-hooks"]);
    }
    run_visibly(&mut command, &format!("run `cargo build -p {package}` and repair what it says"))?;
    Ok(cargo::target_folder()?.join(folder))
}

/// What only tests may do is in no library that somebody might ship.
fn refuse_hooks(library: &Path) -> Result<(), Failure> {
    let exported = symbols::exported(library)?;
    let hooks: Vec<&String> = exported.iter().filter(|symbol| symbol.starts_with(symbols::HOOK_PREFIX)).collect();
    if hooks.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("the library has hooks for tests: {hooks:?}; look at the features of mypreferences-capi")))
}

/// What a program is linked to in place of a DLL, by the DLL's own name; and the list of what it exports, from which
/// Microsoft's `lib` makes the same.
fn import_library(name: &str, shared: &Path, lib: &Path) -> Result<(), Failure> {
    let exported: Vec<String> = symbols::exported(shared)?.into_iter().collect();
    let list = lib.join(format!("{name}.def"));
    let text = format!("LIBRARY {name}.dll\nEXPORTS\n{}\n", exported.join("\n"));
    std::fs::write(&list, text).map_err(|error| Failure::file(&list, &error))?;
    let mut make = Command::new("x86_64-w64-mingw32-dlltool");
    make.arg("--deterministic-libraries").arg("-d").arg(&list).arg("-l").arg(lib.join(format!("lib{name}.dll.a")));
    // It leaves its own files where it is started.
    run_visibly(make.current_dir(lib), "install gcc-mingw-w64-x86-64-posix")
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
fn fill(template: &Path, to: &Path, library: &str, system: System) -> Result<(), Failure> {
    let text = std::fs::read_to_string(template).map_err(|error| Failure::file(template, &error))?;
    std::fs::write(to, filled(&text, library, system)).map_err(|error| Failure::file(to, &error))
}

fn filled(template: &str, library: &str, system: System) -> String {
    let libraries = system.native_libraries();
    let flags: Vec<String> = libraries.iter().map(|library| format!("-l{library}")).collect();
    let (shared, property) = system.shared();
    let in_cmake = |text: String| text.replace("@NAME@", "${_mypreferences_name}");
    template
        .replace("@SHARED@", &in_cmake(shared))
        .replace("@SHARED_PROPERTY@", &in_cmake(property))
        .replace("@LIBRARY@", library)
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@MAJOR@", env!("CARGO_PKG_VERSION_MAJOR"))
        .replace("@MINOR@", env!("CARGO_PKG_VERSION_MINOR"))
        .replace("@NATIVE_LIBRARIES@", &flags.join(" "))
        .replace("@NATIVE_LIBRARIES_LIST@", &libraries.join(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_gets_every_value() {
        let template =
            "@LIBRARY@ @VERSION@ @MAJOR@.@MINOR@ @SHARED@ @SHARED_PROPERTY@ @NATIVE_LIBRARIES@ @NATIVE_LIBRARIES_LIST@";
        let text = filled(template, "x", System::Linux);
        assert!(!text.contains('@'), "{text}");
        assert!(text.contains("-lgcc_s -lutil") && text.contains("gcc_s;util"), "{text}");
        assert!(text.contains(" IMPORTED_SONAME \"lib${_mypreferences_name}.so.0\" "), "{text}");
        let text = filled(template, "x", System::Windows);
        assert!(text.contains(" bin/${_mypreferences_name}.dll IMPORTED_IMPLIB "), "{text}");
    }
}

//! `cargo xtask swift`: the Swift package, built and tested with the Swift of this machine, or with one in a Debian
//! system of its own below the user's cache folder, made once: there is no package of Swift for older systems.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;
use crate::launcher;
use crate::setup;
use crate::steps::run_visibly;
use crate::virtual_environment::cache_folder;

/// The folder of the system, by the Swift of Debian 13.
pub(crate) const SYSTEM: &str = "swift-6.0.3";
const PACKAGES: &str = "swiftlang,ca-certificates,libc6-dev,libstdc++-14-dev";
pub(crate) fn run() -> Result<(), Failure> {
    prepare()?;
    for (mut command, remedy) in checks()? {
        run_visibly(&mut command, remedy)?;
    }
    Ok(())
}

/// Makes the system of its own, if Swift needs one and there is none yet.
pub(crate) fn provide() -> Result<String, Failure> {
    System::find().map(|_| String::new())
}

/// Builds the package with the library of the tests, and puts the adapter in place.
pub(crate) fn prepare() -> Result<(), Failure> {
    for (mut command, remedy) in builds()? {
        run_visibly(&mut command, remedy)?;
    }
    place_adapter()
}

/// What builds the library, the mock and the package, each with what to do when it fails.
pub(crate) fn builds() -> Result<Vec<(Command, &'static str)>, Failure> {
    // Each alone: the command would bring the library features that it is shipped without.
    let mut builds = Vec::new();
    for package in [
        ["--package=mypreferences-uniffi", "--features=mypreferences-uniffi/test-hooks"].as_slice(),
        &["--package=mypreferences-cli"],
    ] {
        let mut build = cargo::command(&["build", "--quiet"]);
        build.args(package);
        builds.push((build, "run `cargo build -p mypreferences-uniffi` and repair what it says"));
    }
    builds.push((System::find()?.swift("build", &[])?, "repair what Swift printed above"));
    Ok(builds)
}

/// Where the suite finds it, once it is built.
pub(crate) fn place_adapter() -> Result<(), Failure> {
    let adapter = scratch()?.join("debug").join("Adapter");
    let command = System::find()?.command(&[&adapter.display().to_string()])?;
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''")))
        .collect();
    launcher::write("swift", &format!("exec {}", words.join(" ")))
}

/// The tests, ready to run, each with what to do when it fails.
pub(crate) fn checks() -> Result<Vec<(Command, &'static str)>, Failure> {
    let system = System::find()?;
    let mut test = system.swift("test", &[])?;
    let programs = cargo::target_folder()?.join("debug");
    test.env("MOCK_COMMAND", programs.join("mypreferences"));
    // The programs of docs/, and the modules that a program of the tests is compiled against.
    test.env("BUILT", scratch()?.join("debug"));
    test.env("NATIVE_LIBRARY", programs.join("libmypreferences_uniffi.so"));
    Ok(vec![(test, "run `cargo xtask swift` and read what failed")])
}

/// Writes the reference of the package: the compiler's graph of its symbols, made into pages by the toolchain's docc.
pub(crate) fn document(folder: &Path) -> Result<(), Failure> {
    prepare()?;
    let system = System::find()?;
    let symbols = scratch()?.join("symbols").display().to_string();
    std::fs::create_dir_all(&symbols).map_err(|error| Failure::file(Path::new(&symbols), &error))?;
    let graph = ["-Xswiftc", "-emit-symbol-graph", "-Xswiftc", "-emit-symbol-graph-dir", "-Xswiftc", &symbols];
    run_visibly(&mut system.swift("build", &graph)?, "repair what Swift printed above")?;
    let docc = match &system {
        System::Host => "docc",
        System::Own(_) => "/usr/libexec/swift/bin/docc",
    };
    let mut convert = system.command(&[
        docc,
        "convert",
        "--fallback-display-name=MyPreferences",
        "--fallback-bundle-identifier=com.mypreferences",
        "--transform-for-static-hosting",
        // Its pages find each other by paths from the root of the server: that of `cargo xtask docs` is the folder above.
        "--hosting-base-path=swift",
        "--additional-symbol-graph-dir",
        &symbols,
        "--output-path",
        &folder.display().to_string(),
    ])?;
    run_visibly(&mut convert, "read what docc says")
}

/// A program with its arguments, where Swift is: the temporary folder, the checkout and its target folder are there too.
pub(crate) fn command(words: &[&str]) -> Result<Command, Failure> {
    System::find()?.command(words)
}

/// Where Swift is.
enum System {
    /// On this machine.
    Host,
    /// In a system of its own in this folder.
    Own(PathBuf),
}

impl System {
    fn find() -> Result<System, Failure> {
        if setup::succeeds(&["swift", "--version"]) {
            return Ok(System::Host);
        }
        let folder = cache_folder()?.join(SYSTEM);
        if !folder.exists() {
            make(&folder)?;
        }
        Ok(System::Own(folder))
    }

    fn swift(&self, action: &str, more: &[&str]) -> Result<Command, Failure> {
        let package = cargo::workspace_folder()?.join("bindings/swift");
        let scratch = scratch()?.display().to_string();
        let library = cargo::target_folder()?.join("debug").display().to_string();
        let package = package.display().to_string();
        let mut words = vec!["swift", action, "--package-path", &package];
        words.extend(["--scratch-path", &scratch]);
        let link = format!("-L{library}");
        words.extend(["-Xlinker", &link, "-Xlinker", "-rpath", "-Xlinker", &library]);
        words.extend(["-Xswiftc", "-swift-version", "-Xswiftc", "6"]);
        words.extend(["-Xswiftc", "-warnings-as-errors"]);
        words.extend(more);
        self.command(&words)
    }

    fn command(&self, words: &[&str]) -> Result<Command, Failure> {
        let System::Own(root) = self else {
            let mut command = Command::new(words[0]);
            command.args(&words[1..]);
            return Ok(command);
        };
        let mut command = Command::new("unshare");
        if !setup::is_root() {
            // In a namespace where this user is root; there it may mount.
            command.args(["--map-root-user", "--pid", "--fork", "--kill-child"]);
        }
        if !root_is_mounted() {
            // In a chroot there is no mount to change; inside.sh makes one.
            command.args(["--propagation", "unchanged"]);
        }
        command.args(["--mount", "sh"]);
        command.arg(cargo::workspace_folder()?.join("bindings/swift/inside.sh"));
        command.arg(root);
        // The first may hold the others: then they are bound over themselves.
        command.arg(std::env::temp_dir());
        command.arg(cargo::workspace_folder()?);
        command.arg(cargo::target_folder()?);
        command.arg("--").args(words);
        Ok(command)
    }
}

/// Whether `/` is a mount, which it is not after a chroot into a folder.
fn root_is_mounted() -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.is_empty() || mounts.lines().any(|mount| mount.split(' ').nth(4) == Some("/"))
}

/// Makes the system: a few minutes and 3 GB, once. It belongs to the user, who then needs no root any more.
fn make(folder: &Path) -> Result<(), Failure> {
    println!("making a Debian system with Swift in {}", folder.display());
    let partial = folder.with_extension("partial");
    let cache = cache_folder()?;
    std::fs::create_dir_all(&cache).map_err(|error| Failure::file(&cache, &error))?;
    // What a run that was stopped has left.
    let mut clear = setup::as_root("rm");
    clear.args(["-rf", "--one-file-system"]).arg(&partial);
    let _ = clear.status();
    let mut debootstrap = setup::as_root("debootstrap");
    debootstrap.args(["--variant=minbase", &format!("--include={PACKAGES}")]).arg("trixie").arg(&partial);
    debootstrap.args(setup::mirror());
    debootstrap.stdin(Stdio::null()).stdout(Stdio::null());
    run_visibly(
        &mut debootstrap,
        "the surface swift could not be run: install Swift 5.9 or later, or run `cargo xtask setup`",
    )?;
    let mut give = setup::as_root("chown");
    give.args(["--recursive", "--no-dereference", "--reference"]);
    give.arg(&cache).arg(&partial);
    run_visibly(&mut give, "look at the free disk space")?;
    std::fs::rename(&partial, folder).map_err(|error| Failure::file(folder, &error))
}

fn scratch() -> Result<PathBuf, Failure> {
    Ok(cargo::target_folder()?.join("swift"))
}

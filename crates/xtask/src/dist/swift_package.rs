//! The Swift package as a tree of its own, with the native library for Apple's systems in it. It is never run there: its
//! objects are looked at, and the same tree is built and used on Linux.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::platform::{APPLE_AARCH64, LINUX_X86_64};
use super::toolchain::Toolchain;
use super::{archive, sbom};
use crate::c::Mock;
use crate::cargo;
use crate::docs;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::swift;
use crate::symbols::output_of;

const PACKAGE: &str = include_str!("Package.swift");
const FRAMEWORK: &str = include_str!("Info.plist");
/// What both kinds of the module are called in Swift.
const MODULE: &str = "module MyPreferencesFFI {\n    header \"MyPreferencesFFI.h\"\n    export *\n}\n";
const LIBRARY: &str = "libmypreferences_uniffi.a";
/// In the framework: where Apple's tools look for it.
const SLICE: &str = "MyPreferencesFFI.xcframework/macos-arm64";
const CONSUMER: &str = "// swift-tools-version: 5.9
import PackageDescription

let package = Package(
    name: \"consumer\",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: \"mypreferences\", path: \"PLACE\")],
    targets: [.executableTarget(name: \"Consumer\", dependencies: [.product(name: \"MyPreferences\", package: \"mypreferences\")])]
)
";

fn name() -> String {
    archive::name("mypreferences", "swift")
}

pub(super) fn build(toolchain: &Toolchain) -> Result<String, Failure> {
    let results = toolchain.build_static(&APPLE_AARCH64, "mypreferences-uniffi")?;
    let place = archive::begin(&name())?;
    sbom::write("mypreferences-uniffi", APPLE_AARCH64.triple, &name())?;
    let sources = cargo::workspace_folder()?.join("bindings/swift/Sources");
    for module in ["MyPreferences", "MyPreferencesNative", "MyPreferencesFFI", "MyPreferencesFFI/include"] {
        copy_files(&sources.join(module), &place.join("Sources").join(module))?;
    }
    let headers = place.join(SLICE).join("Headers");
    copy_files(&sources.join("MyPreferencesFFI/include"), &headers)?;
    archive::copy(&results.join(LIBRARY), &place.join(SLICE).join(LIBRARY))?;
    for (path, text) in [
        (place.join("Package.swift"), PACKAGE),
        (place.join("MyPreferencesFFI.xcframework/Info.plist"), FRAMEWORK),
        (headers.join("module.modulemap"), MODULE),
        (place.join("Sources/MyPreferencesFFI/include/module.modulemap"), MODULE),
    ] {
        std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))?;
    }
    archive::finish(toolchain, &archive::pack(&place, true)?)
}

/// The files of a folder, without what lies deeper.
fn copy_files(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    let entries = std::fs::read_dir(from).map_err(|error| Failure::file(from, &error))?;
    for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
        archive::copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

pub(super) fn test(toolchain: &Toolchain) -> Result<String, Failure> {
    let place = archive::folder()?.join(name());
    if !place.exists() {
        return Err(Failure::new("it is not built; run `cargo xtask dist swift`"));
    }
    let mut look = toolchain.program("python");
    look.arg(cargo::workspace_folder()?.join("tests/platforms/mach_objects.py")).arg(place.join(SLICE).join(LIBRARY));
    let objects = output_of(&mut look, "look at what the library asks of the system")?;
    let linux = toolchain.build(&LINUX_X86_64, "mypreferences-uniffi")?;
    let consumer = consumer(&place)?;
    let (path, scratch) = (consumer.display().to_string(), consumer.join("build").display().to_string());
    let (search, run_path) = (format!("-L{}", linux.display()), linux.display().to_string());
    let mut words = vec!["swift", "build", "--package-path", &path, "--scratch-path", &scratch];
    words.extend(["-Xlinker", &search, "-Xlinker", "-rpath", "-Xlinker", &run_path]);
    run_visibly(&mut swift::command(&words)?, "repair what Swift printed above")?;
    let mock = Mock::start(&["--no-auth", "--export", "1"], "none")?;
    let mut commit: Command = swift::command(&[&format!("{scratch}/debug/Consumer"), "1"])?;
    commit.env("MYPREFERENCES_BASE_URL", &mock.url).env("MYPREFERENCES_CLIENT_ID", "ExampleClient");
    let said = output_of(commit.env("MYPREFERENCES_AUTHORIZATION", "made-up"), "run it by hand")?;
    if !said.contains("committed") {
        return Err(Failure::new(format!("the program of docs/swift.md committed nothing, it said:\n{said}")));
    }
    Ok(format!("{}; on Linux a package that depends on the tree commits", objects.trim()))
}

/// A package elsewhere that depends on the tree, with the first program of docs/.
fn consumer(place: &Path) -> Result<PathBuf, Failure> {
    let folder = cargo::target_folder()?.join("xtask/swift-consumer");
    let _ = std::fs::remove_dir_all(&folder);
    let sources = folder.join("Sources/Consumer");
    std::fs::create_dir_all(&sources).map_err(|error| Failure::file(&folder, &error))?;
    for (path, text) in [
        (folder.join("Package.swift"), CONSUMER.replace("PLACE", &place.display().to_string())),
        (sources.join("main.swift"), docs::numbered(docs::SWIFT, "swift", 0)?),
    ] {
        std::fs::write(&path, text).map_err(|error| Failure::file(&path, &error))?;
    }
    Ok(folder)
}

//! The command for Windows, by mingw; run by Wine. Not run on Windows itself, which the pages about installing say.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::toolchain::cargo_for;
use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;

const TARGET: &str = "x86_64-pc-windows-gnu";
/// Of Debian, in the flavour whose threads Rust's standard library goes with.
const LINKER: &str = "x86_64-w64-mingw32-gcc-posix";
/// Debian's `wine` looks for the 32-bit one first.
const WINE: &str = "/usr/lib/wine/wine64";
/// Wine 8 lacks a library that Rust's standard library asks for random numbers.
const MISSING: &str = include_str!("bcryptprimitives.c");
/// Files that go with the program.
const BESIDE: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];
const KILLS: &str = "60";

fn built(profile: &str) -> Result<PathBuf, Failure> {
    Ok(cargo::target_folder()?.join("cross").join(TARGET).join(profile).join("mypreferences.exe"))
}

/// The zip.
pub(super) fn command() -> Result<String, Failure> {
    let mut build =
        cargo_for(TARGET, LINKER, &["build", "--locked", "--profile", "dist", "--package", "mypreferences-cli"])?;
    run_visibly(&mut build, "repair what the compiler said")?;
    let workspace = cargo::workspace_folder()?;
    let dist = cargo::target_folder()?.join("dist");
    let name = format!("mypreferences-{}-windows-x86-64", env!("CARGO_PKG_VERSION"));
    let folder = dist.join(&name);
    let wrong = |error| Failure::file(&folder, &error);
    std::fs::create_dir_all(&folder).map_err(wrong)?;
    std::fs::copy(built("dist")?, folder.join("mypreferences.exe")).map_err(wrong)?;
    for file in BESIDE {
        std::fs::copy(workspace.join(file), folder.join(file)).map_err(wrong)?;
    }
    // One moment for all files, so that the same bytes come of the same sources.
    let mut touch = Command::new("touch");
    touch.args(["-d", "2020-01-01T00:00:00Z"]).args(["mypreferences.exe"]).args(BESIDE).current_dir(&folder);
    run_visibly(&mut touch, "look at the folder")?;
    let archive = format!("{name}.zip");
    let _ = std::fs::remove_file(dist.join(&archive));
    let mut zip = Command::new("zip");
    zip.args(["-q", "-X", "-r", &archive, &name]).env("TZ", "UTC").current_dir(&dist);
    run_visibly(&mut zip, "look at the free disk space")?;
    no_path_of_this_machine(&folder.join("mypreferences.exe"))?;
    let size = std::fs::metadata(dist.join(&archive)).map_err(wrong)?.len();
    sums(&dist)?;
    Ok(format!("{archive}, {size} bytes"))
}

/// Of every file that lies in there.
fn sums(dist: &Path) -> Result<(), Failure> {
    let mut sum = Command::new("sh");
    sum.args(["-c", "sha256sum -- *.zip > SHA256SUMS && cat SHA256SUMS"]).current_dir(dist);
    run_visibly(&mut sum, "look at the folder")
}

/// A user's program tells nobody who built it, and two builders build the same.
fn no_path_of_this_machine(program: &Path) -> Result<(), Failure> {
    let bytes = std::fs::read(program).map_err(|error| Failure::file(program, &error))?;
    let home = std::env::home_dir().unwrap_or_default();
    for path in [home, cargo::workspace_folder()?] {
        let path = path.display().to_string();
        if bytes.windows(path.len()).any(|window| window == path.as_bytes()) {
            return Err(Failure::new(format!("{path} stands in {}; remap it", program.display())));
        }
    }
    Ok(())
}

/// The core's tests of disk and access lists; the demo; an export that is killed many times.
pub(super) fn test_command() -> Result<String, Failure> {
    let dist = cargo::target_folder()?.join("dist");
    let folder = dist.join(format!("mypreferences-{}-windows-x86-64", env!("CARGO_PKG_VERSION")));
    if !folder.join("mypreferences.exe").exists() {
        return Err(Failure::new("it is not built; run `cargo xtask dist command-windows-x86-64`"));
    }
    let wine = Wine::prepare(&folder)?;
    wine.tests_of_the_core()?;
    let mut demo = wine.command();
    demo.arg(folder.join("mypreferences.exe")).arg("demo");
    run_visibly(&mut demo, "read the last lines of the demo")?;
    let mut kills = Command::new("python3");
    kills
        .arg(cargo::workspace_folder()?.join("tests/platforms/kills.py"))
        .args(["--kills", KILLS, "--mock"])
        .arg(native_mock()?)
        .args(["--drive", "Z:", "--", WINE])
        .arg(folder.join("mypreferences.exe"));
    wine.settle(&mut kills);
    run_visibly(&mut kills, "read what the records and the log of the mock say")?;
    Ok(format!("demo and {KILLS} kills under Wine"))
}

fn native_mock() -> Result<PathBuf, Failure> {
    let mut build = cargo::command(&["build", "--package", "mypreferences-cli"]);
    run_visibly(&mut build, "repair what the compiler said")?;
    Ok(cargo::target_folder()?.join("debug/mypreferences"))
}

/// A Windows of our own, below the target folder.
struct Wine {
    prefix: PathBuf,
}

impl Wine {
    fn prepare(folder: &Path) -> Result<Wine, Failure> {
        let wine = Wine { prefix: cargo::target_folder()?.join("wine") };
        let source = folder.with_file_name("bcryptprimitives.c");
        std::fs::write(&source, MISSING).map_err(|error| Failure::file(&source, &error))?;
        let system = wine.prefix.join("drive_c/windows/system32");
        let mut boot = wine.command();
        boot.args(["wineboot", "--init"]);
        run_visibly(&mut boot, "install wine64")?;
        let mut compile = Command::new(LINKER);
        compile.args(["-shared", "-o"]).arg(system.join("bcryptprimitives.dll")).arg(&source).arg("-ladvapi32");
        run_visibly(&mut compile, "install gcc-mingw-w64-x86-64-posix")?;
        let _ = std::fs::remove_file(&source);
        Ok(wine)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(WINE);
        self.settle(&mut command);
        command
    }

    fn settle(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.prefix).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
    }

    fn tests_of_the_core(&self) -> Result<(), Failure> {
        let arguments = ["test", "--package", "mypreferences", "--all-features", "--lib"];
        let mut test = cargo_for(TARGET, LINKER, &arguments)?;
        test.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", WINE).args([
            "--",
            "store::disk",
            "file_trust",
            "store_worker",
        ]);
        self.settle(&mut test);
        run_visibly(&mut test, "read which test failed")
    }
}

//! What compiles for other platforms: Debian's rustc, with the sources of its standard library, and zig as C compiler and
//! linker. They are unpacked below the cache folder; nothing of them is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::platform::{Linker, Platform};
use crate::cargo;
use crate::failure::Failure;
use crate::setup;
use crate::steps::run_visibly;
use crate::virtual_environment::{self, cache_folder};

const VERSION: &str = "1.96";
/// What is unpacked: the compiler, its own libraries, those of programs, their sources.
const PACKAGES: [&str; 5] = ["rustc-web", "libstd-rust-web-1.96", "libstd-rust-web-dev", "rust-web-src", "libllvm22"];
/// Written last.
const COMPLETE: &str = "complete";
/// Of Debian, in the flavour whose threads Rust's standard library goes with.
pub(super) const MINGW: &str = "x86_64-w64-mingw32-gcc-posix";

/// The compiler and the programs around it.
pub(super) struct Toolchain {
    compiler: PathBuf,
    /// Of the environment with zig, maturin, auditwheel.
    python: PathBuf,
}

impl Toolchain {
    /// Fetches what is not there yet.
    pub(super) fn provide() -> Result<Toolchain, Failure> {
        let requirements = cargo::workspace_folder()?.join("python/requirements-dist.txt");
        Ok(Toolchain { compiler: compiler()?, python: virtual_environment::python(&requirements)? })
    }

    /// A program of the environment.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.python.with_file_name(name));
        command.env("PATH", self.path());
        command
    }

    /// zig and maturin look for each other there.
    fn path(&self) -> std::ffi::OsString {
        let own = self.python.parent().unwrap_or(Path::new(".")).to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).unwrap_or(path)
    }

    /// The cargo that knows of the platform's linker, with this subcommand.
    pub(super) fn cargo(&self, platform: &Platform, subcommand: &str) -> Command {
        match platform.linker {
            Linker::Zig { .. } => {
                let mut command = self.program("cargo-zigbuild");
                command.arg(subcommand);
                command
            }
            Linker::Mingw => cargo::command(&[subcommand]),
        }
    }

    /// Builds a package for that platform, as it is shipped. The folder with the results.
    pub(super) fn build(&self, platform: &Platform, package: &str) -> Result<PathBuf, Failure> {
        self.shipped(platform, "build", package, &[])
    }

    /// The same as a library that whoever uses it links himself.
    pub(super) fn build_static(&self, platform: &Platform, package: &str) -> Result<PathBuf, Failure> {
        self.shipped(platform, "rustc", package, &["--crate-type", "staticlib"])
    }

    fn shipped(&self, platform: &Platform, how: &str, package: &str, more: &[&str]) -> Result<PathBuf, Failure> {
        let mut build = self.cargo(platform, how);
        build.args(["--locked", "--quiet", "--profile", "dist", "--target", &platform.target()]);
        build.args(["--package", package]).args(more);
        self.settle(&mut build, platform)?;
        run_visibly(&mut build, "repair what the compiler said")?;
        Ok(target_folder()?.join(platform.triple).join("dist"))
    }

    /// Tells cargo, or who calls it, of this compiler, which makes the standard library anew: of most targets Debian has none.
    /// No path of this machine stands in the result.
    pub(super) fn settle(&self, command: &mut Command, platform: &Platform) -> Result<(), Failure> {
        let mut rust = Vec::new();
        let mut c = vec!["-O2".to_owned()];
        for (prefix, name) in self.builders_paths()? {
            rust.push(format!("--remap-path-prefix={}={name}", prefix.display()));
            c.push(format!("-ffile-prefix-map={}={name}", prefix.display()));
        }
        if platform.triple.ends_with("musl") {
            // What begins a program is zig's: this compiler brings none.
            rust.push("-Clink-self-contained=no".to_owned());
        }
        let variable = platform.triple.replace('-', "_");
        command
            .env("CARGO_TARGET_DIR", target_folder()?)
            .env("RUSTC", self.compiler.join("usr/bin/rustc"))
            // The standard library is made by the compiler's own means, which a stable compiler hides otherwise.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_unwind")
            .env("LD_LIBRARY_PATH", self.compiler.join("usr/lib/x86_64-linux-gnu"))
            .env(format!("CARGO_TARGET_{}_RUSTFLAGS", variable.to_uppercase()), rust.join(" "))
            .env(format!("CFLAGS_{variable}"), c.join(" "));
        if platform.is_windows() {
            command
                .env(format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()), MINGW)
                .env(format!("CC_{variable}"), MINGW);
        }
        Ok(())
    }

    /// The folders of this machine whose names compilers see, the longer ones last, and what stands for them.
    pub(super) fn builders_paths(&self) -> Result<Vec<(PathBuf, String)>, Failure> {
        let home = std::env::home_dir().unwrap_or_default();
        let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
        let mut paths = vec![
            (cargo::target_folder()?, "target".to_owned()),
            (cargo::workspace_folder()?, "mypreferences".to_owned()),
            (self.compiler.clone(), "rust".to_owned()),
            // Zig's headers lie there.
            (cache_folder()?, "cache".to_owned()),
        ];
        // Each registry has a folder of its own name there; what begins with a dash is one of `cargo package`'s, of which
        // nothing is built here: everything would be compiled anew for it.
        let registries = std::fs::read_dir(cargo_home.join("registry/src")).into_iter().flatten().flatten();
        let lasting = registries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('-'));
        paths.extend(lasting.map(|entry| (entry.path(), "cargo".to_owned())));
        // rustc takes the last that fits.
        paths.push((home, "home".to_owned()));
        paths.sort_by_key(|(path, _)| path.as_os_str().len());
        Ok(paths)
    }
}

/// Of its own: what another compiler has made is of no use to it.
fn target_folder() -> Result<PathBuf, Failure> {
    Ok(cargo::target_folder()?.join("cross"))
}

/// Whether this machine has it, or its Debian does: another system may not.
pub(super) fn can_be_had() -> Result<bool, Failure> {
    let is_there = cache_folder()?.join(format!("cross-{VERSION}")).join(COMPLETE).exists();
    Ok(is_there || PACKAGES.iter().all(|package| setup::succeeds(&["apt-cache", "show", package])))
}

/// Where the compiler lies; fetched when it is not there yet.
fn compiler() -> Result<PathBuf, Failure> {
    let folder = cache_folder()?.join(format!("cross-{VERSION}"));
    if folder.join(COMPLETE).exists() {
        return Ok(folder);
    }
    let wrong = |error| Failure::file(&folder, &error);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(wrong)?;
    }
    std::fs::create_dir_all(&folder).map_err(wrong)?;
    let mut download = Command::new("apt-get");
    download.args(["download", "-q"]).args(PACKAGES).current_dir(&folder);
    run_visibly(
        &mut download,
        "run `apt-get update`; a Debian whose compiler has another version needs another list here",
    )?;
    unpack(&folder, &folder)?;
    std::fs::write(folder.join(COMPLETE), "").map_err(wrong)?;
    Ok(folder)
}

/// Unpacks the packages that lie in a folder, and removes them.
pub(super) fn unpack(packages: &Path, into: &Path) -> Result<(), Failure> {
    let wrong = |error| Failure::file(packages, &error);
    for entry in std::fs::read_dir(packages).map_err(wrong)? {
        let package = entry.map_err(wrong)?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            let mut unpack = Command::new("dpkg");
            unpack.arg("-x").arg(&package).arg(into);
            run_visibly(&mut unpack, "look at the free disk space")?;
            std::fs::remove_file(&package).map_err(wrong)?;
        }
    }
    Ok(())
}

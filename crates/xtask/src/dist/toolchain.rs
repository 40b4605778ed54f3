//! A compiler whose standard library can be built for targets that this machine has none for: Debian's, unpacked below the
//! cache folder with the sources of the same version. Nothing of it is installed.

use std::path::PathBuf;
use std::process::Command;

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;
use crate::virtual_environment::cache_folder;

const VERSION: &str = "1.96";
/// What is unpacked: the compiler, its own libraries, those of programs, their sources.
const PACKAGES: [&str; 5] = ["rustc-web", "libstd-rust-web-1.96", "libstd-rust-web-dev", "rust-web-src", "libllvm22"];
/// Written last.
const COMPLETE: &str = "complete";

/// Where it lies; fetched when it is not there yet.
fn folder() -> Result<PathBuf, Failure> {
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
    for entry in std::fs::read_dir(&folder).map_err(wrong)? {
        let package = entry.map_err(wrong)?.path();
        if package.extension().is_some_and(|extension| extension == "deb") {
            let mut unpack = Command::new("dpkg");
            unpack.arg("-x").arg(&package).arg(&folder);
            run_visibly(&mut unpack, "look at the free disk space")?;
            std::fs::remove_file(&package).map_err(wrong)?;
        }
    }
    std::fs::write(folder.join(COMPLETE), "").map_err(wrong)?;
    Ok(folder)
}

/// A cargo of this compiler for a target, with the standard library made anew, into a folder of its own. No path of this
/// machine stands in what it makes.
pub(super) fn cargo_for(target: &str, linker: &str, arguments: &[&str]) -> Result<Command, Failure> {
    let compiler = folder()?;
    let home = std::env::home_dir().unwrap_or_default();
    let registry = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    let prefixes = [(cargo::workspace_folder()?, "mypreferences"), (registry, "cargo"), (compiler.clone(), "rust")];
    let mut rust = Vec::new();
    let mut c = vec!["-O2".to_owned()];
    for (prefix, name) in &prefixes {
        rust.push(format!("--remap-path-prefix={}={name}", prefix.display()));
        c.push(format!("-ffile-prefix-map={}={name}", prefix.display()));
    }
    let mut command = cargo::command(arguments);
    command
        .args(["-Zbuild-std=std,panic_unwind", "--target", target])
        .env("CARGO_TARGET_DIR", cargo::target_folder()?.join("cross"))
        .env("RUSTC", compiler.join("usr/bin/rustc"))
        // The standard library is made by the compiler's own means, which a stable compiler hides otherwise.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("LD_LIBRARY_PATH", compiler.join("usr/lib/x86_64-linux-gnu"))
        .env(format!("CARGO_TARGET_{}_LINKER", name_of(target).to_uppercase()), linker)
        .env(format!("CARGO_TARGET_{}_RUSTFLAGS", name_of(target).to_uppercase()), rust.join(" "))
        .env(format!("CC_{}", name_of(target)), linker)
        .env(format!("CFLAGS_{}", name_of(target)), c.join(" "))
        .env("CARGO_PROFILE_DEV_DEBUG", "false");
    Ok(command)
}

/// As it stands in names of variables.
fn name_of(target: &str) -> String {
    target.replace('-', "_")
}

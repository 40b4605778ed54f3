//! Debian systems of another age or for another processor, unpacked in a folder each below the cache folder: nothing of
//! them is installed, and a program of theirs is run by `chroot`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::toolchain::unpack;
use crate::failure::Failure;
use crate::setup;
use crate::steps::run_visibly;
use crate::virtual_environment::cache_folder;

/// The version of Python that is compiled where a system's own is too old, or is for another libc.
const PYTHON: &str = "python3.11";
/// What a system was made with: another list makes it anew.
const PACKAGES: &str = "packages.txt";
/// Where the one with musl lies in Debian 11.
const WITH_MUSL: &str = "/opt/musl";
/// Its compiler, which Python's configure takes for one of glibc: Debian's answers this question for itself.
const MUSL_CC: &str =
    "#!/bin/sh\ncase $1 in *-print-multiarch) echo x86_64-linux-musl ;; *) exec musl-gcc \"$@\" ;; esac\n";

/// Debian 12 for the other processor, with its Python, its C compiler and its Java.
pub(super) fn bookworm_arm64() -> Result<PathBuf, Failure> {
    provide("bookworm", "arm64", &["python3", "gcc", "libc6-dev", "openjdk-17-jre-headless"])
}

/// Debian 11, whose glibc is 2.31, with Debian 12's Python compiled there: its own is 3.9.
pub(super) fn bullseye_with_python() -> Result<PathBuf, Failure> {
    bullseye("gcc", "/usr/local")
}

/// The same system with a Python of another libc, musl, as Alpine has it; and the folder of its programs.
pub(super) fn bullseye_with_musl() -> Result<(PathBuf, String), Failure> {
    Ok((bullseye("musl-cc", WITH_MUSL)?, format!("{WITH_MUSL}/bin")))
}

fn bullseye(compiler: &str, prefix: &str) -> Result<PathBuf, Failure> {
    #[rustfmt::skip]
    let packages = [
        "gcc", "make", "libc6-dev", "zlib1g-dev", "libffi-dev", "libssl-dev", "ca-certificates", "xz-utils", "perl", "musl-tools",
    ];
    let root = provide("bullseye", "amd64", &packages)?;
    if root.join(prefix.trim_start_matches('/')).join("complete").exists() {
        return Ok(root);
    }
    let sources = root.join("usr/src");
    if !sources.join(format!("{PYTHON}-src")).exists() {
        fetch_source(&sources)?;
    }
    let programs = root.join("usr/local/bin");
    std::fs::create_dir_all(&programs)
        .and_then(|()| std::fs::write(programs.join("musl-cc"), MUSL_CC))
        .map_err(|error| Failure::file(&programs, &error))?;
    let script = format!(
        // Names that only an installation gives; musl's own library, for programs that load others.
        "ln -sf mawk /usr/bin/awk && ln -sf gcc /usr/bin/cc && chmod +x /usr/local/bin/musl-cc
        ln -sf /lib/x86_64-linux-musl/libc.so /usr/lib/x86_64-linux-musl/libc.so && mkdir -p /usr/src/{compiler} && cd /usr/src/{compiler}
        ../{PYTHON}-src/configure --quiet CC={compiler} --prefix={prefix} --with-ensurepip=no && make -s -j4 && make -s install && touch {prefix}/complete"
    );
    let mut compile = setup::as_root("chroot");
    compile.arg(&root).args(["env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "sh", "-ec", &script]);
    run_visibly(&mut compile, "read what the compiler says")?;
    Ok(root)
}

/// The sources of Debian 12's Python, by lists of apt's of their own.
fn fetch_source(into: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(into).map_err(|error| Failure::file(into, &error))?;
    let mirror = setup::mirror().ok_or_else(|| Failure::new("apt names no mirror of Debian; look at its sources"))?;
    let script = format!(
        "mkdir -p lists/partial && echo 'deb-src {mirror} bookworm main' > sources.list
        options=\"-o Dir::State::Lists=$PWD/lists -o Dir::Etc::SourceList=$PWD/sources.list -o Dir::Etc::SourceParts=-\"
        apt-get -q $options update && apt-get -q $options source --download-only {PYTHON}
        tar -xf {PYTHON}_*.orig.tar.* --no-same-owner --one-top-level={PYTHON}-src --strip-components=1"
    );
    let mut fetch = Command::new("sh");
    fetch.args(["-ec", &script]).current_dir(into);
    run_visibly(&mut fetch, "look at the network and at apt's configuration")
}

/// Such a system with these packages; fetched when it is not there yet.
fn provide(suite: &str, processor: &str, packages: &[&str]) -> Result<PathBuf, Failure> {
    let folder = cache_folder()?.join(format!("{suite}-{processor}"));
    let (partial, list) = (folder.with_extension("partial"), packages.join(","));
    if std::fs::read_to_string(folder.join(PACKAGES)).is_ok_and(|had| had == list) {
        return Ok(folder);
    }
    let mut clear = setup::as_root("rm");
    run_visibly(clear.args(["-rf", "--one-file-system"]).arg(&partial).arg(&folder), "remove them by hand")?;
    let mut download = setup::as_root("debootstrap");
    download
        .args(["--variant=minbase", "--download-only", "--arch", processor])
        .arg(format!("--include={list}"))
        .arg(suite)
        .arg(&partial)
        .args(setup::mirror());
    run_visibly(&mut download, "look at the network; `cargo xtask setup` installs debootstrap")?;
    unpack(&partial.join("var/cache/apt/archives"), &partial)?;
    let mut device = setup::as_root("mknod");
    device.args(["-m", "666"]).arg(partial.join("dev/null")).args(["c", "1", "3"]);
    run_visibly(&mut device, "it takes root to make a device")?;
    std::fs::write(partial.join(PACKAGES), list).map_err(|error| Failure::file(&partial, &error))?;
    std::fs::rename(&partial, &folder).map_err(|error| Failure::file(&folder, &error))?;
    Ok(folder)
}

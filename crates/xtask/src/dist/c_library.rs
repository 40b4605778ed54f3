//! The C library with all that a project of C or C++ needs to link it: an archive for each platform, and a package of
//! Debian's where there is a Debian. The examples are built against what was packed, and run.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::platform::{Platform, Player};
use super::toolchain::{MINGW, Toolchain};
use super::{archive, player, sbom, system};
use crate::c;
use crate::cargo;
use crate::failure::Failure;
use crate::install;
use crate::setup;
use crate::steps::run_visibly;
use crate::symbols;

const PRODUCT: &str = "mypreferences-c";
/// As Debian's rules call what holds a library and its headers.
const PACKAGE: &str = "libmypreferences-dev";
/// What the recorded interface says of each function.
const ABI: &str = "tests/abi/abi.txt";

fn place(platform: &Platform) -> Result<PathBuf, Failure> {
    Ok(archive::folder()?.join(archive::name(PRODUCT, platform.name)))
}

fn package(processor: &str) -> Result<PathBuf, Failure> {
    Ok(archive::folder()?.join(format!("{PACKAGE}_{}_{processor}.deb", env!("CARGO_PKG_VERSION"))))
}

pub(super) fn build(toolchain: &Toolchain, platform: &Platform) -> Result<String, Failure> {
    let results = toolchain.build(platform, "mypreferences-capi")?;
    let name = archive::name(PRODUCT, platform.name);
    let place = archive::begin(&name)?;
    sbom::write("mypreferences-capi", platform.triple, &name)?;
    install::place(&place, &results, platform.system())?;
    let said = archive::finish(toolchain, &archive::pack(&place, platform.is_windows())?)?;
    let Some(processor) = platform.debian() else { return Ok(said) };
    let package = debian(&results, platform, processor)?;
    Ok(format!("{said}; {}", archive::finish(toolchain, &package)?))
}

/// One package with everything: the library has no version of its own in its name yet.
fn debian(results: &Path, platform: &Platform, processor: &str) -> Result<PathBuf, Failure> {
    let tree = cargo::target_folder()?.join("xtask").join(format!("debian-{processor}"));
    let wrong = |error| Failure::file(&tree, &error);
    let _ = std::fs::remove_dir_all(&tree);
    std::fs::create_dir_all(tree.join("DEBIAN")).map_err(wrong)?;
    install::place(&tree.join("usr"), results, platform.system())?;
    let control = format!(
        "Package: {PACKAGE}\nVersion: {}\nArchitecture: {processor}\nSection: libdevel\nPriority: optional\n\
         Maintainer: the MyPreferences client <nobody@example.com>\nDepends: libc6-dev (>= 2.17)\n\
         Description: client of MyPreferences for C and C++\n The library, shared and static, and its headers.\n",
        env!("CARGO_PKG_VERSION")
    );
    std::fs::write(tree.join("DEBIAN/control"), control).map_err(wrong)?;
    std::fs::write(tree.join("DEBIAN/triggers"), "activate-noawait ldconfig\n").map_err(wrong)?;
    let papers = tree.join("usr/share/doc");
    std::fs::rename(papers.join("mypreferences"), papers.join(PACKAGE)).map_err(wrong)?;
    let package = package(processor)?;
    let mut settle = Command::new("chmod");
    run_visibly(settle.args(["-R", "u+rwX,go=rX"]).arg(&tree), "look at the folder's owner")?;
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree).arg(&package);
    run_visibly(build.env("SOURCE_DATE_EPOCH", archive::MOMENT), "read what dpkg-deb says")?;
    Ok(package)
}

/// The examples, by `CMake` from the archive and by a compiler of that system from the package.
pub(super) fn test(platform: &Platform) -> Result<String, Failure> {
    let place = place(platform)?;
    if !place.exists() {
        return Err(Failure::new(format!("it is not built; run `cargo xtask dist c-{}`", platform.name)));
    }
    let exports = must_export_what_is_recorded(&place, platform)?;
    let ready = player::prepare(platform)?;
    let ran = match platform.player {
        Player::ThisMachine => {
            by_cmake(&place, &[], "", |program| Command::new(program))?;
            format!("by CMake here, and {}", in_a_system(&system::bullseye_with_python()?, &package("amd64")?)?)
        }
        Player::Qemu => {
            format!("{} under qemu", in_a_system(&system::bookworm_arm64()?, &package("arm64")?)?)
        }
        Player::Wine => {
            let settings = [
                "-DCMAKE_SYSTEM_NAME=Windows",
                &format!("-DCMAKE_C_COMPILER={MINGW}"),
                &format!("-DCMAKE_CXX_COMPILER={}", MINGW.replace("gcc", "g++")),
                // gcc's own libraries, which no Windows has.
                "-DCMAKE_EXE_LINKER_FLAGS=-static",
            ];
            by_cmake(&place, &settings, ready.drive(), |program| {
                let mut command = ready.command(program);
                command.env("WINEPATH", format!("Z:{}", place.join("bin").display()));
                command
            })?;
            "by CMake under Wine".to_owned()
        }
    };
    Ok(format!("{exports} functions as recorded; the examples commit and export, {ran}"))
}

fn must_export_what_is_recorded(place: &Path, platform: &Platform) -> Result<usize, Failure> {
    let library = if platform.is_windows() {
        place.join("bin/mypreferences.dll")
    } else {
        symbols::installed(place, "mypreferences")
    };
    let exported = symbols::exported(&library)?;
    let path = cargo::workspace_folder()?.join(ABI);
    let recorded = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let functions: Vec<&str> = recorded.lines().filter(|line| line.starts_with("function ")).collect();
    let is_recorded = |name: &&String| functions.iter().any(|line| line.contains(&format!("{name}(")));
    let other: Vec<&String> = exported.iter().filter(|name| !is_recorded(name)).collect();
    if other.is_empty() && exported.len() == functions.len() {
        return Ok(exported.len());
    }
    Err(Failure::new(format!(
        "{} exports {} functions and {ABI} has {}; not in it: {other:?}",
        library.display(),
        exported.len(),
        functions.len()
    )))
}

/// Builds the examples as a project does, and runs two of them; all others are only linked.
fn by_cmake(place: &Path, settings: &[&str], drive: &str, run: impl Fn(&Path) -> Command) -> Result<(), Failure> {
    let build = cargo::target_folder()?.join("xtask").join("examples").join(place.file_name().unwrap_or_default());
    let _ = std::fs::remove_dir_all(&build);
    c::cmake(&cargo::workspace_folder()?.join("bindings/c/examples"), &build, place, settings)?;
    let program = |name: &str| {
        let exe = build.join(format!("{name}.exe"));
        run(&if exe.exists() { exe } else { build.join(name) })
    };
    let landed = build.join("landed");
    for commit in ["commit", "commit_static"] {
        c::run_elsewhere(
            |name| program(if name == "commit" { commit } else { name }),
            &landed,
            &format!("{drive}{}", landed.display()),
        )?;
    }
    Ok(())
}

/// Unpacks the package into another system, whose compiler builds the examples.
fn in_a_system(root: &Path, package: &Path) -> Result<String, Failure> {
    // Of an earlier package nothing helps.
    let mut clear = inside(root, "sh");
    clear.args([
        "-c",
        "rm -rf /usr/include/mypreferences* /usr/lib/libmypreferences* /usr/lib/cmake/MyPreferences /tmp/landed",
    ]);
    run_visibly(&mut clear, "it takes root")?;
    let mut unpack = setup::as_root("dpkg");
    run_visibly(unpack.arg("-x").arg(package).arg(root), "build the package anew")?;
    for name in ["commit", "export"] {
        let source = format!("{name}.c");
        let examples = cargo::workspace_folder()?.join("bindings/c/examples");
        archive::copy(&examples.join(&source), &root.join("tmp").join(&source))?;
        let mut compile = inside(root, "gcc");
        compile.args(["-o", &format!("/tmp/{name}"), &format!("/tmp/{source}"), "-lmypreferences"]);
        run_visibly(&mut compile, "repair what the compiler said")?;
    }
    c::run_elsewhere(|name| inside(root, &format!("/tmp/{name}")), &root.join("tmp/landed"), "/tmp/landed")?;
    let mut read = inside(root, "cat");
    let version = symbols::output_of(read.arg("/etc/debian_version"), "look at that system")?;
    Ok(format!("by gcc of Debian {}", version.trim()))
}

fn inside(root: &Path, program: &str) -> Command {
    let mut command = setup::as_root("chroot");
    command.arg(root).arg(program).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    command
}

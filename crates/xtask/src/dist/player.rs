//! What runs programs of other platforms here: Wine, and qemu as the kernel's own interpreter of such programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::platform::{Platform, Player};
use super::toolchain::MINGW;
use crate::cargo;
use crate::failure::Failure;
use crate::setup;
use crate::steps::run_visibly;

/// Debian's `wine` looks for the 32-bit one first.
const WINE: &str = "/usr/lib/wine/wine64";
/// What all Windows programs share: it stays for so many seconds without one. Each new one boots a Windows, and a program
/// that is killed meanwhile leaves one that never ends.
const SERVER: [&str; 2] = ["/usr/lib/wine/wineserver64", "-p60"];
/// Wine 8 lacks a library that Rust's standard library asks for random numbers.
const MISSING: &str = include_str!("bcryptprimitives.c");
/// How the kernel is told of qemu; Debian's package does it where systemd runs.
const REGISTER: &str = "test -e /proc/sys/fs/binfmt_misc/qemu-aarch64 || {
    test -e /proc/sys/fs/binfmt_misc/register || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cat /usr/lib/binfmt.d/qemu-aarch64.conf > /proc/sys/fs/binfmt_misc/register
}";

/// Ready to run programs.
pub(super) enum Ready {
    ThisMachine,
    Qemu,
    /// A Windows of our own in this folder.
    Wine(PathBuf),
}

pub(super) fn prepare(platform: &Platform) -> Result<Ready, Failure> {
    match platform.player {
        Player::ThisMachine => Ok(Ready::ThisMachine),
        Player::Qemu => {
            let mut register = setup::as_root("sh");
            register.args(["-ec", REGISTER]);
            run_visibly(&mut register, "install qemu-user-static; it takes root to tell the kernel of it")?;
            Ok(Ready::Qemu)
        }
        Player::Wine => wine(),
    }
}

/// The command of this machine: its mock serves programs of other platforms.
pub(super) fn native_command() -> Result<PathBuf, Failure> {
    let mut build = cargo::command(&["build", "--quiet", "--package", "mypreferences-cli"]);
    run_visibly(&mut build, "repair what the compiler said")?;
    Ok(cargo::target_folder()?.join("debug/mypreferences"))
}

fn wine() -> Result<Ready, Failure> {
    let prefix = cargo::target_folder()?.join("wine");
    let system = prefix.join("drive_c/windows/system32");
    let ready = Ready::Wine(prefix.clone());
    std::fs::create_dir_all(&prefix).map_err(|error| Failure::file(&prefix, &error))?;
    let mut serve = Command::new(SERVER[0]);
    ready.settle(serve.arg(SERVER[1]));
    run_visibly(&mut serve, "install wine64")?;
    let mut boot = ready.command(Path::new("wineboot"));
    boot.arg("--init");
    run_visibly(&mut boot, "install wine64")?;
    let source = prefix.join("bcryptprimitives.c");
    std::fs::write(&source, MISSING).map_err(|error| Failure::file(&source, &error))?;
    let mut compile = Command::new(MINGW);
    compile.args(["-shared", "-o"]).arg(system.join("bcryptprimitives.dll")).arg(&source).arg("-ladvapi32");
    run_visibly(&mut compile, "install gcc-mingw-w64-x86-64-posix")?;
    Ok(ready)
}

impl Ready {
    /// As the notes say how something was run.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Ready::ThisMachine => "natively",
            Ready::Qemu => "under qemu",
            Ready::Wine(_) => "under Wine",
        }
    }

    /// What stands before a path of this machine there.
    pub(super) fn drive(&self) -> &'static str {
        match self {
            Ready::ThisMachine | Ready::Qemu => "",
            Ready::Wine(_) => "Z:",
        }
    }

    /// A program of that platform, ready for its arguments.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Ready::ThisMachine | Ready::Qemu => Command::new(program),
            Ready::Wine(_) => {
                let mut command = Command::new(WINE);
                command.arg(program);
                command
            }
        };
        self.settle(&mut command);
        command
    }

    /// For a program that starts one of that platform itself.
    pub(super) fn settle(&self, command: &mut Command) {
        if let Ready::Wine(prefix) = self {
            command.env("WINEPREFIX", prefix).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
        }
    }
}

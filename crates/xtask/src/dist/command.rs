//! The command: one program without anything beside it. On Linux it needs no library of the system.

use std::process::Command;

use super::archive;
use super::platform::Platform;
use super::player;
use super::sbom;
use super::toolchain::Toolchain;
use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;

const PROGRAM: &str = "mypreferences";
/// An export is ended by force this often.
const KILLS: &str = "60";

pub(super) fn build(toolchain: &Toolchain, platform: &Platform) -> Result<String, Failure> {
    let results = toolchain.build(platform, "mypreferences-cli")?;
    let name = archive::name(PROGRAM, platform.name);
    let place = archive::begin(&name)?;
    sbom::write("mypreferences-cli", platform.triple, &name)?;
    let program = platform.program(PROGRAM);
    archive::copy(&results.join(&program), &place.join(&program))?;
    archive::copy(&cargo::workspace_folder()?.join("docs/command.md"), &place.join("command.md"))?;
    archive::finish(toolchain, &archive::pack(&place, platform.is_windows())?)
}

/// The demo, and an export that is killed many times, by what was packed.
pub(super) fn test(platform: &Platform) -> Result<String, Failure> {
    let path = archive::folder()?.join(archive::name(PROGRAM, platform.name)).join(platform.program(PROGRAM));
    if !path.exists() {
        return Err(Failure::new(format!("it is not built; run `cargo xtask dist command-{}`", platform.name)));
    }
    let player = player::prepare(platform)?;
    let program = player.command(&path);
    let mut demo = player.command(&path);
    demo.arg("demo");
    run_visibly(&mut demo, "read the last lines of the demo")?;
    let mut kills = Command::new("python3");
    kills
        .arg(cargo::workspace_folder()?.join("tests/platforms/kills.py"))
        .args(["--kills", KILLS, "--mock"])
        .arg(player::native_command()?)
        .args(["--drive", player.drive(), "--"])
        .arg(program.get_program())
        .args(program.get_args());
    player.settle(&mut kills);
    run_visibly(&mut kills, "read what the records and the log of the mock say")?;
    Ok(format!("demo and {KILLS} kills, {}", player.name()))
}

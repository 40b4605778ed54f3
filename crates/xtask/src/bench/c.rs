//! `cargo xtask bench c`: a commit from C beside libcurl doing the same signed POST, and how large the library is that
//! is shipped.

use std::process::Command;

use super::Server;
use crate::c;
use crate::cargo;
use crate::failure::Failure;
use crate::install::{self, Build};
use crate::steps::run_visibly;

/// Largest size of the shared library without symbols.
const SIZE_GOAL: u64 = 4_000_000;

pub(super) fn run() -> Result<(), Failure> {
    let folder = cargo::target_folder()?.join("xtask").join("c");
    let prefix = folder.join("prefix-shipped");
    install::into(&prefix, Build::Shipped)?;
    let library = prefix.join("lib/libmypreferences.so");
    let size = std::fs::metadata(&library).map_err(|error| Failure::file(&library, &error))?.len();
    #[expect(clippy::cast_precision_loss, reason = "a size of some megabytes")]
    let megabytes = size as f64 / 1e6;
    println!("shared library, stripped: {megabytes:.2} MB (goal: at most 4 MB)");
    let program = c::build_bench(&prefix)?.join("bench-commit");
    let server_program = super::build()?;
    for (server_core, where_it_is) in [("0", "the same core"), ("1", "another core")] {
        if server_core != "0" && std::thread::available_parallelism().map_or(1, usize::from) < 2 {
            continue;
        }
        println!("\nserver on {where_it_is}:");
        let mut command = on_core(server_core);
        command.arg(&server_program);
        let server = Server::start_by(command)?;
        let mut bench = on_core("0");
        bench.arg(&program).arg(&server.url);
        run_visibly(&mut bench, "a commit costs more than twice what libcurl takes; look where with `perf record`")?;
    }
    if size > SIZE_GOAL {
        return Err(Failure::new("the library is too large; look what is in it with `cargo bloat`"));
    }
    Ok(())
}

/// Where the scheduler puts threads changes every figure by a factor of three, so they are told where to be.
fn on_core(core: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]);
    command
}

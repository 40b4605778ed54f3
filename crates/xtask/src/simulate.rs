//! `cargo xtask simulate [--timelines N] [--seed S]`: the adversarial simulation of the core, in release mode on all
//! cores.
//!
//! What is simulated and promised stands at the head of crates/mypreferences/tests/simulation/main.rs.

use clap::Args;

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many
    #[arg(long, value_name = "N", default_value = "1_000_000", value_parser = whole_number)]
    timelines: u64,
    /// The first one's number
    #[arg(long, value_name = "S", default_value = "1", value_parser = whole_number)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (timelines, seed) = (arguments.timelines, arguments.seed);
    println!("{timelines} timelines from seed {seed}; building in release mode first");
    let mut command = cargo::command(&[
        "test",
        "--release",
        "--quiet",
        "--package",
        "mypreferences",
        "--features",
        "test-hooks",
        "--test",
        "simulation",
        "--",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env("SIMULATION_TIMELINES", timelines.to_string())
        .env("SIMULATION_SEED", seed.to_string())
        // A broken promise is told in words; where the test asserts it tells nothing.
        .env("RUST_BACKTRACE", "0");
    run_visibly(&mut command, "play a broken timeline again with the line printed below it")
}

/// In groups of digits, too: `1_000_000`.
fn whole_number(text: &str) -> Result<u64, std::num::ParseIntError> {
    text.replace('_', "").parse()
}

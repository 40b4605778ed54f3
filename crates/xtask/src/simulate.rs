//! `cargo xtask simulate [--timelines N] [--seed S]`: the adversarial simulation of the core, in release mode on all
//! cores.
//!
//! What is simulated and promised stands at the head of crates/mypreferences/tests/simulation/main.rs.

use crate::cargo;
use crate::failure::Failure;
use crate::steps::run_visibly;

const DEFAULT_TIMELINES: u64 = 1_000_000;
const DEFAULT_SEED: u64 = 1;

#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    timelines: u64,
    seed: u64,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let wanted = read(arguments)?;
    println!("{} timelines from seed {}; building in release mode first", wanted.timelines, wanted.seed);
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
        .env("SIMULATION_TIMELINES", wanted.timelines.to_string())
        .env("SIMULATION_SEED", wanted.seed.to_string())
        // A broken promise is told in words; where the test asserts it tells nothing.
        .env("RUST_BACKTRACE", "0");
    run_visibly(&mut command, "play a broken timeline again with the line printed below it")
}

fn read(arguments: &[String]) -> Result<Wanted, Failure> {
    let mut wanted = Wanted { timelines: DEFAULT_TIMELINES, seed: DEFAULT_SEED };
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let number = || {
            let value = rest.clone().next();
            value
                .and_then(|value| value.replace('_', "").parse::<u64>().ok())
                .ok_or_else(|| Failure::new(format!("`{name}` needs a whole number after it")))
        };
        match name.as_str() {
            "--timelines" => wanted.timelines = number()?,
            "--seed" => wanted.seed = number()?,
            _ => {
                return Err(Failure::new(format!("`{name}` is not an argument here; pass --timelines N or --seed S")));
            }
        }
        rest.next();
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str) -> Result<Wanted, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_million_timelines_unless_told_otherwise() {
        let (timelines, seed) = (1_000_000, 1);
        assert_eq!(wanted(""), Ok(Wanted { timelines, seed }));
        assert_eq!(wanted("--seed 412 --timelines 1_000"), Ok(Wanted { timelines: 1_000, seed: 412 }));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["--timelines", "--seed x", "--seed --timelines 1", "1000", "--fast 1"] {
            assert!(wanted(line).is_err(), "{line}");
        }
    }
}

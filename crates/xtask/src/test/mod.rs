//! `cargo xtask test`: sets up, runs every test and the demo, and searches all they printed for secrets.
//!
//! The whole output, at trace level, is kept in one file below the target folder; the terminal shows what cargo and the
//! test harness say.

mod beside;
mod canaries;
mod canary_scan;
mod quiet_view;
mod tally;
mod transcript;

use std::process::Command;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::c;
use crate::cargo;
use crate::conformance;
use crate::dist;
use crate::failure::Failure;
use crate::kotlin;
use crate::python;
use crate::schemathesis;
use crate::setup;
use crate::steps::{Steps, chosen, command_line, run_visibly};
use crate::swift;
use beside::Beside;
use quiet_view::QuietView;
use tally::Tally;
use transcript::Transcript;

/// How much of what a failed step printed is repeated at the end: who sees the end of a long log alone shall see why.
const LAST_LINES: usize = 40;

/// One step, by the name that is given on the command line.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&mut Transcript, &[String]) -> Result<String, Failure>,
}

/// All steps in their order. What follows `--` reaches cargo's tests only.
#[rustfmt::skip]
const STEPS: &[Step] = &[
    // First: a sudo that asks nothing now may ask in half an hour.
    Step { name: "swift-system", about: "a system of its own for Swift, where this machine has none", run: |_, _| swift::provide() },
    Step { name: "tests", about: "every test of every crate, at trace level; after `--`: a test's name", run: tests },
    Step { name: "demo", about: "cargo demo, as the README has it", run: |transcript, _| demo(transcript) },
    Step { name: "platforms", about: "all that is shipped, compiled for Windows and Apple's systems without a warning", run: |transcript, _| commands(transcript, dist::check::commands()?) },
    Step { name: "python", about: "lint, types and tests of the Python package, on every interpreter that is there", run: |transcript, _| commands(transcript, python::checks()?) },
    Step { name: "ecosystem", about: "exports into real databases, by dlt, Spark and Airflow, killed at every point", run: |transcript, _| commands(transcript, python::ecosystem(&[])?) },
    Step { name: "python-package", about: "the wheel and the source archive, installed in a fresh environment", run: |transcript, _| commands(transcript, python::package()?) },
    Step { name: "c", about: "the C library as its users meet it", run: |transcript, _| c(transcript) },
    Step { name: "kotlin", about: "the jar, its tests, an empty project, a shrunk program", run: |transcript, _| {
        commands(transcript, [kotlin::compilation()?])?;
        kotlin::place_adapters()?;
        commands(transcript, kotlin::checks()?)
    } },
    Step { name: "swift", about: "the Swift package and its tests", run: |transcript, _| {
        commands(transcript, swift::builds()?)?;
        swift::place_adapter()?;
        commands(transcript, swift::checks()?)
    } },
    Step { name: "conformance", about: "the shared suite on every surface (build them first: python, c, kotlin, swift)", run: |transcript, _| conformance(transcript, None) },
    Step { name: "mutants", about: "the proof that the suite can fail", run: |transcript, _| conformance(transcript, Some("mutants")) },
    Step { name: "schemathesis", about: "the suite's files against their schemas, the mock against its description", run: |transcript, _| schemathesis(transcript) },
    Step { name: "canary-scan", about: "secrets in anything that the steps before it printed", run: |transcript, _| canary_scan::run(transcript.path()) },
];

/// Steps that run beside those after them, until the step begins that is named with them: one that compiles beside one
/// that waits for programs, and one that waits for databases, brokers and schedulers beside those that compile.
const BESIDE: [(&str, &str); 2] = [("platforms", "ecosystem"), ("ecosystem", "conformance")];

/// What takes long because it tries everything: `--fast` leaves it to the whole run.
const EXHAUSTIVE: &[&str] =
    &["landing::tests::model", "every_combination", "every_short_sequence", "two_thousand_timelines"];

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these; all when none is named
    #[arg(value_name = "STEP", value_parser = PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
    /// Say what each step is
    #[arg(long, exclusive = true)]
    list: bool,
    /// The tests of what was changed, without those that try everything
    #[arg(long, conflicts_with = "steps")]
    fast: bool,
    /// The file below the target folder that keeps what is printed
    #[arg(long, hide = true, default_value = "test-output.txt")]
    transcript: String,
    /// A test's name, or anything else for cargo's tests
    #[arg(last = true, value_name = "NAME")]
    filter: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.list {
        for step in STEPS {
            println!("{:15} {}", step.name, step.about);
        }
        return Ok(());
    }
    if arguments.fast {
        return fast(&arguments.filter);
    }
    all(&chosen(STEPS, |step| step.name, &arguments.steps), &arguments.transcript, &arguments.filter)
}

fn all(chosen: &[&Step], transcript: &str, filter: &[String]) -> Result<(), Failure> {
    // Before anything else: half an hour later is too late to say that a program is missing.
    setup::prepare_for("test")?;
    let file = cargo::target_folder()?.join("xtask").join(transcript);
    let mut transcript = Transcript::create(&file)?;
    let mut steps = Steps::default();
    let mut ends = Vec::new();
    let place_of = |name: &str| STEPS.iter().position(|step| step.name == name);
    let mut beside: Option<(Beside, Option<usize>)> = None;
    for (number, step) in chosen.iter().enumerate() {
        if let Some((other, _)) = beside.take_if(|(_, until)| place_of(step.name) >= *until) {
            ends.extend(join(other, &mut transcript, &mut steps)?);
        }
        if let Some((_, until)) = BESIDE.iter().find(|(name, _)| *name == step.name)
            && chosen.get(number + 1).is_some_and(|next| place_of(next.name) < place_of(until))
        {
            beside = Some((Beside::start(step.name)?, place_of(until)));
            continue;
        }
        let start = transcript.lines();
        if !steps.run(step.name, || (step.run)(&mut transcript, filter)) {
            ends.extend(end_of(step.name, &transcript, start)?);
        }
    }
    if let Some((other, _)) = beside {
        ends.extend(join(other, &mut transcript, &mut steps)?);
    }
    println!("{}\ncomplete output: {}", ends.join("\n"), transcript.path().display());
    steps.finish()
}

/// Waits for what runs beside, and takes in what it printed; where it failed, its last lines.
fn join(beside: Beside, transcript: &mut Transcript, steps: &mut Steps) -> Result<Vec<String>, Failure> {
    let (name, begun, start) = (beside.name, beside.begun, transcript.lines());
    if steps.run_since(name, begun, || beside.end(transcript)) {
        return Ok(Vec::new());
    }
    end_of(name, transcript, start)
}

/// The last lines of what a step has printed since the line `start`.
fn end_of(name: &str, transcript: &Transcript, start: usize) -> Result<Vec<String>, Failure> {
    let last = transcript.last_lines(LAST_LINES.min(transcript.lines() - start))?;
    let lines = last.iter().map(|line| format!("  {}", canaries::mask(line)));
    Ok(std::iter::once(format!("\nthe last lines of {name}:")).chain(lines).collect())
}

/// The tests of what has changed since the last commit, or by it, without those that try everything.
fn fast(filter: &[String]) -> Result<(), Failure> {
    let mut steps = Steps::default();
    for package in changed()? {
        // Alone, with all its features: nothing else has to be built for another set of them.
        let mut command = cargo::command(&["test", "--package", &package, "--all-features", "--"]);
        command.args(filter);
        for name in EXHAUSTIVE {
            command.args(["--skip", name]);
        }
        let remedy = "repair what failed";
        steps.run("tests", || run_visibly(&mut command, remedy).map(|()| package));
    }
    steps.finish()
}

/// The packages that files of `git diff` lie in; the core where there are none.
fn changed() -> Result<Vec<String>, Failure> {
    let root = cargo::workspace_folder()?;
    let listed = |since: &str| {
        let mut git = Command::new("git");
        git.args(["diff", "--name-only", since]).current_dir(&root);
        let output = git.output().map(|output| output.stdout).unwrap_or_default();
        packages(&String::from_utf8_lossy(&output))
    };
    let found = [listed("HEAD"), listed("HEAD^")];
    let found = found.into_iter().find(|packages| !packages.is_empty());
    Ok(found.unwrap_or_else(|| vec!["mypreferences".to_owned()]))
}

fn packages(files: &str) -> Vec<String> {
    let mut packages: Vec<String> =
        files.lines().filter_map(|file| file.strip_prefix("crates/")?.split('/').next()).map(str::to_owned).collect();
    packages.sort();
    packages.dedup();
    packages
}

fn tests(transcript: &mut Transcript, filter: &[String]) -> Result<String, Failure> {
    // More than one thread even on one core: then the harness prints a test's name and result as one line when it is
    // over, not the name before and the result after all that the test prints.
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8).to_string();
    let mut command = cargo::command(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    command.args(["--", "--nocapture", "--test-threads", &threads]);
    command.args(filter);
    command.env("RUST_LOG", "trace");
    forget_own_settings(&mut command);

    let (mut view, mut tally) = (QuietView::default(), Tally::default());
    let outcome = run_into(
        transcript,
        command,
        "repair what failed, then run one test by its name: `cargo xtask test tests -- NAME`",
        |line| {
            tally.count(line);
            if view.shows(line) {
                println!("{}", canaries::mask(&shortened(line)));
            }
        },
    );
    println!("{tally}");
    outcome.map(|()| tally.to_string())
}

/// The line of the README, as someone types it who has set nothing.
fn demo(transcript: &mut Transcript) -> Result<String, Failure> {
    let mut command = cargo::command(&["demo"]);
    command.env_remove("RUST_LOG");
    forget_own_settings(&mut command);
    run_into(transcript, command, "run `cargo demo` and read its last lines", |line| {
        println!("{}", canaries::mask(line));
    })?;
    Ok(String::new())
}

/// The shared suite: the table of every surface, or its mutants.
fn conformance(transcript: &mut Transcript, task: Option<&str>) -> Result<String, Failure> {
    conformance::build()?;
    let mut command = conformance::judge(task)?;
    forget_own_settings(&mut command);
    run_into(transcript, command, "run `cargo xtask conformance` and read its red cells", |line| {
        println!("{}", canaries::mask(line));
    })?;
    Ok(String::new())
}

/// The suite's files against their schemas, and the mock against its `OpenAPI` description.
fn schemathesis(transcript: &mut Transcript) -> Result<String, Failure> {
    commands(transcript, schemathesis::checks()?)
}

/// The C library, as `cargo xtask c` tests it; and the adapters of the suite.
fn c(transcript: &mut Transcript) -> Result<String, Failure> {
    let mut command = cargo::xtask()?;
    command.arg("c");
    commands(transcript, [(command, "run `cargo xtask c` and read what failed")])?;
    c::prepare_adapters()?;
    Ok(String::new())
}

/// Runs these one after the other; the last line that they print is the remark.
fn commands(
    transcript: &mut Transcript,
    commands: impl IntoIterator<Item = (Command, &'static str)>,
) -> Result<String, Failure> {
    let mut remark = String::new();
    for (mut command, remedy) in commands {
        forget_own_settings(&mut command);
        run_into(transcript, command, remedy, |line| {
            println!("{}", canaries::mask(line));
            line.clone_into(&mut remark);
        })?;
    }
    Ok(remark)
}

/// Credentials of the person who runs this must not reach a test, and colours would hide lines from the view.
fn forget_own_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MYPREFERENCES_") {
            command.env_remove(&name);
        }
    }
    command.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never").env("NO_COLOR", "1");
}

fn run_into(
    transcript: &mut Transcript,
    command: Command,
    remedy: &str,
    show: impl FnMut(&str),
) -> Result<(), Failure> {
    let line = command_line(&command);
    println!("$ {line}");
    let status = transcript.run(command, show)?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("`{line}` ended with {status}; {remedy}")))
}

/// A line of the harness that got mixed with a dump of bytes shall not fill the screen.
fn shortened(line: &str) -> String {
    const LIMIT: usize = 500;
    match line.char_indices().nth(LIMIT) {
        // The cut could halve a canary and so hide it from the mask: mask first.
        Some(_) => canaries::mask(line).chars().take(LIMIT).chain("… (the file has the rest)".chars()).collect(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_belongs_to_the_crate_that_it_lies_in() {
        let files = "README.md\ncrates/xtask/src/main.rs\ncrates/xtask/Cargo.toml\npython/a.py\n";
        assert_eq!(packages(files), ["xtask"]);
    }
}

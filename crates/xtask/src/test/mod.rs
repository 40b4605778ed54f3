//! `cargo xtask test`: sets up, runs every test and the demo, and searches all they printed for secrets.
//!
//! The whole output, at trace level, is kept in one file below the target folder; the terminal shows what cargo and the
//! test harness say.

mod canaries;
mod canary_scan;
mod quiet_view;
mod tally;
mod transcript;

use std::process::Command;

use crate::c;
use crate::cargo;
use crate::conformance;
use crate::failure::Failure;
use crate::kotlin;
use crate::python;
use crate::schemathesis;
use crate::setup;
use crate::steps::{Steps, command_line};
use crate::swift;
use quiet_view::QuietView;
use tally::Tally;
use transcript::Transcript;

/// How much of the file is repeated on the terminal when something failed.
const LAST_LINES: usize = 200;

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    Failure::unless_empty(arguments)?;
    // Before anything else: half an hour later is too late to say that a program is missing.
    setup::prepare_for("test")?;
    let file = cargo::target_folder()?
        .join("xtask")
        .join("test-output.txt");
    let mut transcript = Transcript::create(&file)?;
    let mut steps = Steps::default();
    // A sudo that asks nothing now may ask in half an hour.
    steps.run("swift system", swift::provide);
    steps.run("tests", || tests(&mut transcript));
    steps.run("demo", || demo(&mut transcript));
    steps.run("python", || commands(&mut transcript, python::checks()?));
    steps.run("python package", || {
        commands(&mut transcript, python::package()?)
    });
    steps.run("c", || c(&mut transcript));
    steps.run("kotlin", || {
        kotlin::prepare()?;
        commands(&mut transcript, kotlin::checks()?)
    });
    steps.run("swift", || {
        swift::prepare()?;
        commands(&mut transcript, swift::checks()?)
    });
    steps.run("conformance", || conformance(&mut transcript, &[]));
    steps.run("mutants", || {
        conformance(&mut transcript, &["mutants".to_owned()])
    });
    steps.run("schemathesis", || schemathesis(&mut transcript));
    steps.run("canary scan", || canary_scan::run(transcript.path()));
    let result = steps.finish();
    if result.is_err() {
        print_end_of(&transcript)?;
    } else {
        println!("complete output: {}", transcript.path().display());
    }
    result
}

fn tests(transcript: &mut Transcript) -> Result<String, Failure> {
    // More than one thread even on one core: then the harness prints a test's name and result as one line when it is
    // over, not the name before and the result after all that the test prints.
    let threads = std::thread::available_parallelism()
        .map_or(2, usize::from)
        .clamp(2, 8)
        .to_string();
    let mut command = cargo::command(&["test", "--workspace", "--all-features", "--no-fail-fast"]);
    command.args(["--", "--nocapture", "--test-threads", &threads]);
    command.env("RUST_LOG", "trace");
    forget_own_settings(&mut command);

    let (mut view, mut tally) = (QuietView::default(), Tally::default());
    let outcome = run_into(
        transcript,
        command,
        "repair what failed, then run one test by its name: `cargo test NAME`",
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
    run_into(
        transcript,
        command,
        "run `cargo demo` and read its last lines",
        |line| println!("{}", canaries::mask(line)),
    )?;
    Ok(String::new())
}

/// The shared suite: the table of every surface, or its mutants.
fn conformance(transcript: &mut Transcript, arguments: &[String]) -> Result<String, Failure> {
    conformance::build()?;
    let mut command = conformance::judge(arguments)?;
    forget_own_settings(&mut command);
    run_into(
        transcript,
        command,
        "run `cargo xtask conformance` and read its red cells",
        |line| println!("{}", canaries::mask(line)),
    )?;
    Ok(String::new())
}

/// The suite's files against their schemas, and the mock against its `OpenAPI` description.
fn schemathesis(transcript: &mut Transcript) -> Result<String, Failure> {
    commands(transcript, schemathesis::checks()?)
}

/// The C library, as `cargo xtask c` tests it; and the adapters of the suite.
fn c(transcript: &mut Transcript) -> Result<String, Failure> {
    let this = std::env::current_exe().map_err(|error| {
        Failure::new(format!(
            "xtask does not find itself: {error}; start it by `cargo xtask`"
        ))
    })?;
    let mut command = Command::new(this);
    command.arg("c");
    commands(
        transcript,
        [(command, "run `cargo xtask c` and read what failed")],
    )?;
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
    command
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env("NO_COLOR", "1");
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
    Err(Failure::new(format!(
        "`{line}` ended with {status}; {remedy}"
    )))
}

/// A line of the harness that got mixed with a dump of bytes shall not fill the screen.
fn shortened(line: &str) -> String {
    const LIMIT: usize = 500;
    match line.char_indices().nth(LIMIT) {
        // The cut could halve a canary and so hide it from the mask: mask first.
        Some(_) => canaries::mask(line)
            .chars()
            .take(LIMIT)
            .chain("… (the file has the rest)".chars())
            .collect(),
        None => line.to_owned(),
    }
}

fn print_end_of(transcript: &Transcript) -> Result<(), Failure> {
    println!(
        "the last {LAST_LINES} lines of {}:",
        transcript.path().display()
    );
    for line in transcript.last_lines(LAST_LINES)? {
        println!("  {}", canaries::mask(&line));
    }
    println!("complete output: {}", transcript.path().display());
    Ok(())
}

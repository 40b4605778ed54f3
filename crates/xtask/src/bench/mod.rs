//! `cargo xtask bench commit`: what one commit costs beside plain reqwest doing the same signed POST, in one run.
//! `cargo xtask bench python`, `python-export`, `arrow`, `load` and `spark` are in `python`, `cargo xtask bench c` is in `c`;
//! `cargo xtask bench jvm` measures from Kotlin, beside `java.net.http`; `cargo xtask bench export [RECORDS]` the command
//! that lands an export, beside curl, a requests job and dlt, and `cargo xtask bench latency` over a slow line.
//!
//! Instructions come from callgrind and allocations from memcheck, each as the difference of a long and a short run,
//! so that start-up is not counted. Wall times are printed too, but only the counted figures are held to a goal.

mod c;
mod python;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use clap::Subcommand;

use crate::cargo;
use crate::failure::Failure;
use crate::kotlin;
use crate::steps::run_visibly;
use crate::virtual_environment;

const SHORT_RUN: u32 = 50;
const LONG_RUN: u32 = 250;
/// At most so much more than plain reqwest.
const INSTRUCTIONS_GOAL: f64 = 1.35;
const ALLOCATIONS_GOAL: f64 = 1.5;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Subject {
    /// Count what a commit costs beside plain reqwest
    Commit,
    /// A commit from Python, beside httpx, requests and urllib3
    Python,
    /// An export from Python
    PythonExport,
    /// A table of an export from Python, beside `from_pylist` and `DuckDB`
    Arrow,
    /// An export into a table of a database, beside dlt and scripts
    Load,
    /// An export in Spark, in one range and in several
    Spark,
    /// A commit from C, beside libcurl
    C,
    /// A commit from Kotlin, beside java.net.http
    Jvm,
    /// The command that lands an export over a line that is slow, beside curl with as many pages at once
    Latency {
        /// How many records, and options of crates/mypreferences-cli/benches/latency.py
        #[arg(value_name = "RECORDS", trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// The command that lands an export, beside curl, a requests job and dlt
    Export {
        /// How many, and options of crates/mypreferences-cli/benches/export.py
        #[arg(value_name = "RECORDS", trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
}

pub(crate) fn run(subject: &Subject) -> Result<(), Failure> {
    match subject {
        Subject::Commit => commit(),
        Subject::Python => python::commit(),
        Subject::PythonExport => python::export(),
        Subject::Arrow => python::arrow(),
        Subject::Load => python::load(),
        Subject::Spark => python::spark(),
        Subject::C => c::run(),
        Subject::Jvm => jvm(),
        Subject::Latency { options } => export("latency.py", options),
        Subject::Export { options } => export("export.py", options),
    }
}

fn commit() -> Result<(), Failure> {
    let program = build()?;
    let server = Server::start(&program)?;
    println!("one commit against a server on loopback, {} calls counted", LONG_RUN - SHORT_RUN);
    let instructions = compare("instructions", INSTRUCTIONS_GOAL, |client, calls| {
        count(&program, "callgrind", client, calls, &server.url, "Collected :")
    })?;
    let allocations = compare("allocations", ALLOCATIONS_GOAL, |client, calls| {
        count(&program, "memcheck", client, calls, &server.url, "total heap usage:")
    })?;
    drop(server);
    let wall = Command::new(&program).status();
    if !wall.is_ok_and(|status| status.success()) {
        return Err(Failure::new("the wall-time run failed; run `cargo bench -p mypreferences --bench commit`"));
    }
    if instructions && allocations {
        Ok(())
    } else {
        Err(Failure::new("a goal was missed; look at the calls with callgrind_annotate"))
    }
}

/// The command, beside what saves the same pages today.
fn export(script: &str, options: &[String]) -> Result<(), Failure> {
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--package", "mypreferences-cli"]);
    run_visibly(&mut build, "run `cargo xtask check` and repair what it says")?;
    let folder = cargo::workspace_folder()?.join("crates/mypreferences-cli/benches");
    let python = virtual_environment::python(&folder.join("requirements.txt"))?;
    let target = cargo::target_folder()?;
    let mut bench = Command::new(&python);
    bench
        .arg(folder.join(script))
        .arg(target.join("release").join("mypreferences"))
        .arg(target.join("xtask").join("bench-export"))
        .args(options);
    run_visibly(&mut bench, "run the line above by hand")
}

/// The native library as it is shipped, beside the JDK's own client.
fn jvm() -> Result<(), Failure> {
    let server = Server::start(&build()?)?;
    run_visibly(&mut kotlin::bench(&server.url)?, "run the line above by hand")
}

/// Counts both clients, prints one line, and says whether the goal was met.
fn compare(what: &str, goal: f64, count: impl Fn(&str, u32) -> Result<u64, Failure>) -> Result<bool, Failure> {
    let per_call = |client| {
        let (short, long) = (count(client, SHORT_RUN)?, count(client, LONG_RUN)?);
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let calls = long.saturating_sub(short) as f64;
        Ok::<f64, Failure>(calls / f64::from(LONG_RUN - SHORT_RUN))
    };
    let (ours, reqwest) = (per_call("ours")?, per_call("reqwest")?);
    let ratio = ours / reqwest;
    println!("{what} per call: ours {ours:.0}, reqwest {reqwest:.0}, ratio {ratio:.2} (goal: at most {goal})");
    Ok(ratio <= goal)
}

/// One run under valgrind; the first number after `label` in its report.
fn count(program: &Path, tool: &str, client: &str, calls: u32, url: &str, label: &str) -> Result<u64, Failure> {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg(format!("--tool={tool}"));
    if tool == "callgrind" {
        valgrind.arg("--callgrind-out-file=/dev/null");
    }
    let output = valgrind.arg(program).args([client, &calls.to_string(), url]).output().map_err(|error| {
        Failure::new(format!("valgrind cannot be started: {error}; `cargo xtask setup` says how to install it"))
    })?;
    let report = String::from_utf8_lossy(&output.stderr);
    let number = report.split_once(label).map(|(_, rest)| {
        rest.trim_start()
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == ',')
            .filter(char::is_ascii_digit)
            .collect::<String>()
    });
    match number.and_then(|digits| digits.parse().ok()) {
        Some(number) if output.status.success() => Ok(number),
        _ => Err(Failure::new(format!("valgrind gave no figure:\n{report}\nrun the program alone to see why"))),
    }
}

/// Builds the bench in release mode; the path of its program.
fn build() -> Result<PathBuf, Failure> {
    let failed =
        |what: &str| Failure::new(format!("{what}; run `cargo bench -p mypreferences --bench commit --no-run`"));
    let output =
        cargo::command(&["bench", "--package=mypreferences", "--bench=commit", "--no-run", "--message-format=json"])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| failed(&format!("cargo cannot be started: {error}")))?;
    if !output.status.success() {
        return Err(failed("the bench does not build"));
    }
    cargo_metadata::Message::parse_stream(output.stdout.as_slice())
        .filter_map(Result::ok)
        .find_map(|message| match message {
            cargo_metadata::Message::CompilerArtifact(artifact) if artifact.target.is_bench() => artifact.executable,
            _ => None,
        })
        .map(Into::into)
        .ok_or_else(|| failed("cargo named no program"))
}

/// The server of the bench, in a process of its own; ends with the run.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(program: &Path) -> Result<Server, Failure> {
        Server::start_by(Command::new(program))
    }

    /// By a command that starts the program, perhaps through another.
    fn start_by(mut command: Command) -> Result<Server, Failure> {
        let failed = |error: &str| {
            Failure::new(format!("the bench's server does not start: {error}; run it alone with `serve`"))
        };
        let mut process =
            command.arg("serve").stdout(Stdio::piped()).spawn().map_err(|error| failed(&error.to_string()))?;
        let mut url = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut url).map_err(|error| failed(&error.to_string()))?;
        }
        Ok(Server { process, url: url.trim().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! `demo`: an export of 200,000 people against a mock service in this process, told step by step. It is killed in the
//! middle, continued by the same command, sealed, committed although the commit's answer is lost, and verified.
//! Everything in it is made up.

use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mypreferences::ErrorKind;
use mypreferences::landing::{BatchReceipt, BatchState, BatchSummary, CommitEnd, Folder, Verified};
use mypreferences_mock::{
    Action, Apply, Authorization, ExportKind, MockConfig, MockService, Operation as Asked, Rule, Source,
};

use super::export::again;
use crate::exit_code::DONE;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::words;

const CLIENT_ID: &str = "DemoAccount";
const USER_ID: &str = "demo.user";
const SECRET: &str = "made-up-for-the-demo";
const SEGMENT: &str = "Everyone";
const PEOPLE: u64 = 200_000;
/// After so many pages of 1,000 the mock holds one back, so that there is a middle to be killed in: one part of 64 MiB
/// is durable then.
const PAGES: u64 = 150;
/// Longer than any machine takes for a part.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

const TRY_NEXT: &str = "\
Try next (in a checkout, `cargo run --bin mypreferences --` instead of `mypreferences`):
  mypreferences mock --port 8089 --no-auth --segment Everyone:100000
      the mock service, to be left running; then in a second terminal:
  export MYPREFERENCES_AUTHORIZATION=made-up MYPREFERENCES_CLIENT_ID=ExampleClient \\
      MYPREFERENCES_BASE_URL=http://127.0.0.1:8089
  mypreferences export --segment Everyone --out people --keep-files true
      stop it by Ctrl-C or kill -9 as you like, and run it again
  mypreferences export list people
  mypreferences export --help
      everything else, with the exit codes
  README.md
      a commit from your language";

pub(super) fn run(output: Output) -> u8 {
    let stage = Stage::new(output);
    match play(stage) {
        Ok(done) => {
            stage.say("");
            stage.heading("All records are there, and one commit was applied.");
            stage.say("");
            stage.say(TRY_NEXT);
            if output.json() {
                return output.print(&done);
            }
            DONE
        }
        Err(failure) => output.failure(&failure, None),
    }
}

/// Plays it, and gives what a program reads.
fn play(stage: Stage) -> Result<String, Failure> {
    let service = service()?;
    let home = Home::new()?;
    let out = home.0.join("people");
    stage.say(&format!(
        "A mock of the service runs at {}, with {} people and PNAUTHINFO3 authorization.\nEverything is made up; nothing \
         leaves this machine.",
        service.base_url(),
        words::count(PEOPLE)
    ));
    let line: Vec<OsString> = ["export", "--segment", SEGMENT, "--keep-files", "false", "--progress", "log", "--out"]
        .map(OsString::from)
        .into_iter()
        .chain([out.clone().into()])
        .collect();

    stage.say("");
    stage.heading("1. An export that is killed in the middle");
    let landing = killed_in_the_middle(stage, &service, &home, &line, &out)?;
    stage.say(&format!("  {}", words::batch(&landing)));
    stage.say("What a part holds is durable; a part appears by a rename, whole or not at all.");

    stage.say("");
    stage.heading("2. The same command again");
    stage.say(
        "It hashes the part and goes on behind it, with the same access token. Then it seals the batch, and only then sends \
         the commit. This time the answer of the commit is lost after it was applied.",
    );
    let lost = Action::ReadThenClose { apply: Apply::Now };
    service.push_rule(Rule::new(Asked::Commit, lost));
    to_its_end(stage, &service, &home, &line)?;
    let receipt = check(&service, &out)?;
    stage.say(&format!("  receipt: {}", serde_json::to_string(&receipt).unwrap_or_default()));
    stage.say(
        "Nothing was sent twice: the server said that the token is consumed, so the lost commit had been applied.",
    );

    stage.say("");
    stage.heading("3. What lies on disk, verified without a server");
    let verified = Folder::new(&out).verify(|_| {})?;
    if verified.rows != PEOPLE {
        return Err(unexpected("verifying found other records"));
    }
    stage.say(&format!("  $ mypreferences verify {}", out.display()));
    stage.good(&words::verified(&verified));
    service.shutdown_blocking();
    as_json(&receipt, &verified)
}

fn as_json(receipt: &BatchReceipt, verified: &Verified) -> Result<String, Failure> {
    let receipt = serde_json::to_string(receipt).map_err(|error| failure::internal(error.to_string()))?;
    Ok(format!("{{\"receipt\":{receipt},\"verified\":{}}}", verified.to_json()))
}

fn service() -> Result<MockService, Failure> {
    let authorization =
        Authorization::Hmac { client_id: CLIENT_ID.to_owned(), user_id: USER_ID.to_owned(), secret: SECRET.to_owned() };
    let config = MockConfig::default().client_id(CLIENT_ID).authorization(authorization);
    let service = MockService::start_blocking(config)
        .map_err(|error| failure::internal(format!("the mock service cannot start: {error}")))?;
    let people = Source::new(ExportKind::Segment, SEGMENT, PEOPLE);
    service.world().add_source(people);
    Ok(service)
}

/// Starts it, waits until a part is durable, kills it, and tells what is left.
fn killed_in_the_middle(
    stage: Stage,
    service: &MockService,
    home: &Home,
    line: &[OsString],
    out: &Path,
) -> Result<BatchSummary, Failure> {
    let held_back = Action::Hang { apply: Apply::Never };
    service.push_rule(Rule::new(Asked::Page, held_back).skip(PAGES));
    let mut child = Running(start(stage, service, home, line)?);
    let begun = Instant::now();
    loop {
        std::thread::sleep(BETWEEN_LOOKS);
        let has_a_part = newest(out).is_some_and(|batch| batch.parts > 0);
        let is_held_back = service.requests_for(Asked::Page).len() > usize::try_from(PAGES).unwrap_or(0);
        if has_a_part && is_held_back {
            break;
        }
        let has_ended = child.0.try_wait().is_ok_and(|status| status.is_some());
        if has_ended || begun.elapsed() > PATIENCE {
            child.tell(stage);
            return Err(unexpected("the export did not come to its middle"));
        }
    }
    // SIGKILL: no handler runs, nothing is written any more.
    let ended = child.0.kill().and_then(|()| child.0.wait());
    child.tell(stage);
    stage.say(&format!("  {}", stage.painted("33", &format!("kill -9: {}", said(&ended)))));
    match newest(out) {
        Some(batch) if batch.state == BatchState::Landing && batch.rows < PEOPLE => Ok(batch),
        Some(_) | None => Err(unexpected("the killed export left something else")),
    }
}

fn said(ended: &std::io::Result<ExitStatus>) -> String {
    match ended {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

fn newest(out: &Path) -> Option<BatchSummary> {
    Folder::new(out).batches().ok()?.pop()
}

fn to_its_end(stage: Stage, service: &MockService, home: &Home, line: &[OsString]) -> Result<(), Failure> {
    let mut child = Running(start(stage, service, home, line)?);
    let ended = child.0.wait();
    child.tell(stage);
    match ended {
        Ok(status) if status.success() => Ok(()),
        ended => Err(unexpected(&format!("the export ended with {}", said(&ended)))),
    }
}

/// The receipt against what the server really did.
fn check(service: &MockService, out: &Path) -> Result<BatchReceipt, Failure> {
    let receipt = newest(out).and_then(|batch| batch.receipt).ok_or_else(|| unexpected("there is no receipt"))?;
    let is_as_expected = receipt.end == CommitEnd::Committed
        && receipt.files_are_as_asked()
        && receipt.receipt.as_ref().is_some_and(|receipt| receipt["confirmed_by"] == "status");
    if !is_as_expected {
        return Err(unexpected("the receipt is not the expected one"));
    }
    let exports = service.world().exports();
    let commits: usize = exports.iter().map(|export| export.commits.len()).sum();
    let was_done_once = exports.len() == 1
        && commits == 1
        && exports.iter().all(|export| !export.files_kept)
        && service.requests_for(Asked::Commit).len() == 1;
    if !was_done_once {
        return Err(unexpected("the mock did something else than the receipt says"));
    }
    Ok(receipt)
}

fn unexpected(what: &str) -> Failure {
    failure::internal(format!("demo: {what}"))
}

/// This program again, with settings of the demo only.
fn start(stage: Stage, service: &MockService, home: &Home, line: &[OsString]) -> Result<Child, Failure> {
    let mut shown = vec![OsString::new()];
    shown.extend_from_slice(line);
    stage.say(&format!("  $ {}", again::command_line(&shown)));
    let mut command = this_program()?;
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MYPREFERENCES_") {
            command.env_remove(name);
        }
    }
    command
        .args(line)
        .env("MYPREFERENCES_CLIENT_ID", CLIENT_ID)
        .env("MYPREFERENCES_BASE_URL", service.base_url())
        .env("MYPREFERENCES_USER_ID", USER_ID)
        .env("MYPREFERENCES_SECRET", SECRET)
        // The profiles of a real account do not count.
        .env("XDG_CONFIG_HOME", home.0.join("no-profiles"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().map_err(|error| failure::internal(format!("this program cannot be started: {error}")))
}

/// The program that runs. Within Python it is the interpreter, which finds the same command by the package's name.
fn this_program() -> Result<Command, Failure> {
    let program =
        std::env::current_exe().map_err(|error| failure::internal(format!("this program is not found: {error}")))?;
    let is_python = program.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
    let mut command = Command::new(program);
    if is_python {
        command.args(["-c", "from mypreferences._command import main; main()"]);
    }
    Ok(command)
}

/// A child that does not outlive the story.
struct Running(Child);

impl Running {
    /// What it said, which is little enough for a pipe.
    fn tell(&mut self, stage: Stage) {
        let mut text = String::new();
        // A program that is gone has closed both.
        if let Some(mut stderr) = self.0.stderr.take() {
            let _ = stderr.read_to_string(&mut text);
        }
        if let Some(mut stdout) = self.0.stdout.take() {
            let _ = stdout.read_to_string(&mut text);
        }
        for line in text.lines() {
            stage.say(&format!("    {line}"));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is gone already, unless the story ended early.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
fn folder_of_one_owner() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// The folder of temporary files is its user's there.
#[cfg(not(unix))]
fn folder_of_one_owner() -> std::fs::DirBuilder {
    std::fs::DirBuilder::new()
}

/// The folder of the demo, which is removed with its guard.
struct Home(PathBuf);

impl Home {
    fn new() -> Result<Home, Failure> {
        let path = std::env::temp_dir().join(format!("mypreferences-demo-{}", std::process::id()));
        folder_of_one_owner().create(&path).map_err(|error| {
            failure::of_kind(
                ErrorKind::Storage,
                format!("the folder {} cannot be made: {error}", path.display()),
                "set TMPDIR to a folder with 200 MB of space",
            )
        })?;
        Ok(Home(path))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where the story is told: on standard output, unless that belongs to a program.
#[derive(Clone, Copy)]
struct Stage {
    output: Output,
    colour: bool,
}

impl Stage {
    fn new(output: Output) -> Stage {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Stage { output, colour: !output.json() && !no_colour && std::io::stdout().is_terminal() }
    }

    fn say(self, text: &str) {
        if self.output.json() {
            self.output.note(text);
        } else {
            self.output.print(text);
        }
    }

    fn heading(self, text: &str) {
        self.say(&self.painted("1", text));
    }

    fn good(self, text: &str) {
        self.say(&format!("  {}", self.painted("1;32", text)));
    }

    fn painted(self, colour: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

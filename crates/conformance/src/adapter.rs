//! Running an adapter: one program a surface, plans in and observations out as lines of JSON, with a time limit for
//! each case. An adapter that hangs, dies or talks nonsense fails its case and is started again.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde::Deserialize;

use crate::plan::Plan;

/// No scenario takes longer by itself than half of this.
const CASE_LIMIT: Duration = Duration::from_secs(60);

/// What an adapter says about one case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Observation {
    pub(crate) case: String,
    /// One list for each call: as many as ran at once.
    pub(crate) results: Vec<Vec<ObservedResult>>,
    /// Every text form of what was seen (messages, debug forms, logs), to be searched for canaries.
    pub(crate) texts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObservedResult {
    /// `receipt`, `error`, `resolution`, `status`, `export` or `pages`.
    #[serde(rename = "type")]
    pub(crate) sort: String,
    /// The canonical record, as the surface hands it out.
    pub(crate) record: String,
}

pub(crate) struct Adapter {
    program: PathBuf,
    /// The proxy of its environment.
    proxy: String,
    running: Option<Running>,
}

struct Running {
    process: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Adapter {
    pub(crate) fn new(folder: &Path, surface: &str, proxy: String) -> Adapter {
        Adapter { program: folder.join(format!("adapter-{}", surface.replace('_', "-"))), proxy, running: None }
    }

    /// Plays one plan; the observation, or why there is none.
    pub(crate) fn play(&mut self, plan: &Plan<'_>) -> Result<Observation, String> {
        let line = serde_json::to_string(plan).map_err(|error| error.to_string())?;
        let answer = self.exchange(&line);
        if answer.is_err() {
            self.stop();
        }
        let answer = answer?;
        serde_json::from_str(&answer).map_err(|error| format!("the adapter's line is no observation: {error}"))
    }

    fn exchange(&mut self, line: &str) -> Result<String, String> {
        let running = match &mut self.running {
            Some(running) => running,
            None => self.running.insert(start(&self.program, &self.proxy)?),
        };
        writeln!(running.stdin, "{line}").map_err(|error| format!("the adapter takes no plan: {error}"))?;
        match running.lines.recv_timeout(CASE_LIMIT) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => Err(format!("no observation within {CASE_LIMIT:?}")),
            Err(RecvTimeoutError::Disconnected) => Err("the adapter ended in the middle of a case".to_owned()),
        }
    }

    fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // Already gone is as good.
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where clients look for a proxy, and for exceptions from it.
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

fn start(program: &Path, proxy: &str) -> Result<Running, String> {
    let mut command = Command::new(program);
    // What a developer has set for the real service must not reach a test.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MYPREFERENCES_") {
            command.env_remove(name);
        }
    }
    for name in PROXIES {
        command.env(name, proxy);
    }
    // As on a new machine, which has no locale: no surface may read or write by the machine's character set.
    command.env("LC_ALL", "C");
    for name in EXCEPTIONS {
        command.env_remove(name);
    }
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} cannot be started: {error}; build it", program.display()))?;
    let (Some(stdin), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
        return Err("the adapter has no pipes".to_owned());
    };
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(Running { process, stdin, lines })
}

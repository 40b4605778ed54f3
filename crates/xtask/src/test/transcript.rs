//! Runs programs and keeps everything they print, in the order it came, in one file.
//!
//! Both streams share one pipe, as on a terminal: two would lose the order of what is printed on them. What of it is
//! shown is up to the caller.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// A process that a test forgot keeps the pipe open for ever. After the program's own end the output is over when
/// nothing came for so long.
const QUIET: Duration = Duration::from_secs(2);

/// The same for a forgotten process that goes on printing: its lines are no longer the program's.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked whether the program is still there.
const GLANCE: Duration = Duration::from_millis(200);

/// The file, where it is, and how many lines it has.
pub(super) struct Transcript {
    file: File,
    path: PathBuf,
    lines: usize,
}

impl Transcript {
    /// Starts an empty file; folders above it are made.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
        }
        let file = File::create(path).map_err(|error| Failure::file(path, &error))?;
        Ok(Self { file, path: path.to_owned(), lines: 0 })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// Runs the program to its end; every line goes into the file and then to `show`.
    pub(super) fn run(&mut self, mut command: Command, mut show: impl FnMut(&str)) -> Result<ExitStatus, Failure> {
        let cannot_start =
            |error| Failure::new(format!("a program could not be started: {error}; run `cargo xtask setup`"));
        let (reader, writer) = std::io::pipe().map_err(cannot_start)?;
        command.stdout(writer.try_clone().map_err(cannot_start)?).stderr(writer);
        let mut child = command.spawn().map_err(cannot_start)?;
        // The command holds our copies of the pipe's writing end; while they live the end of the output never comes.
        drop(command);
        self.copy(&lines_of(reader), &mut child, &mut show)?;
        child.wait().map_err(cannot_start)
    }

    /// Takes in what another run has kept.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.lines += bytes.split_inclusive(|byte| *byte == b'\n').count();
        self.file.write_all(bytes).map_err(|error| Failure::file(&self.path, &error))
    }

    fn copy(
        &mut self,
        lines: &Receiver<Vec<u8>>,
        child: &mut Child,
        show: &mut dyn FnMut(&str),
    ) -> Result<(), Failure> {
        let mut ended: Option<Instant> = None;
        let mut glanced = Instant::now();
        let mut last_line = Instant::now();
        loop {
            match lines.recv_timeout(GLANCE) {
                Ok(line) => {
                    last_line = Instant::now();
                    self.file.write_all(&line).map_err(|error| Failure::file(&self.path, &error))?;
                    self.lines += 1;
                    show(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if glanced.elapsed() >= GLANCE {
                glanced = Instant::now();
                if ended.is_none() && matches!(child.try_wait(), Ok(Some(_))) {
                    ended = Some(glanced);
                }
            }
            if ended.is_some_and(|ended| last_line.max(ended).elapsed() >= QUIET || ended.elapsed() >= PATIENCE) {
                println!("note: a process that was started on the way is still running and was not waited for");
                return Ok(());
            }
        }
    }

    /// The end of the file, for the terminal.
    pub(super) fn last_lines(&self, count: usize) -> Result<Vec<String>, Failure> {
        let bytes = std::fs::read(&self.path).map_err(|error| Failure::file(&self.path, &error))?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        Ok(lines[lines.len().saturating_sub(count)..].iter().map(|&line| line.to_owned()).collect())
    }
}

/// Reads in a thread of its own, because reading a pipe knows no time limit.
fn lines_of(reader: PipeReader) -> Receiver<Vec<u8>> {
    let (sender, receiver) = sync_channel(1024);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        loop {
            let mut line = Vec::new();
            match reader.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if sender.send(line).is_err() => return,
                Ok(_) => {}
            }
        }
    });
    receiver
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, script: &str) -> (Vec<String>, ExitStatus, String) {
        let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        let mut transcript = Transcript::create(&path).unwrap();
        let mut shown = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let status = transcript.run(command, |line| shown.push(line.to_owned())).unwrap();
        let kept = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        (shown, status, kept)
    }

    #[test]
    fn both_streams_are_kept_in_the_order_they_were_printed() {
        let (shown, status, kept) = run("order", "echo one; echo two >&2; echo three; printf four; exit 3");
        assert_eq!(kept, "one\ntwo\nthree\nfour");
        assert_eq!(shown, ["one", "two", "three", "four"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_process_left_behind_does_not_hold_up_the_run() {
        let started = Instant::now();
        let (_, status, kept) = run("orphan", "sleep 20 & echo done");
        assert!(status.success() && kept == "done\n");
        assert!(started.elapsed() < Duration::from_secs(15));
    }
}

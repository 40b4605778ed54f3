//! A secret that a command prints: `pass show mypreferences`, a vault's client. Run once, when the client is made; its
//! output is never shown.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::{Origin, Value};
use crate::auth::secret::{Secret, plain};
use crate::error::Error;
use crate::threads;

/// A command that asks somebody for a password may take a while.
const LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(10);
const MAX_OUTPUT: u64 = 64 * 1024;

/// What the command prints on standard output, without one line end. Its standard error goes where ours goes, so that
/// it can say what is wrong; it has no standard input.
pub(super) fn run(value: &Value, origin: &Origin) -> Result<Secret, Error> {
    let failed = |why: &str| {
        Error::configuration(
            format!("the secret command (from {origin}) {why}"),
            "run the command by hand: it must print the secret and nothing else",
        )
    };
    let mut command = command(value);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&format!("cannot be started: {error}")))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(failed("has no output"));
    };
    // Read beside the waiting: a long output would stop the command otherwise. Left behind where something that the
    // command has started keeps its output open.
    let (sender, receiver) = channel();
    let reading = threads::start(move || {
        let mut text = String::new();
        let read = stdout.take(MAX_OUTPUT + 1).read_to_string(&mut text).map(|_| text);
        // Nobody waits any more when it took too long.
        let _ = sender.send(read);
    });
    if let Err(no_thread) = reading {
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed(&format!("cannot be listened to: {no_thread}")));
    }
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < LIMIT => std::thread::sleep(LOOK),
            Ok(None) => {
                // Already gone is as good.
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed("did not end within 60 s"));
            }
            Err(error) => return Err(failed(&format!("cannot be waited for: {error}"))),
        }
    };
    if !status.success() {
        return Err(failed(&format!("failed ({status})")));
    }
    let left = LIMIT.saturating_sub(begun.elapsed());
    let text = match receiver.recv_timeout(left) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return Err(failed("printed something that is not UTF-8")),
        Err(_) => return Err(failed("left its output open for 60 s")),
    };
    if text.len() as u64 > MAX_OUTPUT {
        return Err(failed("printed more than 64 KiB"));
    }
    if text.is_empty() {
        return Err(failed("printed nothing"));
    }
    let secret = plain(&text).map_err(|why| failed(&format!("printed something that {why}")))?;
    Ok(Secret::from(secret))
}

/// A list is a program and its arguments; a text is a line for the shell.
fn command(value: &Value) -> Command {
    match value {
        Value::Command(words) => {
            let mut command = Command::new(words.first().map_or("", String::as_str));
            command.args(words.iter().skip(1));
            command
        }
        Value::Text(line) => {
            let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
            let mut command = Command::new(shell);
            command.args([option, line.as_str()]);
            command
        }
    }
}

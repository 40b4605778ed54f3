//! Standard output and standard error. With `--json` exactly one object goes to standard output; people's text goes to
//! standard error. A reader that left (broken pipe) is no failure.

use std::io::{ErrorKind, Write};

use crate::exit_code::{DONE, STORAGE, exit_code};
use crate::failure::Failure;

/// Where and how a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// With `json`, standard output belongs to a program.
    pub(crate) const fn new(json: bool) -> Output {
        Output { json }
    }

    /// Whether standard output belongs to a program.
    pub(crate) const fn json(self) -> bool {
        self.json
    }

    /// Says the result: `json` to a program, `text` to people. Returns 0, or what went wrong in saying it.
    pub(crate) fn result(self, json: &str, text: &str) -> u8 {
        self.print(if self.json { json } else { text })
    }

    /// Prints a line, or several, on standard output.
    pub(crate) fn print(self, text: &str) -> u8 {
        let mut stdout = std::io::stdout().lock();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            Ok(()) => DONE,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => DONE,
            Err(error) => {
                drop(stdout);
                self.note(&format!(
                    "the result is ready, but standard output cannot be written: {error}; make room and ask again with \
                     resolve"
                ));
                STORAGE
            }
        }
    }

    /// Prints a line on standard error.
    #[allow(clippy::unused_self, reason = "reads as the counterpart of `print`")]
    pub(crate) fn note(self, text: &str) {
        // When even standard error is gone, the exit code has to do.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Says a failure and returns its exit code. `run_next` is a command line to try, without the token.
    pub(crate) fn failure(self, failure: &Failure, run_next: Option<&str>) -> u8 {
        if self.json {
            self.print(&format!("{{\"error\":{}}}", failure.to_json()));
        }
        self.note(&failure.to_string());
        if let Some(command) = run_next {
            self.note(&format!("run this next: {command}"));
        }
        exit_code(failure)
    }
}

//! Lines on standard error while a call takes long, so that nobody stares at a silent terminal.

use std::convert::Infallible;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mypreferences::AttemptEvent;

use crate::output::Output;
use crate::words;

/// A call that is done sooner needs no lines.
const LONG: Duration = Duration::from_secs(2);
/// Silence after which a sign of life is due.
const SILENCE: Duration = Duration::from_secs(5);
/// More lines are not kept while it is not yet known whether the call takes long.
const KEPT: usize = 32;

/// The lines of one call.
#[derive(Clone)]
pub(crate) struct Progress {
    output: Output,
    wanted: bool,
    begun: Instant,
    state: Arc<Mutex<State>>,
}

struct State {
    waiting: Vec<String>,
    last_line: Instant,
}

impl Progress {
    /// On by default for people at a terminal; for programs (`--json`) and logs only with `-v`.
    pub(crate) fn new(output: Output, verbose: u8) -> Progress {
        let begun = Instant::now();
        Progress {
            output,
            wanted: verbose > 0 || (std::io::stderr().is_terminal() && !output.json()),
            begun,
            state: Arc::new(Mutex::new(State { waiting: Vec::new(), last_line: begun })),
        }
    }

    /// For the core's hook: one request ended.
    pub(crate) fn attempt(&self, event: &AttemptEvent) {
        if !self.wanted {
            return;
        }
        let line = format!("{} after {}", words::attempt(event), words::seconds(self.begun.elapsed()));
        let mut state = self.state();
        if state.waiting.len() < KEPT {
            state.waiting.push(line);
        }
        if self.begun.elapsed() >= LONG {
            self.flush(&mut state);
        }
    }

    /// Says from time to time that it goes on. Never returns; run it beside the call.
    pub(crate) async fn watch(&self) -> Infallible {
        loop {
            tokio::time::sleep(LONG).await;
            if !self.wanted {
                continue;
            }
            let mut state = self.state();
            self.flush(&mut state);
            if state.last_line.elapsed() >= SILENCE {
                state.waiting.push(format!(
                    "still waiting for the server, {} so far; Ctrl-C stops",
                    words::seconds(self.begun.elapsed())
                ));
                self.flush(&mut state);
            }
        }
    }

    fn flush(&self, state: &mut State) {
        for line in state.waiting.drain(..) {
            self.output.note(&line);
            state.last_line = Instant::now();
        }
    }

    /// A panic elsewhere leaves plain data behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

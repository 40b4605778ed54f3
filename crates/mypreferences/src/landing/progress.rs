//! How far a landing is, for whoever waits for it.

use crate::landing::store::journal::Effort;
use crate::landing::store::position::Position;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::export::WaitProgress;
use crate::export::throttle::Trouble;
use crate::http::status_word::StatusWord;

/// What a landing is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Starting the export.
    Initiate,
    /// Waiting until it is ready.
    Wait,
    /// Reading pages and writing parts.
    Land,
    /// Making the batch whole.
    Seal,
    /// Committing it.
    Commit,
}

impl Stage {
    /// The name in `snake_case`.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Initiate => "initiate",
            Stage::Wait => "wait",
            Stage::Land => "land",
            Stage::Seal => "seal",
            Stage::Commit => "commit",
        }
    }
}

/// How far a landing is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LandingProgress {
    /// What it is doing.
    pub stage: Stage,
    /// The name of the batch's folder.
    pub batch: String,
    /// Records landed so far, those of earlier runs included.
    pub rows: u64,
    /// Records of the export, once the server told.
    pub total: Option<u64>,
    /// Records that an earlier run had landed.
    pub resumed_rows: u64,
    /// Since the call began.
    pub elapsed: Duration,
    /// Until the next question, while it waits, or the next try, while the service does not answer.
    pub next_in: Option<Duration>,
    /// What status said last, while it waits.
    pub status: Option<StatusWord>,
    /// Something that a person should know, told once; an outage once each.
    pub note: Option<String>,
}

pub(crate) type OnProgress = Arc<dyn Fn(&LandingProgress) + Send + Sync>;

/// Tells the callback. Clones share the state.
#[derive(Clone)]
pub(crate) struct Progress {
    state: Arc<Mutex<State>>,
    callback: Option<OnProgress>,
    begun: Instant,
}

struct State {
    now: LandingProgress,
    rows_are_known: bool,
    notes: Vec<String>,
    /// For this batch by this call, up to the last change.
    effort: Effort,
    /// Up to when time is counted in there.
    counted: Instant,
    /// Since when the service does not answer.
    silent_since: Option<Instant>,
}

impl State {
    /// Counts the time up to now in.
    fn count(&mut self) {
        let now = Instant::now();
        let spent = millis(now - self.counted);
        self.counted = now;
        match self.now.stage {
            Stage::Wait => self.effort.waited_ms += spent,
            Stage::Land | Stage::Seal => self.effort.landed_ms += spent,
            Stage::Initiate | Stage::Commit => {}
        }
    }

    /// The service does not answer for longer than one call bears.
    fn silent(&mut self) {
        if self.silent_since.is_none() {
            self.effort.outages += 1;
            self.silent_since = Some(Instant::now());
        }
    }

    /// The service has answered.
    fn answered(&mut self) {
        if let Some(since) = self.silent_since.take() {
            self.effort.outage_ms += millis(since.elapsed());
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Progress {
    pub(crate) fn new(callback: Option<OnProgress>) -> Progress {
        Progress {
            state: Arc::new(Mutex::new(State {
                now: LandingProgress {
                    stage: Stage::Initiate,
                    batch: String::new(),
                    rows: 0,
                    total: None,
                    resumed_rows: 0,
                    elapsed: Duration::ZERO,
                    next_in: None,
                    status: None,
                    note: None,
                },
                rows_are_known: false,
                notes: Vec::new(),
                effort: Effort::default(),
                counted: Instant::now(),
                silent_since: None,
            })),
            callback,
            begun: Instant::now(),
        }
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        let now = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state);
            state.now.elapsed = self.begun.elapsed();
            let now = state.now.clone();
            state.now.note = None;
            now
        };
        // Outside of the lock: the callback is somebody else's.
        if let Some(callback) = &self.callback {
            callback(&now);
        }
    }

    pub(crate) fn stage(&self, stage: Stage, batch: &str) {
        self.tell(|state| {
            state.count();
            if state.now.batch != batch {
                batch.clone_into(&mut state.now.batch);
                (state.now.rows, state.now.total, state.now.resumed_rows) = (0, None, 0);
                state.rows_are_known = false;
                (state.effort, state.silent_since) = (Effort::default(), None);
            }
            state.now.stage = stage;
            (state.now.status, state.now.next_in) = (None, None);
        });
    }

    pub(crate) fn waiting(&self, wait: &WaitProgress) {
        self.tell(|state| {
            if wait.status.is_some() {
                state.answered();
            } else {
                state.effort.failures += 1;
                state.silent();
            }
            state.now.note.clone_from(&wait.trouble);
            state.now.status = wait.status.as_ref().map(|status| status.status);
            state.now.next_in = Some(wait.next_in);
            let rows = wait.status.as_ref().and_then(|status| status.row_count);
            state.now.total = rows.or(state.now.total);
        });
    }

    pub(crate) fn landed(&self, position: &Position) {
        self.tell(|state| {
            state.answered();
            state.now.next_in = None;
            if !state.rows_are_known {
                state.rows_are_known = true;
                state.now.resumed_rows = position.rows;
            }
            state.now.rows = position.rows;
            state.now.total = position.total_results.or(state.now.total);
        });
    }

    pub(crate) fn note(&self, note: &str) {
        self.tell(|state| {
            state.now.note = Some(note.to_owned());
            state.notes.push(note.to_owned());
        });
    }

    /// What is told while it lasts, and is no news once the landing has come to its end.
    pub(crate) fn trouble(&self, trouble: &Trouble<'_>) {
        if let Trouble::Failed { is_throttled } = trouble {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.effort.failures += 1;
            state.effort.throttled += u64::from(*is_throttled);
        }
        let Some(words) = trouble.words() else {
            return;
        };
        self.tell(|state| {
            if let Trouble::Borne(borne) = trouble {
                state.silent();
                state.now.next_in = Some(borne.next_in);
            }
            state.now.note = Some(words);
        });
    }

    /// What this batch has taken in this call.
    pub(crate) fn effort(&self) -> Effort {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.count();
        let silent_ms = state.silent_since.map_or(0, |since| millis(since.elapsed()));
        Effort { outage_ms: state.effort.outage_ms + silent_ms, ..state.effort }
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.notes.clone()
    }
}

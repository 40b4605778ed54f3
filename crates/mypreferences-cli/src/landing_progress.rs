//! How far an export is, on standard error: a bar on a terminal, a line every few seconds elsewhere, or nothing. What a
//! person should know is said once in any case.

use std::convert::Infallible;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mypreferences::landing::{LandingProgress, Stage};

use crate::output::Output;
use crate::words;

/// Between two lines of a log.
const BETWEEN_LINES: Duration = Duration::from_secs(5);
/// Between two pictures of a bar that nothing else moves.
const TICK: Duration = Duration::from_millis(200);
const BAR: &str = "{wide_bar} {msg}";
const SPINNER: &str = "{spinner} {msg}";

/// Tells how far one export is. Clones share the state.
#[derive(Clone)]
pub(crate) struct LandingLines {
    output: Output,
    form: Form,
    state: Arc<Mutex<State>>,
}

#[derive(Clone)]
enum Form {
    Bar(ProgressBar),
    Log,
    Nothing,
}

struct State {
    now: Option<LandingProgress>,
    /// The records that were there when this run began to read pages, and when that was: the base of the rate.
    landing_since: Option<(u64, Instant)>,
    last_line: Instant,
}

impl LandingLines {
    /// `wanted` is the word of `--progress`. A bar needs a terminal: without one, or with `-v` whose lines would go
    /// through it, there are lines.
    pub(crate) fn new(output: Output, wanted: Option<&str>, verbose: u8) -> LandingLines {
        let can_draw = verbose == 0 && std::io::stderr().is_terminal();
        let form = match wanted {
            Some("none") => Form::Nothing,
            Some("log") => Form::Log,
            Some(_) | None if can_draw => {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                    .with_style(style(SPINNER, ProgressStyle::default_spinner));
                Form::Bar(bar)
            }
            Some(_) | None => Form::Log,
        };
        LandingLines {
            output,
            form,
            state: Arc::new(Mutex::new(State { now: None, landing_since: None, last_line: Instant::now() })),
        }
    }

    /// For the core's callback.
    pub(crate) fn tell(&self, progress: &LandingProgress) {
        let mut so_far = self.state();
        let stage = progress.stage;
        let before = so_far.now.as_ref();
        let is_new_stage = before.is_none_or(|before| before.stage != stage);
        let resumes = progress.resumed_rows > before.map_or(0, |before| before.resumed_rows);
        if is_new_stage {
            so_far.landing_since = None;
        }
        if stage == Stage::Land && (resumes || so_far.landing_since.is_none()) {
            so_far.landing_since = Some((progress.rows, Instant::now()));
        }
        so_far.now = Some(progress.clone());
        match &self.form {
            Form::Bar(bar) => draw(bar, progress, so_far.landing_since, is_new_stage),
            Form::Log => {
                let is_worth_a_line = match stage {
                    Stage::Wait => true,
                    // Pages come faster than lines are read: those are `watch`'s.
                    Stage::Land => resumes,
                    _ => is_new_stage,
                };
                if is_worth_a_line {
                    self.line(&mut so_far);
                }
            }
            Form::Nothing => {}
        }
        if let Some(note) = &progress.note {
            self.say(note);
        }
    }

    /// Says from time to time how far it is. Never returns; run it beside the export.
    pub(crate) async fn watch(&self) -> Infallible {
        loop {
            tokio::time::sleep(BETWEEN_LINES).await;
            let mut state = self.state();
            if matches!(self.form, Form::Log) && state.last_line.elapsed() >= BETWEEN_LINES / 2 {
                self.line(&mut state);
            }
        }
    }

    /// A line that stands above the bar.
    pub(crate) fn say(&self, text: &str) {
        match &self.form {
            Form::Bar(bar) => bar.suspend(|| self.output.note(text)),
            Form::Log | Form::Nothing => self.output.note(text),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        match &self.form {
            Form::Bar(bar) => bar.finish_and_clear(),
            Form::Log | Form::Nothing => {}
        }
    }

    /// What the export was doing when it was last heard of.
    pub(crate) fn stage(&self) -> Option<Stage> {
        self.state().now.as_ref().map(|now| now.stage)
    }

    fn line(&self, state: &mut State) {
        if let Some(now) = &state.now {
            self.output.note(&text(now, state.landing_since));
            state.last_line = Instant::now();
        }
    }

    /// A panic elsewhere leaves plain data behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn draw(bar: &ProgressBar, progress: &LandingProgress, landing_since: Option<(u64, Instant)>, is_new_stage: bool) {
    // First, as a bar without its words would be drawn otherwise.
    bar.set_message(text(progress, landing_since));
    if let Some(total) = progress.total.filter(|_| progress.stage == Stage::Land) {
        if bar.length() != Some(total) {
            bar.set_style(style(BAR, ProgressStyle::default_bar));
            bar.set_length(total);
        }
        bar.set_position(progress.rows);
    } else if is_new_stage {
        bar.unset_length();
        bar.set_style(style(SPINNER, ProgressStyle::default_spinner));
        bar.enable_steady_tick(TICK);
    }
}

/// The templates are ours and right; a wrong one would give the default style.
fn style(template: &str, default: fn() -> ProgressStyle) -> ProgressStyle {
    default().template(template).unwrap_or_else(|_| default())
}

/// `landing: 120,000 of 200,000 records, 55,310 records/s, 1.4 s left`
fn text(now: &LandingProgress, landing_since: Option<(u64, Instant)>) -> String {
    match now.stage {
        Stage::Initiate => "starting the export".to_owned(),
        Stage::Wait => waiting(now),
        Stage::Land => landing(now, landing_since.map(|(rows, since)| (rows, since.elapsed()))),
        Stage::Seal => "sealing: making the batch durable and whole".to_owned(),
        Stage::Commit => "committing".to_owned(),
    }
}

fn waiting(now: &LandingProgress) -> String {
    let status = match now.status {
        Some(word) => format!("waiting: status {}", words::status_word(word)),
        None => "waiting until the export is ready".to_owned(),
    };
    match now.next_in.filter(|next| !next.is_zero()) {
        Some(next) => format!("{status}; next question in {}", words::seconds(next)),
        None => status,
    }
}

fn landing(now: &LandingProgress, since: Option<(u64, Duration)>) -> String {
    let of_how_many = now.total.map(|total| format!(" of {}", words::count(total))).unwrap_or_default();
    let mut words = vec![format!("landing: {}{of_how_many} records", words::count(now.rows))];
    if now.resumed_rows > 0 {
        words.push(format!("{} of them by an earlier run", words::count(now.resumed_rows)));
    }
    if let Some((before, elapsed)) = since {
        words.extend(rate(now, now.rows.saturating_sub(before), elapsed));
    }
    words.join(", ")
}

/// `55,310 records/s` and `1.4 s left`, as far as they are known.
// A rate is exact enough for people.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rate(now: &LandingProgress, rows: u64, elapsed: Duration) -> Vec<String> {
    if rows == 0 || elapsed.is_zero() {
        return Vec::new();
    }
    let rate = rows as f64 / elapsed.as_secs_f64();
    let mut words = vec![format!("{} records/s", words::count(rate as u64))];
    let left = now.total.map(|total| total.saturating_sub(now.rows) as f64 / rate);
    if let Some(Ok(left)) = left.map(Duration::try_from_secs_f64) {
        words.push(format!("{} left", words::seconds(left)));
    }
    words
}

//! Progress and times as plain numbers and texts, in units that their names say, for bindings that hand out one field at a
//! time. No decisions; the canonical JSON comes from the core.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mypreferences::export::Digest;
use mypreferences::landing::LandingProgress;

/// How far a landing is, flat. Texts borrow from the record.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgressView<'a> {
    /// `initiate`, `wait`, `land`, `seal` or `commit`.
    pub stage: &'static str,
    /// The name of the batch's folder.
    pub batch: &'a str,
    /// Records landed so far, those of earlier runs included.
    pub rows: u64,
    /// Records of the export, once the server told.
    pub total: Option<u64>,
    /// Records that an earlier run had landed.
    pub resumed_rows: u64,
    /// Since the call began, in seconds.
    pub elapsed: f64,
    /// Until the next question while it waits, in seconds.
    pub next_in: Option<f64>,
    /// Something that a person should know, told once.
    pub note: Option<&'a str>,
}

impl<'a> From<&'a LandingProgress> for ProgressView<'a> {
    fn from(progress: &'a LandingProgress) -> ProgressView<'a> {
        ProgressView {
            stage: progress.stage.name(),
            batch: &progress.batch,
            rows: progress.rows,
            total: progress.total,
            resumed_rows: progress.resumed_rows,
            elapsed: seconds(progress.elapsed),
            next_in: progress.next_in.map(seconds),
            note: progress.note.as_deref(),
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// A time in whole seconds since the epoch; none when it is out of every calendar.
pub fn unix_seconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|seconds| -seconds),
    }
}

/// Pairs of digests as JSON, `[["…","…"],…]`: the same text in every language.
pub fn boundaries_record(pairs: &[(Digest, Digest)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(last, first)| format!("[\"{last}\",\"{first}\"]")).collect();
    format!("[{}]", pairs.join(","))
}

//! Many timelines, spread over threads: each by its own seed, so that any one can be played again alone.

use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::figures::Figures;
use crate::promises;
use crate::timeline;

/// So much of a broken promise's words makes its sort.
const SORT_LENGTH: usize = 60;
/// So many more seeds are named.
const MORE_SEEDS: usize = 20;
/// Seeds are given to threads in portions.
const PORTION: u64 = 100;

pub(crate) struct Outcome {
    pub(crate) figures: Figures,
    /// Of the timelines that broke a promise: seed, and what is to be said about it.
    pub(crate) broken: Vec<(u64, Vec<String>)>,
    pub(crate) played: u64,
}

/// Plays the timelines of these seeds.
pub(crate) fn play(first_seed: u64, count: u64, threads: usize, progress: bool) -> Outcome {
    let next = AtomicU64::new(0);
    let played = AtomicU64::new(0);
    let begun = Instant::now();
    let all = Mutex::new((Figures::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut figures = Figures::default();
                let mut broken = Vec::new();
                loop {
                    let from = next.fetch_add(PORTION, Ordering::Relaxed);
                    if from >= count {
                        break;
                    }
                    for index in from..(from + PORTION).min(count) {
                        let seed = first_seed.wrapping_add(index);
                        let promises = play_one(seed, &mut figures);
                        if !promises.is_empty() {
                            broken.push((seed, promises));
                        }
                    }
                    let size = PORTION.min(count - from);
                    let done = played.fetch_add(size, Ordering::Relaxed) + size;
                    if progress && done / 50_000 != (done - size) / 50_000 {
                        let speed = u128::from(done) * 1_000 / begun.elapsed().as_millis().max(1);
                        println!("{done} of {count} timelines, {speed} a second");
                        let _ = std::io::stdout().flush();
                    }
                }
                let mut all = all.lock().unwrap();
                all.0.take_in(&figures);
                all.1.extend(broken);
            });
        }
    });
    let (figures, mut broken) = all.into_inner().unwrap();
    broken.sort();
    Outcome { figures, broken, played: played.into_inner() }
}

/// Plays one timeline; a panic of the core is a broken promise too.
fn play_one(seed: u64, figures: &mut Figures) -> Vec<String> {
    let result = catch_unwind(AssertUnwindSafe(|| promises::check(&timeline::play(seed), figures)));
    result.unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("without words");
        vec![format!("P5: a panic: {text}")]
    })
}

/// A broken promise without the numbers in it: its sort.
pub(crate) fn sort_of(promise: &str) -> String {
    promise.chars().filter(|letter| !letter.is_ascii_digit()).take(SORT_LENGTH).collect()
}

impl Outcome {
    /// Everything that a person needs to understand what broke, and to play it again: one timeline of each sort in
    /// full, the seeds of some more.
    pub(crate) fn report(&self) -> String {
        let mut text = format!("{} of {} timelines broke a promise\n", self.broken.len(), self.played);
        let mut sorts = BTreeSet::new();
        let mut more = Vec::new();
        for (seed, promises) in &self.broken {
            let new = promises.iter().any(|promise| !sorts.contains(&sort_of(promise)));
            sorts.extend(promises.iter().map(|promise| sort_of(promise)));
            if new {
                let shown = catch_unwind(|| timeline::play(*seed).to_string());
                let shown = shown.unwrap_or_else(|_| format!("seed {seed} panics\n"));
                text.push_str("\n=== ");
                text.push_str(&promises.join("\n=== "));
                text.push('\n');
                text.push_str(&shown);
                text.push_str("play it again: cargo xtask simulate --timelines 1 --seed ");
                text.push_str(&seed.to_string());
                text.push('\n');
            } else if more.len() < MORE_SEEDS {
                more.push(format!("seed {seed}: {}", promises.join("; ")));
            }
        }
        text.push_str(&more.join("\n"));
        text
    }
}

//! What one client remembers about tokens between calls: when it last saw one ready, whether its page route worked,
//! and with which `keep_files` it committed one. Bounded; the oldest tokens are forgotten first.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::access_token::AccessToken;
use crate::surface::ExportKind;
use crate::verdict::Baseline;

/// An answer older than this at the first send is no baseline.
const BASELINE_AGE: Duration = Duration::from_secs(30);
const MAX_TOKENS: usize = 4096;

/// Which token of this client: base URL, surface and client id are the client's own.
pub(crate) type Key = (ExportKind, AccessToken);

#[derive(Clone, Copy, Default)]
struct Known {
    ready: Option<(Instant, Option<i64>)>,
    page_has_worked: bool,
    committed: Option<bool>,
    /// `keep_files` of commits that were sent and whose end is not known to be "not committed".
    sent: Option<bool>,
    /// Sent with both values.
    disputed: bool,
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<Tokens>);

#[derive(Default)]
struct Tokens {
    known: HashMap<Key, Known>,
    order: VecDeque<Key>,
}

impl Memory {
    /// Status said ready. It says so for every kind: status has no kind in its route.
    pub(crate) fn saw_ready(&self, key: Key, at: Instant, expires: Option<i64>) {
        self.update(key, |known| known.ready = Some((at, expires)));
    }

    /// A page of this token was answered.
    pub(crate) fn page_worked(&self, key: Key, at: Instant) {
        self.update(key, |known| {
            known.page_has_worked = true;
            known.ready = Some((at, known.ready.and_then(|(_, expires)| expires)));
        });
    }

    /// Status said something else than ready: an earlier "ready" is no baseline any more.
    pub(crate) fn saw_not_ready(&self, key: Key) {
        if let Ok(mut tokens) = self.0.lock()
            && let Some(known) = tokens.known.get_mut(&key)
        {
            known.ready = None;
        }
    }

    pub(crate) fn committed(&self, key: Key, keep_files: bool) {
        self.update(key, |known| {
            known.committed = Some(keep_files);
            known.ready = None;
        });
    }

    /// A commit of this token is about to be sent. Says whether an earlier one with another `keep_files` may still
    /// decide about the files.
    pub(crate) fn sending(&self, key: Key, keep_files: bool) -> bool {
        let mut disputed = false;
        self.update(key, |known| {
            known.disputed |= known.sent.is_some_and(|before| before != keep_files);
            known.sent = Some(keep_files);
            disputed = known.disputed;
        });
        disputed
    }

    /// The commit that was sent last was not applied.
    pub(crate) fn not_committed(&self, key: Key) {
        self.update(key, |known| {
            if !known.disputed {
                known.sent = None;
            }
        });
    }

    /// With which `keep_files` this client committed the token.
    pub(crate) fn committed_with(&self, key: Key) -> Option<bool> {
        self.read(key).and_then(|known| known.committed)
    }

    /// The baseline for a first send at `at`, and whether the page route has worked before.
    pub(crate) fn baseline(&self, key: Key, at: Instant) -> (Option<Baseline>, bool) {
        let Some(known) = self.read(key) else {
            return (None, false);
        };
        let baseline = known
            .ready
            .filter(|(seen, _)| at.saturating_duration_since(*seen) <= BASELINE_AGE)
            .map(|(_, expires)| Baseline { expires });
        (baseline, known.page_has_worked)
    }

    fn read(&self, key: Key) -> Option<Known> {
        self.0
            .lock()
            .ok()
            .and_then(|tokens| tokens.known.get(&key).copied())
    }

    fn update(&self, key: Key, change: impl FnOnce(&mut Known)) {
        let Ok(mut tokens) = self.0.lock() else {
            return;
        };
        let tokens = &mut *tokens;
        let known = tokens.known.entry(key).or_insert_with(|| {
            tokens.order.push_back(key);
            Known::default()
        });
        change(known);
        if tokens.order.len() > MAX_TOKENS
            && let Some(oldest) = tokens.order.pop_front()
        {
            tokens.known.remove(&oldest);
        }
    }
}

//! What one client remembers about tokens between calls: when it last saw one ready, whether its page route worked,
//! and with which `keep_files` it committed one. Bounded; the oldest tokens are forgotten first.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::clock::{Expires, Moment};
use crate::settings::access_token::AccessToken;
use crate::settings::surface::ExportKind;

/// A status or page answer of this token that said ready, seen at most 30 s before the first send (the caller checks
/// that), or kept by the caller's own record of the send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Baseline {
    /// `Expires`, when it was known.
    pub(crate) expires: Option<Expires>,
    /// The server's `Date` of the answer that said ready, in seconds since the epoch; none when it had none.
    pub(crate) seen_at: Option<i64>,
}

/// An answer older than this at the first send is no baseline.
const BASELINE_AGE: Duration = Duration::from_secs(30);
/// A 401 that is older says nothing about the next one.
const REFUSAL_AGE: Duration = Duration::from_secs(10 * 60);
const MAX_TOKENS: usize = 4096;

/// Which token of this client: base URL, surface and client id are the client's own.
pub(crate) type Key = (ExportKind, AccessToken);

#[derive(Clone, Copy, Default)]
struct Known {
    ready: Option<Ready>,
    page_has_worked: bool,
    initiated: Option<Initiated>,
    /// Answered 401 then, for the first time in a while.
    refused: Option<Instant>,
    committed: Option<bool>,
    /// `keep_files` of commits that were sent and whose end is not known to be "not committed".
    sent: Option<bool>,
    /// Sent with both values.
    disputed: bool,
    total: Option<Total>,
}

/// `TotalResults` of an export, as its pages tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Total {
    Told(u64),
    /// Two pages told two.
    Disputed(u64, u64),
}

/// Initiate as this client knows it, and what the answers since tell of the server's time when it was sent.
#[derive(Clone, Copy)]
struct Initiated {
    noted: Moment,
    /// So long before that it was sent.
    sent_before: Duration,
    /// The least and the greatest, in milliseconds since the epoch.
    server_ms: Option<(i64, i64)>,
}

/// An answer that said ready.
#[derive(Clone, Copy)]
struct Ready {
    at: Moment,
    expires: Option<Expires>,
    /// The answer's, in seconds since the epoch.
    date: Option<i64>,
}

#[derive(Default)]
pub(crate) struct TokenCache(Mutex<Tokens>);

#[derive(Default)]
struct Tokens {
    /// When the service last took our credentials.
    accepted: Option<Instant>,
    known: HashMap<Key, Known>,
    order: VecDeque<Key>,
}

impl TokenCache {
    /// Status said ready. It says so for every kind: status has no kind in its route.
    pub(crate) fn saw_ready(&self, key: Key, expires: Option<Expires>, date: Option<i64>) {
        self.update(key, |known| {
            known.ready = Some(Ready { at: Moment::now(), expires, date });
        });
    }

    /// A page of this token was answered.
    pub(crate) fn page_worked(&self, key: Key, date: Option<i64>) {
        self.update(key, |known| {
            known.page_has_worked = true;
            known.ready = Some(Ready { at: Moment::now(), expires: known.ready.and_then(|ready| ready.expires), date });
        });
    }

    /// A page, or whoever kept what one said, told `TotalResults`.
    pub(crate) fn saw_total(&self, key: Key, total: u64) {
        self.update(key, |known| {
            known.total = Some(match known.total {
                Some(Total::Told(before)) if before != total => Total::Disputed(before, total),
                Some(before) => before,
                None => Total::Told(total),
            });
        });
    }

    /// `TotalResults`, if it was told.
    pub(crate) fn total(&self, key: Key) -> Option<Total> {
        self.read(key)?.total
    }

    /// Initiate was sent so long ago, and has given this token. What was known of it before counts.
    pub(crate) fn initiated(&self, key: Key, ago: Duration) {
        self.update(key, |known| {
            known.initiated.get_or_insert_with(|| Initiated {
                noted: Moment::now(),
                sent_before: ago,
                server_ms: None,
            });
        });
    }

    /// How long ago Initiate was sent, if this client knows it.
    pub(crate) fn since_initiate(&self, key: Key) -> Option<Duration> {
        let initiated = self.read(key)?.initiated?;
        Some(initiated.noted.age() + initiated.sent_before)
    }

    /// An answer about this token carries this `Date`, in seconds since the epoch.
    pub(crate) fn heard(&self, key: Key, date: i64) {
        let Some(ago) = self.since_initiate(key) else {
            return;
        };
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        // `Date` is cut to whole seconds, so it is early already.
        let then = date.saturating_mul(1000).saturating_sub(ago);
        self.update(key, |known| {
            if let Some(initiated) = &mut known.initiated {
                let (least, greatest) = initiated.server_ms.unwrap_or((then, then));
                initiated.server_ms = Some((least.min(then), greatest.max(then)));
            }
        });
    }

    /// What the answers tell of the server's time when Initiate was sent: the least and the greatest.
    pub(crate) fn server_ms_at_initiate(&self, key: Key) -> Option<(i64, i64)> {
        self.read(key)?.initiated?.server_ms
    }

    /// The service took our credentials for something about this token.
    pub(crate) fn credentials_accepted(&self, key: Key) {
        self.update(key, |known| known.refused = None);
        if let Ok(mut tokens) = self.0.lock() {
            tokens.accepted = Some(Instant::now());
        }
    }

    /// A token was answered 401. Says whether our credentials were taken for something else since that was first so: then
    /// it is the token that is refused.
    pub(crate) fn is_refused_for_itself(&self, key: Key) -> bool {
        let mut first = None;
        self.update(key, |known| {
            // Credentials that failed long ago and fail again now say nothing about the token.
            first = known.refused.filter(|at| at.elapsed() <= REFUSAL_AGE);
            known.refused = Some(first.unwrap_or_else(Instant::now));
        });
        first.is_some() && self.last_accepted() >= first
    }

    /// When it did so last.
    pub(crate) fn last_accepted(&self) -> Option<Instant> {
        self.0.lock().ok().and_then(|tokens| tokens.accepted)
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

    /// The baseline for a first send now, and whether the page route has worked before.
    pub(crate) fn baseline(&self, key: Key) -> (Option<Baseline>, bool) {
        let Some(known) = self.read(key) else {
            return (None, false);
        };
        let baseline = known
            .ready
            .filter(|ready| ready.at.age() <= BASELINE_AGE)
            .map(|ready| Baseline { expires: ready.expires, seen_at: ready.date });
        (baseline, known.page_has_worked)
    }

    fn read(&self, key: Key) -> Option<Known> {
        self.0.lock().ok().and_then(|tokens| tokens.known.get(&key).copied())
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_ages_while_the_machine_sleeps() {
        let memory = TokenCache::default();
        let key = (ExportKind::Segment, AccessToken::new(4711).unwrap());
        memory.saw_ready(key, None, Some(7));
        let baseline = memory.baseline(key).0.unwrap();
        assert_eq!((baseline.expires, baseline.seen_at), (None, Some(7)));
        memory.update(key, |known| {
            let ready = known.ready.as_mut().unwrap();
            ready.at = ready.at.after_a_sleep(Duration::from_secs(31));
        });
        assert!(memory.baseline(key).0.is_none());
    }
}

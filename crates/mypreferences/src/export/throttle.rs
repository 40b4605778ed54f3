//! How many pages are asked for side by side, by how the service takes it: after the first page half of what is allowed,
//! one more with each page that comes, half as many at a sign of trouble, and one more again after as many good ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::ErrorKind;
use crate::error::outcome::RequestOutcome;
use crate::http::status_code::is_throttling;
use crate::session::patience::Borne;

/// The same is told again after so long, at the earliest.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

/// What whoever waits for pages is told.
pub(crate) enum Trouble<'a> {
    /// A failure is borne.
    Borne(&'a Borne),
    /// The service has refused: so many pages at a time from now on.
    Throttled { pages: usize },
    /// A request has failed. For counting: whether that is worth a word is told beside it.
    Failed { is_throttled: bool },
}

impl Trouble<'_> {
    /// For people.
    pub(crate) fn words(&self) -> Option<String> {
        match self {
            Trouble::Borne(borne) => Some(borne.words()),
            Trouble::Throttled { pages: 1 } => Some("the service is throttling: 1 page at a time".to_owned()),
            Trouble::Throttled { pages } => Some(format!("the service is throttling: {pages} pages at a time")),
            Trouble::Failed { .. } => None,
        }
    }
}

pub(crate) type Tell = Arc<dyn Fn(&Trouble<'_>) + Send + Sync>;

/// What the requests of one window share.
pub(crate) struct Throttle {
    most: usize,
    /// No hold is longer.
    longest_hold: Duration,
    tell: Tell,
    state: Mutex<State>,
}

struct State {
    width: usize,
    /// Nothing has gone wrong yet.
    is_opening: bool,
    /// Pages since the width has changed.
    good: usize,
    narrowed: Option<Instant>,
    held_until: Option<Instant>,
    /// When it was told of, and with how many pages.
    told: Option<(Instant, usize)>,
}

impl Throttle {
    /// Opens up to `most`.
    pub(crate) fn new(most: usize, longest_hold: Duration, tell: Tell) -> Throttle {
        let state = State { width: 1, is_opening: true, good: 0, narrowed: None, held_until: None, told: None };
        Throttle { most: most.max(1), longest_hold, tell, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many requests may be under way.
    pub(crate) fn width(&self) -> usize {
        self.state().width
    }

    /// The service has asked for a pause, which is not over.
    pub(crate) fn is_held(&self) -> bool {
        self.state().held_until.is_some_and(|until| until > Instant::now())
    }

    /// Waits until a pause that the service has asked for is over. It holds all requests back, whichever was told.
    pub(crate) async fn pass(&self) {
        loop {
            let until = self.state().held_until;
            match until {
                Some(until) if until > Instant::now() => tokio::time::sleep_until(until).await,
                Some(_) | None => return,
            }
        }
    }

    /// A page has come.
    pub(crate) fn went_well(&self) {
        let mut state = self.state();
        state.good += 1;
        if state.is_opening {
            state.width = (state.width + 1).max(self.most / 2).min(self.most);
        } else if state.good >= state.width {
            state.width = (state.width + 1).min(self.most);
            state.good = 0;
        }
    }

    /// A request that began then has failed so.
    pub(crate) fn trouble(&self, description: &RequestOutcome, began: Instant) {
        let is_throttled = description.status.is_some_and(is_throttling);
        (self.tell)(&Trouble::Failed { is_throttled });
        let is_lost =
            matches!(description.kind, Some(ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted));
        if !is_throttled && !is_lost {
            return;
        }
        let mut state = self.state();
        let now = Instant::now();
        if let Some(pause) = description.retry_after {
            let until = now + pause.min(self.longest_hold);
            state.held_until = Some(state.held_until.map_or(until, |held_until| held_until.max(until)));
        }
        state.is_opening = false;
        state.good = 0;
        // Those that were under way together fail together.
        if state.narrowed.is_some_and(|narrowed| began < narrowed) {
            return;
        }
        state.narrowed = Some(now);
        let width = (state.width / 2).max(1);
        if width == state.width {
            return;
        }
        state.width = width;
        let is_news = state.told.is_none_or(|(at, pages)| width < pages || now - at >= TOLD_AGAIN);
        // What is lost is told of where it is borne.
        if is_throttled && is_news {
            state.told = Some((now, width));
            drop(state);
            (self.tell)(&Trouble::Throttled { pages: width });
        }
    }
}

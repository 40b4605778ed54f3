//! When: the next send, the next question, and until when to ask.

use std::time::Duration;

use crate::backoff::doubled;
use crate::status_code::{StatusClass, class, is_throttling};
use crate::verdict::Step;
use crate::verdict::facts::{Asked, Facts, SendFact, SendResult};
use crate::verdict::reading::stable_run;

/// How long to ask when the sends ended with 408, 429, 503 or a redirect.
const ASK_AFTER_BUSY: Duration = Duration::from_secs(30);
/// Limit of the one question after a refused token.
pub(super) const ASK_ONCE_LIMIT: Duration = Duration::from_secs(3);
/// Limit of one question otherwise: a stalled answer must not eat the time for asking.
pub(super) const ASK_LIMIT: Duration = Duration::from_secs(10);
/// First and longest distance between two questions.
const ASK_BASE: Duration = Duration::from_millis(250);
const ASK_CAP: Duration = Duration::from_secs(30);
/// A refused token is stable: asked three times within ten seconds, then believed.
pub(super) const STABLE_ASKS: usize = 3;
const STABLE_GAPS: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(5)];

/// When the next send may start after a backoff or Retry-After; none when sends or time are over.
pub(super) fn next_send(facts: &Facts, last: &SendFact) -> Option<Duration> {
    let tries = facts.counted_sends();
    if tries >= facts.rules.max_attempts {
        return None;
    }
    let throttled = match last.result {
        SendResult::NotSent { .. } | SendResult::MaybeSent => false,
        SendResult::Answered { status, .. } => is_throttling(status),
    };
    let wait = match retry_after(last) {
        Some(wait) if wait > facts.rules.max_retry_after => return None,
        Some(wait) => wait,
        None => facts.rules.backoff.delay(throttled, tries, last.jitter),
    };
    let at = last.ended.checked_add(wait)?;
    (at <= facts.rules.send_window && at < facts.rules.timeout).then_some(at)
}

/// Until when to ask after this last send.
pub(super) fn time_for_asking(facts: &Facts, last: &SendFact) -> Duration {
    let short = facts.last_slow_end().is_none() && ends_with_its_own_error(last);
    let budget = if short {
        ASK_AFTER_BUSY
    } else {
        facts.rules.resolve_timeout
    };
    (last.ended + budget).min(facts.rules.timeout)
}

/// 408, 429, 503 and redirects keep their own error when nobody answers the question.
pub(super) fn ends_with_its_own_error(last: &SendFact) -> bool {
    match last.result {
        SendResult::NotSent { .. } | SendResult::MaybeSent => false,
        SendResult::Answered { status, .. } => match class(status) {
            StatusClass::Busy | StatusClass::Throttled | StatusClass::Redirect => true,
            StatusClass::Success
            | StatusClass::OtherSuccess
            | StatusClass::RefusesToken
            | StatusClass::Unauthorized
            | StatusClass::Denied
            | StatusClass::ServerError => false,
        },
    }
}

/// When to ask next; none when the time for asking is over or a stable answer was heard often enough.
pub(super) fn next_ask(
    facts: &Facts,
    since: &[Asked],
    latest: &Asked,
    limit: Duration,
    stable: bool,
) -> Option<Duration> {
    let gap = if stable {
        let run = stable_run(facts, since);
        if run >= STABLE_ASKS {
            return None;
        }
        STABLE_GAPS[run.saturating_sub(1).min(STABLE_GAPS.len() - 1)]
    } else {
        doubled(
            ASK_BASE,
            u32::try_from(since.len().saturating_sub(1)).unwrap_or(u32::MAX),
            ASK_CAP,
        )
    };
    let gap = gap.max(latest.retry_after.unwrap_or(Duration::ZERO));
    let at = latest.answered.checked_add(gap)?;
    if at < limit {
        return Some(at);
    }
    // One last question near the end, unless the server asked for more patience than there is.
    let last_chance = limit.saturating_sub(Duration::from_secs(1));
    let patient = latest.answered + latest.retry_after.unwrap_or(Duration::from_secs(1));
    (last_chance >= patient).then_some(last_chance)
}

pub(super) fn ask(at: Duration, limit: Duration) -> Step {
    Step::Ask {
        at,
        limit: ASK_LIMIT.min(limit.saturating_sub(at)),
        probe: true,
    }
}

pub(super) fn remaining(facts: &Facts, now: Duration) -> Duration {
    facts.rules.timeout.saturating_sub(now)
}

/// How long we were asked to wait after this send.
pub(super) fn retry_after(last: &SendFact) -> Option<Duration> {
    match last.result {
        SendResult::MaybeSent => None,
        SendResult::NotSent { retry_after, .. } | SendResult::Answered { retry_after, .. } => {
            retry_after
        }
    }
}

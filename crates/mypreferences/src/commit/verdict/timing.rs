//! When: the next send, the next question, and until when to ask.

use std::time::Duration;

use crate::commit::verdict::Step;
use crate::commit::verdict::facts::{Facts, Probe, SendFact, SendResult};
use crate::commit::verdict::reading::{Reading, reading, stable_run};
use crate::http::backoff::doubled;
use crate::http::status_code::{StatusClass, is_throttling};

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
    (at <= window_end(facts) && at < facts.rules.timeout).then_some(at)
}

/// Until when a send may start. After a restart the time begins with the first "not yet" that allows one: how long status
/// could not be reached before that must not cost the commit.
pub(crate) fn window_end(facts: &Facts) -> Duration {
    let window = facts.rules.send_window;
    if facts.earlier.is_none() {
        return window;
    }
    let quiet = earlier_quiet_until(facts);
    (0..facts.probes.len())
        .find(|index| {
            facts.probes[*index].begun >= quiet
                && matches!(reading(facts, *index), Reading::NotYet | Reading::NotYetUnproven | Reading::Doubtful)
        })
        .map_or(facts.rules.timeout, |index| facts.probes[index].answered.saturating_add(window))
}

/// The quiet moment before the next send; none when no send may still be under way.
pub(super) fn quiet_until(facts: &Facts) -> Option<Duration> {
    let own = facts.own_sends().iter();
    let own = own
        .filter(|send| send.is_open() && !send.is_turned_away())
        .map(|send| send.ended + facts.rules.resend_delay)
        .max();
    let earlier = facts.earlier.map(|_| earlier_quiet_until(facts));
    own.max(earlier)
}

/// The quiet moment after a send of an earlier process runs from the time in its journal, by the server's clock; where that
/// does not tell it, from the restart.
fn earlier_quiet_until(facts: &Facts) -> Duration {
    let from_the_restart = facts.rules.resend_delay;
    let Some(at) = facts.earlier.and_then(|earlier| earlier.at) else {
        return from_the_restart;
    };
    let told = facts.probes.iter().find_map(|asked| {
        let age = u64::try_from(asked.server_now?.checked_sub(at)?).ok()?;
        // `Date` is cut to whole seconds.
        let age = Duration::from_secs(age.saturating_sub(1));
        Some((asked.answered + facts.rules.resend_delay).saturating_sub(age))
    });
    told.map_or(from_the_restart, |until| until.min(from_the_restart))
}

/// Until when to ask after this last send.
pub(super) fn time_for_asking(facts: &Facts, last: &SendFact) -> Duration {
    let short = facts.last_slow_end().is_none() && ends_with_its_own_error(last);
    let budget = if short { ASK_AFTER_BUSY } else { facts.rules.resolve_timeout };
    (last.ended + budget).min(facts.rules.timeout)
}

/// 408, 429, 503 and redirects keep their own error when nobody answers the question.
pub(super) fn ends_with_its_own_error(last: &SendFact) -> bool {
    matches!(last.class(), Some(StatusClass::Busy | StatusClass::Throttled | StatusClass::Redirect))
}

/// When to ask next; none when the time for asking is over or a stable answer was heard often enough.
pub(super) fn next_ask(
    facts: &Facts,
    since: &[Probe],
    latest: &Probe,
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
        doubled(ASK_BASE, u32::try_from(since.len().saturating_sub(1)).unwrap_or(u32::MAX), ASK_CAP)
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
    Step::Ask { at, limit: ASK_LIMIT.min(limit.saturating_sub(at)), probe: true }
}

pub(super) fn remaining(facts: &Facts, now: Duration) -> Duration {
    facts.rules.timeout.saturating_sub(now)
}

/// How long we were asked to wait after this send.
pub(super) fn retry_after(last: &SendFact) -> Option<Duration> {
    match last.result {
        SendResult::MaybeSent => None,
        SendResult::NotSent { retry_after, .. } | SendResult::Answered { retry_after, .. } => retry_after,
    }
}

//! The table of the contract: what one question (status now, page probe) says about the token.

use crate::commit::receipt::{Certainty, ConfirmedBy};
use crate::commit::verdict::facts::{Baseline, Facts, PageProbeResult, Probe, SendResult, StatusProbeResult};
use crate::http::clock::Expires;
use crate::http::status_code::{StatusClass, class};
use crate::http::status_word::StatusWord;

/// Margin between the server's clock and `Expires` below which an expiry may have been a natural one.
const EXPIRY_MARGIN_SECONDS: i64 = 60;
/// A baseline that is older says nothing about a token whose `Expires` is not known.
const RECENT_BASELINE_SECONDS: i64 = 5 * 60;

/// One question, read by the table of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Consumed(Certainty, ConfirmedBy),
    /// As `Consumed(Presumed, TokenRetired)`, but believed only when it is stable: one answer of one route is no proof.
    Gone,
    NotYet,
    /// Complete and empty, and no page says that the token is still good: "not yet" by the contract, so send again. A
    /// server may say `Complete` after Commit as well: never proof that a send was not applied.
    NotYetUnproven,
    /// Ready by status, refused by a page route that may be the wrong one.
    Doubtful,
    /// Processing, Error, Failed.
    NeverReady,
    /// Will not change by asking for long.
    StableUnclear,
    Redirected,
    /// Ask again.
    Nothing,
}

/// Whether the page probe can tell something beside this status answer.
pub(crate) fn page_probe_helps(facts: &Facts, status: StatusProbeResult) -> bool {
    match status {
        StatusProbeResult::Word { word, .. } => word == StatusWord::Complete,
        StatusProbeResult::Gone | StatusProbeResult::Unauthorized => facts.baseline.is_some(),
        StatusProbeResult::Redirected | StatusProbeResult::Nothing => false,
    }
}

/// The table "status now, page probe: verdict".
pub(super) fn reading(facts: &Facts, index: usize) -> Reading {
    let asked = &facts.probes[index];
    match asked.status {
        StatusProbeResult::Word { word, row_count, expires } => match word {
            StatusWord::Retrieved => Reading::Consumed(Certainty::Certain, ConfirmedBy::Status),
            StatusWord::Complete => match asked.page {
                Some(PageProbeResult::Works) => Reading::NotYet,
                // An empty export has no first record: its page may be refused although the token is good.
                Some(
                    PageProbeResult::Gone
                    | PageProbeResult::Unauthorized
                    | PageProbeResult::Refused
                    | PageProbeResult::Nothing,
                )
                | None
                    if row_count == Some(0) =>
                {
                    Reading::NotYetUnproven
                }
                Some(PageProbeResult::Gone) if page_worked_before(facts, index) => Reading::Gone,
                Some(PageProbeResult::Gone | PageProbeResult::Unauthorized | PageProbeResult::Refused) => {
                    Reading::Doubtful
                }
                Some(PageProbeResult::Nothing) | None => Reading::Nothing,
            },
            StatusWord::Expired => expired(facts.baseline, expires, asked),
            StatusWord::Processing | StatusWord::Error | StatusWord::Failed => Reading::NeverReady,
            StatusWord::Unknown => Reading::Nothing,
        },
        StatusProbeResult::Gone | StatusProbeResult::Unauthorized => {
            let says_gone = accepted_after_a_401(facts, index) || expired_long_ago(facts.baseline, asked);
            let status_believed = asked.status == StatusProbeResult::Gone || says_gone;
            let page_believed = match asked.page {
                Some(PageProbeResult::Gone) => true,
                Some(PageProbeResult::Unauthorized) => says_gone,
                Some(PageProbeResult::Works | PageProbeResult::Refused | PageProbeResult::Nothing) | None => false,
            };
            if facts.baseline.is_none() {
                Reading::StableUnclear
            } else if status_believed && page_believed {
                Reading::Gone
            } else if matches!(asked.page, None | Some(PageProbeResult::Nothing)) {
                Reading::Nothing
            } else {
                Reading::StableUnclear
            }
        }
        StatusProbeResult::Redirected => Reading::Redirected,
        StatusProbeResult::Nothing => Reading::Nothing,
    }
}

/// Status says `Expired`: by a commit, or by itself.
fn expired(baseline: Option<Baseline>, expires_now: Option<Expires>, asked: &Probe) -> Reading {
    let Some(baseline) = baseline else {
        return Reading::StableUnclear;
    };
    // What was known before the first send counts first: a server may move `Expires` when it retires a token.
    match baseline.expires.or(expires_now) {
        Some(expires) if is_long_before(expires, asked) => {
            Reading::Consumed(Certainty::Certain, ConfirmedBy::EarlyExpiry)
        }
        Some(_) => Reading::StableUnclear,
        // A token that was ready a moment ago has hardly reached its end since.
        None if is_recent(baseline, asked) => Reading::Consumed(Certainty::Presumed, ConfirmedBy::TokenRetired),
        None => Reading::StableUnclear,
    }
}

/// `Expires` is more than a minute ahead of the server's clock.
fn is_long_before(expires: Expires, asked: &Probe) -> bool {
    // The question may have taken a while after status was answered: the page counts at its end.
    let question = asked.answered.saturating_sub(asked.begun).as_secs();
    let later = i64::try_from(question).unwrap_or(i64::MAX);
    asked
        .server_now
        .is_some_and(|now| expires.earliest.saturating_sub(now).saturating_sub(later) > EXPIRY_MARGIN_SECONDS)
}

/// The token's natural end was more than a minute ago by the server's clock.
fn expired_long_ago(baseline: Option<Baseline>, asked: &Probe) -> bool {
    match (baseline.and_then(|baseline| baseline.expires), asked.server_now) {
        (Some(expires), Some(now)) => now.saturating_sub(expires.latest) > EXPIRY_MARGIN_SECONDS,
        (None, _) | (_, None) => false,
    }
}

/// Between the baseline and this answer passed at most five minutes of the server's clock.
fn is_recent(baseline: Baseline, asked: &Probe) -> bool {
    match (baseline.seen_at, asked.server_now) {
        (Some(seen), Some(now)) => now.saturating_sub(seen) <= RECENT_BASELINE_SECONDS,
        (None, _) | (_, None) => false,
    }
}

fn page_worked_before(facts: &Facts, index: usize) -> bool {
    facts.page_has_worked || facts.probes[..index].iter().any(|asked| asked.page == Some(PageProbeResult::Works))
}

/// The first 401 about this token after the first open send was followed by an answer that took the same credentials: so
/// it is the token that is refused.
fn accepted_after_a_401(facts: &Facts, index: usize) -> bool {
    let Some(open) = facts.sends.iter().find(|send| send.is_open()) else {
        return false;
    };
    let takes = |status, page| {
        matches!(status, StatusProbeResult::Word { .. } | StatusProbeResult::Gone)
            || matches!(page, Some(PageProbeResult::Works | PageProbeResult::Gone))
    };
    let asked = &facts.probes[..=index];
    let first = asked.iter().position(|asked| {
        asked.begun >= open.ended
            && (asked.status == StatusProbeResult::Unauthorized || asked.page == Some(PageProbeResult::Unauthorized))
    });
    let Some(first) = first else {
        return false;
    };
    let refused = &asked[first];
    // The page is asked after status: a page that is refused is followed by the next question only.
    let by_its_page =
        refused.status == StatusProbeResult::Unauthorized && takes(StatusProbeResult::Nothing, refused.page);
    let by_a_question = asked[first + 1..].iter().any(|asked| takes(asked.status, asked.page));
    let by_a_send = facts.sends.iter().any(|send| {
        send.started >= refused.answered
            && matches!(send.result, SendResult::Answered { status, html: false, .. } if speaks_for_the_service(status))
    });
    let elsewhere = facts.credentials_accepted.is_some_and(|at| at >= refused.answered);
    by_its_page || by_a_question || by_a_send || elsewhere
}

/// How many of the newest questions in a row had the same reading.
pub(super) fn stable_run(facts: &Facts, since: &[Probe]) -> usize {
    let first = facts.probes.len() - since.len();
    let readings = || (first..facts.probes.len()).rev().map(|index| reading(facts, index));
    let newest = readings().next();
    readings().take_while(|reading| Some(*reading) == newest).count()
}

/// Whether an answer with this status comes from the service itself, so that its credentials were accepted. A load
/// balancer's 503 or a redirect says nothing about them.
fn speaks_for_the_service(status: u16) -> bool {
    match class(status) {
        StatusClass::Success | StatusClass::RefusesToken => true,
        StatusClass::OtherSuccess
        | StatusClass::Redirect
        | StatusClass::Unauthorized
        | StatusClass::Busy
        | StatusClass::Throttled
        | StatusClass::Denied
        | StatusClass::ServerError => false,
    }
}

//! Where the verdict on a commit is judged: what is known of the sends, the baseline and the answers goes in; the
//! next step or the verdict comes out. A pure function of [`Facts`] and the time, without I/O, so that it can be
//! simulated a million times. Sending, asking and waiting are done by [`crate::commit`].
//!
//! Commit's *effect* is idempotent, its *answer* is not. So: send at least once, read back, never a wrong verdict.
//! All times are durations since the call began.
//!
//! [`facts`] holds what is known, [`reading`] the table "status now, page probe: verdict", [`timing`] the clockwork,
//! and this file the rows "answer: what next".

mod facts;
mod reading;
#[cfg(test)]
mod tests;
mod timing;

use std::time::Duration;

use crate::commit::receipt::{Certainty, ConfirmedBy, Files, Outcome};
use crate::error::{CommitState, Operation};
use crate::http::status_code::{StatusClass, class, contradicts_ready};
use crate::http::status_word::StatusWord;

pub(crate) use facts::{
    Baseline, EarlierSend, Facts, PageProbeResult, Probe, Rules, SendFact, SendResult, StatusProbeResult,
};
pub(crate) use reading::page_probe_helps;
use reading::{Reading, reading, stable_run};
pub(crate) use timing::window_end;
use timing::{
    ASK_LIMIT, ASK_ONCE_LIMIT, STABLE_ASKS, ask, ends_with_its_own_error, next_ask, next_send, quiet_until, remaining,
    retry_after, time_for_asking,
};

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Wait until `at`, then send the POST.
    Send { at: Duration },
    /// Wait until `at`, then ask status; probe the page too where that can tell something, if `probe`.
    Ask { at: Duration, limit: Duration, probe: bool },
    /// The call is over.
    Done(Verdict),
}

/// How a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Receipt {
        outcome: Outcome,
        certainty: Certainty,
        confirmed_by: ConfirmedBy,
        files: Files,
    },
    /// The last send's own error.
    LastSend {
        commit_state: CommitState,
    },
    /// [`ErrorKind::OutcomeUnknown`].
    OutcomeUnknown,
    /// The time was over before anything was sent.
    NothingSent,
    /// Preflight found an export that cannot be committed; nothing was sent.
    NotReady(StatusWord),
}

/// How a question about a token without any send of this call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Consumed { certainty: Certainty, confirmed_by: ConfirmedBy },
    NotYet,
    Unclear,
}

/// The next step of a commit, or its verdict.
pub(crate) fn next_step(facts: &Facts, now: Duration) -> Step {
    let step = match facts.sends.last() {
        None => before_the_first_send(facts, now),
        Some(last) if answered_success(last) => Step::Done(committed_by_response(facts)),
        Some(last) if last.is_repaired() && now <= window_end(facts) => Step::Send { at: now },
        Some(last) if facts.has_open_send() => after_an_open_send(facts, last, now),
        Some(last) => without_an_open_send(facts, last, now),
    };
    match step {
        Step::Send { at } | Step::Ask { at, .. } if at.max(now) >= facts.rules.timeout => {
            Step::Done(time_is_over(facts))
        }
        Step::Done(Verdict::Receipt { certainty: Certainty::Presumed, .. }) if facts.rules.require_certain => {
            Step::Done(Verdict::OutcomeUnknown)
        }
        // The error of a send that another process made is not known.
        Step::Done(Verdict::LastSend { .. }) if facts.own_sends().is_empty() => Step::Done(Verdict::OutcomeUnknown),
        Step::Send { .. } | Step::Ask { .. } | Step::Done(_) => step,
    }
}

/// The next question about a token without any send of this call (`resolve_commit`), or what was found.
pub(crate) fn next_question(facts: &Facts, now: Duration) -> Result<Finding, Step> {
    let limit = facts.rules.resolve_timeout.min(facts.rules.timeout);
    let Some(latest) = facts.probes.last() else {
        return Err(ask(now, limit));
    };
    let unclear_or_again = |stable| match next_ask(facts, &facts.probes, latest, limit, stable) {
        Some(at) => Err(ask(at, limit)),
        None => Ok(Finding::Unclear),
    };
    match reading(facts, facts.probes.len() - 1) {
        Reading::Consumed(certainty, confirmed_by) => {
            Ok(if facts.rules.require_certain && certainty == Certainty::Presumed {
                Finding::Unclear
            } else {
                Finding::Consumed { certainty, confirmed_by }
            })
        }
        Reading::NotYet => Ok(Finding::NotYet),
        Reading::Gone if stable_run(facts, &facts.probes) >= STABLE_ASKS && !facts.rules.require_certain => {
            Ok(Finding::Consumed { certainty: Certainty::Presumed, confirmed_by: ConfirmedBy::TokenRetired })
        }
        Reading::NotYetUnproven | Reading::Gone | Reading::Doubtful | Reading::NeverReady | Reading::StableUnclear => {
            unclear_or_again(true)
        }
        Reading::Redirected | Reading::Nothing => unclear_or_again(false),
    }
}

fn before_the_first_send(facts: &Facts, now: Duration) -> Step {
    if !facts.rules.preflight {
        return Step::Send { at: now };
    }
    match facts.probes.last().map(|asked| asked.status) {
        None => Step::Ask { at: now, limit: ASK_LIMIT.min(remaining(facts, now)), probe: false },
        Some(StatusProbeResult::Word { word, .. }) => match word {
            StatusWord::Retrieved => Step::Done(receipt(facts, Certainty::Certain, ConfirmedBy::Status)),
            StatusWord::Processing | StatusWord::Expired | StatusWord::Error | StatusWord::Failed => {
                Step::Done(Verdict::NotReady(word))
            }
            StatusWord::Complete | StatusWord::Unknown => Step::Send { at: now },
        },
        // The POST will get its own answer, and the verdict does not rest on the preflight.
        Some(
            StatusProbeResult::Gone
            | StatusProbeResult::Unauthorized
            | StatusProbeResult::Redirected
            | StatusProbeResult::Nothing,
        ) => Step::Send { at: now },
    }
}

/// No send of this call can have been applied: the last answer decides, after one question where the token is
/// refused.
fn without_an_open_send(facts: &Facts, last: &SendFact, now: Duration) -> Step {
    let its_error = Step::Done(Verdict::LastSend { commit_state: CommitState::NotCommitted });
    let again_or_its_error = || next_send(facts, last).map_or(its_error, |at| Step::Send { at });
    match last.result {
        SendResult::NotSent { kind, .. } => {
            if kind.is_temporary(Operation::Commit) {
                again_or_its_error()
            } else {
                its_error
            }
        }
        SendResult::Answered { .. } => match last.class() {
            // When sends or time end here, the contract asks too: somebody else may have committed.
            Some(StatusClass::Throttled) => match next_send(facts, last) {
                Some(at) if facts.asked_since(last).is_empty() => Step::Send { at },
                Some(_) | None => after_throttling(facts, last, now),
            },
            Some(StatusClass::RefusesToken | StatusClass::Unauthorized) => {
                match facts.asked_since(last).last().map(|asked| asked.status) {
                    Some(StatusProbeResult::Word { word: StatusWord::Retrieved, .. }) => {
                        Step::Done(receipt(facts, Certainty::Certain, ConfirmedBy::Status))
                    }
                    Some(_) => its_error,
                    None => Step::Ask { at: now, limit: ASK_ONCE_LIMIT.min(remaining(facts, now)), probe: false },
                }
            }
            Some(StatusClass::Denied) => its_error,
            Some(
                StatusClass::Success
                | StatusClass::OtherSuccess
                | StatusClass::Redirect
                | StatusClass::Busy
                | StatusClass::ServerError,
            )
            | None => after_an_open_send(facts, last, now),
        },
        SendResult::MaybeSent => after_an_open_send(facts, last, now),
    }
}

/// Throttled until sends or time ended. No send of this call was taken, so it is not committed whoever answers; but
/// somebody else may have committed.
fn after_throttling(facts: &Facts, last: &SendFact, now: Duration) -> Step {
    let its_error = Step::Done(Verdict::LastSend { commit_state: CommitState::NotCommitted });
    let since = facts.asked_since(last);
    let limit = time_for_asking(facts, last);
    let Some(latest) = since.last() else {
        return if now < limit { ask(now, limit) } else { its_error };
    };
    match reading(facts, facts.probes.len() - 1) {
        // What strict does not believe leaves the call's own error, which is certain.
        Reading::Consumed(Certainty::Presumed, _) if facts.rules.require_certain => its_error,
        Reading::Consumed(certainty, confirmed_by) => Step::Done(receipt(facts, certainty, confirmed_by)),
        Reading::NotYet
        | Reading::NotYetUnproven
        | Reading::Gone
        | Reading::Doubtful
        | Reading::NeverReady
        | Reading::StableUnclear => its_error,
        Reading::Redirected | Reading::Nothing => {
            next_ask(facts, since, latest, limit, false).map_or(its_error, |at| ask(at, limit))
        }
    }
}

/// Some send of this call may have been applied: ask, and send again only after "not yet".
fn after_an_open_send(facts: &Facts, last: &SendFact, now: Duration) -> Step {
    let since = facts.asked_since(last);
    // Told to come back later, or not sent at all: no question between this send and the next.
    if since.is_empty()
        && comes_back_without_a_question(last)
        && let Some(at) = next_send(facts, last)
    {
        return Step::Send { at };
    }
    let limit = time_for_asking(facts, last);
    let Some(latest) = since.last() else {
        return if now < limit { ask(now, limit) } else { Step::Done(time_is_over(facts)) };
    };
    let ask_again = |stable| match next_ask(facts, since, latest, limit, stable) {
        Some(at) => ask(at, limit),
        None => Step::Done(time_is_over(facts)),
    };
    match reading(facts, facts.probes.len() - 1) {
        Reading::Consumed(certainty, confirmed_by) => Step::Done(receipt(facts, certainty, confirmed_by)),
        Reading::Gone => match next_ask(facts, since, latest, limit, true) {
            Some(at) => ask(at, limit),
            None if stable_run(facts, since) >= STABLE_ASKS => {
                Step::Done(receipt(facts, Certainty::Presumed, ConfirmedBy::TokenRetired))
            }
            None => Step::Done(time_is_over(facts)),
        },
        Reading::NotYet | Reading::NotYetUnproven => send_after_the_quiet_moment(facts, last, latest, limit, now)
            .unwrap_or_else(|| after_the_last_send(facts, last, latest, limit, now)),
        Reading::Doubtful => {
            if refused_after_doubt(facts, last) {
                return Step::Done(receipt(facts, Certainty::Presumed, ConfirmedBy::TokenRetired));
            }
            send_after_the_quiet_moment(facts, last, latest, limit, now).unwrap_or_else(|| ask_again(false))
        }
        Reading::NeverReady => {
            // A lost request may still be on its way, and be applied when the export is ready.
            let any_lost = facts.sends.iter().any(|send| send.result == SendResult::MaybeSent);
            if matches!(last.result, SendResult::Answered { .. }) && !any_lost {
                after_the_last_send(facts, last, latest, limit, now)
            } else {
                ask_again(false)
            }
        }
        Reading::StableUnclear => ask_again(true),
        Reading::Redirected if is_redirect(last) => Step::Done(time_is_over(facts)),
        Reading::Redirected | Reading::Nothing => ask_again(false),
    }
}

/// No further send, and nothing speaks for a committed token: its own error once that has held for `confirm_window` after the
/// last send that may still be under way.
fn after_the_last_send(facts: &Facts, last: &SendFact, latest: &Probe, limit: Duration, now: Duration) -> Step {
    let latest_reading = reading(facts, facts.probes.len() - 1);
    // A refusal of a token that is still good is a contradiction, which only time can resolve.
    let contradictory = latest_reading != Reading::NeverReady && is_contradiction(last);
    let settled_at = if contradictory {
        last.ended + facts.rules.confirm_window
    } else {
        match facts.last_slow_end() {
            None => Duration::ZERO,
            Some(ended) => ended + facts.rules.confirm_window,
        }
    };
    if latest.begun >= settled_at {
        return Step::Done(if contradictory {
            Verdict::OutcomeUnknown
        } else if latest_reading == Reading::NotYetUnproven {
            time_is_over(facts)
        } else {
            Verdict::LastSend { commit_state: CommitState::NotCommitted }
        });
    }
    let at = next_ask(facts, facts.asked_since(last), latest, limit, false)
        .map(|at| if settled_at > now { at.min(settled_at) } else { at });
    match at {
        Some(at) => ask(at, limit),
        None if settled_at < limit => ask(settled_at.max(now), limit),
        None => Step::Done(Verdict::OutcomeUnknown),
    }
}

/// The next send after a question that allows it, the question at the end of the quiet moment, or none when sends or
/// time are over.
fn send_after_the_quiet_moment(
    facts: &Facts,
    last: &SendFact,
    latest: &Probe,
    limit: Duration,
    now: Duration,
) -> Option<Step> {
    let may = last.result == SendResult::MaybeSent || last.class() == Some(StatusClass::ServerError);
    let quiet_until = quiet_until(facts)?;
    // A server error may ask for patience too.
    let asked_to_wait = retry_after(last).unwrap_or(Duration::ZERO);
    if asked_to_wait > facts.rules.max_retry_after {
        return None;
    }
    let at = quiet_until.max(now).max(last.ended.saturating_add(asked_to_wait));
    if !may || facts.counted_sends() >= facts.rules.max_attempts || at > window_end(facts) || at >= limit {
        return None;
    }
    Some(if latest.begun >= quiet_until { Step::Send { at } } else { ask(quiet_until, limit) })
}

/// A send that followed a doubtful reading was refused for its token. 401, 403 and the like say nothing about that.
fn refused_after_doubt(facts: &Facts, last: &SendFact) -> bool {
    last.class() == Some(StatusClass::RefusesToken)
        && (0..facts.probes.len())
            .any(|index| facts.probes[index].answered <= last.started && reading(facts, index) == Reading::Doubtful)
}

fn answered_success(last: &SendFact) -> bool {
    matches!(last.result, SendResult::Answered { status, html: false, .. } if class(status) == StatusClass::Success)
}

fn is_redirect(last: &SendFact) -> bool {
    last.class() == Some(StatusClass::Redirect)
}

fn is_contradiction(last: &SendFact) -> bool {
    matches!(last.result, SendResult::Answered { status, .. } if contradicts_ready(status))
}

/// 408, 429, 503, or nothing sent for a temporary reason.
fn comes_back_without_a_question(last: &SendFact) -> bool {
    match last.result {
        SendResult::NotSent { kind, .. } => kind.is_temporary(Operation::Commit),
        SendResult::MaybeSent => false,
        SendResult::Answered { .. } => {
            matches!(last.class(), Some(StatusClass::Busy | StatusClass::Throttled))
        }
    }
}

/// The verdict when there is no time left for sends or questions.
fn time_is_over(facts: &Facts) -> Verdict {
    let Some(last) = facts.sends.last() else {
        return Verdict::NothingSent;
    };
    if !facts.has_open_send() {
        Verdict::LastSend { commit_state: CommitState::NotCommitted }
    } else if facts.last_slow_end().is_none() && ends_with_its_own_error(last) {
        Verdict::LastSend { commit_state: CommitState::Unknown }
    } else {
        Verdict::OutcomeUnknown
    }
}

fn committed_by_response(facts: &Facts) -> Verdict {
    receipt(facts, Certainty::Certain, ConfirmedBy::Response)
}

/// A consumed token: whose doing it was, and what can be said about the files.
fn receipt(facts: &Facts, certainty: Certainty, confirmed_by: ConfirmedBy) -> Verdict {
    let by_response = confirmed_by == ConfirmedBy::Response;
    let outcome = if facts.has_open_send() || by_response { Outcome::Committed } else { Outcome::AlreadyCommitted };
    let own_open = facts.own_sends().iter().any(SendFact::is_open);
    let has_left = own_open || facts.earlier.is_some_and(|earlier| earlier.left);
    let as_asked = certainty == Certainty::Certain
        && !facts.files_disputed
        && ((by_response && !own_open) || (has_left && facts.baseline.is_some()));
    let files = if as_asked { Files::AsAsked } else { Files::Unknown };
    Verdict::Receipt { outcome, certainty, confirmed_by, files }
}

//! Where the verdict on a commit is judged: what is known of the sends, the baseline and the answers goes in; the
//! next step or the verdict comes out. A pure function of [`Facts`] and the time, without I/O, so that it can be
//! simulated a million times. Sending, asking and waiting are done by [`crate::commit`].
//!
//! Commit's *effect* is idempotent, its *answer* is not. So: send at least once, read back, never a wrong verdict.
//! All times are durations since the call began.

use std::time::Duration;

use crate::backoff::{Backoff, doubled};
use crate::error::{CommitState, ErrorKind, Operation};
use crate::receipt::{Certainty, ConfirmedBy, Files, Outcome};
use crate::status_code::{StatusClass, class, contradicts_ready, is_throttling};

/// Margin between the server's clock and `Expires` below which an expiry may have been a natural one.
const EXPIRY_MARGIN_SECONDS: i64 = 60;
/// How long to ask when the sends ended with 408, 429, 503 or a redirect.
const ASK_AFTER_BUSY: Duration = Duration::from_secs(30);
/// Limit of the one question after a refused token.
const ASK_ONCE_LIMIT: Duration = Duration::from_secs(3);
/// Limit of one question otherwise: a stalled answer must not eat the time for asking.
const ASK_LIMIT: Duration = Duration::from_secs(10);
/// First and longest distance between two questions.
const ASK_BASE: Duration = Duration::from_millis(250);
const ASK_CAP: Duration = Duration::from_secs(30);
/// A refused token is stable: asked three times within ten seconds, then believed.
const STABLE_ASKS: usize = 3;
const STABLE_GAPS: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(5)];

/// The settings that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) timeout: Duration,
    pub(crate) send_window: Duration,
    pub(crate) resolve_timeout: Duration,
    pub(crate) settle: Duration,
    pub(crate) quiet: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) max_retry_after: Duration,
    pub(crate) strict: bool,
    pub(crate) preflight: bool,
}

/// A status or page answer of this token that said ready, seen at most 30 s before the first send (the caller checks
/// that), or kept by the caller's own record of the send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Baseline {
    /// `Expires`, in seconds since the epoch, when it was known.
    pub(crate) expires: Option<i64>,
}

/// What came of one POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendResult {
    NotSent {
        kind: ErrorKind,
    },
    MaybeSent,
    Answered {
        status: u16,
        /// The body is HTML: a captive portal or an error page, not the service.
        html: bool,
        retry_after: Option<Duration>,
        /// A 401 after which the clock was corrected or the credentials were renewed, once a call.
        repaired: bool,
    },
}

/// One POST of this call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SendFact {
    pub(crate) started: Duration,
    pub(crate) ended: Duration,
    pub(crate) result: SendResult,
    /// 0.5 to 1, drawn when the send ended.
    pub(crate) jitter: f64,
}

/// The documented words of status (facts 3.2); anything else is [`StatusWord::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusWord {
    /// Not ready.
    Processing,
    /// Ready to be read, so not committed.
    Complete,
    /// Consumed: read to the end without keepAlive, or committed.
    Retrieved,
    /// Gone.
    Expired,
    /// Failed.
    Error,
    /// Failed.
    Failed,
    /// A word that no page documents: neither success nor failure.
    Unknown,
}

/// What status answered to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusReply {
    Word {
        word: StatusWord,
        row_count: Option<u64>,
        /// `Expires`, in seconds since the epoch; none when empty, unparsable or absent.
        expires: Option<i64>,
    },
    /// 400, 404 or 410.
    Gone,
    /// 401.
    Unauthorized,
    /// 3xx.
    Redirected,
    /// Another status code, HTML, not JSON, a time limit, no connection.
    Nothing,
}

/// What the page probe answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageReply {
    Works,
    /// 400, 404 or 410, not as HTML.
    Gone,
    /// 401, not as HTML.
    Unauthorized,
    /// Refused otherwise: HTML, or another 4xx than 408 and 429.
    Refused,
    /// Anything else.
    Nothing,
}

/// One question: status, and the page probe where it can tell something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) begun: Duration,
    pub(crate) answered: Duration,
    pub(crate) status: StatusReply,
    pub(crate) page: Option<PageReply>,
    /// The server's `Date` of the status answer, in seconds since the epoch.
    pub(crate) server_now: Option<i64>,
    pub(crate) retry_after: Option<Duration>,
}

/// Everything that is known about one call.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) rules: Rules,
    pub(crate) baseline: Option<Baseline>,
    /// The page route has worked for this token before this call.
    pub(crate) page_has_worked: bool,
    pub(crate) sends: Vec<SendFact>,
    pub(crate) asked: Vec<Asked>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Wait until `at`, then send the POST.
    Send { at: Duration },
    /// Wait until `at`, then ask status; probe the page too where that can tell something, if `probe`.
    Ask {
        at: Duration,
        limit: Duration,
        probe: bool,
    },
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
    LastSend { commit_state: CommitState },
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
    Consumed {
        certainty: Certainty,
        confirmed_by: ConfirmedBy,
    },
    NotYet,
    Unclear,
}

/// One question, read by the table of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Consumed(Certainty, ConfirmedBy),
    /// As `Consumed(Presumed, TokenRetired)`, but believed only when it is stable.
    Gone,
    NotYet,
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

impl SendFact {
    /// Whether this send may have been applied without a 200 or 204 that says so.
    pub(crate) fn is_open(&self) -> bool {
        match self.result {
            SendResult::NotSent { .. } => false,
            SendResult::MaybeSent => true,
            SendResult::Answered { status, html, .. } => match class(status) {
                StatusClass::Success => html,
                StatusClass::OtherSuccess
                | StatusClass::Redirect
                | StatusClass::Busy
                | StatusClass::ServerError => true,
                StatusClass::RefusesToken
                | StatusClass::Unauthorized
                | StatusClass::Throttled
                | StatusClass::Denied => false,
            },
        }
    }

    /// An open send that whoever answered it has surely not handed on: 408, 503, a redirect, a portal's page.
    fn is_turned_away(&self) -> bool {
        match self.result {
            SendResult::NotSent { .. } | SendResult::MaybeSent => false,
            SendResult::Answered { status, html, .. } => match class(status) {
                StatusClass::Success | StatusClass::OtherSuccess => html,
                StatusClass::Redirect | StatusClass::Busy => true,
                StatusClass::RefusesToken
                | StatusClass::Unauthorized
                | StatusClass::Throttled
                | StatusClass::Denied
                | StatusClass::ServerError => false,
            },
        }
    }

    fn is_repaired(&self) -> bool {
        matches!(self.result, SendResult::Answered { repaired: true, .. })
    }

    /// May have reached the server.
    pub(crate) fn left(&self) -> bool {
        !matches!(self.result, SendResult::NotSent { .. })
    }
}

/// Whether the page probe can tell something beside this status answer.
pub(crate) fn page_probe_helps(facts: &Facts, status: StatusReply) -> bool {
    match status {
        StatusReply::Word {
            word, row_count, ..
        } => word == StatusWord::Complete && row_count != Some(0),
        StatusReply::Gone | StatusReply::Unauthorized => facts.baseline.is_some(),
        StatusReply::Redirected | StatusReply::Nothing => false,
    }
}

/// The next step of a commit, or its verdict.
pub(crate) fn next_step(facts: &Facts, now: Duration) -> Step {
    let step = match facts.sends.last() {
        None => before_the_first_send(facts, now),
        Some(last) if answered_success(last) => Step::Done(committed_by_response(facts)),
        Some(last) if last.is_repaired() && now <= facts.rules.send_window => {
            Step::Send { at: now }
        }
        Some(last) if facts.sends.iter().any(SendFact::is_open) => {
            after_an_open_send(facts, last, now)
        }
        Some(last) => without_an_open_send(facts, last, now),
    };
    match step {
        Step::Send { at } | Step::Ask { at, .. } if at.max(now) >= facts.rules.timeout => {
            Step::Done(time_is_over(facts))
        }
        Step::Done(Verdict::Receipt {
            certainty: Certainty::Presumed,
            ..
        }) if facts.rules.strict => Step::Done(Verdict::OutcomeUnknown),
        Step::Send { .. } | Step::Ask { .. } | Step::Done(_) => step,
    }
}

/// The next question about a token without any send of this call (`resolve_commit`), or what was found.
pub(crate) fn next_question(facts: &Facts, now: Duration) -> Result<Finding, Step> {
    let limit = facts.rules.resolve_timeout.min(facts.rules.timeout);
    let Some(latest) = facts.asked.last() else {
        return Err(ask(now, limit));
    };
    let unclear_or_again = |stable| match next_ask(facts, &facts.asked, latest, limit, stable) {
        Some(at) => Err(ask(at, limit)),
        None => Ok(Finding::Unclear),
    };
    match reading(facts, facts.asked.len() - 1) {
        Reading::Consumed(certainty, confirmed_by) => {
            Ok(if facts.rules.strict && certainty == Certainty::Presumed {
                Finding::Unclear
            } else {
                Finding::Consumed {
                    certainty,
                    confirmed_by,
                }
            })
        }
        Reading::NotYet => Ok(Finding::NotYet),
        Reading::Gone | Reading::Doubtful | Reading::NeverReady | Reading::StableUnclear => {
            unclear_or_again(true)
        }
        Reading::Redirected | Reading::Nothing => unclear_or_again(false),
    }
}

fn before_the_first_send(facts: &Facts, now: Duration) -> Step {
    if !facts.rules.preflight {
        return Step::Send { at: now };
    }
    match facts.asked.last().map(|asked| asked.status) {
        None => Step::Ask {
            at: now,
            limit: ASK_LIMIT.min(remaining(facts, now)),
            probe: false,
        },
        Some(StatusReply::Word { word, .. }) => match word {
            StatusWord::Retrieved => {
                Step::Done(receipt(facts, Certainty::Certain, ConfirmedBy::Status))
            }
            StatusWord::Processing
            | StatusWord::Expired
            | StatusWord::Error
            | StatusWord::Failed => Step::Done(Verdict::NotReady(word)),
            StatusWord::Complete | StatusWord::Unknown => Step::Send { at: now },
        },
        // The POST will get its own answer, and the verdict does not rest on the preflight.
        Some(
            StatusReply::Gone
            | StatusReply::Unauthorized
            | StatusReply::Redirected
            | StatusReply::Nothing,
        ) => Step::Send { at: now },
    }
}

/// No send of this call can have been applied: the last answer decides, after one question where the token is
/// refused.
fn without_an_open_send(facts: &Facts, last: &SendFact, now: Duration) -> Step {
    let its_error = Step::Done(Verdict::LastSend {
        commit_state: CommitState::NotCommitted,
    });
    let again_or_its_error = || next_send(facts, last).map_or(its_error, |at| Step::Send { at });
    match last.result {
        SendResult::NotSent { kind } => {
            if kind.is_temporary(Operation::Commit) {
                again_or_its_error()
            } else {
                its_error
            }
        }
        SendResult::Answered { status, .. } => match class(status) {
            StatusClass::Throttled => again_or_its_error(),
            StatusClass::RefusesToken | StatusClass::Unauthorized => {
                match asked_since(facts, last).last().map(|asked| asked.status) {
                    Some(StatusReply::Word {
                        word: StatusWord::Retrieved,
                        ..
                    }) => Step::Done(receipt(facts, Certainty::Certain, ConfirmedBy::Status)),
                    Some(_) => its_error,
                    None => Step::Ask {
                        at: now,
                        limit: ASK_ONCE_LIMIT.min(remaining(facts, now)),
                        probe: false,
                    },
                }
            }
            StatusClass::Denied => its_error,
            StatusClass::Success
            | StatusClass::OtherSuccess
            | StatusClass::Redirect
            | StatusClass::Busy
            | StatusClass::ServerError => after_an_open_send(facts, last, now),
        },
        SendResult::MaybeSent => after_an_open_send(facts, last, now),
    }
}

/// Some send of this call may have been applied: ask, and send again only after "not yet".
fn after_an_open_send(facts: &Facts, last: &SendFact, now: Duration) -> Step {
    let since = asked_since(facts, last);
    // Told to come back later, or not sent at all: no question between this send and the next.
    if since.is_empty()
        && comes_back_without_a_question(last)
        && let Some(at) = next_send(facts, last)
    {
        return Step::Send { at };
    }
    let limit = time_for_asking(facts, last);
    let Some(latest) = since.last() else {
        return if now < limit {
            ask(now, limit)
        } else {
            Step::Done(time_is_over(facts))
        };
    };
    let ask_again = |stable| match next_ask(facts, since, latest, limit, stable) {
        Some(at) => ask(at, limit),
        None => Step::Done(time_is_over(facts)),
    };
    match reading(facts, facts.asked.len() - 1) {
        Reading::Consumed(certainty, confirmed_by) => {
            Step::Done(receipt(facts, certainty, confirmed_by))
        }
        Reading::Gone => match next_ask(facts, since, latest, limit, true) {
            Some(at) => ask(at, limit),
            None if stable_run(facts, since) >= STABLE_ASKS => Step::Done(receipt(
                facts,
                Certainty::Presumed,
                ConfirmedBy::TokenRetired,
            )),
            None => Step::Done(time_is_over(facts)),
        },
        Reading::NotYet => not_yet(facts, last, latest, limit, now),
        Reading::Doubtful => {
            if refused_after_doubt(facts, last) {
                return Step::Done(receipt(
                    facts,
                    Certainty::Presumed,
                    ConfirmedBy::TokenRetired,
                ));
            }
            send_after_the_quiet_moment(facts, last, latest, limit, now)
                .unwrap_or_else(|| ask_again(false))
        }
        Reading::NeverReady => {
            if matches!(last.result, SendResult::Answered { .. }) {
                Step::Done(Verdict::LastSend {
                    commit_state: CommitState::NotCommitted,
                })
            } else {
                ask_again(false)
            }
        }
        Reading::StableUnclear => ask_again(true),
        Reading::Redirected if is_redirect(last) => Step::Done(time_is_over(facts)),
        Reading::Redirected | Reading::Nothing => ask_again(false),
    }
}

/// Status and page say that the token is still good.
fn not_yet(facts: &Facts, last: &SendFact, latest: &Asked, limit: Duration, now: Duration) -> Step {
    if let Some(step) = send_after_the_quiet_moment(facts, last, latest, limit, now) {
        return step;
    }
    // Sends are over. A refusal of a token that is still good is a contradiction, which only time can resolve.
    let contradictory = is_contradiction(last);
    let settled_at = if contradictory {
        last.ended + facts.rules.settle
    } else {
        match last_slow_end(facts) {
            None => Duration::ZERO,
            Some(ended) => ended + facts.rules.settle,
        }
    };
    if latest.begun >= settled_at {
        return Step::Done(if contradictory {
            Verdict::OutcomeUnknown
        } else {
            Verdict::LastSend {
                commit_state: CommitState::NotCommitted,
            }
        });
    }
    let at = next_ask(facts, asked_since(facts, last), latest, limit, false).map(|at| {
        if settled_at > now {
            at.min(settled_at)
        } else {
            at
        }
    });
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
    latest: &Asked,
    limit: Duration,
    now: Duration,
) -> Option<Step> {
    let may = match last.result {
        SendResult::MaybeSent => true,
        SendResult::NotSent { .. } => false,
        SendResult::Answered { status, .. } => class(status) == StatusClass::ServerError,
    };
    let quiet_until = last_slow_end(facts)? + facts.rules.quiet;
    let at = quiet_until.max(now);
    if !may
        || counted(facts) >= facts.rules.max_attempts
        || at > facts.rules.send_window
        || at >= limit
    {
        return None;
    }
    Some(if latest.begun >= quiet_until {
        Step::Send { at: now }
    } else {
        ask(quiet_until, limit)
    })
}

/// The table "status now, page probe: verdict".
fn reading(facts: &Facts, index: usize) -> Reading {
    let asked = &facts.asked[index];
    match asked.status {
        StatusReply::Word {
            word,
            row_count,
            expires,
        } => match word {
            StatusWord::Retrieved => Reading::Consumed(Certainty::Certain, ConfirmedBy::Status),
            StatusWord::Complete if row_count == Some(0) => Reading::NotYet,
            StatusWord::Complete => match asked.page {
                Some(PageReply::Works) => Reading::NotYet,
                Some(PageReply::Gone) if page_worked_before(facts, index) => {
                    let certainty =
                        if facts.baseline.is_some() && long_before_expiry(facts, expires, asked) {
                            Certainty::Certain
                        } else {
                            Certainty::Presumed
                        };
                    Reading::Consumed(certainty, ConfirmedBy::TokenRetired)
                }
                Some(PageReply::Gone | PageReply::Unauthorized | PageReply::Refused) => {
                    Reading::Doubtful
                }
                Some(PageReply::Nothing) | None => Reading::Nothing,
            },
            StatusWord::Expired => {
                if facts.baseline.is_none() {
                    Reading::StableUnclear
                } else if long_before_expiry(facts, expires, asked) {
                    Reading::Consumed(Certainty::Certain, ConfirmedBy::EarlyExpiry)
                } else {
                    Reading::Consumed(Certainty::Presumed, ConfirmedBy::TokenRetired)
                }
            }
            StatusWord::Processing | StatusWord::Error | StatusWord::Failed => Reading::NeverReady,
            StatusWord::Unknown => Reading::Nothing,
        },
        StatusReply::Gone | StatusReply::Unauthorized => {
            let worked = credentials_worked_since(facts, index);
            let status_believed = asked.status == StatusReply::Gone || worked;
            let page_believed = match asked.page {
                Some(PageReply::Gone) => true,
                Some(PageReply::Unauthorized) => worked,
                Some(PageReply::Works | PageReply::Refused | PageReply::Nothing) | None => false,
            };
            if facts.baseline.is_none() {
                Reading::StableUnclear
            } else if status_believed && page_believed {
                Reading::Gone
            } else if matches!(asked.page, None | Some(PageReply::Nothing)) {
                Reading::Nothing
            } else {
                Reading::StableUnclear
            }
        }
        StatusReply::Redirected => Reading::Redirected,
        StatusReply::Nothing => Reading::Nothing,
    }
}

/// The token's `Expires` is known and more than a minute ahead of the server's clock. What was known before the
/// first send counts first: a server may move `Expires` when it retires a token.
fn long_before_expiry(facts: &Facts, expires_now: Option<i64>, asked: &Asked) -> bool {
    let expires = facts
        .baseline
        .and_then(|baseline| baseline.expires)
        .or(expires_now);
    match (expires, asked.server_now) {
        (Some(expires), Some(server_now)) => expires - server_now > EXPIRY_MARGIN_SECONDS,
        (None, _) | (_, None) => false,
    }
}

fn page_worked_before(facts: &Facts, index: usize) -> bool {
    facts.page_has_worked
        || facts.asked[..index]
            .iter()
            .any(|asked| asked.page == Some(PageReply::Works))
}

/// The same credentials got an answer other than 401 after the first open send.
fn credentials_worked_since(facts: &Facts, index: usize) -> bool {
    let Some(open) = facts.sends.iter().find(|send| send.is_open()) else {
        return false;
    };
    let by_a_send = facts.sends.iter().any(|send| {
        send.started >= open.ended
            && matches!(send.result, SendResult::Answered { status, .. } if class(status) != StatusClass::Unauthorized)
    });
    let by_a_question = facts.asked[..=index]
        .iter()
        .filter(|asked| asked.begun >= open.ended)
        .any(|asked| {
            matches!(asked.status, StatusReply::Word { .. } | StatusReply::Gone)
                || matches!(asked.page, Some(PageReply::Works | PageReply::Gone))
        });
    by_a_send || by_a_question
}

/// A send that followed a doubtful reading was refused.
fn refused_after_doubt(facts: &Facts, last: &SendFact) -> bool {
    let refused = match last.result {
        SendResult::Answered { status, .. } => match class(status) {
            StatusClass::RefusesToken | StatusClass::Unauthorized | StatusClass::Denied => true,
            StatusClass::Success
            | StatusClass::OtherSuccess
            | StatusClass::Redirect
            | StatusClass::Busy
            | StatusClass::Throttled
            | StatusClass::ServerError => false,
        },
        SendResult::NotSent { .. } | SendResult::MaybeSent => false,
    };
    refused
        && (0..facts.asked.len()).any(|index| {
            facts.asked[index].answered <= last.started
                && reading(facts, index) == Reading::Doubtful
        })
}

fn answered_success(last: &SendFact) -> bool {
    matches!(last.result, SendResult::Answered { status, html: false, .. } if class(status) == StatusClass::Success)
}

fn is_redirect(last: &SendFact) -> bool {
    matches!(last.result, SendResult::Answered { status, .. } if class(status) == StatusClass::Redirect)
}

fn is_contradiction(last: &SendFact) -> bool {
    matches!(last.result, SendResult::Answered { status, .. } if contradicts_ready(status))
}

/// 408, 429, 503, or nothing sent for a temporary reason.
fn comes_back_without_a_question(last: &SendFact) -> bool {
    match last.result {
        SendResult::NotSent { kind } => kind.is_temporary(Operation::Commit),
        SendResult::MaybeSent => false,
        SendResult::Answered { status, .. } => match class(status) {
            StatusClass::Busy | StatusClass::Throttled => true,
            StatusClass::Success
            | StatusClass::OtherSuccess
            | StatusClass::Redirect
            | StatusClass::RefusesToken
            | StatusClass::Unauthorized
            | StatusClass::Denied
            | StatusClass::ServerError => false,
        },
    }
}

/// When the next send may start after a backoff or Retry-After; none when sends or time are over.
fn next_send(facts: &Facts, last: &SendFact) -> Option<Duration> {
    let tries = counted(facts);
    if tries >= facts.rules.max_attempts {
        return None;
    }
    let (throttled, retry_after) = match last.result {
        SendResult::NotSent { .. } | SendResult::MaybeSent => (false, None),
        SendResult::Answered {
            status,
            retry_after,
            ..
        } => (is_throttling(status), retry_after),
    };
    let wait = match retry_after {
        Some(wait) if wait > facts.rules.max_retry_after => return None,
        Some(wait) => wait,
        None => facts.rules.backoff.delay(throttled, tries, last.jitter),
    };
    let at = last.ended.checked_add(wait)?;
    (at <= facts.rules.send_window && at < facts.rules.timeout).then_some(at)
}

/// Sends that count against `max_attempts`: a 401 that was repaired does not.
fn counted(facts: &Facts) -> u32 {
    let sends = facts
        .sends
        .iter()
        .filter(|send| !send.is_repaired())
        .count();
    u32::try_from(sends).unwrap_or(u32::MAX)
}

/// End of the last open send that may still be under way on the server.
fn last_slow_end(facts: &Facts) -> Option<Duration> {
    facts
        .sends
        .iter()
        .filter(|send| send.is_open() && !send.is_turned_away())
        .map(|send| send.ended)
        .max()
}

fn turned_away_only(facts: &Facts) -> bool {
    last_slow_end(facts).is_none()
}

/// Until when to ask after this last send.
fn time_for_asking(facts: &Facts, last: &SendFact) -> Duration {
    let short = turned_away_only(facts) && ends_with_its_own_error(last);
    let budget = if short {
        ASK_AFTER_BUSY
    } else {
        facts.rules.resolve_timeout
    };
    (last.ended + budget).min(facts.rules.timeout)
}

/// 408, 429, 503 and redirects keep their own error when nobody answers the question.
fn ends_with_its_own_error(last: &SendFact) -> bool {
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

/// The verdict when there is no time left for sends or questions.
fn time_is_over(facts: &Facts) -> Verdict {
    let Some(last) = facts.sends.last() else {
        return Verdict::NothingSent;
    };
    if !facts.sends.iter().any(SendFact::is_open) {
        Verdict::LastSend {
            commit_state: CommitState::NotCommitted,
        }
    } else if turned_away_only(facts) && ends_with_its_own_error(last) {
        Verdict::LastSend {
            commit_state: CommitState::Unknown,
        }
    } else {
        Verdict::OutcomeUnknown
    }
}

/// When to ask next; none when the time for asking is over or a stable answer was heard often enough.
fn next_ask(
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

/// How many of the newest questions in a row had the same reading.
fn stable_run(facts: &Facts, since: &[Asked]) -> usize {
    let first = facts.asked.len() - since.len();
    let readings = || {
        (first..facts.asked.len())
            .rev()
            .map(|index| reading(facts, index))
    };
    let newest = readings().next();
    readings()
        .take_while(|reading| Some(*reading) == newest)
        .count()
}

/// The questions asked after this send ended; older answers say nothing about it.
fn asked_since<'a>(facts: &'a Facts, last: &SendFact) -> &'a [Asked] {
    let first = facts
        .asked
        .partition_point(|asked| asked.begun < last.ended);
    &facts.asked[first..]
}

fn ask(at: Duration, limit: Duration) -> Step {
    Step::Ask {
        at,
        limit: ASK_LIMIT.min(limit.saturating_sub(at)),
        probe: true,
    }
}

fn remaining(facts: &Facts, now: Duration) -> Duration {
    facts.rules.timeout.saturating_sub(now)
}

fn committed_by_response(facts: &Facts) -> Verdict {
    receipt(facts, Certainty::Certain, ConfirmedBy::Response)
}

/// A consumed token: whose doing it was, and what can be said about the files.
fn receipt(facts: &Facts, certainty: Certainty, confirmed_by: ConfirmedBy) -> Verdict {
    let open = facts.sends.iter().any(SendFact::is_open);
    let by_response = confirmed_by == ConfirmedBy::Response;
    let outcome = if open || by_response {
        Outcome::Committed
    } else {
        Outcome::AlreadyCommitted
    };
    let as_asked = certainty == Certainty::Certain
        && ((by_response && !open) || (open && facts.baseline.is_some()));
    let files = if as_asked {
        Files::AsAsked
    } else {
        Files::Unknown
    };
    Verdict::Receipt {
        outcome,
        certainty,
        confirmed_by,
        files,
    }
}

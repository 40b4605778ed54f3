//! The table of the contract: what one question (status now, page probe) says about the token.

use crate::receipt::{Certainty, ConfirmedBy};
use crate::status::StatusWord;
use crate::status_code::{StatusClass, class};
use crate::verdict::facts::{Asked, Facts, PageReply, SendResult, StatusReply};

/// Margin between the server's clock and `Expires` below which an expiry may have been a natural one.
const EXPIRY_MARGIN_SECONDS: i64 = 60;

/// One question, read by the table of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Consumed(Certainty, ConfirmedBy),
    /// As `Consumed(Presumed, TokenRetired)`, but believed only when it is stable.
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
pub(crate) fn page_probe_helps(facts: &Facts, status: StatusReply) -> bool {
    match status {
        StatusReply::Word { word, .. } => word == StatusWord::Complete,
        StatusReply::Gone | StatusReply::Unauthorized => facts.baseline.is_some(),
        StatusReply::Redirected | StatusReply::Nothing => false,
    }
}

/// The table "status now, page probe: verdict".
pub(super) fn reading(facts: &Facts, index: usize) -> Reading {
    let asked = &facts.asked[index];
    match asked.status {
        StatusReply::Word {
            word,
            row_count,
            expires,
        } => match word {
            StatusWord::Retrieved => Reading::Consumed(Certainty::Certain, ConfirmedBy::Status),
            StatusWord::Complete => match asked.page {
                Some(PageReply::Works) => Reading::NotYet,
                // An empty export has no first record: its page may be refused although the token is good.
                Some(
                    PageReply::Gone
                    | PageReply::Unauthorized
                    | PageReply::Refused
                    | PageReply::Nothing,
                )
                | None
                    if row_count == Some(0) =>
                {
                    Reading::NotYetUnproven
                }
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
    // The question may have taken a while after status was answered: the page counts at its end.
    let question = asked.answered.saturating_sub(asked.begun).as_secs();
    let later = i64::try_from(question).unwrap_or(i64::MAX);
    match (expires, asked.server_now) {
        (Some(expires), Some(server_now)) => {
            expires.saturating_sub(server_now).saturating_sub(later) > EXPIRY_MARGIN_SECONDS
        }
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
            && matches!(send.result, SendResult::Answered { status, html: false, .. } if speaks_for_the_service(status))
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

/// How many of the newest questions in a row had the same reading.
pub(super) fn stable_run(facts: &Facts, since: &[Asked]) -> usize {
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

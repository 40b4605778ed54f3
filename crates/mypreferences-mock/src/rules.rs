//! Faults: an ordered list of rules, each saying for which requests, how often and when it holds, and what then happens.
//! Playing an action on the wire is left to `connection` and `delivery`.

use std::fmt;
use std::time::Duration;

use crate::answer::Answer;
use crate::page_changes::PageChanges;
use crate::redact::MaskedToken;
use crate::route::Operation;

/// Whether, and when, the operation is really carried out although something else is answered.
/// A request that the strict checks refuse is never carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apply {
    /// Not at all.
    Never,
    /// Before the action is played.
    Now,
    /// By a timer, even when the connection is gone by then.
    After(Duration),
}

/// Where in the answer the connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetPoint {
    /// Nothing has been sent.
    BeforeHeaders,
    /// The whole response head has been sent.
    AfterHeaders,
    /// The head and half of the body have been sent.
    MidBody,
}

/// How an answer goes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// As it should.
    Whole,
    /// As it should, and then the connection is closed although nothing said so.
    ThenClose,
    /// As it should, after this pause (the operation has been carried out before it).
    Late(Duration),
    /// Chunked, as it should be.
    Chunked,
    /// Compressed with gzip and chunked, as it should be.
    Gzip,
    /// One byte at a time, with this pause before each.
    Trickle(Duration),
    /// `Content-Length` promises more than is sent before the connection is closed.
    CutBody,
    /// Chunked, with a size line that is not a number.
    BadChunks,
    /// Chunked, and it never ends.
    EndlessBody,
    /// A body of this many bytes with a correct `Content-Length`.
    HugeBody(u64),
    /// A gzip body that decodes to this many MiB, made while it is sent.
    GzipBomb {
        /// Size after decoding.
        mebibytes: u64,
    },
    /// With these headers after the usual ones, even when that repeats a name.
    ExtraHeaders(Vec<(String, String)>),
    /// With these interim answers (1xx) before it.
    Interim(Vec<u16>),
}

/// What happens to a request instead of the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// The usual; of use to let some requests through before the next rule.
    Normal,
    /// The operation is carried out, but its answer goes on the wire in this way.
    Deliver(Delivery),
    /// The operation is carried out, and if it is a page it is changed like this.
    Page {
        /// What is different about it.
        changes: PageChanges,
        /// How it goes on the wire.
        delivery: Delivery,
    },
    /// The export gets this status word first; then the usual, which sees it. Nothing for requests without an export.
    SetStatus(String),
    /// This answer instead of the operation's own.
    Answer {
        /// What is answered.
        answer: Answer,
        /// Whether the operation is carried out.
        apply: Apply,
        /// How the answer goes on the wire.
        delivery: Delivery,
    },
    /// The whole request is read, then the connection is closed cleanly without a byte.
    ReadThenClose {
        /// Whether the operation is carried out.
        apply: Apply,
    },
    /// The connection is reset (RST).
    Reset {
        /// Where in a 200 answer.
        at: ResetPoint,
        /// Whether the operation is carried out.
        apply: Apply,
    },
    /// Nothing is ever answered; the log notes when the client gives up.
    Hang {
        /// Whether the operation is carried out.
        apply: Apply,
    },
    /// A pause, then another action; the operation is carried out after the pause, even when the client has left.
    Delay {
        /// How long.
        pause: Duration,
        /// What then happens.
        then: Box<Action>,
    },
    /// Bytes that need not be HTTP, then the connection is closed.
    Garbage {
        /// What is sent.
        bytes: Vec<u8>,
        /// Whether the operation is carried out.
        apply: Apply,
    },
}

impl Action {
    /// An answer that replaces the operation, which is not carried out.
    pub fn answer(answer: Answer) -> Self {
        Self::Answer { answer, apply: Apply::Never, delivery: Delivery::Whole }
    }

    /// An answer that replaces the operation's own after it was carried out.
    pub fn answer_applied(answer: Answer) -> Self {
        Self::Answer { answer, apply: Apply::Now, delivery: Delivery::Whole }
    }

    /// This status with the documented error body; the operation is not carried out.
    pub fn status(status: u16) -> Self {
        Self::answer(Answer::message(status, &format!("Made to fail with {status}.")))
    }

    /// The usual, later.
    pub fn delay(pause: Duration) -> Self {
        Self::Delay { pause, then: Box::new(Self::Normal) }
    }

    /// The operation is carried out at once, its own answer is sent later.
    pub fn answer_late(pause: Duration) -> Self {
        Self::Deliver(Delivery::Late(pause))
    }

    /// A few lines that are not HTTP; the operation is not carried out.
    pub fn garbage() -> Self {
        Self::Garbage { bytes: b"220 mail.example.com ESMTP ready\r\n\x00\xFF\xFE\r\n".to_vec(), apply: Apply::Never }
    }
}

/// For which requests an [`Action`] is played. The first rule of the list that matches and has uses left wins.
#[derive(Clone, PartialEq, Eq)]
pub struct Rule {
    /// The operation, or [`Operation::Any`].
    pub on: Operation,
    /// Only this access token.
    pub token: Option<i64>,
    /// Only pages that are asked for from this record on.
    pub offset: Option<u64>,
    /// How many matching requests are let past this rule first.
    pub skip: u64,
    /// How often it is played; `None` is forever.
    pub times: Option<u64>,
    /// From when on, counted from being set.
    pub after: Duration,
    /// For how long from then on; `None` is forever.
    pub for_duration: Option<Duration>,
    /// What happens.
    pub action: Action,
}

impl Rule {
    /// A rule that is played once, at once, for any token.
    pub fn new(on: Operation, action: Action) -> Self {
        Self {
            on,
            token: None,
            offset: None,
            skip: 0,
            times: Some(1),
            after: Duration::ZERO,
            for_duration: None,
            action,
        }
    }

    /// The same rule for one access token only.
    #[must_use]
    pub fn token(mut self, token: i64) -> Self {
        self.token = Some(token);
        self
    }

    /// The same rule for pages that are asked for from this record on.
    #[must_use]
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same rule, letting this many matching requests past first.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// The same rule, played this often.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// The same rule, played again and again.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = None;
        self
    }

    /// The same rule, sleeping this long after being set.
    #[must_use]
    pub fn after(mut self, duration: Duration) -> Self {
        self.after = duration;
        self
    }

    /// The same rule, played for every matching request within this time.
    #[must_use]
    pub fn for_duration(mut self, duration: Duration) -> Self {
        self.times = None;
        self.for_duration = Some(duration);
        self
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rule")
            .field("on", &self.on)
            .field("token", &self.token.map(MaskedToken))
            .field("offset", &self.offset)
            .field("skip", &self.skip)
            .field("times", &self.times)
            .field("after", &self.after)
            .field("for_duration", &self.for_duration)
            .field("action", &self.action)
            .finish()
    }
}

/// What a rule knows of a request.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) operation: Option<Operation>,
    pub(crate) token: Option<i64>,
    /// Of a page.
    pub(crate) offset: Option<u64>,
}

/// The rules of a world with what has been used of them.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<RuleInUse>,
}

#[derive(Debug)]
struct RuleInUse {
    rule: Rule,
    set_at: Duration,
    skipped: u64,
    played: u64,
}

impl Rules {
    pub(crate) fn push(&mut self, rule: Rule, now: Duration) {
        self.rules.push(RuleInUse { rule, set_at: now, skipped: 0, played: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Uses up one turn of the first rule that holds for this request.
    pub(crate) fn pick(&mut self, asked: Asked, now: Duration) -> Action {
        for used in &mut self.rules {
            if used.turn(asked, now) {
                return used.rule.action.clone();
            }
        }
        Action::Normal
    }
}

impl RuleInUse {
    fn turn(&mut self, asked: Asked, now: Duration) -> bool {
        let rule = &self.rule;
        let begins = self.set_at.saturating_add(rule.after);
        let ended = rule.for_duration.is_some_and(|duration| now >= begins.saturating_add(duration));
        let matches = rule.on.covers(asked.operation)
            && (rule.token.is_none() || rule.token == asked.token)
            && (rule.offset.is_none() || rule.offset == asked.offset)
            && now >= begins
            && !ended
            && rule.times.is_none_or(|times| self.played < times);
        if !matches {
            return false;
        }
        if self.skipped < rule.skip {
            self.skipped += 1;
            return false;
        }
        self.played += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(list: impl IntoIterator<Item = Rule>) -> Rules {
        let mut rules = Rules::default();
        for rule in list {
            rules.push(rule, Duration::ZERO);
        }
        rules
    }

    fn commit(rules: &mut Rules, at_seconds: u64) -> Action {
        let asked = Asked { operation: Some(Operation::Commit), token: Some(7), offset: None };
        rules.pick(asked, Duration::from_secs(at_seconds))
    }

    #[test]
    fn the_first_matching_rule_with_uses_left_wins() {
        let mut rules = rules([
            Rule::new(Operation::Status, Action::status(500)),
            Rule::new(Operation::Commit, Action::status(503)).times(2),
            Rule::new(Operation::Any, Action::status(429)).forever(),
        ]);
        assert_eq!(commit(&mut rules, 0), Action::status(503));
        assert_eq!(commit(&mut rules, 0), Action::status(503));
        assert_eq!(commit(&mut rules, 0), Action::status(429));
        let unknown = Asked { operation: None, token: None, offset: None };
        assert_eq!(rules.pick(unknown, Duration::ZERO), Action::status(429));
    }

    #[test]
    fn skipped_requests_go_past_the_rule() {
        let mut rules = rules([Rule::new(Operation::Commit, Action::status(503)).skip(1)]);
        assert_eq!(commit(&mut rules, 0), Action::Normal);
        assert_eq!(commit(&mut rules, 0), Action::status(503));
        assert_eq!(commit(&mut rules, 0), Action::Normal);
    }

    #[test]
    fn a_rule_may_hold_for_one_token_only() {
        let mut rules = rules([Rule::new(Operation::Commit, Action::status(503)).token(8).forever()]);
        assert_eq!(commit(&mut rules, 0), Action::Normal);
    }

    #[test]
    fn a_rule_may_hold_for_one_place_of_an_export_only() {
        let mut rules = rules([Rule::new(Operation::Page, Action::status(503)).offset(3).forever()]);
        let mut page = |offset| {
            let asked = Asked { operation: Some(Operation::Page), token: Some(7), offset: Some(offset) };
            rules.pick(asked, Duration::ZERO)
        };
        assert_eq!(page(1), Action::Normal);
        assert_eq!(page(3), Action::status(503));
        assert_eq!(page(3), Action::status(503));
    }

    #[test]
    fn a_rule_may_hold_for_a_time_only() {
        let mut rules = rules([Rule::new(Operation::Commit, Action::status(503))
            .after(Duration::from_secs(5))
            .for_duration(Duration::from_secs(10))]);
        assert_eq!(commit(&mut rules, 4), Action::Normal);
        assert_eq!(commit(&mut rules, 5), Action::status(503));
        assert_eq!(commit(&mut rules, 14), Action::status(503));
        assert_eq!(commit(&mut rules, 15), Action::Normal);
    }
}

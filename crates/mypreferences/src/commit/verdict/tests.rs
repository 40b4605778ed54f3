//! The rows of the contract, one by one, as facts in and a step out.

use super::*;
use crate::error::ErrorKind;
use crate::http::backoff::Backoff;
use crate::http::clock::Expires;

const SECOND: Duration = Duration::from_secs(1);
const NOW_AT_SERVER: i64 = 1_000_000;

fn rules() -> Rules {
    Rules {
        timeout: 180 * SECOND,
        send_window: 60 * SECOND,
        resolve_timeout: 120 * SECOND,
        confirm_window: 60 * SECOND,
        resend_delay: 5 * SECOND,
        max_attempts: 4,
        backoff: Backoff { base: Duration::from_millis(200), throttle_base: SECOND, cap: 20 * SECOND },
        max_retry_after: 120 * SECOND,
        require_certain: false,
        preflight: false,
    }
}

/// Facts that grow as a call does: each send and each question takes a tenth of a second.
struct Story {
    facts: Facts,
    now: Duration,
}

impl Story {
    fn new() -> Story {
        Story {
            facts: Facts {
                rules: rules(),
                baseline: None,
                page_has_worked: false,
                files_disputed: false,
                earlier: None,
                sends: Vec::new(),
                credentials_accepted: None,
                probes: Vec::new(),
            },
            now: Duration::ZERO,
        }
    }

    fn with_baseline(mut self, expires_in: Option<i64>) -> Story {
        self.facts.baseline = Some(Baseline {
            expires: expires_in.map(|seconds| Expires::at(NOW_AT_SERVER + seconds)),
            seen_at: Some(NOW_AT_SERVER - 10),
        });
        self
    }

    /// Begins after a restart: an earlier process was about to send so many seconds ago, by the server's clock.
    fn after_a_restart(ago: i64, left: bool) -> Story {
        let mut story = Story::new().with_baseline(None).page_has_worked();
        story.facts.earlier = Some(EarlierSend { at: Some(NOW_AT_SERVER - ago), left });
        story.facts.sends.push(SendFact {
            started: Duration::ZERO,
            ended: Duration::ZERO,
            result: SendResult::MaybeSent,
            jitter: 1.0,
        });
        story
    }

    /// The same question until it is believed: three times within ten seconds.
    fn stable(mut self, ask: impl Fn(Story) -> Story) -> Story {
        self = ask(self);
        for gap in [3, 5] {
            assert!(self.asks(), "one answer is no proof");
            self = ask(self.after(gap * SECOND));
        }
        self
    }

    /// Answered by somebody who took so long for it.
    fn answered_late(mut self, status: u16, took: Duration) -> Story {
        let started = self.now;
        self = self.after(took).answered(status);
        if let Some(send) = self.facts.sends.last_mut() {
            send.started = started;
        }
        self
    }

    fn page_has_worked(mut self) -> Story {
        self.facts.page_has_worked = true;
        self
    }

    fn sent(mut self, result: SendResult) -> Story {
        let started = self.now;
        self.now += SECOND / 10;
        self.facts.sends.push(SendFact { started, ended: self.now, result, jitter: 1.0 });
        self
    }

    fn answered(self, status: u16) -> Story {
        self.sent(SendResult::Answered { status, html: false, retry_after: None, reauthenticated: false })
    }

    fn lost(self) -> Story {
        self.sent(SendResult::MaybeSent)
    }

    fn asked(mut self, status: StatusProbeResult, page: Option<PageProbeResult>) -> Story {
        let begun = self.now;
        self.now += SECOND / 10;
        self.facts.probes.push(Probe {
            begun,
            answered: self.now,
            status,
            page,
            server_now: Some(NOW_AT_SERVER),
            retry_after: None,
        });
        self
    }

    fn says(self, word: StatusWord) -> Story {
        self.asked(StatusProbeResult::Word { word, row_count: Some(3), expires: None }, None)
    }

    fn ready(self) -> Story {
        let status = StatusProbeResult::Word { word: StatusWord::Complete, row_count: Some(3), expires: None };
        self.asked(status, Some(PageProbeResult::Works))
    }

    fn complete_but_page(self, page: PageProbeResult) -> Story {
        let status = StatusProbeResult::Word { word: StatusWord::Complete, row_count: Some(3), expires: None };
        self.asked(status, Some(page))
    }

    fn gone(self) -> Story {
        self.asked(StatusProbeResult::Gone, Some(PageProbeResult::Gone))
    }

    fn after(mut self, wait: Duration) -> Story {
        self.now += wait;
        self
    }

    fn step(&self) -> Step {
        next_step(&self.facts, self.now)
    }

    fn verdict(&self) -> Verdict {
        match self.step() {
            Step::Done(verdict) => verdict,
            step => panic!("not over: {step:?}"),
        }
    }

    fn certainty(&self) -> Certainty {
        match self.verdict() {
            Verdict::Receipt { certainty, .. } => certainty,
            verdict => panic!("no receipt: {verdict:?}"),
        }
    }

    fn asks(&self) -> bool {
        matches!(self.step(), Step::Ask { .. })
    }

    fn sends(&self) -> bool {
        matches!(self.step(), Step::Send { .. })
    }
}

const NOT_COMMITTED: Verdict = Verdict::LastSend { commit_state: CommitState::NotCommitted };

#[test]
fn a_call_begins_with_a_send() {
    assert_eq!(Story::new().step(), Step::Send { at: Duration::ZERO });
}

#[test]
fn a_lost_answer_is_asked_about_at_once_and_never_sent_again_before() {
    assert!(Story::new().lost().asks());
    for status in [500, 502, 504, 507, 202, 302] {
        assert!(Story::new().answered(status).asks(), "{status}");
    }
}

#[test]
fn the_next_send_comes_after_the_quiet_moment_only() {
    let story = Story::new().lost().ready();
    let Step::Ask { at, .. } = story.step() else { panic!("it does not ask") };
    assert_eq!(at, story.facts.sends[0].ended + 5 * SECOND);
    let story = story.after(5 * SECOND).ready();
    assert!(story.sends());
}

#[test]
fn after_503_the_next_send_needs_neither_question_nor_quiet_moment() {
    for status in [408, 429, 503] {
        let story = Story::new().answered(status);
        let Step::Send { at } = story.step() else { panic!("{status}: it does not send") };
        let wait = if status == 408 { Duration::from_millis(200) } else { SECOND };
        assert_eq!(at, story.now + wait, "{status}");
    }
}

#[test]
fn retry_after_within_the_limits_is_kept_to_the_second_and_above_ends_the_sends() {
    let with = |seconds: u64| {
        Story::new().sent(SendResult::Answered {
            status: 503,
            html: false,
            retry_after: Some(Duration::from_secs(seconds)),
            reauthenticated: false,
        })
    };
    assert_eq!(with(30).step(), Step::Send { at: SECOND / 10 + 30 * SECOND });
    assert!(with(61).asks(), "it does not fit into the send window");
    assert!(with(121).asks(), "it is longer than max_retry_after");
    assert_eq!(with(121).ready().verdict(), NOT_COMMITTED);
}

#[test]
fn not_yet_must_hold_for_the_settle_time_after_the_last_lost_send() {
    let mut story = Story::new();
    for _ in 0..4 {
        story = story.lost().ready().after(5 * SECOND).ready();
    }
    assert!(story.asks(), "sends are over, but it has not settled");
    let story = story.after(54 * SECOND).ready();
    assert!(story.asks(), "still not");
    assert_eq!(story.after(2 * SECOND).ready().verdict(), NOT_COMMITTED);
}

#[test]
fn turned_away_sends_need_no_settling() {
    let story = Story::new().answered(503).after(SECOND).answered(503).after(2 * SECOND);
    let story = story.answered(503).after(4 * SECOND).answered(503);
    assert!(story.asks());
    assert_eq!(story.ready().verdict(), NOT_COMMITTED);
    assert_eq!(Story::new().answered(302).ready().verdict(), NOT_COMMITTED);
}

#[test]
fn a_refused_token_is_asked_about_once_and_only_retrieved_counts() {
    for status in [400, 401, 404, 409, 410, 412, 422] {
        let story = || Story::new().answered(status);
        assert!(matches!(story().step(), Step::Ask { probe: false, limit, .. } if limit == 3 * SECOND));
        assert_eq!(
            story().says(StatusWord::Retrieved).verdict(),
            Verdict::Receipt {
                outcome: Outcome::AlreadyCommitted,
                certainty: Certainty::Certain,
                confirmed_by: ConfirmedBy::Status,
                files: Files::Unknown,
            }
        );
        for word in [StatusWord::Complete, StatusWord::Expired, StatusWord::Processing] {
            assert_eq!(story().says(word).verdict(), NOT_COMMITTED, "{status} {word:?}");
        }
        assert_eq!(story().gone().verdict(), NOT_COMMITTED, "{status}");
        assert_eq!(story().asked(StatusProbeResult::Nothing, None).verdict(), NOT_COMMITTED, "{status}");
    }
}

#[test]
fn a_denial_without_an_open_send_is_final() {
    assert_eq!(Story::new().answered(403).verdict(), NOT_COMMITTED);
    assert!(Story::new().lost().ready().after(5 * SECOND).ready().answered(403).asks());
}

#[test]
fn a_repaired_401_is_sent_again_at_once_and_not_counted() {
    let reauthenticated = SendResult::Answered { status: 401, html: false, retry_after: None, reauthenticated: true };
    let story = Story::new().sent(reauthenticated);
    assert_eq!(story.step(), Step::Send { at: story.now });
    assert_eq!(story.facts.counted_sends(), 0);
}

#[test]
fn retrieved_after_an_open_send_is_certain_and_ours() {
    for story in [Story::new().lost(), Story::new().answered(503).after(SECOND).answered(404)] {
        assert_eq!(
            story.says(StatusWord::Retrieved).verdict(),
            Verdict::Receipt {
                outcome: Outcome::Committed,
                certainty: Certainty::Certain,
                confirmed_by: ConfirmedBy::Status,
                files: Files::Unknown,
            }
        );
    }
}

#[test]
fn files_are_as_asked_after_a_first_answer_or_with_a_baseline_only() {
    let files = |story: Story| match story.verdict() {
        Verdict::Receipt { files, .. } => files,
        verdict => panic!("{verdict:?}"),
    };
    let resent = || Story::new().lost().ready().after(5 * SECOND).ready();
    assert_eq!(files(Story::new().answered(200)), Files::AsAsked);
    assert_eq!(files(Story::new().answered(429).after(SECOND).answered(204)), Files::AsAsked);
    assert_eq!(files(resent().answered(200)), Files::Unknown);
    assert_eq!(files(resent().with_baseline(None).answered(200)), Files::AsAsked);
    assert_eq!(files(Story::new().with_baseline(None).lost().says(StatusWord::Retrieved)), Files::AsAsked);
}

#[test]
fn a_refused_page_beside_complete_is_presumed_when_stable_and_never_more() {
    let refused = |story: Story| story.complete_but_page(PageProbeResult::Gone);
    let worked = || Story::new().page_has_worked();
    for baseline in [Some(3600), None] {
        let story = worked().with_baseline(baseline).lost().stable(refused);
        assert_eq!(story.certainty(), Certainty::Presumed, "{baseline:?}");
    }
    assert_eq!(worked().lost().stable(refused).certainty(), Certainty::Presumed);
    let again = refused(worked().lost()).after(3 * SECOND).ready();
    assert!(again.asks(), "the page came back: {:?}", again.step());
    let never = refused(Story::new().with_baseline(Some(3600)).lost());
    assert!(never.asks(), "the route never worked");
    let html = worked().lost().complete_but_page(PageProbeResult::Refused);
    assert!(html.asks(), "refused otherwise");
}

#[test]
fn resolve_presumes_from_a_stable_refusal_of_a_page_that_has_worked() {
    let mut story = Story::new().page_has_worked();
    for gap in [0, 3, 5] {
        assert!(next_question(&story.facts, story.now).is_err());
        story = story.after(gap * SECOND).complete_but_page(PageProbeResult::Gone);
    }
    let presumed = Ok(Finding::Consumed { certainty: Certainty::Presumed, confirmed_by: ConfirmedBy::TokenRetired });
    assert_eq!(next_question(&story.facts, story.now), presumed);
    story.facts.rules.require_certain = true;
    assert_eq!(next_question(&story.facts, story.now), Ok(Finding::Unclear));
}

#[test]
fn a_doubtful_page_leads_to_one_more_send_whose_refusal_is_presumed() {
    let story = Story::new().lost().complete_but_page(PageProbeResult::Gone).after(5 * SECOND);
    let story = story.complete_but_page(PageProbeResult::Gone);
    assert!(story.sends());
    let story = story.answered(404);
    assert!(story.asks());
    assert_eq!(story.complete_but_page(PageProbeResult::Gone).certainty(), Certainty::Presumed);
}

#[test]
fn a_resend_that_is_denied_for_other_reasons_is_not_presumed() {
    let doubtful = || {
        Story::new()
            .lost()
            .complete_but_page(PageProbeResult::Gone)
            .after(5 * SECOND)
            .complete_but_page(PageProbeResult::Gone)
    };
    for status in [401, 403, 405] {
        let story = doubtful().answered(status).complete_but_page(PageProbeResult::Gone);
        assert!(story.asks(), "{status}: {:?}", story.step());
    }
}

#[test]
fn a_refused_send_without_a_doubt_before_is_not_presumed() {
    let story = Story::new().answered(503).after(SECOND).answered(404);
    assert!(story.complete_but_page(PageProbeResult::Gone).asks());
}

const EMPTY: StatusProbeResult =
    StatusProbeResult::Word { word: StatusWord::Complete, row_count: Some(0), expires: None };

#[test]
fn an_empty_export_is_ready_whatever_its_page_says() {
    assert!(page_probe_helps(&Story::new().facts, EMPTY));
    for page in [
        PageProbeResult::Works,
        PageProbeResult::Gone,
        PageProbeResult::Unauthorized,
        PageProbeResult::Refused,
        PageProbeResult::Nothing,
    ] {
        let story = Story::new()
            .page_has_worked()
            .with_baseline(Some(3600))
            .lost()
            .asked(EMPTY, Some(page))
            .after(5 * SECOND)
            .asked(EMPTY, Some(page));
        assert!(story.sends(), "{page:?}");
    }
}

#[test]
fn an_empty_export_proves_that_nothing_was_applied_only_by_a_page_that_works() {
    let after_four = |answer: fn(Story) -> Story, page| {
        let mut story = Story::new();
        for _ in 0..4 {
            story = answer(story).after(5 * SECOND).asked(EMPTY, Some(page));
        }
        story.after(60 * SECOND).asked(EMPTY, Some(page)).verdict()
    };
    assert_eq!(after_four(Story::lost, PageProbeResult::Works), NOT_COMMITTED);
    assert_eq!(after_four(Story::lost, PageProbeResult::Gone), Verdict::OutcomeUnknown);
    let turned_away = |story: Story| story.answered(503);
    assert_eq!(after_four(turned_away, PageProbeResult::Works), NOT_COMMITTED);
    assert_eq!(
        after_four(turned_away, PageProbeResult::Gone),
        Verdict::LastSend { commit_state: CommitState::Unknown }
    );
}

#[test]
fn expired_is_certain_long_before_its_time_and_presumed_soon_after_the_baseline() {
    let expired = |story: Story| story.lost().says(StatusWord::Expired);
    let unclear = |story: Story| {
        let story = story.lost().stable(|story| story.says(StatusWord::Expired));
        assert!(story.now < 10 * SECOND, "stable, not asked for long");
        story.verdict() == Verdict::OutcomeUnknown
    };
    let early = expired(Story::new().with_baseline(Some(61)));
    assert_eq!(early.certainty(), Certainty::Certain);
    assert!(unclear(Story::new().with_baseline(Some(60))), "nearer");
    assert!(unclear(Story::new().with_baseline(Some(-60))), "past");
    let recent = expired(Story::new().with_baseline(None));
    assert_eq!(recent.certainty(), Certainty::Presumed);
    for seen_at in [Some(NOW_AT_SERVER - 301), None] {
        let mut story = Story::new().with_baseline(None);
        story.facts.baseline = Some(Baseline { expires: None, seen_at });
        assert!(unclear(story), "an old baseline, or one of unknown age");
    }
    assert!(unclear(Story::new()), "no baseline");
}

#[test]
fn a_dead_token_is_presumed_with_a_baseline_after_three_questions_in_ten_seconds() {
    for (baseline, status) in
        [(true, StatusProbeResult::Gone), (false, StatusProbeResult::Gone), (true, StatusProbeResult::Unauthorized)]
    {
        let mut story = Story::new();
        if baseline {
            story = story.with_baseline(Some(3600));
        }
        story = story.lost().asked(status, Some(PageProbeResult::Gone));
        for gap in [3, 5] {
            assert!(story.asks(), "{status:?}");
            story = story.after(gap * SECOND).asked(status, Some(PageProbeResult::Gone));
        }
        assert!(story.now < 10 * SECOND);
        if baseline {
            assert_eq!(story.certainty(), Certainty::Presumed);
        } else {
            assert_eq!(story.verdict(), Verdict::OutcomeUnknown);
        }
    }
}

#[test]
fn a_401_everywhere_says_nothing_about_the_token() {
    let both = |story: Story| {
        story.asked(StatusProbeResult::Unauthorized, Some(PageProbeResult::Unauthorized)).after(3 * SECOND)
    };
    let story = both(both(both(Story::new().with_baseline(Some(3600)).lost())));
    assert_eq!(story.verdict(), Verdict::OutcomeUnknown);
}

#[test]
fn a_401_counts_once_the_credentials_were_taken_elsewhere_or_the_token_has_expired() {
    let refused = |story: Story| story.asked(StatusProbeResult::Unauthorized, Some(PageProbeResult::Unauthorized));
    let ending = |baseline, accepted: Option<u32>| {
        let mut story = Story::new().with_baseline(baseline).lost();
        story.facts.credentials_accepted = accepted.map(|tenths| tenths * SECOND / 10);
        story.stable(refused).verdict()
    };
    let presumed = |verdict| matches!(verdict, Verdict::Receipt { certainty: Certainty::Presumed, .. });
    // The first 401 is heard at 0.2 s.
    assert_eq!(ending(Some(3600), Some(1)), Verdict::OutcomeUnknown, "before it");
    assert!(presumed(ending(Some(3600), Some(2))));
    assert_eq!(ending(Some(-60), None), Verdict::OutcomeUnknown, "just now");
    assert!(presumed(ending(Some(-61), None)));
    let mut story = Story::new().with_baseline(None).lost();
    story.facts.baseline = Some(Baseline { expires: Some(Expires::zoneless(NOW_AT_SERVER - 5 * 3600)), seen_at: None });
    let zoneless = story.stable(refused).verdict();
    assert_eq!(zoneless, Verdict::OutcomeUnknown, "the service may mean US Eastern time");
    // An answer of status before the first 401 says nothing about the credentials after it.
    let mut story = Story::new().with_baseline(Some(3600)).lost().ready();
    story = story.after(3 * SECOND).stable(refused);
    assert_eq!(story.verdict(), Verdict::OutcomeUnknown);
}

#[test]
fn a_status_that_cannot_follow_ready_keeps_an_answered_sends_error() {
    for word in [StatusWord::Processing, StatusWord::Error, StatusWord::Failed] {
        // Turned away: at once. A server error may still be worked on: once `confirm_window` has passed.
        let mut story = Story::new();
        for _ in 0..4 {
            story = story.answered(503);
        }
        assert_eq!(story.says(word).verdict(), NOT_COMMITTED);
        let story = Story::new().answered(500).says(word);
        assert!(story.asks());
        let story = story.after(59 * SECOND).says(word);
        assert!(story.asks());
        let story = story.after(SECOND).says(word);
        assert_eq!(story.verdict(), NOT_COMMITTED);
        assert!(Story::new().lost().says(word).asks());
    }
}

#[test]
fn silence_and_unknown_words_are_asked_again_and_end_in_outcome_unknown() {
    let mut story = Story::new().lost();
    let mut questions = 0;
    while let Step::Ask { at, .. } = story.step() {
        story.now = story.now.max(at);
        story = if questions % 2 == 0 {
            story.asked(StatusProbeResult::Nothing, None)
        } else {
            story.says(StatusWord::Unknown)
        };
        questions += 1;
    }
    assert_eq!(story.verdict(), Verdict::OutcomeUnknown);
    assert!(story.now <= 121 * SECOND && story.now > 115 * SECOND, "{:?}", story.now);
    assert!((8..20).contains(&questions), "{questions}");
}

#[test]
fn a_busy_server_that_does_not_answer_the_question_either_keeps_its_error_but_not_the_state() {
    let mut story = Story::new();
    while let Step::Send { at } = story.step() {
        story.now = story.now.max(at);
        story = story.answered(503);
    }
    let sends_over = story.now;
    while let Step::Ask { at, .. } = story.step() {
        story.now = story.now.max(at);
        story = story.asked(StatusProbeResult::Nothing, None);
    }
    assert_eq!(story.verdict(), Verdict::LastSend { commit_state: CommitState::Unknown });
    assert!(story.now <= sends_over + 31 * SECOND);
    assert_eq!(story.facts.sends.len(), 4);
}

#[test]
fn a_refused_resend_of_a_ready_token_is_never_not_committed() {
    for status in [400, 404, 409, 410] {
        let mut story = Story::new().lost().ready().after(5 * SECOND).ready().answered(status);
        while let Step::Ask { at, .. } = story.step() {
            story.now = story.now.max(at);
            story = story.ready();
        }
        assert_eq!(story.verdict(), Verdict::OutcomeUnknown, "{status}");
    }
}

#[test]
fn strict_refuses_what_is_presumed() {
    let mut story = Story::new().with_baseline(None).lost().says(StatusWord::Expired);
    assert_eq!(story.certainty(), Certainty::Presumed);
    story.facts.rules.require_certain = true;
    assert_eq!(story.verdict(), Verdict::OutcomeUnknown);
}

#[test]
fn what_was_not_sent_is_sent_again_while_its_kind_is_temporary() {
    let not_sent = |kind| Story::new().sent(SendResult::NotSent { kind, retry_after: None });
    assert!(not_sent(ErrorKind::Connect).sends());
    assert!(not_sent(ErrorKind::Timeout).sends());
    assert_eq!(not_sent(ErrorKind::Tls).verdict(), NOT_COMMITTED);
    assert_eq!(not_sent(ErrorKind::Proxy).verdict(), NOT_COMMITTED);
    let mut story = Story::new();
    while let Step::Send { at } = story.step() {
        story.now = story.now.max(at);
        story = story.sent(SendResult::NotSent { kind: ErrorKind::Connect, retry_after: None });
    }
    assert_eq!(story.verdict(), NOT_COMMITTED);
    assert_eq!(story.facts.sends.len(), 4);
}

#[test]
fn what_was_not_sent_waits_as_long_as_it_is_told_to_and_no_longer_than_it_may() {
    let told_to_wait =
        |wait| Story::new().sent(SendResult::NotSent { kind: ErrorKind::ServerError, retry_after: Some(wait) });
    let story = told_to_wait(10 * SECOND);
    assert_eq!(story.step(), Step::Send { at: story.facts.sends[0].ended + 10 * SECOND });
    assert_eq!(told_to_wait(121 * SECOND).verdict(), NOT_COMMITTED);
    assert_eq!(told_to_wait(61 * SECOND).verdict(), NOT_COMMITTED);
}

#[test]
fn nothing_is_sent_or_asked_after_the_deadline() {
    let mut story = Story::new().lost();
    story.now = 180 * SECOND;
    assert_eq!(story.verdict(), Verdict::OutcomeUnknown);
    let mut story = Story::new();
    story.now = 180 * SECOND;
    assert_eq!(story.verdict(), Verdict::NothingSent);
    let mut story = Story::new().answered(429);
    story.facts.rules.timeout = SECOND;
    assert!(story.asks(), "the backoff does not fit, a question does");
    assert_eq!(story.ready().verdict(), NOT_COMMITTED);
}

#[test]
fn a_throttled_call_asks_at_its_end_and_keeps_its_error() {
    let throttled = || {
        let mut story = Story::new();
        while let Step::Send { at } = story.step() {
            story.now = story.now.max(at);
            story = story.answered(429);
        }
        story
    };
    assert!(throttled().asks());
    assert_eq!(throttled().ready().verdict(), NOT_COMMITTED);
    assert_eq!(throttled().gone().verdict(), NOT_COMMITTED);
    assert!(matches!(
        throttled().says(StatusWord::Retrieved).verdict(),
        Verdict::Receipt { outcome: Outcome::AlreadyCommitted, certainty: Certainty::Certain, .. }
    ));
    let mut story = throttled();
    while let Step::Ask { at, .. } = story.step() {
        story.now = story.now.max(at);
        story = story.asked(StatusProbeResult::Nothing, None);
    }
    assert_eq!(story.verdict(), NOT_COMMITTED, "no send was taken, whoever answers");
}

#[test]
fn a_server_error_with_retry_after_is_given_its_time() {
    let with = |seconds: u64| {
        let result = SendResult::Answered {
            status: 500,
            html: false,
            retry_after: Some(Duration::from_secs(seconds)),
            reauthenticated: false,
        };
        Story::new().sent(result).ready().after(5 * SECOND).ready()
    };
    assert_eq!(with(30).step(), Step::Send { at: SECOND / 10 + 30 * SECOND });
    assert!(with(121).asks(), "more patience than allowed: no send any more");
}

#[test]
fn a_503_says_nothing_about_the_credentials() {
    let mut story = Story::new().with_baseline(Some(3600)).answered(503).after(SECOND);
    story = story.answered(503).after(2 * SECOND).answered(503).after(4 * SECOND).answered(503);
    for _ in 0..3 {
        story = story.asked(StatusProbeResult::Unauthorized, Some(PageProbeResult::Unauthorized)).after(4 * SECOND);
    }
    assert_eq!(story.verdict(), Verdict::LastSend { commit_state: CommitState::Unknown });
}

#[test]
fn a_lost_send_outweighs_a_status_that_cannot_follow_ready() {
    let story = Story::new().lost().ready().after(5 * SECOND).ready().answered(403);
    assert!(story.says(StatusWord::Processing).asks());
}

#[test]
fn an_earlier_commit_with_another_value_leaves_the_files_unknown() {
    let mut story = Story::new().answered(200);
    story.facts.files_disputed = true;
    assert!(matches!(story.verdict(), Verdict::Receipt { files: Files::Unknown, .. }));
}

#[test]
fn strict_keeps_the_own_error_of_a_throttled_call() {
    let mut story = Story::new().with_baseline(None);
    while let Step::Send { at } = story.step() {
        story.now = story.now.max(at);
        story = story.answered(429);
    }
    story.facts.rules.require_certain = true;
    assert_eq!(story.says(StatusWord::Expired).verdict(), NOT_COMMITTED);
}

#[test]
fn a_slow_503_counts_as_a_gateways_504() {
    for status in [503, 408] {
        let quick = Story::new().answered_late(status, 4 * SECOND);
        assert!(quick.sends(), "{status}");
        let slow = Story::new().answered_late(status, 6 * SECOND);
        assert!(slow.asks(), "{status}: its origin may still work on it");
        let mut story = slow.ready();
        let first = story.facts.sends[0].ended;
        assert!(story.asks(), "the quiet moment");
        story = story.after(5 * SECOND).ready();
        assert!(story.sends());
        story.facts.rules.max_attempts = 1;
        assert!(story.asks(), "not settled");
        story.now = first + 60 * SECOND;
        assert_eq!(story.ready().verdict(), NOT_COMMITTED);
    }
}

#[test]
fn a_send_of_an_earlier_process_that_is_not_known_to_have_left_says_nothing_about_the_files() {
    for (left, wanted) in [(false, Files::Unknown), (true, Files::AsAsked)] {
        let story = Story::after_a_restart(600, left).says(StatusWord::Retrieved);
        let receipt = Verdict::Receipt {
            outcome: Outcome::Committed,
            certainty: Certainty::Certain,
            confirmed_by: ConfirmedBy::Status,
            files: wanted,
        };
        assert_eq!(story.verdict(), receipt);
        assert_eq!(story.facts.sends_that_left(), usize::from(left));
    }
}

#[test]
fn strict_refuses_what_is_presumed_after_a_restart_too() {
    let gone = |strict| {
        let mut story = Story::after_a_restart(600, true);
        story.facts.rules.require_certain = strict;
        story.stable(Story::gone).verdict()
    };
    assert!(matches!(gone(false), Verdict::Receipt { .. }));
    assert_eq!(gone(true), Verdict::OutcomeUnknown);
}

#[test]
fn after_a_restart_one_refused_page_is_no_proof() {
    let story = Story::after_a_restart(600, false).complete_but_page(PageProbeResult::Gone);
    assert!(story.asks());
    assert!(story.after(3 * SECOND).ready().sends(), "the token lives");
}

#[test]
fn the_quiet_moment_after_a_restart_runs_from_the_journal() {
    let story = Story::after_a_restart(7, false).ready();
    assert!(story.sends(), "{:?}", story.step());
    let story = Story::after_a_restart(2, false).ready();
    assert!(story.asks(), "three seconds are left");
    let mut story = Story::after_a_restart(2, false);
    story.facts.earlier = Some(EarlierSend { at: None, left: false });
    let story = story.ready().after(4 * SECOND).ready();
    assert!(story.asks(), "without a time it runs from the restart");
}

#[test]
fn a_restart_never_ends_in_an_error_that_is_not_its_own() {
    // Status was out of reach for longer than the send window.
    let mut story = Story::after_a_restart(600, false).after(63 * SECOND).ready();
    assert!(story.sends(), "{:?}", story.step());
    // Settings that leave no room in an ordinary call.
    story.facts.rules.max_attempts = 1;
    assert!(story.sends(), "the send of before is not counted");
    story.facts.rules.send_window = SECOND;
    assert!(story.sends(), "the window begins with the first \"not yet\"");
    story.facts.rules.max_attempts = 0;
    let mut verdict = story.step();
    for _ in 0..200 {
        let Step::Ask { at, .. } = verdict else { break };
        story.now = story.now.max(at);
        story = story.ready();
        verdict = story.step();
    }
    assert_eq!(verdict, Step::Done(Verdict::OutcomeUnknown));
}

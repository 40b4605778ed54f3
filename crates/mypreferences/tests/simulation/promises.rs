//! The promises of the contract, checked against the truth of one timeline. Nothing here knows how the core decides: a
//! promise is about what a caller was told, what was sent, and what really happened.

use mypreferences::{
    Attempt, Certainty, CommitReceipt, CommitState, ConfirmedBy, Error, ErrorKind, Files, Outcome, Resolution, Sent,
};

use crate::figures::Figures;
use crate::findings::{Finding, OPEN_FINDINGS};
use crate::many::sort_of;
use crate::network::{AT_ONCE, Came, Post, Read, Said};
use crate::plan::{Cancel, ExpiresText, Millis, PageRoute, Plan, Saying};
use crate::timeline::{Asked, Call, Timeline, Told};
use crate::truth::{By, Consumed, Phase};

/// The documented defaults; the worlds do not change them.
const SETTLE: Millis = 60_000;
const QUIET: Millis = 5_000;
const SEND_WINDOW: Millis = 60_000;
const BASELINE_AGE: Millis = 30_000;
/// Virtual timers fire on whole milliseconds.
const TICK: Millis = 2;

/// What a POST means for the question whether it was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    NotSent,
    /// May be applied, now or later: no answer, 500, 502, 504, an undocumented 2xx, or turned away late.
    Slow,
    /// Whoever answered has hardly handed it on: 408, 503, a redirect, a portal's page, within five seconds.
    TurnedAway,
    Success,
    Unauthorized,
    Throttled,
    Refused,
}

impl Sort {
    fn of(post: &Post) -> Sort {
        match post.came {
            Came::NotSent(_) => Sort::NotSent,
            Came::UnderWay | Came::CutOff | Came::Lost(_) => Sort::Slow,
            Came::Answered { status, html, .. } => match status {
                200 | 204 if !html => Sort::Success,
                200..=399 | 408 | 503 if post.ended - post.started > AT_ONCE => Sort::Slow,
                200..=299 if html => Sort::TurnedAway,
                300..=399 | 408 | 503 => Sort::TurnedAway,
                401 => Sort::Unauthorized,
                429 => Sort::Throttled,
                400..=499 => Sort::Refused,
                _ => Sort::Slow,
            },
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Sort::Slow | Sort::TurnedAway)
    }
}

/// Checks one timeline. Returns the broken promises in words; none: all were kept.
pub(crate) fn check(timeline: &Timeline, figures: &mut Figures) -> Vec<String> {
    let mut check = Check { timeline, figures, broken: Vec::new() };
    check.figures.count("worlds: played");
    check.figures.add("requests: POST", timeline.posts.len() as u64);
    check.figures.add("requests: read", timeline.reads.len() as u64);
    check.one_value_of_keep_files();
    let flights = timeline.calls.iter().map(|call| call.flight).max().unwrap_or(0);
    for flight in 1..=flights {
        check.sends_are_few_and_far_between(flight);
    }
    for call in &timeline.calls {
        check.in_time(call);
        match &call.told {
            Told::Receipt(receipt) => {
                check.receipt(call, receipt);
                check.attempts(call, &receipt.attempts, None);
            }
            Told::Failed(error) => check.failure(call, error),
            Told::Resolved(resolution) => check.resolution(call, resolution),
            Told::Nothing => check.figures.count("told: nothing (future dropped)"),
        }
    }
    if timeline.plan.is_calm() {
        check.nothing_but_one_post();
    }
    let Check { figures, broken, .. } = check;
    for promise in &broken {
        figures.count(&format!("broken: {}", sort_of(promise)));
    }
    broken
}

struct Check<'a> {
    timeline: &'a Timeline,
    figures: &'a mut Figures,
    broken: Vec<String>,
}

impl<'a> Check<'a> {
    fn broke(&mut self, promise: &str, how: impl Into<String>) {
        self.broken.push(format!("{promise}: {}", how.into()));
    }

    /// As [`Check::broke`], unless it is one of those that are known and not decided yet.
    fn broke_or_found(&mut self, finding: Option<Finding>, promise: &str, how: impl Into<String>) {
        match finding {
            Some(finding) if OPEN_FINDINGS.contains(&finding) => {
                self.figures.count(&format!("open findings: {}", finding.words()));
            }
            _ => self.broke(promise, how),
        }
    }

    fn plan(&self) -> &'a Plan {
        &self.timeline.plan
    }

    /// The POSTs of a flight with their indices.
    fn posts(&self, flight: u32) -> Vec<(usize, &'a Post)> {
        self.timeline.posts.iter().enumerate().filter(|(_, post)| post.flight == flight).collect()
    }

    /// Those that were there when the call ended, as far as was known of them then.
    fn posts_then(&self, call: &Call) -> Vec<(usize, Post)> {
        self.posts(call.flight)
            .into_iter()
            .filter(|(index, _)| *index < call.posts_then)
            .map(|(index, post)| {
                let mut post = post.clone();
                if post.ended > call.ended {
                    post.came = Came::UnderWay;
                    post.ended = call.ended;
                }
                (index, post)
            })
            .collect()
    }

    fn first_call(&self, flight: u32) -> &'a Call {
        self.timeline.calls.iter().find(|call| call.flight == flight && !call.joined).unwrap()
    }

    /// The reads that a call made, as far as it knew their answers.
    fn reads_of(&self, call: &Call) -> Vec<&'a Read> {
        let begun = self.first_call(call.flight).begun;
        self.timeline.reads[..call.reads_then]
            .iter()
            .filter(|read| read.started >= begun && read.ended <= call.ended)
            .collect()
    }

    fn consumed_by(&self, at: Millis) -> Option<Consumed> {
        self.timeline.truth.consumed().filter(|consumed| consumed.at <= at)
    }

    /// From when on the reads that the verdict may rest on tell of an application, for certain. Status by itself, or
    /// the page where status keeps saying `Complete`.
    fn shown_at(&self, applied_at: Millis) -> Millis {
        let plan = self.plan();
        if plan.server.status_after_commit != Saying::Word("Complete") {
            applied_at + plan.status_shows_within()
        } else if matches!(plan.reads.page_route, PageRoute::Right { .. }) {
            applied_at + plan.page_shows_within()
        } else {
            Millis::MAX
        }
    }

    // P3

    fn one_value_of_keep_files(&mut self) {
        for (index, post) in self.timeline.posts.iter().enumerate() {
            let Asked::Commit { keep_files } = self.first_call(post.flight).asked else {
                self.broke("P3", format!("resolve_commit sent POST {index}"));
                continue;
            };
            if post.keep_files != Some(keep_files) {
                self.broke("P3", format!("POST {index} does not ask for keepFiles={keep_files}"));
            }
        }
        for (position, call) in self.timeline.calls.iter().enumerate() {
            let Asked::Commit { keep_files } = call.asked else {
                continue;
            };
            let conflict = matches!(&call.told, Told::Failed(error) if error.kind() == ErrorKind::CommitConflict);
            let other_value =
                |earlier: &Call| matches!(earlier.asked, Asked::Commit { keep_files: other } if other != keep_files);
            let running = call.joined && other_value(self.first_call(call.flight));
            let mut committed_before = None;
            for earlier in &self.timeline.calls[..position] {
                if other_value(earlier)
                    && earlier.flight < call.flight
                    && let Told::Receipt(receipt) = &earlier.told
                    && receipt.outcome == Outcome::Committed
                {
                    committed_before = Some(receipt.certainty);
                }
            }
            match (running, committed_before) {
                (true, _) | (_, Some(Certainty::Certain)) if !conflict => {
                    self.broke("P3", "no commit_conflict for the other keep_files");
                }
                (false, Some(Certainty::Presumed)) if !conflict => {
                    self.figures.count("keep_files: the other value was sent after a presumed receipt");
                }
                (false, None) if conflict => {
                    // A commit of which its caller did not hear, because it left in the moment of the answer.
                    let unheard = self
                        .timeline
                        .posts
                        .iter()
                        .any(|post| post.flight < call.flight && Sort::of(post) == Sort::Success);
                    if !unheard {
                        self.broke("P3", "commit_conflict without a reason");
                    }
                }
                _ => {}
            }
        }
    }

    // P4

    fn sends_are_few_and_far_between(&mut self, flight: u32) {
        let posts = self.posts(flight);
        let repairs = posts.windows(2).filter(|pair| Sort::of(pair[0].1) == Sort::Unauthorized).count();
        let counted = posts.len() - repairs.min(1);
        if counted > self.plan().client.max_attempts as usize {
            self.broke("P4", format!("{counted} sends of call {flight}"));
        }
        if repairs > 1 {
            self.broke("P4", format!("{repairs} repairs of a 401 in call {flight}"));
        }
        let call = self.first_call(flight);
        let mut begun = call.begun;
        if let Some(restart) = call.restart {
            // "whose time begins with the first 'not yet'; its quiet moment runs from the time in the journal".
            begun = Millis::MAX - SEND_WINDOW - TICK;
            if let Some((index, first)) = posts.first() {
                let quiet_until = restart.committing + QUIET;
                // What the process before has heard, this one does not know.
                self.status_said_ready(call.begun, quiet_until, *index, first);
            }
        }
        for pair in posts.windows(2) {
            let ((before_index, before), (index, post)) = (pair[0], pair[1]);
            if post.started > begun + SEND_WINDOW + TICK {
                self.broke("P4", format!("POST {index} starts outside the send window"));
            }
            match Sort::of(before) {
                Sort::Slow => self.asked_in_a_quiet_moment(before_index, before, index, post),
                Sort::TurnedAway => {
                    let busy = matches!(before.came, Came::Answered { status: 408 | 503, .. });
                    if !busy {
                        self.broke("P4", format!("POST {index} after a redirect or a portal's page"));
                    }
                }
                Sort::Success | Sort::Refused => {
                    self.broke("P4", format!("POST {index} after an answer that ends the sends"));
                }
                Sort::NotSent | Sort::Throttled | Sort::Unauthorized => {}
            }
            if let Came::NotSent(kind) = before.came
                && !matches!(kind, ErrorKind::Connect | ErrorKind::Timeout)
            {
                self.broke("P4", format!("POST {index} after a permanent failure ({kind})"));
            }
            if let Came::Answered { retry_after: Some(wait), status: 408 | 429 | 503, .. } = before.came
                && post.started + TICK < before.ended + wait * 1_000
            {
                self.broke("P4", format!("POST {index} earlier than Retry-After says"));
            }
        }
    }

    /// After a request whose fate is open: five quiet seconds, and status asked after them, saying "ready".
    fn asked_in_a_quiet_moment(&mut self, before_index: usize, before: &Post, index: usize, post: &Post) {
        if matches!(before.came, Came::Answered { status: 200..=399, .. }) {
            self.broke("P4", format!("POST {index} after an undocumented success or a redirect"));
        }
        let quiet_until = before.ended + QUIET;
        if post.started + TICK < quiet_until {
            self.broke("P4", format!("POST {index} without a quiet moment after POST {before_index}"));
        }
        self.status_said_ready(before.ended, quiet_until, index, post);
    }

    /// Asked after the quiet moment, status said ready, and never `Retrieved` since the send before.
    fn status_said_ready(&mut self, since: Millis, quiet_until: Millis, index: usize, post: &Post) {
        let answers: Vec<&Read> = self
            .timeline
            .reads
            .iter()
            .filter(|read| !read.page && read.started >= since && read.ended <= post.started)
            .filter(|read| read.said != Said::CutOff)
            .collect();
        let last_says_ready = answers.last().is_some_and(|read| {
            read.started + TICK >= quiet_until && matches!(read.said, Said::Word { word: "Complete", .. })
        });
        if !last_says_ready {
            self.broke("P4", format!("POST {index} although status did not say ready after the quiet moment"));
        }
        if answers.iter().any(|read| matches!(read.said, Said::Word { word: "Retrieved", .. })) {
            self.broke("P4", format!("POST {index} although status said Retrieved"));
        }
    }

    // P5

    fn in_time(&mut self, call: &Call) {
        let took = call.ended - call.begun;
        if took > call.timeout + 1_000 + TICK {
            self.broke("P5", format!("call {} took {took} ms of {} ms", call.flight, call.timeout));
        }
    }

    // P1, P6, P8

    fn receipt(&mut self, call: &Call, receipt: &CommitReceipt) {
        let name =
            format!("told: {} {} by {}", receipt.outcome.name(), receipt.certainty.name(), receipt.confirmed_by.name());
        self.figures.count(&name);
        let consumed = self.consumed_by(call.ended);
        let evidence = self.evidence(call, receipt);
        if evidence.is_none() {
            self.broke("P8", format!("{name}, which rests on nothing that was said"));
        }
        match receipt.certainty {
            Certainty::Certain => {
                if consumed.is_none() {
                    let expired = self.timeline.truth.phase(call.ended) == Phase::Expired;
                    let reads = self.reads_of(call);
                    let cached = reads.iter().rev().find(|read| !read.page).is_some_and(|read| read.age > 0);
                    let finding =
                        (expired && cached && self.has_baseline(call)).then_some(Finding::DateOfACachedAnswer);
                    self.broke_or_found(finding, "P1", format!("{name}, but the token is not consumed"));
                }
            }
            Certainty::Presumed => {
                let verdict = match self.timeline.truth.phase(call.ended) {
                    Phase::Consumed => "right",
                    Phase::Expired => "WRONG, it has expired by itself",
                    Phase::Processing | Phase::Ready | Phase::Failed => "WRONG, it is still good",
                };
                let row = evidence.unwrap_or("nothing");
                let life = if self.plan().life_is_short() { "life under 15 min" } else { "longer life" };
                self.figures.count(&format!("presumed ({life}): {verdict}, by {row}"));
                if self.plan().client.require_certain {
                    self.broke("P6", "a presumed receipt with strict");
                }
            }
        }
        if receipt.outcome == Outcome::AlreadyCommitted
            && receipt.certainty == Certainty::Certain
            && let Some(Consumed { by: By::Post(index), .. }) = consumed
            && self.timeline.posts[index].flight == call.flight
        {
            self.broke("P1", format!("already committed, but by this call's own POST {index}"));
        }
        if receipt.files == Files::AsAsked {
            self.files_are_as_asked(call, receipt, consumed);
        }
    }

    fn files_are_as_asked(&mut self, call: &Call, receipt: &CommitReceipt, consumed: Option<Consumed>) {
        let posts = self.posts_then(call);
        let open = posts.iter().any(|(_, post)| Sort::of(post).is_open());
        let left = open || call.restart.is_some_and(|restart| restart.noted);
        let by_response = receipt.confirmed_by == ConfirmedBy::Response;
        let allowed = receipt.outcome == Outcome::Committed
            && receipt.certainty == Certainty::Certain
            && receipt.sends > 0
            && ((by_response && !open) || (left && self.has_baseline(call)));
        if !allowed {
            self.broke("P6", "files as asked, without the evidence for it");
        }
        let Asked::Commit { keep_files } = call.asked else {
            self.broke("P6", "files as asked, although nothing was asked for");
            return;
        };
        let true_so = consumed.is_some_and(|consumed| consumed.keep_files == Some(keep_files));
        let rests_on = if by_response { "the answer to the first send" } else { "an open send with a baseline" };
        // The contract gives these away knowingly; how often they are untrue is a figure.
        let name = match consumed.map(|consumed| consumed.by) {
            _ if true_so => format!("files as asked: true, by {rests_on}"),
            Some(By::Post(_)) => {
                format!("files as asked: UNTRUE by {rests_on}: an earlier call of this client, with the other value")
            }
            _ => {
                format!("files as asked: UNTRUE by {rests_on}: somebody else, with the other value")
            }
        };
        self.figures.count(&name);
    }

    /// The token was seen ready by this client at most 30 s before the first send that left.
    fn has_baseline(&self, call: &Call) -> bool {
        // The journal keeps it.
        if call.restart.is_some() {
            return true;
        }
        let posts = self.posts_then(call);
        let Some((_, first)) = posts.iter().find(|(_, post)| Sort::of(post) != Sort::NotSent) else {
            return false;
        };
        self.timeline.reads.iter().any(|read| {
            matches!(read.said, Said::Word { word: "Complete", .. } | Said::PageWorks)
                && read.ended <= first.started
                && read.ended + BASELINE_AGE + TICK >= first.started
        })
    }

    /// The row of the contract's table that a receipt can rest on, read from what was really said to this client; none:
    /// it rests on nothing.
    fn evidence(&self, call: &Call, receipt: &CommitReceipt) -> Option<&'static str> {
        let posts = self.posts_then(call);
        let reads = self.reads_of(call);
        let statuses: Vec<&Read> = reads.iter().copied().filter(|read| !read.page).collect();
        let last_status = statuses.last().map(|read| read.said);
        let word = |wanted: &str| matches!(last_status, Some(Said::Word { word, .. }) if word == wanted);
        let last_post = posts.last().map(|(_, post)| Sort::of(post));
        let baseline = self.has_baseline(call);
        let page_worked_before = call.restart.is_some()
            || self.timeline.reads.iter().any(|read| read.said == Said::PageWorks && read.ended <= call.ended);
        // The last three questions, each refused by the page, and ready or refused by status.
        let is_gone = |read: &&Read| matches!(read.said, Said::Refused { status: 400 | 404 | 410, html: false });
        let is_ready = |read: &&Read| matches!(read.said, Said::Word { word: "Complete", .. });
        // The page, refused otherwise right after it, has taken the credentials.
        let is_refused = |read: &&Read| is_gone(read) || matches!(read.said, Said::Refused { status: 401, .. });
        // A status and the page that was asked after it; a 401 that was repaired has none.
        let questions = statuses.iter().enumerate().filter_map(|(index, status)| {
            let next = statuses.get(index + 1).map_or(Millis::MAX, |next| next.started);
            reads
                .iter()
                .rfind(|read| read.page && (status.ended..next).contains(&read.started))
                .map(|page| (status, page))
        });
        let questions: Vec<_> = questions.collect();
        let last_three = questions.last_chunk::<3>();
        let stable = last_three.is_some_and(|questions| {
            questions.iter().all(|(status, page)| {
                (page_worked_before && is_ready(status) && is_gone(page))
                    || (baseline && is_refused(status) && is_refused(page))
            }) && questions.iter().any(|(status, _)| is_ready(status))
        });
        let expires_is_unknown = matches!(
            self.plan().server.expires_text,
            ExpiresText::Absent | ExpiresText::Empty | ExpiresText::Unparsable
        );
        let refused_resend = posts.last().is_some_and(|(_, post)| {
            matches!(post.came, Came::Answered { status: 400 | 404 | 409 | 410 | 412 | 422, .. })
        });
        let sends = posts.len() + usize::from(call.restart.is_some());
        let certain = receipt.certainty == Certainty::Certain;
        match receipt.confirmed_by {
            ConfirmedBy::Response if last_post == Some(Sort::Success) && certain => Some("200 or 204"),
            ConfirmedBy::Status if word("Retrieved") && certain => Some("Retrieved"),
            ConfirmedBy::EarlyExpiry if word("Expired") && baseline && certain => Some("Expired, early"),
            ConfirmedBy::TokenRetired if certain => None,
            ConfirmedBy::TokenRetired if stable => Some("Complete, page refused that had worked"),
            ConfirmedBy::TokenRetired if word("Complete") && sends > 1 && refused_resend => {
                Some("Complete, page route doubtful, resend refused")
            }
            ConfirmedBy::TokenRetired if word("Expired") && baseline && expires_is_unknown => Some("Expired"),
            ConfirmedBy::TokenRetired if baseline && self.gone_for_good(call, &posts, &statuses) => {
                Some("status and page refused")
            }
            _ => None,
        }
    }

    /// Refused three times in a row; by 401 only with credentials that worked after the first 401, or after the token's end.
    fn gone_for_good(&self, call: &Call, posts: &[(usize, Post)], statuses: &[&Read]) -> bool {
        let open = posts.iter().find(|(_, post)| Sort::of(post).is_open());
        let since = match (call.restart, open) {
            (Some(_), _) => call.begun,
            (None, Some((_, open))) => open.ended,
            (None, None) => return false,
        };
        let refusals = statuses
            .iter()
            .rev()
            .take_while(|read| matches!(read.said, Said::Refused { status: 400 | 401 | 404 | 410, html: false }))
            .count();
        let reads = &self.timeline.reads[..call.reads_then];
        let first_401 = reads
            .iter()
            .filter(|read| read.started >= since)
            .find(|read| matches!(read.said, Said::Refused { status: 401, .. }))
            .map(|read| read.ended);
        let Some(first_401) = first_401 else {
            return refusals >= 3;
        };
        let is_over = call.ended > self.plan().token.expires_at;
        let not_401 = |said: Said| match said {
            Said::Word { .. } | Said::PageWorks => true,
            Said::Refused { status, .. } => status != 401,
            Said::Nothing(_) => true,
            Said::UnderWay | Said::CutOff => false,
        };
        let worked = reads.iter().any(|read| read.started >= first_401 && not_401(read.said))
            || posts.iter().any(|(_, post)| {
                post.started >= first_401 && matches!(post.came, Came::Answered { status, .. } if status != 401)
            });
        refusals >= 3 && (worked || is_over)
    }

    // P2, P7

    fn failure(&mut self, call: &Call, error: &Error) {
        let state = match error.commit_state() {
            Some(state) => state.name(),
            None => "no commit state",
        };
        self.figures.count(&format!("told: error {}, {state}", error.kind()));
        let Asked::Commit { .. } = call.asked else {
            self.broke("P7", format!("resolve_commit failed with {}", error.kind()));
            return;
        };
        let Some(state) = error.commit_state() else {
            self.broke("P7", "no commit_state");
            return;
        };
        if error.kind() == ErrorKind::CommitConflict {
            let untouched =
                error.attempts().is_empty() && error.sent() == Sent::NotSent && state == CommitState::NotCommitted;
            if !untouched {
                self.broke("P7", "a conflict that says that something was sent");
            }
            return;
        }
        if self.left_with_an_emptied_record(call, error) {
            self.broke_or_found(
                Some(Finding::LeftAtTheVerdict),
                "P2",
                format!("{}, {}, with an emptied record", error.kind(), state.name()),
            );
            return;
        }
        if state == CommitState::NotCommitted {
            self.not_committed_is_true(call);
        }
        self.asked_before_the_error(call, error);
        self.record(call, error, state);
        self.attempts(call, error.attempts(), Some(error));
        let posts = self.posts_then(call);
        if error.kind() == ErrorKind::OutcomeUnknown
            && let Some((_, open)) = posts.iter().find(|(_, post)| Sort::of(post).is_open())
        {
            let retrieved = self
                .reads_of(call)
                .iter()
                .any(|read| read.started >= open.ended && matches!(read.said, Said::Word { word: "Retrieved", .. }));
            if retrieved {
                self.broke("P8", "outcome unknown, although status said Retrieved");
            }
        }
    }

    /// A refused token and an open send are asked about before the call ends with an error, if there is time.
    fn asked_before_the_error(&mut self, call: &Call, error: &Error) {
        let posts = self.posts_then(call);
        let Some((index, last)) = posts.last() else {
            return;
        };
        let to_be_asked = posts.iter().any(|(_, post)| Sort::of(post).is_open())
            || matches!(last.came, Came::Answered { status: 400 | 401 | 404 | 409 | 410 | 412 | 422, .. });
        let out_of_time = call.ended + TICK >= call.begun + call.timeout;
        let asked = self.reads_of(call).iter().any(|read| !read.page && read.started >= last.ended);
        if to_be_asked && !asked && !out_of_time && error.kind() != ErrorKind::Cancelled {
            self.broke("P8", format!("the call ended without a question after POST {index}"));
        }
    }

    /// It gave up in the moment of the verdict, when the receipt had taken the attempts away.
    fn left_with_an_emptied_record(&self, call: &Call, error: &Error) -> bool {
        error.kind() == ErrorKind::Cancelled && error.attempts().is_empty() && !self.posts_then(call).is_empty()
    }

    /// "A resend refused 400/404/409/410 while status says 'not yet' is contradictory -> outcome_unknown, never
    /// NotCommitted."
    fn no_contradiction(&mut self, call: &Call) {
        let posts = self.posts_then(call);
        let open = posts.iter().any(|(_, post)| Sort::of(post).is_open());
        let refused = posts
            .last()
            .is_some_and(|(_, post)| matches!(post.came, Came::Answered { status: 400 | 404 | 409 | 410, .. }));
        let reads = self.reads_of(call);
        let last_status = reads.iter().rev().find(|read| !read.page);
        let still_good = last_status.is_some_and(|read| matches!(read.said, Said::Word { word: "Complete", .. }));
        if open && refused && still_good {
            self.broke("P2", "not committed, although a resend was refused");
        }
    }

    fn not_committed_is_true(&mut self, call: &Call) {
        self.no_contradiction(call);
        let last_slow_end = self
            .posts_then(call)
            .iter()
            .filter(|(_, post)| Sort::of(post) == Sort::Slow)
            .map(|(_, post)| post.ended)
            .max()
            .unwrap_or(Millis::MIN);
        let last_asked =
            self.reads_of(call).iter().filter(|read| !read.page).map(|read| read.started).max().unwrap_or(Millis::MIN);
        for (index, post) in self.posts(call.flight) {
            let Some(applied_at) = self.timeline.truth.applied(index) else {
                continue;
            };
            let shown_at = self.shown_at(applied_at);
            if index >= call.posts_then {
                self.broke_or_found(
                    Some(Finding::LeftEarly),
                    "P2",
                    format!(
                        "not committed, but POST {index} of the same call was sent after this caller left, and applied"
                    ),
                );
                continue;
            }
            match Sort::of(post) {
                Sort::Slow if shown_at > last_slow_end + SETTLE => {
                    self.figures
                        .count("outside the assumptions: not committed, but applied and shown later than settle");
                }
                Sort::TurnedAway if shown_at > last_asked => {
                    self.figures.count("outside the assumptions: not committed, but applied although answered 408 or 503, and shown later");
                }
                sort => self.broke("P2", format!("not committed, but POST {index} ({sort:?}) is applied")),
            }
        }
    }

    fn record(&mut self, call: &Call, error: &Error, state: CommitState) {
        let posts = self.posts_then(call);
        let open = posts.iter().any(|(_, post)| Sort::of(post).is_open());
        let left_at_the_answer = Self::left_at_the_answer(call, error, &posts);
        // Somebody else still waited: the call could go on.
        let goes_on = self.timeline.calls.iter().any(|other| other.flight == call.flight && other.ended > call.ended);
        let restarted = call.restart.is_some();
        if state == CommitState::Unknown && !open && !restarted && !left_at_the_answer && !goes_on {
            self.broke("P7", "unknown, although no send is open");
        }
        let last = posts.last().map(|(_, post)| post.came);
        let fits = match error.kind() {
            ErrorKind::OutcomeUnknown => state == CommitState::Unknown,
            ErrorKind::Cancelled => {
                let cancel = self.plan().cancel_of(call.second);
                matches!(cancel, Cancel::After(_) | Cancel::AtAnswer(_))
            }
            ErrorKind::ExportExpired | ErrorKind::ExportFailed | ErrorKind::WaitTimedOut => {
                self.plan().client.preflight && posts.is_empty()
            }
            ErrorKind::Timeout => {
                call.ended + TICK >= call.begun + call.timeout
                    || matches!(
                        last,
                        Some(
                            Came::NotSent(ErrorKind::Timeout)
                                | Came::Lost(ErrorKind::Timeout)
                                | Came::Answered { status: 408, .. }
                        )
                    )
            }
            kind => match last {
                None | Some(Came::UnderWay | Came::CutOff) => false,
                Some(Came::NotSent(failed) | Came::Lost(failed)) => kind == failed,
                Some(Came::Answered { status, .. }) => {
                    kind == kind_of(status) || (status == 401 && kind == ErrorKind::ClockSkew)
                }
            },
        };
        if !fits {
            self.broke("P7", format!("{} does not fit the last send: {last:?}", error.kind()));
        }
        let tells_of_the_answer =
            !matches!(error.kind(), ErrorKind::OutcomeUnknown | ErrorKind::Cancelled | ErrorKind::Timeout);
        if tells_of_the_answer && let Some(Came::Answered { status, retry_after, .. }) = last {
            if error.http_status() != Some(status) {
                self.broke("P7", format!("http_status {:?}, answered {status}", error.http_status()));
            }
            if let Some(wait) = retry_after
                && error.retry_after().map(|told| told.as_secs()) != u64::try_from(wait).ok()
            {
                self.broke("P7", "retry_after is not what the answer says");
            }
        }
    }

    /// Whether the caller gave up in the very moment of an answer: then the answer may be in the record or not.
    fn left_at_the_answer(call: &Call, error: &Error, posts: &[(usize, Post)]) -> bool {
        let by_itself = call.ended < call.begun + call.timeout;
        let gave_up = match error.kind() {
            ErrorKind::Cancelled => true,
            ErrorKind::Timeout | ErrorKind::OutcomeUnknown => !by_itself,
            _ => false,
        };
        gave_up && posts.last().is_some_and(|(_, post)| post.ended == call.ended)
    }

    /// Every send is in the record, in order, and as the transport saw it.
    fn attempts(&mut self, call: &Call, attempts: &[Attempt], error: Option<&Error>) {
        let posts = self.posts_then(call);
        let numbered = attempts.iter().enumerate().all(|(index, attempt)| attempt.n as usize == index + 1);
        let unsettled = error.is_some_and(|error| Self::left_at_the_answer(call, error, &posts));
        let fact = |post: &Post| match post.came {
            Came::NotSent(_) => (Sent::NotSent, None),
            Came::UnderWay | Came::CutOff | Came::Lost(_) => (Sent::MaybeSent, None),
            Came::Answered { status, .. } => (Sent::Answered, Some(status)),
        };
        let settled = posts.len() - usize::from(unsettled);
        let same = attempts.len() == posts.len()
            && attempts
                .iter()
                .zip(&posts)
                .take(settled)
                .all(|(attempt, (_, post))| (attempt.sent, attempt.status) == fact(post));
        if !numbered || !same {
            self.broke("P7", format!("the attempts of call {} are not its sends: {attempts:?}", call.flight));
        }
        let mut ended_before = self.first_call(call.flight).begun;
        for (attempt, (index, post)) in attempts.iter().zip(&posts) {
            let told = |length: std::time::Duration| Millis::try_from(length.as_millis()).unwrap();
            let delay_is = (told(attempt.delay_before) - (post.started - ended_before)).abs();
            let elapsed_is = (told(attempt.elapsed) - (post.ended - post.started)).abs();
            if delay_is > TICK || elapsed_is > TICK {
                let cut_short =
                    (post.came == Came::UnderWay || post.came == Came::CutOff).then_some(Finding::TimesOfACutSend);
                self.broke_or_found(
                    cut_short,
                    "P7",
                    format!("the times of POST {index} are not those of its attempt: {attempt:?}"),
                );
            }
            ended_before = post.ended;
        }
        let last = attempts.last().map_or(Sent::NotSent, |attempt| attempt.sent);
        if error.is_some_and(|error| error.sent() != last) {
            self.broke("P7", "sent is not the fact of the last send");
        }
        if let Told::Receipt(receipt) = &call.told {
            let left = posts.iter().filter(|(_, post)| Sort::of(post) != Sort::NotSent).count()
                + usize::from(call.restart.is_some_and(|restart| restart.noted));
            if receipt.sends as usize != left {
                self.broke("P7", format!("{} sends in the receipt, {left} left", receipt.sends));
            }
        }
    }

    fn resolution(&mut self, call: &Call, resolution: &Resolution) {
        match resolution {
            Resolution::Committed(receipt) => self.receipt(call, receipt),
            Resolution::Unknown(error) => {
                self.figures.count("told: resolve says unknown");
                if error.kind() != ErrorKind::OutcomeUnknown || error.commit_state().is_some() {
                    self.broke("P7", "an unknown resolution with another record");
                }
            }
            Resolution::NotCommitted { .. } => {
                self.figures.count("told: resolve says not committed");
                let reads = self.reads_of(call);
                let asked = reads.iter().filter(|read| !read.page).map(|read| read.started).max();
                let shown = self.timeline.truth.consumed().map_or(Millis::MAX, |consumed| self.shown_at(consumed.at));
                if asked.is_none_or(|asked| shown <= asked) {
                    self.broke("P2", "resolve says not committed, although the token shows that it is");
                }
            }
        }
    }

    // P9

    /// "sends one POST when all goes well, and nothing else"; one more for a clock that is wrong.
    fn nothing_but_one_post(&mut self) {
        let call = &self.timeline.calls[0];
        let posts = self.posts(call.flight);
        let quick = posts.iter().all(|(_, post)| post.ended - post.started < 4_000);
        if !quick {
            return;
        }
        self.figures.count("worlds: calm");
        let committed = matches!(
            &call.told,
            Told::Receipt(receipt)
                if receipt.outcome == Outcome::Committed
                    && receipt.certainty == Certainty::Certain
                    && receipt.confirmed_by == ConfirmedBy::Response
        );
        let repaired = posts.len() == 2 && Sort::of(posts[0].1) == Sort::Unauthorized;
        let few = (posts.len() == 1 || repaired) && self.reads_of(call).is_empty();
        if !committed || !few {
            self.broke("P9", "one POST and nothing else, in a world where all goes well");
        }
    }
}

/// The catalogue of errors, for what these worlds answer.
fn kind_of(status: u16) -> ErrorKind {
    match status {
        200 | 204 => ErrorKind::InvalidResponse,
        300..=399 => ErrorKind::RedirectRefused,
        400 | 422 => ErrorKind::BadRequest,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        407 => ErrorKind::Proxy,
        408 => ErrorKind::Timeout,
        409 | 410 | 412 => ErrorKind::Conflict,
        429 => ErrorKind::RateLimited,
        503 => ErrorKind::ServiceUnavailable,
        500..=599 => ErrorKind::ServerError,
        _ => ErrorKind::UnexpectedStatus,
    }
}

//! The driver of a commit: does what [`crate::commit::verdict`] says next (send, ask, wait), keeps what came of it, and turns
//! the verdict into a receipt or an error. It decides nothing itself.

pub(crate) mod receipt;
mod replies;
pub(crate) mod single_flight;
pub(crate) mod verdict;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::auth::oauth::TokenFailure;
use crate::commit::receipt::{Certainty, CommitReceipt, ConfirmedBy, Files, Outcome, Resolution};
use crate::commit::replies::{page_reply, status_reply};
use crate::commit::verdict::{
    Baseline, EarlierSend, Facts, Finding, Probe, Rules, SendFact, SendResult, StatusProbeResult, Step, Verdict,
    next_question, next_step, page_probe_helps, window_end,
};
use crate::error::outcome::RequestOutcome;
use crate::error::{Attempt, CommitState, Error, ErrorKind, Operation, Sent, TimeoutPhase};
use crate::http::backoff::draw_jitter;
use crate::http::connection::Connecting;
use crate::http::delivery::sent_if_aborted;
use crate::http::status_word::StatusWord;
use crate::http::transport::BodyPlan;
use crate::read::{ProbePage, ReadStatus, attempt, own_next_action, provider_refused};
use crate::session::Session;
use crate::session::cancel::CancelToken;
use crate::session::exchange::{Exchanged, Unsigned};
use crate::session::token_cache::{Key, TokenCache};
use crate::settings::surface::Routes;
use crate::telemetry::events::{self, AttemptEvent};

/// One call, shared by the driver and everybody who waits for it.
pub(crate) struct Call {
    pub(crate) key: Key,
    pub(crate) keep_files: bool,
    begun: Instant,
    /// How many callers wait for it.
    pub(crate) waiters: AtomicUsize,
    /// Cancelled when a POST has left this machine and its answer is not there: who keeps a journal writes that down.
    has_left: Option<CancelToken>,
    state: Mutex<State>,
}

struct State {
    facts: Facts,
    attempts: Vec<Attempt>,
    last: Option<RequestOutcome>,
    /// Of the newest status answer: its request id and `Date`.
    question: Option<(Option<String>, Option<SystemTime>)>,
    /// A POST is under way, since then.
    in_flight: Option<(Instant, Connecting)>,
    /// The one repair of a 401 was used.
    reauthenticated: bool,
}

impl Call {
    pub(crate) fn new(key: Key, keep_files: bool, rules: Rules) -> Call {
        Call {
            key,
            keep_files,
            begun: Instant::now(),
            waiters: AtomicUsize::new(0),
            has_left: None,
            state: Mutex::new(State {
                facts: Facts {
                    rules,
                    baseline: None,
                    page_has_worked: false,
                    files_disputed: false,
                    earlier: None,
                    sends: Vec::new(),
                    credentials_accepted: None,
                    probes: Vec::new(),
                },
                attempts: Vec::new(),
                last: None,
                question: None,
                in_flight: None,
                reauthenticated: false,
            }),
        }
    }

    /// The commit of a landed batch.
    pub(crate) fn journalled(mut self, journalled: Journalled, memory: &TokenCache) -> Call {
        if !journalled.may_send {
            self.state().facts.rules.max_attempts = 0;
        }
        self.has_left = Some(journalled.has_left);
        if let Some((baseline, earlier)) = journalled.earlier {
            let mut state = self.state();
            state.facts.baseline = Some(baseline);
            state.facts.earlier = Some(earlier);
            state.facts.files_disputed = memory.sending(self.key, self.keep_files);
            // Its pages were read before it was sealed.
            state.facts.page_has_worked = true;
            state.facts.sends.push(SendFact {
                started: Duration::ZERO,
                ended: Duration::ZERO,
                result: SendResult::MaybeSent,
                jitter: draw_jitter(),
            });
        }
        self
    }

    /// A POST has left, and its answer is not there.
    fn tell_that_it_left(&self) {
        if let Some(has_left) = &self.has_left {
            has_left.cancel();
        }
    }

    /// Gives the call time until `timeout` from now: another waiter with a later deadline came.
    pub(crate) fn extend(&self, timeout: Duration) {
        let until = self.begun.elapsed() + timeout;
        let mut state = self.state();
        state.facts.rules.timeout = state.facts.rules.timeout.max(until);
    }

    /// A panic elsewhere leaves plain data behind, which is still true.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn deadline(&self) -> Instant {
        self.begun + self.state().facts.rules.timeout
    }
}

impl State {
    /// The number of the attempt that comes next.
    fn next_attempt(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// When the newest send was over.
    fn last_end(&self) -> Duration {
        let last = self.facts.sends.last();
        last.map_or(Duration::ZERO, |send| send.ended)
    }

    /// Whether a send that is over was taken, or may have been.
    fn may_be_applied(&self) -> bool {
        let answered_well = self.last.as_ref().is_some_and(|last| last.kind.is_none());
        answered_well || self.facts.has_open_send()
    }
}

/// What a commit has to do with a journal.
pub(crate) struct Journalled {
    /// An earlier process may have sent one, after this baseline.
    pub(crate) earlier: Option<(Baseline, EarlierSend)>,
    /// Nothing may be sent: only what became of the earlier one is asked.
    pub(crate) may_send: bool,
    /// To be cancelled when a POST has left this machine and its answer is late or lost.
    pub(crate) has_left: CancelToken,
}

/// An answer that takes longer than this may never be heard by this process.
const LATE: Duration = Duration::from_secs(1);

/// A POST that is over.
struct CommitAttempt {
    description: RequestOutcome,
    /// A 401 after which the next send may fare better.
    reauthenticated: bool,
    started: Instant,
    ended: Instant,
}

impl CommitAttempt {
    fn out_of_time(started: Instant, sent: Sent) -> CommitAttempt {
        let phase = Some(TimeoutPhase::Operation);
        CommitAttempt::unanswered(started, RequestOutcome::without_an_answer(sent, ErrorKind::Timeout, phase))
    }

    /// There was no token, so nothing was sent.
    fn without_a_token(started: Instant, failure: TokenFailure) -> CommitAttempt {
        CommitAttempt::unanswered(started, failure.describe(Operation::Commit))
    }

    fn unanswered(started: Instant, description: RequestOutcome) -> CommitAttempt {
        CommitAttempt { description, reauthenticated: false, started, ended: Instant::now() }
    }
}

impl Session {
    /// Runs a commit to its end.
    pub(crate) async fn drive(self: &Arc<Self>, call: &Call) -> Result<CommitReceipt, Error> {
        loop {
            let step = next_step(&call.state().facts, call.now());
            match step {
                Step::Send { at } => {
                    sleep_until(call.begun + at).await;
                    self.send(call).await?;
                }
                Step::Ask { at, limit, probe } => {
                    sleep_until(call.begun + at).await;
                    self.ask(call, limit, probe).await;
                }
                Step::Done(verdict) => return self.conclude(call, verdict),
            }
        }
    }

    /// The rest of a call that was stopped: sends no more, and asks for so long what became of what was sent. None when
    /// nothing can have been applied, or when nobody told.
    pub(crate) async fn last_questions(self: &Arc<Self>, call: &Call, limit: Duration) -> Option<CommitReceipt> {
        {
            let until = call.now() + limit;
            let mut state = call.state();
            let started = state.in_flight.as_ref().map(|(started, _)| *started);
            if let Some(started) = started
                && sent_if_aborted(self.transport.ever_connected()) == Sent::MaybeSent
            {
                let description = RequestOutcome::without_an_answer(Sent::MaybeSent, ErrorKind::Cancelled, None);
                let posted = CommitAttempt::unanswered(started, description);
                note(call, &mut state, posted);
            }
            if !state.may_be_applied() {
                return None;
            }
            let rules = &mut state.facts.rules;
            rules.max_attempts = 0;
            rules.send_window = Duration::ZERO;
            rules.timeout = rules.timeout.min(until);
            rules.resolve_timeout = rules.timeout;
        }
        self.drive(call).await.ok()
    }

    /// Asks about a token without sending (`resolve_commit`).
    pub(crate) async fn resolve(self: &Arc<Self>, call: &Call) -> Resolution {
        {
            let (_, page_has_worked) = self.token_cache.baseline(call.key);
            call.state().facts.page_has_worked = page_has_worked;
        }
        loop {
            let next = next_question(&call.state().facts, call.now());
            match next {
                Err(Step::Ask { at, limit, probe }) => {
                    sleep_until(call.begun + at).await;
                    self.ask(call, limit, probe).await;
                }
                Ok(Finding::Consumed { certainty, confirmed_by }) => {
                    return Resolution::Committed(receipt(
                        call,
                        (Outcome::AlreadyCommitted, certainty, confirmed_by, Files::Unknown),
                        None,
                    ));
                }
                Ok(Finding::NotYet) => {
                    let as_of = call.state().question.as_ref().and_then(|(_, date)| *date);
                    return Resolution::NotCommitted { as_of };
                }
                Ok(Finding::Unclear) | Err(Step::Send { .. } | Step::Done(_)) => {
                    return Resolution::Unknown(self.unresolved(call));
                }
            }
        }
    }

    /// Sends the POST and notes what came of it. `Err`: the credentials could not be made.
    async fn send(self: &Arc<Self>, call: &Call) -> Result<(), Error> {
        let posted = self.post(call).await?;
        if posted.description.sent == Sent::MaybeSent {
            call.tell_that_it_left();
        }
        let mut state = call.state();
        note(call, &mut state, posted);
        let wanted = events::wanted(self.on_attempt.as_ref());
        let attempt = state.attempts.last().filter(|_| wanted).cloned();
        drop(state);
        if let Some(attempt) = attempt {
            let event = AttemptEvent { operation: Operation::Commit, attempt, url: self.shown_url(call), status: None };
            events::attempt(self.on_attempt.as_ref(), &event);
        }
        Ok(())
    }

    async fn post(self: &Arc<Self>, call: &Call) -> Result<CommitAttempt, Error> {
        let (kind, token) = call.key;
        let url = self.routes.commit(kind, token, call.keep_files, Operation::Commit)?;
        let before = Instant::now();
        let signed = match tokio::time::timeout_at(call.deadline(), self.sign(far_ahead())).await {
            Ok(Ok(signed)) => signed,
            Ok(Err(Unsigned::Provider(refusal))) => {
                return Err(self.provider_failed(call, &refusal));
            }
            Ok(Err(Unsigned::Token(failure))) => {
                return Ok(CommitAttempt::without_a_token(before, failure));
            }
            Err(_) if self.tokens.is_some() => {
                let failure = TokenFailure::out_of_time();
                return Ok(CommitAttempt::without_a_token(before, failure));
            }
            Err(_) => return Ok(CommitAttempt::out_of_time(before, Sent::NotSent)),
        };
        // A provider may have taken its time: the last send starts within the window.
        if call.now() > window_end(&call.state().facts).max(before - call.begun) {
            return Ok(CommitAttempt::out_of_time(before, Sent::NotSent));
        }
        let connecting = Connecting::default();
        let repaired_before = {
            let mut state = call.state();
            if !state.facts.own_sends().iter().any(SendFact::left) {
                if state.facts.earlier.is_none() {
                    let (baseline, page_has_worked) = self.token_cache.baseline(call.key);
                    state.facts.baseline = baseline;
                    state.facts.page_has_worked = page_has_worked;
                }
                state.facts.files_disputed = self.token_cache.sending(call.key, call.keep_files);
            }
            state.in_flight = Some((Instant::now(), connecting.clone()));
            state.reauthenticated
        };
        // The call's deadline may move while this is under way: another waiter with more time may come.
        let limits = (far_ahead(), call.deadline());
        let transmitting = self.transmit(signed, true, url, limits, BodyPlan::Sniff, Vec::new());
        let mut transmitting = std::pin::pin!(connecting.watch(transmitting));
        let exchanged = loop {
            let deadline = call.deadline();
            let until = match &call.has_left {
                Some(told) if !told.is_cancelled() => deadline.min(Instant::now() + LATE),
                Some(_) | None => deadline,
            };
            match tokio::time::timeout_at(until, transmitting.as_mut()).await {
                Ok(exchanged) => break exchanged,
                Err(_) if until < deadline => {
                    if connecting.has_had_a_connection_for(LATE) {
                        call.tell_that_it_left();
                    }
                }
                Err(_) if call.deadline() > deadline => {}
                Err(_) => {
                    let sent = sent_if_aborted(self.transport.ever_connected());
                    return Ok(CommitAttempt::out_of_time(before, sent));
                }
            }
        };
        let reauthenticated = !repaired_before && self.repair(&exchanged, call.deadline()).await;
        let description = self.describe(&exchanged, token, repaired_before);
        let Exchanged { started, ended, .. } = exchanged;
        Ok(CommitAttempt { description, reauthenticated, started, ended })
    }

    /// Asks status, and the first page where that can tell something. Whatever goes wrong is an answer too.
    async fn ask(self: &Arc<Self>, call: &Call, limit: Duration, probe: bool) {
        let begun = call.now();
        let deadline = Instant::now() + limit;
        let (mut reauthenticated, n) = {
            let state = call.state();
            (state.reauthenticated, u32::try_from(state.facts.probes.len()).unwrap_or(u32::MAX).saturating_add(1))
        };
        let status = self.try_read(&ReadStatus, call.key, deadline, &mut reauthenticated, n).await;
        let (reply, server_now, retry_after, question) = match &status {
            Ok(tried) => {
                self.remember_status(call.key, tried);
                let description = &tried.description;
                (
                    status_reply(tried),
                    description.fresh_date,
                    description.retry_after,
                    Some((description.request_id.clone(), description.server_date())),
                )
            }
            Err(_) => (StatusProbeResult::Nothing, None, None, None),
        };
        let page_helps = probe && page_probe_helps(&call.state().facts, reply);
        let page = if page_helps {
            match self.try_read(&ProbePage, call.key, deadline, &mut reauthenticated, n).await {
                Ok(tried) => {
                    if tried.value.is_some() {
                        let date = tried.description.fresh_date;
                        self.token_cache.page_worked(call.key, date);
                    }
                    Some(page_reply(&tried))
                }
                Err(_) => None,
            }
        } else {
            None
        };
        let mut state = call.state();
        state.reauthenticated = reauthenticated;
        if question.is_some() {
            state.question = question;
        }
        state.facts.credentials_accepted =
            self.token_cache.last_accepted().and_then(|at| at.checked_duration_since(call.begun));
        state.facts.probes.push(Probe { begun, answered: call.now(), status: reply, page, server_now, retry_after });
    }

    fn conclude(&self, call: &Call, verdict: Verdict) -> Result<CommitReceipt, Error> {
        match verdict {
            Verdict::Receipt { outcome, certainty, confirmed_by, files } => {
                // Presumed or certain: another keep_files from this client would undo what this one asked for.
                if outcome == Outcome::Committed {
                    self.token_cache.committed(call.key, call.keep_files);
                }
                Ok(receipt(call, (outcome, certainty, confirmed_by, files), Some(call.keep_files)))
            }
            Verdict::LastSend { commit_state } => {
                if commit_state == CommitState::NotCommitted {
                    self.token_cache.not_committed(call.key);
                }
                Err(self.failed(call, None, commit_state))
            }
            Verdict::OutcomeUnknown => Err(self.failed(call, Some(ErrorKind::OutcomeUnknown), CommitState::Unknown)),
            Verdict::NothingSent => Err(self.aborted(call, ErrorKind::Timeout, false)),
            Verdict::NotReady(word) => {
                let kind = match word {
                    StatusWord::Expired => ErrorKind::ExportExpired,
                    StatusWord::Error | StatusWord::Failed => ErrorKind::ExportFailed,
                    StatusWord::Processing | StatusWord::Complete | StatusWord::Retrieved | StatusWord::Unknown => {
                        ErrorKind::WaitTimedOut
                    }
                };
                Err(self.failed(call, Some(kind), CommitState::NotCommitted))
            }
        }
    }

    /// The error of a call that ended by itself. Without a kind: the last send's own.
    fn failed(&self, call: &Call, kind: Option<ErrorKind>, commit_state: CommitState) -> Error {
        let state = call.state();
        let last = state.last.as_ref();
        let kind = kind.or_else(|| last.and_then(|last| last.kind)).unwrap_or(ErrorKind::Internal);
        let phase = if kind == ErrorKind::Timeout { last.and_then(|last| last.phase) } else { None };
        let detail = match kind {
            ErrorKind::OutcomeUnknown if state.attempts.is_empty() => {
                Some("the answers do not tell whether the token was committed")
            }
            ErrorKind::OutcomeUnknown => Some("the commit was sent and the answers do not tell what became of it"),
            ErrorKind::ExportExpired => Some("status says Expired"),
            ErrorKind::ExportFailed => Some("status says that the export failed"),
            ErrorKind::WaitTimedOut => Some("status says Processing"),
            _ if last.is_some_and(|last| last.html) => Some("the answer is an HTML page"),
            _ => last.and_then(|last| last.told.as_ref()).map(|told| told.detail.as_str()),
        };
        self.error(call, &state, kind, phase, detail.map(str::to_owned), commit_state)
    }

    /// The credentials could not be made: before any send, or with earlier sends to tell of.
    fn provider_failed(&self, call: &Call, refusal: &str) -> Error {
        let refused = provider_refused(Operation::Commit, refusal);
        let state = call.state();
        if state.attempts.is_empty() {
            return refused;
        }
        let commit_state = if state.facts.has_open_send() { CommitState::Unknown } else { CommitState::NotCommitted };
        let detail = refused.detail().map(str::to_owned);
        self.error(call, &state, ErrorKind::Configuration, None, detail, commit_state)
    }

    fn unresolved(&self, call: &Call) -> Error {
        let dead = call.state().facts.probes.last().is_some_and(|asked| asked.status == StatusProbeResult::Gone);
        let (_, token) = call.key;
        let url = self.routes.status(token, Operation::ResolveCommit).ok().map(|url| Routes::sanitised(&url, token));
        let error = self
            .failed(call, Some(ErrorKind::OutcomeUnknown), CommitState::Unknown)
            .during(Operation::ResolveCommit)
            .of_request(url);
        if !dead {
            return error;
        }
        // Asking again changes nothing: the token was retired by a commit, has expired, or never was.
        error
            .with_detail("status refuses the token, which is what it does to a retired and to a wrong one")
            .with_next_action("check the client id and the token; look at your own records of this export")
    }

    /// The error of a waiter that leaves before the call is over: cancelled, or its own time is up.
    pub(crate) fn aborted(&self, call: &Call, kind: ErrorKind, goes_on: bool) -> Error {
        let state = call.state();
        if let Some((_, connecting)) = &state.in_flight
            && connecting.has_had_a_connection_for(Duration::ZERO)
        {
            call.tell_that_it_left();
        }
        let under_way =
            if state.in_flight.is_some() { sent_if_aborted(self.transport.ever_connected()) } else { Sent::NotSent };
        // Others still wait for the call: it may send again.
        let open = goes_on || state.may_be_applied() || under_way == Sent::MaybeSent;
        let commit_state = if open { CommitState::Unknown } else { CommitState::NotCommitted };
        // Out of time with a send whose fate is open is what `outcome_unknown` means.
        let kind = if open && kind == ErrorKind::Timeout { ErrorKind::OutcomeUnknown } else { kind };
        let phase = (kind == ErrorKind::Timeout).then_some(TimeoutPhase::Operation);
        let error = self.error(call, &state, kind, phase, None, commit_state).not_by_an_answer();
        let Some((started, _)) = &state.in_flight else {
            return error;
        };
        error.with_attempt(Attempt {
            n: state.next_attempt(),
            delay_before: (*started - call.begun).saturating_sub(state.last_end()),
            elapsed: started.elapsed(),
            sent: under_way,
            status: None,
            kind: Some(kind),
        })
    }

    fn error(
        &self,
        call: &Call,
        state: &State,
        kind: ErrorKind,
        phase: Option<TimeoutPhase>,
        detail: Option<String>,
        commit_state: CommitState,
    ) -> Error {
        let mut error = Error::of(Operation::Commit, kind)
            .in_phase(phase)
            .after(state.attempts.clone(), call.now())
            .with_commit_state(commit_state)
            .of_request(Some(self.shown_url(call)));
        let mut own = None;
        if let Some(last) = &state.last {
            error = error.answered(last);
            // An unknown outcome has its own next step, and so has what ended the call before its last send did.
            if last.kind == Some(kind) && commit_state == CommitState::NotCommitted {
                own = own_next_action(last, error.retry());
            }
        }
        let error = error.advised(own);
        match detail {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }

    fn shown_url(&self, call: &Call) -> String {
        let (kind, token) = call.key;
        self.routes
            .commit(kind, token, call.keep_files, Operation::Commit)
            .map_or_else(|_| String::new(), |url| Routes::sanitised(&url, token))
    }
}

/// Notes what came of a POST.
fn note(call: &Call, state: &mut State, posted: CommitAttempt) {
    let CommitAttempt { description, reauthenticated, started, ended } = posted;
    state.in_flight = None;
    state.reauthenticated |= reauthenticated;
    let (started, ended) = (started - call.begun, ended - call.begun);
    let waited = started.saturating_sub(state.last_end());
    let n = state.next_attempt();
    let attempt = attempt(n, waited, &description, ended.saturating_sub(started));
    state.attempts.push(attempt);
    state.facts.sends.push(SendFact {
        started,
        ended,
        result: match (description.sent, description.status, description.kind) {
            (Sent::Answered, Some(status), _) => SendResult::Answered {
                status,
                html: description.html,
                retry_after: description.retry_after,
                reauthenticated,
            },
            (Sent::NotSent, _, Some(kind)) => SendResult::NotSent { kind, retry_after: description.retry_after },
            (Sent::NotSent | Sent::MaybeSent | Sent::Answered, _, _) => SendResult::MaybeSent,
        },
        jitter: draw_jitter(),
    });
    state.last = Some(description);
}

fn receipt(
    call: &Call,
    (outcome, certainty, confirmed_by, files): (Outcome, Certainty, ConfirmedBy, Files),
    keep_files: Option<bool>,
) -> CommitReceipt {
    let elapsed = call.now();
    let mut state = call.state();
    let (request_id, server_date) = match (confirmed_by, &state.last, &state.question) {
        (ConfirmedBy::Response, Some(last), _) => (last.request_id.clone(), last.server_date()),
        (_, _, Some((request_id, date))) => (request_id.clone(), *date),
        (_, _, None) => (None, None),
    };
    let sends = state.facts.sends_that_left();
    CommitReceipt {
        outcome,
        certainty,
        confirmed_by,
        keep_files,
        files,
        sends: u32::try_from(sends).unwrap_or(u32::MAX),
        attempts: std::mem::take(&mut state.attempts),
        elapsed,
        request_id,
        server_date,
    }
}

/// A deadline for what is bounded by other limits.
fn far_ahead() -> Instant {
    Instant::now() + Duration::from_secs(48 * 60 * 60)
}

/// Sleeping for a moment that has passed would still cost a timer.
async fn sleep_until(at: Instant) {
    if at > Instant::now() {
        tokio::time::sleep_until(at).await;
    }
}

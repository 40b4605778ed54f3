//! What is known about one call, as plain data. Times are durations since the call began.

use std::time::Duration;

use crate::error::ErrorKind;
use crate::http::backoff::Backoff;
use crate::http::clock::Expires;
use crate::http::status_code::{StatusClass, class};
use crate::http::status_word::StatusWord;
pub(crate) use crate::session::token_cache::Baseline;
use crate::settings::Settings;

/// The settings that the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) timeout: Duration,
    pub(crate) send_window: Duration,
    pub(crate) resolve_timeout: Duration,
    pub(crate) confirm_window: Duration,
    pub(crate) resend_delay: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) max_retry_after: Duration,
    pub(crate) require_certain: bool,
    pub(crate) preflight: bool,
}

impl Settings {
    /// The part that the verdict needs.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            timeout: self.timeout,
            send_window: self.send_window,
            resolve_timeout: self.resolve_timeout,
            confirm_window: self.confirm_window,
            resend_delay: self.resend_delay,
            max_attempts: self.max_attempts,
            backoff: self.backoff(),
            max_retry_after: self.max_retry_after,
            require_certain: self.require_certain,
            preflight: self.preflight,
        }
    }
}

/// A send of an earlier process, which may have left or not. It stands first among the sends, as one without an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EarlierSend {
    /// When it was about to leave, by the server's clock, in seconds since the epoch.
    pub(crate) at: Option<i64>,
    /// That process wrote down that it has left.
    pub(crate) left: bool,
}

/// What came of one POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendResult {
    NotSent {
        kind: ErrorKind,
        /// How long to wait before the next send, when something between us and the service says so.
        retry_after: Option<Duration>,
    },
    MaybeSent,
    Answered {
        status: u16,
        /// The body is HTML: a captive portal or an error page, not the service.
        html: bool,
        retry_after: Option<Duration>,
        /// A 401 after which the clock was corrected or the credentials were renewed, once a call.
        reauthenticated: bool,
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

/// What status answered to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusProbeResult {
    Word {
        word: StatusWord,
        row_count: Option<u64>,
        /// `Expires`; none when empty, unparsable or absent.
        expires: Option<Expires>,
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
pub(crate) enum PageProbeResult {
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

/// Whoever answers 408, 503, a redirect or a page within this time has not handed the request on. A gateway that gives up
/// later may have an origin that still works on it.
const AT_ONCE: Duration = Duration::from_secs(5);

/// One question: status, and the page probe where it can tell something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    pub(crate) begun: Duration,
    pub(crate) answered: Duration,
    pub(crate) status: StatusProbeResult,
    pub(crate) page: Option<PageProbeResult>,
    /// The server's `Date` of the status answer, in seconds since the epoch; none when a cache gave it away (`Age`).
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
    /// An earlier commit of this client with another `keep_files` may have decided about the files.
    pub(crate) files_disputed: bool,
    /// The first of the sends is not this process's.
    pub(crate) earlier: Option<EarlierSend>,
    pub(crate) sends: Vec<SendFact>,
    /// When the service last accepted the same credentials for something else than this token.
    pub(crate) credentials_accepted: Option<Duration>,
    pub(crate) probes: Vec<Probe>,
}

impl SendFact {
    /// Whether this send may have been applied without a 200 or 204 that says so.
    pub(crate) fn is_open(&self) -> bool {
        match self.result {
            SendResult::NotSent { .. } => false,
            SendResult::MaybeSent => true,
            SendResult::Answered { status, html, .. } => match class(status) {
                StatusClass::Success => html,
                StatusClass::OtherSuccess | StatusClass::Redirect | StatusClass::Busy | StatusClass::ServerError => {
                    true
                }
                StatusClass::RefusesToken
                | StatusClass::Unauthorized
                | StatusClass::Throttled
                | StatusClass::Denied => false,
            },
        }
    }

    /// The class of its answer; none without one. A 408 or 503 that came late is a gateway's 504 by another name.
    pub(super) fn class(&self) -> Option<StatusClass> {
        match self.result {
            SendResult::NotSent { .. } | SendResult::MaybeSent => None,
            SendResult::Answered { status, .. } => match class(status) {
                StatusClass::Busy if !self.was_answered_at_once() => Some(StatusClass::ServerError),
                class => Some(class),
            },
        }
    }

    fn was_answered_at_once(&self) -> bool {
        self.ended.saturating_sub(self.started) <= AT_ONCE
    }

    /// An open send that whoever answered it has surely not handed on: 408, 503, a redirect, a portal's page, at once.
    pub(super) fn is_turned_away(&self) -> bool {
        if !self.was_answered_at_once() {
            return false;
        }
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

    pub(super) fn is_repaired(&self) -> bool {
        matches!(self.result, SendResult::Answered { reauthenticated: true, .. })
    }

    /// May have reached the server.
    pub(crate) fn left(&self) -> bool {
        !matches!(self.result, SendResult::NotSent { .. })
    }
}

impl Facts {
    /// Whether some send of this call may have been applied without a 200 or 204 that says so.
    pub(crate) fn has_open_send(&self) -> bool {
        self.sends.iter().any(SendFact::is_open)
    }

    /// The sends of this process.
    pub(crate) fn own_sends(&self) -> &[SendFact] {
        let earlier = usize::from(self.earlier.is_some());
        self.sends.get(earlier..).unwrap_or(&[])
    }

    /// Sends that left this machine, for certain where it is an earlier process's.
    pub(crate) fn sends_that_left(&self) -> usize {
        let earlier = self.earlier.is_some_and(|earlier| earlier.left);
        usize::from(earlier) + self.own_sends().iter().filter(|send| send.left()).count()
    }

    /// Sends that count against `max_attempts`: those of this process, but for one whose 401 was repaired.
    pub(super) fn counted_sends(&self) -> u32 {
        let own = self.own_sends().iter();
        let sends = own.filter(|send| !send.is_repaired()).count();
        u32::try_from(sends).unwrap_or(u32::MAX)
    }

    /// End of the last open send that may still be under way on the server; none when all open ones were turned away.
    pub(super) fn last_slow_end(&self) -> Option<Duration> {
        self.sends.iter().filter(|send| send.is_open() && !send.is_turned_away()).map(|send| send.ended).max()
    }

    /// The questions asked after this send ended; older answers say nothing about it.
    pub(super) fn asked_since(&self, last: &SendFact) -> &[Probe] {
        let first = self.probes.partition_point(|asked| asked.begun < last.ended);
        &self.probes[first..]
    }
}

//! Everything between the client and the truth: it plays each exchange of the real core, keeps the client's time limits
//! as the real transport does, loses, delays, forges and duplicates as the plan says, and writes down what it did.

use std::sync::{Mutex, MutexGuard};

use http::header::{AGE, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use mypreferences::test_hooks::{Answer, BodyEnd, ExchangeFuture, Failure, Request, TestTransport};
use mypreferences::{CancelToken, ErrorKind, Sent, TimeoutPhase};
use tokio::time::Instant;

use crate::calendar;
use crate::plan::{
    Applies, Cancel, ExpiresText, LATEST_APPLICATION, Lag, Millis, OLDEST_CACHE, Outage, PageRoute, Plan, Saying,
    Trouble, duration,
};
use crate::random::Random;
use crate::truth::{Phase, Truth};

/// The documented default; the worlds do not change it.
const FIRST_BYTE_TIMEOUT: Millis = 30_000;
const CONNECT_TIMEOUT: Millis = 10_000;
/// Whoever turns a request away within this time has not handed it on.
pub(crate) const AT_ONCE: Millis = 5_000;
/// A client that makes so many requests in one world will never stop.
const TOO_MANY_REQUESTS: usize = 2_000;

/// What came of one POST, as the transport saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    UnderWay,
    /// The client dropped the exchange.
    CutOff,
    NotSent(ErrorKind),
    Lost(ErrorKind),
    Answered {
        status: u16,
        html: bool,
        retry_after: Option<i64>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) flight: u32,
    pub(crate) started: Millis,
    pub(crate) ended: Millis,
    /// From the URL; none: not written as the documentation wants it.
    pub(crate) keep_files: Option<bool>,
    pub(crate) came: Came,
    /// The clock of the node that it reached, minus ours.
    clock: Millis,
}

/// What a read was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    UnderWay,
    CutOff,
    Word { word: &'static str, no_rows: bool },
    PageWorks,
    Refused { status: u16, html: bool },
    Nothing(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) page: bool,
    pub(crate) started: Millis,
    pub(crate) ended: Millis,
    pub(crate) said: Said,
    /// How old the answer was, by its own `Age`.
    pub(crate) age: Millis,
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    random: Random,
    pub(crate) truth: Truth,
    pub(crate) posts: Vec<Post>,
    pub(crate) reads: Vec<Read>,
    /// Calls that share their requests have the same number.
    pub(crate) flight: u32,
    ever_connected: bool,
    /// The clock of the node that the request at hand reaches, minus ours.
    clock: Millis,
    cancel_at_answer: Option<(usize, CancelToken)>,
}

pub(crate) struct Network {
    begins: Instant,
    world: Mutex<World>,
}

/// What was decided about one exchange when it arrived.
struct Delivery {
    at: Millis,
    parcel: Parcel,
}

enum Parcel {
    Fails(Failure),
    /// The server's own answer to a POST.
    Genuine,
    /// Somebody else's answer, or a read's.
    Ready(Said, Answer),
}

impl Network {
    pub(crate) fn new(plan: Plan, random: Random) -> Network {
        Network {
            begins: Instant::now(),
            world: Mutex::new(World {
                truth: Truth::new(&plan.token, &plan.server),
                plan,
                random,
                posts: Vec::new(),
                reads: Vec::new(),
                flight: 0,
                ever_connected: false,
                clock: 0,
                cancel_at_answer: None,
            }),
        }
    }

    pub(crate) fn now(&self) -> Millis {
        self.millis(Instant::now())
    }

    fn millis(&self, at: Instant) -> Millis {
        Millis::try_from(at.saturating_duration_since(self.begins).as_millis()).unwrap()
    }

    pub(crate) async fn sleep_until(&self, at: Millis) {
        tokio::time::sleep_until(self.begins + duration(at)).await;
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// This token is cancelled in the moment in which the plan says so.
    pub(crate) fn will_cancel(&self, token: &CancelToken) {
        let mut world = self.world();
        if let Cancel::AtAnswer(post) = world.plan.cancel {
            world.cancel_at_answer = Some((post, token.clone()));
        }
    }

    async fn post(&self, request: Request) -> Result<Answer, Failure> {
        let started = self.now();
        let (index, delivery) = {
            let mut world = self.world();
            world.refuse_to_go_on_for_ever();
            world.truth.advance(started);
            let keep_files = match request.url.query() {
                Some("keepFiles=true") => Some(true),
                Some("keepFiles=false") => Some(false),
                _ => None,
            };
            let flight = world.flight;
            let index = world.posts.len();
            world.posts.push(Post { flight, started, ended: Millis::MAX, keep_files, came: Came::UnderWay, clock: 0 });
            let deadline = self.millis(request.deadline);
            let delivery = world.post_arrives(index, started, deadline, &request);
            (index, delivery)
        };
        let cut_off = CutOff { network: self, post: Some(index), read: None };
        self.sleep_until(delivery.at).await;
        let now = self.now();
        let mut world = self.world();
        world.truth.advance(now);
        let result = match delivery.parcel {
            Parcel::Fails(failure) => Err(failure),
            Parcel::Genuine => Ok(world.genuine_answer(index)),
            Parcel::Ready(_, answer) => Ok(answer),
        };
        let result = result.map(|mut answer| {
            answer.head_after = duration(now - started);
            answer
        });
        world.posts[index].ended = now;
        world.posts[index].came = match &result {
            Err(failure) if failure.sent == Sent::NotSent => Came::NotSent(failure.kind),
            Err(failure) => Came::Lost(failure.kind),
            Ok(answer) => {
                Came::Answered { status: answer.status, html: is_html(answer), retry_after: retry_after(answer) }
            }
        };
        if let Some((post, token)) = &world.cancel_at_answer
            && *post == index
        {
            token.cancel();
        }
        drop(world);
        drop(cut_off);
        result
    }

    async fn read(&self, request: Request) -> Result<Answer, Failure> {
        let started = self.now();
        let page = request.url.path().contains("/export/");
        let (index, delivery) = {
            let mut world = self.world();
            world.refuse_to_go_on_for_ever();
            let index = world.reads.len();
            world.reads.push(Read { page, started, ended: Millis::MAX, said: Said::UnderWay, age: 0 });
            let deadline = self.millis(request.deadline);
            let delivery = world.read_arrives(page, started, deadline, &request);
            (index, delivery)
        };
        let cut_off = CutOff { network: self, post: None, read: Some(index) };
        // What a read sees is the state in the middle of its way.
        self.sleep_until(delivery.at).await;
        let now = self.now();
        let mut world = self.world();
        world.truth.advance(now);
        let (said, result) = match delivery.parcel {
            Parcel::Fails(failure) => (Said::Nothing(failure.kind.name()), Err(failure)),
            Parcel::Genuine => {
                let (said, answer) = world.genuine_read(index, now);
                (said, Ok(answer))
            }
            Parcel::Ready(said, answer) => (said, Ok(answer)),
        };
        world.reads[index].ended = now;
        world.reads[index].said = said;
        drop(world);
        drop(cut_off);
        result.map(|mut answer| {
            answer.head_after = duration(now - started);
            answer
        })
    }
}

impl TestTransport for Network {
    fn exchange(&self, request: Request) -> ExchangeFuture<'_> {
        if request.post { Box::pin(self.post(request)) } else { Box::pin(self.read(request)) }
    }
}

/// Notes it when the client drops an exchange midway.
struct CutOff<'a> {
    network: &'a Network,
    post: Option<usize>,
    read: Option<usize>,
}

impl Drop for CutOff<'_> {
    fn drop(&mut self) {
        let now = self.network.now();
        let mut world = self.network.world();
        if let Some(post) = self.post
            && world.posts[post].came == Came::UnderWay
        {
            world.posts[post].came = Came::CutOff;
            world.posts[post].ended = now;
        }
        if let Some(read) = self.read
            && world.reads[read].said == Said::UnderWay
        {
            world.reads[read].said = Said::CutOff;
            world.reads[read].ended = now;
        }
    }
}

impl World {
    fn refuse_to_go_on_for_ever(&self) {
        assert!(self.posts.len() + self.reads.len() < TOO_MANY_REQUESTS, "the client makes requests without end");
    }

    fn server_wall(&self, now: Millis) -> i64 {
        calendar::client_wall(now) + self.clock
    }

    /// Why the server does not accept this signature; none: it does.
    fn unauthorized(&self, now: Millis, request: &Request) -> Option<&'static str> {
        if self.plan.server.revoked_at.is_some_and(|at| at <= now) {
            return Some("Unable to authenticate request");
        }
        let signed_at = request.authorization.to_str().ok().and_then(calendar::signed_at);
        let Some(signed_at) = signed_at else {
            return Some("Missing Authorization Header");
        };
        let age = self.server_wall(now) - signed_at;
        if age < 0 {
            return Some("The specified date does not match an expected ISO 8601 format");
        }
        (age > 900_000).then_some("The difference between the issued timestamp and the current time is too large")
    }

    fn post_arrives(&mut self, index: usize, now: Millis, deadline: Millis, request: &Request) -> Delivery {
        let limit = deadline.min(now + FIRST_BYTE_TIMEOUT);
        let trouble = if self.random.chance(self.plan.network.trouble) {
            Some(self.plan.network.only.unwrap_or_else(|| {
                self.random.pick(&[
                    Trouble::NotSent,
                    Trouble::Lost,
                    Trouble::Lost,
                    Trouble::Hangs,
                    Trouble::Portal,
                    Trouble::Redirect,
                    Trouble::Accepted,
                    Trouble::Refused,
                    Trouble::Throttled,
                    Trouble::Busy,
                    Trouble::ServerError,
                ])
            }))
        } else {
            None
        };
        if trouble == Some(Trouble::NotSent) {
            return self.not_sent(now, deadline);
        }
        self.ever_connected = true;
        self.clock = match self.plan.server.other_clock {
            Some(other) if self.random.chance(50) => other,
            _ => self.plan.server.clock_offset,
        };
        self.posts[index].clock = self.clock;
        let unauthorized = self.unauthorized(now, request);
        let Some(trouble) = trouble else {
            return self.on_its_way(index, now, limit, deadline, unauthorized);
        };
        let quickly = now + self.random.between(0, 1_500);
        let slowly = now + self.random.between(0, 25_000);
        let usual = if self.random.chance(85) { quickly } else { slowly };
        let (at, parcel) = match trouble {
            Trouble::NotSent => (now, Parcel::Genuine),
            Trouble::Lost => {
                let kind = self.random.weighted(&[(4, ErrorKind::Interrupted), (1, ErrorKind::InvalidResponse)]);
                (usual, Parcel::Fails(failure(Sent::MaybeSent, kind, None)))
            }
            Trouble::Hangs => (limit, Parcel::Fails(timed_out(limit, deadline))),
            Trouble::Portal => (usual, self.portal(200, now)),
            Trouble::Redirect => {
                let status = self.random.pick(&[301, 302, 303, 304, 307, 308]);
                let mut answer = self.answer(status, "", now);
                answer.headers.insert(LOCATION, HeaderValue::from_static("https://elsewhere.example/"));
                (usual, Parcel::Ready(Said::Nothing(""), answer))
            }
            Trouble::Accepted => {
                let status = self.random.pick(&[201, 202]);
                (usual, self.plain(status, now))
            }
            Trouble::Refused => {
                let status = self.random.pick(&[400, 401, 403, 404, 405, 407, 409, 410, 412, 418, 422]);
                (usual, self.plain(status, now))
            }
            Trouble::Throttled => (usual, self.later(429, now)),
            Trouble::Busy => {
                let status = self.random.pick(&[408, 503, 503]);
                let at = if self.random.chance(70) { usual } else { slowly };
                (at, self.later(status, now))
            }
            Trouble::ServerError => {
                let status = self.random.pick(&[500, 500, 502, 504, 504, 507]);
                (usual, self.plain(status, now))
            }
        };
        let in_time = at < limit || trouble == Trouble::Hangs;
        let delivery = if in_time {
            Delivery { at, parcel }
        } else {
            Delivery { at: limit, parcel: Parcel::Fails(timed_out(limit, deadline)) }
        };
        if unauthorized.is_none()
            && let Some(applied_at) = self.application(trouble, now, delivery.at)
        {
            let keep_files = self.posts[index].keep_files;
            self.truth.commit_at(applied_at, index, keep_files);
        }
        delivery
    }

    /// When a request in trouble reaches the truth, if it does.
    fn application(&mut self, trouble: Trouble, now: Millis, ended: Millis) -> Option<Millis> {
        match trouble {
            Trouble::NotSent | Trouble::Refused | Trouble::Throttled => return None,
            Trouble::Portal | Trouble::Redirect if ended - now <= AT_ONCE => return None,
            // Whoever says so at once has hardly ever handed the request on. A gateway that says it later has.
            Trouble::Busy if ended - now <= AT_ONCE && !self.random.chance(4) => return None,
            Trouble::Portal
            | Trouble::Redirect
            | Trouble::Busy
            | Trouble::Lost
            | Trouble::Hangs
            | Trouble::Accepted
            | Trouble::ServerError => {}
        }
        let applies = match self.plan.network.applies {
            Applies::Sometimes => {
                self.random.weighted(&[(4, Applies::Never), (3, Applies::AtOnce), (3, Applies::Late)])
            }
            always => always,
        };
        match applies {
            Applies::Never | Applies::Sometimes => None,
            Applies::AtOnce => Some(self.random.between(now, ended)),
            Applies::Late => Some(ended + self.random.between(0, LATEST_APPLICATION)),
        }
    }

    /// A POST that reaches the server and is answered by it.
    fn on_its_way(
        &mut self,
        index: usize,
        now: Millis,
        limit: Millis,
        deadline: Millis,
        unauthorized: Option<&'static str>,
    ) -> Delivery {
        let leg = |random: &mut Random| {
            if random.chance(96) { random.between(2, 300) } else { random.between(300, 20_000) }
        };
        let there = now + leg(&mut self.random);
        let back = there + leg(&mut self.random);
        let in_time = back < limit;
        if let Some(reason) = unauthorized {
            if in_time {
                let answer = self.answer(401, &message(reason), back);
                return Delivery { at: back, parcel: Parcel::Ready(Said::Nothing(""), answer) };
            }
        } else {
            let keep_files = self.posts[index].keep_files;
            self.truth.commit_at(there, index, keep_files);
        }
        if in_time {
            Delivery { at: back, parcel: Parcel::Genuine }
        } else {
            Delivery { at: limit, parcel: Parcel::Fails(timed_out(limit, deadline)) }
        }
    }

    fn not_sent(&mut self, now: Millis, deadline: Millis) -> Delivery {
        let (kind, phase, takes) = match self.random.below(10) {
            0..5 => (ErrorKind::Connect, None, self.random.between(0, 3_000)),
            5..6 => (ErrorKind::Tls, None, self.random.between(0, 1_000)),
            6..7 => (ErrorKind::Proxy, None, self.random.between(0, 1_000)),
            _ => (ErrorKind::Timeout, Some(TimeoutPhase::Connect), CONNECT_TIMEOUT),
        };
        if now + takes < deadline {
            return Delivery { at: now + takes, parcel: Parcel::Fails(failure(Sent::NotSent, kind, phase)) };
        }
        // The real transport cannot see the phase then, unless there never was a connection.
        let sent = if self.ever_connected { Sent::MaybeSent } else { Sent::NotSent };
        let phase = Some(TimeoutPhase::Operation);
        Delivery { at: deadline, parcel: Parcel::Fails(failure(sent, ErrorKind::Timeout, phase)) }
    }

    fn plain(&mut self, status: u16, now: Millis) -> Parcel {
        let answer = self.answer(status, &message("somebody on the way says so"), now);
        Parcel::Ready(Said::Refused { status, html: false }, answer)
    }

    fn portal(&mut self, status: u16, now: Millis) -> Parcel {
        let by_type = self.random.chance(50);
        let mut answer = self.answer(status, "<!DOCTYPE html><title>Sign in</title>", now);
        if by_type {
            answer.body = b"Please sign in".to_vec();
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            answer.headers.insert(CONTENT_TYPE, html);
        }
        Parcel::Ready(Said::Nothing("html"), answer)
    }

    /// An answer that asks for patience, perhaps with Retry-After.
    fn later(&mut self, status: u16, now: Millis) -> Parcel {
        let wait = self.random.pick(&[0, 1, 2, 3, 5, 20, 40, 150]);
        let with_wait = self.random.chance(50);
        let as_date = self.random.chance(30);
        let mut answer = self.answer(status, &message("later"), now);
        if with_wait {
            let date = answer.headers.contains_key(DATE);
            let text = if as_date && date {
                calendar::http_date(self.server_wall(now).div_euclid(1_000) + wait)
            } else {
                wait.to_string()
            };
            answer.headers.insert(RETRY_AFTER, HeaderValue::from_str(&text).unwrap());
        }
        Parcel::Ready(Said::Nothing("later"), answer)
    }

    /// The server's answer to a POST that it processed.
    fn genuine_answer(&mut self, index: usize) -> Answer {
        let now = self.posts[index].started;
        self.clock = self.posts[index].clock;
        let server = &self.plan.server;
        let status = match self.truth.found_by(index) {
            Some(Phase::Ready) => server.success,
            Some(Phase::Consumed) => server.again,
            Some(Phase::Processing) => server.not_ready,
            Some(Phase::Failed | Phase::Expired) | None => server.expired,
        };
        // The body of a success changes nothing, however it ends.
        let end = self.random.weighted(&[
            (20, BodyEndName::Complete),
            (1, BodyEndName::Interrupted),
            (1, BodyEndName::Malformed),
            (1, BodyEndName::TimedOut),
        ]);
        let body = if status < 300 { String::new() } else { message("The token cannot be committed") };
        let mut answer = self.answer(status, &body, now);
        answer.body_end = end.end();
        answer
    }

    fn read_arrives(&mut self, page: bool, now: Millis, deadline: Millis, request: &Request) -> Delivery {
        self.clock = self.plan.server.clock_offset;
        let limit = deadline.min(now + FIRST_BYTE_TIMEOUT);
        let rtt = if self.random.chance(97) { self.random.between(4, 300) } else { self.random.between(300, 9_000) };
        let trouble = if page { self.plan.reads.page_trouble } else { self.plan.reads.status_trouble };
        let in_trouble = self.random.chance(trouble);
        let outage = self.plan.reads.outage.filter(|(from, to, _)| (*from..*to).contains(&now));
        let at = now + rtt;
        let silent = Delivery { at: limit, parcel: Parcel::Fails(timed_out(limit, deadline)) };
        if at >= limit {
            return silent;
        }
        let parcel = if let Some((_, _, outage)) = outage {
            match outage {
                Outage::Refused => Parcel::Fails(failure(Sent::NotSent, ErrorKind::Connect, None)),
                Outage::Silent => return silent,
                Outage::Unavailable => self.later(503, now),
                Outage::Broken => self.plain_read(500, now),
                Outage::HtmlNotFound => self.html_read(404, now),
            }
        } else if in_trouble {
            match self.random.below(15) {
                0 => self.plain_read(500, now),
                1 => self.plain_read(502, now),
                2 => self.later(503, now),
                3 => self.later(429, now),
                4 => return silent,
                5 => Parcel::Fails(failure(Sent::MaybeSent, ErrorKind::Interrupted, None)),
                6 => Parcel::Fails(failure(Sent::NotSent, ErrorKind::Connect, None)),
                7 => self.portal(200, now),
                8 => {
                    let answer = self.answer(200, "Status: Retrieved, not as JSON", now);
                    Parcel::Ready(Said::Nothing("not JSON"), answer)
                }
                9 => {
                    // What came of the body would be good news, but it is cut.
                    let text = if page { r#"{"Count":1}"# } else { r#"{"Status":"Retrieved"}"# };
                    let mut answer = self.answer(200, text, now);
                    answer.body_end = BodyEnd::Interrupted(String::from("cut"));
                    Parcel::Ready(Said::Nothing("cut"), answer)
                }
                10 => self.plain_read(403, now),
                11 => {
                    let answer = self.answer(302, "", now);
                    Parcel::Ready(Said::Nothing("redirect"), answer)
                }
                // A gateway's, as JSON, while the token lives.
                12 | 13 => self.plain(404, now),
                _ if page => self.plain_read(504, now),
                _ => {
                    let answer = self.answer(200, r#"{"Status":"Archiving"}"#, now);
                    Parcel::Ready(Said::Nothing("unknown word"), answer)
                }
            }
        } else if let Some(reason) = self.unauthorized(now, request) {
            let answer = self.answer(401, &message(reason), now);
            Parcel::Ready(Said::Refused { status: 401, html: false }, answer)
        } else {
            Parcel::Genuine
        };
        Delivery { at, parcel }
    }

    fn plain_read(&mut self, status: u16, now: Millis) -> Parcel {
        let answer = self.answer(status, &message("no"), now);
        Parcel::Ready(Said::Nothing("error"), answer)
    }

    fn html_read(&mut self, status: u16, now: Millis) -> Parcel {
        let answer = self.answer(status, "<html>404</html>", now);
        Parcel::Ready(Said::Refused { status, html: true }, answer)
    }

    /// A read that the service itself answers: as late as the plan says.
    fn genuine_read(&mut self, index: usize, now: Millis) -> (Said, Answer) {
        let Read { page, started, .. } = self.reads[index];
        self.clock = self.plan.server.clock_offset;
        let seen = started + (now - started) / 2;
        let lag = if page { self.plan.reads.page_lag } else { self.plan.reads.status_lag };
        let lag = self.draw_lag(lag);
        let age = if self.random.chance(self.plan.server.cached) {
            // Whole seconds, and the state is as old as the answer says.
            Some(self.random.between(1, OLDEST_CACHE / 1_000) * 1_000)
        } else {
            None
        };
        let view = seen - lag.max(age.unwrap_or(0));
        let (said, mut answer) = if page { self.genuine_page(view, seen) } else { self.genuine_status(view, seen) };
        if let Some(age) = age {
            self.reads[index].age = age;
            let date = calendar::http_date(self.server_wall(seen - age).div_euclid(1_000));
            answer.headers.insert(DATE, HeaderValue::from_str(&date).unwrap());
            answer.headers.insert(AGE, HeaderValue::from(u64::try_from(age / 1_000).unwrap()));
        }
        (said, answer)
    }

    fn draw_lag(&mut self, lag: Lag) -> Millis {
        if lag.jitters { self.random.between(0, lag.longest) } else { lag.longest }
    }

    fn genuine_status(&mut self, view: Millis, now: Millis) -> (Said, Answer) {
        match self.truth.status_says(view) {
            Saying::Refused(status) => {
                let answer = self.answer(status, &message("no such token"), now);
                (Said::Refused { status, html: false }, answer)
            }
            Saying::Word(word) => {
                let counted = matches!(word, "Complete" | "Retrieved" | "Expired");
                let no_rows = self.plan.token.empty || !counted;
                let rows = if no_rows { 0 } else { 3 };
                let expires = if word == "Processing" { Some(String::new()) } else { self.expires_text() };
                let expires = expires.map_or_else(String::new, |text| format!(r#""Expires":"{text}","#));
                let body =
                    format!(r#"{{"AccessToken":1,{expires}"Status":"{word}","RowCount":{rows},"ByteCount":{rows}}}"#);
                let answer = self.answer(200, &body, now);
                (Said::Word { word, no_rows }, answer)
            }
        }
    }

    fn expires_text(&self) -> Option<String> {
        let seconds = self.server_wall(self.plan.token.expires_at).div_euclid(1_000);
        match self.plan.server.expires_text {
            ExpiresText::Utc { off_seconds } => Some(calendar::zoneless(seconds + off_seconds) + "Z"),
            ExpiresText::ZonelessUtc { off_seconds } => Some(calendar::zoneless(seconds + off_seconds)),
            ExpiresText::ZonelessEastern { hours } => Some(calendar::zoneless(seconds - hours * 3_600)),
            ExpiresText::Absent => None,
            ExpiresText::Empty => Some(String::new()),
            ExpiresText::Unparsable => Some(String::from("11/24/2026 6:25:53 AM")),
        }
    }

    fn genuine_page(&mut self, view: Millis, now: Millis) -> (Said, Answer) {
        // A page never lags behind readiness: one that worked keeps working until the token is over. That is assumed.
        let ready = match self.truth.phase(view) {
            Phase::Ready => true,
            Phase::Processing => self.truth.phase(now) == Phase::Ready,
            Phase::Consumed | Phase::Expired | Phase::Failed => false,
        };
        let (refusal, html) = match self.plan.reads.page_route {
            PageRoute::Right { .. } if ready => {
                let count = u8::from(!self.plan.token.empty);
                let body = format!(r#"{{"Count":{count},"HasMore":false,"TotalResults":{count}}}"#);
                return (Said::PageWorks, self.answer(200, &body, now));
            }
            PageRoute::Right { refusal, html } | PageRoute::Wrong { refusal, html } => (refusal, html),
        };
        let text = if html { String::from("<html>") } else { message("no such token") };
        let answer = self.answer(refusal, &text, now);
        (Said::Refused { status: refusal, html }, answer)
    }

    /// An answer as of a moment; its body is JSON or starts like HTML.
    fn answer(&mut self, status: u16, body: &str, now: Millis) -> Answer {
        let mut headers = HeaderMap::new();
        if !self.random.chance(self.plan.server.dateless) {
            let date = calendar::http_date(self.server_wall(now).div_euclid(1_000));
            headers.insert(DATE, HeaderValue::from_str(&date).unwrap());
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Answer {
            status,
            headers,
            body: body.as_bytes().to_vec(),
            body_end: BodyEnd::Complete,
            head_after: std::time::Duration::ZERO,
        }
    }
}

#[derive(Clone, Copy)]
enum BodyEndName {
    Complete,
    Interrupted,
    Malformed,
    TimedOut,
}

impl BodyEndName {
    fn end(self) -> BodyEnd {
        match self {
            BodyEndName::Complete => BodyEnd::Complete,
            BodyEndName::Interrupted => BodyEnd::Interrupted(String::from("cut")),
            BodyEndName::Malformed => BodyEnd::Malformed(String::from("bad gzip")),
            BodyEndName::TimedOut => BodyEnd::TimedOut(TimeoutPhase::Body),
        }
    }
}

fn message(text: &str) -> String {
    format!(r#"{{"Message":"{text}"}}"#)
}

fn failure(sent: Sent, kind: ErrorKind, phase: Option<TimeoutPhase>) -> Failure {
    Failure { sent, kind, phase, tls: None, no_thread: false, source: None }
}

fn timed_out(limit: Millis, deadline: Millis) -> Failure {
    let phase = if limit >= deadline { TimeoutPhase::Operation } else { TimeoutPhase::FirstByte };
    failure(Sent::MaybeSent, ErrorKind::Timeout, Some(phase))
}

/// This world writes HTML in two ways only.
fn is_html(answer: &Answer) -> bool {
    answer.body.starts_with(b"<")
        || answer.headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

/// In seconds, when it was written as such.
fn retry_after(answer: &Answer) -> Option<i64> {
    answer.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

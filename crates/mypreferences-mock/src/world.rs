//! The state of one scenario: exports, rules, log, authorization and clock.
//! Separate from the TCP server, so that one listener can serve many worlds side by side.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::answer::{Answer, Reply};
use crate::authorization::Authorization;
use crate::clock::Clock;
use crate::export::{Export, ExportState, ExportView, unknown_token};
use crate::export_kind::ExportKind;
use crate::http::Head;
use crate::initiate::Order;
use crate::line::{Line, LineConfig};
use crate::lock::lock;
use crate::log::{Log, LoggedRequest};
use crate::oauth::{self, Issued};
use crate::page_changes::PageChanges;
use crate::route::{Operation, Route};
use crate::rules::{Action, Asked, Rule, Rules};
use crate::source::{self, Source};
use crate::strict::{Checked, Rulebook, Verdict};
use crate::wire::Body;

/// How a world begins.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// The only client id that is known; another one in the path is answered 404.
    pub client_id: String,
    /// Who may ask.
    pub authorization: Authorization,
    /// The realm named in a 401.
    pub realm: String,
    /// Whether scenario time (processing, lifetimes, waiting rules, late applications) stands still until it is advanced.
    /// `Date` moves with it, so a signature that does not follow `Date` is too old after a quarter of an hour.
    pub virtual_clock: bool,
    /// What tokens and records are made from.
    pub seed: u64,
    /// The line to it.
    pub line: LineConfig,
    /// How many requests the log keeps; the oldest are dropped. (It also keeps 64 MiB at most.)
    pub log_capacity: usize,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            client_id: "ExampleClient".to_owned(),
            authorization: Authorization::None,
            realm: "https://pm.mypreferences.com".to_owned(),
            virtual_clock: false,
            seed: 0,
            line: LineConfig::default(),
            log_capacity: 20_000,
        }
    }
}

/// One scenario. All methods take `&self` and may be called from any thread while requests are served.
pub struct World {
    clock: Clock,
    line: Arc<Line>,
    config: WorldConfig,
    state: Mutex<State>,
    log: Mutex<Log>,
    changes: Changes,
    /// The scenario that it plays, with what was added since; none for a world that no scenario has opened.
    script: Mutex<Option<serde_json::Value>>,
}

/// Shows no exports: their tokens are the keys. Asks for no lock, so that it can be printed at any moment.
impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("config", &self.config)
            .field("elapsed", &self.clock.elapsed())
            .finish_non_exhaustive()
    }
}

struct State {
    exports: BTreeMap<i64, ExportState>,
    sources: Vec<Source>,
    initiated: u64,
    issued: Issued,
    rules: Rules,
    authorization: Authorization,
    send_date: bool,
    extra_headers: Vec<(String, String)>,
}

impl World {
    /// A world without exports and rules, whose time begins now.
    pub fn new(config: WorldConfig) -> Self {
        let state = State {
            exports: BTreeMap::new(),
            sources: Vec::new(),
            initiated: 0,
            issued: Issued::default(),
            rules: Rules::default(),
            authorization: config.authorization.clone(),
            send_date: true,
            extra_headers: Vec::new(),
        };
        Self {
            clock: Clock::start(config.virtual_clock),
            line: Arc::new(Line::new(config.line.clone())),
            state: Mutex::new(state),
            log: Mutex::new(Log::new(config.log_capacity)),
            changes: Changes::default(),
            script: Mutex::new(None),
            config,
        }
    }

    pub(crate) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// Adds an export, or replaces the one with the same token.
    pub fn add_export(&self, export: Export) {
        let state = ExportState::new(export, self.clock.scenario_time());
        let token = state.token();
        lock(&self.state).exports.insert(token, state);
    }

    /// Forgets an export; whatever asks for its token is answered 404. Says whether there was one.
    pub fn remove_export(&self, token: i64) -> bool {
        lock(&self.state).exports.remove(&token).is_some()
    }

    /// The export as it is now.
    pub fn export(&self, token: i64) -> Option<ExportView> {
        let now = self.clock.scenario_time();
        lock(&self.state).exports.get_mut(&token).map(|export| export.view(now))
    }

    /// All exports as they are now, by token.
    pub fn exports(&self) -> Vec<ExportView> {
        let now = self.clock.scenario_time();
        lock(&self.state).exports.values_mut().map(|export| export.view(now)).collect()
    }

    /// Adds something that an initiate can name, or replaces what has the same kind and name.
    pub fn add_source(&self, source: Source) {
        let sources = &mut lock(&self.state).sources;
        sources.retain(|known| known.kind != source.kind || known.name != source.name);
        sources.push(source);
    }

    /// Sets the status word of an export, any word. `Complete` brings deleted files back.
    /// Says whether there is such an export.
    pub fn set_status(&self, token: i64, word: &str) -> bool {
        let known = match lock(&self.state).exports.get_mut(&token) {
            Some(export) => {
                export.set_status(word);
                true
            }
            None => false,
        };
        self.changes.announce();
        known
    }

    /// Changes the settings of an export (its status word too). Says whether there is such an export.
    /// The closure must not call the world: it is locked meanwhile.
    pub fn update_export(&self, token: i64, change: impl FnOnce(&mut Export)) -> bool {
        let known = match lock(&self.state).exports.get_mut(&token) {
            Some(export) => {
                export.update(change);
                true
            }
            None => false,
        };
        self.changes.announce();
        known
    }

    /// Adds a rule at the end of the list.
    pub fn push_rule(&self, rule: Rule) {
        let now = self.clock.scenario_time();
        lock(&self.state).rules.push(rule, now);
    }

    /// Removes all rules.
    pub fn clear_rules(&self) {
        lock(&self.state).rules.clear();
    }

    /// Changes who may ask from now on.
    pub fn set_authorization(&self, authorization: Authorization) {
        lock(&self.state).authorization = authorization;
    }

    /// Sets how far the server's clock is ahead of the machine's, in milliseconds (negative: behind).
    /// `Date`, `Expires` and the check of time stamps follow it.
    pub fn set_clock_offset(&self, millis: i64) {
        self.clock.set_offset_millis(millis);
    }

    /// Lets scenario time pass. `false`: this world has no virtual clock, and nothing happens.
    pub fn advance(&self, duration: Duration) -> bool {
        if self.clock.is_virtual() {
            self.clock.advance(duration);
            self.changes.announce();
        }
        self.clock.is_virtual()
    }

    /// Scenario time since the world began: real, unless it has a virtual clock.
    pub fn scenario_time(&self) -> Duration {
        self.clock.scenario_time()
    }

    /// Waits for so much scenario time.
    pub(crate) async fn pass(&self, duration: Duration) {
        self.clock.pass(duration).await;
    }

    /// The server's idea of the time, in milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.clock.now_millis()
    }

    /// Time since the world began: the time of the log.
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Switches the `Date` header of all answers on or off.
    pub fn set_date_header(&self, send: bool) {
        lock(&self.state).send_date = send;
    }

    /// Headers of all answers, for example `Age` or a request id; replaces the previous ones.
    pub fn set_extra_headers(&self, headers: Vec<(String, String)>) {
        lock(&self.state).extra_headers = headers;
    }

    /// All requests in the order in which they were complete.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        lock(&self.log).requests().to_vec()
    }

    /// The requests for one operation.
    pub fn requests_for(&self, operation: Operation) -> Vec<LoggedRequest> {
        lock(&self.log).requests().iter().filter(|request| operation.covers(request.operation)).cloned().collect()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        lock(&self.log).clear();
    }

    /// Waits until the log fulfils the condition, which is asked after each change.
    /// `false`: it did not within the time. Needs a tokio runtime with timers.
    pub async fn wait_for(&self, condition: impl Fn(&[LoggedRequest]) -> bool, timeout: Duration) -> bool {
        self.changes.wait(|| condition(&self.requests()), timeout).await
    }

    /// Waits until an export fulfils the condition. `false`: it did not within the time, or there is no such export.
    pub async fn wait_for_export(
        &self,
        token: i64,
        condition: impl Fn(&ExportView) -> bool,
        timeout: Duration,
    ) -> bool {
        self.changes.wait(|| self.export(token).is_some_and(|view| condition(&view)), timeout).await
    }

    /// [`World::wait_for`] for synchronous code.
    pub fn wait_for_blocking(&self, condition: impl Fn(&[LoggedRequest]) -> bool, timeout: Duration) -> bool {
        self.changes.wait_blocking(|| condition(&self.requests()), timeout)
    }

    /// The newest requests, so many at most, oldest first, each as the function makes it: the log is locked meanwhile.
    pub(crate) fn newest_requests<T>(&self, most: usize, view: impl Fn(&LoggedRequest) -> T) -> Vec<T> {
        let log = lock(&self.log);
        let requests = log.requests();
        requests[requests.len().saturating_sub(most)..].iter().map(view).collect()
    }

    /// What can be initiated.
    pub(crate) fn sources(&self) -> Vec<Source> {
        lock(&self.state).sources.clone()
    }

    /// The only client id that is known.
    pub(crate) fn client_id(&self) -> &str {
        &self.config.client_id
    }

    pub(crate) fn script(&self) -> Option<serde_json::Value> {
        lock(&self.script).clone()
    }

    pub(crate) fn set_script(&self, script: serde_json::Value) {
        *lock(&self.script) = Some(script);
    }

    /// What its tokens and records are made from.
    pub(crate) fn seed(&self) -> u64 {
        self.config.seed
    }

    /// How many requests were logged since the world began.
    pub(crate) fn request_count(&self) -> u64 {
        lock(&self.log).count()
    }

    /// Judges a request by the strict rules.
    pub(crate) fn check(&self, head: &Head, route: &Route, body: &Body) -> Verdict {
        let state = lock(&self.state);
        Rulebook {
            client_id: &self.config.client_id,
            authorization: &state.authorization,
            realm: &self.config.realm,
            now_millis: self.clock.now_millis(),
            issued: &state.issued,
            now: self.clock.scenario_time(),
        }
        .check(head, route, body)
    }

    /// Does what a checked request asks, and says what is to be answered.
    pub(crate) fn carry_out(&self, checked: &Checked) -> Reply {
        self.carry_out_changed(checked, &PageChanges::default())
    }

    /// [`World::carry_out`], and a page is not as it should be.
    pub(crate) fn carry_out_changed(&self, checked: &Checked, changes: &PageChanges) -> Reply {
        let reply = match checked {
            Checked::OfToken { token, request } => match lock(&self.state).exports.get_mut(token) {
                Some(export) => export.carry_out(self.line.limited(*request), &self.clock, changes),
                None => unknown_token().into(),
            },
            Checked::Initiate { kind, name, order } => self.initiate(*kind, name, order),
            Checked::Token => self.issue_token(),
        };
        self.changes.announce();
        reply
    }

    fn initiate(&self, kind: ExportKind, name: &str, order: &Order) -> Reply {
        let mut state = lock(&self.state);
        let source = state.sources.iter().find(|source| source.kind == kind && source.name == name).cloned();
        let Some(source) = source else {
            return Answer::message(404, "There is nothing of this name to be exported.").into();
        };
        let token = loop {
            let token = source::token(self.config.seed, state.initiated);
            state.initiated += 1;
            if !state.exports.contains_key(&token) {
                break token;
            }
        };
        let export = source.export(token, self.config.seed, order);
        let export = ExportState::new(export, self.clock.scenario_time());
        state.exports.insert(token, export);
        Answer::json(200, format!("{{\"AccessToken\":{token}}}")).into()
    }

    fn issue_token(&self) -> Reply {
        let mut state = lock(&self.state);
        let Authorization::OAuth(client) = state.authorization.clone() else {
            return unknown_token().into();
        };
        let now = self.clock.scenario_time();
        let token = state.issued.issue(self.config.seed, now, client.expires_in);
        oauth::answer(&token, &client).into()
    }

    /// Uses up a turn of the first rule that holds.
    pub(crate) fn pick_action(&self, asked: Asked) -> Action {
        let now = self.clock.scenario_time();
        lock(&self.state).rules.pick(asked, now)
    }

    /// The headers that every answer has: those of the vendor's sample.
    pub(crate) fn common_headers(&self) -> Vec<(String, String)> {
        let mut headers: Vec<(String, String)> =
            [("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Expires", "-1"), ("Server", "Microsoft-IIS/8.0")]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
        let state = lock(&self.state);
        if state.send_date
            && let Some(date) = self.clock.http_date()
        {
            headers.push(("Date".to_owned(), date));
        }
        headers.extend(state.extra_headers.iter().cloned());
        headers
    }

    /// Adds a request to the log and returns its number.
    pub(crate) fn record(&self, request: LoggedRequest) -> u64 {
        let number = lock(&self.log).push(request);
        self.changes.announce();
        number
    }

    /// Changes a request of the log, unless it has been dropped from it.
    pub(crate) fn amend(&self, number: u64, change: impl FnOnce(&mut LoggedRequest)) {
        if let Some(request) = lock(&self.log).get_mut(number) {
            change(request);
        }
        self.changes.announce();
    }
}

/// Tells waiters, asynchronous and synchronous ones, that something has changed.
#[derive(Debug, Default)]
struct Changes {
    sender: watch::Sender<u64>,
    count: Mutex<u64>,
    condition: Condvar,
}

impl Changes {
    fn announce(&self) {
        self.sender.send_modify(|count| *count += 1);
        *lock(&self.count) += 1;
        self.condition.notify_all();
    }

    async fn wait(&self, fulfilled: impl Fn() -> bool, timeout: Duration) -> bool {
        let mut receiver = self.sender.subscribe();
        let waiting = async {
            loop {
                receiver.borrow_and_update();
                if fulfilled() {
                    return true;
                }
                if receiver.changed().await.is_err() {
                    return false;
                }
            }
        };
        // Asked once more at the end: what the passing of time alone changes is announced by nobody.
        tokio::time::timeout(timeout, waiting).await.unwrap_or_else(|_| fulfilled())
    }

    fn wait_blocking(&self, fulfilled: impl Fn() -> bool, timeout: Duration) -> bool {
        let begun = Instant::now();
        loop {
            let before = *lock(&self.count);
            if fulfilled() {
                return true;
            }
            let left = timeout.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            let guard = lock(&self.count);
            let _unused = self.condition.wait_timeout_while(guard, left, |count| *count == before);
        }
    }
}

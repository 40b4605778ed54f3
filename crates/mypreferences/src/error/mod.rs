//! The error record: one catalogue of kinds with stable numbers, and one struct that carries everything a caller,
//! a log or a program needs to act on a failure. Which status code becomes which kind is decided in
//! [`crate::http::status_code`]; whether a request was sent, in `crate::http::delivery`.

mod catalogue_entry;
#[rustfmt::skip] // made by `cargo xtask generate`
mod kind;
mod kind_questions;
mod next_action;
pub(crate) mod outcome;
pub(crate) mod quoted;

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use strum::IntoStaticStr;

use outcome::RequestOutcome;

pub use kind::{ErrorFamily, ErrorKind};

use crate::json::{optional_seconds, seconds, text};

/// The call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// Building a client.
    Configure,
    /// `commit`.
    Commit,
    /// `resolve_commit`.
    ResolveCommit,
    /// `status`.
    Status,
    /// `probe_page`, and each page of an export.
    Page,
    /// `initiate`.
    Initiate,
    /// `wait`.
    Wait,
    /// An export landed in a folder, and looking at one. Its commit is a `commit`.
    Export,
}

impl Operation {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The HTTP method of its requests.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Operation::Initiate | Operation::Commit => "POST",
            Operation::Configure
            | Operation::ResolveCommit
            | Operation::Status
            | Operation::Page
            | Operation::Wait
            | Operation::Export => "GET",
        }
    }

    const fn is_read(self) -> bool {
        match self {
            Operation::Configure | Operation::Commit | Operation::Initiate => false,
            Operation::ResolveCommit | Operation::Status | Operation::Page | Operation::Wait | Operation::Export => {
                true
            }
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which time limit passed. Only with [`ErrorKind::Timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// `connect_timeout`: name resolution, TCP, TLS, proxy.
    Connect,
    /// `first_byte_timeout`: request sent to response head.
    FirstByte,
    /// `body_timeout`: silence while reading a body.
    Body,
    /// `timeout`: the whole call.
    Operation,
    /// The server said so: 408.
    Server,
}

impl TimeoutPhase {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Retry {
    /// The same call will fail again until something is changed.
    Permanent,
    /// The same call may succeed later.
    Temporary,
    /// Was temporary and outlived the retries of this call.
    Persistent,
}

impl Retry {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The transport fact of one request: what is known about its way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Sent {
    /// Certainly nothing of it reached the server.
    NotSent,
    /// It may have reached the server; no complete response head came back.
    MaybeSent,
    /// A complete response head came back.
    Answered,
}

impl Sent {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What a failed commit says about *this call's* requests. Never more: the token may have been committed by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CommitState {
    /// No request of this call was applied.
    NotCommitted,
    /// A request of this call may have been applied.
    Unknown,
}

impl CommitState {
    /// The name in `snake_case`, as the canonical record has it.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One send of a call: a POST of a commit, or one try of a read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// 1 for the first.
    pub n: u32,
    /// Time between the end of the attempt before and the start of this one; for the first, since the call began.
    #[serde(serialize_with = "seconds")]
    pub delay_before: Duration,
    /// How long it took.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
    /// What is known about its way to the server.
    pub sent: Sent,
    /// Status code, when answered.
    pub status: Option<u16>,
    /// The kind of its failure; none for a success.
    pub kind: Option<ErrorKind>,
}

/// A failure, as data. One allocation; cheap to move.
///
/// `Display` is one line that ends with the next step; `Debug` has every field. Neither ever shows a secret or an
/// access token. [`Error::to_json`] is the canonical record, the same bytes in every language.
#[derive(Clone)]
pub struct Error(Box<ErrorRecord>);

/// The fields of [`Error`], in the order of the canonical record.
#[derive(Clone, Debug, Serialize)]
struct ErrorRecord {
    #[serde(flatten, serialize_with = "with_number")]
    kind: ErrorKind,
    phase: Option<TimeoutPhase>,
    operation: Operation,
    detail: Option<String>,
    http_status: Option<u16>,
    server_message: Option<String>,
    retry: Retry,
    #[serde(serialize_with = "optional_seconds")]
    retry_after: Option<Duration>,
    sent: Sent,
    commit_state: Option<CommitState>,
    attempts: Vec<Attempt>,
    #[serde(serialize_with = "seconds")]
    elapsed: Duration,
    request_id: Option<String>,
    method: Option<&'static str>,
    url: Option<String>,
    next_action: String,
    source: Option<Cause>,
    /// The answer was an HTML page.
    #[serde(skip)]
    html: bool,
    /// The request for an OAuth token failed, and not one to the service.
    #[serde(skip)]
    of_token_endpoint: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde hands out references
fn with_number<S: serde::Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Numbered {
        kind: ErrorKind,
        number: u16,
    }
    Numbered { kind: *kind, number: kind.number() }.serialize(serializer)
}

/// The underlying cause in words, redacted.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

/// How a record is made: `Error::of`, then the steps for what is known, then `Error::advised` where the next step
/// depends on them.
impl Error {
    /// A failure of which nothing more is known: nothing was sent.
    pub(crate) fn of(operation: Operation, kind: ErrorKind) -> Error {
        let record = ErrorRecord {
            kind,
            phase: None,
            operation,
            detail: None,
            http_status: None,
            server_message: None,
            retry: Retry::Permanent,
            retry_after: None,
            sent: Sent::NotSent,
            commit_state: None,
            attempts: Vec::new(),
            elapsed: Duration::ZERO,
            request_id: None,
            method: None,
            url: None,
            next_action: kind.next_action().to_owned(),
            source: None,
            html: false,
            of_token_endpoint: false,
        };
        Error(Box::new(record)).during(operation).after(Vec::new(), Duration::ZERO)
    }

    /// Which limit passed.
    pub(crate) fn in_phase(mut self, phase: Option<TimeoutPhase>) -> Error {
        self.0.phase = phase;
        self
    }

    /// What came back, or did not, from the last request.
    pub(crate) fn answered(mut self, last: &RequestOutcome) -> Error {
        self.0.http_status = last.status;
        self.0.html = last.html;
        self.0.server_message.clone_from(&last.server_message);
        self.0.retry_after = last.retry_after;
        self.0.sent = last.sent;
        self.0.request_id.clone_from(&last.request_id);
        self.0.source = last.source.clone().map(Cause);
        self.0.of_token_endpoint = last.told.as_ref().is_some_and(|told| told.of_token_endpoint);
        self
    }

    /// What ended the call was not the answer to its last request.
    pub(crate) fn not_by_an_answer(mut self) -> Error {
        let record = &mut *self.0;
        (record.http_status, record.html, record.of_token_endpoint) = (None, false, false);
        record.retry_after = None;
        (record.server_message, record.request_id, record.source) = (None, None, None);
        self
    }

    /// The sends of the call, and how long it took. More than one: what is temporary has outlived the retries.
    pub(crate) fn after(mut self, attempts: Vec<Attempt>, elapsed: Duration) -> Error {
        let kind = self.0.kind;
        self.0.retry = match (kind.is_temporary(self.0.operation), attempts.len()) {
            (false, _) => Retry::Permanent,
            (true, 0 | 1) => Retry::Temporary,
            (true, _) if kind == ErrorKind::OutcomeUnknown => Retry::Temporary,
            (true, _) => Retry::Persistent,
        };
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// One more send, which was under way.
    pub(crate) fn with_attempt(mut self, attempt: Attempt) -> Error {
        self.0.sent = attempt.sent;
        self.0.attempts.push(attempt);
        self
    }

    /// The request, its access token masked.
    pub(crate) fn of_request(mut self, url: Option<String>) -> Error {
        self.0.method = Some(self.0.operation.method());
        self.0.url = url;
        self
    }

    pub(crate) fn with_commit_state(mut self, state: impl Into<Option<CommitState>>) -> Error {
        self.0.commit_state = state.into();
        self
    }

    /// Nothing is known of what was sent.
    fn unknown_if_sent(mut self) -> Error {
        self.0.sent = Sent::MaybeSent;
        if self.0.operation == Operation::Commit {
            self.0.commit_state = Some(CommitState::Unknown);
        }
        self
    }

    /// What kind and operation do not say. It may not hold a secret or an access token.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = Some(detail.into());
        self
    }

    pub(crate) fn with_next_action(mut self, next_action: impl Into<String>) -> Error {
        self.0.next_action = next_action.into();
        self
    }

    /// The next step of its own, or that of the record so far.
    pub(crate) fn advised(mut self, own: Option<String>) -> Error {
        self.0.next_action = own.unwrap_or_else(|| next_action::of(&self.0));
        self
    }

    /// The same failure, told of the operation in which it happened.
    pub(crate) fn during(mut self, operation: Operation) -> Error {
        self.0.operation = operation;
        self.0.commit_state = (operation == Operation::Commit).then_some(CommitState::NotCommitted);
        self
    }

    /// A failure before any I/O, for the code around the core (bindings, the command) that refuses something itself:
    /// the record is then the same as the core's own. `detail` says what was wrong, `next_action` what to do instead;
    /// neither may hold a secret or an access token.
    pub fn before_io(
        kind: ErrorKind,
        operation: Operation,
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Error {
        Error::of(operation, kind).with_detail(detail).with_next_action(next_action)
    }

    /// A panic that was caught at a border in the middle of this operation. It may have come after a send, so it
    /// claims nothing.
    pub fn panicked(operation: Operation) -> Error {
        let next_action = match operation {
            Operation::Commit => "run resolve for this token to learn what happened, and report this bug",
            Operation::Configure
            | Operation::ResolveCommit
            | Operation::Status
            | Operation::Page
            | Operation::Initiate
            | Operation::Wait
            | Operation::Export => ErrorKind::Internal.next_action(),
        };
        Error::before_io(ErrorKind::Internal, operation, "a panic was caught", next_action).unknown_if_sent()
    }

    /// A call of this operation that was left without waiting for its end. What it had sent is not known, so it claims
    /// nothing.
    pub fn left_at_once(operation: Operation) -> Error {
        Error::before_io(
            ErrorKind::Cancelled,
            operation,
            "left at once, without waiting for the end of what was under way",
            "run the same command again: it finds out what was done",
        )
        .unknown_if_sent()
    }

    pub(crate) fn invalid_argument(
        operation: Operation,
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Error {
        Error::before_io(ErrorKind::InvalidArgument, operation, detail, next_action)
    }

    pub(crate) fn configuration(detail: impl Into<String>, next_action: impl Into<String>) -> Error {
        Error::before_io(ErrorKind::Configuration, Operation::Configure, detail, next_action)
    }
}

/// What a record says.
impl Error {
    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable number of [`Error::kind`].
    pub fn number(&self) -> u16 {
        self.0.kind.number()
    }

    /// Which time limit passed; none for other kinds than [`ErrorKind::Timeout`].
    pub fn phase(&self) -> Option<TimeoutPhase> {
        self.0.phase
    }

    /// The call that failed.
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// Whether it was the request for an OAuth token that failed, and not one to the service, which was never asked.
    pub fn is_of_token_endpoint(&self) -> bool {
        let record = &self.0;
        record.of_token_endpoint && record.sent == Sent::NotSent && record.commit_state != Some(CommitState::Unknown)
    }

    /// What exactly was wrong, when the kind alone does not say it.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// Whether the answer was an HTML page, which is a gateway's or a portal's.
    pub(crate) fn is_html(&self) -> bool {
        self.0.html
    }

    /// Status code of the last send, when answered.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// `Message` of the answer's body: at most 2 KiB, control characters escaped, secrets and token taken out.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The transport fact of the last send.
    pub fn sent(&self) -> Sent {
        self.0.sent
    }

    /// What is known about this call's requests; none on other operations than commit.
    pub fn commit_state(&self) -> Option<CommitState> {
        self.0.commit_state
    }

    /// Every send of this call.
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// How long the call took.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The server's id of the request, from `X-Request-Id` or `Request-Id`.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The HTTP method of the request.
    pub fn method(&self) -> Option<&'static str> {
        self.0.method
    }

    /// The request's URL with the access token masked.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// One sentence: what to do next.
    pub fn next_action(&self) -> &str {
        &self.0.next_action
    }

    /// The underlying cause in words, for diagnosis. Not stable.
    pub fn source_text(&self) -> Option<&str> {
        self.0.source.as_ref().map(|cause| cause.0.as_str())
    }

    /// The canonical record as JSON: fixed key order, the same bytes in every language.
    pub fn to_json(&self) -> String {
        text(self)
    }
}

/// `commit failed: service unavailable (503) after 4 attempts in 12.4 s; not committed; wait 30 s and try again`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &*self.0;
        write!(f, "{} failed: {}", record.operation.name(), record.kind.words())?;
        if let Some(status) = record.http_status {
            write!(f, " ({status})")?;
        }
        if let Some(phase) = record.phase {
            write!(f, " ({})", phase.name().replace('_', " "))?;
        }
        if let Some(detail) = &record.detail {
            write!(f, ": {detail}")?;
        }
        if let Some(message) = &record.server_message {
            write!(f, ": the server says \"{message}\"")?;
        }
        match record.attempts.len() {
            0 => {}
            1 => write!(f, " after 1 attempt in {:.1} s", record.elapsed.as_secs_f64())?,
            n => write!(f, " after {n} attempts in {:.1} s", record.elapsed.as_secs_f64())?,
        }
        match record.commit_state {
            Some(CommitState::NotCommitted) => f.write_str("; not committed")?,
            Some(CommitState::Unknown) => f.write_str("; may have been committed")?,
            None => {}
        }
        write!(f, "; {}", record.next_action)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl std::error::Error for Error {
    /// The cause in words, redacted, so that a chain prints it.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|cause| cause as _)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Error {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Catalogue {
        error: Vec<Entry>,
    }

    #[derive(serde::Deserialize)]
    struct Entry {
        kind: String,
        #[serde(default)]
        http_status: Vec<String>,
    }

    #[test]
    fn status_codes_become_the_kinds_of_the_catalogue() {
        let text = include_str!("../../../../tests/conformance/errors.toml");
        let catalogue: Catalogue = toml::from_str(text).unwrap();
        for entry in &catalogue.error {
            for status in &entry.http_status {
                let codes = if status == "3xx" { vec![300, 301, 302, 307, 399] } else { vec![status.parse().unwrap()] };
                for code in codes {
                    let kind = crate::http::status_code::error_kind(code).name();
                    assert!(kind == entry.kind || (code == 401 && entry.kind == "clock_skew"), "{code}: {kind}");
                }
            }
        }
    }

    #[test]
    fn numbers_are_unique_and_in_order_and_exit_codes_are_those_of_sysexits() {
        for pair in ErrorKind::ALL.windows(2) {
            assert!(pair[0].number() < pair[1].number(), "{} before {}", pair[0], pair[1]);
        }
        assert!(ErrorKind::ALL.iter().all(|kind| (64..=78).contains(&kind.exit_code())));
    }

    #[test]
    fn the_cause_is_the_next_of_a_chain_and_not_in_the_message() {
        let mut description = RequestOutcome::without_an_answer(Sent::NotSent, ErrorKind::Connect, None);
        description.source = Some("refused".to_owned());
        let error = Error::of(Operation::Status, ErrorKind::Connect).answered(&description);
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("refused"));
        assert!(!error.to_string().contains("refused"), "{error}");
    }

    #[test]
    fn the_message_is_one_line_that_ends_with_the_next_step() {
        let error = Error::invalid_argument(
            Operation::Commit,
            "access_token must be positive, got -1",
            "pass the integer that Initiate returned",
        );
        assert_eq!(
            error.to_string(),
            "commit failed: invalid argument: access_token must be positive, got -1; not committed; \
             pass the integer that Initiate returned"
        );
    }
}

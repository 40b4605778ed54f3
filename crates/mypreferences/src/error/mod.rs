//! The error record: one catalogue of kinds with stable numbers, and one struct that carries everything a caller,
//! a log or a program needs to act on a failure. Which status code becomes which kind is decided in
//! [`crate::http::status_code`]; whether a request was sent, in `crate::http::delivery`.

pub(crate) mod json;
pub(crate) mod next_action;
pub(crate) mod quoted;

use std::fmt;
use std::time::Duration;

/// What went wrong. The names and numbers are the same in every language and never reused.
///
/// Exhaustive on purpose: a mapping of kinds (to exit codes, exceptions, enum constants) must not compile until it has
/// an arm for a new kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// An argument was refused before any I/O.
    InvalidArgument,
    /// Missing or contradictory settings, an unreadable CA file and the like.
    Configuration,
    /// A client made before `fork` was used in the child.
    ForkedProcess,
    /// The client was used after it was closed.
    Closed,
    /// Name resolution failed, the connection was refused, the host is unreachable.
    Connect,
    /// The TLS handshake failed or the certificate is not trusted.
    Tls,
    /// The proxy asked for credentials (407) or refused CONNECT.
    Proxy,
    /// A time limit passed; [`Error::phase`] says which.
    Timeout,
    /// The connection ended before the response head, or in the body of a read.
    Interrupted,
    /// The caller cancelled.
    Cancelled,
    /// The server answered with a redirect, which is never followed.
    RedirectRefused,
    /// 400 or 422.
    BadRequest,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 409, 410 or 412.
    Conflict,
    /// 429.
    RateLimited,
    /// 401 whose cause is the local clock, after the one repair.
    ClockSkew,
    /// 500, 502, 504 or another 5xx.
    ServerError,
    /// 503.
    ServiceUnavailable,
    /// Any other status code.
    UnexpectedStatus,
    /// The answer is not JSON, has the wrong shape, is cut or badly compressed.
    InvalidResponse,
    /// The answer is larger than the cap for its kind of body.
    ResponseTooLarge,
    /// Local disk: write, fsync, rename.
    Storage,
    /// The folder holds an export with other parameters.
    OutputConflict,
    /// Another process holds the folder.
    Locked,
    /// A landed part does not match its hash.
    Corrupt,
    /// The export's status is `Error` or `Failed`.
    ExportFailed,
    /// The export's status is `Expired` before it was landed.
    ExportExpired,
    /// The deadline of a wait passed; the token is still good.
    WaitTimedOut,
    /// A request was sent and what it did is unclear.
    OutcomeUnknown,
    /// The same token, with another `keep_files`, at the same time or after it was committed.
    CommitConflict,
    /// The landing receipt is missing or does not match.
    NotSealed,
    /// The rows landed differ from `TotalResults`.
    CountMismatch,
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order of its number.
    pub const ALL: [ErrorKind; 35] = [
        ErrorKind::InvalidArgument,
        ErrorKind::Configuration,
        ErrorKind::ForkedProcess,
        ErrorKind::Closed,
        ErrorKind::Connect,
        ErrorKind::Tls,
        ErrorKind::Proxy,
        ErrorKind::Timeout,
        ErrorKind::Interrupted,
        ErrorKind::Cancelled,
        ErrorKind::RedirectRefused,
        ErrorKind::BadRequest,
        ErrorKind::Unauthorized,
        ErrorKind::Forbidden,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::RateLimited,
        ErrorKind::ClockSkew,
        ErrorKind::ServerError,
        ErrorKind::ServiceUnavailable,
        ErrorKind::UnexpectedStatus,
        ErrorKind::InvalidResponse,
        ErrorKind::ResponseTooLarge,
        ErrorKind::Storage,
        ErrorKind::OutputConflict,
        ErrorKind::Locked,
        ErrorKind::Corrupt,
        ErrorKind::ExportFailed,
        ErrorKind::ExportExpired,
        ErrorKind::WaitTimedOut,
        ErrorKind::OutcomeUnknown,
        ErrorKind::CommitConflict,
        ErrorKind::NotSealed,
        ErrorKind::CountMismatch,
        ErrorKind::Internal,
    ];

    /// The stable number. An unknown number belongs to its hundred.
    pub const fn number(self) -> u16 {
        match self {
            ErrorKind::InvalidArgument => 100,
            ErrorKind::Configuration => 101,
            ErrorKind::ForkedProcess => 102,
            ErrorKind::Closed => 103,
            ErrorKind::Connect => 200,
            ErrorKind::Tls => 201,
            ErrorKind::Proxy => 202,
            ErrorKind::Timeout => 210,
            ErrorKind::Interrupted => 220,
            ErrorKind::Cancelled => 230,
            ErrorKind::RedirectRefused => 300,
            ErrorKind::BadRequest => 400,
            ErrorKind::Unauthorized => 401,
            ErrorKind::Forbidden => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::Conflict => 409,
            ErrorKind::RateLimited => 429,
            ErrorKind::ClockSkew => 490,
            ErrorKind::ServerError => 500,
            ErrorKind::ServiceUnavailable => 503,
            ErrorKind::UnexpectedStatus => 599,
            ErrorKind::InvalidResponse => 600,
            ErrorKind::ResponseTooLarge => 601,
            ErrorKind::Storage => 700,
            ErrorKind::OutputConflict => 701,
            ErrorKind::Locked => 702,
            ErrorKind::Corrupt => 703,
            ErrorKind::ExportFailed => 800,
            ErrorKind::ExportExpired => 801,
            ErrorKind::WaitTimedOut => 802,
            ErrorKind::OutcomeUnknown => 810,
            ErrorKind::CommitConflict => 811,
            ErrorKind::NotSealed => 812,
            ErrorKind::CountMismatch => 813,
            ErrorKind::Internal => 900,
        }
    }

    /// The name in `snake_case`, as the canonical record has it.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::InvalidArgument => "invalid_argument",
            ErrorKind::Configuration => "configuration",
            ErrorKind::ForkedProcess => "forked_process",
            ErrorKind::Closed => "closed",
            ErrorKind::Connect => "connect",
            ErrorKind::Tls => "tls",
            ErrorKind::Proxy => "proxy",
            ErrorKind::Timeout => "timeout",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::RedirectRefused => "redirect_refused",
            ErrorKind::BadRequest => "bad_request",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::NotFound => "not_found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::RateLimited => "rate_limited",
            ErrorKind::ClockSkew => "clock_skew",
            ErrorKind::ServerError => "server_error",
            ErrorKind::ServiceUnavailable => "service_unavailable",
            ErrorKind::UnexpectedStatus => "unexpected_status",
            ErrorKind::InvalidResponse => "invalid_response",
            ErrorKind::ResponseTooLarge => "response_too_large",
            ErrorKind::Storage => "storage",
            ErrorKind::OutputConflict => "output_conflict",
            ErrorKind::Locked => "locked",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::ExportFailed => "export_failed",
            ErrorKind::ExportExpired => "export_expired",
            ErrorKind::WaitTimedOut => "wait_timed_out",
            ErrorKind::OutcomeUnknown => "outcome_unknown",
            ErrorKind::CommitConflict => "commit_conflict",
            ErrorKind::NotSealed => "not_sealed",
            ErrorKind::CountMismatch => "count_mismatch",
            ErrorKind::Internal => "internal",
        }
    }

    /// Whether trying again later can help, for an operation of this sort. An invalid response is temporary when it
    /// was the answer to a read; the answer to a Commit is asked about instead of read again.
    pub(crate) const fn is_temporary(self, operation: Operation) -> bool {
        match self {
            ErrorKind::Connect
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::RateLimited
            | ErrorKind::ServerError
            | ErrorKind::ServiceUnavailable
            | ErrorKind::Locked
            | ErrorKind::WaitTimedOut
            | ErrorKind::OutcomeUnknown => true,
            ErrorKind::InvalidResponse => operation.is_read(),
            ErrorKind::InvalidArgument
            | ErrorKind::Configuration
            | ErrorKind::ForkedProcess
            | ErrorKind::Closed
            | ErrorKind::Tls
            | ErrorKind::Proxy
            | ErrorKind::Cancelled
            | ErrorKind::RedirectRefused
            | ErrorKind::BadRequest
            | ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::ClockSkew
            | ErrorKind::UnexpectedStatus
            | ErrorKind::ResponseTooLarge
            | ErrorKind::Storage
            | ErrorKind::OutputConflict
            | ErrorKind::Corrupt
            | ErrorKind::ExportFailed
            | ErrorKind::ExportExpired
            | ErrorKind::CommitConflict
            | ErrorKind::NotSealed
            | ErrorKind::CountMismatch
            | ErrorKind::Internal => false,
        }
    }

    /// In people's words, for the one-line message.
    const fn words(self) -> &'static str {
        match self {
            ErrorKind::InvalidArgument => "invalid argument",
            ErrorKind::Configuration => "configuration",
            ErrorKind::ForkedProcess => "client made before fork",
            ErrorKind::Closed => "client is closed",
            ErrorKind::Connect => "no connection",
            ErrorKind::Tls => "TLS handshake failed",
            ErrorKind::Proxy => "proxy refused",
            ErrorKind::Timeout => "timed out",
            ErrorKind::Interrupted => "connection interrupted",
            ErrorKind::Cancelled => "cancelled",
            ErrorKind::RedirectRefused => "redirect refused",
            ErrorKind::BadRequest => "bad request",
            ErrorKind::Unauthorized => "unauthorized",
            ErrorKind::Forbidden => "forbidden",
            ErrorKind::NotFound => "not found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::RateLimited => "rate limited",
            ErrorKind::ClockSkew => "clock skew",
            ErrorKind::ServerError => "server error",
            ErrorKind::ServiceUnavailable => "service unavailable",
            ErrorKind::UnexpectedStatus => "unexpected status",
            ErrorKind::InvalidResponse => "invalid response",
            ErrorKind::ResponseTooLarge => "response too large",
            ErrorKind::Storage => "storage",
            ErrorKind::OutputConflict => "output folder holds another export",
            ErrorKind::Locked => "folder is locked",
            ErrorKind::Corrupt => "corrupt landing",
            ErrorKind::ExportFailed => "export failed on the server",
            ErrorKind::ExportExpired => "export expired",
            ErrorKind::WaitTimedOut => "export is not ready yet",
            ErrorKind::OutcomeUnknown => "outcome unknown",
            ErrorKind::CommitConflict => "commit conflict",
            ErrorKind::NotSealed => "landing is not sealed",
            ErrorKind::CountMismatch => "row count mismatch",
            ErrorKind::Internal => "internal error",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub const fn name(self) -> &'static str {
        match self {
            Operation::Configure => "configure",
            Operation::Commit => "commit",
            Operation::ResolveCommit => "resolve_commit",
            Operation::Status => "status",
            Operation::Page => "page",
            Operation::Initiate => "initiate",
            Operation::Wait => "wait",
            Operation::Export => "export",
        }
    }

    const fn is_read(self) -> bool {
        match self {
            Operation::Configure | Operation::Commit | Operation::Initiate => false,
            Operation::ResolveCommit
            | Operation::Status
            | Operation::Page
            | Operation::Wait
            | Operation::Export => true,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which time limit passed. Only with [`ErrorKind::Timeout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub const fn name(self) -> &'static str {
        match self {
            TimeoutPhase::Connect => "connect",
            TimeoutPhase::FirstByte => "first_byte",
            TimeoutPhase::Body => "body",
            TimeoutPhase::Operation => "operation",
            TimeoutPhase::Server => "server",
        }
    }
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub const fn name(self) -> &'static str {
        match self {
            Retry::Permanent => "permanent",
            Retry::Temporary => "temporary",
            Retry::Persistent => "persistent",
        }
    }
}

/// The transport fact of one request: what is known about its way to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub const fn name(self) -> &'static str {
        match self {
            Sent::NotSent => "not_sent",
            Sent::MaybeSent => "maybe_sent",
            Sent::Answered => "answered",
        }
    }
}

/// What a failed commit says about *this call's* requests. Never more: the token may have been committed by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommitState {
    /// No request of this call was applied.
    NotCommitted,
    /// A request of this call may have been applied.
    Unknown,
}

impl CommitState {
    /// The name in `snake_case`, as the canonical record has it.
    pub const fn name(self) -> &'static str {
        match self {
            CommitState::NotCommitted => "not_committed",
            CommitState::Unknown => "unknown",
        }
    }
}

/// One send of a call: a POST of a commit, or one try of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// 1 for the first.
    pub n: u32,
    /// Time between the end of the attempt before and the start of this one; for the first, since the call began.
    pub delay_before: Duration,
    /// How long it took.
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
pub struct Error(pub(crate) Box<Record>);

/// The fields of [`Error`], in the order of the canonical record.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) kind: ErrorKind,
    pub(crate) phase: Option<TimeoutPhase>,
    pub(crate) operation: Operation,
    pub(crate) detail: Option<String>,
    pub(crate) http_status: Option<u16>,
    /// The answer was an HTML page.
    pub(crate) html: bool,
    pub(crate) server_message: Option<String>,
    pub(crate) retry: Retry,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) sent: Sent,
    pub(crate) commit_state: Option<CommitState>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) elapsed: Duration,
    pub(crate) request_id: Option<String>,
    pub(crate) method: Option<&'static str>,
    pub(crate) url: Option<String>,
    pub(crate) next_action: String,
    pub(crate) source: Option<String>,
}

/// Stands in the detail of every failed token request.
pub(crate) const TOKEN_ENDPOINT: &str = "OAuth token";

impl Error {
    /// A failure before any I/O, for the code around the core (bindings, the command) that refuses something itself:
    /// the record is then the same as the core's own. `detail` says what was wrong, `next_action` what to do instead;
    /// neither may hold a secret or an access token.
    pub fn before_io(
        kind: ErrorKind,
        operation: Operation,
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Error {
        let commit_state = (operation == Operation::Commit).then_some(CommitState::NotCommitted);
        let retry = if kind.is_temporary(operation) {
            Retry::Temporary
        } else {
            Retry::Permanent
        };
        Error(Box::new(Record {
            kind,
            phase: None,
            operation,
            detail: Some(detail.into()),
            http_status: None,
            html: false,
            server_message: None,
            retry,
            retry_after: None,
            sent: Sent::NotSent,
            commit_state,
            attempts: Vec::new(),
            elapsed: Duration::ZERO,
            request_id: None,
            method: None,
            url: None,
            next_action: next_action.into(),
            source: None,
        }))
    }

    /// A panic that was caught at a border in the middle of this operation. It may have come after a send, so it
    /// claims nothing.
    pub fn panicked(operation: Operation) -> Error {
        let mut error = Error::before_io(
            ErrorKind::Internal,
            operation,
            "a panic was caught",
            "report this bug with the error's record",
        );
        error.0.sent = Sent::MaybeSent;
        if operation == Operation::Commit {
            error.0.commit_state = Some(CommitState::Unknown);
            "run resolve for this token to learn what happened, and report this bug"
                .clone_into(&mut error.0.next_action);
        }
        error
    }

    /// A call of this operation that was left without waiting for its end. What it had sent is not known, so it claims
    /// nothing.
    pub fn left_at_once(operation: Operation) -> Error {
        let mut error = Error::before_io(
            ErrorKind::Cancelled,
            operation,
            "left at once, without waiting for the end of what was under way",
            "run the same command again: it finds out what was done",
        );
        error.0.sent = Sent::MaybeSent;
        if operation == Operation::Commit {
            error.0.commit_state = Some(CommitState::Unknown);
        }
        error
    }

    /// The same failure with more words about what was wrong, such as where a value came from.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Error {
        self.0.detail = Some(detail.into());
        self
    }

    pub(crate) fn invalid_argument(
        operation: Operation,
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Error {
        Error::before_io(ErrorKind::InvalidArgument, operation, detail, next_action)
    }

    pub(crate) fn configuration(
        detail: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Error {
        Error::before_io(
            ErrorKind::Configuration,
            Operation::Configure,
            detail,
            next_action,
        )
    }

    /// The same failure, told of the operation in which it happened.
    pub(crate) fn during(mut self, operation: Operation) -> Error {
        self.0.operation = operation;
        self.0.commit_state = (operation == Operation::Commit).then_some(CommitState::NotCommitted);
        self
    }

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
        self.sent() == Sent::NotSent
            && self
                .detail()
                .is_some_and(|detail| detail.contains(TOKEN_ENDPOINT))
    }

    /// What exactly was wrong, when the kind alone does not say it.
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
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
        self.0.source.as_deref()
    }
}

/// `commit failed: service unavailable (503) after 4 attempts in 12.4 s; not committed; wait 30 s and try again`
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &*self.0;
        write!(
            f,
            "{} failed: {}",
            record.operation.name(),
            record.kind.words()
        )?;
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
            1 => write!(
                f,
                " after 1 attempt in {:.1} s",
                record.elapsed.as_secs_f64()
            )?,
            n => write!(
                f,
                " after {n} attempts in {:.1} s",
                record.elapsed.as_secs_f64()
            )?,
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
        let record = &*self.0;
        f.debug_struct("Error")
            .field("kind", &record.kind)
            .field("number", &record.kind.number())
            .field("phase", &record.phase)
            .field("operation", &record.operation)
            .field("detail", &record.detail)
            .field("http_status", &record.http_status)
            .field("server_message", &record.server_message)
            .field("retry", &record.retry)
            .field("retry_after", &record.retry_after)
            .field("sent", &record.sent)
            .field("commit_state", &record.commit_state)
            .field("attempts", &record.attempts)
            .field("elapsed", &record.elapsed)
            .field("request_id", &record.request_id)
            .field("method", &record.method)
            .field("url", &record.url)
            .field("next_action", &record.next_action)
            .field("source", &record.source)
            .finish()
    }
}

impl std::error::Error for Error {}

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
        number: u16,
        kind: String,
        retry: String,
        #[serde(default)]
        http_status: Vec<String>,
    }

    /// Both ways: every kind is in the catalogue with its values, and the catalogue has no other.
    #[test]
    fn kinds_and_catalogue_are_the_same() {
        let text = include_str!("../../../../tests/conformance/errors.toml");
        let catalogue: Catalogue = toml::from_str(text).unwrap();
        let listed: Vec<(u16, &str, &str)> = catalogue
            .error
            .iter()
            .map(|entry| (entry.number, entry.kind.as_str(), entry.retry.as_str()))
            .collect();
        let ours: Vec<(u16, &str, &str)> = ErrorKind::ALL
            .iter()
            .map(|kind| {
                let retry = match (
                    kind.is_temporary(Operation::Commit),
                    kind.is_temporary(Operation::Status),
                ) {
                    (true, true) => "temporary",
                    (false, true) => "temporary_on_reads",
                    (false, false) => "permanent",
                    (true, false) => "temporary_on_commit",
                };
                (kind.number(), kind.name(), retry)
            })
            .collect();
        assert_eq!(ours, listed);
        for entry in &catalogue.error {
            for status in &entry.http_status {
                let codes = if status == "3xx" {
                    vec![300, 301, 302, 307, 399]
                } else {
                    vec![status.parse().unwrap()]
                };
                for code in codes {
                    let kind = crate::http::status_code::error_kind(code).name();
                    assert!(
                        kind == entry.kind || (code == 401 && entry.kind == "clock_skew"),
                        "{code}: {kind}"
                    );
                }
            }
        }
    }

    #[test]
    fn numbers_are_unique_and_in_order() {
        for pair in ErrorKind::ALL.windows(2) {
            assert!(
                pair[0].number() < pair[1].number(),
                "{} before {}",
                pair[0],
                pair[1]
            );
        }
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

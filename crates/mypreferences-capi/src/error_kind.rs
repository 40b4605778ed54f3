//! The kinds of errors as an enum of C.
//!
//! Made by `cargo xtask generate` from tests/conformance/errors.toml.

use mypreferences as core;

/// What went wrong. Numbers are stable and never reused; a number that this header does not know belongs to its
/// hundred (431 is one of the 400s).
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no error.
    None = 0,
    /// Refused before any I/O.
    InvalidArgument = 100,
    /// Missing or contradictory settings, an unreadable file and the like.
    Configuration = 101,
    /// A client made before `fork` was used in the child.
    ForkedProcess = 102,
    /// The client was used after it was closed.
    Closed = 103,
    /// Name resolution failed, the connection was refused, the host is unreachable.
    Connect = 200,
    /// The TLS handshake failed or the certificate is not trusted.
    Tls = 201,
    /// The proxy asked for credentials (407) or refused CONNECT.
    Proxy = 202,
    /// A time limit passed; its phase is `connect`, `first_byte`, `body`, `operation` or `server` (408).
    Timeout = 210,
    /// The connection ended before the response head, or in the body of a read.
    Interrupted = 220,
    /// The caller cancelled.
    Cancelled = 230,
    /// Any 3xx: redirects are never followed.
    RedirectRefused = 300,
    /// 400, 422.
    BadRequest = 400,
    /// 401.
    Unauthorized = 401,
    /// 403.
    Forbidden = 403,
    /// 404.
    NotFound = 404,
    /// 409, 410, 412.
    Conflict = 409,
    /// 429.
    RateLimited = 429,
    /// 401 whose cause is the local clock, after the one repair.
    ClockSkew = 490,
    /// 500, 502, 504 or another 5xx.
    ServerError = 500,
    /// 503.
    ServiceUnavailable = 503,
    /// Any other status code.
    UnexpectedStatus = 599,
    /// The answer is not JSON, has the wrong shape, is cut or badly compressed.
    InvalidResponse = 600,
    /// The answer is larger than the cap for its kind of body.
    ResponseTooLarge = 601,
    /// Local disk: write, fsync, rename.
    Storage = 700,
    /// The folder holds an export with other parameters.
    OutputConflict = 701,
    /// Another process holds the folder.
    Locked = 702,
    /// A landed part does not match its hash.
    Corrupt = 703,
    /// The export's status is `Error` or `Failed`.
    ExportFailed = 800,
    /// The export's status is `Expired` before it was landed.
    ExportExpired = 801,
    /// The deadline of a wait passed; the token is still good.
    WaitTimedOut = 802,
    /// A commit or an Initiate was sent and what it did is unclear: ask with `resolve_commit`, or initiate again.
    OutcomeUnknown = 810,
    /// The same token, with another `keep_files`, at the same time or after this client committed it.
    CommitConflict = 811,
    /// The landing receipt is missing or does not match.
    NotSealed = 812,
    /// The rows landed differ from `TotalResults`.
    CountMismatch = 813,
    /// A bug of ours (a caught panic too).
    Internal = 900,
}

impl From<core::ErrorKind> for Kind {
    fn from(kind: core::ErrorKind) -> Kind {
        match kind {
            core::ErrorKind::InvalidArgument => Kind::InvalidArgument,
            core::ErrorKind::Configuration => Kind::Configuration,
            core::ErrorKind::ForkedProcess => Kind::ForkedProcess,
            core::ErrorKind::Closed => Kind::Closed,
            core::ErrorKind::Connect => Kind::Connect,
            core::ErrorKind::Tls => Kind::Tls,
            core::ErrorKind::Proxy => Kind::Proxy,
            core::ErrorKind::Timeout => Kind::Timeout,
            core::ErrorKind::Interrupted => Kind::Interrupted,
            core::ErrorKind::Cancelled => Kind::Cancelled,
            core::ErrorKind::RedirectRefused => Kind::RedirectRefused,
            core::ErrorKind::BadRequest => Kind::BadRequest,
            core::ErrorKind::Unauthorized => Kind::Unauthorized,
            core::ErrorKind::Forbidden => Kind::Forbidden,
            core::ErrorKind::NotFound => Kind::NotFound,
            core::ErrorKind::Conflict => Kind::Conflict,
            core::ErrorKind::RateLimited => Kind::RateLimited,
            core::ErrorKind::ClockSkew => Kind::ClockSkew,
            core::ErrorKind::ServerError => Kind::ServerError,
            core::ErrorKind::ServiceUnavailable => Kind::ServiceUnavailable,
            core::ErrorKind::UnexpectedStatus => Kind::UnexpectedStatus,
            core::ErrorKind::InvalidResponse => Kind::InvalidResponse,
            core::ErrorKind::ResponseTooLarge => Kind::ResponseTooLarge,
            core::ErrorKind::Storage => Kind::Storage,
            core::ErrorKind::OutputConflict => Kind::OutputConflict,
            core::ErrorKind::Locked => Kind::Locked,
            core::ErrorKind::Corrupt => Kind::Corrupt,
            core::ErrorKind::ExportFailed => Kind::ExportFailed,
            core::ErrorKind::ExportExpired => Kind::ExportExpired,
            core::ErrorKind::WaitTimedOut => Kind::WaitTimedOut,
            core::ErrorKind::OutcomeUnknown => Kind::OutcomeUnknown,
            core::ErrorKind::CommitConflict => Kind::CommitConflict,
            core::ErrorKind::NotSealed => Kind::NotSealed,
            core::ErrorKind::CountMismatch => Kind::CountMismatch,
            core::ErrorKind::Internal => Kind::Internal,
        }
    }
}

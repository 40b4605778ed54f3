//! The kinds of errors and what the catalogue says of each.
//!
//! Made by `cargo xtask generate` from tests/conformance/errors.toml.

use super::catalogue_entry::{Again, Entry};

/// What went wrong. The names and numbers are the same in every language and never reused.
///
/// Exhaustive on purpose: a mapping of kinds must not compile until it has an arm for a new kind. Where a program
/// treats many alike, [`ErrorKind::family`] is shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::VariantArray)]
#[repr(u16)]
pub enum ErrorKind {
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

/// The hundred of a kind's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorFamily {
    /// 1xx: refused on this side, before any I/O.
    Caller,
    /// 2xx: no complete answer came: connection, TLS, proxy, time, cancellation.
    Network,
    /// 3xx: a redirect, which is never followed.
    Redirect,
    /// 4xx: the service refused the request or the caller.
    Refused,
    /// 5xx: the service failed, or answered with a status code that nobody documented.
    Server,
    /// 6xx: an answer that cannot be used.
    Response,
    /// 7xx: the folder of an export: disk, lock, what is in it.
    Folder,
    /// 8xx: the state of an export, a commit or a landing.
    Export,
    /// 9xx: a bug of ours.
    Internal,
}

impl ErrorKind {
    /// The kinds of the same hundred.
    pub const fn family(self) -> ErrorFamily {
        match self.number() / 100 {
            1 => ErrorFamily::Caller,
            2 => ErrorFamily::Network,
            3 => ErrorFamily::Redirect,
            4 => ErrorFamily::Refused,
            5 => ErrorFamily::Server,
            6 => ErrorFamily::Response,
            7 => ErrorFamily::Folder,
            8 => ErrorFamily::Export,
            9 => ErrorFamily::Internal,
            0..=u16::MAX => ErrorFamily::Internal,
        }
    }

    pub(super) const fn entry(self) -> Entry {
        match self {
            ErrorKind::InvalidArgument => Entry { again: Again::Permanent, exit_code: 64, name: "invalid_argument", words: "invalid argument", next_action: "correct the argument" },
            ErrorKind::Configuration => Entry { again: Again::Permanent, exit_code: 78, name: "configuration", words: "configuration", next_action: "correct the settings" },
            ErrorKind::ForkedProcess => Entry { again: Again::Permanent, exit_code: 70, name: "forked_process", words: "client made before fork", next_action: "make a new client in the child process" },
            ErrorKind::Closed => Entry { again: Again::Permanent, exit_code: 70, name: "closed", words: "client is closed", next_action: "make a new client" },
            ErrorKind::Connect => Entry { again: Again::Temporary, exit_code: 69, name: "connect", words: "no connection", next_action: "check base_url, the network and the proxy, then try again" },
            ErrorKind::Tls => Entry { again: Again::Permanent, exit_code: 77, name: "tls", words: "TLS handshake failed", next_action: "check base_url, ca_file and client_cert: the handshake failed" },
            ErrorKind::Proxy => Entry { again: Again::Permanent, exit_code: 77, name: "proxy", words: "proxy refused", next_action: "check the proxy and its credentials" },
            ErrorKind::Timeout => Entry { again: Again::Temporary, exit_code: 69, name: "timeout", words: "timed out", next_action: "try again later" },
            ErrorKind::Interrupted => Entry { again: Again::Temporary, exit_code: 69, name: "interrupted", words: "connection interrupted", next_action: "try again" },
            ErrorKind::Cancelled => Entry { again: Again::Permanent, exit_code: 75, name: "cancelled", words: "cancelled", next_action: "call again when you want it done" },
            ErrorKind::RedirectRefused => Entry { again: Again::Permanent, exit_code: 76, name: "redirect_refused", words: "redirect refused", next_action: "check base_url: redirects are never followed" },
            ErrorKind::BadRequest => Entry { again: Again::Permanent, exit_code: 76, name: "bad_request", words: "bad request", next_action: "correct the request: check the access token and the surface's paths" },
            ErrorKind::Unauthorized => Entry { again: Again::Permanent, exit_code: 77, name: "unauthorized", words: "unauthorized", next_action: "check client id, user id, the secret and the authorization scheme" },
            ErrorKind::Forbidden => Entry { again: Again::Permanent, exit_code: 77, name: "forbidden", words: "forbidden", next_action: "check the permissions of the user's User Group" },
            ErrorKind::NotFound => Entry { again: Again::Permanent, exit_code: 66, name: "not_found", words: "not found", next_action: "check the client id, and that the token came from Initiate and has not expired" },
            ErrorKind::Conflict => Entry { again: Again::Permanent, exit_code: 76, name: "conflict", words: "conflict", next_action: "ask status: the token's state does not allow this" },
            ErrorKind::RateLimited => Entry { again: Again::Temporary, exit_code: 69, name: "rate_limited", words: "rate limited", next_action: "wait and try again" },
            ErrorKind::ClockSkew => Entry { again: Again::Permanent, exit_code: 77, name: "clock_skew", words: "clock skew", next_action: "set the local clock: the server refuses the time in the signature" },
            ErrorKind::ServerError => Entry { again: Again::Temporary, exit_code: 69, name: "server_error", words: "server error", next_action: "try again later, and tell PossibleNOW Support if it goes on" },
            ErrorKind::ServiceUnavailable => Entry { again: Again::Temporary, exit_code: 69, name: "service_unavailable", words: "service unavailable", next_action: "wait and try again, and tell PossibleNOW Support if it goes on" },
            ErrorKind::UnexpectedStatus => Entry { again: Again::Permanent, exit_code: 76, name: "unexpected_status", words: "unexpected status", next_action: "check base_url and the surface's paths" },
            ErrorKind::InvalidResponse => Entry { again: Again::TemporaryOnReads, exit_code: 76, name: "invalid_response", words: "invalid response", next_action: "check base_url and the proxy: the answer is not what the service documents" },
            ErrorKind::ResponseTooLarge => Entry { again: Again::Permanent, exit_code: 76, name: "response_too_large", words: "response too large", next_action: "check base_url, or raise max_control_body or max_page_body" },
            ErrorKind::Storage => Entry { again: Again::Permanent, exit_code: 74, name: "storage", words: "storage", next_action: "free or repair the disk and run the same command again" },
            ErrorKind::OutputConflict => Entry { again: Again::Permanent, exit_code: 65, name: "output_conflict", words: "output folder holds another export", next_action: "choose another folder" },
            ErrorKind::Locked => Entry { again: Again::Temporary, exit_code: 75, name: "locked", words: "folder is locked", next_action: "wait for the other process" },
            ErrorKind::Corrupt => Entry { again: Again::Permanent, exit_code: 65, name: "corrupt", words: "corrupt landing", next_action: "restore the part or start a new export" },
            ErrorKind::ExportFailed => Entry { again: Again::Permanent, exit_code: 69, name: "export_failed", words: "export failed on the server", next_action: "initiate a new export" },
            ErrorKind::ExportExpired => Entry { again: Again::Permanent, exit_code: 69, name: "export_expired", words: "export expired", next_action: "initiate a new export" },
            ErrorKind::WaitTimedOut => Entry { again: Again::Temporary, exit_code: 75, name: "wait_timed_out", words: "export is not ready yet", next_action: "wait until status says Complete, then commit" },
            ErrorKind::OutcomeUnknown => Entry { again: Again::Temporary, exit_code: 75, name: "outcome_unknown", words: "outcome unknown", next_action: "run resolve for this token later" },
            ErrorKind::CommitConflict => Entry { again: Again::Permanent, exit_code: 65, name: "commit_conflict", words: "commit conflict", next_action: "decide on one value of keep_files for a token" },
            ErrorKind::NotSealed => Entry { again: Again::Permanent, exit_code: 65, name: "not_sealed", words: "landing is not sealed", next_action: "seal the landing first" },
            ErrorKind::CountMismatch => Entry { again: Again::Permanent, exit_code: 65, name: "count_mismatch", words: "row count mismatch", next_action: "do not commit; initiate a new export" },
            ErrorKind::Internal => Entry { again: Again::Permanent, exit_code: 70, name: "internal", words: "internal error", next_action: "report this bug with the error's record" },
        }
    }
}

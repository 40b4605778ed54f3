// Made by `cargo xtask generate` from tests/conformance/errors.toml.

/// What went wrong. Raw values are the stable numbers of the catalogue.
public enum ErrorKind: Int, Sendable, CaseIterable {
    /// `invalid_argument`: refused before any I/O.
    case invalidArgument = 100
    /// `configuration`: missing or contradictory settings, an unreadable file and the like.
    case configuration = 101
    /// `forked_process`: a client made before `fork` was used in the child.
    case forkedProcess = 102
    /// `closed`: the client was used after it was closed.
    case closed = 103
    /// `connect`: name resolution failed, the connection was refused, the host is unreachable.
    case connect = 200
    /// `tls`: the TLS handshake failed or the certificate is not trusted.
    case tls = 201
    /// `proxy`: the proxy asked for credentials (407) or refused CONNECT.
    case proxy = 202
    /// `timeout`: a time limit passed; its phase is `connect`, `first_byte`, `body`, `operation` or `server` (408).
    case timeout = 210
    /// `interrupted`: the connection ended before the response head, or in the body of a read.
    case interrupted = 220
    /// `cancelled`: the caller cancelled.
    case cancelled = 230
    /// `redirect_refused`: any 3xx: redirects are never followed.
    case redirectRefused = 300
    /// `bad_request`: 400, 422.
    case badRequest = 400
    /// `unauthorized`: 401.
    case unauthorized = 401
    /// `forbidden`: 403.
    case forbidden = 403
    /// `not_found`: 404.
    case notFound = 404
    /// `conflict`: 409, 410, 412.
    case conflict = 409
    /// `rate_limited`: 429.
    case rateLimited = 429
    /// `clock_skew`: 401 whose cause is the local clock, after the one repair.
    case clockSkew = 490
    /// `server_error`: 500, 502, 504 or another 5xx.
    case serverError = 500
    /// `service_unavailable`: 503.
    case serviceUnavailable = 503
    /// `unexpected_status`: any other status code.
    case unexpectedStatus = 599
    /// `invalid_response`: the answer is not JSON, has the wrong shape, is cut or badly compressed.
    case invalidResponse = 600
    /// `response_too_large`: the answer is larger than the cap for its kind of body.
    case responseTooLarge = 601
    /// `storage`: local disk: write, fsync, rename.
    case storage = 700
    /// `output_conflict`: the folder holds an export with other parameters.
    case outputConflict = 701
    /// `locked`: another process holds the folder.
    case locked = 702
    /// `corrupt`: a landed part does not match its hash.
    case corrupt = 703
    /// `export_failed`: the export's status is `Error` or `Failed`.
    case exportFailed = 800
    /// `export_expired`: the export's status is `Expired` before it was landed.
    case exportExpired = 801
    /// `wait_timed_out`: the deadline of a wait passed; the token is still good.
    case waitTimedOut = 802
    /// `outcome_unknown`: a commit or an Initiate was sent and what it did is unclear: ask with `resolve_commit`, or initiate again.
    case outcomeUnknown = 810
    /// `commit_conflict`: the same token, with another `keep_files`, at the same time or after this client committed it.
    case commitConflict = 811
    /// `not_sealed`: the landing receipt is missing or does not match.
    case notSealed = 812
    /// `count_mismatch`: the rows landed differ from `TotalResults`.
    case countMismatch = 813
    /// `internal`: a bug of ours (a caught panic too).
    case `internal` = 900

    /// The kind of a number. One that this version does not know maps to its hundred.
    public init(number: Int) {
        self = ErrorKind(rawValue: number) ?? ErrorKind(rawValue: number / 100 * 100) ?? .internal
    }
}

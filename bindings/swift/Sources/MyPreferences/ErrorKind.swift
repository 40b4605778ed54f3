// Made by `cargo xtask generate` from tests/conformance/errors.toml.

/// What went wrong. Raw values are the stable numbers of the catalogue.
public enum ErrorKind: Int, Sendable, CaseIterable {
    /// `invalid_argument`: refused before any I/O.
    case invalidArgument = 100
    /// `configuration`: missing or contradictory settings, unreadable CA file ….
    case configuration = 101
    /// `forked_process`: client made before `fork` used in the child.
    case forkedProcess = 102
    /// `closed`: client used after close.
    case closed = 103
    /// `connect`: DNS, refused, unreachable.
    case connect = 200
    /// `tls`: handshake, certificate.
    case tls = 201
    /// `proxy`: 407, CONNECT refused.
    case proxy = 202
    /// `timeout`: with its phase: connect, first_byte, body, operation, server (408).
    case timeout = 210
    /// `interrupted`: reset or end of stream before the response head, or in the body of a read.
    case interrupted = 220
    /// `cancelled`: by the caller.
    case cancelled = 230
    /// `redirect_refused`: any 3xx.
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
    /// `clock_skew`: 401 whose cause is the clock, after the one repair.
    case clockSkew = 490
    /// `server_error`: 500, 502, 504, other 5xx.
    case serverError = 500
    /// `service_unavailable`: 503.
    case serviceUnavailable = 503
    /// `unexpected_status`: anything else.
    case unexpectedStatus = 599
    /// `invalid_response`: not JSON, wrong shape, truncated, bad gzip.
    case invalidResponse = 600
    /// `response_too_large`: over the cap.
    case responseTooLarge = 601
    /// `storage`: local disk, fsync, rename.
    case storage = 700
    /// `output_conflict`: folder holds an export with other parameters.
    case outputConflict = 701
    /// `locked`: another process holds the folder.
    case locked = 702
    /// `corrupt`: a landed part does not match its hash.
    case corrupt = 703
    /// `export_failed`: status Error or Failed.
    case exportFailed = 800
    /// `export_expired`: status Expired before the seal.
    case exportExpired = 801
    /// `wait_timed_out`: the wait's deadline passed; token still good.
    case waitTimedOut = 802
    /// `outcome_unknown`: Commit or Initiate sent, result unclear.
    case outcomeUnknown = 810
    /// `commit_conflict`: same token, other keepFiles, at the same time or after this client committed it.
    case commitConflict = 811
    /// `not_sealed`: landing receipt missing or not matching.
    case notSealed = 812
    /// `count_mismatch`: rows landed differ from `TotalResults`.
    case countMismatch = 813
    /// `internal`: a bug of ours (a caught panic too).
    case `internal` = 900

    /// The kind of a number. One that this version does not know maps to its hundred.
    public init(number: Int) {
        self = ErrorKind(rawValue: number) ?? ErrorKind(rawValue: number / 100 * 100) ?? .internal
    }
}

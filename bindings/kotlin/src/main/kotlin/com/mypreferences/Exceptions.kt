// Made by `cargo xtask generate` from tests/conformance/errors.toml.

package com.mypreferences

import com.mypreferences.internal.NativeError

/** `invalid_argument` (100): refused before any I/O. */
public class InvalidArgumentException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `configuration` (101): missing or contradictory settings, an unreadable file and the like. */
public class ConfigurationException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `forked_process` (102): a client made before `fork` was used in the child. */
public class ForkedProcessException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `closed` (103): the client was used after it was closed. */
public class ClosedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `connect` (200): name resolution failed, the connection was refused, the host is unreachable. */
public class ConnectException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `tls` (201): the TLS handshake failed or the certificate is not trusted. */
public class TlsException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `proxy` (202): the proxy asked for credentials (407) or refused CONNECT. */
public class ProxyException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `timeout` (210): a time limit passed; its phase is `connect`, `first_byte`, `body`, `operation` or `server` (408). */
public class RequestTimeoutException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `interrupted` (220): the connection ended before the response head, or in the body of a read. */
public class InterruptedRequestException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `cancelled` (230): the caller cancelled. */
public class OperationCancelledException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `redirect_refused` (300): any 3xx: redirects are never followed. */
public class RedirectRefusedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `bad_request` (400): 400, 422. */
public class BadRequestException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `unauthorized` (401): 401. */
public open class UnauthorizedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `forbidden` (403): 403. */
public class ForbiddenException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `not_found` (404): 404. */
public class NotFoundException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `conflict` (409): 409, 410, 412. */
public class ConflictException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `rate_limited` (429): 429. */
public class RateLimitedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `clock_skew` (490): 401 whose cause is the local clock, after the one repair. */
public class ClockSkewException internal constructor(record: NativeError) : UnauthorizedException(record)

/** `server_error` (500): 500, 502, 504 or another 5xx. */
public class ServerException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `service_unavailable` (503): 503. */
public class ServiceUnavailableException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `unexpected_status` (599): any other status code. */
public class UnexpectedStatusException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `invalid_response` (600): the answer is not JSON, has the wrong shape, is cut or badly compressed. */
public class InvalidResponseException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `response_too_large` (601): the answer is larger than the cap for its kind of body. */
public class ResponseTooLargeException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `storage` (700): local disk: write, fsync, rename. */
public class StorageException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `output_conflict` (701): the folder holds an export with other parameters. */
public class OutputConflictException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `locked` (702): another process holds the folder. */
public class LockedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `corrupt` (703): a landed part does not match its hash. */
public class CorruptException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `export_failed` (800): the export's status is `Error` or `Failed`. */
public class ExportFailedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `export_expired` (801): the export's status is `Expired` before it was landed. */
public class ExportExpiredException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `wait_timed_out` (802): the deadline of a wait passed; the token is still good. */
public class WaitTimedOutException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `outcome_unknown` (810): a commit or an Initiate was sent and what it did is unclear: ask with `resolve_commit`, or initiate again. */
public class OutcomeUnknownException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `commit_conflict` (811): the same token, with another `keep_files`, at the same time or after this client committed it. */
public class CommitConflictException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `not_sealed` (812): the landing receipt is missing or does not match. */
public class NotSealedException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `count_mismatch` (813): the rows landed differ from `TotalResults`. */
public class CountMismatchException internal constructor(record: NativeError) : MyPreferencesException(record)

/** `internal` (900): a bug of ours (a caught panic too). */
public class InternalException internal constructor(record: NativeError) : MyPreferencesException(record)

/** The exception of a record. A number that this version does not know maps to its hundred. */
internal fun exceptionOf(record: NativeError): MyPreferencesException =
    exceptionOf(record, record.number.toInt())
        ?: exceptionOf(record, record.number.toInt() / 100 * 100)
        ?: InternalException(record)

private fun exceptionOf(record: NativeError, number: Int): MyPreferencesException? =
    when (number) {
        100 -> InvalidArgumentException(record)
        101 -> ConfigurationException(record)
        102 -> ForkedProcessException(record)
        103 -> ClosedException(record)
        200 -> ConnectException(record)
        201 -> TlsException(record)
        202 -> ProxyException(record)
        210 -> RequestTimeoutException(record)
        220 -> InterruptedRequestException(record)
        230 -> OperationCancelledException(record)
        300 -> RedirectRefusedException(record)
        400 -> BadRequestException(record)
        401 -> UnauthorizedException(record)
        403 -> ForbiddenException(record)
        404 -> NotFoundException(record)
        409 -> ConflictException(record)
        429 -> RateLimitedException(record)
        490 -> ClockSkewException(record)
        500 -> ServerException(record)
        503 -> ServiceUnavailableException(record)
        599 -> UnexpectedStatusException(record)
        600 -> InvalidResponseException(record)
        601 -> ResponseTooLargeException(record)
        700 -> StorageException(record)
        701 -> OutputConflictException(record)
        702 -> LockedException(record)
        703 -> CorruptException(record)
        800 -> ExportFailedException(record)
        801 -> ExportExpiredException(record)
        802 -> WaitTimedOutException(record)
        810 -> OutcomeUnknownException(record)
        811 -> CommitConflictException(record)
        812 -> NotSealedException(record)
        813 -> CountMismatchException(record)
        900 -> InternalException(record)
        else -> null
    }

"""One exception for each kind of error.

Made by `cargo xtask generate` from tests/conformance/errors.toml.
"""

from mypreferences._errors import MyPreferencesError

__all__ = [
    "BadRequestError",
    "ClockSkewError",
    "ClosedError",
    "CommitConflictError",
    "ConfigurationError",
    "ConflictError",
    "ConnectError",
    "CorruptError",
    "CountMismatchError",
    "ExportExpiredError",
    "ExportFailedError",
    "ForbiddenError",
    "ForkedProcessError",
    "InternalError",
    "InterruptedRequestError",
    "InvalidArgumentError",
    "InvalidResponseError",
    "LockedError",
    "NotFoundError",
    "NotSealedError",
    "OperationCancelledError",
    "OutcomeUnknownError",
    "OutputConflictError",
    "ProxyError",
    "RateLimitedError",
    "RedirectRefusedError",
    "RequestTimeoutError",
    "ResponseTooLargeError",
    "ServerError",
    "ServiceUnavailableError",
    "StorageError",
    "TlsError",
    "UnauthorizedError",
    "UnexpectedStatusError",
    "WaitTimedOutError",
]


class InvalidArgumentError(MyPreferencesError, ValueError, number=100):
    """``invalid_argument``: refused before any I/O."""


class ConfigurationError(MyPreferencesError, number=101):
    """``configuration``: missing or contradictory settings, an unreadable file and the like."""


class ForkedProcessError(MyPreferencesError, RuntimeError, number=102):
    """``forked_process``: a client made before ``fork`` was used in the child."""


class ClosedError(MyPreferencesError, RuntimeError, number=103):
    """``closed``: the client was used after it was closed."""


class ConnectError(MyPreferencesError, ConnectionError, number=200):
    """``connect``: name resolution failed, the connection was refused, the host is unreachable."""


class TlsError(MyPreferencesError, ConnectionError, number=201):
    """``tls``: the TLS handshake failed or the certificate is not trusted."""


class ProxyError(MyPreferencesError, ConnectionError, number=202):
    """``proxy``: the proxy asked for credentials (407) or refused CONNECT."""


class RequestTimeoutError(MyPreferencesError, TimeoutError, number=210):
    """``timeout``: a time limit passed; its phase is ``connect``, ``first_byte``, ``body``, ``operation`` or
    ``server`` (408).
    """


class InterruptedRequestError(MyPreferencesError, ConnectionError, number=220):
    """``interrupted``: the connection ended before the response head, or in the body of a read."""


class OperationCancelledError(MyPreferencesError, number=230):
    """``cancelled``: the caller cancelled."""


class RedirectRefusedError(MyPreferencesError, number=300):
    """``redirect_refused``: any 3xx: redirects are never followed."""


class BadRequestError(MyPreferencesError, number=400):
    """``bad_request``: 400, 422."""


class UnauthorizedError(MyPreferencesError, PermissionError, number=401):
    """``unauthorized``: 401."""


class ForbiddenError(MyPreferencesError, PermissionError, number=403):
    """``forbidden``: 403."""


class NotFoundError(MyPreferencesError, LookupError, number=404):
    """``not_found``: 404."""


class ConflictError(MyPreferencesError, number=409):
    """``conflict``: 409, 410, 412."""


class RateLimitedError(MyPreferencesError, number=429):
    """``rate_limited``: 429."""


class ClockSkewError(UnauthorizedError, number=490):
    """``clock_skew``: 401 whose cause is the local clock, after the one repair."""


class ServerError(MyPreferencesError, number=500):
    """``server_error``: 500, 502, 504 or another 5xx."""


class ServiceUnavailableError(MyPreferencesError, number=503):
    """``service_unavailable``: 503."""


class UnexpectedStatusError(MyPreferencesError, number=599):
    """``unexpected_status``: any other status code."""


class InvalidResponseError(MyPreferencesError, number=600):
    """``invalid_response``: the answer is not JSON, has the wrong shape, is cut or badly compressed."""


class ResponseTooLargeError(MyPreferencesError, number=601):
    """``response_too_large``: the answer is larger than the cap for its kind of body."""


class StorageError(MyPreferencesError, OSError, number=700):
    """``storage``: local disk: write, fsync, rename."""


class OutputConflictError(MyPreferencesError, number=701):
    """``output_conflict``: the folder holds an export with other parameters."""


class LockedError(MyPreferencesError, number=702):
    """``locked``: another process holds the folder."""


class CorruptError(MyPreferencesError, number=703):
    """``corrupt``: a landed part does not match its hash."""


class ExportFailedError(MyPreferencesError, number=800):
    """``export_failed``: the export's status is ``Error`` or ``Failed``."""


class ExportExpiredError(MyPreferencesError, number=801):
    """``export_expired``: the export's status is ``Expired`` before it was landed."""


class WaitTimedOutError(MyPreferencesError, TimeoutError, number=802):
    """``wait_timed_out``: the deadline of a wait passed; the token is still good."""


class OutcomeUnknownError(MyPreferencesError, number=810):
    """``outcome_unknown``: a commit or an Initiate was sent and what it did is unclear: ask with ``resolve_commit``,
    or initiate again.
    """


class CommitConflictError(MyPreferencesError, number=811):
    """``commit_conflict``: the same token, with another ``keep_files``, at the same time or after this client
    committed it.
    """


class NotSealedError(MyPreferencesError, number=812):
    """``not_sealed``: the landing receipt is missing or does not match."""


class CountMismatchError(MyPreferencesError, number=813):
    """``count_mismatch``: the rows landed differ from ``TotalResults``."""


class InternalError(MyPreferencesError, number=900):
    """``internal``: a bug of ours (a caught panic too)."""

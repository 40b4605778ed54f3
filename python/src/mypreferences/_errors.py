"""Exceptions: one class for each kind of the catalogue, each with the whole record as attributes."""

from __future__ import annotations

import json
from typing import Any

from mypreferences._records import Attempt, CommitState, Retry, Sent, attempts_of


class MyPreferencesError(Exception):
    """Every error of this package. Its attributes are the fields of the canonical record; picklable and copyable.

    ``str()`` is one line that ends with the next step. None of it ever shows a secret or an access token.
    """

    kind: str
    number: int
    phase: str | None
    operation: str
    detail: str | None
    http_status: int | None
    server_message: str | None
    retry: Retry
    retry_after: float | None
    """Seconds."""
    sent: Sent
    commit_state: CommitState | None
    attempts: tuple[Attempt, ...]
    elapsed: float
    """Seconds."""
    request_id: str | None
    method: str | None
    url: str | None
    """With the access token masked."""
    next_action: str
    source: str | None

    def __init__(self, record: str) -> None:
        """Takes the canonical record. Use :meth:`from_json` to get the class of its kind."""
        self._json = record
        fields: dict[str, Any] = json.loads(record)
        self.kind = fields["kind"]
        self.number = fields["number"]
        self.phase = fields["phase"]
        self.operation = fields["operation"]
        self.detail = fields["detail"]
        self.http_status = fields["http_status"]
        self.server_message = fields["server_message"]
        self.retry = Retry(fields["retry"])
        self.retry_after = fields["retry_after"]
        self.sent = Sent(fields["sent"])
        self.commit_state = None if fields["commit_state"] is None else CommitState(fields["commit_state"])
        self.attempts = attempts_of(fields["attempts"])
        self.elapsed = fields["elapsed"]
        self.request_id = fields["request_id"]
        self.method = fields["method"]
        self.url = fields["url"]
        self.next_action = fields["next_action"]
        self.source = fields["source"]
        super().__init__(self._line())
        # Built-in parents (OSError and its children) keep what they were given first.
        self.args = (record,)
        add_note = getattr(self, "add_note", None)
        if add_note is not None:
            add_note(f"next: {self.next_action}")

    def _line(self) -> str:
        words = self.kind.replace("_", " ")
        line = f"{self.operation} failed: {words}"
        if self.http_status is not None:
            line += f" ({self.http_status})"
        if self.detail:
            line += f": {self.detail}"
        if self.server_message:
            line += f': the server says "{self.server_message}"'
        if self.attempts:
            line += (
                f" after {len(self.attempts)} attempt{'s' if len(self.attempts) > 1 else ''} in {self.elapsed:.1f} s"
            )
        if self.commit_state is CommitState.NOT_COMMITTED:
            line += "; not committed"
        elif self.commit_state is CommitState.UNKNOWN:
            line += "; may have been committed"
        return f"{line}; {self.next_action}"

    def __str__(self) -> str:
        return self._line()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._line()!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._json,))

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @staticmethod
    def from_json(record: str) -> MyPreferencesError:
        """The exception of a canonical record. A number that this version does not know maps to its hundred."""
        number: int = json.loads(record)["number"]
        known = BY_NUMBER.get(number) or BY_NUMBER.get(number // 100 * 100) or MyPreferencesError
        return known(record)


class InvalidArgumentError(MyPreferencesError, ValueError):
    """Refused before any I/O."""


class ConfigurationError(MyPreferencesError):
    """Missing or contradictory settings, an unreadable file."""


class ForkedProcessError(MyPreferencesError, RuntimeError):
    """The client was made before ``fork``; make a new one in the child."""


class ClosedError(MyPreferencesError, RuntimeError):
    """The client was used after it was closed."""


class ConnectError(MyPreferencesError, ConnectionError):
    """Name resolution failed, the connection was refused, the host is unreachable."""


class TlsError(MyPreferencesError, ConnectionError):
    """The TLS handshake failed or the certificate is not trusted."""


class ProxyError(MyPreferencesError, ConnectionError):
    """The proxy asked for credentials or refused CONNECT."""


class RequestTimeoutError(MyPreferencesError, TimeoutError):
    """A time limit passed; ``phase`` says which."""


class InterruptedRequestError(MyPreferencesError, ConnectionError):
    """The connection ended before the response head, or in the body of a read."""


class OperationCancelledError(MyPreferencesError):
    """The caller cancelled."""


class RedirectRefusedError(MyPreferencesError):
    """The server answered with a redirect, which is never followed."""


class BadRequestError(MyPreferencesError):
    """400 or 422."""


class UnauthorizedError(MyPreferencesError, PermissionError):
    """401."""


class ForbiddenError(MyPreferencesError, PermissionError):
    """403."""


class NotFoundError(MyPreferencesError, LookupError):
    """404."""


class ConflictError(MyPreferencesError):
    """409, 410 or 412."""


class RateLimitedError(MyPreferencesError):
    """429."""


class ClockSkewError(UnauthorizedError):
    """401 whose cause is the local clock, after the one repair."""


class ServerError(MyPreferencesError):
    """500, 502, 504 or another 5xx."""


class ServiceUnavailableError(MyPreferencesError):
    """503."""


class UnexpectedStatusError(MyPreferencesError):
    """Any other status code."""


class InvalidResponseError(MyPreferencesError):
    """The answer is not JSON, has the wrong shape, is cut or badly compressed."""


class ResponseTooLargeError(MyPreferencesError):
    """The answer is larger than the cap for its kind of body."""


class StorageError(MyPreferencesError, OSError):
    """Local disk: write, fsync, rename."""


class OutputConflictError(MyPreferencesError):
    """The folder holds an export with other parameters."""


class LockedError(MyPreferencesError):
    """Another process holds the folder."""


class CorruptError(MyPreferencesError):
    """A landed part does not match its hash."""


class ExportFailedError(MyPreferencesError):
    """The export's status is ``Error`` or ``Failed``."""


class ExportExpiredError(MyPreferencesError):
    """The export's status is ``Expired``."""


class WaitTimedOutError(MyPreferencesError, TimeoutError):
    """The export is not ready yet; the token is still good."""


class OutcomeUnknownError(MyPreferencesError):
    """A request was sent and what it did is unclear: ask again with ``resolve_commit``."""


class CommitConflictError(MyPreferencesError):
    """The same token, with another ``keep_files``."""


class NotSealedError(MyPreferencesError):
    """The landing receipt is missing or does not match."""


class CountMismatchError(MyPreferencesError):
    """The rows landed differ from ``TotalResults``."""


class InternalError(MyPreferencesError):
    """A bug of ours."""


BY_NUMBER: dict[int, type[MyPreferencesError]] = {
    100: InvalidArgumentError,
    101: ConfigurationError,
    102: ForkedProcessError,
    103: ClosedError,
    200: ConnectError,
    201: TlsError,
    202: ProxyError,
    210: RequestTimeoutError,
    220: InterruptedRequestError,
    230: OperationCancelledError,
    300: RedirectRefusedError,
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
    490: ClockSkewError,
    500: ServerError,
    503: ServiceUnavailableError,
    599: UnexpectedStatusError,
    600: InvalidResponseError,
    601: ResponseTooLargeError,
    700: StorageError,
    701: OutputConflictError,
    702: LockedError,
    703: CorruptError,
    800: ExportFailedError,
    801: ExportExpiredError,
    802: WaitTimedOutError,
    810: OutcomeUnknownError,
    811: CommitConflictError,
    812: NotSealedError,
    813: CountMismatchError,
    900: InternalError,
}
"""Every class, by the number of its kind."""

"""The exception of which all others are, with the whole record as attributes. Those of each kind: `_error_kinds`."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from mypreferences import _native
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

    by_number: ClassVar[dict[int, type[MyPreferencesError]]] = {}
    """Every class, by the number of its kind."""

    def __init_subclass__(cls, *, number: int | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if number is not None:
            cls.by_number[number] = cls

    def __init__(self, record: str, message: str | None = None) -> None:
        """Takes the canonical record and the line for people. Use :meth:`from_json` to get the class of its kind."""
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
        self._message = message or f"{self.operation} failed: {self.kind}: {self.detail}; {self.next_action}"
        super().__init__(self._message)
        # Built-in parents (OSError and its children) keep what they were given first.
        self.args = (record, self._message)
        add_note = getattr(self, "add_note", None)
        if add_note is not None:
            add_note(f"next: {self.next_action}")

    def __str__(self) -> str:
        return self._message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._message!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._json, self._message))

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @staticmethod
    def from_json(record: str, message: str | None = None) -> MyPreferencesError:
        """The exception of a canonical record. A number that this version does not know maps to its hundred.

        Without ``message``, the line for people is made of the record.
        """
        number: int = json.loads(record)["number"]
        by_number = MyPreferencesError.by_number
        return (by_number.get(number) or by_number.get(number // 100 * 100) or MyPreferencesError)(record, message)


def refused(kind: str, operation: str, detail: str, next_action: str) -> MyPreferencesError:
    """An error of the package's own Python, of a kind of the catalogue."""
    told = _native.refusal(kind, operation, detail, next_action)
    if told is None:
        raise AssertionError(f"the catalogue has no {kind}")
    return MyPreferencesError.from_json(*told)

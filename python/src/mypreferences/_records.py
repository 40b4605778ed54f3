"""Receipts and what else the service says, as frozen dataclasses over the canonical records."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


class _Word(str, Enum):
    """A word of the canonical record. Prints as the word."""

    def __str__(self) -> str:
        return self.value


class Outcome(_Word):
    """How the token came to be consumed."""

    COMMITTED = "committed"
    """A send of this call was answered 200 or 204, or was open and the token is now consumed."""
    ALREADY_COMMITTED = "already_committed"
    """The token is consumed and no send of this call can have done it."""


class Certainty(_Word):
    """How sure the outcome is."""

    CERTAIN = "certain"
    """The server said so."""
    PRESUMED = "presumed"
    """Everything points to it; ``require_certain`` turns it into :class:`OutcomeUnknownError`."""


class ConfirmedBy(_Word):
    """What the outcome was read from."""

    RESPONSE = "response"
    STATUS = "status"
    TOKEN_RETIRED = "token_retired"
    EARLY_EXPIRY = "early_expiry"


class Files(_Word):
    """What is known about the export files on the server."""

    AS_ASKED = "as_asked"
    """Kept or deleted as ``keep_files`` of this call asked."""
    UNKNOWN = "unknown"
    """Make no privacy claim from this receipt."""


class Retry(_Word):
    """Whether trying again can help."""

    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    PERSISTENT = "persistent"


class Sent(_Word):
    """What is known about a request's way to the server."""

    NOT_SENT = "not_sent"
    MAYBE_SENT = "maybe_sent"
    ANSWERED = "answered"


class CommitState(_Word):
    """What a failed commit says about this call's requests."""

    NOT_COMMITTED = "not_committed"
    UNKNOWN = "unknown"


def time_of(text: str | None) -> datetime | None:
    """A moment of a canonical record, which ends in ``Z`` and has up to nine decimals: ``datetime`` holds six of them,
    and before Python 3.11 it reads three or six and no ``Z``."""
    if text is None:
        return None
    whole, _, decimals = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{decimals[:6]:0<6}+00:00")


def inner_of(record: dict[str, Any] | None) -> str | None:
    """A record within another one as it stands in the text: compact, in its order."""
    return None if record is None else json.dumps(record, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Attempt:
    """One POST of a commit, or one try of a read. Times in seconds."""

    n: int
    delay_before: float
    elapsed: float
    sent: Sent
    status: int | None
    kind: str | None

    @classmethod
    def _of(cls, record: dict[str, Any]) -> Attempt:
        return cls(
            n=record["n"],
            delay_before=record["delay_before"],
            elapsed=record["elapsed"],
            sent=Sent(record["sent"]),
            status=record["status"],
            kind=record["kind"],
        )


def attempts_of(records: list[dict[str, Any]]) -> tuple[Attempt, ...]:
    return tuple(Attempt._of(record) for record in records)  # pyright: ignore[reportPrivateUsage]


@dataclass(frozen=True)
class CommitReceipt:
    """The receipt of a commit."""

    outcome: Outcome
    certainty: Certainty
    confirmed_by: ConfirmedBy
    keep_files: bool | None
    """As asked; ``None`` from ``resolve_commit``, which asks for nothing."""
    files: Files
    sends: int
    """How many POSTs of this call reached the server or may have."""
    attempts: tuple[Attempt, ...]
    elapsed: float
    """Seconds, questions included."""
    request_id: str | None
    server_date: datetime | None
    """``Date`` of the confirming answer."""
    _json: str = field(repr=False, compare=False)

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @classmethod
    def from_json(cls, text: str) -> CommitReceipt:
        """Reads a canonical record back."""
        record = json.loads(text)
        return cls(
            outcome=Outcome(record["outcome"]),
            certainty=Certainty(record["certainty"]),
            confirmed_by=ConfirmedBy(record["confirmed_by"]),
            keep_files=record["keep_files"],
            files=Files(record["files"]),
            sends=record["sends"],
            attempts=attempts_of(record["attempts"]),
            elapsed=record["elapsed"],
            request_id=record["request_id"],
            server_date=time_of(record["server_date"]),
            _json=text,
        )


@dataclass(frozen=True)
class ExportStatus:
    """Status of an export."""

    status: str
    """The server's own word: ``Processing``, ``Complete`` (ready, so not committed), ``Retrieved`` (consumed),
    ``Expired``, ``Error``, ``Failed``, or one that no page documents."""
    expires: datetime | None
    row_count: int | None
    byte_count: int | None
    server_date: datetime | None
    _json: str = field(repr=False, compare=False)

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @classmethod
    def from_json(cls, text: str) -> ExportStatus:
        """Reads a canonical record back."""
        record = json.loads(text)
        return cls(
            status=record["status"],
            expires=time_of(record["expires"]),
            row_count=record["row_count"],
            byte_count=record["byte_count"],
            server_date=time_of(record["server_date"]),
            _json=text,
        )


class CommitEnd(_Word):
    """How the token of a sealed batch came to its end."""

    COMMITTED = "committed"
    """The landing committed it."""
    ALREADY_COMMITTED = "already_committed"
    """It was consumed before the landing sent anything."""
    EXPIRED = "expired"
    """It expired before it was committed. The data is landed; what became of the server's files is not known."""


@dataclass(frozen=True)
class VouchedFile:
    """A file that was made durable before the commit."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Vouched:
    """What the destination of a ``commit_loaded`` holds, as the caller says and the client has checked."""

    rows: int
    sink: str | None
    """Where, without passwords."""
    files: tuple[VouchedFile, ...]
    """The files that were made durable; empty where nothing had to be sent."""


@dataclass(frozen=True)
class BatchReceipt:
    """How the commit of a batch, or of what was loaded, ended: ``_receipt.json``."""

    end: CommitEnd
    keep_files: bool
    """As asked."""
    at: datetime | None
    """When it was written, by the local clock."""
    server_date: datetime | None
    """``Date`` of the answer that confirmed it."""
    receipt: CommitReceipt | None
    """The receipt of the commit; ``None`` when nothing was sent."""
    vouched: Vouched | None
    """Of a ``commit_loaded``."""
    _json: str = field(repr=False, compare=False)

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @classmethod
    def from_json(cls, text: str) -> BatchReceipt:
        """Reads a canonical record back."""
        record = json.loads(text)
        inner = inner_of(record["receipt"])
        return cls(
            end=CommitEnd(record["end"]),
            keep_files=record["keep_files"],
            at=time_of(record["at"]),
            server_date=time_of(record["server_date"]),
            receipt=None if inner is None else CommitReceipt.from_json(inner),
            vouched=_vouched(record.get("vouched")),
            _json=text,
        )

    @classmethod
    def within(cls, record: dict[str, Any] | None) -> BatchReceipt | None:
        """The one within another record."""
        inner = inner_of(record)
        return None if inner is None else cls.from_json(inner)


def _vouched(record: dict[str, Any] | None) -> Vouched | None:
    if record is None:
        return None
    files = tuple(VouchedFile(**file) for file in record["files"])
    return Vouched(rows=record["rows"], sink=record["sink"], files=files)


@dataclass(frozen=True)
class Verified:
    """What was verified of a folder."""

    batches: int
    """Sealed batches."""
    parts: int
    """Their parts."""
    rows: int
    """Their records."""
    bytes: int
    """Their bytes on disk."""
    moved: tuple[str, ...]
    """Sealed batches that the journal knows and the folder lacks: moved away by their consumer, or lost."""
    unnamed: tuple[str, ...]
    """Files of parts that no manifest names."""
    gaps: tuple[str, ...]
    """Batches that begin after what those before them cover, in sentences."""
    _json: str = field(repr=False, compare=False)

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @classmethod
    def from_json(cls, text: str) -> Verified:
        """Reads a canonical record back."""
        members: dict[str, Any] = json.loads(text)
        for name in ("moved", "unnamed", "gaps"):
            members[name] = tuple(members[name])
        return cls(**members, _json=text)

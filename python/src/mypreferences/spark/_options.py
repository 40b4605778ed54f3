"""Options as Spark hands them over: texts, by names in any case. Plans and logs show them, so that none is a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from mypreferences import _native
from mypreferences._arrow import RecordColumn, Shape
from mypreferences._client import Client
from mypreferences._coverage import OVERLAP
from mypreferences._errors import MyPreferencesError, refused

_SECRETS = ("secret", "password", "token", "authorization", "credential", "key")


@dataclass(frozen=True)
class Reading:
    """How pages are read, by stream and batch alike. Holds no secret, and goes to the executors."""

    profile: str | None = None
    """Of the configuration file, on the driver and on each executor."""
    shape: Shape = "json"
    record: RecordColumn = "keep"
    rows_per_partition: int = 50_000
    limit: int = 1_000
    patience: float = 600.0

    def client(self) -> Client:
        """One for this process: profile and environment."""
        return Client.from_env(profile=self.profile)


@dataclass(frozen=True)
class OfBatch(Reading):
    """Of an export that was made before."""

    handle: str = ""
    export: str = ""
    watermark: str = ""
    total: int = 0


@dataclass(frozen=True)
class OfStream(Reading):
    """Of a stream."""

    segment: str | None = None
    segment_group: str | None = None
    records: Literal["profiles", "preferences"] | None = None
    since: str = "auto"
    overlap: float = OVERLAP.total_seconds()
    keep_files: bool = False
    max_rows_per_trigger: int | None = None
    min_interval: float = 3_600.0
    max_wait: float = 86_400.0
    on_expired: Literal["fail", "restart"] = "fail"
    on_gone: Literal["fail", "skip"] = "fail"
    sync_before_commit: bool = True

    @property
    def kind(self) -> str:
        """As the client calls it."""
        return "segment" if self.segment_group is None else "segment-group"

    @property
    def what(self) -> dict[str, str]:
        """As ``client.initiate`` takes it."""
        if self.segment_group is None:
            return {"segment": self.segment or ""}
        return {"segment_group": self.segment_group}


def _refused(detail: str, next_action: str) -> MyPreferencesError:
    return refused("invalid_argument", "export", detail, next_action)


def _words(*words: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text.lower() in words:
            return text.lower()
        raise _refused(f"{name} is none of its words", f"pass {' or '.join(words)}")

    return read


def _boolean(name: str, text: str) -> bool:
    return _words("true", "false")(name, text) == "true"


def _number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise _refused(f"{name} is no number from 1", "pass digits")


def _place(name: str, text: str) -> int:
    return 0 if text == "0" else _number(name, text)


def _moment(name: str, text: str) -> str:
    if text.lower() in ("auto", "never"):
        return text.lower()
    try:
        has_zone = datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        has_zone = False
    if not has_zone:
        raise _refused(f"{name} is no moment with a zone", "pass auto, never, or 2026-01-31T00:00:00Z")
    return text


def _text(_name: str, text: str) -> str:
    return text


_READERS: dict[str, Callable[[str, str], Any]] = {
    "profile": _text,
    "segment": _text,
    "segmentGroup": _text,
    "handle": _text,
    "export": _text,
    "watermark": _text,
    "total": _place,
    "shape": _words("typed", "json"),
    "record": _words("keep", "drop"),
    "records": _words("profiles", "preferences"),
    "rowsPerPartition": _number,
    "maxRowsPerTrigger": _number,
    "limit": _number,
    "since": _moment,
    "keepFiles": _boolean,
    "syncBeforeCommit": _boolean,
    "patience": _native.duration,
    "overlap": _native.duration,
    "minInterval": _native.duration,
    "maxWait": _native.duration,
    "onExpired": _words("fail", "restart"),
    "onGone": _words("fail", "skip"),
}
"""What a text means, by the option's name."""


def _field_of(option: str) -> str:
    """``keepFiles`` is the field ``keep_files``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in option)


def texts_of(reading: Reading) -> dict[str, str]:
    """As options of Spark."""
    values = {option: getattr(reading, _field_of(option), None) for option in _READERS}
    given = {option: value for option, value in values.items() if value is not None}
    return {option: f"{value}s" if isinstance(value, float) else str(value) for option, value in given.items()}


def _read(options: Mapping[str, str], known: type[Reading]) -> dict[str, Any]:
    names = {field.name for field in fields(known)}
    readers = {name.lower(): (name, read) for name, read in _READERS.items() if _field_of(name) in names}
    given: dict[str, Any] = {}
    for option, text in options.items():
        if option.lower() not in readers:
            if any(word in option.lower() for word in _SECRETS):
                raise _refused(
                    f"there is no option {option}: options are seen in plans and logs",
                    "set the option profile, or MYPREFERENCES_ variables, on the driver and on each executor",
                )
            raise _refused(f"there is no option {option}", f"pass {', '.join(name for name, _ in readers.values())}")
        name, read = readers[option.lower()]
        given[_field_of(name)] = read(name, text)
    return given


def of_stream(options: Mapping[str, str]) -> OfStream:
    """Raises ``invalid_argument`` before anything is asked."""
    given = _read(options, OfStream)
    if ("segment" in given) == ("segment_group" in given):
        raise _refused(
            "a stream is of a segment or of a segmentGroup",
            "pass one of the two; for others, a schedule for example, there is mypreferences.spark.SparkExport",
        )
    if "keep_files" not in given:
        raise _refused("keepFiles is not said", "pass false, which deletes the server's files at the commit, or true")
    return OfStream(**given)


def of_batch(options: Mapping[str, str]) -> OfBatch:
    """Raises ``invalid_argument`` for one that nobody initiated: each action of Spark would initiate another."""
    if "handle" not in {name.lower() for name in options}:
        raise _refused(
            "spark.read has no export to read: each action would initiate another one",
            "use mypreferences.spark.SparkExport, which initiates it once, or spark.readStream",
        )
    return OfBatch(**_read(options, OfBatch))

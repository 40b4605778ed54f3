"""Arguments as callers give them, checked by type and turned into what ``_native`` takes.

What they mean, and which of them go together, is the core's to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

Duration = float | timedelta
"""Seconds, or a ``timedelta``."""


class Order(TypedDict):
    """What to export, as ``_native`` takes it."""

    kind: str
    name: str | None
    last_date_time: str | None
    match_criteria: str | None
    match_type: str | None
    values: list[str]
    callback_url: str | None
    start_date: str | None
    end_date: str | None
    cids: list[str]
    channels: list[str]


class Landing(TypedDict):
    """How to land, as ``_native`` takes it."""

    out: str
    commit: str | None
    keep_files: bool | None
    since: str | None
    overlap: float | None
    compression: str | None
    format: str | None
    shape: str | None
    record: str | None
    limit: int | None
    max_wait: float | None
    max_memory: int | None
    part_bytes: int | None


class Reading(TypedDict):
    """Which pages, as ``_native`` takes it."""

    limit: int | None
    offset: int | None
    until: int | None
    patience: float | None
    expect_total: int | None
    expect_first: str | None
    expect_last: str | None


def text(name: str, value: object, *, shown: bool = True) -> str:
    if isinstance(value, str):
        return value
    got = f", got {value!r}" if shown else ""
    raise TypeError(f"{name} must be a str{got} ({type(value).__name__}); pass text")


def text_or_none(name: str, value: object) -> str | None:
    return None if value is None else text(name, value)


def path(name: str, value: object) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fsdecode(value)  # pyright: ignore[reportUnknownArgumentType]
    raise TypeError(f"{name} must be a path, got {type(value).__name__}; pass a str or a pathlib.Path")


def token(access_token: object) -> str:
    # A bool is an int in Python, but no token.
    if isinstance(access_token, bool) or not isinstance(access_token, (int, str)):
        raise TypeError(
            f"access_token must be an int or a str of digits, got {type(access_token).__name__}; "
            "pass the integer that Initiate returned"
        )
    return str(access_token)


def keep_files(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(
            f"keep_files must be True or False, got {value!r} ({type(value).__name__}); "
            "False deletes the export files on the server"
        )
    return value


def seconds(value: Duration | None) -> float | None:
    return value.total_seconds() if isinstance(value, timedelta) else value


def number(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, got {value!r} ({type(value).__name__})")
    if value < 0:
        raise ValueError(f"{name} must not be negative, got {value}")
    return value


def count(name: str, value: object) -> int:
    given = number(name, value)
    if given is None:
        raise TypeError(f"{name} must be an int, got None")
    return given


def moment(name: str, value: object) -> str | None:
    """A ``datetime`` as text; the core says what is wrong with one that has no zone."""
    return value.isoformat() if isinstance(value, datetime) else text_or_none(name, value)


def day(name: str, value: object) -> str | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return text_or_none(name, value)


def texts(name: str, values: object) -> list[str]:
    if values is None:
        return []
    # A text is an iterable of texts too, and never meant as one here.
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list of str, got {values!r} ({type(values).__name__})")
    listed: list[object] = list(values)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [text(name, value) for value in listed]


def paths(name: str, values: object) -> list[str]:
    if values is None:
        return []
    # A text is an iterable of texts too, and here it is one path.
    if isinstance(values, (str, os.PathLike)):
        return [path(name, values)]  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(values, Iterable):
        raise TypeError(f"{name} must be paths, got {type(values).__name__}; pass a path or a list of paths")
    listed: list[object] = list(values)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [path(name, value) for value in listed]


def numbers(name: str, values: Iterable[int]) -> list[int]:
    return [count(name, value) for value in values]


def order(
    *,
    segment: str | None,
    segment_group: str | None,
    schedule: str | None,
    cids: Iterable[str] | None,
    last_date_time: str | datetime | None,
    match_criteria: str | None,
    match_type: str | None,
    values: Iterable[str] | None,
    callback_url: str | None,
    start_date: str | date | None,
    end_date: str | date | None,
    channels: Iterable[str] | None,
) -> Order:
    subjects: dict[str, Any] = {"segment": segment, "segment_group": segment_group, "schedule": schedule, "cid": cids}
    given = [(kind, subject) for kind, subject in subjects.items() if subject is not None]
    if len(given) != 1:
        raise TypeError("say what to export: pass one of segment, segment_group, schedule and cids")
    kind, subject = given[0]
    return {
        "kind": kind,
        "name": None if kind == "cid" else text(kind, subject),
        "last_date_time": moment("last_date_time", last_date_time),
        "match_criteria": text_or_none("match_criteria", match_criteria),
        "match_type": text_or_none("match_type", match_type),
        "values": texts("values", values),
        "callback_url": text_or_none("callback_url", callback_url),
        "start_date": day("start_date", start_date),
        "end_date": day("end_date", end_date),
        "cids": texts("cids", cids),
        "channels": texts("channels", channels),
    }


def landing(
    *,
    out: str | os.PathLike[str],
    compression: str | None = None,
    format: str | None = None,
    shape: str | None = None,
    record: str | None = None,
    limit: int | None = None,
    max_wait: Duration | None = None,
    max_memory: int | None = None,
    part_bytes: int | None = None,
    commit: str | None = None,
    keep: bool | None = None,
    since: str | datetime | None = None,
    overlap: Duration | None = None,
) -> Landing:
    return {
        "out": path("out", out),
        "commit": text_or_none("commit", commit),
        "keep_files": None if keep is None else keep_files(keep),
        "since": moment("since", since),
        "overlap": seconds(overlap),
        "compression": text_or_none("compression", compression),
        "format": text_or_none("format", format),
        "shape": text_or_none("shape", shape),
        "record": text_or_none("record", record),
        "limit": number("limit", limit),
        "max_wait": seconds(max_wait),
        "max_memory": number("max_memory", max_memory),
        "part_bytes": number("part_bytes", part_bytes),
    }

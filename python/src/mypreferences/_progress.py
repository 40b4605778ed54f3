"""How far an export is, told to a callable, a progress bar or the log."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from mypreferences._records import ExportStatus

_LOGGER = logging.getLogger("mypreferences")
_BETWEEN_LINES = 5.0
"""Seconds between two lines of the log within a stage."""


@dataclass(frozen=True)
class WaitProgress:
    """How a wait goes, told after every question."""

    elapsed: float
    """Seconds since the wait began."""
    questions: int
    """Questions asked so far."""
    status: ExportStatus | None
    """The newest status; ``None`` when the newest question failed."""
    next_in: float
    """Seconds until the next question."""


@dataclass(frozen=True)
class LandingProgress:
    """How far a landing is, told at each stage, after each question and after each page."""

    stage: str
    """``initiate``, ``wait``, ``land``, ``seal`` or ``commit``."""
    batch: str
    """The name of the batch's folder."""
    rows: int
    """Records landed so far, those of earlier runs included."""
    total: int | None
    """Records of the export, once the server told."""
    resumed_rows: int
    """Records that an earlier run had landed."""
    elapsed: float
    """Seconds since the call began."""
    next_in: float | None
    """Seconds until the next question, while it waits."""
    note: str | None
    """Something that a person should know, told once."""


OnWait = Callable[[WaitProgress], object] | Literal["auto"] | None
OnLanding = Callable[[LandingProgress], object] | Literal["auto"] | None


class Teller:
    """Hands progress from a call to whoever wants it. What that raises ends the call, and is raised by it."""

    def __init__(self, tell: Callable[..., object], close: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._tell = tell
        self._close = close

    def here(self, *fields: Any) -> bool:
        """For ``_native``, on the thread that waits for the call. Whether the call shall end."""
        if self.error is None:
            try:
                self._tell(*fields)
            except BaseException as error:
                self.error = error
        return self.error is not None

    def __enter__(self) -> Teller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()


def of_wait(progress: OnWait) -> Teller | None:
    if progress is None:
        return None
    shown = _shown() if progress == "auto" else None
    tell = _callable(progress if shown is None else shown.wait)

    def made(elapsed: float, questions: int, status: str | None, next_in: float) -> None:
        known = None if status is None else ExportStatus.from_json(status)
        tell(WaitProgress(elapsed, questions, known, next_in))

    return Teller(made, _nothing if shown is None else shown.close)


def of_landing(progress: OnLanding) -> Teller | None:
    if progress is None:
        return None
    shown = _shown() if progress == "auto" else None
    tell = _callable(progress if shown is None else shown.landing)
    return Teller(
        lambda *fields: tell(LandingProgress(*fields)),
        _nothing if shown is None else shown.close,
    )


def _callable(progress: object) -> Callable[..., object]:
    if not callable(progress):
        raise TypeError(f"progress must be a callable, 'auto' or None, got {progress!r} ({type(progress).__name__})")
    return progress


def _nothing() -> None:
    pass


def _shown() -> _Bar | _Lines:
    """A bar where a person looks and tqdm is there; else lines."""
    if sys.stderr is not None and sys.stderr.isatty():  # pyright: ignore[reportUnnecessaryComparison]
        try:
            return _Bar(importlib.import_module("tqdm").tqdm)
        except ImportError:
            pass
    return _Lines()


def _waiting(status: str, next_in: float) -> str:
    return f"waiting: {status}, next question in {next_in:.0f} s"


class _Bar:
    """A bar of tqdm on standard error."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Any = None

    def _show(self, text: str, progress: LandingProgress | None) -> None:
        if self._bar is None:
            self._bar = self._tqdm(unit=" records", unit_scale=True, file=sys.stderr, dynamic_ncols=True)
        bar = self._bar
        bar.set_description_str(text, refresh=False)
        if progress is not None:
            bar.total = progress.total
            # What was there before says nothing about the speed now.
            bar.initial = progress.resumed_rows
            bar.n = progress.rows
        bar.refresh()

    def wait(self, progress: WaitProgress) -> None:
        self._show(_waiting("unknown" if progress.status is None else progress.status.status, progress.next_in), None)

    def landing(self, progress: LandingProgress) -> None:
        if progress.note is not None:
            self._tqdm.write(progress.note, file=sys.stderr)
        waits = progress.next_in is not None
        self._show(f"{progress.batch} {'waiting' if waits else progress.stage}", progress)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class _Lines:
    """Lines of the log: one at each stage, and one every few seconds."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._at = 0.0

    def wait(self, progress: WaitProgress) -> None:
        word = "unknown" if progress.status is None else progress.status.status
        _LOGGER.info("%s", _waiting(word, progress.next_in))

    def landing(self, progress: LandingProgress) -> None:
        if progress.note is not None:
            _LOGGER.warning("%s: %s", progress.batch, progress.note)
        if progress.stage == self._stage and progress.elapsed - self._at < _BETWEEN_LINES:
            return
        self._stage, self._at = progress.stage, progress.elapsed
        _LOGGER.info(
            "%s: %s, %d of %s records after %.0f s",
            progress.batch,
            progress.stage,
            progress.rows,
            "unknown" if progress.total is None else progress.total,
            progress.elapsed,
        )

    def close(self) -> None:
        pass

"""A stream of exports, one after the other. Its offsets are the journal: Spark writes each down before it acts on it.

| phase | what it means | what is next |
|---|---|---|
| ``idle`` | everything until ``covered`` is in the sink | Initiate |
| ``initiated`` | there is an export | wait until it is ready |
| ``data`` | records before ``next`` are planned | the next chunk; behind the last one, the commit |

``latestOffset`` is told where the batch before it ended, which stands in Spark's commit log by then: the one place from
which the commit may be sent. ``commit`` of Spark is not: it is called no earlier, and never for a query's last batch.
"""

# pyspark's own types are partly unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from pyspark.sql.datasource import DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import ReadAllAvailable, ReadLimit, ReadMaxRows, SupportsTriggerAvailableNow
from pyspark.sql.types import StructType

from mypreferences._calls import LOGGER
from mypreferences._client import Client
from mypreferences._coverage import covered
from mypreferences._errors import MyPreferencesError, refused
from mypreferences._export import Export
from mypreferences._handles import must_have_a_key
from mypreferences._records import CommitEnd
from mypreferences.spark import _ranges
from mypreferences.spark._options import OfStream

_OVER = ("export_expired", "export_failed")
"""By the service's own word. That it does not know a token just now proves nothing."""
_STARTED_AGAIN = 2
"""How often a query starts an export again before it fails."""
_ONE_LOOK = timedelta(seconds=10)
"""A trigger waits so long for an export to be ready, and leaves the rest to the next one."""


@dataclass(frozen=True)
class Offset:
    """Where a stream is: numbers and texts alone, as Spark keeps it as JSON. Holds no token."""

    phase: Literal["idle", "initiated", "data"] = "idle"
    n: int = 0
    """Exports so far."""
    subject: str = ""
    """What is exported, of which account, as a hash."""
    covered: str = ""
    """Up to when the sink has everything; empty for not at all."""
    ended: str = ""
    """When the last export ended, by this machine's clock."""
    handle: str = ""
    export: str = ""
    since: str = ""
    watermark: str = ""
    total: int = 0
    next: int = 1
    """The first record that is not planned yet."""
    last: str = ""
    """The digest of the record before it, and of itself: where two chunks join."""
    first: str = ""

    @property
    def is_over(self) -> bool:
        """Whether each record is planned."""
        return self.phase == "data" and self.next > self.total

    def behind(self, covered: str) -> Offset:
        """When this export has come to its end."""
        return Offset(n=self.n, subject=self.subject, covered=covered, ended=datetime.now(timezone.utc).isoformat())

    def again(self) -> Offset:
        """Where it has not, and the same is asked for once more."""
        return Offset(n=self.n, subject=self.subject, covered=self.covered, since=self.since)

    @staticmethod
    def of(offset: dict[str, Any]) -> Offset:
        """As Spark gives it back."""
        unknown = offset.keys() - {field.name for field in fields(Offset)}
        if unknown:
            raise refused(
                "configuration",
                "export",
                "the checkpoint is of a later version of mypreferences",
                "install that version",
            )
        return Offset(**offset)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


class StreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Of Spark: everything but :meth:`read` is called on the driver."""

    def __init__(self, options: OfStream, schema: StructType) -> None:
        self._options, self._schema = options, schema
        self._opened: Client | None = None
        self._is_one_run = False
        """``Trigger.AvailableNow``: until one export has ended."""
        self._has_ended = False
        self._started_again = 0
        self._left_out: set[str] = set()
        """Exports of which a batch had to stay empty: they are never committed."""

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}

    @property
    def _client(self) -> Client:
        if self._opened is None:
            self._opened = self._options.client()
        return self._opened

    def prepareForTriggerAvailableNow(self) -> None:
        """One export: that which is under way, or a new one."""
        self._is_one_run = True

    def getDefaultReadLimit(self) -> ReadLimit:
        """``maxRowsPerTrigger``."""
        rows = self._options.max_rows_per_trigger
        return ReadAllAvailable() if rows is None else ReadMaxRows(rows)

    def initialOffset(self) -> dict[str, Any]:
        """Of a new checkpoint."""
        return asdict(Offset())

    def latestOffset(self, start: dict[str, Any], limit: ReadLimit) -> dict[str, Any]:
        """What comes after ``start``, whose rows are in the sink."""
        at = self._mine(Offset.of(start))
        if at.phase == "data" and self._options.sync_before_commit and hasattr(os, "sync"):
            # On local files Spark itself syncs nothing, neither what the sink has written nor its own logs: what comes
            # before the next offset is durable before that is written, and all of it before the commit.
            os.sync()
        try:
            if at.export in self._left_out:
                raise refused("export_expired", "export", "a batch of it stayed empty", "initiate a new export")
            if at.phase == "idle":
                return asdict(self._begin(at))
            if at.phase == "initiated":
                return asdict(self._await(at, limit))
            return asdict(self._acknowledge(at) if at.is_over else self._next_chunk(at, limit))
        except MyPreferencesError as error:
            if error.kind not in _OVER:
                raise
            return asdict(self._start_again(at, error))

    def _mine(self, at: Offset) -> Offset:
        """With what is exported; what covers something else covers nothing of it."""
        what = json.dumps([repr(self._client), self._options.what])
        subject = hashlib.sha256(what.encode()).hexdigest()[:32]
        if at.subject not in ("", subject):
            raise refused(
                "configuration",
                "export",
                "the checkpoint is of another segment, account or service",
                "begin with another checkpoint",
            )
        return replace(at, subject=subject)

    def _begin(self, at: Offset) -> Offset:
        is_due = not self._has_ended if self._is_one_run else self._interval_is_over(at)
        if not is_due:
            return at
        must_have_a_key(self._client)
        order: dict[str, Any] = {**self._options.what}
        since = _time(at.since) if at.since else self._since(at)
        if since is not None:
            order["last_date_time"] = since
        export = self._client.initiate(**order)
        handle = self._client.wrap(export)
        return Offset(
            phase="initiated",
            n=at.n + 1,
            subject=at.subject,
            covered=at.covered,
            handle=handle,
            export=_ranges.name_of(handle),
            since="" if export.since is None else export.since.isoformat(),
            watermark=export.watermark.isoformat(),
        )

    def _interval_is_over(self, at: Offset) -> bool:
        if not at.ended:
            return True
        passed = datetime.now(timezone.utc) - _time(at.ended)
        # A clock that was set back does not hold it up.
        return passed < timedelta(0) or passed.total_seconds() >= self._options.min_interval

    def _since(self, at: Offset) -> str | datetime | None:
        since = self._options.since
        if since == "never":
            return None
        if since != "auto" and not at.covered:
            return since
        end = covered([(None, _time(at.covered))] if at.covered else [])
        return None if end is None else end - timedelta(seconds=self._options.overlap)

    def _await(self, at: Offset, limit: ReadLimit) -> Offset:
        export = self._client.unwrap(at.handle)
        try:
            export.wait(max_wait=self._options.max_wait if self._is_one_run else _ONE_LOOK)
        except MyPreferencesError as error:
            if error.kind != "wait_timed_out" or self._is_one_run:
                raise
            return at
        total, _ = _ranges.first_look(export, self._options)
        # Wrapped once more, with the total: a commit has nothing to ask for.
        there = replace(at, phase="data", handle=self._client.wrap(export), total=total)
        return self._next_chunk(there, limit)

    def _next_chunk(self, at: Offset, limit: ReadLimit) -> Offset:
        export = self._client.unwrap(at.handle)
        if at.next > 1 and not self._must_be_there(export):
            return at.behind(at.watermark)
        rows = limit.max_rows if isinstance(limit, ReadMaxRows) else at.total
        end = min(at.total, at.next - 1 + rows)
        if end == at.total:
            return replace(at, next=end + 1, last="", first="")
        ((last, first),) = export.boundaries([end])
        return replace(at, next=end + 1, last=last, first=first)

    def _acknowledge(self, at: Offset) -> Offset:
        receipt = self._client.commit_loaded(
            at.handle, rows=at.total, keep_files=self._options.keep_files, sink="spark"
        )
        self._has_ended = True
        self._started_again = 0
        if receipt.end == CommitEnd.EXPIRED:
            # A batch of it may have had to stay empty: whoever asks for the same again leaves nothing out.
            LOGGER.warning("an export expired before it was committed; the next one begins where it did")
            return at.behind(at.covered)
        return at.behind(at.watermark)

    def _start_again(self, at: Offset, error: MyPreferencesError) -> Offset:
        self._may_start_again(error)
        self._started_again += 1
        if self._started_again > _STARTED_AGAIN:
            raise error
        return at.again()

    def _may_start_again(self, error: MyPreferencesError) -> None:
        if self._options.on_expired == "fail":
            raise refused(
                error.kind,
                "export",
                error.detail or "it is over",
                "set the option onExpired to restart, which asks for the same again: the sink may then have rows twice",
            ) from error

    def _must_be_there(self, export: Export) -> bool:
        """Whether its pages can be read; ``False`` where it was committed and the user knows that the sink has it."""
        status = self._client.status(export.access_token).status
        if status in ("Expired", "Error", "Failed"):
            kind = "export_expired" if status == "Expired" else "export_failed"
            raise refused(kind, "export", f"the status is {status}", "initiate a new export")
        if status == "Retrieved" and self._options.on_gone == "fail":
            raise refused(
                "commit_conflict",
                "export",
                "this export was committed, and the checkpoint asks for its rows again: it is older than the sink",
                "set the option onGone to skip if the sink has them; else begin with another checkpoint",
            )
        return status != "Retrieved"

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        """The ranges between two offsets: the same ones whenever this batch is planned."""
        before, after = Offset.of(start), Offset.of(end)
        begin = before.next if before.phase == "data" else 1
        if after.phase != "data" or begin >= after.next:
            return []
        export = self._client.unwrap(after.handle)
        try:
            if not self._must_be_there(export):
                return []
        except MyPreferencesError as error:
            if error.kind not in _OVER:
                raise
            self._may_start_again(error)
            self._left_out.add(after.export)
            return []
        edges = (before.first or None, after.last or None)
        of = (after.handle, after.export, after.watermark, after.total)
        return _ranges.cut(export, begin, after.next - 1, self._options.rows_per_partition, of=of, edges=edges)

    def read(self, partition: InputPartition) -> Iterator[Any]:
        """On an executor."""
        assert isinstance(partition, _ranges.Range)
        return _ranges.read(partition, self._options, self._schema)

    def stop(self) -> None:
        """Not called when a query is stopped: nothing depends on it."""
        if self._opened is not None:
            self._opened.close()

"""Exports into a database: changed profiles into a table, by key, and the commit behind them.

>>> from mypreferences import Client
>>> from mypreferences.load import postgres
>>> with Client.from_env() as client:
...     loaded = postgres("postgresql://dwh/crm").load(
...         client, segment="Everyone", table="people", key="ProfileId", since="auto", keep_files=False
...     )
...     print(loaded.rows, loaded.receipt.end)

The rows, what is known of the export, and the count read back from the table go into the database in one transaction;
the commit comes after it. Whatever stops it, the same call continues: the table ``mypreferences_exports`` beside yours
says where. The vendor exports no deletions: a profile that leaves the segment stays in the table.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from mypreferences import _arguments
from mypreferences._calls import CancelToken
from mypreferences._client import Client, What
from mypreferences._coverage import OVERLAP, covered
from mypreferences._databases import DuckDb, Postgres, driver, quoted
from mypreferences._errors import MyPreferencesError, refused
from mypreferences._export import Export
from mypreferences._handles import must_have_a_key, opens
from mypreferences._records import BatchReceipt, CommitEnd

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mypreferences._arguments import Duration

STATE = "mypreferences_exports"
"""The table with what is known of each export, in the schema of the table that is loaded."""
_INCOMING = "mypreferences_incoming"
_STARTED_AGAIN = 2
"""How often an export that expired before it was loaded is started again within one call."""
_OVER = ("export_expired", "export_failed", "not_found")

OnLoading = Callable[[str, int], object]
"""Told the stage (``initiate``, ``wait``, ``load``, ``commit``) and the rows so far."""


@dataclass(frozen=True)
class Loaded:
    """What a load has come to."""

    export: str
    """Its name in ``mypreferences_exports``, and in the column ``_export`` of its rows."""
    table: str
    rows: int
    """Of the export, counted in the database."""
    since: datetime | None
    """What ``LastDateTime`` was; ``None`` for everything."""
    watermark: datetime
    """Up to when it covers."""
    receipt: BatchReceipt
    is_new: bool
    """``False`` where an earlier call had committed it, and nothing was sent."""

    def to_json(self) -> str:
        """As JSON: fixed order of keys."""
        record: dict[str, Any] = {
            "export": self.export,
            "table": self.table,
            "rows": self.rows,
            "since": None if self.since is None else self.since.isoformat(),
            "watermark": self.watermark.isoformat(),
            "receipt": json.loads(self.receipt.to_json()),
            "is_new": self.is_new,
        }
        return json.dumps(record, ensure_ascii=False)


def _refused(kind: str, detail: str, next_action: str) -> MyPreferencesError:
    return refused(kind, "export", detail, next_action)


class _Connection(Protocol):
    """A connection with a transaction open."""

    json: str
    """The type of a column that holds JSON as the server wrote it."""

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]: ...
    def take(self, table: str, batches: Any) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
    def columns(self, table: str) -> set[str]: ...
    def lock(self, table: str) -> bool: ...
    def is_durable(self, table: str) -> str | None: ...


class Database:
    """A database that exports are loaded into. Made by :func:`postgres` and :func:`duckdb`."""

    __slots__ = ("_connect", "_scrub", "sink")

    def __init__(self, sink: str, connect: Callable[[], _Connection], secrets: Sequence[str] = ()) -> None:
        """Use :func:`postgres` or :func:`duckdb`."""
        self.sink = sink
        self._connect = connect
        self._scrub = secrets

    def __repr__(self) -> str:
        return f"Database({self.sink!r})"

    def load(
        self,
        client: Client,
        *,
        table: str,
        keep_files: bool,
        key: str | Sequence[str] = "ProfileId",
        since: str | datetime | None = None,
        overlap: Duration | None = None,
        progress: OnLoading | None = None,
        cancel_token: CancelToken | None = None,
        **what: Unpack[What],
    ) -> Loaded:
        """Exports into ``table``, which is made if it is not there, and commits when the rows are committed there.

        Of the rows with the same value of ``key``, a column or several, the newest export's stays. ``since="auto"``
        asks for what changed since the newest export that is in the table, minus ``overlap`` (5 minutes); without it a
        finished load is not done again: the same call gives its receipt. The columns are those of
        ``export.arrow(shape="json")``, and ``_export``.

        Errors are those of :meth:`Client.export`; :class:`StorageError` with the database's own message;
        :class:`LockedError` while another loader works on the table; :class:`OutputConflictError` for a table of
        another shape.
        """
        keep = _arguments.keep_files(keep_files)
        keys = [key] if isinstance(key, str) else list(key)
        if not keys:
            raise _refused("invalid_argument", "key is empty", "pass the column by which rows are the same")
        if since == "auto" and what.get("last_date_time") is not None:
            raise TypeError("since and last_date_time say the same; pass since")
        back = _seconds(overlap)
        with self._told(), contextlib.closing(self._connect()) as connection:
            job = _Job(connection, client, self.sink, table, keys, keep, since, back, progress, cancel_token, what)
            return job.run()

    async def load_async(self, client: Client, **how: Any) -> Loaded:
        """As :meth:`load`, on a thread: a task that is cancelled ends it, and the same call continues it later."""
        cancel = how.pop("cancel_token", None) or CancelToken()
        running = asyncio.get_running_loop().run_in_executor(
            None, lambda: self.load(client, cancel_token=cancel, **how)
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            cancel.cancel()
            # What is under way is rolled back, and the table given free, before the task has ended.
            with contextlib.suppress(Exception):
                await running
            raise

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        """What a database says, as an error of this package."""
        try:
            yield
        except (MyPreferencesError, TypeError, ValueError, ImportError):
            raise
        except Exception as error:
            # Drivers have no class in common; what is no driver's is a bug and stays what it is.
            if not type(error).__module__.startswith(("adbc_driver_manager", "duckdb", "_duckdb")):
                raise
            said = " ".join(str(error).split())
            for secret in self._scrub:
                said = said.replace(secret, "***")
            kind = "locked" if "lock on file" in said else "storage"
            raise _refused(kind, f"{self.sink}: {said}", "repair what it says, and run the same again") from None


def postgres(uri: str) -> Database:
    """A PostgreSQL database by its URI, ``postgresql://user@host/name``; the password rather in ``PGPASSFILE``.

    Needs ``pip install 'mypreferences[postgres]'``. Not through a pooler that gives each transaction another session. A
    database that may lose what it has acknowledged (``fsync`` or ``synchronous_commit`` off, an unlogged table) is
    refused before the first request.
    """
    sink, secrets = _without_passwords(_arguments.text("uri", uri, shown=False))
    return Database(sink, lambda: Postgres(uri), secrets)


def duckdb(path: str | Path) -> Database:
    """A DuckDB database by its file; one in memory is refused. Needs ``pip install 'mypreferences[duckdb]'``."""
    file = _arguments.path("path", path)
    if not file or file.startswith(":"):
        raise _refused(
            "invalid_argument", f"{file!r} is no file: its rows would be gone with the process", "pass a path"
        )

    return Database(f"duckdb:{file}", lambda: DuckDb(file))


def _without_passwords(uri: str) -> tuple[str, list[str]]:
    """What may be shown of a URI, and what may not be."""
    parts = urlsplit(uri)
    if parts.scheme not in ("postgresql", "postgres"):
        # Of the other form, name=value, it is not known where a password ends.
        raise _refused("invalid_argument", "that is no URI of PostgreSQL", "pass postgresql://user@host/name")
    user = f"{parts.username}@" if parts.username else ""
    shown = urlunsplit((parts.scheme, user + parts.netloc.rpartition("@")[2], parts.path, "", ""))
    given = [parts.password or ""]
    given += [
        value for name, _, value in (pair.partition("=") for pair in parts.query.split("&")) if "password" in name
    ]
    return shown, [text for secret in given if secret for text in (secret, unquote(secret))]


def _seconds(overlap: Duration | None) -> timedelta:
    return OVERLAP if overlap is None else timedelta(seconds=_arguments.seconds(overlap) or 0)


@dataclass
class _Row:
    """A row of the table of exports."""

    export: str
    parameters: str
    handle: str
    state: str
    rows: int | None
    keep_files: bool
    since: str | None
    watermark: str
    receipt: str | None


_COLUMNS = "export, parameters, handle, state, rows, keep_files, since, watermark, receipt"


@dataclass
class _Job:
    connection: _Connection
    client: Client
    sink: str
    table: str
    keys: list[str]
    keep_files: bool
    since: str | datetime | None
    overlap: timedelta
    progress: OnLoading | None
    cancel: CancelToken | None
    what: What

    def __post_init__(self) -> None:
        self.target = quoted(self.table)
        schema = self.target.rpartition(".")[0]
        self.states = f"{schema}.{STATE}" if schema else STATE
        moment = self.since.isoformat() if isinstance(self.since, datetime) else self.since
        what: dict[str, Any] = {**self.what}
        if (url := what.pop("callback_url", None)) is not None:
            # It may hold a password, and the table is read by others.
            what["callback_url_sha256"] = hashlib.sha256(str(url).encode()).hexdigest()
        self.subject = json.dumps(what, sort_keys=True, default=str)
        self.parameters = json.dumps({"what": self.subject, "key": self.keys, "since": moment})

    def tell(self, stage: str, rows: int = 0) -> None:
        _reached(stage)
        if self.progress is not None:
            self.progress(stage, rows)

    def run(self) -> Loaded:
        must_have_a_key(self.client)
        lost = self.connection.is_durable(self.table)
        if lost is not None:
            raise _refused(
                "storage",
                f"{self.sink} may lose what it has acknowledged: {lost}",
                "turn it on for this user or database; nothing was sent",
            )
        if not self.connection.lock(self.target):
            raise _refused("locked", f"another loader works on {self.table}", "wait for it, and run the same again")
        self._prepare()
        started_again = 0
        while True:
            last = self._last()
            if last is not None and last.state == "loaded":
                is_mine = last.parameters == self.parameters
                if is_mine and last.keep_files != self.keep_files:
                    raise _refused(
                        "output_conflict",
                        f"the export in {self.table} may have been committed with keep_files {last.keep_files}",
                        f"pass keep_files {last.keep_files} until it is committed",
                    )
                loaded = self._commit(last)
                if is_mine:
                    return loaded
                continue
            if last is not None and last.state == "committed" and self._is_the_same_again(last):
                return self._finished(last, is_new=False)
            if last is None or last.state != "reading" or last.parameters != self.parameters:
                last = self._begin()
            try:
                self._read(last)
            except MyPreferencesError as error:
                self.connection.rollback()
                if error.kind not in (*_OVER, "count_mismatch"):
                    raise
                self._note(last, "abandoned")
                started_again += 1
                if error.kind not in _OVER or started_again > _STARTED_AGAIN:
                    raise

    def _is_the_same_again(self, last: _Row) -> bool:
        return self.since != "auto" and last.parameters == self.parameters

    def _prepare(self) -> None:
        kind = self.connection.json
        self.connection.query(
            f"create table if not exists {self.states} (export text primary key, target text not null,"
            " n bigint not null, parameters text not null, handle text not null, state text not null, rows bigint,"
            f" keep_files boolean not null, since text, watermark text not null, receipt {kind},"
            ' "at" timestamp with time zone not null default current_timestamp)'
        )
        self.connection.commit()

    def _last(self) -> _Row | None:
        found = self.connection.query(
            f"select {_COLUMNS} from {self.states} where target = $1 order by n desc limit 1", self.table
        )
        self.connection.rollback()
        return _Row(*found[0]) if found else None

    def _note(self, row: _Row, state: str, receipt: str | None = None) -> None:
        self.connection.query(
            f"update {self.states} set state = $1, receipt = $2::{self.connection.json} where export = $3",
            state,
            receipt,
            row.export,
        )
        self.connection.commit()

    def _covered(self) -> datetime | None:
        """Up to when the exports in the table cover everything.

        Those of something else, or of another account, whose handles do not open here, cover nothing of this one; and
        nothing is covered by a table that is gone or was emptied.
        """
        rows = self.connection.query(
            f"select since, watermark, parameters, handle from {self.states}"
            " where target = $1 and state in ('loaded', 'committed') order by n",
            self.table,
        )
        is_filled = bool(self.connection.columns(self.table)) and bool(
            self.connection.query(f"select 1 from {self.target} limit 1")
        )
        self.connection.rollback()
        return covered(
            (None if since is None else datetime.fromisoformat(since), datetime.fromisoformat(watermark))
            for since, watermark, parameters, handle in (rows if is_filled else [])
            if json.loads(parameters)["what"] == self.subject and opens(self.client, handle)
        )

    def _begin(self) -> _Row:
        since: str | datetime | None = self.since
        if since == "auto":
            end = self._covered()
            since = None if end is None else end - self.overlap
        self.tell("initiate")
        order: dict[str, Any] = {**self.what}
        if since is not None:
            order["last_date_time"] = since
        export = self.client.initiate(cancel_token=self.cancel, **order)
        row = _Row(
            export=uuid.uuid4().hex,
            parameters=self.parameters,
            handle=self.client.wrap(export),
            state="reading",
            rows=None,
            keep_files=self.keep_files,
            since=None if export.since is None else export.since.isoformat(),
            watermark=export.watermark.isoformat(),
            receipt=None,
        )
        self.connection.query(
            f"insert into {self.states} (export, target, n, parameters, handle, state, keep_files, since, watermark)"
            f" values ($1, $2, (select coalesce(max(n), 0) + 1 from {self.states}), $3, $4, $5, $6, $7, $8)",
            row.export,
            self.table,
            row.parameters,
            row.handle,
            row.state,
            row.keep_files,
            row.since,
            row.watermark,
        )
        self.connection.commit()
        _reached("reading")
        return row

    def _read(self, row: _Row) -> None:
        """From the first page to the database's own commit, in one transaction."""
        pa = driver("pyarrow")
        export: Export = self.client.unwrap(row.handle)
        self.tell("wait")
        export.wait(cancel_token=self.cancel)
        people = export.arrow(shape="json", cancel_token=self.cancel)
        rows = 0

        def counted(reader: Any) -> Iterator[Any]:
            nonlocal rows
            for batch in reader:
                rows += batch.num_rows
                yield batch
                self.tell("load", rows)

        try:
            reader = pa.RecordBatchReader.from_stream(people)
            schema = reader.schema
            self.connection.take(_INCOMING, pa.RecordBatchReader.from_batches(schema, counted(reader)))
        except Exception as error:
            # The driver has a class of its own for a stream that ends early.
            raise people.error or error from None
        self._merge(row, [(field.name, self._type(field)) for field in schema])

    def _type(self, field: Any) -> str:
        metadata: dict[bytes, bytes] = field.metadata or {}
        is_json = metadata.get(b"ARROW:extension:name") == b"arrow.json" or field.name == "_record"
        is_json = is_json or str(field.type) == "extension<arrow.json>"
        names = {"int64": "bigint", "bool": "boolean"}
        return self.connection.json if is_json else names.get(str(field.type), "text")

    def _merge(self, row: _Row, columns: list[tuple[str, str]]) -> None:
        query = self.connection.query
        names = [name for name, _ in columns]
        missing = [key for key in self.keys if key not in names]
        if missing:
            raise _refused("invalid_argument", f"the export has no column {missing[0]}", "pass another key")
        made = ", ".join(f"{quoted(name)} {of}" for name, of in columns)
        query(f"create table if not exists {self.target} ({made}, _export text)")
        there = self.connection.columns(self.table)
        lacking = [name for name in (*names, "_export") if name not in there]
        if lacking:
            raise _refused(
                "output_conflict",
                f"{self.table} has another shape: it has no column {', '.join(lacking)}",
                "load into a table of its own, or add the columns",
            )
        same = " and ".join(f"t.{quoted(key)} is not distinct from i.{quoted(key)}" for key in self.keys)
        by = ", ".join(quoted(key) for key in self.keys)
        has_key = " and ".join(f"i.{quoted(key)} is not null" for key in self.keys)
        # What has no key is the same only as itself.
        query(
            f"delete from {self.target} as t using {_INCOMING} as i where {same} and"
            f" (({has_key}) or cast(t._record as text) = cast(i._record as text))"
        )
        listed = ", ".join(quoted(name) for name in names)
        cast = ", ".join(f"cast({quoted(name)} as {of})" for name, of in columns)
        newest = (
            f"select max(_row) as _row from {_INCOMING} as i group by {by}, case when {has_key} then null else _row end"
        )
        query(
            f"insert into {self.target} ({listed}, _export) select {cast}, '{row.export}' from {_INCOMING}"
            f" where _row in ({newest})"
        )
        ((rows, kept),) = query(
            f"select (select count(*) from {_INCOMING}), (select count(*) from ({newest}) as newest)"
        )
        ((found,),) = query(f"select count(*) from {self.target} where _export = '{row.export}'")
        if found != kept:
            raise _refused(
                "count_mismatch",
                f"{self.table} has {found} of the {kept} rows of this export: a trigger or a rule left some out",
                "let all rows in, and run the same again",
            )
        query(f"drop table {_INCOMING}")
        # Of this call, which commits: what an earlier one said was never sent.
        query(
            f"update {self.states} set state = 'loaded', rows = $1, keep_files = $2 where export = $3",
            rows,
            self.keep_files,
            row.export,
        )
        _reached("loading")
        self.connection.commit()
        _reached("loaded")

    def _commit(self, row: _Row) -> Loaded:
        self.tell("commit", row.rows or 0)
        receipt = self.client.commit_loaded(
            row.handle,
            rows=row.rows or 0,
            keep_files=row.keep_files,
            sink=f"{self.sink} {self.table}",
            cancel_token=self.cancel,
        )
        _reached("acknowledged")
        row.receipt = receipt.to_json()
        self._note(row, "committed", row.receipt)
        return self._finished(row, is_new=True)

    def _finished(self, row: _Row, *, is_new: bool) -> Loaded:
        text: Any = row.receipt
        receipt = BatchReceipt.from_json(text if isinstance(text, str) else json.dumps(text))
        return Loaded(
            export=row.export,
            table=self.table,
            rows=row.rows or 0,
            since=None if row.since is None else datetime.fromisoformat(row.since),
            watermark=datetime.fromisoformat(row.watermark),
            receipt=receipt,
            is_new=is_new,
        )


_local = threading.local()


def _reached(point: str) -> None:
    """For the tests, which stop the process here."""
    hook = getattr(_local, "hook", None)
    if hook is not None:
        hook(point)


__all__ = ["STATE", "CommitEnd", "Database", "Loaded", "OnLoading", "duckdb", "postgres"]

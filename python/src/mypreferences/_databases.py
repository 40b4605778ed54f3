"""The databases of :mod:`mypreferences.load`, each behind the few calls that it needs."""

from __future__ import annotations

import hashlib
import importlib
import os
import threading
from typing import Any

_HOLDING = threading.Lock()
_HELD: set[tuple[str, str]] = set()
"""Tables of DuckDB that a loader of this process works on."""


def driver(name: str) -> Any:
    """A module that is no dependency of the package, and says nothing of its types."""
    return importlib.import_module(name)


def quoted(name: str) -> str:
    """A name, with a schema before it or without, as SQL has it."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


class Postgres:
    """PostgreSQL by ADBC."""

    json = "json"
    # ``json`` keeps the server's bytes; ``jsonb`` loses order and duplicate keys, and refuses some texts.

    def __init__(self, uri: str) -> None:
        self._connection = driver("adbc_driver_postgresql.dbapi").connect(uri)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def take(self, table: str, batches: Any) -> None:
        # Records are long enough to be compressed, and the usual way takes most of the time.
        known = "select 'lz4' = any(enumvals) from pg_settings where name = 'default_toast_compression'"
        if self.query(known) == [(True,)]:
            self.query("set local default_toast_compression = 'lz4'")
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, batches, mode="create", temporary=True)

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()

    def columns(self, table: str) -> set[str]:
        """None where there is no such table; of those of one name the one that the search path finds."""
        listed = "select attname::text from pg_attribute where attnum > 0 and not attisdropped and attrelid = "
        return {name for (name,) in self.query(f"{listed}to_regclass($1)", quoted(table))}

    def lock(self, table: str) -> bool:
        # Of the session: it ends with it, however that ends.
        number = int.from_bytes(hashlib.sha256(f"mypreferences {table}".encode()).digest()[:8], "big", signed=True)
        ((taken,),) = self.query(f"select pg_try_advisory_lock({number})")
        self.commit()
        return taken

    def is_durable(self, table: str) -> str | None:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            ((value,),) = self.query(f"select current_setting('{setting}')")
            if value == "off":
                return f"{setting} is off"
        found = self.query("select relpersistence::text from pg_class where oid = to_regclass($1)", quoted(table))
        self.rollback()
        return f"{table} is unlogged" if found and found[0][0] == "u" else None


class DuckDb:
    """DuckDB in a file. Its own lock keeps other processes out."""

    json = "text"

    def __init__(self, file: str) -> None:
        self._file = os.path.realpath(file)
        self._held: tuple[str, str] | None = None
        self._connection = driver("duckdb").connect(file)
        self._connection.execute("begin")

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, list(values) if values else None).fetchall()

    def take(self, table: str, batches: Any) -> None:
        self._connection.register("mypreferences_batches", batches)
        try:
            self._connection.execute(f"create temporary table {table} as select * from mypreferences_batches")
        finally:
            self._connection.unregister("mypreferences_batches")

    def commit(self) -> None:
        self._connection.execute("commit")
        self._connection.execute("begin")

    def rollback(self) -> None:
        self._connection.execute("rollback")
        self._connection.execute("begin")

    def close(self) -> None:
        self._connection.close()
        if self._held is not None:
            _HELD.discard(self._held)

    def columns(self, table: str) -> set[str]:
        schema, _, name = table.rpartition(".")
        where = (
            "database_name = current_database() and table_name = $1 and schema_name = coalesce($2, current_schema())"
        )
        listed = f"select column_name from duckdb_columns() where {where}"
        return {column for (column,) in self.query(listed, name, schema or None)}

    def lock(self, table: str) -> bool:
        held = (self._file, table)
        with _HOLDING:
            if held in _HELD:
                return False
            _HELD.add(held)
        self._held = held
        return True

    def is_durable(self, table: str) -> str | None:
        return None

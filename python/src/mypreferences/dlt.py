"""Exports as a source of dlt, acknowledged when their rows are in the destination.

>>> import dlt
>>> from mypreferences import Client
>>> from mypreferences.dlt import mypreferences_source, run
>>> pipeline = dlt.pipeline("people", destination="duckdb", dataset_name="crm")
>>> with Client.from_env() as client:
...     source = mypreferences_source(client, segment="Everyone")
...     info, receipts = run(pipeline, source, client=client, keep_files=False)

What is known of each export, its handle encrypted, travels in dlt's state with the rows themselves. :func:`ack` reads
the rows back from the destination and commits; it may be called alone, from anywhere, any number of times. Needs
``pip install 'mypreferences[dlt]'``.
"""

# dlt's own types are partly unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUntypedFunctionDecorator=false, reportUnknownParameterType=false

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import dlt as _dlt

from mypreferences import _arguments
from mypreferences._client import Client, What
from mypreferences._coverage import OVERLAP, covered
from mypreferences._databases import driver
from mypreferences._errors import refused
from mypreferences._handles import must_have_a_key, opens
from mypreferences._records import BatchReceipt

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mypreferences._arguments import Duration
    from mypreferences._arrow import RecordColumn

pa = driver("pyarrow")

_EXPORT = "_mp_export"
SOURCE = "mypreferences"
"""The source's name in dlt's state."""


def mypreferences_source(
    client: Client,
    *,
    table: str = "people",
    key: str | Sequence[str] = "ProfileId",
    since: str | datetime | None = "auto",
    overlap: Duration | None = None,
    record: RecordColumn = "keep",
    **what: Unpack[What],
) -> Any:
    """A source with one resource, ``table``, which is merged by ``key``.

    It gives tables of Arrow, as ``export.arrow(shape="json")`` has them, and ``_mp_export``. ``since="auto"`` asks for
    what changed since the newest export in the pipeline's state, minus ``overlap`` (5 minutes). Numbers and keys that
    dlt cannot load as dicts arrive as the server wrote them, in ``_record`` and ``_others``.
    """
    back = OVERLAP if overlap is None else timedelta(seconds=_arguments.seconds(overlap) or 0)
    keys = key if isinstance(key, str) else list(key)

    subject = hashlib.sha256(json.dumps({**what}, sort_keys=True, default=str).encode()).hexdigest()

    @_dlt.resource(name=table, write_disposition="merge", primary_key=keys)
    def rows() -> Iterator[Any]:
        exports: dict[str, dict[str, Any]] = _dlt.current.resource_state().setdefault("exports", {})
        must_have_a_key(client)
        begin: Any = since
        if since == "auto":
            end = _covered([known for known in exports.values() if _is_of(known, subject, client)])
            begin = None if end is None else end - back
        order: dict[str, Any] = {**what}
        if begin is not None:
            order["last_date_time"] = begin
        export = client.initiate(**order)
        name = uuid.uuid4().hex
        known: dict[str, Any] = {
            "handle": client.wrap(export),
            "what": subject,
            "rows": None,
            "since": None if export.since is None else export.since.isoformat(),
            "watermark": export.watermark.isoformat(),
            "acked": False,
        }
        export.wait()
        stream = export.arrow(shape="json", record=record)
        count = 0
        try:
            for batch in pa.RecordBatchReader.from_stream(stream):
                count += batch.num_rows
                yield _plain(batch, name)
        except pa.ArrowException as error:
            # A stream that ends before the export does: no package comes of it.
            raise stream.error or error from None
        exports[name] = {**known, "rows": count}

    @_dlt.source(name=SOURCE)
    def source() -> Any:
        return rows

    return source()


def _plain(batch: Any, export: str) -> Any:
    """Without extension types, which dlt does not know."""
    columns = [column.storage if isinstance(column, pa.ExtensionArray) else column for column in batch.columns]
    names = [*batch.schema.names, _EXPORT]
    return pa.Table.from_arrays([*columns, pa.array([export] * batch.num_rows, pa.string())], names=names)


def _is_of(known: dict[str, Any], subject: str, client: Client) -> bool:
    """An export of something else, or of another account, covers nothing of this one."""
    return known["what"] == subject and opens(client, known["handle"])


def _covered(exports: list[dict[str, Any]]) -> datetime | None:
    moment = datetime.fromisoformat
    return covered(
        (None if known["since"] is None else moment(known["since"]), moment(known["watermark"]))
        for known in sorted(exports, key=lambda known: known["watermark"])
    )


def run(pipeline: Any, source: Any, *, client: Client, keep_files: bool) -> tuple[Any, list[BatchReceipt]]:
    """Acknowledges what earlier runs have loaded, runs the pipeline, and acknowledges what is loaded now.

    A package that an earlier run has left is loaded first, and dlt extracts nothing then: run again for what is new.
    What dlt raises comes out of this, and nothing of that run is acknowledged.
    """
    receipts = ack(pipeline, client=client, keep_files=keep_files)
    info = pipeline.run(source)
    info.raise_on_failed_jobs()
    return info, receipts + ack(pipeline, client=client, keep_files=keep_files)


def ack(pipeline: Any, *, client: Client, keep_files: bool) -> list[BatchReceipt]:
    """Commits every export whose rows are in the destination, counted there, and is not acknowledged yet.

    Nothing is acknowledged while a package waits to be loaded. An export whose rows are not all there is
    :class:`CountMismatchError`, and is not committed. The state is that of the pipeline's working folder, or, where
    that is lost, of the destination.
    """
    keep = _arguments.keep_files(keep_files)
    if pipeline.default_schema_name is None:
        pipeline.sync_destination()
    if pipeline.has_pending_data or pipeline.default_schema_name is None:
        return []
    receipts: list[BatchReceipt] = []
    resources: dict[str, Any] = pipeline.state.get("sources", {}).get(SOURCE, {}).get("resources", {})
    done: list[tuple[str, str]] = []
    for table, state in resources.items():
        for name, known in state.get("exports", {}).items():
            if known["acked"]:
                continue
            rows = _counted(pipeline, table, name)
            if rows != known["rows"]:
                what = f"{table} has {rows} rows of an export of {known['rows']}"
                raise refused("count_mismatch", "export", what, "look at the pipeline's loads; nothing was committed")
            sink = f"dlt {pipeline.destination.destination_name} {pipeline.dataset_name}.{table}"
            receipts.append(
                client.commit_loaded(
                    known["handle"], rows=rows, keep_files=keep, sink=sink, files=_local_folder(pipeline, table)
                )
            )
            done.append((table, name))
    if done:
        # It travels with the next package; until then the commit says what became of it.
        with pipeline.managed_state() as state:
            for table, name in done:
                state["sources"][SOURCE]["resources"][table]["exports"][name]["acked"] = True
    return receipts


def _counted(pipeline: Any, table: str, export: str) -> int:
    with pipeline.sql_client() as client:
        naming = pipeline.default_schema.naming
        name = client.make_qualified_table_name(naming.normalize_table_identifier(table))
        column = client.escape_column_name(naming.normalize_identifier(_EXPORT))
        ((rows,),) = client.execute_sql(f"select count(*) from {name} where {column} = '{export}'")
    return int(rows)


def _local_folder(pipeline: Any, table: str) -> str | None:
    """Where a filesystem of this machine is the destination: nobody else makes its files durable."""
    if pipeline.destination.destination_name != "filesystem":
        return None
    parts = urlsplit(pipeline.destination_client().config.bucket_url)
    if parts.scheme not in ("", "file"):
        return None
    name = pipeline.default_schema.naming.normalize_table_identifier(table)
    return f"{unquote(parts.path)}/{pipeline.dataset_name}/{name}"


__all__ = ["SOURCE", "ack", "mypreferences_source", "run"]

"""Ranges of an export, which tasks read side by side: where they are cut, and what their rows are.

Counts alone do not prove that ranges join: a service that begins a page one record early, or gives a page twice, counts
right in every one of them. So each range knows the records at its ends by their digests.
"""

# pyspark's and pyarrow's own types are partly unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingTypeStubs=false

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.sql.datasource import InputPartition
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from mypreferences._errors import refused
from mypreferences._export import Expect, Export
from mypreferences.spark._options import OfStream, Reading

EXPORT = "_export"
"""The column that names a row's export."""
WATERMARK = "_watermark"
"""The column with the time up to which a row's export covers: of two rows of a profile, the later one counts."""


@dataclass
class Range(InputPartition):
    """Records ``begin`` to ``end`` of an export."""

    handle: str
    """Encrypted: tasks and their descriptions are seen."""
    export: str
    watermark: str
    total: int
    begin: int
    end: int
    first: str | None
    """The digest of the first record."""
    last: str | None


def name_of(handle: str) -> str:
    """What an export is called in the column ``_export``."""
    return hashlib.sha256(handle.encode()).hexdigest()[:32]


def cut(
    export: Export,
    begin: int,
    end: int,
    rows: int,
    *,
    of: tuple[str, str, str, int],
    edges: tuple[str | None, str | None] = (None, None),
) -> list[Range]:
    """Ranges of up to ``rows`` records. ``of``: handle, name, watermark, total; ``edges``: the outermost digests."""
    if begin > end:
        return []
    places = list(range(begin - 1 + rows, end, rows))
    inner = export.boundaries(places) if places else []
    firsts = [edges[0], *(first for _, first in inner)]
    lasts = [*(last for last, _ in inner), edges[1]]
    begins = [begin, *(place + 1 for place in places)]
    return [Range(*of, *where) for where in zip(begins, [*places, end], firsts, lasts, strict=True)]


class _Schema:
    """A schema that is not read from a stream."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_schema__(self) -> object:
        return self._capsule


def schema_of(options: OfStream) -> StructType:
    """Of the records that this surface documents, or of those that the option ``records`` names."""
    with options.client() as client:
        native = client._native  # pyright: ignore[reportPrivateUsage]
        capsule = native.schema(options.records, options.kind, options.shape, options.record)
    return spark_schema(pa.schema(_Schema(capsule)))  # pyright: ignore[reportArgumentType]


def spark_schema(schema: Any) -> StructType:
    """As Spark takes the columns: without extension types, and with two of its own."""
    plain = pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])
    more = [StructField(EXPORT, StringType()), StructField(WATERMARK, TimestampType())]
    return StructType([*from_arrow_schema(plain).fields, *more])


def _plain(of: Any) -> Any:
    storage = of.storage_type if isinstance(of, pa.BaseExtensionType) else of
    return pa.string() if pa.types.is_large_string(storage) else storage


def read(part: Range, options: Reading, schema: StructType) -> Iterator[Any]:
    """The rows of a range, a batch a page; on an executor. A page that does not fit fails the task."""
    wanted = to_arrow_schema(schema, timezone="UTC")
    watermark = datetime.fromisoformat(part.watermark)
    with options.client() as client:
        stream = client.unwrap(part.handle).arrow(
            shape=options.shape,
            record=options.record,
            offset=part.begin,
            until=part.end,
            limit=options.limit,
            patience=options.patience,
            expect=Expect(total=part.total, first=part.first, last=part.last),
        )
        try:
            reader = pa.RecordBatchReader.from_stream(stream)
            _must_fit(reader.schema, wanted)
            for batch in reader:
                yield _as_wanted(batch, wanted, part.export, watermark)
        except pa.ArrowException as error:
            # Its class is the consumer's own; ours says what happened.
            raise stream.error or error from None


def _must_fit(found: Any, wanted: Any) -> None:
    if [*found.names, EXPORT, WATERMARK] != wanted.names:
        records = (found.metadata or {}).get(b"mypreferences.records", b"other records").decode()
        words = {"UserProfilePreference": "profiles", "PreferenceWithOperation": "preferences"}
        raise refused(
            "configuration",
            "export",
            f"the export has {records}, whose columns are not those that were planned",
            f"start it again with the option records={words.get(records, 'profiles or preferences')}; "
            "with another checkpoint only if the sink has rows of other columns already",
        )


def _as_wanted(batch: Any, wanted: Any, export: str, watermark: datetime) -> Any:
    columns = [column.storage if isinstance(column, pa.ExtensionArray) else column for column in batch.columns]
    columns += [pa.repeat(pa.scalar(export), batch.num_rows), pa.repeat(pa.scalar(watermark), batch.num_rows)]
    cast = [column.cast(field.type) for column, field in zip(columns, wanted, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=wanted)


def first_look(export: Export, options: Reading) -> tuple[int, StructType]:
    """``TotalResults`` and the columns, from a page of one record.

    A total that its own page contradicts is none: ranges end where it says.
    """
    with export.pages(limit=1, patience=options.patience) as pages:
        page = next(pages, None)
    total = None if page is None else page.total_results
    if page is None or total is None or page.count > total or page.has_more != (page.count < total):
        raise refused(
            "count_mismatch",
            "export",
            f"TotalResults is {total} on a page that says otherwise, so that nothing proves that all records come",
            "land it in a folder instead, or tell PossibleNOW Support",
        )
    batch = pa.record_batch(page.arrow(shape=options.shape, record=options.record))  # pyright: ignore[reportArgumentType]
    return total, spark_schema(batch.schema)


__all__ = ["EXPORT", "WATERMARK", "Range", "cut", "first_look", "name_of", "read", "schema_of", "spark_schema"]

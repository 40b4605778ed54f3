"""An export as one DataFrame: initiated once, read by as many actions as there are, committed by its own call."""

# pyspark's own types are partly unknown.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.datasource import DataSourceReader, InputPartition
from pyspark.sql.functions import col
from pyspark.sql.types import StructType

from mypreferences._arrow import RecordColumn, Shape
from mypreferences._client import Client, Paths, What
from mypreferences._handles import must_have_a_key
from mypreferences._records import BatchReceipt
from mypreferences.spark import _ranges
from mypreferences.spark._options import OfBatch, Reading, texts_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mypreferences._arguments import Duration


class BatchReader(DataSourceReader):
    """Of Spark: plans on the driver, reads on executors."""

    def __init__(self, options: OfBatch, schema: StructType) -> None:
        self._options, self._schema = options, schema

    def partitions(self) -> list[InputPartition]:
        """The same ranges for each action; where they are cut is asked anew."""
        options = self._options
        with options.client() as client:
            of = (options.handle, options.export, options.watermark, options.total)
            return [*_ranges.cut(client.unwrap(options.handle), 1, options.total, options.rows_per_partition, of=of)]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        """On an executor. Spark makes a partition of its own where there is none."""
        if not isinstance(partition, _ranges.Range):
            return iter(())
        return _ranges.read(partition, self._options, self._schema)


class SparkExport:
    """An export for a batch job: initiated here, or continued from :attr:`handle`.

    >>> from mypreferences import Client
    >>> from mypreferences.spark import SparkExport
    >>> with Client.from_env() as client:
    ...     export = SparkExport(spark, client, segment="Everyone")
    ...     export.df.write.mode("append").parquet("/lake/people")
    ...     stored = lambda: spark.read.parquet("/lake/people").where(export.is_mine).count()
    ...     export.commit(keep_files=False, stored=stored)

    Each action on :attr:`df` reads the export again, and no action initiates another one. Driver and executors make
    clients of their own, of ``profile`` and ``MYPREFERENCES_`` variables, which must be there for each of them, with
    the same ``handle_key`` or secret.
    """

    def __init__(
        self,
        spark: SparkSession,
        client: Client,
        *,
        handle: str | None = None,
        shape: Shape = "json",
        record: RecordColumn = "keep",
        rows_per_partition: int = 50_000,
        limit: int = 1_000,
        profile: str | None = None,
        **what: Unpack[What],
    ) -> None:
        if handle is not None and what:
            raise TypeError("pass the handle of an export, or what to export, one of the two")
        must_have_a_key(client)
        self._spark, self._client = spark, client
        self._export = client.initiate(**what) if handle is None else client.unwrap(handle)
        self.handle: str = client.wrap(self._export) if handle is None else handle
        """For another process that goes on with this export. It shows no token."""
        self.name: str = _ranges.name_of(self.handle)
        """What its rows have in the column ``_export``."""
        self.watermark = self._export.watermark
        """Up to when it covers."""
        self._reading = Reading(profile, shape, record, rows_per_partition, limit)
        self._found: tuple[int, StructType] | None = None

    def wait(self, max_wait: Duration | None = None) -> None:
        """Until it is ready, up to 24 hours unless ``max_wait`` says otherwise; whoever asks for rows waits, too."""
        self._export.wait(max_wait=max_wait)
        self._found = _ranges.first_look(self._export, self._reading)

    def _ready(self) -> tuple[int, StructType]:
        if self._found is None:
            self.wait()
        assert self._found is not None
        return self._found

    @property
    def rows(self) -> int:
        """``TotalResults``."""
        return self._ready()[0]

    @property
    def df(self) -> DataFrame:
        """Its rows: the columns of ``export.arrow()``, ``_export`` and ``_watermark``."""
        rows, schema = self._ready()
        options = {
            "handle": self._client.wrap(self._export),
            "export": self.name,
            "watermark": self.watermark.isoformat(),
            "total": str(rows),
            **texts_of(self._reading),
        }
        return self._spark.read.format("mypreferences").schema(schema).options(**options).load()

    @property
    def is_mine(self) -> Column:
        """Whether a row that was stored is of this export."""
        return col(_ranges.EXPORT) == self.name

    def commit(self, *, keep_files: bool, stored: int | Callable[[], int], files: Paths | None = None) -> BatchReceipt:
        """Commits it, when all of its rows are stored; again, it sends nothing and says how it ended.

        ``stored`` is what a read-back from the destination counts of it: with fewer, or more, nothing is sent
        (:class:`CountMismatchError`). ``files`` of this machine are made durable before, as
        :meth:`Client.commit_loaded` says: Spark does not do it.
        """
        rows = stored() if callable(stored) else stored
        return self._client.commit_loaded(self._export, rows=rows, keep_files=keep_files, sink="spark", files=files)

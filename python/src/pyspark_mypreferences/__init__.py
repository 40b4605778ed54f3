"""The entry by which Apache Spark finds the format ``mypreferences``: see :mod:`mypreferences.spark`.

Every Spark session imports this, so that it loads nothing before the format is used.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceStreamReader

if TYPE_CHECKING:
    from pyspark.sql.types import StructType


class DefaultSource(DataSource):
    """The format ``mypreferences``."""

    @classmethod
    def name(cls) -> str:
        """For ``spark.readStream.format``."""
        return "mypreferences"

    def schema(self) -> StructType:
        """Of a stream: it is known before there is an export."""
        from mypreferences.spark import _options, _ranges

        return _ranges.schema_of(_options.of_stream(self.options))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Of :class:`mypreferences.spark.SparkExport`."""
        from mypreferences.spark import _batch, _options

        return _batch.BatchReader(_options.of_batch(self.options), schema)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:
        """From Spark 4.2."""
        from mypreferences.spark import _options

        options = _options.of_stream(self.options)
        if importlib.util.find_spec("pyspark.sql.streaming.datasource") is None:
            from mypreferences._errors import refused

            raise refused(
                "configuration",
                "export",
                "a stream needs Spark 4.2: before it, no source is told what its sink has committed",
                "use Spark 4.2 or later, or mypreferences.spark.SparkExport",
            )
        from mypreferences.spark import _stream

        return _stream.StreamReader(options, schema)


__all__ = ["DefaultSource"]

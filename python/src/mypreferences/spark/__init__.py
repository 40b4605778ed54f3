"""Exports in Apache Spark: a stream that is committed when its sink has it, and exports for batch jobs.

>>> query = (
...     spark.readStream.format("mypreferences")
...     .option("segment", "Everyone")
...     .option("keepFiles", "false")
...     .load()
...     .writeStream.format("parquet")
...     .option("checkpointLocation", "/lake/checkpoints/people")
...     .trigger(availableNow=True)
...     .start("/lake/people")
... )

Spark finds the format by itself. What is under way stands in the query's checkpoint, the access token encrypted:
whatever stops a query, starting it again goes on with the same export. Credentials are no options; driver and executors
read their profile or their ``MYPREFERENCES_`` variables. Needs ``pip install 'mypreferences[spark]'`` on each of them,
and Spark 4.0 for :class:`SparkExport`, 4.2 for streams.
"""

from mypreferences.spark._batch import SparkExport

__all__ = ["SparkExport"]

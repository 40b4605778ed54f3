"""A table of an export: from Python as Arrow and as durable Parquet, beside what users do today, in one run.
Run by ``cargo xtask bench arrow``.

Each job is a process of its own against the mock service, with profiles; it counts from the first request. The slow
ones get fewer records: their rates are what is compared. Those that write Parquet make it durable, too.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import export as plain

RECORDS = int(os.environ.get("MYPREFERENCES_BENCH_RECORDS", "200000"))
#: Jobs that go over Python's dicts get so many.
FEW = max(RECORDS // 20, 1000)
LIMIT = 1000


def exported(url: str) -> Iterator[tuple[Any, Any]]:
    with plain.ours(url) as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        yield client, export


def table(url: str, _: Path, **layout: Any) -> int:
    import pyarrow as pa

    for _client, export in exported(url):
        return pa.table(export.arrow(**layout)).num_rows
    return 0


def typed(url: str, folder: Path) -> int:
    return table(url, folder, record="drop")


def with_records(url: str, folder: Path) -> int:
    return table(url, folder)


def nested_as_json(url: str, folder: Path) -> int:
    return table(url, folder, shape="json", record="drop")


def parquet(url: str, folder: Path) -> int:
    """Batch by batch, and committed when it is durable."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    for client, export in exported(url):
        file = folder / "people.parquet"
        reader = pa.RecordBatchReader.from_stream(export.arrow())
        with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
        client.commit_loaded(export, rows=pq.read_metadata(file).num_rows, files=file, keep_files=True)
    return rows


def parquet_landing(url: str, folder: Path) -> int:
    with plain.ours(url) as client:
        landed = client.export(segment="Everyone", out=folder / "out", format="parquet", keep_files=True, progress=None)
    return landed.rows


def flat_parquet_landing(url: str, folder: Path) -> int:
    with plain.ours(url) as client:
        landed = client.export(
            segment="Everyone", out=folder / "out", format="parquet", shape="json", keep_files=True, progress=None
        )
    return landed.rows


def dlt_to_parquet(url: str, folder: Path) -> int:
    """dlt's filesystem destination, fed with dicts; numbers beyond 64 bits end it, so they become text."""
    import dlt

    def small(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: small(of) for name, of in value.items()}
        if isinstance(value, list):
            return [small(of) for of in value]
        is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63
        return str(value) if is_large or isinstance(value, float) else value

    rows = 0

    @dlt.resource(name="people")
    def people() -> Iterator[Any]:
        nonlocal rows
        for page in plain.pages_by_requests(url):
            rows += len(page)
            yield [small(record) for record in page]

    target = dlt.destinations.filesystem(bucket_url=(folder / "lake").as_uri())
    pipeline = dlt.pipeline("people", destination=target, dataset_name="people", pipelines_dir=str(folder / "work"))
    pipeline.run(people(), loader_file_format="parquet").raise_on_failed_jobs()
    return rows


def landing_then_duckdb(url: str, folder: Path) -> int:
    """NDJSON on disk, then DuckDB makes Parquet of it; what it makes of numbers beyond 64 bits is its own affair."""
    import duckdb

    with plain.ours(url) as client:
        landed = client.export(segment="Everyone", out=folder / "out", keep_files=True, progress=None)
    target = folder / "people.parquet"
    duckdb.sql(
        f"copy (from read_json('{landed.folder}/part-*.ndjson', maximum_object_size=50000000)) to '{target}' "
        "(format parquet, compression zstd)"
    )
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    return landed.rows


def from_pylist(url: str, _: Path) -> int:
    """What a careful user writes by hand. pyarrow refuses the mock's numbers beyond 64 bits: they become text."""
    import pyarrow as pa

    def small(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: small(of) for name, of in value.items()}
        if isinstance(value, list):
            return [small(of) for of in value]
        return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value

    tables: list[Any] = []
    for page in plain.pages_by_requests(url):
        flat = [
            {name: json.dumps(of) if isinstance(of, (list, dict)) else small(of) for name, of in r.items()}
            for r in page
        ]
        tables.append(pa.Table.from_pylist(flat))
    return pa.concat_tables(tables, promote_options="permissive").num_rows


JOBS = {
    "pyarrow table": (typed, RECORDS),
    "with _record": (with_records, RECORDS),
    "nested as JSON": (nested_as_json, RECORDS),
    "durable Parquet": (parquet, RECORDS),
    "landing as Parquet": (parquet_landing, RECORDS),
    "the same, shape json": (flat_parquet_landing, RECORDS),
    "landing + DuckDB": (landing_then_duckdb, RECORDS),
    "dlt to Parquet": (dlt_to_parquet, FEW),
    "requests + from_pylist": (from_pylist, FEW),
}


def main() -> None:
    print(f"{RECORDS} profiles, {LIMIT} a page; {FEW} where dicts are made; the mock shares the machine")
    rates = plain.compared(JOBS, __file__)
    print(
        f"a table: {rates['pyarrow table'] / rates['requests + from_pylist']:.1f} times requests, json and from_pylist"
    )
    landing = rates["landing as Parquet"]
    print(
        f"Parquet: {landing / rates['landing + DuckDB']:.1f} times the landing and DuckDB, "
        f"{landing / rates['dlt to Parquet']:.0f} times dlt"
    )


if __name__ == "__main__":
    if len(sys.argv) == 4:
        job, plain.RECORDS = JOBS[sys.argv[1]]
        plain.JOBS = {sys.argv[1]: job}
        plain.run_job(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main()

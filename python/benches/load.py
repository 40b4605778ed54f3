"""An export into a table: by ``mypreferences.load``, by dlt, and by the scripts that people write, in one run.
Run by ``cargo xtask bench load``.

Each job is a process of its own, against the mock service and a PostgreSQL cluster of its own, or a file of DuckDB.
Jobs that go over dicts get fewer records: their rates are what is compared.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import export as plain

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

RECORDS = int(os.environ.get("MYPREFERENCES_BENCH_RECORDS", "200000"))
FEW = max(RECORDS // 10, 1000)
#: The cluster, for the jobs.
URI = os.environ.get("MYPREFERENCES_BENCH_POSTGRES", "")


def ours(url: str) -> Any:
    import mypreferences

    credentials = mypreferences.Credentials.hmac("bench", "a secret for the bench 0001")
    return mypreferences.Client(client_id=plain.CLIENT_ID, base_url=url, credentials=credentials)


def postgres(url: str, _: Path) -> int:
    from mypreferences import load

    with ours(url) as client:
        return load.postgres(URI).load(client, segment="Everyone", table="ours", keep_files=True).rows


def duckdb(url: str, folder: Path) -> int:
    from mypreferences import load

    with ours(url) as client:
        made = load.duckdb(folder / "ours.duckdb")
        return made.load(client, segment="Everyone", table="people", keep_files=True).rows


def as_text(value: Any) -> Any:
    """What dlt dies of: numbers beyond 64 bits."""
    if isinstance(value, dict):
        return {name: as_text(of) for name, of in value.items()}
    if isinstance(value, list):
        return [as_text(of) for of in value]
    is_large = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63
    return str(value) if is_large or isinstance(value, float) else value


def dlt_into(destination: Any, url: str, folder: Path) -> int:
    import dlt

    rows = 0

    @dlt.resource(name="people", write_disposition="merge", primary_key="ProfileId", max_table_nesting=0)
    def people() -> Iterator[Any]:
        nonlocal rows
        for page in plain.pages_by_requests(url):
            rows += len(page)
            yield [as_text(record) for record in page]

    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench", pipelines_dir=str(folder / "p"))
    pipeline.run(people()).raise_on_failed_jobs()
    return rows


def dlt_postgres(url: str, folder: Path) -> int:
    import dlt

    uri = URI.replace("tests:hushhush@/", "tests:x@localhost/")
    return dlt_into(dlt.destinations.postgres(uri), url, folder)


def dlt_duckdb(url: str, folder: Path) -> int:
    import dlt

    return dlt_into(dlt.destinations.duckdb(str(folder / "dlt.duckdb")), url, folder)


def copy_script(url: str, _: Path) -> int:
    """requests, json and COPY of the record as json, upserted by key: what a careful script does."""
    import io

    import psycopg2

    with psycopg2.connect(URI) as connection, connection.cursor() as cursor:
        cursor.execute("create table script (id text primary key, record json)")
        cursor.execute("create temporary table incoming (id text, record json)")
        rows = 0
        for page in plain.pages_by_requests(url):
            lines = io.StringIO()
            for record in page:
                text = json.dumps(record, ensure_ascii=False).replace("\\", "\\\\").replace("\t", "\\t")
                lines.write(f"{record.get('ProfileId')}\t{text}\n")
            lines.seek(0)
            cursor.copy_expert("copy incoming from stdin", lines)
            rows += len(page)
        cursor.execute(
            "insert into script select distinct on (id) * from incoming"
            " on conflict (id) do update set record = excluded.record"
        )
    return rows


def executemany(url: str, _: Path) -> int:
    import psycopg2

    sql = "insert into many values (%s, %s) on conflict (id) do update set record = excluded.record"
    with psycopg2.connect(URI) as connection, connection.cursor() as cursor:
        cursor.execute("create table many (id text primary key, record json)")
        rows = 0
        for page in plain.pages_by_requests(url):
            pairs = [(str(record.get("ProfileId")), json.dumps(record)) for record in page]
            cursor.executemany(sql, pairs)
            rows += len(page)
    return rows


JOBS = {
    "PostgreSQL, ours": (postgres, RECORDS),
    "PostgreSQL, COPY script": (copy_script, RECORDS),
    "PostgreSQL, executemany": (executemany, FEW),
    "PostgreSQL, dlt": (dlt_postgres, FEW),
    "DuckDB, ours": (duckdb, RECORDS),
    "DuckDB, dlt": (dlt_duckdb, FEW),
}


def main() -> None:
    from databases import cluster

    print(f"{RECORDS} profiles, {plain.LIMIT} a page; {FEW} where dicts are made; the mock shares the machine")
    made = cluster()
    made.start()
    os.environ["MYPREFERENCES_BENCH_POSTGRES"] = made.uri
    try:
        rates = plain.compared(JOBS, __file__)
    finally:
        made.stop()
    for name in ("PostgreSQL", "DuckDB"):
        print(f"{name}: {rates[f'{name}, ours'] / rates[f'{name}, dlt']:.1f} times dlt")
    print(f"PostgreSQL: {rates['PostgreSQL, ours'] / rates['PostgreSQL, COPY script']:.2f} times the COPY script")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        job, plain.RECORDS = JOBS[sys.argv[1]]
        plain.JOBS = {sys.argv[1]: job}
        plain.run_job(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main()

"""An export in Spark, in one range and in several side by side, over a line where each page takes 100 ms.
Run by ``cargo xtask bench spark``.

Each range is a task with a client of its own, as on an executor, which asks for one page at a time here: with the
default of four, two cores are busy with the mock and the tasks before eight ranges are.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import export as plain

RECORDS = int(os.environ.get("MYPREFERENCES_BENCH_RECORDS", "200000"))
LATE_MS = 100
RANGES = (1, 2, 4, 8)


def session() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{RANGES[-1]}]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def main() -> None:
    from mypreferences import Client
    from mypreferences.spark import SparkExport
    from mypreferences.testing import MockService

    with MockService() as mock:
        source = {"name": "Everyone", "rows": RECORDS, "records": "profiles", "processing_ms": 0}
        late = {"on": "page", "times": "forever", "action": {"deliver": {"late_ms": LATE_MS}}}
        mock.open_scenario({"client_id": plain.CLIENT_ID, "sources": [source], "rules": [late]})
        os.environ |= {
            "PYSPARK_PYTHON": sys.executable,
            "MYPREFERENCES_BASE_URL": mock.base_url,
            "MYPREFERENCES_CLIENT_ID": plain.CLIENT_ID,
            "MYPREFERENCES_AUTHORIZATION": "made-up",
            "MYPREFERENCES_PARALLEL": "1",
            "MYPREFERENCES_HANDLE_KEY": "a key of handles for the bench",
        }
        spark = session()
        print(f"{RECORDS} profiles, {plain.LIMIT} a page, {LATE_MS} ms each; mock and executors share the machine")
        print(f"{'ranges':>6} {'records/s':>10} {'wall s':>7}")
        with Client.from_env() as client:
            rates: list[float] = []
            for ranges in RANGES:
                # The first one also starts the workers.
                for _ in range(2 if ranges == 1 else 1):
                    export = SparkExport(
                        spark, client, segment="Everyone", rows_per_partition=-(-RECORDS // ranges), limit=plain.LIMIT
                    )
                    begun = time.perf_counter()
                    export.df.write.format("noop").mode("overwrite").save()
                    wall = time.perf_counter() - begun
                rates.append(RECORDS / wall)
                print(f"{ranges:6} {rates[-1]:10,.0f} {wall:7.2f}", flush=True)
        spark.stop()
    print(f"{RANGES[-1]} ranges: {rates[-1] / rates[0]:.1f} times one")


if __name__ == "__main__":
    main()

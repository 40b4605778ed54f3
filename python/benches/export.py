"""An export of a million records from Python, beside a job of requests and json, side by side in one run. Run by
``cargo xtask bench python-export``.

Each job is a process of its own against the mock service: records a second of wall time, CPU seconds of the whole
process, and its peak memory (``ru_maxrss``). Several rounds, one job after the other; medians, and the highest peak.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

RECORDS = int(os.environ.get("MYPREFERENCES_BENCH_RECORDS", "1000000"))
ROUNDS = int(os.environ.get("MYPREFERENCES_BENCH_ROUNDS", "3"))
LIMIT = 1000
CLIENT_ID = "ExampleClient"

Job = Callable[[str, Path], int]


def ours(url: str) -> Any:
    import mypreferences

    return mypreferences.Client(
        client_id=CLIENT_ID, base_url=url, credentials=mypreferences.Credentials.verbatim("made-up")
    )


def pages(url: str, _: Path) -> int:
    with ours(url) as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        read = [(page.count, len(page.raw)) for page in export.pages(limit=LIMIT)]
    print(sum(length for _, length in read) // sum(count for count, _ in read), "bytes a record", file=sys.stderr)
    return sum(count for count, _ in read)


def raw(url: str, _: Path) -> int:
    with ours(url) as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        count = 0
        for record in export.raw_records(limit=LIMIT):
            count += record[0] == ord("{")
    return count


def dicts(url: str, _: Path) -> int:
    with ours(url) as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        count = 0
        for record in export.records(limit=LIMIT):
            count += isinstance(record, dict)
    return count


def landed(url: str, folder: Path) -> int:
    with ours(url) as client:
        return client.export(segment="Everyone", out=folder / "out", keep_files=True, limit=LIMIT, progress=None).rows


def pages_by_requests(url: str) -> Iterator[list[Any]]:
    """What a careful user writes by hand."""
    import requests

    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = "made-up"
    account = f"{url}/{CLIENT_ID}"

    def call(method: str, path: str, **more: Any) -> Any:
        answer = session.request(method, f"{account}/{path}", timeout=60, allow_redirects=False, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    token = call("POST", "export/Segment/Everyone", headers={"Content-Length": "0"})["AccessToken"]
    while call("GET", f"status/Token/{token}")["Status"] != "Complete":
        time.sleep(1)
    offset, more = 1, True
    while more:
        query = {"limit": LIMIT, "offset": offset, "keepAlive": "true"}
        page = call("GET", f"export/Segment/{token}", params=query)
        yield next(page[name] for name in ("Preferences", "UserProfilePreferences") if name in page)
        offset += page["Count"]
        more = page["HasMore"]
    call("POST", f"export/Segment/Commit/{token}", params={"keepFiles": "true"}, headers={"Content-Length": "0"})


def dicts_by_requests(url: str, _: Path) -> int:
    count = 0
    for page in pages_by_requests(url):
        for record in page:
            count += isinstance(record, dict)
    return count


def landed_by_requests(url: str, folder: Path) -> int:
    count = 0
    with open(folder / "out.ndjson", "w", encoding="utf-8") as file:
        for page in pages_by_requests(url):
            for record in page:
                file.write(json.dumps(record, ensure_ascii=False))
                file.write("\n")
                count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


JOBS: dict[str, Job] = {
    "pages, raw": pages,
    "records, raw": raw,
    "records, dicts": dicts,
    "landed, committed": landed,
    "requests: dicts": dicts_by_requests,
    "requests: landed": landed_by_requests,
}


def run_job(name: str, url: str, folder: Path) -> None:
    """In the child: does the job and prints its figures."""
    begun = time.perf_counter()
    count = JOBS[name](url, folder)
    wall = time.perf_counter() - begun
    assert count == RECORDS, f"{name} gave {count} records"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes on Linux, bytes on Apple's systems.
    peak_mib = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(json.dumps({"wall": wall, "cpu": time.process_time(), "peak": peak_mib}))


def compared(jobs: dict[str, tuple[Job, int]], script: str) -> dict[str, float]:
    """Each job once, with its records, as a process of its own of this script; prints its figures. Records a second."""
    from mypreferences.testing import MockService

    rates: dict[str, float] = {}
    print(f"{'job':24} {'records/s':>10} {'wall s':>7} {'CPU s':>7} {'peak MiB':>9}")
    with MockService() as mock:
        for name, (_, records) in jobs.items():
            source = {"name": "Everyone", "rows": records, "records": "profiles", "processing_ms": 0}
            mock.open_scenario({"client_id": CLIENT_ID, "sources": [source]})
            with tempfile.TemporaryDirectory() as folder:
                command = [sys.executable, script, name, mock.base_url, folder]
                done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            figures = json.loads(done.stdout.splitlines()[-1])
            rates[name] = records / figures["wall"]
            wall, cpu, peak = figures["wall"], figures["cpu"], figures["peak"]
            print(f"{name:24} {rates[name]:10,.0f} {wall:7.2f} {cpu:7.2f} {peak:9.1f}", flush=True)
    return rates


def main() -> None:
    from mypreferences.testing import MockService

    figures: dict[str, list[dict[str, float]]] = {name: [] for name in JOBS}
    with MockService() as mock:
        for _ in range(ROUNDS):
            for name, measured in figures.items():
                mock.open_scenario(
                    {"client_id": CLIENT_ID, "sources": [{"name": "Everyone", "rows": RECORDS, "processing_ms": 0}]}
                )
                with tempfile.TemporaryDirectory() as folder:
                    done = subprocess.run(
                        [sys.executable, __file__, name, mock.base_url, folder], stdout=subprocess.PIPE, check=True
                    )
                measured.append(json.loads(done.stdout))
    print(f"{RECORDS} records, {LIMIT} a page, {ROUNDS} rounds; the mock shares the machine")
    print(f"{'job':18} {'records/s':>10} {'wall s':>7} {'CPU s':>7} {'peak MiB':>9}")
    rate: dict[str, float] = {}
    for name, measured in figures.items():
        wall = statistics.median(figure["wall"] for figure in measured)
        rate[name] = RECORDS / wall
        cpu = statistics.median(figure["cpu"] for figure in measured)
        peak = max(figure["peak"] for figure in measured)
        print(f"{name:18} {rate[name]:10,.0f} {wall:7.2f} {cpu:7.2f} {peak:9.1f}")
    for what, mine, theirs in (
        ("dicts", "records, dicts", "requests: dicts"),
        ("landed", "landed, committed", "requests: landed"),
    ):
        print(f"{what}: {rate[mine] / rate[theirs]:.1f} times the records/s of requests and json")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        run_job(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main()

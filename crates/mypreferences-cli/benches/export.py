"""What an export costs: this command beside curl saving the same pages, a requests + json job, and dlt's REST source.

Everybody reads the same pages from the same mock in one run, one after the other. Each is a process of its own, so that
its CPU time and its peak memory are told by the system. This command and curl take turns for some rounds; the others,
which take long, run once. `cargo xtask bench export` runs it:

    export.py MYPREFERENCES FOLDER [RECORDS] [--rounds N] [--gzip on|off|both] [--without-dlt]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

CLIENT = "ExampleClient"
LIMIT = 1000
#: Seconds between two rounds: for a minute after a thousand files were deleted, ext4 is slow at making a thousand new ones,
#: and that would be on curl's account.
REST = 65
#: Peak memory that is allowed to the command, in MiB.
MEMORY_GOAL = 84


class Cost(NamedTuple):
    wall: float
    cpu: float
    peak_mib: float


def measured(command: Sequence[str], environment: dict[str, str]) -> Cost:
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return Cost(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Mock:
    """The mock service, and one scenario of it."""

    def __init__(self, program: str, records: int, compressed: bool, line: dict[str, int] | None = None) -> None:
        self.process = subprocess.Popen(
            [program, "mock", "--exit-with-stdin", "--no-auth"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ},
        )
        assert self.process.stdout is not None
        port = json.loads(self.process.stdout.readline())["port"]
        scenario: dict[str, object] = {
            "client_id": CLIENT,
            "sources": [{"kind": "segment", "name": "Bench", "rows": records}],
            "line": line or {},
        }
        if compressed:
            scenario["rules"] = [{"on": "page", "times": "forever", "action": {"page": {"delivery": "gzip"}}}]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/__mock/scenarios", data=json.dumps(scenario).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            self.base_url = json.load(answer)["base_url"]

    def initiate(self) -> str:
        request = urllib.request.Request(f"{self.base_url}/{CLIENT}/export/Segment/Bench", data=b"{}", method="POST")
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", "made up")
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["AccessToken"])

    def pages(self) -> str:
        return f"{self.base_url}/{CLIENT}/export/Segment/{self.initiate()}"

    def cpu(self) -> float:
        """Seconds that the mock has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


#: A job as people write it: requests, .json(), json.dumps.
REQUESTS_JOB = f"""
import json, sys, requests
url, out = sys.argv[1:]
session, offset = requests.Session(), 1
session.headers["Authorization"] = "made up"
with open(out, "w") as lines:
    while True:
        query = {{"limit": {LIMIT}, "offset": offset, "keepAlive": "true"}}
        page = session.get(url, params=query).json()
        records = next(v for k, v in page.items() if k in ("UserProfilePreferences", "Preferences"))
        for record in records:
            lines.write(json.dumps(record) + "\\n")
        offset += page["Count"]
        if not page["HasMore"]:
            break
"""

#: dlt's REST source into files of JSON lines.
DLT_JOB = f"""
import os, sys
os.environ["DLT_USE_JSON"] = "simplejson"  # its default refuses numbers beyond 64 bits
import dlt
from dlt.sources.rest_api import rest_api_source
url, records, out = sys.argv[1:]
base, path = url.rsplit("/", 1)
source = rest_api_source({{
    "client": {{
        "base_url": base + "/",
        "headers": {{"Authorization": "made up"}},
        "paginator": {{"type": "offset", "limit": {LIMIT}, "offset": 1, "offset_param": "offset",
                      "limit_param": "limit", "total_path": None, "maximum_offset": int(records) + 1,
                      "stop_after_empty_page": False}},
    }},
    "resources": [{{"name": "records", "max_table_nesting": 0,
                   "endpoint": {{"path": path, "params": {{"keepAlive": "true"}}, "data_selector": {{selector!r}}}}}}],
}})
pipeline = dlt.pipeline("bench", destination=dlt.destinations.filesystem("file://" + out), dataset_name="bench",
                        pipelines_dir=out + "-state")
pipeline.run(source, loader_file_format="jsonl")
"""


def selector(url: str) -> str:
    request = urllib.request.Request(f"{url}?limit=1&offset=1&keepAlive=true", headers={"Authorization": "made up"})
    with urllib.request.urlopen(request) as answer:
        body = answer.read()
    if body[:2] == b"\x1f\x8b":
        import gzip

        body = gzip.decompress(body)
    return next(name for name, value in json.loads(body).items() if isinstance(value, list))


class Row(NamedTuple):
    """What a round of a job has cost, and the CPU time that it has cost the mock."""

    cost: Cost
    server: float


def table(rows: dict[str, list[Row]], records: int, gigabytes: float) -> None:
    print(
        f"{'':22} {'wall s':>8} {'best':>6} {'CPU s/GB':>9} {'records/s':>10} {'peak MiB':>9} {'mock CPU s':>11}"
        f"   medians of the rounds"
    )
    for name, rounds in rows.items():
        wall = median(row.cost.wall for row in rounds)
        print(
            f"{name:22} {wall:8.2f} {min(row.cost.wall for row in rounds):6.2f} "
            f"{median(row.cost.cpu for row in rounds) / gigabytes:9.2f} {records / wall:10,.0f} "
            f"{max(row.cost.peak_mib for row in rounds):9.1f} {median(row.server for row in rounds):11.2f}"
        )


def run(given: argparse.Namespace, folder: Path, compressed: bool) -> None:
    program, records = str(given.program), int(given.records)
    mock = Mock(program, records, compressed)
    environment = {**os.environ, "MYPREFERENCES_AUTHORIZATION": "made-up", "NO_PROXY": "127.0.0.1"}
    for name in ("MYPREFERENCES_CONFIG_FILE", "MYPREFERENCES_PROFILE"):
        environment.pop(name, None)
    rows: dict[str, list[Row]] = {}

    def one(name: str, command: Sequence[str]) -> None:
        os.sync()  # What the one before has left to the disk is not on this one's account.
        before = mock.cpu()
        cost = measured(command, environment)
        rows.setdefault(name, []).append(Row(cost, mock.cpu() - before))
        print(f"  {name}: {cost.wall:.2f} s", file=sys.stderr)

    def curl(output: str) -> list[str]:
        flags = ["--silent", "--fail", "--no-progress-meter", "--compressed", "--header", "Authorization: made up"]
        urls = f"{mock.pages()}?limit={LIMIT}&offset=[1-{records}:{LIMIT}]&keepAlive=true"
        return ["curl", *flags, "--output", output, urls]

    gigabytes = 0.0
    measured(curl("/dev/null"), environment)  # The first reader would pay for pages that the mock has not made yet.
    for number in range(given.rounds):
        out = folder / f"ours-{number}"
        one(
            "mypreferences export",
            [program, "export", "--base-url", mock.base_url, "--client-id", CLIENT, "--segment", "Bench"]
            + ["--out", str(out), "--limit", str(LIMIT), "--keep-files", "true", "--progress", "none", "--json"],
        )
        gigabytes = sum(file.stat().st_size for file in out.glob("batch=*/part-*")) / 1e9
        shutil.rmtree(out)
        if records > 1_000_000:
            continue
        if number > 0:
            time.sleep(REST)
        pages = folder / "pages"
        pages.mkdir()
        one("curl", curl(f"{pages}/page-#1.json"))
        shutil.rmtree(pages)
    if records <= 1_000_000:
        time.sleep(REST)
        pages = folder / "pages"
        pages.mkdir()
        then_sync = ["sh", "-c", '"$@" && sync --file-system "$0"', str(pages)]
        one("curl, then sync", [*then_sync, *curl(f"{pages}/page-#1.json")])
        one("requests + json", [sys.executable, "-c", REQUESTS_JOB, mock.pages(), str(folder / "job.ndjson")])
        if not given.without_dlt:
            url = mock.pages()
            job = DLT_JOB.replace("{selector!r}", repr(selector(url)))
            one("dlt", [sys.executable, "-c", job, url, str(records), str(folder / "dlt")])
    mock.stop()
    print(
        f"\n{records:,} records, {gigabytes:.2f} GB, gzip {'on' if compressed else 'off'}, {os.cpu_count()} cores "
        f"shared with the mock"
    )
    table(rows, records, gigabytes)
    ours = rows.pop("mypreferences export")
    wall = median(row.cost.wall for row in ours)
    for name, rounds in rows.items():
        print(f"  wall time of ours / {name}: {wall / median(row.cost.wall for row in rounds):.2f}", end="")
        if len(rounds) == len(ours) > 1:
            # Whoever runs one after the other meets the same neighbours on this machine.
            each = [our.cost.wall / their.cost.wall for our, their in zip(ours, rounds, strict=True)]
            print(f"; in the same round: {', '.join(f'{ratio:.2f}' for ratio in each)}", end="")
        print()
    if max(row.cost.peak_mib for row in ours) > MEMORY_GOAL:
        print(f"  peak memory is above the goal of {MEMORY_GOAL} MiB")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("records", type=int, nargs="?", default=1_000_000)
    arguments.add_argument("--without-dlt", action="store_true")
    arguments.add_argument("--gzip", choices=("on", "off", "both"), default="both")
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    for compressed in (False, True):
        if given.gzip == "both" or (given.gzip == "on") == compressed:
            folder = given.folder / ("gzip" if compressed else "plain")
            folder.mkdir(parents=True)
            run(given, folder, compressed)
    shutil.rmtree(given.folder)


if __name__ == "__main__":
    main()

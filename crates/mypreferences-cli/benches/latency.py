"""What a real line costs an export: this command beside `curl --parallel` saving the same pages, with as many at once.

Both read the same pages from the same mock, in turns. Ours lands them: in order, counted, durable.
`cargo xtask bench latency` runs it:

    latency.py MYPREFERENCES FOLDER [RECORDS] [--rounds N]
"""

import argparse
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from export import CLIENT, Cost, Mock, measured

LIMIT = 1000
#: At most so many times curl's time.
GOAL = 1.1
#: What is slow, and with how many pages at once it is tried.
LINES: dict[str, tuple[dict[str, int], tuple[int, ...]]] = {
    "20 ms a page": ({"page_latency_ms": 20}, (1, 4, 8)),
    "100 ms a page": ({"page_latency_ms": 100}, (1, 4, 8)),
    "300 ms a page": ({"page_latency_ms": 300}, (1, 4, 8)),
    "100 ms, 50 Mbit/s in all": ({"page_latency_ms": 100, "bytes_per_second_in_all": 6_250_000}, (1, 4, 8)),
    "100 ms, the fifth at once is refused": ({"page_latency_ms": 100, "pages_at_once": 4}, (4, 8)),
    "20 ms, pages of 10 ms work": ({"page_latency_ms": 20, "page_work_us": 10_000}, (1, 4, 8)),
}


def pair(
    mock: Mock, program: str, folder: Path, records: int, at_once: int, env: Mapping[str, str]
) -> tuple[Cost, Cost]:
    """The cost of ours and of curl."""
    out, pages = folder / "ours", folder / "pages"
    ours = [program, "export", "--base-url", mock.base_url, "--client-id", CLIENT, "--segment", "Bench"]
    ours += ["--out", str(out), "--limit", str(LIMIT), "--parallel", str(at_once)]
    ours += ["--keep-files", "true", "--progress", "none", "--json"]
    landed = measured(ours, dict(env))
    lines = 0
    for part in out.glob("batch=*/part-*.ndjson"):
        with part.open("rb") as opened:
            lines += sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(1 << 20), b""))
    assert lines == records, f"{lines} records landed"
    shutil.rmtree(out)
    pages.mkdir()
    flags = ["--silent", "--fail", "--no-progress-meter", "--header", "Authorization: made up"]
    flags += ["--parallel", "--parallel-max", str(at_once), "--retry", "100", "--retry-delay", "1"]
    url = f"{mock.pages()}?limit={LIMIT}&offset=[1-{records}:{LIMIT}]&keepAlive=true"
    curl = measured(["curl", *flags, "--output", f"{pages}/page-#1.json", url], dict(env))
    saved = sum(1 for _ in pages.iterdir())
    assert saved == -(-records // LIMIT), f"curl saved {saved} pages"
    shutil.rmtree(pages)
    return landed, curl


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("records", type=int, nargs="?", default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--line", action="append", help="only the lines whose name holds this")
    given = arguments.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(parents=True)
    env = {**os.environ, "MYPREFERENCES_AUTHORIZATION": "made-up", "NO_PROXY": "127.0.0.1"}
    for name in ("MYPREFERENCES_CONFIG_FILE", "MYPREFERENCES_PROFILE"):
        env.pop(name, None)
    print(f"{given.records:,} records, {LIMIT:,} a page, medians of {given.rounds} alternating rounds")
    print(f"{'':38} at once   curl s   ours s  ratio  records/s  CPU s  peak MiB")
    missed = 0
    for name, (line, widths) in LINES.items():
        if given.line and not any(part in name for part in given.line):
            continue
        mock = Mock(given.program, given.records, False, line)
        for at_once in widths:
            rounds = [pair(mock, given.program, given.folder, given.records, at_once, env) for _ in range(given.rounds)]
            ours, curl = median(cost.wall for cost, _ in rounds), median(cost.wall for _, cost in rounds)
            cpu, peak = median(cost.cpu for cost, _ in rounds), max(cost.peak_mib for cost, _ in rounds)
            missed += ours > GOAL * curl
            print(
                f"{name:38} {at_once:7} {curl:8.2f} {ours:8.2f} {ours / curl:6.2f} {given.records / ours:10,.0f} "
                f"{cpu:6.2f} {peak:9.1f}{'  above the goal' if ours > GOAL * curl else ''}",
                flush=True,
            )
        mock.stop()
    shutil.rmtree(given.folder)
    print(f"goal: at most {GOAL} times curl's time; missed {missed} times")


if __name__ == "__main__":
    main()

"""Kills an export at random, many times, on a platform that this machine plays: by Wine, by an emulator.

After each export: every record once, one commit applied, and the same program verifies what lies there. The mock is a
native one.

Usage: kills.py --mock PROGRAM [--kills N] [--drive Z:] -- RUNNER... PROGRAM
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import native_mock

ROWS = 20_000
SCENARIO = {
    "sources": [{"name": "Everyone", "rows": ROWS}],
    "line": {"page_latency_ms": 20},
}
EXPORT = [
    "export",
    "--segment",
    "Everyone",
    "--keep-files",
    "false",
    "--part-size",
    "1",
    "--progress",
    "none",
    "--json",
]
PATIENCE = {
    "PARALLEL": "1",
    "CONFIRM_WINDOW": "300ms",
    "RESEND_DELAY": "200ms",
    "RESOLVE_TIMEOUT": "5s",
}
KILLS_OF_ONE = 8


def main() -> int:
    arguments = read()
    random.seed(7)
    killed: Counter[str] = Counter()
    exports = 0
    begun = time.monotonic()
    with native_mock.served(arguments.mock) as url, tempfile.TemporaryDirectory() as folder:
        # How long one takes here that nobody kills.
        span = Span()
        one_export(arguments, url, Path(folder) / "0", span, 0)
        while sum(killed.values()) < arguments.kills:
            exports += 1
            out = Path(folder) / str(exports)
            killed += one_export(arguments, url, out, span, arguments.kills - sum(killed.values()))
            shutil.rmtree(out)
    took = time.monotonic() - begun
    print(f"kills: {sum(killed.values())} in {exports} exports, {took:.0f} s; the state when killed: {dict(killed)}")
    return 0


def read() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mock", required=True, help="a native mypreferences")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--drive", default="", help="what stands before a path there")
    parser.add_argument("program", nargs="+", help="what runs, and by what")
    return parser.parse_args()


class Span:
    """Within how many seconds an export is killed: as long as the last one took that nobody killed, as a machine gets
    quicker and slower."""

    seconds = 0.0


def one_export(arguments: argparse.Namespace, url: str, out: Path, span: Span, most: int) -> Counter[str]:
    scenario = ask(f"{url}/__mock/scenarios", SCENARIO)
    settings = {
        "BASE_URL": scenario["base_url"],
        "CLIENT_ID": "ExampleClient",
        "AUTHORIZATION": "made-up",
        **PATIENCE,
    }
    environment = os.environ | {f"MYPREFERENCES_{name}": value for name, value in settings.items()}
    there = f"{arguments.drive}{out}"
    command = [*arguments.program, *EXPORT, "--out", there]
    killed: Counter[str] = Counter()
    begun = time.monotonic()
    while True:
        may_be_killed = sum(killed.values()) < min(most, KILLS_OF_ONE)
        # No pipe: who is killed may leave somebody behind who holds it, as a Windows has servers.
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(command, env=environment, stdout=said, stderr=said) as run,
        ):
            try:
                run.wait(timeout=random.uniform(0, span.seconds) if may_be_killed else 120)
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                assert may_be_killed, "the export hangs"
                killed[state(arguments.mock, out)] += 1
                continue
            said.seek(0)
            assert run.returncode == 0, (run.returncode, said.read())
        if not killed:
            span.seconds = time.monotonic() - begun
        break
    verify = subprocess.run(
        [*arguments.program, "verify", there],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert verify.returncode == 0, verify
    check(out, ask(f"{url}/__mock/scenarios/{scenario['id']}/log"))
    return killed


def state(native: str, out: Path) -> str:
    listed = subprocess.run([native, "export", "list", str(out), "--json"], capture_output=True, check=False)
    batches = json.loads(listed.stdout)["batches"] if listed.returncode == 0 else []
    return batches[-1]["state"] if batches else "not begun"


def check(out: Path, log: dict[str, Any]) -> None:
    batches = list(out.glob("batch=*"))
    assert len(batches) == 1, batches
    lines = [line for part in sorted(batches[0].glob("part-*")) for line in part.read_bytes().splitlines()]
    assert len(lines) == len({hashlib.sha256(line).digest() for line in lines}) == ROWS, len(lines)
    applied = sum(len(export["commits"]) for export in log["exports"])
    assert applied == 1, f"{applied} commits were applied"


def ask(url: str, body: object | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(url, data=data, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())

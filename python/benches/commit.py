"""What one commit costs from Python, side by side in one run with httpx, requests and urllib3 doing the same signed
POST. Run by ``cargo xtask bench python`` with the URL of a server that answers every request with 200.

CPU time is that of the whole process, all threads. Each client makes its calls in turn, several rounds; medians.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import httpx
import requests
import urllib3

import mypreferences

CLIENT_ID, USER_ID, SECRET = "ExampleClient", "ExampleUser", "example-hmac-key-0001"
CALLS, ROUNDS = 1000, 7

Call = Callable[[int], None]


def headers() -> dict[str, str]:
    """What a careful user signs by hand."""
    moment = datetime.now(timezone.utc) - timedelta(seconds=3)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    text = f"{CLIENT_ID}:{USER_ID}:{stamp}".encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    return {
        "Authorization": f"PNAUTHINFO3-HMAC-SHA256 Credential={USER_ID}/{stamp} Signature={signature}",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Content-Length": "0",
    }


def clients(url: str) -> Iterator[tuple[str, Call]]:
    ours = mypreferences.Client(
        client_id=CLIENT_ID, base_url=url, credentials=mypreferences.Credentials.hmac(USER_ID, SECRET)
    )

    def commit(token: int) -> None:
        ours.commit(token, keep_files=False)

    yield "mypreferences", commit

    def target(token: int) -> str:
        return f"{url}{CLIENT_ID}/export/Segment/Commit/{token}?keepFiles=false"

    with_httpx = httpx.Client(timeout=30, trust_env=False)

    def by_httpx(token: int) -> None:
        with_httpx.post(target(token), headers=headers()).raise_for_status()

    yield "httpx", by_httpx

    with_requests = requests.Session()
    with_requests.trust_env = False

    def by_requests(token: int) -> None:
        with_requests.post(target(token), headers=headers(), timeout=30, allow_redirects=False).raise_for_status()

    yield "requests", by_requests

    with_urllib3 = urllib3.PoolManager()

    def by_urllib3(token: int) -> None:
        answer = with_urllib3.request("POST", target(token), headers=headers(), timeout=30, redirect=False)
        assert answer.status == 200

    yield "urllib3", by_urllib3


def import_time(module: str) -> float:
    """Milliseconds beyond an empty interpreter, the least of several starts."""

    def start(program: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        return time.perf_counter() - begun

    empty = min(start("pass") for _ in range(15))
    return max(0.0, min(start(f"import {module}") for _ in range(15)) - empty) * 1000


def main() -> None:
    measured = dict(clients(sys.argv[1]))
    cpu: dict[str, list[float]] = {name: [] for name in measured}
    wall: dict[str, list[float]] = {name: [] for name in measured}
    token = 1_000_000_000
    for call in measured.values():
        call(token)
        token += 1
    for _ in range(ROUNDS):
        for name, call in measured.items():
            begun, begun_cpu = time.perf_counter(), time.process_time()
            for _ in range(CALLS):
                token += 1
                call(token)
            cpu[name].append((time.process_time() - begun_cpu) / CALLS * 1e6)
            wall[name].append((time.perf_counter() - begun) / CALLS * 1e6)
    httpx_cpu = statistics.median(cpu["httpx"])
    print(f"{'client':14} {'CPU us':>8} {'wall us':>8} {'CPU / httpx':>12} {'import ms':>10}")
    for name in measured:
        used = statistics.median(cpu[name])
        print(
            f"{name:14} {used:8.0f} {statistics.median(wall[name]):8.0f} {used / httpx_cpu:12.2f} "
            f"{import_time(name):10.0f}"
        )
    ratio = statistics.median(cpu["mypreferences"]) / httpx_cpu
    print(f"goal: at most 0.33 of httpx's CPU per commit: {ratio:.2f}")


if __name__ == "__main__":
    main()

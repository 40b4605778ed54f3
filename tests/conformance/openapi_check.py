"""Runs schemathesis against the mock with the mock's own OpenAPI description, which it serves.

Two parts: the mocked service, in a scenario that has something of every kind and lets in only who has asked its token
endpoint; and the mock's own interface. Seed and number of examples are fixed, so a run can be repeated. Ends with 1
when an answer was a server error, or one that the description does not have.

Usage: openapi_check.py MOCK_PROGRAM
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

SEED = 20260304
EXAMPLES = {"service": 25, "interface": 15}
LIMIT_SECONDS = 80

KINDS = {"segment": "preferences", "segment_group": "profiles", "schedule": "preferences"}
SCENARIO = {
    "client_id": "ExampleClient",
    "seed": SEED,
    "authorization": {"oauth": {"client_id": "job", "client_secret": "made-up", "user_id": "api.user"}},
    "sources": [{"kind": kind, "name": "Everyone", "rows": 7, "records": records} for kind, records in KINDS.items()]
    + [{"kind": "cid", "rows": 7}],
    "exports": [{"token": 4711, "rows": 5}],
}
TOKEN_REQUEST = {
    "grant_type": "client_credentials",
    "scope": "ExampleClient/api.user",
    "client_id": "job",
    "client_secret": "made-up",
}


def main(program: str) -> int:
    with subprocess.Popen(
        [program, "--no-auth", "--exit-with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as mock:
        assert mock.stdin and mock.stdout
        try:
            port = json.loads(mock.stdout.readline())["port"]
            return check(f"http://127.0.0.1:{port}")
        finally:
            mock.stdin.close()


def check(base_url: str) -> int:
    opened = post(f"{base_url}/__mock/scenarios", json.dumps(SCENARIO), "application/json")
    token = post(opened["token_url"], urllib.parse.urlencode(TOKEN_REQUEST), "application/x-www-form-urlencoded")
    header = f"Authorization: Bearer {token['access_token']}"
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "openapi.json"
        with urllib.request.urlopen(f"{base_url}/__mock/openapi.json", timeout=10) as answer:
            description.write_bytes(answer.read())
        service = ["--exclude-path-regex", "^/__mock", "--header", header]
        interface = ["--include-path-regex", "^/__mock"]
        codes = [
            schemathesis(folder, "service", opened["base_url"], service),
            schemathesis(folder, "interface", base_url, interface),
        ]
    # The description promises that it is still there.
    with urllib.request.urlopen(f"{base_url}/__mock/health", timeout=10) as answer:
        assert json.load(answer)["status"] == "ok"
    return 1 if any(codes) else 0


def schemathesis(folder: str, part: str, base_url: str, arguments: list[str]) -> int:
    config = Path(__file__).with_suffix(".toml")
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", "openapi.json"]
    command += ["--url", base_url, "--seed", str(SEED), "--max-examples", str(EXAMPLES[part]), "--no-color"]
    command += ["--generation-database", "none", "--warnings", "off", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCHEMATHESIS_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        timeout=LIMIT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout)
    operations = re.search(r"Tested: +(\d+)", done.stdout)
    cases = re.search(r"(\d+) generated", done.stdout)
    if operations is None or cases is None:
        print(f"schemathesis said nothing of what it tested ({part})")
        return 1
    print(f"schemathesis: {part}: {operations[1]} operations, {cases[1]} cases, exit code {done.returncode}")
    return done.returncode


def post(url: str, body: str, media_type: str) -> dict[str, str]:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": media_type})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

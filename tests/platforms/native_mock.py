"""The mock service of this machine, for programs of other platforms."""

import contextlib
import json
import subprocess
from collections.abc import Iterator


@contextlib.contextmanager
def served(program: str, *arguments: str) -> Iterator[str]:
    """Its address. `program` is a native mypreferences."""
    command = [program, "mock", "--no-auth", "--exit-with-stdin", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin and running.stdout
        try:
            yield f"http://127.0.0.1:{json.loads(running.stdout.readline())['port']}"
        finally:
            running.stdin.close()

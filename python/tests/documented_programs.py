"""Runs the Python programs of the READMEs and of docs/python.md as they stand there, against the package's mock."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

COMMIT = "committed certain as_asked\n"
LANDED = "25 committed\n"
PROGRAMS = {
    "python/README.md": [COMMIT, LANDED, "".join(f"C{n:012}\n" for n in range(1, 26))],
    "README.md": [COMMIT, LANDED],
    "docs/python.md": [COMMIT, LANDED],
}


# The command that runs a program's text in a folder.
Python = Callable[[str, Path], list[str]]


def run_all(workspace: Path, python: Python, places: Path) -> int:
    """Each in an empty folder below `places`. How many ran."""
    count = 0
    for page, expected in PROGRAMS.items():
        programs = re.findall(r"\n```python\n(.*?)```", (workspace / page).read_text(), re.DOTALL)
        assert len(programs) == len(expected), f"{page} has {len(programs)} programs"
        for program, printed in zip(programs, expected, strict=True):
            with tempfile.TemporaryDirectory(dir=places) as place:
                run(program, printed, python, Path(place))
            count += 1
    return count


def run(program: str, printed: str, python: Python, place: Path) -> None:
    arguments = ["mock", "--no-auth", "--client-id", "SanchezAssociates", "--export", "4711:3"]
    arguments += ["--segment", "Everyone:25", "--exit-with-stdin"]
    command = f"import sys; from mypreferences._command import main; sys.argv[1:] = {arguments!r}; sys.exit(main())"
    mock = subprocess.Popen(python(command, place), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert mock.stdout is not None and mock.stdin is not None
    url = f"http://127.0.0.1:{json.loads(mock.stdout.readline())['port']}"
    program = program.replace('environment="staging"', f'base_url="{url}"')
    environment = {
        **os.environ,
        "MYPREFERENCES_SECRET": "made-up",
        "MYPREFERENCES_USER_ID": "RickSanchez",
        "MYPREFERENCES_CLIENT_ID": "SanchezAssociates",
        "MYPREFERENCES_BASE_URL": url,
    }
    done = subprocess.run(
        python(program, place), capture_output=True, text=True, env=environment, cwd=place, check=False
    )
    mock.stdin.close()
    mock.wait(30)
    assert done.stdout == printed, done.stdout + done.stderr

"""Builds the source distribution and a wheel from it, installs that in a fresh environment, and runs the docs there.

Run by ``cargo xtask python package`` with the folder of the package.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path


def run(*command: str | Path, **more: object) -> None:
    print("$", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True, **more)  # type: ignore[call-overload]


def main() -> None:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        run(Path(sys.executable).with_name("maturin"), "sdist", "--out", out, cwd=folder)
        (sdist,) = out.glob("*.tar.gz")
        with tarfile.open(sdist) as archive:
            names = archive.getnames()
        for wanted in (
            "pyproject.toml",
            "src/mypreferences/py.typed",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "crates/mypreferences/src/commit/verdict/mod.rs",
        ):
            assert any(wanted in name for name in names), f"{wanted} is missing in the source distribution"
        for unwanted in ("target/", "tests/conformance/scenarios", "_native.abi3.so", "crates/conformance", "/tests/"):
            assert not any(unwanted in name for name in names), f"{unwanted} is in the source distribution"
        print(f"{sdist.name}: {len(names)} members, {sdist.stat().st_size // 1024} KiB", flush=True)

        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, sdist)
        (wheel,) = out.glob("*.whl")
        assert "cp310-abi3" in wheel.name, wheel.name
        print(f"{wheel.name}: {wheel.stat().st_size // 1024} KiB", flush=True)

        venv.create(out / "fresh", with_pip=True)
        python = out / "fresh" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
        run(
            python,
            "-c",
            "from mypreferences import _native; assert not hasattr(_native, 'panic_in_next_call')",
            cwd=out,
        )
        ten_lines(folder, python, out)
    print("the package installs, and its README works")


def ten_lines(folder: Path, python: Path, out: Path) -> None:
    """The programs of both READMEs and of docs/python.md, against the mock that comes with the package."""
    commit = "committed certain as_asked\n"
    landed = "25 committed\n"
    for readme, expected in (
        (folder / "README.md", [commit, landed, "".join(f"C{n:012}\n" for n in range(1, 26))]),
        (folder.parent / "README.md", [commit, landed]),
        (folder.parent / "docs/python.md", [commit, landed]),
    ):
        programs = re.findall(r"\n```python\n(.*?)```", readme.read_text(), re.DOTALL)
        assert len(programs) == len(expected), f"{readme} has {len(programs)} programs"
        for program, printed in zip(programs, expected, strict=True):
            with tempfile.TemporaryDirectory(dir=out) as place:
                run_example(program, printed, python, Path(place))


def run_example(example: str, printed: str, python: Path, place: Path) -> None:
    command = [python.with_name("mypreferences"), "mock", "--no-auth", "--client-id", "SanchezAssociates"]
    mock = subprocess.Popen(
        [*(str(part) for part in command), "--export", "4711:3", "--segment", "Everyone:25", "--exit-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert mock.stdout is not None and mock.stdin is not None
    url = f"http://127.0.0.1:{json.loads(mock.stdout.readline())['port']}"
    example = example.replace('environment="staging"', f'base_url="{url}"')
    environment = {
        **os.environ,
        "MYPREFERENCES_SECRET": "made-up",
        "MYPREFERENCES_USER_ID": "RickSanchez",
        "MYPREFERENCES_CLIENT_ID": "SanchezAssociates",
        "MYPREFERENCES_BASE_URL": url,
    }
    done = subprocess.run(
        [str(python), "-c", example], capture_output=True, text=True, env=environment, cwd=place, check=False
    )
    mock.stdin.close()
    mock.wait(10)
    assert done.stdout == printed, done.stdout + done.stderr


if __name__ == "__main__":
    main()

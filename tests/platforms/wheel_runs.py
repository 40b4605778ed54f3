"""Installs a wheel for each Python that is named, and runs the documented programs there.

Usage: wheel_runs.py WHEEL [--python PROGRAM]... [--system ROOT]... [--programs FOLDER]

A system is a folder with the files of another Linux; its Python is started by chroot, the one in FOLDER first.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

WORKSPACE = Path(__file__).parents[2]
sys.path.insert(0, str(WORKSPACE / "python/tests"))

import documented_programs  # noqa: E402

PIP = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-deps",
    "--no-index",
    "--disable-pip-version-check",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("--system", action="append", default=[], type=Path)
    parser.add_argument("--programs", default="/usr/local/bin")
    arguments = parser.parse_args()
    for program in arguments.python:
        in_an_environment(arguments.wheel, program)
    for root in arguments.system:
        in_a_system(arguments.wheel, root, arguments.programs)


def in_an_environment(wheel: Path, program: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        environment = Path(name) / "environment"
        subprocess.run([program, "-m", "venv", environment], check=True)
        python = str(environment / "bin/python")
        subprocess.run([python, *PIP, wheel], check=True)
        tell(lambda text, _: [python, "-c", text], Path(name))


def in_a_system(wheel: Path, root: Path, programs: str) -> None:
    with (
        tempfile.TemporaryDirectory(dir=root / "tmp") as name,
        tempfile.TemporaryDirectory() as own,
    ):
        # By the pip of this machine, which looks at the wheel's tag for that system.
        venv.create(own, with_pip=True)
        package = Path(name) / "package"
        platform = wheel.stem.split("-")[-1].split(".")[0]
        target = [
            "--target",
            package,
            "--platform",
            platform,
            "--python-version",
            "3.11",
            "--only-binary=:all:",
        ]
        subprocess.run([f"{own}/bin/python", *PIP, *target, wheel], check=True)

        def python(text: str, place: Path) -> list[str]:
            inside = place.relative_to(root)
            text = f"import os, sys; sys.path.insert(0, '/{package.relative_to(root)}'); os.chdir('/{inside}')\n{text}"
            return [
                "chroot",
                str(root),
                "/usr/bin/env",
                f"PATH={programs}:/usr/bin:/bin",
                "python3",
                "-c",
                text,
            ]

        tell(python, Path(name))


def tell(python: documented_programs.Python, places: Path) -> None:
    about = "import sys, platform; print(sys.version.split()[0], platform.machine(), *platform.libc_ver())"
    said = subprocess.run(python(about, places), check=True, capture_output=True, text=True).stdout.strip()
    begun = time.monotonic()
    count = documented_programs.run_all(WORKSPACE, python, places)
    print(f"{said}: {count} programs, {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()

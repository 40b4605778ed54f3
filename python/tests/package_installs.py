"""Builds the source distribution and a wheel from it, installs that in a fresh environment, and runs the docs there.

Run by ``cargo xtask python package`` with the folder of the package.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

import documented_programs


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

        # Not optimised, as every other test: `cargo xtask dist` has what is shipped.
        options = ["--quiet", "--no-deps", "--config-settings", "build-args=--profile dev"]
        run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", out, sdist)
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
        documented_programs.run_all(folder.parent, lambda program, _: [str(python), "-c", program], out)
    print("the package installs, and its README works")


if __name__ == "__main__":
    main()

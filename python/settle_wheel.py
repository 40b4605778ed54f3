"""Takes the builder's path out of the list of parts (SBOM) in a wheel.

Usage: settle_wheel.py WHEEL WORKSPACE
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    wheel, workspace = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as name:
        tool = [sys.executable, "-m", "wheel"]
        subprocess.run([*tool, "unpack", "--dest", name, wheel], check=True, stdout=subprocess.DEVNULL)
        (unpacked,) = Path(name).iterdir()
        for sbom in unpacked.glob("*.dist-info/sboms/*.json"):
            # A place in a workspace, not on a machine.
            sbom.write_text(sbom.read_text().replace(f"path+file://{workspace}/", "path+file:///"))
        wheel.unlink()
        subprocess.run([*tool, "pack", "--dest-dir", wheel.parent, unpacked], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()

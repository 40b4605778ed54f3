"""Rewrites the list of parts (SBOM) in a wheel: no path of the builder, and the same for the same sources.

Usage: settle_wheel.py WHEEL WORKSPACE
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path


def main() -> None:
    wheel, workspace = Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as name:
        tool = [sys.executable, "-m", "wheel"]
        subprocess.run([*tool, "unpack", "--dest", name, wheel], check=True, stdout=subprocess.DEVNULL)
        (unpacked,) = Path(name).iterdir()
        for sbom in unpacked.glob("*.dist-info/sboms/*.json"):
            sbom.write_text(settled(sbom.read_text(), workspace))
        wheel.unlink()
        subprocess.run([*tool, "pack", "--dest-dir", wheel.parent, unpacked], check=True, stdout=subprocess.DEVNULL)
    assert wheel.exists(), f"{wheel} got another name"


def settled(text: str, workspace: str) -> str:
    # A place in a workspace, not on a machine.
    parts = json.loads(text.replace(f"path+file://{workspace}/", "path+file:///"))
    moment = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
    parts["metadata"]["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", moment)
    parts.pop("serialNumber")
    parts["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(parts))}"
    return json.dumps(parts, indent=1)


if __name__ == "__main__":
    main()

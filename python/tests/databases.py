"""A PostgreSQL cluster of the tests' own, on a socket in its folder, never a running one; and pipelines of dlt."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any


def programs() -> Path | None:
    """Where the newest PostgreSQL of this machine has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Cluster:
    """A cluster; ``stop`` and ``kill`` end its server, ``start`` starts it again."""

    def __init__(self, folder: Path, password: str | None = None) -> None:
        bin_folder = programs()
        if bin_folder is None:
            import pytest

            pytest.skip("there is no PostgreSQL on this machine; `cargo xtask setup` says how to install it")
        self.programs = bin_folder
        self.folder = folder
        # It refuses to run as root.
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        if self.user:
            shutil.chown(folder, "postgres")
        options = ["--username=tests", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        if password is None:
            options.append("--auth=trust")
        else:
            (folder / "password").write_text(password)
            options += ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
        self._run("initdb", "-D", str(folder / "data"), *options)
        self.server: subprocess.Popen[bytes] | None = None

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.user, str(self.programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder)

    @property
    def uri(self) -> str:
        return f"postgresql://tests:hushhush@/postgres?host={self.folder}"

    def start(self, **settings: Any) -> None:
        given = {"listen_addresses": "", "unix_socket_directories": self.folder, "log_statement": "none", **settings}
        options = [f"--{name}={value}" for name, value in given.items()]
        command = [*self.user, str(self.programs / "postgres"), "-D", str(self.folder / "data"), *options]
        with open(self.folder / "log", "ab") as log:
            self.server = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        for _ in range(300):
            ready = [str(self.programs / "pg_isready"), "--quiet", "--host", str(self.folder)]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text())

    def kill(self) -> None:
        """As a loss of power does it, but for what the system has not written yet: every process of it."""
        assert self.server is not None
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.server.pid)], check=False, capture_output=True, text=True
        ).stdout.split()
        for pid in [self.server.pid, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.server.wait()
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        if self.server is not None:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(60)


def cluster(password: str | None = None) -> Cluster:
    """A new one. Its path is short: that of a socket may have 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mypreferences-"))
    folder.chmod(0o755)
    return Cluster(folder / "c", password)


def pipeline_of(name: str, folder: Path, socket: Path | str | None) -> Any:
    """A pipeline of dlt into this destination; the same again for the same folder."""
    import dlt

    targets = {
        "duckdb": lambda: dlt.destinations.duckdb(str(folder / "people.duckdb")),
        "filesystem": lambda: dlt.destinations.filesystem(bucket_url=(folder / "lake").as_uri()),
        "postgres": lambda: dlt.destinations.postgres(f"postgresql://tests:x@localhost/postgres?host={socket}"),
    }
    where = {"dataset_name": f"crm_{folder.name}", "pipelines_dir": str(folder / "p")}
    return dlt.pipeline(f"people_{name}", destination=targets[name](), **where)

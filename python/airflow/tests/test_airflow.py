"""A real Airflow: scheduler, triggerer and API server, with workers that are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mypreferences.testing import CLIENT_ID, MockService

import airflow_provider_mypreferences.example_dags as examples

ROWS = 120
DAG = "mypreferences_nightly"
SECRET = "a secret for the tests 0001"
HERE = Path(__file__).parent


class Airflow:
    """``airflow standalone`` in a folder of its own."""

    def __init__(self, home: Path, mock: MockService) -> None:
        self.home, self.mock = home, mock
        dags = home / "dags"
        shutil.copytree(Path(next(iter(examples.__path__))), dags)
        shutil.copy(HERE / "dags_of_tests.py", dags)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        connection = {
            "conn_type": "mypreferences",
            "login": "api.user",
            "password": SECRET,
            "host": mock.base_url,
            "extra": {"client_id": CLIENT_ID, "backoff_base": "1ms"},
        }
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "10",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self.port}/execution/",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW_CONN_MYPREFERENCES_DEFAULT": json.dumps(connection),
            "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(home / "lineage")}),
            "MYPREFERENCES_DATA": str(home / "data"),
            "NO_PROXY": "127.0.0.1",
        }
        # Volumes are mounted empty.
        (home / "data" / "landed").mkdir(parents=True)
        (home / "data" / "nightly").mkdir()
        self.log = home / "standalone.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "airflow", "standalone"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.until(lambda: self.call("GET", "/monitor/health")["scheduler"]["status"] == "healthy", 240)
        self.until(lambda: len(self.call("GET", "/dags")["dags"]) == 5, 240)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v2{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def until(self, is_so: Any, seconds: float) -> Any:
        begun = time.monotonic()
        while True:
            try:
                if found := is_so():
                    return found
            except OSError:
                pass
            assert self.process.poll() is None, self.log.read_text()[-4_000:]
            assert time.monotonic() - begun < seconds, self.log.read_text()[-4_000:]
            time.sleep(0.2)

    def first(self, dag: str) -> str:
        """The run that Airflow makes by itself when a schedule is switched on."""
        self.call("PATCH", f"/dags/{dag}", {"is_paused": False})
        (run, *_) = self.until(lambda: self.call("GET", f"/dags/{dag}/dagRuns")["dag_runs"], 240)
        name: str = run["dag_run_id"]
        return name

    def begin(self, dag: str) -> str:
        run: str = self.call("POST", f"/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"]
        return run

    def end(self, dag: str, run: str, seconds: float = 240) -> str:
        ended = ("success", "failed")
        path = f"/dags/{dag}/dagRuns/{run}"
        self.until(lambda: self.call("GET", path)["state"] in ended, seconds)
        state: str = self.call("GET", path)["state"]
        return state

    def result(self, dag: str, run: str, task: str) -> Any:
        value = self.call("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value")["value"]
        return json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value

    def tries(self, dag: str, run: str, task: str) -> int:
        tries: int = self.call("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}")["try_number"]
        return tries

    def kill_task(self) -> None:
        """The process that runs the task, and the worker above it: as if their machine were gone."""
        found = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if self._is_busy_worker(folder)]
        assert found
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    def _is_busy_worker(self, folder: Path) -> bool:
        try:
            command = (folder / "cmdline").read_bytes()
            is_worker = command.startswith(b"airflow worker -- ") and b"<idle>" not in command
            return is_worker and os.getsid(int(folder.name)) == self.process.pid
        except OSError:
            return False

    def stop(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getsid(int(folder.name)) == self.process.pid:
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue


@pytest.fixture(scope="module")
def mock() -> Iterator[MockService]:
    with MockService() as mock:
        segments = {"Everyone": 500, "Slow": 8_000, "Late": 10}
        sources = [
            {"name": name, "rows": ROWS, "records": "profiles", "processing_ms": wait}
            for name, wait in segments.items()
        ]
        mock.open_scenario({"client_id": CLIENT_ID, "sources": sources})
        yield mock


@pytest.fixture(scope="module")
def airflow(mock: MockService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    airflow = Airflow(tmp_path_factory.mktemp("airflow"), mock)
    yield airflow
    airflow.stop()


def applied(mock: MockService) -> int:
    return sum(len(export["commits"]) for export in mock.log()["exports"])


def test_the_example_lands_and_commits_and_goes_on_the_next_night(airflow: Airflow, mock: MockService) -> None:
    for night in (1, 2):
        run = airflow.first(DAG) if night == 1 else airflow.begin(DAG)
        assert airflow.end(DAG, run) == "success"
        batch = airflow.result(DAG, run, "export")
        assert (batch["rows"], batch["end"]) == (ROWS, "committed") and applied(mock) == night
    bodies = [request["body"] or "" for request in mock.requests("initiate")]
    assert ["LastDateTime" in body for body in bodies] == [False, True]


def test_the_steps_wait_without_a_worker_and_commit_at_the_end(airflow: Airflow, mock: MockService) -> None:
    before = applied(mock)
    run = airflow.first("mypreferences_in_steps")
    assert airflow.end("mypreferences_in_steps", run) == "success"
    assert str(airflow.result("mypreferences_in_steps", run, "initiate")).startswith("mph1.")
    assert airflow.result("mypreferences_in_steps", run, "commit")["end"] == "committed"
    assert applied(mock) == before + 1


def test_what_is_landed_and_not_committed_is_the_result_again(airflow: Airflow, mock: MockService) -> None:
    exports = len(mock.log()["exports"])
    batches: list[Any] = []
    for _ in range(2):
        run = airflow.begin("landed")
        assert airflow.end("landed", run) == "success"
        batches.append(airflow.result("landed", run, "land"))
    assert batches[0] == batches[1] and batches[0]["end"] is None
    assert len(mock.log()["exports"]) == exports + 1


@pytest.mark.parametrize("segment", ["Slow", "Late"])
def test_a_worker_that_is_killed_initiates_nothing_again(airflow: Airflow, mock: MockService, segment: str) -> None:
    if segment == "Late":
        mock.add_rule({"on": "page", "offset": 51, "action": {"deliver": {"late_ms": 60_000}}})
    dag = f"killed_{segment.lower()}"
    seen = "page" if segment == "Late" else "status"
    exports, requests, commits = len(mock.log()["exports"]), len(mock.requests(seen)), applied(mock)
    run = airflow.begin(dag)
    airflow.until(lambda: len(mock.requests(seen)) > requests + 1, 240)
    airflow.kill_task()
    assert airflow.end(dag, run) == "success"
    assert airflow.tries(dag, run, "export") == 2
    assert len(mock.log()["exports"]) == exports + 1 and applied(mock) == commits + 1
    assert airflow.result(dag, run, "export")["rows"] == ROWS


def test_openlineage_is_told_what_was_read_and_written(airflow: Airflow) -> None:
    pytest.importorskip("airflow.providers.openlineage")
    lines = [line for file in airflow.home.glob("lineage*") for line in file.read_text().splitlines()]
    events = [event for event in map(json.loads, lines) if event["eventType"] == "COMPLETE" and event.get("outputs")]
    # Other tests' tasks tell of theirs, in whatever order.
    events = [event for event in events if event["inputs"][0]["name"] == "segment/Everyone"]
    (read,), (written,) = events[0]["inputs"], events[0]["outputs"]
    assert (read["namespace"], read["name"]) == (f"mypreferences://{CLIENT_ID}", "segment/Everyone")
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == ROWS
    assert len(written["facets"]["version"]["datasetVersion"]) == 64


def test_the_connection_is_tested_by_the_service(airflow: Airflow, mock: MockService) -> None:
    connection = {
        "connection_id": "tried",
        "conn_type": "mypreferences",
        "login": "api.user",
        "password": SECRET,
        "host": mock.base_url,
        "extra": json.dumps({"client_id": CLIENT_ID}),
    }
    assert airflow.call("POST", "/connections/test", connection)["status"] is True
    mock.add_rule({"on": "status", "action": {"answer": {"status": 403}}})
    refused = airflow.call("POST", "/connections/test", connection)
    assert refused["status"] is False and "forbidden" in refused["message"]
    lacking = airflow.call("POST", "/connections/test", {**connection, "extra": "{}"})
    assert lacking["status"] is False and "client_id" in lacking["message"]


def test_no_token_is_written_anywhere(airflow: Airflow, mock: MockService) -> None:
    text = b"".join(
        file.read_bytes() for file in airflow.home.rglob("*") if file.is_file() and "data" not in file.parts
    )
    tokens = [str(export["token"]).encode() for export in mock.log()["exports"]]
    assert b"mph1." in text and len(tokens) >= 5
    assert not any(token in text for token in tokens) and SECRET.encode() not in text

"""Forks, Ctrl-C and the end of the interpreter: each in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mypreferences as m
from mypreferences._progress import Teller
from mypreferences.testing import CLIENT_ID, MockService

pytestmark = pytest.mark.skipif(os.name != "posix", reason="forks and POSIX signals")

HANG = {"on": "commit", "times": "forever", "action": {"hang": "never"}}


def script(mock: MockService, text: str, settings: str = "") -> subprocess.Popen[str]:
    start = (
        "import sys, mypreferences as m\n"
        f"client = m.Client(client_id={CLIENT_ID!r}, base_url={mock.base_url!r}, "
        f"credentials=m.Credentials.verbatim('x'){settings})\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", start + text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who runs the tests in the background ignores it, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def wait_for_commit(mock: MockService) -> None:
    end = time.monotonic() + 30
    while not mock.requests("commit"):
        assert time.monotonic() < end, "the commit did not come"
        time.sleep(0.02)


def test_ctrl_c_in_a_blocking_call_is_a_keyboard_interrupt_with_the_record(mypreferences_mock: MockService) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_rule(HANG)
    process = script(
        mypreferences_mock,
        "try:\n    client.commit(4711, keep_files=False)\n"
        "except KeyboardInterrupt as error:\n    print(type(error.__cause__).__name__, error.__cause__.commit_state)\n",
    )
    wait_for_commit(mypreferences_mock)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert out == "OperationCancelledError unknown\n", err
    assert time.monotonic() - begun < 5
    assert mypreferences_mock.requests("commit")[0]["disconnected_at_ms"] is not None


def test_ctrl_c_before_the_progress_callable_has_begun_is_a_keyboard_interrupt_too(
    mypreferences_mock: MockService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mypreferences_mock.open_scenario({"client_id": CLIENT_ID, "sources": [{"name": "Everyone", "rows": 10}]})

    # As the interpreter does it, when the signal has come before the first line.
    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(Teller, "here", interrupted)
    client = m.Client(
        client_id=CLIENT_ID, base_url=mypreferences_mock.base_url, credentials=m.Credentials.verbatim("x")
    )
    with pytest.raises(KeyboardInterrupt) as caught:
        client.export(segment="Everyone", out=tmp_path / "out", keep_files=False)
    assert isinstance(caught.value.__cause__, m.OperationCancelledError)


@pytest.mark.parametrize("what", ["pages", "export"])
@pytest.mark.once
def test_ctrl_c_stops_within_a_page_and_leaves_a_folder_that_the_next_run_finishes(
    mypreferences_mock: MockService, tmp_path: Path, what: str
) -> None:
    hang = {"on": "page", "offset": 5001, "action": {"hang": "never"}}
    source = {"name": "Everyone", "rows": 20_000}
    mypreferences_mock.open_scenario({"client_id": CLIENT_ID, "sources": [source], "rules": [hang]})
    out = tmp_path / "out"
    calls = {
        "pages": "export = client.initiate(segment='Everyone'); export.wait(); list(export.pages())",
        "export": f"client.export(segment='Everyone', out={str(out)!r}, keep_files=False)",
    }
    process = script(
        mypreferences_mock,
        f"try:\n    {calls[what]}\nexcept KeyboardInterrupt as error:\n    print(type(error.__cause__).__name__)\n",
        ", parallel=1",
    )
    end = time.monotonic() + 60
    while not any("offset=5001" in page["target"] for page in mypreferences_mock.requests("page")):
        assert time.monotonic() < end and process.poll() is None, "the page was not asked for"
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, err = process.communicate(timeout=30)
    assert printed == "OperationCancelledError\n", err
    assert len(mypreferences_mock.requests("page")) == 6
    assert mypreferences_mock.requests("commit") == []
    if what == "export":
        assert not list(out.glob("batch=*")), "a batch is seen whole or not at all"
        with mypreferences_mock.client(parallel=1) as client:
            landed = client.export(segment="Everyone", out=out, keep_files=False)
        assert landed.rows == 20_000 and landed.receipt is not None
        assert len(mypreferences_mock.requests("page")) == 21, "what was durable came again"
        assert len(mypreferences_mock.requests("initiate")) == 1


def test_the_interpreter_ends_with_a_call_in_flight(mypreferences_mock: MockService) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_rule(HANG)
    process = script(
        mypreferences_mock,
        "import threading, time\n"
        "threading.Thread(target=lambda: client.commit(4711, keep_files=False), daemon=True).start()\n"
        "time.sleep(1)\nprint('end')\n",
    )
    out, err = process.communicate(timeout=30)
    assert (out, process.returncode) == ("end\n", 0), err


def in_child(client: m.Client, base_url: str, token: int) -> int:
    try:
        client.status(token)
    except m.ForkedProcessError as error:
        assert error.number == 102 and isinstance(error, RuntimeError)
    else:
        return 1
    with m.Client(client_id=CLIENT_ID, base_url=base_url, credentials=m.Credentials.verbatim("x")) as fresh:
        return 0 if fresh.commit(token, keep_files=False).outcome is m.Outcome.COMMITTED else 2


def test_100_forks_neither_hang_nor_harm_the_parent(
    mypreferences_mock: MockService, mypreferences_client: m.Client
) -> None:
    for token in range(1, 103):
        mypreferences_mock.add_export(token)
    mypreferences_client.commit(101, keep_files=False)
    for token in range(1, 101):
        child = os.fork()
        if child == 0:
            code = 3
            try:
                code = in_child(mypreferences_client, mypreferences_mock.base_url, token)
            finally:
                os._exit(code)
        end = time.monotonic() + 30
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                break
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                pytest.fail(f"child {token} hangs")
            time.sleep(0.002)
        assert os.waitstatus_to_exitcode(status) == 0, token
    mypreferences_client.commit(102, keep_files=False)
    assert len(mypreferences_mock.requests("commit")) == 102


def commit_in_worker(base_url: str, token: int) -> str:
    with m.Client(client_id=CLIENT_ID, base_url=base_url, credentials=m.Credentials.verbatim("x")) as client:
        return client.commit(token, keep_files=False).to_json()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_multiprocessing_works_after_calls_in_the_parent(
    mypreferences_mock: MockService, mypreferences_client: m.Client, method: str
) -> None:
    for token in range(1, 6):
        mypreferences_mock.add_export(token)
    mypreferences_client.commit(1, keep_files=False)
    with multiprocessing.get_context(method).Pool(2) as pool:
        work = [pool.apply_async(commit_in_worker, (mypreferences_mock.base_url, token)) for token in range(2, 6)]
        assert all('"outcome":"committed"' in job.get(timeout=60) for job in work)


def test_importing_reads_no_trust_roots_and_starts_no_thread() -> None:
    program = (
        "import os, sys\nimport mypreferences\nprint(sorted(os.listdir('/proc/self/task')) == [str(os.getpid())])\n"
    )
    environment = {**os.environ, "SSL_CERT_FILE": "/no/such/file", "SSL_CERT_DIR": "/no/such/folder"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_the_command_comes_with_the_package(mypreferences_mock: MockService) -> None:
    mypreferences_mock.add_export(4711)
    command = os.path.join(os.path.dirname(sys.executable), "mypreferences")
    environment = {**os.environ, "MYPREFERENCES_AUTHORIZATION": "made-up"}
    arguments = ["commit", "4711", "--keep-files", "false", "--client-id", CLIENT_ID, "--json"]
    done = subprocess.run(
        [command, *arguments, "--base-url", mypreferences_mock.base_url],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"outcome":"committed"' in done.stdout

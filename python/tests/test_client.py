"""The synchronous client against the mock service."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import mypreferences as m
from mypreferences import _native
from mypreferences.testing import MockService

LOST = {"on": "commit", "action": {"read_then_close": "now"}}
HANG = {"on": "commit", "times": "forever", "action": {"hang": "never"}}


def wait_for(condition: object, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_a_commit_gives_a_receipt(mypreferences_mock: MockService, mypreferences_client: m.Client) -> None:
    mypreferences_mock.add_export(4711)
    receipt = mypreferences_client.commit(4711, keep_files=False)
    assert receipt.outcome is m.Outcome.COMMITTED
    assert receipt.certainty is m.Certainty.CERTAIN
    assert receipt.files is m.Files.AS_ASKED
    assert receipt.attempts[0].status == 200
    assert receipt.server_date is not None and receipt.server_date.tzinfo is not None
    assert mypreferences_mock.commits(4711) == [False]
    assert m.CommitReceipt.from_json(receipt.to_json()) == receipt


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-11-24T10:20:30Z", 0),
        ("2026-11-24T10:20:30.5Z", 500_000),
        ("2026-11-24T10:20:30.123Z", 123_000),
        ("2026-11-24T10:20:30.123456Z", 123_456),
        ("2026-11-24T10:20:30.123456789Z", 123_456),
    ],
)
def test_every_moment_of_a_record_is_read_by_every_python(
    mypreferences_mock: MockService, mypreferences_client: m.Client, text: str, microsecond: int
) -> None:
    mypreferences_mock.add_export(4711)
    record = json.loads(mypreferences_client.commit(4711, keep_files=False).to_json())
    receipt = m.CommitReceipt.from_json(json.dumps({**record, "server_date": text}))
    assert receipt.server_date == datetime(2026, 11, 24, 10, 20, 30, microsecond, timezone.utc)


def test_a_lost_answer_is_resolved_by_status(mypreferences_mock: MockService, mypreferences_client: m.Client) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_rule(LOST)
    receipt = mypreferences_client.commit("4711", keep_files=True)
    assert receipt.confirmed_by is m.ConfirmedBy.STATUS
    assert len(mypreferences_mock.requests("commit")) == 1
    resolution = mypreferences_client.resolve_commit(4711)
    assert resolution.resolution == "committed" and resolution.receipt is not None


@pytest.mark.parametrize("token", [1.0, None, True, b"1", [1]])
def test_a_token_of_a_wrong_type_is_refused_before_any_io(
    mypreferences_mock: MockService, mypreferences_client: m.Client, token: object
) -> None:
    with pytest.raises(TypeError, match="pass the integer that Initiate returned"):
        mypreferences_client.commit(token, keep_files=False)  # type: ignore[arg-type]
    assert mypreferences_mock.log()["requests"] == []


@pytest.mark.parametrize("keep_files", [1, 0, "true", None])
def test_keep_files_must_be_a_bool(
    mypreferences_mock: MockService, mypreferences_client: m.Client, keep_files: object
) -> None:
    with pytest.raises(TypeError, match="keep_files must be True or False"):
        mypreferences_client.commit(4711, keep_files=keep_files)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="keep_files"):
        mypreferences_client.commit(4711)  # type: ignore[call-arg]
    assert mypreferences_mock.log()["requests"] == []


def test_settings_are_checked_with_their_names(mypreferences_mock: MockService) -> None:
    with pytest.raises(m.InvalidArgumentError, match="max_attempts"):
        mypreferences_mock.client(max_attempts=0)
    with pytest.raises(TypeError, match="there is no setting 'retries'"):
        mypreferences_mock.client(retries=3)
    with pytest.raises(TypeError, match="resend_delay cannot be"):
        mypreferences_mock.client(resend_delay=[1])
    with pytest.raises(TypeError, match="credentials must be Credentials"):
        mypreferences_mock.client(credentials="secret")
    with pytest.raises(m.ConfigurationError, match="contradict"):
        mypreferences_mock.client(environment="staging")
    soon = timedelta(milliseconds=200)
    with mypreferences_mock.client(resend_delay=soon, timeout=30, require_certain=True) as client:
        mypreferences_mock.add_export(1)
        client.commit(1, keep_files=True, timeout=timedelta(seconds=20))


def test_a_closed_client_says_so(mypreferences_mock: MockService) -> None:
    client = mypreferences_mock.client()
    client.close()
    client.close()
    assert client.closed
    with pytest.raises(m.ClosedError) as raised:
        client.status(1)
    assert isinstance(raised.value, RuntimeError)


def test_another_thread_makes_progress_during_a_call(mypreferences_mock: MockService) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_rule({"on": "commit", "action": {"deliver": {"late_ms": 2000}}})
    counted = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            counted += 1

    counter = threading.Thread(target=count)
    with mypreferences_mock.client() as client:
        counter.start()
        client.commit(4711, keep_files=False)
        stop.set()
        counter.join()
    assert counted > 1_000_000, "the interpreter was held"


def test_64_threads_share_one_client(mypreferences_mock: MockService, mypreferences_client: m.Client) -> None:
    for token in range(1, 257):
        mypreferences_mock.add_export(token)
    with ThreadPoolExecutor(64) as pool:
        receipts = list(pool.map(lambda token: mypreferences_client.commit(token, keep_files=False), range(1, 257)))
    assert {receipt.outcome for receipt in receipts} == {m.Outcome.COMMITTED}
    assert len(mypreferences_mock.requests("commit")) == 256


def test_a_cancel_token_ends_a_call_from_another_thread(
    mypreferences_mock: MockService, mypreferences_client: m.Client
) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_rule(HANG)
    cancel = m.CancelToken()
    timer = threading.Timer(0.3, cancel.cancel)
    timer.start()
    with pytest.raises(m.OperationCancelledError) as raised:
        mypreferences_client.commit(4711, keep_files=False, cancel_token=cancel)
    assert raised.value.commit_state is m.CommitState.UNKNOWN
    assert wait_for(lambda: mypreferences_mock.requests("commit")[0]["disconnected_at_ms"] is not None)


def test_after_a_panic_the_next_call_works(mypreferences_mock: MockService, mypreferences_client: m.Client) -> None:
    mypreferences_mock.add_export(4711)
    _native.panic_in_next_call()  # type: ignore[attr-defined]
    with pytest.raises(m.InternalError):
        mypreferences_client.commit(4711, keep_files=False)
    assert mypreferences_client.commit(4711, keep_files=False).outcome is m.Outcome.COMMITTED


def test_from_env_takes_settings_and_exactly_one_sort_of_credentials(mypreferences_mock: MockService) -> None:
    mypreferences_mock.add_export(4711)
    environ = {
        "MYPREFERENCES_CLIENT_ID": "ExampleClient",
        "MYPREFERENCES_BASE_URL": mypreferences_mock.base_url,
        "MYPREFERENCES_AUTHORIZATION": "made-up",
        "MYPREFERENCES_RESEND_DELAY": "200ms",
        "MYPREFERENCES_SECRET": "",
    }
    with m.Client.from_env(environ=environ) as client:
        client.commit(4711, keep_files=False)
    with pytest.raises(m.ConfigurationError, match="contradict each other"):
        m.Client.from_env(environ={**environ, "MYPREFERENCES_BEARER_TOKEN": "x"})
    with pytest.raises(m.ConfigurationError, match="client_id is missing"):
        m.Client.from_env(environ={**environ, "MYPREFERENCES_CLIENT_ID": ""})
    with pytest.raises(m.InvalidArgumentError, match="from MYPREFERENCES_RESEND_DELAY"):
        m.Client.from_env(environ={**environ, "MYPREFERENCES_RESEND_DELAY": "soon"})
    nobody = m.Client.from_env(environ=environ, client_id="Nobody", resend_delay=1.5)
    with nobody as client, pytest.raises(m.NotFoundError):
        client.status(4711)


def test_a_setting_of_the_version_before_is_read_with_a_warning(mypreferences_mock: MockService) -> None:
    with pytest.warns(DeprecationWarning, match="strict is now require_certain"):
        mypreferences_mock.client(strict=True).close()
    with pytest.warns(DeprecationWarning), pytest.raises(m.InvalidArgumentError, match="resend_delay is out of range"):
        mypreferences_mock.client(resend_delay=90_000, quiet=1)
    environ = {
        "MYPREFERENCES_CLIENT_ID": "ExampleClient",
        "MYPREFERENCES_BASE_URL": mypreferences_mock.base_url,
        "MYPREFERENCES_AUTHORIZATION": "made-up",
        "MYPREFERENCES_QUIET": "1s",
    }
    with pytest.warns(DeprecationWarning, match="MYPREFERENCES_RESEND_DELAY"):
        m.Client.from_env(environ=environ).close()


def test_from_env_reads_profiles(mypreferences_mock: MockService, tmp_path: Path) -> None:
    mypreferences_mock.add_export(4711)
    file = tmp_path / "config.toml"
    file.write_text(
        f"[profile.job]\nclient_id = 'ExampleClient'\nbase_url = '{mypreferences_mock.base_url}'\n"
        "authorization = 'made-up'\n"
    )
    environ = {"MYPREFERENCES_CONFIG_FILE": str(file)}
    file.chmod(0o644)
    with pytest.raises(m.ConfigurationError, match="chmod 600"):
        m.Client.from_env(profile="job", environ=environ)
    file.chmod(0o600)
    with m.Client.from_env(profile="job", environ=environ) as client:
        assert client.status(4711).status == "Complete"
    with m.Client.from_env(environ={**environ, "MYPREFERENCES_PROFILE": "job"}) as client:
        client.commit(4711, keep_files=False)
    with pytest.raises(m.ConfigurationError, match="choose one of: job"):
        m.AsyncClient.from_env(profile="other", environ=environ)

"""Exceptions: the catalogue, their parents, their attributes, their copies."""

from __future__ import annotations

import builtins
import copy
import importlib
import json
import pickle
import sys
from pathlib import Path

import pytest

import mypreferences as m
from mypreferences.testing import MockService

tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

CATALOGUE = tomllib.loads((Path(__file__).parents[2] / "tests/conformance/errors.toml").read_text())["error"]


def record(number: int, kind: str) -> str:
    fields = {
        "kind": kind,
        "number": number,
        "phase": None,
        "operation": "commit",
        "detail": "what was wrong",
        "http_status": 404,
        "server_message": "No.",
        "retry": "permanent",
        "retry_after": 1.5,
        "sent": "answered",
        "commit_state": "not_committed",
        "attempts": [{"n": 1, "delay_before": 0.0, "elapsed": 0.1, "sent": "answered", "status": 404, "kind": kind}],
        "elapsed": 0.1,
        "request_id": "r",
        "method": "POST",
        "url": "https://host/***5093",
        "next_action": "do this",
        "source": None,
    }
    return json.dumps(fields)


def test_the_catalogue_and_the_classes_are_the_same() -> None:
    assert sorted(m.MyPreferencesError.by_number) == [entry["number"] for entry in CATALOGUE]
    for entry in CATALOGUE:
        known = m.MyPreferencesError.by_number[entry["number"]]
        assert known.__name__ == entry["python"]
        assert issubclass(known, m.MyPreferencesError)
        parent = entry.get("python_parent")
        if parent is not None:
            assert issubclass(known, getattr(builtins, parent, None) or getattr(m, parent))


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry["kind"])
def test_every_class_survives_pickling_and_copying_without_loss(entry: dict[str, object]) -> None:
    text = record(int(str(entry["number"])), str(entry["kind"]))
    line = "commit failed: what was wrong; not committed; do this"
    error = m.MyPreferencesError.from_json(text, line)
    assert type(error) is m.MyPreferencesError.by_number[int(str(entry["number"]))]
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert twin.to_json() == text
        assert str(twin) == str(error)
        assert twin.__dict__ == error.__dict__
    assert error.attempts[0].status == 404
    assert error.retry is m.Retry.PERMANENT and error.sent is m.Sent.ANSWERED
    assert str(error) == line
    assert str(m.MyPreferencesError.from_json(text)).endswith("what was wrong; do this")


def test_an_unknown_number_maps_to_its_hundred() -> None:
    assert type(m.MyPreferencesError.from_json(record(499, "new_kind"))) is m.BadRequestError
    assert type(m.MyPreferencesError.from_json(record(1700, "new_kind"))) is m.MyPreferencesError


def test_the_line_is_the_one_of_the_core(mypreferences_mock: MockService, mypreferences_client: m.Client) -> None:
    mypreferences_mock.add_rule(
        {"on": "commit", "times": "forever", "action": {"answer": {"status": 404, "body": {"message": "No."}}}}
    )
    with pytest.raises(m.NotFoundError) as raised:
        mypreferences_client.commit(4711, keep_files=False)
    assert str(raised.value) == (
        'commit failed: not found (404): the server says "No." after 1 attempt in 0.0 s; not committed; '
        "check the client id, and that the token came from Initiate and has not expired"
    )
    assert isinstance(raised.value, LookupError)
    notes = getattr(raised.value, "__notes__", None)
    assert notes is None or notes == [f"next: {raised.value.next_action}"]


def test_secrets_are_shown_nowhere(mypreferences_mock: MockService, caplog: pytest.LogCaptureFixture) -> None:
    secret, token = "canary-hmac-secret-Zk3v9Qx7", 7731902846155093
    caplog.set_level("DEBUG", logger="mypreferences")
    credentials = m.Credentials.hmac("etl", secret)
    texts = [repr(credentials)]
    with mypreferences_mock.client(credentials=credentials) as client:
        texts.append(repr(client))
        for unpicklable in (credentials, client):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(unpicklable)
        with pytest.raises(m.NotFoundError) as raised:
            client.commit(token, keep_files=False)
        texts += [repr(raised.value), str(raised.value), raised.value.to_json(), repr(pickle.dumps(raised.value))]
    assert any("commit 1: answered 404" in message for message in caplog.messages), "the events reach logging"
    for text in [*texts, *caplog.messages]:
        assert secret not in text and str(token) not in text and "Signature=" not in text

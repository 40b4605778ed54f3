"""A mock of the service for tests of your own, and pytest fixtures for it.

With the package installed, pytest finds the fixtures by itself::

    def test_my_job(mypreferences_mock, mypreferences_client):
        mypreferences_mock.add_export(4711, rows=3)
        my_job(mypreferences_client)
        assert mypreferences_mock.commits(4711) == [False]

The mock runs in a process of its own and ends with the fixture.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from mypreferences._client import Client, Credentials

CLIENT_ID = "ExampleClient"
"""The only client id that the mock knows."""

_START = (
    "import sys; from mypreferences import _native; sys.exit(_native.run_cli(['mypreferences', 'mock', *sys.argv[1:]]))"
)


class MockService:
    """The mock service in a process of its own: a context manager. Takes any credentials."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, "--no-auth", "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the mock service did not start; run `mypreferences mock` to see why")
        self._port: int = json.loads(line)["port"]
        self._scenario: dict[str, Any] = {}
        self.open_scenario({"client_id": CLIENT_ID})

    @property
    def base_url(self) -> str:
        """The base URL of the scenario that is being served, for a client."""
        return self._scenario["base_url"]

    @property
    def token_url(self) -> str:
        """Where the scenario's OAuth tokens are asked for, when its ``authorization`` is ``oauth``."""
        return self._scenario["token_url"]

    @property
    def proxy_url(self) -> str | None:
        """The scenario's ``proxy``."""
        return self._scenario["proxy_url"]

    @property
    def tls(self) -> dict[str, str] | None:
        """With the scenario's ``tls``: the PEM texts ``ca_pem``, ``client_certificate_pem`` and ``client_key_pem``."""
        return self._scenario["tls"]

    def open_scenario(self, scenario: dict[str, Any]) -> None:
        """Serves a scenario (exports, rules, clock: ``mypreferences mock --help``) in a world of its own."""
        self._scenario = self._call("POST", "/__mock/scenarios", scenario)

    def add_export(self, token: int, *, rows: int = 3, **more: Any) -> None:
        """Adds an export that is ready to be read, to the scenario that is being served."""
        self._call(
            "POST", f"/__mock/scenarios/{self._scenario['id']}/exports", [{"token": token, "rows": rows, **more}]
        )

    def add_rule(self, rule: dict[str, Any]) -> None:
        """Adds a fault, such as ``{"on": "commit", "action": {"read_then_close": "now"}}``."""
        self._call("POST", f"/__mock/scenarios/{self._scenario['id']}/rules", [rule])

    def clear_rules(self) -> None:
        """Takes every fault away, those of the scenario, too."""
        self._call("DELETE", f"/__mock/scenarios/{self._scenario['id']}/rules", None)

    def log(self) -> dict[str, Any]:
        """What was received, and what became of the exports."""
        return self._call("GET", f"/__mock/scenarios/{self._scenario['id']}/log", None)

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """The requests of one operation: ``commit``, ``status``, ``page`` or ``token``."""
        return [request for request in self.log()["requests"] if request["operation"] == operation]

    def commits(self, token: int) -> list[bool]:
        """``keep_files`` of the commits of a token that were applied."""
        for export in self.log()["exports"]:
            if export["token"] == token:
                return [commit["keep_files"] for commit in export["commits"]]
        return []

    def client(self, **settings: Any) -> Client:
        """A client of the scenario that is being served."""
        arguments: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "base_url": self.base_url,
            "credentials": Credentials.verbatim("made-up"),
            **settings,
        }
        return Client(**arguments)

    def close(self) -> None:
        """Ends the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait(10)

    def __enter__(self) -> MockService:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            data=data,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def mock_service() -> Iterator[MockService]:
    """For fixtures of your own: yields a mock and ends it."""
    with MockService() as mock:
        yield mock

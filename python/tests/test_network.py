"""OAuth, TLS and proxies, as they look from Python."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

SECRET = "canary-oauth-secret-Yb4n8Fg3"
TOKENS = {"oauth": {"client_id": "job", "client_secret": SECRET, "user_id": "etl"}}


def with_oauth(mock: MockService, *rules: dict[str, Any]) -> m.Credentials:
    mock.open_scenario(
        {
            "client_id": CLIENT_ID,
            "authorization": TOKENS,
            "exports": [{"token": 4711, "copies": 100}],
            "rules": list(rules),
        }
    )
    return m.Credentials.oauth(token_url=mock.token_url, client_id="job", client_secret=SECRET, user_id="etl")


def test_a_hundred_threads_make_one_token_request(mypreferences_mock: MockService) -> None:
    credentials = with_oauth(mypreferences_mock, {"on": "token", "action": {"delay_ms": 100}})
    with mypreferences_mock.client(credentials=credentials) as client, ThreadPoolExecutor(100) as pool:
        receipts = list(pool.map(lambda n: client.commit(4711 + n, keep_files=False), range(100)))
    assert all(receipt.outcome is m.Outcome.COMMITTED for receipt in receipts)
    assert len(mypreferences_mock.requests("token")) == 1


def test_a_hundred_tasks_make_one_token_request(mypreferences_mock: MockService) -> None:
    credentials = with_oauth(mypreferences_mock, {"on": "token", "action": {"delay_ms": 100}})

    async def commit_all() -> None:
        arguments: dict[str, Any] = {"client_id": CLIENT_ID, "base_url": mypreferences_mock.base_url}
        async with m.AsyncClient(credentials=credentials, **arguments) as client:
            await asyncio.gather(*(client.commit(4711 + n, keep_files=False) for n in range(100)))

    asyncio.run(commit_all())
    assert len(mypreferences_mock.requests("token")) == 1


def test_a_token_endpoint_that_refuses_is_told_from_the_service(mypreferences_mock: MockService) -> None:
    refusal = {"answer": {"status": 400, "body": {"json": '{"error":"invalid_client"}'}}}
    credentials = with_oauth(mypreferences_mock, {"on": "token", "action": refusal})
    with (
        mypreferences_mock.client(credentials=credentials) as client,
        pytest.raises(m.UnauthorizedError, match="OAuth token endpoint answered 400: invalid_client") as raised,
    ):
        client.commit(4711, keep_files=False)
    assert raised.value.sent is m.Sent.NOT_SENT and raised.value.commit_state is m.CommitState.NOT_COMMITTED
    assert mypreferences_mock.requests("commit") == []
    for text in (repr(credentials), repr(client), repr(raised.value), str(raised.value)):
        assert SECRET not in text


def test_oauth_arguments_are_checked_before_any_io(mypreferences_mock: MockService) -> None:
    arguments = {"token_url": mypreferences_mock.token_url, "client_id": "job", "client_secret": SECRET}
    with pytest.raises(TypeError, match="client_secret must be a str \\(bytes\\)"):
        m.Credentials.oauth(**{**arguments, "client_secret": SECRET.encode()})  # type: ignore[dict-item]
    for wrong, kind in (
        ({"client_auth": "jwt"}, m.InvalidArgumentError),
        ({"token_url": "http://host/"}, m.InvalidArgumentError),
        ({"scope": ""}, m.InvalidArgumentError),
        ({}, m.ConfigurationError),
    ):
        with pytest.raises(kind):
            mypreferences_mock.client(credentials=m.Credentials.oauth(**{**arguments, **wrong}))


def test_from_env_takes_oauth_with_a_secret_from_a_file(mypreferences_mock: MockService, tmp_path: Path) -> None:
    with_oauth(mypreferences_mock)
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    environ = {
        "MYPREFERENCES_CLIENT_ID": CLIENT_ID,
        "MYPREFERENCES_BASE_URL": mypreferences_mock.base_url,
        "MYPREFERENCES_OAUTH_TOKEN_URL": mypreferences_mock.token_url,
        "MYPREFERENCES_OAUTH_CLIENT_ID": "job",
        "MYPREFERENCES_OAUTH_CLIENT_SECRET_FILE": str(secret),
        "MYPREFERENCES_OAUTH_CLIENT_AUTH": "body",
        "MYPREFERENCES_USER_ID": "etl",
    }
    with m.Client.from_env(environ=environ) as client:
        client.commit(4711, keep_files=False)
    with pytest.raises(m.ConfigurationError, match="contradict each other"):
        m.Client.from_env(environ={**environ, "MYPREFERENCES_SECRET": "x"})
    secret.chmod(0o644)
    with pytest.raises(m.ConfigurationError, match="can be read by others"):
        m.Client.from_env(environ=environ)


def test_a_secret_file_is_read_again_when_it_changed(mypreferences_mock: MockService, tmp_path: Path) -> None:
    hmac = {"hmac": {"user_id": "etl", "secret": "second"}}
    mypreferences_mock.open_scenario({"client_id": CLIENT_ID, "exports": [{"token": 4711}], "authorization": hmac})
    file = tmp_path / "secret"

    def rotate(secret: str) -> None:
        fresh = tmp_path / "fresh"
        fresh.write_text(secret)
        fresh.chmod(0o600)
        fresh.replace(file)

    rotate("first\n")
    with mypreferences_mock.client(credentials=m.Credentials.hmac("etl", secret_file=file)) as client:
        with pytest.raises(m.UnauthorizedError):
            client.status(4711)
        rotate("second\n")
        assert client.status(4711).status == "Complete"
    with pytest.raises(TypeError, match="secret or secret_file"):
        m.Credentials.hmac("etl")


def encrypted(mock: MockService, tmp_path: Path, mode: str, **more: str) -> Path:
    """Opens a scenario that is reached by https; the file with its authority."""
    mock.open_scenario({"client_id": CLIENT_ID, "exports": [{"token": 4711}], "tls": mode, **more})
    assert mock.tls is not None
    file = tmp_path / f"{mode}-ca.pem"
    file.write_text(mock.tls["ca_pem"])
    return file


@pytest.mark.parametrize("mode", ["expired", "wrong_host", "unknown_ca", "tls11", "client_certificate"])
def test_a_handshake_that_fails_is_a_tls_error_and_nothing_is_sent(
    mypreferences_mock: MockService, tmp_path: Path, mode: str
) -> None:
    ca_file = encrypted(mypreferences_mock, tmp_path, mode)
    with mypreferences_mock.client(ca_file=ca_file) as client, pytest.raises(m.TlsError) as raised:
        client.commit(4711, keep_files=False)
    assert raised.value.sent is m.Sent.NOT_SENT
    assert mypreferences_mock.log()["requests"] == []


def test_an_authority_and_a_client_certificate_of_ones_own_are_used(
    mypreferences_mock: MockService, tmp_path: Path
) -> None:
    ca_file = encrypted(mypreferences_mock, tmp_path, "client_certificate")
    assert mypreferences_mock.tls is not None
    certificate, key = tmp_path / "client.pem", tmp_path / "client-key.pem"
    certificate.write_text(mypreferences_mock.tls["client_certificate_pem"])
    key.touch(0o600)
    key.write_text(mypreferences_mock.tls["client_key_pem"])
    settings = {"ca_file": ca_file, "ca_only": True, "client_cert": certificate, "client_key": str(key)}
    with mypreferences_mock.client(**settings) as client:
        assert client.commit(4711, keep_files=False).outcome is m.Outcome.COMMITTED


def test_what_cannot_be_used_is_a_configuration_error(mypreferences_mock: MockService, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_bytes(b"\x00\xff no PEM")
    for settings in ({"ca_file": garbage}, {"client_cert": garbage}, {"ca_only": True}, {"proxy": "socks5://x:y@h"}):
        with pytest.raises(m.ConfigurationError):
            mypreferences_mock.client(**settings)


@pytest.mark.parametrize("mode", ["wants_credentials", "bad_gateway"])
def test_a_proxy_that_refuses_is_a_proxy_error(mypreferences_mock: MockService, tmp_path: Path, mode: str) -> None:
    ca_file = encrypted(mypreferences_mock, tmp_path, "good", proxy=mode)
    client = mypreferences_mock.client(ca_file=ca_file, proxy=mypreferences_mock.proxy_url)
    with client, pytest.raises(m.ProxyError) as raised:
        client.commit(4711, keep_files=False)
    assert raised.value.sent is m.Sent.NOT_SENT

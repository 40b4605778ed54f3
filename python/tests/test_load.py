"""Loads into databases: whatever is stopped and killed, every row once, and one commit, never before the rows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from databases import Cluster, cluster

import mypreferences as m
from mypreferences import load
from mypreferences.testing import CLIENT_ID, MockService

pa = pytest.importorskip("pyarrow")
dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
duck = pytest.importorskip("duckdb")

pytestmark = pytest.mark.ecosystem
ROWS = 2_500
KILLS = int(os.environ.get("MYPREFERENCES_TEST_KILLS", "40"))


def execute(uri: str, *statements: str) -> list[tuple[Any, ...]]:
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
    return rows


class Place:
    """A table, wherever it is."""

    def __init__(self, database: str, folder: Path, server: Cluster | None) -> None:
        self.table = f"people_{random.randrange(10**9)}"
        self.uri = server.uri if server is not None else str(folder / "people.duckdb")
        self.database = database
        self.server = server

    def made(self) -> load.Database:
        return load.postgres(self.uri) if self.server is not None else load.duckdb(self.uri)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        sql = sql.format(table=self.table)
        if self.server is not None:
            return execute(self.uri, sql)
        with duck.connect(self.uri) as connection:
            return connection.execute(sql).fetchall()

    def change(self, sql: str) -> None:
        sql = sql.format(table=self.table)
        if self.server is not None:
            execute(self.uri, sql)
        else:
            with duck.connect(self.uri) as connection:
                connection.execute(sql)

    def records(self) -> list[str]:
        return [row for (row,) in self.rows("select cast(_record as text) from {table} order by _row")]

    def states(self) -> list[str]:
        sql = f"select state from mypreferences_exports where target = '{self.table}' order by n"
        return [state for (state,) in self.rows(sql)]


@pytest.fixture(params=["postgres", "duckdb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    is_postgres = request.param == "postgres"
    return Place(request.param, tmp_path, request.getfixturevalue("server") if is_postgres else None)


def serve(mock: MockService, rows: int = ROWS, **more: Any) -> None:
    sources = [{"name": "Everyone", "rows": rows, "records": "profiles"}]
    mock.open_scenario({"client_id": CLIENT_ID, "sources": sources, **more})


def late_by(milliseconds: int) -> dict[str, Any]:
    return {"deliver": {"late_ms": milliseconds}}


def client_of(mock: MockService) -> m.Client:
    credentials = m.Credentials.hmac("tests", "a secret for the tests 0001")
    return m.Client(
        client_id=CLIENT_ID, base_url=mock.base_url, credentials=credentials, handle_key="a key for the tests 0001"
    )


def sent(mock: MockService) -> list[str]:
    with client_of(mock) as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        return [record.decode() for record in export.raw_records()]


def commits(mock: MockService) -> int:
    """How many commits were applied."""
    return sum(len(export["commits"]) for export in mock.log()["exports"])


def test_what_arrives_is_what_the_server_sent_and_it_is_committed_once(
    mypreferences_mock: MockService, place: Place
) -> None:
    serve(mypreferences_mock)
    told: list[tuple[str, int]] = []
    with client_of(mypreferences_mock) as client:
        loaded = place.made().load(
            client, segment="Everyone", table=place.table, keep_files=False, progress=lambda *what: told.append(what)
        )
        assert (loaded.rows, loaded.is_new, loaded.receipt.end) == (ROWS, True, "committed")
        assert place.records() == sent(mypreferences_mock)
        assert commits(mypreferences_mock) == 1 and place.states() == ["committed"]
        assert [stage for stage, _ in told][:3] == ["initiate", "wait", "load"] and told[-1] == ("commit", ROWS)
        again = place.made().load(client, segment="Everyone", table=place.table, keep_files=False)
        assert (again.is_new, again.receipt) == (False, loaded.receipt) and commits(mypreferences_mock) == 1
        # The next night: the same people, each once, and what changed since.
        before = loaded.watermark
        for _ in range(2):
            place.change("update {table} set _record = '\"stale\"'")
            nightly = place.made().load(client, segment="Everyone", table=place.table, since="auto", keep_files=False)
            assert nightly.since is not None and nightly.since < before
            before = nightly.watermark
        assert place.rows('select count(*), count(distinct "ProfileId") from {table}')[0][0] == ROWS
        assert place.records() == sent(mypreferences_mock)
        assert json.loads(nightly.to_json())["rows"] == nightly.rows
    handles = place.rows("select handle from mypreferences_exports")
    tokens = [str(export["token"]) for export in mypreferences_mock.log()["exports"]]
    assert not any(token in handle for (handle,) in handles for token in tokens)


def test_a_table_of_the_name_in_another_schema_is_another(mypreferences_mock: MockService, place: Place) -> None:
    serve(mypreferences_mock)
    for statement in ("create schema if not exists aside", "create table aside.{table} (x text)"):
        place.change(statement)
    with client_of(mypreferences_mock) as client:
        how: dict[str, Any] = {"segment": "Everyone", "since": "auto", "keep_files": False}
        assert place.made().load(client, table=place.table, **how).rows == ROWS
        with pytest.raises(m.OutputConflictError, match="another shape"):
            place.made().load(client, table=f"aside.{place.table}", **how)


def test_what_covers_nothing_is_not_gone_on_from(mypreferences_mock: MockService, place: Place) -> None:
    """Another segment, another account, a table that is gone or was emptied: everything is exported again."""
    names = ("Everyone", "Others")
    sources = [{"name": name, "rows": 100, "records": "profiles"} for name in names]
    mypreferences_mock.open_scenario({"client_id": CLIENT_ID, "sources": sources})

    def since(client: m.Client, segment: str) -> str | None:
        place.made().load(client, segment=segment, table=place.table, since="auto", keep_files=True)
        return (mypreferences_mock.requests("initiate")[-1]["body"] or "").partition("LastDateTime")[2] or None

    with client_of(mypreferences_mock) as client:
        assert [since(client, name) is None for name in ("Everyone", "Others", "Everyone")] == [True, True, False]
        place.change("delete from {table}")
        assert since(client, "Everyone") is None
        place.change("drop table {table}")
        assert since(client, "Everyone") is None and since(client, "Everyone") is not None
    credentials = m.Credentials.hmac("tests", "another secret for the tests")
    with m.Client(client_id=CLIENT_ID, base_url=mypreferences_mock.base_url, credentials=credentials) as another:
        assert since(another, "Everyone") is None


def test_what_may_have_been_committed_keeps_its_files_as_it_was_asked(
    mypreferences_mock: MockService, place: Place
) -> None:
    serve(mypreferences_mock)
    assert finished(work(mypreferences_mock, place, "loaded")) == ""
    with client_of(mypreferences_mock) as client:
        how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "since": "auto"}
        with pytest.raises(m.OutputConflictError, match="keep_files False"):
            place.made().load(client, keep_files=True, **how)
        assert commits(mypreferences_mock) == 0
        assert place.made().load(client, keep_files=False, **how).rows == ROWS
    # One that is only being read was never committed: the last word counts.
    serve(mypreferences_mock)
    assert finished(work(mypreferences_mock, place, "loading")) == ""
    with client_of(mypreferences_mock) as client:
        assert place.made().load(client, keep_files=True, **how).receipt.keep_files is True


def test_the_async_twin_and_a_cancelled_task(mypreferences_mock: MockService, place: Place) -> None:
    late = {"on": "page", "offset": 1001, "times": 1, "action": late_by(5000)}
    serve(mypreferences_mock, rules=[late])
    with client_of(mypreferences_mock) as client:
        how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "keep_files": False}

        async def cancelled() -> None:
            running = asyncio.create_task(place.made().load_async(client, **how))
            await asyncio.sleep(1)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

        asyncio.run(cancelled())
        assert commits(mypreferences_mock) == 0 and place.states() == ["reading"]
        loaded = asyncio.run(place.made().load_async(client, **how))
        assert loaded.rows == ROWS and place.states() == ["committed"]


WORKER = """
import os, signal, sys
import mypreferences as m
from mypreferences import load
point, database, where, table, url = sys.argv[1:6]
load._local.hook = lambda at: os.kill(os.getpid(), signal.SIGKILL) if at == point else None
credentials = m.Credentials.hmac("tests", "a secret for the tests 0001")
how = {"client_id": "ExampleClient", "base_url": url, "handle_key": "a key for the tests 0001"}
with m.Client(credentials=credentials, **how) as client:
    made = load.postgres(where) if database == "postgres" else load.duckdb(where)
    loaded = made.load(client, segment="Everyone", table=table, since="auto", keep_files=False)
    print(loaded.rows, loaded.receipt.end)
"""


def work(mock: MockService, place: Place, point: str = "") -> subprocess.Popen[str]:
    arguments = [point, place.database, place.uri, place.table, mock.base_url]
    command = [sys.executable, "-c", WORKER, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(worker: subprocess.Popen[str]) -> str:
    out, err = worker.communicate(timeout=120)
    assert worker.returncode in (0, -signal.SIGKILL), err
    return out


@pytest.mark.parametrize(
    ("point", "state"),
    [
        ("initiate", []),
        ("reading", ["reading"]),
        ("load", ["reading"]),
        ("loading", ["reading"]),
        ("loaded", ["loaded"]),
        ("commit", ["loaded"]),
        ("acknowledged", ["loaded"]),
    ],
)
def test_a_process_killed_at_any_point_is_continued(
    mypreferences_mock: MockService, place: Place, point: str, state: list[str]
) -> None:
    serve(mypreferences_mock)
    assert finished(work(mypreferences_mock, place, point)) == ""
    found = place.states() if point != "initiate" else []
    assert found == state
    assert commits(mypreferences_mock) == (1 if point == "acknowledged" else 0)
    assert finished(work(mypreferences_mock, place)).startswith(f"{ROWS} ")
    assert place.records() == sent(mypreferences_mock)
    assert place.states() == ["committed"] and commits(mypreferences_mock) == 1


def test_a_process_killed_at_random_moments_ends_with_every_row_once(
    mypreferences_mock: MockService, place: Place
) -> None:
    rules = [{"on": on, "times": "forever", "action": late_by(30)} for on in ("page", "commit", "status")]
    serve(mypreferences_mock, rules=rules)
    kills = 0
    chance = random.Random(7)
    while kills < KILLS // 2:
        worker = work(mypreferences_mock, place)
        # Python and its drivers take their time to start.
        time.sleep(0.3 + 1.2 * chance.random())
        worker.kill()
        if worker.wait() == -signal.SIGKILL:
            kills += 1
    assert finished(work(mypreferences_mock, place)) != ""
    assert sorted(set(place.records())) == sorted(place.records())
    # Each is consumed or was given up before its rows were there, and none was consumed twice.
    for export in mypreferences_mock.log()["exports"]:
        assert len(export["commits"]) <= 1
    assert place.states().count("committed") == commits(mypreferences_mock)
    assert place.rows("select count(*) from {table}")[0][0] == ROWS


@pytest.mark.parametrize("point", ["load", "loading"])
def test_a_server_killed_during_copy_or_commit_is_continued(
    mypreferences_mock: MockService, tmp_path: Path, point: str
) -> None:
    own = cluster()
    own.start()
    place = Place("postgres", tmp_path, own)
    serve(mypreferences_mock)
    load._local.hook = lambda at: own.kill() if at == point and own.server and own.server.poll() is None else None
    try:
        with client_of(mypreferences_mock) as client:
            how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "keep_files": False}
            with pytest.raises(m.StorageError) as told:
                place.made().load(client, **how)
            assert "hushhush" not in str(told.value) and told.value.sent == "not_sent"
            load._local.hook = None
            own.start()
            assert commits(mypreferences_mock) == 0
            assert place.made().load(client, **how).rows == ROWS
            assert place.records() == sent(mypreferences_mock) and commits(mypreferences_mock) == 1
    finally:
        load._local.hook = None
        own.stop()


@pytest.mark.parametrize("after", [0.0, 0.002, 0.01, 0.03])
def test_a_server_killed_within_its_commit_is_continued(
    mypreferences_mock: MockService, tmp_path: Path, after: float
) -> None:
    own = cluster()
    own.start()
    place = Place("postgres", tmp_path, own)
    serve(mypreferences_mock)
    killing = threading.Timer(after, own.kill)
    load._local.hook = lambda at: killing.start() if at == "loading" else None
    with client_of(mypreferences_mock) as client:
        how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "keep_files": False}
        # Whether the database's commit was lost or its answer, or ours was through before: it goes on from there.
        with contextlib.suppress(m.StorageError):
            place.made().load(client, **how)
        load._local.hook = None
        killing.join()
        own.start()
        assert place.made().load(client, **how).rows == ROWS
        assert place.records() == sent(mypreferences_mock) and commits(mypreferences_mock) == 1
    own.stop()


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_database_that_may_lose_what_it_has_acknowledged_is_refused(
    mypreferences_mock: MockService, tmp_path: Path, setting: str
) -> None:
    own = cluster()
    own.start(**{setting: "off"})
    place = Place("postgres", tmp_path, own)
    serve(mypreferences_mock)
    with client_of(mypreferences_mock) as client, pytest.raises(m.StorageError, match=f"{setting} is off"):
        place.made().load(client, segment="Everyone", table=place.table, keep_files=False)
    own.stop()
    assert mypreferences_mock.log()["requests"] == []


def test_an_unlogged_table_is_refused(mypreferences_mock: MockService, tmp_path: Path, server: Cluster) -> None:
    place = Place("postgres", tmp_path, server)
    execute(server.uri, f"create unlogged table {place.table} (x int)")
    serve(mypreferences_mock)
    with client_of(mypreferences_mock) as client, pytest.raises(m.StorageError, match="is unlogged"):
        place.made().load(client, segment="Everyone", table=place.table, keep_files=False)
    assert mypreferences_mock.log()["requests"] == []


def test_two_loaders_of_one_table_do_not_meet(mypreferences_mock: MockService, place: Place) -> None:
    late = {"on": "page", "times": 1, "action": late_by(10_000)}
    serve(mypreferences_mock, rules=[late])
    first = work(mypreferences_mock, place)
    while not mypreferences_mock.requests("page"):
        assert first.poll() is None
        time.sleep(0.05)
    with client_of(mypreferences_mock) as client, pytest.raises(m.LockedError):
        place.made().load(client, segment="Everyone", table=place.table, keep_files=False, since="auto")
    assert finished(first).startswith(f"{ROWS} ")
    assert commits(mypreferences_mock) == 1


@pytest.mark.parametrize(
    ("is_there", "kind", "words"),
    [
        (True, m.OutputConflictError, "another shape"),
        (False, m.InvalidArgumentError, "no column Nobody"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_committed(
    mypreferences_mock: MockService, place: Place, is_there: bool, kind: Any, words: str
) -> None:
    serve(mypreferences_mock)
    key = "ProfileId"
    if not is_there:
        key = "Nobody"
    else:
        place.change("create table {table} (x text)")
    with client_of(mypreferences_mock) as client:
        with pytest.raises(kind, match=words):
            place.made().load(client, segment="Everyone", table=place.table, key=key, keep_files=False)
        assert commits(mypreferences_mock) == 0


def test_rows_that_the_database_leaves_out_are_not_committed(
    mypreferences_mock: MockService, tmp_path: Path, server: Cluster
) -> None:
    serve(mypreferences_mock)
    place = Place("postgres", tmp_path, server)
    with client_of(mypreferences_mock) as client:
        how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "keep_files": False, "since": "auto"}
        place.made().load(client, **how)
        rule = f"create rule r as on insert to {place.table} where new._row = 7 do instead nothing"
        execute(server.uri, rule)
        with pytest.raises(m.CountMismatchError, match="2499 of the 2500"):
            place.made().load(client, **how)
        execute(server.uri, f"drop rule r on {place.table}")
        assert commits(mypreferences_mock) == 1
        assert place.made().load(client, **how).rows == ROWS and commits(mypreferences_mock) == 2


def test_an_export_that_expires_before_it_is_loaded_is_started_again(
    mypreferences_mock: MockService, place: Place
) -> None:
    gone = {"on": "page", "offset": 1001, "times": 1, "action": {"answer": {"status": 404}}}
    serve(mypreferences_mock, rules=[gone])
    with client_of(mypreferences_mock) as client:
        loaded = place.made().load(client, segment="Everyone", table=place.table, keep_files=False)
    assert loaded.rows == ROWS and commits(mypreferences_mock) == 1


def test_a_wrong_password_is_told_and_nothing_is_asked_for(mypreferences_mock: MockService) -> None:
    own = cluster("hushhush")
    own.start()
    serve(mypreferences_mock)
    with client_of(mypreferences_mock) as client:
        wrong = load.postgres(own.uri.replace("hushhush", "hushhushhush"))
        with pytest.raises(m.StorageError, match="password authentication failed") as told:
            wrong.load(client, segment="Everyone", table="people", keep_files=False)
        assert "hushhush" not in str(told.value) and mypreferences_mock.log()["requests"] == []
        assert load.postgres(own.uri).load(client, segment="Everyone", table="people", keep_files=False).rows == ROWS
    own.stop()


def test_what_would_not_last_or_would_be_shown_is_refused(mypreferences_mock: MockService, place: Place) -> None:
    for wrong in (lambda: load.duckdb(":memory:"), lambda: load.postgres("host=x password=hushhush")):
        with pytest.raises(m.InvalidArgumentError) as told:
            wrong()
        assert "hushhush" not in str(told.value)
    shown = load.postgres("postgresql://me:hush%2Fhush@dwh:5433/crm?sslpassword=hushhush&sslmode=require")
    assert repr(shown) == "Database('postgresql://me@dwh:5433/crm')"
    serve(mypreferences_mock)
    with client_of(mypreferences_mock) as client:
        how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "keep_files": True}
        place.made().load(client, callback_url="https://me:hushhush@example.com/", **how)
    assert "hushhush" not in str(place.rows("select * from mypreferences_exports"))


def test_no_key_of_handles_no_request(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock)
    credentials = m.Credentials.verbatim("made-up")
    client = m.Client(client_id=CLIENT_ID, base_url=mypreferences_mock.base_url, credentials=credentials)
    with client, pytest.raises(m.ConfigurationError, match="handle_key"):
        load.duckdb(tmp_path / "x").load(client, segment="Everyone", table="people", keep_files=False)
    assert mypreferences_mock.log()["requests"] == []


def test_what_the_database_says_is_told_without_the_password(
    mypreferences_mock: MockService, tmp_path: Path, server: Cluster
) -> None:
    serve(mypreferences_mock)
    place = Place("postgres", tmp_path, server)
    execute(
        server.uri, "create schema if not exists closed", "drop role if exists limited", "create role limited login"
    )
    execute(server.uri, "create table if not exists mypreferences_exports (x text)", "drop table mypreferences_exports")
    with client_of(mypreferences_mock) as client:
        for uri, said in [
            (server.uri.replace("tests:hushhush", "limited:hushhush"), "permission denied"),
            (server.uri.replace("tests:hushhush", "nobody:hushhush"), 'role "nobody" does not exist'),
            (server.uri.replace(str(server.folder), "/nowhere"), "/nowhere"),
        ]:
            with pytest.raises(m.StorageError, match=said) as told:
                load.postgres(uri).load(client, segment="Everyone", table=f"closed.{place.table}", keep_files=False)
            assert "hushhush" not in str(told.value) and "hushhush" not in told.value.to_json()
    assert mypreferences_mock.log()["requests"] == []


@pytest.mark.skipif(os.getuid() != 0, reason="a small disk is mounted by root")
def test_a_full_disk_loses_nothing(mypreferences_mock: MockService, tmp_path: Path, server: Cluster) -> None:
    small = server.folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=777", "none", str(small)], check=True)
    try:
        serve(mypreferences_mock)
        place = Place("postgres", tmp_path, server)
        with client_of(mypreferences_mock) as client:
            how: dict[str, Any] = {"segment": "Everyone", "table": place.table, "keep_files": False, "since": "auto"}
            place.made().load(client, **how)
            (small / "t").mkdir(mode=0o700)
            subprocess.run(["chown", "-R", "postgres", str(small / "t")], check=True)
            with dbapi.connect(server.uri, autocommit=True) as connection, connection.cursor() as cursor:
                cursor.execute(f"create tablespace small location '{small / 't'}'")
            execute(server.uri, f"create table {place.table}_small (like {place.table}) tablespace small")
            how["table"] = f"{place.table}_small"
            with pytest.raises(m.StorageError, match="No space left on device"):
                place.made().load(client, **how)
            assert commits(mypreferences_mock) == 1
            subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
            assert place.made().load(client, **how).rows == ROWS and commits(mypreferences_mock) == 2
            execute(server.uri, f"drop table {place.table}_small")
            with dbapi.connect(server.uri, autocommit=True) as connection, connection.cursor() as cursor:
                cursor.execute("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=False)


def test_the_command_loads_and_says_so(mypreferences_mock: MockService, place: Place) -> None:
    serve(mypreferences_mock)
    environment = {
        **os.environ,
        "MYPREFERENCES_CLIENT_ID": CLIENT_ID,
        "MYPREFERENCES_BASE_URL": mypreferences_mock.base_url,
        "MYPREFERENCES_USER_ID": "tests",
        "MYPREFERENCES_SECRET": "a secret for the tests 0001",
    }

    def command(*options: str) -> subprocess.CompletedProcess[str]:
        given = ["--segment", "Everyone", "--table", place.table, "--keep-files", "false", *options]
        line = [sys.executable, "-m", "mypreferences", "load", place.uri, *given]
        return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)

    first = command("--json")
    assert first.returncode == 0, first.stderr
    record = json.loads(first.stdout)
    assert (record["rows"], record["receipt"]["end"], record["is_new"]) == (ROWS, "committed", True)
    assert "waiting until it is ready" in first.stderr
    again = command()
    assert again.stdout.startswith(f"loaded before, nothing was sent: {place.table}, 2,500 rows"), again.stdout
    wrong = command("--key", "Nobody", "--json", "--since", "auto")
    assert wrong.returncode == 64 and json.loads(wrong.stdout)["error"]["kind"] == "invalid_argument"
    missing = command("--keep", "maybe")
    assert missing.returncode == 64 and "invalid choice" in missing.stderr
    if place.server is not None:
        place.uri = place.uri.replace("tests:", "nobody:")
        refused = command("--json")
        assert refused.returncode == 74 and json.loads(refused.stdout)["error"]["kind"] == "storage"
        assert "hushhush" not in refused.stdout + refused.stderr


CONNECTORS = Path(__file__).parents[2] / "docs" / "connectors.md"


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", CONNECTORS.read_text("utf-8"), re.DOTALL))
def test_a_program_of_the_connectors_runs(
    mypreferences_mock: MockService, tmp_path: Path, server: Cluster, program: str
) -> None:
    for library in ("dlt", "deltalake", "pyspark"):
        if re.search(rf"^(import|from) {library}\b", program, re.MULTILINE):
            pytest.importorskip(library)
    serve(mypreferences_mock)
    environment = {
        **os.environ,
        "MYPREFERENCES_CLIENT_ID": CLIENT_ID,
        "MYPREFERENCES_BASE_URL": mypreferences_mock.base_url,
        "MYPREFERENCES_USER_ID": "tests",
        "MYPREFERENCES_SECRET": "a secret for the tests 0001",
        "DLT_DATA_DIR": str(tmp_path / "dlt"),
        # As in an environment that was activated.
        "PYSPARK_PYTHON": sys.executable,
    }
    execute(server.uri, "drop table if exists people", "drop table if exists mypreferences_exports")
    command = [sys.executable, "-c", program.replace("postgresql://dwh/crm", server.uri)]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and ("2500" in ended.stdout or "committed" in ended.stdout), ended.stderr
    assert commits(mypreferences_mock) == 1

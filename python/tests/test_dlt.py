"""dlt: whatever stops a run, the rows are there once and each export is committed once, never before its rows."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from databases import Cluster, pipeline_of

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

dlt = pytest.importorskip("dlt")
dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
from mypreferences import dlt as source  # noqa: E402

pytestmark = pytest.mark.ecosystem
ROWS = 2_500


def serve(mock: MockService) -> None:
    sources = [{"name": "Everyone", "rows": ROWS, "records": "profiles"}]
    mock.open_scenario({"client_id": CLIENT_ID, "sources": sources})


def client_of(mock: MockService) -> m.Client:
    credentials = m.Credentials.hmac("tests", "a secret for the tests 0001")
    return m.Client(client_id=CLIENT_ID, base_url=mock.base_url, credentials=credentials)


def commits(mock: MockService) -> list[int]:
    return [len(export["commits"]) for export in mock.log()["exports"]]


class Place:
    """A pipeline of its own into a destination, which can be made again."""

    def __init__(self, name: str, folder: Path, server: Cluster | None) -> None:
        self.name, self.folder, self.server = name, folder, server

    @property
    def socket(self) -> Path | None:
        return None if self.server is None else self.server.folder

    def pipeline(self) -> Any:
        return pipeline_of(self.name, self.folder, self.socket)

    def rows(self) -> list[int]:
        """How many each export has: those that were merged over are not there any more."""
        with self.pipeline().sql_client() as client:
            name = client.make_qualified_table_name("people")
            found = client.execute_sql(f"select count(*) from {name} group by _mp_export")
        return [int(rows) for (rows,) in found]


@pytest.fixture(params=["duckdb", "filesystem", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    is_postgres = request.param == "postgres"
    return Place(request.param, tmp_path, request.getfixturevalue("server") if is_postgres else None)


def test_what_is_loaded_is_committed_and_the_next_night_goes_on(mypreferences_mock: MockService, place: Place) -> None:
    serve(mypreferences_mock)
    made = place.pipeline()
    with client_of(mypreferences_mock) as client:
        for night in (1, 2):
            everyone = source.mypreferences_source(client, segment="Everyone")
            _, receipts = source.run(made, everyone, client=client, keep_files=False)
            assert [receipt.end for receipt in receipts] == ["committed"]
            assert commits(mypreferences_mock) == [1] * night
        assert source.ack(made, client=client, keep_files=False) == []
    # A filesystem without a table format only appends, as dlt warns.
    assert place.rows() == ([ROWS, ROWS] if place.name == "filesystem" else [ROWS])
    last = mypreferences_mock.requests("initiate")[-1]["body"]
    assert "LastDateTime" in last
    state = str(made.state)
    assert "mph1." in state
    assert not any(str(export["token"]) in state for export in mypreferences_mock.log()["exports"])


def test_an_export_of_something_else_covers_nothing(mypreferences_mock: MockService, tmp_path: Path) -> None:
    sources = [{"name": name, "rows": 50, "records": "profiles"} for name in ("Everyone", "Others")]
    mypreferences_mock.open_scenario({"client_id": CLIENT_ID, "sources": sources})
    pipeline = pipeline_of("duckdb", tmp_path, None)
    with client_of(mypreferences_mock) as client:
        for segment in ("Everyone", "Others", "Everyone"):
            everyone = source.mypreferences_source(client, segment=segment)
            source.run(pipeline, everyone, client=client, keep_files=True)
    asked = ["LastDateTime" in (request["body"] or "") for request in mypreferences_mock.requests("initiate")]
    assert asked == [False, False, True]


KILLED = """
import os, signal, sys
from pathlib import Path
import mypreferences as m
from mypreferences import dlt as source
from databases import pipeline_of
at, url, name, folder, socket = sys.argv[1:6]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
pipeline = pipeline_of(name, Path(folder), socket)
credentials = m.Credentials.hmac("tests", "a secret for the tests 0001")
client = m.Client(client_id="ExampleClient", base_url=url, credentials=credentials)
everyone = source.mypreferences_source(client, segment="Everyone")
if at == "extract":
    source._plain = die
pipeline.extract(everyone)
if at == "normalize":
    die()
pipeline.normalize()
if at == "load":
    type(pipeline.destination_client()).complete_load = die
pipeline.load()
die()
"""


@pytest.mark.parametrize("point", ["extract", "normalize", "load", "ack"])
def test_a_run_killed_at_any_stage_is_continued(mypreferences_mock: MockService, place: Place, point: str) -> None:
    serve(mypreferences_mock)
    arguments = [point, mypreferences_mock.base_url, place.name, str(place.folder), str(place.socket)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", KILLED, *arguments]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert sum(commits(mypreferences_mock)) == 0
    pipeline = place.pipeline()
    with client_of(mypreferences_mock) as client:
        everyone = source.mypreferences_source(client, segment="Everyone")
        _, receipts = source.run(pipeline, everyone, client=client, keep_files=False)
        # What was extracted, and what was only loaded, is not lost; what was not is asked for again.
        assert len(receipts) == (2 if point == "ack" else 1)
    assert set(place.rows()) == {ROWS} and max(commits(mypreferences_mock)) == 1
    assert len(place.rows()) == (2 if point == "ack" and place.name == "filesystem" else 1)


def test_a_destination_that_refuses_is_not_acknowledged(
    mypreferences_mock: MockService, tmp_path: Path, server: Cluster
) -> None:
    serve(mypreferences_mock)
    place = Place("postgres", tmp_path, server)
    pipeline = place.pipeline()
    os.environ["LOAD__RAISE_ON_MAX_RETRIES"] = "1"
    with client_of(mypreferences_mock) as client:
        run = lambda: source.run(  # noqa: E731
            pipeline, source.mypreferences_source(client, segment="Everyone"), client=client, keep_files=False
        )
        run()
        schema = f"crm_{tmp_path.name}".lower()
        with dbapi.connect(server.uri) as connection, connection.cursor() as cursor:
            cursor.execute(
                f"create function {schema}.no() returns trigger language plpgsql as $$ begin raise 'not today'; end $$"
            )
            cursor.execute(
                f"create trigger no before insert on {schema}.people for each row execute function {schema}.no()"
            )
            connection.commit()
        with pytest.raises(Exception, match=r"(?s)not today|max|retr"):
            run()
        assert commits(mypreferences_mock) == [1, 0]
        with dbapi.connect(server.uri) as connection, connection.cursor() as cursor:
            cursor.execute(f"drop trigger no on {schema}.people")
            connection.commit()
        run()
        assert commits(mypreferences_mock)[:2] == [1, 1] and place.rows() == [ROWS]


def test_a_working_folder_that_is_lost_comes_back_from_the_destination(
    mypreferences_mock: MockService, place: Place
) -> None:
    serve(mypreferences_mock)
    with client_of(mypreferences_mock) as client:
        place.pipeline().run(source.mypreferences_source(client, segment="Everyone"))
        shutil.rmtree(place.folder / "p")
        again = place.pipeline()
        receipts = source.ack(again, client=client, keep_files=False)
        assert [receipt.end for receipt in receipts] == ["committed"] and commits(mypreferences_mock) == [1]
        _, receipts = source.run(
            again, source.mypreferences_source(client, segment="Everyone"), client=client, keep_files=False
        )
        assert commits(mypreferences_mock) == [1, 1] and set(place.rows()) == {ROWS}

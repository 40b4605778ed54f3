"""dlt: whatever stops a run, the rows are there once and each export is committed once, never before its rows."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import Cluster, cluster

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

dlt = pytest.importorskip("dlt")
dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
from mypreferences import dlt as source  # noqa: E402

pytestmark = pytest.mark.ecosystem
ROWS = 2_500


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    made = cluster()
    made.start()
    yield made
    made.stop()


def serve(mock: MockService) -> None:
    sources = [{"name": "Everyone", "rows": ROWS, "records": "profiles"}]
    mock.open_scenario({"client_id": CLIENT_ID, "sources": sources})


def client_of(mock: MockService) -> m.Client:
    credentials = m.Credentials.hmac("tests", "a secret for the tests 0001")
    return m.Client(client_id=CLIENT_ID, base_url=mock.base_url, credentials=credentials)


def commits(mock: MockService) -> list[int]:
    return [len(export["commits"]) for export in mock.log()["exports"]]


def pipeline_of(name: str, folder: Path, server: Cluster | None) -> Any:
    if name == "duckdb":
        target = dlt.destinations.duckdb(str(folder / "people.duckdb"))
    elif name == "filesystem":
        target = dlt.destinations.filesystem(bucket_url=(folder / "lake").as_uri())
    else:
        assert server is not None
        target = dlt.destinations.postgres(f"postgresql://tests:x@localhost/postgres?host={server.folder}")
    return dlt.pipeline(
        f"people_{name}", destination=target, dataset_name=f"crm_{folder.name}", pipelines_dir=folder / "p"
    )


def count(pipeline: Any) -> int:
    with pipeline.sql_client() as client:
        ((rows,),) = client.execute_sql(f"select count(*) from {client.make_qualified_table_name('people')}")
    return int(rows)


@pytest.fixture(params=["duckdb", "filesystem", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    is_postgres = request.param == "postgres"
    return pipeline_of(request.param, tmp_path, request.getfixturevalue("server") if is_postgres else None)


def test_what_is_loaded_is_committed_and_the_next_night_goes_on(mypreferences_mock: MockService, made: Any) -> None:
    serve(mypreferences_mock)
    with client_of(mypreferences_mock) as client:
        for night in (1, 2):
            everyone = source.mypreferences_source(client, segment="Everyone")
            _, receipts = source.run(made, everyone, client=client, keep_files=False)
            assert [receipt.end for receipt in receipts] == ["committed"]
            assert commits(mypreferences_mock) == [1] * night
        assert source.ack(made, client=client, keep_files=False) == []
    # A filesystem without a table format only appends, as dlt warns.
    is_lake = made.destination.destination_name == "filesystem"
    assert count(made) >= ROWS if is_lake else count(made) == ROWS
    last = mypreferences_mock.requests("initiate")[-1]["body"]
    assert "LastDateTime" in last
    state = str(made.state)
    assert "mph1." in state
    assert not any(str(export["token"]) in state for export in mypreferences_mock.log()["exports"])


KILLED = """
import os, signal, sys
import dlt, mypreferences as m
from mypreferences import dlt as source
at, url, folder = sys.argv[1:4]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
pipeline = dlt.pipeline("people_duckdb", destination=dlt.destinations.duckdb(folder + "/people.duckdb"),
                        dataset_name="crm_" + os.path.basename(folder), pipelines_dir=folder + "/p")
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
    from dlt.destinations.impl.duckdb.duck import DuckDbClient
    DuckDbClient.complete_load = die
pipeline.load()
die()
"""


@pytest.mark.parametrize("point", ["extract", "normalize", "load", "ack"])
def test_a_run_killed_at_any_stage_is_continued(mypreferences_mock: MockService, tmp_path: Path, point: str) -> None:
    serve(mypreferences_mock)
    command = [sys.executable, "-c", KILLED, point, mypreferences_mock.base_url, str(tmp_path)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert sum(commits(mypreferences_mock)) == 0
    pipeline = pipeline_of("duckdb", tmp_path, None)
    with client_of(mypreferences_mock) as client:
        everyone = source.mypreferences_source(client, segment="Everyone")
        _, receipts = source.run(pipeline, everyone, client=client, keep_files=False)
        # What was extracted, and what was only loaded, is not lost; what was not is asked for again.
        assert len(receipts) == (2 if point == "ack" else 1)
    assert count(pipeline) == ROWS and max(commits(mypreferences_mock)) == 1


def test_a_destination_that_refuses_is_not_acknowledged(
    mypreferences_mock: MockService, tmp_path: Path, server: Cluster
) -> None:
    serve(mypreferences_mock)
    pipeline = pipeline_of("postgres", tmp_path, server)
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
        assert commits(mypreferences_mock)[:2] == [1, 1] and count(pipeline) == ROWS


def test_a_working_folder_that_is_lost_comes_back_from_the_destination(
    mypreferences_mock: MockService, tmp_path: Path
) -> None:
    serve(mypreferences_mock)
    pipeline = pipeline_of("duckdb", tmp_path, None)
    with client_of(mypreferences_mock) as client:
        pipeline.run(source.mypreferences_source(client, segment="Everyone"))
        shutil.rmtree(tmp_path / "p")
        again = pipeline_of("duckdb", tmp_path, None)
        receipts = source.ack(again, client=client, keep_files=False)
        assert [receipt.end for receipt in receipts] == ["committed"] and commits(mypreferences_mock) == [1]
        _, receipts = source.run(
            again, source.mypreferences_source(client, segment="Everyone"), client=client, keep_files=False
        )
        assert commits(mypreferences_mock) == [1, 1] and count(again) == ROWS

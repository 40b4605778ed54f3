"""Spark: whatever stops a query, its rows are in the sink once; each export is committed once, never before them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

pyspark = pytest.importorskip("pyspark")
from pyspark.errors import PySparkException, StreamingQueryException  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402

from mypreferences.spark import SparkExport  # noqa: E402

pytestmark = pytest.mark.ecosystem
ROWS = 500
KEY = "a key of handles for the tests"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where driver and executors find their profile, and events are logged."""
    home = tmp_path_factory.mktemp("spark")
    (home / "events").mkdir()
    os.environ["MYPREFERENCES_CONFIG_FILE"] = str(home / "config.toml")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    return home


def session(home: Path, master: str) -> SparkSession:
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.eventLog.enabled": "true",
        # As it is read for tokens.
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": (home / "events").as_uri(),
        "spark.sql.warehouse.dir": str(home / "warehouse"),
    }
    builder = SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


@pytest.fixture(scope="module")
def spark(home: Path) -> Iterator[SparkSession]:
    spark = session(home, "local[2]")
    yield spark
    spark.stop()


class World:
    """A service, the profile that leads to it, and a lake."""

    def __init__(self, mock: MockService, home: Path, lake: Path) -> None:
        self.mock, self.home, self.lake = mock, home, lake

    def serve(self, **source: Any) -> None:
        everyone = {"name": "Everyone", "rows": ROWS, "records": "profiles", **source}
        given = {name: value for name, value in everyone.items() if value is not None}
        self.mock.open_scenario({"client_id": CLIENT_ID, "sources": [given]})
        profile = {
            "client_id": CLIENT_ID,
            "base_url": self.mock.base_url,
            "authorization": "made-up",
            "handle_key": KEY,
            "backoff_base": "1ms",
            "backoff_cap": "1ms",
            "resolve_timeout": "2s",
            "confirm_window": "1s",
        }
        lines = [f'{name} = "{value}"' for name, value in profile.items()]
        file = self.home / "config.toml"
        file.write_text("\n".join(["[profile.default]", *lines, ""]))
        file.chmod(0o600)

    @property
    def commits(self) -> list[int]:
        """How many were applied, by export."""
        return [len(export["commits"]) for export in self.mock.log()["exports"]]

    @property
    def tokens(self) -> list[str]:
        return [str(export["token"]) for export in self.mock.log()["exports"]]

    def initiated(self) -> list[bool]:
        """Whether each Initiate asked for changes only."""
        return ["LastDateTime" in (request["body"] or "") for request in self.mock.requests("initiate")]


@pytest.fixture
def world(mypreferences_mock: MockService, home: Path, tmp_path: Path) -> World:
    world = World(mypreferences_mock, home, tmp_path)
    world.serve()
    return world


def stream(spark: SparkSession, **options: Any) -> DataFrame:
    given = {"segment": "Everyone", "keepFiles": "false", "records": "profiles", "rowsPerPartition": 200, "limit": 100}
    return spark.readStream.format("mypreferences").options(**{**given, **options}).load()


def run(spark: SparkSession, lake: Path, sink: Callable[[DataFrame, int], None] | None = None, **options: Any) -> None:
    """One run of a query, to its end."""
    writer = stream(spark, **options).writeStream.option("checkpointLocation", str(lake / "checkpoint"))
    writer = writer.trigger(availableNow=True)
    query = writer.format("parquet").start(str(lake / "people")) if sink is None else writer.foreachBatch(sink).start()
    try:
        query.awaitTermination()
    finally:
        query.stop()


def files_of(lake: Path) -> Callable[[DataFrame, int], None]:
    """A sink that knows its batches: each has a folder, which is written anew."""
    return lambda batch, n: batch.write.mode("overwrite").parquet(str(lake / "people" / f"n={n}"))


def full_disk(batch: DataFrame, _n: int) -> None:
    """A sink that takes nothing."""
    if batch.count():
        raise OSError("the disk is full")


def stored(spark: SparkSession, lake: Path) -> tuple[int, int]:
    """Rows, and how many profiles they are. A query that was refused may have left an empty file of other columns."""
    people = spark.read.option("mergeSchema", True).parquet(str(lake / "people"))
    return people.count(), people.select("ProfileId").distinct().count()


def forget_last_commit(lake: Path) -> None:
    """What a driver leaves that died between its sink's commit and its own log."""
    commits = lake / "checkpoint" / "commits"
    last = max((file for file in commits.iterdir() if file.name.isdigit()), key=lambda file: int(file.name))
    last.unlink()
    (commits / f".{last.name}.crc").unlink(missing_ok=True)


def test_each_run_brings_one_export_and_commits_it_behind_the_sink(spark: SparkSession, world: World) -> None:
    for night in (1, 2):
        run(spark, world.lake, maxRowsPerTrigger=300)
        assert stored(spark, world.lake) == (ROWS * night, ROWS)
        assert world.commits == [1] * night
    assert world.initiated() == [False, True]
    people = spark.read.parquet(str(world.lake / "people"))
    assert people.select("_export", "_watermark").distinct().count() == 2
    assert people.where("_others is not null or ProfileId is null").count() >= 0
    kept = {json.loads(row._record)["ProfileId"] for row in people.select("_record").collect()}
    assert len(kept) == ROWS


def test_a_commit_is_sent_behind_each_batch_and_never_before(spark: SparkSession, world: World) -> None:
    seen: list[tuple[int, list[int]]] = []

    def sink(batch: DataFrame, _n: int) -> None:
        seen.append((batch.count(), world.commits))

    run(spark, world.lake, sink, maxRowsPerTrigger=200)
    rows = [rows for rows, _ in seen if rows]
    assert rows == [200, 200, 100]
    assert all(commits == [0] for count, commits in seen if count)
    assert world.commits == [1]


def test_a_sink_that_fails_after_writing_gets_the_same_rows_again(spark: SparkSession, world: World) -> None:
    batches: list[tuple[int, list[Any]]] = []
    has_failed = False

    def sink(batch: DataFrame, n: int) -> None:
        nonlocal has_failed
        rows = batch.select("_row", "_export").collect()
        batches.append((n, rows))
        if rows and rows[-1]._row > 200 and not has_failed:
            has_failed = True
            raise OSError("the disk is full")

    with pytest.raises(StreamingQueryException, match="disk is full"):
        run(spark, world.lake, sink, maxRowsPerTrigger=300)
    assert world.commits == [0]
    run(spark, world.lake, sink, maxRowsPerTrigger=300)
    assert world.commits == [1] and len(world.initiated()) == 1
    by_batch: dict[int, list[Any]] = {}
    for n, rows in batches:
        assert by_batch.setdefault(n, rows) == rows
    assert sorted(row._row for rows in by_batch.values() for row in rows) == list(range(1, ROWS + 1))


def test_a_commit_whose_answer_is_lost_is_resolved_by_the_next_run(spark: SparkSession, world: World) -> None:
    world.mock.add_rule({"on": "commit", "action": {"read_then_close": "now"}})
    down = {"on": "status", "skip": 3, "times": "forever", "action": {"answer": {"status": 503}}}
    world.mock.add_rule(down)
    with pytest.raises(StreamingQueryException, match="OutcomeUnknownError"):
        run(spark, world.lake)
    assert world.commits == [1]
    world.mock.clear_rules()
    run(spark, world.lake)
    assert world.commits == [1] and len(world.mock.requests("commit")) == 1
    assert stored(spark, world.lake) == (ROWS, ROWS) and len(world.initiated()) == 1


def test_a_commit_log_that_lost_its_last_entry_writes_nothing_twice(spark: SparkSession, world: World) -> None:
    world.mock.add_rule({"on": "commit", "times": "forever", "action": {"answer": {"status": 403}}})
    with pytest.raises(StreamingQueryException, match="ForbiddenError"):
        run(spark, world.lake)
    assert world.commits == [0]
    forget_last_commit(world.lake)
    world.mock.clear_rules()
    run(spark, world.lake)
    assert stored(spark, world.lake) == (ROWS, ROWS) and world.commits == [1]


def test_an_export_that_expires_is_not_committed_and_asked_for_again_if_so_wanted(
    spark: SparkSession, world: World
) -> None:
    def sink(batch: DataFrame, _n: int) -> None:
        if batch.count():
            world.mock.add_rule({"on": "any", "action": {"set_status": "Expired"}})

    for _ in range(2):
        with pytest.raises(StreamingQueryException, match="onExpired"):
            run(spark, world.lake, sink, maxRowsPerTrigger=200)
        assert world.commits == [0] and len(world.initiated()) == 1
    rows: list[int] = []
    run(spark, world.lake, lambda batch, _: rows.append(batch.count()), onExpired="restart", maxRowsPerTrigger=200)
    assert world.commits == [0, 1] and world.initiated() == [False, False]
    assert sum(rows) == ROWS


def test_a_batch_that_had_to_stay_empty_is_never_committed(spark: SparkSession, world: World) -> None:
    """The batch is planned, and its export has expired by then."""
    with pytest.raises(StreamingQueryException, match="disk is full"):
        run(spark, world.lake, full_disk)
    world.mock.add_rule({"on": "any", "action": {"set_status": "Expired"}})
    rows: list[int] = []
    run(spark, world.lake, lambda batch, _: rows.append(batch.count()), onExpired="restart")
    assert world.commits == [0, 1] and sum(rows) == ROWS and world.initiated() == [False, False]


def test_an_export_that_the_service_does_not_know_just_now_is_not_left_out(spark: SparkSession, world: World) -> None:
    with pytest.raises(StreamingQueryException, match="disk is full"):
        run(spark, world.lake, full_disk)
    # A gateway's, before a service that starts again.
    page = {"status": 404, "body": "html"}
    world.mock.add_rule({"on": "status", "times": 9, "action": {"answer": page}})
    with pytest.raises(StreamingQueryException, match="NotFoundError"):
        run(spark, world.lake, onExpired="restart")
    world.mock.clear_rules()
    rows: list[int] = []
    run(spark, world.lake, lambda batch, _: rows.append(batch.count()), onExpired="restart")
    assert world.commits == [1] and sum(rows) == ROWS


def test_a_query_that_is_started_with_other_settings_goes_on(spark: SparkSession, world: World) -> None:
    batches: list[int] = []

    def sink(batch: DataFrame, n: int) -> None:
        if sum(batches):
            full_disk(batch, n)
        batches.append(batch.count())

    with pytest.raises(StreamingQueryException, match="disk is full"):
        run(spark, world.lake, sink, maxRowsPerTrigger=300)
    rest: list[int] = []
    changed = {"rowsPerPartition": 70, "maxRowsPerTrigger": 90, "limit": 33, "keepFiles": "true"}
    run(spark, world.lake, lambda batch, _: rest.append(batch.count()), **changed)
    assert sum(batches) + sum(rest) == ROWS and world.commits == [1] and len(world.initiated()) == 1


@pytest.mark.parametrize(
    "change", [{"total_results": 1}, {"total_results": 0}, {"has_more": False}, {"has_more": True}]
)
def test_a_total_that_its_page_contradicts_is_never_committed(
    spark: SparkSession, world: World, change: dict[str, Any]
) -> None:
    world.mock.add_rule({"on": "page", "times": "forever", "action": {"page": change}})
    with pytest.raises(StreamingQueryException, match="CountMismatchError"):
        run(spark, world.lake)
    assert world.commits == [0]


def test_a_checkpoint_of_another_segment_is_refused(spark: SparkSession, world: World) -> None:
    run(spark, world.lake)
    with pytest.raises(StreamingQueryException, match="another segment"):
        run(spark, world.lake, segment="Others")
    assert world.initiated() == [False] and world.commits == [1]


def test_an_export_that_fails_again_and_again_ends_the_query(spark: SparkSession, world: World) -> None:
    world.serve(ends="Error", processing_ms=1)
    with pytest.raises(StreamingQueryException, match="ExportFailedError"):
        run(spark, world.lake, onExpired="restart")
    assert len(world.initiated()) == 3 and sum(world.commits) == 0


@pytest.mark.parametrize(("offset", "shift"), [(201, -1), (201, 1), (101, -100), (401, -1), (301, -100), (201, -200)])
def test_rows_that_come_twice_or_not_at_all_are_never_committed(
    spark: SparkSession, world: World, offset: int, shift: int
) -> None:
    world.mock.add_rule({"on": "page", "offset": offset, "times": "forever", "action": {"page": {"shift": shift}}})
    with pytest.raises(StreamingQueryException, match="CountMismatchError"):
        run(spark, world.lake, maxRowsPerTrigger=400)
    assert world.commits == [0]


def test_a_checkpoint_that_is_older_than_its_sink_says_so(spark: SparkSession, world: World) -> None:
    world.mock.add_rule({"on": "commit", "times": "forever", "action": {"answer": {"status": 403}}})
    with pytest.raises(StreamingQueryException, match="ForbiddenError"):
        run(spark, world.lake, lambda batch, _: None)
    world.mock.clear_rules()
    forget_last_commit(world.lake)
    with world.mock.client() as client:
        client.commit(world.tokens[0], keep_files=False)
    with pytest.raises(StreamingQueryException, match="onGone"):
        run(spark, world.lake, lambda batch, _: None)
    run(spark, world.lake, lambda batch, _: None, onGone="skip")
    assert world.commits == [1] and len(world.initiated()) == 1


def test_a_new_checkpoint_begins_from_the_start(spark: SparkSession, world: World) -> None:
    run(spark, world.lake)
    run(spark, world.lake / "other")
    assert world.initiated() == [False, False] and world.commits == [1, 1]


def test_a_query_that_is_stopped_goes_on_with_the_same_export(spark: SparkSession, world: World) -> None:
    world.serve(processing_ms=6_000)
    writer = stream(spark).writeStream.option("checkpointLocation", str(world.lake / "checkpoint"))
    query = writer.trigger(availableNow=True).format("parquet").start(str(world.lake / "people"))
    while len(world.mock.requests("status")) == 0:
        time.sleep(0.05)
    query.stop()
    assert not query.isActive and world.commits == [0]
    run(spark, world.lake)
    assert stored(spark, world.lake) == (ROWS, ROWS) and world.commits == [1] and len(world.initiated()) == 1


def test_a_query_that_goes_on_waits_for_its_interval(spark: SparkSession, world: World) -> None:
    writer = stream(spark, minInterval="2s").writeStream.option("checkpointLocation", str(world.lake / "checkpoint"))
    query = writer.trigger(processingTime="100 milliseconds").format("parquet").start(str(world.lake / "people"))
    begun = time.monotonic()
    while world.commits != [1, 1] and time.monotonic() - begun < 300 and query.isActive:
        time.sleep(0.1)
    query.stop()
    first, second = (request["received_at_ms"] for request in world.mock.requests("initiate")[:2])
    assert world.commits[:2] == [1, 1] and second - first >= 2_000


def test_an_export_of_other_records_is_told_which(spark: SparkSession, world: World) -> None:
    with pytest.raises(StreamingQueryException, match="records=profiles"):
        run(spark, world.lake, records="preferences")
    assert world.commits == [0]
    run(spark, world.lake)
    assert stored(spark, world.lake) == (ROWS, ROWS) and world.commits == [1] and len(world.initiated()) == 1


def test_an_export_of_nothing_is_committed(spark: SparkSession, world: World) -> None:
    world.serve(rows=0)
    rows: list[int] = []
    run(spark, world.lake, lambda batch, _: rows.append(batch.count()))
    assert sum(rows) == 0 and world.commits == [1]


def test_nested_values_are_structs_where_that_is_wanted(spark: SparkSession, world: World) -> None:
    run(spark, world.lake, shape="typed", record="drop")
    people = spark.read.parquet(str(world.lake / "people"))
    assert people.count() == ROWS and "_record" not in people.columns
    assert people.selectExpr("explode(Emails) as email").select("email.*").count() > 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"keepFiles": "maybe"}, "keepFiles"),
        ({"rowsPerPartition": "0"}, "rowsPerPartition"),
        ({"since": "yesterday"}, "since"),
        ({"clientSecret": "hush-hush"}, "profile"),
        ({"segmentGroup": "Both"}, "one of the two"),
        ({"pageSize": "7"}, "there is no option pagesize"),
        ({"minInterval": "soon"}, "minInterval"),
    ],
)
def test_options_that_are_none_are_refused_before_any_request(
    spark: SparkSession, world: World, options: dict[str, str], told: str
) -> None:
    with pytest.raises(PySparkException, match=told) as refused:
        stream(spark, **options)
    assert "hush-hush" not in str(refused.value) and world.mock.log()["requests"] == []


def test_keep_files_must_be_said(spark: SparkSession, world: World) -> None:
    with pytest.raises(PySparkException, match="keepFiles is not said"):
        spark.readStream.format("mypreferences").option("segment", "Everyone").load()


def test_reading_without_an_export_is_refused(spark: SparkSession, world: World) -> None:
    with pytest.raises(PySparkException, match="SparkExport"):
        spark.read.format("mypreferences").option("segment", "Everyone").schema("a int").load().count()
    assert world.mock.log()["requests"] == []


def test_a_batch_is_one_export_for_all_its_actions(spark: SparkSession, world: World) -> None:
    people = str(world.lake / "people")
    with world.mock.client(handle_key=KEY) as client:
        export = SparkExport(spark, client, segment="Everyone", rows_per_partition=200, limit=100)
        assert (export.rows, export.df.count()) == (ROWS, ROWS)
        export.df.where("ProfileId % 2 = 0").write.parquet(people)
        counted = lambda: spark.read.parquet(people).where(export.is_mine).count()  # noqa: E731
        with pytest.raises(m.CountMismatchError):
            export.commit(keep_files=False, stored=counted)
        assert world.commits == [0]
        again = SparkExport(spark, client, handle=export.handle)
        again.df.write.mode("overwrite").parquet(people)
        assert again.commit(keep_files=False, stored=counted, files=people).end == "committed"
        assert export.commit(keep_files=False, stored=ROWS).end == "already_committed"
    assert world.commits == [1] and len(world.initiated()) == 1


def test_a_batch_of_nothing_has_no_rows(spark: SparkSession, world: World) -> None:
    world.serve(rows=0)
    with world.mock.client(handle_key=KEY) as client:
        export = SparkExport(spark, client, segment="Everyone")
        assert (export.rows, export.df.count()) == (0, 0)
        assert export.commit(keep_files=False, stored=0).end == "committed"


def test_without_a_key_for_handles_nothing_is_initiated(spark: SparkSession, world: World) -> None:
    with world.mock.client() as client, pytest.raises(m.ConfigurationError):
        SparkExport(spark, client, segment="Everyone")
    assert world.initiated() == []


def test_a_schedule_is_a_batch(spark: SparkSession, world: World) -> None:
    world.serve(kind="schedule", name="Nightly", rows=50, records=None)
    with world.mock.client(handle_key=KEY) as client:
        export = SparkExport(spark, client, schedule="Nightly")
        assert export.df.count() == 50 and "_cells" in export.df.columns


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_no_token_is_written_anywhere(spark: SparkSession, world: World, home: Path) -> None:
    run(spark, world.lake, lambda batch, _: None, maxRowsPerTrigger=300)
    with world.mock.client(handle_key=KEY) as client:
        SparkExport(spark, client, segment="Everyone").df.count()
    checkpoint, events = bytes_of(world.lake), bytes_of(home / "events")
    assert b"mph1." in checkpoint and b"mph1." in events and len(world.tokens) == 2
    text = checkpoint + events
    assert not any(token.encode() in text for token in world.tokens) and KEY.encode() not in text


DRIVER = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from test_spark import files_of, run, session
    home, lake, (master, dies, chunk, rows) = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:7]
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = session(home, master)
    write = files_of(lake)
    def sink(batch, n):
        write(batch, n)
        if dies == "sink" and batch.count():
            os.killpg(0, signal.SIGKILL)
    run(spark, lake, sink, maxRowsPerTrigger=chunk, rowsPerPartition=rows)
    """
)


def driver(
    world: World, master: str = "local[2]", *, dies: str = "", chunk: int = 300, rows: int = 200
) -> subprocess.Popen[str]:
    """A driver of its own, with its JVM and its workers: they are killed together."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    arguments = [str(world.home), str(world.lake), master, dies, str(chunk), str(rows)]
    command = [sys.executable, "-c", DRIVER, *arguments]
    return subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_for(world: World, operation: str, count: int, process: subprocess.Popen[str]) -> None:
    begun = time.monotonic()
    while len(world.mock.requests(operation)) < count:
        assert process.poll() is None and time.monotonic() - begun < 300
        time.sleep(0.02)


LATE = {"deliver": {"late_ms": 60_000}}
POINTS: dict[str, tuple[dict[str, Any] | None, tuple[str, int]]] = {
    "before the offset of the export": ({"on": "initiate", "action": LATE}, ("initiate", 1)),
    "while it waits": ({"on": "status", "action": LATE}, ("status", 1)),
    "within a range": ({"on": "page", "offset": 101, "action": LATE}, ("page", 4)),
    "in the sink": (None, ("sink", 0)),
    "behind the sink": ({"on": "status", "skip": 3, "action": LATE}, ("status", 4)),
    "within the commit": ({"on": "commit", "action": LATE}, ("commit", 1)),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_driver_that_is_killed_is_continued(spark: SparkSession, world: World, point: str) -> None:
    rule, (operation, count) = POINTS[point]
    if rule is not None:
        world.mock.add_rule(rule)
    killed = driver(world, dies=operation)
    if operation == "sink":
        assert killed.wait(300) == -signal.SIGKILL
    else:
        wait_for(world, operation, count, killed)
    kill(killed)
    assert sum(world.commits) == (1 if operation == "commit" else 0)
    world.mock.clear_rules()
    run(spark, world.lake, files_of(world.lake), maxRowsPerTrigger=300)
    # An Initiate whose answer nobody saw is an export that expires unread.
    lost = operation == "initiate"
    assert world.commits == ([0, 1] if lost else [1])
    rows = spark.read.parquet(str(world.lake / "people" / "*")).select("_row").collect()
    assert sorted(row._row for row in rows) == list(range(1, ROWS + 1))


def executors(group: int) -> list[int]:
    """Processes that run tasks, of this driver."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            if b"CoarseGrainedExecutorBackend" in command and os.getpgid(int(folder.name)) == group:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
def test_an_executor_that_is_killed_within_a_range_loses_nothing(spark: SparkSession, world: World) -> None:
    rows = int(os.environ.get("MYPREFERENCES_TEST_ROWS", "5000"))
    world.serve(rows=rows)
    world.mock.add_rule({"on": "page", "skip": 12, "times": 2, "action": {"deliver": {"late_ms": 10_000}}})
    cluster = driver(world, "local-cluster[2,1,1024]", chunk=rows, rows=rows // 10)
    wait_for(world, "page", 14, cluster)
    os.kill(executors(cluster.pid)[0], signal.SIGKILL)
    world.mock.clear_rules()
    output, _ = cluster.communicate(timeout=500)
    assert cluster.returncode == 0, output[-4_000:]
    assert b"SparkListenerExecutorRemoved" in bytes_of(world.home / "events")
    people = spark.read.parquet(str(world.lake / "people" / "*"))
    assert (people.count(), people.select("_row").distinct().count()) == (rows, rows)
    # One export for each that was initiated.
    assert world.commits == [1]

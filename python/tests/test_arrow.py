"""Tables of Arrow, as their consumers read them: row by row what the server sent, and never quietly less."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

pa = pytest.importorskip("pyarrow")
pl = pytest.importorskip("polars")
pd = pytest.importorskip("pandas")
duckdb = pytest.importorskip("duckdb")
arro3 = pytest.importorskip("arro3.core")
deltalake = pytest.importorskip("deltalake")

ROWS = 2_500
CONSUMERS = ("pyarrow", "polars", "pandas", "duckdb", "arro3", "deltalake")


def serve(mock: MockService, rows: int = ROWS, rules: list[dict[str, Any]] | None = None, **source: Any) -> None:
    sources = [
        {"name": "Everyone", "rows": rows, "records": "profiles", **source},
        {"kind": "schedule", "name": "Nightly", "rows": 40},
        {"name": "Nobody", "rows": 0},
    ]
    mock.open_scenario({"client_id": CLIENT_ID, "sources": sources, "rules": rules or []})


def consumed(name: str, stream: m.ArrowStream) -> list[dict[str, Any]]:
    """The rows as dicts, as this consumer reads the stream."""
    if name == "pyarrow":
        return pa.table(stream).to_pylist()
    if name == "polars":
        return pl.DataFrame(stream).to_dicts()
    if name == "pandas":
        frame = pd.DataFrame.from_arrow(stream)
        return json.loads(frame[["_row", "ProfileId", "_record"]].to_json(orient="records"))
    if name == "arro3":
        return pa.table(arro3.Table.from_arrow(stream)).to_pylist()
    if name == "deltalake":
        with tempfile.TemporaryDirectory() as folder:
            deltalake.write_deltalake(folder, stream)
            rows = pa.table(deltalake.DeltaTable(folder).to_pyarrow_table()).to_pylist()
        return sorted(rows, key=lambda row: row["_row"])
    columns = ("_row", "ProfileId", "_record")
    rows = duckdb.sql(f"select {', '.join(columns)} from stream").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_consumer_reads_what_the_server_sent(mypreferences_mock: MockService, consumer: str) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        sent = [record.decode() for record in export.raw_records()]
        rows = consumed(consumer, export.arrow(limit=700))
        assert [row["_record"] for row in rows] == sent
        assert [row["_row"] for row in rows] == list(range(1, ROWS + 1))
        assert [row["ProfileId"] for row in rows] == [json.loads(record).get("ProfileId") for record in sent]


def test_typed_columns_and_others_hold_what_the_records_say(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        records = list(export.records())
        table = pa.table(export.arrow(record="drop"))
        assert "_record" not in table.column_names
        assert table.schema.metadata[b"mypreferences.records"] == b"UserProfilePreference"
        for record, row in zip(records, table.to_pylist(), strict=True):
            for kind in ("Emails", "Consents"):
                assert len(row[kind] or []) == len(record.get(kind) or [])
            emails = [email["EmailAddress"] for email in row["Emails"] or []]
            assert emails == [email.get("EmailAddress") for email in record.get("Emails") or []]
        flat = export.arrow(shape="json", record="drop")
        rows = pa.table(flat).to_pylist()
        assert [json.loads(row["Emails"] or "null") for row in rows] == [record.get("Emails") for record in records]
        assert flat.error is None and flat.misfits >= 0


def test_a_page_is_a_batch_as_often_as_it_is_wanted(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        page = next(client.initiate(segment="Everyone").pages(limit=5, offset=11))
        batch = page.arrow()
        for _ in range(2):
            rows = pa.record_batch(batch).to_pylist()
            assert [row["_row"] for row in rows] == [11, 12, 13, 14, 15]
            assert [row["_record"].encode() for row in rows] == list(page.raw_records())


def test_rows_of_a_schedule_have_the_columns_of_its_headers(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        export = client.initiate(schedule="Nightly")
        (page,) = export.pages()
        headers = json.loads(dict(page.others())["Headers"])
        table = pa.table(export.arrow(limit=7))
        assert table.column_names == ["_row", *headers, "_cells", "_record"]
        assert [row["_record"].encode() for row in table.to_pylist()] == list(page.raw_records())
        assert pl.DataFrame(client.initiate(segment="Nobody").arrow()).height == 0


def test_ranges_side_by_side_are_the_export(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        ((last, first),) = export.boundaries([100])
        one = export.arrow(until=100, limit=40, expect=m.Expect(last=last))
        other = export.arrow(offset=101, until=ROWS, limit=40, expect=m.Expect(first=first, total=ROWS))
        places = [place for part in (one, other) for place in pa.table(part)["_row"].to_pylist()]
    assert places == list(range(1, ROWS + 1))


def test_a_stream_is_read_once_and_its_schema_before(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        people = client.initiate(segment="Everyone").arrow()
        assert not mypreferences_mock.requests("page"), "read before it is needed"
        assert pa.schema(people).field("ProfileId").type == pa.int64()
        assert pa.table(people).num_rows == ROWS
        for again in (lambda: pa.table(people), lambda: pl.DataFrame(people), lambda: pa.schema(people)):
            with pytest.raises(m.InvalidArgumentError, match="read once"):
                again()
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(people)
        for wrong in ({"shape": "flat"}, {"record": "no"}, {"limits": 7}):
            with pytest.raises((m.InvalidArgumentError, TypeError)):
                client.initiate(segment="Everyone").arrow(**wrong)
        refused = client.initiate(segment="Everyone").arrow(limit=0)
        with pytest.raises(m.InvalidArgumentError, match="counted from 1"):
            pa.table(refused)


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_stream_that_ends_early_raises_in_every_consumer(mypreferences_mock: MockService, consumer: str) -> None:
    changes: list[dict[str, Any]] = [
        {"on": "page", "offset": 1001, "times": "forever", "action": {"page": {"has_more": False}}},
        {"on": "page", "offset": 1001, "times": "forever", "action": {"answer": {"status": 404}}},
    ]
    for rule, kind in zip(changes, (m.CountMismatchError, m.NotFoundError), strict=True):
        serve(mypreferences_mock, rules=[rule])
        with mypreferences_mock.client() as client:
            people = client.initiate(segment="Everyone").arrow(limit=500)
            with pytest.raises(Exception, match=r"mypreferences|records|404|not_found|Arrow") as raised:
                consumed(consumer, people)
            assert not isinstance(raised.value, AssertionError)
            assert isinstance(people.error, kind), people.error


class CutService:
    """Answers the first page whole, and of the second so many bytes."""

    def __init__(self) -> None:
        record = '{"ProfileId":1,"IsActive":true,"Emails":[{"EmailAddress":"a@b.example"}]}'
        self.length = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        counts = '"Count":1,"HasMore":{},"Offset":{},"TotalResults":2'
        self.pages = [
            self._answer(f'{{{counts.format(more, n)},"UserProfilePreferences":[{record}]}}')
            for n, more in ((1, "true"), (2, "false"))
        ]
        threading.Thread(target=self._serve, daemon=True).start()

    @staticmethod
    def _answer(body: str) -> bytes:
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer_all, args=(connection,), daemon=True).start()

    def _answer_all(self, connection: socket.socket) -> None:
        with connection:
            while request := connection.recv(65536):
                if b"offset=1&" in request:
                    connection.sendall(self.pages[0])
                    continue
                connection.sendall(self.pages[1][: self.length])
                return

    def client(self) -> m.Client:
        return m.Client(
            client_id="acme",
            base_url=self.base_url,
            credentials=m.Credentials.verbatim("made-up"),
            max_attempts=1,
            parallel=1,
        )


def test_a_stream_cut_at_any_byte_raises_in_every_consumer_and_never_ends_quietly() -> None:
    # Every byte for every consumer is a minute: asked for by hand.
    every_byte = bool(os.environ.get("MYPREFERENCES_EVERY_BYTE"))
    service = CutService()
    with service.client() as client:
        handle = {"version": 1, "base_url": service.base_url, "surface": "async", "client_id": "acme"}
        handle |= {"kind": "segment", "name": "Everyone", "access_token": "7", "watermark_ms": 0}
        export = m.Export.from_json(json.dumps(handle), client)
        whole = len(service.pages[1])
        for index, consumer in enumerate(CONSUMERS):
            service.length = whole
            assert len(consumed(consumer, export.arrow(limit=1))) == 2
            for length in range(0, whole, 1 if every_byte or index == 0 else 29):
                service.length = length
                people = export.arrow(limit=1)
                with pytest.raises(Exception):  # noqa: B017 - of the consumer's own class
                    consumed(consumer, people)
                assert people.error is not None, (consumer, length)
    service.socket.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_a_forked_child_is_told_to_make_a_client_of_its_own(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        people = client.initiate(segment="Everyone").arrow()
        child = os.fork()
        if child == 0:
            try:
                people.__arrow_c_stream__()
            except m.ForkedProcessError:
                os._exit(7)
            finally:
                os._exit(8)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert pa.table(people).num_rows == ROWS


def test_a_cancelled_stream_and_one_of_a_closed_client_end_with_our_error(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rules=[{"on": "page", "offset": 1001, "times": "forever", "action": {"hang": "never"}}])
    with mypreferences_mock.client() as client:
        people = client.initiate(segment="Everyone").arrow(limit=500)
        threading.Timer(0.5, people.cancel).start()
        with pytest.raises(pa.ArrowException):
            pa.table(people)
        assert isinstance(people.error, m.OperationCancelledError)
        late = client.initiate(segment="Everyone").arrow(limit=500)
    with pytest.raises(m.ClosedError):
        pa.table(late)


def test_threads_read_streams_of_their_own_at_once(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        heights: list[int] = []
        threads = [
            threading.Thread(target=lambda: heights.append(pl.DataFrame(export.arrow(limit=300)).height))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert heights == [ROWS] * 8


INTERRUPTED = """
import sys, threading, os, signal, time
import pyarrow as pa
import mypreferences as m
client = m.Client(client_id=sys.argv[2], base_url=sys.argv[1], credentials=m.Credentials.verbatim("made-up"))
people = client.initiate(segment="Everyone").arrow(limit=500)
threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()
begun = time.monotonic()
try:
    try:
        pa.table(people)
    except pa.ArrowException:
        time.sleep(5)
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - begun < 4, type(people.error).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_read_that_waits(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rules=[{"on": "page", "offset": 1001, "times": "forever", "action": {"hang": "never"}}])
    program = [sys.executable, "-c", INTERRUPTED, mypreferences_mock.base_url, CLIENT_ID]
    ended = subprocess.run(
        program,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert ended.stdout.split() == ["interrupted", "True", "OperationCancelledError"], ended.stderr


def test_what_was_landed_is_a_table_and_each_profile_once(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock, rows=600)
    with mypreferences_mock.client() as client:
        first = client.export(
            segment="Everyone", out=tmp_path, keep_files=True, since="auto", limit=50, part_bytes=100_000
        )
        assert [path.parent for path in first.files] == [first.folder] * len(first.files) and len(first.files) > 1
        lines = [line.decode() for path in first.files for line in path.read_bytes().splitlines()]
        assert pa.table(first.arrow())["_record"].to_pylist() == lines
        second = client.export(segment="Everyone", out=tmp_path, keep_files=True, since="auto", compression="zstd")
    folder = m.Folder(tmp_path)
    assert [batch.batch for batch in folder.batches()] == [first.batch, second.batch]
    newest = folder.batches()[-1]
    assert newest.manifest is not None and newest.manifest["total_results"] == 600
    assert pl.DataFrame(folder.arrow()).height == 1200
    assert pl.DataFrame(folder.arrow("latest")).height == 600
    assert pl.DataFrame(folder.arrow(first.batch)).height == 600
    current = pa.table(folder.current())
    assert current.num_rows == 600 and len(set(current["ProfileId"].to_pylist())) == 600
    with pytest.raises(m.InvalidArgumentError, match="no batch"):
        pa.table(folder.arrow("batch=none"))
    part = first.files[0]
    part.write_bytes(part.read_bytes()[:-1])
    damaged = folder.arrow()
    with pytest.raises(pa.ArrowException):
        pa.table(damaged)
    assert isinstance(damaged.error, m.CorruptError)


def test_a_landing_as_parquet_holds_what_the_server_sent(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock)
    out = tmp_path / "people"
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        sent = [record.decode() for record in export.raw_records()]
        landed = client.export(
            segment="Everyone", out=out, format="parquet", keep_files=True, limit=400, part_bytes=2_000_000
        )
        with pytest.raises(m.InvalidArgumentError, match="format parquet"):
            client.export(segment="Everyone", out=tmp_path / "other", shape="json", keep_files=True)
        with pytest.raises(m.OutputConflictError, match="format"):
            first = client.export(segment="Everyone", out=tmp_path / "lines", commit="never")
            client.export(segment="Everyone", out=tmp_path / "lines", format="parquet", keep_files=True)
    assert len(landed.files) > 2 and all(file.suffix == ".parquet" for file in landed.files)
    files = [str(file) for file in landed.files]
    assert [row["_record"] for row in pa.parquet.read_table(files).to_pylist()] == sent
    assert pl.read_parquet(files)["_record"].to_list() == sent
    assert duckdb.sql(f"select _record from read_parquet({files}) order by _row").fetchall() == [(r,) for r in sent]
    assert pd.read_parquet(files[0])["_row"].tolist()[0] == 1
    assert pa.table(landed.arrow())["_record"].to_pylist() == sent
    assert pa.table(m.Folder(out).current(record="keep")).num_rows == ROWS
    assert m.Folder(out).verify().rows == ROWS
    assert [batch.format for batch in m.Folder(out).batches()] == ["parquet"]
    assert [batch.format for batch in m.Folder(tmp_path / "lines").batches()] == ["ndjson"]
    assert pa.table(landed.arrow()).schema.names == pa.table(first.arrow()).schema.names

"""The export around a commit: initiate, wait, pages, records, landing and the commit of what was landed."""

from __future__ import annotations

import copy
import ctypes
import gc
import json
import logging
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timezone
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

BIG = 123456789012345678901234567890


def serve(mock: MockService, rows: int = 5, rules: list[dict[str, Any]] | None = None, **source: Any) -> None:
    mock.open_scenario(
        {
            "client_id": CLIENT_ID,
            "sources": [{"name": "Everyone", "rows": rows, **source}],
            "rules": rules or [],
        }
    )


def landed_records(out: Path) -> list[dict[str, Any]]:
    parts = sorted(out.glob("batch=*/part-*.ndjson"))
    return [json.loads(line) for part in parts for line in part.read_bytes().splitlines()]


def test_an_export_is_initiated_waited_for_read_and_committed(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rows=7, processing_ms=300)
    with mypreferences_mock.client() as client:
        told: list[m.WaitProgress] = []
        export = client.initiate(segment="Everyone", last_date_time=datetime(2026, 11, 1, tzinfo=timezone.utc))
        status = export.wait(progress=told.append, max_wait=60)
        assert status.status == "Complete" and status.row_count == 7
        assert told and told[0].questions == 1 and told[0].next_in > 0
        pages = list(export.pages(limit=3))
        assert [page.count for page in pages] == [3, 3, 1]
        assert [page.has_more for page in pages] == [True, True, False]
        assert [page.offset for page in pages] == [1, 4, 7]
        assert {page.total_results for page in pages} == {7}
        records = list(export.records(limit=2))
        assert records == [record for page in pages for record in page.records()]
        assert records == [json.loads(record) for record in export.raw_records(limit=4)]
        assert records[5:] == list(export.records(offset=6))
        assert client.commit(export.access_token, keep_files=False).outcome is m.Outcome.COMMITTED
    assert all("keepAlive=true" in request["target"] for request in mypreferences_mock.requests("page"))


def test_an_encrypted_handle_goes_through_foreign_state_and_is_committed_by_another_client(
    mypreferences_mock: MockService, tmp_path: Path
) -> None:
    serve(mypreferences_mock, rows=7)
    since = datetime(2026, 11, 1, 0, 0, 0, 123000, tzinfo=timezone.utc)
    with mypreferences_mock.client(handle_key="a key of handles 0001") as client:
        export = client.initiate(segment="Everyone", last_date_time=since)
        assert export.since == since
        cut = export.boundaries([3])
        (last, first) = cut[0]
        ranges = [
            list(export.records(until=3, expect=m.Expect(total=7, last=last))),
            list(export.records(offset=4, expect=m.Expect(total=7, first=first))),
        ]
        assert ranges[0] + ranges[1] == list(export.records())
        with pytest.raises(m.CountMismatchError, match="not the first one"):
            list(export.raw_records(offset=5, expect=m.Expect(first=first)))
        handle = client.wrap(export)
        assert handle.startswith("mph1.") and str(export.access_token) not in handle
        with pytest.raises(TypeError, match=r"client.wrap\(export\)"):
            pickle.dumps(export)
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "1.parquet").write_bytes(b"rows")
    with mypreferences_mock.client(handle_key="a key of handles 0001") as client:
        assert client.unwrap(handle).since == since
        with pytest.raises(m.CountMismatchError, match="has 6 rows, and the export has 7"):
            client.commit_loaded(handle, rows=6, keep_files=False)
        assert not mypreferences_mock.requests("commit")
        receipt = client.commit_loaded(
            handle, rows=7, keep_files=False, sink="postgres://etl:hunter22@dwh/people", files=tmp_path / "*"
        )
        assert receipt.end is m.CommitEnd.COMMITTED and receipt.vouched is not None
        assert receipt.vouched.sink == "postgres://etl@dwh/people" and receipt.vouched.rows == 7
        assert [(Path(file.path).name, file.bytes) for file in receipt.vouched.files] == [("1.parquet", 4)]
        assert m.BatchReceipt.from_json(receipt.to_json()) == receipt
        again = client.commit_loaded(client.unwrap(handle), rows=7, keep_files=False)
        assert again.end is m.CommitEnd.ALREADY_COMMITTED
        with pytest.raises(m.InvalidArgumentError, match="encrypted handle"):
            client.unwrap(handle[:-1])
    with pytest.raises(m.ClosedError):
        client.unwrap(handle)
    assert len(mypreferences_mock.requests("commit")) == 1


def test_arguments_of_ranges_and_of_what_was_loaded_are_checked_by_type(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rows=7)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        loose: Any = client
        for wrong in ({"rows": "7"}, {"rows": None}, {"rows": True}, {"keep_files": 1}, {"sink": 7}, {"files": 7}):
            with pytest.raises(TypeError):
                loose.commit_loaded(export, **{"rows": 7, "keep_files": True, **wrong})
        with pytest.raises(ValueError, match="rows must not be negative"):
            client.commit_loaded(export, rows=-1, keep_files=True)
        with pytest.raises(TypeError, match="there is no argument 'last'"):
            next(export.pages(last=7))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        with pytest.raises(m.InvalidArgumentError, match="between two records"):
            export.boundaries([0])
        with pytest.raises(TypeError):
            loose.unwrap(b"mph1.")
        with pytest.raises(m.ConfigurationError, match="set handle_key"):
            client.wrap(export)


def test_the_raw_page_is_a_view_that_outlives_its_page_and_cannot_be_written(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rows=2000)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        (page,) = export.pages(limit=5000)
        native = page._native
        holders = sys.getrefcount(native)
        raw = page.raw
        assert sys.getrefcount(native) == holders + 1, "nobody keeps the bytes of the view"
        assert isinstance(raw, memoryview) and raw.readonly and raw.format == "B" and raw.contiguous
        assert (ctypes.addressof(raw.obj), len(raw)) == native.place(), "a copy"  # type: ignore[arg-type]
        first = next(page.records())
        del page, native
        gc.collect()
        assert json.loads(bytes(raw))["Preferences"][0] == first
        with pytest.raises(TypeError):
            raw[0] = 0


def test_records_are_read_when_they_are_asked_for_and_lose_nothing(mypreferences_mock: MockService) -> None:
    body = (
        '{"count":3,"hasmore":false,"offset":1,"totalresults":3,"Extra":{"a" : 1},'
        f'"preferences":[{{"n":{BIG},\n "z":"\\u00e9 x"}},{{"n":1.0}},{{"m":null}}]}}'
    )
    answer = {"answer": {"status": 200, "headers": [["Content-Type", "application/json"]], "body": {"json": body}}}
    serve(mypreferences_mock, rules=[{"on": "page", "action": answer}])
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        (page,) = export.pages()
        assert next(page.records()) == {"n": BIG, "z": "é x"}
        assert next(page.raw_records()) == f'{{"n":{BIG},\n "z":"\\u00e9 x"}}'.encode()
        assert next(page.lines()) == f'{{"n":{BIG},"z":"\\u00e9 x"}}'.encode()
        assert page.others() == [("Extra", b'{"a" : 1}')]
        assert bytes(page.raw) == body.encode()


def test_what_to_export_is_checked_before_any_io(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        refused: list[tuple[type[Exception], str, Callable[[], object]]] = [
            (TypeError, "pass one of segment, segment_group", lambda: client.initiate()),
            (TypeError, "pass one of segment", lambda: client.initiate(segment="a", cids=["b"])),
            (TypeError, "no argument 'segmet'", lambda: client.initiate(segmet="a")),  # type: ignore[call-arg]
            (TypeError, "values must be a list", lambda: client.initiate(segment="a", values="b")),
            (m.InvalidArgumentError, "zone", lambda: client.initiate(segment="a", last_date_time=datetime(2026, 1, 1))),
            (
                m.InvalidArgumentError,
                "startDate and endDate",
                lambda: client.initiate(segment="a", start_date=date(2026, 1, 1)),
            ),
            (m.InvalidArgumentError, "keep_files", lambda: client.export(segment="a", out=tmp_path / "o")),
            (TypeError, "True or False", lambda: client.export(segment="a", out=tmp_path / "o", keep_files=1)),  # type: ignore[arg-type]
            (TypeError, "out must be a path", lambda: client.export(segment="a", out=1, keep_files=True)),  # type: ignore[arg-type]
            (TypeError, "progress must be", lambda: client.export(segment="a", out="o", commit="never", progress=1)),  # type: ignore[arg-type]
            (
                m.InvalidArgumentError,
                "after_seal or never",
                lambda: client.export(segment="a", out=tmp_path / "o", commit="later"),
            ),
            (TypeError, "pass since", lambda: client.export(segment="a", out="o", since="auto", last_date_time="x")),
            (m.InvalidArgumentError, "to_json_with_token", lambda: m.Export.from_json("{}", client)),
            (TypeError, "export must be an Export", lambda: client.land("4711", tmp_path / "o")),  # type: ignore[arg-type]
        ]
        for kind, says, call in refused:
            with pytest.raises(kind, match=says):
                call()
    assert mypreferences_mock.log()["requests"] == []
    assert not (tmp_path / "o").exists()


def test_the_handle_goes_to_another_client_by_its_json_and_not_by_pickle(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rows=3)
    with mypreferences_mock.client() as client, mypreferences_mock.client() as other:
        export = client.initiate(segment="Everyone")
        text = export.to_json_with_token()
        token = str(export.access_token)
        assert token in text
        assert token not in repr(export) + str(export)
        for plain in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match=r"client\.wrap") as raised:
                plain(export)
            assert token not in str(raised.value)
        with pytest.raises(TypeError):
            json.dumps(export)
        again = m.Export.from_json(text, other)
        assert again.wait().status == "Complete"
        assert len(list(again.records())) == 3
        assert again.watermark == export.watermark and export.watermark.tzinfo is not None
        with pytest.raises(TypeError) as raised:
            m.Export.from_json(4711, other)  # type: ignore[arg-type]
        assert "4711" not in str(raised.value)


def test_an_export_is_landed_and_committed_in_one_call(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock, rows=2500)
    out = tmp_path / "out"
    told: list[m.LandingProgress] = []
    with mypreferences_mock.client() as client:
        landed = client.export(segment="Everyone", out=out, keep_files=False, progress=told.append)
        assert (landed.rows, landed.parts, landed.is_new) == (2500, 1, True)
        assert landed.folder == out / landed.batch and landed.sealed.batch == landed.batch
        assert landed.receipt is not None and landed.receipt.end is m.CommitEnd.COMMITTED
        assert landed.receipt.receipt is not None and landed.receipt.receipt.certainty is m.Certainty.CERTAIN
        assert [stage for stage, _ in groupby(p.stage for p in told)][-4:] == ["wait", "land", "seal", "commit"]
        assert told[-1].rows == 2500
        assert len({json.dumps(record) for record in landed_records(out)}) == 2500
        again = client.export(segment="Everyone", out=out, keep_files=False)
        assert not again.is_new and again.batch == landed.batch
        newer = client.export(segment="Everyone", out=out, keep_files=True, since="auto", overlap=60)
        assert newer.is_new and newer.since is not None and newer.batch != landed.batch
    verified = m.Folder(out).verify()
    assert (verified.batches, verified.rows) == (2, 5000)
    assert m.BatchReceipt.from_json(landed.receipt.to_json()) == landed.receipt
    applied = [len(export["commits"]) for export in mypreferences_mock.log()["exports"]]
    assert applied == [1, 1]


def test_a_report_has_the_facts_and_a_page_that_shows_itself_in_a_notebook(
    mypreferences_mock: MockService, tmp_path: Path
) -> None:
    serve(mypreferences_mock, rows=10)
    folder = m.Folder(tmp_path / "a & <b>")
    with pytest.raises(m.InvalidArgumentError, match="holds no export"):
        folder.report()
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        landed = client.export(segment="Everyone", out=tmp_path / "a & <b>", keep_files=False)
    report = folder.report(verify=True)
    assert report.facts["batches"][0]["batch"] == landed.batch
    assert report.facts["batches"][0]["server_files"] == "deleted"
    assert report.facts["verification"]["verified"]["rows"] == 10
    assert json.loads(report.to_json()) == report.facts
    assert report.html.startswith("<!DOCTYPE html>") and "a &amp; &lt;b&gt;" in report.html
    assert report._repr_html_().startswith("<iframe")  # pyright: ignore[reportPrivateUsage]
    assert str(export.access_token) not in report.html + report.to_json()
    (part,) = landed.folder.glob("part-*")
    part.write_bytes(b"{}")
    assert folder.report(verify=True).facts["verification"]["error"]["kind"] == "corrupt"


def test_three_tasks_initiate_land_and_commit(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock, rows=10)
    out = tmp_path / "out"
    with mypreferences_mock.client() as client:
        text = client.initiate(segment="Everyone").to_json_with_token()
    with mypreferences_mock.client() as client:
        landed = client.land(m.Export.from_json(text, client), out, compression="zstd", progress=None)
        assert landed.receipt is None
        assert mypreferences_mock.requests("commit") == []
    assert list(out.glob("batch=*/part-*.ndjson.zst"))
    with mypreferences_mock.client() as client:
        (sealed,) = m.Folder(out).sealed()
        assert sealed == landed.sealed == m.Folder(out).sealed_batch(landed.batch)
        receipt = client.commit_landed(sealed, keep_files=True)
        assert receipt.end is m.CommitEnd.COMMITTED and receipt.keep_files
        assert client.commit_landed(sealed, keep_files=True) == receipt
    assert m.Folder(out).sealed() == []
    assert len(mypreferences_mock.requests("commit")) == 1


def test_the_wrong_order_is_refused_and_nothing_is_sent(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock, rows=10)
    out = tmp_path / "out"
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        for unsealed in (export, m.Folder(out)):
            with pytest.raises(m.NotSealedError, match="pass landed") as raised:
                client.commit_landed(unsealed, keep_files=False)  # type: ignore[arg-type]
            assert raised.value.commit_state is m.CommitState.NOT_COMMITTED
        for wrong in (4711, "batch=1", None):
            with pytest.raises(TypeError, match="sealed must be Sealed"):
                client.commit_landed(wrong, keep_files=False)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            m.Sealed()  # type: ignore[call-arg]
        landed = client.land(export, out)
        with pytest.raises(TypeError):
            pickle.dumps(landed.sealed)
        with pytest.raises(m.NotSealedError):
            m.Folder(out).sealed_batch("batch=20000101T000000Z")
        manifest = landed.folder / "_manifest.json"
        manifest.write_bytes(manifest.read_bytes() + b"\n")
        with pytest.raises(m.NotSealedError):
            client.commit_landed(landed.sealed, keep_files=False)
    assert mypreferences_mock.requests("commit") == []


def test_a_damaged_part_is_corrupt_and_nothing_is_sent(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock, rows=10)
    with mypreferences_mock.client() as client:
        landed = client.land(client.initiate(segment="Everyone"), tmp_path / "out")
        (part,) = landed.folder.glob("part-*")
        part.write_bytes(part.read_bytes().replace(b"1", b"2", 1))
        with pytest.raises(m.CorruptError):
            m.Folder(tmp_path / "out").verify()
        with pytest.raises(m.CorruptError):
            client.commit_landed(landed.sealed, keep_files=False)
    assert mypreferences_mock.requests("commit") == []


@pytest.mark.parametrize("what", ["pages", "export"])
def test_another_thread_makes_progress_meanwhile(mypreferences_mock: MockService, tmp_path: Path, what: str) -> None:
    serve(mypreferences_mock, rules=[{"on": "page", "action": {"deliver": {"late_ms": 2000}}}])
    counted = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            counted += 1

    counter = threading.Thread(target=count)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        counter.start()
        try:
            if what == "pages":
                assert len(list(export.pages())) == 1
            else:
                assert client.land(export, tmp_path / "out", progress=None).rows == 5
        finally:
            stop.set()
            counter.join()
    # Two seconds are tens of millions of turns; a thread that waits for the interpreter gets a few milliseconds.
    assert counted > 1_000_000, "the interpreter was held"


@pytest.mark.once
def test_what_a_progress_callable_raises_ends_the_call_and_a_second_run_finishes(
    mypreferences_mock: MockService, tmp_path: Path
) -> None:
    serve(mypreferences_mock, rows=50_000)
    out = tmp_path / "out"

    def stop(progress: m.LandingProgress) -> None:
        if progress.rows >= 5000:
            raise LookupError("enough")

    with mypreferences_mock.client() as client:
        with pytest.raises(LookupError, match="enough") as raised:
            client.export(segment="Everyone", out=out, keep_files=False, progress=stop)
        assert isinstance(raised.value.__cause__, m.OperationCancelledError)
        assert mypreferences_mock.requests("commit") == []
        assert len(mypreferences_mock.requests("page")) < 20
        landed = client.export(segment="Everyone", out=out, keep_files=False)
    assert landed.rows == 50_000 and len(mypreferences_mock.requests("initiate")) == 1
    assert len(landed_records(out)) == 50_000


def test_a_batch_of_an_export_says_since_when_it_is(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock)
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone", last_date_time="2026-01-14T00:00:00Z")
        landed = client.land(export, tmp_path / "out", progress=None)
    (batch,) = m.Folder(tmp_path / "out").batches()
    assert landed.since == batch.since and str(batch.since).startswith("2026-01-14T00:00:00")


def test_pages_bear_an_outage_when_they_are_given_patience(mypreferences_mock: MockService) -> None:
    away = {"on": "page", "times": 12, "action": {"answer": {"status": 503}}}
    serve(mypreferences_mock, rows=3, rules=[away])
    with mypreferences_mock.client(backoff_base=0.001, throttle_base=0.001) as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        with pytest.raises(m.ServiceUnavailableError) as raised:
            next(export.pages())
        assert len(raised.value.attempts) == 4
        assert len(list(export.records(limit=2, patience=60))) == 3
        with pytest.raises(m.InvalidArgumentError, match="patience"):
            export.pages(patience=-1)


def test_a_cancel_token_and_closing_end_the_pages(mypreferences_mock: MockService) -> None:
    serve(mypreferences_mock, rows=100, rules=[{"on": "page", "offset": 11, "action": {"hang": "never"}}])
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        cancel = m.CancelToken()
        pages = export.pages(limit=10, cancel_token=cancel)
        next(pages)
        threading.Timer(0.3, cancel.cancel).start()
        with pytest.raises(m.OperationCancelledError):
            next(pages)
        with export.pages(limit=10, offset=21) as pages:
            assert next(pages).offset == 21
        with pytest.raises(m.OperationCancelledError):
            next(pages)


def test_after_an_error_the_same_page_is_asked_for_again(mypreferences_mock: MockService) -> None:
    wrong = {"on": "page", "offset": 4, "action": {"page": {"count": 2}}}
    serve(mypreferences_mock, rows=6, rules=[wrong])
    with mypreferences_mock.client() as client:
        export = client.initiate(segment="Everyone")
        export.wait()
        pages = export.pages(limit=3)
        assert next(pages).offset == 1
        with pytest.raises(m.CountMismatchError):
            next(pages)
        assert next(pages).offset == 4
        assert list(pages) == []


def test_without_a_terminal_progress_is_lines_of_the_log(
    mypreferences_mock: MockService, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    serve(mypreferences_mock, rows=10, processing_ms=200)
    with mypreferences_mock.client() as client, caplog.at_level(logging.INFO, logger="mypreferences"):
        export = client.initiate(segment="Everyone")
        export.wait(progress="auto")
        landed = client.land(export, tmp_path / "out")
    assert "waiting: Processing, next question in" in caplog.text
    assert f"{landed.batch}: seal, 10 of 10 records" in caplog.text
    assert str(export.access_token) not in caplog.text


ON_A_TERMINAL = """
import sys, mypreferences as m
sys.stderr.isatty = lambda: True
if {hide}: sys.modules["tqdm"] = None
import logging; logging.basicConfig(level=logging.INFO, format="LINE %(message)s")
with m.Client(client_id={client_id!r}, base_url={url!r}, credentials=m.Credentials.verbatim("x")) as client:
    client.export(segment="Everyone", out={out!r}, keep_files=False)
"""


@pytest.mark.parametrize("hide", [False, True], ids=["tqdm", "no tqdm"])
def test_on_a_terminal_progress_is_a_bar_where_tqdm_is_installed(
    mypreferences_mock: MockService, tmp_path: Path, hide: bool
) -> None:
    serve(mypreferences_mock, rows=2500)
    out = str(tmp_path / "out")
    program = ON_A_TERMINAL.format(hide=hide, client_id=CLIENT_ID, url=mypreferences_mock.base_url, out=out)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert ("2.50k/2.50k" in done.stderr) is not hide, done.stderr
    assert ("LINE batch=" in done.stderr) is hide, done.stderr


@pytest.mark.once
def test_the_folder_is_held_by_one_call_at_a_time(mypreferences_mock: MockService, tmp_path: Path) -> None:
    serve(mypreferences_mock, rules=[{"on": "page", "action": {"deliver": {"late_ms": 1500}}}])
    out = tmp_path / "out"
    with mypreferences_mock.client() as client, mypreferences_mock.client() as other:
        results: list[m.Landed] = []
        first = threading.Thread(
            target=lambda: results.append(client.export(segment="Everyone", out=out, keep_files=True, progress=None))
        )
        first.start()
        end = time.monotonic() + 30
        while not mypreferences_mock.requests("page") and time.monotonic() < end:
            time.sleep(0.02)
        with pytest.raises(m.LockedError):
            other.export(segment="Everyone", out=out, keep_files=True)
        first.join()
    assert results[0].rows == 5

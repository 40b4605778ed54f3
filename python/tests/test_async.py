"""The asynchronous client, on asyncio and uvloop."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

Run = Callable[[Coroutine[Any, Any, None]], None]


def on_uvloop(main: Coroutine[Any, Any, None]) -> None:
    uvloop = pytest.importorskip("uvloop")
    uvloop.run(main)


@pytest.fixture(params=[asyncio.run, on_uvloop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param


def client(mock: MockService, **settings: Any) -> m.AsyncClient:
    return m.AsyncClient(
        client_id=CLIENT_ID, base_url=mock.base_url, credentials=m.Credentials.verbatim("made-up"), **settings
    )


def record_of(error: BaseException) -> BaseException | None:
    """What made the call end. Python 3.10 gives whoever awaits a task a new error, with the task's as its context."""
    if error.__cause__ is None and error.__context__ is not None:
        error = error.__context__
    return error.__cause__


def test_calls_are_awaited_side_by_side(mypreferences_mock: MockService, run: Run) -> None:
    for token in range(1, 65):
        mypreferences_mock.add_export(token)

    async def main() -> None:
        async with client(mypreferences_mock) as it:
            receipts = await asyncio.gather(*(it.commit(token, keep_files=False) for token in range(1, 65)))
            assert {receipt.outcome for receipt in receipts} == {m.Outcome.COMMITTED}
            assert (await it.status(1)).status == "Retrieved"
            assert (await it.resolve_commit(1)).resolution == "committed"
            with pytest.raises(m.NotFoundError):
                await it.status(99)
            with pytest.raises(TypeError):
                await it.commit(1, keep_files=1)  # type: ignore[arg-type]
        with pytest.raises(m.ClosedError):
            await it.status(1)

    run(main())


def test_cancelling_a_task_cancels_the_request(mypreferences_mock: MockService, run: Run) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_rule({"on": "commit", "times": "forever", "action": {"hang": "never"}})

    async def main() -> None:
        async with client(mypreferences_mock) as it:
            task = asyncio.create_task(it.commit(4711, keep_files=False))
            while not mypreferences_mock.requests("commit"):
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            for _ in range(500):
                if mypreferences_mock.requests("commit")[0]["disconnected_at_ms"] is not None:
                    return
                await asyncio.sleep(0.02)
            pytest.fail("the server saw no disconnect")

    run(main())


def test_a_task_may_be_cancelled_at_any_moment(mypreferences_mock: MockService, run: Run) -> None:
    moments = random.Random(20261124)
    for token in range(1, 202):
        mypreferences_mock.add_export(token)

    async def main() -> None:
        async with client(mypreferences_mock) as it:
            cancelled = 0
            for token in range(1, 201):
                task = asyncio.create_task(it.commit(token, keep_files=True))
                await asyncio.sleep(moments.uniform(0, 0.003))
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled += 1
            assert 0 < cancelled <= 200
            assert (await it.commit(201, keep_files=True)).outcome is m.Outcome.COMMITTED

    run(main())


def test_a_cancelled_task_leaves_calls_with_the_same_token_alone_and_carries_the_record(
    mypreferences_mock: MockService, run: Run
) -> None:
    mypreferences_mock.add_export(4711)
    mypreferences_mock.add_export(4712)
    mypreferences_mock.add_rule({"on": "commit", "token": 4711, "action": {"hang": "never"}})
    mypreferences_mock.add_rule({"on": "status", "token": 4712, "action": {"delay_ms": 900}})

    async def main() -> None:
        shared = m.CancelToken()
        async with client(mypreferences_mock) as it:
            first = asyncio.create_task(it.commit(4711, keep_files=False, cancel_token=shared))
            second = asyncio.create_task(it.status(4712, cancel_token=shared))
            await asyncio.sleep(0.3)
            first.cancel()
            with pytest.raises(asyncio.CancelledError) as raised:
                await first
            record = record_of(raised.value)
            assert isinstance(record, m.OperationCancelledError)
            assert record.commit_state is m.CommitState.UNKNOWN
            assert (await second).status == "Complete"
            assert not shared.is_cancelled()

    run(main())


def serve(mock: MockService, rows: int, rules: list[dict[str, Any]] | None = None) -> None:
    source = {"name": "Everyone", "rows": rows}
    mock.open_scenario({"client_id": CLIENT_ID, "sources": [source], "rules": rules or []})


def test_an_export_is_iterated_with_async_for(mypreferences_mock: MockService, run: Run) -> None:
    serve(mypreferences_mock, rows=25)

    async def main() -> None:
        async with client(mypreferences_mock) as it:
            export = await it.initiate(segment="Everyone")
            told: list[m.WaitProgress] = []
            assert (await export.wait(progress=told.append)).status == "Complete"
            pages = [page async for page in export.pages(limit=10)]
            assert [page.count for page in pages] == [10, 10, 5]
            records = [record async for record in export.records(limit=10)]
            assert records == [record for page in pages for record in page.records()]
            assert [record async for record in export.raw_records(offset=24)] == [
                record for page in pages for record in page.raw_records()
            ][23:]
            again = m.AsyncExport.from_json(export.to_json_with_token(), it)
            async with again.pages(limit=10) as some:
                assert (await anext(some)).offset == 1
            with pytest.raises(m.OperationCancelledError):
                await anext(some)

    run(main())


def test_an_export_is_landed_and_committed_by_tasks(mypreferences_mock: MockService, run: Run, tmp_path: Path) -> None:
    serve(mypreferences_mock, rows=2500)

    async def main() -> None:
        async with client(mypreferences_mock) as it:
            threads: set[int] = set()
            landed = await it.export(
                segment="Everyone",
                out=tmp_path / "one",
                keep_files=False,
                progress=lambda _: threads.add(threading.get_ident()),
            )
            assert landed.rows == 2500 and landed.receipt is not None
            assert threads == {threading.get_ident()}, "progress is told on the loop's own thread"
            export = await it.initiate(segment="Everyone")
            with pytest.raises(m.NotSealedError):
                await it.commit_landed(export, keep_files=True)  # type: ignore[arg-type]
            landed = await it.land(export, tmp_path / "two")
            receipt = await it.commit_landed(landed.sealed, keep_files=True)
            assert receipt.end is m.CommitEnd.COMMITTED

    run(main())


def test_a_cancelled_task_stops_within_a_page_and_the_next_run_finishes(
    mypreferences_mock: MockService, run: Run, tmp_path: Path
) -> None:
    hang = {"on": "page", "offset": 5001, "action": {"hang": "never"}}
    serve(mypreferences_mock, rows=20_000, rules=[hang])
    out = tmp_path / "out"

    async def main() -> None:
        async with client(mypreferences_mock, parallel=1) as it:
            task = asyncio.create_task(it.export(segment="Everyone", out=out, keep_files=False))
            while not any("offset=5001" in page["target"] for page in mypreferences_mock.requests("page")):
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as raised:
                await task
            assert isinstance(record_of(raised.value), m.OperationCancelledError)
            assert len(mypreferences_mock.requests("page")) == 6
            # The folder is free as soon as the task has ended.
            landed = await it.export(segment="Everyone", out=out, keep_files=False)
            assert landed.rows == 20_000
            # What was durable is not fetched again: pages 1 to 5 once, the one that hung twice, and the rest.
            assert len(mypreferences_mock.requests("page")) == 21
            assert len(mypreferences_mock.requests("initiate")) == 1

    run(main())


def test_what_a_progress_callable_raises_ends_the_task(
    mypreferences_mock: MockService, run: Run, tmp_path: Path
) -> None:
    serve(mypreferences_mock, rows=20_000)

    def stop(progress: m.LandingProgress) -> None:
        if progress.rows >= 3000:
            raise LookupError("enough")

    async def main() -> None:
        async with client(mypreferences_mock) as it:
            with pytest.raises(LookupError, match="enough"):
                await it.export(segment="Everyone", out=tmp_path / "out", keep_files=False, progress=stop)
            assert mypreferences_mock.requests("commit") == []
            assert (await it.export(segment="Everyone", out=tmp_path / "out", keep_files=False)).rows == 20_000

    run(main())

"""The asynchronous client, on asyncio and uvloop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
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
            record = raised.value.__cause__
            assert isinstance(record, m.OperationCancelledError)
            assert record.commit_state is m.CommitState.UNKNOWN
            assert (await second).status == "Complete"
            assert not shared.is_cancelled()

    run(main())

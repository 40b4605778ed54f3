"""What callables, handlers of ``logging`` and signals may do: whatever it is, it holds up nobody else's call."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

import mypreferences as m
from mypreferences.testing import CLIENT_ID, MockService

HANG = {"on": "commit", "times": "forever", "action": {"hang": "never"}}
LONG = 20.0
SLEEP = 5.0
"""At most: it is woken when what the test is about is over."""

Work = Callable[[], None]


@pytest.fixture(autouse=True)
def service(mypreferences_mock: MockService) -> None:
    source = {"name": "Everyone", "rows": 3000}
    mypreferences_mock.open_scenario({"client_id": CLIENT_ID, "sources": [source], "rules": [HANG]})


def export(mock: MockService, asynchronous: bool, **arguments: Any) -> Any:
    """An export without a commit, in either form."""
    if not asynchronous:
        with mock.client() as client:
            return client.export(segment="Everyone", commit="never", **arguments)

    async def main() -> m.Landed:
        credentials = m.Credentials.verbatim("x")
        async with m.AsyncClient(client_id=CLIENT_ID, base_url=mock.base_url, credentials=credentials) as client:
            return await client.export(segment="Everyone", commit="never", **arguments)

    return asyncio.run(main())


def commit(mock: MockService, asynchronous: bool) -> None:
    """A commit that nobody answers: its own time ends it."""
    with pytest.raises(m.OutcomeUnknownError):
        if not asynchronous:
            with mock.client() as client:
                client.commit(4711, keep_files=False, timeout=1)
            return

        async def main() -> None:
            credentials = m.Credentials.verbatim("x")
            async with m.AsyncClient(client_id=CLIENT_ID, base_url=mock.base_url, credentials=credentials) as client:
                await client.commit(4711, keep_files=False, timeout=1)

        asyncio.run(main())


class Slow(logging.Handler):
    """Does something with the first line only."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work: Work | None = work
        self.lines = 0

    def handle(self, record: logging.LogRecord) -> bool:
        # Without the handler's lock, which would make the other call's lines wait: that is logging's own affair.
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        work, self._work = self._work, None
        if work is not None:
            work()


@pytest.fixture(params=["progress", "logging"])
def told(
    request: pytest.FixtureRequest, mypreferences_mock: MockService, tmp_path: Path
) -> Iterator[Callable[[bool, Work], None]]:
    """Lands an export, and works in the middle of it: in its progress callable or in a handler of ``logging``."""
    logger = logging.getLogger("mypreferences")
    handlers: list[logging.Handler] = []

    def run(asynchronous: bool, work: Work) -> None:
        slow = Slow(work)
        if request.param == "logging":
            handlers.append(slow)
            logger.addHandler(slow)
            logger.setLevel(logging.DEBUG)
        record = logging.makeLogRecord({})
        progress = (lambda _: slow.emit(record)) if request.param == "progress" else None
        assert export(mypreferences_mock, asynchronous, out=tmp_path / "out", progress=progress).rows == 3000
        assert slow.lines > 1

    yield run
    for handler in handlers:
        logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_callable_that_sleeps_does_not_hold_up_the_time_limit_of_another_client(
    mypreferences_mock: MockService, told: Callable[[bool, Work], None], asynchronous: bool
) -> None:
    asleep, over = threading.Event(), threading.Event()

    def sleep() -> None:
        asleep.set()
        over.wait(SLEEP)

    first = threading.Thread(target=told, args=(asynchronous, sleep))
    first.start()
    assert asleep.wait(LONG)
    begun = time.monotonic()
    commit(mypreferences_mock, asynchronous)
    took = time.monotonic() - begun
    over.set()
    first.join()
    assert took < 2.5


@pytest.mark.timeout(60)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_callable_may_wait_for_the_call_of_another_thread(
    mypreferences_mock: MockService, told: Callable[[bool, Work], None], asynchronous: bool
) -> None:
    def wait() -> None:
        other = threading.Thread(target=commit, args=(mypreferences_mock, asynchronous), daemon=True)
        other.start()
        other.join(LONG)
        ended.append(not other.is_alive())

    ended: list[bool] = []
    told(asynchronous, wait)
    assert ended == [True]


def test_a_callable_may_use_the_client_itself(mypreferences_mock: MockService, tmp_path: Path) -> None:
    with mypreferences_mock.client() as client:
        words: list[str] = []

        def ask(progress: m.LandingProgress) -> None:
            if progress.stage == "land":
                words.append(client.status(token).status)

        handle = client.initiate(segment="Everyone")
        token = handle.access_token
        assert client.land(handle, tmp_path / "out", progress=ask).rows == 3000
    assert words and set(words) == {"Complete"}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.once
def test_a_slow_callable_is_told_every_stage_and_the_last_state(
    mypreferences_mock: MockService, tmp_path: Path, asynchronous: bool
) -> None:
    seen: list[m.LandingProgress] = []

    def slow(progress: m.LandingProgress) -> None:
        time.sleep(0.1)
        seen.append(progress)

    export(mypreferences_mock, asynchronous, out=tmp_path / "out", limit=100, progress=slow)
    stages = [stage for stage, _ in groupby(progress.stage for progress in seen)]
    assert stages[0] == "initiate" and stages[-3:] == ["wait", "land", "seal"]
    assert seen[-1].rows == 3000


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_in_a_handler_of_logging_is_a_keyboard_interrupt(
    mypreferences_mock: MockService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    logger = logging.getLogger("mypreferences")
    handler = Slow(interrupted)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            export(mypreferences_mock, False, out=tmp_path / "out", progress=None)
        assert isinstance(caught.value.__cause__, m.OperationCancelledError)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)

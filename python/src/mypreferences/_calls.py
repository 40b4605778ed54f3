"""How a call of ``_native`` is made, waited for and ended, in the two forms. The only place that knows its protocol."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Protocol

from mypreferences import _native
from mypreferences._errors import MyPreferencesError
from mypreferences._native import CancelToken
from mypreferences._progress import Teller

LOGGER = logging.getLogger("mypreferences")
_CANCEL_BOUND = 1.0
"""Seconds that a cancelled task waits for the record of its call."""
LANDING_CANCEL_BOUND = 60.0
"""The same for a landing, which first makes durable what came: the folder is free when the task has ended."""

Wake = Callable[[], None]
Complete = Callable[[bool, Any], None]


class Call(Protocol):
    """What can be run and started: a client with its request, or a stream of pages."""

    def run(self, cancel: CancelToken, events: bool) -> tuple[bool, Any, BaseException | None]: ...
    def start(self, cancel: CancelToken, events: bool, wake: Wake, complete: Complete) -> _native.Started: ...
    def tell(self) -> bool: ...


class ClientCall:
    """A request of a client."""

    def __init__(self, client: _native.NativeClient, request: _native.Request) -> None:
        self._client = client
        self._request = request

    def run(self, cancel: CancelToken, events: bool) -> tuple[bool, Any, BaseException | None]:
        return self._client.run(self._request, cancel, events)

    def start(self, cancel: CancelToken, events: bool, wake: Wake, complete: Complete) -> _native.Started:
        return self._client.start(self._request, cancel, events, wake, complete)

    def tell(self) -> bool:
        return self._client.tell(self._request)


def raising(call: Any, *arguments: Any) -> Any:
    """Calls, with errors of ``_native`` as the package's own."""
    try:
        return call(*arguments)
    except _native.RecordError as error:
        raise MyPreferencesError.from_json(*error.args) from None


def run(call: Call, cancel_token: CancelToken | None, teller: Teller | None = None) -> Any:
    """Runs a call to its end on this thread."""
    cancel = CancelToken() if cancel_token is None else cancel_token
    with contextlib.nullcontext() if teller is None else teller:
        ok, value, interrupted = raising(call.run, cancel, LOGGER.isEnabledFor(logging.DEBUG))
    error = None if ok else MyPreferencesError.from_json(*value)
    if interrupted is not None:
        raise interrupted from error
    if teller is not None and teller.error is not None:
        raise teller.error from error
    if error is not None:
        raise error
    return value


async def awaited(
    call: Call, cancel_token: CancelToken | None, teller: Teller | None = None, bound: float = _CANCEL_BOUND
) -> Any:
    """Runs a call to its end while other tasks run."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[bool, Any]] = loop.create_future()

    def arrive(ok: bool, value: Any) -> None:
        if not done.done():
            done.set_result((ok, value))

    def tell() -> None:
        if call.tell():
            started.cancel()

    # Both come from a thread of the runtime. A loop that is closed waits for nothing any more.
    def wake() -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell)

    def complete(ok: bool, value: Any) -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(arrive, ok, value)

    with contextlib.nullcontext() if teller is None else teller:
        cancel = CancelToken() if cancel_token is None else cancel_token
        started: _native.Started = raising(call.start, cancel, LOGGER.isEnabledFor(logging.DEBUG), wake, complete)
        try:
            ok, value = await asyncio.shield(done)
        except asyncio.CancelledError as cancelled:
            started.cancel()
            # A cancelled call ends soon, and its record says what was sent.
            with contextlib.suppress(asyncio.TimeoutError):
                ok, value = await asyncio.wait_for(asyncio.shield(done), bound)
                if not ok:
                    raise cancelled from MyPreferencesError.from_json(*value)
            raise
        finally:
            # What was told last is told before the call has ended.
            call.tell()
    error = None if ok else MyPreferencesError.from_json(*value)
    if teller is not None and teller.error is not None:
        raise teller.error from error
    if error is not None:
        raise error
    return value

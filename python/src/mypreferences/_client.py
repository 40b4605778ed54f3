"""The two clients. They check types, call ``_native`` and turn records into objects; behaviour lives in the core."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypedDict

from mypreferences import _native
from mypreferences._errors import MyPreferencesError
from mypreferences._native import CancelToken
from mypreferences._records import CommitReceipt, ExportStatus, Resolution

if TYPE_CHECKING:
    # For type checkers only, which know them for every Python; 3.10 has neither.
    from typing_extensions import Self, Unpack

_LOGGER = logging.getLogger("mypreferences")
_EXIT_BOUND = 2.0
"""Seconds that the end of the interpreter waits for our threads."""
_CANCEL_BOUND = 1.0
"""Seconds that a cancelled task waits for the record of its call."""

atexit.register(_native.shutdown, _EXIT_BOUND)

Duration = float | timedelta
"""Seconds, or a ``timedelta``."""


class Settings(TypedDict, total=False):
    """Every setting beside ``client_id`` and ``credentials``. Durations are seconds or ``timedelta``."""

    base_url: str
    environment: str
    surface: str
    kind: str
    commit_path: str
    status_path: str
    page_path: str
    hmac_hash: str
    timestamp_format: str
    connect_timeout: Duration
    first_byte_timeout: Duration
    body_timeout: Duration
    timeout: Duration
    send_window: Duration
    resolve_timeout: Duration
    settle: Duration
    quiet: Duration
    max_attempts: int
    backoff_base: Duration
    throttle_base: Duration
    backoff_cap: Duration
    max_retry_after: Duration
    strict: bool
    preflight: bool
    pool_idle_timeout: Duration
    tcp_keepalive: Duration
    max_control_body: int
    max_page_body: int
    ca_file: str | os.PathLike[str]
    ca_only: bool
    client_cert: str | os.PathLike[str]
    client_key: str | os.PathLike[str]
    proxy: str
    http2: bool


class Credentials:
    """What to authorise with. ``repr`` shows the sort only; refuses to be pickled."""

    __slots__ = ("_sort", "_texts")

    def __init__(self, sort: str, texts: list[str | None]) -> None:
        """Use :meth:`hmac`, :meth:`oauth`, :meth:`bearer` or :meth:`verbatim`."""
        self._sort = sort
        self._texts = texts

    @staticmethod
    def hmac(
        user_id: str, secret: str | None = None, *, secret_file: str | os.PathLike[str] | None = None
    ) -> Credentials:
        """PNAUTHINFO3 with a keyed hash. A captured header of it is good for 15 minutes: treat it as a key.

        ``secret_file`` names a file with the secret, readable by its owner alone; it is read again when it changed.
        """
        return Credentials("hmac", [_text("user_id", user_id), *_secret("secret", secret, secret_file)])

    @staticmethod
    def oauth(
        *,
        token_url: str,
        client_id: str,
        client_secret: str | None = None,
        client_secret_file: str | os.PathLike[str] | None = None,
        user_id: str | None = None,
        scope: str | None = None,
        client_auth: str = "basic",
    ) -> Credentials:
        """OAuth 2.0 client credentials: the client asks for tokens and renews them.

        ``client_id`` is the OAuth client's, not the account's. ``user_id`` is the API user; the scope is made from it
        as ``{client_id of the account}/{user_id}``, unless ``scope`` is given. ``client_auth`` says where id and
        secret stand in the request for a token: ``basic``, in its header, or ``body``. ``client_secret_file`` is as
        ``secret_file`` of :meth:`hmac`.
        """
        texts = [
            _text("token_url", token_url),
            _text("client_id", client_id),
            *_secret("client_secret", client_secret, client_secret_file),
            None if user_id is None else _text("user_id", user_id),
            None if scope is None else _text("scope", scope),
            _text("client_auth", client_auth),
        ]
        return Credentials("oauth", texts)

    @staticmethod
    def bearer(token: str) -> Credentials:
        """An OAuth 2.0 bearer token that the caller renews."""
        return Credentials("bearer", [_text("token", token, shown=False)])

    @staticmethod
    def verbatim(authorization: str) -> Credentials:
        """The whole value of the ``Authorization`` header, sent as it is."""
        return Credentials("verbatim", [_text("authorization", authorization, shown=False)])

    def __repr__(self) -> str:
        return f"Credentials({self._sort}, ***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials hold a secret and cannot be pickled; make them anew where they are needed")

    def _native(self) -> tuple[str, list[str | None]]:
        return (self._sort, self._texts)


def _text(name: str, value: object, *, shown: bool = True) -> str:
    if isinstance(value, str):
        return value
    got = f", got {value!r}" if shown else ""
    raise TypeError(f"{name} must be a str{got} ({type(value).__name__}); pass text")


def _secret(name: str, secret: object, file: object) -> tuple[str | None, str | None]:
    """The secret or its file: one of the two."""
    if (secret is None) == (file is None):
        raise TypeError(f"pass {name} or {name}_file, one of the two")
    if file is None:
        return (_text(name, secret, shown=False), None)
    if isinstance(file, (str, os.PathLike)):
        return (None, os.fsdecode(file))  # pyright: ignore[reportUnknownArgumentType]
    raise TypeError(f"{name}_file must be a path, got {type(file).__name__}; pass a str or a pathlib.Path")


def _setting(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return f"{value.total_seconds()!r}s"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:f}"
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)  # pyright: ignore[reportUnknownArgumentType]
    raise TypeError(f"{name} cannot be {value!r} ({type(value).__name__}); pass a str, a number, a bool or a timedelta")


def _texts(settings: Mapping[str, object]) -> list[tuple[str, str]]:
    unknown = settings.keys() - Settings.__annotations__.keys()
    if unknown:
        raise TypeError(f"there is no setting {sorted(unknown)[0]!r}; pass one of {sorted(Settings.__annotations__)}")
    return [(name, _setting(name, value)) for name, value in settings.items() if value is not None]


def _token(access_token: object) -> str:
    # A bool is an int in Python, but no token.
    if isinstance(access_token, bool) or not isinstance(access_token, (int, str)):
        raise TypeError(
            f"access_token must be an int or a str of digits, got {type(access_token).__name__}; "
            "pass the integer that Initiate returned"
        )
    return str(access_token)


def _keep_files(keep_files: object) -> bool:
    if not isinstance(keep_files, bool):
        raise TypeError(
            f"keep_files must be True or False, got {keep_files!r} ({type(keep_files).__name__}); "
            "False deletes the export files on the server"
        )
    return keep_files


def _seconds(timeout: Duration | None) -> float | None:
    return timeout.total_seconds() if isinstance(timeout, timedelta) else timeout


def _log(operation: str, n: int, sent: str, status: int | None, kind: str | None, elapsed: float, url: str) -> None:
    _LOGGER.debug(
        "%s %d: %s%s%s in %.3f s (%s)",
        operation,
        n,
        sent,
        "" if status is None else f" {status}",
        "" if kind is None else f" {kind}",
        elapsed,
        url,
    )


class _Base:
    _BLOCKING: ClassVar[bool]

    def __init__(self, *, client_id: str, credentials: Credentials, **settings: Unpack[Settings]) -> None:
        if not isinstance(credentials, Credentials):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"credentials must be Credentials, got {type(credentials).__name__}; "
                "pass Credentials.hmac(user_id, secret)"
            )
        texts = [("client_id", _text("client_id", client_id)), *_texts(settings)]
        self._native: _native.NativeClient = _raising(
            _native.NativeClient,
            texts,
            credentials._native(),  # pyright: ignore[reportPrivateUsage]
            _log,
            self._BLOCKING,
        )

    @classmethod
    def from_env(
        cls,
        *,
        profile: str | None = None,
        environ: Mapping[str, str] | None = None,
        client_id: str | None = None,
        **settings: Unpack[Settings],
    ) -> Self:
        """From arguments, then ``MYPREFERENCES_`` variables, then a profile of the configuration file, then defaults.

        These are the command's rules: ``mypreferences config show`` lists every name, its value and where it came
        from. ``profile`` beats ``MYPREFERENCES_PROFILE``; without either, ``[profile.default]`` counts where there is
        one. ``environ`` stands for ``os.environ``.
        """
        texts = _texts(settings)
        if client_id is not None:
            texts.append(("client_id", _text("client_id", client_id)))
        client = cls.__new__(cls)
        client._native = _raising(
            _native.NativeClient.from_env,
            list((os.environ if environ is None else environ).items()),
            None if profile is None else _text("profile", profile),
            texts,
            _log,
            cls._BLOCKING,
        )
        return client

    def close(self) -> None:
        """Closes the client and cancels its calls. Twice is the same as once."""
        self._native.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._native.is_closed()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{repr(self._native).removeprefix('Client')}"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds a secret and connections and cannot be pickled; make one in each process"
        )


def _raising(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except _native.RecordError as error:
        raise MyPreferencesError.from_json(error.args[0]) from None


class Client(_Base):
    """A synchronous client of one MyPreferences account. Thread-safe; use it as a context manager.

    Calls release the interpreter for their whole length and answer Ctrl-C promptly: the request is cancelled, and the
    ``KeyboardInterrupt`` has the record as its ``__cause__``. A client made before ``fork`` raises
    :class:`ForkedProcessError` in the child; a new one works there.
    """

    _BLOCKING = True

    def commit(
        self,
        access_token: int | str,
        *,
        keep_files: bool,
        kind: str | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> CommitReceipt:
        """Acknowledges a retrieval: marks it finished, expires the token and, unless ``keep_files``, deletes the files.

        Before you call it: the pages were read with ``keepAlive=true`` (the vendor's own precondition), and the data is
        safe on your side. Without ``keep_files`` there is no other copy afterwards.
        """
        arguments = ("commit", _token(access_token), _keep_files(keep_files))
        return CommitReceipt.from_json(self._run(*arguments, kind, timeout, cancel_token))

    def resolve_commit(
        self,
        access_token: int | str,
        *,
        kind: str | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> Resolution:
        """Asks whether a token was committed, without sending a commit."""
        arguments = ("resolve_commit", _token(access_token), False)
        return Resolution.from_json(self._run(*arguments, kind, timeout, cancel_token))

    def status(
        self,
        access_token: int | str,
        *,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> ExportStatus:
        """Asks the status of an export. Temporary failures are tried again."""
        arguments = ("status", _token(access_token), False)
        return ExportStatus.from_json(self._run(*arguments, None, timeout, cancel_token))

    def _run(
        self,
        operation: str,
        token: str,
        keep_files: bool,
        kind: str | None,
        timeout: Duration | None,
        cancel_token: CancelToken | None,
    ) -> str:
        ok, record, interrupted = _raising(
            self._native.run,
            operation,
            token,
            keep_files,
            kind,
            _seconds(timeout),
            CancelToken() if cancel_token is None else cancel_token,
            _LOGGER.isEnabledFor(logging.DEBUG),
        )
        error = None if ok else MyPreferencesError.from_json(record)
        if interrupted is not None:
            raise interrupted from error
        if error is not None:
            raise error
        return record

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Base):
    """An asynchronous client of one MyPreferences account, for asyncio and uvloop. Use it as an async context manager.

    Cancelling the task cancels the request; the ``CancelledError`` is asyncio's own, and has the record as its
    ``__cause__``.
    """

    _BLOCKING = False

    async def commit(
        self,
        access_token: int | str,
        *,
        keep_files: bool,
        kind: str | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> CommitReceipt:
        """As :meth:`Client.commit`: the same precondition, the same verdict."""
        arguments = ("commit", _token(access_token), _keep_files(keep_files))
        return CommitReceipt.from_json(await self._run(*arguments, kind, timeout, cancel_token))

    async def resolve_commit(
        self,
        access_token: int | str,
        *,
        kind: str | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> Resolution:
        """As :meth:`Client.resolve_commit`."""
        arguments = ("resolve_commit", _token(access_token), False)
        return Resolution.from_json(await self._run(*arguments, kind, timeout, cancel_token))

    async def status(
        self,
        access_token: int | str,
        *,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> ExportStatus:
        """As :meth:`Client.status`."""
        arguments = ("status", _token(access_token), False)
        return ExportStatus.from_json(await self._run(*arguments, None, timeout, cancel_token))

    async def _run(
        self,
        operation: str,
        token: str,
        keep_files: bool,
        kind: str | None,
        timeout: Duration | None,
        cancel_token: CancelToken | None,
    ) -> str:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[bool, str]] = loop.create_future()

        def arrive(ok: bool, record: str) -> None:
            if not done.done():
                done.set_result((ok, record))

        def complete(ok: bool, record: str) -> None:
            # From a thread of the runtime. A loop that is closed waits for nothing any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(arrive, ok, record)

        started: _native.Started = _raising(
            self._native.start,
            operation,
            token,
            keep_files,
            kind,
            _seconds(timeout),
            CancelToken() if cancel_token is None else cancel_token,
            _LOGGER.isEnabledFor(logging.DEBUG),
            complete,
        )
        try:
            ok, record = await asyncio.shield(done)
        except asyncio.CancelledError as cancelled:
            started.cancel()
            # A cancelled call ends at once, and its record says what was sent.
            with contextlib.suppress(asyncio.TimeoutError):
                ok, record = await asyncio.wait_for(asyncio.shield(done), _CANCEL_BOUND)
                if not ok:
                    raise cancelled from MyPreferencesError.from_json(record)
            raise
        if not ok:
            raise MyPreferencesError.from_json(record)
        return record

    async def aclose(self) -> None:
        """Closes the client and cancels its calls."""
        self.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


__all__ = ["AsyncClient", "CancelToken", "Client", "Credentials"]

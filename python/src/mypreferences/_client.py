"""The two clients. They check types, call ``_native`` and turn records into objects; behaviour lives in the core."""

from __future__ import annotations

import atexit
import os
import warnings
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, TypedDict, cast

from mypreferences import _arguments, _calls, _native, _progress
from mypreferences._arguments import Duration
from mypreferences._export import AsyncExport, Export, Landed, native_export, native_sealed
from mypreferences._native import CancelToken, Sealed
from mypreferences._records import BatchReceipt, CommitReceipt, ExportStatus
from mypreferences._resolution import Resolution
from mypreferences._settings import Settings

if TYPE_CHECKING:
    # For type checkers only, which know them for every Python; 3.10 has neither.
    from typing_extensions import Self, Unpack

_EXIT_BOUND = 2.0
"""Seconds that the end of the interpreter waits for our threads."""

atexit.register(_native.shutdown, _EXIT_BOUND)


Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""A path, or several: files, patterns, folders."""

Kind = Literal["segment", "segment-group", "schedule", "cid"]
"""What was exported."""


class What(TypedDict, total=False):
    """What to export: exactly one of ``segment``, ``segment_group``, ``schedule`` and ``cids``, and how much of it."""

    segment: str
    segment_group: str
    schedule: str
    cids: Iterable[str]
    last_date_time: str | datetime
    """Only what changed since. A text, or a ``datetime`` with a time zone."""
    match_criteria: str
    """``ProfileId``, ``AlternateId``, ``PhoneNumber`` or ``EmailAddress``."""
    match_type: str
    """With ``AlternateId``: the type of the ids."""
    values: Iterable[str]
    """The values to match."""
    callback_url: str
    """Where the service posts the status."""
    start_date: str | date
    """First day, with ``end_date`` or without both."""
    end_date: str | date
    channels: Iterable[str]
    """Of customers."""


class HowToLand(TypedDict, total=False):
    """How an export is landed."""

    compression: Literal["none", "zstd"]
    format: Literal["ndjson", "parquet"]
    """Lines of JSON, or Parquet files that hold the same records."""
    shape: Literal["typed", "json"]
    """Of Parquet: nested values as lists and structs, or as the server's JSON."""
    record: Literal["keep", "drop"]
    """Of Parquet: a column with the record as the server sent it; without it what the columns do not hold is lost."""
    limit: int
    """Records a page: 1,000."""
    max_wait: Duration
    """Until the export is ready: 24 hours."""
    max_memory: int
    """Bytes for pages: 64 MiB."""
    part_bytes: int
    """Bytes of a file: 64 MiB."""


class HowToExport(What, HowToLand, total=False):
    """What to export, how it is landed, and what comes after."""

    keep_files: bool
    """Whether the server keeps its copy after the commit. Required, unless ``commit="never"``."""
    commit: Literal["never", "after_seal"]
    since: str | datetime
    """A moment, or ``"auto"``: what changed since the newest batch of the folder; everything when there is none."""
    overlap: Duration
    """So much before the newest batch does ``"auto"`` begin: 5 minutes."""


_NOTHING: dict[str, Any] = dict.fromkeys(What.__annotations__)


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
        return Credentials("hmac", [_arguments.text("user_id", user_id), *_secret("secret", secret, secret_file)])

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
            _arguments.text("token_url", token_url),
            _arguments.text("client_id", client_id),
            *_secret("client_secret", client_secret, client_secret_file),
            None if user_id is None else _arguments.text("user_id", user_id),
            None if scope is None else _arguments.text("scope", scope),
            _arguments.text("client_auth", client_auth),
        ]
        return Credentials("oauth", texts)

    @staticmethod
    def bearer(token: str) -> Credentials:
        """An OAuth 2.0 bearer token that the caller renews."""
        return Credentials("bearer", [_arguments.text("token", token, shown=False)])

    @staticmethod
    def verbatim(authorization: str) -> Credentials:
        """The whole value of the ``Authorization`` header, sent as it is."""
        return Credentials("verbatim", [_arguments.text("authorization", authorization, shown=False)])

    def __repr__(self) -> str:
        return f"Credentials({self._sort}, ***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials hold a secret and cannot be pickled; make them anew where they are needed")

    def _native(self) -> tuple[str, list[str | None]]:
        return (self._sort, self._texts)


def _secret(name: str, secret: object, file: object) -> tuple[str | None, str | None]:
    """The secret or its file: one of the two."""
    if (secret is None) == (file is None):
        raise TypeError(f"pass {name} or {name}_file, one of the two")
    if file is None:
        return (_arguments.text(name, secret, shown=False), None)
    return (None, _arguments.path(f"{name}_file", file))


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
    # Its value stays out of the message: a proxy's may hold a password.
    raise TypeError(f"{name} cannot be of {type(value).__name__}; pass a str, a number, a bool or a timedelta")


def _texts(settings: Mapping[str, object]) -> list[tuple[str, str]]:
    for old in [name for name in settings if _native.renamed(name) is not None]:
        new = _native.renamed(old) or old
        warnings.warn(f"{old} is now {new}; it is read in this version only", DeprecationWarning, stacklevel=3)
        # Who gives both means the new one, as in the environment.
        settings = {new: settings[old]} | {name: value for name, value in settings.items() if name != old}
    unknown = settings.keys() - Settings.__annotations__.keys()
    if unknown:
        raise TypeError(f"there is no setting {sorted(unknown)[0]!r}; pass one of {sorted(Settings.__annotations__)}")
    return [(name, _setting(name, value)) for name, value in settings.items() if value is not None]


def _order(what: What) -> _arguments.Order:
    unknown = what.keys() - _NOTHING.keys()
    if unknown:
        raise TypeError(f"there is no argument {sorted(unknown)[0]!r}; pass one of {sorted(_NOTHING)}")
    given: dict[str, Any] = {**_NOTHING, **what}
    return _arguments.order(**given)


def _log(operation: str, n: int, sent: str, status: int | None, kind: str | None, elapsed: float, url: str) -> None:
    _calls.LOGGER.debug(
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
        texts = [("client_id", _arguments.text("client_id", client_id)), *_texts(settings)]
        self._native: _native.NativeClient = _calls.raising(
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
            texts.append(("client_id", _arguments.text("client_id", client_id)))
        client = cls.__new__(cls)
        client._native = _calls.raising(
            _native.NativeClient.from_env,
            list((os.environ if environ is None else environ).items()),
            None if profile is None else _arguments.text("profile", profile),
            texts,
            _log,
            cls._BLOCKING,
        )
        return client

    def _commit(
        self, access_token: int | str, keep_files: bool, kind: Kind | None, timeout: Duration | None
    ) -> _calls.ClientCall:
        token, keep = _arguments.token(access_token), _arguments.keep_files(keep_files)
        return self._call(_native.Request.commit, token, keep, kind, _arguments.seconds(timeout))

    def _resolve(self, access_token: int | str, kind: Kind | None, timeout: Duration | None) -> _calls.ClientCall:
        token = _arguments.token(access_token)
        return self._call(_native.Request.resolve_commit, token, kind, _arguments.seconds(timeout))

    def _status(self, access_token: int | str, timeout: Duration | None) -> _calls.ClientCall:
        return self._call(_native.Request.status, _arguments.token(access_token), _arguments.seconds(timeout))

    def _initiate(self, what: What, timeout: Duration | None) -> _calls.ClientCall:
        return self._call(_native.Request.initiate, _order(what), _arguments.seconds(timeout))

    def _export(
        self, out: str | os.PathLike[str], how: HowToExport, progress: _progress.OnLanding
    ) -> tuple[_calls.ClientCall, _progress.Teller | None]:
        given: dict[str, Any] = {**how}
        landing = {name: given.pop(name, None) for name in (*HowToLand.__annotations__, "commit", "since", "overlap")}
        landing["keep"] = given.pop("keep_files", None)
        if landing["since"] is not None and given.get("last_date_time") is not None:
            raise TypeError("since and last_date_time say the same; pass since")
        teller = _progress.of_landing(progress)
        told = None if teller is None else teller.here
        order = _order(cast("What", given))
        return self._call(_native.Request.export, order, _arguments.landing(out=out, **landing), told), teller

    def _land(
        self, export: Export | AsyncExport, out: str | os.PathLike[str], how: HowToLand, progress: _progress.OnLanding
    ) -> tuple[_calls.ClientCall, _progress.Teller | None]:
        unknown = how.keys() - HowToLand.__annotations__.keys()
        if unknown:
            known = sorted(HowToLand.__annotations__)
            raise TypeError(f"there is no argument {sorted(unknown)[0]!r}; pass one of {known}")
        teller = _progress.of_landing(progress)
        told = None if teller is None else teller.here
        landing = _arguments.landing(out=out, **how)
        return self._call(_native.Request.land, native_export(export), landing, told), teller

    def _commit_landed(self, sealed: Sealed, keep_files: bool) -> _calls.ClientCall:
        return self._call(_native.Request.commit_landed, native_sealed(sealed), _arguments.keep_files(keep_files))

    def _commit_loaded(
        self,
        export: Export | AsyncExport | str,
        rows: int,
        keep_files: bool,
        sink: str | None,
        files: Paths | None,
    ) -> _calls.ClientCall:
        native = self._unwrapped(export) if isinstance(export, str) else native_export(export)
        return self._call(
            _native.Request.commit_loaded,
            native,
            _arguments.count("rows", rows),
            _arguments.keep_files(keep_files),
            _arguments.text_or_none("sink", sink),
            _arguments.paths("files", files),
        )

    def wrap(self, export: Export | AsyncExport) -> str:
        """The export as a text for state that others keep and show: a checkpoint, a task's log, a table. Whoever reads
        it there cannot read the access token; :meth:`unwrap` of a client of the same account can.

        Encrypted with a key from the setting ``handle_key`` or ``handle_key_file``, else from the secret of the
        credentials: set one of the two for handles that outlive a rotation of that secret. With it goes what this
        client knows of the export.
        """
        return _calls.raising(self._native.wrap, native_export(export))

    def _unwrapped(self, handle: str) -> _native.NativeExport:
        return _calls.raising(self._native.unwrap, _arguments.text("handle", handle, shown=False))

    def _call(self, request: Any, *arguments: Any) -> _calls.ClientCall:
        return _calls.ClientCall(self._native, _calls.raising(request, *arguments))

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


class Client(_Base):
    """A synchronous client of one MyPreferences account. Thread-safe; use it as a context manager.

    Calls release the interpreter for their whole length and answer Ctrl-C promptly: the request is cancelled, and the
    ``KeyboardInterrupt`` has the record as its ``__cause__``. A client made before ``fork`` raises
    :class:`ForkedProcessError` in the child; a new one works there.

    Progress callables and handlers of ``logging`` are called on the thread that makes the call, between its steps. They
    may take their time, wait for another thread, and use this client: their own call waits for them, no other one does.
    Progress that is overtaken meanwhile is left out, but no stage, no note and not the last state.
    """

    _BLOCKING = True

    def commit(
        self,
        access_token: int | str,
        *,
        keep_files: bool,
        kind: Kind | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> CommitReceipt:
        """Acknowledges a retrieval: marks it finished, expires the token and, unless ``keep_files``, deletes the files.

        Before you call it: the pages were read with ``keepAlive=true`` (the vendor's own precondition), and the data is
        safe on your side: you vouch for your own storage, where :meth:`commit_landed` has proof. Without ``keep_files``
        there is no other copy afterwards.
        """
        call = self._commit(access_token, keep_files, kind, timeout)
        return CommitReceipt.from_json(_calls.run(call, cancel_token))

    def resolve_commit(
        self,
        access_token: int | str,
        *,
        kind: Kind | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> Resolution:
        """Asks whether a token was committed, without sending a commit."""
        return Resolution.from_json(_calls.run(self._resolve(access_token, kind, timeout), cancel_token))

    def status(
        self,
        access_token: int | str,
        *,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> ExportStatus:
        """Asks the status of an export. Temporary failures are tried again."""
        return ExportStatus.from_json(_calls.run(self._status(access_token, timeout), cancel_token))

    def initiate(
        self, *, timeout: Duration | None = None, cancel_token: CancelToken | None = None, **what: Unpack[What]
    ) -> Export:
        """Starts an export: ``segment``, ``segment_group`` or ``schedule`` by name, or customers by ``cids``.

        Sends one POST when all goes well; again only what was surely not taken. A lost answer is
        :class:`OutcomeUnknownError`: initiate again, and an export that it may have started expires unread.
        """
        return Export(_calls.run(self._initiate(what, timeout), cancel_token), self._native)

    def export(
        self,
        *,
        out: str | os.PathLike[str],
        progress: _progress.OnLanding = "auto",
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToExport],
    ) -> Landed:
        """Lands an export in the folder ``out`` and commits it: initiate, wait, pages, seal, commit.

        The commit comes last, when the batch is durable and whole. Whatever stopped an earlier call, Ctrl-C and a crash
        too, the same call continues it; a finished one is not done again.

        What to export is said as in :meth:`initiate`; ``keep_files`` must be given, unless ``commit="never"``. With
        ``since="auto"`` each finished call begins a new batch.

        ``progress`` is called with a :class:`LandingProgress` from this thread. ``"auto"`` is a bar where standard
        error is a terminal and tqdm is installed, else lines of the log. What a callable raises ends the call and is
        raised by it.
        """
        call, teller = self._export(out, how, progress)
        return Landed.of(_calls.run(call, cancel_token, teller))

    def land(
        self,
        export: Export,
        out: str | os.PathLike[str],
        *,
        progress: _progress.OnLanding = "auto",
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToLand],
    ) -> Landed:
        """Lands an export that was initiated before, here or in another process. :meth:`commit_landed` commits it.

        The arguments are those of :meth:`export`.
        """
        call, teller = self._land(export, out, how, progress)
        return Landed.of(_calls.run(call, cancel_token, teller))

    def commit_landed(
        self, sealed: Sealed, *, keep_files: bool, cancel_token: CancelToken | None = None
    ) -> BatchReceipt:
        """Commits a sealed batch: the order that cannot lose data. Asks status first, and after a lost answer what
        became of it; a batch that is committed gives its receipt, and sends nothing.

        ``sealed`` comes from :attr:`Landed.sealed` or a :class:`Folder`. What is not sealed, and what changed on disk
        since, is :class:`NotSealedError` or :class:`CorruptError`, and nothing is sent.
        """
        return BatchReceipt.from_json(_calls.run(self._commit_landed(sealed, keep_files), cancel_token))

    def commit_loaded(
        self,
        export: Export | str,
        *,
        rows: int,
        keep_files: bool,
        sink: str | None = None,
        files: Paths | None = None,
        cancel_token: CancelToken | None = None,
    ) -> BatchReceipt:
        """Commits an export that was loaded elsewhere than in a folder of this client: a database, a lake, a warehouse.

        ``export`` is an export, or what :meth:`wrap` gave. ``rows`` is what a read-back **from there** counts; a count
        from before the sink proves nothing. It must equal ``TotalResults``, which the client asks for where no page has
        told it, else :class:`CountMismatchError`. ``files`` are made durable and hashed, and their folders: a path,
        patterns, folders. Then as :meth:`commit_landed`: status first, and a lost answer is resolved. The same call
        again, from any process, sends nothing and says how it ended. ``sink`` is for the receipt.
        """
        call = self._commit_loaded(export, rows, keep_files, sink, files)
        return BatchReceipt.from_json(_calls.run(call, cancel_token))

    def unwrap(self, handle: str) -> Export:
        """The export that :meth:`wrap` made a text of, here or in another process."""
        return Export(self._unwrapped(handle), self._native)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Base):
    """An asynchronous client of one MyPreferences account, for asyncio and uvloop. Use it as an async context manager.

    Cancelling the task cancels the request; the ``CancelledError`` is asyncio's own, and has the record as its
    ``__cause__``. (Whoever awaits a cancelled task gets another one from Python 3.10, with this as its
    ``__context__``.)

    Progress callables and handlers of ``logging`` are called on the loop's thread, between its other tasks: what they
    do holds up this loop, as anything that does not await, and no call of another thread or loop.
    """

    _BLOCKING = False

    async def commit(
        self,
        access_token: int | str,
        *,
        keep_files: bool,
        kind: Kind | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> CommitReceipt:
        """As :meth:`Client.commit`: the same precondition, the same verdict."""
        call = self._commit(access_token, keep_files, kind, timeout)
        return CommitReceipt.from_json(await _calls.awaited(call, cancel_token))

    async def resolve_commit(
        self,
        access_token: int | str,
        *,
        kind: Kind | None = None,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> Resolution:
        """As :meth:`Client.resolve_commit`."""
        return Resolution.from_json(await _calls.awaited(self._resolve(access_token, kind, timeout), cancel_token))

    async def status(
        self,
        access_token: int | str,
        *,
        timeout: Duration | None = None,
        cancel_token: CancelToken | None = None,
    ) -> ExportStatus:
        """As :meth:`Client.status`."""
        return ExportStatus.from_json(await _calls.awaited(self._status(access_token, timeout), cancel_token))

    async def initiate(
        self, *, timeout: Duration | None = None, cancel_token: CancelToken | None = None, **what: Unpack[What]
    ) -> AsyncExport:
        """As :meth:`Client.initiate`."""
        return AsyncExport(await _calls.awaited(self._initiate(what, timeout), cancel_token), self._native)

    async def export(
        self,
        *,
        out: str | os.PathLike[str],
        progress: _progress.OnLanding = "auto",
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToExport],
    ) -> Landed:
        """As :meth:`Client.export`; ``progress`` is called on the loop's thread."""
        call, teller = self._export(out, how, progress)
        return Landed.of(await _calls.awaited(call, cancel_token, teller, _calls.LANDING_CANCEL_BOUND))

    async def land(
        self,
        export: AsyncExport,
        out: str | os.PathLike[str],
        *,
        progress: _progress.OnLanding = "auto",
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToLand],
    ) -> Landed:
        """As :meth:`Client.land`; ``progress`` is called on the loop's thread."""
        call, teller = self._land(export, out, how, progress)
        return Landed.of(await _calls.awaited(call, cancel_token, teller, _calls.LANDING_CANCEL_BOUND))

    async def commit_landed(
        self, sealed: Sealed, *, keep_files: bool, cancel_token: CancelToken | None = None
    ) -> BatchReceipt:
        """As :meth:`Client.commit_landed`."""
        return BatchReceipt.from_json(await _calls.awaited(self._commit_landed(sealed, keep_files), cancel_token))

    async def commit_loaded(
        self,
        export: AsyncExport | str,
        *,
        rows: int,
        keep_files: bool,
        sink: str | None = None,
        files: Paths | None = None,
        cancel_token: CancelToken | None = None,
    ) -> BatchReceipt:
        """As :meth:`Client.commit_loaded`."""
        call = self._commit_loaded(export, rows, keep_files, sink, files)
        return BatchReceipt.from_json(await _calls.awaited(call, cancel_token))

    def unwrap(self, handle: str) -> AsyncExport:
        """As :meth:`Client.unwrap`."""
        return AsyncExport(self._unwrapped(handle), self._native)

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

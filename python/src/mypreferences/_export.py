"""What surrounds a commit: the handle of an export, its pages and records, and what was landed of it."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypedDict

from mypreferences import _arguments, _calls, _native, _progress
from mypreferences._arguments import Duration
from mypreferences._arrow import ArrowBatch, ArrowStream, RecordColumn, Shape
from mypreferences._errors import refused
from mypreferences._native import CancelToken, Sealed
from mypreferences._records import BatchReceipt, ExportStatus, Verified
from mypreferences._report import Report

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Page:
    """One page of an export, as the server sent it."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.NativePage) -> None:
        """Made by :meth:`Export.pages`."""
        self._native = native

    @property
    def raw(self) -> memoryview:
        """The whole body, read-only and without a copy. It stays good when the page is gone."""
        try:
            import ctypes
        except ImportError:
            return memoryview(self._native.copied())
        address, length = self._native.place()
        lent = (ctypes.c_ubyte * length).from_address(address)
        # The view keeps what it is of, and that keeps the page, whose bytes never move.
        lent.page = self._native  # pyright: ignore[reportAttributeAccessIssue]
        return memoryview(lent).toreadonly().cast("B")

    @property
    def count(self) -> int:
        """``Count``: records of this page, as the server says."""
        return self._native.count

    @property
    def has_more(self) -> bool:
        """``HasMore``."""
        return self._native.has_more

    @property
    def offset(self) -> int | None:
        """``Offset``: the place of the first record, from 1; ``None`` when the server does not repeat it."""
        return self._native.offset

    @property
    def total_results(self) -> int | None:
        """``TotalResults``, when the server tells it."""
        return self._native.total_results

    def records(self) -> Iterator[Any]:
        """The records, read when they are asked for, a few dozen at a time: dicts, with whole numbers of any size.

        Rows of a schedule are lists, whose columns :meth:`others` names.
        """
        return chain.from_iterable(map(json.loads, self._native.records("array")))

    def raw_records(self) -> Iterator[bytes]:
        """The records as the server's own bytes, which are JSON: nothing is read, so nothing is lost."""
        return self._native.records("bytes")

    def lines(self) -> Iterator[bytes]:
        """The records for a file of one a line, without line ends: :meth:`raw_records`, without the white space
        between tokens where there are line breaks."""
        return self._native.records("line")

    def others(self) -> list[tuple[str, bytes]]:
        """The members that are neither records nor counts, each with its JSON: column headers of a schedule,
        ``Messages`` of customers, unknown ones."""
        return self._native.others()

    def arrow(self, *, shape: Shape = "typed", record: RecordColumn = "keep") -> ArrowBatch:
        """The records as a batch of Arrow: ``pyarrow.record_batch(page.arrow())``. See :class:`ArrowStream`."""
        return ArrowBatch(self._native, shape, record)

    def __repr__(self) -> str:
        return (
            f"Page(count={self.count}, offset={self.offset}, has_more={self.has_more}, "
            f"total_results={self.total_results})"
        )


@dataclass(frozen=True)
class Expect:
    """What the pages of a range have to be, so that it joins its neighbours."""

    total: int | None = None
    """``TotalResults`` of the export."""
    first: str | None = None
    """The digest of the first record, from :meth:`Export.boundaries`."""
    last: str | None = None
    """The digest of the last record."""


class HowToRead(TypedDict, total=False):
    """Which pages of an export are read, and how."""

    limit: int
    """Records a page: 1,000."""
    offset: int
    """The first record, from 1."""
    until: int
    """The last record: a range, which other tasks read the rest of. Its pages are checked more than others: none came
    before, none begins with the record that the one before it ended with, and all of them come."""
    expect: Expect
    """What the range has to be; :class:`CountMismatchError` where it is not. Checked as ``until`` says, too."""
    patience: Duration
    """How long a page bears temporary failures, up to 24 hours: not at all."""


class _OpenClient(Protocol):
    """A :class:`Client` or an :class:`AsyncClient`."""

    @property
    def _native(self) -> _native.NativeClient: ...


def _wanted(how: HowToRead) -> _arguments.Reading:
    unknown = how.keys() - HowToRead.__annotations__.keys()
    if unknown:
        known = sorted(HowToRead.__annotations__)
        raise TypeError(f"there is no argument {sorted(unknown)[0]!r}; pass one of {known}")
    expect = how.get("expect") or Expect()
    return {
        "limit": _arguments.number("limit", how.get("limit")),
        "offset": _arguments.number("offset", how.get("offset")),
        "until": _arguments.number("until", how.get("until")),
        "patience": _arguments.seconds(how.get("patience")),
        "expect_total": _arguments.number("total", expect.total),
        "expect_first": _arguments.text_or_none("first", expect.first),
        "expect_last": _arguments.text_or_none("last", expect.last),
    }


class _Handle:
    __slots__ = ("_client", "_native")

    def __init__(self, native: _native.NativeExport, client: _native.NativeClient) -> None:
        """Made by ``initiate`` and ``from_json``."""
        self._native = native
        self._client = client

    @property
    def access_token(self) -> int:
        """The token that Initiate returned: for ``commit``, where you vouch for your own storage."""
        return self._native.access_token

    @property
    def watermark(self) -> datetime:
        """The server's time just before Initiate was sent, never later: minus an overlap, the ``last_date_time`` of the
        next export."""
        return datetime.fromtimestamp(self._native.watermark, timezone.utc)

    @property
    def since(self) -> datetime | None:
        """``LastDateTime`` as it was asked for: the export holds what changed since; ``None`` for everything. A
        retrieval that is given up begins again from there."""
        since = self._native.since
        return None if since is None else datetime.fromtimestamp(since, timezone.utc)

    def to_json_with_token(self) -> str:
        """The handle for another process or a later task, **with the access token**; ``from_json`` reads it back.

        Whoever has the token and the credentials can read this export and commit it: keep the text where only those
        can read it who may. ``repr`` hides the token, and pickling is refused, because frameworks pickle arguments
        into places that nobody thinks of.
        """
        return self._native.to_json_with_token()

    def __repr__(self) -> str:
        return repr(self._native)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"an {type(self).__name__} holds an access token and cannot be pickled; "
            "hand on client.wrap(export), which shows nothing, and read it with client.unwrap()"
        )

    def _pages(self, how: HowToRead) -> _native.NativePages:
        return _calls.raising(_native.NativePages, self._client, self._native, _wanted(how))

    def arrow(
        self,
        *,
        shape: Shape = "typed",
        record: RecordColumn = "keep",
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> ArrowStream:
        """The records as a table of Arrow, one batch a page: see :class:`ArrowStream`. Reads nothing yet.

        ``shape="json"`` leaves lists and objects as the server's JSON text; ``record="drop"`` leaves out the column
        with the record's own bytes. With an asynchronous client consume it on another thread
        (``asyncio.to_thread(pyarrow.table, export.arrow())``): its consumer waits for the network.
        """
        cancel = CancelToken() if cancel_token is None else cancel_token
        return ArrowStream(
            _calls.raising(
                _native.NativeArrow.of_pages, self._client, self._native, _wanted(how), cancel, shape, record
            )
        )

    def _boundaries(self, places: Iterable[int]) -> _calls.ClientCall:
        numbers = _arguments.numbers("places", places)
        return _calls.ClientCall(self._client, _calls.raising(_native.Request.boundaries, self._native, numbers))

    def _wait(self, max_wait: Duration | None, told: Any) -> _calls.ClientCall:
        seconds = _arguments.seconds(max_wait)
        request = _calls.raising(_native.Request.wait, self._native, seconds, told)
        return _calls.ClientCall(self._client, request)


def native_export(export: object) -> _native.NativeExport:
    if isinstance(export, _Handle):
        return export._native  # pyright: ignore[reportPrivateUsage]
    raise TypeError(f"export must be an Export, got {type(export).__name__}; pass what initiate or from_json gave")


def native_sealed(sealed: object) -> Sealed:
    """The proof; for what comes before one in the order of things, the error of that order."""
    if isinstance(sealed, Sealed):
        return sealed
    if isinstance(sealed, (_Handle, Page, Folder)):
        raise refused(
            "not_sealed",
            "commit",
            f"{type(sealed).__name__} is no proof that a batch is sealed",
            "pass landed.sealed, or one of Folder(out).sealed(); nothing was sent",
        )
    raise TypeError(
        f"sealed must be Sealed, got {type(sealed).__name__}; pass landed.sealed, or one of Folder(out).sealed()"
    )


class Pages(Iterator[Page]):
    """The pages of an export that are still to come, one request each, retried while a failure is temporary.

    After an error ``next`` asks for the same page again. Letting go of it, or :meth:`close`, ends the transfer.
    """

    def __init__(self, native: _native.NativePages, cancel_token: CancelToken | None) -> None:
        """Made by :meth:`Export.pages`."""
        self._native = native
        self._cancel_token = cancel_token

    def __next__(self) -> Page:
        page = _calls.run(self._native, self._cancel_token)
        if page is None:
            raise StopIteration
        return Page(page)

    def close(self) -> None:
        """Ends the transfer, also from another thread. Twice is the same as once."""
        self._native.close()

    def __enter__(self) -> Pages:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncPages(AsyncIterator[Page]):
    """As :class:`Pages`, for ``async for``."""

    def __init__(self, native: _native.NativePages, cancel_token: CancelToken | None) -> None:
        """Made by :meth:`AsyncExport.pages`."""
        self._native = native
        self._cancel_token = cancel_token

    async def __anext__(self) -> Page:
        page = await _calls.awaited(self._native, self._cancel_token)
        if page is None:
            raise StopAsyncIteration
        return Page(page)

    async def aclose(self) -> None:
        """Ends the transfer. Twice is the same as once."""
        self._native.close()

    async def __aenter__(self) -> AsyncPages:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._native.close()


class Export(_Handle):
    """An export that was initiated, of one account and one surface of one service. ``repr`` hides its token."""

    __slots__ = ()

    @staticmethod
    def from_json(text: str, client: _OpenClient) -> Export:
        """Reads what :meth:`to_json_with_token` wrote, for a client of the same account and service."""
        native = _calls.raising(_native.NativeExport.from_json, _arguments.text("text", text, shown=False))
        return Export(native, client._native)  # pyright: ignore[reportPrivateUsage]

    def wait(
        self,
        *,
        max_wait: Duration | None = None,
        progress: _progress.OnWait = None,
        cancel_token: CancelToken | None = None,
    ) -> ExportStatus:
        """Waits until it is ready, up to 24 hours unless ``max_wait`` says otherwise, asking every 1 to 30 seconds.

        ``progress`` is called with a :class:`WaitProgress` after every question, from this thread; ``"auto"`` shows it.
        """
        teller = _progress.of_wait(progress)
        return ExportStatus.from_json(
            _calls.run(self._wait(max_wait, None if teller is None else teller.here), cancel_token, teller)
        )

    def pages(
        self,
        *,
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> Pages:
        """The pages, all of them unless :class:`HowToRead` says otherwise.

        They are read with ``keepAlive=true``, as a commit needs it. A commit of what you keep yourself is
        ``client.commit_loaded(export, rows=…, keep_files=…)``, once it is safe and counted there.
        """
        return Pages(self._pages(how), cancel_token)

    def records(
        self,
        *,
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> Iterator[Any]:
        """The records of :meth:`pages` one by one, as :meth:`Page.records` gives them. One page is in memory."""
        pages = self.pages(cancel_token=cancel_token, **how)
        return chain.from_iterable(page.records() for page in pages)

    def raw_records(
        self,
        *,
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> Iterator[bytes]:
        """The records of :meth:`pages` one by one, as :meth:`Page.raw_records` gives them. One page is in memory."""
        pages = self.pages(cancel_token=cancel_token, **how)
        return chain.from_iterable(page.raw_records() for page in pages)

    def boundaries(self, places: Iterable[int], *, cancel_token: CancelToken | None = None) -> list[tuple[str, str]]:
        """What lies on both sides of the places where the export is going to be cut into ranges.

        For each place ``n`` the digests of the records ``n`` and ``n + 1``, the ``last`` one of a range and the
        ``first`` one of the next. One request of two records each.
        """
        return pairs(_calls.run(self._boundaries(places), cancel_token))


class AsyncExport(_Handle):
    """As :class:`Export`, to be awaited."""

    __slots__ = ()

    @staticmethod
    def from_json(text: str, client: _OpenClient) -> AsyncExport:
        """Reads what :meth:`to_json_with_token` wrote, for a client of the same account and service."""
        native = _calls.raising(_native.NativeExport.from_json, _arguments.text("text", text, shown=False))
        return AsyncExport(native, client._native)  # pyright: ignore[reportPrivateUsage]

    async def wait(
        self,
        *,
        max_wait: Duration | None = None,
        progress: _progress.OnWait = None,
        cancel_token: CancelToken | None = None,
    ) -> ExportStatus:
        """As :meth:`Export.wait`; ``progress`` is called on the loop's thread."""
        teller = _progress.of_wait(progress)
        told = None if teller is None else teller.here
        return ExportStatus.from_json(await _calls.awaited(self._wait(max_wait, told), cancel_token, teller))

    def pages(
        self,
        *,
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> AsyncPages:
        """As :meth:`Export.pages`, for ``async for``."""
        return AsyncPages(self._pages(how), cancel_token)

    async def records(
        self,
        *,
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> AsyncIterator[Any]:
        """As :meth:`Export.records`, for ``async for``."""
        async for page in self.pages(cancel_token=cancel_token, **how):
            for record in page.records():
                yield record

    async def raw_records(
        self,
        *,
        cancel_token: CancelToken | None = None,
        **how: Unpack[HowToRead],
    ) -> AsyncIterator[bytes]:
        """As :meth:`Export.raw_records`, for ``async for``."""
        async for page in self.pages(cancel_token=cancel_token, **how):
            for record in page.raw_records():
                yield record

    async def boundaries(
        self, places: Iterable[int], *, cancel_token: CancelToken | None = None
    ) -> list[tuple[str, str]]:
        """As :meth:`Export.boundaries`."""
        return pairs(await _calls.awaited(self._boundaries(places), cancel_token))


def pairs(text: str) -> list[tuple[str, str]]:
    """The record of ``boundaries``."""
    return [(last, first) for last, first in json.loads(text)]


@dataclass(frozen=True)
class Landed:
    """What a landing has come to."""

    sealed: Sealed
    """The proof for ``commit_landed``."""
    batch: str
    """The name of the batch's folder."""
    folder: Path
    """The batch's folder."""
    rows: int
    """Records landed."""
    bytes: int
    """Bytes of their parts on disk."""
    parts: int
    """Files of them."""
    since: str | None
    """``LastDateTime`` as it was sent."""
    watermark: str
    """The server's time just before Initiate was sent."""
    manifest_sha256: str
    is_new: bool
    """False when the folder had the batch, finished, before: nothing was sent then."""
    receipt: BatchReceipt | None
    """How the commit ended; ``None`` when there was none."""
    notes: tuple[str, ...]
    """What a person should know, in sentences."""
    _json: str = field(repr=False, compare=False)

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language. Holds no token."""
        return self._json

    @property
    def files(self) -> list[Path]:
        """The files of its parts, in their order."""
        return [
            part for batch in Folder(self.folder.parent).batches() if batch.batch == self.batch for part in batch.files
        ]

    def arrow(self, *, shape: Shape = "typed", record: RecordColumn = "keep") -> ArrowStream:
        """What was landed as a table of Arrow: see :class:`ArrowStream`. Parts are hashed while they are read."""
        return Folder(self.folder.parent).arrow(self.batch, shape=shape, record=record)

    @classmethod
    def of(cls, value: tuple[str, Sealed]) -> Landed:
        """From what ``_native`` gives."""
        text, sealed = value
        record: dict[str, Any] = json.loads(text)
        return cls(
            sealed=sealed,
            folder=Path(record.pop("folder")),
            notes=tuple(record.pop("notes")),
            receipt=BatchReceipt.within(record.pop("receipt")),
            _json=text,
            **record,
        )


@dataclass(frozen=True)
class Batch:
    """A batch of a folder."""

    batch: str
    """The name of its folder."""
    state: str
    """``intended``, ``landing``, ``sealed``, ``committing``, ``committed`` or ``abandoned``."""
    kind: str
    name: str | None
    format: str
    """What its parts are: ``ndjson`` or ``parquet``."""
    rows: int
    total: int | None
    parts: int
    bytes: int
    since: str | None
    watermark: str | None
    receipt: BatchReceipt | None
    abandoned: str | None
    """Why it was given up."""
    manifest: dict[str, Any] | None
    """``_manifest.json``; ``None`` where there is none to be seen."""
    files: tuple[Path, ...]
    """Its parts, in their order: readers take these, or ``batch=*/part-*``."""


class Folder:
    """A folder that exports were landed in. Looking at it takes no lock, changes nothing and needs no client."""

    __slots__ = ("_out",)

    def __init__(self, out: str | os.PathLike[str]) -> None:
        """The folder that was given to an export as ``out``."""
        self._out = _arguments.path("out", out)

    def sealed(self) -> list[Sealed]:
        """The sealed batches that are not committed, oldest first: what ``commit_landed`` takes."""
        return _calls.raising(_native.sealed, self._out)

    def sealed_batch(self, batch: str) -> Sealed:
        """The proof of one batch by the name of its folder, committed or not; :class:`NotSealedError` without one."""
        return _calls.raising(_native.sealed_batch, self._out, _arguments.text("batch", batch))

    def batches(self) -> list[Batch]:
        """The batches, oldest first, with the manifests of those that can be seen."""
        records: list[dict[str, Any]] = json.loads(_calls.raising(_native.batches, self._out))
        found: list[Batch] = []
        for members in records:
            members["receipt"] = BatchReceipt.within(members["receipt"])
            manifest: dict[str, Any] = members["manifest"] or {}
            parts: list[dict[str, Any]] = manifest.get("parts", [])
            folder = Path(self._out, members["batch"])
            found.append(Batch(**members, files=tuple(folder / part["file"] for part in parts)))
        return found

    def arrow(self, batches: str = "all", *, shape: Shape = "typed", record: RecordColumn = "keep") -> ArrowStream:
        """Landed records as a table of Arrow: ``"all"`` batches, the ``"latest"`` or one by its name.

        See :class:`ArrowStream`; ``_row`` is the place of a record in its batch. Batches of ``since="auto"`` overlap:
        :meth:`current` gives each profile once.
        """
        name = _arguments.text("batches", batches)
        return ArrowStream(_calls.raising(_native.NativeArrow.of_folder, self._out, name, shape, record))

    def current(self, key: str = "ProfileId", *, shape: Shape = "typed", record: RecordColumn = "keep") -> ArrowStream:
        """All batches as a table of Arrow in which each ``key`` is once, as the newest batch that has it says.

        A record without this member is kept. The order is not that of the batches. Needs memory for up to four million
        keys, and reads the folder once more for each four million that the newer batches have.
        """
        key = _arguments.text("key", key)
        return ArrowStream(_calls.raising(_native.NativeArrow.current, self._out, key, shape, record))

    def verify(self) -> Verified:
        """Verifies every batch without a server: each file by its hash, rows, the chain of watermarks.

        Raises :class:`CorruptError`, which says what does not fit. Reads every byte; other threads run meanwhile.
        """
        return Verified.from_json(_calls.raising(_native.verify, self._out))

    def report(self, *, verify: bool = False) -> Report:
        """What the folder proves: coverage and its gaps, what each batch took, how commits ended, what needs a person.

        From manifests, journal and receipts alone. ``Path("report.html").write_text(report.html, "utf-8")`` keeps the
        page. With ``verify`` what :meth:`verify` says stands in it, and a batch that does not fit is no exception here.
        """
        facts, page = _calls.raising(_native.report, self._out, verify)
        return Report(page, facts)

    def __repr__(self) -> str:
        return f"Folder({self._out!r})"

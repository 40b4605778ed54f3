"""Tables of Arrow, for whichever library reads them: pyarrow, polars, pandas, DuckDB. None of them is needed here."""

from __future__ import annotations

from typing import Any, Literal, NoReturn

from mypreferences import _calls, _native

Shape = Literal["typed", "json"]
"""How lists and objects within a record are laid out: as lists and structs, or as the server's own JSON."""

RecordColumn = Literal["keep", "drop"]
"""Whether there is a column ``_record`` with the record as the server sent it."""


class ArrowStream:
    """Batches of a table on their way, for consumers of the Arrow PyCapsule interface. Read once.

    ``pyarrow.table(stream)``, ``polars.DataFrame(stream)``, ``pandas.DataFrame.from_arrow(stream)``, or in DuckDB
    ``select * from stream``. Each documented member is a column of its type. What no page documents, and what does not
    fit, a number of more than 64 bits for example, is in ``_others`` as the server wrote it; ``_row`` counts from 1.

    Nothing is read before it is needed. Whoever consumes it waits for the network, without the interpreter. A stream
    that ends before the export does ends with an error, of the consumer's own class; :attr:`error` has ours.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.NativeArrow) -> None:
        """Made by ``export.arrow()``, ``landed.arrow()`` and :class:`Folder`."""
        self._native = native

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, once. ``requested_schema`` is not followed, which the interface allows."""
        return _calls.raising(self._native.stream)

    def __arrow_c_schema__(self) -> object:
        """The schema. For it the first page is read."""
        return _calls.raising(self._native.schema)

    @property
    def error(self) -> Exception | None:
        """Why the stream ended early; ``None`` while it has not."""
        told = self._native.error()
        return None if told is None else _calls.MyPreferencesError.from_json(*told)

    @property
    def misfits(self) -> int:
        """Documented members so far that did not fit their type, and stand in ``_others``."""
        return self._native.misfits()

    def cancel(self) -> None:
        """Ends it, from any thread: the consumer's next read fails."""
        self._native.cancel()

    def __repr__(self) -> str:
        return "ArrowStream()"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an ArrowStream reads from a client and cannot be pickled; make one where it is read")


class ArrowBatch:
    """One page as a batch, for consumers of the Arrow PyCapsule interface; as often as it is wanted."""

    __slots__ = ("_page", "_record", "_shape")

    def __init__(self, page: _native.NativePage, shape: str, record: str) -> None:
        """Made by ``page.arrow()``."""
        self._page, self._shape, self._record = page, shape, record

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        """Schema and array. ``requested_schema`` is not followed, which the interface allows."""
        return _calls.raising(self._page.arrow, self._shape, self._record)

    def __repr__(self) -> str:
        return "ArrowBatch()"

"""Up to when exports cover everything, for state that others keep: where ``since="auto"`` begins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

OVERLAP = timedelta(minutes=5)
"""So much earlier does the next export begin, unless the caller says otherwise."""
_AHEAD = timedelta(hours=1)


def covered(exports: Iterable[tuple[datetime | None, datetime]]) -> datetime | None:
    """Of exports by since and watermark, oldest first; ``None`` where they cover nothing.

    Each begins at or before the end of those before it. One from the future covers nothing: what changes until then
    would be left out.
    """
    latest = datetime.now(timezone.utc) + _AHEAD
    end: datetime | None = None
    for since, watermark in exports:
        is_next = since is None or (end is not None and since <= end)
        if is_next and watermark <= latest:
            end = watermark if end is None else max(end, watermark)
    return end

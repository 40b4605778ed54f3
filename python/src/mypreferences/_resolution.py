"""What ``resolve_commit`` found: a receipt or an error, so it knows both."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from mypreferences._errors import MyPreferencesError
from mypreferences._records import CommitReceipt, inner_of, time_of


@dataclass(frozen=True)
class Resolution:
    """What ``resolve_commit`` found."""

    resolution: str
    """``committed``, ``not_committed`` or ``unknown``."""
    receipt: CommitReceipt | None
    """With ``committed``."""
    as_of: datetime | None
    """With ``not_committed``: the server's time of the answer; a commit may have arrived since."""
    error: MyPreferencesError | None = field(compare=False)
    """With ``unknown``: what the answers were. (Exceptions compare by identity, so it is left out of comparisons.)"""
    _json: str = field(repr=False)

    def to_json(self) -> str:
        """The canonical record: the same bytes in every language."""
        return self._json

    @classmethod
    def from_json(cls, text: str) -> Resolution:
        """Reads a canonical record back."""
        record = json.loads(text)
        inner = {key: inner_of(record[key]) for key in ("receipt", "error")}
        return cls(
            resolution=record["resolution"],
            receipt=None if inner["receipt"] is None else CommitReceipt.from_json(inner["receipt"]),
            as_of=time_of(record["as_of"]),
            error=None if inner["error"] is None else MyPreferencesError.from_json(inner["error"]),
            _json=text,
        )

"""What a folder proves, as a page for people and as facts for programs."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Report:
    """What a folder proves, and what in it needs a person: :meth:`Folder.report` makes it. Holds no token.

    In a notebook it shows itself.
    """

    html: str = field(repr=False)
    """The page: one HTML file that needs nothing else, not even a script. Write it as UTF-8."""
    _json: str = field(repr=False)

    def to_json(self) -> str:
        """The facts: what ``mypreferences export report DIR --json`` prints."""
        return self._json

    @property
    def facts(self) -> dict[str, Any]:
        """The same, read: ``coverage`` with its ``gaps``, ``batches``, ``attention``, ``verification``."""
        facts: dict[str, Any] = json.loads(self._json)
        return facts

    def _repr_html_(self) -> str:
        """Within a frame of its own, so that its styles stay there."""
        page = html.escape(self.html)
        return f'<iframe title="Export report" style="width:100%;height:40rem;border:0" srcdoc="{page}"></iframe>'

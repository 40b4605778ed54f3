"""Up to when exports cover everything: what the loads, dlt and Spark ask before ``since="auto"``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from mypreferences._coverage import covered

NOW = datetime.now(timezone.utc)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("exports", "end"),
    [
        ([], None),
        ([(None, at(-9))], at(-9)),
        ([(None, at(-9)), (at(-9.1), at(-5))], at(-5)),
        # Something is missing between the two.
        ([(None, at(-9)), (at(-8), at(-5))], at(-9)),
        ([(at(-8), at(-5))], None),
        # A clock of the server that lies: what changes until then would be left out.
        ([(None, at(-9)), (at(-9), at(3))], at(-9)),
        ([(None, at(3))], None),
        # One that lies the other way only makes the next export longer.
        ([(None, at(-5)), (at(-6), at(-9))], at(-5)),
    ],
)
def test_exports_cover_what_joins_and_has_passed(
    exports: list[tuple[datetime | None, datetime]], end: datetime | None
) -> None:
    assert covered(exports) == end

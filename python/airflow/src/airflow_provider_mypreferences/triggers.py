"""Waiting without a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from mypreferences import MyPreferencesError

from airflow_provider_mypreferences.hooks import MyPreferencesHook

_LONGEST = timedelta(days=30)
"""Who defers says until when."""


class MyPreferencesReadyTrigger(BaseTrigger):
    """Fires when an export is ready, or will never be.

    It asks only: a triggerer that starts again runs it once more, and a POST of it would be sent twice.
    """

    def __init__(self, handle: str, mypreferences_conn_id: str) -> None:
        super().__init__()
        self.handle, self.mypreferences_conn_id = handle, mypreferences_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As Airflow keeps it in its database. The handle is encrypted."""
        arguments = {"handle": self.handle, "mypreferences_conn_id": self.mypreferences_conn_id}
        return f"{__name__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event: ``error`` is what the client said, or ``None``."""
        try:
            async with await MyPreferencesHook(self.mypreferences_conn_id).get_async_client() as client:
                await client.unwrap(self.handle).wait(max_wait=_LONGEST)
        except MyPreferencesError as error:
            yield TriggerEvent({"error": error.to_json()})
        else:
            yield TriggerEvent({"error": None})

"""Waiting without a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent
from mypreferences import MyPreferencesError

from airflow_provider_mypreferences.hooks import MyPreferencesHook


class MyPreferencesReadyTrigger(BaseTrigger):
    """Fires when an export is ready, or will never be.

    It asks only: a triggerer that starts again runs it once more, and a POST of it would be sent twice.
    """

    def __init__(self, handle: str, mypreferences_conn_id: str, max_wait: float | None = None) -> None:
        super().__init__()
        self.handle, self.mypreferences_conn_id, self.max_wait = handle, mypreferences_conn_id, max_wait

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As Airflow keeps it in its database. The handle is encrypted."""
        arguments = {
            "handle": self.handle,
            "mypreferences_conn_id": self.mypreferences_conn_id,
            "max_wait": self.max_wait,
        }
        return f"{__name__}.{type(self).__name__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event: ``error`` is what the client said, or ``None``."""
        try:
            async with await MyPreferencesHook(self.mypreferences_conn_id).get_async_client() as client:
                await client.unwrap(self.handle).wait(max_wait=self.max_wait)
        except MyPreferencesError as error:
            yield TriggerEvent({"error": error.to_json()})
        else:
            yield TriggerEvent({"error": None})

"""A sensor for exports that are being prepared."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, XComArg
from airflow.sdk.exceptions import AirflowFailException
from mypreferences import MyPreferencesError

from airflow_provider_mypreferences.hooks import MyPreferencesHook
from airflow_provider_mypreferences.triggers import MyPreferencesReadyTrigger

if TYPE_CHECKING:
    from airflow.sdk import Context


class MyPreferencesReadySensor(BaseSensorOperator):
    """Waits until the export of a handle is ready.

    :param handle: what ``MyPreferencesInitiateOperator`` gave.
    :param deferrable: wait in the triggerer, and leave the worker to others meanwhile.
    """

    template_fields: Collection[str] = ("handle",)

    def __init__(
        self,
        *,
        handle: str | XComArg,
        mypreferences_conn_id: str = MyPreferencesHook.default_conn_name,
        deferrable: bool = True,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.handle, self.mypreferences_conn_id, self.deferrable = handle, mypreferences_conn_id, deferrable

    def execute(self, context: Context) -> Any:
        """Waits here, or in the triggerer."""
        if not self.deferrable:
            return super().execute(context)
        trigger = MyPreferencesReadyTrigger(str(self.handle), self.mypreferences_conn_id)
        # Airflow's own clock: it goes on when the triggerer starts again, and knows soft_fail.
        return self.defer(trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:
        """When the trigger has fired."""
        if event["error"] is None:
            return
        error = MyPreferencesError.from_json(event["error"])
        # It will not be ready however often it is asked.
        raise AirflowFailException(str(error)) if error.kind in ("export_expired", "export_failed") else error

    def poke(self, context: Context) -> bool:
        """Whether it is ready."""
        with MyPreferencesHook(self.mypreferences_conn_id).get_client() as client:
            try:
                client.unwrap(str(self.handle)).wait(max_wait=1)
            except MyPreferencesError as error:
                if error.kind != "wait_timed_out":
                    raise
                return False
        return True

"""Exports as tasks: where one is when its worker dies stands in Airflow's task state, encrypted, and in its folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator, ResumableJobMixin
from airflow.sdk import Asset, XComArg
from airflow.sdk.exceptions import AirflowFailException
from mypreferences import BatchReceipt, Client, Folder, Landed, MyPreferencesError
from mypreferences._coverage import OVERLAP, covered

from airflow_provider_mypreferences import _lineage
from airflow_provider_mypreferences.hooks import MyPreferencesHook

if TYPE_CHECKING:
    from airflow.sdk import Context

_WHAT = ("segment", "segment_group", "schedule", "cids")
"""One of them says what is exported."""
_NOBODY = "nobody has it"


def _record(landed: Landed, receipt: BatchReceipt | None) -> dict[str, Any]:
    """What a task gives: no token, and nothing that XCom cannot hold."""
    (batch,) = [batch for batch in Folder(landed.folder.parent).batches() if batch.batch == landed.batch]
    return {
        "kind": batch.kind,
        "name": batch.name,
        "batch": landed.batch,
        "folder": str(landed.folder),
        "files": [str(file) for file in batch.files],
        "rows": landed.rows,
        "bytes": landed.bytes,
        "since": landed.since,
        "watermark": landed.watermark,
        "manifest_sha256": landed.manifest_sha256,
        "end": None if receipt is None else str(receipt.end.value),
    }


class _Operator(BaseOperator):
    """What all have in common: a connection."""

    ui_color = "#d8ecff"

    def __init__(self, *, mypreferences_conn_id: str = MyPreferencesHook.default_conn_name, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.mypreferences_conn_id = mypreferences_conn_id

    def client(self) -> Client:
        """A client of the connection."""
        return MyPreferencesHook(self.mypreferences_conn_id).get_client()


class _Initiating(ResumableJobMixin, _Operator):  # pyright: ignore[reportIncompatibleVariableOverride]
    """What is initiated once, however often the task is tried."""

    external_id_key = "mypreferences_handle"
    template_fields: Collection[str] = ("what", "since")

    def __init__(
        self,
        *,
        segment: str | None = None,
        segment_group: str | None = None,
        schedule_name: str | None = None,
        cids: Sequence[str] | None = None,
        since: str | datetime | None = None,
        **arguments: Any,
    ) -> None:
        given = {"segment": segment, "segment_group": segment_group, "schedule": schedule_name, "cids": cids}
        self.what: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        self.since = since
        super().__init__(**arguments)

    def execute(self, context: Context) -> Any:
        """Initiates, or goes on with what an earlier try has initiated."""
        return self.execute_resumable(context)

    def begins(self) -> str | datetime | None:
        """``LastDateTime``."""
        return self.since

    def submit_job(self, context: Context) -> str:
        """The handle, which is logged and traced: it shows no token."""
        if len(self.what) != 1:
            raise AirflowFailException(f"say what to export: one of {', '.join(_WHAT)}")
        begins = self.begins()
        with self.client() as client:
            when: dict[str, Any] = {} if begins is None else {"last_date_time": begins}
            return client.wrap(client.initiate(**self.what, **when))

    def get_job_status(self, external_id: Any, context: Context) -> str:
        """The service's own word."""
        with self.client() as client:
            try:
                return client.status(client.unwrap(external_id).access_token).status
            except MyPreferencesError as error:
                # Made with another secret, or forgotten by the service: begun again.
                if error.kind in ("invalid_argument", "not_found"):
                    return _NOBODY
                raise

    def is_job_active(self, status: str) -> bool:
        """Ready is not landed yet."""
        return status not in (_NOBODY, "Retrieved", "Expired", "Error", "Failed")

    def is_job_succeeded(self, status: str) -> bool:
        """Retrieved: nothing is initiated again."""
        return status == "Retrieved"

    def poll_until_complete(self, external_id: Any, context: Context) -> Any:
        """Gives the result, too: where a try goes on with an export, Airflow takes that of this call."""
        return self.get_job_result(external_id, context)


class MyPreferencesInitiateOperator(_Initiating):
    """Initiates an export; its result is the handle, for the sensor and the operator that lands.

    :param segment: what to export; or ``segment_group``, ``schedule_name`` or ``cids``.
    :param since: only what changed since this moment.
    """

    def get_job_result(self, external_id: Any, context: Context) -> str:
        """The handle."""
        return str(external_id)


class MyPreferencesLandOperator(_Initiating):
    """Lands an export in a folder, and does not commit it.

    :param out: the folder. It belongs to exports of one thing of one account.
    :param handle: an export that was initiated before; else what to export, as in ``MyPreferencesInitiateOperator``.
    :param since: a moment, or ``"auto"``: what changed since the newest batch of the folder.
    :param overlap: so much before it does ``"auto"`` begin: five minutes.
    :param landing: further arguments of ``client.land``: ``format``, ``compression``, ``limit``, ``max_wait``.
    """

    template_fields: Collection[str] = (*_Initiating.template_fields, "out", "handle")

    def __init__(
        self,
        *,
        out: str,
        handle: str | XComArg | None = None,
        overlap: timedelta = OVERLAP,
        landing: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.out, self.handle, self.overlap, self.landing = out, handle, overlap, landing or {}
        self._landed: dict[str, Any] | None = None
        if not self.outlets:
            self.outlets = [Asset(uri=Path(out).absolute().as_uri(), name=f"mypreferences:{out}")]

    def begins(self) -> str | datetime | None:
        """``"auto"``: where the batches of the folder end."""
        if self.since != "auto":
            return self.since
        moment = datetime.fromisoformat
        try:
            batches = [batch for batch in Folder(self.out).batches() if batch.manifest is not None and batch.watermark]
        except MyPreferencesError as error:
            if error.kind != "invalid_argument":
                raise
            # Nothing was landed there yet.
            batches = []
        end = covered(
            (None if batch.since is None else moment(batch.since), moment(batch.watermark or "")) for batch in batches
        )
        return None if end is None else end - self.overlap

    def submit_job(self, context: Context) -> str:
        """The handle that was given, or a new one."""
        return super().submit_job(context) if self.handle is None else str(self.handle)

    def get_job_result(self, external_id: Any, context: Context) -> dict[str, Any]:
        """Lands it, or goes on with landing."""
        with self.client() as client:
            export = client.unwrap(external_id)
            landed = client.land(export, self.out, progress=self._tell, **self.landing)
            self._landed = self.finish(client, landed)
        return self._landed

    def finish(self, client: Client, landed: Landed) -> dict[str, Any]:
        """When it is durable and whole."""
        return _record(landed, None)

    def _tell(self, progress: Any) -> None:
        self.log.info("%s: %s records", progress.stage, progress.rows)

    def get_openlineage_facets_on_complete(self, _task_instance: Any) -> Any:
        """From the service into the folder, for OpenLineage where it is installed."""
        if self._landed is None:
            return None
        account = MyPreferencesHook.get_connection(self.mypreferences_conn_id).extra_dejson.get("client_id", "")
        return _lineage.facets(account, self._landed)


class MyPreferencesExportOperator(MyPreferencesLandOperator):
    """Lands an export in a folder and commits it, when it is durable and whole there.

    :param keep_files: whether the server keeps its copy; ``False`` deletes it.

    For the others see ``MyPreferencesLandOperator``.
    """

    def __init__(self, *, keep_files: bool, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.keep_files = keep_files

    def finish(self, client: Client, landed: Landed) -> dict[str, Any]:
        """The commit; one that a try before this has sent is found, and not sent again."""
        return _record(landed, client.commit_landed(landed.sealed, keep_files=self.keep_files))


class MyPreferencesCommitOperator(_Operator):
    """Commits a batch that was landed: behind the task that has taken it further.

    :param batch: what ``MyPreferencesLandOperator`` gave: its ``folder`` and ``batch``.
    :param keep_files: whether the server keeps its copy; ``False`` deletes it.
    """

    template_fields: Collection[str] = ("batch",)

    def __init__(self, *, batch: Any, keep_files: bool, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.batch, self.keep_files = batch, keep_files

    def execute(self, context: Context) -> dict[str, Any]:
        """How the commit ended; again, it sends nothing."""
        sealed = Folder(Path(self.batch["folder"]).parent).sealed_batch(self.batch["batch"])
        with self.client() as client:
            receipt = client.commit_landed(sealed, keep_files=self.keep_files)
        return {**self.batch, "end": str(receipt.end.value)}

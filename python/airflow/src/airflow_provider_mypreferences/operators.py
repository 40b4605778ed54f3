"""Exports as tasks. Where one is when its worker dies stands in the folder that it lands in; of an export that is only
initiated, in Airflow's task state, encrypted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator, ResumableJobMixin
from airflow.sdk import Asset, XComArg
from mypreferences import BatchReceipt, CancelToken, Client, Folder, Landed, MyPreferencesError, Sealed

from airflow_provider_mypreferences import _lineage
from airflow_provider_mypreferences.hooks import MyPreferencesHook

if TYPE_CHECKING:
    from airflow.sdk import Context

_NOBODY = "nobody has it"


def _record(sealed: Sealed, receipt: BatchReceipt | None) -> dict[str, Any]:
    """What a task gives: no token, and nothing that XCom cannot hold."""
    folder = Path(sealed.out) / sealed.batch
    (batch,) = [batch for batch in Folder(sealed.out).batches() if batch.batch == sealed.batch]
    return {
        "kind": batch.kind,
        "name": batch.name,
        "batch": batch.batch,
        "folder": str(folder),
        "files": [str(file) for file in batch.files],
        "rows": batch.rows,
        "bytes": batch.bytes,
        "since": batch.since,
        "watermark": batch.watermark,
        "manifest_sha256": sealed.manifest_sha256,
        "end": None if receipt is None else str(receipt.end.value),
    }


def _sealed(out: Path) -> list[Sealed]:
    """What lies there and is not committed, oldest first."""
    try:
        return Folder(out).sealed()
    except MyPreferencesError as error:
        if error.kind != "invalid_argument":
            raise
        # Nothing was landed there yet: there is no such folder, or it is an empty volume.
        return []


class _Operator(BaseOperator):
    """What all have in common: a connection, and an end when the task is killed."""

    ui_color = "#d8ecff"

    def __init__(self, *, mypreferences_conn_id: str = MyPreferencesHook.default_conn_name, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.mypreferences_conn_id = mypreferences_conn_id

    def client(self) -> Client:
        """A client of the connection."""
        return MyPreferencesHook(self.mypreferences_conn_id).get_client()

    def cancel_token(self) -> CancelToken:
        """Of what is under way."""
        self._cancel = CancelToken()
        return self._cancel

    def on_kill(self) -> None:
        """Ends what is under way: what is durable stays, and the next try goes on there."""
        cancel: CancelToken | None = getattr(self, "_cancel", None)
        if cancel is not None:
            cancel.cancel()


class _What(_Operator):
    """What is exported: one of four."""

    template_fields: Collection[str] = ("segment", "segment_group", "schedule_name", "cids", "since")

    def __init__(
        self,
        *,
        segment: str | XComArg | None = None,
        segment_group: str | XComArg | None = None,
        schedule_name: str | XComArg | None = None,
        cids: Sequence[str] | XComArg | None = None,
        since: str | datetime | XComArg | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.segment, self.segment_group, self.schedule_name, self.cids = segment, segment_group, schedule_name, cids
        self.since = since

    def what(self) -> dict[str, Any]:
        """As a client takes it; it says what is wrong with none and with several."""
        given = {
            "segment": self.segment,
            "segment_group": self.segment_group,
            "schedule": self.schedule_name,
            "cids": self.cids,
        }
        return {name: value for name, value in given.items() if value is not None}


class MyPreferencesInitiateOperator(ResumableJobMixin, _What):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Initiates an export; its result is the handle, for the sensor and the operator that lands.

    :param segment: what to export; or ``segment_group``, ``schedule_name`` or ``cids``.
    :param since: only what changed since this moment.
    """

    external_id_key = "mypreferences_handle"

    def execute(self, context: Context) -> Any:
        """Initiates, or gives what an earlier try has initiated."""
        return self.execute_resumable(context)

    def submit_job(self, context: Context) -> str:
        """The handle, which is logged and traced: it shows no token."""
        when: dict[str, Any] = {} if self.since is None else {"last_date_time": self.since}
        with self.client() as client:
            return client.wrap(client.initiate(cancel_token=self.cancel_token(), **self.what(), **when))

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
        """An export that can still be landed."""
        return status.lower() not in (_NOBODY, "retrieved", "expired", "error", "failed")

    def is_job_succeeded(self, status: str) -> bool:
        """Never by itself: of one that was committed, whoever clears the task wants another."""
        return False

    def poll_until_complete(self, external_id: Any, context: Context) -> Any:
        """Others wait. Where a try goes on with an export, Airflow takes the result of this call."""
        return self.get_job_result(external_id, context)

    def get_job_result(self, external_id: Any, context: Context) -> str:
        """The handle."""
        return str(external_id)


class MyPreferencesLandOperator(_What):
    """Lands an export in a folder, and does not commit it. A try that was killed goes on from its last durable page.

    :param out: the folder, which outlives the task. It belongs to exports of one thing of one account.
    :param handle: an export that was initiated before; else what to export, as in ``MyPreferencesInitiateOperator``.
    :param since: ``"auto"``, what changed since the newest batch of the folder, or a moment. Not with a handle.
    :param overlap: so much before it does ``"auto"`` begin: five minutes.
    :param landing: further arguments of ``client.export``: ``format``, ``compression``, ``limit``, ``max_wait``.
    """

    template_fields: Collection[str] = (*_What.template_fields, "out", "handle")

    def __init__(
        self,
        *,
        out: str | XComArg,
        handle: str | XComArg | None = None,
        since: str | datetime | XComArg | None = "auto",
        overlap: timedelta | float | None = None,
        landing: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(since=since, **arguments)
        self.out, self.handle, self.overlap, self.landing = out, handle, overlap, landing or {}
        self._landed: dict[str, Any] | None = None
        # One that is rendered later is not known yet.
        if not self.outlets and isinstance(out, str) and "{" not in out and Path(out).is_absolute():
            self.outlets = [Asset(uri=Path(out).as_uri())]

    def execute(self, context: Context) -> dict[str, Any]:
        """Lands it, or goes on with landing; what is landed already, and not committed, is the result once more."""
        with self.client() as client:
            self._landed = self.land(client, Path(str(self.out)).absolute())
        return self._landed

    def land(self, client: Client, out: Path) -> dict[str, Any]:
        """Until it is durable and whole."""
        if self.handle is None and (landed := _sealed(out)):
            return _record(landed[-1], None)
        return _record(self.landed(client, out, commit="never").sealed, None)

    def landed(self, client: Client, out: Path, **policy: Any) -> Landed:
        """From a handle, or from what is exported."""
        how: dict[str, Any] = {"progress": self._tell, "cancel_token": self.cancel_token(), **self.landing}
        if self.handle is not None:
            return client.land(client.unwrap(str(self.handle)), out, **how)
        when = {"since": self.since, "overlap": self.overlap if self.since == "auto" else None}
        given = {name: value for name, value in when.items() if value is not None}
        return client.export(out=out, **self.what(), **given, **policy, **how)

    def _tell(self, progress: Any) -> None:
        self.log.info("%s: %s records", progress.stage, progress.rows)

    def get_openlineage_facets_on_complete(self, _task_instance: Any) -> Any:
        """From the service into the folder, for OpenLineage where it is installed."""
        if self._landed is None:
            return None
        extra = MyPreferencesHook.get_connection(self.mypreferences_conn_id).extra_dejson
        return _lineage.facets(str(extra.get("client_id", "")), self._landed)


class MyPreferencesExportOperator(MyPreferencesLandOperator):
    """Lands an export in a folder and commits it, when it is durable and whole there.

    The folder outlives the task: with ``keep_files=False`` it has the only copy afterwards.

    :param keep_files: whether the server keeps its copy; ``False`` deletes it.

    For the others see ``MyPreferencesLandOperator``.
    """

    def __init__(self, *, keep_files: bool, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.keep_files = keep_files

    def land(self, client: Client, out: Path) -> dict[str, Any]:
        """And the commit; one that an earlier try has sent is found, and not sent again."""
        landed = self.landed(client, out, keep_files=self.keep_files)
        if self.handle is None:
            return _record(landed.sealed, landed.receipt)
        return _record(landed.sealed, client.commit_landed(landed.sealed, keep_files=self.keep_files))


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
            receipt = client.commit_landed(sealed, keep_files=self.keep_files, cancel_token=self.cancel_token())
        return {**self.batch, "end": str(receipt.end.value)}

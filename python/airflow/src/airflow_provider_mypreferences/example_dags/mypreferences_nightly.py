"""Each night what changed, landed and committed: in one task, or in four with a task of your own before the commit."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, task

from airflow_provider_mypreferences.operators import (
    MyPreferencesCommitOperator,
    MyPreferencesExportOperator,
    MyPreferencesInitiateOperator,
    MyPreferencesLandOperator,
)
from airflow_provider_mypreferences.sensors import MyPreferencesReadySensor

DATA = os.environ.get("MYPREFERENCES_DATA", "/data/preferences")
# One run at a time: a folder belongs to one landing.
NIGHTLY: dict[str, Any] = {
    "schedule": "@daily",
    "start_date": datetime(2026, 1, 1),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {"retries": 3, "retry_delay": timedelta(seconds=5)},
}

with DAG("mypreferences_nightly", **NIGHTLY):
    MyPreferencesExportOperator(
        task_id="export", segment="Everyone", out=f"{DATA}/nightly", since="auto", keep_files=False
    )

with DAG("mypreferences_in_steps", **NIGHTLY):
    initiate = MyPreferencesInitiateOperator(task_id="initiate", segment="Everyone")
    ready = MyPreferencesReadySensor(task_id="ready", handle=initiate.output, timeout=24 * 3600)
    land = MyPreferencesLandOperator(task_id="land", handle=initiate.output, out=f"{DATA}/steps")

    @task
    def warehouse(batch: dict[str, Any]) -> dict[str, Any]:
        """Where yours loads the files: the server's copy is there until it has succeeded."""
        for file in batch["files"]:
            os.stat(file)
        return batch

    loaded = warehouse(land.output)  # pyright: ignore[reportArgumentType]
    commit = MyPreferencesCommitOperator(task_id="commit", batch=loaded, keep_files=False)
    ready.set_downstream(land)

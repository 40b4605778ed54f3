"""Tasks whose workers are killed, while the service prepares the export or pages come; and one that only lands."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from airflow.sdk import DAG

from airflow_provider_mypreferences.operators import MyPreferencesExportOperator, MyPreferencesLandOperator

for segment in ("Slow", "Late"):
    with DAG(
        f"killed_{segment.lower()}",
        schedule=None,
        start_date=datetime(2026, 1, 1),
        is_paused_upon_creation=False,
        default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
    ) as dag:
        MyPreferencesExportOperator(
            task_id="export",
            segment=segment,
            out=os.environ["MYPREFERENCES_DATA"] + f"/{segment}",
            keep_files=False,
            landing={"limit": 10},
        )
    globals()[segment] = dag

with DAG("landed", schedule=None, start_date=datetime(2026, 1, 1), is_paused_upon_creation=False):
    MyPreferencesLandOperator(task_id="land", segment="Everyone", out=os.environ["MYPREFERENCES_DATA"] + "/landed")

"""The programs of the pages that need more than the package: each is run as it stands, against the mock."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mypreferences.testing import CLIENT_ID, MockService

DOCS = Path(__file__).parents[2] / "docs"
# Those of connectors.md are run by test_load.py, against a database.
PROGRAMS = [
    pytest.param(program, id=f"{page}-{number}")
    for page in ("arrow.md", "elsewhere.md", "orchestrators.md")
    for number, program in enumerate(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL))
]


@pytest.mark.once
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_docs_runs(mypreferences_mock: MockService, tmp_path: Path, program: str) -> None:
    for consumer in (
        "pyarrow",
        "polars",
        "pandas",
        "duckdb",
        "dlt",
        "deltalake",
        "pyspark",
        "airflow.sdk",
        "dagster",
        "prefect",
    ):
        if re.search(rf"^(import|from) {consumer}\b", program, re.MULTILINE):
            pytest.importorskip(consumer)
    mypreferences_mock.open_scenario(
        {"client_id": CLIENT_ID, "sources": [{"name": "Everyone", "rows": 1_500, "records": "profiles"}]}
    )
    variables = {
        "MYPREFERENCES_BASE_URL": mypreferences_mock.base_url,
        "MYPREFERENCES_CLIENT_ID": CLIENT_ID,
        "MYPREFERENCES_AUTHORIZATION": "made-up",
        "MYPREFERENCES_HANDLE_KEY": "a key of handles 0001",
        # As in an environment that was activated.
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [sys.executable, "-c", program]
    environment = os.environ | variables
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0 and ended.stdout, ended.stderr

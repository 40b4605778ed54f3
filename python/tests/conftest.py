"""Says which Python the tests were run by, and takes Ctrl-C as a terminal leaves it."""

from __future__ import annotations

import platform
import signal
from collections.abc import Iterator

import pytest
from databases import Cluster, cluster

# Who runs the tests in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"Python {platform.python_version()}:")


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own, made when it is first asked for."""
    made = cluster()
    made.start()
    yield made
    made.stop()

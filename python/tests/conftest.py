"""Says which Python the tests were run by."""

from __future__ import annotations

import platform

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"Python {platform.python_version()}:")

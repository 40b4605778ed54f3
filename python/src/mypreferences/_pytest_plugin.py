"""The pytest plugin: fixtures over :mod:`mypreferences.testing`. Found by pytest through an entry point."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mypreferences._client import Client
from mypreferences.testing import MockService, mock_service


@pytest.fixture
def mypreferences_mock() -> Iterator[MockService]:
    """A mock of the service, new for each test."""
    yield from mock_service()


@pytest.fixture
def mypreferences_client(mypreferences_mock: MockService) -> Iterator[Client]:
    """A client of :func:`mypreferences_mock`."""
    with mypreferences_mock.client() as client:
        yield client

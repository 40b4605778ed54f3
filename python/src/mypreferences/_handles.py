"""Encrypted handles in state that others keep: whether this client has a key for them."""

from __future__ import annotations

from mypreferences._client import Client
from mypreferences._errors import MyPreferencesError

_OF_NOBODY = "mph1." + "A" * 64


def opens(client: Client, handle: str) -> bool:
    """Whether it is of this client's account, and of its secret or ``handle_key`` of now."""
    try:
        client.unwrap(handle)
    except MyPreferencesError as error:
        if error.kind != "invalid_argument":
            raise
        return False
    return True


def must_have_a_key(client: Client) -> None:
    """Who cannot make a handle is told before the first request: ``configuration``."""
    opens(client, _OF_NOBODY)

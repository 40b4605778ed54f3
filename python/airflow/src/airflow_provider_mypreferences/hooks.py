"""A client from a connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from mypreferences import AsyncClient, Client, Credentials, MyPreferencesError

if TYPE_CHECKING:
    from airflow.sdk import Connection


class MyPreferencesHook(BaseHook):
    """Clients of the account that a connection names.

    Login is the API user and password its secret. ``client_id`` and every other setting of a client stand in the extra.
    """

    conn_name_attr = "mypreferences_conn_id"
    default_conn_name = "mypreferences_default"
    conn_type = "mypreferences"
    hook_name = "MyPreferences"

    def __init__(self, mypreferences_conn_id: str = default_conn_name, **settings: Any) -> None:
        super().__init__()
        self.mypreferences_conn_id = mypreferences_conn_id
        self._settings = settings

    def get_client(self) -> Client:
        """A client; close it, or use it as a context manager."""
        return Client(**self._arguments(self.get_connection(self.mypreferences_conn_id)))

    async def get_async_client(self) -> AsyncClient:
        """The same for a trigger."""
        arguments = self._arguments(await self.aget_connection(self.mypreferences_conn_id))
        # It reads files: the system's trusted authorities.
        return await asyncio.to_thread(AsyncClient, **arguments)

    def get_conn(self) -> Client:
        """:meth:`get_client`, by the name that Airflow's hooks have for it."""
        return self.get_client()

    def test_connection(self) -> tuple[bool, str]:
        """Whether the service takes the credentials: it is asked for the status of a token that nobody has."""
        try:
            with self.get_client() as client:
                client.status(1)
        except MyPreferencesError as error:
            # A route that is not there answers so, too, and with a page instead of a message.
            if error.kind not in ("not_found", "bad_request", "conflict") or not error.server_message:
                return False, str(error)
        except (TypeError, ValueError) as error:
            return False, str(error)
        return True, "the service takes these credentials"

    def _arguments(self, connection: Connection) -> dict[str, Any]:
        extra = {name: value for name, value in connection.extra_dejson.items() if value not in (None, "")}
        if "handle_key" in extra:
            # Airflow shows it: it does not know the name for a secret's.
            raise ValueError("handle_key can be read in a connection; write it into a file, and pass handle_key_file")
        token_url, oauth_client = extra.pop("oauth_token_url", None), extra.pop("oauth_client_id", None)
        if "client_id" not in extra:
            raise ValueError(f"the connection {self.mypreferences_conn_id} has no client_id; write it into its extra")
        if not connection.password:
            raise ValueError(f"the connection {self.mypreferences_conn_id} has no password; write the secret there")
        if token_url is None:
            credentials = Credentials.hmac(connection.login or "", connection.password)
        else:
            credentials = Credentials.oauth(
                token_url=token_url,
                client_id=str(oauth_client or ""),
                client_secret=connection.password,
                user_id=connection.login or None,
            )
        host = {"base_url": connection.host} if connection.host else {}
        extra["client_id"] = str(extra["client_id"])
        return {**host, **extra, **self._settings, "credentials": credentials}

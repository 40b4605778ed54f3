"""What Airflow asks to know of this package. Every process of Airflow reads it, so that it loads nothing else."""

from __future__ import annotations

from typing import Any

_MODULE = "airflow_provider_mypreferences"


def _field(label: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"], **schema}}


def get_provider_info() -> dict[str, Any]:
    """The entry point ``apache_airflow_provider``."""
    return {
        "package-name": "airflow-provider-mypreferences",
        "name": "MyPreferences",
        "description": "Exports of PossibleNOW MyPreferences, landed and committed.",
        "integrations": [{"integration-name": "MyPreferences", "tags": ["service"]}],
        "operators": [{"integration-name": "MyPreferences", "python-modules": [f"{_MODULE}.operators"]}],
        "sensors": [{"integration-name": "MyPreferences", "python-modules": [f"{_MODULE}.sensors"]}],
        "hooks": [{"integration-name": "MyPreferences", "python-modules": [f"{_MODULE}.hooks"]}],
        "triggers": [{"integration-name": "MyPreferences", "python-modules": [f"{_MODULE}.triggers"]}],
        "connection-types": [
            {
                "connection-type": "mypreferences",
                "hook-name": "MyPreferences",
                "hook-class-name": f"{_MODULE}.hooks.MyPreferencesHook",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "port"],
                    "relabeling": {"login": "API user", "password": "Secret", "host": "Base URL"},
                    "placeholders": {"host": "https://…, or an environment below"},
                },
                "conn-fields": {
                    "client_id": _field("Account (client id)", "The MyPreferences account id, not an OAuth client's."),
                    "environment": _field(
                        "Environment",
                        "The vendor's own, in place of a base URL.",
                        enum=["production", "staging"],
                    ),
                    "surface": _field("Surface", "The routes: async unless said.", enum=["async", "profiles", "v4"]),
                    "oauth_token_url": _field("OAuth token URL", "For OAuth 2.0; else the secret signs each request."),
                    "oauth_client_id": _field("OAuth client id", "The secret is then this client's."),
                    "ca_file": _field("CA file", "PEM file with authorities to trust in addition to the system's."),
                    "handle_key_file": _field(
                        "Handle key file", "Key of encrypted handles; without it they end with the secret."
                    ),
                },
            }
        ],
    }


__all__ = ["get_provider_info"]

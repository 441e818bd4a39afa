"""How Polars' sinks get to an object store: what `storage_options` and providers come to.

Polars finds credentials out when a query runs: from the options, from a function of the user's, or
with "auto" from the profiles and the environment of the machine. So does this, for a client that
has to get to the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polars.io.cloud._utils import POLARS_STORAGE_CONFIG_KEYS
from polars.io.cloud.credential_provider import _builder, _providers

__all__ = ["credentials_of", "divided_options"]

# Read by providers.
_PROFILE = ("aws_profile", "profile")

# Of the client, whatever the store, as Polars lists them.
_CLIENT = {key for key in _builder.AUTOINIT_IGNORED_KEYS if "_" in key or key == "timeout"} - {
    *POLARS_STORAGE_CONFIG_KEYS,
    *("azure_use_azure_cli", "use_azure_cli", "aws_request_payer", "request_payer"),
    *("google_bucket", "google_bucket_name", "bucket_name"),
}


def credentials_of(url: str, options: Mapping[str, Any], provider: Any) -> dict[str, str]:
    """Return what a provider adds to the options, for the next minutes: maybe nothing.

    Raises:
        Exception: whatever the provider raises.
    """
    builder = _builder._init_credential_provider_builder(  # noqa: SLF001  (as Polars' sinks do)
        provider, url, {**options}, "sink"
    )
    built = None if builder is None else builder.build_credential_provider()
    if built is None:
        return {}
    found = _providers._get_credentials_from_provider_expiry_aware(built)  # noqa: SLF001  (likewise)
    return {**(found or {})}


def divided_options(options: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the options for a store and those for its client, without those for Polars itself."""
    store: dict[str, str] = {}
    client: dict[str, str] = {}
    for key, value in options.items():
        name = key.lower()
        short = name.removeprefix("aws_")
        if short in _CLIENT:
            client[short] = str(value)
        elif name not in {*POLARS_STORAGE_CONFIG_KEYS, *_PROFILE}:
            store[key] = str(value)
    return store, client

"""The ADBC drivers that `scan_db` knows: where they come from, and how they are told where to go.

A driver is a wheel of PyPI. It is imported when it is first used.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from polars_io_tools._installation import installing
from polars_io_tools.errors import MissingDependencyError

__all__ = ["DRIVERS", "ENDS_WITH_ITS_CLIENT", "Driver", "needs_extra", "opened"]

Options = dict[str, str]

# Has PostgreSQL look, while a query runs, whether its client is still there, from version 14 on.
ENDS_WITH_ITS_CLIENT = (
    "SELECT set_config(name, '500ms', false) FROM pg_settings "
    "WHERE name = 'client_connection_check_interval'"
)


@dataclass(frozen=True)
class Driver:
    """An ADBC driver.

    Attributes:
        package: the module that finds its library.
        extra: what to install for it.
        options: from a URI to the options of a database.
        dialects: how SQL may be written for it; the first is taken if nothing is said.
        quote: the character that begins a quoted name in the generic dialect.
        session: statements that each connection begins with.
    """

    package: str
    extra: str
    options: Callable[[str], Options]
    dialects: tuple[str, ...] = ("generic",)
    quote: str = '"'
    session: tuple[str, ...] = ()


def needs_extra(scheme: str, extra: str) -> MissingDependencyError:
    """Return the error for a driver that is not installed."""
    return MissingDependencyError(f"scan_db: {scheme} needs an extra: {installing(extra)}")


def opened(driver: Driver, uri: str) -> Any:
    """Open what ADBC calls a database, from which connections come.

    Raises:
        MissingDependencyError: the driver is not installed.
        ValueError: the URI has an option that no driver has.
    """
    try:
        import adbc_driver_manager as manager
        import pyarrow as pa  # noqa: F401  (through which rows come)

        module = importlib.import_module(driver.package)
    except ImportError as error:
        scheme = uri.partition("://")[0]
        engine = " with engine='adbc'" if scheme in ("postgresql", "sqlite") else ""
        raise needs_extra(f"{scheme}://{engine}", driver.extra) from error
    library = module._driver_path()  # noqa: SLF001  (as its own `connect` does)
    return manager.AdbcDatabase(driver=library, **driver.options(uri))


def _flight(uri: str) -> Options:
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    options = {"uri": f"{parts.scheme}://{host}{parts.path}"}
    if parts.username:
        options["username"] = unquote(parts.username)
        options["password"] = unquote(parts.password or "")
    return options | _given(uri, {"token": _bearer}, "adbc.flight.sql.")


def _bearer(token: str) -> tuple[str, str]:
    return "adbc.flight.sql.authorization_header", f"Bearer {token}"


def _bigquery(uri: str) -> Options:
    parts = urlsplit(uri)
    options = {"adbc.bigquery.sql.project_id": parts.netloc}
    dataset = parts.path.strip("/")
    if dataset:
        options["adbc.bigquery.sql.dataset_id"] = dataset
    return options | _given(uri, {}, "adbc.bigquery.sql.")


def _given(uri: str, short: dict[str, Callable[[str], tuple[str, str]]], prefix: str) -> Options:
    """Return the options that stand behind the question mark."""
    options: Options = {}
    parts = urlsplit(uri)
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key in short:
            options.update([short[key](value)])
        elif key.startswith(prefix):
            options[key] = value
        else:
            # Not by its name, which may be a part of a password.
            known = ", ".join([*short, prefix + "…"])
            msg = f"scan_db: {parts.scheme}:// has an option behind ? that is none of {known}"
            raise ValueError(msg)
    return options


# SQL to which no type is known gets what holds on any database.
_ANY = ("generic", "duckdb", "postgresql", "sqlite")

_FLIGHT = Driver("adbc_driver_flightsql", "flightsql", _flight, _ANY)

DRIVERS: dict[str, Driver] = {
    "postgresql": Driver(
        "adbc_driver_postgresql",
        "adbc",
        lambda uri: {"uri": uri},
        ("postgresql",),
        session=(
            "SET default_transaction_read_only = on",
            "SET TimeZone = 'UTC'",
            ENDS_WITH_ITS_CLIENT,
        ),
    ),
    "sqlite": Driver(
        "adbc_driver_sqlite",
        "adbc",
        lambda uri: {"uri": f"file:{quote(uri.removeprefix('sqlite:///'))}?mode=ro"},
        ("sqlite",),
    ),
    "grpc": _FLIGHT,
    "grpc+tcp": _FLIGHT,
    "grpc+tls": _FLIGHT,
    "snowflake": Driver("adbc_driver_snowflake", "snowflake", lambda uri: {"uri": uri}),
    "bigquery": Driver("adbc_driver_bigquery", "bigquery", _bigquery, quote="`"),
}

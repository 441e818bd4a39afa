"""Which reader reads which connection, by `engine=` and `dialect=`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from polars_io_tools._installation import installing
from polars_io_tools.db._odbc_string import is_odbc
from polars_io_tools.db._reader import Reader

__all__ = ["AUTO", "DIALECTS", "ENGINES", "SCHEMES", "Choice", "Engine", "misnamed", "opened"]

Engine = Literal["auto", "native", "adbc", "odbc"]

ENGINES: tuple[Engine, ...] = get_args(Engine)
DIALECTS = ("postgresql", "duckdb", "sqlite", "generic")
_UNKNOWN_TO = ("generic", "duckdb", "postgresql", "sqlite")

# The engines of each scheme, the one of "auto" first, and how SQL may be written for each.
SCHEMES: dict[str, dict[str, tuple[str, ...]]] = {
    "postgresql": {"native": ("postgresql",), "adbc": ("postgresql",)},
    "duckdb": {"native": ("duckdb",)},
    "sqlite": {"native": ("sqlite",), "adbc": ("sqlite",)},
    **{scheme: {"adbc": _UNKNOWN_TO} for scheme in ("grpc", "grpc+tcp", "grpc+tls")},
    "snowflake": {"adbc": ("generic",)},
    "bigquery": {"adbc": ("generic",)},
}

# An ODBC string has no scheme.
_ODBC: dict[str, tuple[str, ...]] = {"odbc": ("generic",)}

# Databases that are reached by ODBC, and what their own drivers are called.
_BY_ODBC = {
    "mysql": "MySQL ODBC 9.4 Unicode Driver",
    "mariadb": "MariaDB ODBC 3.2 Driver",
    "mssql": "ODBC Driver 18 for SQL Server",
    "sqlserver": "ODBC Driver 18 for SQL Server",
    "clickhouse": "ClickHouse ODBC Driver (Unicode)",
    "oracle": "Oracle 23 ODBC driver",
    "db2": "IBM DB2 ODBC DRIVER",
    "teradata": "Teradata Database ODBC Driver 20.00",
    "redshift": "Amazon Redshift (x64)",
    "trino": "Trino ODBC Driver",
}


@dataclass(frozen=True)
class Choice:
    """What a user says of how to read.

    Attributes:
        engine: what reads; "auto" for the best that there is.
        dialect: how SQL is written, None for what fits.
    """

    engine: Engine = "auto"
    dialect: str | None = None

    def check_own(self) -> None:
        """Check that nothing is said, as a reader of the user's own knows by itself.

        Raises:
            ValueError: something is.
        """
        if self != AUTO:
            what = "engine" if self.engine != "auto" else "dialect"
            raise ValueError(f"scan_db: {what}= says nothing to a Reader, which has its own")

    def of(self, name: str, engines: dict[str, tuple[str, ...]]) -> tuple[str, str]:
        """Return the engine and the dialect for a kind of connection.

        Raises:
            ValueError: it has no such engine, or the engine no such dialect.
        """
        engine = next(iter(engines)) if self.engine == "auto" else self.engine
        if engine not in engines:
            known = " or ".join(repr(e) for e in engines)
            hint = "; ODBC reads strings such as 'Driver=…;Server=…'" if engine == "odbc" else ""
            raise ValueError(f"scan_db: {name} is read by engine={known}, not {engine!r}{hint}")
        dialects = engines[engine]
        if self.dialect is not None and self.dialect not in dialects:
            known = " or ".join(repr(d) for d in dialects)
            msg = f"scan_db: {name} with engine={engine!r} is asked in dialect={known}, not "
            raise ValueError(f"{msg}{self.dialect!r}")
        return engine, self.dialect or dialects[0]


AUTO = Choice()


def opened(uri: str, choice: Choice) -> Reader:
    """Return the reader of a URI or an ODBC string.

    Raises:
        ValueError: the choice is none for it.
    """
    if is_odbc(uri):
        from polars_io_tools.db._odbc import OdbcReader

        choice.of("an ODBC string", _ODBC)
        return OdbcReader(uri)
    scheme, _, rest = uri.partition("://")
    engine, dialect = choice.of(f"{scheme}://", SCHEMES[scheme])
    if engine == "adbc":
        from polars_io_tools.db._adbc import AdbcReader

        return AdbcReader(uri, dialect)
    return _native(scheme, uri, rest.removeprefix("/"))


def _native(scheme: str, uri: str, path: str) -> Reader:
    from polars_io_tools.db import _duckdb, _postgresql, _sqlite

    if scheme == "postgresql":
        return _postgresql.PostgresReader(uri)
    return _duckdb.DuckReader(path) if scheme == "duckdb" else _sqlite.SqliteReader(path)


def misnamed(scheme: str, aliases: Iterable[str]) -> str:
    """Return what to say of a scheme that no reader has."""
    if scheme in _BY_ODBC:
        return (
            f"scan_db: {scheme}:// is read by ODBC; pass connection='Driver={{{_BY_ODBC[scheme]}}};"
            "Server=…;Database=…;UID=…;PWD=…' (or 'DSN=…'), with the driver installed, and: "
            f"{installing('odbc')}"
        )
    near = difflib.get_close_matches(scheme, (*SCHEMES, *aliases, *_BY_ODBC), 1)
    hint = f"; did you mean {near[0]}://?" if near else ""
    known = ", ".join(f"{s}://" for s in sorted(SCHEMES))
    return (
        f"scan_db: no reader for '{scheme}://'; known: {known}{hint}; for ODBC pass 'Driver=…' or "
        "'DSN=…'"
    )

"""The table of `places` behind each engine that is not a database's own reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import polars_io_tools as piot
from tests import odbc
from tests.database import places
from tests.flightsql import FlightServer

if TYPE_CHECKING:
    import polars as pl

    from tests.postgres import Server

__all__ = ["CANARY", "ENGINES", "Place", "make", "odbc_string"]

# The database that keeps the rows of each.
_DATABASES = {
    "adbc postgresql": "postgresql",
    "adbc sqlite": "sqlite",
    "flightsql": "duckdb",
    "flightsql duckdb": "duckdb",
    "odbc": "postgresql",
}
ENGINES = tuple(_DATABASES)

CANARY = "canary-e7a1"


@dataclass
class Place:
    """Where a table is, and how it is read.

    Attributes:
        database: the one that keeps the rows.
        uri: the connection.
        table: the name of the table.
        options: `engine` and `dialect`.
        servers: what is to be stopped.
    """

    database: str
    uri: str
    table: str
    options: dict[str, Any] = field(default_factory=dict)
    servers: list[FlightServer] = field(default_factory=list)

    def scan(self, query: str, **options: Any) -> pl.LazyFrame:
        """Scan a query."""
        return piot.scan_db(query, self.uri, **self.options, **options)

    def trades(self, **options: Any) -> pl.LazyFrame:
        """Scan the table."""
        return self.scan(f"SELECT * FROM {self.table} -- all of them", **options)

    @property
    def hole(self) -> str:
        """The first placeholder of a query."""
        numbered = self.database == "postgresql" and not self.uri.startswith("Driver")
        return "$1" if numbered or "dialect" in self.options else "?"

    def close(self) -> None:
        """Stop what was started."""
        for server in self.servers:
            server.stop()


def make(engine: str, folder: Path, server: Server, name: str, rows: int = places.ROWS) -> Place:
    """Make the table, and return how to read it; its name is that of the engine as well."""
    table = f"{name}_{engine.replace(' ', '_')}"
    database = _DATABASES[engine]
    uri = places.make(database, folder, server, table, rows)
    if engine == "odbc":
        return Place(database, odbc_string(uri), table)
    if engine.startswith("adbc"):
        return Place(
            database, uri.replace("postgres@", f"postgres:{CANARY}@"), table, {"engine": "adbc"}
        )
    flight = FlightServer(uri.removeprefix("duckdb:///"), CANARY)
    options = {"dialect": "duckdb"} if engine == "flightsql duckdb" else {}
    return Place(database, flight.uri.replace("//", f"//me:{CANARY}@"), table, options, [flight])


def odbc_string(uri: str, password: str = CANARY) -> str:
    """Return an ODBC string for a URI of PostgreSQL, with a password that nobody asks for."""
    parts = urlsplit(uri)
    return (
        f"Driver={odbc.driver()};Server={parts.hostname};Port={parts.port};"
        f"Database={parts.path[1:]};UID={parts.username};PWD={{{password}}}"
    )

"""The server with the table, for as long as a run of the benchmark lasts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.databases import drivers
from benchmarks.databases.table import Table
from tests.postgres import Server

__all__ = ["served"]


@contextmanager
def served(cache: Path, rows: int) -> Iterator[tuple[Table, dict[str, str]]]:
    """Start a server, make the table, and yield it with what the server and the driver are."""
    server = Server()
    try:
        versions: dict[str, str] = {}
        table = _reached(server, rows, cache, versions)
        start = time.perf_counter()
        for statements in table.statements:
            server.psql(statements)
        versions["PostgreSQL"] = server.psql("SHOW server_version").split()[0]
        seconds = time.perf_counter() - start
        print(f"{rows:,} rows on a server of its own, made in {seconds:.0f} s", flush=True)
        yield table, versions
    finally:
        server.stop()


def _reached(server: Server, rows: int, cache: Path, versions: dict[str, str]) -> Table:
    try:
        driver = drivers.find(cache)
    except drivers.DriverMissingError as error:
        return Table(server.uri, rows, no_odbc=str(error))
    versions["psqlODBC"] = driver.version
    libraries = "" if driver.libraries is None else str(driver.libraries)
    return Table(server.uri, rows, driver.connection_string(server.uri), libraries)

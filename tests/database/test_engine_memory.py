"""Memory does not grow with the result, through ADBC and ODBC either."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import odbc
from tests.conftest import child_environment
from tests.database.engine_places import odbc_string
from tests.database.test_memory import MOST, trades

if TYPE_CHECKING:
    from tests.postgres import Server

ROWS = 1_500_000

# Reads a query in batches, and prints the rows and by how many MB memory rose at its highest.
_MEASURED = """
import sys
import polars_io_tools as piot
from polars_io_tools._polars.sources import asked_sources
from tests import odbc
uri, engine, few, many = sys.argv[1:]
if engine == "odbc":
    odbc.driver()
def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
def rows(query):
    (asked,) = asked_sources(piot.scan_db(query, uri, engine=engine))
    return sum(frame.height for frame in asked.source(None, None, None, None))
rows(few)
before = status("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
print(rows(many), round(status("VmHWM") - before, 1))
"""


@pytest.mark.parametrize("engine", ["adbc", "odbc"])
def test_memory_does_not_grow_with_the_result(postgres: Server, engine: str) -> None:
    odbc.driver()  # so that the process finds it
    uri = odbc_string(postgres.uri) if engine == "odbc" else postgres.uri
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, uri, engine, trades(10), trades(ROWS)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    total, megabytes = done.stdout.split()
    assert int(total) == ROWS  # which take twice the limit
    assert float(megabytes) <= MOST

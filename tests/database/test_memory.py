"""Memory does not grow with the result, nor with the number of reads."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import child_environment
from tests.database.reading import request

if TYPE_CHECKING:
    from tests.postgres import Server

# What the documentation promises, in MB.
MOST = 60

# Reads a query in batches, and prints the rows and by how many MB memory rose at its highest.
_MEASURED = """
import sys
import polars as pl
from polars_io_tools import _gocore
class Holder:
    def __init__(self, capsule): self.capsule = capsule
    def __arrow_c_stream__(self, schema=None): return self.capsule
def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))
def rows(request):
    stream, n = _gocore.pg_open(request), 0
    while (capsule := _gocore.pg_next(stream)) is not None:
        n += pl.DataFrame(Holder(capsule)).height
    return n
few, many, times = sys.argv[1].encode(), sys.argv[2].encode(), int(sys.argv[3])
rows(few)
before = status("VmRSS")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
total = sum(rows(many) for _ in range(times))
print(total, round(status("VmHWM") - before, 1))
"""


def measure(few: bytes, many: bytes, times: int) -> tuple[int, float]:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, few.decode(), many.decode(), str(times)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    total, megabytes = done.stdout.split()
    return int(total), float(megabytes)


def trades(rows: int) -> str:
    """A query of rows of six columns, which the server makes one after the other."""
    return (
        "SELECT timestamp '2024-01-01' + g * interval '6 s' AS ts, 'SYM' || g % 500 AS symbol, "
        "g / 7.0::float8 AS price, g::int8 AS id, date '2024-01-01' + g / 14400 AS date, "
        f"(g * 0.0001)::numeric(18, 4) AS notional FROM (SELECT generate_series(1, {rows}) AS g) q"
    )


@pytest.mark.long
def test_memory_does_not_grow_with_the_result(postgres: Server) -> None:
    total, megabytes = measure(
        request(postgres, trades(10)), request(postgres, trades(5_000_000)), 1
    )
    assert total == 5_000_000
    assert megabytes <= MOST


def test_memory_does_not_grow_with_many_reads(postgres: Server) -> None:
    """A tenth of the rows at once would take more than the limit, if batches were kept."""
    total, megabytes = measure(request(postgres, trades(10)), request(postgres, trades(50_000)), 40)
    assert total == 2_000_000
    assert megabytes <= MOST

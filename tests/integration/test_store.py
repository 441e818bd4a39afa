"""Results stay in the object store: frames use them there, and give them back when they go."""

from __future__ import annotations

import datetime as dt
import gc
import re
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.boundary.processes import output_of
from tests.integration.cases import QUARTER, on_ray

pytestmark = pytest.mark.ray

MB = 2**20


def bytes_in_use() -> int:
    """Return what processes use of the object store, by the newest line in the raylet's log."""
    from ray._private import worker

    node: Any = worker._global_node
    log = Path(node.get_logs_dir_path()) / "raylet.out"
    return int(re.findall(r"bytes in use: (\d+)", log.read_text())[-1])


def settled(at_least: int, at_most: int) -> int:
    """Return the bytes in use once they are within bounds, or after a long time."""
    end = time.monotonic() + 30
    while not at_least <= bytes_in_use() <= at_most and time.monotonic() < end:
        time.sleep(0.2)
    return bytes_in_use()


def private_bytes() -> int:
    """Return the memory that is this process's own; the object store is shared memory."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private"))


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc")
def test_a_result_lies_in_the_store_for_as_long_as_it_is_used() -> None:
    days = pl.LazyFrame(
        {"date": pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True)}
    )
    rows = days.join(pl.LazyFrame({"i": pl.int_range(25_000, eager=True)}), how="cross")
    wide = rows.with_columns(x=pl.col("i") * 1.5, t=pl.format("a long text of row {}", "i"))
    lf = on_ray(wide.filter(QUARTER))
    lf.head(1).collect()
    gc.collect()
    private = private_bytes()
    frame = lf.collect()
    size = int(frame.estimated_size())
    assert size > 90 * MB
    assert private_bytes() - private < size / 10
    # Tests before may have left some megabytes to their workers, for a while.
    assert settled(size, 2 * size) >= size
    column, expected = frame["x"].head(10), frame["x"].head(10).to_list()
    del frame
    gc.collect()
    assert size / 4 <= settled(0, size * 2 // 3) <= size * 2 / 3, "one of three parts is left"
    assert column.to_list() == expected
    del column
    gc.collect()
    assert settled(0, size // 4) <= size / 4


def test_frames_outlive_ray() -> None:
    output = output_of(
        """
        import datetime as dt
        import polars as pl, ray, polars_io_tools
        ray.init(
            num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="error",
            object_store_memory=100 * 2**20,
        )
        days = pl.date_range(dt.date(2024, 1, 1), dt.date(2024, 3, 31), eager=True).alias("date")
        rows = days.to_frame().join(pl.DataFrame({"i": range(3000)}), how="cross").lazy()
        lf = rows.with_columns(t=pl.format("a long text of row {}", "i")).filter(
            pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 3, 31))
        )
        result = lf.piot.execute_on_ray(date_column="date", time_unit="monthly").collect()
        ray.shutdown()
        assert result.equals(lf.collect())
        print(result.height)
        """
    )
    assert output.split()[-1] == str(91 * 3000)

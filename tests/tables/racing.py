"""Many processes that commit to one table at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

import polars_io_tools as piot
from tests.conftest import child_environment

_RACER = Path(__file__).with_name("racer.py")


def race(uri: str, writers: int, commits: int, options: Mapping[str, str] | None = None) -> None:
    """Let processes race, and compare the table with what they were told."""
    schema = {"w": pl.String, "i": pl.Int64, "v": pl.Int64}
    t = piot.create_table(uri, schema, key=["w", "i"], storage_options=options)
    names = [f"w{i:02}" for i in range(writers)]
    text = json.dumps(dict(options or {}))
    racers = [
        subprocess.Popen(
            [sys.executable, str(_RACER), uri, name, str(commits), text],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(),
        )
        for name in names
    ]
    told: list[int] = []
    for racer in racers:
        out, err = racer.communicate()
        assert racer.returncode == 0, err[-3000:]
        told += map(int, out.split())
    # Each commit has a version of its own, and there are no others.
    assert sorted(told) == [*range(1, writers * commits + 1)]
    assert t.history()["version"].to_list() == [*range(writers * commits, -1, -1)]
    value = pl.when((pl.col("i") % 5 == 3) & (pl.col("i") + 1 < commits))
    wanted = pl.DataFrame({"w": names}).join(
        pl.select(i=pl.int_range(commits)), how="cross", maintain_order="left_right"
    )
    wanted = wanted.with_columns(v=value.then(-pl.col("i") - 1).otherwise("i"))
    assert t.scan().to_polars().sort("w", "i").equals(wanted)

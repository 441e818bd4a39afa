"""Many processes that commit to one table at once, and compactions meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deltalake
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


# Compacts a table, and returns whether it did.
Compact = Callable[[piot.Table, Mapping[str, str]], bool]


def by_delta(t: piot.Table, options: Mapping[str, str]) -> bool:
    """Compact by delta-rs, which loses to others now and then."""
    log = deltalake.DeltaTable(t.uri, storage_options=dict(options))
    try:
        return bool(log.optimize.compact()["numFilesRemoved"])
    except deltalake.exceptions.DeltaError:
        return False


def by_us(t: piot.Table, _: Mapping[str, str]) -> bool:
    """Compact into files of a few rows."""
    try:
        return t.compact(target_rows=15) is not None
    except piot.CommitConflictError:
        return False


def replaced_meanwhile(
    uri: str, rounds: int, compact: Compact, options: Mapping[str, str] | None = None
) -> int:
    """Replace ranges while another thread compacts, and return how many conflicts there were."""
    schema = {"k": pl.Int64, "v": pl.Int64}
    t = piot.create_table(uri, schema, key="k", storage_options=options)
    for lo in range(0, 40, 10):
        with t.txn() as txn:
            txn.write({"k": [*range(lo, lo + 10)], "v": [0] * 10})
    stop = threading.Event()

    def compacting() -> None:
        # On after the last replacement, if it lost to all of them.
        done = False
        while not stop.wait(0.02) or not done:
            done = compact(t, options or {}) or done

    conflicts = 0
    with ThreadPoolExecutor(1) as pool:
        compactor = pool.submit(compacting)
        try:
            for i in range(1, rounds + 1):
                conflicts += _replace(t, i)
                if compactor.done():
                    break
        finally:
            stop.set()
        compactor.result()
    found = t.scan().to_polars().sort("k").rows()
    assert found == [(k, _newest(k, rounds)) for k in range(40)]
    assert t.verify().ok
    return conflicts


def _range(i: int) -> tuple[int, int]:
    lo = i * 7 % 36
    return lo, lo + 4


def _newest(k: int, rounds: int) -> int:
    """Return which round wrote a key last."""
    return max((i for i in range(1, rounds + 1) if k in range(*_range(i))), default=0)


def _replace(t: piot.Table, i: int) -> int:
    """Replace a range, as often as needed, and return how many conflicts there were."""
    lo, hi = _range(i)
    before = dict(t.scan().to_polars().rows())
    conflicts = 0
    while True:
        try:
            with t.txn() as txn:
                txn.replace_range(lo, hi, {"k": [*range(lo, hi)], "v": [i] * (hi - lo)})
            break
        except piot.CommitConflictError:
            conflicts += 1
    found = t.scan().to_polars().sort("k").rows()
    assert found == sorted({**before, **dict.fromkeys(range(lo, hi), i)}.items())
    return conflicts

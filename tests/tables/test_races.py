"""Writers that race: each commit counts once, and nothing of any is lost."""

from __future__ import annotations

import threading

import deltalake
import polars as pl
import pytest

import polars_io_tools as piot
from tests.tables.racing import race


def test_a_few_writers_that_race(uri: str) -> None:
    race(uri, writers=4, commits=8)


@pytest.mark.long
def test_many_writers_that_race(uri: str) -> None:
    race(uri, writers=16, commits=60)


def compacting(uri: str, stop: threading.Event, done: list[int]) -> None:
    """Compact by delta-rs, which loses to others now and then."""
    while not stop.wait(0.02):
        log = deltalake.DeltaTable(uri)
        try:
            found = log.optimize.compact()
        except deltalake.exceptions.DeltaError:
            continue
        done.append(found["numFilesRemoved"])


def replaced_meanwhile(uri: str, rounds: int) -> int:
    """Replace ranges while another thread compacts, and return how many conflicts there were."""
    t = piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k")
    for lo in range(0, 40, 10):
        with t.txn() as txn:
            txn.write({"k": [*range(lo, lo + 10)], "v": [0] * 10})
    stop, done = threading.Event(), list[int]()
    compactor = threading.Thread(target=compacting, args=(uri, stop, done))
    compactor.start()
    conflicts = 0
    try:
        for i in range(1, rounds + 1):
            lo = i * 7 % 36
            frame = {"k": [*range(lo, lo + 4)], "v": [i] * 4}
            before = dict(t.scan().to_polars().rows())
            while True:
                try:
                    with t.txn() as txn:
                        txn.replace_range(lo, lo + 4, frame)
                    break
                except piot.CommitConflictError:
                    conflicts += 1
            found = t.scan().to_polars().sort("k").rows()
            assert found == sorted({**before, **dict.fromkeys(frame["k"], i)}.items())
    finally:
        stop.set()
        compactor.join()
    assert sum(done), "nothing was compacted"
    return conflicts


def test_compactions_that_race_with_replacements(uri: str) -> None:
    replaced_meanwhile(uri, rounds=15)


@pytest.mark.long
def test_many_compactions_that_race_with_replacements(uri: str) -> None:
    assert replaced_meanwhile(uri, rounds=300), "they never met"

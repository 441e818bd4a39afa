"""Operations and shards of somebody who means harm: nothing outside of the table is used."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import polars_io_tools as piot
from tests.tables import preloading


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that is preloaded."""
    return preloading.compiled(tmp_path_factory.mktemp("watching"))


def state(folder: Path) -> dict[str, bytes]:
    found = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
    return {str(p.relative_to(folder)): p.read_bytes() for p in found}


@pytest.mark.parametrize("seed", [1, *(pytest.param(i, marks=pytest.mark.long) for i in (2, 3, 4))])
def test_a_thousand_texts_use_nothing_outside(library: Path, tmp_path: Path, seed: int) -> None:
    done = preloading.run(library, "hostile", str(tmp_path), str(seed))
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["foreign"] == []
    assert found["away"] == []
    # They were watched, most were refused, and some were taken, as what was wrong did not matter.
    assert found["inside"] > 0
    assert sum(found["errors"].values()) == 1000
    assert 0 < found["errors"]["taken"] < 300
    left = state(tmp_path / "outside")
    assert len(left) == 2
    assert len({*left.values()}) == 1
    t = piot.table(tmp_path / "table")
    assert t.snapshot().version == 1
    assert t.scan().to_polars()["k"].sort().to_list() == [*range(10)]


def test_operations_of_what_is_in_the_table_remove_nothing(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64}, key="k")
    worker = t.txn()
    worker.write({"k": [1]})
    ops = worker.take()
    with t.txn() as txn:
        txn.include(ops)
    first = t.snapshot().asof
    later = {**json.loads(ops.to_json()), "version": 1}
    again = t.txn()
    with pytest.raises(piot.InvalidOperationsError, match="a file of the table already"):
        again.include(piot.TransactionOps.from_json(json.dumps(later)))
    again.abort()
    # Nor what only older states have.
    with t.txn() as txn:
        txn.delete_keys({"k": [1]})
    again = t.txn()
    again.include(piot.TransactionOps.from_json(json.dumps({**later, "version": 2})))
    again.abort()
    assert t.scan(asof=first).to_polars().rows() == [(1,)]

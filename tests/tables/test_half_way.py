"""Changes of a transaction that fail half-way, and rows that meet within one transaction."""

from __future__ import annotations

import datetime as dt
import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools.tables import _commit, _files, _parts, _txn


def made(uri: str, *, unique: bool = True) -> piot.Table:
    t = piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k", unique=unique)
    for keys in ([1, 3, 5], [11, 13, 15]):
        with t.txn() as txn:
            txn.write({"k": keys, "v": [0, 0, 0]})
    return t


def rows(t: piot.Table) -> list[tuple[Any, ...]]:
    return t.scan().to_polars().sort("k", "v").rows()


def files(t: piot.Table) -> set[str]:
    return {p.name for p in Path(t.uri).glob("*.parquet")}


def worker(t: piot.Table) -> piot.TransactionOps:
    txn = t.txn()
    txn.write({"k": [11], "v": [3]})
    txn.delete_keys({"k": [13]})
    return txn.take()


def row(k: int) -> pl.LazyFrame:
    return pl.LazyFrame({"k": [k], "v": [1]})


CHANGES: dict[str, Callable[[piot.Transaction, piot.Table], None]] = {
    "write": lambda txn, _: txn.write(pl.concat([row(20), row(30)])),
    "delete": lambda txn, _: txn.delete_keys({"k": [3, 13]}),
    "replace": lambda txn, _: txn.replace_range(2, 12, {"k": [2], "v": [1]}),
    "include": lambda txn, t: txn.include(worker(t), worker(t)),
}


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_fails_was_never_made(
    uri: str, monkeypatch: pytest.MonkeyPatch, change: str, mode: Any
) -> None:
    t = made(uri)
    before = rows(t)
    real, calls = _files.write_sorted, list[int]()

    def failing(stored: Any, layout: Any, folder: Any, names: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "no space")
        return real(stored, layout, folder, names)

    txn = t.txn(mode)
    txn.write({"k": [4], "v": [1]})
    with monkeypatch.context() as patch:
        if change != "include":
            patch.setattr(_txn, "write_sorted", failing)
        patch.setattr("polars_io_tools.tables._rows._CHUNK_BYTES", 1)
        with pytest.raises((OSError, piot.InvalidOperationsError), match=r"no space|as well"):
            CHANGES[change](txn, t)
    assert txn.commit() == 3
    assert rows(t) == sorted([*before, (4, 1)])
    assert t.verify().ok


def test_what_a_failed_change_wrote_goes(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    t = made(uri)
    before = files(t)

    def failing(_: Any, __: Any, ___: Any, names: Any) -> Any:
        Path(t.uri, next(names)).write_bytes(b"PAR1 half of a file")
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(_txn, "write_sorted", failing)
    with pytest.raises(OSError, match="no space"), t.txn() as txn:
        txn.write({"k": [7], "v": [1]})
    assert files(t) == before


def test_a_sink_that_is_refused_leaves_the_transaction_as_it_was(uri: str) -> None:
    from ray.data.datasource import WriteResult

    t = made(uri)
    with t.txn() as txn:
        txn.write({"k": [20], "v": [1]})
        sink = txn.to_ray_datasink()
        frame = pl.DataFrame({"k": [21], "v": [1]}).to_arrow()
        told = [sink.write(iter([frame]), None) for _ in range(2)]
        gone = piot.TransactionOps.from_json(told[1])[0].path
        Path(t.uri, str(gone)).unlink()
        with pytest.raises(piot.InvalidOperationsError, match="is not there") as caught:
            sink.on_write_complete(WriteResult(0, 0, told))
        sink.on_write_failed(caught.value)
    assert rows(t) == [(1, 0), (3, 0), (5, 0), (11, 0), (13, 0), (15, 0), (20, 1)]
    assert files(t) == {*t.snapshot().actions["path"]}


@pytest.mark.parametrize("first", ["write", "delete"])
def test_a_key_of_a_file_that_is_written_anew_is_there_once(uri: str, first: str) -> None:
    t = made(uri)
    before = rows(t)
    txn = t.txn()
    if first == "write":
        txn.write({"k": [3], "v": [9]})
    txn.delete_keys({"k": [5]})
    if first == "delete":
        txn.write({"k": [3], "v": [9]})
    with pytest.raises(piot.InvalidRowsError, match="k=3 would be there more than once"):
        txn.commit()
    assert rows(t) == before


@pytest.mark.parametrize("other", ["written", "replaced", "included"])
def test_a_key_is_upserted_once(uri: str, other: str) -> None:
    t = made(uri, unique=False)
    before = rows(t)
    txn = t.txn("upsert")
    if other == "written":
        txn.write({"k": [3], "v": [1]})
    elif other == "replaced":
        txn.replace_range(3, 4, {"k": [3, 3], "v": [1, 2]})
    else:
        part = t.txn()
        part.delete_keys({"k": [5]})
        txn.include(part.take())
    txn.write({"k": [3, 4], "v": [8, 8]})
    with pytest.raises(piot.InvalidRowsError, match="k=3 would be there more than once"):
        txn.commit()
    assert rows(t) == before
    # Others may have a key more than once, as long as it is not upserted.
    with t.txn("upsert") as txn:
        txn.replace_range(3, 4, {"k": [3, 3], "v": [1, 2]})
        txn.write({"k": [1, 2], "v": [8, 8]})
    assert rows(t)[:4] == [(1, 8), (2, 8), (3, 1), (3, 2)]


def test_an_answer_that_gets_lost_at_the_last_try(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = made(uri)
    real = deltalake.DeltaTable.create_write_transaction

    def unheard(*args: Any, **given: Any) -> None:
        real(*args, **given)
        raise deltalake.exceptions.CommitFailedError("the answer got lost")

    monkeypatch.setattr(_commit, "_TRIES", 1)
    monkeypatch.setattr(deltalake.DeltaTable, "create_write_transaction", unheard)
    with t.txn() as txn:
        txn.write({"k": [20], "v": [1]})
    assert txn.version == 3
    assert rows(t)[-1] == (20, 1)


def written_and_failing(txn: piot.Transaction) -> dict[str, list[int]]:
    txn.write({"k": [20], "v": [1]})
    return {"k": [1 // 0]}


def test_what_cannot_be_removed_hides_no_error(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    t = made(uri)

    def failing(*_: Any) -> None:
        raise OSError(errno.EIO, "cannot be removed")

    monkeypatch.setattr(_parts, "remove_files", failing)
    with pytest.raises(piot.InvalidRowsError, match="k=1 would"), t.txn() as txn:
        txn.write({"k": [1], "v": [1]})
    with pytest.raises(ZeroDivisionError), t.txn() as txn:
        txn.write(written_and_failing(txn))
    assert len(t.clean(dt.timedelta(0))) == 2


def test_what_a_killed_commit_did_not_need_is_cleaned(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    t = made(uri)
    monkeypatch.setattr(_parts.Parts, "remove_unneeded", lambda _: None)
    with t.txn() as txn:
        txn.delete_keys({"k": [1]})
        txn.delete_keys({"k": [3]})
    states = {p for v in range(4) for p in t.snapshot(f"{t.table_id}@{v}").actions["path"]}
    assert t.clean(dt.timedelta(0)) == [f"part-{txn.id}-0.parquet"]
    assert files(t) == states

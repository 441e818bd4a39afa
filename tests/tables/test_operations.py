from __future__ import annotations

import json
import pickle
import shutil
import struct
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools.tables import _place


@pytest.fixture
def t(uri: str) -> piot.Table:
    made = piot.create_table(uri, {"k": pl.Int64, "s": pl.String}, key="k")
    with made.txn() as txn:
        txn.write({"k": [*range(10)], "s": ["x"] * 10})
    return made


def taken(t: piot.Table, *keys: int) -> piot.TransactionOps:
    txn = t.txn()
    txn.write({"k": [*keys], "s": ["y"] * len(keys)})
    return txn.take()


def replaced(t: piot.Table, lo: Any, hi: Any, *keys: int) -> piot.TransactionOps:
    txn = t.txn()
    txn.replace_range(lo, hi, {"k": [*keys]})
    return txn.take()


def keys(t: piot.Table) -> list[int]:
    return t.scan().to_polars()["k"].sort().to_list()


def data_files(t: piot.Table) -> set[str]:
    return {p.name for p in Path(t.uri).iterdir() if p.is_file()}


def test_operations_travel(t: piot.Table) -> None:
    ops = replaced(t, 3, 5, 4)
    assert [op.kind for op in ops] == ["add", "add", "remove", "replace"]
    for again in (piot.TransactionOps.from_json(ops.to_json()), pickle.loads(pickle.dumps(ops))):
        assert again == ops
        assert len(again) == 4
    assert [piot.Operation.from_json(op.to_json()) for op in ops] == list(ops)
    assert json.loads(ops.to_json())["v"] == 1


def test_operations_of_many_are_committed_once(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.include(taken(t, 20), taken(t, 22), replaced(t, 3, 5, 4))
        txn.write({"k": [21]})
        assert keys(t) == [*range(10)]
    assert keys(t) == sorted({*range(10), 20, 21, 22} - {3})
    assert txn.version == 2


def test_operations_one_by_one_are_the_same(t: piot.Table) -> None:
    ops = replaced(t, 3, 5, 4)
    with t.txn() as txn:
        for op in ops:
            txn.include(piot.Operation.from_json(op.to_json()))
    assert keys(t) == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def parts_of(ops: piot.TransactionOps) -> dict[str, list[piot.Operation]]:
    """Return operations by kind; of two files that are added, the larger one has rows that stay."""
    stay, new = sorted((op for op in ops if op.kind == "add"), key=lambda op: -op.body["rows"])
    parts = {"stay": [stay], "new": [new]}
    return parts | {str(op.kind): [op] for op in ops if op.kind != "add"}


@pytest.mark.parametrize("unique", [True, False])
@pytest.mark.parametrize("end", ["commit", "take"])
@pytest.mark.parametrize("left_out", [["stay"], ["stay", "new"], ["replace"]])
def test_rows_that_would_be_lost_are_refused(
    uri: str, left_out: list[str], end: str, *, unique: bool
) -> None:
    rows = [0, *range(10)][unique:]
    t = piot.create_table(uri, {"k": pl.Int64, "s": pl.String}, key="k", unique=unique)
    with t.txn() as txn:
        txn.write({"k": rows})
    parts = parts_of(replaced(t, 3, 5, 4))
    txn = t.txn()
    for name, ops in parts.items():
        txn.include(*(op for op in ops if name not in left_out))
    with pytest.raises(piot.InvalidOperationsError, match=r"the key k=\d, which .* no range"):
        getattr(txn, end)()
    assert keys(t) == rows
    if end == "take":  # which leaves the transaction open
        for name in left_out:
            txn.include(*parts[name])
        txn.commit()
        assert keys(t) == [k for k in rows if k != 3]


def test_a_row_less_of_a_repeated_key_is_one_that_is_lost(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64, "s": pl.String}, key="k", unique=False)
    with t.txn() as txn:
        txn.write({"k": [1, 1, 2]})
    others, worker = t.txn(), t.txn()
    others.write({"k": [1]})
    [fewer] = json.loads(others.take().to_json())["adds"]
    worker.replace_range(2, 3, {"k": [2]})
    wire = json.loads(worker.take().to_json())
    name = f"part-{wire['txn']}-9.parquet"
    (Path(t.uri) / fewer["path"]).rename(Path(t.uri) / name)
    wire["adds"] = [{**fewer, "path": name}, *(a for a in wire["adds"] if a["lo"] == ["2"])]
    driver = t.txn()
    driver.include(piot.TransactionOps.from_json(json.dumps(wire)))
    with pytest.raises(piot.InvalidOperationsError, match="the key k=1, which"):
        driver.commit()


def test_what_the_driver_replaces_again_is_not_lost(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.include(replaced(t, 3, 5, 4))
        txn.replace_range(7, 9, {"k": [7]})
    assert keys(t) == [0, 1, 2, 4, 5, 6, 7, 9]


def test_operations_may_pass_through_others(t: piot.Table) -> None:
    middle = t.txn()
    middle.include(taken(t, 20))
    middle.write({"k": [21]})
    with t.txn() as txn:
        txn.include(piot.TransactionOps.from_json(middle.take().to_json()))
    assert keys(t) == [*range(10), 20, 21]


def test_twice_is_once(t: piot.Table) -> None:
    ops = taken(t, 20)
    with t.txn() as txn:
        txn.include(ops, ops)
        txn.include(piot.TransactionOps.from_json(ops.to_json()))
    assert keys(t) == [*range(10), 20]


def test_what_was_committed_is_refused(t: piot.Table) -> None:
    driver, other = t.txn(), t.txn()
    ops = taken(t, 20)
    driver.include(ops)
    other.include(ops)
    driver.commit()
    with pytest.raises(piot.InvalidOperationsError, match="committed already, in version 2"):
        other.commit()
    assert keys(t) == [*range(10), 20], "the refused transaction removed the committed file"
    with pytest.raises(piot.InvalidOperationsError, match="began at version 1, before this one"):
        t.txn().include(ops)


def test_what_was_committed_since_the_beginning_is_refused_at_once(t: piot.Table) -> None:
    late = t.txn()
    ops = taken(t, 20)
    with t.txn() as txn:
        txn.include(ops)
    with pytest.raises(piot.InvalidOperationsError, match="committed already, in version 2"):
        late.include(ops)


def test_operations_that_began_before_are_refused(t: piot.Table) -> None:
    ops = taken(t, 20)
    with t.txn() as txn:
        txn.write({"k": [30]})
    with pytest.raises(
        piot.InvalidOperationsError, match="began at version 1, before this one at 2"
    ):
        t.txn().include(ops)


def test_operations_of_another_table_are_refused(t: piot.Table, tmp_path: Path) -> None:
    other = piot.create_table(tmp_path / "other", t.schema, key="k")
    with pytest.raises(piot.InvalidOperationsError, match="cannot be included in one of"):
        other.txn().include(taken(t, 20))


def test_operations_that_overlap_are_refused(t: piot.Table) -> None:
    for first, second in (
        (replaced(t, 0, 5), replaced(t, 4, 8)),
        (replaced(t, 100, 200), taken(t, 150)),
        (taken(t, 150), replaced(t, 100, 200)),
        (replaced(t, 0, 2), replaced(t, 2, 4)),  # the same file
    ):
        txn = t.txn()
        txn.include(first)
        with pytest.raises(piot.InvalidOperationsError, match="keys of its own"):
            txn.include(second)
    assert keys(t) == [*range(10)]


def test_the_same_key_from_two_is_refused_by_the_commit(t: piot.Table) -> None:
    with pytest.raises(piot.InvalidRowsError, match="k=20 would"), t.txn() as txn:
        txn.include(taken(t, 20, 25), taken(t, 18, 20))


def test_an_abort_removes_what_was_included(t: piot.Table) -> None:
    files = data_files(t)
    txn = t.txn()
    txn.include(taken(t, 20))
    txn.write({"k": [21]})
    txn.abort()
    assert data_files(t) == files


def edited(ops: piot.TransactionOps, **changes: Any) -> str:
    """Return operations with another first file."""
    wire = json.loads(ops.to_json())
    wire["adds"][0].update(changes)
    return json.dumps(wire)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 1}, "where the operations say 1"),
        ({"rows": 7}, "1 records in a file of 7 rows"),
        ({"lo": ["19"]}, "lo is"),
        ({"hi": ["21"]}, "hi is"),
        ({"stats": json.dumps({"numRecords": 1, "minValues": {}})}, "stats is"),
    ],
)
def test_files_are_compared_with_what_is_said_of_them(
    t: piot.Table, changes: Any, message: str
) -> None:
    ops = taken(t, 20)
    with pytest.raises(piot.InvalidOperationsError, match=message):
        t.txn().include(piot.TransactionOps.from_json(edited(ops, **changes)))


def test_links_and_other_files_are_refused(t: piot.Table, tmp_path: Path) -> None:
    ops = taken(t, 20)
    [path] = [Path(t.uri) / (op.path or "") for op in ops]
    content = path.read_bytes()
    for make, message in (
        (lambda: path.symlink_to(tmp_path / "outside"), "no regular file"),
        (path.mkdir, "no regular file"),
        (lambda: path.write_bytes(content[::-1]), "no Parquet file"),
        (lambda: pl.DataFrame({"x": [1]}).write_parquet(path), "bytes, where"),
        (lambda: None, "is not there"),
    ):
        (tmp_path / "outside").write_bytes(content)
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        make()
        with pytest.raises(piot.InvalidOperationsError, match=message):
            t.txn().include(ops)


def test_rows_that_the_table_may_not_hold_are_refused(t: piot.Table) -> None:
    ops = taken(t, 20, 21)
    [op] = ops
    path = Path(t.uri) / (op.path or "")
    for frame, message in (
        (pl.DataFrame({"k": [None, 20], "s": ["y", "y"]}, t.schema), "there are nulls"),
        (pl.DataFrame({"k": [21, 20], "s": ["y", "y"]}), "not in the order"),
        (pl.DataFrame({"k": [20, 21], "z": ["y", "y"]}), "its columns are"),
    ):
        frame.write_parquet(path)
        text = edited(ops, size=path.stat().st_size)
        with pytest.raises(piot.InvalidOperationsError, match=message):
            t.txn().include(piot.TransactionOps.from_json(text))


def forged(t: piot.Table, ops: piot.TransactionOps, old: int, new: int) -> Path:
    """Write another value over one in the footer of the only file; its rows stay as they are."""
    [op] = ops
    path = Path(t.uri) / (op.path or "")
    content = path.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    was, now = (struct.pack("<q", value) for value in (old, new))
    assert was in content[start:]
    path.write_bytes(content[:start] + content[start:].replace(was, now))
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (1_000, 1_001, "row group 0, column 'k': its least value leaves out '1000'"),
        (1_007, 1_006, "row group 1, column 'k': its greatest value leaves out '1007'"),
        # In a group that others hide: the ends of the file are as they were.
        (1_004, 1_005, "row group 1, column 'k': its least value leaves out '1004'"),
        (1_003, 999, "row group 0, column 'k': its greatest value leaves out '1003'"),
    ],
)
def test_footers_that_contradict_the_rows_are_refused(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch, old: int, new: int, message: str
) -> None:
    monkeypatch.setattr(_place, "_GROUP_ROWS", 4)
    ops = taken(t, *range(1_000, 1_008))
    path = forged(t, ops, old, new)
    lost = pl.scan_parquet(path).filter(pl.col("k") == old).collect()
    assert lost.is_empty(), "Polars does not trust this footer: forge another"
    txn = t.txn()
    with pytest.raises(piot.InvalidOperationsError, match="its footer, by which") as refused:
        txn.include(piot.TransactionOps.from_json(ops.to_json()))
    assert message in str(refused.value).replace('"', "'")


def test_footers_may_say_less_than_the_rows(t: piot.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_place, "_GROUP_ROWS", 4)
    ops = taken(t, *range(1_000, 1_008))
    forged(t, ops, 1_003, 1_999)
    with t.txn() as txn:
        txn.include(ops)
    assert keys(t)[-8:] == [*range(1_000, 1_008)]


def test_footers_of_all_types_are_compared(uri: str) -> None:
    """What is written here itself is never refused: nulls, NaN, no rows at all in a group."""
    schema = {
        "k": pl.Int64,
        "s": pl.String,
        "b": pl.Binary,
        "d": pl.Decimal(30, 3),
        "f": pl.Float64,
        "g": pl.Float32,
        "n": pl.Int8,
        "u": pl.Datetime("us", "UTC"),
        "o": pl.Boolean,
        "l": pl.List(pl.Int64),
        "t": pl.Date,
        "z": pl.Struct({"a": pl.Int8}),
    }
    made = piot.create_table(uri, schema, key="k")
    k = pl.col("k")
    rows = pl.select(k=pl.int_range(-50, 50)).with_columns(
        s=k.cast(pl.String),
        b=k.cast(pl.String).cast(pl.Binary),
        d=k.cast(pl.Decimal(30, 3)),
        f=pl.when(k % 3 == 0).then(float("nan")).otherwise(k - 5.5),
        g=pl.when(k == 4).then(float("-inf")).otherwise(0.0),
        n=pl.when(k % 2 == 0).then(k).cast(pl.Int8),
        u=k.cast(pl.Datetime("us", "UTC")),
        t=k.cast(pl.Int32).cast(pl.Date),
        l=pl.concat_list("k"),
    )
    for frame in (rows, rows.select(k + 1000, f=float("nan")), rows.clear()):
        txn = made.txn()
        txn.write(frame)
        with made.txn() as driver:
            driver.include(txn.take())
    assert made.verify().ok


PATHS = [
    *("/etc/passwd", "../x.parquet", "a/../../x.parquet", "", ".", "..", "part-x-0.parquet"),
    *("_delta_log/00000000000000000000.json", "file:///etc/passwd", "s3://b/x", "C:\\x", "a\0b"),
    *("%2e%2e/x.parquet", "part-{txn}-/../../x.parquet", "part-{txn}-0.parquet/", "~/x"),
    *("part-{txn}-0.parquet\n", "part-{txn}-..parquet", "part-{other}-0.parquet"),
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_lead_elsewhere_are_refused(t: piot.Table, path: str) -> None:
    ops = taken(t, 20)
    path = path.replace("{txn}", ops.head.txn).replace("{other}", ops.head.txn[::-1])
    with pytest.raises(piot.InvalidOperationsError):
        piot.TransactionOps.from_json(edited(ops, path=path))
    wire = json.loads(ops.to_json())
    wire["adds"] = []
    wire["removes"] = [{"path": path, "size": 1}]
    text = json.dumps(wire)
    with pytest.raises(piot.InvalidOperationsError):
        t.txn().include(piot.TransactionOps.from_json(text))

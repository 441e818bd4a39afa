"""Errors of tables, of which another transaction or its operations are the cause."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import polars as pl

import polars_io_tools as piot
from polars_io_tools.tables import _commit, _counting, _upkeep
from polars_io_tools.tables._snapshot import open_snapshot
from tests.lake import delete_rows
from tests.messages import Case, Patch
from tests.tables.messages import Cause, failing, made, on

__all__ = ["COMMIT_CASES"]

Change = Callable[[dict[str, Any]], None]


def taken(t: piot.Table, *rows: int) -> piot.TransactionOps:
    txn = t.txn()
    txn.write({"k": [*rows]})
    return txn.take()


def told(ops: piot.TransactionOps, change: Change) -> piot.TransactionOps:
    """Return operations with something else in their JSON."""
    wire = json.loads(ops.to_json())
    change(wire)
    return piot.TransactionOps.from_json(json.dumps(wire))


def included(change: Change) -> Cause:
    """Return what includes operations with something else in their JSON."""

    def act(t: piot.Table) -> None:
        driver = t.txn()
        driver.include(told(taken(t, 20), change))

    return on(act)


def file_of(t: piot.Table, ops: piot.TransactionOps) -> Path:
    return Path(t.uri) / str(ops[0].path)


def forged(file: Path) -> None:
    """Write another least value into the footer."""
    content = file.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    least, other = (struct.pack("<q", value) for value in (20, 21))
    file.write_bytes(content[:start] + content[start:].replace(least, other))


def with_file(change: Callable[[Path], object]) -> Cause:
    """Return what includes operations whose file is another one by then."""

    def act(t: piot.Table) -> None:
        driver, ops = t.txn(), taken(t, 20, 21)
        file = file_of(t, ops)
        size = file.stat().st_size
        change(file)
        now = file.stat().st_size if file.exists() else size

        def resized(wire: dict[str, Any]) -> None:
            wire["adds"][0]["size"] = now

        driver.include(told(ops, resized))

    return on(act)


def with_rows(change: Callable[[pl.DataFrame], pl.DataFrame]) -> Cause:
    return with_file(lambda f: change(pl.read_parquet(f)).write_parquet(f))


def linked(file: Path) -> None:
    file.rename(f"{file}.x")
    file.symlink_to(f"{file}.x")


def own(t: piot.Table) -> None:
    driver = t.txn()

    def change(wire: dict[str, Any]) -> None:
        wire["txn"] = driver.id
        wire["adds"] = []

    driver.include(told(taken(t, 20), change))


def too_old(t: piot.Table) -> None:
    ops = taken(t, 20)
    with t.txn() as txn:
        txn.write({"k": [30]})
    t.txn().include(ops)


def of_another(_: Patch, folder: Path) -> None:
    driver, other = made(folder).txn(), made(folder, "other")
    driver.include(taken(other, 20))


def committed(t: piot.Table) -> None:
    first, late, ops = t.txn(), t.txn(), taken(t, 20)
    first.include(ops)
    first.commit()
    late.include(ops)


def committed_meanwhile(t: piot.Table) -> object:
    first, late, ops = t.txn(), t.txn(), taken(t, 20)
    first.include(ops)
    late.include(ops)
    first.commit()
    return late.commit()


def live_already(t: piot.Table) -> None:
    first, ops = t.txn(), taken(t, 20)
    first.include(ops)
    first.commit()

    def change(wire: dict[str, Any]) -> None:
        wire["version"] = first.version

    t.txn().include(told(ops, change))


def other_things(t: piot.Table) -> None:
    driver, ops = t.txn(), taken(t, 20)
    driver.include(ops)

    def change(wire: dict[str, Any]) -> None:
        wire["adds"][0]["mtime"] += 1

    driver.include(told(ops, change))


def gone(t: piot.Table) -> object:
    driver, ops = t.txn(), taken(t, 20)
    driver.include(ops)
    file_of(t, ops).unlink()
    return driver.commit()


def replaced(t: piot.Table, lo: int, hi: int) -> piot.TransactionOps:
    txn = t.txn()
    txn.replace_range(lo, hi, {"k": [lo]})
    return txn.take()


def overlapping(t: piot.Table) -> None:
    driver = t.txn()
    driver.include(replaced(t, 100, 110), replaced(t, 105, 115))


def both_remove(t: piot.Table) -> None:
    driver = t.txn()
    driver.include(replaced(t, 0, 2), replaced(t, 5, 7))


def removal_alone(t: piot.Table) -> None:
    driver = t.txn()
    driver.include(*(op for op in replaced(t, 0, 2) if op.kind != "add"))
    driver.commit()


def unreadable(t: piot.Table) -> None:
    ops = replaced(t, 0, 2)
    driver = t.txn()
    driver.include(ops)
    for removed in (op.path for op in ops if op.kind == "remove"):
        (Path(t.uri) / str(removed)).unlink()
    driver.commit()


def later_file(t: piot.Table) -> None:
    driver = t.txn()
    with t.txn() as txn:
        txn.write({"k": [20]})
    driver.include(replaced(t, 20, 21))


def meanwhile(change: Callable[[piot.Table], object]) -> Cause:
    """Return a commit that replaces rows and finds that somebody did something else."""

    def act(t: piot.Table) -> object:
        txn = t.txn()
        txn.replace_range(0, 50, {"k": [40]})
        change(t)
        return txn.commit()

    return on(act)


def more_columns(t: piot.Table) -> None:
    field = {"name": "w", "type": "long", "nullable": True, "metadata": {}}
    schema = deltalake.Schema.from_json(json.dumps({"type": "struct", "fields": [field]}))
    deltalake.DeltaTable(t.uri).alter.add_columns(schema.fields)


def more_properties(t: piot.Table) -> None:
    deltalake.DeltaTable(t.uri).alter.set_table_properties({"delta.appendOnly": "false"})


def more_rows(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [45]})


def other_rows(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.delete_keys({"k": [3]})


def fewer_versions(patch: Patch, folder: Path) -> object:
    t = made(folder)
    first = t.scan(asof=f"{t.table_id}@0").asof
    txn = t.txn()
    txn.write({"k": [20]})
    patch.setattr(_commit, "open_snapshot", lambda path, *_: open_snapshot(path, None, first))
    return txn.commit()


def always_late(patch: Patch, folder: Path) -> object:
    patch.setattr(_commit, "_TRIES", 2)
    txn = made(folder).txn()
    txn.write({"k": [20]})
    patch.setattr(_commit, "_swap", lambda *_: False)
    return txn.commit()


def commits(folder: Path) -> object:
    made(folder)
    return None


def compacted_late(patch: Patch, folder: Path) -> object:
    t = made(folder)
    more_rows(t)

    def late(intent: Any) -> Any:
        patch.undo()
        other_rows(t)
        return _commit.commit(intent)

    patch.setattr(_upkeep, "commit", late)
    return t.compact()


def other_keys(patch: Patch, folder: Path) -> object:
    t = made(folder)
    more_rows(t)
    patch.setattr(_counting, "_MOST_PASSES", 0)
    return t.scan(where=t["k"] >= 0, shards=t.scan().shards()).compute_shards(n=2)


def copied_sink(t: piot.Table) -> object:
    sink = pickle.loads(pickle.dumps(t.txn().to_ray_datasink()))
    return sink.on_write_failed(ValueError())


def setting(**values: Any) -> Change:
    return lambda wire: wire.update(values)


def adding(**values: Any) -> Change:
    return lambda wire: wire["adds"][0].update(values)


OPS, CONFLICT = piot.InvalidOperationsError, piot.CommitConflictError

COMMIT_CASES = {
    # Operations by themselves.
    "no operations": Case(
        lambda *_: piot.TransactionOps.from_json("x"), OPS, "no operations of a transaction"
    ),
    "operations as one": Case(
        on(lambda t: piot.Operation.from_json(taken(t, 20).to_json())),
        OPS,
        "this is the JSON of a piot.TransactionOps: read it by its from_json",
    ),
    # Operations and the table.
    "another table's": Case(of_another, OPS, "operations of the table ", "cannot be included in"),
    "another key's": Case(
        included(lambda w: w["key"][0].__setitem__(0, "x")), OPS, "operations with the key"
    ),
    "own operations": Case(on(own), OPS, "a transaction cannot include its own operations"),
    "too old": Case(on(too_old), OPS, "operations of tra", "begin the transaction that includes"),
    "too new": Case(
        included(setting(version=9)), OPS, "operations of", "not there: the newest is 1"
    ),
    "committed": Case(on(committed), OPS, "operations of", "were committed already, in version 2"),
    "committed meanwhile": Case(
        on(committed_meanwhile), OPS, "operations that are included were committed already, in vers"
    ),
    "live already": Case(on(live_already), OPS, "operations of", "is a file of the table already"),
    "other things": Case(
        on(other_things), OPS, "operations of", "than the ones that were included"
    ),
    "overlapping": Case(
        on(overlapping), OPS, "operations of", "let each writer have keys of its own"
    ),
    "both remove": Case(
        on(both_remove), OPS, "operations of", "which others that are included rem"
    ),
    "removal alone": Case(
        on(removal_alone), OPS, "operations of", "add no row with it: include all operations of a"
    ),
    "unreadable": Case(
        on(unreadable), OPS, "the files that operations remove", "cannot be compared with those"
    ),
    "later file": Case(
        on(later_file), OPS, "operations of", "is no file of the table as it was when"
    ),
    # Operations and their files.
    "no file": Case(with_file(Path.unlink), OPS, "", "the file that is added is not there"),
    "gone": Case(on(gone), OPS, "part-", "which is to be added, is gone: write it again"),
    "link": Case(with_file(linked), OPS, "", "no regular file; links and folders are not added"),
    "size": Case(included(adding(size=1)), OPS, "", "bytes, where the operations say 1"),
    "key": Case(
        included(adding(lo=["19"])), OPS, "", "lo is ['20'], where the operations say ['19']"
    ),
    "footer": Case(with_file(forged), OPS, "", "its footer, by which readers skip rows"),
    "no Parquet": Case(with_file(lambda f: f.write_text("x")), OPS, "", "no Parquet file"),
    "columns": Case(with_rows(lambda d: d.select("k")), OPS, "", "its columns are"),
    "nulls": Case(
        with_rows(lambda d: d.with_columns(k=None).cast(d.schema)),
        OPS,
        "",
        "there are nulls in",
    ),
    "unsorted": Case(with_rows(pl.DataFrame.reverse), OPS, "", "its rows are not in the order of"),
    # Commits.
    "other columns": Case(
        meanwhile(more_columns),
        CONFLICT,
        "the columns of the table were changed since the transact",
    ),
    "properties": Case(
        meanwhile(more_properties), CONFLICT, "properties of the table were changed"
    ),
    "vectors meanwhile": Case(
        meanwhile(lambda t: delete_rows(Path(t.uri), 1, [2])),
        CONFLICT,
        "somebody else deleted rows by deletion vectors",
        "purge them, and run it again",
    ),
    "file replaced": Case(meanwhile(other_rows), CONFLICT, "part-", "began: run it again"),
    "keys changed": Case(meanwhile(more_rows), CONFLICT, "somebody else changed rows with keys in"),
    "always late": Case(always_late, CONFLICT, "", "2 times in a row while this transaction tried"),
    "fewer versions": Case(fewer_versions, piot.TableError, "", "the log was read up to version 0"),
    "no room for a commit": Case(
        failing("create_write_transaction", commits),
        piot.TableError,
        "",
        "the commit failed: No space left on device",
    ),
    "compacted late": Case(compacted_late, CONFLICT, "compact: part-", "run it again"),
    # Others.
    "other keys": Case(other_keys, piot.SourceChangedError, "", "keys differ from pass to pass"),
    "copied sink": Case(
        on(copied_sink), RuntimeError, "a copy of a sink has no transaction to inc"
    ),
}

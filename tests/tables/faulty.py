"""Transactions of one process in which calls to the file system fail, one after the other.

Run with the library made of failing.c preloaded: `faulty folder work mode error step`. It prints
a line of JSON for each transaction, and ends after the first in which nothing failed. With the
mode "killed" the folder is a table, and the process ends itself at the step.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import deltalake
import polars as pl

import polars_io_tools as piot

# As failing.c numbers them, from 1.
MODES = ("once", "after", "every", "untold", "killed")

_SCHEMA = {"k": pl.Int64, "v": pl.String}


class Shim:
    """The preloaded library."""

    def __init__(self, folder: Path) -> None:
        self._library = ctypes.CDLL(None)
        self._library.piot_calls.restype = ctypes.c_long
        self._library.piot_failed.restype = ctypes.c_long
        self._library.piot_seen.restype = ctypes.c_char_p
        self._library.piot_fail.argtypes = [ctypes.c_int, ctypes.c_long, ctypes.c_int]
        self._library.piot_watch(str(folder).encode())

    def fail(self, mode: str, number: int, error: int) -> None:
        """Let calls fail from now on."""
        self._library.piot_fail(1 + MODES.index(mode), number, error)

    def rest(self) -> tuple[int, int]:
        """Let no more calls fail, and return how many there were, and how many failed."""
        found = self._library.piot_calls(), self._library.piot_failed()
        self._library.piot_fail(0, 0, 0)
        return found

    def see(self) -> None:
        """Write down the paths that are used from now on."""
        self._library.piot_see(1)

    def seen(self) -> list[str]:
        """Return the paths that were used, and write down no more."""
        self._library.piot_see(0)
        found = self._library.piot_seen()
        assert found is not None, "too many paths"
        return str(found.decode("utf-8", "replace")).split("\n")


def change(t: piot.Table) -> None:
    """Make a transaction that does all that one can."""
    worker = t.txn()
    worker.write({"k": [200, 201], "v": ["worker"] * 2})
    ops = piot.TransactionOps.from_json(worker.take().to_json())
    with t.txn("upsert") as txn:
        txn.include(ops)
        txn.write({"k": [3, 100], "v": ["upserted"] * 2})
        txn.delete_keys({"k": [7]})
        txn.replace_range(15, 18, {"k": [16], "v": ["replaced"]})


def sink(t: piot.Table) -> None:
    """Do what Ray Data does with a sink of two tasks."""
    from ray.data.datasource import WriteResult

    blocks = [pl.DataFrame({"k": [k], "v": ["sunk"]}).to_arrow() for k in (3, 100, 101, 102)]
    with t.txn("upsert") as txn:
        tasks = txn.to_ray_datasink()
        try:
            told = [tasks.write(iter(part), None) for part in (blocks[:2], blocks[2:])]
            tasks.on_write_complete(WriteResult(0, 0, told))
        except Exception as error:
            tasks.on_write_failed(error)
            raise


def clean(t: piot.Table) -> None:
    t.clean(older_than=dt.timedelta(0))


def compact(t: piot.Table) -> None:
    t.compact()


def unchanged(before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return before


def rows(t: piot.Table) -> list[tuple[Any, ...]]:
    return t.scan().to_polars().sort("k").rows()


def plain_rows(uri: Path) -> list[tuple[Any, ...]]:
    return pl.scan_parquet(deltalake.DeltaTable(uri).file_uris()).collect().sort("k").rows()


def changed(before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    wanted = {k: v for k, v in before if k not in {7, 15, 17}}
    wanted |= {3: "upserted", 100: "upserted", 16: "replaced", 200: "worker", 201: "worker"}
    return sorted(wanted.items())


def sunk(before: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted({**dict(before), **dict.fromkeys((3, 100, 101, 102), "sunk")}.items())


class Work(NamedTuple):
    """What is done with a table: how, what rows it has afterwards, and by how many commits."""

    run: Callable[[piot.Table], None]
    rows: Callable[[list[tuple[Any, ...]]], list[tuple[Any, ...]]]
    commits: int


WORK = {
    "change": Work(change, changed, 1),
    "compact": Work(compact, unchanged, 1),
    "clean": Work(clean, unchanged, 0),
    "sink": Work(sink, sunk, 1),
}


def made(uri: Path) -> piot.Table:
    """Make a table of two files, beside which is one of a writer that died."""
    t = piot.create_table(uri, _SCHEMA, key="k")
    for half in (range(10), range(10, 20)):
        with t.txn() as txn:
            txn.write({"k": [*half], "v": ["old"] * 10})
    dead = t.txn()
    dead.write({"k": [300], "v": ["dead"]})
    dead.take()
    return t


def state(uri: Path, work: str) -> dict[str, Any]:
    """Return how many commits came after the table was made, and whether its rows are right.

    Of files that are in no state, `strays` is the number.
    """
    t = piot.table(uri)
    commits = t.history()["version"][0] - 2
    old = [(k, "old") for k in range(20)]
    wanted = WORK[work].rows(old) if commits else old
    states = [t.snapshot(version).actions["path"] for version in versions(t)]
    known = {path for paths in states for path in paths}
    return {
        "commits": commits,
        "exact": rows(t) == wanted == plain_rows(uri),
        "strays": len({p.name for p in uri.glob("*.parquet")} - known),
    }


def versions(t: piot.Table) -> list[str]:
    newest = t.snapshot()
    return [f"{newest.table_id}@{v}" for v in range(newest.version + 1)]


def attempt(uri: Path, shim: Shim, work: str, how: tuple[str, int, int]) -> dict[str, Any]:
    """Make a table, work on it while calls fail, and compare what is there with what was told."""
    t = made(uri)
    told, kind = "", ""
    shim.fail(*how)
    try:
        WORK[work].run(t)
    except Exception as raised:  # noqa: BLE001  (is what is looked for)
        told, kind = f"{type(raised).__name__}: {raised}", type(raised).__name__
    except BaseException as raised:  # noqa: BLE001  (a panic is no Exception)
        told, kind = f"panic {type(raised).__name__}: {raised}", "panic"
    finally:
        calls, failed = shim.rest()
    known = kind in {"", "panic"} or issubclass(getattr(piot, kind, int), piot.TableError)
    return {
        "number": how[1],
        "calls": calls,
        "failed": failed,
        "kind": kind,
        "told": told[:300],
        "ours": known,
        **state(uri, work),
    }


def main() -> None:
    folder, work, mode, error, step = sys.argv[1:]
    if work == "sink":
        # Not while calls fail, which are only those of the table in any case.
        import ray.data  # noqa: F401  (to have it imported)
    shim = Shim(Path(folder))
    if mode == "killed":
        t = piot.table(folder)
        shim.fail(mode, int(step), 0)
        WORK[work].run(t)
        return
    number = 1
    while True:
        uri = Path(folder) / f"t{number}"
        found = attempt(uri, shim, work, (mode, number, int(error)))
        sys.stdout.write(json.dumps(found) + "\n")
        with suppress(OSError):
            shutil.rmtree(uri)
        if not found["failed"]:
            return
        number += int(step)


if __name__ == "__main__":
    main()

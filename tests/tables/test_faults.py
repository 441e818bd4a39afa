"""Transactions while calls to the file system fail, and processes that end in the middle of one."""

from __future__ import annotations

import datetime as dt
import errno
import json
import signal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools.tables import _commit
from polars_io_tools.tables._snapshot import Snapshot, open_snapshot
from tests.tables import preloading
from tests.tables.faulty import MODES, WORK, made, state

FAILING = [mode for mode in MODES if mode != "killed"]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that is preloaded."""
    return preloading.compiled(tmp_path_factory.mktemp("failing"))


def attempts(
    library: Path, folder: Path, work: str, how: tuple[str, int, int]
) -> list[dict[str, Any]]:
    mode, error, step = how
    folder = folder / mode / str(error)
    folder.mkdir(parents=True)
    done = preloading.run(library, "faulty", str(folder), work, mode, str(error), str(step))
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(found: list[dict[str, Any]], work: str) -> None:
    """Compare what became of each transaction with what a transaction promises."""
    wanted = WORK[work].commits
    for one in found:
        assert one["commits"] in (0, wanted), one
        assert one["exact"], one
        assert one["kind"] != "panic", one
        # What is told as done is done; what is told as failed may be.
        assert one["kind"] or one["commits"] == wanted, one
        assert one["kind"] != "CommitConflictError", f"nobody else is there: {one}"
    last = found[-1]
    assert not last["failed"], last
    assert last["commits"] == wanted, last
    assert last["strays"] == (0 if work == "clean" else 1), last
    assert last["calls"] > 20, "native code does not reach the library"
    if wanted:
        assert any(not one["commits"] for one in found), "no failure mattered"
    else:
        assert any(one["strays"] for one in found), "no failure mattered"


@pytest.mark.parametrize("mode", FAILING)
def test_a_failing_file_system_leaves_no_half(library: Path, tmp_path: Path, mode: str) -> None:
    check(attempts(library, tmp_path, "change", (mode, errno.EIO, 23)), "change")


@pytest.mark.parametrize("work", [work for work in WORK if work != "change"])
def test_work_on_a_failing_file_system_leaves_no_half(
    library: Path, tmp_path: Path, work: str
) -> None:
    check(attempts(library, tmp_path, work, ("once", errno.EIO, 7)), work)


@pytest.mark.long
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.ENOENT])
@pytest.mark.parametrize("mode", FAILING)
@pytest.mark.parametrize("work", WORK)
def test_each_call_that_can_fail(
    library: Path, tmp_path: Path, work: str, mode: str, error: int
) -> None:
    check(attempts(library, tmp_path, work, (mode, error, 1)), work)


def test_a_commit_that_is_not_read_is_an_error(uri: str) -> None:
    t = made(Path(uri))
    (Path(uri) / "_delta_log" / f"{3:020}.json").symlink_to("not-there")
    assert deltalake.DeltaTable(uri).version() == 2, "delta-rs tells of it by itself"
    with pytest.raises(piot.TableError, match=r"03\.json fails"):
        t.scan()


def test_an_answer_and_then_the_log_get_lost(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    t = made(Path(uri))
    real = deltalake.DeltaTable.create_write_transaction
    lost: list[int] = []

    def unheard(self: Any, *args: Any, **given: Any) -> None:
        real(self, *args, **given)
        lost.append(1)
        raise deltalake.exceptions.CommitFailedError("the answer got lost")

    def older(path: str, table_id: str | None, when: Any) -> Snapshot:
        found = open_snapshot(path, table_id, when)
        return Snapshot(path, deltalake.DeltaTable(path, version=1)) if lost else found

    txn = t.txn()
    txn.replace_range(0, 5, {"k": [2], "v": ["new"]})
    with monkeypatch.context() as patch:
        patch.setattr(deltalake.DeltaTable, "create_write_transaction", unheard)
        patch.setattr(_commit, "open_snapshot", older)
        with pytest.raises(piot.TableError, match="the storage fails") as caught:
            txn.commit()
    # A conflict would have removed the files of the commit, which is there.
    assert not isinstance(caught.value, piot.CommitConflictError)
    assert t.scan(where=pl.col("v") == "new").to_polars()["k"].to_list() == [2]


def killed(library: Path, folder: Path, work: str, number: int) -> bool:
    """Kill a process at a call, and return whether there was such a call."""
    uri = folder / f"t{number}"
    made(uri)
    done = preloading.run(library, "faulty", str(uri), work, "killed", "0", str(number))
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    found = state(uri, work)
    assert found["exact"], found
    assert found["commits"] in (0, WORK[work].commits), found
    t = piot.table(uri)
    t.clean(older_than=dt.timedelta(0))
    assert state(uri, work) == {**found, "strays": 0}
    return done.returncode != 0


@pytest.mark.parametrize("number", [1, 150, 280, 330, 360, 400])
def test_a_killed_process_leaves_no_half(library: Path, tmp_path: Path, number: int) -> None:
    assert killed(library, tmp_path, "change", number)


@pytest.mark.long
@pytest.mark.parametrize("work", WORK)
def test_a_process_killed_anywhere(library: Path, tmp_path: Path, work: str) -> None:
    number = 1
    while killed(library, tmp_path, work, number):
        number += 5
    assert number > 20

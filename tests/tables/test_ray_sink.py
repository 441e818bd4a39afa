"""Tables as sinks of Ray Data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot


@pytest.fixture
def t(uri: str) -> piot.Table:
    return piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k")


def files(t: piot.Table) -> set[str]:
    return {p.name for p in Path(t.uri).glob("*.parquet")}


def live(t: piot.Table) -> set[str]:
    return {*t.snapshot().actions["path"]}


def keys(t: piot.Table) -> list[int]:
    return sorted(t.scan("k").to_polars()["k"])


class Context:
    """A task's context, of which a sink uses nothing."""


def run(sink: Any, *tasks: Iterable[Any]) -> None:
    """Do what Ray does with a sink, with the blocks of some tasks."""
    from ray.data.datasource import WriteResult

    try:
        returned = [sink.write(iter(blocks), Context()) for blocks in tasks]
        sink.on_write_complete(WriteResult(0, 0, returned))
    except Exception as error:
        sink.on_write_failed(error)
        raise


def blocks(*ranges: range) -> list[Any]:
    return [pl.DataFrame({"k": [*r]}, schema={"k": pl.Int64}).to_arrow() for r in ranges]


def test_blocks_become_one_sorted_file(t: piot.Table) -> None:
    descending = blocks(*(range(i, i + 10) for i in range(190, -10, -10)))
    with t.txn() as txn:
        run(txn.to_ray_datasink(), [*descending, *blocks(range(0))])
        assert keys(t) == []
    assert keys(t) == [*range(200)]
    [name] = live(t)
    stored = pl.read_parquet(Path(t.uri) / name)["k"]
    assert stored.to_list() == [*range(200)]
    assert txn.version == 1


def test_large_writes_become_several_files(t: piot.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    from polars_io_tools.tables import _ray

    monkeypatch.setattr(_ray, "_WRITE_BYTES", 8 * 30)
    with t.txn() as txn:
        run(txn.to_ray_datasink(), blocks(*(range(i, i + 10) for i in range(0, 200, 10))))
    assert keys(t) == [*range(200)]
    assert len(live(t)) == 4


def test_nothing_written_is_nothing_committed(t: piot.Table) -> None:
    with t.txn() as txn:
        run(txn.to_ray_datasink())
        run(txn.to_ray_datasink(), blocks(range(0)), [])
    assert txn.version is None


def test_the_transaction_commits_what_it_did_besides(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [1000]})
        run(txn.to_ray_datasink(), blocks(range(10)))
        run(txn.to_ray_datasink(), blocks(range(10, 20)))
    assert keys(t) == [*range(20), 1000]
    assert t.history()["version"].to_list() == [1, 0]


def test_a_failed_task_leaves_nothing(t: piot.Table) -> None:
    null = [pl.DataFrame({"k": [None, 1]}).to_arrow()]
    with pytest.raises(piot.InvalidRowsError, match="may not be null"), t.txn() as txn:
        run(txn.to_ray_datasink(), blocks(range(10)), null)
    assert (files(t), t.snapshot().version) == (set(), 0)


def test_a_refused_commit_leaves_nothing(t: piot.Table) -> None:
    with pytest.raises(piot.InvalidRowsError, match="more than once"), t.txn() as txn:
        run(txn.to_ray_datasink(), blocks(range(10)), blocks(range(5, 15)))
    assert (files(t), t.snapshot().version) == (set(), 0)


def test_files_of_killed_attempts_go(t: piot.Table) -> None:
    other = t.txn()
    other.write({"k": [500]})
    with t.txn() as txn:
        sink = txn.to_ray_datasink()
        sink.write(iter(blocks(range(10))), Context())
        run(sink, blocks(range(10)))
        assert len(files(t)) == 3
    assert keys(t) == [*range(10)]
    # The other's is not touched.
    assert len(files(t) - live(t)) == 1
    other.commit()
    assert keys(t) == [*range(10), 500]


def test_a_failed_sink_does_not_take_an_earlier_one_along(t: piot.Table) -> None:
    with t.txn() as txn:
        run(txn.to_ray_datasink(), blocks(range(10)))
        sink = txn.to_ray_datasink()
        sink.write(iter(blocks(range(20, 30))), Context())
        sink.on_write_failed(RuntimeError("lost"))
        assert len(files(t)) == 1
    assert keys(t) == [*range(10)]


def test_upserts(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [*range(20)], "v": [0] * 20})
    new = [pl.DataFrame({"k": [k, k + 10], "v": [1, 1]}).to_arrow() for k in (3, 4, 15)]
    with t.txn(mode="upsert") as txn:
        run(txn.to_ray_datasink(), [new[0]], [new[1], new[2]])
    found = dict(t.scan().to_polars().rows())
    assert found == {**dict.fromkeys(range(20), 0), **dict.fromkeys((3, 4, 13, 14, 15, 25), 1)}
    before = files(t)
    with pytest.raises(piot.InvalidRowsError, match="more than once"), t.txn("upsert") as txn:
        run(txn.to_ray_datasink(), [new[0]], [new[0]])
    assert files(t) == before


def test_a_range_is_replaced_by_what_tasks_write(t: piot.Table) -> None:
    with t.txn() as txn:
        txn.write({"k": [*range(20)]})
    with t.txn() as txn:
        txn.replace_range(5, None)
        run(txn.to_ray_datasink(), blocks(range(10, 15)), blocks(range(30, 32)))
    assert keys(t) == [*range(5), *range(10, 15), 30, 31]
    assert t.history().height == 3


def test_repeated_keys_of_tasks_of_an_upsert_are_refused(uri: str) -> None:
    t = piot.create_table(uri, {"k": pl.Int64}, key="k", unique=False)
    with pytest.raises(piot.InvalidRowsError, match="more than once"), t.txn("upsert") as txn:
        run(txn.to_ray_datasink(), blocks(range(5)), blocks(range(4, 6)))
    assert (files(t), t.snapshot().version) == (set(), 0)


def test_tasks_begin_where_the_transaction_did(t: piot.Table) -> None:
    with t.txn() as txn:
        sink = txn.to_ray_datasink()
        with t.txn() as between:
            between.write({"k": [500]})
        run(sink, blocks(range(10)))
    assert keys(t) == [*range(10), 500]


def test_an_ended_transaction_has_no_sink(t: piot.Table) -> None:
    txn = t.txn()
    txn.abort()
    with pytest.raises(piot.TransactionClosedError, match="aborted"):
        txn.to_ray_datasink()


@pytest.mark.ray
def test_many_blocks_of_ray_become_one_file(t: piot.Table) -> None:
    import ray

    ds = ray.data.range(6000, override_num_blocks=50).rename_columns({"id": "k"})
    with t.txn() as txn:
        ds.write_datasink(txn.to_ray_datasink())
    assert keys(t) == [*range(6000)]
    assert files(t) == live(t)
    assert len(live(t)) == 1
    assert t.history()["version"].to_list() == [1, 0]


@pytest.mark.ray
@pytest.mark.parametrize("when", ["before the file", "after the file"])
def test_a_killed_worker_neither_loses_nor_doubles_rows(
    t: piot.Table, tmp_path: Path, when: str
) -> None:
    import ray

    from polars_io_tools.tables._ray import TableDatasink

    marker = tmp_path / "killed"

    # Inside of the test, so that it travels to the workers by value.
    class Killed(TableDatasink):
        min_bytes_per_write = 1

        def write(self, blocks: Iterable[Any], ctx: Any) -> str:
            blocks = [*blocks]
            done = TableDatasink.write(self, blocks, ctx) if when == "after the file" else None
            first = any(block["k"][0].as_py() == 0 for block in blocks)
            if first and not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return done or TableDatasink.write(self, blocks, ctx)

    ds = ray.data.range(600, override_num_blocks=6).rename_columns({"id": "k"})
    with t.txn() as txn:
        ds.write_datasink(Killed(txn.to_ray_datasink()._driver))
    assert marker.exists()
    assert keys(t) == [*range(600)]
    assert len(live(t)) == 6
    assert files(t) == live(t)


@pytest.mark.ray
def test_a_write_that_fails_in_ray_leaves_nothing(t: piot.Table) -> None:
    import ray

    def broken(row: dict[str, Any]) -> dict[str, Any]:
        return {"k": None if row["id"] == 599 else row["id"]}

    ds = ray.data.range(600, override_num_blocks=6).map(broken)
    with pytest.raises(Exception, match="may not be null"), t.txn() as txn:
        ds.write_datasink(txn.to_ray_datasink())
    assert (files(t), t.snapshot().version) == (set(), 0)


# Where a task of a sink may end.
MOMENTS = ("at the beginning", "in a file", "after a file", "at the end")


def killed_sink(parts: Any, folder: Path) -> Any:
    """Return the sink of a transaction whose tasks are killed twice each, at two moments."""
    from polars_io_tools.tables._place import Place
    from polars_io_tools.tables._ray import TableDatasink

    moments, real = MOMENTS, Place.write

    # Inside of a function, so that it travels to the workers by value.
    class Killed(TableDatasink):
        min_bytes_per_write = 1

        def write(self, blocks: Iterable[Any], ctx: Any) -> str:
            blocks = [*blocks]
            first = blocks[0]["k"][0].as_py()
            before = len([*folder.glob(f"killed-{first}-*")])
            moment = moments[(first // 50 + before) % len(moments)] if before < 2 else None

            def die() -> None:
                (folder / f"killed-{first}-{before}").touch()
                os.kill(os.getpid(), signal.SIGKILL)

            def torn(place: Any, frame: Any, name: str) -> tuple[int, int]:
                if moment == "after a file":
                    real(place, frame, name)
                else:
                    Path(place.file(name)).write_bytes(b"PAR1 half of a file")
                die()
                return 0, 0

            if moment == "at the beginning":
                die()
            setattr(Place, "write", torn if moment in moments[1:3] else real)  # noqa: B010  (a method)
            done = TableDatasink.write(self, blocks, ctx)
            if moment == "at the end":
                die()
            return done

    return Killed(parts)


@pytest.mark.long
@pytest.mark.ray
@pytest.mark.parametrize("how", ["append", "upsert", "replace"])
def test_workers_killed_at_any_moment(t: piot.Table, tmp_path: Path, how: str) -> None:
    import ray

    old = dict.fromkeys(range(0, 800, 2), -1)
    if how != "append":
        with t.txn() as txn:
            txn.write({"k": [*old], "v": [*old.values()]})
    before = files(t)
    ds = ray.data.range(400, override_num_blocks=8).map_batches(
        lambda batch: {"k": batch["id"], "v": batch["id"] * 3}
    )
    with t.txn("upsert" if how == "upsert" else "append") as txn:
        if how == "replace":
            txn.replace_range(100, None)
            txn.delete_keys({"k": [*range(100)]})
        ds.write_datasink(killed_sink(txn.to_ray_datasink()._driver, tmp_path))
    assert len([*tmp_path.glob("killed-*")]) == 16
    wanted = {k: 3 * k for k in range(400)}
    wanted = {**old, **wanted} if how == "upsert" else wanted
    found = t.scan().to_polars()
    assert dict(found.rows()) == wanted
    assert found.height == len(wanted)
    assert files(t) == live(t) | before
    assert t.history().height == (2 if how == "append" else 3)
    assert t.verify().ok

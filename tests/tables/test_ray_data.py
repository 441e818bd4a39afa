"""Tables as sources of Ray Data. Tasks run here, but in tests marked ray."""

from __future__ import annotations

import datetime as dt
import math
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot

SCHEMA = {
    "s": pl.String,
    "k": pl.Datetime("us", "Europe/Berlin"),
    "v": pl.Int64,
    "x": pl.Float64,
    "small": pl.UInt16,
    "n": pl.Datetime("ns"),
}
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def t(uri: str) -> piot.Table:
    made = piot.create_table(uri, SCHEMA, key=["s", "k"])
    for number, symbol in enumerate("abc"):
        days = [START + dt.timedelta(days=i) for i in range(100)]
        with made.txn() as txn:
            txn.write(
                {
                    "s": [symbol] * 100,
                    "k": days,
                    "v": [100 * number + i for i in range(100)],
                    "x": [math.nan if i % 10 == 0 else float(i) for i in range(100)],
                    "small": [*range(100)],
                    "n": [day.replace(tzinfo=None) for day in days],
                }
            )
    return made


def source(scan: piot.TableScan, shards: Any = None) -> Any:
    from polars_io_tools.tables._ray import TableDatasource

    return TableDatasource(scan, shards)


def test_progress_names_the_tables(t: piot.Table) -> None:
    """Ray writes `Read` before the name of a source, and says which sink has finished."""
    name = Path(t.uri).name
    assert source(t.scan()).get_name() == f"Table[{name}]"
    assert t.txn().to_ray_datasink().get_name() == f"Table[{name}]"


def read(datasource: Any) -> pl.DataFrame:
    """Return what the tasks of a source read."""
    tasks = datasource.get_read_tasks(1)
    tables = [table for task in tasks for table in task()]
    assert {table.schema for table in tables} == {task.schema for task in tasks}
    return pl.concat([pl.DataFrame(table) for table in tables])


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(pl.all())


def test_a_task_for_each_shard(t: piot.Table) -> None:
    scan = t.scan("v", "s", where=t["v"] > 3)
    tasks = source(t.scan()).get_read_tasks(1)
    assert [task.metadata.num_rows for task in tasks] == [100, 100, 100]
    assert [sum(b.num_rows for b in task()) for task in tasks] == [100, 100, 100]
    assert_frame_equal(read(source(scan)), scan.to_polars(), check_row_order=False)
    assert_frame_equal(read(source(t.scan())), t.scan().to_polars(), check_row_order=False)


def test_sizes_are_those_of_rows_in_memory(t: piot.Table) -> None:
    made = source(t.scan())
    for task in made.get_read_tasks(1):
        size = sum(table.nbytes for table in task())
        assert 0.7 < task.metadata.size_bytes / size < 1.4
    assert made.estimate_inmemory_data_size() == pytest.approx(
        sum(task.metadata.size_bytes for task in made.get_read_tasks(1)), abs=3
    )
    [first, *_] = made.apply_projection({"v": "v"}).get_read_tasks(1)
    assert first.metadata.size_bytes == 800


def test_sizes_are_told_where_rows_are_known_only_as_a_whole(uri: str) -> None:
    t = piot.create_table(uri, {"s": pl.String, "k": pl.Int64}, key=["s", "k"])
    for first in range(4):
        with t.txn() as txn:
            # By their statistics these files overlap.
            txn.write({"s": ["a", "b"] * 50, "k": [*range(first, 400, 4)]})
    made = source(t.scan())
    tasks = made.get_read_tasks(1)
    real = sum(table.nbytes for task in tasks for table in task())
    assert 0.7 < made.estimate_inmemory_data_size() / real < 1.4
    assert 0.7 < sum(task.metadata.size_bytes for task in tasks) / real < 1.4


def test_what_is_not_known_is_not_told(t: piot.Table) -> None:
    from ray.data.expressions import col

    # The rows of a shard that somebody else made may be of another state, or made up.
    wrong = [piot.Shard(s.key, s.lo, s.hi, 7, 7) for s in t.scan().shards()]
    for unknown in (
        source(t.scan(where=t["v"] > 3)),
        source(t.scan()).apply_predicate(col("v") > 3),
        source(t.scan(), wrong),
    ):
        assert unknown.estimate_inmemory_data_size() is None
        for task in unknown.get_read_tasks(1):
            assert (task.metadata.num_rows, task.metadata.size_bytes) == (None, None)


def test_columns_that_are_left_out_are_not_read(
    t: piot.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.data.expressions import col

    seen: list[str] = []
    frames = piot.TableScan.frames

    def watched(scan: piot.TableScan, lf: pl.LazyFrame) -> Any:
        seen[:] = lf.collect_schema().names()
        return frames(scan, lf)

    monkeypatch.setattr(piot.TableScan, "frames", watched)
    some = source(t.scan()).apply_projection({"x": "x", "v": "v"})
    assert_frame_equal(read(some), t.scan("x", "v").to_polars(), check_row_order=False)
    filtered = some.apply_predicate(col("s") == "b")
    found = read(filtered)
    assert found.columns == ["x", "v"]
    assert sorted(found["v"]) == [*range(100, 200)]
    assert seen == ["s", "v", "x"]
    assert read(some.apply_projection({"v": "v"})).columns == ["v"]
    assert seen == ["v"]
    assert read(source(t.scan()).apply_projection({})).height == 300
    assert len(seen) == 1


def predicates() -> dict[str, Any]:
    from ray.data.expressions import col, lit

    late = START + dt.timedelta(days=90)
    return {
        "int": col("v") > 150,
        "turned": lit(150) < col("v"),
        "float": col("x") > 50,
        "not equal": col("x") != 3.0,
        "nan": col("x") >= lit(math.nan),
        "time": col("k") >= late,
        "nanoseconds": col("n") < late.replace(tzinfo=None),
        "and": (col("s") == "b") & (col("x") < 7),
        "or": (col("s") == "a") | (col("v") == 299),
        "or unknown": (col("s") == "a") | (col("x") == 99.0),
        "not": ~((col("s") == "b") & (col("v") > 3)),
        "in": col("s").is_in(["a", "c", "z"]),
        "not in": col("v").not_in([3, 4]),
        "null": col("x").is_null(),
        "not null": col("x").is_not_null() & (col("small") < 5),
        "arithmetic": (col("v") + 1) % 7 == 0,
        "large": col("v") < 2**62,
    }


@pytest.mark.parametrize("name", list(predicates()))
def test_filters_mean_what_arrow_means(t: piot.Table, name: str) -> None:
    predicate = predicates()[name]
    found = read(source(t.scan()).apply_predicate(predicate))
    expected = pl.DataFrame(t.scan().to_table().filter(predicate.to_pyarrow()))
    assert_frame_equal(found, expected, check_row_order=False)


def test_filters_skip_files(t: piot.Table) -> None:
    from ray.data.expressions import col

    made = source(t.scan())
    for name in t.snapshot().actions.filter(pl.col("min").struct.field("s") == "a")["path"]:
        (Path(t.uri) / name).unlink()
    with pytest.raises(piot.SnapshotNotFoundError, match="is gone"):
        read(made)
    for predicate in (col("s") > "a", col("s").is_in(["b", "c"]), col("v") >= 100):
        assert read(made.apply_predicate(predicate & (col("x") > -1.0))).height == 180


def test_what_arrow_cannot_evaluate_stays_with_ray(t: piot.Table) -> None:
    from ray.data.expressions import random

    made = source(t.scan())
    assert made.apply_predicate(random() > 1) is made


def test_given_shards(t: piot.Table) -> None:
    scan = t.scan("s", "v")
    shards = scan.shards()
    some = source(scan, shards[:2])
    assert_frame_equal(read(some), scan.to_polars(shards=shards[:2]), check_row_order=False)
    none = read(source(scan, []))
    assert_frame_equal(none, scan.to_polars().clear())
    other = piot.create_table(t.uri + "2", {"k": pl.Int64}, key="k")
    with pytest.raises(piot.ShardNotFoundError, match="another table"):
        scan.to_ray_dataset(shards=other.scan().shards())


def test_without_ray_data(t: piot.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "polars_io_tools.tables._ray", raising=False)
    monkeypatch.delattr("polars_io_tools.tables._ray", raising=False)
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(piot.MissingDependencyError, match=r"\[ray-data\]"):
        t.scan().to_ray_dataset()
    with pytest.raises(piot.MissingDependencyError, match=r"to_ray_datasink needs"):
        t.txn().to_ray_datasink()


@pytest.mark.ray
def test_a_dataset_has_the_rows_of_the_scan(t: piot.Table) -> None:
    from ray.data.expressions import col

    scan = t.scan(asof=t.snapshot().asof)
    expected = scan.to_polars()
    ds = scan.to_ray_dataset()
    with t.txn() as txn:
        txn.replace_range(None, None)
    assert ds.count() == 300
    assert ds.schema().names == list(SCHEMA)
    found = pl.DataFrame(ds.to_pandas()).select(pl.col("s", "v"))
    assert_frame_equal(found, expected.select("s", "v"), check_row_order=False)
    few = ds.filter(expr=(col("s") == "b") & (col("x") < 7)).select_columns(["v"])
    assert sorted(row["v"] for row in few.iter_rows()) == [*range(101, 107)]
    assert ds.filter(expr=col("v") >= 250).count() == 50
    assert ds.filter(expr=(col("v") >= 250) & (col("x") > 0)).count() == 45
    assert ds.limit(7).count() == 7
    assert len(scan.to_ray_dataset(shards=scan.shards()[1:]).take_all()) == 200


@pytest.mark.ray
def test_filters_and_columns_get_into_the_read(t: piot.Table) -> None:
    from ray.data.expressions import col

    ds = t.scan().to_ray_dataset().filter(expr=col("s") > "a").select_columns(["v", "x"])
    for name in t.snapshot().actions.filter(pl.col("min").struct.field("s") == "a")["path"]:
        (Path(t.uri) / name).unlink()
    assert len(ds.take_all()) == 200


@pytest.mark.ray
def test_limits_are_of_the_whole(t: piot.Table) -> None:
    assert len(t.scan("v", limit=150).to_ray_dataset().take_all()) == 150


@pytest.mark.ray
def test_without_rows_there_are_columns(uri: str) -> None:
    t = piot.create_table(uri, SCHEMA, key=["s", "k"])
    ds = t.scan("s", "v").to_ray_dataset()
    assert (ds.count(), ds.schema().names) == (0, ["s", "v"])
    done = ds.materialize()
    assert (done.count(), done.schema().names) == (0, ["s", "v"])
    assert ds.take_all() == []

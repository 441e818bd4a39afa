from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.tables.opening import opened

pytestmark = pytest.mark.ray

SCHEMA = {"symbol": pl.String, "date": pl.Date, "price": pl.Float64}


@pytest.fixture
def t(uri: str) -> piot.Table:
    made = piot.create_table(uri, SCHEMA, key=["date", "symbol"])
    for month in range(1, 7):
        days = [dt.date(2024, month, day) for day in range(1, 28)]
        with made.txn() as txn:
            txn.write({"date": days, "symbol": ["A"] * 27, "price": [float(month)] * 27})
    return made


def test_a_scan_takes_part_in_the_split(t: piot.Table) -> None:
    lf = t.scan().lazy().filter(pl.col("date") < dt.date(2024, 4, 1))
    split = piot.PiotNamespace(lf.filter(pl.col("date") >= dt.date(2024, 2, 1)))
    plan = split.explain_on_ray(date_column="date", time_unit="monthly")
    assert "6 files" in str(plan)
    assert "pruned by 'date'" in str(plan)
    assert "1 read on average" in str(plan)
    found = split.execute_on_ray(date_column="date", time_unit="monthly").collect()
    expected = t.scan(where=pl.col("date").is_between(dt.date(2024, 2, 1), dt.date(2024, 3, 31)))
    assert_frame_equal(found, expected.to_polars(), check_row_order=False)


def test_all_tasks_read_the_state_of_the_scan(t: piot.Table) -> None:
    lf = (
        t.scan().lazy().filter(pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 6, 30)))
    )
    with t.txn() as txn:
        txn.replace_range(None, None)
    assert t.scan().to_polars().height == 0
    found = piot.PiotNamespace(lf).execute_on_ray(date_column="date", time_unit="monthly").collect()
    assert found.height == 6 * 27


def test_shards_of_a_scan_are_split_as_well(t: piot.Table) -> None:
    shard, *_ = t.scan().shards()
    part = piot.Shard(shard.key, (str((dt.date(2024, 5, 1) - dt.date(1970, 1, 1)).days),), None)
    lf = t.scan().lazy(shard=part).filter(pl.col("date") < dt.date(2024, 7, 1))
    found = piot.PiotNamespace(lf).execute_on_ray(date_column="date", time_unit="monthly").collect()
    assert found["date"].dt.month().unique().sort().to_list() == [5, 6]


def test_tasks_do_not_open_other_files(t: piot.Table) -> None:
    lf = (
        t.scan().lazy().filter(pl.col("date").is_between(dt.date(2024, 5, 1), dt.date(2024, 6, 30)))
    )
    split = piot.PiotNamespace(lf).execute_on_ray(date_column="date", time_unit="monthly")
    first = t.snapshot().actions.filter(pl.col("min").struct.field("date") < dt.date(2024, 5, 1))
    for name in first["path"]:
        (Path(t.uri) / name).unlink()
    assert split.collect().height == 54


def test_a_task_opens_the_files_of_its_period(t: piot.Table) -> None:
    """A file of three months is opened as often as in a query of its month alone."""

    def counts(first: int, last: int) -> Counter[str]:
        days = dt.date(2024, first, 1), dt.date(2024, last, 28)
        lf = t.scan().lazy().filter(pl.col("date").is_between(*days))
        split = piot.PiotNamespace(lf).execute_on_ray(
            date_column="date", time_unit="monthly", max_periods_per_task=1
        )
        with opened(t.uri) as found:
            assert split.collect().height == 27 * (last - first + 1)
        return found

    alone = [counts(month, month) for month in (2, 3, 4)]
    assert [len(found) for found in alone] == [1, 1, 1]
    assert counts(2, 4) == alone[0] + alone[1] + alone[2]

"""What readers of Delta that know nothing of this package see of its tables.

They find the rows that are there, and the same ones by a filter, for which they skip files by the
statistics of the log, as they do without any.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

import deltalake
import polars as pl
import pyarrow.compute as pc
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from tests.tables.keys import KEYS
from tests.tables.worked import stored_rows, worked

# A column, how it is compared, and with what.
Filter = tuple[str, str, pl.Series]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    ">=": operator.ge,
    "<": operator.lt,
}


def plain(frame: pl.DataFrame, by: Filter) -> pl.DataFrame:
    name, how, value = by
    return frame.filter(OPERATORS[how](pl.col(name), pl.lit(value)))


def by_polars(uri: str, by: Filter | None) -> pl.DataFrame:
    lf = pl.scan_delta(uri)
    if by is None:
        return lf.collect()
    name, how, value = by
    literal = pl.lit(value.item(), dtype=value.dtype)
    return lf.filter(OPERATORS[how](pl.col(name), literal)).collect()


def by_arrow(uri: str, by: Filter | None) -> pl.DataFrame:
    dataset = deltalake.DeltaTable(uri).to_pyarrow_dataset()
    if by is None:
        return pl.DataFrame(dataset.to_table())
    name, how, value = by
    [scalar] = value.to_arrow().cast(dataset.schema.field(name).type)
    return pl.DataFrame(dataset.to_table(filter=OPERATORS[how](pc.field(name), scalar)))


def by_sql(uri: str, by: Filter | None) -> pl.DataFrame:
    """Ask DataFusion, by which delta-rs itself reads tables."""
    query = "select * from t"
    if by is not None:
        name, how, value = by
        query += f' where "{name}" {how} {sql(value)}'
    built = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(uri))
    return pl.DataFrame(built.execute(query).read_all())


def sql(value: pl.Series) -> str:
    item = value.item()
    match value.dtype:
        case pl.Datetime(time_zone=zone):
            inner = 'Some("UTC")' if zone else "None"
            return f"arrow_cast({value.to_physical().item()}, 'Timestamp(Microsecond, {inner})')"
        case pl.Decimal():
            return f"arrow_cast('{item}', 'Decimal128(38, 9)')"
        case pl.Binary():
            return f"X'{item.hex()}'"
        case pl.Date():
            return f"DATE '{item}'"
    return f"'{item}'" if isinstance(item, str) else str(item)


READERS = [by_polars, by_arrow, by_sql]


def filters(stored: pl.DataFrame, key: list[str]) -> Iterator[Filter]:
    """Yield filters on the key columns, by a value in the middle and by the greatest one."""
    for name in key:
        values = stored[name].sort()
        middle, last = values[values.len() // 2 :][:1], values[-1:]
        yield from [(name, "=", middle), (name, "<", middle), (name, ">=", last), (name, "=", last)]


@pytest.mark.parametrize("dtypes", KEYS, ids=str)
def test_they_see_the_same_rows(uri: str, dtypes: list[pl.DataType]) -> None:
    for done, t, rows in worked(uri, dtypes):
        assert_frame_equal(t.scan().to_polars(), rows, check_row_order=False)
        stored = stored_rows(t)
        for read in READERS:
            for by in (None, *filters(stored, list(t.key_schema))):
                seen = read(uri, by).cast(stored.schema)
                expected = stored if by is None else plain(stored, by)
                assert seen.height == expected.height, (done, read.__name__, by)
                assert_frame_equal(seen, expected, check_row_order=False)


def test_numbers_that_are_none_lose_no_rows(uri: str) -> None:
    """A file with a NaN or an infinity has no bounds of the column, the other one would have."""
    t = piot.create_table(uri, {"k": pl.Int64, "x": pl.Float64}, key="k")
    for k, rows in enumerate(([1.0, math.nan], [2.0, math.inf], [3.0, None], [4.0, 5.0])):
        with t.txn() as txn:
            txn.write({"k": [2 * k, 2 * k + 1], "x": rows})
    for least in (0.0, 1.0, 4.5):
        by = ("x", ">=", pl.Series([least]))
        # Only Arrow says that NaN is not greater than all other numbers.
        both = [read(uri, by).filter(pl.col("x").is_finite()) for read in READERS]
        expected = plain(stored_rows(t), by).filter(pl.col("x").is_finite())
        for seen in both:
            assert_frame_equal(seen, expected, check_row_order=False)


def test_delta_rs_still_loses_rows_of_files_without_bounds(uri: str) -> None:
    # Once this fails, floats may have statistics, and the documentation need not warn of strings.
    t = piot.create_table(uri, {"k": pl.String}, key="k")
    for first in ("a", "b" * 257):
        with t.txn() as txn:
            txn.write({"k": [first]})
    by = ("k", ">=", pl.Series(["b"]))
    assert by_arrow(uri, by).height == 0
    assert by_polars(uri, by).height == by_sql(uri, by).height == 1


@pytest.mark.ray
def test_ray_data_sees_the_same_rows(uri: str) -> None:
    import ray

    *_, (_, t, _) = worked(uri, [pl.String(), pl.Decimal(38, 9), pl.Binary()])
    batches = ray.data.read_delta(t.uri).iter_batches(batch_format="pyarrow")
    seen = pl.concat(pl.DataFrame(batch) for batch in batches)
    stored = stored_rows(t)
    assert_frame_equal(seen.cast(stored.schema), stored, check_row_order=False)

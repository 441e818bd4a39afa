"""Statistics in the log: exact or absent, compared with the data, and what readers skip by them."""

from __future__ import annotations

import datetime as dt
import json
import math
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import polars_io_tools as piot
from tests.tables.keys import VALUES, series

_MOST_TEXT = 256

_FLOATS = [math.nan, math.inf, -math.inf, -0.0, 0.0, 1.5, -1.5, 0.1]
_TEXTS = ["", "a", "x" * 256, "x" * 257, "é" * 128, "é" * 128 + "x", "\0", "\U0010ffff", '"\\']
_FAR = [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)]
_MOMENTS = [
    *_FAR,
    dt.datetime(1969, 12, 31, 23, 59, 59, 999_999),
    dt.datetime(1970, 1, 1, 0, 0, 0, 1),
]

# What is beside the types of keys, and edges of these.
MORE: dict[pl.DataType, st.SearchStrategy[Any]] = {
    **VALUES,
    pl.Int16(): st.sampled_from([-(2**15), 0, 2**15 - 1]),
    pl.Int32(): st.sampled_from([-(2**31), 0, 2**31 - 1]),
    pl.UInt8(): st.sampled_from([0, 127, 128, 255]),
    pl.UInt16(): st.sampled_from([0, 2**16 - 1]),
    pl.Float32(): st.sampled_from(_FLOATS),
    pl.Float64(): st.sampled_from(_FLOATS),
    pl.String(): st.sampled_from(_TEXTS),
    pl.Date(): st.sampled_from([d.date() for d in _MOMENTS]),
    pl.Datetime("us"): st.sampled_from(_MOMENTS),
    pl.Datetime("us", "UTC"): st.sampled_from(_MOMENTS),
    pl.Decimal(18, 2): st.sampled_from([Decimal("123456789012.67"), Decimal("-0.01")]),
    pl.List(pl.Int64()): st.lists(st.integers(-3, 3), max_size=3),
    pl.Struct({"a": pl.Int64(), "b": pl.String()}): st.fixed_dictionaries(
        {"a": st.integers(-3, 3), "b": st.sampled_from(["x", "y"])}
    ),
}

# Of these the log has no ends: readers take decimals for floats, and others have no order there.
_NEVER = (pl.Decimal, pl.Binary, pl.List, pl.Struct)


@st.composite
def parts(draw: st.DrawFn, dtype: pl.DataType) -> list[pl.Series]:
    """Draw values of some files, with nulls, or with nothing but nulls."""
    one = st.lists(st.one_of(MORE[dtype], st.none()), max_size=4)
    nulls = st.lists(st.none(), min_size=1, max_size=2)
    found = draw(st.lists(st.one_of(one, nulls), min_size=1, max_size=3))
    return [
        pl.Series("v", values, dtype=dtype) if dtype.is_nested() else _series(values, dtype)
        for values in found
    ]


def _series(values: list[Any], dtype: pl.DataType) -> pl.Series:
    there = series("v", [v for v in values if v is not None], dtype)
    at = [i for i, v in enumerate(values) if v is not None]
    places = pl.Series(
        [at.index(i) if i in at else None for i in range(len(values))], dtype=pl.Int64
    )
    return pl.Series("v", [None] * len(values), dtype=dtype) if not at else there.gather(places)


def _written(uri: str, values: list[pl.Series]) -> list[tuple[pl.DataFrame, dict[str, Any]]]:
    """Write a file for each list, and return what is in it, and what the log says of it."""
    t = piot.create_table(uri, {"k": pl.Int64, "v": values[0].dtype}, key="k")
    for i, part in enumerate(values):
        with t.txn() as txn:
            keys = pl.int_range(10 * i, 10 * i + len(part), eager=True, dtype=pl.Int64)
            txn.write(pl.DataFrame({"k": keys, "v": part}))
    found = []
    for log in sorted(Path(uri, "_delta_log").glob("*.json")):
        for line in log.read_text().splitlines():
            add = json.loads(line).get("add")
            if add is not None:
                rows = pl.read_parquet(Path(uri, add["path"]), hive_partitioning=False)
                found.append((rows, json.loads(add["stats"])))
    return found


def _meant(value: Any, dtype: pl.DataType) -> Any:
    """Return what a value of the log means."""
    if isinstance(dtype, pl.Date):
        return dt.date.fromisoformat(value)
    if isinstance(dtype, pl.Datetime):
        assert value.endswith("Z") == (dtype.time_zone is not None)
        return dt.datetime.fromisoformat(value.removesuffix("Z"))
    return value


def _have_ends(values: pl.Series) -> bool:
    """Tell whether there are values that the log can have."""
    dtype, there = values.dtype, values.drop_nulls()
    if there.is_empty() or isinstance(dtype, _NEVER):
        return False
    if dtype.is_float():
        return bool(there.is_finite().all())
    if dtype == pl.String:
        ends = [there.min(), there.max()]
        return all(len(str(end).encode()) <= _MOST_TEXT for end in ends)
    return True


@pytest.mark.parametrize("dtype", MORE, ids=str)
@settings(max_examples=5, suppress_health_check=[*HealthCheck], deadline=None)
@given(data=st.data())
def test_statistics_are_exact_or_absent(dtype: pl.DataType, data: st.DataObject) -> None:
    values = data.draw(parts(dtype))
    with tempfile.TemporaryDirectory() as folder:
        uri = f"{folder}/t"
        written = _written(uri, values)
        assert sum(rows.height for rows, _ in written) == sum(map(len, values))
        for rows, stats in written:
            stored = rows["v"]
            assert stats["numRecords"] == rows.height
            if dtype.is_nested():
                assert "v" not in stats["nullCount"]
            else:
                assert stats["nullCount"]["v"] == stored.null_count()
            ends = [stats[which].get("v") for which in ("minValues", "maxValues")]
            if not _have_ends(stored):
                assert ends == [None, None]
                continue
            plain = stored.dt.replace_time_zone(None) if stored.dtype == pl.Datetime else stored
            assert [_meant(end, stored.dtype) for end in ends] == [plain.min(), plain.max()]
            if dtype.is_float():
                signs = [math.copysign(1, end) for end in ends if end == 0]
                assert signs in ([], [-1], [1], [-1, 1]), "readers may take -0.0 to be below 0.0"
        if written and not dtype.is_nested():
            _check_readers(uri, [rows for rows, _ in written])


def _check_readers(uri: str, files: list[pl.DataFrame]) -> None:
    """Compare what readers find by a filter, of which they skip files, with all rows."""
    rows = pl.concat(files)
    dtype, v, field = rows["v"].dtype, pl.col("v"), pc.field("v")
    delta = pl.scan_delta(uri)
    arrow = deltalake.DeltaTable(uri).to_pyarrow_dataset()
    # Where a file has no ends of a column, it loses rows, see the canary.
    sound = all(_have_ends(f["v"]) or f["v"].null_count() == f.height for f in files)
    for value in rows["v"].drop_nulls().unique().sort().gather_every(3):
        one = pl.Series([value], dtype=dtype)
        scalar = one.to_arrow()[0]
        for name, asked in (
            ("eq", field == scalar),
            ("ge", field >= scalar),
            ("lt", field < scalar),
        ):
            want = sorted(rows.filter(getattr(v, name)(one.first()))["k"])
            assert sorted(delta.filter(getattr(v, name)(value)).collect()["k"]) == want
            if sound or isinstance(dtype, _NEVER):
                assert sorted(arrow.to_table(filter=asked)["k"].to_pylist()) == want
    nulls = delta.filter(v.is_null()).collect()
    assert sorted(nulls["k"]) == sorted(rows.filter(v.is_null())["k"])


@pytest.mark.parametrize("ours", [True, False])
def test_canary_datasets_of_deltalake_lose_rows_without_ends(uri: str, ours: bool) -> None:
    """Once the one of theirs fails, floats of ours may have statistics."""
    if ours:
        piot.create_table(uri, {"k": pl.Int64, "v": pl.Float64}, key="k")
    frame = pl.DataFrame({"k": [1], "v": [math.inf]})
    if ours:
        with piot.table(uri).txn() as txn:
            txn.write(frame)
    else:
        frame.write_delta(uri)
    log = deltalake.DeltaTable(uri)
    wanted = pc.field("v") == pa.scalar(math.inf)
    assert log.to_pyarrow_dataset().to_table(filter=wanted).num_rows == (1 if ours else 0)
    assert pl.scan_delta(uri).filter(pl.col("v") == math.inf).collect().height == 1
    asked = deltalake.QueryBuilder().register("t", log)
    assert asked.execute("select k from t where v > 1e308").read_all().num_rows == 1

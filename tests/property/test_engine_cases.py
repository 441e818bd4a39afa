"""Queries that an engine could easily answer in another way than plain Polars, each with its cut.

The rows are not in the order of their dates, and there are nulls among most values: whatever looks
at places, or counts a part twice, gives other rows.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import polars.selectors as cs
import pytest

from polars_io_tools import UnsplittablePlanError
from polars_io_tools._cut import Cut
from tests.property.checks import rows
from tests.property.process_runner import ProcessRunner
from tests.property.test_engine import cut_up

C = pl.col
_N = 60
_LOW, _HIGH = dt.date(2024, 1, 1), dt.date(2024, 5, 1)


def _frame() -> pl.DataFrame:
    draw = random.Random(3)
    days = [_LOW + dt.timedelta(days=draw.randrange(120)) for _ in range(_N)]
    at = pl.Series([dt.datetime(2024, 3, 31) + dt.timedelta(hours=i) for i in range(_N)])
    few: dict[str, tuple[list[Any], pl._typing.PolarsDataType]] = {
        "k": (["a", "b", "c", None], pl.String),
        "x": ([1, 2, 3, 4, None], pl.Int64),
        "y": ([1, 2, 3, 4, 5], pl.Int64),
        "none": ([None], pl.Int64),
        "large": ([2**62, 2**62 + 1, -(2**61)], pl.Int64),
        "u8": ([250, 3, None], pl.UInt8),
        "b": ([True, False, None], pl.Boolean),
        "e": (["z", "x", "y"], pl.Enum(["z", "x", "y"])),
        "c": (["z", "x", "y"], pl.Categorical),
        "d": ([Decimal("-9.99"), Decimal("0.01"), None], pl.Decimal(5, 2)),
        "l": ([[], [1], [2, 3]], pl.List(pl.Int64)),
    }
    return pl.DataFrame(
        {"n": range(_N), "date": [d if i % 11 else None for i, d in enumerate(days)]}
        | {k: pl.Series([draw.choice(v) for _ in days], dtype=t) for k, (v, t) in few.items()}
        | {"at": at.dt.replace_time_zone("Europe/Berlin", non_existent="null")}
    ).with_columns(
        # As many values each, of different rows.
        even=pl.when(C("n") % 2 == 0).then("n"),
        odd=pl.when(C("n") % 2 == 1).then("n"),
    )


_BASE = _frame().lazy()
LF = _BASE.filter(C("date").is_between(_LOW, _HIGH))
OTHER = _BASE.select("date", "k", z=C("n") * 2).filter(C("date") >= dt.date(2024, 2, 1))
OTHER = OTHER.filter(C("date") <= _HIGH)
UNDATED = pl.LazyFrame({"k": ["a", "b", None], "name": ["A", "B", "none"], "n": [1, 5, 7]})
NOTHING = LF.filter(C("n") < 0)
NO_DAYS = _BASE.filter(C("date").is_between(_HIGH, _LOW))
# What is above a window over all rows runs on the driver.
WINDOW = LF.with_columns(t=pl.len().over("k"))
HEIGHT: int = LF.select(pl.len()).collect().item()
VALUES = pl.Series(range(HEIGHT))
EVERY_OTHER = VALUES % 2 == 0
LEVELS = pl.LazyFrame({"n": [0, 20, 40], "q": [1, 2, 3]})
TOTALS = LF.group_by("k").agg(C("x").sum())
SEVERAL = [C("x").sum(), C("x").max().alias("m"), C("x").count().alias("c"), pl.len()]

# Each part aggregates its rows.
PARTIAL: dict[str, pl.LazyFrame] = {
    "null keys": TOTALS,
    "no rows": NOTHING.select(SEVERAL),
    "no rows, keys": NOTHING.group_by("k").agg(SEVERAL),
    "no periods": NO_DAYS.select(SEVERAL),
    "no periods, keys": NO_DAYS.group_by("k").agg(SEVERAL),
    "all null": LF.group_by("k").agg(C("none").sum(), m=C("none").min(), c=C("none").count()),
    "all null, no keys": LF.select(C("none").sum(), m=C("none").min(), c=C("none").count()),
    "wraps": LF.group_by("k").agg(C("large").sum()),
    "wraps, no keys": LF.select(C("large").sum(), C("u8").sum()),
    "128 bits": LF.group_by("k").agg(C("large").cast(pl.Int128).sum()),
    "unsigned": LF.group_by("k").agg((C("n").cast(pl.UInt64) + 2**63).sum(), C("u8").max()),
    "small integers": LF.select((C("n").cast(pl.Int8) + 60).sum(), x=C("n").cast(pl.Int16).sum()),
    "decimals": LF.group_by("k").agg(C("d").sum(), m=C("d").min()),
    "products of decimals": LF.select((C("d") * C("d")).sum()),
    "texts": LF.group_by("k").agg(C("c").cast(pl.String).max(), m=C("k").min()),
    "truth": LF.group_by("k").agg(C("b").max(), m=C("b").min(), s=C("b").sum(), n=(~C("b")).sum()),
    "instants": LF.group_by("k").agg(C("at").max(), m=C("at").min()),
    "keys that are instants": LF.group_by("at").agg(C("x").sum()),
    "the same key twice": LF.group_by(C("x") % 2, z=C("x") % 2).agg(pl.len()),
    "names change places": LF.group_by("k").agg(x=C("y").sum(), y=C("x").sum()),
    "suffix": LF.group_by("k").agg(C("x", "y").sum().name.suffix("_s")),
    "selector": LF.group_by("k").agg(cs.integer().sum()),
    "constant in a choice": LF.select(pl.when(C("x") > 1).then(1).otherwise(0).sum()),
    "filtered": LF.group_by("k").agg(
        C("x").filter(C("y") > 2).sum(), m=C("x").filter(C("y") > 2).len()
    ),
    "nested": LF.group_by("k", "x").agg(C("y").sum()).group_by("k").agg(C("y").max()),
    "count": LF.count(),
    "lengths": LF.group_by("k").len(),
    "same filter": LF.select((C("n").filter(C("y") > 2) * C("y").filter(C("y") > 2)).sum()),
    "lists": LF.select(C("l").explode().sum()),
    "renamed date": LF.select(d="date", v="x").group_by("d").agg(C("v").sum()),
    "date as text": LF.group_by(C("date").cast(pl.String)).agg(pl.len()),
    "swapped": LF.rename({"x": "y", "y": "x"}).group_by("x").agg(C("y").sum()),
    "filter of a key": TOTALS.filter(C("k").is_null()),
    "filter of a made key": LF.with_columns(k=C("k").fill_null("a"))
    .group_by("k")
    .agg(C("x").sum())
    .filter(C("k") == "a"),
    "filter of a renamed key": LF.group_by(kk="k").agg(k=C("x").sum()).filter(C("kk") == "a"),
    "filter of a sum": TOTALS.filter(C("x") > 20),
    "filter of a key under a name": LF.with_columns(y=C("x"))
    .group_by("y")
    .agg(x=C("n").sum())
    .filter(C("y") == 2),
    "looked up": LF.filter(C("n").is_in([1, 5, 7, 30])).select(C("n").sum()),
    "texts looked up": LF.filter(C("k").str.contains_any(["a", "b"])).select(C("n").sum()),
    "replaced": LF.group_by(C("y").replace([1, 2], [7, 8])).agg(C("n").sum()),
    "said to be sorted below": LF.set_sorted("n").select(C("n").max(), m=C("n").min()),
    "said to be sorted": WINDOW.set_sorted("n").select(C("n").max(), m=C("n").min()),
    "values said to be sorted": WINDOW.with_columns(C("n").set_sorted()).select(C("n").max()),
    "two dated": pl.concat([LF.select("date", "k"), OTHER.select("date", "k")])
    .group_by("k")
    .agg(pl.len(), C("date").max()),
    "with rows of no date": pl.concat(
        [LF.select("date", "k"), UNDATED.select(pl.lit(None, dtype=pl.Date).alias("date"), "k")]
    )
    .group_by("k")
    .agg(pl.len()),
}

# The rows travel to the driver.
CUT: dict[str, pl.LazyFrame] = {
    "categories": LF.group_by("c").agg(C("e").max(), m=C("c").min()),
    "one of constants": LF.group_by("k").agg(pl.lit(1), C("x").sum()),
    "sum of a constant": LF.group_by("k").agg(pl.lit(3).sum(), C("x").sum()),
    "constant key": LF.group_by(pl.lit(1)).agg(C("x").sum()),
    "constant key, no rows": NOTHING.group_by(pl.lit(1)).agg(C("x").sum()),
    "row of a constant": LF.select(v=pl.lit(3)).select(C("v").sum()),
    "filtered by an aggregate": LF.group_by("k").agg(C("x").filter(C("y") == C("y").max()).sum()),
    "having": LF.group_by("k").having(pl.len() > 12).agg(C("x").sum()),
    "no columns": LF.select([]).select(pl.len()),
    "sum and more": LF.select(C("x").sum() + 1),
    "sorted": LF.select(C("n").sort()),
    "rows by sorted": LF.with_columns(s=C("n").sort()).select("n", "s"),
    "dropped": LF.select(C("even").drop_nulls()),
    "filtered alike": LF.select(C("n").filter(C("y") > 2), C("k").filter(C("y") > 2)),
    "the same values exploded": LF.select(C("l").explode(), z=C("l").explode()),
    "a Series beside the rows": LF.with_columns(z=VALUES).select("n", "z"),
    "filter by a Series": WINDOW.filter(EVERY_OTHER).select("n"),
    "said to be sorted, asof": WINDOW.set_sorted("n")
    .join_asof(LEVELS, on="n", check_sortedness=False)
    .select("n", "q"),
    "said to be sorted, sorted": WINDOW.set_sorted("n").sort("n").select("n"),
    "dynamic": LF.sort("date").group_by_dynamic("date", every="5d").agg(C("y").sum()),
    "two aggregates joined": TOTALS.join(OTHER.group_by("k").agg(C("z").sum()), on="k"),
    "two joined": LF.join(OTHER, on="k").select("n", "z"),
    "semi": LF.join(OTHER, on="k", how="semi").select("n"),
    "anti": LF.join(OTHER.filter(C("z") < 20), on="k", how="anti").select("n"),
    "right": LF.join(OTHER, on="k", how="right").select("n", "z"),
    "full by date": LF.join(OTHER, on="date", how="full", coalesce=True).select("date", "n", "z"),
    "undated right": LF.join(UNDATED, on="k", how="right").select("n", "name"),
    "undated full": LF.join(UNDATED, on="k", how="full", nulls_equal=True).select("n", "name"),
    "with undated": pl.concat([LF.select("k", "n"), UNDATED.select("k", "n")]),
    "row index": WINDOW.with_row_index().select("index", "n"),
    "aggregate twice": TOTALS.join(TOTALS.select("k", q="x"), on="k"),
    "first kept": LF.unique("k", keep="first", maintain_order=True).select("n"),
    "most": LF.top_k(5, by="n").select("n"),
    "exploded": WINDOW.explode("l").group_by("date").agg(C("l").first()),
    "keys that are structs": LF.group_by(pl.struct("k", "y")).agg(C("n").sum()),
    "lengths of groups": LF.filter(pl.len().over("k") > 12).select("n"),
}

WHOLE: dict[str, pl.LazyFrame] = {
    "partners of a date in order": WINDOW.select("date", "b", "n")
    .join(OTHER.with_columns(u=pl.len().over("k"), b=True), on="b", maintain_order="left_right")
    .group_by("date")
    .agg(C("z").first()),
}

_PAIRS = [C("even").drop_nulls(), C("odd").drop_nulls()]

REFUSED: dict[str, pl.LazyFrame] = {
    "lists of groups": LF.group_by("k").agg("n"),
    "lists of a window": LF.select("k", C("n").over("k", mapping_strategy="join")),
    "window in groups": LF.select(C("k", "n").over("k", mapping_strategy="explode")),
    "sorted window": LF.select("n", z=C("y").sort().over("k")),
    "sorted beside rows": WINDOW.select("n", s=C("y").sort()),
    "distinct beside rows": LF.select(C("n").unique(), z=C("n")),
    "pairs": LF.select(_PAIRS),
    "product of pairs": LF.select((_PAIRS[0] * _PAIRS[1]).sum()),
    "sum of pairs": LF.select(_PAIRS).select((C("even") * C("odd")).sum()),
    "Series": WINDOW.select("n", z=VALUES),
    "Series in a sum": WINDOW.select("n", z=C("n") + pl.lit(VALUES)),
    "Series in a choice": WINDOW.select("n", z=pl.when(EVERY_OTHER).then("n")),
    "Series for nulls": WINDOW.select("n", z=C("x").fill_null(pl.lit(VALUES))),
    "Series in a struct": WINDOW.select(pl.struct("n", z=VALUES)),
    "Series aggregated": LF.select(pl.when(EVERY_OTHER).then("n").sum()),
    "said to be sorted, dynamic": WINDOW.set_sorted("n")
    .group_by_dynamic("n", every="5i")
    .agg(C("y").sum()),
    "side by side": pl.concat([LF.select("n"), LF.select(m="y")], how="horizontal"),
}


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


def _verdict(found: Cut) -> str:
    aggregated = found.branches[0].steps is not None
    return "whole" if found.whole else "partial" if aggregated else "cut"


@pytest.mark.parametrize("unit", ["monthly", "daily"])
@pytest.mark.parametrize(
    ("verdict", "name", "lf"),
    [
        pytest.param(verdict, name, lf, id=f"{verdict}, {name}")
        for verdict, cases in (("partial", PARTIAL), ("cut", CUT), ("whole", WHOLE))
        for name, lf in cases.items()
    ],
)
def test_equals_plain(
    verdict: str, name: str, lf: pl.LazyFrame, unit: str, runner: ProcessRunner
) -> None:
    expected = lf.collect()
    found = cut_up(lf, unit, runner)
    assert _verdict(found) == verdict, name
    result = found.lazy.collect()
    assert result.schema == expected.schema
    assert rows(result) == rows(expected)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, runner: ProcessRunner) -> None:
    lf = REFUSED[name]
    lf.collect()
    with pytest.raises(UnsplittablePlanError, match="order of rows, which come part by part"):
        cut_up(lf, "monthly", runner)

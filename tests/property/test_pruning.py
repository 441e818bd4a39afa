"""Scans that choose their files answer like scans that do not, and never leave out a row."""

from __future__ import annotations

import datetime as dt
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.shipping import selected, shipped

EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "1000")) // 10

NAN, INF = float("nan"), float("inf")
DAY = dt.date(2024, 1, 1)
NOON = dt.datetime(2024, 1, 1, 12)

# Values near one another and at the ends of types, where statistics and bounds go wrong.
INTS = {
    pl.Int8: [-128, -127, -1, 0, 1, 5, 126, 127],
    pl.Int16: [-32768, -1, 0, 5, 32767],
    pl.Int32: [-(2**31), -1, 0, 1, 5, 2**31 - 1],
    pl.Int64: [-(2**63), -(2**53) - 1, -1, 0, 1, 5, 2**53 + 1, 2**63 - 1],
    pl.UInt8: [0, 1, 127, 128, 254, 255],
    pl.UInt16: [0, 5, 32767, 32768, 65535],
    pl.UInt32: [0, 5, 2**31 - 1, 2**31, 2**32 - 1],
    pl.UInt64: [0, 5, 2**63 - 1, 2**63, 2**64 - 1],
}
FLOATS = [-INF, -1.5, -0.0, 0.0, 0.1, 1.0, 5.0, 1e300, INF, NAN]
TEXTS = [
    "",
    "a",
    "A",
    "a\x00",
    "ab",
    "b",
    "é",
    "日本",
    "\U0001f600",
    "x" * 40,
    "x" * 40 + "y",
    "zz",
]


def moments(unit: str, zone: str | None) -> list[Any]:
    ticks = [-1, 0, 1, 999, 1000, 10**6, 10**9]
    series = pl.Series([19_723 * 86_400 * 10**3 + t for t in ticks], dtype=pl.Int64)
    return series.cast(pl.Datetime(unit, zone)).to_list()  # type: ignore[arg-type]  # a unit


TYPES: dict[str, tuple[Any, list[Any]]] = {
    **{str(t()): (t(), values) for t, values in INTS.items()},
    "f64": (pl.Float64(), FLOATS),
    "f32": (pl.Float32(), [v for v in FLOATS if v != 1e300]),
    "string": (pl.String(), TEXTS),
    "binary": (pl.Binary(), [t.encode() for t in TEXTS] + [b"\xff", b"\xff\xfe", b"\x00"]),
    "bool": (pl.Boolean(), [True, False]),
    "date": (pl.Date(), [DAY + dt.timedelta(days=i) for i in range(-3, 40, 6)]),
    "decimal": (pl.Decimal(10, 2), [Decimal(v) / 100 for v in (-101, -1, 0, 1, 99, 100, 12345)]),
    "wide decimal": (
        pl.Decimal(38, 4),
        [Decimal(v).scaleb(-4) for v in (-(10**27), -1, 0, 10**27)],
    ),
    "ms": (pl.Datetime("ms"), moments("ms", None)),
    "us": (pl.Datetime("us"), moments("us", None)),
    "ns": (pl.Datetime("ns"), [NOON, NOON + dt.timedelta(microseconds=1)]),
    "utc": (pl.Datetime("us", "UTC"), moments("us", "UTC")),
    "zoned": (pl.Datetime("us", "America/New_York"), moments("us", "America/New_York")),
    "duration": (pl.Duration("us"), [dt.timedelta(seconds=i) for i in range(4)]),
    "enum": (pl.Enum(["c", "a", "b"]), ["a", "b", "c"]),
    "categorical": (pl.Categorical(), ["a", "b", "c"]),
    "time": (pl.Time(), [dt.time(h) for h in (0, 6, 23)]),
}


def column(rng: random.Random, name: str, rows: int) -> pl.Series:
    """Draw a column that is narrow, as those of files are: a few neighbours, and maybe nulls."""
    dtype, values = TYPES[name]
    start = rng.randrange(len(values))
    near = values[start : start + rng.choice([1, 1, 2, 3])]
    nulls = rng.choice([0, 0, 0.3, 1])
    drawn = [None if rng.random() < nulls else rng.choice(near) for _ in range(rows)]
    return pl.Series(name, drawn, dtype=dtype)


def literal(rng: random.Random, name: str) -> pl.Expr:
    dtype, values = TYPES[name]
    return pl.lit(rng.choice(values), dtype=dtype)


def atom(rng: random.Random, names: list[str]) -> pl.Expr:
    name = rng.choice(names)
    c, a, b = pl.col(name), literal(rng, name), literal(rng, name)
    values = TYPES[name][1]
    some = pl.Series(rng.sample(values, min(len(values), rng.randrange(4))), dtype=TYPES[name][0])
    forms: list[Callable[[], pl.Expr]] = [
        lambda: c == a,
        lambda: c != a,
        lambda: c < a,
        lambda: c <= a,
        lambda: c > a,
        lambda: c >= a,
        lambda: a < c,
        lambda: c.is_between(a, b, closed=rng.choice(["both", "left", "right", "none"])),
        c.is_null,
        c.is_not_null,
        lambda: c.eq_missing(a),
        lambda: c.ne_missing(a),
        lambda: c.is_in(some.implode()),
        lambda: c.is_in(some.implode(), nulls_equal=True),
    ]
    if name == "bool":
        forms += [lambda: c, lambda: ~c] * 3
    if name == "date":
        forms += [lambda: c.dt.month() == rng.choice([1, 2, 12]), lambda: c.dt.year() == 2023]
    if name in ("f64", "f32"):
        forms += [c.is_nan, c.is_finite, lambda: c > 0.1, lambda: -c > 0]
    if name in INTS_BY_NAME:
        forms += [
            lambda: c.cast(pl.Int64, strict=False) > 5,
            lambda: c > 2.5,
            lambda: c.cast(pl.Int8, strict=False) == 5,
            lambda: c + 1 > 5,
        ]
    return rng.choice(forms)()


INTS_BY_NAME = {str(t()) for t in INTS}


def predicate(rng: random.Random, names: list[str], depth: int = 2) -> pl.Expr:
    kind = rng.choice(["atom", "atom", "and", "or", "not", "xor"]) if depth else "atom"
    if kind == "atom":
        return atom(rng, names)
    left, right = (predicate(rng, names, depth - 1) for _ in range(2))
    return {"and": left & right, "or": left | right, "xor": left ^ right, "not": ~left}[kind]


def write(rng: random.Random, folder: Path, names: list[str]) -> int:
    files = rng.choice([1, 2, 5, 9])
    for i in range(files):
        rows = rng.choice([0, 1, 2, 7])
        frame = pl.DataFrame([column(rng, n, rows) for n in names])
        frame = frame.with_columns(file=pl.lit(i), row=pl.int_range(rows))
        statistics: Any = rng.choice([True, True, "full", False])
        group = rng.choice([None, 2])
        path = folder / f"{i}.parquet"
        if rng.random() < 0.2 and not {"enum", "categorical"} & set(names):
            import pyarrow.parquet as pq

            pq.write_table(frame.to_arrow(), path, row_group_size=group or 1000)
        else:
            frame.write_parquet(path, statistics=statistics, row_group_size=group)
    return files


def test_pruned_equals_unpruned() -> None:
    rng = random.Random(20240101)
    seen: Counter[str] = Counter()
    for _ in range(EXAMPLES):
        names = rng.sample(sorted(TYPES), rng.choice([1, 2, 3]))
        with tempfile.TemporaryDirectory() as folder:
            files = write(rng, Path(folder), names)
            lf = pl.scan_parquet(f"{folder}/*.parquet")
            for _ in range(5):
                where = predicate(rng, names)
                check(lf, where, files, seen)
    # Every type that has an order has pruned something, or the test shows nothing.
    assert seen["pruned"] > EXAMPLES
    assert seen["kept"] > EXAMPLES / 10


def check(lf: pl.LazyFrame, where: pl.Expr, files: int, seen: Counter[str]) -> None:
    try:
        want = lf.filter(where).collect()
    except pl.exceptions.PolarsError:
        return
    with shipped(lf, lf.filter(where)) as (worker, note, _):
        got, chosen = selected(worker.filter(where))
    if isinstance(got, Exception):
        pytest.fail(f"{where}: {got}")
    assert_frame_equal(got, want, check_exact=True)
    if "pruned by" in note:
        seen["pruned" if chosen < files else "kept"] += 1


# Polars 2.0 does not hand over filters on categories.
CATEGORIES = {"enum", "categorical"} if pl.__version__.startswith("2.0.") else set()


@pytest.mark.parametrize("name", sorted(set(TYPES) - {"duration", "time"} - CATEGORIES))
def test_every_ordered_type_prunes(tmp_path: Path, name: str) -> None:
    dtype, values = TYPES[name]
    least, greatest = pl.Series(values[:1], dtype=dtype), pl.Series(values[1:2], dtype=dtype)
    for i, value in enumerate([least, greatest]):
        pl.DataFrame({"v": value}).write_parquet(tmp_path / f"{i}.parquet")
    lf = pl.scan_parquet(tmp_path / "*.parquet")
    for value in (least, greatest):
        where = pl.col("v") == value.item()
        if isinstance(value.item(), bytes):
            where = pl.col("v") == pl.lit(value.item())
        with shipped(lf, lf.filter(where)) as (worker, _, _):
            got, chosen = selected(worker.filter(where))
        assert isinstance(got, pl.DataFrame)
        assert got["v"].equals(value.alias("v"))
        assert chosen == 1

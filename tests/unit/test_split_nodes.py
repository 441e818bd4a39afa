"""Plan nodes but for joins, one by one: the bounds that they leave, and the rows of the split."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source
from polars.lazyframe.resolver import LazyFrameResolver

from polars_io_tools._lifetime import Lifetime
from polars_io_tools._period import AnyPartition
from polars_io_tools._ship import ShippedPlan
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from tests.property.process_runner import ProcessRunner
from tests.unit.split_node import (
    BOTH,
    EITHER,
    FIRST,
    LEFT,
    RIGHT,
    SECOND,
    UNBOUNDED,
    Node,
    between,
    left,
    right,
    verify,
)

C = pl.col


def node(lf: pl.LazyFrame, bounds: str = FIRST, column: str = "date", refused: str = "") -> Node:
    return Node(lambda _: lf, bounds, column, refused)


def opaque(lf: pl.LazyFrame) -> Node:
    """A plan of which nothing is known below a node, with a filter above it."""
    return Node(lambda _: lf.filter(between(SECOND)), SECOND)


def joint(*windows: str) -> str:
    return " \N{UNION} ".join(windows)


# Two hundred days.
SPAN = dt.date(2024, 1, 1), dt.date(2024, 7, 18)

tail = RIGHT.lazy().rename({"w": "v"})
second = tail.filter(between(SECOND))
tags = left().with_columns(tags=pl.concat_list("v", pl.lit(0)))
inner = left().with_columns(s=pl.struct("v", tag="k")).drop("v")
ordered = left().sort("date", "v", maintain_order=True)

ROWS: dict[str, Node] = {
    # Nodes that keep, order or choose rows.
    "filter": node(left()),
    "filter of nulls as well": node(
        LEFT.lazy().filter(between(FIRST) | C("date").is_null()), FIRST + " or null"
    ),
    "filter of any of many": node(
        LEFT.lazy().filter(
            pl.any_horizontal([C("v") == v for v in range(200)]),
            pl.any_horizontal([C("date") == d for d in pl.date_range(*SPAN, eager=True)]),
        ),
        "[2024-01-01, 2024-07-18]",
    ),
    "head": node(left().head(3)),
    "tail": node(left().tail(3)),
    "slice": node(left().slice(1, 3)),
    "slice from the end": node(left().slice(-3, 2)),
    "limit": node(left().limit(4)),
    "first": node(left().first()),
    "last": node(left().last()),
    "gather_every": node(left().gather_every(2)),
    "reverse": node(left().reverse()),
    "sort": node(left().sort("k", "v")),
    "sort by an expression": node(left().sort(C("v") % 3, "v")),
    "set_sorted": node(ordered.set_sorted("date")),
    "drop_nulls": node(LEFT.lazy().drop_nulls().filter(between(FIRST))),
    "drop_nulls of the date": node(
        LEFT.lazy().filter(between(FIRST) | C("date").is_null()).drop_nulls("date")
    ),
    "drop_nans": node(left().with_columns(C("v").cast(pl.Float64)).drop_nans()),
    "remove": node(
        LEFT.lazy()
        .remove((C("date") < pl.date(2024, 1, 10)) | (C("date") > pl.date(2024, 2, 20)))
        .drop_nulls("date")
    ),
    "top_k": node(left().top_k(3, by="v"), refused="slice"),
    "unique": node(left().unique()),
    "unique, keep first": node(left().unique("k", keep="first", maintain_order=True)),
    "unique, keep last": node(left().unique("k", keep="last", maintain_order=True)),
    "unique, keep none": node(left().unique("k", keep="none")),
    "unique, keep none in order": node(left().unique("k", keep="none", maintain_order=True)),
    "unique, keep any of a subset": node(left().unique("k"), refused="unique"),
    "unique, rows in order": node(left().unique(maintain_order=True)),
    "unique, rows, keep first": node(left().unique(keep="first")),
    "unique, the date and k": node(left().unique(["date", "k"])),
    "unique, the date, keep first": node(left().unique("date", keep="first", maintain_order=True)),
    "unique, keep first, then a filter": node(
        LEFT.lazy().unique("k", keep="first", maintain_order=True).filter(between(FIRST))
    ),
    # Columns that are made, renamed, dropped.
    "select": node(left().select("date", C("v") * 2)),
    "select, renamed": node(left().select(day="date"), column="day"),
    "rename": node(left().rename({"date": "day"}), column="day"),
    "rename, swapped": node(
        left().with_columns(day=pl.lit(dt.date(2030, 1, 1))).rename({"day": "date", "date": "day"}),
        "[2030-01-01, 2030-01-01]",
    ),
    "with_columns": node(left().with_columns(x=C("v").sum())),
    "with_columns, a copy": node(left().with_columns(day=C("date")), column="day"),
    "with_columns, the date anew": node(
        left().with_columns(date=C("date").dt.offset_by("1d")), UNBOUNDED, refused="no lower"
    ),
    "with_columns, the date anew, then a filter": opaque(
        LEFT.lazy().with_columns(date=C("date").dt.offset_by("1d"))
    ),
    "with_columns_seq": node(left().with_columns_seq(x=C("v") + 1)),
    "cast": node(left().cast({"v": pl.Float64})),
    "drop": node(left().drop("v")),
    "row index": node(left().with_row_index()),
    "row index, then a filter": node(LEFT.lazy().with_row_index().filter(between(FIRST))),
    "fill_null of another": node(left().fill_null(0).select("date", "v")),
    "cache": node(left().cache()),
    "cache, then a filter": node(LEFT.lazy().cache().filter(between(FIRST))),
    "the same plan twice": node(pl.concat([left().cache(), left().cache()])),
    "explode": node(tags.explode("tags")),
    "explode, the date": opaque(
        LEFT.lazy().with_columns(date=pl.concat_list("date", "date")).explode("date")
    ),
    "unnest": node(inner.unnest("s")),
    "unnest, the date": opaque(LEFT.lazy().select(s=pl.struct("date", "v")).unnest("s")),
    "unnest, with a separator": node(inner.unnest("s", separator=".")),
    "unpivot": node(left().unpivot(["v"], index=["date", "k"])),
    "unpivot of all others": node(left().unpivot(index=["date"])),
    "unpivot, the date is the value": opaque(
        LEFT.lazy().unpivot(["date"], index=["k"]).rename({"value": "date"})
    ),
    "pivot": node(
        left().pivot("k", on_columns=["a", "b"], index="date", values="v", aggregate_function="sum")
    ),
    "pivot in order": node(
        left().pivot(
            "k",
            on_columns=["a", "b"],
            index="date",
            values="v",
            aggregate_function="max",
            maintain_order=True,
        )
    ),
    "map_batches": opaque(LEFT.lazy().map_batches(lambda df: df.filter(C("v") > 1))),
    "map_batches over a filter": node(
        left().map_batches(lambda df: df), UNBOUNDED, refused="map_batches cannot be looked into"
    ),
    "pipe": node(left().pipe(lambda lf: lf.filter(C("v") > 2))),
    "match_to_schema": node(left().match_to_schema(LEFT.schema)),
    "rechunk": node(pl.concat([left(), left()], rechunk=True)),
    "interpolate": node(left().select("date", C("v").interpolate())),
    "shift": node(left().with_columns(C("v").shift(1))),
    "update": node(
        left().update(RIGHT.lazy().select("k", v="w").unique("k", keep="first"), on="k")
    ),
    "window": node(left().with_columns(x=C("v").sum().over("k"))),
    "collect_schema'd": node(left().select(pl.all())),
}

GROUPS: dict[str, Node] = {
    "group_by the date": node(left().group_by("date").agg(C("v").sum())),
    "group_by the date and k": node(left().group_by("date", "k").agg(C("v").sum())),
    "group_by, having": node(left().group_by("date").having(C("v").sum() > 1).agg(pl.len())),
    "group_by, a renamed key": node(left().group_by(day=C("date")).agg(C("v").sum()), column="day"),
    "group_by, in order": node(left().group_by("date", maintain_order=True).agg(C("v").first())),
    "group_by, then a filter": node(
        LEFT.lazy().group_by("date").agg(C("v").sum()).filter(between(FIRST))
    ),
    "group_by another, the date an aggregate": opaque(
        LEFT.lazy().group_by("k").agg(C("date").max(), C("v").sum())
    ),
    "group_by, the date an aggregate": node(
        left().group_by("k").agg(C("date").max()), UNBOUNDED, refused="makes date from date.max()"
    ),
    "group_by_dynamic": opaque(
        LEFT.lazy()
        .drop_nulls("date")
        .sort("date")
        .group_by_dynamic("date", every="1w")
        .agg(C("v").sum())
    ),
    "rolling": opaque(
        LEFT.lazy().drop_nulls("date").sort("date").rolling("date", period="3d").agg(C("v").sum())
    ),
    "group_by, map_groups": opaque(
        LEFT.lazy().group_by("date", maintain_order=True).map_groups(lambda df: df, LEFT.schema)
    ),
}

COMBINED: dict[str, Node] = {
    "concat": node(pl.concat([left(), second]), EITHER),
    "concat of one that is not filtered": node(
        pl.concat([left(), tail]), UNBOUNDED, refused="no lower and no upper bound"
    ),
    "concat, then a filter": node(pl.concat([LEFT.lazy(), tail]).filter(between(FIRST))),
    "concat of many": node(pl.concat([left()] * 5)),
    "concat with a gap": node(
        pl.concat([left(), LEFT.lazy().filter(between("[2024-03-11, 2024-03-12]"))]),
        joint(FIRST, "[2024-03-11, 2024-03-12]"),
    ),
    "concat with a frame without rows": node(pl.concat([left(), LEFT.clear().lazy()])),
    "union": node(pl.union([left(), second]), EITHER),
    "vertical_relaxed": node(
        pl.concat([left(), second.cast({"v": pl.Float64})], how="vertical_relaxed"), EITHER
    ),
    "diagonal": node(pl.concat([left(), right()], how="diagonal"), EITHER),
    "diagonal without the date": node(
        pl.concat([left(), right().drop("date")], how="diagonal"), FIRST + " or null"
    ),
    "diagonal_relaxed": node(
        pl.concat([left(), second.cast({"v": pl.Float64})], how="diagonal_relaxed"), EITHER
    ),
    "horizontal": node(
        pl.concat([left(), RIGHT.lazy().select("w")], how="horizontal_extend"),
        FIRST + " or null",
    ),
    "horizontal, the date on the right": node(
        pl.concat([RIGHT.lazy().select("w"), left()], how="horizontal_extend"),
        FIRST + " or null",
    ),
    "horizontal, of one height": node(
        pl.concat([left(), left().select(w="v")], how="horizontal"), FIRST + " or null"
    ),
    "horizontal of a join": node(
        pl.concat(
            [left().join(right(), on="k"), RIGHT.lazy().select(z="w")],
            how="horizontal_extend",
        ),
        FIRST + " or null",
        refused="leaves open",
    ),
    "align": node(pl.concat([left(), right()], how="align_left"), FIRST),
    "align_full": node(
        pl.concat(
            [left().group_by("date").agg(C("v").sum()), right().group_by("date").agg(C("w").sum())],
            how="align",
        ),
        EITHER,
    ),
    "merge_sorted": node(ordered.merge_sorted(second.sort("date"), "date"), EITHER),
    "merge_sorted, then a filter": node(
        LEFT.lazy()
        .drop_nulls("date")
        .sort("date")
        .merge_sorted(tail.drop_nulls("date").sort("date"), "date")
        .filter(between(FIRST))
    ),
    "head of merge_sorted": node(
        ordered.merge_sorted(ordered, "date").head(3), refused="leaves open"
    ),
}

SQL: dict[str, Node] = {
    "lf.sql": node(left().sql("SELECT date, v * 2 AS v FROM self WHERE v > 1")),
    "where": node(
        LEFT.lazy().sql(
            "SELECT * FROM self WHERE date >= DATE '2024-01-10' AND date <= DATE '2024-02-20'"
        )
    ),
    "between": node(
        LEFT.lazy().sql(
            "SELECT * FROM self WHERE date BETWEEN DATE '2024-01-10' AND DATE '2024-02-20'"
        )
    ),
    "in": node(
        LEFT.lazy().sql("SELECT * FROM self WHERE date IN (DATE '2024-01-10', DATE '2024-02-20')"),
        joint("[2024-01-10, 2024-01-10]", "[2024-02-20, 2024-02-20]"),
    ),
    "extract": node(
        LEFT.lazy().sql("SELECT * FROM self WHERE EXTRACT(year FROM date) = 2024"),
        "[2024-01-01, 2024-12-31]",
    ),
    "a context": node(
        pl.SQLContext(a=left(), b=RIGHT.lazy().drop("date")).execute(
            "SELECT a.date, a.v, b.w FROM a JOIN b ON a.k = b.k"
        )
    ),
    "a left join": node(
        pl.SQLContext(a=LEFT.lazy().drop("date"), b=right()).execute(
            "SELECT b.date, a.v, b.w FROM a LEFT JOIN b ON a.k = b.k"
        ),
        SECOND + " or null",
    ),
    "group by": node(left().sql("SELECT date, SUM(v) AS v FROM self GROUP BY date")),
    "order by": node(left().sql("SELECT * FROM self ORDER BY v")),
    "union all": node(
        pl.SQLContext(a=left(), b=second).execute(
            "SELECT date, v FROM a UNION ALL SELECT date, v FROM b"
        ),
        EITHER,
    ),
    "union": node(
        pl.SQLContext(a=left(), b=second).execute(
            "SELECT date, v FROM a UNION SELECT date, v FROM b"
        ),
        EITHER,
    ),
    "distinct": node(left().sql("SELECT DISTINCT date, k FROM self")),
    "a common table expression": node(
        LEFT.lazy().sql(
            "WITH w AS (SELECT * FROM self WHERE date >= DATE '2024-01-10') "
            "SELECT * FROM w WHERE date <= DATE '2024-02-20'"
        )
    ),
}


def scanned(
    write: Callable[[pl.DataFrame, Path], None], scan: Callable[[Any], pl.LazyFrame], ending: str
) -> Node:
    """A filtered scan of two files, by a glob."""

    def build(folder: Path) -> pl.LazyFrame:
        for i, part in enumerate((LEFT.head(4), LEFT.slice(4))):
            write(part, folder / f"{i}.{ending}")
        return scan(folder / f"*.{ending}").filter(between(FIRST))

    return Node(build, FIRST)


def delta(folder: Path) -> pl.LazyFrame:
    for part in (LEFT.head(4), LEFT.slice(4)):
        part.write_delta(folder / "table", mode="append")
    return pl.scan_delta(folder / "table").filter(between(FIRST))


def hive(folder: Path) -> pl.LazyFrame:
    for key in ("a", "b"):
        (folder / f"key={key}").mkdir()
        LEFT.write_parquet(folder / f"key={key}" / "0.parquet")
    return pl.scan_parquet(folder, hive_partitioning=True).filter(between(FIRST))


class Resolver(LazyFrameResolver):
    """A scan that gives Polars a plan while it optimises."""

    def schema(self) -> dict[str, pl.DataType]:
        return dict(LEFT.schema)

    def resolve_lazyframe(self, *, projection: list[str] | None, **_: object) -> pl.LazyFrame:
        return LEFT.lazy() if projection is None else LEFT.lazy().select(projection)


def source(
    with_columns: list[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
    batch_size: int | None,
) -> Iterator[pl.DataFrame]:
    rows = LEFT if n_rows is None else LEFT.head(n_rows)
    rows = rows if predicate is None else rows.filter(predicate)
    yield rows if with_columns is None else rows.select(with_columns)


def registered() -> pl.LazyFrame:
    return register_io_source(source, schema=LEFT.schema)


SOURCES: dict[str, Node] = {
    "in memory": node(LEFT.lazy().filter(between(FIRST))),
    "a literal frame": node(pl.LazyFrame(LEFT.to_dict()).filter(between(FIRST))),
    "scan_parquet": scanned(pl.DataFrame.write_parquet, pl.scan_parquet, "parquet"),
    "scan_parquet, hive": Node(hive, FIRST),
    "scan_csv": scanned(
        pl.DataFrame.write_csv, lambda p: pl.scan_csv(p, try_parse_dates=True), "csv"
    ),
    "scan_ipc": scanned(pl.DataFrame.write_ipc, pl.scan_ipc, "arrow"),
    "scan_ndjson": scanned(
        pl.DataFrame.write_ndjson, lambda p: pl.scan_ndjson(p, schema=LEFT.schema), "ndjson"
    ),
    "scan_delta": Node(delta, FIRST),
    "resolver": node(pl.LazyFrame.from_lazyframe_resolver(Resolver()).filter(between(FIRST))),
    "register_io_source": node(registered().filter(between(FIRST))),
    "register_io_source, then more": node(
        registered().with_row_index().filter(between(FIRST)).group_by("date").agg(pl.len())
    ),
    "defer": node(pl.defer(lambda: LEFT, schema=LEFT.schema).filter(between(FIRST))),
    "a frame without rows": Node(lambda _: pl.concat([LEFT.clear().lazy(), left()]), FIRST),
    "two sources": node(pl.concat([registered().filter(between(FIRST)), left()])),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    verify(ROWS[name], runner, tmp_path)


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    verify(GROUPS[name], runner, tmp_path)


@pytest.mark.parametrize("name", COMBINED)
def test_combined(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    verify(COMBINED[name], runner, tmp_path)


@pytest.mark.parametrize("name", SQL)
def test_sql(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    verify(SQL[name], runner, tmp_path)


@pytest.mark.parametrize("name", SOURCES)
def test_sources(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    verify(SOURCES[name], runner, tmp_path)


# A query over one that is split already: its bounds count, and in a task it runs in place.
NESTED: dict[str, tuple[Callable[[pl.LazyFrame], pl.LazyFrame], str]] = {
    "alone": (lambda lf: lf, FIRST),
    "filtered": (lambda lf: lf.filter(between(SECOND)), BOTH),
    "grouped": (lambda lf: lf.group_by("date").agg(C("v").sum()), FIRST),
    "joined": (lambda lf: lf.join(right(), on="date"), BOTH),
    "concatenated": (lambda lf: pl.concat([lf, second]), EITHER),
}


class OwnProcess:
    """A runner that travels, as that of Ray does: it starts a process when it runs."""

    def check(self) -> None:
        """A process can always be started."""

    def run(
        self, plan: ShippedPlan, periods: Sequence[AnyPartition], lifetime: Lifetime
    ) -> Iterator[pl.DataFrame]:
        runner = ProcessRunner()
        yield from runner.run(plan, periods, lifetime)
        runner.close()


@pytest.mark.parametrize("name", NESTED)
def test_nested(name: str, runner: ProcessRunner, tmp_path: Path) -> None:
    step, bounds = NESTED[name]
    split = Split("calendar", "date", pl.Date(), 100, "monthly")
    nested = IoSource(left(), split, OwnProcess(), "arrow").lazy("inner", None)
    verify(Node(lambda _: step(nested), bounds), runner, tmp_path)

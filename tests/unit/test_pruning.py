"""Which scans choose their files, which may not, and what happens when a file changes."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools import _gocore, _prune, _pruned_scan, _scan
from polars_io_tools._polars import payload
from polars_io_tools.errors import SourceChangedError
from tests.shipping import selected, shipped

FILES = 6
X = pl.col("x")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files whose `x` is from 10 i to 10 i + 3, plain and in hive folders by `k`."""
    for i in range(FILES):
        frame = pl.DataFrame({"x": range(10 * i, 10 * i + 4), "s": [f"s{i}"] * 4, "i": [i] * 4})
        frame.write_parquet(tmp_path / f"{i}.parquet")
        frame.write_csv(tmp_path / f"{i}.csv")
        frame.write_ipc(tmp_path / f"{i}.arrow")
        frame.write_ndjson(tmp_path / f"{i}.ndjson")
        hive = tmp_path / f"hive/k={i % 3}/d=2024-01-0{i + 1}"
        hive.mkdir(parents=True)
        frame.write_parquet(hive / "f.parquet")
    return tmp_path


Make = Callable[[Path], pl.LazyFrame]


def scan(folder: Path, **options: Any) -> pl.LazyFrame:
    return pl.scan_parquet(folder / "*.parquet", **options)


def hive(folder: Path, **options: Any) -> pl.LazyFrame:
    return pl.scan_parquet(folder / "hive", **options)


DAY = pl.col("d") == dt.date(2024, 1, 2)

# name -> (plan, filter of the worker, files chosen)
PRUNED: dict[str, tuple[Make, pl.Expr, int]] = {
    "glob": (scan, X == 21, 1),
    "no file": (scan, X == 7, 0),
    "folder": (lambda f: pl.scan_parquet(f / "hive", hive_partitioning=False), X == 21, 1),
    "list": (lambda f: pl.scan_parquet([f / "1.parquet", f / "2.parquet"]), X == 21, 1),
    "one file": (lambda f: pl.scan_parquet(f / "2.parquet"), X == 21, 1),
    "two columns": (scan, (X > 15) & (pl.col("s") < "s3"), 1),
    "filter in the plan": (lambda f: scan(f).filter(pl.col("s") == "s4"), X > 0, 1),
    "other names": (lambda f: scan(f).rename({"x": "y"}).with_columns(x=0), pl.col("y") == 21, 1),
    "key of a group": (lambda f: scan(f).group_by("s").len().sort("s"), pl.col("s") == "s3", 1),
    "computed beside": (lambda f: scan(f).with_columns(z=X + 1), X == 21, 1),
    "file paths": (lambda f: scan(f, include_file_paths="p").drop("p"), X == 21, 1),
    "shown paths": (lambda f: scan(f, include_file_paths="p"), X == 21, 1),
    "columns added": (lambda f: scan(f, missing_columns="insert"), X == 21, 1),
    "columns left out": (
        lambda f: scan(f, extra_columns="ignore", schema={"x": pl.Int64}),
        X > 50,
        1,
    ),
    "columns cast": (
        lambda f: scan(
            f,
            schema={"x": pl.Int64, "s": pl.String, "i": pl.Int64},
            cast_options=pl.ScanCastOptions(),
        ),
        X == 21,
        1,
    ),
    "hive key": (hive, pl.col("k") == 1, 3),
    "hive date": (hive, DAY, 2),
    "hive and file": (hive, (pl.col("k") == 0) & (X < 9), 1),
    "hive schema": (lambda f: hive(f, hive_schema={"k": pl.Int8, "d": pl.Date}), DAY, 2),
    "hive text": (lambda f: hive(f, try_parse_hive_dates=False), pl.col("d") == "2024-01-02", 2),
}


@pytest.mark.parametrize("name", PRUNED)
def test_a_scan_reads_the_files_it_needs(folder: Path, name: str) -> None:
    make, where, files = PRUNED[name]
    lf = make(folder)
    want = lf.filter(where).collect()
    with shipped(lf, lf.filter(where)) as (worker, note, _):
        got, chosen = selected(worker.filter(where))
        again, _ = selected(worker.filter(where))
        whole, _ = selected(worker)
    assert "pruned by" in note
    assert isinstance(got, pl.DataFrame)
    assert isinstance(again, pl.DataFrame)
    assert isinstance(whole, pl.DataFrame)
    assert_frame_equal(got, want)
    assert_frame_equal(again, want)
    assert_frame_equal(whole, lf.collect())
    assert chosen == files


# name -> (plan, filter, part of the note)
UNPRUNED: dict[str, tuple[Make, pl.Expr, str]] = {
    "row index": (lambda f: scan(f, row_index_name="n"), X == 21, "its rows are numbered"),
    "n_rows": (lambda f: scan(f, n_rows=23), X > 0, "it reads a number of rows"),
    "no filter": (scan, pl.lit(value=True), "no filter on it"),
    "csv": (lambda f: pl.scan_csv(f / "*.csv"), X == 21, "Csv files have no statistics"),
    "ipc": (lambda f: pl.scan_ipc(f / "*.arrow"), X == 21, "Ipc files have no statistics"),
    "ndjson": (
        lambda f: pl.scan_ndjson(f / "*.ndjson"),
        X == 21,
        "NDJson files have no statistics",
    ),
}


@pytest.mark.parametrize("name", UNPRUNED)
def test_a_scan_that_reads_all(folder: Path, name: str) -> None:
    make, where, reason = UNPRUNED[name]
    lf = make(folder)
    with shipped(lf, lf.filter(where)) as (worker, note, _):
        assert_frame_equal(worker.filter(where).collect(), lf.filter(where).collect())
    assert reason in note


# Filters that must not reach a scan, or not alone.
STEPS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "head": lambda lf: lf.head(9),
    "tail": lambda lf: lf.tail(9),
    "slice": lambda lf: lf.slice(3, 9),
    "row index": lambda lf: lf.with_row_index(),
    "cumulative": lambda lf: lf.with_columns(c=X.cum_sum()),
    "window": lambda lf: lf.with_columns(c=X.max().over("s")),
    "aggregate": lambda lf: lf.filter(X.mean() < X),
    "used twice": lambda lf: lf.join(lf.select(pl.col("x") + 10, "s"), on="x", how="left").sort(
        "x"
    ),
    "united": lambda lf: pl.concat([lf, lf.filter(X > 40), lf]),
    "renamed": lambda lf: lf.select(x=pl.col("i"), y=X),
    "shifted": lambda lf: lf.with_columns(x=X.shift(1)),
    "unique": lambda lf: lf.unique(subset=["x"], keep="first", maintain_order=True),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("where", [X == 21, X < 3, X.is_null(), X > 1000])
def test_steps_above_a_scan(folder: Path, step: str, where: pl.Expr) -> None:
    lf = STEPS[step](scan(folder))
    with shipped(lf, lf.filter(where)) as (worker, _, _):
        assert_frame_equal(worker.filter(where).collect(), lf.filter(where).collect())
        assert_frame_equal(
            worker.filter(where).head(2).collect(), lf.filter(where).head(2).collect()
        )
        assert_frame_equal(
            worker.head(7).filter(where).collect(), lf.head(7).filter(where).collect()
        )


def test_a_file_without_the_column(folder: Path) -> None:
    pl.DataFrame({"s": ["a"]}).write_parquet(folder / "7.parquet")
    lf = scan(folder, missing_columns="insert")
    for where, files in ((X.is_null(), 1), (X == 21, 1)):
        with shipped(lf, lf.filter(where)) as (worker, _, _):
            got, chosen = selected(worker.filter(where))
        assert isinstance(got, pl.DataFrame)
        assert_frame_equal(got, lf.filter(where).collect())
        assert chosen == files
    # Where Polars refuses such a file, it is kept, to be refused.
    strict = scan(folder)
    with (
        shipped(strict, strict.filter(X == 21)) as (worker, _, _),
        pytest.raises(pl.exceptions.ColumnNotFoundError),
    ):
        worker.filter(X == 21).collect()


def test_a_broken_file_is_read_and_fails(folder: Path) -> None:
    with shipped(scan(folder), scan(folder).filter(X == 21)) as (worker, _, _):
        assert worker.filter(X == 21).collect().height == 1
    (folder / "3.parquet").write_bytes(b"PAR1 this is no footer PAR1")
    with (
        shipped(scan(folder), scan(folder).filter(X == 21)) as (worker, _, _),
        pytest.raises(pl.exceptions.ComputeError),
    ):
        worker.filter(X == 21).collect()


def test_int96_is_not_trusted(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for i in range(3):
        table = pa.table({"x": pa.array([dt.datetime(2024, 1, 1 + i)], pa.timestamp("ns"))})
        pq.write_table(table, tmp_path / f"{i}.parquet", use_deprecated_int96_timestamps=True)
    where = dt.datetime(2024, 1, 2) == X
    with shipped(scan(tmp_path), scan(tmp_path).filter(where)) as (worker, _, _):
        got, chosen = selected(worker.filter(where))
    assert isinstance(got, pl.DataFrame)
    assert (got.height, chosen) == (1, 3)


def test_types_that_differ_from_file_to_file(tmp_path: Path) -> None:
    pl.DataFrame({"x": [5]}, schema={"x": pl.Int64}).write_parquet(tmp_path / "0.parquet")
    pl.DataFrame({"x": [7]}, schema={"x": pl.UInt8}).write_parquet(tmp_path / "1.parquet")
    pl.DataFrame({"x": [9]}, schema={"x": pl.Int16}).write_parquet(tmp_path / "2.parquet")
    lf = scan(tmp_path, cast_options=pl.ScanCastOptions(integer_cast="upcast"))
    for value in (5, 7, 9):
        with shipped(lf, lf.filter(value == X)) as (worker, _, _):
            got, chosen = selected(worker.filter(value == X))
        assert isinstance(got, pl.DataFrame)
        assert got.schema == {"x": pl.Int64}
        assert (got["x"].to_list(), chosen) == ([value], 1)


def test_wide_tables_pay_for_filtered_columns_only(folder: Path) -> None:
    with shipped(scan(folder), scan(folder).filter(X == 21)) as (_, note, _):
        assert note.endswith("; pruned by 'x'")


def test_the_plan_says_what_is_pruned(tmp_path: Path) -> None:
    for i in range(8):
        days = [dt.date(2024, 1, 1) + dt.timedelta(days=4 * i + j) for j in range(4)]
        pl.DataFrame({"date": days, "v": i}).write_parquet(tmp_path / f"{i}.parquet")
        pl.DataFrame({"v": [i]}).write_csv(tmp_path / f"{i}.csv")
    lf = pl.scan_parquet(tmp_path / "*.parquet").join(pl.scan_csv(tmp_path / "*.csv"), on="v")
    january = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))
    plan = piot.PiotNamespace(lf.filter(january)).explain_on_ray(
        date_column="date", time_unit="daily"
    )
    parquet, csv = plan.sources
    first = tmp_path / "0"
    assert parquet == (
        f"scan_parquet: 8 files, first {first}.parquet; pruned by 'date'; 1 read on average"
    )
    assert (
        csv == f"scan_csv: 8 files, first {first}.csv; not pruned, as Csv files have no statistics"
    )


def rewritten(path: Path) -> None:
    path.write_bytes(path.read_bytes())
    later(path)


def later(path: Path) -> None:
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))


def grown(path: Path) -> None:
    before = path.stat()
    path.write_bytes(path.read_bytes() + b" ")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], None]] = {
    "later": later,
    "rewritten": rewritten,
    "grown": grown,
    "gone": Path.unlink,
}
SCANS: dict[str, Make] = {
    "parquet": scan,
    "whole parquet": lambda f: scan(f, row_index_name="n"),
    "csv": lambda f: pl.scan_csv(f / "*.csv"),
    "arrow": lambda f: pl.scan_ipc(f / "*.arrow"),
    "ndjson": lambda f: pl.scan_ndjson(f / "*.ndjson"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", SCANS)
def test_a_changed_file_is_an_error_that_names_it(folder: Path, kind: str, change: str) -> None:
    lf = SCANS[kind](folder)
    path = folder / f"2.{kind.rpartition(' ')[2]}"
    with shipped(lf, lf.filter(X == 21)) as (worker, _, keys):
        CHANGES[change](path)
        for _ in range(2):  # a task may run again
            with (
                pytest.raises(SourceChangedError, match=str(path)),
                _pruned_scan.unchanged_files(worker, keys),
            ):
                worker.filter(X == 21).collect()


def assert_seen(
    change: str, folder: Path, kind: str, worker: pl.LazyFrame, keys: list[str]
) -> None:
    """Change a file, or let one appear, and check that the worker's plan refuses to run."""
    path = folder / f"2.{kind}"
    if change == "appeared":
        content, path = path.read_bytes(), folder / f"9.{kind}"
        path.write_bytes(content)
    else:
        CHANGES[change](path)
    with (
        pytest.raises(SourceChangedError, match=str(path)),
        _pruned_scan.unchanged_files(worker, keys),
    ):
        worker.filter(X == 21).collect()


@pytest.fixture(params=["csv", "arrow", "parquet", "uri"])
def expanded_by_workers(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[pl.LazyFrame, str]:
    """A scan of a pattern that travels as written, and how its files end."""
    monkeypatch.setattr(payload, "_proved_edit", lambda *_: None)
    kind: str = request.param
    if kind == "uri":
        return pl.scan_csv(f"file://{folder}/*.csv"), "csv"
    scans: dict[str, Any] = {"csv": pl.scan_csv, "arrow": pl.scan_ipc, "parquet": pl.scan_parquet}
    return scans[kind](folder / f"*.{kind}"), kind


@pytest.mark.parametrize("change", [*CHANGES, "appeared"])
def test_files_of_a_pattern_that_workers_expand(
    folder: Path, expanded_by_workers: tuple[pl.LazyFrame, str], change: str
) -> None:
    lf, kind = expanded_by_workers
    with shipped(lf, lf.filter(X == 21)) as (worker, _, keys):
        with _pruned_scan.unchanged_files(worker, keys):
            assert worker.filter(X == 21).collect().height == 1
        assert_seen(change, folder, kind, worker, keys)


def test_one_path_that_is_no_file_leaves_the_others_watched(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    odd = pl.scan_csv(folder / "pipe", schema={"x": pl.Int64}, glob=False)
    lf = pl.concat([pl.scan_csv(folder / "*.csv").select("x"), odd])
    with shipped(lf, lf.filter(X == 21)) as (worker, _, keys):
        later(folder / "2.csv")
        with (
            pytest.raises(SourceChangedError, match=str(folder / "2.csv")),
            _pruned_scan.unchanged_files(worker, keys),
        ):
            pass


def test_a_file_that_is_not_read_may_change(folder: Path) -> None:
    with shipped(scan(folder), scan(folder).filter(X == 21)) as (worker, _, keys):
        (folder / "5.parquet").unlink()
        with _pruned_scan.unchanged_files(worker, keys):
            assert worker.filter(X == 21).collect().height == 1


@pytest.mark.parametrize("kind", SCANS)
def test_a_change_while_reading_is_seen(folder: Path, kind: str) -> None:
    lf = SCANS[kind](folder)
    path = folder / f"2.{kind.rpartition(' ')[2]}"

    def read(worker: pl.LazyFrame, keys: list[str]) -> None:
        with _pruned_scan.unchanged_files(worker, keys):
            worker.filter(X == 21).collect()
            later(path)

    with (
        shipped(lf, lf.filter(X == 21)) as (worker, _, keys),
        pytest.raises(SourceChangedError, match=str(path)),
    ):
        read(worker, keys)


def test_later_files_are_not_read(folder: Path) -> None:
    with shipped(scan(folder), scan(folder).filter(X >= 50)) as (worker, _, keys):
        pl.DataFrame({"x": [70], "s": [""], "i": [7]}).write_parquet(folder / "9.parquet")
        with _pruned_scan.unchanged_files(worker, keys):
            assert worker.filter(X >= 50).collect().height == 4


def test_plan_bytes_of_another_version_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_prune, "is_known", lambda payload: False)
    with shipped(scan(folder), scan(folder).filter(X == 21)) as (worker, note, _):
        assert "are not known" in note
        assert worker.filter(X == 21).collect().height == 1


def unknown_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> bytes:
        raise ValueError

    monkeypatch.setattr(_gocore, "find_scans", unknown)


@pytest.mark.parametrize("kind", ["parquet", "csv", "ndjson"])
@pytest.mark.parametrize("change", [*CHANGES, "appeared"])
def test_files_of_a_plan_in_unknown_bytes_are_watched(
    folder: Path, kind: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown_bytes(monkeypatch)
    lf = SCANS[kind](folder).with_columns(y=X + 1)
    with shipped(lf, lf.filter(X == 21)) as (worker, note, keys):
        assert "bytes of Polars" in note
        assert "watched" in note
        # It is not collected before, as Polars expands a plan once.
        assert_seen(change, folder, kind, worker, keys)


@pytest.mark.parametrize("kind", ["parquet", "csv", "ndjson"])
def test_files_of_a_plan_in_unknown_bytes_that_stay(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown_bytes(monkeypatch)
    lf = SCANS[kind](folder)
    with shipped(lf, lf.filter(X == 21)) as (worker, _, keys):
        for _ in range(2):
            with _pruned_scan.unchanged_files(worker, keys):
                assert worker.filter(X == 21).collect().height == 1


def test_what_is_not_proved_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_prune, "reads_alike", lambda *_: False)
    with shipped(scan(folder), scan(folder).filter(X == 21)) as (worker, note, _):
        assert "would not read the same" in note
        assert worker.filter(X == 21).collect().height == 1


# piot.scan_parquet


@pytest.mark.parametrize("name", [n for n in PRUNED if "columns" not in n])
def test_our_scan(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, where, files = PRUNED[name]
    want = make(folder).filter(where).collect()
    monkeypatch.setattr(pl, "scan_parquet", ours(pl.scan_parquet))
    lf = make(folder)
    monkeypatch.undo()
    got, chosen = selected(lf.filter(where))
    assert isinstance(got, pl.DataFrame)
    assert_frame_equal(got, want)
    assert chosen == files
    with shipped(lf, lf.filter(where)) as (worker, _, _):
        got, chosen = selected(worker.filter(where))
    assert isinstance(got, pl.DataFrame)
    assert_frame_equal(got, want)
    assert chosen == files


def ours(polars: Callable[..., pl.LazyFrame]) -> Callable[..., pl.LazyFrame]:
    """Let the plans of the table use our scan, which itself uses Polars'."""

    def scan_parquet(*args: Any, **options: Any) -> pl.LazyFrame:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pl, "scan_parquet", polars)
            return piot.scan_parquet(*args, **options)

    return scan_parquet


def test_our_scan_follows_the_folder(folder: Path) -> None:
    lf = piot.scan_parquet(folder / "*.parquet").filter(X >= 50)
    assert lf.collect().height == 4
    pl.DataFrame({"x": [70], "s": [""], "i": [7]}).write_parquet(folder / "9.parquet")
    assert lf.collect().height == 5
    pl.DataFrame({"x": [70, 71], "s": ["", ""], "i": [7, 7]}).write_parquet(folder / "9.parquet")
    assert lf.collect().height == 6


@pytest.mark.parametrize("options", [{"n_rows": 3}, {"row_index_name": "n"}])
def test_our_scan_leaves_what_it_cannot(folder: Path, options: dict[str, Any]) -> None:
    lf = piot.scan_parquet(folder / "*.parquet", **options)
    assert_frame_equal(lf.collect(), pl.scan_parquet(folder / "*.parquet", **options).collect())
    assert "RESOLVER" not in lf.explain()


def test_our_scan_travels_also_when_it_cannot_choose(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(_scan, "_look", refuse)
    lf = piot.scan_parquet(folder / "*.parquet")
    with shipped(lf, lf.filter(X == 21)) as (worker, _, _):
        assert worker.filter(X == 21).collect().height == 1
        assert worker.collect().height == 4 * FILES


def test_what_is_known_of_files_is_known_of_one_way_to_read_them(tmp_path: Path) -> None:
    """Files with a column of the name of their hive key, read with the key and without."""
    for key in (1, 2):
        folder = tmp_path / f"y={key}"
        folder.mkdir()
        pl.DataFrame({"y": [10 * key, 10 * key + 1]}).write_parquet(folder / "a.parquet")
    files = sorted(tmp_path.rglob("*.parquet"))
    by_key = pl.scan_parquet(files, hive_partitioning=True, hive_schema={"y": pl.Int64})
    others = [
        pl.scan_parquet(files, hive_partitioning=False),
        pl.scan_parquet(files, hive_partitioning=False).with_row_index("i").select("y"),
        pl.scan_parquet(files, hive_partitioning=False, row_index_name="i").select("y"),
    ]
    for other in others:
        query = pl.concat([by_key.filter(pl.col("y") <= 5).select("y"), other])
        plan = piot.PiotNamespace(query.filter(pl.col("y").is_between(0, 30))).explain_on_ray(
            piot.by_value("y")
        )
        assert {"1", "2", "10", "11", "20", "21"} <= {p.label for p in plan.partitions}

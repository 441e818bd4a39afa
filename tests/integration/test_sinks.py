"""What `RayEngine` writes, against what plain Polars' sinks write."""

from __future__ import annotations

import datetime as dt
import io
import os
import pickle
import time
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

import polars_io_tools as piot
from polars_io_tools._writing import EXTENSIONS
from tests.dtypes import SERIES
from tests.integration.cases import QUARTER, assert_same, in_period_order
from tests.integration.conftest import Submissions
from tests.integration.sinking import ENGINE, FORMS, MONTHS, ordered, read, sink

pytestmark = pytest.mark.ray

C = pl.col


@pytest.fixture
def query(scan: pl.LazyFrame) -> pl.LazyFrame:
    return scan.filter(QUARTER).with_columns(double=C("price") * 2)


def tree(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def read_folder(form: str, folder: Path, *schema: pl.Schema, **options: Any) -> pl.DataFrame:
    return read(form, folder / f"**/*.{EXTENSIONS[form]}", *schema, **options)


@pytest.mark.parametrize("form", FORMS)
def test_directory(form: str, query: pl.LazyFrame, tmp_path: Path, submitted: Submissions) -> None:
    sink(query, form, f"{tmp_path}/made/out/", engine=ENGINE, mkdir=True)
    out = tmp_path / "made" / "out"
    assert tree(tmp_path) == [f"made/out/{month}.{EXTENSIONS[form]}" for month in MONTHS]
    assert_same(read_folder(form, out, query.collect_schema()), in_period_order(query.collect()))
    assert submitted.periods == MONTHS


PARTITIONS: dict[str, dict[str, Any]] = {
    "name": {"key": "symbol"},
    "expression": {"key": C("date").dt.truncate("1mo").alias("month")},
    "several": {"key": ["symbol", C("row") % 2]},
    "by name": {"key": {"odd": C("row") % 2 == 1}},
    "without the key": {"key": "symbol", "include_key": False},
    "rows": {"max_rows_per_file": 7},
    "key and rows": {"key": "symbol", "max_rows_per_file": 7},
    "bytes": {"approximate_bytes_per_file": 1000},
}


@pytest.mark.parametrize("name", PARTITIONS)
@pytest.mark.parametrize("form", ["parquet", "ndjson"])
def test_partition_by(form: str, name: str, query: pl.LazyFrame, tmp_path: Path) -> None:
    plain, ours = tmp_path / "plain", tmp_path / "ours"
    sink(query, form, pl.PartitionBy(plain, **PARTITIONS[name]))
    sink(query, form, pl.PartitionBy(ours, **PARTITIONS[name]), engine=ENGINE)
    folders = {Path(path).parent for path in tree(plain)}
    assert {Path(path).parent for path in tree(ours)} == folders
    options: dict[str, Any] = {}
    if form == "parquet":
        options["hive_partitioning"] = "key" in PARTITIONS[name]
    expected, actual = (ordered(read_folder(form, folder, **options)) for folder in (plain, ours))
    assert_same(actual, expected)
    for folder in folders:
        names = [p for p in tree(ours) if Path(p).parent == folder]
        numbers = [path.removesuffix(f".{EXTENSIONS[form]}")[-8:] for path in names]
        assert len(names) == len(set(names)), numbers
        assert {Path(p).name[:7] for p in names} <= set(MONTHS)


def test_folders_of_keys_are_those_of_polars(tmp_path: Path) -> None:
    """Their texts, what is escaped in them, and types that a reader makes of them."""
    keys = pl.DataFrame(
        {
            "s": ["a/b c", "é=%", None, "2024", "__HIVE_DEFAULT_PARTITION__", "x"],
            "f": [1.5, float("nan"), None, 1e300, -0.5, 2.0],
            "i": [1, -1, None, 2**60, 0, 7],
            "b": [True, False, None, True, False, True],
            "e": pl.Series(["a", "b", None, "a", "b", "a"], dtype=pl.Enum(["a", "b"])),
            "c": pl.Series(["a", "b", None, "a", "b", "a"], dtype=pl.Categorical),
            "m": pl.Series(["1.50", "2", None, "0", "3", "4"]).cast(pl.Decimal(10, 2)),
        }
    ).with_columns(
        date=pl.date(2024, 1 + pl.int_range(6) % 3, 5),
        t=pl.datetime(2024, 1, 1, pl.int_range(6), time_zone="Europe/Paris"),
        x=pl.int_range(6),
    )
    query = keys.lazy().filter(QUARTER)
    for key in "sfibecmt":
        plain, ours = tmp_path / f"plain-{key}", tmp_path / f"ours-{key}"
        query.sink_parquet(pl.PartitionBy(plain, key=key, include_key=False))
        query.sink_parquet(pl.PartitionBy(ours, key=key, include_key=False), engine=ENGINE)
        assert {Path(p).parent for p in tree(ours)} == {Path(p).parent for p in tree(plain)}
        found = pl.scan_parquet(ours, hive_partitioning=True).collect().sort("x")
        if key == "s":  # of two texts with one folder, Polars writes both into one file
            assert found["x"].to_list() == list(range(6))
        else:
            expected = pl.scan_parquet(plain, hive_partitioning=True).collect()
            assert_same(found, expected.sort("x"))


def test_files_that_a_provider_names(query: pl.LazyFrame, tmp_path: Path) -> None:
    def name(arguments: Any) -> str:
        (month,) = arguments.partition_keys.rows()[0]
        return f"{month:%Y/%m}/{arguments.index_in_partition}.pq"

    month = C("date").dt.truncate("1mo").alias("month")
    target = pl.PartitionBy(tmp_path / "out", key=month, file_path_provider=name)
    query.sink_parquet(target, engine=ENGINE)
    assert tree(tmp_path / "out") == ["2024/01/0.pq", "2024/02/0.pq", "2024/03/0.pq"]
    same = pl.PartitionBy(tmp_path / "out", key="symbol", file_path_provider=lambda _: "one.pq")
    with pytest.raises(piot.PublishError, match=r"two files 'one\.pq'"):
        query.sink_parquet(same, engine=ENGINE)
    assert tree(tmp_path) == ["out/2024/01/0.pq", "out/2024/02/0.pq", "out/2024/03/0.pq"]


@pytest.mark.parametrize("form", FORMS)
def test_types(form: str, tmp_path: Path) -> None:
    """Every type that plain Polars writes and reads, as it does that; the rest fails as there."""
    columns: dict[str, pl.Series] = {}
    for name, series in SERIES.items():
        lf = pl.DataFrame({"x": series}).lazy()
        folder = tmp_path / f"{len(columns)}"
        try:
            sink(lf, form, pl.PartitionBy(folder, approximate_bytes_per_file=None))
            read_folder(form, folder, lf.collect_schema())
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            continue
        columns[name] = series
    assert len(columns) > (60 if form in {"parquet", "ipc"} else 20)
    height = max(map(len, columns.values()))
    frame = pl.DataFrame(
        [pl.Series(n, s).extend(s.clear(height - len(s)).cast(s.dtype)) for n, s in columns.items()]
    ).with_columns(date=pl.date(2024, 1 + pl.int_range(height) % 3, 5), n=pl.int_range(height))
    lf = frame.lazy().filter(QUARTER)
    sink(lf, form, pl.PartitionBy(tmp_path / "plain", approximate_bytes_per_file=None))
    lf = piot.put(frame).filter(QUARTER)  # Polars has no plans that hold all of these types
    sink(lf, form, f"{tmp_path}/ours/", engine=ENGINE, mkdir=True)
    plain, ours = (read_folder(form, tmp_path / f, frame.schema) for f in ("plain", "ours"))
    assert plain.schema == ours.schema
    assert repr(ours.sort("n").to_dicts()) == repr(plain.sort("n").to_dicts())


def test_options_of_parquet(query: pl.LazyFrame, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "compression": "gzip",
        "compression_level": 3,
        "statistics": {"min": False, "max": True, "distinct_count": False, "null_count": True},
        "row_group_size": 10,
        "metadata": {"made": "by a test"},
        "maintain_order": False,
        "sync_on_close": "all",
        "optimizations": pl.QueryOptFlags.none(),
        "storage_options": {"unused": "here"},
    }
    query.sink_parquet(f"{tmp_path}/ours/", engine=ENGINE, mkdir=True, **options)
    query.filter(C("date").dt.month() == 1).sink_parquet(tmp_path / "plain.parquet", **options)
    ours, plain = (
        pq.ParquetFile(tmp_path / p).metadata for p in ("ours/2024-01.parquet", "plain.parquet")
    )
    assert ours.num_row_groups == plain.num_row_groups > 1
    assert ours.metadata[b"made"] == b"by a test"
    one, other = (m.row_group(0).column(0) for m in (ours, plain))
    assert one.compression == other.compression == "GZIP"
    assert (one.statistics is None) == (other.statistics is None)
    assert_same(ordered(pl.read_parquet(tmp_path / "ours")), ordered(query.collect()))


def test_metadata_by_a_function(query: pl.LazyFrame, tmp_path: Path) -> None:
    query.sink_parquet(
        f"{tmp_path}/ours/", engine=ENGINE, mkdir=True, metadata=lambda _: {"pid": str(os.getpid())}
    )
    made = pq.ParquetFile(tmp_path / "ours/2024-01.parquet").metadata.metadata
    assert int(made[b"pid"]) != os.getpid()


TEXTS: dict[str, tuple[str, dict[str, Any]]] = {
    "csv": ("csv", {"separator": ";", "include_header": False, "quote_style": "always"}),
    "csv formats": (
        "csv",
        {"date_format": "%d.%m.%Y", "float_precision": 3, "decimal_comma": True, "separator": "|"},
    ),
    "csv gzip": ("csv", {"compression": "gzip", "include_bom": True, "check_extension": True}),
    "ndjson zstd": ("ndjson", {"compression": "zstd", "compression_level": 2}),
    "ndjson": ("ndjson", {"maintain_order": True}),
    "ipc": ("ipc", {"compression": "zstd", "record_batch_size": 10}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_options_of_others(name: str, query: pl.LazyFrame, tmp_path: Path) -> None:
    """Each file has the bytes of the one that Polars writes of its period."""
    form, options = TEXTS[name]
    sink(query, form, f"{tmp_path}/ours/", engine=ENGINE, mkdir=True, **options)
    if "check_extension" in options:
        options = {**options, "check_extension": False}
    for number, month in enumerate(MONTHS, 1):
        expected = io.BytesIO()
        sink(query.filter(C("date").dt.month() == number), form, expected, **options)
        got = (tmp_path / f"ours/{month}.{EXTENSIONS[form]}").read_bytes()
        assert got == expected.getvalue(), month


def test_sinked_paths(query: pl.LazyFrame, tmp_path: Path) -> None:
    told: list[Any] = []
    target = pl.PartitionBy(tmp_path / "out", key="symbol")
    query.sink_parquet(target, engine=ENGINE, sinked_paths_callback=told.append)
    (paths,) = [arguments.paths for arguments in told]
    assert [p.path for p in paths] == [str(tmp_path / "out" / p) for p in tree(tmp_path / "out")]
    assert sum(p.num_rows for p in paths) == query.collect().height
    assert all(Path(p.path).stat().st_size == p.num_bytes for p in paths)
    told.clear()
    query.sink_parquet(tmp_path / "a.parquet", engine=ENGINE, sinked_paths_callback=told.append)
    (path,) = told[0].paths
    assert (path.path, path.num_rows) == (str(tmp_path / "a.parquet"), query.collect().height)


def test_what_is_there_stays_as_with_polars(query: pl.LazyFrame, tmp_path: Path) -> None:
    """Files of other names stay; those of the same periods are replaced, so runs may repeat."""
    out = tmp_path / "out"
    query.sink_parquet(f"{out}/", engine=ENGINE, mkdir=True)
    (out / "other.txt").write_text("other")
    february = query.filter(C("date").dt.month() == 2, C("symbol") == "A")
    february.filter(C("date") >= pl.date(2024, 2, 1), C("date") < pl.date(2024, 3, 1)).sink_parquet(
        out, engine=ENGINE
    )
    assert tree(out) == ["2024-01.parquet", "2024-02.parquet", "2024-03.parquet", "other.txt"]
    rows = pl.read_parquet(out / "*.parquet")
    expected = query.filter((C("date").dt.month() != 2) | (C("symbol") == "A")).collect()
    assert_same(rows, in_period_order(expected))


@pytest.mark.parametrize("form", FORMS)
def test_periods_without_rows(form: str, query: pl.LazyFrame, tmp_path: Path) -> None:
    sink(query.filter(C("date").dt.month() == 2), form, f"{tmp_path}/a/", engine=ENGINE, mkdir=True)
    assert tree(tmp_path / "a") == [f"2024-02.{EXTENSIONS[form]}"]
    nothing = query.filter(C("price") < -1e9)
    sink(nothing, form, f"{tmp_path}/b/", engine=ENGINE, mkdir=True)
    assert len(tree(tmp_path / "b")) == 1
    empty = read_folder(form, tmp_path / "b", query.collect_schema())
    assert_same(empty, nothing.collect())
    # Nothing is left of rows that are gone now.
    sink(nothing, form, tmp_path / "a", engine=ENGINE)
    assert read_folder(form, tmp_path / "a", query.collect_schema()).height == 0
    sink(nothing, form, pl.PartitionBy(tmp_path / "c", key="symbol"), engine=ENGINE)
    assert not (tmp_path / "c").exists()
    nowhere = nothing.filter(C("date") > C("date").max(), pl.lit(False))
    sink(nowhere, form, f"{tmp_path}/d/", engine=ENGINE, mkdir=True)
    assert read_folder(form, tmp_path / "d", query.collect_schema()).height == 0


def test_other_partitions(scan: pl.LazyFrame, tmp_path: Path) -> None:
    query = scan.with_columns(C("symbol").replace({"A": "a/b", "B": "", "C": ".c"}))
    values = ["a/b", "", ".c"]
    engine = piot.RayEngine(piot.by_value("symbol", values), progress=False)
    query.sink_parquet(f"{tmp_path}/out/", engine=engine, mkdir=True)
    assert tree(tmp_path / "out") == ["%.parquet", "%2Ec.parquet", "a%2Fb.parquet"]
    assert_same(ordered(pl.read_parquet(tmp_path / "out/*.parquet")), ordered(query.collect()))


def test_a_run_that_fails_leaves_nothing(query: pl.LazyFrame, tmp_path: Path) -> None:
    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        if frame["date"].dt.month().max() == 3:
            raise ZeroDivisionError("no price")
        return frame

    broken = query.map_batches(fail, streamable=True).filter(QUARTER)
    for target in (f"{tmp_path}/made/out/", pl.PartitionBy(tmp_path / "made/out", key="symbol")):
        with pytest.raises(piot.WorkerError, match="no price"):
            broken.sink_parquet(target, engine=ENGINE, mkdir=True)
    with pytest.raises(piot.WorkerError, match="no price"):
        broken.sink_csv(tmp_path / "made/one.csv", engine=ENGINE, mkdir=True)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_changes_nothing(query: pl.LazyFrame, tmp_path: Path) -> None:
    query.sink_csv(f"{tmp_path}/out/", engine=ENGINE, mkdir=True)
    before = {path: (tmp_path / path).read_bytes() for path in tree(tmp_path)}

    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        raise ZeroDivisionError("no price")

    with pytest.raises(piot.WorkerError, match="no price"):
        query.with_columns(price=0.0).map_batches(fail).filter(QUARTER).sink_csv(
            tmp_path / "out", engine=ENGINE
        )
    assert {path: (tmp_path / path).read_bytes() for path in tree(tmp_path)} == before


def test_an_attempt_that_dies_in_the_middle(query: pl.LazyFrame, tmp_path: Path) -> None:
    """Its files are there, under names of their own, and are not published."""
    journal = tmp_path / "journal"

    def die_once(frame: pl.DataFrame) -> pl.DataFrame:
        if frame["date"].dt.month().max() == 2:
            with journal.open("a") as file:
                file.write("x")
            if journal.stat().st_size == 1:
                time.sleep(0.5)  # other files of the attempt are written meanwhile
                os._exit(1)
        return frame

    target = pl.PartitionBy(tmp_path / "out", key="symbol", max_rows_per_file=3)
    dying = query.map_batches(die_once, streamable=True).filter(QUARTER)
    dying.sink_parquet(target, engine=ENGINE)
    assert journal.stat().st_size > 1
    assert_same(ordered(pl.read_parquet(tmp_path / "out/**/*.parquet")), ordered(query.collect()))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["journal", "out"]


@pytest.mark.parametrize("form", FORMS)
def test_one_file(form: str, query: pl.LazyFrame, tmp_path: Path) -> None:
    """Through the driver, in the order of periods."""
    path = tmp_path / "made" / f"one.{EXTENSIONS[form]}"
    sink(query, form, path, engine=ENGINE, mkdir=True)
    assert_same(
        read_folder(form, tmp_path, query.collect_schema()), in_period_order(query.collect())
    )
    sink(query.head(3), form, path, engine=ENGINE)
    assert read_folder(form, tmp_path, query.collect_schema()).height == 3
    assert tree(tmp_path) == [f"made/one.{EXTENSIONS[form]}"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sink(query, form, tmp_path / "nowhere" / path.name, engine=ENGINE)
    buffer = io.BytesIO()
    sink(query.head(3), form, buffer, engine=ENGINE)
    assert buffer.getvalue() == path.read_bytes()


def test_one_file_of_a_name_that_polars_refuses(query: pl.LazyFrame, tmp_path: Path) -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError, match="standard naming"):
        query.sink_csv(tmp_path / "a.csv", compression="gzip", engine=ENGINE)
    query.sink_csv(tmp_path / "a.csv.gz", compression="gzip", engine=ENGINE)
    assert pl.read_csv(tmp_path / "a.csv.gz").height == query.collect().height


def test_batches_come_in_order(query: pl.LazyFrame) -> None:
    batches: list[pl.DataFrame] = []
    query.sink_batches(batches.append, engine=ENGINE, chunk_size=10)
    assert len(batches) > 3
    assert_same(pl.concat(batches), in_period_order(query.collect()))
    stopped: list[int] = []

    def stop(batch: pl.DataFrame) -> bool:
        stopped.append(batch.height)
        return True

    query.sink_batches(stop, engine=ENGINE, chunk_size=10)
    assert len(stopped) == 1


def test_sinks_that_wait(query: pl.LazyFrame, tmp_path: Path, submitted: Submissions) -> None:
    """The driver writes them, as Polars does, from rows that come from the tasks."""
    batches: list[pl.DataFrame] = []
    waiting: list[Any] = [
        query.sink_parquet(tmp_path / "a.parquet", lazy=True, engine=ENGINE),
        query.sink_csv(pl.PartitionBy(tmp_path / "b", key="symbol"), lazy=True),
        query.sink_batches(batches.append, lazy=True),
    ]
    plain = in_period_order(query.collect())
    waiting[0].collect(engine=ENGINE)
    assert submitted.periods == MONTHS
    assert_same(pl.read_parquet(tmp_path / "a.parquet"), plain)
    pl.collect_all(waiting, engine=ENGINE)
    assert sorted(submitted.periods) == sorted(4 * MONTHS)
    assert sorted({Path(p).name for p in tree(tmp_path / "b")}) == ["00000000.csv"]
    assert_same(pl.concat(batches), plain)


def test_what_stands_above_the_cut_is_written_by_the_driver(
    query: pl.LazyFrame, tmp_path: Path, submitted: Submissions
) -> None:
    """Named as Polars names it; whole or not at all, as what the tasks write."""
    totals = query.group_by("symbol").agg(C("row").sum()).sort("symbol")
    totals.sink_parquet(f"{tmp_path}/a/", engine=ENGINE, mkdir=True)
    totals.sink_parquet(pl.PartitionBy(tmp_path / "b", key="symbol"), engine=ENGINE)
    totals.sink_parquet(tmp_path / "c.parquet", engine=ENGINE)
    assert submitted.periods == 3 * MONTHS
    plain = ["A", "B", "C"]
    assert tree(tmp_path) == [
        "a/00000000.parquet",
        *(f"b/symbol={s}/00000000.parquet" for s in plain),
        "c.parquet",
    ]
    for path in ("a", "b", "c.parquet"):
        assert_same(pl.scan_parquet(tmp_path / path).collect(), totals.collect())


def test_inside_of_a_task(query: pl.LazyFrame, tmp_path: Path) -> None:
    """Periods are written there, one after another, under the same names."""

    def write(frame: pl.DataFrame) -> pl.DataFrame:
        query.sink_parquet(f"{tmp_path}/out/", engine=ENGINE, mkdir=True)
        return frame

    days = pl.LazyFrame({"date": [dt.date(2024, 1, 1)]})
    days.map_batches(write).filter(QUARTER).collect(
        engine=piot.RayEngine(date_column="date", time_unit="yearly", progress=False)
    )
    assert tree(tmp_path / "out") == [f"{month}.parquet" for month in MONTHS]
    assert_same(pl.read_parquet(tmp_path / "out"), in_period_order(query.collect()))


def test_a_pickled_engine_writes(query: pl.LazyFrame, tmp_path: Path) -> None:
    engine = pickle.loads(pickle.dumps(ENGINE))
    query.sink_parquet(tmp_path, engine=engine)
    assert_frame_equal(pl.read_parquet(tmp_path), in_period_order(query.collect()))

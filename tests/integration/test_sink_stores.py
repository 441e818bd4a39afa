"""What `RayEngine` writes into an object store, against what plain Polars' sinks write there."""

from __future__ import annotations

import io
import os
import time
import traceback
import uuid
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools import _store_publishing, _stores
from polars_io_tools._writing import EXTENSIONS
from tests.integration.cases import QUARTER, assert_same, in_period_order
from tests.integration.conftest import Journal, Submissions
from tests.integration.sinking import ENGINE, FORMS, MONTHS, READERS, ordered, read, sink
from tests.stores import SECRET, Options, ask, keys_of

pytestmark = pytest.mark.ray

C = pl.col


@pytest.fixture
def base() -> str:
    """A prefix of the bucket below which nothing is yet."""
    return f"{uuid.uuid4()}/lake"


@pytest.fixture
def query(scan: pl.LazyFrame) -> pl.LazyFrame:
    return scan.filter(QUARTER).with_columns(double=C("price") * 2)


def read_back(form: str, prefix: str, *schema: pl.Schema, **options: Any) -> pl.DataFrame:
    return read(form, f"s3://bucket/{prefix}", *schema, **options)


def is_cleared(options: Options, base: str) -> bool:
    """Tell whether tasks that were on their way when a run ended leave nothing aside."""
    deadline = time.monotonic() + 20
    while (left := [key for key in keys_of(options, base) if ".piot/" in key]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.2)
    return not left


@pytest.mark.parametrize("form", FORMS)
def test_directory(form: str, query: pl.LazyFrame, base: str, options: Options) -> None:
    target = f"s3://bucket/{base}/out/"
    sink(query, form, target, engine=ENGINE, storage_options=options)
    assert keys_of(options, base) == [f"/out/{month}.{EXTENSIONS[form]}" for month in MONTHS]
    found = read_back(form, f"{base}/out/", query.collect_schema(), storage_options=options)
    assert_same(found, in_period_order(query.collect()))


PARTITIONS: dict[str, dict[str, Any]] = {
    "name": {"key": "symbol"},
    "several": {"key": ["symbol", C("row") % 2]},
    "without the key": {"key": "symbol", "include_key": False},
    "odd texts": {"key": C("symbol").replace({"A": "a/b c", "B": "é=%"}).alias("k")},
    "rows": {"max_rows_per_file": 7},
    "key and rows": {"key": "symbol", "max_rows_per_file": 7},
}


@pytest.mark.parametrize("name", PARTITIONS)
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_partition_by(
    form: str, name: str, query: pl.LazyFrame, base: str, options: Options
) -> None:
    for engine, folder in (("auto", "plain"), (ENGINE, "ours")):
        target = pl.PartitionBy(f"s3://bucket/{base}/{folder}", **PARTITIONS[name])
        sink(query, form, target, engine=engine, storage_options=options)
    plain, ours = (keys_of(options, f"{base}/{folder}/") for folder in ("plain", "ours"))
    assert {Path(key).parent for key in ours} == {Path(key).parent for key in plain}
    assert {Path(key).name[:7] for key in ours} <= set(MONTHS)
    reading: dict[str, Any] = {"storage_options": options}
    if form == "parquet":
        reading["hive_partitioning"] = "key" in PARTITIONS[name]
    elif "key" in PARTITIONS[name]:
        reading["has_header"] = True
    frames = []
    for folder in ("plain", "ours"):
        scanned = READERS[form](f"s3://bucket/{base}/{folder}/", **reading)
        frames.append(ordered(scanned.collect()))
    assert_same(frames[1], frames[0])


def test_files_that_a_provider_names(query: pl.LazyFrame, base: str, options: Options) -> None:
    def name(arguments: Any) -> str:
        (month,) = arguments.partition_keys.rows()[0]
        return f"{month:%Y/%m}/{arguments.index_in_partition} of a.pq"

    target = pl.PartitionBy(
        f"s3://bucket/{base}/out",
        key=C("date").dt.truncate("1mo").alias("month"),
        file_path_provider=name,
    )
    query.sink_parquet(target, engine=ENGINE, storage_options=options)
    assert keys_of(options, base) == [f"/out/2024/0{i}/0 of a.pq" for i in (1, 2, 3)]


def test_other_partitions(scan: pl.LazyFrame, base: str, options: Options) -> None:
    """Names of partitions arrive as they are, whatever a URL makes of their characters."""
    query = scan.with_columns(C("symbol").replace({"A": "a/b", "B": "", "C": "ü?"}))
    engine = piot.RayEngine(piot.by_value("symbol", ["a/b", "", "ü?"]), progress=False)
    query.sink_parquet(f"s3://bucket/{base}/out/", engine=engine, storage_options=options)
    names = ["%.parquet", "%C3%BC%3F.parquet", "a%2Fb.parquet"]
    assert keys_of(options, f"{base}/out/") == names
    found = pl.read_parquet(f"s3://bucket/{base}/out/*.parquet", storage_options=options)
    assert_same(ordered(found), ordered(query.collect()))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_is_there_stays_or_is_replaced(
    form: str, query: pl.LazyFrame, base: str, options: Options
) -> None:
    target = f"s3://bucket/{base}/out/"
    sink(query, form, target, engine=ENGINE, storage_options=options)
    assert ask(options, "PUT", f"/bucket/{base}/out/other.txt")[0] == 200
    nothing = query.filter(C("date").dt.month() == 2, C("symbol") == "nobody")
    february = nothing.filter(C("date") >= pl.date(2024, 2, 1), C("date") < pl.date(2024, 3, 1))
    sink(february, form, target, engine=ENGINE, storage_options=options)
    names = [f"{month}.{EXTENSIONS[form]}" for month in MONTHS]
    assert keys_of(options, f"{base}/out/") == [*names, "other.txt"]
    schema = query.collect_schema()
    pattern = f"{base}/out/*.{EXTENSIONS[form]}"
    found = read_back(form, pattern, schema, storage_options=options)
    assert_same(found, in_period_order(query.filter(C("date").dt.month() != 2).collect()))


@pytest.mark.parametrize("form", FORMS)
def test_periods_without_rows(form: str, query: pl.LazyFrame, base: str, options: Options) -> None:
    some = query.filter(C("date").dt.month() == 2)
    sink(some, form, f"s3://bucket/{base}/a/", engine=ENGINE, storage_options=options)
    assert keys_of(options, base) == [f"/a/2024-02.{EXTENSIONS[form]}"]
    nothing = query.filter(C("price") < -1e9)
    sink(nothing, form, f"s3://bucket/{base}/b/", engine=ENGINE, storage_options=options)
    assert len(keys_of(options, f"{base}/b/")) == 1
    found = read_back(form, f"{base}/b/", query.collect_schema(), storage_options=options)
    assert_same(found, nothing.collect())
    target = pl.PartitionBy(f"s3://bucket/{base}/c", key="symbol")
    sink(nothing, form, target, engine=ENGINE, storage_options=options)
    assert keys_of(options, f"{base}/c") == []


def test_options(query: pl.LazyFrame, base: str, options: Options) -> None:
    """Each object has the bytes of the one that Polars writes of its period."""
    target, told = f"s3://bucket/{base}/a/", list[Any]()
    given: dict[str, Any] = {"compression": "gzip", "row_group_size": 10, "metadata": {"k": "v"}}
    given |= {"statistics": False, "maintain_order": True, "optimizations": pl.QueryOptFlags.none()}
    query.sink_parquet(
        target,
        engine=ENGINE,
        storage_options=options | {"max_retries": 2, "timeout": "30s"},
        sinked_paths_callback=told.append,
        sync_on_close="all",
        mkdir=True,
        **given,
    )
    [paths] = [arguments.paths for arguments in told]
    assert [path.path for path in paths] == [f"{target}{month}.parquet" for month in MONTHS]
    assert sum(path.num_rows for path in paths) == query.collect().height
    texts: dict[str, Any] = {"separator": ";", "quote_style": "always", "date_format": "%d.%m.%Y"}
    query.sink_csv(f"s3://bucket/{base}/b/", engine=ENGINE, storage_options=options, **texts)
    store = _stores.Store(_stores.Address("s3://bucket", base), _stores.Access(options, None))
    for number, month in enumerate(MONTHS, 1):
        own, expected = query.filter(C("date").dt.month() == number), (io.BytesIO(), io.BytesIO())
        own.sink_parquet(expected[0], **given)
        own.sink_csv(expected[1], **texts)
        found = store.read(f"{base}/a/{month}.parquet")
        assert paths[number - 1].num_bytes == len(found)
        assert found == expected[0].getvalue(), month
        assert store.read(f"{base}/b/{month}.csv") == expected[1].getvalue(), month


def test_credentials_by_a_function(query: pl.LazyFrame, base: str, options: Options) -> None:
    """It is called in the workers, and here when objects are put in place."""
    public = {key: value for key, value in options.items() if not key.endswith(("key", "key_id"))}

    def provide() -> Any:
        return {"aws_access_key_id": "key", "aws_secret_access_key": SECRET}, None

    target = pl.PartitionBy(f"s3://bucket/{base}/out", key="symbol")
    query.sink_parquet(target, engine=ENGINE, storage_options=public, credential_provider=provide)
    found = pl.read_parquet(f"s3://bucket/{base}/out/", storage_options=options)
    assert_same(ordered(found), ordered(query.collect()))


def test_credentials_are_in_nothing_of_ray(
    query: pl.LazyFrame, base: str, options: Options, submitted: Submissions
) -> None:
    import ray as untyped

    ray: Any = untyped
    target = f"s3://bucket/{base}/out/"
    query.sink_parquet(target, engine=ENGINE, storage_options=options)
    shown = [str(submitted.names), str(submitted.options), str(submitted.arguments)]
    refusing(options, "/refuse/PUT/2/1000")
    few = options | {"max_retries": 0}
    with pytest.raises(piot.WorkerError, match="500") as failed:
        query.sink_parquet(target, engine=ENGINE, storage_options=few)
    refusing(options)
    shown += [str(failed.value), "".join(traceback.format_exception(failed.value))]
    logs = Path(ray._private.worker.global_worker.node.get_logs_dir_path())
    files = [path for path in logs.rglob("*") if path.is_file()]
    assert any("worker" in path.name for path in files)
    shown += [path.read_text(errors="replace") for path in files]
    assert [text for text in shown if SECRET in text] == []
    assert keys_of(options, f"{base}/out") == [f"/{month}.parquet" for month in MONTHS]
    assert is_cleared(options, base)


def test_what_stands_above_the_cut_is_written_by_the_driver(
    query: pl.LazyFrame, base: str, options: Options
) -> None:
    query.sort("price").sink_parquet(
        f"s3://bucket/{base}/out/", engine=ENGINE, storage_options=options
    )
    assert keys_of(options, base) == ["/out/00000000.parquet"]
    found = pl.read_parquet(f"s3://bucket/{base}/out/", storage_options=options)
    assert_same(found, query.sort("price").collect())


def test_nothing_is_seen_before_all_is_there(
    query: pl.LazyFrame, base: str, options: Options, journal: Journal
) -> None:
    """Each task looks at the bucket while others have written."""
    path = journal.path

    def look(frame: pl.DataFrame) -> pl.DataFrame:
        time.sleep(0.3)
        with path.open("a") as file:
            file.write(f"{keys_of(options, base)}\n")
        return frame

    engine = piot.RayEngine(
        date_column="date", time_unit="monthly", max_concurrency=1, max_periods_per_task=1,
        progress=False,
    )  # fmt: skip
    looking = query.map_batches(look, streamable=True).filter(QUARTER)
    target = pl.PartitionBy(f"s3://bucket/{base}/out", key="symbol")
    looking.sink_parquet(target, engine=engine, storage_options=options)
    seen = [key for line in journal.lines() for key in line[1:-1].split(", ")]
    staged = [key for key in seen if key.endswith(".staged'")]
    assert staged, "no task has seen the files of another one"
    assert [key for key in seen if not key.startswith("'/.out.piot/")] == []
    assert all(key.startswith("/out/symbol=") for key in keys_of(options, base))


def test_a_run_that_fails_leaves_nothing(query: pl.LazyFrame, base: str, options: Options) -> None:
    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        if frame["date"].dt.month().max() == 3:
            raise ZeroDivisionError("no price")
        return frame

    broken = query.map_batches(fail, streamable=True).filter(QUARTER)
    for name in ("out/", "one.parquet"):
        with pytest.raises(piot.WorkerError, match="no price"):
            broken.sink_parquet(
                f"s3://bucket/{base}/{name}", engine=ENGINE, storage_options=options
            )
    assert keys_of(options, f"{base}/o") == []
    assert is_cleared(options, base)


def test_an_attempt_that_dies_in_the_middle(
    query: pl.LazyFrame, base: str, options: Options, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"

    def die_once(frame: pl.DataFrame) -> pl.DataFrame:
        if frame["date"].dt.month().max() == 2:
            with journal.open("a") as file:
                file.write("x")
            if journal.stat().st_size == 1:
                time.sleep(0.5)  # other files of the attempt are written meanwhile
                os._exit(1)
        return frame

    target = pl.PartitionBy(f"s3://bucket/{base}/out", key="symbol", max_rows_per_file=3)
    dying = query.map_batches(die_once, streamable=True).filter(QUARTER)
    dying.sink_parquet(target, engine=ENGINE, storage_options=options)
    assert journal.stat().st_size > 1
    found = pl.read_parquet(f"s3://bucket/{base}/out/", storage_options=options)
    assert_same(ordered(found), ordered(query.collect()))
    assert all(key.startswith("/out/symbol=") for key in keys_of(options, base))


def refusing(options: Options, path: str = "/refuse") -> None:
    assert ask(options, "GET", path)[0] == 200


def contents(options: Options, prefix: str) -> dict[str, str]:
    return {
        key: ask(options, "GET", f"/bucket/{prefix}{key}")[1] for key in keys_of(options, prefix)
    }


@pytest.mark.parametrize("there", [False, True])
def test_a_copy_that_fails_takes_the_others_back(
    query: pl.LazyFrame, base: str, options: Options, there: bool
) -> None:
    target = f"s3://bucket/{base}/out/"
    if there:
        query.head(5).sink_csv(f"{target}2024-01.csv", storage_options=options)
    before = contents(options, base)
    refusing(options, "/refuse/COPY/2/1")
    with pytest.raises(piot.PublishError, match=r"nothing was published to .*/out'.*500") as failed:
        query.sink_csv(target, engine=ENGINE, storage_options=options | {"max_retries": 0})
    assert SECRET not in str(failed.value)
    refusing(options)
    assert len(before) == there
    assert contents(options, base) == before


def test_what_cannot_be_taken_back_is_named(
    query: pl.LazyFrame, base: str, options: Options
) -> None:
    target = f"s3://bucket/{base}/out/"
    query.head(5).sink_csv(f"{target}2024-01.csv", storage_options=options)
    [old] = contents(options, base).values()
    refusing(options, "/refuse/COPY,DELETE,POST/2/1000")
    few = options | {"max_retries": 0}
    with pytest.raises(piot.PublishError, match="could not be taken back: ") as failed:
        query.sink_csv(target, engine=ENGINE, storage_options=few)
    refusing(options)
    assert "Run it again" in str(failed.value)
    folder = str(failed.value).partition("replaced are in 's3://bucket/")[2].partition("'")[0]
    assert f"{base}/.out.piot/" in folder
    assert contents(options, folder) == {"/2024-01.csv.staged": old}
    query.sink_csv(target, engine=ENGINE, storage_options=options)
    assert len(keys_of(options, f"{base}/out/")) == 3


def test_objects_that_a_store_does_not_copy_at_once(
    query: pl.LazyFrame, base: str, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read and written, a piece at a time."""
    monkeypatch.setattr(_stores, "_MOST_COPIED", 10)
    ask(options, "GET", "/asked")
    target = f"s3://bucket/{base}/out/"
    query.sink_csv(target, engine=ENGINE, storage_options=options)
    assert "COPY" not in ask(options, "GET", "/asked")[1]
    found = read_back("csv", f"{base}/out/", query.collect_schema(), storage_options=options)
    assert_same(found, in_period_order(query.collect()))
    query.sink_csv(target, engine=ENGINE, storage_options=options)
    monkeypatch.undo()
    query.sink_csv(target, engine=ENGINE, storage_options=options)
    assert ask(options, "GET", "/asked")[1].count("COPY") == 2 * len(MONTHS)


def test_what_a_killed_process_left_is_removed_later(
    query: pl.LazyFrame, base: str, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [f"/{base}/.out.piot/{name}" for name in ("1/begun", "1/000000-a/0.staged", "2/begun")]
    for key in [*left, f"/{base}/.output.piot/1/begun"]:
        assert ask(options, "PUT", f"/bucket{key}")[0] == 200
    target = f"s3://bucket/{base}/out/"
    query.sink_csv(target, engine=ENGINE, storage_options=options)
    kept = [key for key in keys_of(options, base) if ".piot" in key]
    assert len(kept) == 4, "they may be of runs that go on"
    monkeypatch.setattr(_store_publishing, "_LEFT_SECONDS", -1.0)
    with pytest.raises(piot.WorkerError, match="into which the driver lets tasks write"):
        query.sink_csv(target, engine=ENGINE, storage_options=options)  # its own as well
    kept = [key for key in keys_of(options, base) if ".piot" in key]
    assert kept == ["/.output.piot/1/begun"]


@pytest.mark.parametrize("form", FORMS)
def test_one_object(form: str, query: pl.LazyFrame, base: str, options: Options) -> None:
    """Through the driver, in the order of periods."""
    key = f"{base}/one.{EXTENSIONS[form]}"
    told = list[Any]()
    given: dict[str, Any] = {"engine": ENGINE, "storage_options": options}
    if form in ("parquet", "ipc"):
        given["sinked_paths_callback"] = told.append
    sink(query, form, f"s3://bucket/{key}", **given)
    schema = query.collect_schema()
    store = _stores.Store(_stores.Address("s3://bucket", key), _stores.Access(options, None))
    extents = [(p.path, p.num_rows, p.num_bytes) for each in told for p in each.paths]
    expected = (f"s3://bucket/{key}", query.collect().height, store.size(key))
    assert extents == [expected] * (form in ("parquet", "ipc"))
    plain = in_period_order(query.collect())
    assert_same(read_back(form, key, schema, storage_options=options), plain)

    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        raise ZeroDivisionError("no price")

    broken = query.map_batches(fail, streamable=True).filter(QUARTER)
    with pytest.raises(piot.WorkerError, match="no price"):
        sink(broken, form, f"s3://bucket/{key}", engine=ENGINE, storage_options=options)
    assert_same(read_back(form, key, schema, storage_options=options), plain)
    sink(query.head(3), form, f"s3://bucket/{key}", engine=ENGINE, storage_options=options)
    assert read_back(form, key, schema, storage_options=options).height == 3
    assert len(keys_of(options, base)) == 1

"""Tables on S3, by a local server that puts objects on conditions."""

from __future__ import annotations

import datetime as dt
import pickle
import traceback
import uuid
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools.tables._place import place_of
from tests.stores import SECRET, Options, ask
from tests.tables.racing import Compact, by_delta, by_us, race, replaced_meanwhile


@pytest.fixture
def place() -> str:
    """A place where no table is yet."""
    return f"s3://bucket/some/{uuid.uuid4()}"


@pytest.fixture
def t(place: str, options: Options) -> piot.Table:
    schema = {"k": pl.Int64, "v": pl.String, "ts": pl.Datetime("ns", "Europe/Berlin")}
    return piot.create_table(place, schema, key="k", storage_options=options)


def keys(t: piot.Table, **given: Any) -> list[int]:
    return t.scan("k", **given).to_polars()["k"].sort().to_list()


def test_the_server_puts_on_conditions(options: Options) -> None:
    path = f"/bucket/{uuid.uuid4()}"
    assert ask(options, "PUT", path, If_None_Match="*")[0] == 200
    assert ask(options, "PUT", path, If_None_Match="*")[0] in (403, 409, 412)


def test_a_bucket_is_a_place_of_tables(t: piot.Table, options: Options) -> None:
    with t.txn() as txn:
        txn.write({"k": [*range(10)], "v": ["old"] * 10})
    asof = t.snapshot().asof
    worker = piot.table(t.uri, storage_options=options).txn()
    worker.write({"k": [20, 21]})
    ops = piot.TransactionOps.from_json(worker.take().to_json())
    with t.txn("upsert") as txn:
        txn.include(ops)
        txn.write({"k": [3], "v": ["new"]})
        txn.delete_keys({"k": [7]})
        txn.replace_range(8, 10, {"k": [9]})
    assert keys(t) == [0, 1, 2, 3, 4, 5, 6, 9, 20, 21]
    assert keys(t, asof=asof) == [*range(10)]
    assert t.scan(where=t["v"] == "new").to_polars()["k"].to_list() == [3]
    parts = [t.scan(shard=piot.Shard.from_json(s.to_json())) for s in t.scan().shards()]
    assert len(parts) > 1
    assert sorted(k for p in parts for k in p.to_polars()["k"]) == keys(t)
    assert pickle.loads(pickle.dumps(t.scan("k"))).to_polars()["k"].sort().to_list() == keys(t)
    assert t.history()["version"].to_list() == [2, 1, 0]
    log = deltalake.DeltaTable(t.uri, storage_options=options)
    assert pl.scan_delta(log).select("k").collect()["k"].sort().to_list() == keys(t)


def objects(t: piot.Table, options: Options) -> set[str]:
    prefix = t.uri.removeprefix("s3://bucket/")
    listed = ask(options, "GET", f"/bucket?list-type=2&prefix={prefix}/part-")[1]
    return {part.split("</Key>")[0] for part in listed.split("<Key>")[1:]}


def test_what_is_not_committed_is_removed(t: piot.Table, options: Options) -> None:
    with t.txn() as txn:
        txn.write({"k": [1]})
    before = objects(t, options)
    assert len(before) == 1
    aborted, loses = t.txn(), t.txn()
    aborted.write({"k": [2]})
    assert len(objects(t, options)) == 2
    aborted.abort()
    loses.replace_range(0, 5, {"k": [3]})
    with t.txn() as txn:
        txn.delete_keys({"k": [1]})
    with pytest.raises(piot.CommitConflictError):
        loses.commit()
    assert objects(t, options) == before
    one, two = t.txn(), t.txn()
    for txn in (one, two):
        txn.write({"k": [5]})
    one.commit()
    with pytest.raises(piot.InvalidRowsError, match="k=5 would"):
        two.commit()
    assert keys(t) == [5]


def test_operations_are_compared_with_objects(t: piot.Table, options: Options) -> None:
    txn = t.txn()
    txn.write({"k": [1]})
    text = txn.take().to_json()
    [name] = objects(t, options)
    for body, message in ((None, "is not there"), ("PUT", "bytes, where")):
        ask(options, "DELETE" if body is None else body, f"/bucket/{name}")
        with pytest.raises(piot.InvalidOperationsError, match=message):
            t.txn().include(piot.TransactionOps.from_json(text))


def test_writers_that_race_on_a_bucket(place: str, options: Options) -> None:
    race(place, 4, 6, options)


@pytest.mark.long
def test_many_writers_that_race_on_a_bucket(place: str, options: Options) -> None:
    race(place, 8, 20, options)


def test_compactions_that_race_on_a_bucket(place: str, options: Options) -> None:
    replaced_meanwhile(place, 5, by_us, options)


@pytest.mark.long
@pytest.mark.parametrize("compact", [by_delta, by_us])
def test_many_compactions_that_race_on_a_bucket(
    place: str, options: Options, compact: Compact
) -> None:
    replaced_meanwhile(place, 40, compact, options)


@pytest.mark.parametrize("how", ["500", "cut", "500/cut/500"])
def test_answers_that_get_lost(t: piot.Table, options: Options, how: str) -> None:
    for version in range(1, 4):
        assert ask(options, "GET", f"/lose/{how}")[0] == 200
        with t.txn("upsert") as txn:
            txn.write({"k": [0, version], "v": [str(version)] * 2})
        assert txn.version == version
    assert ask(options, "GET", "/lose/answered")[0] == 200
    assert t.history()["version"].to_list() == [3, 2, 1, 0]
    found = t.scan("k", "v").to_polars().sort("k").rows()
    assert found == [(0, "3"), (1, "1"), (2, "2"), (3, "3")]
    assert t.verify().ok


def test_a_table_that_is_made_and_told_as_failed(place: str, options: Options) -> None:
    assert ask(options, "GET", "/lose/500")[0] == 200
    t = piot.create_table(place, {"k": pl.Int64}, key="k", storage_options=options)
    assert t.history()["version"].to_list() == [0]
    with pytest.raises(piot.TableError, match="there is a table already"):
        piot.create_table(place, {"k": pl.Int64}, key="k", storage_options=options)


def test_only_objects_of_dead_transactions_are_removed(t: piot.Table, options: Options) -> None:
    with t.txn() as txn:
        txn.write({"k": [1, 2]})
    with t.txn() as txn:
        txn.delete_keys({"k": [1]})
    worker = t.txn()
    worker.write({"k": [7]})
    with t.txn() as txn:
        txn.include(worker.take())
    before = objects(t, options)
    dead = t.txn()
    dead.write({"k": [9]})
    foreign = f"/{t.uri.removeprefix('s3://')}/part-00000-of-another.parquet"
    assert ask(options, "PUT", foreign)[0] == 200
    assert t.clean(dt.timedelta(hours=1)) == []
    assert t.clean(dt.timedelta(0)) == [f"part-{dead.id}-0.parquet"]
    assert objects(t, options) == before | {foreign.removeprefix("/bucket/")}
    assert keys(t) == [2, 7]
    assert keys(t, asof=f"{t.table_id}@1") == [1, 2]


def test_what_is_wrong_with_objects_is_found(t: piot.Table, options: Options) -> None:
    for k in range(3):
        with t.txn() as txn:
            txn.write({"k": [k]})
    assert t.verify().ok
    first, second, _ = sorted(objects(t, options))
    assert ask(options, "DELETE", f"/bucket/{first}")[0] == 204
    assert ask(options, "PUT", f"/bucket/{second}")[0] == 200
    found = t.verify().findings.sort("file")
    assert found["file"].to_list() == [Path(first).name, Path(second).name]
    assert found["check"].to_list() == ["missing", "missing"]
    assert "is not there" in found["message"][0]
    assert "bytes, where the log says" in found["message"][1]


def test_a_bucket_is_compacted(t: piot.Table, options: Options) -> None:
    for i in range(4):
        with t.txn() as txn:
            txn.write({"k": [*range(i, 40, 4)], "v": [str(i)] * 10})
    asof = t.snapshot().asof
    assert t.compact(target_rows=20) == 5
    assert [s.rows for s in t.scan().shards()] == [20, 20]
    assert keys(t) == keys(t, asof=asof) == [*range(40)]
    assert t.verify().ok
    assert len(objects(t, options)) == 6
    assert t.clean(dt.timedelta(0)) == []


def test_what_a_sink_leaves_is_removed(t: piot.Table, options: Options) -> None:
    from ray.data.datasource import WriteResult

    def blocks(*found: int | None) -> Any:
        return iter([pl.DataFrame({"k": found}, {"k": pl.Int64}).to_arrow()])

    with t.txn() as txn:
        sink = txn.to_ray_datasink()
        sink.write(blocks(1, 2), None)
        told = [sink.write(blocks(1, 2), None), sink.write(blocks(3), None)]
        assert len(objects(t, options)) == 3
        sink.on_write_complete(WriteResult(0, 0, told))
    assert keys(t) == [1, 2, 3]
    assert len(objects(t, options)) == 2
    failing = t.txn().to_ray_datasink()
    failing.write(blocks(4), None)
    with pytest.raises(piot.InvalidRowsError) as caught:
        failing.write(blocks(None, 5), None)
    failing.on_write_failed(caught.value)
    assert len(objects(t, options)) == 2


@pytest.mark.ray
def test_credentials_are_in_nothing_of_ray(place: str, options: Options) -> None:
    import ray as untyped
    from ray.data.expressions import col

    ray: Any = untyped
    schema = {"k": pl.Int64, "v": pl.String}
    t, copy = (
        piot.create_table(f"{place}/{n}", schema, key="k", storage_options=options) for n in "ab"
    )
    for i in range(3):
        with t.txn() as txn:
            txn.write({"k": [i, i + 10], "v": ["x"] * 2})
    ds = t.scan().to_ray_dataset().filter(expr=col("k") < 12)
    with copy.txn() as txn:
        ds.write_datasink(txn.to_ray_datasink())
    assert keys(copy) == [0, 1, 2, 10, 11]
    assert len(objects(copy, options)) == 1
    broken = ds.map(lambda row: {**row, "k": None})
    with pytest.raises(Exception, match="may not be null") as caught, copy.txn() as txn:
        broken.write_datasink(txn.to_ray_datasink())
    assert len(objects(copy, options)) == 1
    done = ds.materialize()
    shown = [repr(ds), str(ds.schema()), done.stats(), repr(done), repr(ds._logical_plan.dag)]
    shown += [repr(txn.id), str(caught.value), "".join(traceback.format_exception(caught.value))]
    logs = Path(ray._private.worker.global_worker.node.get_logs_dir_path())
    files = [path for path in logs.rglob("*") if path.is_file()]
    assert any("worker" in path.name for path in files)
    shown += [path.read_text(errors="replace") for path in files]
    shown += [str(state) for state in ray._private.state.state.job_table()]
    assert not [text for text in shown if SECRET in text]


def test_what_gets_to_a_bucket_is_made_once(place: str, options: Options) -> None:
    made = place_of(place, options)
    assert made._handler() is made._handler()
    arrived = pickle.loads(pickle.dumps(made))
    assert arrived._handler() is not made._handler()
    assert arrived.options == options


def test_credentials_are_in_no_text(t: piot.Table, options: Options) -> None:
    txn = t.txn()
    txn.write({"k": [1]})
    ops = txn.take()
    snapshot, scan = t.snapshot(), t.scan()
    shown = [repr(t), t.uri, repr(txn), repr(snapshot), repr(scan), repr(scan.lazy().explain())]
    shown += [repr(ops), ops.to_json(), *(op.to_json() for op in ops), repr([*ops])]
    shown += [str(snapshot.asof), snapshot.asof.to_json(), *(s.to_json() for s in scan.shards())]
    shown += [str(vars(snapshot)), str(vars(t)), str(vars(txn))]
    with pytest.raises(piot.TableNotFoundError) as caught:
        piot.table("s3://bucket/none", storage_options=options)
    shown += [str(caught.value), repr(caught.value)]
    wrong = {**options, "aws_endpoint_url": "http://127.0.0.1:9", "aws_max_retries": "0"}
    with pytest.raises(piot.TableError) as failed:
        piot.table(t.uri, storage_options={**wrong, "max_retries": "0", "retry_timeout": "1s"})
    shown += [str(failed.value), repr(failed.value.__cause__)]
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize(
    ("uri", "options", "error", "message"),
    [
        ("gs://bucket/t", {}, piot.TableNotFoundError, "on local disks and on S3"),
        ("s3://key:secret@bucket/t", {}, ValueError, "give them as storage_options"),
        ("s3://bucket", {}, piot.TableNotFoundError, "give s3://bucket/prefix"),
        ("s3://bucket/a/../b", {}, piot.TableNotFoundError, "give s3://bucket/prefix"),
        ("s3:///t", {}, piot.TableNotFoundError, "give s3://bucket/prefix"),
        ("/tmp/t", {"aws_region": "x"}, ValueError, "are for s3:// URIs"),
        ("s3://b/t", {"aws_allow_http": True}, TypeError, "'aws_allow_http' is bool"),
        ("s3://b/t", {"AWS_CONDITIONAL_PUT": "disabled"}, ValueError, "leave it out"),
        ("s3://b/t", {"aws_s3_allow_unsafe_rename": "true"}, ValueError, "leave it out"),
        ("s3://b/t", {"copy_if_not_exists": "multipart"}, ValueError, "leave it out"),
    ],
)
def test_what_is_not_for_tables_is_refused(
    uri: str, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        piot.table(uri, storage_options=options)
    assert "secret" not in str(caught.value)

"""Errors of tables, caused by arguments or by rows, for the tables of messages."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import polars as pl

import polars_io_tools as piot
from polars_io_tools.tables._place import Place
from tests.lake import delete_rows
from tests.messages import Case, Patch

__all__ = ["ROW_CASES", "Cause", "made", "on"]

Cause = Callable[[Patch, Path], object]

SCHEMA: dict[str, Any] = {"k": pl.Int64, "v": pl.String, "n": pl.Int8}


def made(folder: Path, name: str = "t", schema: Any = None) -> piot.Table:
    """Return a table with the rows 0 to 9 in one file."""
    t = piot.create_table(folder / name, schema or SCHEMA, key="k")
    with t.txn() as txn:
        txn.write({"k": range(10)})
    return t


def on(act: Callable[[piot.Table], object]) -> Cause:
    """Return what does something to such a table."""
    return lambda _, folder: act(made(folder))


def create(schema: Any = SCHEMA, key: Any = "k", **options: Any) -> Cause:
    return lambda _, folder: piot.create_table(folder / "t", schema, key, **options)


def at(uri: Any, **options: Any) -> Cause:
    return lambda *_: piot.table(uri, **options)


def write(rows: Any) -> Cause:
    return on(lambda t: t.txn().write(rows))


def twice(_: Patch, folder: Path, **options: Any) -> object:
    made(folder)
    return piot.create_table(folder / "t", {"k": pl.Int64}, "k", **options)


def without(module: str, act: Callable[[piot.Table], object]) -> Cause:
    def cause(patch: Patch, folder: Path) -> object:
        t = made(folder)
        patch.setitem(sys.modules, module, None)
        # A module that was imported before is an attribute of its package as well.
        package, _, name = module.rpartition(".")
        if package:
            patch.delattr(sys.modules[package], name, raising=False)
        return act(t)

    return cause


def failing(method: str, act: Callable[[Path], object]) -> Cause:
    """Return what does something while a method of delta-rs fails."""

    def fail(*_: object, **__: object) -> object:
        raise OSError("No space left on device")

    def cause(patch: Patch, folder: Path) -> object:
        patch.setattr(deltalake.DeltaTable, method, fail)
        return act(folder)

    return cause


def busy(patch: Patch, folder: Path) -> object:
    def conflict(*_: object, **__: object) -> object:
        raise deltalake.exceptions.CommitFailedError

    patch.setattr(deltalake.table.TableAlterer, "add_feature", conflict)
    return piot.create_table(folder / "t", {"k": pl.Datetime("us")}, "k")


def log_of(t: piot.Table, version: int) -> Path:
    return Path(t.uri) / "_delta_log" / f"{version:020}.json"


def broken_log(t: piot.Table) -> object:
    log_of(t, 1).write_text("{")
    return t.scan()


def old_version(t: piot.Table) -> object:
    asof = t.snapshot().asof
    with t.txn() as txn:
        txn.write({"k": [10]})
    deltalake.DeltaTable(t.uri).create_checkpoint()
    log_of(t, 1).unlink()
    return t.scan(asof=asof)


def newer_type(_: Patch, folder: Path) -> object:
    t = piot.create_table(folder / "t", {"k": pl.UInt8}, "k")
    log_of(t, 0).write_text(log_of(t, 0).read_text().replace("UInt8", "Colour"))
    return piot.table(t.uri)


def mapped(_: Patch, folder: Path) -> object:
    t = piot.create_table(folder / "t", SCHEMA, "k")
    properties = '"delta.columnMapping.mode":"name","piot.unique"'
    log_of(t, 0).write_text(log_of(t, 0).read_text().replace('"piot.unique"', properties))
    return piot.table(t.uri)


def no_key(_: Patch, folder: Path) -> object:
    pl.DataFrame({"k": [1]}).write_delta(folder / "t")
    return piot.table(folder / "t")


def constrained(sql: str) -> Cause:
    def act(t: piot.Table) -> None:
        properties = {"delta.constraints.small": sql}
        log = deltalake.DeltaTable(t.uri)
        log.alter.set_table_properties(properties, raise_if_not_exists=False)
        t.txn().write({"k": [11]})

    return on(act)


def featured(t: piot.Table) -> object:
    deltalake.DeltaTable(t.uri).alter.add_feature(
        deltalake.TableFeatures.RowTracking, allow_protocol_versions_increase=True
    )
    return t.txn()


def vectors(t: piot.Table) -> object:
    delete_rows(Path(t.uri), 1, [2])
    return t.txn()


def vacuumed(t: piot.Table) -> object:
    scan = t.scan()
    for file in Path(t.uri).glob("*.parquet"):
        file.unlink()
    return scan.to_polars()


def again(t: piot.Table) -> object:
    Path(t.uri).rename(f"{t.uri}-old")
    piot.create_table(t.uri, SCHEMA, "k")
    return t.scan()


def ended(t: piot.Table) -> None:
    txn = t.txn()
    txn.abort()
    txn.write({"k": [1]})


FUTURE = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
STRANGE: Any = object()

ROW_CASES = {
    # Places.
    "place": Case(at(1), TypeError, "the place of a table must be a str or a Path, not int"),
    "no place": Case(
        at(""), piot.TableNotFoundError, "the place of a table is empty", "give the path"
    ),
    "other storage": Case(at("gs://b/t"), piot.TableNotFoundError, "gs://", "give a path, or s3"),
    "options of a path": Case(
        at("t", storage_options={"a": "b"}), ValueError, "storage_options are for s3://", "leave"
    ),
    "password": Case(at("s3://a:b@c/t"), ValueError, "s3:// URIs have no credentials", "give them"),
    "no bucket": Case(
        at("s3://b"), piot.TableNotFoundError, "s3://b: no place", "give s3://bucket"
    ),
    "option": Case(
        at("s3://b/t", storage_options={"a": True}), TypeError, "storage_options are", "'true'"
    ),
    "unsafe": Case(
        at("s3://b/t", storage_options={"aws_conditional_put": "disabled"}),
        ValueError,
        "storage_options: 'aws_conditional_put' is not for tables",
        "leave it out",
    ),
    "S3 without pyarrow": Case(
        without("deltalake.fs", lambda _: Place("s3://b/t").exists("x")),
        piot.MissingDependencyError,
        "tables on S3 need pyarrow as well: pip install pyarrow",
    ),
    "no table": Case(at("nothing"), piot.TableNotFoundError, "", "make one by piot.create_table"),
    "no key": Case(no_key, piot.TableNotFoundError, "", "read it by pl.scan_delta"),
    "column mapping": Case(
        mapped,
        piot.TableError,
        "",
        "has column mapping, which Polars does not read",
    ),
    "newer": Case(newer_type, piot.TableSchemaError, "a column has the type", "a newer version?"),
    "no deltalake": Case(
        without("deltalake", lambda t: piot.table(t.uri)),
        piot.MissingDependencyError,
        "tables need deltalake: pip install",
    ),
    # Making.
    "there already": Case(twice, piot.TableError, "", "open it by piot.table, or exist_ok=True"),
    "another one": Case(
        lambda p, f: twice(p, f, exist_ok=True), piot.TableError, "", "its columns are"
    ),
    "no room": Case(
        failing("create", lambda f: piot.create_table(f / "t", SCHEMA, "k")),
        piot.TableError,
        "",
        "no table could be made: No space left",
    ),
    "no storage": Case(
        failing("is_deltatable", lambda f: piot.create_table(f / "t", SCHEMA, "k")),
        piot.TableError,
        "",
        "the place cannot be read: No space left",
    ),
    "busy": Case(busy, piot.TableError, "", "others write to it all the time; try again"),
    "schema": Case(create([]), TypeError, "schema must be a pl.Schema, a dict or a pyarrow"),
    "no columns": Case(create({}), piot.TableSchemaError, "the schema has no columns"),
    "no type": Case(create({"k": STRANGE}), piot.TableSchemaError, "the schema has a type that is"),
    "no name": Case(
        create({"k": pl.Int64, "": pl.Int64}), piot.TableSchemaError, "a column has no"
    ),
    "case": Case(
        create({"k": pl.Int64, "K": pl.Int64}), piot.TableSchemaError, "columns 'k' and 'K' differ"
    ),
    "type": Case(
        create({"k": pl.UInt64}),
        piot.TableSchemaError,
        "column 'k' has the type UInt64, which cannot be stored",
        "use Int64, or Decimal(20, 0)",
    ),
    "inner type": Case(
        create({"k": pl.Int64, "l": pl.List(pl.UInt8)}),
        piot.TableSchemaError,
        "column 'l' has UInt8 inside of List(UInt8)",
        "cast it to Int16",
    ),
    "no key given": Case(create(key=None), piot.TableSchemaError, "give a key: either key="),
    "key of nothing": Case(create(key=[]), piot.TableSchemaError, "the key has no columns", "name"),
    "key mistyped": Case(
        create(key="K"), piot.TableSchemaError, "key column 'K' is not in the sche"
    ),
    "key twice": Case(create(key=["k", "k"]), piot.TableSchemaError, "the key ['k', 'k'] names"),
    "other key type": Case(
        create(key=None, key_schema={"k": pl.Int8}),
        piot.TableSchemaError,
        "key column 'k' is Int8 in key_schema and Int64 in schema",
    ),
    "key of floats": Case(
        create({"k": pl.Float64}), piot.TableSchemaError, "key column 'k' is Float64", "use an int"
    ),
    "key of lists": Case(
        create({"k": pl.List(pl.Int8)}), piot.TableSchemaError, "key column 'k'", "name columns of"
    ),
    # Rows.
    "rows": Case(write(1), TypeError, "rows must be a DataFrame, a LazyFrame, an Arrow table, a"),
    "misfit": Case(write({"k": ["x"]}), piot.InvalidRowsError, "the rows do not fit the columns"),
    "unknown": Case(write({"x": [1]}), piot.InvalidRowsError, "the rows have a column 'x', which"),
    "lacking": Case(
        write({"n": [1]}), piot.InvalidRowsError, "the rows lack the column 'k', which may not be"
    ),
    "null": Case(
        write({"k": [1, None]}), piot.InvalidRowsError, "column 'k' may not be null", "fill or drop"
    ),
    "other type": Case(
        write(pl.DataFrame({"k": ["1"]})),
        piot.InvalidRowsError,
        "column 'k' is String in the rows and Int64 in the table: cast it",
    ),
    "too great": Case(
        write(pl.DataFrame({"k": [1], "n": [300]})),
        piot.InvalidRowsError,
        "column 'n' cannot become Int8",
    ),
    "rounded": Case(
        write(pl.DataFrame({"k": [1.5]})),
        piot.InvalidRowsError,
        "column 'k': 1.5 (Float64) cannot be stored exactly as Int64; round or cast it",
    ),
    "twice": Case(
        write({"k": [11, 11]}), piot.InvalidRowsError, "the key k=11 would be there more than once"
    ),
    "constraint": Case(
        constrained("k < 10"), piot.InvalidRowsError, "1 of 1 rows break the constraint 'small'"
    ),
    "strange constraint": Case(
        constrained("strange(k)"), piot.TableError, "the constraint 'small' (strange(k)) cannot be"
    ),
    "table as str": Case(
        lambda *_: piot.PiotFrameNamespace(pl.DataFrame()).write_table("t"),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "write_table: the table must be a piot.Table, not str; see piot.table",
    ),
    "keys": Case(
        on(lambda t: t.txn().delete_keys({"n": [1]})),
        piot.InvalidRowsError,
        "delete_keys: the key column 'k' is not there",
    ),
    "outside": Case(
        on(lambda t: t.txn().replace_range(0, 5, {"k": [7]})),
        piot.InvalidRowsError,
        "1 rows are outside of the range [0, 5)",
        "replace a range that has them",
    ),
    "no range": Case(
        on(lambda t: t.txn().replace_range(5, 5)),
        piot.InvalidRowsError,
        "the range [5, 5) has no k",
    ),
    "long bound": Case(
        on(lambda t: t.txn().replace_range((1, 2), None)),
        piot.TableSchemaError,
        "(1, 2) has 2 values",
        "a bound has at least one, or is None",
    ),
    "null bound": Case(
        on(lambda t: t.txn().replace_range((None,), None)),
        piot.InvalidRowsError,
        "None is no value of key column 'k', which is Int64",
        "a key has no nulls",
    ),
    "other bound": Case(
        on(lambda t: t.txn().replace_range(1.5, None)),
        piot.InvalidRowsError,
        "1.5 is no value of key column 'k', which is Int64",
        "it is another value in the type of the column",
    ),
    # Transactions.
    "mode": Case(
        on(lambda t: t.txn("insert")),  # type: ignore[arg-type]  # on purpose
        ValueError,
        "mode must be 'append' or 'upsert', not 'insert'",
    ),
    "half an application": Case(
        on(lambda t: t.txn(app_id="a")), ValueError, "give both app_id and app_version, or neither"
    ),
    "ended": Case(
        on(ended), piot.TransactionClosedError, "write: the transaction is aborted", "Table.txn()"
    ),
    "features": Case(
        on(featured), piot.TableError, "the table cannot be written by this package", "rowTracking"
    ),
    "vectors": Case(on(vectors), piot.TableError, "", "purge them by the tool that deleted"),
    # Reading.
    "column": Case(on(lambda t: t.scan("x")), piot.TableSchemaError, "the table has no column 'x'"),
    "item": Case(
        on(lambda t: t["x"]), piot.TableSchemaError, "the table has no column 'x'; it has"
    ),
    "limit": Case(on(lambda t: t.scan(limit=-1)), ValueError, "limit must be at least 0, not -1"),
    "both": Case(
        on(lambda t: t.scan().to_polars(shard=t.scan().shards()[0], shards=[])),
        TypeError,
        "give shard= or shards=, not both",
    ),
    "no shard": Case(
        on(lambda t: t.scan(shards=["x"])),  # type: ignore[list-item]  # on purpose
        TypeError,
        "a shard must be a piot.Shard, not str; see piot.Shard.from_json",
    ),
    "other shard": Case(
        on(lambda t: t.scan(shard=piot.Shard((("x", "int64"),), None, None))),
        piot.ShardNotFoundError,
        "the shard has the key (x: int64), the table (k: int64)",
        "a shard of another table",
    ),
    "shard of text": Case(
        lambda *_: piot.Shard.from_json("{}"),
        piot.ShardNotFoundError,
        "no shard",
        "shard.to_json()",
    ),
    "no pandas": Case(
        without("pandas", lambda t: t.scan().to_pandas()),
        piot.MissingDependencyError,
        "this needs pandas, which is not installed: pip install pandas",
    ),
    "no Ray Data": Case(
        without("polars_io_tools.tables._ray", lambda t: t.scan().to_ray_dataset()),
        piot.MissingDependencyError,
        "to_ray_dataset needs Ray Data",
        "polars-io-tools-go[ray-data]",
    ),
    "where of many rows": Case(
        on(lambda t: t.scan(where=pl.col("k") == pl.col("k").max())),
        piot.TableError,
        "where, ",
        "is not of single rows",
    ),
    "where of another type": Case(
        on(lambda t: t.scan(where=pl.col("k").str.contains("a"))),
        piot.TableSchemaError,
        "where, ",
        "does not fit the table: ",
    ),
    "how many": Case(
        on(lambda t: t.scan().compute_shards()),
        ValueError,
        "compute_shards: give n=, how many shar",
    ),
    "none": Case(
        on(lambda t: t.scan().compute_shards(n=0)),
        ValueError,
        "compute_shards: n must be a number above 0, not 0",
    ),
    # States.
    "asof": Case(on(lambda t: t.scan(asof=1)), TypeError, "asof must be an Asof, its str or JSON"),  # type: ignore[arg-type]  # on purpose
    "asof of text": Case(
        lambda *_: piot.Asof.parse("x"), piot.SnapshotNotFoundError, "'x' is no state", "str(asof)"
    ),
    "order": Case(
        lambda *_: piot.Asof("a", 1) < piot.Asof("b", 1), TypeError, "states of different tables"
    ),
    "future": Case(
        on(lambda t: t.snapshot(FUTURE)), piot.SnapshotNotFoundError, "9000-01-01T00:00:00+00:00 is"
    ),
    "not yet": Case(
        on(lambda t: t.scan(asof=f"{t.table_id}@9")),
        piot.SnapshotNotFoundError,
        "",
        "version 9 yet",
    ),
    "not any more": Case(on(old_version), piot.SnapshotNotFoundError, "", "or not any more"),
    "made again": Case(on(again), piot.SnapshotNotFoundError, "", "open it anew by piot.table"),
    "vacuumed": Case(on(vacuumed), piot.SnapshotNotFoundError, "", "read a newer state"),
    "broken log": Case(on(broken_log), piot.TableError, "", "the log cannot be read"),
    # Upkeep.
    "time": Case(
        on(lambda t: t.clean(7)),  # type: ignore[arg-type]  # on purpose
        TypeError,
        "clean: older_than must be a timedelta, not int",
    ),
    "time back": Case(
        on(lambda t: t.clean(dt.timedelta(-1))),
        ValueError,
        "clean: older_than must not be negative",
    ),
}

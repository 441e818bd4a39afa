"""What sinks of `RayEngine` refuse, and in which words: a part of the table of messages."""

from __future__ import annotations

import datetime as dt
import io
import os
import pickle
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot
from polars_io_tools._aside import LocalFolder, StoreFolder
from polars_io_tools._delivery import Place
from polars_io_tools._hidden import Hidden
from polars_io_tools._publishing import Staging
from polars_io_tools._store_publishing import StoreStaging
from polars_io_tools._stores import Access, Address, Store
from polars_io_tools._writing import Writing
from polars_io_tools.ray._sinks import Sink
from tests.integration.split_messages import LF
from tests.messages import Case, Patch

__all__ = ["SINK_CASES"]

ENGINE = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)
JANUARY = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))


LOCK = threading.Lock()

# Where no server is.
NOWHERE = {
    "aws_endpoint_url": "http://127.0.0.1:9",
    "aws_allow_http": "true",
    "aws_access_key_id": "key",
    "aws_secret_access_key": "a secret",
    "max_retries": 0,
}
STORE = Address("s3://bucket", "out")


def sink(target: Callable[[Path], Any], **options: Any) -> Callable[[Patch, Path], object]:
    def run(_: Patch, folder: Path) -> object:
        return LF.filter(JANUARY).sink_parquet(target(folder), engine=ENGINE, **options)

    return run


def provided(name: Any) -> Callable[[Patch, Path], object]:
    """Write with a provider of names, and raise what the worker raised."""

    def run(_: Patch, folder: Path) -> object:
        target = pl.PartitionBy(folder / "out", key="number", file_path_provider=lambda _: name)
        both = pl.concat([LF, LF.with_columns(number=pl.lit(2, pl.Int64))]).filter(JANUARY)
        try:
            both.sink_parquet(target, engine=ENGINE)
        except piot.WorkerError as error:
            cause: Any = error.__cause__
            raise piot.PublishError(str(cause.cause)) from error
        return None

    return run


def file_at(folder: Path, name: str) -> Path:
    (folder / name).touch()
    return folder / name


def unshared(_: Patch, folder: Path) -> object:
    """Write in a process that does not see the folder of the driver."""
    return Writing("parquet", LocalFolder(str(folder / "gone")), None, {})(LF, Place(0, "2024-01"))


def in_the_way(_: Patch, folder: Path) -> object:
    (folder / "out" / "2024-01.parquet").mkdir(parents=True)
    return sink(lambda f: f / "out")(_, folder)


def taken_meanwhile(_: Patch, folder: Path) -> object:
    with Staging(str(folder / "one.csv")) as staging, staging.one_file():
        pass  # nothing is written
    return None


def mounted(*_: object) -> object:
    return Staging(next(p for p in ("/dev/shm", "/proc") if os.path.ismount(p)))


def encrypted(_: Patch, folder: Path) -> object:
    """Give an option that Polars 2.0 does not have."""
    Sink("parquet", folder, {"mkdir": False, "encryption": object()}).write(LF, LF, None)
    return None


def encrypted_and_counted(*_: object) -> object:
    options = {"mkdir": False, "encryption": object(), "sinked_paths_callback": print}
    Sink("parquet", "s3://bucket/one.parquet", options).write(LF, LF, None)
    return None


def without_obstore(patch: Patch, folder: Path) -> object:
    patch.setitem(sys.modules, "obstore.store", None)
    return sink(lambda _: "s3://bucket/out/")(patch, folder)


def failing(*_: object) -> None:
    raise OSError("s3://bucket: no")


def answered(size: Any, patch: Patch, _: Path) -> None:
    """Check a staging folder of a store that answers so."""
    patch.setattr(Store, "size", size)
    folder = StoreFolder(Address("s3://bucket", ".out.piot/1"), Access(None, "auto"))
    folder.check()


def published(patch: Patch, _: Path, *, fails: Sequence[str], one: bool = False) -> None:
    """Put an object in place in a store that fails at some things."""
    right: dict[str, Any] = {"write": 0.0, "size": None, "copy": None, "remove": None}
    for name, value in right.items():
        patch.setattr(Store, name, failing if name in fails else lambda *_, value=value: value)
    patch.setattr(Store, "writer", failing)
    patch.setattr(Store, "listed", lambda store, folder: iter(()))
    staging = StoreStaging(STORE, Access(None, "auto"))
    key = f"{staging.aside.address.key}/0.staged"
    patch.setattr(Store, "listed", lambda store, folder: iter([(key, 1, 0.0)]))
    if one:
        with staging.one_file():
            pass
    elif "size" in fails:
        staging.exists("a.csv")
    staging.publish({"a.csv": "0.staged"})


def without_a_folder(patch: Patch, folder: Path) -> object:
    """As a later Polars might, write keys without folders."""
    from polars_io_tools._polars import sinks

    def flat(lf: pl.LazyFrame, target: Any, **_: Any) -> None:
        return None

    patch.setattr(pl.LazyFrame, "sink_csv", flat)
    return sinks.folders_of([pl.DataFrame({"k": [1]})])


SINK_CASES: dict[str, Case] = {
    "directory of no known store": Case(
        sink(lambda _: "hf://buckets/out/", mkdir=True),
        ValueError,
        "sink_parquet: a directory of hf:// cannot be written by workers",
        "Write to a local one, to s3://, gs:// or az://, or to one file",
    ),
    "URL with a password": Case(
        sink(lambda _: "s3://me:secret@bucket/out/"),
        ValueError,
        "s3:// URLs have no credentials: give them as storage_options",
    ),
    "URL of nothing": Case(
        sink(lambda _: "s3://bucket/a//out/"),
        ValueError,
        "'s3://bucket/a//out/' is no place of objects",
        "write s3://bucket/some/path/",
    ),
    "whole bucket": Case(
        sink(lambda _: "s3://bucket/"),
        piot.PublishError,
        "'s3://bucket' is a whole bucket",
        "such as 's3://bucket/data/'",
    ),
    "store that does not answer": Case(
        sink(lambda _: "s3://bucket/out/", storage_options=NOWHERE),
        piot.PublishError,
        "a run that writes to 's3://bucket/out' first writes to a prefix beside it, which failed",
        "What helps: storage_options with credentials",
    ),
    "unknown option of a store": Case(
        sink(lambda _: "s3://bucket/out/", storage_options={**NOWHERE, "ragion": "x"}),
        ValueError,
        "storage_options of s3://bucket: Configuration key: 'ragion' is not valid",
        "Leave it out, as Polars ignores it",
    ),
    "provider that cannot travel": Case(
        sink(lambda _: "s3://bucket/out/", credential_provider=lambda: ({"x": str(LOCK)}, None)),
        ValueError,
        "sink_parquet: credential_provider=… cannot be sent to the workers that write: TypeError",
        "Leave it out, or write one file",
    ),
    "obstore not installed": Case(
        without_obstore,
        piot.MissingDependencyError,
        "sinks into directories of object stores need obstore, also on the workers",
        'pip install "polars-io-tools-go[stores]"',
    ),
    "run that has ended": Case(
        partial(answered, lambda *_: None),
        piot.PiotError,
        "'s3://bucket/.out.piot/1', into which the driver lets tasks write, is not there any more",
    ),
    "store that a task does not reach": Case(
        partial(answered, failing),
        piot.PiotError,
        "'s3://bucket/.out.piot/1' cannot be reached: s3://bucket: no",
    ),
    "store that forgets while files are put in place": Case(
        partial(published, fails=("copy",)), piot.PublishError, "nothing was published to "
    ),
    "store that takes nothing back": Case(
        partial(published, fails=("copy", "remove")),
        piot.PublishError,
        "not all was published to 's3://bucket/out', and 1 files could not be taken back: a.csv",
        "Run it again, which replaces them, or remove them",
    ),
    "object that cannot be put in place": Case(
        partial(published, fails=("copy",), one=True),
        piot.PublishError,
        "'s3://bucket/out' cannot be written: ",
    ),
    "object of which it is not known whether it is there": Case(
        partial(published, fails=("size",)), piot.PublishError, "nothing was published to "
    ),
    "value of another process": Case(
        lambda *_: pickle.loads(pickle.dumps(Hidden("x"))).reveal(),
        piot.InternalError,
        "nothing is attached under 'hidden-",
    ),
    "file for a directory": Case(
        sink(lambda f: f"{file_at(f, 'out')}/"), ValueError, "sink_parquet: ", "is a file, but a"
    ),
    "no directory": Case(
        sink(lambda f: f"{f}/out/"),
        ValueError,
        "sink_parquet: there is no directory",
        "Write mkdir=True",
    ),
    "key without a text": Case(
        sink(lambda f: pl.PartitionBy(f / "out", key=pl.struct("number").alias("z"))),
        ValueError,
        "sink_parquet: the key 'z' of PartitionBy is of type Struct",
        "pl.col('z').hash()",
    ),
    "option that cannot travel": Case(
        sink(lambda f: f, metadata=lambda _: {"lock": str(LOCK)}),
        ValueError,
        "sink_parquet: metadata=<function",
        "Leave it out, or write one file",
    ),
    "encryption and a count": Case(
        encrypted_and_counted,
        ValueError,
        "sink_parquet: with encryption= the rows of an object cannot be told to sinked_paths_cal",
        "Leave one of them out, or write to a local file",
    ),
    "encryption": Case(
        encrypted,
        ValueError,
        "sink_parquet: encryption= is not possible when workers write",
        "Write one file, or leave encryption out",
    ),
    "names that are alike": Case(
        provided("one.parquet"),
        piot.PublishError,
        "the file_path_provider has named two files 'one.parquet'",
        "Return names that differ",
    ),
    "name outside of the target": Case(
        provided("../one.parquet"),
        piot.PublishError,
        "the file_path_provider returned '../one.parquet', which is not the path of a file",
    ),
    "no name": Case(
        provided(io.BytesIO()),
        piot.PublishError,
        "the file_path_provider returned a BytesIO, which is on this worker only",
        "Return the path of a file, relative to base_path",
    ),
    "folder not shared": Case(
        unshared,
        piot.PiotError,
        "the folder ",
        "on a file system that the driver and all nodes share",
    ),
    "parent that cannot be written": Case(
        sink(lambda f: f"{file_at(f, 'file')}/out/", mkdir=True),
        piot.PublishError,
        "a run that writes to ",
        "Write to a folder in one that you may write to",
    ),
    "mounted": Case(mounted, piot.PublishError, "", "Write to a folder in it"),
    "directory in the way of a file": Case(
        in_the_way, piot.PublishError, "nothing was published to "
    ),
    "file that cannot be put in place": Case(
        taken_meanwhile, piot.PublishError, "", "cannot be written: "
    ),
    "no folder of a key": Case(
        without_a_folder, piot.InternalError, "Polars wrote no folder for {'k': 1}"
    ),
}

"""What sinks of `RayEngine` refuse, and in which words: a part of the table of messages."""

from __future__ import annotations

import datetime as dt
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

import polars_io_tools as piot
from polars_io_tools._delivery import Place
from polars_io_tools._publishing import Staging
from polars_io_tools._writing import Writing
from polars_io_tools.ray._sinks import Sink
from tests.integration.split_messages import LF
from tests.messages import Case, Patch

__all__ = ["SINK_CASES"]

ENGINE = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)
JANUARY = pl.col("date").is_between(dt.date(2024, 1, 1), dt.date(2024, 1, 31))


LOCK = threading.Lock()


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
    return Writing("parquet", str(folder / "gone"), None, {})(LF, Place(0, "2024-01"))


def in_the_way(_: Patch, folder: Path) -> object:
    (folder / "out" / "2024-01.parquet").mkdir(parents=True)
    return sink(lambda f: f / "out")(_, folder)


def taken_meanwhile(_: Patch, folder: Path) -> object:
    with Staging(str(folder / "one.csv")) as staging:
        staging.publish_file("not written")
    return None


def mounted(*_: object) -> object:
    return Staging(next(p for p in ("/dev/shm", "/proc") if os.path.ismount(p)))


def encrypted(_: Patch, folder: Path) -> object:
    """Give an option that Polars 2.0 does not have."""
    Sink("parquet", folder, {"mkdir": False, "encryption": object()}).write(LF, LF, None)
    return None


def without_a_folder(patch: Patch, folder: Path) -> object:
    """As a later Polars might, write keys without folders."""
    from polars_io_tools._polars import sinks

    def flat(lf: pl.LazyFrame, target: Any, **_: Any) -> None:
        return None

    patch.setattr(pl.LazyFrame, "sink_csv", flat)
    return sinks.folders_of([pl.DataFrame({"k": [1]})])


SINK_CASES: dict[str, Case] = {
    "directory of an object store": Case(
        sink(lambda _: "s3://bucket/out/", mkdir=True),
        ValueError,
        "sink_parquet: the directory 's3://bucket/out/' is in an object store",
        "Write to a directory that all nodes share, or to one file",
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

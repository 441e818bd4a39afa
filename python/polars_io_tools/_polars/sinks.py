"""What the sinks of Polars are told, taken apart so that it travels.

A sink gets a target and its options. Those of Polars' own hold objects that no pickle takes: the
keys of a `PartitionBy` and the flags of the optimiser. Here they become builtins and expressions,
and again what Polars takes.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from polars._utils.various import normalize_filepath
from polars.io.partition import FileProviderArgs, SinkedPath, SinkedPathsCallbackArgs
from polars.lazyframe.engine import _AutoEngine

from polars_io_tools.errors import InternalError

__all__ = [
    "FileProviderArgs",
    "Partitioning",
    "Provider",
    "check_options",
    "folders_of",
    "normalised",
    "partitioning_of",
    "received_options",
    "report_paths",
    "shipped_options",
    "sink",
]

# As in `engines`: what the user has configured may be an engine of ours.
_LOCAL = _AutoEngine()

Provider = Callable[[FileProviderArgs], Any]


@dataclass(frozen=True)
class Partitioning:
    """A `PartitionBy` without its folder.

    Attributes:
        key: the keys, serialised; None without keys.
        include_key: see `polars.PartitionBy`, as for the others.
        max_rows_per_file: None for no limit.
        approximate_bytes_per_file: a number in any case.
        provider: what names files, None for Polars.
    """

    key: tuple[bytes, ...] | None
    include_key: bool | None
    max_rows_per_file: int | None
    approximate_bytes_per_file: int
    provider: Provider | None

    def keys(self) -> list[pl.Expr]:
        """Return the keys, none without any."""
        return [pl.Expr.deserialize(io.BytesIO(key)) for key in self.key or ()]

    def into(self, folder: str, provider: Provider) -> pl.PartitionBy:
        """Return the `PartitionBy` that writes into a folder what a provider names."""
        return pl.PartitionBy(
            folder,
            file_path_provider=provider,
            key=None if self.key is None else self.keys(),
            include_key=self.include_key,
            max_rows_per_file=self.max_rows_per_file,
            approximate_bytes_per_file=self.approximate_bytes_per_file,
        )


def partitioning_of(target: pl.PartitionBy) -> tuple[str, Partitioning] | None:
    """Return the folder that a `PartitionBy` writes into, and how it partitions.

    None stands for one of Polars' own making, as that of `sink_iceberg`, which names files itself.
    """
    inner = target._pl_partition_by  # noqa: SLF001  (Polars offers no way to look into it)
    keys = inner.key
    provider = inner.file_path_provider
    if provider is not None and not callable(provider):
        return None
    parts = Partitioning(
        None if keys is None else tuple(_serialised(key) for key in keys),
        inner.include_key,
        inner.max_rows_per_file,
        inner.approximate_bytes_per_file,
        provider,
    )
    return inner.base_path, parts


def _serialised(key: Any) -> bytes:
    return pl.Expr._from_pyexpr(key).meta.serialize()  # noqa: SLF001  (what a PartitionBy holds)


def normalised(path: str | Path) -> str:
    """Return a path as Polars' sinks read it."""
    return normalize_filepath(path, check_not_directory=False)


def sink(form: str, lf: pl.LazyFrame, target: Any, options: dict[str, Any]) -> None:
    """Let Polars sink a query, as `LazyFrame.sink_parquet` and its like hand it to an engine."""
    getattr(_LOCAL, f"sink_{form}")(lf, target, **options)


def check_options(form: str, schema: pl.Schema, target: str, options: dict[str, Any]) -> None:
    """Let Polars raise what it has against options, before anything runs."""
    asked = {key: value for key, value in options.items() if key != "optimizations"}
    lf = getattr(pl.LazyFrame(schema=schema), f"sink_{form}")(target, lazy=True, **asked)
    lf.explain(optimized=False)  # some are looked at only then


def shipped_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options in which nothing of Polars' own is left that no pickle takes."""
    flags = options["optimizations"]
    values = {name: getattr(flags, name) for name in dir(flags) if not name.startswith("_")}
    switches = {name: value for name, value in values.items() if isinstance(value, bool)}
    return {**options, "optimizations": switches}


def received_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of which `shipped_options` made these."""
    flags = pl.QueryOptFlags()
    for name, value in options["optimizations"].items():
        setattr(flags, name, value)
    return {**options, "optimizations": flags}


def folders_of(keys: Sequence[pl.DataFrame]) -> list[str]:
    """Return the folder that Polars writes each row of keys into, such as `month=1/day=2`.

    Polars says so only by writing: each row becomes a small file, whose folder is looked up. Rows
    with nulls are written apart from others, since a null and a text may have the same folder.
    """
    rows = pl.concat(keys)
    names = rows.columns
    number = "row" + "_" * max(map(len, names))
    nulls = pl.struct(pl.col(name).is_null() for name in names)
    folders = [""] * rows.height
    numbered = rows.with_row_index(number).with_columns(nulls.alias(f"{number}_"))
    for some in numbered.partition_by(f"{number}_", include_key=False):
        with tempfile.TemporaryDirectory(prefix="piot-") as base:
            target = pl.PartitionBy(base, key=names, include_key=False)
            some.lazy().sink_csv(target, include_header=False, engine=_LOCAL)
            for path in Path(base).rglob("*.csv"):
                for row in path.read_text().split():
                    folders[int(row)] = str(path.parent.relative_to(base))
    if "" in folders:
        raise InternalError(f"Polars wrote no folder for {rows.row(folders.index(''), named=True)}")
    return folders


def report_paths(callback: Any, paths: Sequence[tuple[str, int, int]]) -> None:
    """Call the `sinked_paths_callback` of a sink with paths, their rows and bytes."""
    sinked = [SinkedPath(path=p, num_rows=rows, num_bytes=size) for p, rows, size in paths]
    callback(SinkedPathsCallbackArgs(paths=sinked))

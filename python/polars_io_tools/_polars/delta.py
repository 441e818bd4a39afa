"""What a Delta scan of Polars reads: one version of the table, its files and their statistics.

Polars reads a Delta table through a Python object, of which only the path travels: whoever
unpickles it opens the newest version, or the one that was asked for by number. All of it is
private to Polars, so that everything that looks otherwise than in the versions known here is an
error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import polars as pl

from polars_io_tools._polars.unreadable import TableObstacle

__all__ = ["DeltaFiles", "delta_dataset", "delta_files", "is_delta", "pin_delta"]

_MODULE = "polars.io.delta._dataset"

# Options of `pl.scan_parquet` that hold for each file by itself.
_OPTIONS = {
    *("hive_schema", "hive_partitioning", "cast_options", "missing_columns", "extra_columns"),
    *("storage_options", "credential_provider"),
}
_PRIVATE = {"source", "_table_statistics", "_deletion_files", "_source_sizes"}
_VECTORS = "delta-deletion-vector"


def is_delta(dataset: Any) -> bool:
    """Tell whether an object inside of a plan is the Delta scan of Polars."""
    return (type(dataset).__module__, type(dataset).__name__) == (_MODULE, "DeltaDataset")


def pin_delta(dataset: Any) -> str:
    """Make a scan read one version, the one that this process reads, and return its name.

    A relative path is that of the folder that this process is in.
    """
    version = dataset.table().version()
    uri = dataset.table_uri_
    if uri is not None and "://" not in uri:
        dataset.table_uri_ = str(Path(uri).expanduser().resolve())
    dataset.version = version
    return f"version {version}"


def delta_dataset(log: Any, version: int) -> Any:
    """Return the object through which Polars reads a version of a table that is open."""
    from polars.io.cloud._utils import NoPickleOption
    from polars.io.delta._dataset import DeltaDataset

    return DeltaDataset(
        table_=NoPickleOption(log),
        table_uri_=None,
        version=version,
        storage_options=None,
        credential_provider_builder=None,
        delta_table_options=None,
        use_pyarrow=False,
        pyarrow_options=None,
    )


@dataclass(frozen=True)
class DeltaFiles:
    """The files of a version, with what a scan over some of them needs.

    Attributes:
        paths: the files.
        sizes: their sizes, None if not known.
        options: arguments for `pl.scan_parquet`.
        vectors: which rows are left, of files with deletion vectors; None without such files.
    """

    paths: list[str]
    sizes: list[int] | None
    options: dict[str, Any]
    vectors: pl.DataFrame | None

    def scan(self, positions: Sequence[int]) -> pl.LazyFrame:
        """Return the scan over the files at these positions, as Polars would make it."""
        private: dict[str, Any] = {}
        if self.sizes is not None:
            private["_source_sizes"] = [self.sizes[i] for i in positions]
        if self.vectors is not None:
            private["_deletion_files"] = (_VECTORS, partial(_rows_left, self.vectors))
        return pl.scan_parquet([self.paths[i] for i in positions], **self.options, **private)


def delta_files(dataset: Any, columns: list[str]) -> tuple[DeltaFiles, pl.DataFrame | None]:
    """Return the files of the version that this process reads, and statistics of columns.

    Raises:
        TableObstacle: Polars reads this table in a way that is not known here.
    """
    if dataset.use_pyarrow:
        raise TableObstacle("it is read through pyarrow")
    given = _scan_arguments(dataset, columns)
    if given.keys() - _OPTIONS - _PRIVATE or "source" not in given:
        msg = f"how Polars {pl.__version__} reads a Delta table is not known"
        raise TableObstacle(msg)
    vectors = None
    if given.get("_deletion_files") is not None:
        if given["_deletion_files"][0] != _VECTORS:
            raise TableObstacle("its deletion files are of a kind that is not known")
        vectors = pl.DataFrame(dataset.table().deletion_vectors())
    options = {k: v for k, v in given.items() if k in _OPTIONS}
    vectors = None if vectors is None or vectors.is_empty() else vectors
    files = DeltaFiles(given["source"], given.get("_source_sizes"), options, vectors)
    return files, given.get("_table_statistics")


def _scan_arguments(dataset: Any, columns: list[str]) -> dict[str, Any]:
    """Return the arguments with which Polars would call `scan_parquet` for a table."""
    given: dict[str, Any] = {}

    def scan_parquet(source: list[str], **options: Any) -> pl.LazyFrame:
        given.update(options, source=source)
        return pl.LazyFrame()

    method = type(dataset).to_dataset_scan
    # The same code, with another function under that one name.
    names = {**method.__globals__, "scan_parquet": scan_parquet}
    read = FunctionType(method.__code__, names, closure=method.__closure__)
    read.__kwdefaults__ = method.__kwdefaults__
    read(dataset, filter_columns=columns)
    return given


def _rows_left(vectors: pl.DataFrame, requested: pl.DataFrame) -> pl.DataFrame:
    """Return which rows of the requested files are left, as Polars reads it from the table."""
    from polars.io.delta._dataset import _extract_delta_deletion_vectors

    return _extract_delta_deletion_vectors(requested, vectors)

"""What an Iceberg scan of Polars reads: one snapshot of the table, its files and their statistics.

Polars reads an Iceberg table through a Python object, of which the address of the metadata travels:
that names a snapshot, but whoever unpickles it reads all manifests. All of it is private to Polars,
so that everything that looks otherwise than in the versions known here is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import polars as pl

from polars_io_tools._polars.unreadable import TableObstacle

__all__ = ["IcebergFiles", "iceberg_files", "is_iceberg", "pin_iceberg"]

_MODULE = "polars.io.iceberg._dataset"

# What Polars knows of a scan once it is planned: not needed by workers, and of all files.
_DROPPED = {
    "projected_iceberg_schema": None,
    "min_max_statistics": None,
    "statistics_loader": None,
    "row_count": None,
}
_KEPT = {
    *("sources", "source_sizes", "column_mapping", "name_mapping", "default_values"),
    *("position_delete_files", "deletion_vectors", "storage_options", "snapshot_id_key"),
}
# Added in Polars 2.1.
_OPTIONAL = {"name_mapping"}

# Values of identity partitions, defaults of the schema, and since 2.1 which files have the former.
_DEFAULTS = (2, 3)


def is_iceberg(dataset: Any) -> bool:
    """Tell whether an object inside of a plan is the Iceberg scan of Polars."""
    return (type(dataset).__module__, type(dataset).__name__) == (_MODULE, "IcebergScanResolver")


def pin_iceberg(dataset: Any) -> str:
    """Make a scan read one snapshot, the one that this process reads, and return its name."""
    current = dataset.table.get().current_snapshot()  # once read, its metadata is what travels
    asked = dataset.to_snapshot_id_inclusive or dataset.snapshot_id
    return f"snapshot {asked or (current and current.snapshot_id)}"


@dataclass(frozen=True)
class IcebergFiles:
    """The files of a snapshot, with what a scan over some of them needs.

    Attributes:
        data: what Polars knows of the scan of all files.
    """

    data: Any

    @property
    def paths(self) -> list[str]:
        """The files."""
        paths: list[str] = self.data.sources
        return paths

    def scan(self, positions: Sequence[int]) -> pl.LazyFrame:
        """Return the scan over the files at these positions, as Polars would make it."""
        data = self.data
        chosen = list(positions)
        files, schema, *masks = data.default_values
        lf: pl.LazyFrame = replace(
            data,
            sources=[data.sources[i] for i in chosen],
            source_sizes=[data.source_sizes[i] for i in chosen],
            default_values=(_at(files, chosen), schema, *(_at(mask, chosen) for mask in masks)),
            position_delete_files=_renumbered(data.position_delete_files, chosen),
            deletion_vectors=_renumbered(data.deletion_vectors, chosen),
        ).to_lazyframe()
        return lf


def _at(values: dict[int, Any], positions: list[int]) -> dict[int, Any]:
    return {k: v[positions] if isinstance(v, pl.Series) else v for k, v in values.items()}


def _renumbered(values: dict[int, Any], positions: list[int]) -> dict[int, Any]:
    return {new: values[old] for new, old in enumerate(positions) if old in values}


def iceberg_files(dataset: Any, columns: list[str]) -> tuple[IcebergFiles, pl.DataFrame | None]:
    """Return the files of the snapshot that this process reads, and statistics of columns.

    Raises:
        TableObstacle: Polars reads this table in a way that is not known here.
    """
    data = dataset._to_dataset_scan_impl(filter_columns=columns)  # noqa: SLF001  (no public way)
    if type(data).__name__ == "_PyIcebergScanData":
        raise TableObstacle("it is read through PyIceberg")
    if type(data).__name__ == "_PluginIcebergScanData":
        raise TableObstacle("it is planned by polars_iceberg")
    names = {f.name for f in fields(data)} | _OPTIONAL
    if names != _KEPT | _DROPPED.keys() or not _fits(data):
        msg = f"how Polars {pl.__version__} reads this Iceberg table is not known"
        raise TableObstacle(msg)
    return IcebergFiles(replace(data, **_DROPPED)), data.min_max_statistics


def _fits(data: Any) -> bool:
    """Tell whether all that is said of files is said of each of them.

    Values of partitions may stop short where the partitioning was changed.
    """
    count = len(data.sources)
    if len(data.source_sizes) != count or len(data.default_values) not in _DEFAULTS:
        return False
    files, _, *masks = data.default_values
    each = [v for values in (files, *masks) for v in values.values() if isinstance(v, pl.Series)]
    return all(len(values) == count for values in each)

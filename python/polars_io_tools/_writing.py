"""The work of a task that writes its part of a data set: files in a folder that no reader sees.

A run that sinks to a directory *stages*: each attempt of each part writes into a folder of its own,
inside of the run's staging folder, and answers what it wrote and where that belongs. The driver
puts the files of the attempts that count in place (`_publishing`, `_store_publishing`), and drops
the rest.

Invariant: nothing is written outside of the staging folder, and names of staged files match no
pattern that a reader might have (`*.parquet`, `*.csv`).

In the worker, `Writing("csv", LocalFolder(path), None, options)(rows, Place(0, "2024-01"))` writes
`000000-5f0c…/0.staged`, and returns a `Written` that says so.
"""

from __future__ import annotations

import io
import itertools
import os
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from polars_io_tools._aside import Folder
from polars_io_tools._delivery import Place
from polars_io_tools._polars.sinks import (
    FileProviderArgs,
    Partitioning,
    folders_of,
    received_options,
    sink,
)
from polars_io_tools.errors import PiotError

__all__ = ["EXTENSIONS", "Writing", "Written"]

# As Polars names the files of a `PartitionBy`.
EXTENSIONS = {"parquet": "parquet", "ipc": "ipc", "csv": "csv", "ndjson": "jsonl"}

# What Polars counts rows for.
_COUNTING = ("parquet", "ipc")


@dataclass(frozen=True)
class Written:
    """A file that a part has written.

    Attributes:
        staged: where it is, below the staging folder.
        folder: the folder it belongs into, below the target: "" without keys.
        name: the name it has to have, below the target; None for one made from the part.
        number: its number among the files of the part in its folder.
        rows: how many there are, None if only that there are some is known.
        bytes: its size.
    """

    staged: str
    folder: str
    name: str | None
    number: int
    rows: int | None
    bytes: int


@dataclass(frozen=True)
class Writing:
    """A delivery that writes the rows of a part, and answers a list of `Written`.

    Attributes:
        form: "parquet", "ipc", "csv" or "ndjson".
        staging: the staging folder, which the driver has begun.
        partitioning: how the rows of a part are divided, None for one file.
        options: those of the sink, as `shipped_options` returns them.
    """

    form: str
    staging: Folder
    partitioning: Partitioning | None
    options: dict[str, Any]

    def __call__(self, rows: pl.LazyFrame, place: Place) -> list[Written]:
        """Write the rows of a part.

        Raises:
            PiotError: the staging folder is not there, or names of files are not usable.
        """
        attempt = f"{place.position:06}-{uuid.uuid4().hex[:12]}"
        with self.staging.telling():
            self.staging.check()
            self.staging.begin(attempt)
            try:
                return self._written(rows, attempt)
            finally:
                self.staging.end(attempt)

    def _written(self, rows: pl.LazyFrame, attempt: str) -> list[Written]:
        options = received_options(self.options)
        counts: dict[str, int] = {}
        if self.form in _COUNTING:
            options["sinked_paths_callback"] = lambda told: counts.update(
                {Path(path.path).name: path.num_rows for path in told.paths}
            )
        if self.partitioning is None:
            return self._whole(rows, attempt, options, counts)
        return self._divided(rows, attempt, self.partitioning, options, counts)

    @staticmethod
    def extent(answer: Sequence[Written]) -> tuple[int | None, int]:
        """Return how many rows and bytes were written; the rows are None if they are not known."""
        rows = [file.rows for file in answer]
        known = [count for count in rows if count is not None]
        whole = sum(known) if len(known) == len(rows) else None
        return whole, sum(file.bytes for file in answer)

    def _sink(self, rows: pl.LazyFrame, target: Any, options: dict[str, Any]) -> None:
        sink(self.form, rows, target, {**options, **self.staging.options()})

    def _whole(
        self, rows: pl.LazyFrame, attempt: str, options: dict[str, Any], counts: dict[str, int]
    ) -> list[Written]:
        staged = f"{attempt}/0.staged"
        self._sink(rows, self.staging.path(staged), unchecked(options))
        size = self.staging.sizes(attempt)["0.staged"]
        height = counts.get("0.staged")
        if height is None and self._is_empty(staged, size, rows, options):
            height = 0
        return [Written(staged, "", None, 0, height, size)]

    def _is_empty(
        self, staged: str, size: int, rows: pl.LazyFrame, options: dict[str, Any]
    ) -> bool:
        """Tell whether a file is what no rows at all would give."""
        nothing = io.BytesIO()
        sink(self.form, pl.LazyFrame(schema=rows.collect_schema()), nothing, unchecked(options))
        same = size == nothing.getbuffer().nbytes
        return same and self.staging.read(staged) == nothing.getvalue()

    def _divided(
        self,
        rows: pl.LazyFrame,
        attempt: str,
        partitioning: Partitioning,
        options: dict[str, Any],
        counts: dict[str, int],
    ) -> list[Written]:
        provided = partitioning.provider
        numbers = itertools.count()
        asked: dict[int, tuple[FileProviderArgs, str | None]] = {}

        def provide(arguments: FileProviderArgs) -> str:
            # Polars would make the folder anew after a run that has ended.
            self.staging.check()
            name = None if provided is None else _checked_name(provided(arguments))
            number = next(numbers)  # threads of Polars call this at the same time
            asked[number] = (arguments, name)
            return f"{number}.staged"

        self._sink(rows, partitioning.into(self.staging.path(attempt), provide), options)
        sizes = self.staging.sizes(attempt) if asked else {}
        alone = partitioning.key is None and len(asked) == 1 and not counts
        first = "0.staged"
        if alone and self._is_empty(f"{attempt}/{first}", sizes[first], rows, options):
            counts[first] = 0
        files = [(*asked[i], sizes[f"{i}.staged"]) for i in range(len(asked))]
        return self._placed(attempt, files, counts)

    def _placed(
        self,
        attempt: str,
        files: list[tuple[FileProviderArgs, str | None, int]],
        counts: dict[str, int],
    ) -> list[Written]:
        """Return the files of an attempt, by folder and, in it, as Polars began them."""
        keys = [arguments.partition_keys for arguments, _, _ in files]
        keyed = any(row.width for row in keys) and all(name is None for _, name, _ in files)
        folders = folders_of(keys) if keyed else [""] * len(files)
        order = sorted(
            range(len(files)), key=lambda i: (folders[i], files[i][0].index_in_partition, i)
        )
        taken: Counter[str] = Counter()
        written = []
        for i in order:
            (_, name, size), folder = files[i], folders[i]
            rows = counts.get(f"{i}.staged")
            staged = f"{attempt}/{i}.staged"
            written.append(Written(staged, folder, name, taken[folder], rows, size))
            taken[folder] += 1
        return written


def unchecked(options: dict[str, Any]) -> dict[str, Any]:
    """Return options that do not mind the name of a staged file."""
    return {**options, "check_extension": False} if "check_extension" in options else options


def _checked_name(name: Any) -> str:
    """Return a name that a file_path_provider gave.

    Raises:
        PiotError: it is not that of a file below the target.
    """
    if not isinstance(name, str | os.PathLike):
        msg = (
            f"the file_path_provider returned a {type(name).__name__}, which is on this worker "
            "only. Return the path of a file, relative to base_path"
        )
        raise PiotError(msg)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        msg = (
            f"the file_path_provider returned {str(path)!r}, which is not the path of a file "
            "relative to base_path"
        )
        raise PiotError(msg)
    return str(path)

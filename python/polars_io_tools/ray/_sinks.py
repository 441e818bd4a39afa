"""Where a sink of `RayEngine` writes, and who does it.

A `pl.PartitionBy`, a path that ends in a slash, and a path at which there is a directory are
directories: the tasks write, each period files of its own, and the driver puts them in place when
all are there. Anything else is one file, which the driver writes as the rows arrive.

Invariant: a reader of the target sees what was there before or what the whole run has written.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import polars as pl

from polars_io_tools._delivery import Place, dumps
from polars_io_tools._naming import WHOLE, named_files
from polars_io_tools._period import filter_of
from polars_io_tools._polars import sinks as polars_sinks
from polars_io_tools._publishing import Staging
from polars_io_tools._task import inside_task
from polars_io_tools._writing import EXTENSIONS, Writing, Written, unchecked
from polars_io_tools.ray._distributed import Distributed
from polars_io_tools.ray._runs import ALL, deliveries

__all__ = ["Sink"]

Parts = Iterator[tuple[Place, Sequence[Written]]]


@dataclass(frozen=True)
class Sink:
    """What a user wants to be written, and where.

    Attributes:
        form: "parquet", "ipc", "csv" or "ndjson".
        target: what the user gave as the path.
        options: those of the sink, as Polars hands them to an engine.
    """

    form: str
    target: Any
    options: dict[str, Any]

    def write(self, lf: pl.LazyFrame, rows: pl.LazyFrame, run: Distributed | None) -> None:
        """Write a query.

        Args:
            lf: the query.
            rows: the query as this process can run it.
            run: its parts, None if only this process can write it.

        Raises:
            ValueError: the target or an option cannot be used.
            PiotError: a task failed, or files cannot be put in place.
        """
        folder = self._folder()
        if folder is not None:
            self._write_folder(lf.collect_schema(), folder, rows, run)
        elif (path := _local_file(self.target)) is not None:
            self._write_file(rows, path)
        else:
            polars_sinks.sink(self.form, rows, self.target, self.options)

    def _folder(self) -> _Folder | None:
        if isinstance(self.target, pl.PartitionBy):
            told = polars_sinks.partitioning_of(self.target)
            return None if told is None else _Folder(*told)
        if not isinstance(self.target, str | Path):
            return None
        path = polars_sinks.normalised(self.target)
        given = str(self.target)
        ends = given.endswith(("/", os.sep))
        return _Folder(path, None) if ends or Path(_local(path) or "").is_dir() else None

    def _write_file(self, rows: pl.LazyFrame, path: str) -> None:
        """Write one file, which is there when it is finished and not before."""
        polars_sinks.check_options(self.form, rows.collect_schema(), path, self.options)
        if not self.options["mkdir"] and not Path(path).absolute().parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        options = unchecked(self.options)
        callback = options.get("sinked_paths_callback")
        sunk: list[Any] = []
        if callback is not None:
            options["sinked_paths_callback"] = lambda told: sunk.extend(told.paths)
        with Staging(path) as staging:
            polars_sinks.sink(self.form, rows, f"{staging.folder}/0.staged", options)
            staging.publish_file("0.staged")
        if callback is not None:
            given = polars_sinks.normalised(self.target)
            polars_sinks.report_paths(callback, [(given, p.num_rows, p.num_bytes) for p in sunk])

    def _write_folder(
        self, schema: pl.Schema, folder: _Folder, rows: pl.LazyFrame, run: Distributed | None
    ) -> None:
        path = self._checked(schema, folder)
        options = self._shipped()
        with Staging(path) as staging:
            writing = Writing(self.form, staging.folder, folder.partitioning, options)
            parts = dict(_parts(run, writing, rows))
            if not any(parts.values()) and not folder.keyed:
                nothing = pl.LazyFrame(schema=schema)
                parts = {WHOLE: writing(nothing, WHOLE)}
            files = named_files(self.form, parts, folder.partitioning, path)
            durable = self.options.get("sync_on_close") == "all"
            staging.publish({name: file.staged for name, file in files.items()}, durable=durable)
        callback = self.options.get("sinked_paths_callback")
        if callback is not None:
            given = folder.path
            paths = [(f"{Path(given, n)}", f.rows or 0, f.bytes) for n, f in sorted(files.items())]
            polars_sinks.report_paths(callback, paths)

    def _checked(self, schema: pl.Schema, folder: _Folder) -> str:
        """Return the path of a directory that can be written.

        Raises:
            ValueError: it cannot, or an option or a key cannot be used with it.
        """
        path = _local(folder.path)
        if path is None:
            msg = (
                f"sink_{self.form}: the directory {folder.path!r} is in an object store, where "
                "nothing can be moved, so that a run that fails would leave files. Write to a "
                f"directory that all nodes share, or to one file of the store: sink_{self.form}"
                f"('….{EXTENSIONS[self.form]}')"
            )
            raise ValueError(msg)
        if Path(path).exists() and not Path(path).is_dir():
            msg = f"sink_{self.form}: {path!r} is a file, but a directory is asked for"
            raise ValueError(msg)
        missing = not Path(path).exists() and not self.options["mkdir"]
        if missing and folder.partitioning is None:
            msg = f"sink_{self.form}: there is no directory {path!r}. Write mkdir=True to make it"
            raise ValueError(msg)
        if self.options.get("encryption") is not None:
            msg = (
                f"sink_{self.form}: encryption= is not possible when workers write, since its keys "
                "do not leave this process. Write one file, or leave encryption out"
            )
            raise ValueError(msg)
        _check_keys(self.form, schema, folder)
        polars_sinks.check_options(self.form, schema, f"{path}/0", unchecked(self.options))
        return path

    def _shipped(self) -> dict[str, Any]:
        """Return the options as they travel.

        Raises:
            ValueError: one of them cannot.
        """
        # Those of object stores may hold secrets, and the files are not in one.
        local = {"storage_options": None, "credential_provider": None}
        here = {"sinked_paths_callback": None} if "sinked_paths_callback" in self.options else {}
        options = polars_sinks.shipped_options({**self.options, **local, **here})
        for name, value in options.items():
            try:
                dumps(value)
            except Exception as error:
                msg = (
                    f"sink_{self.form}: {name}={value!r} cannot be sent to the workers that write: "
                    f"{error}. Leave it out, or write one file"
                )
                raise ValueError(msg) from error
        return options


@dataclass(frozen=True)
class _Folder:
    path: str
    partitioning: polars_sinks.Partitioning | None

    @property
    def keyed(self) -> bool:
        return self.partitioning is not None and self.partitioning.key is not None


def _local(path: str) -> str | None:
    """Return the absolute path of a path or file URI, None of what is in an object store."""
    if "://" not in path and not path.startswith("file:"):
        return str(Path(path).absolute())
    parsed = urlparse(path)
    return unquote(parsed.path) if parsed.scheme == "file" else None


def _local_file(target: Any) -> str | None:
    """Return the absolute path of a file that can be replaced by a finished one, or None."""
    if not isinstance(target, str | Path):
        return None
    path = _local(polars_sinks.normalised(target))
    return path if path and (Path(path).is_file() or not Path(path).exists()) else None


def _check_keys(form: str, schema: pl.Schema, folder: _Folder) -> None:
    keys = folder.partitioning.keys() if folder.partitioning is not None else []
    types = pl.LazyFrame(schema=schema).select(keys).collect_schema() if keys else pl.Schema()
    for name, dtype in types.items():
        if dtype.is_nested() or dtype in (pl.Duration, pl.Object):
            msg = (
                f"sink_{form}: the key {name!r} of PartitionBy is of type {dtype}, which has no "
                f"text for the name of a folder. Write a key of another type, such as "
                f"pl.col({name!r}).hash()"
            )
            raise ValueError(msg)


def _parts(run: Distributed | None, writing: Writing, rows: pl.LazyFrame) -> Parts:
    """Yield what each part has written, in whichever process."""
    if run is None:
        yield WHOLE, writing(rows, WHOLE)
    elif inside_task():
        split = run.source.split
        column = split.column if split.calendar else ""
        for position, part in enumerate(run.source.planned(ALL)[1]):
            place = Place(position, part.label)
            own = run.source.query.filter(filter_of(part, split.dtype, column))
            yield place, writing(own, place)
    else:
        with closing(deliveries(run.source, run.runner, writing)) as answers:
            for delivered in answers:
                if delivered is not None:
                    yield delivered.place, delivered.answer

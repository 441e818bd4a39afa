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
from polars_io_tools._store_publishing import StoreStaging
from polars_io_tools._stores import Access, Address, Store, address_of
from polars_io_tools._task import inside_task
from polars_io_tools._writing import EXTENSIONS, Writing, Written, unchecked
from polars_io_tools.ray._distributed import Distributed
from polars_io_tools.ray._runs import ALL, deliveries

__all__ = ["Sink"]

# The options that get to an object store.
_ACCESS = ("storage_options", "credential_provider")

# Staging makes the folders: Polars, which may begin late, would make those of a run that has ended.
_NO_FOLDERS = {"mkdir": False}

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
        elif (path := _file(self.target)) is not None:
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
        ends = str(self.target).endswith(("/", os.sep))
        local = _local(path)
        is_folder = ends or (local is not None and Path(local).is_dir())
        return _Folder(path, None) if is_folder else None

    def _write_file(self, rows: pl.LazyFrame, path: str) -> None:
        """Write one file, which is there when it is finished and not before."""
        address = address_of(path)
        callback = self.options.get("sinked_paths_callback")
        if callback is not None and address and self.options.get("encryption") is not None:
            raise ValueError(
                f"sink_{self.form}: with encryption= the rows of an object cannot be told to "
                "sinked_paths_callback=. Leave one of them out, or write to a local file"
            )
        apart = {**self.options, **dict.fromkeys(_ACCESS)}
        polars_sinks.check_options(self.form, rows.collect_schema(), path, apart)
        if not (address or self.options["mkdir"] or Path(path).absolute().parent.is_dir()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        options = {**unchecked(self.options), **dict.fromkeys(_ACCESS), **_NO_FOLDERS}
        sunk: list[tuple[int, int]] = []
        if callback is not None:
            options["sinked_paths_callback"] = None if address else _noting(sunk)
        with self._staging(path, address) as staging, staging.one_file() as opened:
            polars_sinks.sink(self.form, rows, opened, options)
        if callback is not None:
            found = [self._extent(path, address)] if address else sunk
            given = polars_sinks.normalised(self.target)
            polars_sinks.report_paths(callback, [(given, *extent) for extent in found])

    def _extent(self, path: str, address: Address) -> tuple[int, int]:
        """Return how many rows and bytes an object has."""
        scan: pl.LazyFrame = getattr(pl, f"scan_{self.form}")(path, **self._access())
        rows = scan.select(pl.len()).collect().item()
        return rows, Store(address, Access(**self._access())).size(address.key) or 0

    def _write_folder(
        self, schema: pl.Schema, folder: _Folder, rows: pl.LazyFrame, run: Distributed | None
    ) -> None:
        address = _address(self.form, folder)
        self._check(schema, folder, address)
        options = self._shipped()
        with self._staging(_local(folder.path) or "", address) as staging:
            writing = Writing(self.form, staging.aside, folder.partitioning, options)
            parts = dict(_parts(run, writing, rows))
            if not any(parts.values()) and not folder.keyed:
                nothing = pl.LazyFrame(schema=schema)
                parts = {WHOLE: writing(nothing, WHOLE)}
            files = named_files(self.form, parts, folder.partitioning, staging.exists)
            durable = self.options.get("sync_on_close") == "all"
            staging.publish({name: file.staged for name, file in files.items()}, durable=durable)
        callback = self.options.get("sinked_paths_callback")
        if callback is not None:
            base = folder.path.rstrip("/") or "/"
            paths = [(f"{base}/{n}", f.rows or 0, f.bytes) for n, f in sorted(files.items())]
            polars_sinks.report_paths(callback, paths)

    def _access(self) -> dict[str, Any]:
        """Return the options that get to an object store."""
        return {name: self.options.get(name) for name in _ACCESS}

    def _staging(self, path: str, address: Address | None) -> Staging | StoreStaging:
        if address is None:
            return Staging(path)
        return StoreStaging(address, Access(**self._access()))

    def _check(self, schema: pl.Schema, folder: _Folder, address: Address | None) -> None:
        """Check that a directory can be written.

        Raises:
            ValueError: it cannot, or an option or a key cannot be used with it.
        """
        if address is None:
            self._check_directory(_local(folder.path) or "", folder)
        if self.options.get("encryption") is not None:
            msg = (
                f"sink_{self.form}: encryption= is not possible when workers write, since its keys "
                "do not leave this process. Write one file, or leave encryption out"
            )
            raise ValueError(msg)
        _check_keys(self.form, schema, folder)
        local = {**unchecked(self.options), **dict.fromkeys(_ACCESS)}
        polars_sinks.check_options(self.form, schema, "/0", local)

    def _check_directory(self, path: str, folder: _Folder) -> None:
        if Path(path).exists() and not Path(path).is_dir():
            msg = f"sink_{self.form}: {path!r} is a file, but a directory is asked for"
            raise ValueError(msg)
        missing = not Path(path).exists() and not self.options["mkdir"]
        if missing and folder.partitioning is None:
            msg = f"sink_{self.form}: there is no directory {path!r}. Write mkdir=True to make it"
            raise ValueError(msg)

    def _shipped(self) -> dict[str, Any]:
        """Return the options as they travel.

        Raises:
            ValueError: one of them cannot.
        """
        # What gets to object stores may hold secrets, and travels in its own way.
        apart = dict.fromkeys(_ACCESS)
        here = {"sinked_paths_callback": None} if "sinked_paths_callback" in self.options else {}
        options = polars_sinks.shipped_options({**self.options, **apart, **here, **_NO_FOLDERS})
        for name, value in {**options, **self._access()}.items():
            try:
                dumps(value)
            except Exception as error:  # noqa: BLE001  (whatever pickling raises)
                hidden = name in _ACCESS
                shown = "…" if hidden else repr(value)
                msg = (
                    f"sink_{self.form}: {name}={shown} cannot be sent to the workers that write: "
                    f"{type(error).__name__ if hidden else error}. Leave it out, or write one file"
                )
                raise ValueError(msg) from (None if hidden else error)
        return options


def _noting(sunk: list[tuple[int, int]]) -> Any:
    return lambda told: sunk.extend((path.num_rows, path.num_bytes) for path in told.paths)


def _address(form: str, folder: _Folder) -> Address | None:
    """Return where a directory of an object store is, None of a local one.

    Raises:
        ValueError: it is in none that is known.
    """
    if _local(folder.path) is not None:
        return None
    address = address_of(folder.path)
    if address is None:
        scheme = folder.path.partition("://")[0]
        msg = (
            f"sink_{form}: a directory of {scheme}:// cannot be written by workers. Write to a "
            f"local one, to s3://, gs:// or az://, or to one file: sink_{form}"
            f"('….{EXTENSIONS[form]}')"
        )
        raise ValueError(msg)
    return address


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


def _file(target: Any) -> str | None:
    """Return where a file or an object can be replaced by a finished one, None of others."""
    if not isinstance(target, str | Path):
        return None
    path = polars_sinks.normalised(target)
    if (local := _local(path)) is None:
        return path if address_of(path) else None
    return local if Path(local).is_file() or not Path(local).exists() else None


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

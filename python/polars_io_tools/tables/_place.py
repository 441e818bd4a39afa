"""Where tables are: folders of local disks, and prefixes of buckets of S3.

Invariant: what is needed to get there, credentials among it, is in no text that is made of a place.

On S3 a commit is a conditional put: the storage refuses to write an object that is there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import polars as pl

from polars_io_tools.errors import MissingDependencyError, TableNotFoundError

__all__ = ["Place", "place_of", "placed"]

_GROUP_ROWS = 1 << 17

# What follows the footer of a Parquet file: its length in 4 bytes, and "PAR1".
_TRAILER = 8

# Without these a commit might replace another one. They are given always, as the environment may
# have others.
_SAFE = {"aws_conditional_put": "etag", "aws_s3_allow_unsafe_rename": "false"}
_UNSAFE = {"conditional_put", "copy_if_not_exists", "s3_allow_unsafe_rename"}


class Place(str):
    """The absolute path or the URI of a table, with the options of its storage.

    It is a str, as Polars and delta-rs take one; `str` of it has no options, its pickle has.
    """

    options: dict[str, str]
    _made: Any

    __slots__ = ("_made", "options")

    def __new__(cls, uri: str, options: Mapping[str, str] | None = None) -> Self:
        """Return a place; the URI is taken as it is."""
        made = super().__new__(cls, uri)
        made.options = dict(options or {})
        made._made = None
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the options, so that it can be read where it arrives."""
        return Place, (str(self), self.options)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder."""
        return "://" not in self

    @property
    def delta_options(self) -> dict[str, str] | None:
        """The options as delta-rs takes them."""
        return None if self.is_local else {**self.options, **_SAFE}

    def file(self, name: str) -> str:
        """Return the path or the URI of a file."""
        return f"{self}/{name}"

    def write(self, frame: pl.DataFrame, name: str) -> tuple[int, int]:
        """Write a file, and return its size and the time in milliseconds."""
        options = self.options or None
        frame.write_parquet(self.file(name), row_group_size=_GROUP_ROWS, storage_options=options)
        if self.is_local:
            found = os.stat(self.file(name))  # noqa: PTH116  (a str as it is)
            return found.st_size, found.st_mtime_ns // 1_000_000
        [info] = self._handler().get_file_info([name])
        return info.size, info.mtime_ns // 1_000_000

    def size(self, name: str) -> int | None:
        """Return the size of a file, None if there is none."""
        if self.is_local:
            try:
                return os.stat(self.file(name)).st_size  # noqa: PTH116  (a str as it is)
            except OSError:
                return None
        from pyarrow.fs import FileType

        [info] = self._handler().get_file_info([name])
        return int(info.size) if info.type == FileType.File else None

    def exists(self, name: str) -> bool:
        """Tell whether there is a file."""
        return self.size(name) is not None

    def remove(self, name: str) -> None:
        """Remove a file, if there is one."""
        if self.is_local:
            Path(self.file(name)).unlink(missing_ok=True)
        elif self.exists(name):
            self._handler().delete_file(name)

    def listed(self, folder: str = "") -> Iterator[tuple[str, float]]:
        """Yield the files of the place, or of a folder in it, with their times in seconds.

        Links and what is in other folders are left out.
        """
        if not self.is_local:
            from pyarrow.fs import FileSelector, FileType

            for info in self._handler().get_file_info_selector(FileSelector(folder)):
                if info.type == FileType.File:
                    yield info.base_name, info.mtime.timestamp()
            return
        for entry in Path(self.file(folder)).iterdir():
            try:
                found = entry.lstat()
            except FileNotFoundError:  # removed meanwhile
                continue
            if stat.S_ISREG(found.st_mode):
                yield entry.name, found.st_mtime

    def read(self, name: str) -> bytes:
        """Return what is in a file."""
        if self.is_local:
            return Path(self.file(name)).read_bytes()
        with self._handler().open_input_file(name) as file:
            return bytes(file.read())

    def footer(self, name: str) -> bytes:
        """Return the end of a Parquet file, all of its footer and what follows."""
        path = Path(self.file(name))
        with path.open("rb") if self.is_local else self._handler().open_input_file(name) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TRAILER))
            length = int.from_bytes(file.read(4), "little")
            file.seek(max(0, size - _TRAILER - length))
            return bytes(file.read())

    def scan(self, name: str) -> pl.LazyFrame:
        """Return the rows of a file, in its own columns."""
        return pl.scan_parquet(self.file(name), glob=False, storage_options=self.options or None)

    def _handler(self) -> Any:
        if self._made is None:
            try:
                from deltalake.fs import DeltaStorageHandler
            except ImportError as error:
                raise MissingDependencyError(
                    "tables on S3 need pyarrow as well: pip install pyarrow"
                ) from error
            self._made = DeltaStorageHandler(str(self), self.delta_options)
        return self._made


def placed(path: str) -> Place:
    """Return a place as one; a plain str has no options."""
    return path if isinstance(path, Place) else Place(path)


def place_of(uri: str | Path, options: Mapping[str, str] | None = None) -> Place:
    """Return where a table is: the absolute path of a folder, or `s3://bucket/prefix`.

    Raises:
        TypeError: it is neither a str nor a Path, or an option is no str.
        ValueError: an option is not for here, or would make commits unsafe.
        TableNotFoundError: it is on storage that is not supported.
    """
    if not isinstance(uri, str | Path):
        raise TypeError(f"the place of a table must be a str or a Path, not {type(uri).__name__}")
    text = str(uri).removeprefix("file://")
    if not text:
        raise TableNotFoundError("the place of a table is empty; give the path of a folder")
    if text.startswith("s3://"):
        return Place(_bucket(text), _checked(options or {}))
    if "://" in text:
        kind = text.split("://")[0]
        raise TableNotFoundError(
            f"{kind}://: tables are on local disks and on S3; give a path, or s3://bucket/prefix"
        )
    if options:
        raise ValueError("storage_options are for s3:// URIs, and this is a path: leave them out")
    return Place(str(Path(text).expanduser().absolute()))


def _bucket(text: str) -> str:
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ValueError("s3:// URIs have no credentials: give them as storage_options")
    names = parts.path.strip("/").split("/")
    if (
        not parts.netloc
        or parts.query
        or parts.fragment
        or not all(names)
        or {".", ".."} & {*names}
    ):
        raise TableNotFoundError(f"{text}: no place of a table; give s3://bucket/prefix")
    return text.rstrip("/")


def _checked(options: Mapping[str, str]) -> dict[str, str]:
    given: Mapping[Any, Any] = options
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            kind = type(value).__name__
            raise TypeError(f"storage_options are strings, and {name!r} is {kind}: write 'true'")
        if name.lower().removeprefix("aws_") in _UNSAFE:
            raise ValueError(
                f"storage_options: {name!r} is not for tables, whose commits are conditional puts: "
                "leave it out"
            )
    return dict(options)

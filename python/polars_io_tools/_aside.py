"""The folders into which tasks write before anything is published, as a task sees them.

Invariant: nothing is written outside of such a folder; what tasks write into it after their run has
ended is seen by no reader.

Example:
    >>> import tempfile
    >>> base = tempfile.mkdtemp()
    >>> folder = LocalFolder(base)
    >>> folder.begin("000000-5f0c")
    >>> folder.path("000000-5f0c/0.staged") == f"{base}/000000-5f0c/0.staged"
    True
    >>> folder.sizes("000000-5f0c")
    {}
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from polars_io_tools._stores import Access, Address, Store
from polars_io_tools.errors import PiotError

__all__ = ["BEGUN", "Folder", "LocalFolder", "StoreFolder"]

# An object that is there for as long as its folder, since an object store has no folders.
BEGUN = "begun"


class Folder(Protocol):
    """Where a run writes aside."""

    def check(self) -> None:
        """Check that the run goes on, as far as that can be known here."""

    def begin(self, attempt: str) -> None:
        """Make what files of an attempt need."""

    def end(self, attempt: str) -> None:
        """Remove files of an attempt that came too late, where nothing else does."""

    def path(self, name: str) -> str:
        """Return where a file is, as sinks take it."""

    def sizes(self, attempt: str) -> dict[str, int]:
        """Return the sizes of the files of an attempt by their names."""

    def read(self, name: str) -> bytes:
        """Return what is in a file."""

    def options(self) -> dict[str, Any]:
        """Return the options with which sinks get there."""

    def telling(self) -> Any:
        """Return a context in which errors show no secrets."""


@dataclass(frozen=True)
class LocalFolder:
    """A folder of a file system that all nodes share.

    Attributes:
        folder: its path.
    """

    folder: str

    def check(self) -> None:
        """Check that the folder is there.

        Raises:
            PiotError: it is not.
        """
        if not Path(self.folder).is_dir():
            msg = (
                f"the folder {self.folder!r}, which the driver made, is not there on node "
                f"{os.uname().nodename!r}. Write to a folder on a file system that the driver and "
                "all nodes share"
            )
            raise PiotError(msg)

    def begin(self, attempt: str) -> None:
        """See `Folder`, as for the others."""
        Path(self.path(attempt)).mkdir()

    def end(self, attempt: str) -> None:
        """See `Folder`: without the folder of the run no file can be written."""

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def sizes(self, attempt: str) -> dict[str, int]:
        files = Path(self.path(attempt)).iterdir()
        return {file.name: file.stat().st_size for file in files}

    def read(self, name: str) -> bytes:
        return Path(self.path(name)).read_bytes()

    def options(self) -> dict[str, Any]:
        return {"storage_options": None, "credential_provider": None}

    @contextmanager
    def telling(self) -> Iterator[None]:
        yield


@dataclass(frozen=True)
class StoreFolder:
    """A prefix of an object store.

    Attributes:
        address: where it is.
        access: what gets there.
    """

    address: Address
    access: Access

    @cached_property
    def _store(self) -> Store:
        return Store(self.address, self.access)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the client, which is of this process."""
        return {"address": self.address, "access": self.access}

    def check(self) -> None:
        """Check that the run goes on.

        Raises:
            PiotError: it has ended, or the store cannot be reached.
        """
        try:
            size = self._store.size(f"{self.address.key}/{BEGUN}")
        except OSError as error:
            msg = f"{self.address.url(self.address.key)!r} cannot be reached: {error}"
            raise PiotError(msg) from None
        if size is None:
            msg = (
                f"{self.address.url(self.address.key)!r}, into which the driver lets tasks write, "
                "is not there any more: the run has ended, or somebody has removed it"
            )
            raise PiotError(msg)

    def begin(self, attempt: str) -> None:
        """See `Folder`, as for the others."""

    def end(self, attempt: str) -> None:
        """See `Folder`: a run that has ended meanwhile has removed what was there then."""
        with suppress(OSError):
            if self._store.size(f"{self.address.key}/{BEGUN}") is None:
                prefix = f"{self.address.key}/{attempt}"
                self._store.remove([key for key, _, _ in self._store.listed(prefix)])

    def path(self, name: str) -> str:
        return self.address.url(f"{self.address.key}/{name}")

    def sizes(self, attempt: str) -> dict[str, int]:
        listed = self._store.listed(f"{self.address.key}/{attempt}")
        return {key.rpartition("/")[2]: size for key, size, _ in listed}

    def read(self, name: str) -> bytes:
        return self._store.read(f"{self.address.key}/{name}")

    def options(self) -> dict[str, Any]:
        return self.access.options()

    @contextmanager
    def telling(self) -> Iterator[None]:
        """See `Folder`.

        Raises:
            PiotError: in the place of an error that shows a secret.
        """
        try:
            yield
        except (pl.exceptions.PolarsError, OSError) as error:
            text = self.access.concealed(str(error))
            if text != str(error):
                raise PiotError(f"{type(error).__name__}: {text}") from None
            raise

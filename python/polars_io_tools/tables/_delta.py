"""What is asked of delta-rs. The package `deltalake` is imported when a table is first used."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polars_io_tools._installation import installing
from polars_io_tools.errors import (
    MissingDependencyError,
    SnapshotNotFoundError,
    TableError,
    TableNotFoundError,
)
from polars_io_tools.tables._place import placed

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["deltalake", "open_log", "plain"]


def deltalake() -> Any:
    """Return the package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import deltalake as package
    except ImportError as error:
        msg = f"tables need deltalake: {installing('tables')}"
        raise MissingDependencyError(msg) from error
    return package


def open_log(path: str, version: int | None = None) -> DeltaTable:
    """Open the log of a table, at its newest version or at one that is given.

    Raises:
        TableNotFoundError: there is no table.
        SnapshotNotFoundError: it does not have this version.
        TableError: its log cannot be read.
    """
    package = deltalake()
    try:
        log: DeltaTable = package.DeltaTable(
            path, version=version, storage_options=placed(path).delta_options
        )
    except package.exceptions.TableNotFoundError as error:
        msg = f"{path}: there is no table here; make one by piot.create_table"
        raise TableNotFoundError(msg) from error
    except package.exceptions.DeltaError as error:
        if version is None:
            raise TableError(f"{path}: the log cannot be read: {plain(error)}") from error
        msg = f"{path}: version {version} of the table is not there, or not any more: "
        raise SnapshotNotFoundError(msg + plain(error)) from error
    except OSError as error:
        raise TableError(f"{path}: the log cannot be read: {plain(error)}") from error
    if version is None and placed(path).is_local:
        _check_newest(log, path)
    return log


def _check_newest(log: DeltaTable, path: str) -> None:
    """Raise if there is a commit after the one that was found to be the newest.

    delta-rs takes a commit whose file it fails to read for one that is not there.
    """
    before = log.version()
    following = Path(path) / "_delta_log" / f"{before + 1:020}.json"
    if os.path.lexists(following):
        # Somebody may have committed meanwhile.
        log.update_incremental()
        if log.version() == before:
            raise TableError(f"{path}: the log cannot be read: {following.name} fails")


def plain(error: Exception) -> str:
    """Return the text of an error of delta-rs, which has colours and a line for each cause."""
    lines = re.sub("\x1b\\[[0-9;]*m", "", str(error)).replace("\u21b3", "").splitlines()
    causes = [line.strip().removeprefix("0: ") for line in lines]
    # A trace of the stack without names follows some.
    return ": ".join(c for c in causes if c and not c.endswith("<unknown>"))

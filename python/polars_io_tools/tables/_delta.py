"""What is asked of delta-rs. The package `deltalake` is imported when a table is first used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from polars_io_tools.errors import (
    MissingDependencyError,
    SnapshotNotFoundError,
    TableNotFoundError,
)

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["deltalake", "local_path", "open_log"]


def deltalake() -> Any:
    """Return the package.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        import deltalake as package
    except ImportError as error:
        msg = "tables need deltalake: pip install 'polars-io-tools-go[tables]'"
        raise MissingDependencyError(msg) from error
    return package


def local_path(uri: str | Path) -> str:
    """Return the absolute path of a table.

    Raises:
        TypeError: it is neither a str nor a Path.
        TableNotFoundError: it is on storage that is not supported.
    """
    if not isinstance(uri, str | Path):
        raise TypeError(f"the place of a table must be a str or a Path, not {type(uri).__name__}")
    text = str(uri).removeprefix("file://")
    if "://" in text:
        raise TableNotFoundError(f"{text}: tables are on local disks only; give a path")
    if not text:
        raise TableNotFoundError("the place of a table is empty; give the path of a folder")
    return str(Path(text).expanduser().absolute())


def open_log(path: str, version: int | None = None) -> DeltaTable:
    """Open the log of a table, at its newest version or at one that is given.

    Raises:
        TableNotFoundError: there is no table.
        SnapshotNotFoundError: it does not have this version.
    """
    package = deltalake()
    try:
        log: DeltaTable = package.DeltaTable(path, version=version)
    except package.exceptions.TableNotFoundError as error:
        msg = f"{path}: there is no table here; make one by piot.create_table"
        raise TableNotFoundError(msg) from error
    except package.exceptions.DeltaError as error:
        if version is None:
            raise TableNotFoundError(f"{path}: the log cannot be read: {error}") from error
        msg = f"{path}: version {version} of the table is not there, or not any more: {error}"
        raise SnapshotNotFoundError(msg) from error
    return log

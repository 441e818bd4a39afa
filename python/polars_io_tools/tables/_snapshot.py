"""`Snapshot`: one state of a table, and the files that it is made of.

Invariant: the files and their statistics are those of one version of one table; what is written
later, or at the same place after the table was removed, never gets in.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from polars_io_tools.errors import SnapshotNotFoundError
from polars_io_tools.tables._asof import Asof, When, version_at
from polars_io_tools.tables._delta import open_log
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._schema import Layout, layout_of_log

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["Snapshot", "open_snapshot"]


class Snapshot:
    """A state of a table.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
        >>> snapshot = t.snapshot()
        >>> with t.txn() as txn:
        ...     txn.write({"key": [1]})
        >>> t.scan(asof=snapshot.asof).to_polars().height, t.scan().to_polars().height
        (0, 1)
    """

    def __init__(self, path: str, log: DeltaTable, newest: DeltaTable | None = None) -> None:
        self.path = path
        self.log = log
        self._newest = newest
        self.version = log.version()
        self._layout = layout_of_log(log, path)

    def __repr__(self) -> str:
        return f"Snapshot({self.path!r}, asof={str(self.asof)!r})"

    @property
    def asof(self) -> Asof:
        """The state, as a value that travels."""
        return Asof(self.table_id, self.version)

    @property
    def table_id(self) -> str:
        """The id of the table."""
        return str(self.log.metadata().id)

    @property
    def layout(self) -> Layout:
        """The columns and the key."""
        return self._layout

    @property
    def schema(self) -> pl.Schema:
        """The columns."""
        return self._layout.schema

    @cached_property
    def actions(self) -> pl.DataFrame:
        """What the log says of each file: path, size, rows, and `null_count`, `min` and `max`."""
        return pl.DataFrame(self.log.get_add_actions())

    @property
    def has_vectors(self) -> bool:
        """Whether single rows of files may be deleted, so that counts of rows are not known."""
        return "deletionVectors" in (self.log.protocol().reader_features or [])

    @cached_property
    def deletes_rows(self) -> bool:
        """Whether single rows of files are deleted, which are in the files all the same."""
        if not self.has_vectors:
            return False
        return any(batch.num_rows for batch in self.log.deletion_vectors())

    def check_files(self) -> None:
        """Raise if files of this state were gone when it was opened; those of the newest never are.

        Raises:
            SnapshotNotFoundError: the table was vacuumed.
        """
        if self._newest is None:
            return
        kept = {*pl.DataFrame(self._newest.get_add_actions())["path"]}
        for name in self.actions["path"]:
            if name not in kept and not placed(self.path).exists(name):
                raise vacuumed(self, name)


def vacuumed(snapshot: Snapshot, name: str) -> SnapshotNotFoundError:
    """Return the error for a file that is gone."""
    return SnapshotNotFoundError(
        f"{snapshot.path}: {name}, a file of version {snapshot.version}, is gone: the table was "
        "vacuumed since; read a newer state, or keep files for longer"
    )


def open_snapshot(path: str, table_id: str | None, when: When) -> Snapshot:
    """Open a state of a table: the newest, that of a value, or the one at a time.

    Args:
        path: where the table is.
        table_id: the table that is meant, None for whichever is there.
        when: the state.

    Raises:
        SnapshotNotFoundError: it is not there, or belongs to another table.
        TableNotFoundError: there is no table.
    """
    asked = Asof.parse(when) if isinstance(when, str) else when
    if not isinstance(asked, Asof | dt.datetime | None):
        kind = type(asked).__name__
        raise TypeError(f"asof must be an Asof, its str or JSON, or a datetime, not {kind}")
    version = asked._version if isinstance(asked, Asof) else None  # noqa: SLF001  (opaque for users only)
    newest = open_log(path)
    found = str(newest.metadata().id)
    for wanted in (table_id, asked._table if isinstance(asked, Asof) else None):  # noqa: SLF001  (as above)
        if wanted is not None and wanted != found:
            raise SnapshotNotFoundError(
                f"{path}: the table {wanted} is not here any more: this one, {found}, was made "
                "later at the same place; open it anew by piot.table"
            )
    if isinstance(asked, dt.datetime):
        version = version_at(newest.history(), asked)
    if version is not None and version > newest.version():
        raise SnapshotNotFoundError(
            f"{path}: the table has no version {version} yet, its newest is {newest.version()}"
        )
    if version is None or version == newest.version():
        return Snapshot(path, newest)
    return Snapshot(path, open_log(path, version), newest)

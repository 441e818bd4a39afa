"""What a table demands of its writers, beside its columns and its key."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

from polars_io_tools.errors import InvalidRowsError, TableError
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["Constraint", "check_writable"]

_PREFIX = "delta.constraints."

# Features of the writer protocol that need nothing of a writer that only adds and removes files.
_KNOWN = {
    *("appendOnly", "checkConstraints", "invariants", "timestampNtz", "deletionVectors"),
    *("v2Checkpoint", "vacuumProtocolCheck", "changeDataFeed"),
    # delta-rs lists it when it sets a property; there are no columns of variants.
    "variantType",
}

_METADATA = {"delta.invariants", "delta.generationExpression", "delta.identity.start"}


@dataclass(frozen=True)
class Constraint:
    """A condition in SQL that has to be true on each row."""

    name: str
    sql: str

    def check(self, stored: pl.DataFrame) -> None:
        """Raise if a row does not fulfil it.

        Raises:
            InvalidRowsError: one does not.
            TableError: the condition cannot be checked here.
        """
        try:
            true = stored.select(pl.sql_expr(self.sql).alias("")).to_series()
        except pl.exceptions.PolarsError as error:
            msg = f"the constraint {self.name!r} ({self.sql}) cannot be checked here: {error}"
            raise TableError(msg) from error
        broken = stored.filter(~true.fill_null(value=False))
        if broken.height:
            raise InvalidRowsError(
                f"{broken.height} of {stored.height} rows break the constraint {self.name!r} "
                f"({self.sql}), such as {broken.row(0, named=True)}"
            )


def check_writable(start: Snapshot) -> list[Constraint]:
    """Return the constraints of a table.

    Raises:
        TableError: the table has features that this package cannot keep.
    """
    log = start.log
    protocol = log.protocol()
    unknown = {*(protocol.writer_features or [])} - _KNOWN
    metadata = log.metadata()
    fields = json.loads(log.schema().to_json())["fields"]
    unknown |= {m for f in fields for m in f["metadata"] if m in _METADATA}
    if metadata.partition_columns:
        unknown.add(f"partitions by {', '.join(metadata.partition_columns)}")
    if unknown:
        raise TableError(
            f"the table cannot be written by this package, as it has {', '.join(sorted(unknown))}; "
            "write it by the tool that added that"
        )
    if start.deletes_rows:
        # A file that is written anew would have them again.
        raise TableError(
            f"{start.path}: rows are deleted by deletion vectors, which this package reads and "
            "does not write: purge them by the tool that deleted the rows (REORG TABLE ... APPLY "
            "(PURGE) in Spark)"
        )
    return [
        Constraint(name.removeprefix(_PREFIX), sql)
        for name, sql in metadata.configuration.items()
        if name.startswith(_PREFIX)
    ]

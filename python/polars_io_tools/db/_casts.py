"""`cast_map`: columns in other types than those in which the database gives them.

The casts are part of the source, so that a filter on a cast column reaches it. What is pushed is
the filter with the cast in place of the column; whether the cast changes how values compare is then
a matter of `gocore/sqlpush`, as for a cast that the user writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from polars_io_tools._polars.traverse import full_type, type_name
from polars_io_tools._suggest import suggest

__all__ = ["Casts", "Types"]

Types = Mapping[str, pl.DataType | type[pl.DataType]]


class Casts:
    """What `cast_map` says.

    Args:
        wanted: types by the names of columns.

    Raises:
        TypeError: it is no such mapping.

    Example:
        >>> casts = Casts({"n": pl.Float64})
        >>> casts.schema(pl.Schema({"n": pl.Int64, "s": pl.String}))
        Schema([('n', Float64), ('s', String)])
        >>> casts.frame(pl.DataFrame({"n": [1]}))["n"].to_list()
        [1.0]
    """

    def __init__(self, wanted: Types | None) -> None:
        if wanted is not None and not isinstance(wanted, Mapping):
            raise TypeError(
                f"scan_db: cast_map must be a mapping of names to types, not {wanted!r}"
            )
        self._wanted: dict[Any, Any] = dict(wanted or {})

    def schema(self, read: pl.Schema) -> pl.Schema:
        """Return the types of columns after the casts.

        Raises:
            ValueError: a column is not there.
        """
        if not self._wanted:
            return read
        for name in self._wanted:
            if name not in read:
                near = suggest(name, read.names(), "its columns are")
                raise ValueError(f"scan_db: cast_map has {name!r}, no column of the query; {near}")
        return pl.LazyFrame(schema=read).cast(self._wanted).collect_schema()

    def frame(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows after the casts, as far as the columns are there.

        Raises:
            polars.exceptions.InvalidOperationError: a value does not fit its new type.
        """
        here: dict[Any, Any] = {
            name: dtype for name, dtype in self._wanted.items() if name in rows.columns
        }
        return rows.cast(here) if here else rows

    def predicate(self, wire: Mapping[str, Any], read: pl.Schema) -> Mapping[str, Any]:
        """Return a predicate on cast columns as one on the columns that are read, on the wire."""
        if not self._wanted or not wire.get("exprs"):
            return wire
        shown = self.schema(read)
        out: list[dict[str, Any]] = []
        moved: list[int] = []
        for node in wire["exprs"]:
            arguments = {"args": [moved[a] for a in node["args"]]} if "args" in node else {}
            out.append({**node, **arguments})
            name = node.get("name")
            if node["k"] == "col" and name in self._wanted and read[name] != shown[name]:
                out[-1]["type"] = type_name(read[name])
                cast = {"k": "cast", "type": full_type(shown[name]), "strict": True}
                out.append({**cast, "args": [len(out) - 1]})
            moved.append(len(out) - 1)
        return {**wire, "exprs": out, "root": moved[wire["root"]]}

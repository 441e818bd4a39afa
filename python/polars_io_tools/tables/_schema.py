"""Schemas and keys of tables, from what users give and from the log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from polars_io_tools.errors import TableError, TableNotFoundError, TableSchemaError
from polars_io_tools.tables._delta import deltalake
from polars_io_tools.tables._types import DTYPE_KEY, Column, check_key_type, column_of, dtype_named

__all__ = ["KEY_PROPERTY", "UNIQUE_PROPERTY", "Layout", "layout_of_log", "new_layout"]

KEY_PROPERTY = "piot.key"
UNIQUE_PROPERTY = "piot.unique"


@dataclass(frozen=True)
class Layout:
    """The columns of a table, and what its key is.

    Attributes:
        columns: the columns, in order.
        key: the names of the key columns, in the order in which they compare.
        unique: whether a key may be there only once.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    unique: bool

    @property
    def schema(self) -> pl.Schema:
        """The columns for users."""
        return pl.Schema({c.name: c.dtype for c in self.columns})

    @property
    def stored(self) -> pl.Schema:
        """The columns of the files."""
        return pl.Schema({c.name: c.stored for c in self.columns})

    @property
    def keys(self) -> tuple[Column, ...]:
        """The key columns, in the order of the key."""
        named = {c.name: c for c in self.columns}
        return tuple(named[name] for name in self.key)

    def delta_schema(self) -> Any:
        """Return the schema of the log."""
        fields = [c.field() for c in self.columns]
        text = json.dumps({"type": "struct", "fields": fields})
        return deltalake().Schema.from_json(text)

    def properties(self) -> dict[str, str]:
        """Return the properties of the table in the log."""
        rest = [c.name for c in self.columns if c.name not in self.key and _has_statistics(c)]
        keys = [c.name for c in self.keys if _has_statistics(c)]
        # Decimals are left out, as other writers would write theirs as floats. Floats are, since
        # `DeltaTable.to_pyarrow_dataset` loses the rows of a file that has no bounds of a column
        # that is named here, and a NaN or an infinity has none.
        named = ",".join(f"`{name.replace('`', '``')}`" for name in [*keys, *rest[:32]])
        properties = {
            KEY_PROPERTY: json.dumps(list(self.key)),
            UNIQUE_PROPERTY: json.dumps(self.unique),
        }
        return properties | ({"delta.dataSkippingStatsColumns": named} if named else {})


def _has_statistics(column: Column) -> bool:
    kind = column.stored
    return not isinstance(kind, pl.Decimal | pl.List | pl.Struct) and not kind.is_float()


def new_layout(
    schema: Any, key: Sequence[str] | str | None, key_schema: Any, *, unique: bool
) -> Layout:
    """Check the arguments of `create_table`.

    Raises:
        TableSchemaError: a type cannot be stored, or the key is none.
        TypeError: an argument is of the wrong type.
    """
    dtypes, required = _schema(schema)
    names = _key_names(dtypes, key, key_schema)
    required = required | {*names}
    columns = [column_of(n, t, nullable=n not in required) for n, t in dtypes.items()]
    folded: dict[str, str] = {}
    for name in dtypes:
        other = folded.setdefault(name.lower(), name)
        if other != name:
            msg = f"columns {other!r} and {name!r} differ in case only, which Delta cannot tell"
            raise TableSchemaError(msg)
    layout = Layout(tuple(columns), names, unique)
    for column in layout.keys:
        check_key_type(column)
    return layout


def _schema(schema: Any) -> tuple[pl.Schema, set[str]]:
    """Return the columns of a schema in any form, and those that may have no nulls."""
    required: set[str] = set()
    if not isinstance(schema, Mapping):
        if not hasattr(schema, "__arrow_c_schema__"):
            kind = type(schema).__name__
            raise TypeError(f"schema must be a pl.Schema, a dict or a pyarrow Schema, not {kind}")
        required = {f.name for f in schema if not getattr(f, "nullable", True)}
    try:
        given = pl.Schema(schema)
    except (TypeError, ValueError) as error:
        raise TableSchemaError(f"the schema has a type that is none of Polars: {error}") from error
    if not given:
        raise TableSchemaError("the schema has no columns")
    return given, required


def _key_names(
    dtypes: pl.Schema, key: Sequence[str] | str | None, key_schema: Any
) -> tuple[str, ...]:
    if (key is None) == (key_schema is None):
        raise TableSchemaError("give a key: either key=, names of columns, or key_schema=")
    if key_schema is not None:
        given = _schema(key_schema)[0]
        for name, dtype in given.items():
            if name in dtypes and dtypes[name] != dtype:
                raise TableSchemaError(
                    f"key column {name!r} is {dtype} in key_schema and {dtypes[name]} in schema"
                )
        names: tuple[str, ...] = tuple(given)
    else:
        names = (key,) if isinstance(key, str) else tuple(key or ())
    _check_names(names, dtypes)
    return names


def _check_names(names: tuple[str, ...], dtypes: pl.Schema) -> None:
    if not names:
        raise TableSchemaError("the key has no columns; name at least one")
    for name in names:
        if name not in dtypes:
            raise TableSchemaError(f"key column {name!r} is not in the schema: {_listed(dtypes)}")
    if len({*names}) < len(names):
        raise TableSchemaError(f"the key {list(names)} names a column twice")


def _listed(dtypes: pl.Schema) -> str:
    shown = ", ".join(map(repr, list(dtypes)[:20]))
    return f"it has {shown}{', …' if len(dtypes) > 20 else ''}"  # noqa: PLR2004  (fits a line or two)


def layout_of_log(log: Any, path: str) -> Layout:
    """Read the layout of a table from its log.

    Raises:
        TableNotFoundError: it was not made by this package.
        TableSchemaError: a newer version of it made it.
        TableError: its files have other names for the columns.
    """
    properties = log.metadata().configuration
    if KEY_PROPERTY not in properties:
        raise TableNotFoundError(
            f"{path}: this Delta table has no key (property {KEY_PROPERTY}); read it by "
            "pl.scan_delta, or write its rows into a table made by piot.create_table"
        )
    if properties.get("delta.columnMapping.mode", "none") != "none":
        raise TableError(
            f"{path}: the table has column mapping, which Polars does not read: write its rows "
            "into a table made by piot.create_table, by the tool that added that"
        )
    key = tuple(json.loads(properties[KEY_PROPERTY]))
    unique = bool(json.loads(properties.get(UNIQUE_PROPERTY, "false")))
    fields = json.loads(log.schema().to_json())["fields"]
    stored = pl.Schema(log.schema())
    columns = tuple(
        Column(
            f["name"],
            dtype_named(f["metadata"][DTYPE_KEY])
            if DTYPE_KEY in f["metadata"]
            else stored[f["name"]],
            stored[f["name"]],
            f["type"],
            f["nullable"],
        )
        for f in fields
    )
    return Layout(columns, key, unique)

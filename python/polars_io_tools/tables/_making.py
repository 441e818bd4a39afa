"""How tables are made and opened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polars_io_tools.errors import TableError
from polars_io_tools.tables._commit import TXN, committed_in
from polars_io_tools.tables._delta import deltalake, open_log, plain
from polars_io_tools.tables._place import Place, place_of
from polars_io_tools.tables._schema import Layout, layout_of_log, new_layout
from polars_io_tools.tables._table import Table

__all__ = ["create_table", "table"]

_TRIES = 20


def table(uri: str | Path, *, storage_options: Mapping[str, str] | None = None) -> Table:
    """Open a table.

    Args:
        uri: the folder of the table, or `s3://bucket/prefix`.
        storage_options: how to get to the bucket, as Polars and deltalake take it; what is left out
            comes from the environment.

    Raises:
        TableNotFoundError: there is none, or none that has a key.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> uri = tempfile.mkdtemp() + "/t"
        >>> made = piot.create_table(uri, {"key": pl.Int64, "square": pl.Int64}, key=["key"])
        >>> list(piot.table(uri).key_schema)
        ['key']
    """
    return _opened(place_of(uri, storage_options))


def _opened(path: Place) -> Table:
    log = open_log(path)
    return Table(path, str(log.metadata().id), layout_of_log(log, path))


def create_table(  # noqa: PLR0913  (two forms of a key, and three options)
    uri: str | Path,
    schema: Any,
    key: Sequence[str] | str | None = None,
    *,
    key_schema: Any = None,
    unique: bool = True,
    exist_ok: bool = False,
    storage_options: Mapping[str, str] | None = None,
) -> Table:
    """Make a table without rows.

    Args:
        uri: the folder of the table, or `s3://bucket/prefix`.
        schema: the columns, as a pl.Schema, a dict or a pyarrow Schema. A field of the last that
            is not nullable may have no nulls.
        key: the names of the key columns, in the order in which they compare. They have no nulls.
        key_schema: the key columns with their types, instead of `key`.
        unique: whether a key may be there only once.
        exist_ok: whether a table with the same columns and key may be there already.
        storage_options: how to get to the bucket, as for `table`.

    Raises:
        TableSchemaError: a column cannot be stored, or the key is none. The message says what to
            use.
        TableError: there is a table already, or another one than that with `exist_ok`.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> schema = {"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "price": pl.Float64}
        >>> t = piot.create_table(tempfile.mkdtemp() + "/trades", schema, key=["symbol", "ts"])
        >>> list(t.key_schema)
        ['symbol', 'ts']
    """
    path = place_of(uri, storage_options)
    layout = new_layout(schema, key, key_schema, unique=unique)
    if _is_new(path, layout):
        _declare_not_null(path)
        return _opened(path)
    if not exist_ok:
        raise TableError(
            f"{path}: there is a table already; open it by piot.table, or exist_ok=True"
        )
    found = _opened(path)
    if found._layout != layout:  # noqa: SLF001  (made here)
        raise TableError(f"{path}: the table that is there differs: {_difference(found, layout)}")
    _declare_not_null(path)
    return found


def _is_new(path: Place, layout: Layout) -> bool:
    """Make a table where there is none, and return whether there was none."""
    package = deltalake()
    options = path.delta_options
    try:
        if package.DeltaTable.is_deltatable(path, options):
            return False
    except (package.exceptions.DeltaError, OSError) as error:
        raise TableError(f"{path}: the place cannot be read: {plain(error)}") from error
    made = str(uuid.uuid4())
    try:
        package.DeltaTable.create(
            path,
            layout.delta_schema(),
            configuration=layout.properties(),
            raise_if_key_not_exists=False,
            storage_options=options,
            # delta-rs would make a table that is there by now another one, in the next version.
            commit_properties=package.CommitProperties(
                custom_metadata={TXN: made}, max_commit_retries=0
            ),
        )
    except (package.exceptions.DeltaError, OSError) as error:
        # Somebody else may have made it meanwhile; or this did, and the answer got lost.
        if not package.DeltaTable.is_deltatable(path, options):
            raise TableError(f"{path}: no table could be made: {plain(error)}") from error
        return committed_in(open_log(path).history(), {made}) is not None
    return True


def _declare_not_null(path: Place) -> None:
    """Let the log say that columns may not be null, where it lists the features of the table.

    That is where there are timestamps without a zone. delta-rs leaves it out, and Spark reads no
    table that leaves it out.

    Raises:
        TableError: the log cannot be written.
    """
    package = deltalake()
    for _ in range(_TRIES):
        log = open_log(path)
        features = log.protocol().writer_features
        if not features or "invariants" in features:
            return
        try:
            log.alter.add_feature(package.TableFeatures.Invariants)
        except package.exceptions.CommitFailedError:
            # Somebody else has written meanwhile, perhaps the same.
            continue
        except (package.exceptions.DeltaError, OSError) as error:
            raise TableError(f"{path}: no table could be made: {plain(error)}") from error
    raise TableError(f"{path}: no table could be made: others write to it all the time; try again")


def _difference(found: Table, wanted: Layout) -> str:
    there = found._layout  # noqa: SLF001  (made here)
    if there.schema != wanted.schema:
        return f"its columns are {there.schema}, not {wanted.schema}"
    if there.key != wanted.key:
        return f"its key is {list(there.key)}, not {list(wanted.key)}"
    if there.unique != wanted.unique:
        return f"it has unique={there.unique}"
    return "other columns may be null"

"""Whether the files of a table are what its log says, and its rows what its key says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from polars_io_tools.errors import InvalidRowsError
from polars_io_tools.tables import _core
from polars_io_tools.tables._files import bounds_of
from polars_io_tools.tables._keys import key_texts, values_of, wire_key
from polars_io_tools.tables._live import OURS, live_files, read_files
from polars_io_tools.tables._place import placed
from polars_io_tools.tables._snapshot import Snapshot
from polars_io_tools.tables._types import Column
from polars_io_tools.tables._unique import check_added_keys

__all__ = ["Report", "verify"]

_SCHEMA = pl.Schema({"file": pl.String, "check": pl.String, "message": pl.String})

# Other writers cut off what is less than a millisecond, and readers know.
_CUT = pl.duration(milliseconds=1)

# A file, None where it is not one alone; what was checked; what was found.
_Finding = tuple[str | None, str, str]


@dataclass(frozen=True)
class Report:
    """What `Table.verify` found.

    Attributes:
        findings: a row for each: `file` (null where it is not one alone), `check` ("missing",
            "order", "uniqueness", "nullability" or "statistics") and `message`.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
        >>> t.verify()
        Report(ok=True, findings=0)
    """

    findings: pl.DataFrame

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.findings.is_empty()

    def __repr__(self) -> str:
        return f"Report(ok={self.ok}, findings={self.findings.height})"


def verify(snapshot: Snapshot) -> Report:
    """Read all files of a state, one after another; see `Table.verify`."""
    files = live_files(snapshot)
    found: list[_Finding] = []
    added = []
    for path, size, rows in files.select("path", "size", "rows").rows():
        missing = [*_missing(snapshot, path, size)]
        found += missing
        if missing:
            continue
        try:
            ends = _check_file(snapshot, path, rows, found)
        except pl.exceptions.PolarsError as error:
            found.append((path, "missing", f"it cannot be read: {error}"))
            continue
        added += [{"path": path, **ends}] if ends else []
    if snapshot.layout.unique:
        found += _repeated(snapshot, added)
    return Report(pl.DataFrame(found, schema=_SCHEMA, orient="row"))


def _missing(snapshot: Snapshot, path: str, size: int) -> Iterator[_Finding]:
    there = placed(snapshot.path).size(path)
    if there is None:
        yield path, "missing", "the file is not there"
    elif there != size:
        yield path, "missing", f"the file has {there} bytes, where the log says {size}"


def _check_file(
    snapshot: Snapshot, path: str, rows: int | None, found: list[_Finding]
) -> dict[str, list[str]] | None:
    """Check one file by itself, and return its first and last key if it has rows."""
    layout = snapshot.layout
    stored = read_files(snapshot.path, [path], layout)
    found += _check_statistics(snapshot, path, rows, stored)
    keys = stored.select(c.load(pl.col(c.name)) for c in layout.keys).collect()
    nulls = keys.null_count().row(0)
    if any(nulls):
        return None
    order, at = _core.order_of(wire_key(layout), keys)
    if order == "descends":
        # Files of other writers need not be sorted.
        if pl.Series([path]).str.contains(OURS).item():
            found.append((path, "order", f"rows are not sorted: {values_of(at, layout)} is late"))
        keys = keys.sort(list(layout.key))
    ends = key_texts(pl.concat([keys.head(1), keys.tail(1)]), layout)
    return {"lo": ends[0], "hi": ends[1]} if ends else None


def _repeated(snapshot: Snapshot, added: list[dict[str, object]]) -> Iterator[_Finding]:
    layout = snapshot.layout
    if snapshot.deletes_rows:
        # Rows that are deleted are in the files: only the scan leaves them out.
        scan = pl.scan_delta(snapshot.log, version=snapshot.version).select(layout.key)
        twice = scan.group_by(layout.key).len().filter(pl.col("len") > 1).head(1)
        for row in twice.collect(engine="streaming").select(layout.key).rows():
            yield None, "uniqueness", f"the key {row} is there more than once"
        return
    for add in added:
        repeated = _twice_in(snapshot, str(add["path"]))
        if repeated is not None:
            yield str(add["path"]), "uniqueness", f"the key {repeated} is there more than once"
    try:
        none = live_files(snapshot).clear()
        check_added_keys(added, none, layout, snapshot.path, among=True)
    except InvalidRowsError as error:
        yield None, "uniqueness", str(error).partition(", in a table")[0]


def _twice_in(snapshot: Snapshot, path: str) -> tuple[object, ...] | None:
    layout = snapshot.layout
    keys = read_files(snapshot.path, [path], layout).select(layout.key).collect()
    twice = keys.filter(keys.is_duplicated()).head(1)
    return twice.row(0) if twice.height else None


def _check_statistics(
    snapshot: Snapshot, path: str, rows: int | None, stored: pl.LazyFrame
) -> Iterator[_Finding]:
    """Compare what a file has with what the log says of it, and with what may be null."""
    columns = [c for c in snapshot.layout.columns if not c.stored.is_nested()]
    required = [c.name for c in snapshot.layout.columns if not c.nullable]
    bounds = [e for i, c in enumerate(columns) for e in bounds_of(i, c)]
    nulls = pl.col(required).null_count().name.prefix("required.")
    real = stored.select(pl.len(), *bounds, *([nulls] if required else [])).collect()
    for name in required:
        count = real[f"required.{name}"].item()
        if count:
            yield path, "nullability", f"{count} rows of {name!r}, which may not be null, are"
    if rows is not None and rows != real["len"].item():
        yield path, "statistics", f"{real['len'].item()} rows, where the log says {rows}"
    said = snapshot.actions.filter(pl.col("path") == path)
    for number, column in enumerate(columns):
        count = _said(said, "null_count", column.name, pl.Int64())
        # A deletion vector leaves counts as they were or not.
        if count is not None and count != real[f"nulls{number}"].item():
            there = real[f"nulls{number}"].item()
            yield path, "statistics", f"{there} nulls of {column.name!r}, the log says {count}"
        yield from _check_bounds(path, column, number, said, real)


def _check_bounds(
    path: str, column: Column, number: int, said: pl.DataFrame, real: pl.DataFrame
) -> Iterator[_Finding]:
    low, high = (_said(said, which, column.name, column.stored) for which in ("min", "max"))
    if isinstance(column.stored, pl.Decimal):
        if low is not None or high is not None:
            msg = f"the log has bounds of the decimals {column.name!r}: others lose rows by them"
            yield path, "statistics", msg
        return
    if f"least{number}" not in real.columns:
        return
    least, greatest = (real[f"{which}{number}"] for which in ("least", "greatest"))
    wide = _CUT if isinstance(column.stored, pl.Datetime) else None
    lower = pl.lit(low, dtype=column.stored)
    upper = pl.lit(high, dtype=column.stored)
    upper = upper if wide is None else upper + wide
    outside = pl.select((pl.lit(least) < lower) | (pl.lit(greatest) > upper)).to_series()
    if outside.fill_null(value=False).any():
        there = f"{column.name!r} is from {least.item()!r} to {greatest.item()!r}"
        yield path, "statistics", f"{there}, where the log says {low!r} to {high!r}"


def _said(said: pl.DataFrame, which: str, name: str, dtype: pl.DataType) -> object:
    fields = [f.name for f in getattr(said.schema.get(which), "fields", [])]
    if name not in fields:
        return None
    return said.select(pl.col(which).struct.field(name).cast(dtype)).item()

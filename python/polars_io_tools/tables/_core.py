"""The Go core of tables, as this package calls it: what is decided about keys is decided there.

What follows is to be replaced by calls of `_gocore`, function by function.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import polars as pl

from polars_io_tools.errors import (
    InvalidOperationsError,
    ShardNotFoundError,
    SnapshotNotFoundError,
)

__all__ = [
    "has_bounds",
    "is_empty",
    "meet",
    "overlap_groups",
    "read_asof",
    "read_operations",
    "read_shard",
    "statistics",
    "write_asof",
    "write_operations",
    "write_shard",
]

Range = Mapping[str, list[str] | None]
Footprint = Mapping[str, Sequence[Any]]

# Texts that are longer have no bounds in the statistics, as cut ones would not be exact.
_MOST_BYTES = 256

_DEEPEST = 5_000


def write_asof(table: str, version: int) -> str:
    """Return the JSON of a state of a table."""
    return json.dumps({"table": table, "version": version})


def read_asof(text: str) -> tuple[str, int]:
    """Return the table and the version of a state.

    Raises:
        SnapshotNotFoundError: it is no JSON of a state.
    """
    match _parsed(text):
        case {"table": str(table), "version": int(version), **rest} if not rest and version >= 0:
            return table, version
    raise SnapshotNotFoundError(f"{text[:80]!r} is no state of a table; give asof.to_json()")


def write_shard(shard: dict[str, Any]) -> str:
    """Return the JSON of a shard."""
    return json.dumps(shard)


def read_shard(text: str) -> dict[str, Any]:
    """Return the shard of a JSON.

    Raises:
        ShardNotFoundError: it is no JSON of a shard.
    """
    given = _parsed(text)
    fields = {"v", "key", "lo", "hi", "rows", "nbytes"}
    if isinstance(given, dict) and given.keys() == fields and given["v"] == 1:
        counts = all(given[n] is None or _count(given[n]) for n in ("rows", "nbytes"))
        if counts and _is_key(given["key"]) and _is_range(given["key"], given["lo"], given["hi"]):
            return given
    raise ShardNotFoundError(f"{text[:80]!r} is no shard; give shard.to_json()")


def write_operations(operations: dict[str, Any]) -> str:
    """Return the JSON of operations."""
    return json.dumps(operations)


def read_operations(text: str, *, single: bool) -> dict[str, Any]:
    """Return the operations of a JSON, or the single one.

    Raises:
        InvalidOperationsError: it is no JSON of that, or a path leads anywhere but to a file that
            a transaction may have written.
    """
    given = _parsed(text)
    if not isinstance(given, dict) or given.get("v") != 1:
        _refuse(f"{text[:80]!r} is none of a version that is known")
    head = {"v", "table", "version", "txn", "key"}
    lists = {"adds": "add", "removes": "remove", "replaced": "replace"}
    found = given.keys() - head
    if (len(found) != 1 or not found <= {*lists.values()}) if single else found != lists.keys():
        _refuse(f"the fields {sorted(given)} are others")
    if not isinstance(given.get("table"), str) or not _count(given.get("version")):
        _refuse("table or version")
    if not _is_key(given.get("key")) or not re.fullmatch(_UUID, str(given.get("txn"))):
        _refuse("key or txn")
    for many, one in lists.items():
        bodies = [given[one]] if one in found else given.get(many, [])
        for body in bodies if isinstance(bodies, list) else [None]:
            _check_operation(one, body, given)
    return given


_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _check_operation(kind: str, body: Any, head: dict[str, Any]) -> None:
    if not isinstance(body, dict):
        _refuse(f"{kind}: {body!r}")
    checks = {"add": _is_add, "remove": _is_remove, "replace": _is_replace}
    if not checks[kind](body, head):
        _refuse(f"{kind}: {body!r}; files are named part-<txn>-<more>.parquet, in no folder")


def _is_add(body: dict[str, Any], head: dict[str, Any]) -> bool:
    fields = {"path", "size", "mtime", "stats", "lo", "hi", "rows"}
    by = body.get("txn", head["txn"])
    if body.keys() - {"txn"} != fields or not re.fullmatch(_UUID, str(by)):
        return False
    named = re.fullmatch(f"part-{by}-[A-Za-z0-9_-]+\\.parquet", str(body["path"]))
    counts = all(_count(body[n]) for n in ("size", "mtime", "rows"))
    ends = [e for e in (body["lo"], body["hi"]) if _is_list(e, str) and len(e) == len(head["key"])]
    whole = len(ends) == 2 and _is_range(head["key"], *ends)  # noqa: PLR2004  (both ends)
    return bool(named) and counts and whole


def _is_remove(body: dict[str, Any], _: dict[str, Any]) -> bool:
    path = str(body.get("path"))
    plain = re.fullmatch(r"[^/\\%:*?\s]+", path) and not path.startswith((".", "_"))
    return body.keys() == {"path", "size"} and path == body["path"] and bool(plain)


def _is_replace(body: dict[str, Any], head: dict[str, Any]) -> bool:
    fields = body.keys() in ({"lo", "hi"}, {"lo", "hi", "through"})
    ends = ("hi", "through")
    return fields and all(_is_range(head["key"], body["lo"], body.get(n)) for n in ends)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(v, kind) for v in value)


def _is_key(value: Any) -> bool:
    return _is_list(value, list) and all(_is_list(p, str) and len(p) == 2 for p in value)  # noqa: PLR2004  (name and type)


def _is_range(key: Any, lo: Any, hi: Any) -> bool:
    """Tell whether two values are tuples of a key, or open ends."""
    for end in (lo, hi):
        if end is None:
            continue
        if not _is_list(end, str) or not 0 < len(end) <= len(key):
            return False
        try:
            _end(key, end)
        except ValueError:
            return False
    return True


def _refuse(what: str) -> NoReturn:
    raise InvalidOperationsError(f"no operations of a transaction: {what}")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def has_bounds(dtype: pl.DataType) -> bool:
    """Tell whether statistics have the least and greatest value of a stored type.

    Decimals have none: readers take them for floats.
    """
    return (
        dtype.is_integer()
        or dtype.is_float()
        or dtype in {pl.String, pl.Date}
        or (isinstance(dtype, pl.Datetime))
    )


def statistics(
    rows: int, nulls: dict[str, int], least: pl.DataFrame, greatest: pl.DataFrame
) -> str:
    """Return the statistics of a file, as the log has them: exact or absent.

    Args:
        rows: how many it has.
        nulls: how many nulls each column has.
        least: the least values, a row of them.
        greatest: the greatest values.
    """
    bounds: list[dict[str, Any]] = [{}, {}]
    for name in nulls:
        if name in least:
            texts = [_logged(frame[name]) for frame in (least, greatest)]
            if None not in texts:
                bounds[0][name], bounds[1][name] = texts
    stats = {"numRecords": rows, "minValues": bounds[0], "maxValues": bounds[1], "nullCount": nulls}
    return json.dumps(stats, ensure_ascii=False)


def _logged(value: pl.Series) -> Any:
    dtype, item = value.dtype, value.item()
    if item is None or (dtype.is_float() and not math.isfinite(item)):
        return None
    if isinstance(dtype, pl.Datetime):
        zone = "Z" if dtype.time_zone else ""
        return value.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f").item() + zone
    if dtype == pl.Date:
        return value.dt.to_string("%Y-%m-%d").item()
    if dtype == pl.String:
        return item if len(item.encode()) <= _MOST_BYTES else None
    return item


class _Above:
    """Is after every value."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return not isinstance(other, _Above)


def _end(key: Sequence[Sequence[str]], texts: Sequence[str] | None) -> tuple[Any, ...]:
    return tuple(_value(kind, text) for (_, kind), text in zip(key, texts or (), strict=False))


def _value(kind: str, text: str) -> Any:
    if kind == "string":
        return text.encode()
    if kind == "binary":
        return base64.b64decode(text)
    return text == "true" if kind == "boolean" else int(text)


Ends = tuple[tuple[Any, ...], tuple[Any, ...]]


def _ends(key: Sequence[Sequence[str]], within: Range) -> Ends:
    if within.get("through") is not None:
        return _end(key, within["lo"]), (*_end(key, within["through"]), _Above())
    if within["hi"] is None:
        return _end(key, within["lo"]), (_Above(),)
    return _end(key, within["lo"]), _end(key, within["hi"])


def meet(
    key: Sequence[Sequence[str]], ours: Footprint, theirs: Footprint
) -> tuple[Range, Range] | None:
    """Return a range that we replace and one that they added to or replaced with keys in both."""
    there = [(r, _ends(key, r)) for r in [*theirs["added"], *theirs["replaced"]]]
    for mine in ours["replaced"]:
        lo, hi = _ends(key, mine)
        for other, (low, high) in there:
            if max(lo, low) < min(hi, high):
                return mine, other
    return None


def is_empty(key: Sequence[Sequence[str]], within: Range) -> bool:
    """Tell whether no key can be in a range."""
    lo, hi = _ends(key, within)
    return not lo < hi


def overlap_groups(key: Sequence[Sequence[str]], ranges: Sequence[Range]) -> list[list[int]]:
    """Return the positions of ranges that overlap one another, group by group."""
    ends = [_ends(key, r) for r in ranges]
    groups: list[list[int]] = []
    last: tuple[Any, ...] | None = None
    for i in sorted(range(len(ends)), key=lambda i: ends[i][0]):
        lo, hi = ends[i]
        if last is None or not lo < last:
            groups.append([])
            last = hi
        groups[-1].append(i)
        last = max(last, hi)
    return [g for g in groups if len(g) > 1]

"""The Go core of tables, as this package calls it: what is decided about keys is decided there.

Ranges are what the JSON of shards and operations has, see gocore/tablewire.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._arrow import stream_of
from polars_io_tools.errors import (
    InvalidOperationsError,
    ShardNotFoundError,
    SnapshotNotFoundError,
)

__all__ = [
    "Parts",
    "Spots",
    "Tally",
    "check_footer",
    "common",
    "intersection",
    "is_empty",
    "meet",
    "order_of",
    "overlaps",
    "parts_at",
    "physical_shards",
    "read_asof",
    "read_operations",
    "read_shard",
    "repeated",
    "spots",
    "statistics",
    "union",
    "write_asof",
    "write_operations",
    "write_shard",
]

Key = Sequence[Sequence[str]]
Range = Mapping[str, list[str] | None]
Footprint = Mapping[str, Sequence[Any]]


class Spots(TypedDict):
    """Rows that begin equal parts: file, row of it, rows before; or why there are none."""

    spots: list[list[int]]
    total: int
    why: str | None


class Parts(TypedDict):
    """Shards that follow one another, by columns: one begins at each cut, the first before all."""

    cuts: list[list[str]]
    rows: list[int | None]
    nbytes: list[int | None]


def _bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def _given(text: str) -> bytes:
    """Return a text from anywhere; what is no UTF-8 is for Go to refuse."""
    return text.encode("utf-8", "surrogatepass")


def write_asof(table: str, version: int) -> str:
    """Return the JSON of a state of a table."""
    return _gocore.table_asof(_bytes({"table": table, "version": version})).decode()


def read_asof(text: str) -> tuple[str, int]:
    """Return the table and the version of a state, from its JSON or its str.

    Raises:
        SnapshotNotFoundError: it is neither.
    """
    try:
        given = json.loads(_gocore.table_asof(_given(text)))
    except ValueError as error:
        msg = f"{text[:80]!r} is no state of a table; give str(asof) or asof.to_json(): {error}"
        raise SnapshotNotFoundError(msg) from error
    return given["table"], given["version"]


def write_shard(shard: dict[str, Any]) -> str:
    """Return the JSON of a shard.

    Raises:
        ShardNotFoundError: its ends are no values of its key.
    """
    return json.dumps(read_shard(json.dumps(shard)), separators=(",", ":"))


def read_shard(text: str) -> dict[str, Any]:
    """Return the shard of a JSON.

    Raises:
        ShardNotFoundError: it is no JSON of a shard.
    """
    try:
        shard: dict[str, Any] = json.loads(_gocore.table_shard(_given(text)))
    except ValueError as error:
        raise ShardNotFoundError(f"no shard: {error}; give shard.to_json()") from error
    return shard


def write_operations(operations: dict[str, Any]) -> str:
    """Return the JSON of operations, or of one."""
    return _gocore.table_operations(_bytes(operations)).decode()


def read_operations(text: str, *, single: bool) -> dict[str, Any]:
    """Return the operations of a JSON, or the single one.

    Raises:
        InvalidOperationsError: it is no JSON of that, or a path leads anywhere but to a file that
            a transaction may have written.
    """
    try:
        given: dict[str, Any] = json.loads(_gocore.table_operations(_given(text)))
    except ValueError as error:
        raise InvalidOperationsError(f"no operations of a transaction: {error}") from error
    if single == ("adds" in given):
        other = "piot.TransactionOps" if single else "piot.Operation"
        raise InvalidOperationsError(f"this is the JSON of a {other}: read it by its from_json")
    return given


def statistics(rows: int, columns: Iterable[dict[str, Any]]) -> str:
    """Return the statistics of a file, as the log has them: exact or absent.

    Args:
        rows: how many it has.
        columns: of each `path`, `type`, `least`, `greatest`, `nulls` and, of floats, `nan`.
    """
    return _gocore.table_statistics(_bytes({"rows": rows, "columns": list(columns)})).decode()


def check_footer(footer: bytes, columns: list[dict[str, Any]]) -> tuple[list[int], str]:
    """Return how many rows the row groups of a file have, and what of its footer is wrong.

    Args:
        footer: the end of the file.
        columns: of each `name`, `type` and, row group by row group, `least`, `greatest`, `nulls`.

    Raises:
        OSError: the footer cannot be read.
    """
    answer = json.loads(_gocore.prune_footer(footer, _bytes({"columns": columns})))
    return answer["rows"], answer["wrong"]


def meet(key: Key, ours: Footprint, theirs: Footprint) -> Range | None:
    """Return a range in which we take rows away, and they changed some; None without any."""
    ranges: list[Range] = _conflicts(key, ours, theirs)["conflicts"]
    return ranges[0] if ranges else None


def _conflicts(key: Key, ours: Footprint, theirs: Footprint) -> dict[str, list[Range]]:
    request = {"key": key, "unique": True, "ours": ours, "theirs": theirs}
    answer: dict[str, list[Range]] = json.loads(_gocore.table_conflicts(_bytes(request)))
    return answer


def overlaps(
    key: Key, added: Sequence[Range], live: Sequence[Range], *, among: bool
) -> list[Range]:
    """Return the ranges in which added files may have a key that a live one has.

    Args:
        key: the key.
        added: the ranges of added files.
        live: the ranges of live files.
        among: whether those in which two added files may have the same key are returned as well.
    """
    mine = {"added": added, "replaced": []}
    found = _conflicts(key, mine, {"added": live, "replaced": []})["doubtful"]
    if among:
        whole = [{"lo": None, "hi": None}]
        request = {"key": key, "do": "cover", "a": whole, "b": added, "keys": None}
        found += json.loads(_gocore.key_ranges(_bytes(request)))["overlaps"]
    return found


def common(key: Key, a: Range, b: Range) -> dict[str, Any] | None:
    """Return the range that two have in common, None without any."""
    ranges = intersection(key, [a], [b])
    return ranges[0] if ranges else None


def intersection(key: Key, a: Sequence[Range], b: Sequence[Range]) -> list[dict[str, Any]]:
    """Return the ranges that two lists have in common, in order; they do not touch."""
    return _ranges(key, "intersect", a, b)


def union(key: Key, ranges: Sequence[Range]) -> list[dict[str, Any]]:
    """Return ranges in order, of which those that overlap or touch are one."""
    return _ranges(key, "union", ranges, [])


def _ranges(key: Key, do: str, a: Sequence[Range], b: Sequence[Range]) -> list[dict[str, Any]]:
    request = {"key": key, "do": do, "a": a, "b": b, "keys": None}
    ranges: list[dict[str, Any]] = json.loads(_gocore.key_ranges(_bytes(request)))["ranges"]
    return ranges


def is_empty(key: Key, within: Range) -> bool:
    """Tell whether no key can be in a range of values of the key."""
    request = {"key": key, "do": "union", "a": [within], "b": [], "keys": None}
    try:
        _gocore.key_ranges(_bytes(request))
    except ValueError:
        return True
    return False


def repeated(key: Key, streams: Sequence[pl.DataFrame]) -> list[str] | None:
    """Return a key that is there twice in frames of key columns, each sorted by them."""
    request = _bytes({"key": key, "unique": True})
    answer = json.loads(_gocore.key_scan(request, [stream_of(frame) for frame in streams]))
    found: list[str] | None = answer["key"]
    return found


def order_of(key: Key, keys: pl.DataFrame) -> tuple[str, list[str]]:
    """Return whether keys are "ascending", one "descends", and that key if one does."""
    request = _bytes({"key": key, "unique": False})
    answer = json.loads(_gocore.key_scan(request, [stream_of(keys)]))
    return answer["order"], answer["key"]


def physical_shards(request: dict[str, Any]) -> Parts:
    """Return shards that begin where files begin.

    Args:
        request: what is known of the files by columns, see `table_shards`.
    """
    parts: Parts = json.loads(_gocore.table_shards(_bytes(request)))
    return parts


def spots(request: dict[str, Any]) -> Spots:
    """Return the rows of sorted files at which to cut them into equal parts.

    Args:
        request: what is known of the files by columns, see `table_spots`.
    """
    found: Spots = json.loads(_gocore.table_spots(_bytes(request)))
    return found


def parts_at(
    key: Key, cuts: Sequence[list[str]], ranks: Sequence[int], total: int, nbytes: int | None
) -> Parts:
    """Return the parts between cuts, with how many rows lie before each of these."""
    request = {"key": key, "cuts": cuts, "ranks": ranks, "total": total, "nbytes": nbytes}
    parts: Parts = json.loads(_gocore.table_cuts(_bytes(request)))
    return parts


class Tally:
    """Finds equal parts of rows by passes over their keys."""

    def __init__(
        self,
        key: Key,
        aim: Mapping[str, int | None],
        nbytes: int | None,
    ) -> None:
        """Begin with the first pass."""
        request = {"key": key, **aim, "nbytes": nbytes}
        self._handle = _gocore.tally_open(_bytes(request))

    def add(self, keys: pl.DataFrame) -> None:
        """Count keys of a pass."""
        _gocore.tally_add(self._handle, stream_of(keys))

    def end_pass(self) -> Parts | list[Range]:
        """End a pass: return the parts, or the ranges of keys of which another one is needed."""
        answer = json.loads(_gocore.tally_next(self._handle))
        found: Parts | list[Range] = answer["parts"] if answer["done"] else answer["read"]
        return found

"""`Shard`: a range of keys of a table, as a value that travels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polars_io_tools.errors import ShardNotFoundError
from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Range, Tuple, wire_key
from polars_io_tools.tables._schema import Layout

__all__ = ["Shard", "check_shards", "key_columns", "shard_of", "shards_of"]


@dataclass(frozen=True, repr=False)
class Shard:
    """The rows of a table whose keys lie in a half-open range.

    It is a range and not a list of files: it means the same rows whatever the files are.

    Attributes:
        key: the key columns, each with the name of its type.
        lo: the first values of the least key, as texts of their physical form; None is open.
        hi: the first values of the first key after the range; None is open.
        rows: how many rows it has, None where that is not known exactly.
        nbytes: about how many bytes its files have, None where that is not known.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
        >>> [shard] = t.scan().shards()
        >>> piot.Shard.from_json(shard.to_json()) == shard
        True
    """

    key: tuple[tuple[str, str], ...]
    lo: tuple[str, ...] | None
    hi: tuple[str, ...] | None
    rows: int | None = None
    nbytes: int | None = None

    def __repr__(self) -> str:
        ends = ["…" if end is None else ", ".join(end) for end in (self.lo, self.hi)]
        return f"Shard([{ends[0]}, {ends[1]}), rows={self.rows}, nbytes={self.nbytes})"

    def to_json(self) -> str:
        """Return the JSON of the shard."""
        return _core.write_shard(self._wire())

    @classmethod
    def from_json(cls, text: str) -> Shard:
        """Return the shard of a JSON.

        Raises:
            ShardNotFoundError: it is none that `to_json` wrote.
        """
        return shard_of(_core.read_shard(text))

    def _wire(self) -> dict[str, Any]:
        lo, hi = (None if end is None else list(end) for end in (self.lo, self.hi))
        key = [list(pair) for pair in self.key]
        return {"v": 1, "key": key, "lo": lo, "hi": hi, "rows": self.rows, "nbytes": self.nbytes}

    @property
    def range(self) -> Range:
        """The range, as filters are made of it."""
        wire = self._wire()
        return {"lo": wire["lo"], "hi": wire["hi"]}


def shard_of(wire: dict[str, Any]) -> Shard:
    """Return the shard of what its JSON has."""
    key = tuple((name, kind) for name, kind in wire["key"])
    return Shard(key, _end(wire["lo"]), _end(wire["hi"]), wire["rows"], wire["nbytes"])


def _end(values: Tuple | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def shards_of(parts: _core.Parts, layout: Layout) -> list[Shard]:
    """Return the shards of parts that follow one another."""
    key = key_columns(layout)
    cuts = [tuple(cut) for cut in parts["cuts"]]
    columns = ([None, *cuts], [*cuts, None], parts["rows"], parts["nbytes"])
    return [Shard(key, *values) for values in zip(*columns, strict=True)]


def key_columns(layout: Layout) -> tuple[tuple[str, str], ...]:
    """Return the key columns with the names of their types."""
    return tuple((name, kind) for name, kind in wire_key(layout))


def check_shards(shards: Any, layout: Layout) -> list[Shard]:
    """Return shards as a list.

    Raises:
        TypeError: one is no shard.
        ShardNotFoundError: one has another key than the table.
    """
    listed = [shards] if isinstance(shards, Shard) else list(shards)
    key = key_columns(layout)
    for shard in listed:
        if not isinstance(shard, Shard):
            kind = type(shard).__name__
            raise TypeError(f"a shard must be a piot.Shard, not {kind}; see piot.Shard.from_json")
        if shard.key != key:
            raise ShardNotFoundError(
                f"the shard has the key {_shown(shard.key)}, the table {_shown(key)}: it is "
                "a shard of another table"
            )
    return listed


def _shown(key: tuple[tuple[str, str], ...]) -> str:
    return "(" + ", ".join(f"{name}: {kind}" for name, kind in key) + ")"

"""Equal parts of a table of sorted files that do not overlap, by the ranks of a few of its rows.

Invariant: one after another, the files are all rows in the order of the key; so the number of a
row is its rank. Where rows are filtered, those that are left are counted in blocks, which needs no
keys, and the keys of a few blocks are read.
"""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from polars_io_tools.tables import _core
from polars_io_tools.tables._keys import Tuple, key_texts, range_filter, wire_key
from polars_io_tools.tables._live import OURS, high, live_files, low, read_files
from polars_io_tools.tables._planning import Aim, bounds_by_columns
from polars_io_tools.tables._snapshot import Snapshot

__all__ = ["ranked_parts"]

# Of so many files the first and the last key are read; with more, counting keys is quicker.
_MOST_ENDS = 512

# As many rows as a row group has, so that a block is few of them.
_BLOCK = 1 << 17

# A column that no table has, for the numbers of rows.
_NUMBER = "\0number"


def ranked_parts(snapshot: Snapshot, aim: Aim, where: pl.Expr | None) -> _core.Parts | None:
    """Return equal parts of the rows of a state, None if its files do not follow one another."""
    line = _line_up(snapshot, where)
    if line is None:
        return None
    counts = line.counts()
    blocks = [str(i) for i in range(len(counts))]
    block_key = [["block", "int64"]]
    nothing = [None] * len(counts)
    request = {"key": block_key, "lo": [blocks], "hi": [blocks], "rows": counts, "nbytes": nothing}
    found = _core.spots({**request, **aim.wire()})
    cuts = line.keys([(block, row) for block, row, _ in found["spots"]])
    ranks = [rank for _, _, rank in found["spots"]]
    if not snapshot.layout.unique:
        ranks = line.ranks(cuts, counts)
    nbytes = int(line.files["size"].sum()) if where is None else None
    return _core.parts_at(wire_key(snapshot.layout), cuts, ranks, found["total"], nbytes)


def _line_up(snapshot: Snapshot, where: pl.Expr | None) -> _Line | None:
    """Return the files in order, if they are sorted and do not overlap."""
    layout = snapshot.layout
    files = live_files(snapshot)
    if files["rows"].null_count() or not files["path"].str.contains(OURS).all():
        return None
    files = files.filter(pl.col("rows") > 0)
    # Of keys that repeat, one may end a file and begin the next: their bounds have to be exact.
    if not layout.unique or not _follow(files, snapshot):
        if files.height > _MOST_ENDS:
            return None
        # Least values of columns are no key, and some columns have none in the log.
        files = _with_ends(files, snapshot)
        if not _follow(files, snapshot):
            return None
    order = [name(n) for name in (low, high) for n in layout.key]
    return _Line(snapshot, files.sort(order), where)


def _follow(files: pl.DataFrame, snapshot: Snapshot) -> bool:
    request = bounds_by_columns(files, snapshot.layout)
    return _core.spots({**request, "n": 1, "each": None})["why"] is None


def _with_ends(files: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """Return sorted files with their first and last keys as bounds."""
    key = snapshot.layout.key
    ends = []
    for path, rows in files.select("path", "rows").rows():
        keys = read_files(snapshot.path, [path], snapshot.layout).select(key)
        ends += [
            keys.head(1).rename({n: low(n) for n in key}),
            keys.slice(rows - 1, 1).rename({n: high(n) for n in key}),
        ]
    if not ends:
        return files
    read = _collected(ends)
    bounds = [pl.concat(read[which::2]) for which in (0, 1)]
    return pl.concat([files.select("path", "size", "rows"), *bounds], how="horizontal")


def _collected(queries: list[pl.LazyFrame]) -> list[pl.DataFrame]:
    """Return the results of queries, of which each decodes a row group or two.

    One after another: of those that read the same file, Polars would keep the whole file.
    """
    return [query.collect() for query in queries]


@dataclass(frozen=True)
class _Line:
    """Files that follow one another; rows are numbered through all of them.

    Attributes:
        snapshot: the state that they are of.
        files: the files, in order, with bounds that are exact unless keys are unique.
        where: which rows are wanted.
    """

    snapshot: Snapshot
    files: pl.DataFrame
    where: pl.Expr | None

    @cached_property
    def _starts(self) -> list[int]:
        return [*itertools.accumulate(self.files["rows"].to_list(), initial=0)]

    @property
    def _block(self) -> int:
        """How many rows a block has: without a filter all of them are one."""
        return max(1, self._starts[-1]) if self.where is None else _BLOCK

    def _rows(self, start: int, count: int) -> pl.LazyFrame:
        """Return those of some rows, by their numbers, that are wanted."""
        first = max(0, bisect.bisect_right(self._starts, start) - 1)
        last = bisect.bisect_left(self._starts, start + count)
        rows = self._read(self.files["path"][first : max(last, first + 1)].to_list())
        return self._wanted(rows.slice(start - self._starts[first], count))

    def _read(self, paths: list[str], numbered: str | None = None) -> pl.LazyFrame:
        return read_files(self.snapshot.path, paths, self.snapshot.layout, numbered)

    def _wanted(self, stored: pl.LazyFrame) -> pl.LazyFrame:
        columns = self.snapshot.layout.columns
        rows = stored.with_columns(c.load(pl.col(c.name)) for c in columns if c.dtype != c.stored)
        return rows if self.where is None else rows.filter(self.where)

    def counts(self) -> list[int]:
        """Return how many of the rows of each block are wanted."""
        total = self._starts[-1]
        if self.where is None or not total:
            return [total]
        numbered = self._wanted(self._read(self.files["path"].to_list(), _NUMBER))
        blocks = numbered.group_by(pl.col(_NUMBER) // self._block).len()
        counted = blocks.collect(engine="streaming")
        found = dict(counted.rows())
        return [found.get(i, 0) for i in range(-(-total // self._block))]

    def keys(self, places: list[tuple[int, int]]) -> list[Tuple]:
        """Return the keys of rows, each by its block and its number among the wanted ones there."""
        if not places:
            return []
        key = list(self.snapshot.layout.key)
        if self.where is None:
            rows = [self._rows(row, 1).select(key) for _, row in places]
            return key_texts(pl.concat(_collected(rows)), self.snapshot.layout)
        keys = []
        for block, there in itertools.groupby(places, lambda place: place[0]):
            found = self._rows(block * self._block, self._block).select(key).collect()
            keys.append(found[[row for _, row in there]])
        return key_texts(pl.concat(keys), self.snapshot.layout)

    def ranks(self, keys: list[Tuple], counts: list[int]) -> list[int]:
        """Return how many of the wanted rows have lower keys than each of some that are there."""
        before = [0, *itertools.accumulate(counts)]
        blocks = [divmod(number, self._block) for number in self._firsts(keys)]
        if self.where is None:
            return [row for _, row in blocks]
        parts = [self._rows(b * self._block, row).select(pl.len()) for b, row in blocks]
        rest = [found.item() for found in _collected(parts)]
        return [before[b] + more for (b, _), more in zip(blocks, rest, strict=True)]

    def _firsts(self, keys: list[Tuple]) -> list[int]:
        """Return the number of the first row with each key."""
        layout = self.snapshot.layout
        numbered = self.files.with_row_index("file")
        scans, starts = [], []
        for key in keys:
            # The files before the first that goes so far have lower keys only.
            reaching = numbered.filter(range_filter({"lo": key, "hi": None}, layout, high))
            file, path = reaching.select("file", "path").row(0)
            starts.append(self._starts[file])
            same = range_filter({"lo": key, "hi": None, "through": key}, layout)
            # Statistics of row groups lead to it.
            scans.append(self._read([path], _NUMBER).filter(same).select(pl.col(_NUMBER).min()))
        found = _collected(scans)
        return [start + frame.item() for start, frame in zip(starts, found, strict=True)]

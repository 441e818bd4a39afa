"""`Asof`: which state of which table, as a value that travels."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

from polars_io_tools.errors import SnapshotNotFoundError
from polars_io_tools.tables import _core

__all__ = ["Asof", "When", "version_at"]


@total_ordering
@dataclass(frozen=True, repr=False)
class Asof:
    """A state of a table, opaque but for this: states of one table compare as they came about.

    `str` of it and its JSON are two ways to send it; `asof=` takes either.

    Example:
        >>> import polars as pl, polars_io_tools as piot, tempfile
        >>> t = piot.create_table(tempfile.mkdtemp() + "/t", {"key": pl.Int64}, key="key")
        >>> asof = t.snapshot().asof
        >>> piot.Asof.from_json(asof.to_json()) == asof == t.snapshot(str(asof)).asof
        True
    """

    _table: str
    _version: int

    def __str__(self) -> str:
        return f"{self._table}@{self._version}"

    def __repr__(self) -> str:
        return f"Asof({str(self)!r})"

    def to_json(self) -> str:
        """Return the JSON of the value."""
        return _core.write_asof(self._table, self._version)

    @classmethod
    def from_json(cls, text: str) -> Asof:
        """Return the value of a JSON.

        Raises:
            SnapshotNotFoundError: it is none that `to_json` wrote.
        """
        return cls(*_core.read_asof(text))

    @classmethod
    def parse(cls, text: str) -> Asof:
        """Return the value of its str or its JSON.

        Raises:
            SnapshotNotFoundError: it is neither.
        """
        return cls(*_core.read_asof(text))

    def __lt__(self, other: object) -> bool:
        """Tell whether this state came before another one of the same table."""
        if not isinstance(other, Asof):
            return NotImplemented
        if other._table != self._table:
            raise TypeError("states of different tables have no order")
        return self._version < other._version


When = Asof | str | dt.datetime | None


def version_at(history: list[dict[str, Any]], when: dt.datetime) -> int:
    """Return the version that was the newest at a time; a time without a zone is local.

    Raises:
        SnapshotNotFoundError: it is before the first commit, or in the future.
    """
    asked = when.astimezone(dt.UTC)
    commits = sorted((h["version"], h["timestamp"]) for h in history)
    first = _instant(commits[0][1])
    now = dt.datetime.now(dt.UTC)
    if asked < first or asked > now:
        where = "before the first known commit" if asked < first else "in the future"
        raise SnapshotNotFoundError(
            f"{when.isoformat()} is {where}: the table has states from {first.isoformat()} (the "
            f"first commit) to {now.isoformat()} (now)"
        )
    # Clocks of writers may differ: a version is there once all that came before it are.
    found, latest = commits[0][0], commits[0][1]
    for version, stamp in commits:
        latest = max(latest, stamp)
        if _instant(latest) <= asked:
            found = version
    return int(found)


def _instant(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=milliseconds)

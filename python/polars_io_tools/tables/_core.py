"""The Go core of tables, as this package calls it: what is decided about keys is decided there."""

from __future__ import annotations

import json

from polars_io_tools.errors import SnapshotNotFoundError

__all__ = ["read_asof", "write_asof"]


def write_asof(table: str, version: int) -> str:
    """Return the JSON of a state of a table."""
    return json.dumps({"v": 1, "table": table, "version": version})


def read_asof(text: str) -> tuple[str, int]:
    """Return the table and the version of a state.

    Raises:
        SnapshotNotFoundError: it is no JSON of a state, or of a version that is not known.
    """
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    match given:
        case {"v": 1, "table": str(table), "version": int(version), **rest} if not rest:
            return table, version
    raise SnapshotNotFoundError(f"{text[:80]!r} is no state of a table; give asof.to_json()")

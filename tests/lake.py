"""Delta and Iceberg tables for tests, with what the libraries that write them cannot write."""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

__all__ = ["delete_rows", "delta", "iceberg", "rewrite_log", "without_warnings"]

# Polars warns that its own planner is not installed, which is about time only.
without_warnings = {"POLARS_ICEBERG_PLANNER": "pyiceberg"}

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def delta(folder: Path, commits: Sequence[pl.DataFrame], **options: Any) -> Path:
    """Write a Delta table, one commit a frame; columns may be added on the way."""
    path = folder / "delta"
    for frame in commits:
        given = {"schema_mode": "merge"} | options
        frame.write_delta(path, mode="append", delta_write_options=given)
    return path


def iceberg(
    folder: Path, commits: Sequence[pl.DataFrame], partition: Callable[[Any], None] | None = None
) -> Table:
    """Write an Iceberg table, one snapshot a frame."""
    catalog = SqlCatalog("c", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace_if_not_exists("n")
    schema = commits[0].to_arrow().schema
    table = catalog.create_table(f"n.t{uuid.uuid4().hex}", schema=schema)
    if partition is not None:
        with table.update_spec() as spec:
            partition(spec)
    for frame in commits:
        table.append(frame.to_arrow().cast(schema))
    # The connection to the catalog is not needed to read the table.
    catalog.engine.dispose()
    return table


def rewrite_log(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change every added file in the log of a Delta table."""
    for commit in sorted((path / "_delta_log").glob("*.json")):
        entries = [json.loads(line) for line in commit.read_text().splitlines()]
        for entry in entries:
            if "add" in entry:
                change(entry["add"])
        commit.write_text("\n".join(map(json.dumps, entries)))


def delete_rows(path: Path, commit: int, rows: Sequence[int]) -> None:
    """Delete rows of the only file of a commit by a deletion vector, in a new commit."""
    log = path / "_delta_log"
    lines = (log / f"{commit:020}.json").read_text().splitlines()
    [added] = [e["add"] for e in map(json.loads, lines) if "add" in e]
    removed = {k: added[k] for k in ("path", "partitionValues", "size")}
    names = ["deletionVectors", "timestampNtz"]
    features = {"readerFeatures": names, "writerFeatures": names}
    entries = [
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7} | features},
        {"remove": removed | {"deletionTimestamp": 0, "dataChange": True}},
        {"add": added | {"deletionVector": _vector(rows)}},
    ]
    last = max(int(p.stem) for p in log.glob("*.json"))
    (log / f"{last + 1:020}.json").write_text("\n".join(map(json.dumps, entries)))


def _vector(rows: Sequence[int]) -> dict[str, Any]:
    """Return a deletion vector that stands in the log: one Roaring bitmap with one container."""
    header = struct.pack("<IIHHI", 12346, 1, 0, len(rows) - 1, 16)
    bitmap = header + b"".join(struct.pack("<H", row) for row in rows)
    data = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    inline = {"storageType": "i", "pathOrInlineDv": _z85(data)}
    return inline | {"sizeInBytes": len(data), "cardinality": len(rows)}


def _z85(data: bytes) -> str:
    data += b"\0" * (-len(data) % 4)
    out = ""
    for i in range(0, len(data), 4):
        value, digits = int.from_bytes(data[i : i + 4], "big"), ""
        for _ in range(5):
            digits = _ALPHABET[value % 85] + digits
            value //= 85
        out += digits
    return out

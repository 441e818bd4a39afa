"""File scans inside plan bytes, replaced by resolvers that choose their files in the worker.

A resolver is a node of a plan that Polars asks for a LazyFrame while it optimises, with the
filters that it has pushed down to that place. Both resolvers and plan bytes are unstable surfaces
of Polars, so bytes are changed for the versions below only, and every change is proved by asking
Polars.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable

import polars as pl
from polars.lazyframe.resolver import FilterExpr, LazyFrameResolver, ResolvedLazyFrameProps

from polars_io_tools import _gocore
from polars_io_tools._polars.payload import (
    Resolved,
    deserialise,
    plan_bytes,
    resolve,
    resolve_frame,
    rewrite,
)
from polars_io_tools._polars.versions import NOT_HANDED_OVER

__all__ = [
    "FilterExpr",
    "LazyFrameResolver",
    "ResolvedLazyFrameProps",
    "hands_over",
    "is_known",
    "plans_are_known",
    "reads_alike",
    "replace_scans",
    "scan_template",
]

# The hash with which Polars names the schema of its plans, of the versions that were tested.
_KNOWN = {
    "dd13fd0271a06799ac92d2b87b196660f19f2ff5d3ca3e16edb09eed5c51de68",  # 2.0.0
    "b2af60200b56e429cab31266a9391bc2b595c97c3d15312db0b29bb1dad0935c",  # 2.1.0
}

_MAGIC = b"DSL_VERSION"
_HASH = slice(len(_MAGIC) + 4, len(_MAGIC) + 68)


def hands_over(schema: Iterable[tuple[str, pl.DataType]], filtered: Container[str]) -> bool:
    """Tell whether this Polars can give a resolver the filters on these columns of a schema."""
    return not any(isinstance(t, NOT_HANDED_OVER) for name, t in schema if name in filtered)


def is_known(payload: bytes) -> bool:
    """Tell whether plan bytes are of a layout in which scans may be replaced."""
    return payload.startswith(_MAGIC) and payload[_HASH].decode("ascii", "replace") in _KNOWN


def plans_are_known() -> bool:
    """Tell whether the plan bytes that this Polars writes are of such a layout."""
    return is_known(plan_bytes(pl.LazyFrame()))


def scan_template(alone: bytes, plain: Resolved) -> tuple[bytes, bool]:
    """Return a plan that is one scan without its files, and whether it needs the first of them.

    A Parquet scan takes its schema from its first file. Here it gets the schema given, as far as
    Polars then reads the same; else the first file has to be among those that it is given.

    Raises:
        ValueError: the layout of the plan is not one that is known.
    """
    files = plain.paths or []
    if plain.hive is None:
        given = pl.scan_parquet("x", schema=dict(_of_files(alone, plain)))
        schema = json.dumps({"schema": 0}).encode()
        templated = _gocore.graft(alone, plan_bytes(given), schema)
        try:
            if resolve(templated).reads_as(plain, files):
                return rewrite(templated, empty=0), False
        except (pl.exceptions.PolarsError, OSError, NotImplementedError):
            pass
    return rewrite(alone, empty=0), True


def _of_files(alone: bytes, plain: Resolved) -> list[tuple[str, pl.DataType]]:
    """Return the columns of a scan without the one that holds its paths, which is the last."""
    scan = json.loads(_gocore.find_scans(alone))["scans"][0]
    return plain.schema[:-1] if scan["file_paths"] else plain.schema


def replace_scans(payload: bytes, scans: list[int], resolver: LazyFrameResolver) -> bytes:
    """Return a plan with a resolver in the place of scans.

    Raises:
        ValueError: the layout of a plan is not one that is known.
    """
    donor = plan_bytes(resolver.lazy())
    return _gocore.graft(payload, donor, json.dumps({"nodes": scans}).encode())


def reads_alike(alone: bytes, resolver: LazyFrameResolver, plain: Resolved) -> bool:
    """Tell whether Polars reads the same from a resolver as from the scan that it replaces."""
    try:
        lf = deserialise(replace_scans(alone, [0], resolver))
        if list(lf.collect_schema().items()) != plain.schema:
            return False
        lf.explain()
        # Polars shows nothing of what a resolver answered, so it is asked here.
        answer = resolver.resolve_lazyframe(
            projection=None,
            limit=None,
            filters=[],
            filter_columns=[],
            filter_drop_columns_idx=None,
            existing_resolved_version_key=None,
        )
        scan = answer[0] if isinstance(answer, tuple) else answer
        return scan is not None and resolve_frame(scan).reads_as(plain, plain.paths or [])
    except (ValueError, pl.exceptions.PolarsError, OSError, NotImplementedError):
        return False

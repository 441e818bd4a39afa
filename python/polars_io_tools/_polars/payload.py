"""Plans as bytes that mean the same in every working directory.

A serialised plan keeps the paths of its file scans as the user wrote them, so a relative path or
a glob would be expanded in the folder of each worker. Here each scan is pinned to the files that
Polars expands it to on the driver. Go finds the scans and rewrites the bytes; Polars says what a
scan expands to, and whether the rewritten scan is still the same one.

Paths inside of Python functions that travel with a plan, such as IO sources, are not seen.
"""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._polars.pickling import functions_by_value
from polars_io_tools._polars.tables import pinned
from polars_io_tools._polars.traverse import Traverser, traverse
from polars_io_tools.errors import UnsplittablePlanError

__all__ = [
    "FileScan",
    "Resolved",
    "deserialise",
    "expanded",
    "file_scans",
    "plan_bytes",
    "resolve",
    "resolve_frame",
    "rewrite",
    "scanned_paths",
    "serialise",
]

# What Polars raises for a plan that is not valid, or that this version does not show.
_POLARS_FAILURES = (pl.exceptions.PolarsError, OSError, NotImplementedError)

# How many paths a message shows.
_SHOWN = 3

# What to do when Polars cannot write a plan, by what its message contains.
_HINTS = {
    "ScanSources::Files": "A scan of an open file cannot be sent to workers: scan its path.",
    "cloudpickle": "The plan holds a Python function; to send it, install cloudpickle.",
}


class FileScan(TypedDict):
    """A file scan as Go describes it."""

    kind: str
    paths: list[str] | None  # None: the sources are not paths
    files: bool  # a format that is known to read files and nothing else
    location: str  # "absolute", "relative", "remote" or "mixed"
    file_paths: bool  # a column of the answer holds the paths
    twin: int  # index of the first scan with the same bytes
    obstacle: str  # why fewer files would change the answer; "" when they would not
    missing: str  # what it makes of a file that lacks a column: "insert" or "raise"


class _Edit(TypedDict):
    """What Go shall do with a scan."""

    action: str  # "pin": these files; "anchor": absolute, but expanded by the worker
    scan: int
    directories: list[bool]
    expanded: list[str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What Polars makes of a scan that stands alone."""

    schema: list[tuple[str, pl.DataType]]
    paths: list[str] | None  # None: Polars does not show them
    hive: pl.DataFrame | None

    def reads_as(self, plain: Resolved, files: list[str]) -> bool:
        """Tell whether this scan reads `files` with the columns of `plain`."""
        if self.schema != plain.schema or (self.paths is not None and self.paths != files):
            return False
        if self.hive is None or plain.hive is None:
            return self.hive is plain.hive
        return self.hive.schema == plain.hive.schema and self.hive.equals(plain.hive)


def serialise(lf: pl.LazyFrame) -> bytes:
    """Return the plan as bytes whose file scans read the same files from any folder.

    The files are those that Polars finds now: later ones are not read; tables are read at the
    snapshot that this process reads. Scans of URIs, in-memory
    frames and Python sources travel as they are. Where a scan of absolute paths cannot be pinned
    to its files, the worker expands it; where a relative one cannot be moved, it is refused.

    Raises:
        UnsplittablePlanError: A relative path cannot be made absolute with the same answer.
        polars.exceptions.PolarsError: What plain Polars raises for this plan, such as for a glob
            without a match.
    """
    payload = plan_bytes(lf)
    try:
        bare, scans = file_scans(payload)
    except ValueError:
        _refuse_relative(lf)
        return payload
    edits: dict[int, _Edit] = {}
    for index, scan in enumerate(scans):
        first = scan["twin"]
        edit = edits.get(first) if first != index else _edit_for(lf, bare, scan, index)
        if edit is not None:
            edits[index] = {**edit, "scan": index}
    return _rewrite(payload, list(edits.values())) if edits else payload


def deserialise(payload: bytes | memoryview) -> pl.LazyFrame:
    """Return the plan that `serialise` wrote."""
    return pl.LazyFrame.deserialize(io.BytesIO(payload))


def file_scans(payload: bytes) -> tuple[bytes, list[FileScan]]:
    """Return the plan without its in-memory frames, and the file scans in it.

    Raises:
        ValueError: The layout of the plan is not one that is known.
    """
    bare = rewrite(payload, bare=True)
    return bare, json.loads(_gocore.find_scans(bare))["scans"]


def plan_bytes(lf: pl.LazyFrame) -> bytes:
    try:
        with functions_by_value(pinned):
            return lf.serialize()
    except pl.exceptions.ComputeError as error:
        for symptom, hint in _HINTS.items():
            if symptom in str(error):
                error.add_note(hint)
        raise


def _edit_for(lf: pl.LazyFrame, bare: bytes, scan: FileScan, index: int) -> _Edit | None:
    """Return the edit that makes a scan read the same anywhere, or None to leave it."""
    if not scan["files"] or scan["location"] == "remote":
        return None
    absolute = scan["location"] == "absolute"
    if scan["location"] == "mixed":
        raise _unsplittable(scan, "it mixes local paths and URIs")
    if scan["file_paths"] and not absolute:
        raise _unsplittable(scan, "include_file_paths would show other, absolute paths")
    alone = rewrite(bare, isolate=index)
    plain = _resolve_plain(lf, alone)
    edit = None if plain is None else _proved_edit(alone, scan, plain)
    if edit is None and not absolute:
        raise _unsplittable(scan, "Polars would not read the same from absolute paths")
    return edit


def _resolve_plain(lf: pl.LazyFrame, alone: bytes) -> Resolved | None:
    """Resolve a scan as written, and fail as plain Polars fails on the whole plan."""
    try:
        return resolve(alone)
    except _POLARS_FAILURES:
        lf.collect_schema()
        return None


def _proved_edit(alone: bytes, scan: FileScan, plain: Resolved) -> _Edit | None:
    """Return the first edit after which Polars reads the same as before, if there is one."""
    directories = [Path(path).is_dir() for path in scan["paths"] or ()]
    try:
        files = plain.paths or expanded(alone)
    except (ValueError, *_POLARS_FAILURES):
        return None
    here = _here()
    # Path would clean the paths, and "link/../x" means something else then.
    absolute = [os.path.join(here, path) for path in files]  # noqa: PTH118 - see above
    for action in ("pin", "anchor"):
        edit = _Edit(action=action, scan=0, directories=directories, expanded=files)
        try:
            if resolve(_rewrite(alone, [edit])).reads_as(plain, absolute):
                return edit
        except (ValueError, *_POLARS_FAILURES):
            continue
    return None


def expanded(alone: bytes) -> list[str]:
    """Return the files of a scan that stands alone, of any format.

    Raises:
        ValueError: The layout of the plan is not one that is known.
        polars.exceptions.PolarsError: There are none, or the first cannot be read.
    """
    # Polars does not show the files of Ipc, and no scan of no file.
    return resolve(alone).paths or resolve(rewrite(alone, listing=0)).paths or []


def _rewrite(payload: bytes, edits: list[_Edit]) -> bytes:
    return rewrite(payload, cwd=_here(), edits=edits)


def rewrite(payload: bytes, **request: object) -> bytes:
    """Return the plan rewritten as a request says, see `payload.Rewrite` in Go.

    Raises:
        ValueError: The plan is of an unknown layout, or the request does not fit it.
    """
    # A folder whose name is not Unicode cannot be encoded, which is a ValueError too.
    return _gocore.replace_paths(payload, json.dumps(request, ensure_ascii=False).encode())


def _here() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # removed: absolute paths can do without
        return ""


def resolve(alone: bytes) -> Resolved:
    """Let Polars expand a scan that stands alone, without reading its rows."""
    return resolve_frame(deserialise(alone))


def resolve_frame(scan: pl.LazyFrame) -> Resolved:
    """Let Polars expand a LazyFrame that is a scan."""
    return traverse(scan, _read_scan)


def _read_scan(traverser: Traverser) -> Resolved:
    schema = list(traverser.get_schema().items())
    try:
        view = traverser.view_current_node()
    except NotImplementedError:  # Ipc
        return Resolved(schema, None, None)
    parts = getattr(view, "hive_parts", None)
    # A scan of no file has become an empty frame, which has no paths.
    paths = [str(path) for path in getattr(view, "paths", ())]
    if parts is not None:
        parts = pl.DataFrame._from_pydf(parts)  # noqa: SLF001 - no public way wraps such a frame
    return Resolved(schema, paths, parts)


def _refuse_relative(lf: pl.LazyFrame) -> None:
    """Refuse a plan in bytes of unknown layout if it is seen to scan relative paths."""
    paths = scanned_paths(lf)
    if any("://" not in path and not Path(path).is_absolute() for path in paths):
        scan = FileScan(
            kind="file",
            paths=paths,
            files=True,
            location="mixed",
            file_paths=False,
            twin=0,
            obstacle="",
            missing="raise",
        )
        raise _unsplittable(scan, f"the plan bytes of Polars {pl.__version__} are not known")


def scanned_paths(lf: pl.LazyFrame) -> list[str]:
    """Return the files that Polars expands the scans of a plan to, of those that it shows."""
    try:
        return traverse(lf, _read_paths)
    except NotImplementedError:
        return []


def _read_paths(traverser: Traverser) -> list[str]:
    found: list[str] = []
    stack = [traverser.get_node()]
    while stack:
        traverser.set_node(stack.pop())
        stack.extend(traverser.get_inputs())
        try:
            view = traverser.view_current_node()
        except NotImplementedError:
            continue
        found.extend(str(path) for path in getattr(view, "paths", ()))
    return found


def _unsplittable(scan: FileScan, why: str) -> UnsplittablePlanError:
    paths = scan["paths"] or []
    shown = ", ".join(map(repr, paths[:_SHOWN])) + (", …" if len(paths) > _SHOWN else "")
    return UnsplittablePlanError(
        f"the {scan['kind']} scan of {shown} cannot be sent to workers: {why}; "
        "scan absolute paths instead"
    )

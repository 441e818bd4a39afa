"""What one period's task does, in whichever process it runs.

Everything that crosses the process boundary is made of builtins, so that a worker can say what is
wrong before it needs this package: a task is a `dict`, a plan is bytes, a result is a format name
with one buffer.

Invariant: a task depends only on its arguments and on the data the plan reads, so it may run more
than once.
"""

from __future__ import annotations

import io
import pickle
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypedDict

import polars as pl
import polars.selectors as cs

from polars_io_tools._plan import Period
from polars_io_tools._polars import deserialise
from polars_io_tools._version import __version__

__all__ = ["ReturnAs", "Task", "decode", "inside_task", "run_task", "unsupported", "versions"]

ReturnAs = Literal["arrow", "ipc", "parquet"]

# Plans decoded by this process, the latest last. A worker serves one query at a time, or a few
# that share the cluster.
_MAX_DECODED_PLANS = 4
_decoded: OrderedDict[str, pl.LazyFrame] = OrderedDict()
_lock = threading.Lock()

_running = 0


class Task(TypedDict):
    """The part of a task that all periods share.

    Attributes:
        plan_id: names the plan, so that a process decodes it once.
        versions: versions of the driver, see `versions`.
        column: the date column.
        columns: the columns to return, None for all.
        limit: the most rows that one period has to return, None for all.
        return_as: the format of the result.
    """

    plan_id: str
    versions: dict[str, str]
    column: str
    columns: list[str] | None
    limit: int | None
    return_as: ReturnAs


def versions() -> dict[str, str]:
    """Return the versions on which driver and worker have to agree."""
    return {
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "polars": pl.__version__,
        "polars-io-tools-go": __version__,
    }


def inside_task() -> bool:
    """Return whether this process is running one of our tasks right now."""
    return _running > 0


@contextmanager
def _marked() -> Iterator[None]:
    global _running  # noqa: PLW0603  (Polars calls sources from threads of its own)
    with _lock:
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1


def run_task(
    task: Task, plan: Sequence[Any], period: tuple[str, int | None, int | None], node: str
) -> tuple[str, pickle.PickleBuffer]:
    """Compute one period of a plan and return its rows, encoded.

    `plan` holds the plan bytes as its only element: Ray shares the buffer instead of copying it.

    Raises:
        RuntimeError: this process has other versions than the driver.
    """
    _check_versions(task["versions"], node)
    with _marked():
        lf = _decode_plan(task["plan_id"], plan[0])
        part = lf.filter(_predicate(lf, task["column"], Period(*period)))
        if task["columns"] is not None:
            part = part.select(cs.by_name(*task["columns"]))
        if task["limit"] is not None:
            part = part.head(task["limit"])
        return task["return_as"], pickle.PickleBuffer(_encode(part.collect(), task["return_as"]))


def _check_versions(driver: dict[str, str], node: str) -> None:
    worker = versions()
    different = [
        f"{name} {worker.get(name)} here, {version} on the driver"
        for name, version in driver.items()
        if worker.get(name) != version
    ]
    if different:
        msg = (
            f"the worker on node {node} has other versions than the driver: "
            f"{'; '.join(different)}. Plans do not travel between versions: install the "
            "driver's versions there, or start Ray with a runtime_env that does."
        )
        raise RuntimeError(msg)


def _decode_plan(plan_id: str, plan: Any) -> pl.LazyFrame:
    with _lock:
        if plan_id in _decoded:
            _decoded.move_to_end(plan_id)
            return _decoded[plan_id]
    lf = deserialise(bytes(plan))
    with _lock:
        _decoded[plan_id] = lf
        while len(_decoded) > _MAX_DECODED_PLANS:
            _decoded.popitem(last=False)
    return lf


def _predicate(lf: pl.LazyFrame, column: str, period: Period) -> pl.Expr:
    """Return the filter of a period, in physical integers of the column's own type.

    The column is selected by its exact name, for `pl.col("^a$")` would be a pattern.
    """
    date = cs.by_name(column).as_expr()
    if period.start is None or period.end is None:
        return date.is_null()
    dtype = lf.collect_schema()[column]
    physical = pl.Int32 if dtype == pl.Date else pl.Int64
    start = pl.lit(period.start, dtype=physical).cast(dtype)
    end = pl.lit(period.end, dtype=physical).cast(dtype)
    return (date >= start) & (date < end)


def _encode(df: pl.DataFrame, return_as: ReturnAs) -> bytes:
    buffer = io.BytesIO()
    if return_as == "parquet":
        df.write_parquet(buffer)
    elif return_as == "ipc":
        df.write_ipc_stream(buffer, compression="lz4")
    else:
        df.write_ipc_stream(buffer, compression="uncompressed")
    return buffer.getvalue()


def decode(result: tuple[str, Any]) -> pl.DataFrame:
    """Return the rows of one period from what `run_task` returned."""
    return_as, buffer = result
    if return_as == "parquet":
        return pl.read_parquet(bytes(buffer))
    return pl.read_ipc_stream(bytes(buffer))


# Types that come back exactly in every format; the tests hold the table. Nested types count by
# what is inside.
_FLAT = (
    *(pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128),
    *(pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.UInt128),
    *(pl.Float16, pl.Float32, pl.Float64, pl.Decimal, pl.Boolean, pl.Null),
    *(pl.String, pl.Binary, pl.Categorical, pl.Enum),
    *(pl.Date, pl.Time, pl.Datetime, pl.Duration),
)


def unsupported(schema: pl.Schema, return_as: ReturnAs) -> list[str]:
    """Return "name: type" of each column whose type cannot be sent back in the format."""
    return [f"{name!r}: {dtype}" for name, dtype in schema.items() if not _ships(dtype, return_as)]


def _ships(dtype: Any, return_as: ReturnAs) -> bool:
    if isinstance(dtype, pl.List):
        return _ships(dtype.inner, return_as)
    if isinstance(dtype, pl.Array):
        return dtype.size > 0 and _ships(dtype.inner, return_as)
    if isinstance(dtype, pl.Struct):
        # Parquet has no column for a struct without fields.
        empty = not dtype.fields and return_as == "parquet"
        return not empty and all(_ships(f.dtype, return_as) for f in dtype.fields)
    return dtype.base_type() in _FLAT

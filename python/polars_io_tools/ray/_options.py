"""Arguments of `execute_on_ray`, checked once, at the call."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

import polars as pl

from polars_io_tools import _gocore
from polars_io_tools._plan import Split
from polars_io_tools._polars import type_name
from polars_io_tools._transport import ReturnAs, unsupported
from polars_io_tools.ray._redact import redacted

__all__ = ["RayOptions", "check_options", "check_split"]

# Options of a Ray task that are part of how results come back.
_OURS = ("name", "num_returns")

_MAX_LISTED = 20


@dataclass(frozen=True)
class RayOptions:
    """How to run the parts of a query on Ray; see `execute_on_ray`."""

    return_as: ReturnAs
    remote_options: Mapping[str, Any] = field(repr=False)
    max_concurrency: int | None
    max_periods_per_task: int
    max_unread_bytes: int | None
    preserve_partition_order: bool
    progress: bool | None
    description: str | None


def check_split(lf: pl.LazyFrame, *, date_column: str, time_unit: str, max_periods: int) -> Split:
    """Return how to split `lf`.

    Raises:
        ValueError: an unknown column or unit, or `max_periods` below one.
        TypeError: an argument, or the column, is of the wrong type.
    """
    if not isinstance(date_column, str):
        raise TypeError(f"date_column must be the name of a column, not {date_column!r}")
    schema = lf.collect_schema()
    if date_column not in schema:
        raise ValueError(
            f"date_column {date_column!r} is not a column of the query; "
            f"{_suggest(date_column, schema.names(), 'its columns are')}"
        )
    if not isinstance(time_unit, str):
        raise TypeError(f'time_unit must be a str such as "monthly" or "6h", not {time_unit!r}')
    _check_count("max_periods", max_periods)
    dtype = schema[date_column]
    _check_type(date_column, dtype)
    try:
        _gocore.check_unit(time_unit.encode(), type_name(dtype).encode())
    except ValueError as error:
        why = str(error).removeprefix("calendar: ")
        raise ValueError(f"time_unit {time_unit!r} cannot be used: {why}") from None
    return Split(date_column, dtype, time_unit, max_periods)


def _check_type(column: str, dtype: pl.DataType) -> None:
    name = f'pl.col("{column}")'
    if isinstance(dtype, pl.Datetime) or dtype == pl.Date:
        return
    remedy = f"; convert it before: {name}.str.to_date()" if dtype == pl.String else ""
    raise TypeError(
        f"date_column {column!r} is a {dtype}, but has to be a Date or a Datetime{remedy}"
    )


def check_options(  # noqa: PLR0913  (one keyword for each argument of the call)
    lf: pl.LazyFrame,
    *,
    return_as: str,
    remote_options: Mapping[str, Any] | None,
    max_concurrency: int | None,
    max_periods_per_task: int,
    max_unread_bytes: int | None,
    preserve_partition_order: bool,
    progress: bool | None,
    description: str | None,
) -> RayOptions:
    """Return the options of a run, as far as they can be checked without Ray.

    Raises:
        ValueError: an unknown format, an option of ours, a number out of range, or a column of a
            type that cannot be shipped.
        TypeError: an argument of the wrong type.
    """
    formats = get_args(ReturnAs)
    if return_as not in formats:
        raise ValueError(f"return_as {return_as!r} is unknown; {_suggest(return_as, formats)}")
    result_format = cast("ReturnAs", return_as)
    if max_concurrency is not None:
        _check_count("max_concurrency", max_concurrency, "a positive integer or None")
    _check_count("max_periods_per_task", max_periods_per_task)
    if max_unread_bytes is not None:
        _check_count("max_unread_bytes", max_unread_bytes, "a positive integer or None")
    if not isinstance(preserve_partition_order, bool):
        raise TypeError(
            f"preserve_partition_order must be a bool, not {preserve_partition_order!r}"
        )
    if progress is not None and not isinstance(progress, bool):
        raise TypeError(f"progress must be a bool or None, not {progress!r}")
    if description is not None and not isinstance(description, str):
        raise TypeError(f"description must be a str or None, not {description!r}")
    bad = unsupported(lf.collect_schema(), result_format)
    if bad:
        raise ValueError(
            f"columns of these types cannot be sent back from workers as {return_as!r}: "
            f"{', '.join(bad)}; drop or cast them before execute_on_ray"
        )
    return RayOptions(
        return_as=result_format,
        remote_options=_check_remote_options(remote_options),
        max_concurrency=max_concurrency,
        max_periods_per_task=max_periods_per_task,
        max_unread_bytes=max_unread_bytes,
        preserve_partition_order=preserve_partition_order,
        progress=progress,
        description=description,
    )


def _check_remote_options(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise TypeError(
            f"remote_options must be a mapping of Ray task options, not {type(options).__name__}; "
            'for example {"num_cpus": 2}'
        )
    for key in _OURS:
        if key in options:
            raise ValueError(f"remote_options must not set {key!r}: execute_on_ray sets it itself")
    if "ray" in sys.modules:
        from polars_io_tools.ray._cluster import remote_function

        try:
            remote_function().options(**options)
        except (TypeError, ValueError) as error:
            # Not as its cause either, whose text may repeat what a runtime_env holds.
            text = redacted(str(error), options)
            raise ValueError(f"remote_options are not valid: {text}") from None
    return dict(options)


def _check_count(name: str, value: int, expected: str = "a positive integer") -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be {expected}, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be {expected}, not {value!r}")


def _suggest(value: object, names: Iterable[str], intro: str = "use one of") -> str:
    """Return the names near to a mistyped one, or all of them while they are few."""
    known = list(names)
    near = difflib.get_close_matches(str(value), known, n=3)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    shown = ", ".join(map(repr, known[:_MAX_LISTED]))
    return f"{intro} {shown}{', …' if len(known) > _MAX_LISTED else ''}"

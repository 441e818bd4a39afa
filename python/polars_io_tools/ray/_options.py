"""Arguments of `execute_on_ray`, checked once, at the call."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args

import polars as pl

from polars_io_tools._partitions import RayPartition, ReadPartition
from polars_io_tools._redact import redacted
from polars_io_tools._split import check_count
from polars_io_tools._suggest import suggest
from polars_io_tools._transport import ReturnAs, unsupported

__all__ = ["RayOptions", "check_options", "check_partition_options", "cpus_of", "threads_of"]

# Options of a Ray task that are part of how results come back.
_OURS = ("name", "num_returns")


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


def check_options(  # noqa: PLR0913  (one keyword for each argument of the call)
    lf: pl.LazyFrame | None,
    *,
    return_as: str,
    remote_options: Mapping[str, Any] | None,
    max_concurrency: int | None,
    max_periods_per_task: int,
    max_unread_bytes: int | None,
    preserve_partition_order: bool | None,
    progress: bool | None,
    description: str | None,
    ordered: bool,
) -> RayOptions:
    """Return the options of a run, as far as they can be checked without Ray, or without a query.

    Results come in order if `preserve_partition_order` says so, or is None and `ordered` does.

    Raises:
        ValueError: an unknown format, an option of ours, a number out of range, or a column of a
            type that cannot be shipped.
        TypeError: an argument of the wrong type.
    """
    formats = get_args(ReturnAs)
    if return_as not in formats:
        raise ValueError(f"return_as {return_as!r} is unknown; {suggest(return_as, formats)}")
    result_format = cast("ReturnAs", return_as)
    if max_concurrency is not None:
        check_count("max_concurrency", max_concurrency, "a positive integer or None")
    check_count("max_periods_per_task", max_periods_per_task)
    if max_unread_bytes is not None:
        check_count("max_unread_bytes", max_unread_bytes, "a positive integer or None")
    if preserve_partition_order is not None and not isinstance(preserve_partition_order, bool):
        raise TypeError(
            f"preserve_partition_order must be a bool or None, not {preserve_partition_order!r}"
        )
    if progress is not None and not isinstance(progress, bool):
        raise TypeError(f"progress must be a bool or None, not {progress!r}")
    if description is not None and not isinstance(description, str):
        raise TypeError(f"description must be a str or None, not {description!r}")
    bad = [] if lf is None else unsupported(lf.collect_schema(), result_format)
    if bad:
        raise ValueError(
            f"columns of these types cannot be sent back from workers as {return_as!r}: "
            f"{', '.join(bad)}; drop or cast them in the query"
        )
    return RayOptions(
        return_as=result_format,
        remote_options=check_remote_options(remote_options),
        max_concurrency=max_concurrency,
        max_periods_per_task=max_periods_per_task,
        max_unread_bytes=max_unread_bytes,
        preserve_partition_order=ordered
        if preserve_partition_order is None
        else preserve_partition_order,
        progress=progress,
        description=description,
    )


def cpus_of(options: Mapping[str, Any]) -> float:
    """Return how many CPUs a task with these options takes."""
    cpus: float | None = options.get("num_cpus")
    return 1 if cpus is None else cpus


def threads_of(options: Mapping[str, Any]) -> int:
    """Return how many threads Polars gets in a task with these options."""
    return max(1, int(cpus_of(options)))


def check_partition_options(parts: Iterable[ReadPartition]) -> None:
    """Check the options of partitions as `check_remote_options` does.

    Raises:
        ValueError: an option that is ours or that Ray does not know.
        TypeError: they are no mapping.
    """
    checked: list[object] = []
    for part in parts:
        own = part.remote_options if isinstance(part, RayPartition) else None
        if own is not None and not any(own == other for other in checked):
            check_remote_options(own)
            checked.append(own)


def check_remote_options(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return options of Ray tasks, checked as far as that is possible without Ray.

    Raises:
        ValueError: an option that is ours or that Ray does not know.
        TypeError: they are no mapping.
    """
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

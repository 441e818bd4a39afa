"""The UTC offsets of time zones, as Polars has them.

Polars carries a time zone database of its own, which ends in 2100 and may be of another version
than that of Python or of the machine. Periods have to agree with what Polars says of an instant,
so Polars is asked, and never `zoneinfo`.
"""

from __future__ import annotations

import functools

import polars as pl

__all__ = ["offsets"]

# 1800-01-01 and 2200-01-01: before the first change of any zone, and after the last one that
# Polars knows.
_FIRST = -5_364_662_400
_LAST = 7_258_118_400

# Two changes within one step that cancel each other would be missed. No two changes of a zone in
# the database are less than 3 days apart.
_STEP = 12 * 3600


@functools.cache
def offsets(zone: str) -> tuple[tuple[int, int], ...]:
    """Return the offsets of a zone from 1800 to 2200, in ascending order.

    Each pair is an instant in seconds since 1970-01-01 00:00:00 UTC, and how many seconds the
    zone's clocks are ahead of UTC from then on. The first pair holds for the time before it too.

    Raises:
        polars.exceptions.ComputeError: Polars does not know the zone.
    """
    grid = pl.int_range(_FIRST, _LAST, _STEP, dtype=pl.Int64, eager=True)
    found = _offsets_at(grid, zone)
    changes = (found != found.shift()).arg_true()
    before, after = grid.gather(changes - 1), grid.gather(changes)
    old = found.gather(changes - 1)
    # Every change is somewhere in (before, after]; all are narrowed down at once.
    for _ in range(_STEP.bit_length()):
        middle = (before + after) // 2
        is_old = _offsets_at(middle, zone) == old
        before = middle.zip_with(is_old, before)
        after = after.zip_with(is_old, middle)
    pairs = zip(after.to_list(), found.gather(changes).to_list(), strict=True)
    return ((_FIRST, found[0]), *pairs)


def _offsets_at(instants: pl.Series, zone: str) -> pl.Series:
    """Return the offsets in seconds at instants in seconds."""
    utc = (instants * 1000).cast(pl.Datetime("ms", "UTC"))
    local = utc.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return local.to_physical() // 1000 - instants

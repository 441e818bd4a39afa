"""Columns with a time zone: split by the local calendar, the answer is that of plain Polars.

The frames lie around changes of the clocks, and are sorted, so that the order of the periods is
that of the rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polars_io_tools import TooManyPeriodsError, UnboundedPredicateError
from polars_io_tools._source import IoSource
from polars_io_tools._split import Split
from tests.property.process_runner import ProcessRunner

C = pl.col

# A zone with an instant, in UTC, near which its clocks change or a day is missing or repeated.
CHANGES = (
    ("Europe/Berlin", dt.datetime(2024, 10, 27, 1)),
    ("Europe/Berlin", dt.datetime(2024, 3, 31, 1)),
    ("America/St_Johns", dt.datetime(2006, 10, 29, 2)),
    ("Pacific/Apia", dt.datetime(2011, 12, 30, 10)),
    ("Australia/Lord_Howe", dt.datetime(2024, 4, 6, 15)),
    ("Africa/Casablanca", dt.datetime(2024, 3, 10, 2)),
    ("America/New_York", dt.datetime(1883, 11, 18, 17)),
    ("Asia/Kathmandu", dt.datetime(1985, 12, 31, 18)),
    ("America/New_York", dt.datetime(2105, 11, 1, 6)),
    ("Australia/Lord_Howe", dt.datetime(2170, 5, 3, 14)),
    ("Europe/Amsterdam", dt.datetime(1920, 8, 1)),
    ("UTC", dt.datetime(2024, 1, 1)),
)

# A unit, and the days around the change that a frame covers: a few dozen periods.
UNITS = (("15m", 0.2), ("hourly", 1), ("6h", 3), ("daily", 20), ("weekly", 60), ("monthly", 300))


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


def predicates(instants: pl.Series, zone: str) -> list[pl.Expr]:
    """Return predicates over `ts` that bound it between two instants of the frame, or nearly."""
    low, high = instants.min(), instants.max()
    first, last = pl.lit(low, dtype=instants.dtype), pl.lit(high, dtype=instants.dtype)
    local = instants.dt.convert_time_zone(zone).dt.date()
    days = pl.lit(local.min(), dtype=pl.Date), pl.lit(local.max(), dtype=pl.Date)
    return [
        C("ts").is_between(first, last),
        (C("ts") >= first) & (C("ts") < last),
        C("ts").is_between(first, last) | C("ts").is_null(),
        C("ts").dt.date().is_between(*days),
        C("ts").cast(pl.Date).is_between(*days),
        C("ts").dt.convert_time_zone("UTC").is_between(first, last),
        C("ts").dt.truncate("1d").dt.date().is_between(*days),
        C("ts").dt.year().is_in(local.dt.year().unique().implode()),
        C("ts").is_in(instants.drop_nulls().head(3).implode()),
        C("ts").dt.offset_by("1d").is_between(first, last),
        (C("ts") + dt.timedelta(hours=5)).is_between(first, last),
        (C("ts").dt.month() == local.dt.month().max()) & C("ts").is_between(first, last),
        C("ts")
        .dt.replace_time_zone(None)
        .is_between(first.dt.replace_time_zone(None), last.dt.replace_time_zone(None)),
    ]


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_zoned_split_equals_plain(data: st.DataObject, runner: ProcessRunner) -> None:
    zone, change = data.draw(st.sampled_from(CHANGES))
    name, days = data.draw(st.sampled_from(UNITS))
    dtype = data.draw(st.sampled_from((pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns"))))
    rng = data.draw(st.randoms(use_true_random=False))
    reach = dt.timedelta(days=days) / dt.timedelta(seconds=1) / 2
    moments = sorted(change + dt.timedelta(seconds=rng.uniform(-reach, reach)) for _ in range(30))
    ts = pl.Series("ts", [*moments, None], dtype=pl.Datetime("us"))
    ts = ts.cast(dtype).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    frame = pl.DataFrame([ts, pl.Series("n", range(31))])
    inner = ts.slice(rng.randrange(10), 15).dt.convert_time_zone("UTC")
    predicate = data.draw(st.sampled_from(predicates(inner.dt.convert_time_zone(zone), zone)))
    query = frame.lazy().filter(predicate)
    try:
        plain = query.collect()
    except pl.exceptions.PolarsError:  # a literal of another zone
        return
    split = Split("calendar", "ts", ts.dtype, 5_000, name)
    try:
        result = IoSource(query, split, runner, "arrow").lazy("test", None).collect()
    except TooManyPeriodsError:  # a year in quarters of an hour
        return
    assert result.rows() == plain.rows()
    assert result.schema == plain.schema


def test_one_sided_zoned_bounds_are_refused(runner: ProcessRunner) -> None:
    ts = pl.Series("ts", [dt.datetime(2024, 1, 1)]).dt.replace_time_zone("Europe/Berlin")
    first = pl.datetime(2023, 1, 1, time_zone="Europe/Berlin")
    query = ts.to_frame().lazy().filter(C("ts") > first)
    split = Split("calendar", "ts", ts.dtype, 100, "daily")
    with pytest.raises(UnboundedPredicateError, match="no upper bound") as caught:
        IoSource(query, split, runner, "arrow").lazy("test", None).collect()
    assert 'time_zone="Europe/Berlin"' in str(caught.value)

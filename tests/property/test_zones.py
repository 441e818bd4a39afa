"""Zones against Polars: the offsets that are asked from it, and the periods made with them.

Where periods begin is checked by their definition: the truncated value, as Polars gives it, must
reach a new maximum at the start of each period and nowhere else. Between two changes of a zone,
truncation is monotone, so the instants around starts, ends and changes decide.
"""

from __future__ import annotations

import random
import zoneinfo

import polars as pl
import pytest

from polars_io_tools._planner import plan_split
from polars_io_tools._polars.zones import offsets
from polars_io_tools._split import Split

HOUR, DAY = 3_600, 86_400
YEAR_1850, YEAR_2200 = -3_786_912_000, 7_258_118_400

# Folds over midnight, missing days, half-hour summer time, offsets with seconds, summer time all
# the year, hours that are missing at midnight, zones without changes.
SAMPLE = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/Asuncion",
    "America/Caracas",
    "America/Havana",
    "America/Juneau",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Manila",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Amsterdam",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "+05:00",
    "UTC",
]

# The units, and how far around a change they are looked at.
CALENDAR = {"daily": ("1d", 3), "3d": ("3d", 9), "weekly": ("1w", 20), "monthly": ("1mo", 70)}
CLOCK = {"hourly": ("1h", 2), "36h": ("36h", 5), "15m": ("15m", 1)} | {
    every: (every, 2) for every in ("90m", "2h", "6h")
}


def known_zones() -> list[str]:
    """Return the zones that Polars accepts."""
    empty = pl.Series("t", [], dtype=pl.Datetime("ms", "UTC"))

    def accepted(zone: str) -> bool:
        try:
            empty.dt.convert_time_zone(zone).dt.base_utc_offset()
        except pl.exceptions.ComputeError:
            return False
        return True

    return sorted(filter(accepted, zoneinfo.available_timezones()))


def instants(milliseconds: list[int]) -> pl.Series:
    return pl.Series("t", milliseconds, dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))


def around_changes(zone: str) -> list[int]:
    return [at * 1000 + d for at, _ in offsets(zone)[1:] for d in (-1, 0)]


def check_offsets(zone: str) -> None:
    rng = random.Random(zone)
    seconds = [rng.randrange(YEAR_1850, YEAR_2200) for _ in range(2_000)]
    at = sorted([s * 1000 for s in seconds] + around_changes(zone))
    local = instants(at).dt.convert_time_zone(zone)
    expected = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_seconds()
    table = pl.DataFrame(offsets(zone), schema=["at", "offset"], orient="row")
    frame = pl.DataFrame({"t": at}).with_columns(at=pl.col("t") // 1000).set_sorted("at")
    got = frame.join_asof(table.set_sorted("at"), on="at", check_sortedness=False)["offset"]
    wrong = instants(at).filter(got != expected)
    assert got.null_count() == 0
    assert wrong.is_empty(), f"{zone}: {wrong}"


def windows(zone: str, days: int, most: int) -> list[tuple[int, int]]:
    """Return ranges of seconds around changes of a zone, and two that are anywhere."""
    rng = random.Random(zone)
    changes = [at for at, _ in offsets(zone)[1:]]
    centres = rng.sample(changes, min(most, len(changes)))
    centres += [rng.randrange(YEAR_1850, YEAR_2200) for _ in range(2)]
    return [(c - days * DAY - rng.randrange(DAY), c + days * DAY) for c in centres]


def truncated(at: list[int], zone: str, unit: str) -> pl.Series:
    """Return what Polars says is the start of the unit that holds each instant."""
    utc = instants(at)
    local = utc.dt.convert_time_zone(zone)
    wall = local.dt.replace_time_zone(None)
    if unit in CALENDAR:
        return wall.dt.truncate(CALENDAR[unit][0]).to_physical()
    every, _ = CLOCK[unit]
    begin = wall.dt.truncate(every)
    # Polars refuses some starts that the clocks leap over: such a unit begins where they leap.
    exists = begin.dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    ).is_not_null()
    leap = pl.Series(around_changes(zone)[1::2] or [0], dtype=pl.Int64)
    passed = leap.search_sorted(utc.to_physical(), side="right").cast(pl.Int64)
    last_leap = leap.gather((passed - 1).clip(0))
    start = local.zip_with(exists, local.clear(len(local))).dt.truncate(every)
    # When the end of summer time makes an hour come twice, Polars tells the two apart. When the
    # zone changes its standard time it does not; here the two are always two.
    own = (utc.to_physical() - (wall - begin).to_physical()).cast(utc.dtype)
    again = own.dt.convert_time_zone(zone).dt.replace_time_zone(None) == begin
    standard = (start.dt.dst_offset() == local.dt.dst_offset()).fill_null(value=False)
    return (
        start.to_physical()
        .zip_with(exists, last_leap)
        .zip_with(~(again & standard), own.to_physical())
    )


def split(zone: str, unit: str, parts: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """Return the label, start and end of each period of a column that lies in ranges of seconds."""
    # A fixed offset gets another name from Polars.
    dtype = instants([0]).dt.convert_time_zone(zone).dtype
    # Literals of a zone are known to within a fold; numbers are exact.
    ticks = pl.col("ts").dt.timestamp("ms")
    inside = pl.any_horizontal([ticks.is_between(lo * 1000, hi * 1000) for lo, hi in parts])
    # A frame without rows would bound the column by itself.
    frame = pl.LazyFrame({"ts": [None]}, schema={"ts": dtype})
    periods = plan_split(frame, inside, Split("calendar", "ts", dtype, 10**9, unit)).periods
    return [(p.label, p.start, p.end) for p in periods if p.start is not None and p.end is not None]


def check_periods(zone: str, unit: str, most: int) -> None:
    days = (CALENDAR | CLOCK)[unit][1]
    parts = windows(zone, days, most)
    found = split(zone, unit, parts)
    labels, starts, ends = [p[0] for p in found], [p[1] for p in found], [p[2] for p in found]
    assert len(set(labels)) == len(labels)
    probes = {p for s in starts for p in (s - 1, s)} | {e - 1 for e in ends}
    at = sorted(probes | set(around_changes(zone)))
    values = truncated(at, zone, unit)
    assert values.null_count() == 0
    reached = dict(zip(at, values.cum_max(), strict=True))
    cut = {lo * 1000 for lo, _ in parts} | {starts[0]}
    late = [s for s in starts if s not in cut and reached[s - 1] >= reached[s]]
    early = [e for s, e in zip(starts, ends, strict=True) if reached[s] != reached[e - 1]]
    assert not late, f"{zone}, {unit}: no unit begins at {instants(late).to_list()}"
    assert not early, f"{zone}, {unit}: a unit begins before {instants(early).to_list()}"


@pytest.mark.parametrize("zone", SAMPLE)
def test_offsets(zone: str) -> None:
    check_offsets(zone)


@pytest.mark.parametrize("zone", SAMPLE)
def test_periods(zone: str) -> None:
    for unit in (*CALENDAR, *CLOCK):
        check_periods(zone, unit, most=8)


@pytest.mark.long
@pytest.mark.parametrize("zone", known_zones())
def test_all_zones(zone: str) -> None:
    check_offsets(zone)
    for unit in (*CALENDAR, *CLOCK):
        check_periods(zone, unit, most=400)


def test_zones_without_changes_are_one_pair() -> None:
    assert [len(offsets(zone)) for zone in ("UTC", "+05:00", "Etc/GMT+5")] == [1, 1, 1]
    assert offsets("+05:00")[0][1] == 5 * HOUR


def test_known_changes() -> None:
    table = dict(offsets("America/St_Johns"))
    assert table[1_162_089_060] == -12_600  # 2006-10-29 00:01 local time
    assert dict(offsets("Pacific/Apia"))[1_325_239_200] == 14 * HOUR  # 2011-12-30 is missing
    assert offsets("America/New_York")[-1] == (4_097_196_000, -5 * HOUR)  # 2099-11-01, the last


def test_unknown_zone() -> None:
    with pytest.raises(pl.exceptions.ComputeError, match="unable to parse time zone"):
        offsets("Europe/Atlantis")


def test_asked_once() -> None:
    assert offsets("Europe/Berlin") is offsets("Europe/Berlin")

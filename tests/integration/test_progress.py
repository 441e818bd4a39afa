"""The progress bar: shown when asked for, one a query, always closed."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools._figures import amount
from polars_io_tools.ray import _progress
from tests.integration.cases import QUARTER, on_ray

pytestmark = pytest.mark.ray


@dataclass
class Bar:
    """A bar that notes what is done to it."""

    settings: dict[str, Any]
    updates: int = 0
    closed: int = 0
    beside: str = ""

    def update(self, n: int) -> None:
        assert not self.closed
        self.updates += n

    def set_postfix_str(self, s: str, refresh: bool) -> None:
        assert not refresh
        self.beside = s

    def close(self) -> None:
        self.closed += 1


@dataclass
class Bars:
    made: list[Bar] = field(default_factory=list)

    def __call__(self, **settings: Any) -> Bar:
        self.made.append(Bar(settings))
        return self.made[-1]


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    factory = Bars()
    monkeypatch.setattr(_progress, "require_tqdm", lambda: factory)
    return factory.made


def test_a_real_bar_is_written_to_the_terminal(
    scan: pl.LazyFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    on_ray(scan.filter(QUARTER), progress=True, description="prices").collect()
    captured = capsys.readouterr()
    assert "prices: 100%" in captured.err
    assert "3/3" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("progress", [False, None])
def test_nothing_is_written_where_nobody_watches(
    scan: pl.LazyFrame, capfd: pytest.CaptureFixture[str], progress: bool | None
) -> None:
    on_ray(scan.filter(QUARTER), progress=progress).collect()
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_unasked(
    scan: pl.LazyFrame, bars: list[Bar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    on_ray(scan.filter(QUARTER), progress=None).collect()
    on_ray(scan.filter(QUARTER), progress=False).collect()
    assert [(bar.updates, bar.closed) for bar in bars] == [(3, 1)]


def test_a_bar_counts_periods(scan: pl.LazyFrame, bars: list[Bar]) -> None:
    lazy = on_ray(scan.filter(QUARTER), "daily", progress=True)
    lazy.collect()
    lazy.select(pl.len()).collect()
    assert [(bar.settings["total"], bar.updates, bar.closed) for bar in bars] == [(87, 87, 1)] * 2


def test_a_bar_shows_rows_and_bytes(scan: pl.LazyFrame, bars: list[Bar]) -> None:
    rows = on_ray(scan.filter(QUARTER), progress=True).collect()
    (bar,) = bars
    found = re.fullmatch(r"(\d+) rows, ([\d.]+)kB(?:, slowest \S+ [\d.]+s)?", bar.beside)
    assert found is not None, bar.beside
    assert int(found[1]) == rows.height
    assert 0.5 < float(found[2]) * 1000 / rows.estimated_size() < 2


@pytest.mark.parametrize(("value", "count"), [("1", 1), ("0", 0), ("", 0), ("x", 0)])
def test_the_variable_decides_where_the_argument_does_not(
    value: str, count: int, scan: pl.LazyFrame, bars: list[Bar], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIOT_PROGRESS", value)
    on_ray(scan.filter(QUARTER), progress=None).collect()
    assert len(bars) == count
    on_ray(scan.filter(QUARTER), progress=not count).collect()
    assert len(bars) == 1


def test_a_bar_names_the_slowest_period_and_the_failures(bars: list[Bar]) -> None:
    progress = _progress.Progress(True, 9, None)
    for number in range(5):
        progress.took(f"p{number}", 1.0 if number == 3 else 0.2)
        progress.failed(f"p{number}", 2)
    progress.arrived(1500, 10)
    assert bars[0].beside == (
        "1.5k rows, 10B, slowest p3 1s, 10 retried, failed p2 p3 p4 and 2 more"
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1540, "1.54k"), (999_600, "1M"), (2e13, "20T")],
)
def test_numbers_are_short(count: float, text: str) -> None:
    assert amount(count) == text


def test_a_bar_closes_on_an_error(scan: pl.LazyFrame, bars: list[Bar]) -> None:
    def fails(_: pl.DataFrame) -> pl.DataFrame:
        raise ValueError("no")

    lazy = on_ray(scan.map_batches(fails).filter(QUARTER), progress=True)
    with pytest.raises(piot.WorkerError):
        lazy.collect()
    assert [bar.closed for bar in bars] == [1]


def slowly(scan: pl.LazyFrame) -> pl.LazyFrame:
    """Return a quarter by days, each of which takes a while."""

    def wait(frame: pl.DataFrame) -> pl.DataFrame:
        time.sleep(0.03)
        return frame

    slow = scan.filter(QUARTER).map_batches(wait).filter(QUARTER)
    return on_ray(slow, "daily", progress=True, max_concurrency=1, max_periods_per_task=1)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_a_bar_closes_when_enough_rows_are_here(
    scan: pl.LazyFrame, bars: list[Bar], engine: pl._typing.EngineType
) -> None:
    lazy = slowly(scan)
    assert lazy.head(3).collect(engine=engine).height == 3
    (bar,) = bars
    assert bar.closed == 1
    assert bar.updates < bar.settings["total"]


@pytest.mark.parametrize("stop", ["head after a filter", "dropped batches"])
def test_a_bar_closes_soon_after_polars_has_stopped_reading(
    scan: pl.LazyFrame, bars: list[Bar], stop: str
) -> None:
    lazy = slowly(scan)
    indexed = lazy.with_row_index().filter(pl.col("index") % 2 == 0)
    if stop == "dropped batches":
        next(iter(indexed.collect_batches(chunk_size=1, maintain_order=True)))
    else:
        assert indexed.head(2).collect(engine="streaming").height == 2
    (bar,) = bars
    end = time.monotonic() + 5
    while not bar.closed and time.monotonic() < end:
        time.sleep(0.01)
    assert bar.closed == 1
    assert bar.updates < bar.settings["total"]


def test_no_period_no_bar(scan: pl.LazyFrame, bars: list[Bar]) -> None:
    never = pl.col("date") > pl.date(2030, 1, 1)
    on_ray(scan.filter(QUARTER), progress=True).filter(never).collect()
    assert bars == []


def test_a_bar_asked_for_needs_tqdm(scan: pl.LazyFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(piot.MissingDependencyError, match=r"polars-io-tools-go\[ray\]"):
        on_ray(scan.filter(QUARTER), progress=True)
    monkeypatch.setattr(_progress, "_watched", lambda: True)
    assert on_ray(scan.filter(QUARTER), progress=None).collect().height > 0

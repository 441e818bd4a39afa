"""Advice about runs that were gone through, on a clock that is made up: what the times show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from polars_io_tools._run_report import report_of
from tests.unit.runs import simulated

GOOD: dict[str, Mapping[str, Any]] = {
    "long periods": {"seconds": [2.0] * 100},
    "uneven, but not by much": {"seconds": [0.5, 1.0, 1.5, 2.0] * 6},
    "one long period among many": {"seconds": [1.0] * 99 + [6.0]},
    "as many periods as workers": {"seconds": [1.0] * 4},
    "short tasks that keep their workers busy": {"seconds": [0.015] * 400, "overhead": 0.004},
    "so short that it does not matter": {"seconds": [0.001] * 20, "planning": 0.02},
    "rows that take a while to read": {"seconds": [1.0] * 40, "reading": 0.1},
    "a reader that keeps up with a small store": {"seconds": [0.5] * 40, "room": 8},
    "many footers, for a long run": {"seconds": [2.0] * 40, "planning": 4.0},
}


@pytest.mark.parametrize("case", GOOD)
def test_nothing_is_said_of_a_good_run(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of([simulated(monkeypatch, **GOOD[case])])
    assert report.state == "done"
    assert report.advice == ()


BAD: dict[str, tuple[Mapping[str, Any], str]] = {
    "tiny periods": (
        {"seconds": [0.002] * 400, "overhead": 0.01},
        "periods are too small: the 400 tasks took 2 ms each, and workers computed for 17%",
    ),
    "one long period": (
        {"seconds": [0.4] * 11 + [9.0]},
        "periods are skewed: p11 took 9 s, 22 times the median",
    ),
    "a slow reader": (
        {"seconds": [0.1] * 40, "reading": 0.3},
        "the driver is the narrow place: for 9",
    ),
    "a full store": (
        {"seconds": ([3.0] + [0.5] * 7) * 6, "room": 5},
        "the object store is the narrow place: for ",
    ),
    "many footers": ({"seconds": [0.5] * 8, "planning": 9.0}, "planning took 9 s of 10 s"),
    "no worker": ({"seconds": [0.1], "overhead": 7.0}, "the first period waited 7 s of 7.15 s"),
    "an idle cluster": (
        {"seconds": [8.0] * 3, "workers": 64},
        "3 periods ran with 2 threads each, on a cluster with room for 64 tasks",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_the_times_show_is_said(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run, wanted = BAD[case]
    (advice,) = report_of([simulated(monkeypatch, **run)]).advice
    assert wanted in advice

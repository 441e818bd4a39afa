"""Each rule of the advice on figures that were made for it, and on those just beside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polars_io_tools._advice import advice_of
from polars_io_tools._measured import Measured

# A run that nothing is to be said about.
GOOD = Measured(
    total=100,
    done=100,
    seconds=60.0,
    planning=0.5,
    waiting=0.5,
    running=59.0,
    busy=0.95,
    driver=0.1,
    held=0.0,
    tasks=100,
    typical=2.0,
    middle=2.0,
    slowest=("2024-02", 3.0),
    workers=4,
    nodes=1,
    slots=4,
    threads=1,
    rows=1000,
    bytes=1000,
)


def test_nothing_is_said_of_a_good_run() -> None:
    assert list(advice_of(GOOD)) == []


@pytest.mark.parametrize(
    ("said", "bad", "beside"),
    [
        ("planning took 40 s of 1 min 0 s", {"planning": 40.0}, {"planning": 20.0}),
        ("the first period waited 40 s of 1 min 0 s", {"waiting": 40.0}, {"waiting": 20.0}),
        (
            "periods are too small: the 100 tasks took 5 ms each, and workers computed for 10%",
            {"typical": 0.005, "busy": 0.1},
            {"typical": 0.005, "busy": 0.8},
        ),
        (
            "periods are too small: the 100 tasks took 5 ms each, and workers computed for 10%",
            {"typical": 0.005, "busy": 0.1},
            {"typical": 0.05, "busy": 0.1},
        ),
        (
            "periods are skewed: 2024-02 took 30 s, 15 times the median",
            {"slowest": ("2024-02", 30.0)},
            {"slowest": ("2024-02", 12.0)},
        ),
        ("the driver is the narrow place: for 80%", {"driver": 0.8, "busy": 0.2}, {"driver": 0.8}),
        ("the object store is the narrow place: for 40%", {"held": 0.4}, {"held": 0.1}),
        (
            "3 periods ran with 1 thread each, on a cluster with room for 64 tasks",
            {"total": 3, "done": 3, "slots": 64},
            {"total": 3, "done": 3, "slots": 4},
        ),
        (
            "2 attempts failed: OutOfMemoryError; take a finer",
            {"retries": 2, "errors": ("OutOfMemoryError",)},
            {},
        ),
    ],
)
def test_a_rule_speaks_where_it_should(
    said: str, bad: dict[str, object], beside: dict[str, object]
) -> None:
    (advice,) = advice_of(replace(GOOD, **bad))  # type: ignore[arg-type]  # each is of its field
    assert said in advice
    assert list(advice_of(replace(GOOD, **beside))) == []  # type: ignore[arg-type]  # likewise


def test_a_short_run_is_left_alone() -> None:
    short = replace(GOOD, seconds=0.3, typical=0.001, busy=0.01, driver=0.9)
    assert list(advice_of(short)) == []

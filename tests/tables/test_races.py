"""Writers that race: each commit counts once, and nothing of any is lost."""

from __future__ import annotations

import pytest

from tests.tables.racing import Compact, by_delta, by_us, race, replaced_meanwhile


def test_a_few_writers_that_race(uri: str) -> None:
    race(uri, writers=4, commits=8)


@pytest.mark.long
def test_many_writers_that_race(uri: str) -> None:
    race(uri, writers=16, commits=60)


def test_compactions_that_race_with_replacements(uri: str) -> None:
    replaced_meanwhile(uri, 15, by_delta)


def test_our_compactions_that_race_with_replacements(uri: str) -> None:
    replaced_meanwhile(uri, 15, by_us)


@pytest.mark.long
@pytest.mark.parametrize("compact", [by_delta, by_us])
def test_many_compactions_that_race_with_replacements(uri: str, compact: Compact) -> None:
    # Where a machine has much else to do they may not meet: then again, on another table.
    assert any(replaced_meanwhile(f"{uri}{attempt}", 300, compact) for attempt in range(5))

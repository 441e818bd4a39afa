"""Data and means of observation of the integration tests."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import polars_io_tools.ray._cluster as cluster
from tests.integration.cases import DATES


@pytest.fixture(scope="session")
def trades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files, one a month, with the dates of each in no order and some without any."""
    folder = tmp_path_factory.mktemp("trades")
    rng = random.Random(7)
    for month in DATES.dt.truncate("1mo").unique(maintain_order=True):
        dates = DATES.filter(DATES.dt.truncate("1mo") == month).to_list() * 3
        rng.shuffle(dates)
        dates.insert(5, None)
        pl.DataFrame(
            {
                "date": pl.Series(dates, dtype=pl.Date),
                "symbol": [rng.choice("ABC") for _ in dates],
                "price": [rng.gauss(100, 10) for _ in dates],
                "row": range(len(dates)),
            }
        ).write_parquet(folder / f"{month:%Y-%m}.parquet")
    return folder


@pytest.fixture
def scan(trades: Path) -> pl.LazyFrame:
    return pl.scan_parquet(trades / "*.parquet")


@dataclass
class Submissions:
    """What was handed to Ray, in order: the options and the arguments of each task."""

    options: list[dict[str, Any]] = field(default_factory=list)
    arguments: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [options["name"] for options in self.options]

    @property
    def periods(self) -> list[str]:
        """The labels of all periods, in the order of the tasks and within each of them."""
        return [label for _, _, _, periods, *_ in self.arguments for label, *_ in periods]


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> Submissions:
    """Record the tasks that are submitted; they run all the same."""
    record = Submissions()
    real = cluster.remote_function()

    class Recorder:
        def __init__(self, options: dict[str, Any]) -> None:
            self._options = options

        def options(self, **options: Any) -> Recorder:
            return Recorder(options)

        def remote(self, *arguments: Any) -> Any:
            record.options.append(self._options)
            record.arguments.append(arguments)
            return real.options(**self._options).remote(*arguments)

    monkeypatch.setattr(cluster, "remote_function", lambda: Recorder({}))
    return record


@dataclass
class Journal:
    """A file to which any process may add lines."""

    path: Path

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.txt")

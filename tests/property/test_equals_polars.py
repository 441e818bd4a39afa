"""The promise of the project: the answer of a split query is that of plain Polars.

Random frames, plans and predicates are split, shipped and run by the worker's own function in
another process, and compared with `lf.collect()`. A mismatch found here belongs into the golden
files of `gocore/bounds` or `gocore/splittable` before it is fixed.

The fast run repeats the same examples every time; the long one (`./build.sh test --long`) looks
for new ones, under seeds that the end of the run names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.checks import AFTER, UNITS, check, draw_plan, draw_predicate
from tests.property.frames import TYPES
from tests.property.long_run import CHUNK, run_chunk
from tests.property.predicates import windows
from tests.property.process_runner import ProcessRunner
from tests.property.queries import queries
from tests.property.tally import RUN

# CI asks for fewer on the oldest Polars.
EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "2000"))
LONG_EXAMPLES = 100_000

FAST = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()


@FAST
@given(data=st.data())
def test_split_equals_plain(data: st.DataObject, runner: ProcessRunner) -> None:
    draw_plan(data, runner, RUN)


@FAST
@given(data=st.data())
def test_periods_hold_all_dates(data: st.DataObject) -> None:
    draw_predicate(data, RUN)


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(LONG_EXAMPLES // CHUNK))
def test_long(chunk: int, runner: ProcessRunner) -> None:
    seed = int(os.environ.setdefault("PIOT_SEED", str(int.from_bytes(os.urandom(3))))) + chunk
    errors: list[Exception] = []
    run_chunk(seed, CHUNK, runner, RUN, lambda _, error: errors.append(error))
    if errors:
        raise ExceptionGroup(f"of {CHUNK} examples with seed {seed}", errors[:5])


def test_most_examples_were_compared() -> None:
    """A generator that only makes plans to refuse would prove nothing."""
    assert RUN.plans >= EXAMPLES, "run this test together with the others of the file"
    assert RUN["predicates"] >= EXAMPLES * 0.8, RUN.summary()
    assert RUN["order"] + RUN["rows"] > RUN.plans * 0.35, RUN.summary()
    assert RUN["unsplittable"] > RUN.plans * 0.02, RUN.summary()


def test_few_periods_are_needless() -> None:
    """Bounds that are right but wide would cost tasks that have nothing to do."""
    assert RUN["periods"] > EXAMPLES / 4, "run this test together with the others of the file"
    assert RUN["needless"] < RUN["periods"] * 0.1, RUN.summary()


@settings(FAST, max_examples=EXAMPLES // 20)
@given(data=st.data())
def test_split_of_files_equals_plain(
    data: st.DataObject, runner: ProcessRunner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same over Parquet files, named by a relative glob, in every format of results."""
    folder = tmp_path_factory.mktemp("files")

    def scan(df: pl.DataFrame) -> pl.LazyFrame:
        third = df.height // 3
        for i, part in enumerate((df.head(third), df.slice(third, third), df.slice(2 * third))):
            part.write_parquet(folder / f"{i}.parquet")
        return pl.scan_parquet("*.parquet")

    here = Path.cwd()
    os.chdir(folder)
    try:
        dtype = data.draw(st.sampled_from(TYPES))
        query = data.draw(queries(dtype, scan))
        window = data.draw(windows(dtype))
        name = data.draw(st.sampled_from(sorted(AFTER)))
        unit = data.draw(st.sampled_from(UNITS))
        query = query.then(lambda lf: lf.filter(window), bounded=True)
        check(query, unit, ([], name), runner, RUN, bounded=True)
    finally:
        os.chdir(here)

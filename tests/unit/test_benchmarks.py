"""The harness of the benchmark, on contenders that misbehave and on figures made up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import polars as pl
import psutil
import pytest
from polars.testing import assert_frame_equal

from benchmarks.__main__ import arguments, run
from benchmarks.answers import summarise
from benchmarks.cases import CASES
from benchmarks.data import SMALL, Data, make
from benchmarks.environments import (
    CONTENDERS,
    OURS,
    PUBLISHED,
    REFERENCE,
    ROOT,
    Contender,
    child_environment,
)
from benchmarks.report import as_json, as_markdown
from benchmarks.results import MismatchError, Outcome
from benchmarks.schedule import Limits, Result, Schedule
from benchmarks.settings import Settings
from benchmarks.suites import FILES

HEAD = CASES["head"]
SETTINGS = Settings(cpus=1, store_bytes=0, scratch="")
# Long enough for a thousand rows on a busy machine.
LIMITS = Limits(rounds=2, cold_rounds=1, run_seconds=10)

DOUBLES = {
    "noisy": "def head(data):\n print('not JSON')\n return plain_polars.head(data)",
    "shuffled": "def head(data): return plain_polars.head(data).reverse()",
    "another_value": (
        "def head(data): return plain_polars.head(data).with_columns(pl.col('volume') + 1)"
    ),
    "swapped_values": (
        "def head(data): return plain_polars.head(data).with_columns(pl.col('volume').reverse())"
    ),
    "a_row_less": "def head(data): return plain_polars.head(data).head(999)",
    "a_column_less": "def head(data): return plain_polars.head(data).drop('volume')",
    "raises": "def head(data): raise ValueError('no luck')",
    "dies": "import os\ndef head(data): os._exit(3)",
    "hangs": "import time\ndef head(data): time.sleep(600)",
    "has_no_such_case": "",
    "dies_at_the_second_run": (
        "import os\nruns = []\ndef head(data):\n"
        " runs.append(1)\n return plain_polars.head(data) if len(runs) < 2 else os._exit(4)"
    ),
}
WANTED = {
    "noisy": ("ok", ""),
    "shuffled": ("ok", ""),
    "another_value": ("wrong answer", "as many rows, but other ones"),
    "swapped_values": ("wrong answer", "as many rows, but other ones"),
    "a_row_less": ("wrong answer", "999 rows instead of 1,000"),
    "a_column_less": ("failed", 'ColumnNotFoundError: unable to find column "volume"'),
    "raises": ("failed", "ValueError: no luck"),
    "dies": ("failed", "the process ended with status 3: no output"),
    "hangs": ("too slow", "over 10 s"),
    "has_no_such_case": ("none", "has no counterpart of this"),
    "dies_at_the_second_run": ("failed", "the process ended with status 4: no output"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return make(tmp_path_factory.mktemp("cache"), SMALL)


def double(name: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Contender:
    """Write a contender that is like plain Polars but for some functions."""
    prologue = "import polars as pl\nfrom benchmarks.contenders import plain_polars\n"
    start = "def start(settings): pass\n"
    (folder / f"double_{name}.py").write_text(prologue + start + text)
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return Contender(name, name, f"double_{name}")


def test_whatever_a_contender_does_is_reported(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contenders = [double(*item, tmp_path, monkeypatch) for item in DOUBLES.items()]
    schedule = Schedule([REFERENCE, *contenders], data, SETTINGS, LIMITS, tmp_path)
    results = dict(schedule.run([HEAD]))["head"]
    found = {name: (result.status, result.note) for name, result in results.items()}
    first_words = {
        name: (status, note[: len(WANTED[name][1])] if name in WANTED else note)
        for name, (status, note) in found.items()
    }
    assert first_words == {"polars": ("ok", ""), **WANTED}
    counted = {name: len(result.seconds) for name, result in results.items()}
    assert counted == {name: 2 if status == "ok" else 0 for name, (status, _) in found.items()}
    assert "hangs | too slow | over 10 s" in as_markdown(
        [HEAD], [REFERENCE, *contenders], {"head": results}, about()
    )


def test_a_process_that_ended_is_started_again_for_the_next_case(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import os\ndef head(data): os._exit(3)\ndef big(data): return plain_polars.big(data)"
    contender = double("recovers", text, tmp_path, monkeypatch)
    schedule = Schedule([REFERENCE, contender], data, SETTINGS, LIMITS, tmp_path)
    results = dict(schedule.run([HEAD, CASES["big"]]))
    assert [results[case]["recovers"].status for case in ("head", "big")] == ["failed", "ok"]


def test_a_harness_that_ends_takes_its_contenders_along(data: Data, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from benchmarks.data import SMALL, Data
from benchmarks.environments import REFERENCE
from benchmarks.session import Session
from benchmarks.settings import Settings
from benchmarks.suites import FILES
data = Data(Path({str(data.folder)!r}), SMALL)
log = Path({str(tmp_path / "log")!r})
session = Session(REFERENCE, Path(sys.executable), Settings(1, 0, ""), data, log)
print(session._process.pid, session._scratch)
sys.exit(7)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=child_environment(isolated=False),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    pid, scratch = done.stdout.split()
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(pid)).wait(60)
    Path(scratch).rmdir()


def test_other_rows_are_an_answer_only_where_there_is_no_order(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "def head(data): return pl.read_parquet(data.daily / '*.parquet').tail(1000)"
    ordered = double("ordered", text, tmp_path, monkeypatch)
    unordered = replace(ordered, name="unordered", unordered=True)
    schedule = Schedule([REFERENCE, ordered, unordered], data, SETTINGS, LIMITS, tmp_path)
    results = dict(schedule.run([HEAD]))["head"]
    assert results["ordered"].status == "wrong answer"
    assert (results["unordered"].status, results["unordered"].note[:10]) == ("ok", "other rows")


def test_a_run_beyond_the_budget_is_the_only_one(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(LIMITS, budget_seconds=0)
    schedule = Schedule([REFERENCE], data, SETTINGS, limits, tmp_path)
    result = dict(schedule.run([HEAD]))["head"]["polars"]
    assert result.seconds == [result.warm_up_seconds]


def test_cold_runs_have_a_process_each(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "runs = []\ndef cold(data):\n"
        " runs.append(1)\n assert len(runs) == 1\n return plain_polars.cold(data)"
    )
    contender = double("cold", text, tmp_path, monkeypatch)
    limits = replace(LIMITS, cold_rounds=2)
    schedule = Schedule([REFERENCE, contender], data, SETTINGS, limits, tmp_path)
    result = dict(schedule.run([CASES["cold"]]))["cold"]["cold"]
    assert (result.status, len(result.seconds)) == ("ok", 2)


def test_an_environment_that_cannot_be_made_is_reported(data: Data, tmp_path: Path) -> None:
    missing = Contender("missing", "missing", "nothing", (f"{tmp_path}/no-such-package",))
    schedule = Schedule([REFERENCE, missing], data, SETTINGS, LIMITS, tmp_path)
    results = dict(schedule.run([HEAD]))["head"]
    assert results["polars"].status == "ok"
    assert results["missing"].status == "failed"
    assert results["missing"].note.startswith("no environment: ")


def test_another_package_of_the_same_name_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    assert child_environment(isolated=True)["PYTHONPATH"] == str(ROOT)
    assert child_environment(isolated=False)["PYTHONPATH"] == f"{ROOT}{os.pathsep}/elsewhere"


def test_requirements_are_pinned() -> None:
    requirements = [text for c in CONTENDERS.values() for text in c.requirements]
    assert requirements
    assert [text for text in requirements if "==" not in text] == []


def test_data_are_the_same_wherever_they_are_made(data: Data, tmp_path: Path) -> None:
    again = make(tmp_path, SMALL)
    for folder in ("daily", "monthly", "."):
        for path in sorted((data.folder / folder).glob("*.parquet")):
            other = again.folder / path.relative_to(data.folder)
            assert_frame_equal(pl.read_parquet(path), pl.read_parquet(other))
    days = pl.scan_parquet(data.daily / "*.parquet").collect()
    assert (days.height, days["volume"].sum(), days["price"].sum()) == (2_400, 607_163, 361_610.5)
    assert days["date"].unique().sort().to_list()[:: SMALL.days - 1] == [
        data.first_day,
        data.last_day,
    ]


def test_data_that_were_interrupted_are_made_again(tmp_path: Path) -> None:
    folder = make(tmp_path, SMALL).folder
    part = folder.rename(folder.with_name(f"{folder.name}.part"))
    (part / "daily" / "2030-01-01.parquet").write_bytes(b"")
    assert max(path.name for path in make(tmp_path, SMALL).daily.iterdir()) == (
        "2024-01-12.parquet"
    )


def test_answers_are_compared_in_the_types_of_the_case() -> None:
    schema = {"book": pl.Int32(), "volume": pl.Int64()}
    frame = pl.DataFrame({"book": [1, 2], "volume": [3, 4]}, schema=schema)
    wider = frame.cast(pl.Float64).select("volume", "book").reverse()
    assert summarise(wider, schema) == summarise(frame, schema)
    assert summarise(frame.to_arrow(), schema) == summarise(frame, schema)


def about() -> dict[str, Any]:
    machine = {"cpu": "CPU", "cores": 2, "memory_gib": 24, "system": "Linux"}
    return {"date": "2026-01-01", "machine": machine, "scale": 1, "size": {}, "versions": {}}


def test_a_run_adds_to_the_results_of_another(tmp_path: Path) -> None:
    assert Outcome.read(tmp_path) is None
    first = {name: {"polars": Result(seconds=[1.0])} for name in ("head", "big")}
    Outcome(first, {**about(), "versions": {"polars": {"polars": "2.0"}}}).write(tmp_path)
    second = {"head": {"polars": Result(seconds=[2.0]), "ours": Result(seconds=[3.0])}}
    earlier = Outcome.read(tmp_path)
    assert earlier is not None
    table = Outcome(second, about()).after(earlier).write(tmp_path)
    assert f"| {CASES['big'].title} | 1 | – |" in table
    assert f"| {CASES['head'].title} | 2 | 3 (1.5 ×) |" in table
    assert "polars 2.0" in table
    with pytest.raises(MismatchError, match="of another size"):
        Outcome(second, {**about(), "size": {"days": 1}}).after(earlier)


def test_what_was_found_before_an_interruption_is_kept(tmp_path: Path) -> None:
    class Interrupted:
        versions: ClassVar[dict[str, dict[str, str]]] = {}

        def run(self, cases: object) -> Iterator[tuple[str, dict[str, Result]]]:
            yield "head", {"polars": Result(seconds=[1.0])}
            raise KeyboardInterrupt

    options = Namespace(add=False, results=tmp_path, cases=[], suite=FILES)
    with pytest.raises(KeyboardInterrupt):
        run(cast("Schedule", Interrupted()), options, about())
    found = Outcome.read(tmp_path)
    assert found is not None
    assert found.results == {"head": {"polars": Result(seconds=[1.0])}}


def test_table_and_goals() -> None:
    fanout, hourly = CASES["fanout"], CASES["hourly_1000"]
    results = {
        "fanout": {
            "polars": Result(seconds=[0.5, 0.1, 0.2]),
            "ours": Result(seconds=[0.9, 0.9]),
            "published": Result(seconds=[9.0]),
        },
        "hourly_1000": {
            "polars": Result(seconds=[0.1], cpu_seconds=[0.1]),
            "ours": Result(seconds=[2.0], cpu_seconds=[1.0], driver_growth_bytes=3_000_000),
            "published": Result("failed", "A: b | c"),
        },
    }
    cases, contenders = [fanout, hourly], [REFERENCE, OURS, PUBLISHED]
    lines = as_markdown(cases, contenders, results, about()).splitlines()
    for line in (
        f"| {fanout.title} | 0.2 | 0.9 (4.5 ×) | 9 (45 ×) |",
        f"| {hourly.title} | 0.1 | 2 (20 ×) | failed |",
        f"| {fanout.title} | ≤ 4 × Polars | 4.5 × | missed |",
        f"| {fanout.title} | ≥ 15 × faster | 10 × | missed |",
        f"| {hourly.title} | ≤ 3 ms a period | 2 ms | met |",
        f"| {hourly.title} | ≤ 2 kB a period | 3 kB | missed |",
        f"| {hourly.title} | this package | 2 | 1 | 3 |",
        f"| {hourly.title} | polars-io-tools 0.2.6 | failed | A: b \\| c |",
    ):
        assert line in lines
    found = json.loads(json.dumps(as_json(cases, results, about())))
    assert found["cases"][0]["contenders"]["ours"]["times_polars"] == 4.5


def test_options() -> None:
    assert [c.name for c in arguments(["--contenders", "dask,ours"]).contenders] == [
        "polars",
        "dask",
        "ours",
    ]
    smoke = arguments(["--smoke"])
    assert [c.name for c in smoke.contenders] == ["polars", "ours"]
    assert "cold" not in [case.name for case in smoke.cases]
    assert arguments([]).cases == list(CASES.values())
    with pytest.raises(SystemExit):
        arguments(["--cases", "fan-out"])

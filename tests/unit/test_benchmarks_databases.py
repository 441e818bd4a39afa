"""The suite about databases: its table, its figures, and drivers that cannot be had."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from benchmarks.__main__ import arguments
from benchmarks.answers import columns, summarise
from benchmarks.databases import drivers
from benchmarks.databases.cases import CASES
from benchmarks.databases.fold import FOLDED, added_up, fold
from benchmarks.databases.report import as_json, as_markdown
from benchmarks.databases.rivals import CONTENDERS, FORMULA, OURS, RIVAL
from benchmarks.databases.table import SCHEMA, Table
from benchmarks.environments import Contender
from benchmarks.results import Outcome
from benchmarks.schedule import Limits, Result, Schedule
from benchmarks.settings import Settings
from benchmarks.suites import SUITES

TABLE = Table("postgresql://nowhere", rows=1_000)
READ = CASES["db_months"]
LIMITS = Limits(rounds=1, cold_rounds=1, run_seconds=30)
LOSSES = "pl.col('price').cast(pl.Float32)"
DOUBLES = {
    "exact": ("", ("ok", "")),
    "of_texts": (
        ".with_columns(pl.col('notional').cast(pl.String))",
        ("ok", "notional: String instead of Decimal(precision=18, scale=4)"),
    ),
    "rounds": (
        f".with_columns({LOSSES})",
        ("ok", "price: Float32 instead of Float64; other values in price"),
    ),
    "rounds_more": (
        f".with_columns({LOSSES}, pl.col('volume') + 1)",
        ("wrong answer", "price: Float32 instead of Float64; other values in price, volume"),
    ),
    "rounds_unawares": (
        f".with_columns({LOSSES})",
        ("wrong answer", "price: Float32 instead of Float64; other values in price"),
    ),
    "mixes_rows": (
        ".with_columns(pl.col('volume').reverse())",
        ("wrong answer", "as many rows, but other ones"),
    ),
    "loses_rows": (".head(999)", ("wrong answer", "999 rows instead of 1,000")),
}


def doubles(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Contender]:
    """Write contenders whose answers differ from the formula's."""
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    for name, (change, _) in DOUBLES.items():
        text = "import polars as pl\ndef start(settings): pass\n"
        text += f"def db_months(table): return table.frame().collect(){change}\n"
        (folder / f"reader_{name}.py").write_text(text)
    lossy = {"rounds": ("price",), "rounds_more": ("price",)}
    return [Contender(name, name, f"reader_{name}", lossy=lossy.get(name, ())) for name in DOUBLES]


def test_other_types_and_values_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contenders = [FORMULA, *doubles(tmp_path, monkeypatch)]
    schedule = Schedule(contenders, TABLE, Settings(1, 0, ""), LIMITS, tmp_path)
    results = dict(schedule.run([READ]))["db_months"]
    found = {name: (result.status, result.note) for name, result in results.items()}
    assert found == {"formula": ("ok", ""), **{name: w for name, (_, w) in DOUBLES.items()}}
    remarks = as_markdown([READ], contenders, {"db_months": results}, about())
    assert f"| {READ.title} | of_texts | ok | notional: String instead of" in remarks


def test_who_lacks_a_driver_is_reported(tmp_path: Path) -> None:
    table = replace(TABLE, no_odbc="no ODBC driver: there is none")
    needs = replace(FORMULA, name="by_odbc", needs="odbc")
    schedule = Schedule([FORMULA, needs], table, Settings(1, 0, ""), LIMITS, tmp_path)
    results = dict(schedule.run([READ]))["db_months"]
    assert (results["by_odbc"].status, results["by_odbc"].note) == ("failed", table.no_odbc)
    assert results["formula"].status == "ok"


def test_a_driver_that_cannot_be_fetched_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "_SYSTEM", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(drivers.DriverMissingError, match="no apt-get to fetch it"):
        drivers.find(tmp_path)
    for name, text in (("apt-get", "echo E: no network >&2; exit 100"), ("dpkg", "")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    with pytest.raises(drivers.DriverMissingError, match="apt-get download failed: E: no network"):
        drivers.find(tmp_path)


def test_the_connection_string_names_all_parts_of_the_uri() -> None:
    driver = drivers.Driver(Path("/lib/p.so"))
    text = driver.connection_string("postgresql://me:a%20b@host:99/db")
    assert text == (
        "Driver=/lib/p.so;Server=host;Port=99;Database=db;Uid=me;Pwd=a b;"
        "UseDeclareFetch=1;Fetch=10000;"
    )


def test_the_formula_spreads_its_rows() -> None:
    frame = Table("", rows=366_000).frame().collect()
    assert frame.schema == SCHEMA
    assert (frame["time"].dt.date() == frame["date"]).all()
    assert frame["date"].value_counts()["count"].unique().to_list() == [1_000]
    assert (frame["date"].min(), frame["date"].max()) == TABLE.year
    lost = frame["price"].cast(pl.Float32).cast(pl.Float64) != frame["price"]
    assert lost.mean() > 0.1  # type: ignore[operator]  # not None
    with_all_digits = frame["notional"].cast(pl.String).str.contains(r"[1-9]$")
    assert with_all_digits.mean() > 0.8  # type: ignore[operator]  # not None


def test_the_queries_of_the_months_have_all_days_once() -> None:
    queries = list(TABLE.first(10).monthly_queries())
    assert len(queries) == 12
    assert queries[0].endswith("WHERE date >= '2024-01-01' AND date < '2024-02-01' LIMIT 10")
    assert queries[11].endswith("WHERE date >= '2024-12-01' AND date < '2025-01-01' LIMIT 10")


def test_batches_add_up_to_the_whole() -> None:
    frame = TABLE.frame().collect()
    whole = frame.select(fold())
    batches = frame.to_arrow().to_batches(300)
    assert len(batches) > 3
    assert summarise(added_up(batches), FOLDED) == summarise(whole, FOLDED)
    texts = frame.with_columns(pl.col("notional").cast(pl.String)).to_arrow().to_batches(300)
    found = columns(added_up(texts, texts=True), FOLDED)
    differ = [n for n, c in columns(whole, FOLDED).checksums.items() if c != found.checksums[n]]
    assert differ == ["notional"]
    assert found.types == {"notional": "String"}


def test_types_of_other_systems_are_compared_as_what_they_are_stored_as() -> None:
    kind = pa.opaque(pa.string(), "numeric", "PostgreSQL")
    texts = pa.ExtensionArray.from_storage(kind, pa.array(["1.5000", "2.2500"]))
    schema = pl.Schema({"n": pl.Decimal(18, 4)})
    with_numbers = pl.DataFrame({"n": ["1.5", "2.25"]}).cast(schema)
    assert summarise(pa.table({"n": texts}), schema) == summarise(with_numbers, schema)
    assert columns(pa.table({"n": texts}), schema).types == {"n": "String"}


def about() -> dict[str, Any]:
    machine = {"cpu": "CPU", "cores": 2, "memory_gib": 24, "system": "Linux"}
    return {
        "date": "2026-01-01",
        "machine": machine,
        "scale": 1,
        "size": {"rows": 1_000},
        "server": {"PostgreSQL": "18"},
        "versions": {},
    }


def streamed(cpu: list[float], children: list[float], grown: int, of_rows: int) -> Result:
    return Result(
        seconds=[2.0] * len(cpu),
        cpu_seconds=cpu,
        children_cpu_seconds=children,
        imported_growth_bytes=grown,
        driver_growth_bytes=of_rows,
    )


def test_table_and_goals(tmp_path: Path) -> None:
    stream, months = CASES["db_stream"], CASES["db_months"]
    results = {
        "db_stream": {
            "formula": Result(),
            "ours": streamed([1.0, 3.0, 2.0], [0.5, 0.5, 0.5], 61_000_000, 30_000_000),
            "adbc": streamed([5.0], [0.0], 122_000_000, 60_000_000),
        },
        "db_months": {
            "formula": Result(),
            "ours": Result(
                seconds=[1.0],
                cpu_seconds=[1.0],
                children_cpu_seconds=[3.0],
                start_bytes=2_000_000,
                peak_bytes=5_000_000,
            ),
            "adbc": Result("failed", "no luck"),
        },
    }
    lines = as_markdown([stream, months], [FORMULA, OURS, RIVAL], results, about()).splitlines()
    for line in (
        "| this package | 2 (1 ×) | 500 | 2.5 (0.5 ×) | 61 (0.5 ×) | 30 (0.5 ×) |",
        "| ADBC | 2 | 500 | 5 | 122 | 60 |",
        "| this package | 1 | 1,000 | 4 | 3 |",
        "| ADBC * | failed |  |  |  |",
        f"| {stream.title} | processor time ≤ 0.5 × ADBC | 0.5 × | met |",
        f"| {stream.title} | memory ≤ 60 MB | 61 MB | missed |",
        f"| {months.title} | ADBC | failed | no luck |",
    ):
        assert line in lines
    assert not [line for line in lines if "formula" in line]
    found = json.loads(json.dumps(as_json([stream, months], results, about())))
    assert found["cases"][0]["contenders"]["ours"]["medians"]["cpu_seconds"] == 2.5
    suite = SUITES["databases"]
    Outcome(results, about(), suite).write(tmp_path)
    earlier = Outcome.read(tmp_path, suite)
    assert earlier is not None
    assert earlier.results["db_stream"]["ours"] == results["db_stream"]["ours"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["databases.json", "databases.md"]


def test_options() -> None:
    options = arguments(["--suite", "databases", "--contenders", "adbc"])
    assert [c.name for c in options.contenders] == ["formula", "adbc"]
    assert options.cases == list(CASES.values())
    smoke = arguments(["--suite", "databases", "--smoke"])
    assert [c.name for c in smoke.contenders] == ["formula", "ours"]
    with pytest.raises(SystemExit):
        arguments(["--suite", "databases", "--cases", "fanout"])


def test_requirements_are_pinned() -> None:
    requirements = [text for c in CONTENDERS.values() for text in c.requirements]
    assert requirements
    assert [text for text in requirements if "==" not in text] == []


# It holds 64 MiB before the run, 32 more during it, and has a child that works for half a second.
_BUSY = """
import subprocess, sys
work = "import time\\nwhile time.process_time() < 0.5: pass\\nprint()\\ninput()"
kept = []
def start(settings): pass
def prepare_db_read(table):
    kept.append(b"x" * 2**26)
    return table
def db_read(table):
    kept.append(b"x" * 2**25)
    child = subprocess.Popen([sys.executable, "-c", work], stdin=-1, stdout=-1)
    child.stdout.readline()
    kept.append(child)
    return table.frame().collect()
"""


def test_what_a_reader_uses_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reader_busy.py").write_text(_BUSY)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    busy = Contender("busy", "busy", "reader_busy")
    schedule = Schedule([FORMULA, busy], TABLE, Settings(1, 0, ""), LIMITS, tmp_path)
    result = dict(schedule.run([CASES["db_read"]]))["db_read"]["busy"]
    assert (result.status, result.note) == ("ok", "")
    (others,) = result.children_cpu_seconds
    assert others >= 0.4
    assert (result.driver_growth_bytes or 0) >= 2**25
    assert (result.imported_growth_bytes or 0) >= 2**26 + 2**25
    assert (result.driver_growth_bytes or 0) < 2**26

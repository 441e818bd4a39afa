"""Spans of queries on Ray: those of the driver, and of workers whose processes trace."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from opentelemetry import trace

import polars_io_tools as piot
from tests.conftest import child_environment
from tests.integration.cases import QUARTER, on_ray
from tests.spans import Seen, Spans, read_spans

pytestmark = pytest.mark.ray

DRIVER = Path(__file__).with_name("traced_driver.py")
CANARY = "canary-5f3c"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    made = Spans()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", made.provider)
    return made


ENGINE = piot.RayEngine(date_column="date", time_unit="monthly", progress=False)

ENDS: dict[str, Callable[[pl.LazyFrame, Path], Any]] = {
    "execute_on_ray": lambda lf, _: on_ray(lf).collect(),
    "streaming": lambda lf, _: on_ray(lf).collect(engine="streaming"),
    "async": lambda lf, _: asyncio.run(_later(on_ray(lf))),
    "engine": lambda lf, _: lf.collect(engine=ENGINE),
    "execute": lambda lf, _: lf.execute(engine=ENGINE),
    "a file": lambda lf, folder: lf.sink_parquet(folder / "one", engine=ENGINE),
    "a folder": lambda lf, folder: lf.sink_parquet(f"{folder}/many/", mkdir=True, engine=ENGINE),
}


async def _later(lf: pl.LazyFrame) -> pl.DataFrame:
    return await lf.collect_async()


@pytest.mark.parametrize("end", ENDS)
def test_a_run_is_part_of_what_its_caller_does(
    scan: pl.LazyFrame, spans: Spans, tmp_path: Path, end: str
) -> None:
    with trace.get_tracer("user").start_as_current_span("report"):
        ENDS[end](scan.filter(QUARTER), tmp_path)
    top, run, plan, *others = spans.seen()
    assert (top.name, run.name, plan.name) == ("report", "piot.run", "piot.plan")
    assert run.is_in(top)
    assert plan.is_in(run)
    assert run.attributes["piot.state"] == "done"
    assert run.attributes["piot.periods"] == run.attributes["piot.periods.done"] == 3
    assert plan.attributes["piot.periods"] == 3
    rows = scan.filter(QUARTER).collect().height
    assert run.attributes["piot.rows"] == rows
    # Where rows stay, or are written by tasks, there is nothing to put together.
    assembled = [s for s in others if s.name == "piot.assemble"]
    assert bool(assembled) == (end not in ("execute", "a folder"))
    assert all(s.is_in(run) for s in assembled)
    assert sum(s.attributes["piot.rows"] for s in assembled) == (rows if assembled else 0)


def test_a_query_that_cannot_be_planned(scan: pl.LazyFrame, spans: Spans) -> None:
    with pytest.raises(piot.UnboundedPredicateError):
        on_ray(scan).collect()
    run, plan = spans.seen()
    for span in (run, plan):
        assert span.attributes["error.type"].endswith("UnboundedPredicateError")
        assert span.status == {"status_code": "ERROR"}
    assert run.attributes["piot.state"] == "failed"


def drive(case: str, folder: Path) -> tuple[list[Seen], dict[str, Any]]:
    """Run a case of the driver, whose workers trace, and return the spans of all processes."""
    import ray

    done = subprocess.run(
        [sys.executable, DRIVER, case, folder, CANARY],
        env=child_environment() | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Ray says there as well what it has to say.
    (told,) = (line for line in done.stdout.splitlines() if line.startswith("{"))
    return read_spans(folder / "spans"), json.loads(told)


def named(spans: list[Seen], name: str) -> list[Seen]:
    return [span for span in spans if span.name == name]


def test_spans_of_workers_are_part_of_the_run(tmp_path: Path) -> None:
    spans, told = drive("database", tmp_path)
    (run,) = named(spans, "piot.run")
    tasks, periods = named(spans, "piot.task"), named(spans, "piot.period")
    assert all(task.is_in(run) for task in tasks)
    assert len(tasks) == run.attributes["piot.tasks"]
    assert all(any(period.is_in(task) for task in tasks) for period in periods)
    assert sum(p.attributes["piot.rows"] for p in periods) == told["rows"] == 2 * 91
    assert sum(p.attributes["piot.periods"] for p in periods) == 3
    statements = named(spans, "SELECT")
    assert all(any(each.is_in(period) for period in periods) for each in statements)
    assert {each.attributes["db.system.name"] for each in statements} == {"duckdb"}
    assert run.raw["context"]["span_id"] not in {t.raw["context"]["span_id"] for t in tasks}
    assert len({span.raw["context"]["trace_id"] for span in spans}) == 1
    assert CANARY not in json.dumps([span.raw for span in spans])


@pytest.mark.parametrize(
    ("case", "kind", "attempts"),
    [("failing", "ValueError", 1), ("dying", "WorkerCrashedError", 2)],
)
def test_failures(tmp_path: Path, case: str, kind: str, attempts: int) -> None:
    spans, told = drive(case, tmp_path)
    assert CANARY in told["error"] or case == "dying"
    (run,) = named(spans, "piot.run")
    assert run.attributes["error.type"] == "polars_io_tools.errors.WorkerError"
    assert run.attributes["piot.attempts.failed"] == attempts
    failures = [e for e in run.events if e[0] == "piot.attempt.failed"]
    assert len(failures) == attempts
    assert all(attributes["error.type"].endswith(kind) for _, attributes in failures)
    assert all(attributes["piot.period"] == "2024-02" for _, attributes in failures)
    wrong = [s for s in named(spans, "piot.period") if s.status["status_code"] == "ERROR"]
    assert len(wrong) == (1 if case == "failing" else 0)
    assert CANARY not in json.dumps([span.raw for span in spans])


def test_no_value_gets_into_a_span(tmp_path: Path) -> None:
    """Labels of partitions, filters, paths, parameters, options and descriptions hold values."""
    spans, told = drive("secretive", tmp_path)
    assert told["rows"] == 2
    assert {span.name for span in spans} >= {"piot.run", "piot.task", "piot.period", "SELECT"}
    assert CANARY not in json.dumps([span.raw for span in spans])

"""Spans of a task, and what there is where nothing is traced."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from opentelemetry import context, trace
from polars.io.plugins import register_io_source

import polars_io_tools as piot
from polars_io_tools import PiotNamespace
from polars_io_tools._recording import Calls
from polars_io_tools._report import Task
from polars_io_tools._request import ScanRequest
from polars_io_tools._resources import Resources
from polars_io_tools._ship import ShippedPlan, ship
from polars_io_tools._split import Split
from polars_io_tools._task import run_task
from polars_io_tools._tracing import Span, here, kind_of
from tests.conftest import child_environment
from tests.spans import Spans

MONTHS = [dt.date(2024, m, 1) for m in (1, 2, 3)]
FRAME = pl.DataFrame({"date": MONTHS, "x": [1, 2, 3]})
day = pl.col("date")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    made = Spans()
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", made.provider)
    return made


def shipped(lf: pl.LazyFrame) -> tuple[ShippedPlan, list[tuple[object, ...]]]:
    lf = lf.filter(day >= MONTHS[0], day < dt.date(2024, 4, 1))
    periods = PiotNamespace(lf).explain_on_ray(date_column="date", time_unit="monthly").periods
    split = Split("calendar", "date", lf.collect_schema()["date"], 100, "monthly")
    plan = ship(lf, ScanRequest(None, None, None, None), split, periods, "arrow")
    return plan, [p.wire() for p in periods]


def run(lf: pl.LazyFrame, carrier: dict[str, str], count: int = 3) -> None:
    plan, wires = shipped(lf)
    plan.task["trace"] = carrier
    resources = Resources(lambda _, secret: secret, processes=1)
    prepared = {key: prepare(resources) for key, prepare in plan.attachments.items()}
    plan.task["attached"] = [(key, len(items)) for key, items in prepared.items()]
    items = [item for some in prepared.values() for item in some]
    for _ in run_task(plan.task, (plan.payload,), wires[:count], "here", items):
        pass
    resources.close()


def test_a_task_and_its_periods_are_part_of_the_run_on_the_driver(spans: Spans) -> None:
    with Span("piot.run", here()) as driver:
        run(FRAME.lazy(), driver.carrier())
    top, task, period = spans.seen()
    assert task.is_in(top)
    assert period.is_in(task)
    assert task.name == "piot.task"
    assert task.raw["kind"] == "SpanKind.CONSUMER"
    assert task.attributes["piot.periods"] == 3
    assert task.attributes["piot.period"] == "2024-01…2024-03"
    assert task.attributes["piot.node"] == "here"
    assert period.name == "piot.period"
    assert (period.attributes["piot.rows"], period.attributes["piot.period"]) == (
        3,
        "2024-01…2024-03",
    )
    assert here() == context.get_current()


def test_a_task_of_a_driver_that_does_not_trace_has_no_spans(spans: Spans) -> None:
    run(FRAME.lazy(), {})
    assert spans.seen() == []


def test_a_context_of_another_version_is_no_error(spans: Spans) -> None:
    run(FRAME.lazy(), {"traceparent": "nonsense"})
    assert [s.name for s in spans.seen()] == ["piot.task", "piot.period"]


def test_spans_that_are_not_sampled_are_not_sampled_in_workers(spans: Spans) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    run(FRAME.lazy(), {"traceparent": parent})
    assert spans.seen() == []


def failing(error: Exception) -> pl.LazyFrame:
    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        raise error
        yield FRAME

    return register_io_source(read, schema=FRAME.schema)


def test_failures_have_a_type_and_no_message(spans: Spans) -> None:
    with pytest.raises(LookupError), Span("piot.run", here()) as driver:
        run(failing(LookupError("canary")), driver.carrier(), count=1)
    top, task, period = spans.seen()
    for span in (top, task, period):
        assert span.status == {"status_code": "ERROR"}
        assert span.attributes["error.type"] == "LookupError"
        assert span.events == []
        assert "canary" not in str(span.raw)


def test_names_of_exceptions() -> None:
    assert kind_of(ValueError("x")) == "ValueError"
    assert kind_of(piot.WorkerError("x", "y")) == "polars_io_tools.errors.WorkerError"


def test_what_sources_do_in_threads_of_polars_is_part_of_the_period(spans: Spans) -> None:
    def read(
        _: list[str] | None, predicate: pl.Expr | None, limit: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        Span("inner", here()).end()
        yield FRAME if predicate is None else FRAME.filter(predicate)

    with Span("piot.run", here()) as driver:
        run(register_io_source(read, schema=FRAME.schema), driver.carrier(), count=1)
    *_, period, inner = spans.seen()
    assert inner.is_in(period)


def test_functions_of_users_are_part_of_the_period(spans: Spans) -> None:
    def traced(frame: pl.DataFrame) -> pl.DataFrame:
        trace.get_tracer("user").start_span("theirs").end()
        return frame

    with Span("piot.run", here()) as driver:
        run(FRAME.lazy().map_batches(traced), driver.carrier(), count=1)
    seen = spans.seen()
    theirs = next(s for s in seen if s.name == "theirs")
    assert theirs.is_in(next(s for s in seen if s.name == "piot.period"))


def test_a_run_is_part_of_what_its_caller_does(spans: Spans) -> None:
    with trace.get_tracer("user").start_as_current_span("report"):
        record = Calls.here().begun(object())
    with record.guarded():
        pass
    top, ran = spans.seen()
    assert ran.is_in(top)
    assert ran.attributes["piot.state"] == "done"


def test_a_run_whose_reader_has_enough_has_not_failed(spans: Spans) -> None:
    def rows() -> Iterator[int]:
        with Calls.here().begun(object()).guarded():
            yield 1

    generator = rows()
    next(generator)
    generator.close()  # type: ignore[attr-defined]  # it is a generator
    (ran,) = spans.seen()
    assert ran.status == {"status_code": "UNSET"}


def test_statements_are_spans_without_their_text(spans: Spans, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "canary.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE trades (symbol TEXT, size INTEGER)")
        db.executemany("INSERT INTO trades VALUES (?, ?)", [("A", 1), ("canary", 2), ("canary", 3)])
    lf = piot.scan_db("SELECT * FROM trades WHERE symbol = ?", path, params=("canary",))
    with trace.get_tracer("user").start_as_current_span("report"):
        assert lf.filter(pl.col("size") > 1).collect().height == 2
    top, query = spans.seen()
    assert query.is_in(top)
    assert query.name == "SELECT"
    assert query.raw["kind"] == "SpanKind.CLIENT"
    assert query.attributes == {
        "db.system.name": "sqlite",
        "db.operation.name": "SELECT",
        "db.response.returned_rows": 2,
    }
    assert "canary" not in str(query.raw)


def test_a_database_in_a_task_is_part_of_its_period(spans: Spans, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "trades.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE trades (date DATE, x INTEGER)")
        db.executemany("INSERT INTO trades VALUES (?, ?)", [(f"{d}", 1) for d in MONTHS])
    lf = piot.scan_db("SELECT date, x FROM trades", path, schema_overrides={"date": pl.Date})

    with Span("piot.run", here()) as driver:
        run(lf, driver.carrier(), count=1)
    _, task, period, query = spans.seen()
    assert query.is_in(period)
    assert period.is_in(task)
    run(lf, {}, count=1)
    assert spans.seen() == []


_ABSENT = """
import sys
import datetime as dt
import polars as pl, polars_io_tools as piot
from polars_io_tools._recording import Calls
from polars_io_tools._tracing import Span, here

class Nothing:
    def find_spec(self, name, *_):
        assert not name.startswith("opentelemetry"), name

sys.meta_path.insert(0, Nothing())
assert here() is None
record = Calls.here().begun(object())
with record.guarded(), Span("piot.plan", record.span.context) as span, span.around():
    span.note({"piot.periods": 1})
assert record.span.carrier() == {}
print("opentelemetry.trace" in sys.modules)
"""


def test_nothing_is_imported_for_a_program_that_does_not_trace() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ABSENT],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def test_a_task_says_nothing_of_the_trace_by_default() -> None:
    plan, _ = shipped(FRAME.lazy())
    task: Task = plan.task
    assert task["trace"] == {}

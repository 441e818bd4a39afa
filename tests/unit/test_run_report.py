"""Reports of runs that were made up: figures, clocks, pictures, and whose run is whose."""

from __future__ import annotations

import asyncio
import copy
import threading
from typing import Any

import polars as pl
import pytest

from polars_io_tools import RunReport, last_run
from polars_io_tools._figures import duration
from polars_io_tools._period import Period
from polars_io_tools._recording import Calls, PeriodRecord, Recording
from polars_io_tools._report import Report
from polars_io_tools._run_report import report_of

SECOND = 1_000_000_000
EPOCH = 1_700_000_000 * SECOND


def period(number: int) -> Period:
    return Period(f"p{number}", number, number + 1)


def record(first: float, last: float, *, ahead: float = 0.0, **given: Any) -> PeriodRecord:
    """Return the record of a period that ran at these seconds, on a clock that is ahead."""

    def at(second: float) -> int:
        return EPOCH + round(second * SECOND)

    known: dict[str, Any] = {
        "queued": at(first - 0.1),
        "attempts": 1,
        "started": at(first + ahead),
        "finished": at(last + ahead),
        "received": at(last + 0.1),
        "read": at(last + 0.2),
        "node": "one (abc)",
        "worker": 7,
        "rows": 10,
        "bytes": 100,
        "threads": 2,
    }
    return PeriodRecord(**known | given)


def recording(*records: PeriodRecord, total: int | None = None, **given: Any) -> Recording:
    made = Recording()
    made.began, made.planned, made.ended = EPOCH - SECOND, EPOCH - SECOND // 2, EPOCH + 20 * SECOND
    made.total = len(records) if total is None else total
    made.slots = 4
    for number, each in enumerate(records):
        each.task = each.task or number + 1
        made.records[period(number)] = each
    for name, value in given.items():
        setattr(made, name, value)
    return made


def report(rows: int, counts: list[int] | None = None, *, last: bool = True) -> Report:
    return Report(
        periods=1,
        last=last,
        rows=rows,
        bytes=rows * 8,
        seconds=1.0,
        started=EPOCH,
        finished=EPOCH + SECOND,
        node="one",
        worker=1,
        files=3,
        counts=counts,
        threads=2,
        part=None,
    )


def test_figures_of_a_run() -> None:
    got = report_of([recording(record(0, 2), record(1, 5, worker=8), total=3)])
    assert got.state == "stopped"
    assert str(got).splitlines() == [
        "stopped in 21 s: 2 of 3 periods on 2 workers, 20 rows, 200B",
        "  planning 500 ms",
        "  workers  60% of their time at work",
        "  slowest  p1: 4 s",
    ]


@pytest.mark.parametrize(("ahead", "shifted"), [(0.0, 0.0), (0.05, 0.05), (5.0, 0.1), (-5.0, -0.1)])
def test_clocks_of_nodes_are_put_right(ahead: float, shifted: float) -> None:
    other = record(3, 4, node="two (def)")
    table = report_of([recording(record(1, 2, ahead=ahead), other)]).to_polars()
    starts = ((table["started"].cast(pl.Int64) - EPOCH) / SECOND).to_list()
    assert starts == pytest.approx([1 + shifted, 3.0])
    assert (table["queued"] <= table["started"]).all()
    assert (table["finished"] <= table["received"]).all()


def test_periods_of_one_task_share_its_time() -> None:
    shared = [record(0, 6, task=1) for _ in range(3)]
    got = report_of([recording(*shared)])
    assert "slowest  p0…p2: 2 s" in str(got)
    assert "100% of their time" in str(got)


def test_what_a_worker_says_is_noted() -> None:
    made = Recording()
    some = [period(i) for i in range(3)]
    made.submitted(some, 0)
    made.arrived(some, report(30, [10, 0, 20]))
    assert [r.rows for r in made.records.values()] == [10, 0, 20]
    assert [r.bytes for r in made.records.values()] == [80, 0, 160]
    made.submitted(some[:2], 0)
    made.arrived(some[:2], report(5))
    assert [made.records[p].rows for p in some] == [5, None, 20]


def test_rows_of_an_attempt_that_failed_are_not_counted_twice() -> None:
    made, one = Recording(), period(0)
    made.submitted([one], 0)
    made.arrived([one], report(10, last=False))
    made.failed([one], ConnectionError("no literal in here"))
    assert made.records[one].finished is None
    made.submitted([one], 10)
    made.arrived([one], report(4))
    assert made.records[one].rows == 14
    made.failed([one], ConnectionError())
    made.submitted([one], 0)
    made.arrived([one], report(14))
    assert made.records[one].rows == 14
    assert made.records[one].attempts == 3
    table = report_of([made]).to_polars()
    assert table["failures"].list.len().to_list() == [2]
    assert "literal" not in str(table.to_dicts())


def test_a_failed_run_has_its_report() -> None:
    made = recording(record(0, 1), total=2)
    with pytest.raises(ValueError, match="<b>"), made.guarded():
        raise ValueError("<b>bad</b>\nsecond line")
    got = report_of([made])
    assert got.state == "failed"
    assert got.error == "ValueError: <b>bad</b>"
    html = got._repr_html_()
    assert "&lt;b&gt;bad&lt;/b&gt;" in html
    assert "<b>" not in html


@pytest.mark.parametrize("records", [(), (record(0, 1),)])
def test_a_report_of_little_can_be_shown(records: tuple[PeriodRecord, ...]) -> None:
    got = report_of([recording(*copy.deepcopy(records))])
    assert got._repr_html_().startswith('<div class="piot">')
    assert got.timeline().to_dict()["vconcat"]
    assert "RunReport" in repr(got)


def test_labels_are_escaped() -> None:
    made = recording(record(0, 1))
    made.records = {Period("<script>", 0, 1): record(0, 1)}
    assert "<script>" not in report_of([made])._repr_html_()


def marks(chart: Any) -> list[dict[str, Any]]:
    """Return the rows of the lower part of a timeline: bars, then crosses."""
    drawn = chart.to_dict()
    layers = drawn["vconcat"][1]["layer"]
    return [row for layer in layers for row in drawn["datasets"][layer["data"]["name"]]]


def test_a_timeline_shows_waits_and_failures() -> None:
    failed = record(3, 4, attempts=2, failures=[(EPOCH + SECOND, "ConnectionError")], queued=EPOCH)
    rows = marks(report_of([recording(record(0, 1), failed)]).timeline())
    phases = [(r["phase"], round(r["took"], 1)) for r in rows if r["name"] == "p1" and "phase" in r]
    assert sorted(phases) == [
        ("is computed", 1.0),
        ("is tried in vain", 1.0),
        ("waits for a worker", 2.0),
        ("waits to be read", 0.2),
    ]
    assert [r["error"] for r in rows if "error" in r] == ["ConnectionError"]


def test_a_timeline_of_many_periods_shows_the_longest() -> None:
    made = recording(*(record(i, i + 1 + i % 7) for i in range(1000)))
    names = {row["name"] for row in marks(report_of([made]).timeline())}
    assert len(names) == 400
    assert "p6" in names
    assert "p0" not in names


def test_a_timeline_can_be_drawn() -> None:
    import vl_convert

    chart = report_of([recording(record(0, 1), record(1, 3, worker=8))]).timeline()
    drawn = vl_convert.vegalite_to_svg(chart.to_json())
    assert "what each worker computed" in drawn
    assert drawn.count("p1") >= 2


def began() -> int:
    got = last_run()
    assert got is not None
    return got._figures.began


def run_of(calls: Calls) -> int:
    return calls.begun(object()).began


def test_the_last_run_is_that_of_the_caller() -> None:
    calls = Calls.here()
    first = run_of(calls)
    assert began() == first
    got: dict[str, int | None] = {}

    def other(name: str) -> None:
        assert last_run() is None
        mine = run_of(Calls.here())
        barrier.wait(10)
        got[name] = began() - mine

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=other, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {"a": 0, "b": 0}
    assert began() == first


def test_tasks_of_asyncio_have_runs_of_their_own() -> None:
    async def query() -> bool:
        calls = Calls.here()
        await asyncio.sleep(0)
        mine = await asyncio.to_thread(run_of, calls)
        await asyncio.sleep(0.01)
        return began() == mine

    async def both() -> list[bool]:
        return await asyncio.gather(*(query() for _ in range(3)))

    assert asyncio.run(both()) == [True, True, True]


def test_sources_of_one_query_are_one_run() -> None:
    calls, left, right = Calls.here(), object(), object()
    calls.begun(left)
    calls.begun(right)
    assert calls.latest is not None
    assert len(calls.latest.recordings) == 2
    calls.begun(left)
    assert len(calls.latest.recordings) == 1


def test_calls_do_not_travel() -> None:
    calls = Calls.here()
    calls.begun(object())
    assert copy.deepcopy(calls).latest is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0031, "3.1 ms"),
        (1.254, "1.25 s"),
        (59.99, "60 s"),
        (125, "2 min 5 s"),
        (4200, "1 h 10 min"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_report_is_public() -> None:
    assert isinstance(report_of([Recording()]), RunReport)

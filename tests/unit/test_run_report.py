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
from polars_io_tools._recording import BY_RAY, Calls, PeriodRecord, Recording
from polars_io_tools._run_report import report_of
from tests.unit.runs import EPOCH, SECOND, period, record, recording, report


def test_figures_of_a_run() -> None:
    records = record(0, 2), record(1, 5, worker=8)
    got = report_of([recording(*records, total=3, ended=EPOCH + 6 * SECOND)])
    assert got.state == "stopped"
    assert str(got).splitlines() == [
        "stopped in 7 s: 2 of 3 periods on 2 workers, 20 rows, 200B",
        "  planning 500 ms",
        "  workers  50% of their time at work",
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
    got = report_of([recording(*shared, ended=EPOCH + 6 * SECOND)])
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


def test_what_ray_repeats_is_counted() -> None:
    made, one = Recording(), period(0)
    made.submitted([one], 0)
    made.arrived([one], report(10, repeats=2))
    got = report_of([made])
    assert got.to_polars()["attempts"].to_list() == [3]
    assert [f["error"] for f in got.to_polars()["failures"][0]] == [BY_RAY] * 2
    assert "2 attempts failed: lost, repeated by Ray" in str(got)


def test_what_tasks_write_is_counted() -> None:
    made, some = Recording(), [period(i) for i in range(3)]
    made.starts(3, 2, sends=False)
    made.submitted(some, 0)
    for one, rows in zip(some, (7, 0, 5), strict=True):
        made.arrived([one], report(0, wrote=(rows, rows * 10)))
    table = report_of([made]).to_polars()
    assert table["rows"].to_list() == [7, 0, 5]
    assert table["bytes"].to_list() == [70, 0, 50]
    assert "12 rows, 120B" in str(report_of([made]))
    made.arrived([some[0]], report(0, wrote=(None, 70)))  # a text file, whose rows nobody counts
    assert report_of([made]).to_polars()["rows"].to_list() == [None, 0, 5]
    assert "rows" not in str(report_of([made]))


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

"""The rules of the window, on a cluster that has a clock instead of workers."""

from __future__ import annotations

import heapq
import math
import tracemalloc
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from polars_io_tools._period import AnyPartition, Period
from polars_io_tools._report import Report
from polars_io_tools._transport import Part
from polars_io_tools.ray._protocol import Arrival, HalfRead, Limits, PeriodFailed, TaskFailed, Watch
from polars_io_tools.ray._window import Window

MIB = 2**20


@dataclass(eq=False)
class Task:
    periods: Sequence[AnyPartition]
    skip: int = 0
    arrivals: deque[tuple[float, Arrival | Exception]] = field(default_factory=deque)


class FakeCluster:
    """Runs tasks on `cpus` CPUs; `cost` gives the seconds and the bytes of a period."""

    def __init__(
        self,
        cpus: int,
        cost: Callable[[AnyPartition], tuple[float, int]],
        parts: int = 1,
        fails: Mapping[str, list[Exception]] | None = None,
        lost: list[str] | None = None,
        together: bool = False,
    ) -> None:
        self.time = 0.0
        self.retries: int | None = 3  # of what passes
        self.cpus = cpus
        self.cost = cost
        self.parts = parts
        self.fails = dict(fails or {})  # the failures of a period, before it succeeds
        # Finished periods that are lost before they are read, or "7.2" before their second part is.
        self.lost = lost or []
        self.breaks: dict[str, int] = {}  # after so many parts, the first attempt of a period fails
        self.fetched: Counter[str] = Counter()
        self.together = together  # whether the periods of a task arrive as one part
        self.journey = 0.0  # seconds that a part needs from its node, from when it is wanted
        self.wanted: dict[int, float] = {}
        self.free = [0.0] * cpus  # when each CPU is free
        self.submitted: list[Task] = []
        self.most_tasks = 0
        self.keep = True
        self.room = math.inf  # how many tasks find what they need at a time
        self.running = 0

    def now(self) -> float:
        return self.time

    def slots(self, running: int) -> int:
        return self.cpus

    def has_room(self) -> bool:
        return self.running < self.room

    def ended(self, handle: Any) -> None:
        self.running -= 1

    def submit(self, periods: Sequence[AnyPartition], skip: int) -> Task:
        self.running += 1
        task = Task(periods, skip)
        time = max(self.time, heapq.heappop(self.free))
        runs = [periods] if self.together else [[period] for period in periods]
        for run in runs:
            seconds, size = (sum(figures) for figures in zip(*map(self.cost, run), strict=True))
            time += seconds
            failing = next((p.label for p in run if self.fails.get(p.label)), None)
            if failing is not None:
                task.arrivals.append((time, self.fails[failing].pop()))
                break
            # Each part is one row.
            first = skip + 1 if run is runs[0] else 1
            broken = self.breaks.pop(run[0].label, self.parts)
            task.arrivals.extend(
                (time, arrival(run, number == self.parts, size // self.parts, seconds))
                for number in range(first, broken + 1)
            )
            if broken < self.parts:
                task.arrivals.append((time, ConnectionError("broken off")))
                break
        heapq.heappush(self.free, time)
        if self.keep:
            self.submitted.append(task)
        return task

    def wait(self, handles: Sequence[Any], timeout: float) -> list[Any]:
        soonest = min((handle.arrivals[0][0] for handle in handles), default=math.inf)
        if soonest > self.time + timeout:
            self.time += timeout
            return []
        self.time = max(self.time, soonest)
        return [handle for handle in handles if handle.arrivals[0][0] <= self.time]

    def take(self, handle: Any) -> Arrival | None:
        _, news = handle.arrivals.popleft()
        if isinstance(news, Exception):
            raise TaskFailed(news, retries=self.retries if isinstance(news, ConnectionError) else 0)
        assert isinstance(news, Arrival)
        return news

    def fetch(self, arrival: Arrival, timeout: float) -> Part | None:
        here = self.wanted.setdefault(id(arrival), self.time + self.journey)
        if here > self.time + timeout:
            self.time += timeout
            return None
        self.time = max(self.time, here)
        if self.lost:
            self.fetched.update(arrival.data)
        names = [name for d in arrival.data for name in (d, f"{d}.{self.fetched[d]}")]
        lost = next((name for name in names if name in self.lost), None)
        if lost is not None:
            self.lost.remove(lost)
            raise TaskFailed(ConnectionError(lost), retries=self.retries)
        return tuple(arrival.data)


def arrival(run: Sequence[AnyPartition], last: bool, size: int, seconds: float) -> Arrival:
    each = seconds / len(run)
    report = Report(
        periods=len(run),
        last=last,
        rows=1,
        bytes=size,
        seconds=each,
        started=0,
        finished=1,
        node="one",
        worker=1,
        files=None,
        counts=None,
        threads=1,
        repeats=0,
        wrote=None,
        part=None,
    )
    return Arrival(report, [period.label for period in run])


def periods(count: int) -> list[Period]:
    return [Period(str(i), i, i + 1) for i in range(count)]


def limits(**changes: Any) -> Limits:
    defaults = {
        "max_tasks": 100,
        "max_bytes": 1000 * MIB,
        "max_periods_per_task": 64,
        "ordered": True,
        "in_turn": False,
        "whole": False,
    }
    return Limits(**(defaults | changes))


def labels(window: Window) -> Iterator[str]:
    for parts in window.parts():
        for part in parts:
            yield from part


class Watched(Watch):
    def __init__(self, finished: list[int], retried: list[int]) -> None:
        self.counts = finished, retried

    def finished(self, period: AnyPartition) -> None:
        self.counts[0].append(1)

    def failed(self, periods: Sequence[AnyPartition], error: Exception, *, again: bool) -> None:
        if again:
            self.counts[1].append(len(periods))


@pytest.mark.parametrize("cpus", [1, 2, 16])
@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("seconds", [0.0001, 0.03, 5.0])
def test_every_part_of_every_period_comes_once(
    cpus: int, parts: int, ordered: bool, seconds: float
) -> None:
    finished: list[int] = []
    cost = lambda p: (seconds * (1 + int(p.label) % 3), MIB // 4)  # noqa: E731  (as elsewhere)
    cluster = FakeCluster(cpus, cost, parts, together=parts == 1)
    window = Window(cluster, periods(300), limits(ordered=ordered), Watched(finished, []))
    got = list(labels(window))
    expected = [p.label for p in periods(300) for _ in range(parts)]
    assert (got if ordered else sorted(got, key=int)) == expected
    assert len(finished) == 300
    assert window.running() == []


@pytest.mark.parametrize("cpus", [1, 2, 8])
def test_a_consumer_that_stops_early_has_started_few_slow_periods(cpus: int) -> None:
    cluster = FakeCluster(cpus, lambda p: (2.0 + int(p.label) / 100, 100))
    got = labels(Window(cluster, periods(200), limits(), Watch()))
    assert [next(got) for _ in range(4)] == ["0", "1", "2", "3"]
    assert cpus < sum(len(t.periods) for t in cluster.submitted) <= 2 * cpus + 4


@pytest.mark.parametrize("seconds", [0.001, 5.0])
@pytest.mark.parametrize("cpus", [1, 2, 4])
def test_three_months_are_three_tasks(seconds: float, cpus: int) -> None:
    cluster = FakeCluster(cpus, lambda _: (seconds, 100))
    list(labels(Window(cluster, periods(3), limits(), Watch())))
    assert [len(t.periods) for t in cluster.submitted] == [1, 1, 1]


def test_small_periods_share_tasks_and_the_last_ones_are_spread() -> None:
    cluster = FakeCluster(2, lambda _: (0.001, 100))
    list(labels(Window(cluster, periods(3000), limits(), Watch())))
    shares = [len(t.periods) for t in cluster.submitted]
    assert shares[:2] == [1, 1]
    assert max(shares) == 64
    assert shares[-2:] == [1, 1]
    assert len(shares) < 120


@pytest.mark.parametrize(("seconds", "size"), [(0.5, 100), (0.001, 9 * MIB)])
def test_slow_or_large_periods_do_not_share(seconds: float, size: int) -> None:
    cluster = FakeCluster(2, lambda _: (seconds, size))
    list(labels(Window(cluster, periods(50), limits(), Watch())))
    assert {len(t.periods) for t in cluster.submitted} == {1}


def test_sharing_can_be_turned_off() -> None:
    cluster = FakeCluster(2, lambda _: (0.001, 100))
    list(labels(Window(cluster, periods(200), limits(max_periods_per_task=1), Watch())))
    assert {len(t.periods) for t in cluster.submitted} == {1}


def test_never_more_tasks_than_allowed() -> None:
    cluster = FakeCluster(8, lambda p: (100.0 if p.label == "0" else 0.2, 100))
    window = Window(cluster, periods(400), limits(max_tasks=20), Watch())
    most = 0
    for _ in window.parts():
        most = max(most, window._unread_tasks)
    assert most == 20


def test_a_slow_first_period_leaves_no_slot_idle() -> None:
    cluster = FakeCluster(2, lambda p: (60.0 if p.label == "0" else 2.0, 100))
    list(labels(Window(cluster, periods(30), limits(), Watch())))
    assert cluster.time < 65  # the other 29 took 58 seconds meanwhile


def test_finished_results_stay_within_the_bytes_allowed() -> None:
    cluster = FakeCluster(2, lambda p: (50.0 if p.label == "0" else 1.0, 20 * MIB))
    window = Window(cluster, periods(60), limits(max_bytes=100 * MIB), Watch())
    most = 0
    for _ in window.parts():
        most = max(most, window._unread_bytes)
    assert 40 * MIB < most <= 100 * MIB


def test_a_period_larger_than_what_is_allowed_still_comes() -> None:
    cluster = FakeCluster(2, lambda _: (1.0, 500 * MIB), parts=2)
    got = list(labels(Window(cluster, periods(5), limits(max_bytes=100 * MIB), Watch())))
    assert got == [p.label for p in periods(5) for _ in range(2)]


def test_a_failure_is_reported_at_once() -> None:
    cluster = FakeCluster(
        2, lambda p: (100.0 if p.label == "0" else 1.0, 10), fails={"1": [ValueError("1")]}
    )
    with pytest.raises(PeriodFailed) as info:
        list(labels(Window(cluster, periods(10), limits(), Watch())))
    assert info.value.period.label == "1"
    assert str(info.value.error) == "1"
    assert cluster.time < 2


def test_a_failure_waits_its_turn_where_it_may_not_count() -> None:
    cluster = FakeCluster(
        2, lambda p: (9.0 if p.label == "0" else 1.0, 10), fails={"2": [ValueError("2")]}
    )
    got = labels(Window(cluster, periods(10), limits(in_turn=True), Watch()))
    assert [next(got), next(got)] == ["0", "1"]
    with pytest.raises(PeriodFailed) as info:
        next(got)
    assert info.value.period.label == "2"


def test_a_failure_inside_of_a_shared_task_names_its_period() -> None:
    cluster = FakeCluster(1, lambda _: (0.001, 10), fails={"77": [ValueError("77")]})
    with pytest.raises(PeriodFailed) as info:
        list(labels(Window(cluster, periods(100), limits(), Watch())))
    assert info.value.period.label == "77"
    assert [p.label for p in info.value.periods][:2] == ["77", "78"]  # what was to come as well
    assert any(len(t.periods) > 1 and t.periods[0].label != "77" for t in cluster.submitted)


def away(times: int) -> list[Exception]:
    return [ConnectionError("away") for _ in range(times)]


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(("parts", "together"), [(1, False), (3, False), (1, True)])
@pytest.mark.parametrize("seconds", [0.001, 1.0])
def test_transient_failures_and_losses_change_nothing(
    ordered: bool, parts: int, together: bool, seconds: float
) -> None:
    fails = {"0": away(3), "5": away(1), "40": away(2), "41": away(1), "99": away(3)}
    lost = ["0", "3", "3", "50", "51", "52", "99"] if parts == 1 else []
    finished: list[int] = []
    cluster = FakeCluster(3, lambda _: (seconds, MIB), parts, fails, lost, together)
    cluster.retries = 4
    retried: list[int] = []
    window = Window(
        cluster,
        periods(100),
        limits(ordered=ordered),
        Watched(finished, retried),
    )
    got = list(labels(window))
    expected = [p.label for p in periods(100) for _ in range(parts)]
    assert (got if ordered else sorted(got, key=int)) == expected
    assert not any(cluster.fails.values())
    assert cluster.lost == []
    assert sum(retried) >= 10 + len(lost)
    assert len(finished) == 100


@pytest.mark.parametrize(("retries", "times"), [(0, 1), (1, 2), (3, 4)])
def test_after_some_attempts_a_period_fails(retries: int, times: int) -> None:
    cluster = FakeCluster(2, lambda _: (1.0, 10), fails={"7": away(times)})
    cluster.retries = retries
    with pytest.raises(PeriodFailed, match="away") as info:
        list(labels(Window(cluster, periods(10), limits(), Watch())))
    assert info.value.period.label == "7"


def test_without_a_limit_a_period_is_tried_until_it_succeeds() -> None:
    cluster = FakeCluster(2, lambda _: (1.0, 10), fails={"7": away(50)})
    cluster.retries = None
    got = list(labels(Window(cluster, periods(10), limits(), Watch())))
    assert got == [p.label for p in periods(10)]


@pytest.mark.parametrize(("part", "skip"), [(1, 0), (2, 1), (3, 2)])
def test_a_period_that_is_read_in_part_goes_on_where_it_was_lost(part: int, skip: int) -> None:
    cluster = FakeCluster(1, lambda _: (1.0, 10), parts=3, lost=[f"1.{part}"])
    window = Window(cluster, periods(3), limits(), Watch())
    assert list(labels(window)) == [p.label for p in periods(3) for _ in range(3)]
    assert [t.skip for t in cluster.submitted if t.periods[0].label == "1"] == [0, skip]
    assert window._unread_bytes == 0
    assert window._unread_tasks == 0
    assert window._under_way == 0


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("slow", ["0", "none"])
def test_a_period_that_breaks_off_is_read_once(ordered: bool, whole: bool, slow: str) -> None:
    cluster = FakeCluster(2, lambda p: (9.0 if p.label == slow else 1.0, 10), parts=3)
    cluster.breaks = {"1": 2, "4": 1, "6": 0}
    window = Window(cluster, periods(8), limits(ordered=ordered, whole=whole), Watch())
    got = list(labels(window))
    assert sorted(got) == [p.label for p in periods(8) for _ in range(3)]
    skips = {t.periods[0].label: t.skip for t in cluster.submitted}
    assert (skips["1"], skips["4"], skips["6"]) == ((0, 0, 0) if whole else (2, 1, 0))
    assert window._unread_bytes == 0
    assert window._under_way == 0


def test_where_the_order_is_open_half_of_a_period_cannot_be_replaced() -> None:
    cluster = FakeCluster(1, lambda _: (1.0, 10), parts=3, lost=["0", "1.2"])
    window = Window(cluster, periods(3), limits(whole=True), Watch())
    got: list[str] = []
    with pytest.raises(HalfRead, match=r"1\.2") as info:
        got.extend(labels(window))
    assert info.value.period.label == "1"
    assert isinstance(info.value.error, ConnectionError)


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("max_bytes", [1000 * MIB, MIB])
def test_while_a_part_is_on_its_way_the_consumer_hears_of_it_and_the_rest_goes_on(
    ordered: bool, max_bytes: int
) -> None:
    cluster = FakeCluster(2, lambda _: (0.3, MIB), parts=3)
    cluster.journey = 1.0
    window = Window(cluster, periods(6), limits(ordered=ordered, max_bytes=max_bytes), Watch())
    got = []
    silent = 0.0
    before = 0.0
    for parts in window.parts():
        silent = max(silent, cluster.time - before)
        before = cluster.time
        got += [label for part in parts for label in part]
    expected = [p.label for p in periods(6) for _ in range(3)]
    assert (got if ordered else sorted(got)) == expected
    assert silent < 0.31  # Ctrl-C waits no longer
    assert window._unread_bytes == 0


def uneven(period: AnyPartition) -> tuple[float, int]:
    return 0.0005 if int(period.label) % 7 else 0.01, 1000


@pytest.mark.parametrize("ordered", [True, False])
def test_100_000_periods_wait_in_a_bounded_window(ordered: bool) -> None:
    cluster = FakeCluster(4, uneven)
    window = Window(cluster, periods(100_000), limits(ordered=ordered), Watch())
    count = most = 0
    for _ in labels(window):
        count += 1
        most = max(most, len(window._pending))
    assert count == 100_000
    assert most <= 100 * 64
    assert len(cluster.submitted) < 100_000 / 40


def test_memory_does_not_depend_on_the_number_of_periods() -> None:
    def peak(count: int) -> int:
        cluster = FakeCluster(4, uneven)
        cluster.keep = False
        window = Window(cluster, periods(count), limits(max_tasks=20), Watch())
        tracemalloc.start()
        try:
            assert sum(1 for _ in labels(window)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # The window is full from some thousand periods on.
    assert peak(12_000) < 1.2 * peak(6_000)


@pytest.mark.parametrize("ordered", [True, False])
def test_no_more_tasks_run_than_there_is_room_for(ordered: bool) -> None:
    cluster = FakeCluster(8, lambda _: (1.0, 100))
    cluster.room = 2
    window = Window(cluster, periods(20), limits(ordered=ordered), Watch())
    waits = 0
    for parts in window.parts():
        assert cluster.running <= 2
        waits += not parts
    assert len(cluster.submitted) == 20
    assert cluster.time >= 10
    assert cluster.running == 0
    assert waits


def test_a_query_waits_for_room_without_a_task() -> None:
    cluster = FakeCluster(2, lambda _: (1.0, 100))
    cluster.room = 0
    window = Window(cluster, periods(3), limits(), Watch())
    parts = window.parts()
    assert [next(parts) for _ in range(5)] == [[]] * 5
    assert not cluster.submitted
    cluster.room = 2
    assert sum(map(len, parts)) == 3

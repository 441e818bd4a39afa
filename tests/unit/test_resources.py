"""What a run holds for its sources, and the connections that all runs share."""

from __future__ import annotations

import threading

import pytest

from polars_io_tools._budget import BUDGET, Budget
from polars_io_tools._resources import NoRoomError, Resources
from polars_io_tools.errors import DatabaseConnectionError


class Held:
    def __init__(self) -> None:
        self.checks = 0
        self.closed = 0

    def check(self) -> None:
        self.checks += 1

    def close(self) -> None:
        self.closed += 1


def run() -> Resources:
    return Resources(lambda key, secret: (key, secret), processes=4, waits=True)


def test_what_is_held_is_taken_once_and_given_back() -> None:
    resources, taken = run(), []

    def take() -> Held:
        taken.append(Held())
        return taken[-1]

    resources.connect("taken:1", 1, most=16)
    first = resources.held("a", "taken:1", take)
    assert resources.held("a", "taken:1", take) is first
    second = resources.held("b", "taken:1", take)
    assert taken == [first, second]
    assert BUDGET.left("taken:1", 16) == 14
    resources.check()
    resources.close()
    resources.close()
    assert [(h.checks, h.closed) for h in taken] == [(1, 1), (1, 1)]
    assert BUDGET.left("taken:1", 16) == 16


def test_what_cannot_be_taken_is_given_back() -> None:
    def refuse() -> Held:
        raise DatabaseConnectionError("nobody there")

    resources = run()
    resources.connect("refused:1", 1, most=16)
    with pytest.raises(DatabaseConnectionError):
        resources.held("a", "refused:1", refuse)
    assert BUDGET.is_shared("refused:1")
    resources.close()
    assert not BUDGET.is_shared("refused:1")
    assert BUDGET.left("refused:1", 16) == 16


def test_tasks_begin_as_long_as_there_are_connections() -> None:
    resources = run()
    resources.connect("tasks:1", 2, most=8)
    resources.held("state", "tasks:1", Held)
    resources.connect("other:1", 1, most=100)
    resources.start()
    begun = 0
    while resources.has_room():
        assert resources.has_room()  # asking twice takes nothing more
        resources.begin_task()
        begun += 1
    assert begun == 3
    assert BUDGET.left("other:1", 100) == 97  # what was taken in vain is given back
    resources.begin_task()  # one that is tried again does not wait
    assert BUDGET.left("tasks:1", 16) == 7
    for _ in range(4):
        resources.end_task()
    assert BUDGET.left("tasks:1", 16) == 15
    assert resources.has_room()
    resources.close()
    assert BUDGET.left("tasks:1", 16) == 16
    assert BUDGET.left("other:1", 16) == 16
    resources.end_task()  # news of a task that come after the run
    assert BUDGET.left("tasks:1", 16) == 16


def test_a_query_without_a_server_is_not_bound() -> None:
    resources = run()
    resources.start()
    for _ in range(100):
        assert resources.has_room()
        resources.begin_task()


def test_the_least_that_is_allowed_counts() -> None:
    resources = run()
    resources.connect("least:1", 1, most=16)
    resources.connect("least:1", 1, most=3)
    resources.start()
    assert resources.has_room()
    resources.begin_task()
    assert not resources.has_room()
    resources.close()


def test_a_task_that_can_never_begin_is_refused() -> None:
    resources = run()
    resources.connect("never:1", 2, most=2)
    resources.held("state", "never:1", Held)
    message = r"max_connections=2 is too small: each task needs 2 .* and one goes"
    with pytest.raises(ValueError, match=message):
        resources.start()
    resources.close()


def test_others_that_hold_all_connections_are_told() -> None:
    others = [run() for _ in range(3)]
    for other in others:
        other.connect("others:1", 1, most=4)
        other.held("state", "others:1", Held)
    resources = run()
    resources.connect("others:1", 1, most=4)
    with pytest.raises(DatabaseConnectionError, match="hold the 4 connections"):
        resources.held("state", "others:1", Held)
    few = run()
    few.connect("others:1", 1, most=3)
    with pytest.raises(DatabaseConnectionError, match="hold the 3 connections"):
        few.start()
    few.close()
    others[0].close()
    resources.held("state", "others:1", Held)
    resources.start()
    assert resources.has_room()
    for other in (*others, resources):
        other.close()


def test_what_is_held_waits_for_the_tasks_of_others() -> None:
    first, second = run(), run()
    for each in (first, second):
        each.connect("busy:1", 1, most=3)
    while first.has_room():
        first.begin_task()
    with pytest.raises(NoRoomError):
        second.held("state", "busy:1", Held)
    here = Resources(lambda _, secret: secret, processes=1)  # which does not wait
    here.connect("busy:1", 1, most=3)
    here.held("state", "busy:1", Held)
    here.close()
    first.end_task()
    second.held("state", "busy:1", Held)
    assert not first.has_room()
    first.close()
    second.close()
    assert BUDGET.left("busy:1", 3) == 3


def test_threads_take_no_more_than_there_is() -> None:
    budget = Budget()
    taken: list[bool] = []

    def take() -> None:
        taken.extend(budget.take("threads:1", 1, most=500) for _ in range(200))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 500
    assert budget.left("threads:1", 500) == 0

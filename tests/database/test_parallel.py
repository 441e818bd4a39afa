"""How partitions are read at once: how many, in which order, in bounded memory, until when."""

from __future__ import annotations

import gc
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest

import polars_io_tools as piot
from polars_io_tools._budget import BUDGET
from polars_io_tools._polars.sources import asked_sources
from polars_io_tools.db import Column, Description, Frames, Query, Statement
from polars_io_tools.db._postgresql import PostgresReader
from tests.database.reading import APPLICATION, wait_until

if TYPE_CHECKING:
    from tests.postgres import Server

Rows = Generator[pl.DataFrame, None, None]

SLEEPING = "SELECT n, pg_sleep(600)::text FROM generate_series(0, 3) n"


class Numbers:
    """A reader of four partitions, n = 0 to 3, that counts what is open.

    Attributes:
        open: how many reads are open.
        most: how many were at once.
        given: how many frames each partition has given.
        closed: the partitions whose reads have ended.
    """

    dialect, quote = "generic", '"'

    def __init__(self, frames: Callable[[int], Iterator[pl.DataFrame | None]]) -> None:
        self._frames = frames
        self._lock = threading.Lock()
        self.open = self.most = 0
        self.given = dict.fromkeys(range(4), 0)
        self.closed: list[int] = []

    def shown(self) -> str:
        return "numbers"

    def describe(self, _: Query) -> Description:
        return Description((Column("n", pl.Int64()),))

    def read(self, statement: Statement) -> Frames:
        (part,) = statement.params
        with self._lock:
            self.open += 1
            self.most = max(self.most, self.open)
        try:
            for frame in self._frames(part):
                self.given[part] += 1
                yield frame
        finally:
            with self._lock:
                self.open -= 1
                self.closed.append(part)

    def scan(self, **options: Any) -> pl.LazyFrame:
        return piot.scan_db(
            "SELECT n FROM numbers", self, partitions=piot.by_value("n", [0, 1, 2, 3]), **options
        )


def rows_of(lf: pl.LazyFrame) -> Rows:
    """Call the source as Polars does."""
    (asked,) = asked_sources(lf)
    rows: Rows = asked.source(None, None, None, None)
    return rows


def threads() -> int:
    return sum(t.name.startswith("piot-part") for t in threading.enumerate())


def waiting() -> Iterator[None]:
    while True:
        time.sleep(0.02)
        yield None


def some(part: int, frames: int = 3) -> Iterator[pl.DataFrame]:
    for _ in range(frames):
        yield pl.DataFrame({"n": [part] * 5})


@pytest.mark.parametrize(("wanted", "most"), [(1, 1), (2, 2), (None, 4), (9, 4)])
def test_so_many_are_read_at_once(wanted: int | None, most: int) -> None:
    together = threading.Barrier(most)

    def frames(part: int) -> Iterator[pl.DataFrame]:
        together.wait(30)  # or the test would never end
        yield from some(part)

    numbers = Numbers(frames)
    got = numbers.scan(max_concurrency=wanted).collect()
    assert sorted(got["n"]) == [n for n in range(4) for _ in range(15)]
    assert numbers.most == most
    assert threads() == 0


@pytest.mark.parametrize("ordered", [False, True])
def test_rows_come_as_they_arrive_unless_their_order_is_wanted(ordered: bool) -> None:
    last = threading.Event()

    def frames(part: int) -> Iterator[pl.DataFrame | None]:
        while part == 0 and not last.is_set():
            yield next(waiting())  # until the last partition has given a frame
        for frame in some(part):
            yield frame
            if part == 3:
                last.set()

    got = Numbers(frames).scan(preserve_partition_order=ordered).collect()
    first = got["n"][0]
    assert (first == 0) == ordered
    assert got["n"].is_sorted() == ordered
    assert got.height == 60


@pytest.mark.parametrize("ordered", [False, True])
def test_what_is_not_read_waits(ordered: bool) -> None:
    numbers = Numbers(lambda part: some(part, 500))
    rows = rows_of(numbers.scan(preserve_partition_order=ordered, max_concurrency=2))
    next(rows)
    time.sleep(0.3)  # for what would come if nothing kept it
    assert sum(numbers.given.values()) <= 10
    assert sum(frame.height for frame in rows) == 4 * 500 * 5 - 5


def test_small_partitions_do_not_pile_up_behind_a_large_one() -> None:
    numbers = Numbers(lambda part: waiting() if part == 0 else some(part, 1))
    rows = rows_of(numbers.scan(preserve_partition_order=True, max_concurrency=2))
    assert all(next(rows).height == 0 for _ in range(5))
    assert 1 in numbers.closed
    assert numbers.given[2] == 0
    rows.close()
    assert threads() == 0


@pytest.mark.parametrize("how", ["closed", "head"])
def test_stopping_early_ends_all_reads(how: str) -> None:
    numbers = Numbers(lambda part: some(part, 10_000) if part == 2 else waiting())
    lf = numbers.scan()
    if how == "head":
        assert lf.filter(pl.col("n") >= 0).head(7).collect().height == 7
        wait_until(lambda: threads() == 0)
    else:
        rows = rows_of(lf)
        next(rows)
        rows.close()
        assert threads() == 0
    assert numbers.open == 0


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("kind", [piot.DatabaseError, ZeroDivisionError])
def test_the_first_error_ends_the_others_and_names_its_partition(
    ordered: bool, kind: type[Exception]
) -> None:
    def frames(part: int) -> Iterator[pl.DataFrame | None]:
        if part != 2:
            return waiting()
        if kind is piot.DatabaseError:
            raise piot.DatabaseError("scan_db: the server is tired")
        raise kind("tired")

    numbers = Numbers(frames)
    with pytest.raises(kind, match="tired") as caught:
        next(row for row in rows_of(numbers.scan(preserve_partition_order=ordered)) if row.height)
    if kind is piot.DatabaseError:
        assert str(caught.value) == "scan_db: partition 2: the server is tired"
    else:
        assert caught.value.__notes__ == ["in partition 2 of scan_db"]
    assert numbers.open == threads() == 0


def test_closing_ends_all_statements_on_the_server(postgres: Server) -> None:
    lf = piot.scan_db(
        SLEEPING,
        postgres.uri,
        partitions=piot.by_value("n", [0, 1, 2, 3]),
    )
    rows = rows_of(lf)
    wait_until(lambda: next(rows).height == 0 and postgres.active(APPLICATION) == 4)
    rows.close()
    assert threads() == 0
    wait_until(lambda: postgres.active(APPLICATION) == 0, 10)


def test_rows_that_nobody_wants_any_more_are_not_read() -> None:
    rows = rows_of(Numbers(lambda _: waiting()).scan())
    next(rows)
    assert threads() == 4
    del rows
    gc.collect()
    wait_until(lambda: threads() == 0)


def test_connections_are_those_that_there_may_be(postgres: Server) -> None:
    server = PostgresReader(postgres.uri).server
    parts = piot.by_value("n", [0, 1, 2, 3])
    lf = piot.scan_db(SLEEPING, postgres.uri, partitions=parts, max_connections=3)
    rows = rows_of(lf)
    # One of the three holds the state that all of them see.
    wait_until(lambda: next(rows).height == 0 and postgres.active(APPLICATION) == 2)
    assert BUDGET.left(server, 3) == 0
    assert threads() == 2
    rows.close()
    assert BUDGET.left(server, 3) == 3
    few = piot.scan_db(SLEEPING, postgres.uri, partitions=parts, max_connections=1)
    with pytest.raises(ValueError, match=r"max_connections=1 is too small"):
        few.collect()
    assert BUDGET.left(server, 3) == 3


MOVE = "UPDATE moved SET half = 1 - half"


@pytest.mark.parametrize("snapshot", ["auto", "required", "off"])
def test_all_statements_see_one_state(
    postgres: Server, snapshot: Literal["auto", "required", "off"]
) -> None:
    postgres.psql(
        "DROP TABLE IF EXISTS moved; "
        "CREATE TABLE moved AS SELECT i, i % 2 AS half FROM generate_series(0, 99) i"
    )
    lf = piot.scan_db(
        "SELECT * FROM moved",
        postgres.uri,
        fetch_size=1,
        partitions=piot.by_value("half", [0, 1]),
        max_concurrency=1,
        snapshot=snapshot,
    )
    rows = rows_of(lf)
    first = next(frame for frame in rows if frame.height)
    postgres.psql(MOVE)  # the second statement has not begun: the first has rows to give
    read = pl.concat([first, *rows])
    assert read.height == 100
    assert read["i"].n_unique() == (50 if snapshot == "off" else 100)


@pytest.mark.parametrize("snapshot", ["auto", "off"])
def test_what_is_committed_meanwhile_is_noticed_where_it_would_be_seen(
    tmp_path: Path, snapshot: Literal["auto", "off"]
) -> None:
    path = tmp_path / "moved.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE moved (i INTEGER, half INTEGER)")
        db.executemany("INSERT INTO moved VALUES (?, ?)", [(i, i % 2) for i in range(100)])
        db.commit()
        lf = piot.scan_db(
            "SELECT * FROM moved",
            path,
            fetch_size=1,
            partitions=piot.by_value("half", [0, 1]),
            max_concurrency=1,
            snapshot=snapshot,
        )
        rows = rows_of(lf)
        next(frame for frame in rows if frame.height)
        db.execute(MOVE)
        db.commit()
        if snapshot == "off":
            assert sum(frame.height for frame in rows) == 99
        else:
            with pytest.raises(piot.SnapshotEndedError):
                list(rows)
    assert threads() == 0

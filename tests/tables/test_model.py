"""Several transactions, interleaved as it comes, against a model in memory.

They may be refused, as conflicts or for repeated keys, but never give other rows than the model.
"""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import deltalake
import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

import polars_io_tools as piot
from polars_io_tools.tables import _commit
from tests.tables.model import Part, Rows, Step, repeated

KEYS = st.integers(0, 11)
SOME = st.sets(KEYS, min_size=1, max_size=4)


def frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"k": pl.Int64, "v": pl.Int64}, orient="row")


@contextmanager
def unheard(error: type[Exception]) -> Iterator[None]:
    """Let the first commit be made, and told as failed."""
    real, done = deltalake.DeltaTable.create_write_transaction, list[int]()

    def lost(self: Any, *args: Any, **given: Any) -> None:
        real(self, *args, **given)
        if not done:
            done.append(1)
            raise error("the answer got lost")

    with mock.patch.object(deltalake.DeltaTable, "create_write_transaction", lost):
        yield


@contextmanager
def overtaken(by: Callable[[], None]) -> Iterator[None]:
    """Let something happen between what a commit looks at, and the commit."""
    real, done = _commit._swap, list[int]()

    def later(*args: Any) -> bool:
        if not done:
            done.append(1)
            by()
        return real(*args)

    with mock.patch.object(_commit, "_swap", later):
        yield


class Transactions(RuleBasedStateMachine):
    """A table, and transactions that are open at the same time."""

    begun = Bundle[Part]("begun")
    taken = Bundle[Part]("taken")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.values = itertools.count()
        # After each version of the table.
        self.states: list[Rows] = [[]]
        self.app = 0
        self.committed: set[int] = set()

    @initialize(unique=st.booleans(), files=st.lists(SOME, max_size=3))
    def make(self, unique: bool, files: list[set[int]]) -> None:
        self.unique = unique
        schema = {"k": pl.Int64, "v": pl.Int64}
        self.t = piot.create_table(f"{self.folder}/t", schema, key="k", unique=unique)
        for number, keys in enumerate(files):
            rows = self.rows({k + 12 * number if unique else k for k in keys})
            with self.t.txn() as txn:
                txn.write(frame(rows))
            self.states.append(self.states[-1] + rows)

    def rows(self, keys: set[int]) -> Rows:
        return [(k, next(self.values)) for k in sorted(keys)]

    @rule(
        target=begun,
        upserts=st.booleans(),
        app=st.sampled_from([None, None, None, 1, 2, 3]),
        keys=SOME,
        first=st.sampled_from(["write", "delete", "replace"]),
    )
    def begin(self, upserts: bool, app: int | None, keys: set[int], first: str) -> Part:
        mode: Any = "upsert" if upserts else "append"
        name = None if app is None else "app"
        txn = self.t.txn(mode, app_id=name, app_version=app)
        part = Part(txn, len(self.states) - 1, upserts, app)
        # Without a step most would do nothing.
        if first == "write":
            self.write(part, keys, lazy=False)
        elif first == "delete":
            self.delete(part, keys)
        else:
            self.replace(part, [min(keys), max(keys) + 1], keys)
        return part

    @rule(part=begun, keys=SOME, lazy=st.booleans())
    def write(self, part: Part, keys: set[int], lazy: bool) -> None:
        rows = self.rows(keys)
        part.txn.write(frame(rows).lazy() if lazy else frame(rows))
        part.steps.append(Step("write", rows, frozenset(keys if part.upserts else ())))

    @rule(part=begun, keys=SOME)
    def delete(self, part: Part, keys: set[int]) -> None:
        part.txn.delete_keys({"k": sorted(keys)})
        part.steps.append(Step("delete", [], frozenset(keys)))

    @rule(part=begun, ends=st.lists(KEYS, min_size=2, max_size=2, unique=True), keys=SOME)
    def replace(self, part: Part, ends: list[int], keys: set[int]) -> None:
        lo, hi = sorted(ends)
        rows = self.rows({k for k in keys if lo <= k < hi})
        part.txn.replace_range(lo, hi, frame(rows))
        part.steps.append(Step("replace", rows, frozenset(range(lo, hi))))

    @rule(part=begun, keys=SOME)
    def fail(self, part: Part, keys: set[int]) -> None:
        """Write rows of which the last are refused, after the first were written."""
        rows = frame(self.rows(keys))
        bad = pl.concat([rows, pl.DataFrame({"k": [None], "v": [0]}, rows.schema)])
        with (
            mock.patch("polars_io_tools.tables._rows._CHUNK_BYTES", 1),
            pytest.raises(piot.InvalidRowsError, match="may not be null"),
        ):
            part.txn.write(pl.concat([rows.lazy(), bad.lazy()]))

    @rule(target=taken, part=consumes(begun))
    def take(self, part: Part) -> Any:
        if part.app is not None:
            part.txn.abort()
            return multiple()
        part.ops = part.txn.take().to_json()
        return part

    @rule(part=begun, other=taken)
    def include(self, part: Part, other: Part) -> None:
        again = id(other) in {id(step.part) for step in part.steps}
        try:
            part.txn.include(piot.TransactionOps.from_json(other.ops))
        except piot.InvalidOperationsError:
            assert not again
            return
        assert id(other) not in self.committed
        assert other.start >= part.start
        if not again:
            part.steps.append(Step("include", [], part=other))

    @rule(part=consumes(begun))
    def abort(self, part: Part) -> None:
        part.txn.abort()

    @rule(
        part=consumes(begun),
        lost=st.sampled_from([None, deltalake.exceptions.CommitFailedError, OSError]),
    )
    def commit(self, part: Part, lost: type[Exception] | None) -> None:
        if lost is None:
            self.end(part)
            return
        with unheard(lost):
            self.end(part)

    @rule(part=consumes(begun), other=consumes(begun))
    def overtake(self, part: Part, other: Part) -> None:
        if part is other:
            return
        with overtaken(lambda: self.end(other)):
            self.end(part)

    @rule(part=consumes(begun))
    def compact_meanwhile(self, part: Part) -> None:
        with overtaken(self.compact):
            self.end(part)

    @rule()
    def compact(self) -> None:
        if self.t.compact(target_rows=3) is not None:
            self.states.append(self.states[-1])
            self.compare()

    @rule(keys=SOME)
    @precondition(lambda self: not self.unique)
    def append_elsewhere(self, keys: set[int]) -> None:
        rows = self.rows(keys)
        deltalake.write_deltalake(self.t.uri, frame(rows), mode="append")
        self.states.append(self.states[-1] + rows)
        self.compare()

    @rule()
    def compact_elsewhere(self) -> None:
        log = deltalake.DeltaTable(self.t.uri)
        log.optimize.compact()
        if log.version() == len(self.states):
            self.states.append(self.states[-1])
        self.compare()

    def end(self, part: Part) -> None:
        """Commit, and compare what became of it with what may."""
        before = len(self.states)
        try:
            version = part.txn.commit()
        except piot.CommitConflictError:
            # Others were faster, which pure appends do not mind.
            assert part.replaces
            assert len(self.states) > part.start + 1
            return
        except piot.InvalidRowsError:
            doubled = repeated(part.on(self.states[-1]))
            assert (self.unique and doubled) or (part.upserts and part.repeats)
            return
        except piot.InvalidOperationsError:
            # Their files went with another transaction that had included them.
            assert part.parts
            return
        assert before <= len(self.states)
        if part.txn.skipped:
            assert part.app is not None
            assert self.app >= part.app
            return
        wanted = part.on(self.states[-1])
        if version is None:
            assert part.app is None
            assert sorted(wanted) == sorted(self.states[-1])
            return
        assert not part.parts & self.committed
        assert not self.unique or not repeated(wanted)
        assert part.app is None or part.app > self.app
        self.app = part.app or self.app
        self.committed |= part.parts
        self.states.append(wanted)
        assert version == len(self.states) - 1
        self.compare()

    def compare(self) -> None:
        assert sorted(self.t.scan().to_polars().rows()) == sorted(self.states[-1])

    def teardown(self) -> None:
        if hasattr(self, "t"):
            self.compare()
            assert self.t.verify().ok
            self.t.clean(dt.timedelta(0))
            table = self.t.table_id
            for version, rows in enumerate(self.states):
                found = self.t.scan(asof=f"{table}@{version}").to_polars().rows()
                assert sorted(found) == sorted(rows)
        shutil.rmtree(self.folder)


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Transactions,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_transactions_are_those_of_the_model() -> None:
    run(40, 25)


@pytest.mark.long
def test_many_transactions_are_those_of_the_model() -> None:
    run(250, 30)

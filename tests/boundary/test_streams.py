"""concat: who owns which stream when, and what it refuses."""

from __future__ import annotations

import ctypes
import gc
import threading
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import InternalError, SchemaMismatchError
from tests.boundary.streams import (
    ArrowSchema,
    CountedStream,
    Holder,
    read_batch,
    schema_name,
    stream_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def make(*batches: Sequence[Sequence[int]]) -> list[CountedStream]:
    return [CountedStream(b) for b in batches]


def concat(streams: list[CountedStream]) -> object:
    return _gocore.concat([s.capsule for s in streams])


def assert_released_once(streams: list[CountedStream]) -> None:
    gc.collect()
    assert [s.streams_released for s in streams] == [1] * len(streams)
    assert all(s.is_moved and s.schemas_open == 0 and s.arrays_open == 0 for s in streams)


def test_arrays_come_in_order() -> None:
    streams = make([[1, 2], [3]], [], [[], [4]], [[5]])
    capsule = concat(streams)
    batches = []
    while (batch := read_batch(capsule)) is not None:
        batches.append(batch)
    assert batches == [[1, 2], [3], [], [4], [5]]
    assert read_batch(capsule) is None
    del capsule
    assert_released_once(streams)


def test_full_use_by_polars_releases_once() -> None:
    streams = make([[1, 2], [3]], [[4]])
    series = pl.Series(Holder(concat(streams)))
    assert series.to_list() == [1, 2, 3, 4]
    assert series.n_chunks() == 3
    assert [s.streams_released for s in streams] == [1, 1]
    assert [s.arrays_open for s in streams] == [2, 1]
    del series
    assert_released_once(streams)


def test_half_use_releases_once() -> None:
    streams = make([[1], [2]], [[3], [4]], [[5]])
    capsule = concat(streams)
    assert [read_batch(capsule) for _ in range(3)] == [[1], [2], [3]]
    assert [s.streams_released for s in streams] == [0, 0, 0]
    del capsule
    assert_released_once(streams)


def test_unused_stream_releases_once() -> None:
    streams = make([[1]], [[2]])
    concat(streams)
    assert_released_once(streams)
    assert [s.batches_read for s in streams] == [0, 0]


def test_release_on_another_thread() -> None:
    streams = make([[1]], [[2]])
    box = [concat(streams)]
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    assert_released_once(streams)


def test_exhausted_streams_are_given_back_early() -> None:
    """All but the first, which keeps answering for the schema."""
    streams = make([[1]], [[2]], [[3]])
    capsule = concat(streams)
    assert [read_batch(capsule) for _ in range(3)] == [[1], [2], [3]]
    assert [s.streams_released for s in streams] == [0, 1, 0]
    assert schema_name(capsule) == b"x"
    assert read_batch(capsule) is None
    assert schema_name(capsule) == b"x"
    del capsule
    assert_released_once(streams)


def test_released_by_the_consumer() -> None:
    """As the PyCapsule protocol has it: a consumer may release and leave an empty capsule."""
    streams = make([[1]], [[2]])
    capsule = concat(streams)
    stream = stream_of(capsule)
    stream.release(stream)
    assert not stream.release
    del capsule
    assert_released_once(streams)


def test_nested_concat() -> None:
    streams = make([[1]], [[2]], [[3]])
    capsule = _gocore.concat([concat(streams[:2]), streams[2].capsule])
    assert pl.Series(Holder(capsule)).to_list() == [1, 2, 3]
    del capsule
    assert_released_once(streams)


@pytest.mark.parametrize("failing", [0, 1])
def test_error_in_the_middle(failing: int) -> None:
    streams = make([[1]], [[2]])
    streams[failing] = CountedStream([[1], [2]], fail_after=1, fail_text=b"disk is full")
    capsule = concat(streams)
    for _ in range(failing + 1):
        read_batch(capsule)
    with pytest.raises(OSError, match="disk is full"):
        read_batch(capsule)
    del capsule
    assert_released_once(streams)


def test_error_of_the_schema_while_reading() -> None:
    """The schema is the first stream's, so its error is too, whichever is being read."""
    streams = make([[1]], [[2]])
    capsule = concat(streams)
    assert [read_batch(capsule), read_batch(capsule)] == [[1], [2]]
    streams[0].schema_error = b"no schema any more"
    with pytest.raises(OSError, match="no schema any more"):
        schema_name(capsule)
    assert read_batch(capsule) is None


def test_error_in_the_middle_reaches_polars() -> None:
    streams = [CountedStream([[1]]), CountedStream([[2]], fail_after=1)]
    with pytest.raises(pl.exceptions.ComputeError, match="batch is lost"):
        pl.Series(Holder(concat(streams)))
    assert_released_once(streams)


def test_no_streams() -> None:
    with pytest.raises(ValueError, match="no streams"):
        _gocore.concat([])


def test_a_consumed_stream() -> None:
    streams = make([[1]], [[2]])
    pl.Series(Holder(streams[1].capsule))
    with pytest.raises(ValueError, match="stream 1: stream already consumed"):
        concat(streams)
    assert_released_once(streams)


def test_the_same_capsule_twice() -> None:
    streams = make([[1]], [[2]])
    with pytest.raises(ValueError, match="stream 2: stream already consumed, or given twice"):
        concat([*streams, streams[0]])
    assert_released_once(streams)


@pytest.mark.parametrize("other", [None, 1, "text", object()])
def test_no_capsule(other: object) -> None:
    streams = make([[1]], [[2]])
    with pytest.raises(TypeError, match='stream 1 is not a capsule named "arrow_array_stream"'):
        _gocore.concat([streams[0].capsule, other, streams[1].capsule])
    assert_released_once(streams)


def test_a_capsule_of_another_name() -> None:
    with pytest.raises(TypeError, match="stream 0"):
        _gocore.concat([pa.schema([]).__arrow_c_schema__()])


def test_not_a_sequence() -> None:
    with pytest.raises(TypeError):
        _gocore.concat(1)  # type: ignore[arg-type]  # on purpose


def test_other_schema() -> None:
    streams = [CountedStream([[1]]), CountedStream([[2]]), CountedStream([[3]])]
    streams[2] = CountedStream(edit_schema=lambda s: setattr(s, "format", b"g"))
    message = 'concat: stream 2: type float64 ("g"), in stream 0 int64 ("l"): schemas differ'
    with pytest.raises(SchemaMismatchError) as raised:
        concat(streams)
    assert str(raised.value) == message
    assert_released_once(streams)


@pytest.mark.parametrize("failing", [0, 1])
def test_schema_that_cannot_be_had(failing: int) -> None:
    streams = make([[1]], [[2]])
    streams[failing] = CountedStream(schema_error=b"the disk is gone")
    with pytest.raises(ValueError, match=f"stream {failing}: get_schema: the disk is gone"):
        concat(streams)
    assert_released_once(streams)


def lie_about_children(schema: ArrowSchema) -> None:
    schema.n_children = 3


def no_format(schema: ArrowSchema) -> None:
    schema.format = None


def negative_children(schema: ArrowSchema) -> None:
    schema.n_children = -5


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lie_about_children, "3 children at a null pointer"),
        (no_format, "no format"),
        (negative_children, "-5 children"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_malformed_schema(edit: Callable[[ArrowSchema], None], message: str, place: int) -> None:
    streams = make([[1]], [[2]])
    streams[place] = CountedStream(edit_schema=edit)
    with pytest.raises(ValueError, match=f"stream {place}: {message}: malformed"):
        concat(streams)
    assert_released_once(streams)


def test_schema_that_points_nowhere() -> None:
    """Nobody can tell such a pointer from a good one; the fault is caught, not the pointer."""

    def edit(schema: ArrowSchema) -> None:
        schema.n_children = 1
        schema.children = ctypes.cast(1 << 20, type(schema.children))

    streams = [CountedStream(edit_schema=edit), CountedStream([[1]])]
    with pytest.raises(InternalError, match="invalid memory address"):
        concat(streams)
    assert [s.streams_released for s in streams] == [1, 1]


def test_stream_without_callbacks() -> None:
    streams = make([[1]])
    stream = stream_of(streams[0].capsule)
    stream.get_next = type(stream.get_next)()
    with pytest.raises(ValueError, match="stream 0: no callbacks"):
        concat(streams)
    assert_released_once(streams)

"""pack and unpack: who owns which memory when, and what they refuse."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools.errors import InternalError, SchemaMismatchError
from tests.boundary.processes import output_of
from tests.boundary.streams import ArrowSchema, CountedStream, Holder, read_batch, stream_of

BATCHES = [[1, 2], [3]]


def packed(stream: CountedStream, limit: int = 0) -> tuple[bytes, list[_gocore.PackedBuffer]]:
    pieces, description, buffers = _gocore.pack(stream.capsule, limit)
    assert pieces == 1
    return description, buffers


def arrived(values: Sequence[Sequence[int]] = BATCHES) -> tuple[bytes, list[bytearray]]:
    """What pack gave, in memory that tells whether it is held: a bytearray in use cannot grow."""
    description, buffers = packed(CountedStream(values))
    return description, [bytearray(b) for b in buffers]


def is_held(buffer: bytearray) -> bool:
    try:
        buffer.append(0)
    except BufferError:
        return True
    buffer.pop()
    return False


def assert_given_back(buffer: bytearray) -> None:
    """Buffers are given back soon: whenever the main thread runs Python again."""
    end = time.monotonic() + 20
    while is_held(buffer):
        assert time.monotonic() < end, "the buffer was not given back"


def series_of(capsule: object) -> pl.Series:
    return pl.Series(Holder(capsule))


def test_arrays_are_released_with_the_last_buffer() -> None:
    stream = CountedStream(BATCHES)
    description, buffers = packed(stream)
    assert (stream.streams_released, stream.schemas_open, stream.arrays_open) == (1, 0, 2)
    view = memoryview(buffers[0])
    del buffers
    gc.collect()
    assert stream.arrays_open == 2
    del view
    assert stream.arrays_open == 0
    assert isinstance(description, bytes)


def test_buffers_cannot_be_written_nor_made() -> None:
    _, buffers = packed(CountedStream(BATCHES))
    assert memoryview(buffers[0]).readonly
    with pytest.raises(TypeError, match="cannot create"):
        type(buffers[0])()


def test_large_buffers_are_the_memory_of_the_arrays() -> None:
    stream = CountedStream([range(100_000), range(50_000)])
    _, buffers = packed(stream)
    assert [memoryview(b).nbytes for b in buffers] == [0, 800_000, 400_000]
    assert len({id(b) for b in buffers}) == 3


def test_batches_come_back_in_order() -> None:
    one, two = packed(CountedStream(BATCHES)), packed(CountedStream([[], [4]]))
    capsule = _gocore.unpack([one, two, one])
    batches = []
    while (batch := read_batch(capsule)) is not None:
        batches.append(batch)
    assert batches == [[1, 2], [3], [4], [1, 2], [3]]
    assert read_batch(capsule) is None


def test_a_limit_says_into_how_many_pieces_to_cut() -> None:
    assert _gocore.pack(CountedStream([range(1000)]).capsule, 2000) == (4, b"", [])
    assert _gocore.pack(CountedStream([range(3)]).capsule, 1)[0] == 3
    assert _gocore.pack(CountedStream([[1]]).capsule, 1)[0] == 1
    stream = CountedStream([range(1000)])
    _gocore.pack(stream.capsule, 2000)
    assert (stream.streams_released, stream.arrays_open) == (1, 0)


@pytest.mark.parametrize("used", [0, 1, 2, 3])
def test_buffers_are_given_back_however_much_was_read(used: int) -> None:
    description, buffers = arrived()
    capsule = _gocore.unpack([(description, buffers)])
    assert is_held(buffers[0])
    for _ in range(used):
        read_batch(capsule)
    assert is_held(buffers[0]) or used >= 2
    del capsule
    assert_given_back(buffers[0])


def test_each_part_is_given_back_with_its_own_arrays() -> None:
    first, second = arrived(), arrived()
    capsule = _gocore.unpack([first, second])
    assert [read_batch(capsule), read_batch(capsule)] == [[1, 2], [3]]
    assert_given_back(first[1][0])
    assert is_held(second[1][0])


def test_a_frame_keeps_the_buffers_until_it_goes() -> None:
    description, buffers = arrived()
    series = series_of(_gocore.unpack([(description, buffers)]))
    part = series[1:]
    del series
    assert is_held(buffers[0])
    assert part.to_list() == [2, 3]
    del part
    assert_given_back(buffers[0])


def test_given_back_after_a_release_on_another_thread() -> None:
    description, buffers = arrived()
    box = [series_of(_gocore.unpack([(description, buffers)]))]
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    assert_given_back(buffers[0])


def test_a_release_does_not_wait_for_the_gil() -> None:
    """The release runs without the GIL, while this thread never lets go of it."""
    description, buffers = arrived()
    capsules = [_gocore.unpack([(description, buffers)]) for _ in range(50)]
    streams = [stream_of(capsule) for capsule in capsules]
    releases = [(stream.release, stream) for stream in streams]

    def release() -> None:
        for function, stream in releases:
            function(stream)

    thread = threading.Thread(target=release)
    thread.start()
    thread.join()
    assert not any(stream.release for stream in streams)
    assert_given_back(buffers[0])


def test_released_by_many_threads_at_once() -> None:
    parts = [arrived() for _ in range(8)]
    boxes = [[series_of(_gocore.unpack([part])) for part in parts] for _ in range(4)]
    threads = [threading.Thread(target=box.clear) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _, buffers in parts:
        assert_given_back(buffers[0])


def test_a_call_gives_back_what_was_let_go() -> None:
    """Without the main thread's help, which may be busy outside of Python."""
    description, buffers = arrived()
    held: list[bool] = []

    def work() -> None:
        del_me = _gocore.unpack([(description, buffers)])
        del del_me
        _gocore.unpack([arrived()])
        held.append(is_held(buffers[0]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert held == [False]


def test_at_exit() -> None:
    output_of("""
    import polars as pl, threading
    from polars_io_tools import _gocore
    from polars_io_tools._arrow import Stream
    frame = pl.DataFrame({"x": range(100_000), "t": ["text"] * 100_000})
    pieces, description, buffers = _gocore.pack(frame.to_struct("").__arrow_c_stream__(), 0)
    kept = [pl.DataFrame(Stream(_gocore.unpack([(description, buffers)]))) for _ in range(9)]
    capsule = _gocore.unpack([(description, buffers)])
    box = [pl.DataFrame(Stream(_gocore.unpack([(description, buffers)])))]
    threading.Thread(target=box.clear).start()
    """)


def test_memory_does_not_grow() -> None:
    growth = output_of("""
    import polars as pl
    from polars_io_tools._transport import decode, encode
    frame = pl.DataFrame({"x": range(20_000), "t": [f"{i:030}" for i in range(20_000)]})

    def rss():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def work(n):
        for i in range(n):
            decode(encode(frame[i % 7 : 15_000], "arrow"))
            try:
                decode([("arrow", 1, (("arrow", (0,), b"", b"broken", 0),))])
            except ValueError:
                pass

    work(300)
    before = rss()
    work(1500)
    print((rss() - before) / 1e6)
    """)
    # Each round handles more than 1 MB.
    assert float(growth) < 30


def test_error_of_a_stream() -> None:
    stream = CountedStream([[1], [2]], fail_after=1, fail_text=b"disk is full")
    with pytest.raises(ValueError, match="pack: get_next: disk is full"):
        _gocore.pack(stream.capsule, 0)
    assert (stream.streams_released, stream.arrays_open, stream.schemas_open) == (1, 0, 0)


def test_error_of_the_schema() -> None:
    stream = CountedStream(schema_error=b"the disk is gone")
    with pytest.raises(ValueError, match="pack: get_schema: the disk is gone"):
        _gocore.pack(stream.capsule, 0)
    assert stream.streams_released == 1


def test_a_consumed_stream() -> None:
    stream = CountedStream(BATCHES)
    series_of(stream.capsule)
    with pytest.raises(ValueError, match="already consumed"):
        _gocore.pack(stream.capsule, 0)


def no_format(schema: ArrowSchema) -> None:
    schema.format = None


def run_ends(schema: ArrowSchema) -> None:
    schema.format = b"+r"


def texts(schema: ArrowSchema) -> None:
    schema.format = b"u"


def structs(schema: ArrowSchema) -> None:
    schema.n_children = 1
    schema.children = ctypes.cast(1 << 20, type(schema.children))


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (no_format, ValueError, "pack: no format: malformed"),
        (run_ends, ValueError, r'pack: type run-end encoded \("\+r"\): type cannot be packed'),
        (texts, ValueError, "pack: 2 buffers, not 3: malformed"),
        (structs, InternalError, "invalid memory address"),
    ],
)
def test_bad_schemas(
    edit: Callable[[ArrowSchema], None], error: type[Exception], message: str
) -> None:
    stream = CountedStream(BATCHES, edit_schema=edit)
    with pytest.raises(error, match=message):
        _gocore.pack(stream.capsule, 0)
    assert (stream.streams_released, stream.arrays_open) == (1, 0)


@pytest.mark.parametrize("other", [None, 1, object()])
def test_no_capsule(other: object) -> None:
    with pytest.raises(TypeError, match='not a capsule named "arrow_array_stream"'):
        _gocore.pack(other, 0)


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="pack\\(\\) takes 2 arguments"):
        _gocore.pack(CountedStream().capsule)  # type: ignore[call-arg]  # on purpose
    with pytest.raises(TypeError):
        _gocore.pack(CountedStream().capsule, "x")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(OverflowError):
        _gocore.pack(CountedStream().capsule, 2**70)
    with pytest.raises(TypeError):
        _gocore.unpack(1)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="no parts"):
        _gocore.unpack([])


@pytest.mark.parametrize("bad", [None, (b"",), (b"", [], 1), (1, []), (b"", 1), (b"", ["text"])])
def test_what_is_no_part(bad: object) -> None:
    good = arrived()
    with pytest.raises((TypeError, ValueError)):
        _gocore.unpack([good, bad])  # type: ignore[list-item]  # on purpose
    assert_given_back(good[1][0])


def test_parts_that_do_not_fit() -> None:
    description, buffers = arrived()
    cases: list[tuple[list[Any], str]] = [
        ([(b"", buffers)], "part 0: no number: corrupt description"),
        ([(description, buffers), (description[:-1], buffers)], "part 1: "),
        ([(description, [])], "blob 0 of 0"),
        ([(description, [buffers[0][:8]])], "bytes at .* of blob 0, which has 8"),
    ]
    for parts, message in cases:
        with pytest.raises(ValueError, match=message):
            _gocore.unpack(parts)
    assert not is_held(buffers[0])


def test_parts_of_other_types() -> None:
    other = packed(CountedStream([[1]], edit_schema=lambda s: setattr(s, "format", b"g")))
    with pytest.raises(SchemaMismatchError, match=r'part 1: type float64 \("g"\), in part 0 int64'):
        _gocore.unpack([arrived(), other])

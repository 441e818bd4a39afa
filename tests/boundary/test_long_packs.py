"""Signals during long calls of pack and unpack: Ctrl-C ends them, and what they use is let go."""

from __future__ import annotations

import ctypes
import mmap
import signal
import struct
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from polars_io_tools import _gocore
from tests.boundary.streams import ArrowArray, CountedStream
from tests.boundary.test_pack import is_held, packed
from tests.boundary.test_signals import DELAY, ctrl_c_during, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.boundary.streams import ArrayPointer, StreamPointer

SIZE = 64 << 10
# Each value is followed by what nobody uses, so that packing gathers the values.
STRIDE = 3 * SIZE
DATA = 1 << 30


def views(rows: int) -> bytes:
    """Views of values in the first data buffer; 5000 of them are 320 MB."""
    assert rows * STRIDE <= DATA
    return b"".join(struct.pack("IIII", SIZE, 0, 0, i * STRIDE) for i in range(rows))


class LongValues(CountedStream):
    """Batches of binary views over zeros that take no memory until they are gathered."""

    def __init__(self, *batches: bytes, at_end: Callable[[], object] = lambda: None) -> None:
        super().__init__(batches, edit_schema=lambda s: setattr(s, "format", b"vz"))
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        self._data = ctypes.c_char.from_buffer(mmap.mmap(-1, DATA, flags=flags))
        self._at_end = at_end

    def _on_next(self, _: StreamPointer, out: ArrayPointer) -> int:
        ctypes.memset(out, 0, ctypes.sizeof(ArrowArray))
        if self._given == len(self._batches):
            self._at_end()
            return 0
        batch = bytes(self._batches[self._given])
        held: list[Any] = [ctypes.create_string_buffer(batch), (ctypes.c_int64 * 1)(DATA)]
        places = [None, ctypes.addressof(held[0]), ctypes.addressof(self._data)]
        buffers = (ctypes.c_void_p * 4)(*places, ctypes.addressof(held[1]))
        self._alive += [held, buffers]
        array: ArrowArray = out.contents
        array.length, array.n_buffers, array.buffers = len(batch) // 16, 4, buffers
        array.release = self._release_array
        self._given += 1
        self.arrays_open += 1
        return 0


def interrupted(call: Callable[[], object], delay: float = DELAY) -> float:
    """Run the handler of Ctrl-C during a call, and return how long it took to end."""
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt), ctrl_c_during(delay):
        call()
    return time.monotonic() - start - delay


def pack_and_wait(stream: CountedStream) -> bool:
    """Pack until Ctrl-C, and tell whether packing ended before."""
    packing = True
    try:
        _gocore.pack(stream.capsule, 0)
        packing = False
        time.sleep(10)
    except KeyboardInterrupt:
        return not packing
    raise AssertionError("no signal came")


def wait_for_release(stream: CountedStream) -> None:
    wait_for(lambda: stream.arrays_open == 0)
    assert (stream.streams_released, stream.schemas_open) == (1, 0)


def long_unpack() -> tuple[list[tuple[bytes, list[bytearray]]], bytearray]:
    """Parts of very many columns, and the buffer that all of them share."""
    frame = pl.DataFrame({f"column {i}": [i] for i in range(1000)})
    _, description, buffers = _gocore.pack(frame.to_struct("").__arrow_c_stream__(), 0)
    [buffer] = [bytearray(b) for b in buffers]
    return [(description, [buffer])] * 5000, buffer


def test_ctrl_c_ends_a_long_pack() -> None:
    streams = [LongValues(*[views(5000)] * 4) for _ in range(5)]
    seconds = [interrupted(partial(_gocore.pack, s.capsule, 0)) for s in streams]
    for stream in streams:
        assert stream.is_moved
        wait_for_release(stream)
        assert stream.batches_read == 4
    # The least, as other processes come in between; a whole one takes several times as long.
    assert min(seconds) <= 0.1


def test_ctrl_c_ends_a_long_unpack() -> None:
    parts, buffer = long_unpack()
    seconds = [interrupted(lambda: _gocore.unpack(parts)) for _ in range(3)]

    def given_back() -> bool:
        # A call gives back what jobs let go of meanwhile.
        with pytest.raises(ValueError, match="no parts"):
            _gocore.unpack([])
        return not is_held(buffer)

    wait_for(given_back)
    assert min(seconds) <= 0.1


def test_other_signals_are_handled_and_a_pack_goes_on() -> None:
    seen: list[float] = []
    stream = LongValues(views(4000))
    old = signal.signal(signal.SIGALRM, lambda *_: seen.append(time.monotonic()))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        description, buffers = packed(stream)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert seen
    assert sum(memoryview(b).nbytes for b in buffers) >= 4000 * SIZE
    assert (stream.streams_released, stream.schemas_open, stream.arrays_open) == (1, 0, 1)
    del buffers
    assert stream.arrays_open == 0
    assert description


def test_an_error_in_a_long_pack() -> None:
    """So many values are looked at in a job, and the last of them lies nowhere."""
    stream = LongValues(views(1) * 600_000 + struct.pack("IIII", SIZE, 0, 7, 0))
    with pytest.raises(ValueError, match=r"view 600000: .* of data buffer 7 of 1"):
        _gocore.pack(stream.capsule, 0)
    assert (stream.streams_released, stream.schemas_open, stream.arrays_open) == (1, 0, 0)


@pytest.mark.long
def test_packs_given_up_at_any_moment_leak_nothing() -> None:
    """Some end before they are told to, some at once, and some after their call."""
    ended: set[bool] = set()
    old = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for i in range(150):
            delay = 0.002 + 0.001 * i
            stream = LongValues(
                *[views(1000)] * 2,
                at_end=partial(signal.setitimer, signal.ITIMER_REAL, delay),
            )
            ended.add(pack_and_wait(stream))
            wait_for_release(stream)
    finally:
        signal.signal(signal.SIGALRM, old)
    assert ended == {False, True}

"""Every stream, schema and array is released exactly once, whenever and wherever."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.boundary.compiling import library
from tests.boundary.processes import run_script

if TYPE_CHECKING:
    from collections.abc import Callable

PRELUDE = """
import ctypes, gc, os, threading
import polars as pl
from polars_io_tools import _gocore
from tests.boundary.streams import Holder, _new_capsule, read_batch, stream_of
counts = ctypes.CDLL(os.environ["COUNTED"])
counts.counted_stream.restype = ctypes.c_void_p
counts.counted_stream.argtypes = [ctypes.c_long]
counts.release_elsewhere.argtypes = [ctypes.c_void_p]

def capsule(*batches):
    streams = [counts.counted_stream(n) for n in batches]
    return _gocore.concat([_new_capsule(s, b"arrow_array_stream", None) for s in streams])

def elsewhere(capsule):
    counts.release_elsewhere(ctypes.addressof(stream_of(capsule)))

def live():
    gc.collect()
    return [counts.counted(what, 0) - counts.counted(what, 1) for what in range(3)]
"""


@pytest.fixture
def counts(tmp_path: Path) -> Callable[[str], list[tuple[int, int]]]:
    """Run a script, and give what was made and released of streams, schemas and arrays."""
    counted = library("counted.c", tmp_path)

    def run(script: str) -> list[tuple[int, int]]:
        environment = {"COUNTED": str(counted), "COUNTS": str(tmp_path / "counts")}
        done = run_script(PRELUDE + script, "-W", "error", environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = (tmp_path / "counts").read_text().splitlines()
        return [(int(made), int(released)) for made, released in map(str.split, lines)]

    return run


USES = {
    "unused": "capsule(2, 2)",
    "half used": "c = capsule(2, 2); read_batch(c); read_batch(c); read_batch(c)",
    "used": "c = capsule(2, 2); series = pl.Series(Holder(c)); assert series.sum() == 6",
    "failing": """
c = capsule(1, -1)
try:
    series = pl.Series(Holder(c))
except pl.exceptions.ComputeError as e:
    assert "no more" in str(e)
""",
    "refused": """
try:
    _gocore.concat([_new_capsule(counts.counted_stream(1), b"arrow_array_stream", None), None])
except TypeError:
    pass
""",
    "on another thread": """
c = [capsule(2)]
thread = threading.Thread(target=c.clear)
thread.start()
thread.join()
""",
    "on a foreign thread": "c = capsule(2, 2); read_batch(c); elsewhere(c)",
}
AFTER = """
c = series = None
assert live() == [0, 0, 0], (USE, live())
"""


def test_all_is_released_at_once(counts: Callable[[str], list[tuple[int, int]]]) -> None:
    """As soon as nobody holds it; and it is not released again when the process ends."""
    script = "".join(body + AFTER.replace("USE", repr(use)) for use, body in USES.items())
    streams, schemas, arrays = counts(script)
    assert streams == (12, 12)
    assert schemas[0] == schemas[1] > 12
    assert arrays == (9, 9)


def test_all_is_released_at_exit(counts: Callable[[str], list[tuple[int, int]]]) -> None:
    """What is still held when the process ends, in every state at once."""
    held = """
unused = capsule(2, 2)
half = capsule(2, 2); read_batch(half)
series = pl.Series(Holder(capsule(2, 2)))
frame = series.to_frame("x").with_columns(y=series)
nested = _gocore.concat([capsule(1), capsule(2)])
failed = capsule(-1)
assert live()[0] > 0 and live()[2] > 0
"""
    streams, schemas, arrays = counts(held)
    assert streams == (9, 9)
    assert schemas[0] == schemas[1] > 0
    assert arrays == (5, 5)


@pytest.mark.ray
def test_frames_outlive_references_and_ray(
    counts: Callable[[str], list[tuple[int, int]]],
) -> None:
    """A result lies in Ray's store; it stays whole while the store is filled, and after Ray."""
    import ray

    address = ray.get_runtime_context().gcs_address
    script = f"""
import datetime as dt
import ray
import polars_io_tools
ray.init(address={address!r}, log_to_driver=False, logging_level="ERROR")
held = capsule(2, 2); read_batch(held)
series = pl.Series(Holder(capsule(2, 2)))
start, end = dt.datetime(2024, 1, 1), dt.datetime(2024, 2, 29)
times = pl.datetime_range(start, end, "1m", eager=True).alias("time")
query = pl.DataFrame([times]).lazy().with_columns(text=pl.col("time").cast(pl.String))
query = query.filter(pl.col("time").is_between(start, end))
frame = query.piot.execute_on_ray(date_column="time", time_unit="monthly").collect()
part = frame["text"].slice(50_000, 100)
want, want_part = query.collect(), query.collect()["text"].slice(50_000, 100)
gc.collect()
for _ in range(10):
    # 400 MB through a store of 300.
    ray.put(bytes(40 << 20))
assert frame.equals(want)
del frame
gc.collect()
ray.put(bytes(40 << 20))
ray.shutdown()
assert part.equals(want_part)
assert series.sum() == 6 and read_batch(held) is not None
del held
assert live()[0] == 0, live()
"""
    assert all(made == released > 0 for made, released in counts(script))

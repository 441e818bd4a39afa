"""Every stream, schema and array is released exactly once, whenever and wherever; nothing leaks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools._polars import plan_request, serialise
from polars_io_tools.errors import InternalError
from tests.boundary.compiling import library
from tests.boundary.processes import run_script
from tests.boundary.test_fork import CALLS
from tests.boundary.test_module import concat_series, resident

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


def request() -> bytes:
    day = pl.col("date")
    year = day.is_between(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    lf = pl.LazyFrame({"date": [dt.date(2024, 1, 5)]}).filter(year)
    options = {"column": "date", "time_unit": "monthly", "max_periods": 100}
    wire, _ = plan_request(lf, None, dtype=pl.Date(), **options)  # type: ignore[arg-type]  # keywords
    return wire


def expect(error: type[Exception], call: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with pytest.raises(error):
            call()

    return run


def leak_calls(folder: Path) -> dict[str, Callable[[], object]]:
    """One call of each function that succeeds, and one that fails where it can."""
    good = request()
    scan = folder / "x.parquet"
    pl.DataFrame({"x": [1]}).write_parquet(scan)
    payload = serialise(pl.scan_parquet(scan))
    return {
        "plan": lambda: _gocore.plan(good),
        "plan of nothing": expect(ValueError, lambda: _gocore.plan(b"")),
        "find_scans": lambda: _gocore.find_scans(payload),
        "find_scans of nothing": expect(ValueError, lambda: _gocore.find_scans(b"")),
        "replace_paths": lambda: _gocore.replace_paths(payload, b'{"edits": []}'),
        "replace_paths of nothing": expect(ValueError, lambda: _gocore.replace_paths(b"", b"")),
        "concat": lambda: concat_series("equal"),
        "concat of nothing": expect(ValueError, lambda: _gocore.concat([])),
        "check_unit": lambda: _gocore.check_unit(b"daily", b"date"),
        "check_process": _gocore.check_process,
        "build_info": _gocore.build_info,
        "_test_job": lambda: _gocore._test_job(b"ended"),
        "_test_panic": expect(InternalError, lambda: _gocore._test_panic("goroutine")),
    }


def test_every_function_is_called(tmp_path: Path) -> None:
    calls = leak_calls(tmp_path)
    assert set(CALLS) <= set(calls)
    for call in calls.values():
        call()


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads RSS from /proc")
@pytest.mark.parametrize("name", [*CALLS, "plan of nothing", "replace_paths of nothing"])
def test_a_hundred_thousand_calls_leak_nothing(name: str, tmp_path: Path) -> None:
    call = leak_calls(tmp_path)[name]
    growth = []
    for _ in range(5):
        before = resident()
        for _ in range(20_000):
            call()
        growth.append((resident() - before) / 20_000)
    # Heaps that warm up grow in some windows, a leak in all.
    assert min(growth) < 8, [f"{g:.0f} bytes a call" for g in growth]


@pytest.mark.long
def test_jobs_that_were_given_up_leak_nothing() -> None:
    """Each keeps its input until its end; when all have ended, nothing is kept."""
    script = """
import signal, time
from polars_io_tools import _gocore
arguments = [bytearray(b"deaf") for _ in range(50)]
signal.signal(signal.SIGALRM, signal.default_int_handler)
for argument in arguments:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        _gocore._test_job(argument)
    except KeyboardInterrupt:
        pass
while _gocore._test_job(b"ended") != b"0 cancelled, 50 deaf":
    time.sleep(0.05)
time.sleep(0.2)
_gocore.check_process()
for argument in arguments:
    argument.append(0)
"""
    done = run_script(script)
    assert done.returncode == 0, done.stderr

"""Keys and shards of tables across the boundary: JSON, streams of keys, memory."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools._polars.traverse import full_type
from polars_io_tools.errors import SourceChangedError
from tests.boundary.streams import CountedStream
from tests.boundary.test_signals import ctrl_c_during

if TYPE_CHECKING:
    from collections.abc import Callable

# Each column has ascending values, those around zero and the ends among them.
COLUMNS = {
    "i8": pl.Series([-128, 0, 127], dtype=pl.Int8),
    "i64": pl.Series([-(2**63), 0, 2**63 - 1], dtype=pl.Int64),
    "i128": pl.Series([-(2**127), 0, 2**127 - 1], dtype=pl.Int128),
    "u64": pl.Series([0, 2**63, 2**64 - 1], dtype=pl.UInt64),
    "u128": pl.Series([0, 2**127, 2**128 - 1], dtype=pl.UInt128),
    "day": pl.Series([date(1, 1, 1), date(1969, 12, 31), date(9999, 12, 31)]),
    "ts": pl.Series(
        [
            datetime(1950, 1, 1, tzinfo=UTC),
            datetime(1969, 12, 31, tzinfo=UTC),
            datetime(2020, 1, 1, tzinfo=UTC),
        ],
        dtype=pl.Datetime("us", "UTC"),
    ),
    "ns": pl.Series([-1, 0, 1]).cast(pl.Datetime("ns")),
    "lasts": pl.Series([timedelta(-1), timedelta(0), timedelta(1)], dtype=pl.Duration("ms")),
    "price": pl.Series(
        [Decimal("-9.99"), Decimal("0.00"), Decimal("9.99")], dtype=pl.Decimal(38, 2)
    ),
    "text": pl.Series(["", "a\x00", "é, longer than what a view holds"]),
    "bytes": pl.Series([b"", b"\x00\xff", b"\xff" * 20]),
    "label": pl.Series(["z", "a", "é"], dtype=pl.Enum(["z", "a", "é"])),
}


def keys_of(*names: str) -> list[list[str]]:
    return [[name, full_type(COLUMNS[name].dtype)] for name in names]


def ask(function: Any, **request: object) -> Any:
    return json.loads(function(json.dumps(request).encode()))


def shards_of(parts: dict[str, Any], key: list[list[str]]) -> list[dict[str, Any]]:
    """Return the shards of parts that follow one another, which begin at cuts."""
    ends = zip([None, *parts["cuts"]], [*parts["cuts"], None], strict=True)
    sizes = zip(parts["rows"], parts["nbytes"], strict=True)
    return [
        {"v": 1, "key": key, "lo": lo, "hi": hi, "rows": rows, "nbytes": nbytes}
        for (lo, hi), (rows, nbytes) in zip(ends, sizes, strict=True)
    ]


def tally(
    frame: pl.DataFrame, key: list[list[str]], pieces: int = 3, **request: object
) -> list[Any]:
    """Return the shards of a frame that is added in pieces, all of it in every pass."""
    handle = _gocore.tally_open(
        json.dumps({"key": key, "nbytes": None, "each": None, **request}).encode()
    )
    for _ in range(30):
        step = max(1, -(-frame.height // pieces))
        for start in range(0, frame.height, step):
            _gocore.tally_add(handle, frame.slice(start, step).__arrow_c_stream__())
        answer = json.loads(_gocore.tally_next(handle))
        if answer["done"]:
            assert answer["total"] == frame.height
            return shards_of(answer["parts"], key)
        assert answer["read"]
    pytest.fail("no end of passes")


@pytest.mark.parametrize("name", COLUMNS)
def test_keys_of_every_type(name: str) -> None:
    """Polars' arrays are read in order, and a cut is one of the values."""
    frame = pl.DataFrame({name: COLUMNS[name]})
    found = json.loads(
        _gocore.key_scan(
            json.dumps({"key": keys_of(name), "unique": True}).encode(),
            [frame.__arrow_c_stream__()],
        )
    )
    assert found == {"order": "ascending", "key": None, "at": None}
    shards = tally(frame.sample(fraction=1, shuffle=True, seed=1), keys_of(name), n=3)
    assert [s["rows"] for s in shards] == [1, 1, 1]
    physical = COLUMNS[name].to_physical()
    if name == "bytes":
        expected = [None, "AP8=", "//////////////////////////8="]
    elif name == "price":
        expected = [None, "0", "999"]
    else:
        expected = [None, *physical.cast(pl.String).to_list()[1:]]
    assert [s["lo"] and s["lo"][0] for s in shards] == expected
    assert [s["hi"] for s in shards] == [*[s["lo"] for s in shards[1:]], None]
    for shard in shards:
        assert json.loads(_gocore.table_shard(json.dumps(shard).encode())) == shard


def test_time_and_boolean_keys() -> None:
    frame = pl.DataFrame({"b": [False, True], "t": [time(0), time(23, 59, 59, 999_999)]})
    key = [["b", "boolean"], ["t", "time"]]
    shards = tally(frame, key, n=2)
    assert shards[1]["lo"] == ["true", "86399999999000"]


def test_cuts_of_many_rows_with_ties() -> None:
    """Shares of the rows, each exact and right within one group of equal keys."""
    random.seed(3)
    rows, n = 300_000, 7
    values = [random.choice([random.randrange(1000), 500]) for _ in range(rows)]
    frame = pl.DataFrame({"sym": [f"S{v // 100}" for v in values], "n": values})
    shards = tally(frame, [["sym", "string"], ["n", "int64"]], n=n)
    assert sum(s["rows"] for s in shards) == rows
    ends = [tuple(s["lo"]) if s["lo"] else None for s in shards]
    groups = frame.group_by("sym", "n").len().sort("sym", "n")
    before = {
        (sym, str(k)): upto - size
        for (sym, k, size), upto in zip(groups.rows(), groups["len"].cum_sum(), strict=True)
    }
    at = 0
    for end, shard in zip(ends, shards, strict=True):
        assert at == (before[end] if end else 0)
        at += shard["rows"]
    least = groups.filter(pl.col("n") != 500)["len"].max()
    assert isinstance(least, int)
    for share in range(1, n):
        ideal = rows * share / n
        nearest = min(abs(ideal - before[end]) for end in ends if end)
        inside = before[("S5", "500")] <= ideal <= before[("S5", "501")]
        assert nearest <= (rows if inside else least)


def test_nulls_and_wrong_types_are_refused() -> None:
    handle = _gocore.tally_open(b'{"key":[["k","int64"]],"n":2,"each":null,"nbytes":null}')
    for values, message in [
        (pl.Series("k", [1, None]), "1 nulls"),
        (pl.Series("k", [1], dtype=pl.Int32), "int32"),
        (pl.Series("other", [1]), "not among the columns"),
    ]:
        with pytest.raises(ValueError, match=message):
            _gocore.tally_add(handle, values.to_frame().__arrow_c_stream__())
    with pytest.raises(TypeError, match="tally_add: the stream is not a capsule"):
        _gocore.tally_add(handle, pl.DataFrame({"k": [1]}))
    with pytest.raises(TypeError, match=r"polars_io_tools\.tally"):
        _gocore.tally_next(object())  # type: ignore[arg-type]  # on purpose


def test_a_pass_over_other_rows_is_refused() -> None:
    frame = pl.DataFrame({"k": pl.Series(range(3_000_000), dtype=pl.Int64).shuffle(1)})
    handle = _gocore.tally_open(b'{"key":[["k","int64"]],"n":2,"each":null,"nbytes":null}')
    _gocore.tally_add(handle, frame.__arrow_c_stream__())
    assert json.loads(_gocore.tally_next(handle))["done"] is False
    _gocore.tally_add(handle, frame.head(2_000_000).__arrow_c_stream__())
    with pytest.raises(SourceChangedError, match="the same rows"):
        _gocore.tally_next(handle)


def test_repeated_keys_are_found() -> None:
    request = json.dumps({"key": [["k", "int64"]], "unique": True}).encode()
    frames = [pl.DataFrame({"k": k}) for k in ([1, 4, 9], [2, 4], [3, 9])]
    found = json.loads(_gocore.key_scan(request, [f.__arrow_c_stream__() for f in frames]))
    assert found == {"order": "repeats", "key": ["4"], "at": [[0, 1], [1, 1]]}
    unsorted = pl.DataFrame({"k": [1, 3, 2]})
    found = json.loads(_gocore.key_scan(request, [unsorted.__arrow_c_stream__()]))
    assert found == {"order": "descends", "key": ["2"], "at": [[0, 1], [0, 2]]}
    assert json.loads(_gocore.key_scan(request, []))["order"] == "ascending"


def test_streams_are_released_once() -> None:
    request = json.dumps({"key": [["a", "int64"]], "unique": True}).encode()
    handle = _gocore.tally_open(b'{"key":[["a","int64"]],"n":2,"each":null,"nbytes":null}')
    calls: list[tuple[type[Exception] | None, Callable[[object], object]]] = [
        (None, lambda s: _gocore.tally_add(handle, s)),
        (None, lambda s: _gocore.key_scan(request, [s])),
        (ValueError, lambda s: _gocore.key_scan(b"{", [s])),
        (TypeError, lambda s: _gocore.key_scan(request, [s, None])),
        (ValueError, lambda s: _gocore.key_scan(request, [s, s])),
    ]
    for error, call in calls:
        stream = CountedStream([[1], [2, 3]])
        with pytest.raises(error) if error else nullcontext():
            call(stream.capsule)
        assert (stream.streams_released, stream.arrays_open, stream.schemas_open) == (1, 0, 0)
    failing = CountedStream([[1], [2]], fail_after=1)
    with pytest.raises(ValueError, match="batch is lost"):
        _gocore.tally_add(handle, failing.capsule)
    assert (failing.streams_released, failing.arrays_open, failing.schemas_open) == (1, 0, 0)


def test_ctrl_c_ends_a_long_scan_and_a_long_count() -> None:
    """What goes on would take minutes, over memory of one frame that is given many times."""
    frame = pl.DataFrame({"k": pl.int_range(1 << 20, eager=True)})
    request = json.dumps({"key": [["k", "int64"]], "unique": False}).encode()
    streams = [frame.__arrow_c_stream__() for _ in range(400)]
    with pytest.raises(KeyboardInterrupt), ctrl_c_during():
        _gocore.key_scan(request, streams)
    shuffled = frame.select(pl.col("k").shuffle(1))
    wide = pl.concat([shuffled] * 400, rechunk=False).to_struct("").struct.field("k")
    handle = _gocore.tally_open(b'{"key":[["k","int64"]],"n":2,"each":null,"nbytes":null}')
    # The first pass only looks.
    _gocore.tally_add(handle, wide.__arrow_c_stream__())
    assert json.loads(_gocore.tally_next(handle))["done"] is False
    with pytest.raises(KeyboardInterrupt), ctrl_c_during():
        _gocore.tally_add(handle, wide.__arrow_c_stream__())
    with pytest.raises(ValueError, match="given up, so begin anew"):
        _gocore.tally_next(handle)


def test_other_forms() -> None:
    key = [["sym", "string"], ["day", "date"]]
    files = {
        "key": key,
        "lo": [["a", "b"], ["0", None]],
        "hi": [["a", "c"], ["9", "5"]],
        "rows": [10, 20],
        "nbytes": [400, None],
    }
    answer = ask(_gocore.table_shards, **files, target_rows=None)
    assert answer == {"cuts": [["b"]], "rows": [10, 20], "nbytes": [400, None]}
    assert ask(_gocore.table_spots, **files, n=3, each=None) == {
        "spots": [[1, 0, 10], [1, 10, 20]],
        "total": 30,
        "why": None,
    }
    cut = ask(_gocore.table_cuts, key=key, cuts=[["b", "5"]], ranks=[10], total=30, nbytes=300)
    assert cut == {"cuts": [["b", "5"]], "rows": [10, 20], "nbytes": [100, 200]}
    assert ask(
        _gocore.key_ranges,
        key=key,
        do="subtract",
        a=[{"lo": None, "hi": None}],
        b=[{"lo": ["b"], "through": ["b"]}],
    ) == {"ranges": [{"lo": None, "hi": ["b"]}, {"lo": None, "after": ["b"], "hi": None}]}
    added = {"added": [{"lo": ["a", "1"], "through": ["b", "1"]}], "replaced": []}
    replaced = {"added": [], "replaced": [{"lo": ["b"], "hi": None}]}
    clash = ask(_gocore.table_conflicts, key=key, unique=True, ours=replaced, theirs=added)
    assert clash == {
        "conflicts": [{"lo": ["b"], "hi": None, "through": ["b", "1"]}],
        "doubtful": [],
    }
    assert json.loads(_gocore.table_asof(b"t@3")) == {"table": "t", "version": 3}
    column = {"path": ["day"], "type": "date", "least": "0", "greatest": "31", "nulls": 0}
    assert ask(_gocore.table_statistics, rows=3, columns=[column])["maxValues"] == {
        "day": "1970-02-01"
    }
    for function in (_gocore.table_shard, _gocore.table_operations, _gocore.table_asof):
        with pytest.raises(ValueError, match=r"shard|operations|asof"):
            function(b"[" * 100_000)

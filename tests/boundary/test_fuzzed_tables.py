"""Requests that are almost right, and keys of all kinds: an answer that holds, or a ValueError."""

from __future__ import annotations

import json
import random
from typing import Any

import polars as pl
import pytest

from polars_io_tools import _gocore
from polars_io_tools._polars.traverse import full_type
from tests.boundary.test_tables import COLUMNS, keys_of, tally

KEY = [["sym", "string"], ["day", "date"]]
_FILES = {"lo": [["a", "b"], ["0", None]], "hi": [["a", "c"], ["9", "5"]]}
_SIZES = {"rows": [10, 20], "nbytes": [400, None]}
_RANGE = {"lo": ["a", "1"], "through": ["b", "1"]}
_COLUMN = {"path": ["x"], "type": "int64", "least": "1", "greatest": "5", "nulls": 0, "nan": None}

# A function and a request that it answers.
REQUESTS: dict[Any, dict[str, Any]] = {
    _gocore.table_shards: {"key": KEY, **_FILES, **_SIZES, "target_rows": None},
    _gocore.table_spots: {"key": KEY, **_FILES, **_SIZES, "n": 3, "each": None},
    _gocore.table_cuts: {
        "key": KEY, "cuts": [["b", "5"]], "ranks": [10], "total": 30, "nbytes": 300,
    },
    _gocore.key_ranges: {"key": KEY, "do": "subtract", "a": [_RANGE], "b": [_RANGE], "keys": None},
    _gocore.table_conflicts: {
        "key": KEY,
        "unique": True,
        "ours": {"added": [_RANGE], "replaced": []},
        "theirs": {"added": [], "replaced": [_RANGE]},
    },
    _gocore.table_statistics: {"rows": 3, "columns": [_COLUMN]},
    _gocore.table_asof: {"v": 1, "table": "t", "version": 3},
    _gocore.table_shard: {
        "v": 1, "key": KEY, "lo": ["a", "1"], "hi": None, "rows": 5, "nbytes": None,
    },
}  # fmt: skip

TOKENS = [
    *("null", "true", "-1", "0", "1e400", "9223372036854775808", '"9223372036854775808"'),
    *('""', '"\\u0000"', '"\\ud800"', "[]", "{}", "[[]]", '"int64"', '"enum[]"', '"v"', ",", ":"),
    *("]", "}", '"', "\\", "\0", "\xff", " ", "[" * 2000, '"' + "9" * 3000 + '"'),
]


def _mutated(text: str, draw: random.Random) -> bytes:
    """Change a request in a few places."""
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(text) + 1)
        end = min(len(text), at + draw.randint(0, 12))
        change = draw.choice([draw.choice(TOKENS), "", text[at:end] * 2, chr(draw.randrange(300))])
        text = text[:at] + change + text[end:]
    return text.encode("utf-8", "surrogatepass")


def _fuzz(times: int, seed: int) -> dict[str, int]:
    """Ask what is almost right, and count the answers by what they were."""
    draw = random.Random(seed)
    found = {"answered": 0, "refused": 0}
    for _ in range(times):
        function, request = draw.choice([*REQUESTS.items()])
        asked = _mutated(json.dumps(request), draw)
        try:
            answer = function(asked)
        except ValueError:
            found["refused"] += 1
        else:
            json.loads(answer)
            found["answered"] += 1
    return found


def _check_tally(seed: int) -> None:
    """Compare the shards of drawn rows with the rows, sorted."""
    draw = random.Random(seed)
    names = draw.sample([*COLUMNS], draw.randint(1, 3))
    rows = draw.choice([0, 1, 7, 300, 9000])
    frame = pl.DataFrame(
        {n: COLUMNS[n].gather([draw.randrange(3) for _ in range(rows)]) for n in names}
    )
    if draw.random() < 0.5:  # most keys once
        names.append("i")
        frame = frame.with_columns(i=pl.int_range(rows).shuffle(seed))
    if draw.random() < 0.5:
        frame = frame.sort(names)
    key = [[n, "int64"] if n == "i" else keys_of(n)[0] for n in names]
    assert [t for _, t in key] == [full_type(d) for d in frame.dtypes]
    n = draw.randint(1, 40)
    shards = tally(frame, key, pieces=draw.randint(1, 9), n=n)
    assert sum(s["rows"] for s in shards) == rows
    ordered = frame.sort(names).with_columns(group=pl.struct(names).rle_id())
    sizes = ordered.group_by("group", maintain_order=True).len()["len"].to_list()
    begins = [0, *pl.Series(sizes, dtype=pl.Int64).cum_sum()]
    ends = [0, *pl.Series([s["rows"] for s in shards]).cum_sum()]
    assert {*ends} <= {*begins}, "equal keys are in two shards"
    for i in range(1, min(n, rows)):
        place = rows * i // min(n, rows)
        nearest = min(abs(b - place) for b in begins)
        assert min(abs(end - place) for end in ends) == nearest, (seed, place)


def test_requests_that_are_almost_right() -> None:
    found = _fuzz(4000, 1)
    assert min(found.values()) > 30, found


def test_cuts_of_drawn_keys() -> None:
    for seed in range(60):
        _check_tally(seed)


@pytest.mark.long
def test_many_requests_that_are_almost_right() -> None:
    _fuzz(200_000, 2)


@pytest.mark.long
def test_cuts_of_many_drawn_keys() -> None:
    for seed in range(60, 6000):
        _check_tally(seed)

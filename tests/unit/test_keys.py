"""Partitions by keys that the user lists: which keys are taken, and what they select."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs
import pytest

import polars_io_tools as piot
from polars_io_tools._keys import key_partitions

LF = pl.LazyFrame(
    {"id": [1, 2, None], "^x$": [1, 2, 3], "list": [[1], [2], None], "f": [0.0, -0.0, float("nan")]}
)
FRAME = pl.DataFrame({"id": [1, 2], "options": [{"num_cpus": 2, "memory": None}, None]})


def rows(spec: piot.KeyPartitions, lf: pl.LazyFrame = LF) -> list[tuple[object, int]]:
    """Return the key of each partition and how many rows it has."""
    parts = key_partitions(lf, spec)
    return [(part.key, lf.filter(part.predicate).collect().height) for part in parts]


def test_a_selector_leaves_out_the_column_of_options() -> None:
    parts = key_partitions(LF, piot.by_key(FRAME, cs.all(), partition_remote_options="options"))
    assert [(p.key, p.remote_options) for p in parts] == [(1, {"num_cpus": 2}), (2, None)]


def test_a_series_is_a_frame_of_its_name() -> None:
    assert rows(piot.by_key(pl.Series("id", [2, None]), ["id"])) == [(2, 1), (None, 1)]


def test_a_name_is_no_pattern() -> None:
    assert rows(piot.by_key([3, 7], "^x$")) == [(3, 1), (7, 0)]


def test_keys_may_be_lists() -> None:
    assert rows(piot.by_key([[1], [3], None], "list")) == [([1], 1), ([3], 0), (None, 1)]


def test_zeros_are_one_key_and_nan_is_one() -> None:
    assert [count for _, count in rows(piot.by_key([0.0, float("nan")], "f"))] == [2, 1]
    for twice in ([0.0, -0.0], [float("nan"), -float("nan")], [None, None]):
        with pytest.raises(ValueError, match="comes twice"):
            key_partitions(LF, piot.by_key(twice, "f"))


def test_options_by_a_function_of_the_key() -> None:
    spec = piot.by_key([1, 2], "id", partition_remote_options=lambda key: {"num_cpus": key})
    assert [p.remote_options for p in key_partitions(LF, spec)] == [
        {"num_cpus": 1},
        {"num_cpus": 2},
    ]


@pytest.mark.parametrize(
    ("parts", "labels"),
    [
        (piot.by_value("id", [1, [2, 3], None]), ["1", "(2, 3)", "null"]),
        (
            [piot.ReadPartition(pl.col("id") > 1), piot.ReadPartition(pl.col("id") < 2, "low")],
            ["#0", "low"],
        ),
        ([piot.ReadPartition(pl.col("id") > 1, (("a", "b"), 0))], ["(a…b, 0)"]),
    ],
)
def test_labels(parts: piot.Partitions, labels: list[str]) -> None:
    plan = piot.PiotNamespace(pl.LazyFrame({"id": [1, None]})).explain_on_ray(parts)
    assert [part.label for part in plan.partitions] == labels

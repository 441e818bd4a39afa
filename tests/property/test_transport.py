"""Random frames travel exactly, whole, sliced, filtered and in chunks, in every format."""

from __future__ import annotations

import os
from typing import get_args

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from polars.testing.parametric import dataframes

from polars_io_tools._transport import ReturnAs, decode, encode
from tests.dtypes import EXTENSIONS, SERIES, assert_same
from tests.unit.test_shipped_types import travel

pytestmark = pytest.mark.filterwarnings("ignore:.*xtension")

EXAMPLES = int(os.environ.get("PIOT_EXAMPLES", "100"))
FORMATS = get_args(ReturnAs)
ALL = {**SERIES, **EXTENSIONS}

exact = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """Frames of the types of the table, with rows repeated, in any order, sliced and in chunks."""
    names = draw(st.lists(st.sampled_from(sorted(ALL)), min_size=1, max_size=4, unique=True))
    height = draw(st.integers(0, 40))
    columns = []
    for name in names:
        series = ALL[name]
        picks = draw(st.lists(st.integers(0, len(series) - 1), min_size=height, max_size=height))
        columns.append(series.gather(pl.Series(picks, dtype=pl.UInt32)).alias(name))
    frame = pl.DataFrame(columns)
    if draw(st.booleans()):
        cut = draw(st.integers(0, height))
        frame = pl.concat([frame[cut:], frame[:cut], frame], rechunk=False)
    if draw(st.booleans()):
        frame = frame.slice(draw(st.integers(0, frame.height)), draw(st.integers(0, frame.height)))
    if draw(st.booleans()):
        frame = frame.filter(
            pl.Series(
                draw(st.lists(st.booleans(), min_size=frame.height, max_size=frame.height)),
                dtype=pl.Boolean,
            )
        )
    return frame


@exact
@given(frames(), st.sampled_from(FORMATS), st.sampled_from([200, 5000, 2**28]))
def test_every_type(frame: pl.DataFrame, return_as: ReturnAs, max_bytes: int) -> None:
    assert_same(decode(travel(encode(frame, return_as, max_bytes=max_bytes))), frame)


@exact
@given(dataframes(max_cols=4, max_size=30), st.sampled_from(FORMATS), st.data())
def test_what_polars_makes_up(
    frame: pl.DataFrame, return_as: ReturnAs, data: st.DataObject
) -> None:
    part = frame.slice(data.draw(st.integers(0, frame.height)), data.draw(st.integers(0, 30)))
    whole = pl.concat([frame, part], rechunk=False)
    got = decode(travel([*encode(frame, return_as), *encode(part, return_as)]))
    assert got.schema == whole.schema
    assert_frame_equal(got, whole, check_exact=True)

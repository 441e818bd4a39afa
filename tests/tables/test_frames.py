from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import polars_io_tools as piot


@pytest.mark.parametrize("kind", [pl.DataFrame, pl.LazyFrame])
def test_frames_write_themselves(uri: str, kind: Any) -> None:
    t = piot.create_table(uri, {"k": pl.Int64, "v": pl.Int64}, key="k")
    assert kind({"k": [1, 2], "v": [0, 0]}).piot.write_table(t) == 1
    assert kind({"k": [2, 3], "v": [1, 1]}).piot.write_table(t, mode="upsert") == 2
    assert t.scan().to_polars().sort("k").rows() == [(1, 0), (2, 1), (3, 1)]
    assert kind({"k": []}, {"k": pl.Int64}).piot.write_table(t) is None


def test_other_things_are_no_tables(uri: str) -> None:
    with pytest.raises(TypeError, match=r"must be a piot\.Table, not str"):
        piot.PiotFrameNamespace(pl.DataFrame()).write_table(uri)  # type: ignore[arg-type]  # is what is tested

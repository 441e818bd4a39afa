"""The long mode: see `long_run`."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Nodes
from tests.faults.long_run import kill_workers, lose_nodes


@pytest.mark.long
def test_200_killed_workers(one_node: Nodes) -> None:
    figures = kill_workers(one_node, 200, seed=1)
    assert figures["answers that differ or failed"] == []
    assert figures["periods begun more than once"] > 0


@pytest.mark.long
def test_20_lost_nodes(many_nodes: Nodes) -> None:
    figures = lose_nodes(many_nodes, 20, seed=1)
    assert figures["answers that differ or failed"] == []
    assert figures["periods begun more than once"] > 0

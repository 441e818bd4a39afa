"""The long mode: see `long_run`."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Nodes
from tests.faults.long_run import bad, kill_workers, lose_all_but_one, lose_nodes


@pytest.mark.long
def test_200_killed_workers(one_node: Nodes) -> None:
    figures = kill_workers(one_node, 200, seed=1)
    assert bad(figures) == []
    assert figures["workers killed"] >= 200
    assert figures["periods begun more than once"] > 0


@pytest.mark.long
def test_20_lost_nodes(many_nodes: Nodes) -> None:
    figures = lose_nodes(many_nodes, 20, seed=1)
    assert bad(figures) == []
    assert figures["nodes lost"] == 20
    assert figures["periods begun more than once"] > 0


@pytest.mark.long
def test_20_nodes_of_which_one_is_left(many_nodes: Nodes) -> None:
    figures = lose_all_but_one(many_nodes, 20, seed=1)
    assert bad(figures) == []
    assert figures["nodes lost"] == 19
    assert figures["workers killed"] > 0
    assert figures["periods begun more than once"] > 0

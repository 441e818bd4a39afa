"""Every error of tables: its cause, its class, and what it says.

That none is left out is for tests/integration/test_messages.py to find.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.messages import check_message
from tests.tables.commit_messages import COMMIT_CASES
from tests.tables.messages import ROW_CASES

CASES = ROW_CASES | COMMIT_CASES
assert len(CASES) == len(ROW_CASES) + len(COMMIT_CASES)


@pytest.mark.parametrize("name", CASES)
def test_message(name: str, tmp_path: Path) -> None:
    check_message(CASES[name], tmp_path)

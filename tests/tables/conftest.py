from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A place where no table is yet."""
    return str(tmp_path / "table")


@pytest.fixture(autouse=True)
def _no_temporary_files_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Let relative paths of tests lie in their own folder."""
    monkeypatch.chdir(tmp_path)
    yield

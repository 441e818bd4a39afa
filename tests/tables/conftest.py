from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A place where no table is yet."""
    return str(tmp_path / "table")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let relative paths of tests lie in their own folder."""
    monkeypatch.chdir(tmp_path)

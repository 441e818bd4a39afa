"""What the unit tests that run periods share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.property.process_runner import ProcessRunner


@pytest.fixture(scope="module")
def runner() -> Iterator[ProcessRunner]:
    runner = ProcessRunner()
    yield runner
    runner.close()

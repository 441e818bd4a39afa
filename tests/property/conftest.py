"""Prints what the property suite found, and writes it to the file that `PIOT_TALLY` names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.property.tally import RUN


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one, if there is one, what was counted here."""
    told: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["tally"] = dict(RUN.counts)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what another process counted. One that crashed says nothing."""
    RUN.counts.update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = RUN.summary()
    if not RUN.plans:
        return
    terminalreporter.section("property suite")
    for name, figure in {"polars": pl.__version__, **figures}.items():
        terminalreporter.write_line(f"{name:<24} {figure}")
    if path := os.environ.get("PIOT_TALLY"):
        Path(path).write_text(json.dumps(figures))

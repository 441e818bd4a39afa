"""Prints what the property suite found, and writes it to the file that `PIOT_TALLY` names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest

from tests.property.tally import RUN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = RUN.summary()
    if not RUN.plans:
        return
    terminalreporter.section("property suite")
    for name, figure in {"polars": pl.__version__, **figures}.items():
        terminalreporter.write_line(f"{name:<24} {figure}")
    if path := os.environ.get("PIOT_TALLY"):
        Path(path).write_text(json.dumps(figures))

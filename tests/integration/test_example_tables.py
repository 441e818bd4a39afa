"""The notebook-style example of tables, run cell by cell."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import child_environment
from tests.integration.test_site import _RUN

EXAMPLE = Path(__file__).parents[2] / "examples" / "tables.py"

# What the cells print, of those that print something.
PRINTS = [
    "1464 rows in version 4",
    "4 shards by files, [41, 41, 42] rows",
    "[31, 31, 31, 31]",
    "93 rows in version 1",
    "2928 rows in version 5",
    """\
shape: (2, 3)
┌────────┬─────────────────────────┬───────┐
│ symbol ┆ ts                      ┆ price │
│ ---    ┆ ---                     ┆ ---   │
│ str    ┆ datetime[μs, UTC]       ┆ f64   │
╞════════╪═════════════════════════╪═══════╡
│ A      ┆ 2024-01-01 00:00:00 UTC ┆ 101.0 │
│ A      ┆ 2024-12-31 00:00:00 UTC ┆ 102.0 │
└────────┴─────────────────────────┴───────┘""",
    """\
ok
shape: (8, 2)
┌─────────┬──────────────┐
│ version ┆ operation    │
│ ---     ┆ ---          │
│ i64     ┆ str          │
╞═════════╪══════════════╡
│ 0       ┆ CREATE TABLE │
│ 1       ┆ WRITE        │
│ 2       ┆ WRITE        │
│ 3       ┆ WRITE        │
│ 4       ┆ WRITE        │
│ 5       ┆ WRITE        │
│ 6       ┆ WRITE        │
│ 7       ┆ WRITE        │
└─────────┴──────────────┘
the state of before: 1464 rows""",
]


@pytest.mark.ray
def test_the_cells(tmp_path: Path) -> None:
    import ray

    cells = re.split(r"^# %%$", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(cells),
        cwd=tmp_path,
        env=child_environment()
        | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = [text.strip() for text in json.loads(done.stdout.splitlines()[-1]) if text]
    assert shown == PRINTS

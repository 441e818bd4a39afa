"""The pages of the documentation: every block of Python runs, and prints what the page says.

The blocks of a page are one program, in order. A block of text after one is what it prints.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import child_environment

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(p.name for p in DOCS.glob("*.md") if "```python" in p.read_text("utf-8"))

_BLOCK = re.compile(r"^```(python|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)

# Runs blocks in one namespace, and prints what each of them prints as a line of JSON.
_RUN = """
import contextlib, io, json, sys
namespace = {}
printed = []
for number, block in enumerate(json.load(sys.stdin)):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(block, f"block {number}", "exec"), namespace)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


def program(page: str) -> tuple[list[str], list[str]]:
    """Return the blocks of Python of a page, and what each of them prints."""
    code: list[str] = []
    prints: list[str] = []
    last = ""
    for language, text in _BLOCK.findall((DOCS / page).read_text("utf-8")):
        if language == "python":
            code.append(text)
            prints.append("")
        elif last == "python":
            prints[-1] = text
        last = language
    return code, prints


@pytest.mark.ray
@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page(page: str, tmp_path: Path) -> None:
    import ray

    code, prints = program(page)
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(code),
        cwd=tmp_path,
        env=child_environment() | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    assert [text.split() for text in shown] == [text.split() for text in prints]


def test_pages_have_code() -> None:
    assert {"getting-started.md", "tuning.md", "zones.md"} <= set(PAGES)


def test_the_site_builds_without_warnings(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", DOCS, tmp_path / "site"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "execute_on_ray" in (tmp_path / "site/api.html").read_text("utf-8")
    assert "more than 1,000 values" in (tmp_path / "site/scan-db-pushdown.html").read_text("utf-8")

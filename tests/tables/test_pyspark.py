"""The recipe for PySpark runs. It wants `pip install pyspark` (490 MB) and Java 17."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import child_environment

PAGE = Path(__file__).parents[2] / "docs" / "tables-elsewhere.md"

_BEFORE = """
import pyarrow as pa
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").getOrCreate()
"""

_AFTER = """
found = piot.table(target)
assert found.scan().to_polars().sort("key").equals(t.scan().to_polars().sort("key"))
assert found.history().height == 2
assert frame.rdd.getNumPartitions() == 4
spark.stop()
print("done")
"""


@pytest.mark.long
def test_the_recipe(tmp_path: Path) -> None:
    text = PAGE.read_text("utf-8")
    made, *_ = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    recipe = re.findall(r"^```{code-block} python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert all(block.count("\n") < 15 for block in recipe)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([made, _BEFORE, *recipe, _AFTER])],
        cwd=tmp_path,
        env=child_environment() | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "done"

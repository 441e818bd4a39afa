"""The recipe for PySpark runs, and Spark's own Delta reads and writes tables.

It wants `pip install pyspark==4.1.1` (490 MB) and Java 17; Delta comes from Maven Central (87 MB).
"""

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


_DELTA = "io.delta:delta-spark_4.1_2.13:4.4.0"

_WITH_DELTA = f"""
import datetime as dt, sys, tempfile
import polars as pl
import polars_io_tools as piot
from pyspark.sql import SparkSession
settings = {{
    "spark.jars.packages": "{_DELTA}",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.ui.enabled": "false",
}}
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
"""

_READS_AND_WRITES = """
types = {"k": pl.Datetime("us"), "v": pl.Int64, "d": pl.Decimal(10, 2), "x": pl.Float64}
t = piot.create_table(tempfile.mkdtemp() + "/t", types, key="k")
midnight = dt.datetime(1970, 1, 1)
moments = [midnight + dt.timedelta(microseconds=us) for us in range(-1000, 1000, 7)]
for part in (moments[::2], moments[1::2]):
    with t.txn() as txn:
        txn.write({"k": part, "v": [0] * len(part), "x": [float("nan")] + [1.0] * (len(part) - 1)})
delta = f"delta.`{t.uri}`"
found = spark.sql(f"SELECT * FROM {delta}")
assert sorted(row.k for row in found.collect()) == moments
for i in (0, 142, len(moments) - 1):
    literal = f"timestamp_ntz'{moments[i]}'"
    assert found.where(f"k = {literal}").count() == 1
    assert found.where(f"k >= {literal}").count() == len(moments) - i

late = midnight + dt.timedelta(microseconds=999)
spark.sql(f"INSERT INTO {delta} VALUES (timestamp_ntz'{late}', 100, 1.5, null)")
spark.sql(f"MERGE INTO {delta} AS t USING (SELECT timestamp_ntz'{moments[0]}' AS k) AS s "
          "ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = 7")
spark.sql(f"DELETE FROM {delta} WHERE k = timestamp_ntz'{moments[1]}'")
wanted = dict.fromkeys([*moments, late], 0) | {moments[0]: 7, late: 100}
del wanted[moments[1]]
scan = t.scan("k", "v")
assert dict(scan.to_polars().rows()) == wanted
assert dict(pl.concat(scan.to_polars(shard=s) for s in scan.compute_shards(n=5)).rows()) == wanted
assert t.scan(where=t["k"] == late).to_polars().height == 1
assert t.verify().ok
try:
    with t.txn() as txn:
        txn.write({"k": [late]})
except piot.InvalidRowsError:
    print("done")
spark.stop()
"""


@pytest.mark.long
def test_sparks_own_delta_reads_and_writes_tables(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITH_DELTA + _READS_AND_WRITES],
        cwd=tmp_path,
        env=child_environment() | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "done"


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

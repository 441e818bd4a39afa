# %% [markdown]
# # Tables
#
# A table is a folder with a Delta Lake log, whose rows have a key. Here one is made, filled, read
# in parts that never overlap, written by many at once, changed, and put in order. Run it as a
# script, or cell by cell; it needs the package with its extra `ray-data`.

# %%
import datetime as dt
import tempfile
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import ray
from ray.data.expressions import col

import polars_io_tools as piot

folder = tempfile.mkdtemp()
uri = f"{folder}/trades"

# %% [markdown]
# ## Make and fill
# The key orders rows, and each key is there once. What a `with` does is one commit, at its end.

# %%
schema = {"symbol": pl.String, "ts": pl.Datetime("us", "UTC"), "price": pl.Float64}
t = piot.create_table(uri, schema, key=["symbol", "ts"])

days = pl.datetime_range(
    dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 12, 31, tzinfo=dt.UTC),
    "1d",
    eager=True,
)
for symbol in "ABCD":
    with t.txn() as txn:
        txn.write(pl.DataFrame({"ts": days}).with_columns(symbol=pl.lit(symbol), price=100.0))
print(t.scan().to_polars().height, "rows in version", t.snapshot().version)

# %% [markdown]
# ## Read in shards
# `asof` fixes the state: whatever is written meanwhile, all readers see the same rows. Shards
# follow the files, or are cut into equal numbers of rows; rows with equal keys stay together.

# %%
asof = t.snapshot().asof
march = (t["ts"] >= dt.datetime(2024, 3, 1, tzinfo=dt.UTC)) & (
    t["ts"] < dt.datetime(2024, 4, 1, tzinfo=dt.UTC)
)
scan = t.scan("symbol", "ts", "price", where=march, asof=asof)
print(len(scan.shards()), "shards by files,", [s.rows for s in scan.compute_shards(n=3)], "rows")


# %% [markdown]
# Elsewhere, a shard and a state are all that a reader needs, and both are text.


# %%
def read(shard_json: str) -> int:
    shard = piot.Shard.from_json(shard_json)
    return piot.table(uri).scan(where=march, asof=str(asof), shard=shard).to_table().num_rows


with ThreadPoolExecutor() as pool:
    print([*pool.map(read, [shard.to_json() for shard in scan.shards()])])

# %% [markdown]
# ## Ray Data
# A task for each shard; then a task for each file that is written, and one commit.

# %%
ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level="ERROR")
ray.data.DataContext.get_current().enable_progress_bars = False

copy = piot.create_table(f"{folder}/copy", t.schema, key_schema=t.key_schema)
with copy.txn() as txn:
    ds = scan.to_ray_dataset().filter(expr=col("symbol") != "D")
    ds.write_datasink(txn.to_ray_datasink())
print(copy.scan().to_polars().height, "rows in version", copy.snapshot().version)


# %% [markdown]
# ## A transaction of many writers
# Each says what it would do, as text; the driver includes all of it and commits once.


# %%
def write(symbol: str) -> str:
    txn = piot.table(uri).txn()
    txn.write(pl.DataFrame({"ts": days}).with_columns(symbol=pl.lit(symbol), price=50.0))
    return txn.take().to_json()


with t.txn() as txn, ThreadPoolExecutor() as pool:
    for ops in pool.map(write, "EFGH"):
        txn.include(piot.TransactionOps.from_json(ops))
print(t.scan().to_polars().height, "rows in version", t.snapshot().version)

# %% [markdown]
# ## Change
# An upsert replaces the rows with the same keys; a range of keys is replaced as a whole. Both at
# once, or neither.

# %%
with t.txn(mode="upsert") as txn:
    txn.replace_range("G", None)
    txn.write({"symbol": ["A", "A"], "ts": [days[0], days[-1]], "price": [101.0, 102.0]})
print(t.scan(where=t["price"] > 100).to_polars())

# %% [markdown]
# ## Keep
# Files that are sorted and do not overlap, in one commit; then everything is compared with its log.

# %%
t.compact(target_rows=1000)
report = t.verify()
print("ok" if report.ok else report.findings)
print(t.history().select("version", "operation").sort("version"))
print("the state of before:", t.scan(asof=asof).to_polars().height, "rows")

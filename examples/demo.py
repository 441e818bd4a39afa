"""The main job on a small data set: a year of trades, split by month and by day on local Ray.

The trades are Parquet files, and then a table in a DuckDB file. Run it with `./build.sh demo`, or
with `python examples/demo.py` where the package is installed with its extras `ray` and `db`.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import ray
from polars.testing import assert_frame_equal

import polars_io_tools as piot

YEAR = 2024
TRADES_PER_DAY = 1_000
RAY_ATTEMPTS = 3


def write_trades(folder: Path) -> int:
    """Write one Parquet file a day and return the number of trades."""
    days = pl.date_range(dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31), eager=True)
    number = pl.int_range(TRADES_PER_DAY, eager=True)
    for i, day in enumerate(days):
        pl.DataFrame({"trade": number + i * TRADES_PER_DAY}).select(
            date=pl.lit(day),
            symbol=pl.lit("S") + (pl.col("trade") * 7919 % 25).cast(pl.String),
            price=100 + (pl.col("trade") * 31 % 997) / 100,
            volume=pl.col("trade") * 17 % 500 + 1,
        ).write_parquet(folder / f"{day}.parquet")
    return len(days) * TRADES_PER_DAY


def write_database(folder: Path) -> Path:
    """Write the trades into a DuckDB file and return its path."""
    path = folder / "trades.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE trades AS SELECT * FROM '{folder}/*.parquet'")
    return path


def start_ray() -> None:
    """Start Ray on this machine; on small or busy machines it may need more than one attempt."""
    for attempt in range(1, RAY_ATTEMPTS + 1):
        try:
            ray.init(include_dashboard=False, logging_level="ERROR", log_to_driver=False)
        except Exception as error:
            ray.shutdown()
            if attempt == RAY_ATTEMPTS:
                raise
            print(f"Ray did not start ({type(error).__name__}), trying again")
        else:
            return


def timed(title: str, run: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Run a query and print how long it took."""
    start = time.perf_counter()
    result = run()
    print(f"  {title}: {result.height:,} rows in {time.perf_counter() - start:.2f} s")
    return result


def compare(title: str, query: pl.LazyFrame, time_unit: piot.TimeUnit) -> bool:
    """Print the plan of a split, run it and plain Polars, and say whether they agree."""
    print(f"\n== {title}")
    print(query.piot.explain_on_ray(date_column="date", time_unit=time_unit))
    on_ray = query.piot.execute_on_ray(
        date_column="date", time_unit=time_unit, progress=True, description=title
    )
    result = timed("on Ray", on_ray.collect)
    plain = timed("plain Polars", query.collect)
    try:
        # As between two runs of Polars, float sums may differ in their last bits.
        assert_frame_equal(result, plain, check_row_order=False, rel_tol=1e-12, abs_tol=0)
    except AssertionError as difference:
        print(f"  THE ANSWERS DIFFER: {difference}")
        return False
    print("  the answers are equal")
    return True


def compare_database(folder: Path, first_quarter: pl.Expr) -> bool:
    """Run the first quarter of one symbol from a database; each task sends a query of its own."""
    query = "SELECT date, symbol, price, volume FROM trades"
    trades = piot.scan_db(query, write_database(folder))
    one = trades.filter(first_quarter, pl.col("symbol") == "S7").select("date", "price")
    split = one.piot.execute_on_ray(date_column="date", time_unit="monthly")
    agree = compare("a symbol from DuckDB, by month", one, "monthly")
    print("\nThe query of January's task:")
    print(split.piot.explain_sql().scans[0])
    return agree


def main() -> int:
    """Return 0 if Ray and plain Polars agree on all queries."""
    with tempfile.TemporaryDirectory(prefix="piot-demo-") as folder:
        count = write_trades(Path(folder))
        print(f"{count:,} trades of {YEAR}, one Parquet file a day, in {folder}")
        print("starting Ray …", flush=True)
        start_ray()
        trades = pl.scan_parquet(f"{folder}/*.parquet")
        first_quarter = pl.col("date").is_between(pl.date(YEAR, 1, 1), pl.date(YEAR, 3, 31))
        daily = (
            trades.filter(
                pl.col("date") >= pl.date(YEAR, 6, 1), pl.col("date") < pl.date(YEAR, 7, 1)
            )
            .group_by("date", "symbol")
            .agg(vwap=(pl.col("price") * pl.col("volume")).sum() / pl.col("volume").sum())
        )
        try:
            agree = [
                compare("first quarter, by month", trades.filter(first_quarter), "monthly"),
                compare("June's VWAP, by day", daily, "daily"),
            ]
            print("\nThe last rows of June:")
            print(daily.sort("date", "symbol").tail(5).collect())
            agree.append(compare_database(Path(folder), first_quarter))
        finally:
            ray.shutdown()
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main())

"""What a user writes about databases, with the types that a type checker has to see."""

import datetime as dt
import sqlite3
import tempfile
from pathlib import Path
from typing import assert_type

import polars as pl

import polars_io_tools as piot
from polars_io_tools.db import Column, Description, Frames, Query, Reader, SqlScan, Statement


class Numbers:
    """A reader of one's own."""

    dialect = "generic"
    quote = '"'

    def shown(self) -> str:
        return "numbers"

    def describe(self, query: Query) -> Description:
        dtype = query.overrides.get("n", pl.Int64())
        return Description((Column("n", dtype),))

    def read(self, statement: Statement) -> Frames:
        yield None
        yield pl.DataFrame({"n": [1, 2, 3]}, schema={c.name: c.dtype for c in statement.columns})


def where() -> str:
    return "env:TRADES_DSN"


def scans(path: Path) -> list[pl.LazyFrame]:
    reader: Reader = Numbers()
    return [
        piot.scan_db("SELECT n FROM numbers", reader),
        piot.scan_db("SELECT 1 AS n", where, schema={"n": pl.Int64}),
        piot.scan_db("SELECT d FROM t", f"sqlite:///{path}", 1_000, {"d": pl.Datetime("ms")}),
        piot.scan_db(
            "SELECT d, i + ? AS i FROM t",
            path,
            params=[1],
            schema_overrides={"i": pl.Int64()},
            pushdown=False,
            timeout=dt.timedelta(seconds=5),
            retries=0,
            on_infinity="null",
            description="days",
        ),
    ]


def explained(lf: pl.LazyFrame) -> str:
    plan = piot.PiotNamespace(lf).explain_sql()
    assert_type(plan, piot.SqlPlan)
    assert_type(plan.scans, tuple[SqlScan, ...])
    assert_type(plan.scans[0].terms[0].status, str)
    assert_type(plan.to_polars(), pl.DataFrame)
    return plan.scans[0].sql


def failed(path: Path) -> str:
    try:
        piot.scan_db("SELECT nope FROM t", path)
    except piot.DatabaseConnectionError:
        return "no connection"
    except piot.DatabaseError as error:
        return str(error)
    return ""


def main() -> None:
    path = Path(tempfile.mkdtemp()) / "t.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (d DATE, i INTEGER)")
    connection.execute("INSERT INTO t VALUES ('2024-01-05', 1)")
    connection.commit()
    connection.close()
    numbers, _, days, more = scans(path)
    print(numbers.filter(pl.col("n") > 1).collect()["n"].to_list())
    print(explained(days.filter(pl.col("d") > dt.date(2024, 1, 1))).partition("\n")[0])
    print(more.collect().row(0), failed(path))


if __name__ == "__main__":
    main()

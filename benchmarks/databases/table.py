"""The table that is read: made by a formula, on the server and in Polars alike.

Prices are multiples of a quarter, so that sums are exact in whatever order they are taken, of more
digits than a Float32 has; the last column has the four decimals of its type.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from benchmarks.data import Provision

__all__ = ["LONGEST_TEXT", "SCHEMA", "Table"]

SCHEMA = {
    "time": pl.Datetime("us"),
    "symbol": pl.String(),
    "price": pl.Float64(),
    "volume": pl.Int64(),
    "date": pl.Date(),
    "notional": pl.Decimal(18, 4),
}

# What readers by ODBC make room for; they would take 8 kB for each row of a batch.
LONGEST_TEXT = 256

_START = dt.datetime(2024, 1, 1)  # noqa: DTZ001  (a column without a zone)
_DAY = 24 * 3600 * 1_000_000  # microseconds
_YEAR = 366 * _DAY

# Factors and moduli without common divisors: values are spread over all that are possible.
_SYMBOLS = (7_919, 1_000)
_QUARTERS = (104_729, 40_000_000)
_VOLUMES = (31_337, 100_000)
_NOTIONALS = (15_485_863, 100_000_000_000)
_ZERO = 50_000_000_000


@dataclass(frozen=True)
class Table:
    """The table on a server, and how it is reached.

    Attributes:
        uri: the database.
        rows: of the table, spread over the year 2024.
        odbc: the connection string for ODBC, empty where there is no driver.
        libraries: the folder in which the libraries of ODBC are, empty if the system finds them.
        no_odbc: why there is no driver.
        limit: how many rows the query gives; None is for all.
    """

    uri: str
    rows: int
    odbc: str = ""
    libraries: str = ""
    no_odbc: str = ""
    limit: int | None = None

    @property
    def statements(self) -> tuple[str, str]:
        """Return what makes the table on the server, and what is by itself after it."""
        step = _YEAR // self.rows

        def spread(factor: int, modulus: int) -> str:
            return f"(i * {factor} % {modulus})"

        return (
            f"""
            CREATE TABLE trades AS
            SELECT
                timestamp '{_START}' + i * {step} * interval '1 microsecond' AS time,
                'S' || {spread(*_SYMBOLS)} AS symbol,
                {spread(*_QUARTERS)}::float8 / 4 AS price,
                {spread(*_VOLUMES)} + 1 AS volume,
                date '{_START:%Y-%m-%d}' + (i * {step} / {_DAY})::int AS date,
                (({spread(*_NOTIONALS)} - {_ZERO})::numeric / 10000)::numeric(18, 4) AS notional
            FROM generate_series(0::int8, {self.rows - 1}) AS i;
            CREATE INDEX ON trades (date);
            """,
            "VACUUM (ANALYZE, FREEZE) trades",
        )

    @property
    def query(self) -> str:
        """Return the query of all rows."""
        return self._query("")

    @property
    def year(self) -> tuple[dt.date, dt.date]:
        """Return the first and the last day."""
        return dt.date(2024, 1, 1), dt.date(2024, 12, 31)

    def monthly_queries(self) -> Iterator[str]:
        """Yield the query of each month, as one writes it by hand."""
        for month in range(1, 13):
            start = dt.date(2024, month, 1)
            end = dt.date(2024 + month // 12, month % 12 + 1, 1)
            yield self._query(f" WHERE date >= '{start}' AND date < '{end}'")

    def _query(self, where: str) -> str:
        limit = "" if self.limit is None else f" LIMIT {self.limit}"
        return f"SELECT {', '.join(SCHEMA)} FROM trades{where}{limit}"

    def first(self, rows: int) -> Table:
        """Return the table, as the query of its first rows."""
        return replace(self, limit=rows)

    def frame(self) -> pl.LazyFrame:
        """Return the rows, without a server."""
        row, step = pl.int_range(self.rows, dtype=pl.Int64), _YEAR // self.rows

        def spread(factor: int, modulus: int) -> pl.Expr:
            return row * factor % modulus

        return pl.LazyFrame().select(
            time=_START + pl.duration(microseconds=row * step),
            symbol=pl.lit("S") + spread(*_SYMBOLS).cast(pl.String),
            price=spread(*_QUARTERS).cast(pl.Float64) / 4,
            volume=spread(*_VOLUMES) + 1,
            date=_START.date() + pl.duration(days=row * step // _DAY),
            notional=((spread(*_NOTIONALS) - _ZERO).cast(pl.Decimal(18, 4)) / 10_000).cast(
                SCHEMA["notional"]
            ),
        )

    def told(self) -> tuple[str, dict[str, Any]]:
        """Return what `received` takes."""
        return "table", asdict(self)

    @classmethod
    def received(cls, **described: Any) -> Table:
        """Return the table that was told of."""
        return cls(**described)

    def provided(self) -> Mapping[str, Provision]:
        """Return the driver for ODBC."""
        variables = {"LD_LIBRARY_PATH": self.libraries} if self.libraries else {}
        return {"odbc": Provision(self.no_odbc, variables)}

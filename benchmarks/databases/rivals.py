"""Who takes part in the suite about databases."""

from __future__ import annotations

from benchmarks import environments
from benchmarks.environments import Contender

__all__ = ["CONTENDERS", "FORMULA", "OURS", "RIVAL"]

_MODULES = "benchmarks.databases.contenders"
_COMMON = ("polars==2.1.0", "pyarrow==26.0.1", "ray==2.60.0")
_ODBC = "arrow-odbc==10.6.2"
# By ODBC, PostgreSQL's float8 comes as a Float32.
_ROUNDED = ("price",)

FORMULA = Contender("formula", "the formula", f"{_MODULES}.formula")
OURS = Contender("ours", environments.OURS.title, f"{_MODULES}.this_package")
RIVAL = Contender(
    "adbc",
    "ADBC",
    f"{_MODULES}.adbc",
    ("adbc-driver-postgresql==1.13.0", "adbc-driver-manager==1.13.0", *_COMMON),
    # Numbers of a numeric come as texts, which are not added up.
    lossy=("notional",),
)
CONTENDERS = {
    contender.name: contender
    for contender in (
        FORMULA,
        OURS,
        Contender(
            "one_process",
            "this package, without Ray",
            f"{_MODULES}.one_process",
            lacks=("db_stream", "db_read"),
        ),
        RIVAL,
        Contender(
            "connectorx",
            "connectorx",
            f"{_MODULES}.connector_x",
            ("connectorx==0.4.6", *_COMMON),
        ),
        Contender(
            "odbc",
            "arrow-odbc",
            f"{_MODULES}.odbc",
            (_ODBC, *_COMMON),
            lossy=_ROUNDED,
            needs="odbc",
        ),
        Contender(
            "published",
            environments.PUBLISHED.title,
            f"{_MODULES}.published",
            (*environments.PUBLISHED.requirements, _ODBC, "pyodbc==5.5.0", "sqlglot==30.30.0"),
            lossy=_ROUNDED,
            needs="odbc",
        ),
    )
}

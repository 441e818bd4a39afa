"""Predicates that a database was given keep every row on which Polars finds them true."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import Any

import polars as pl
import pytest

from polars_io_tools import _gocore
from tests.postgres import LOCALE, lacking
from tests.pushdown.checks import Tally, bound, check, encoded, pushed, run, status
from tests.pushdown.engines import ENGINES, Engine
from tests.pushdown.naive import translate
from tests.pushdown.predicates import Predicates
from tests.pushdown.values import Column

Engines = dict[str, list[Engine]]

# In CI a new seed would make a failure that nobody's change is to blame for.
_SEED = int(os.environ.get("PIOT_TEST_SEED", "20"))


# Of 300 predicates, more than so many are pushed, and more than so many of them are exact.
_PUSHED = {
    "postgresql": (200, 100),
    "duckdb": (200, 100),
    "sqlite": (200, 30),
    "generic": (150, 10),
}


@pytest.mark.parametrize("name", ENGINES)
def test_random_predicates(engines: Engines, name: str) -> None:
    for engine in engines[name]:
        tally = run(engine, 300, _SEED)
        assert not tally.failures(), "\n".join([tally.line(), *tally.failures()[:5]])
        # A translator that pushes nothing is right, too.
        some, exact = _PUSHED[engine.dialect]
        assert tally.statuses["exact"] + tally.statuses["superset"] > some, tally.line()
        assert tally.statuses["exact"] > exact, tally.line()


def members(frame: pl.DataFrame, column: Column) -> pl.Series | None:
    """Return more values than are asked for one by one, among them some of the column's."""
    steps = pl.Series(range(0, 4200, 4))
    if column.kind in ("text", "zeros", "padded"):
        steps = "m" + steps.cast(pl.String)
    elif column.dtype.is_float():
        steps = steps / 7
    elif column.dtype.is_temporal():
        steps = steps.cast(pl.Int32 if column.dtype == pl.Date else pl.Int64)
    elif not (column.dtype.is_numeric()):
        return None
    steps = steps.cast(column.dtype, strict=False).drop_nulls()
    own = frame[column.name].drop_nulls().unique(maintain_order=True)
    found = pl.concat([own.head(len(own) // 2), steps])
    return found if found.n_unique() > 1_000 else None


@pytest.mark.parametrize("name", ENGINES)
def test_of_many_values_the_span_is_asked_for(engines: Engines, name: str) -> None:
    engine = engines[name][0]
    tally = Tally()
    columns = [(c, members(engine.frame, c)) for c in engine.columns]
    lists = {c.name: values for c, values in columns if values is not None}
    assert len(lists) >= 5
    for column, values in lists.items():
        x = pl.col(column)
        null = pl.concat([values, pl.Series([None], dtype=values.dtype)]).implode()
        for predicate in (x.is_in(null, nulls_equal=True), ~x.is_in(values.implode())):
            answer = pushed(engine, predicate)
            assert len(answer["params"]) < 10
            check(engine, predicate, answer, tally)
    assert not tally.failures(), "\n".join(t[:2000] for t in tally.failures()[:3])
    answer = pushed(engine, pl.col("i64").is_in(lists["i64"].implode()))
    assert status(answer) == "superset"
    if engine.dialect in ("postgresql", "duckdb"):
        assert "more than 1,000 values" in answer["conjuncts"][0]["reason"]


@pytest.mark.long
@pytest.mark.parametrize("name", ENGINES)
def test_ten_thousand_predicates(engines: Engines, name: str) -> None:
    for engine in engines[name]:
        tally = run(engine, 10_000, _SEED + 1)
        assert not tally.failures(), "\n".join([tally.line(), *tally.failures()[:5]])


@pytest.mark.parametrize("name", ["postgresql", "postgresql-icu", "duckdb", "sqlite"])
def test_a_naive_translator_is_caught(engines: Engines, name: str) -> None:
    engine = engines[name][0]
    source = Predicates(engine.frame, engine.columns, _SEED)
    tally = Tally()
    for _ in range(300):
        predicate = source.draw()
        wire = encoded(engine.frame, predicate)
        sql = translate(wire["exprs"], wire["root"])
        if sql is not None:
            query = f"SELECT id FROM nasty WHERE {sql}"
            check(engine, predicate, {"sql": query, "params": [], "exact": False}, tally)
    assert len(tally.lost) >= 5
    # SQLite compares anything with anything.
    assert name == "sqlite" or len(tally.errors) >= 5


@pytest.mark.parametrize(
    ("name", "column"), [("postgresql", "s_libc"), ("postgresql-icu", "s_icu")]
)
def test_a_collation_that_orders_otherwise_is_there(
    engines: Engines, name: str, column: str
) -> None:
    engine = engines[name][0]
    if column not in engine.frame.columns and name == "postgresql":
        lacking(f"no locale {LOCALE}: run .ci/collations, or install Debian's package `locales`")
    ordered = f"SELECT id FROM nasty WHERE {column} < 'B'"
    by_bytes = f"SELECT id FROM nasty WHERE {column} COLLATE \"C\" < 'B'"
    assert engine.run(ordered, []) != engine.run(by_bytes, [])


@pytest.mark.parametrize("name", ENGINES)
def test_head_before_filter(engines: Engines, name: str) -> None:
    engine = engines[name][0]
    x = pl.col("i64") > 0
    ordered = "SELECT * FROM nasty ORDER BY id"
    answer = pushed(engine, x, query=ordered, limit=50)
    if name == "generic":  # the reader stops after 50 rows, of which Polars takes those of x
        assert not answer["limited"]
        assert len(engine.run(answer["sql"], bound(answer))) == len(engine.frame)
        return
    assert answer["limited"]
    assert sorted(engine.run(answer["sql"], bound(answer))) == (
        engine.frame.head(50).filter(x)["id"].to_list()
    )


@pytest.mark.parametrize("name", ENGINES)
def test_parameters_of_the_user(engines: Engines, name: str) -> None:
    engine = engines[name][0]
    hole = "?" if name in ("sqlite", "generic") else "$1"
    query = f"SELECT * FROM nasty WHERE id < {hole} -- {hole})"
    x = pl.col("i64").is_in([0, 1, 5])
    answer = pushed(engine, x, query=query)
    assert answer["user_params"] == 1
    assert sorted(engine.run(answer["sql"], [100, *bound(answer)])) == (
        engine.frame.filter(pl.col("id") < 100).filter(x)["id"].to_list()
    )


# Texts that a database and the scanner have to cut alike, and the ids that they give.
_TEXTS = {
    "postgresql": [
        "SELECT 1 AS id, E'it\\'s;' AS a -- ';",
        "SELECT 2 AS id, $x$ ; ) ' $$ $x$ AS b;",
        "SELECT 3 AS id /* ( /* ; */ ' */",
        "SELECT 4 AS id, E'a'\n'\\'' AS b",
        "SELECT 5 AS id, '\\' AS \");\"",
        'SELECT 6 AS id, U&"\\0061" FROM (SELECT 1 AS a) x',
        "WITH update AS (SELECT 7 AS id) SELECT id FROM update;--",
        "VALUES (8)",
        "SELECT 9 AS id WHERE '{\"a\": 1}'::jsonb ? 'a'",
        "(SELECT 10 AS id) UNION ALL (SELECT 11)",
    ],
    "duckdb": [
        "SELECT 1 AS id, E'it\\'s;' AS a -- ';",
        "SELECT 2 AS id, $x$ ; ) ' $$ $x$ AS b;",
        "SELECT 3 AS id, ['(', ']'] AS b, {'a': [')']} AS c",
        "SELECT 4 AS id, '\\' AS \");\"",
        "WITH a AS (SELECT 7 AS id) SELECT id FROM a;--",
    ],
    "sqlite": [
        "SELECT 1 AS id, 'it''s;' AS a -- ';",
        'SELECT 2 AS id, 3 AS [);], 4 AS `;`, 5 AS ";";',
        "SELECT 3 AS id /* ( /* ; ' */",
        "SELECT 4 AS id, '\\' AS b",
        "WITH a AS (SELECT 7 AS id) SELECT id FROM a;--",
    ],
}


_TEXTS["postgresql-icu"] = _TEXTS["postgresql"]  # and another version


@pytest.mark.parametrize("name", _TEXTS)
def test_texts_are_cut_as_the_database_cuts_them(engines: Engines, name: str) -> None:
    engine = engines[name][0]
    for text in _TEXTS[name]:
        column = {
            "name": "id",
            "type": "int64",
            "db": {"type": engine.columns[0].described["type"]},
        }
        chosen: dict[str, Any] = {
            "columns": [column],
            "select": None if "VALUES" in text else ["id"],
        }
        answer = pushed(engine, None, query=text, **chosen)
        want = engine.run(text, [])
        assert engine.run(answer["sql"], []) == want, text


def test_texts_of_utf_16_are_not_ordered() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA encoding = 'UTF-16le'")
    connection.execute("CREATE TABLE t (id INTEGER, s TEXT)")
    texts = ["a", "b", "ā", "\U0001f600", "\uffee"]
    connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(texts)))
    frame = pl.DataFrame({"id": range(len(texts)), "s": texts})
    x = pl.col("s") > "b"
    asked = {
        "dialect": "sqlite",
        "query": "SELECT * FROM t",
        "columns": [{"name": "s", "type": "string", "db": {"type": "TEXT"}}],
        **encoded(frame, x),
    }

    def ids(encoding: str) -> set[int]:
        wire = json.dumps(asked | {"encoding": encoding}).encode()
        answer = json.loads(_gocore.sql_push(wire))
        return {row[0] for row in connection.execute(answer["sql"], bound(answer))}

    want = set(frame.filter(x)["id"])
    assert want <= ids("UTF-16le")
    # The order there is another one, or this test shows nothing.
    assert not want <= ids("UTF-8")
    connection.close()


def test_a_constant_that_python_cannot_hold_is_left_to_polars(engines: Engines) -> None:
    engine = engines["sqlite"][0]
    x = pl.col("d") < pl.lit(100_000_000, dtype=pl.Int32).cast(pl.Date)
    answer = pushed(engine, x)
    assert status(answer) == "not pushed"

"""Calls that a type checker has to refuse: each line marked `wrong` is one error."""

import polars as pl

import polars_io_tools as piot

lf = pl.LazyFrame({"date": [1]})
query = piot.PiotNamespace(lf)
query.execute_on_ray("date", "monthly")  # wrong: keywords only
query.execute_on_ray(piot.by_value("id"), time_unit="monthly")  # wrong: two ways to split
query.execute_on_ray()  # wrong: no way to split
query.explain_on_ray([piot.by_value("id")])  # wrong: no list of partitioners
query.execute_on_ray(date_column=1, time_unit="monthly")  # wrong: not a name
query.execute_on_ray(date_column="date")  # wrong: no unit
query.execute_on_ray(date_column="date", time_unit="daily", return_as="csv")  # wrong: no format
query.execute_on_ray(date_column="date", time_unit="daily", max_period=3)  # wrong: misspelt
query.explain_on_ray(date_column="date", time_unit="daily", predicate="a")  # wrong: no expression
plan = query.explain_on_ray(date_column="date", time_unit="daily")
plan.bounds = ""  # wrong: frozen
piot.WorkerError("no period")  # wrong: an argument is missing
piot.scan_db("SELECT 1", 5)  # wrong: no connection
piot.scan_db("SELECT 1", "t.sqlite", on_infinity="nan")  # wrong: no such choice

"""All contact with Polars surfaces that are not stable.

What other modules need of a plan beyond Polars' public interface goes through here:
`plan_request` reads an optimised plan into the neutral tree that Go analyses, `serialise` and
`deserialise` make a plan fit for another process. Each is tested on the oldest and the newest
supported version of Polars.

Invariant: a part of a plan that this package does not understand is passed on as "may be
anything", never guessed at and never dropped.

It decides nothing about bounds, periods or splits.
"""

from polars_io_tools._polars.grafts import plans_are_known
from polars_io_tools._polars.payload import deserialise, serialise
from polars_io_tools._polars.plan import calendar_question, plan_request
from polars_io_tools._polars.traverse import type_name

__all__ = [
    "calendar_question",
    "deserialise",
    "plan_request",
    "plans_are_known",
    "serialise",
    "type_name",
]

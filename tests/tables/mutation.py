"""JSON values with something wrong in them."""

from __future__ import annotations

import copy
import random
from typing import Any

NASTY: list[Any] = [
    *(None, True, 0, -1, 1.5, 2**63, 10**400, "", "x", [], [[]], {}, [None], {"v": 1}),
    *("../x", "\ud800", ["a", "b"], {"path": "/etc/passwd", "size": 1}, [[["k", "int64"]]]),
]


def mutated(value: Any, rng: random.Random) -> Any:
    """Return a copy of a JSON value with something else somewhere in it."""
    value = copy.deepcopy(value)
    here = value
    while True:
        places = [*here] if isinstance(here, dict) else [*range(len(here))]
        place = rng.choice(places)
        inner = here[place]
        if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
            here = inner
            continue
        action = rng.random()
        if action < 0.8:
            here[place] = rng.choice(NASTY)
        elif action < 0.9:
            del here[place]
        elif isinstance(here, dict):
            here[rng.choice(["extra", "path", "txn", "through"])] = rng.choice(NASTY)
        return value

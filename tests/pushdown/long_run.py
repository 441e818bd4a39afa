"""Push many predicates to each database: `python -m tests.pushdown.long_run 10000 1 duckdb`.

The arguments are how many predicates, the seed, and the databases, all of them if none is named.
It ends with a line of figures for each table, and writes down what failed.
"""

from __future__ import annotations

import sys
from contextlib import closing

from tests.postgres import Servers
from tests.pushdown.checks import run
from tests.pushdown.engines import ENGINES, SERVERS


def main() -> int:
    """Return 0 if nothing failed."""
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    names = sys.argv[3:] or list(ENGINES)
    failed = False
    with closing(Servers()) as servers:
        for name in names:
            address = servers.of(SERVERS[name]).uri if name in SERVERS else ""
            for engine in ENGINES[name](address, seed):
                tally = run(engine, count, seed)
                for failure in tally.failures()[:20]:
                    sys.stdout.write(failure + "\n")
                sys.stdout.write(
                    f"{name}, infinity={engine.infinity}, seed {seed}: {tally.line()}\n"
                )
                failed = failed or bool(tally.failures())
                engine.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

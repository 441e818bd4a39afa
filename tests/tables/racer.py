"""A process that commits again and again: `racer.py uri name commits options`, the last in JSON.

It prints the version of each commit.
"""

from __future__ import annotations

import json
import sys

import polars_io_tools as piot


def main() -> None:
    uri, name, commits, options = sys.argv[1:]
    t = piot.table(uri, storage_options=json.loads(options) or None)
    for i in range(int(commits)):
        with t.txn() as txn:
            if i % 5 == 4:
                # What it wrote last, and nobody else's.
                txn.replace_range((name, i - 1), (name, i), {"w": [name], "i": [i - 1], "v": [-i]})
            txn.write({"w": [name], "i": [i], "v": [i]})
        sys.stdout.write(f"{txn.version}\n")


if __name__ == "__main__":
    main()

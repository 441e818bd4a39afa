"""A thousand operations and shards of somebody who means harm, in a process that is watched.

Run with the library made of failing.c preloaded: `hostile folder seed`, where the folder is for a
table and what is outside of it. It prints a line of JSON: how many texts were taken, the errors
that are not ours, and what of the outside was used.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from pathlib import Path

import polars as pl

import polars_io_tools as piot
from tests.tables.faulty import Shim
from tests.tables.mutation import mutated

CASES = 1000


class Case:
    """A table, with links that lead out of it, and operations that are taken as a start."""

    def __init__(self, folder: Path) -> None:
        self.table = folder / "table"
        self.outside = folder / "outside"
        self.outside.mkdir()
        self.t = piot.create_table(self.table, {"k": pl.Int64, "s": pl.String}, key="k")
        with self.t.txn() as txn:
            txn.write({"k": [*range(10)], "s": ["x"] * 10})
        worker = self.t.txn()
        worker.replace_range(3, 5, {"k": [4], "s": ["y"]})
        self.ops = worker.take()
        added = [op.path for op in self.ops if op.kind == "add" and op.path]
        self.files = {self.table / path: (self.table / path).read_bytes() for path in added}
        self.links = self._links(added[0])
        [shard] = self.t.scan().shards()
        self.shard = {**json.loads(shard.to_json()), "lo": ["3"]}

    def _links(self, name: str) -> list[str]:
        """Make files outside that would do as those of the operations, and links to them."""
        content = next(iter(self.files.values()))
        (self.outside / name).write_bytes(content)
        (self.outside / "canary.parquet").write_bytes(content)
        txn = self.ops.head.txn
        (self.table / "linked").symlink_to(self.outside)
        (self.table / f"part-{txn}-70.parquet").symlink_to("../outside/canary.parquet")
        (self.table / f"part-{txn}-71.parquet").symlink_to(self.outside / "made.parquet")
        (self.table / f"part-{txn}-72.parquet").symlink_to(self.outside)
        return [
            *(f"part-{txn}-{i}.parquet" for i in (70, 71, 72, 73, 10**30)),
            *(f"linked/{name}", "linked", str(self.outside / name), f"../outside/{name}"),
            *(f"part-{txn}-0/../../outside/{name}", f"x/../../outside/{name}", "/etc/passwd"),
            *(f"%2e%2e/outside/{name}", f"..%2Foutside%2F{name}", f"./../outside/{name}"),
            *(f"file://{self.outside}/{name}", "_delta_log/00000000000000000000.json", "*"),
            *(f"part-{txn}-*.parquet", f"{name}\0/../../outside/{name}", "\\..\\outside", ""),
        ]

    def text(self, number: int, rng: random.Random) -> str:
        """Return the JSON of operations or of a shard with something wrong in it."""
        if number % 4 == 3:
            return json.dumps(mutated(self.shard, rng))
        wire = json.loads(self.ops.to_json())
        if rng.random() < 0.6:
            body = rng.choice([*wire["adds"], *wire["removes"]])
            body["path"] = rng.choice(self.links)
        if rng.random() < 0.5:
            wire = mutated(wire, rng)
        text = json.dumps(wire)
        return text[: rng.randrange(len(text))] if rng.random() < 0.05 else text

    def use(self, number: int, text: str, rng: random.Random) -> None:
        """Do with a text what users do."""
        if number % 4 == 3:
            piot.table(self.table).scan(shard=piot.Shard.from_json(text)).to_polars()
            return
        txn = self.t.txn()
        try:
            txn.include(piot.TransactionOps.from_json(text))
        finally:
            # Both remove what was included.
            if rng.random() < 0.5:
                txn.abort()
            else:
                self.conflicting(txn)

    def conflicting(self, txn: piot.Transaction) -> None:
        """End a transaction by a commit that fails."""
        txn.write({"k": [0]})
        try:
            txn.commit()
        except piot.InvalidRowsError:
            return
        raise AssertionError("a key is there twice")

    def restore(self) -> None:
        """Put back the files of the operations that were removed with a transaction."""
        for path, content in self.files.items():
            path.write_bytes(content)


def main() -> None:
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    case = Case(folder)
    shim = Shim(case.table)
    rng = random.Random(seed)
    errors: Counter[str] = Counter()
    foreign = []
    shim.see()
    for number in range(CASES):
        text = case.text(number, rng)
        try:
            case.use(number, text, rng)
            errors["taken"] += 1
        except piot.TableError as error:
            errors[type(error).__name__] += 1
        except Exception as error:  # noqa: BLE001  (is what is looked for)
            foreign.append(f"{type(error).__name__}: {error} of {text}"[:2000])
        case.restore()
    used = {p.removeprefix("=") for p in shim.seen()}
    inside = [p for p in used if p.startswith(f"{case.table}/")]
    away = [
        p
        for p in used
        if (os.path.normpath(p) + "/").startswith(f"{folder}/")
        and not (os.path.normpath(p) + "/").startswith(f"{case.table}/")
    ]
    away += [p for p in used if "passwd" in p or "outside" in p]
    found = {"errors": errors, "foreign": foreign, "inside": len(inside), "away": away}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

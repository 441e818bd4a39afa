"""Write truncate.json: what Polars' dt.truncate makes of many values, for many units.

Run by hand, from any folder; 2.0.0 and 2.1.0 write the same file.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl

NAMES = {
    "hourly": "1h",
    "daily": "1d",
    "weekly": "1w",
    "monthly": "1mo",
    "quarterly": "1q",
    "yearly": "1y",
}
DAYS = ["3d", "7d", "48h", "2w", "5w", "52w", "2mo", "5mo", "7mo", "2q", "1y6mo", "7y", "100y"]
CLOCK = ["1s", "90s", "15m", "7m", "1h30m", "6h", "7h", "36h", "1d12h", "1ms", "250ms", "1500us"]
DATETIMES: dict[str, pl.DataType] = {
    "ms": pl.Datetime("ms"),
    "us": pl.Datetime("us"),
    "ns": pl.Datetime("ns"),
}
SECONDS_PER_DAY = 86_400
# Days around which calendars go wrong: the epoch, eras, year 0, negative years, leap years.
CENTRES = (0, 19_722, 11_016, -25_509, -141_427)
FAR_CENTRES = (-719_162, -719_528, -800_000, -2_000_000, 2_932_896)


def ticks(unit: str, rng: random.Random) -> list[int]:
    """Return values of a Date ("d") or a Datetime of a unit."""
    scale = {"d": 0, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    values = []
    for centre in CENTRES[:-1] if unit == "ns" else CENTRES + FAR_CENTRES:
        for spread in (1, 40, 1_000):
            day = centre + rng.randint(-spread, spread)
            values.append(day if unit == "d" else day * SECONDS_PER_DAY * scale)
            if unit != "d":
                second = rng.randrange(SECONDS_PER_DAY)
                values.append((day * SECONDS_PER_DAY + second) * scale + rng.randrange(scale))
                values.append(values[-2] - 1)
    return sorted(set(values))


def main() -> None:
    """Write the file."""
    rng = random.Random(7)
    out = []
    for unit in ["d", *DATETIMES]:
        values = ticks(unit, rng)
        physical = pl.Series("t", values, dtype=pl.Int32 if unit == "d" else pl.Int64)
        column = physical.cast(DATETIMES.get(unit, pl.Date()))
        truncated = {}
        for text in [*NAMES, *DAYS, *([] if unit == "d" else CLOCK)]:
            if unit == "d" and text == "hourly":
                continue
            every = NAMES.get(text, text)
            truncated[text] = column.dt.truncate(every).to_physical().to_list()
        out.append({"resolution": unit, "values": values, "truncated": truncated})
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(out, separators=(",", ":")).replace("],", "],\n") + "\n")


if __name__ == "__main__":
    main()

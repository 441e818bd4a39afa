"""Write the payloads the Go tests read: run it once per Polars version, in this folder."""

import io
import os
import tempfile
from pathlib import Path

import polars as pl

HERE = Path(__file__).parent.resolve()


def files() -> None:
    """Make the files that the scans name, in the working directory."""
    for i in (1, 2):
        frame = pl.DataFrame({"x": [i]})
        Path(f"h/k={i}").mkdir(parents=True)
        Path("d").mkdir(exist_ok=True)
        frame.write_parquet(f"h/k={i}/a.parquet")
        frame.write_parquet(f"d/a{i}.parquet")


def plans() -> dict[str, pl.LazyFrame]:
    """Return a plan per shape of payload the reader has to know."""
    glob = pl.scan_parquet("d/*.parquet")
    memory = pl.LazyFrame({"x": [1, 300, None]})
    return {
        "glob": glob,
        "directory": pl.scan_parquet("h/"),
        "list": pl.scan_parquet(["d/a1.parquet", "/abs/d/ä 2.parquet"], glob=False),
        "hive_schema": pl.scan_parquet("h/**/*.parquet", hive_schema={"k": pl.Int8}),
        "file_paths": pl.scan_csv("d/*.csv", include_file_paths="path"),
        "remote": pl.scan_parquet("s3://bucket/x.parquet", credential_provider=None),
        "ipc": pl.scan_ipc("d/*.ipc", hive_partitioning=False),
        "ndjson": pl.scan_ndjson("d/*.ndjson"),
        "lines": pl.scan_lines("d/*.txt"),
        "buffer": pl.scan_csv(io.BytesIO(b"a,b\n1,2")),
        "memory": memory,
        "union": pl.concat([glob, memory, glob.filter(pl.col("x") > 1)]),
        "nested": pl.concat([pl.concat([glob, memory]), pl.scan_parquet("h/").select("x")]),
        "join": glob.join(glob, on="x").with_columns(y=pl.col("x").is_in([1, 2, 300])),
        # A column and a value named like the node that is looked for.
        "lookalike": pl.LazyFrame({"Scan": [{"sources": 1}]}).filter(pl.lit("Scan") != "sources"),
    }


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    files()
    for name, plan in plans().items():
        (HERE / f"{name}-{pl.__version__}.bin").write_bytes(plan.serialize())

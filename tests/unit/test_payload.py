"""A plan that is shipped reads the same files from any folder, and nothing else."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source
from polars.testing import assert_frame_equal

from polars_io_tools import _gocore
from polars_io_tools._polars import payload as payload_module
from polars_io_tools._polars.payload import deserialise, serialise
from polars_io_tools.errors import UnsplittablePlanError

# A worker: collects each plan it is sent, in the folder it was started in.
WORKER = """
import sys
from polars_io_tools._polars.payload import deserialise
for line in sys.stdin:
    try:
        with open("plan", "rb") as plan:
            deserialise(memoryview(plan.read())).collect().write_ipc("answer")
        print("done", flush=True)
    except Exception as error:
        print(type(error).__name__, str(error).replace("\\n", " "), flush=True)
"""

Collect = Callable[[bytes], pl.DataFrame]
Case = Callable[[], pl.LazyFrame]


def write_tree(base: Path, first: int) -> None:
    """Write the files that the scans below name, with values from `first` on."""
    for folder in ("d/sub", "h/k=1/j=x", "h/k=2/j=y", "g/k=1", "g/k=2", "odd"):
        (base / folder).mkdir(parents=True)
    for i, name in enumerate(["a", "b", "c"]):
        frame = pl.DataFrame({"x": [first + i, first + i + 10]})
        frame.write_parquet(base / f"d/{name}.parquet")
        frame.write_csv(base / f"d/{name}.csv")
        frame.write_ipc(base / f"d/{name}.arrow")
        frame.write_ndjson(base / f"d/{name}.ndjson")
    pl.DataFrame({"x": [first + 3]}).write_parquet(base / "d/sub/e.parquet")
    for i, folder in enumerate(["k=1/j=x", "k=2/j=y"]):
        # `k` is in the files too, with another value: the folder's wins where hive is on.
        frame = pl.DataFrame({"x": [first + i], "k": [first + 50]})
        frame.write_parquet(base / f"h/{folder}/f.parquet")
        pl.DataFrame({"x": [first + i]}).write_ipc(base / f"g/k={i + 1}/f.arrow")
    for name in ("*.parquet", "[ab] c.parquet", "d'ä\"日.parquet"):
        pl.DataFrame({"x": [first + len(name)]}).write_parquet(base / "odd" / name)
    (base / "link").symlink_to(base / "d/sub")


@pytest.fixture(scope="module")
def collect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collect]:
    """Give a function that collects a plan in another process and another folder.

    The folder holds decoys: what a relative path would find there is other data.
    """
    folder = tmp_path_factory.mktemp("worker")
    write_tree(folder, first=1000)
    command = [sys.executable, "-c", WORKER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, text=True) as worker:
        stdin, stdout = worker.stdin, worker.stdout
        assert stdin is not None
        assert stdout is not None

        def run(plan: bytes) -> pl.DataFrame:
            (folder / "plan").write_bytes(plan)
            stdin.write("go\n")
            stdin.flush()
            if (answer := stdout.readline().strip()) != "done":
                raise RuntimeError(answer)
            return pl.read_ipc(io.BytesIO((folder / "answer").read_bytes()))

        yield run
        stdin.close()


@pytest.fixture(params=["plain", "k=9", "k=9/j=z", "a[1]*"])
def driver(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the driver's folder: plain, below hive folders, or named like a pattern."""
    base = tmp_path / str(request.param)
    write_tree(base, first=0)
    monkeypatch.chdir(base)
    return base


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with the files, as the working directory."""
    write_tree(tmp_path, first=0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def union() -> pl.LazyFrame:
    glob = pl.scan_parquet("d/*.parquet")
    memory = pl.LazyFrame({"x": [7]})
    return pl.concat([glob, memory, glob.filter(pl.col("x") > 1), pl.scan_csv("d/a.csv")])


def join() -> pl.LazyFrame:
    glob = pl.scan_parquet("d/*.parquet")
    return glob.join(glob.with_columns(y="x"), on="x", maintain_order="left")


SCANS: dict[str, Case] = {
    "glob": lambda: pl.scan_parquet("d/*.parquet"),
    "one file": lambda: pl.scan_parquet("d/a.parquet"),
    "path": lambda: pl.scan_parquet(Path("d") / "a.parquet"),
    "dots": lambda: pl.scan_parquet("./d/../d//a.parquet"),
    "list": lambda: pl.scan_parquet(["d/b.parquet", "d/a.parquet", "d/[c].parquet"]),
    "relative and absolute": lambda: pl.scan_parquet(
        ["d/b.parquet", str(Path("d/a.parquet").absolute())], glob=False
    ),
    "all levels": lambda: pl.scan_parquet("d/**/*.parquet"),
    "some letters": lambda: pl.scan_parquet("d/[ab].parquet"),
    "any letter": lambda: pl.scan_parquet("d/?.parquet", row_index_name="i", n_rows=3),
    "directory without hive": lambda: pl.scan_parquet("d/sub"),
    "literal star": lambda: pl.scan_parquet("odd/*.parquet", glob=False),
    "odd names": lambda: pl.scan_parquet("odd/*.parquet"),
    "odd names without glob": lambda: pl.scan_parquet(
        ["odd/[ab] c.parquet", "odd/d'ä\"日.parquet"], glob=False
    ),
    "link": lambda: pl.scan_parquet("link/*.parquet"),
    "behind a link": lambda: pl.scan_parquet("link/../a.parquet"),
    "hidden files": lambda: pl.scan_parquet("d/*.parquet", hidden_file_prefix="b"),
    "nothing, but a schema": lambda: pl.scan_parquet("none/*.parquet", schema={"x": pl.Int64}),
    "hive": lambda: pl.scan_parquet("h"),
    "hive/": lambda: pl.scan_parquet("h/"),
    "hive absolute": lambda: pl.scan_parquet(Path("h").absolute()),
    "hive off": lambda: pl.scan_parquet("h", hive_partitioning=False),
    "hive below": lambda: pl.scan_parquet("h/k=1/"),
    "hive glob": lambda: pl.scan_parquet("h/**/*.parquet", hive_partitioning=True),
    "hive glob off": lambda: pl.scan_parquet("h/**/*.parquet"),
    "hive file": lambda: pl.scan_parquet("h/k=1/j=x/f.parquet", hive_partitioning=True),
    "hive directories": lambda: pl.scan_parquet(["h/k=1", "h/k=2"], hive_partitioning=True),
    "hive schema": lambda: pl.scan_parquet("h", hive_schema={"k": pl.Int8, "j": pl.String}),
    "hive schema of glob": lambda: pl.scan_parquet(
        "h/*/*/*.parquet", hive_schema={"k": pl.Int8, "j": pl.String}
    ),
    "hive filter": lambda: pl.scan_parquet("h").filter(pl.col("k") == 2, pl.col("j") == "y"),
    "ipc": lambda: pl.scan_ipc("d/*.arrow"),
    "ipc hive": lambda: pl.scan_ipc("g/"),
    "ipc hive glob": lambda: pl.scan_ipc("g/*/*.arrow", hive_partitioning=True),
    "csv": lambda: pl.scan_csv("d/*.csv"),
    "csv options": lambda: pl.scan_csv("d/*.csv", n_rows=3, row_index_name="i", has_header=False),
    "ndjson": lambda: pl.scan_ndjson(["d/b.ndjson", "d/a.ndjson"]),
    "lines": lambda: pl.scan_lines("d/*.csv"),
    "union": union,
    "join": join,
}


@pytest.mark.parametrize("case", SCANS.values(), ids=SCANS.keys())
@pytest.mark.usefixtures("driver")
def test_the_answer_is_that_of_the_driver(collect: Collect, case: Case) -> None:
    lf = case()
    assert_frame_equal(collect(serialise(lf)), lf.collect())


@pytest.mark.usefixtures("driver")
def test_files_that_come_later_are_not_read(collect: Collect) -> None:
    names = ("glob", "hive", "hive glob", "ipc", "ipc hive", "csv", "nothing, but a schema")
    plans = [SCANS[name]() for name in names]
    before = [lf.collect() for lf in plans]
    shipped = [serialise(lf) for lf in plans]
    for folder in ("h/k=3/j=z", "g/k=3", "none"):
        Path(folder).mkdir(parents=True)
    late = pl.DataFrame({"x": [99]})
    late.write_parquet("d/z.parquet")
    late.write_ipc("d/z.arrow")
    late.write_csv("d/z.csv")
    late.with_columns(k=0).write_parquet("h/k=3/j=z/f.parquet")
    late.write_ipc("g/k=3/f.arrow")
    late.write_parquet("none/z.parquet")
    for lf, plan, frame in zip(plans, shipped, before, strict=True):
        assert deserialise(lf.serialize()).collect().height == frame.height + 1
        assert_frame_equal(collect(plan), frame)


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, collect: Collect) -> None:
    write_tree(tmp_path, first=0)
    monkeypatch.setenv("HOME", str(tmp_path))
    lf = pl.scan_parquet("~/d/*.parquet")
    assert_frame_equal(collect(serialise(lf)), lf.collect())


def test_file_paths_in_the_answer(here: Path, collect: Collect) -> None:
    lf = pl.scan_csv(here / "d/*.csv", include_file_paths="path")
    assert_frame_equal(collect(serialise(lf)), lf.collect())
    with pytest.raises(UnsplittablePlanError, match=r"Csv scan of 'd/\*\.csv'.*include_file_paths"):
        serialise(pl.scan_csv("d/*.csv", include_file_paths="path"))


@pytest.mark.parametrize(
    "case",
    [
        lambda: pl.scan_parquet("none/*.parquet").filter(pl.col("x") > 1),
        lambda: pl.scan_parquet("none.parquet").select("x"),
        lambda: pl.scan_csv("d/"),
        lambda: pl.scan_parquet("h", hive_schema={"other": pl.Int8}),
        lambda: pl.scan_parquet(["h/k=1", "d/sub"], hive_partitioning=True),
    ],
    ids=["empty glob", "no file", "mixed files", "wrong hive schema", "levels"],
)
@pytest.mark.usefixtures("driver")
def test_errors_are_those_of_plain_polars(case: Case) -> None:
    with pytest.raises((pl.exceptions.PolarsError, OSError)) as plain:
        case().collect_schema()
    with pytest.raises(plain.type) as ours:
        serialise(case())
    assert str(ours.value) == str(plain.value)


@pytest.mark.usefixtures("here")
def test_an_error_above_the_scan_is_left_to_the_worker(collect: Collect) -> None:
    plan = serialise(pl.scan_parquet("d/*.parquet").select("nope"))
    with pytest.raises(RuntimeError, match="ColumnNotFoundError"):
        collect(plan)


def test_what_is_no_local_file_travels_as_it_is(here: Path) -> None:
    for lf in (
        pl.LazyFrame({"x": [1]}),
        pl.scan_csv(io.BytesIO(b"x\n1")),
        pl.scan_parquet("s3://bucket/*.parquet", credential_provider=None),
        pl.scan_parquet(f"file://{here}/d/*.parquet"),
    ):
        assert serialise(lf) == lf.serialize()


def test_python_sources_travel_as_they_are(
    monkeypatch: pytest.MonkeyPatch, collect: Collect
) -> None:
    def rows(*_: object) -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"x": [1]})

    lf = register_io_source(rows, schema=pl.Schema({"x": pl.Int64()}))
    pytest.importorskip("cloudpickle", reason="Polars sends local functions by cloudpickle")
    assert_frame_equal(collect(serialise(lf)), lf.collect())
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(pl.exceptions.ComputeError) as caught:
        serialise(lf)
    assert "install cloudpickle" in caught.value.__notes__[0]


def test_paths_and_uris_together_are_refused(here: Path) -> None:
    lf = pl.scan_parquet(["d/a.parquet", f"file://{here}/d/b.parquet"])
    with pytest.raises(UnsplittablePlanError, match="mixes local paths and URIs"):
        serialise(lf)


@pytest.mark.usefixtures("here")
def test_open_files_are_refused_with_a_hint() -> None:
    with Path("d/a.parquet").open("rb") as file:
        lf = pl.scan_parquet(file)
        with pytest.raises(pl.exceptions.ComputeError, match="Files") as caught:
            serialise(lf)
    assert "scan its path" in caught.value.__notes__[0]


@pytest.mark.usefixtures("here")
def test_equal_scans_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    resolve = payload_module.resolve

    def count(alone: bytes) -> object:
        asked.append(alone)
        return resolve(alone)

    monkeypatch.setattr(payload_module, "resolve", count)
    serialise(pl.concat([pl.scan_parquet("d/*.parquet") for _ in range(3)]))
    assert len(asked) == 2  # as written, and after the edit


def test_unknown_plan_bytes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> bytes:
        raise ValueError

    monkeypatch.setattr(_gocore, "find_scans", unknown)
    absolute = pl.scan_parquet(here / "d/*.parquet")
    assert serialise(absolute) == absolute.serialize()
    with pytest.raises(UnsplittablePlanError, match=r"'d/a\.parquet'.*Polars .* not known"):
        serialise(pl.scan_parquet("d/*.parquet").filter(pl.col("x") > 1))


Change = Callable[[dict[str, Any]], None]


def drop_a_file(edit: dict[str, Any]) -> None:
    edit["expanded"] = edit["expanded"][:-1]


def forget_the_directory(edit: dict[str, Any]) -> None:
    edit["directories"] = [False]


def fail(edit: dict[str, Any]) -> None:
    edit["action"] = "unknown"


def breaking(change: Change, *actions: str) -> Callable[[bytes, bytes], bytes]:
    """Return a `replace_paths` that goes wrong, as one under another Polars might."""
    rewrite = _gocore.replace_paths

    def broken(plan: bytes, request: bytes) -> bytes:
        parsed = json.loads(request)
        for edit in parsed.get("edits", ()):
            if edit["action"] in actions:
                change(edit)
        return rewrite(plan, json.dumps(parsed).encode())

    return broken


@pytest.mark.parametrize(
    ("scan", "change"),
    [("d/*.parquet", drop_a_file), ("h", forget_the_directory), ("d/*.parquet", fail)],
)
def test_an_edit_that_changes_the_scan_is_not_used(
    here: Path, monkeypatch: pytest.MonkeyPatch, collect: Collect, scan: str, change: Change
) -> None:
    lf = pl.scan_parquet(scan)
    want = lf.collect()
    with monkeypatch.context() as patch:
        patch.setattr(_gocore, "replace_paths", breaking(change, "pin"))
        plan = serialise(lf)
    assert str(here / scan).encode() in plan  # absolute, left to the worker to expand
    assert_frame_equal(collect(plan), want)
    monkeypatch.setattr(_gocore, "replace_paths", breaking(fail, "pin", "anchor"))
    with pytest.raises(UnsplittablePlanError, match="would not read the same"):
        serialise(lf)
    absolute = pl.scan_parquet(here / scan)
    assert serialise(absolute) == absolute.serialize()

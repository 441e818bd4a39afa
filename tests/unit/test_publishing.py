"""A data set that is staged beside its place and then moved there, without Ray."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pytest

import polars_io_tools as piot
from polars_io_tools._delivery import Place
from polars_io_tools._naming import named_files
from polars_io_tools._publishing import Staging
from polars_io_tools._writing import Written


def tree(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def staged(staging: Staging, *names: str) -> None:
    for name in names:
        (Path(staging.folder) / name).write_text(f"new {name}")


def test_a_new_target_appears_with_all_files(tmp_path: Path) -> None:
    target = tmp_path / "made" / "out"
    with Staging(str(target)) as staging:
        staged(staging, "0", "1")
        assert not target.exists()
        staging.publish({"k=1/a.csv": "0", "k=2/b.csv": "1"}, durable=True)
    assert tree(tmp_path) == ["made/out/k=1/a.csv", "made/out/k=2/b.csv"]
    assert (target / "k=2/b.csv").read_text() == "new 1"


def test_nothing_is_left_of_what_was_not_published(tmp_path: Path) -> None:
    with Staging(str(tmp_path / "made" / "deeper" / "out")) as staging:
        staged(staging, "0")
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_stay_or_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "k=1").mkdir()
    for name in ("k=1/a.csv", "k=1/b.csv"):
        (tmp_path / name).write_text("old")
    with Staging(str(tmp_path)) as staging:
        staged(staging, "0", "1")
        staging.publish({"k=1/a.csv": "0", "k=2/a.csv": "1"}, durable=True)
    contents = {name: (tmp_path / name).read_text() for name in tree(tmp_path)}
    assert contents == {"k=1/a.csv": "new 0", "k=1/b.csv": "old", "k=2/a.csv": "new 1"}
    assert not list(tmp_path.parent.glob(".*.piot-*"))


@pytest.mark.parametrize("links", [True, False])
def test_a_move_that_fails_takes_the_others_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    target = tmp_path / "out"
    (target / "b.csv").mkdir(parents=True)
    (target / "a.csv").write_text("old")
    if not links:

        def refuse(*_: object) -> None:
            raise PermissionError("no links here")

        monkeypatch.setattr(os, "link", refuse)
    with Staging(str(target)) as staging:
        staged(staging, "0", "1", "2")
        with pytest.raises(piot.PublishError, match=r"nothing was published to .*out"):
            staging.publish({"a.csv": "0", "k=1/c.csv": "1", "b.csv": "2"})
    assert (target / "a.csv").read_text() == "old"
    assert sorted(p.name for p in target.iterdir()) == ["a.csv", "b.csv"]


def test_what_a_killed_process_left_is_removed_by_the_next_run(tmp_path: Path) -> None:
    code = (
        "import os, sys; from polars_io_tools._publishing import Staging; "
        "s = Staging(sys.argv[1]); print(s.folder, flush=True); os.kill(os.getpid(), 9)"
    )
    target = str(tmp_path / "out")
    left = subprocess.run(
        [sys.executable, "-c", code, target], capture_output=True, text=True, check=False
    ).stdout.strip()
    assert Path(left).is_dir()
    (Path(left) / "000000-1").mkdir()
    with Staging(str(tmp_path / "other")):
        assert Path(left).is_dir()
    with Staging(target) as staging:
        assert [str(p) for p in tmp_path.iterdir()] == [staging.folder]


def test_runs_at_the_same_time_leave_one_another_alone(tmp_path: Path) -> None:
    target = str(tmp_path / "out")
    with Staging(target) as one:
        with Staging(target) as other:
            assert Path(one.folder).is_dir()
            staged(other, "0")
            other.publish({"other.csv": "0"})
        staged(one, "0")
        one.publish({"one.csv": "0"})
    assert tree(tmp_path) == ["out/one.csv", "out/other.csv"]


def test_a_folder_whose_lock_is_not_made_yet_is_left_alone(tmp_path: Path) -> None:
    fresh, old = tmp_path / ".out.piot-fresh", tmp_path / ".out.piot-old"
    for folder in (fresh, old):
        folder.mkdir()
    os.utime(old, (time.time() - 3600,) * 2)
    Staging(str(tmp_path / "out")).close()
    assert [p.name for p in tmp_path.iterdir()] == [fresh.name]


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a neighbour is in use cannot be told there, so it stays."""

    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    (tmp_path / ".out.piot-1").mkdir()
    (tmp_path / ".out.piot-1" / "lock").touch()
    monkeypatch.setattr(fcntl, "flock", refuse)
    with Staging(str(tmp_path / "out")) as staging:
        staged(staging, "0")
        staging.publish({"a.csv": "0"})
    assert tree(tmp_path) == [".out.piot-1/lock", "out/a.csv"]


def test_where_another_file_system_is_mounted() -> None:
    mounts = [Path("/dev/shm"), Path("/proc")]
    mount = next(m for m in mounts if m.exists() and os.path.ismount(m))
    with pytest.raises(piot.PublishError, match="another file system is mounted"):
        Staging(str(mount))


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real" / "out").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "out")
    with Staging(str(tmp_path / "link")) as staging:
        assert Path(staging.folder).parent == tmp_path / "real"
        staged(staging, "0")
        staging.publish({"a.csv": "0"})
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == ["out/a.csv"]


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("old")
    path.chmod(0o600)
    with Staging(str(path)) as staging, staging.one_file() as aside:
        Path(aside).write_text("new 0")
        assert path.read_text() == "old"
    assert path.read_text() == "new 0"
    assert path.stat().st_mode & 0o777 == 0o600


def test_readers_see_nothing_that_is_staged(tmp_path: Path) -> None:
    """Neither those of the target nor those of the folder around it, whatever their patterns."""
    rows = pl.DataFrame({"x": [1, 2]})
    target = tmp_path / "lake" / "out"
    target.mkdir(parents=True)
    rows.write_parquet(target / "old.parquet")
    with Staging(str(target)) as staging:
        attempt = Path(staging.folder) / "000000-1"
        attempt.mkdir()
        rows.write_parquet(attempt / "0.staged")
        for path in (target, target / "**/*.parquet", tmp_path / "lake/**/*.parquet"):
            assert pl.scan_parquet(path).collect().height == 2, path
        assert ds.dataset(tmp_path / "lake", format="parquet").count_rows() == 2
        found = duckdb.sql(f"select x from '{tmp_path}/lake/**/*.parquet'")
        assert found is not None
        assert len(found.fetchall()) == 2


def written(name: str | None = None, rows: int | None = 1, number: int = 0) -> Written:
    return Written("a/0.staged", "", name, number, rows, 10)


NAMES = {
    "2024-01": "2024-01",
    "[0, 9]": "%5B0%2C%209%5D",
    "a/b": "a%2Fb",
    "": "%",
    ".hidden": "%2Ehidden",
    "_hidden": "%5Fhidden",
    "a~1": "a%7E1",
    "%": "%25",
    "ü": "%C3%BC",
}


def test_names_of_labels(tmp_path: Path) -> None:
    parts = {Place(i, label): [written()] for i, label in enumerate(NAMES)}
    names = named_files("csv", parts, None, lambda name: (tmp_path / name).exists())
    assert list(names) == [f"{name}.csv" for name in NAMES.values()]


def test_labels_that_are_equal_or_long(tmp_path: Path) -> None:
    labels = ["a", "a", "x" * 300, "x" * 299 + "y"]
    parts = {Place(i, label): [written()] for i, label in enumerate(labels)}
    names = list(named_files("csv", parts, None, lambda name: (tmp_path / name).exists()))
    assert names[:2] == ["a~0.csv", "a~1.csv"]
    assert len(set(names)) == 4
    assert max(map(len, names)) < 200


def test_files_without_rows(tmp_path: Path) -> None:
    """They are there to say the columns, and to replace one that had rows."""
    parts = {Place(i, label): [written(rows=0)] for i, label in enumerate("abc")}
    assert list(named_files("csv", parts, None, lambda name: (tmp_path / name).exists())) == [
        "a.csv"
    ]
    parts[Place(1, "b")] = [written(rows=None)]
    assert list(named_files("csv", parts, None, lambda name: (tmp_path / name).exists())) == [
        "b.csv"
    ]
    (tmp_path / "c.csv").touch()
    assert list(named_files("csv", parts, None, lambda name: (tmp_path / name).exists())) == [
        "b.csv",
        "c.csv",
    ]


def test_two_files_of_one_name(tmp_path: Path) -> None:
    parts = {Place(i, label): [written("x.csv")] for i, label in enumerate("ab")}
    with pytest.raises(piot.PublishError, match=r"two files 'x\.csv', of a and b"):
        named_files("csv", parts, None, lambda name: (tmp_path / name).exists())


def test_a_parent_that_cannot_be_written(tmp_path: Path) -> None:
    """As root may write anywhere, a file stands where a folder would have to be."""
    (tmp_path / "file").touch()
    with pytest.raises(piot.PublishError, match="first writes to a folder beside it"):
        Staging(str(tmp_path / "file" / "out"))
    assert tree(tmp_path) == ["file"]

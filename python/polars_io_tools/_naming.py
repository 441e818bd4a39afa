"""What the files of a data set are called that is written in parts.

Each part names its files by its label, so that another run over the same part replaces them, and no
other part's: `2024-01.parquet`, or `month=1/2024-01-00000000.parquet` with a `PartitionBy`.

Invariant: no two files of a run share a name. Labels become names that any file system takes and
that readers do not skip or take for a pattern.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote

from polars_io_tools._delivery import Place
from polars_io_tools._polars.sinks import Partitioning
from polars_io_tools._writing import EXTENSIONS, Written
from polars_io_tools.errors import PublishError

__all__ = ["WHOLE", "named_files"]

# What is no part of a split, whose files are named as Polars names them.
WHOLE = Place(-1, "the whole")

# The longest name of a part in the name of a file, of which file systems take 255 bytes.
_NAME_BYTES = 150


def named_files(
    form: str,
    parts: Mapping[Place, Sequence[Written]],
    partitioning: Partitioning | None,
    exists: Callable[[str], bool],
) -> dict[str, Written]:
    """Return the files to publish, by their paths below the target.

    A file without rows replaces one that `exists` by its name, and else is only there to say the
    columns.

    Raises:
        PublishError: two parts have named a file alike.
    """
    stems = _stems(parts)
    files: dict[str, Written] = {}
    labels: dict[str, str] = {}
    for place, written in parts.items():
        for file in written:
            name = file.name or _name(form, stems[place], file, partitioning)
            if name in files:
                msg = (
                    f"the file_path_provider has named two files {name!r}, of {labels[name]} and "
                    f"{place.label}. Return names that differ, as by the partition_keys"
                )
                raise PublishError(msg)
            files[name] = file
            labels[name] = place.label
    filled = {name: file for name, file in files.items() if file.rows != 0}
    replaced = {n: f for n, f in files.items() if f.rows == 0 and exists(n)}
    return {**filled, **replaced} or dict(list(files.items())[:1])


def _name(form: str, stem: str | None, file: Written, partitioning: Partitioning | None) -> str:
    number = f"{file.number:08}"
    name = stem if partitioning is None else f"{stem}-{number}"
    base = f"{file.folder}/" if file.folder else ""
    return f"{base}{number if stem is None else name}.{EXTENSIONS[form]}"


def _stems(places: Iterable[Place]) -> dict[Place, str | None]:
    """Return what stands for each part in names of files: its label, as far as that can be."""
    names = {place: None if place == WHOLE else _stem(place.label) for place in places}
    counts = Counter(names.values())
    return {
        place: name if counts[name] == 1 else f"{name}~{place.position}"
        for place, name in names.items()
    }


def _stem(label: str) -> str:
    name = quote(label, safe="+").replace("~", "%7E")
    if name[:1] in (".", "_", ""):  # readers skip such files, or have no name for them
        name = f"%{ord(name[0]):02X}{name[1:]}" if name else "%"
    if len(name) > _NAME_BYTES:
        name = f"{name[:_NAME_BYTES]}-{hashlib.sha256(label.encode()).hexdigest()[:16]}"
    return name

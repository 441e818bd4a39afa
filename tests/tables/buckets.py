"""A local S3: `buckets.py` prints its port, and ends with its input.

One request is served at a time, as moto looks whether an object is there before it puts one.

After a request of `/lose/…`, where `…` is a list of `500` and `cut`, as many commits are written
and answered so: as failed, or by the end of the connection.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


class Losing:
    """The application, which loses answers when it is told to."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._how: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        path = environ["PATH_INFO"]
        if path.startswith("/lose/"):
            self._how = [how for how in path.split("/")[2:] if how != "answered"]
            start("200 OK", [("Content-Length", "0")])
            return [b""]
        if not self._how or environ["REQUEST_METHOD"] != "PUT" or "/_delta_log/" not in path:
            served: Iterable[bytes] = self._inner(environ, start)
            return served
        list(self._inner(environ, lambda *_, **__: None))
        if self._how.pop(0) == "cut":
            with suppress(OSError):
                environ["werkzeug.socket"].shutdown(2)
        start("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]


def main() -> None:
    # It writes a line for each request.
    logging.getLogger("werkzeug").disabled = True
    app = Losing(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()

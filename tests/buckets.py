"""A local S3: as a program this prints its port, and ends with its input.

One request is served at a time, as moto looks whether an object is there before it puts one.

After a request of `/lose/…`, where `…` is a list of `500` and `cut`, as many commits are written
and answered so: as failed, or by the end of the connection.

After `/refuse/COPY/3/2` the fourth and the fifth copy fail, and likewise requests of other methods,
which are joined by commas. After `/refuse` none does. `/asked` answers what was asked since then.
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
    """The application, which loses answers and refuses requests when it is told to."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._how: list[str] = []
        self._refused: set[str] = set()
        self._served = 0  # before it refuses
        self._refusals = 0
        self._asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path.split("/")[1] in {"lose", "refuse", "asked"}:
            text = self._told(path.split("/")[1:])
            start("200 OK", [("Content-Length", str(len(text)))])
            return [text]
        if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
            method = "COPY"
        self._asked.append(f"{method} {path}?{environ['QUERY_STRING']}")
        if method in self._refused:
            self._served -= 1
            if self._served < 0 < self._served + self._refusals + 1:
                start("500 Internal Server Error", [("Content-Length", "0")])
                return [b""]
        if not self._how or method != "PUT" or "/_delta_log/" not in path:
            served: Iterable[bytes] = self._inner(environ, start)
            return served
        list(self._inner(environ, lambda *_, **__: None))
        if self._how.pop(0) == "cut":
            with suppress(OSError):
                environ["werkzeug.socket"].shutdown(2)
        start("500 Internal Server Error", [("Content-Length", "0")])
        return [b""]

    def _told(self, words: list[str]) -> bytes:
        match words:
            case ["lose", *how]:
                self._how = [each for each in how if each != "answered"]
            case ["refuse", methods, first, count]:
                self._refused = set(methods.split(","))
                self._served, self._refusals = int(first), int(count)
            case ["refuse"]:
                self._refused = set()
            case _:
                asked, self._asked = self._asked, []
                return "\n".join(asked).encode()
        return b""


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

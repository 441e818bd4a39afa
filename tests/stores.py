"""A local server that puts objects, for tests of several folders."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from tests.conftest import child_environment

__all__ = ["SECRET", "Options", "ask", "keys_of", "served"]

SECRET = "the-secret-of-the-tests"

Options = dict[str, str]


def ask(options: Options, method: str, path: str, **headers: str) -> tuple[int, str]:
    """Send a request, signed as well as the server looks at it."""
    scope = "Credential=key/20240101/us-east-1/s3/aws4_request"
    given = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=x"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    url = options["aws_endpoint_url"] + path
    data = b"x" if method == "PUT" else None
    request = urllib.request.Request(url, data, given, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def keys_of(options: Options, prefix: str = "") -> list[str]:
    """Return the keys of the bucket that begin with a prefix, without it, as they are stored."""
    query = f"/bucket?list-type=2&encoding-type=url&prefix={prefix}"
    listed = ask(options, "GET", query)[1].split("<Key>")[1:]
    keys = [unquote(part.split("</Key>")[0]) for part in listed]
    return sorted(key.removeprefix(prefix) for key in keys)


@contextmanager
def served() -> Iterator[Options]:
    """A server with one bucket, and how to get there."""
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("buckets.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=child_environment(),
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port, "the server did not start"
        found = {
            "aws_access_key_id": "key",
            "aws_secret_access_key": SECRET,
            "aws_region": "us-east-1",
            "aws_endpoint_url": f"http://127.0.0.1:{port}",
            "aws_allow_http": "true",
        }
        assert ask(found, "PUT", "/bucket")[0] == 200
        yield found
        server.stdin.close()

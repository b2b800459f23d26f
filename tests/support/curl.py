"""A stand-in for curl, as far as the pages use it, for not every machine has it. It needs only the standard library."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Sequence

PATIENCE = 60
"""Seconds after which a server that hangs is given up, so that its test fails."""


def curl(words: Sequence[str]) -> str:
    """What `curl [-i] [-H HEADER] [-d DATA] URL` prints."""
    *flags, url = words
    headers = {name: value.strip() for name, _, value in (_after(flags, "-H").partition(":"),) if name}
    data = _after(flags, "-d")
    scheme, _, rest = url.partition("://")
    host, slash, target = rest.partition("/")
    assert scheme == "http"
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    connection.request("POST" if data else "GET", slash + target, data or None, headers)
    answer = connection.getresponse()
    head = [
        f"HTTP/1.1 {answer.status} {answer.reason}",
        *(f"{name}: {value}" for name, value in answer.getheaders()),
        "",
    ]
    body = answer.read().decode()
    connection.close()
    return "".join(f"{line}\n" for line in (*(head if "-i" in flags else ()), body))


def _after(words: Sequence[str], flag: str) -> str:
    """The word behind a flag; nothing without the flag."""
    return words[words.index(flag) + 1] if flag in words else ""


if __name__ == "__main__":
    sys.stdout.write(curl(sys.argv[1:]))

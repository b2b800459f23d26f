"""The headers of a response that a scenario can send as they came."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mock_server.http.secrets import is_secret_header
from mock_server.scenarios.foreign.node import Node
from mock_server.scenarios.language.headers import FRAMING, HEADER_NAME, HEADER_VALUE

MADE = frozenset({*(name.lower() for name in FRAMING), "date", "server", "content-encoding"})
"""Headers that a server makes for each response, or that a capture has undone: nothing is lost without them."""
PER_REQUEST = frozenset({"x-reqid", "x-request-id"})
SECRET = frozenset({"proxy-authenticate", "www-authenticate"})
"""Besides those whose names have a word of secrets."""


class Headers(NamedTuple):
    """The Content-Type, and the others that are kept."""

    type: str
    kept: tuple[tuple[str, str], ...]


def headers_of(pairs: Iterable[tuple[str, str]], node: Node) -> Headers:
    """Splits headers; each that is left out and would be missed is noted."""
    content_type, kept = "", {}
    for name, value in pairs:
        low = name.lower()
        if low == "content-type":
            content_type = value
        elif low in SECRET or is_secret_header(name):
            node.note(f"the header {name} may hold a secret", "it is left out")
        elif low in PER_REQUEST:
            node.note(f"the header {name} is another one in every response", "it is left out, and made by the server")
        elif not re.match(HEADER_NAME, name) or not re.match(HEADER_VALUE, value) or low in kept:
            node.note(f"the header {name} cannot be written in a scenario", "it is left out")
        elif low not in MADE:
            kept[low] = (name, value)
    return Headers(content_type if re.match(HEADER_VALUE, content_type) else "", tuple(kept.values()))

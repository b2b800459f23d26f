"""JSON as it goes out: keys in their order, nothing escaped that need not be, no blanks, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_bytes(value: Any) -> bytes:
    """A JSON value of any kind; half a surrogate pair, which UTF-8 cannot write, becomes `?`."""
    return _encode(value).encode("utf-8", "replace")


def _quick() -> Callable[[Any], bytes]:
    try:
        from orjson import dumps
    except ImportError:
        return json_bytes

    def encode(value: Any) -> bytes:
        try:
            # A copy: what it returns holds on to a buffer several times its size.
            return bytes(memoryview(dumps(value)))
        except TypeError:  # half a surrogate pair, or a number of more than 64 bits
            return json_bytes(value)

    return encode


quick_json_bytes = _quick()
"""The same bytes in a tenth of the time, where orjson is installed, for a value without fractions, some of which it
spells in another way."""

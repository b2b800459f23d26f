"""A JSON value as a message quotes it."""

from __future__ import annotations

import json

from mock_server.types import Json


def quote(value: Json, longest: int) -> str:
    """The value's JSON, cut to `longest` characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= longest else text[: longest - 1] + "…"

"""A body as lines to be read: the document's order kept, each line with the JSON path that it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal, NamedTuple

from mock_server.types import Json

MOST_LINES = 1_500
"""Lines of a body that are shown apart; a longer one is shown as it is."""
Kind = Literal["key", "text", "number", "mark"]


class Token(NamedTuple):
    """A piece of a line, and what it is."""

    kind: Kind
    text: str


class BodyLine(NamedTuple):
    """One line. `path` has positions as they are (`$.items[0].code`), `general` has `[*]` in their place."""

    indent: int
    tokens: tuple[Token, ...]
    path: str
    general: str


def lines_of(body: bytes) -> tuple[BodyLine, ...]:
    """The lines of a body of JSON; none if it is no JSON, or too long."""
    try:
        value = json.loads(body)
        lines = []
        for line in _lines(value, 0, (), ("$", "$"), ""):
            lines.append(line)
            if len(lines) > MOST_LINES:
                return ()
    except (ValueError, RecursionError):
        return ()
    return tuple(lines)


def _lines(
    value: Json, indent: int, before: tuple[Token, ...], place: tuple[str, str], after: str
) -> Iterator[BodyLine]:
    path, general = place
    if not isinstance(value, dict | list) or not value:
        tokens = (*before, _scalar(value), *((Token("mark", after),) if after else ()))
        yield BodyLine(indent, tokens, path, general)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield BodyLine(indent, (*before, Token("mark", opening)), path, general)
    last = len(value) - 1
    if isinstance(value, dict):
        for k, (name, each) in enumerate(value.items()):
            key = (Token("key", _text(name)), Token("mark", ": "))
            inner = (f"{path}.{name}", f"{general}.{name}")
            yield from _lines(each, indent + 1, key, inner, "," if k < last else "")
    else:
        for k, each in enumerate(value):
            yield from _lines(each, indent + 1, (), (f"{path}[{k}]", f"{general}[*]"), "," if k < last else "")
    yield BodyLine(indent, (Token("mark", closing + after),), "", "")


def _scalar(value: Json) -> Token:
    return Token("text" if isinstance(value, str) else "number" if value not in ({}, []) else "mark", _text(value))


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)

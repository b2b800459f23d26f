"""Long lists as JSON: encoded row by row, and only a few at once, so that many clients do not fill the memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mock_server.admin.route import Result
from mock_server.api.codec import plain
from mock_server.http.json import json_bytes, pretty_json_bytes
from mock_server.types import Bound

LONG = Bound("Rows of a list that is not long", 200, "rows", "It is a long list: only so many are made at once.")
LISTS = Bound(
    "Long lists that are made at once",
    2,
    "lists",
    "The next ones wait a second for their turn, and are then refused with our 503 (`busy`) and Retry-After.",
)
WAITING = Bound(
    "Long lists that wait for their turn",
    8,
    "lists",
    "Another one is refused at once, with 503 (`busy`).",
)
_PATIENCE = 1.0
"""Seconds. A server that is to end must not wait for long."""


class Turns:
    """Who may make a long list now. Any thread may call it."""

    def __init__(self) -> None:
        self._making = threading.BoundedSemaphore(LISTS.value)
        self._waiting = threading.BoundedSemaphore(WAITING.value)

    @contextmanager
    def turn(self, result: Result) -> Iterator[bool]:
        """Whether the result may be encoded while the block runs."""
        if result.length <= LONG.value:
            yield True
        elif not self._take():
            yield False
        else:
            try:
                yield True
            finally:
                self._making.release()

    def _take(self) -> bool:
        if self._making.acquire(blocking=False):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._making.acquire(timeout=_PATIENCE)
        finally:
            self._waiting.release()


def encoded(result: Result, *, pretty: bool = False) -> bytes:
    """The JSON of a result, whose rows are made one by one; `pretty`: indented, for people."""
    value = plain(result.value)
    if pretty:
        text = b"".join(_pretty_pieces(value, result.rows)) if result.rows else pretty_json_bytes(value)
        return text + b"\n"
    return b"".join(_pieces(value, result.rows)) if result.rows else json_bytes(value)


def _pieces(fields: Mapping[str, object], rows: Mapping[str, Iterator[object]]) -> Iterator[bytes]:
    before = b"{"
    for name, field in fields.items():
        yield before + json_bytes(name) + b":"
        if name in rows:
            yield from _list(rows[name])
        else:
            yield json_bytes(field)
        before = b","
    yield b"}"


def _list(rows: Iterator[object]) -> Iterator[bytes]:
    before = b"["
    for row in rows:
        yield before
        yield json_bytes(plain(row))
        before = b","
    yield b"]" if before == b"," else b"[]"


def _pretty_pieces(fields: Mapping[str, object], rows: Mapping[str, Iterator[object]]) -> Iterator[bytes]:
    before = b"{\n  "
    for name, field in fields.items():
        yield before + json_bytes(name) + b": "
        if name in rows:
            yield from _pretty_list(rows[name])
        else:
            yield _indented(field, 1)
        before = b",\n  "
    yield b"\n}"


def _pretty_list(rows: Iterator[object]) -> Iterator[bytes]:
    before = b"[\n    "
    for row in rows:
        yield before + _indented(plain(row), 2)
        before = b",\n    "
    yield b"\n  ]" if before.startswith(b",") else b"[]"


def _indented(value: object, depth: int) -> bytes:
    return pretty_json_bytes(value).replace(b"\n", b"\n" + b"  " * depth)

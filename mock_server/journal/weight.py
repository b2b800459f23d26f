"""How many bytes of memory the entries of a journal hold, counted once for what several of them share.

A client that polls sends the same request again and again, and gets the same body: servers and renderer remember both,
so that many entries hold one value. Sizes are those of CPython's objects; what all entries of a run share without end
(names of headers, steps and vendors) is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from sys import getsizeof
from typing import Any

from mock_server.engine.cursor import Crossing
from mock_server.http.message import Pairs, Request, Response

_TUPLE = getsizeof(())
_PLACE = 8
_PAIR = _TUPLE + 2 * _PLACE
_NUMBER = 32
_REQUEST = _TUPLE + 6 * _PLACE
_RESPONSE = _TUPLE + 6 * _PLACE
_CROSSING = _TUPLE + 3 * _PLACE + _NUMBER
_ENTRY = (_TUPLE + 17 * _PLACE) + (_TUPLE + 3 * _PLACE + _PLACE) + 4 * _NUMBER
"""An entry, its place in the journal, and its numbers."""
_SHARED = 110
"""What it takes to count what is shared, for each."""


def own_weight(
    response: Response, original: Response | None, note: str, crossed: tuple[Crossing, ...] | tuple[()]
) -> int:
    """The bytes that an entry shares with no other: all but its request and bodies."""
    weight = _ENTRY + _response(response)
    if original is not None:
        weight += _RESPONSE if original.headers is response.headers else _response(original)
    if note:
        weight += getsizeof(note)
    return weight + _CROSSING * len(crossed) if crossed else weight


class Shared:
    """The requests, sets of headers and bodies that entries hold, each with the number of times it is held."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def hold(self, request: Request, bodies: Iterable[bytes]) -> int:
        """Notes that one more entry holds these. The bytes by which that makes all entries heavier."""
        weight = 0
        if self._add(request):
            weight = _request(request)
            if request.headers and self._add(request.headers):
                weight += _headers(request.headers)
        for body in bodies:
            if body and self._add(body):
                weight += _SHARED + getsizeof(body)
        return weight

    def release(self, request: Request, bodies: Iterable[bytes]) -> int:
        """Notes that one entry fewer holds these. The bytes by which that makes all entries lighter."""
        weight = 0
        if self._remove(request):
            weight = _request(request)
            if request.headers and self._remove(request.headers):
                weight += _headers(request.headers)
        for body in bodies:
            if body and self._remove(body):
                weight += _SHARED + getsizeof(body)
        return weight

    def _add(self, part: Any) -> bool:
        """Whether nobody held it before."""
        key = id(part)
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        return not count

    def _remove(self, part: Any) -> bool:
        """Whether nobody holds it any more."""
        key = id(part)
        count = self._counts[key] - 1
        if count:
            self._counts[key] = count
            return False
        del self._counts[key]
        return True


_size: Callable[[Any], int] = getsizeof


def _request(request: Request) -> int:
    _, target, path, query, _, body = request
    weight = _SHARED + _REQUEST + getsizeof(target) + (getsizeof(path) if path is not target else 0)
    if query:
        weight += _TUPLE + (_PAIR + _PLACE) * len(query) + sum(map(_size, chain.from_iterable(query)))
    return weight + getsizeof(body) if body else weight


def _headers(headers: Pairs) -> int:
    return _SHARED + _TUPLE + (_PAIR + _PLACE) * len(headers) + sum(map(_size, chain.from_iterable(headers)))


def _response(response: Response) -> int:
    """A response without its body. The names of its headers are constants, and so is the first pair, its type."""
    headers = response.headers
    return _RESPONSE + (_PAIR + _PLACE) * len(headers) + sum([getsizeof(value) for _, value in headers[1:]])

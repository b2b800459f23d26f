"""How many bytes of memory the entries of a journal hold, counted once for what several of them share.

A client that polls sends the same request again and again, and gets the same body: servers and renderer remember both,
so that many entries hold one value. Sizes are those of CPython's objects; what all entries of a run share without end
(names of headers, steps and vendors, texts that a scenario sets) is not counted.
"""

from __future__ import annotations

from itertools import chain
from sys import getsizeof
from typing import Any

from mock_server.http.message import Pairs, Request
from mock_server.journal.entry import Entry

_TUPLE = getsizeof(())
_PLACE = 8
_NUMBER = 32
_PAIR = _TUPLE + 3 * _PLACE
"""A pair of texts, and its place in a list of them."""
_VALUE = 70
"""The value of a vendor's header that no other response has."""
_REQUEST = _TUPLE + 6 * _PLACE
_RESPONSE = (_TUPLE + 6 * _PLACE) + _TUPLE
_CROSSING = _TUPLE + 3 * _PLACE + _NUMBER
_ENTRY = (_TUPLE + 21 * _PLACE) + (_TUPLE + 4 * _PLACE + _PLACE) + 4 * _NUMBER + _RESPONSE - _PAIR - _VALUE
"""An entry, its place in the journal, its numbers and its response, whose first header (its type) is a constant."""
_TOLD = _TUPLE + 7 * _PLACE + 2 * _NUMBER
"""What an attempt was."""
_SHARED = 110
"""What it takes to count what is shared, for each."""


class Memory:
    """The memory of some entries: `size` bytes. Each entry that is added is removed once, with what `add` returned."""

    __slots__ = ("_counts", "size")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        """How many entries hold a request, a set of headers or a body, by its identity."""
        self.size = 0

    def add(self, entry: Entry) -> int:
        """Counts one more entry. The bytes that are its own."""
        # Every exchange does this: what is new is rare, and all else is done without a call.
        _, _, request, response, _, _, _, _, _, _, _, _, crossed, original, note, _, _, _, _, told, _ = entry
        _, _, headers, body, *_ = response
        own = _ENTRY + (_PAIR + _VALUE) * len(headers)
        if note or crossed or original is not None or told is not None:
            own += _more(entry)
        self.size += own
        counts = self._counts
        count = counts.get(id(request), 0)
        counts[id(request)] = count + 1
        if not count:
            self.size += _request(request)
            if self._adds(request.headers):
                self.size += _headers(request.headers)
        count = counts.get(id(body), 0)
        counts[id(body)] = count + 1
        if not count:
            self.size += _SHARED + getsizeof(body)
        if original is not None and self._adds(original.body):
            self.size += _SHARED + getsizeof(original.body)
        return own

    def remove(self, entry: Entry, own: int) -> None:
        """Counts one entry fewer."""
        self.size -= own
        # As in `add`: for every exchange of a full journal.
        request, body, original = entry.request, entry.response.body, entry.original
        counts = self._counts
        count = counts.pop(id(request)) - 1
        if count:
            counts[id(request)] = count
        else:
            self.size -= _request(request)
            if self._removes(request.headers):
                self.size -= _headers(request.headers)
        count = counts.pop(id(body)) - 1
        if count:
            counts[id(body)] = count
        else:
            self.size -= _SHARED + getsizeof(body)
        if original is not None and self._removes(original.body):
            self.size -= _SHARED + getsizeof(original.body)

    def _adds(self, part: Any) -> bool:
        """Counts one more holder; whether there was none before."""
        count = self._counts.get(id(part), 0)
        self._counts[id(part)] = count + 1
        return not count

    def _removes(self, part: Any) -> bool:
        """Counts one holder fewer; whether none is left."""
        count = self._counts[id(part)] - 1
        if count:
            self._counts[id(part)] = count
        else:
            del self._counts[id(part)]
        return not count


def _more(entry: Entry) -> int:
    """What few entries have: a note, which a header repeats, changes of step, the response before faults."""
    response, original = entry.response, entry.original
    weight = 2 * getsizeof(entry.note) if entry.note else 0
    weight += _CROSSING * len(entry.crossed)
    weight += 0 if entry.told is None else _TOLD
    if original is None:
        return weight
    others = sum(pair not in response.headers for pair in original.headers)
    return weight + _RESPONSE + (_PAIR + _VALUE) * others + getsizeof(entry.sources)


def _request(request: Request) -> int:
    _, target, path, query, _, body, _, _ = request
    weight = _SHARED + _REQUEST + getsizeof(target) + (getsizeof(path) if path is not target else 0)
    if query:
        weight += _TUPLE + _PAIR * len(query) + sum(map(getsizeof, chain.from_iterable(query)))
    return weight + getsizeof(body) if body else weight


def _headers(headers: Pairs) -> int:
    return _SHARED + _TUPLE + _PAIR * len(headers) + sum(map(getsizeof, chain.from_iterable(headers)))

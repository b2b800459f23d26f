"""What the bytes of a connection mean to the wire server: whole, cut into pieces, and each message by itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Expected, Found, Incoming, Known, Reader

LIMITS = Limits(head=300, headers=6, body=60)
"""Small, so that what is too large is soon written."""


def read(pieces: Sequence[bytes], limits: Limits = LIMITS) -> list[Found]:
    """What one connection's pieces mean. That a client may send its body is no answer, and depends on when it came."""
    one = Reader(limits, Known())
    return [found for piece in pieces for found in one.feed(piece) if not isinstance(found, Expected)]


def each_alone(messages: Sequence[bytes], limits: Limits = LIMITS) -> list[Found]:
    """What the messages mean on connections of their own, up to the first after which nothing is read."""
    found: list[Found] = []
    for message in messages:
        (alone,) = read([message], limits)
        found.append(alone)
        if not isinstance(alone, Incoming) or not alone.keep:
            break
    return found


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data cut at these places, which are taken modulo its length."""
    ends = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[start:end] for start, end in pairwise(ends)]

"""Walks along all tasks of a shared store, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.engine.task import Key
from mock_server.store.redis.codec import field_of
from mock_server.store.redis.link import Link

SLICE = 1_000
"""Values that are read at once, so that nobody else waits for long."""
TRIES = 5
"""Times that a read in slices is begun while others begin the store anew again and again. Then all is read at once."""


def births(link: Link) -> Iterator[list[bytes]]:
    """The names of the tasks that were there when the walk began, in slices: by vendor, in the order of their births.

    Those that go meanwhile may be missing.
    """
    for vendor in link.read(("ZRANGE", "ns", 0, -1))[0]:
        name = vendor.decode()
        (newest,) = link.read(("XREVRANGE", f"b:{name}", "+", "-", "COUNT", 1))
        first, last = "-", newest[0][0] if newest else b"0-0"
        while True:
            (found,) = link.read(("XRANGE", f"b:{name}", first, last, "COUNT", SLICE))
            if not found:
                break
            yield [field_of(Key(name, words[b"k"].decode("utf-8", "surrogatepass"))) for _, words in found]
            first = b"(" + found[-1][0]

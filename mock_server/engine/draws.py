"""Randomness without a generator: every draw is a hash of (seed, task id, what it is for).

Nothing is carried from one draw to the next, so a draw is the same on every run, machine and replica, whatever
was drawn before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as quoted
from struct import unpack_from
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_UNIT = 2.0**64
_CHOICES = 16
"""How many choices one hash makes."""


class Draws(NamedTuple):
    """The draws of one task. `what` names the draw, e.g. `("next", hops)` or `("fault", k, asked)`."""

    seed: int
    id: str

    def unit(self, *what: str | int) -> float:
        """A number in [0, 1): the first 8 bytes, big-endian, of `blake2b(json([seed, id, *what]))` over 2^64.

        The JSON is ASCII and has no blanks, so other programs can repeat a draw.
        """
        digest = self.digest(*what)
        # The division rounds up to 1.0 for the last 2^10 values, which would index past the end of a list.
        return min(int.from_bytes(digest[:8], "big") / _UNIT, _BELOW_ONE)

    def whole(self, low: int, high: int, *what: str | int) -> int:
        """A whole number from `low` to `high`, both included, each as likely."""
        return low + int(self.unit(*what) * (high - low + 1))

    def choice(self, options: Sequence[T], *what: str | int) -> T:
        """One of `options`, each as likely."""
        return options[int(self.unit(*what) * len(options))]

    def choices(self, options: Sequence[T], count: int, *what: str | int) -> list[T]:
        """`count` of the options, one after the other, each as likely; four bytes of a hash make one choice."""
        size = len(options)
        marks = self.digest(*what, 0)
        if count > _CHOICES:
            marks += b"".join([self.digest(*what, k) for k in range(_CHOICES, count, _CHOICES)])
        return [options[mark * size >> 32] for mark in unpack_from(f">{count}I", marks)]

    def text(self, alphabet: str, length: int, *what: str | int) -> str:
        """`length` characters, at most 64, of an alphabet of at most 256."""
        return spelled(alphabet, self.digest(*what)[:length])

    def digest(self, *what: str | int) -> bytes:
        """The 64 bytes that a draw is made of: the hash of `[seed,id,*what]`.

        This JSON is put together by hand, in a third of an encoder's time.
        """
        seed, id = self
        words = ""
        for word in what:
            words += f",{quoted(word)}" if isinstance(word, str) else f",{word}"
        return blake2b(f"[{seed},{quoted(id)}{words}]".encode()).digest()


class Series:
    """Draws of one task that differ in their last word alone, a number: what they share is put together once."""

    __slots__ = ("_alphabet", "_length", "_start", "_table")

    def __init__(self, draws: Draws, alphabet: str, length: int, what: str) -> None:
        self._alphabet, self._length, self._table = alphabet, length, _TABLES.get(alphabet)
        self._start = f"[{draws.seed},{quoted(draws.id)},{quoted(what)},"

    def text(self, number: int) -> str:
        """What `Draws.text(alphabet, length, what, number)` is."""
        digest = blake2b(f"{self._start}{number}]".encode()).digest()[: self._length]
        table = self._table
        return spelled(self._alphabet, digest) if table is None else digest.translate(table).decode("ascii")


def spelled(alphabet: str, digest: bytes) -> str:
    """A letter of the alphabet, which has at most 256, for each byte of a draw."""
    table = _TABLES.get(alphabet)
    if table is not None:
        return digest.translate(table).decode("ascii")
    return "".join([alphabet[byte % len(alphabet)] for byte in digest])


_BELOW_ONE = 1.0 - 2.0**-53
HEX = "0123456789abcdef"
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TABLES: Mapping[str, bytes] = {
    alphabet: bytes(ord(alphabet[byte % len(alphabet)]) for byte in range(256)) for alphabet in (HEX, URL_SAFE)
}
"""For alphabets in use, the letter that each byte stands for: ten times as fast as looking letters up."""

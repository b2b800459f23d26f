"""A picture of a page as a small PNG: its most frequent colours, and every other pixel in the nearest of them."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

COLOURS = 256
"""As many as fit in a byte a pixel. A page has a few dozen; the rest are the edges of letters."""
_RGBA, _PALETTE = 4, 3


def png(width: int, height: int, pixels: bytes) -> bytes:
    """A PNG of opaque pixels, each four bytes: red, green, blue, and one that is ignored."""
    seen = [pixels[at : at + 3] for at in range(0, width * height * _RGBA, _RGBA)]
    counts = Counter(seen)
    kept = [colour for colour, _ in counts.most_common(COLOURS)]
    number = {colour: _nearest(colour, kept) for colour in counts}
    number |= {colour: place for place, colour in enumerate(kept)}
    drawn = bytes(number[colour] for colour in seen)
    lines = b"".join(b"\0" + drawn[at : at + width] for at in range(0, len(drawn), width))
    head = struct.pack(">IIBBBBB", width, height, 8, _PALETTE, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", b"".join(kept)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _nearest(colour: bytes, kept: list[bytes]) -> int:
    red, green, blue = colour
    far = [(red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2 for r, g, b in kept]
    return far.index(min(far))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

"""What a drawing is made of: boxes with lines of text, arrows and labels, each where it belongs. No markup.

Lengths are pixels. All text is of one fixed width, so that a drawing knows how long each text is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

from mock_server.api.words import SawWord

CHAR = 7.4
"""The width of a letter of 12 px; a wide one, such as a Chinese, takes two."""
LINE, PAD, SIGN = 18, 10, 16
LONGEST = 64
"""Letters of a line in a box; a longer one is cut."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Point = tuple[float, float]


class Text(NamedTuple):
    """A line of text: where its first letter stands, on the baseline. `look`: `name`, `quiet`, or plain."""

    x: float
    y: float
    text: str
    look: str = ""


class Sign(NamedTuple):
    """A sign of what a client sees, or of a fault: its upper left corner and how wide it is."""

    x: float
    y: float
    name: str
    size: float = SIGN


class Box(NamedTuple):
    """A rectangle, and all that is in it. `look` is the word of what is seen there, or `label`, `fault`, `plain`.

    `lit`: how a page shows it: `here`, where the task is; `been`, where it was; `pale`, where it was not; or as it is.
    `badge` lies on its upper edge. `title` has what the texts leave out.
    """

    x: float
    y: float
    width: float
    height: float
    look: str
    texts: tuple[Text, ...] = ()
    signs: tuple[Sign, ...] = ()
    lit: str = ""
    badge: tuple[Text, ...] = ()
    title: str = ""


class Arrow(NamedTuple):
    """A line through points, with a tip at its end; `manual`: only people take it, or a person took it.

    `look`: `taken`, where a task went that way. `bend`: which way it leads, `level` or `upright`, if it may be drawn as
    a curve from its first point to its last.
    """

    points: tuple[Point, ...]
    manual: bool = False
    tip: bool = True
    look: str = ""
    bend: str = ""


class Drawing(NamedTuple):
    """Shapes on a ground of this size. Texts that stand on the ground itself are `texts`."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    texts: tuple[Text, ...] = ()
    signs: tuple[Sign, ...] = ()

    def below(self, other: Drawing, gap: float) -> Drawing:
        """This drawing with another below it."""
        down = self.height + (gap if self.height else 0)
        moved = other.moved(0, down)
        return Drawing(
            max(self.width, other.width),
            down + other.height,
            self.boxes + moved.boxes,
            self.arrows + moved.arrows,
            self.texts + moved.texts,
            self.signs + moved.signs,
        )

    def moved(self, x: float, y: float) -> Drawing:
        """This drawing elsewhere; its size stays."""
        return self._replace(
            boxes=tuple(moved_box(box, x, y) for box in self.boxes),
            arrows=tuple(
                arrow._replace(points=tuple((px + x, py + y) for px, py in arrow.points)) for arrow in self.arrows
            ),
            texts=tuple(text._replace(x=text.x + x, y=text.y + y) for text in self.texts),
            signs=tuple(sign._replace(x=sign.x + x, y=sign.y + y) for sign in self.signs),
        )


class Content(NamedTuple):
    """What a box is to hold: lines of text, each with its look, and a row of signs below the first two."""

    look: str
    lines: tuple[tuple[str, str], ...]
    sign: str = ""
    row: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """How wide the box is at least."""
        texts = [measure(text) for text, _ in self.lines]
        if self.sign and texts:
            texts[0] += SIGN + 6
        return max([*texts, len(self.row) * SIGN]) + 2 * PAD

    @property
    def height(self) -> float:
        """How high the box is."""
        return (len(self.lines) + bool(self.row)) * LINE + PAD

    def placed(self, x: float, y: float, width: float = 0, height: float = 0) -> Box:
        """The box at this corner, at least so large."""
        texts, signs, top = [], [], y + PAD / 2
        for k, (text, look) in enumerate(self.lines):
            left = x + PAD + (SIGN + 6 if k == 0 and self.sign else 0)
            texts.append(Text(left, top + LINE - 5, text, look))
            top += LINE
            if k == min(1, len(self.lines) - 1) and self.row:
                signs += [Sign(x + PAD + SIGN * n, top + 2, name, 13) for n, name in enumerate(self.row)]
                top += LINE
        if self.sign:
            signs.append(Sign(x + PAD, y + PAD / 2 + 1, self.sign))
        return Box(x, y, max(width, self.width), max(height, self.height), self.look, tuple(texts), tuple(signs))


def moved_box(box: Box, x: float, y: float) -> Box:
    """A box elsewhere, with all that is in it."""
    return box._replace(
        x=box.x + x,
        y=box.y + y,
        texts=tuple(text._replace(x=text.x + x, y=text.y + y) for text in box.texts),
        signs=tuple(sign._replace(x=sign.x + x, y=sign.y + y) for sign in box.signs),
        badge=tuple(text._replace(x=text.x + x, y=text.y + y) for text in box.badge),
    )


def measure(text: str) -> float:
    """How long a text is."""
    return _cells(text) * CHAR


def measure_page(text: str, size: float) -> float:
    """How long a text of this size is at most in the usual fonts of pages, whose letters differ in width."""
    return sum(map(_ems, text)) * size


def badge_width(text: str) -> float:
    """How wide a badge with this text is."""
    return measure_page(text, 11) + 14


def clean(text: str, longest: int = LONGEST) -> str:
    """One line of text that can be drawn: at most `longest` letters. What is invisible is written as `U+202E`."""
    shown = visible(text[: 4 * longest])
    if not shown.isprintable() or "  " in shown or shown != shown.strip():
        shown = re.sub(r"\s+", " ", shown).strip()
    if _cells(shown) <= longest and len(text) <= 4 * longest:
        return shown
    # The ellipsis may take two cells.
    ends = takewhile(lambda cells: cells <= longest - 2, accumulate(map(_cells, shown)))
    return f"{shown[: sum(1 for _ in ends)]}…"


def visible(text: str) -> str:
    """A text in which no character is invisible, breaks the line, or moves anything in a terminal."""
    # Most texts are of this kind, and a plot has hundreds of them.
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def wrapped(text: str, longest: int) -> Iterator[str]:
    """A text as lines of at most `longest` letters, broken between words."""
    line = ""
    for word in text.split():
        word = clean(word, longest)
        if line and _cells(f"{line} {word}") > longest:
            yield line
            line = ""
        line = f"{line} {word}" if line else word
    if line:
        yield line


def runs(words: Sequence[tuple[SawWord, int]], most: int = 12) -> tuple[str, ...]:
    """A row of signs for items: the first `most`."""
    return tuple(word for word, times in words for _ in range(min(times, most)))[:most]


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def _ems(letter: str) -> float:
    if letter in "×–":
        return 0.84
    if not letter.isascii():
        return 1.3 if ord(letter) > 0xFFFF else 1.0
    if letter in "iljI.,:;'|!":
        return 0.42
    if letter in "frt()[]-/ ":
        return 0.46
    return 1.0 if letter in "mwMW@%" else 0.82 if letter.isupper() else 0.68


def _shown(letter: str) -> str:
    code = ord(letter)
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in ("Cc", "Cs", "Cn", "Co") or letter in _BIDI or code & 0xFFFE == 0xFFFE:
        return f"U+{code:04X}"
    return letter

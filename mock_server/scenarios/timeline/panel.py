"""A scenario as a page draws it: its steps or items alone, lit or not, in the fonts and words of the page.

Texts are no longer than their boxes in any usual font, since every letter is taken to be as wide as its widest.
"""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.api.timeline import Stretch, Timeline, Track
from mock_server.api.values import SeenRun
from mock_server.scenarios.timeline.captions import ENGLISH, Words
from mock_server.scenarios.timeline.chains import chains
from mock_server.scenarios.timeline.graph import Spacing, WayMark, graph, mark_of
from mock_server.scenarios.timeline.layers import layers_of
from mock_server.scenarios.timeline.light import Light, Taken
from mock_server.scenarios.timeline.shapes import (
    Box,
    Drawing,
    Sign,
    Text,
    badge_width,
    clean,
    measure_page,
    runs,
    wrapped,
)
from mock_server.scenarios.timeline.signs import sign_of
from mock_server.scenarios.timeline.strip import Mark, strip

LEVEL = 5
"""Layers of steps that are drawn level where there is room; more are drawn upright everywhere."""
NAME, SMALL = 14.0, 12.0
"""Sizes of letters: those of names, and all others."""
_PAD, _SIGN, _LONGEST = 14, 16, 32
_WIDTH = (164, 180)
"""The least width of a box: level, and upright, where polls have the left half of it."""
_POLL, _ITEM, _BELOW = 16, 15, 22
"""How much room a poll below a step takes, one of the items in it, and the row of polls."""
_MARGIN = 14
_SPACING = Spacing(20, 28, 16, _BELOW, lambda text: measure_page(text, SMALL))


def panel(timeline: Timeline, light: Light | None = None, *, upright: bool = False, words: Words = ENGLISH) -> Drawing:
    """The drawing. `light` None: as written, with every step in its colour. `upright` is for narrow pages."""
    first = timeline.tracks[0]
    if first.first is not None:
        drawing = chains(timeline, light, words, upright=upright)
        return drawing.moved(1, 1)._replace(width=drawing.width + 2, height=drawing.height + 2)
    ways = [(k, way.to) for k, stretch in enumerate(first.stretches) for way in stretch.transitions]
    turned = upright or max(layers_of(len(first.stretches), ways)) >= LEVEL
    contents = [_Step(stretch, k, light, words, upright=turned) for k, stretch in enumerate(first.stretches)]
    spacing = _SPACING if light is not None and light.polls else _SPACING._replace(below=0)
    drawing = graph(first, contents, upright=turned, spacing=spacing, marks=_marks(first, light, words))
    drawing = _with_polls(drawing, light, upright=turned)
    below = [*(sign.y + sign.size for sign in drawing.signs), *(text.y + 3 for text in drawing.texts)]
    height = max([drawing.height, *below])
    moved = drawing.moved(_MARGIN, _MARGIN)
    return moved._replace(width=drawing.width + 2 * _MARGIN, height=height + 2 * _MARGIN)


class _Step:
    """The content of the box of one step. Upright, ways come to the middle of its upper edge and right of it."""

    def __init__(self, stretch: Stretch, k: int, light: Light | None, words: Words, *, upright: bool) -> None:
        self._stretch = stretch
        self._upright = upright
        self._name = clean(stretch.name, _LONGEST)
        self._items = runs([(run.saw, run.times) for run in stretch.items], 8)
        shows = [] if stretch.shows == stretch.name else [*wrapped(stretch.shows, _LONGEST)][:2]
        self._lines = (*shows, *wrapped(words.stay(stretch), _LONGEST))[:4] or ("",)
        self._here = words.here if light is not None and k == light.here else ""
        self._lit = _lit(k, light)
        entered = None if light is None or light.entered is None else light.entered.get(k, 0)
        self._count = "" if entered is None else f"×{entered}" if entered else "–"

    @property
    def width(self) -> float:
        """How wide the box is at least."""
        count = measure_page(self._count, SMALL) + 10 if self._count else 0
        name = _SIGN + 8 + measure_page(self._name, NAME) + count
        lines = [measure_page(line, SMALL) for line in self._lines]
        lines[-1] += len(self._items) * _ITEM + 10 if self._items else 0
        return max(_WIDTH[self._upright], max(name, *lines) + 2 * _PAD)

    @property
    def height(self) -> float:
        """How high the box is."""
        return 42 + 16 * len(self._lines)

    def placed(self, x: float, y: float, width: float = 0, height: float = 0) -> Box:
        """The box at this corner, at least so large."""
        width, height = max(width, self.width), max(height, self.height)
        texts = [Text(x + _PAD + _SIGN + 8, y + 24, self._name, "name")]
        if self._count:
            texts.append(Text(x + width - _PAD - measure_page(self._count, SMALL), y + 24, self._count, "quiet"))
        texts += [Text(x + _PAD, y + 45 + 16 * n, line, "quiet") for n, line in enumerate(self._lines) if line]
        start, top = x + width - _PAD - _ITEM * len(self._items) + 2, y + 34 + 16 * (len(self._lines) - 1)
        row = [Sign(start + _ITEM * n, top, sign_of(word), 13) for n, word in enumerate(self._items)]
        signs = (Sign(x + _PAD, y + 11, sign_of(self._stretch.saw), _SIGN), *row)
        left = _PAD if self._upright else width - 8 - badge_width(self._here)
        badge = (Text(x + left, y, self._here, "badge"),) if self._here else ()
        title = "" if self._name == self._stretch.name else clean(self._stretch.name, 512)
        return Box(x, y, width, height, self._stretch.saw, tuple(texts), signs, self._lit, badge, title)


def _lit(k: int, light: Light | None) -> str:
    if light is None:
        return ""
    return "here" if k == light.here else "been" if k in light.been else "pale"


def _marks(track: Track, light: Light | None, words: Words) -> dict[tuple[int, int], WayMark]:
    """How the ways are drawn: those that were taken, and those that are no ways of the scenario."""
    ways = {(k, way.to): way for k, stretch in enumerate(track.stretches) for way in stretch.transitions}
    marks = {ends: _translated(mark_of(way), words) for ends, way in ways.items()}
    for ends, taken in () if light is None else light.ways.items():
        before = marks.get(ends, WayMark("", manual=True))
        if light is not None and light.entered is not None:
            marks[ends] = WayMark(f"×{taken.times}", before.manual, "taken" if taken.times else "")
        else:
            marks[ends] = _taken(before, taken)
    return marks


def _translated(mark: WayMark, words: Words) -> WayMark:
    return mark._replace(label=words.manually) if mark.manual else mark


def _taken(mark: WayMark, taken: Taken) -> WayMark:
    times = f"×{taken.times}" if taken.times > 1 else ""
    return WayMark(" ".join(filter(None, (mark.label, times))), taken.manual, "taken")


def _with_polls(drawing: Drawing, light: Light | None, *, upright: bool) -> Drawing:
    """The drawing with the polls that saw each step in a row below it."""
    signs, texts = [], []
    steps = [box for box in drawing.boxes if box.look != "label"]
    for k, seen in () if light is None else light.polls.items():
        box = steps[k]
        # Upright, ways leave from the middle of the lower edge and from what is right of it.
        room = box.width / 2 - 10 if upright else box.width - 4
        x, y = box.x + 3, box.y + box.height + 5
        for mark, left_out in _fitting(seen, room):
            text = f"+{left_out}" if mark is None else mark.counted
            if mark is not None:
                signs.append(Sign(x, y, mark.sign, 13))
                x += _POLL
            if text:
                texts.append(Text(x, y + 11, text, "tiny"))
                x += measure_page(text, 11) + 4
    return drawing._replace(signs=(*drawing.signs, *signs), texts=(*drawing.texts, *texts))


def _fitting(seen: Sequence[SeenRun], room: float) -> list[tuple[Mark | None, int]]:
    """The newest marks that there is room for, and first, if others are left out, how many polls they stand for."""
    marks = strip(seen, len(seen)).marks
    left = sum(mark.times for mark in marks)
    if sum(map(_wide, marks)) <= room:
        return [(mark, 0) for mark in marks]
    room -= measure_page(f"+{left}", 11) + 4
    kept: list[tuple[Mark | None, int]] = []
    for mark in reversed(marks):
        room -= _wide(mark)
        if room < 0:
            break
        left -= mark.times
        kept.append((mark, 0))
    return [(None, left), *reversed(kept)]


def _wide(mark: Mark) -> float:
    return _POLL + (measure_page(mark.counted, 11) + 4 if mark.counted else 0)

"""Items that walk alone as a page draws them: a chain of steps for each, or for each run of items that stand alike."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from mock_server.api.timeline import Stretch, Timeline, Track
from mock_server.scenarios.timeline.captions import Words
from mock_server.scenarios.timeline.light import ItemLight, Light
from mock_server.scenarios.timeline.phrases import END, MANUALLY
from mock_server.scenarios.timeline.shapes import Arrow, Box, Drawing, Sign, Text, clean, measure_page, moved_box
from mock_server.scenarios.timeline.signs import sign_of
from mock_server.types import Bound

MOST = 24
ROWS = Bound("Chains of items in the diagram of a page", MOST, "chains", "Further items are counted.")
_HIGH, _ROW, _LINK, _LEFT = 28, 36, 28, 84
_NAME, _SMALL, _LONGEST = 13.0, 12.0, 28
_LEVEL, _UPRIGHT = 760, 320
"""How wide the drawing of a long chain is before it goes on below."""


class _Chain(NamedTuple):
    """Items from `first` to `last`, which stand alike. `light` None: as written."""

    track: Track
    first: int
    last: int
    light: ItemLight | None


def chains(timeline: Timeline, light: Light | None, words: Words, *, upright: bool) -> Drawing:
    """The drawing; upright, the name of each chain stands above it."""
    found = list(_chains(timeline, light))
    drawing = Drawing(0, 0)
    for chain in found[:MOST]:
        drawing = drawing.below(_drawn(chain, words, upright=upright), _ROW - _HIGH)
    if len(found) > MOST:
        left_out = sum(chain.last - chain.first + 1 for chain in found[MOST:])
        text = clean(words.more(left_out))
        drawing = drawing.below(Drawing(measure_page(text, _SMALL), 18, texts=(Text(0, 13, text, "quiet"),)), 8)
    return drawing


def _chains(timeline: Timeline, light: Light | None) -> Iterator[_Chain]:
    for track in timeline.tracks:
        first, last = track.first or 0, track.last or 0
        if light is None or not light.items:
            yield _Chain(track, first, last, None if light is None else ItemLight(None))
            continue
        numbered = list(enumerate(light.items))[first : last + 1]
        for alike, run in groupby(numbered, key=lambda each: each[1]):
            places = [k for k, _ in run]
            yield _Chain(track, places[0], places[-1], alike)


def _drawn(chain: _Chain, words: Words, *, upright: bool) -> Drawing:
    label = clean(words.item(chain.first, chain.last))
    left = 0 if upright else max(_LEFT, measure_page(label, _SMALL) + 12)
    top = 20.0 if upright else 0.0
    text = Text(0, 13 if upright else 19, label, "quiet")
    x, y, widest = left, top, left
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    for k, stretch in enumerate(chain.track.stretches):
        box = _box(chain, k, stretch, words)
        if boxes and x + _LINK + box.width > (_UPRIGHT if upright else _LEVEL):
            x, y = left, y + _ROW
        elif boxes:
            if any(way.to == k for way in chain.track.stretches[k - 1].transitions):
                arrows.append(Arrow(((x + 6, y + _HIGH / 2), (x + _LINK - 6, y + _HIGH / 2)), look=_taken(chain, k)))
            x += _LINK
        boxes.append(moved_box(box, x, y))
        x += box.width
        widest = max(widest, x)
    wide = max(widest, measure_page(label, _SMALL) if upright else 0)
    return Drawing(wide, y + _HIGH, tuple(boxes), tuple(arrows), (text,))


def _box(chain: _Chain, k: int, stretch: Stretch, words: Words) -> Box:
    name = clean(stretch.name, _LONGEST)
    ways = [way for each in chain.track.stretches for way in each.transitions if way.to == k]
    shares = [words.manually if way.share == MANUALLY else way.share for way in ways if way.share]
    stay = [] if stretch.stay == END else [words.stay(stretch)]
    quiet = clean(", ".join([*stay, *dict.fromkeys(shares)]), 40)
    at = 32 + measure_page(name, _NAME)
    texts = [Text(32, 19, name, "item")]
    width = at + 12
    if quiet:
        texts.append(Text(at + 6, 19, quiet, "quiet"))
        width += 6 + measure_page(quiet, _SMALL)
    title = "" if name == stretch.name else clean(stretch.name, 512)
    signs = (Sign(11, 7, sign_of(stretch.saw), 14),)
    return Box(0, 0, width, _HIGH, stretch.saw, tuple(texts), signs, _lit(chain.light, k), title=title)


def _lit(light: ItemLight | None, k: int) -> str:
    if light is None:
        return ""
    return "here" if light.here == k else "been" if k in light.been else "pale"


def _taken(chain: _Chain, k: int) -> str:
    """Whether the items went from the step before to this one."""
    light = chain.light
    came = light is not None and (light.here == k or k in light.been) and k - 1 in light.been
    return "taken" if came else ""


def _moved(box: Box, x: float, y: float) -> Box:
    return Drawing(0, 0, (box,)).moved(x, y).boxes[0]

"""The past and the future of one task on an axis of time, as SVG for a page: classes and lengths alone.

Lanes below each other: its step, or a thin bar for each of its items; its polls, each a link; what was done to it; its
callbacks. A dotted line is now. What time alone will do is right of that, hatched by the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from mock_server.api.codec import Moment
from mock_server.api.values import Clock, TaskWhole
from mock_server.scenarios.timeline.bare import sign_markup
from mock_server.scenarios.timeline.captions import ENGLISH_PLOT, PlotWords
from mock_server.scenarios.timeline.happened import Bar, Happened, Place, Polls, happened
from mock_server.scenarios.timeline.poll_signs import SIGN, SMALL, PollSigns
from mock_server.scenarios.timeline.scale import Mark, Scale, scale_of
from mock_server.scenarios.timeline.shapes import Sign, clean, measure_page
from mock_server.scenarios.timeline.signs import look_of, sign_of

TICKS = 60
"""More polls than that are drawn as ticks."""
WIDTH, _LEFT, _RIGHT = 640, 78, 34
_HALF = 9.0
"""Half of the room that a sign takes in its lane."""
_SAME = 3
"""Polls that are no further apart are at one place."""
_MANY = 40
"""If more than that was done, each is a dot."""
_TOP, _STEP, _THIN, _BETWEEN = 8, 24, 10, 3
"""Where the first lane begins, how high the bar of a step and that of an item is, and between items."""


class View(NamedTuple):
    """How a plot is looked at. `looks`: what each step shows; `chosen`: the number of an exchange.

    `link` makes the address of an exchange. `real`: by the machine's clock.
    """

    looks: Mapping[str, str]
    link: Callable[[int], str]
    chosen: int | None = None
    real: bool = False
    words: PlotWords = ENGLISH_PLOT


class Plot(NamedTuple):
    """The `<svg>`, where now is in it, in pixels, and how many earlier polls are no longer kept."""

    markup: str
    now: float
    missing: int


def plot(whole: TaskWhole, clock: Clock, view: View) -> Plot:
    """The plot of a task that was born."""
    told = happened(whole, clock, real=view.real)
    told = told._replace(polls=tuple(_merged(told)))
    drawn = _Plot(told, view)
    return Plot(drawn.markup(), drawn.scale.at(told.now), told.missing)


def _merged(told: Happened) -> Iterator[Polls]:
    """Polls that would lie on each other and saw the same are one."""
    natural = scale_of(_places(told), (), _rhythm(told), 0, WIDTH)
    last: Polls | None = None
    end = told.start
    for each in told.polls:
        if last is not None and natural.at(each.at) - natural.at(end) < _SAME and _alike(last, each):
            last, end = last._replace(times=last.times + each.times, last=each.last), each.at
            continue
        if last is not None:
            yield last
        last, end = each, each.at
    if last is not None:
        yield last


def _alike(one: Polls, other: Polls) -> bool:
    """Whether they saw the same of one step, and the same time apart of the others."""
    a, b = one.first, other.first
    return (a.saw, a.step, bool(a.faults)) == (b.saw, b.step, bool(b.faults))


def _rhythm(told: Happened) -> list[Place]:
    return [each.at for each in told.polls]


def _places(told: Happened) -> list[Place]:
    ends = [at for bars in told.bars for bar in bars for at in (bar.begin, bar.end)]
    marks = [*(each.at for each in told.polls), *(each.at for each in told.hands)]
    return [told.start, told.now, *ends, *marks, *(at for at, _ in told.callbacks), *(at for at, _ in told.forecast)]


class _Plot:
    """Lanes from top to bottom, then the axis."""

    def __init__(self, told: Happened, view: View) -> None:
        self._told = told
        self._view = view
        self._ticks = len(told.polls) > TICKS
        self._bar = (_THIN if len(told.bars) <= 8 else 5) if told.walks else _STEP
        self._polls = _TOP + len(told.bars) * (self._bar + _BETWEEN) + 18
        self._signs = PollSigns(view.link, view.chosen, view.words, self._polls, self._ticks)
        self.scale = self._scaled()
        self._hands = self._polls + 40
        self._callbacks = self._hands + (30 if told.hands else 0)
        self._axis = self._callbacks + (30 if told.callbacks else 0)

    def _scaled(self) -> Scale:
        told, half = self._told, 2.0 if self._ticks else _HALF
        edges = [Mark(bar.begin, 2) for bars in told.bars for bar in bars if not bar.ahead]
        polls = [Mark(each.at, half, self._signs.count_width(each)) for each in told.polls]
        lanes = [
            [*polls, *edges, Mark(told.now, 3)],
            [*(Mark(each.at, 2 if len(told.hands) > _MANY else _HALF) for each in told.hands), Mark(told.now, 0)],
            [Mark(at, 9) for at, _ in told.callbacks],
            [Mark(told.now, 10), *(Mark(at, 14) for at, _ in told.forecast)],
        ]
        # Marks that push each other apart make it longer; then the stretches between them are drawn shorter.
        width = float(WIDTH)
        scale = scale_of(_places(told), lanes, _rhythm(told), _LEFT + 10, width)
        for _ in range(3):
            over = scale.end - _LEFT - WIDTH
            if over < 1 or width - over < WIDTH / 8:
                break
            width -= over
            scale = scale_of(_places(told), lanes, _rhythm(told), _LEFT + 10, width)
        return scale

    def markup(self) -> str:
        labels = self._labels()
        right = max(_RIGHT, *(_room(*each)[1] + 4 - self.scale.end for each in labels))
        width, height = f"{self.scale.end + right:.0f}", f"{self._axis + 22:.0f}"
        parts = [
            f'<svg class="plot" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="group" '
            f'aria-label="{escape(self._view.words.whole)}">',
            '<g aria-hidden="true">',
            *self._names(),
            *self._bars(),
            *self._folds(),
            *self._done(),
            *self._attempts(),
            *self._line(labels),
            *self._now(),
            *self._gaps(),
            "</g>",
            *[self._signs.link(each, self.scale.at(each.at)) for each in self._told.polls],
            "</svg>",
        ]
        return "".join(parts)

    # -- lanes

    def _names(self) -> Iterator[str]:
        words, told = self._view.words, self._told
        yield _label(words.items if told.walks else words.step, _TOP + min(17, self._bar + 7))
        yield _label(words.polls, self._polls + 11)
        if told.hands:
            yield _label(words.hands, self._hands + 11)
        if told.callbacks:
            yield _label(words.callbacks, self._callbacks + 11)

    def _bars(self) -> Iterator[str]:
        for n, bars in enumerate(self._told.bars):
            top = _TOP + n * (self._bar + _BETWEEN)
            for k, bar in enumerate(bars):
                yield from self._drawn(bar, top, is_last=k == len(bars) - 1)
        if self._told.missing:
            bottom = self._polls + 20
            teeth = "".join(f"l{4 if k % 2 else -4} 6" for k in range(int((bottom - _TOP) / 6)))
            yield f'<path class="torn" d="M{_LEFT + 4:.0f} {_TOP}{teeth}"/>'

    def _drawn(self, bar: Bar, top: float, *, is_last: bool) -> Iterator[str]:
        begin, end = self.scale.at(bar.begin), self.scale.at(bar.end)
        word = self._view.looks.get(bar.step, "plain")
        kinds = "ahead" if bar.ahead else f"bar {look_of(word)}{' item' if self._told.walks else ''}"
        size = f'width="{max(1, end - begin):.1f}" height="{self._bar:.0f}" rx="{2 if self._bar > 8 else 1}"'
        fill = ' fill="url(#hatch)"' if bar.ahead else ""
        yield f'<rect class="{kinds}"{fill} x="{begin:.1f}" y="{top:.1f}" {size}>'
        yield f"<title>{escape(clean(bar.step, 200))}</title></rect>"
        if bar.ahead:
            yield from self._end(bar, top, end, is_last=is_last)
        elif not self._told.walks:
            yield from _named(bar.step, word, (begin, end), top)

    def _end(self, bar: Bar, top: float, end: float, *, is_last: bool) -> Iterator[str]:
        """The sign of where time leads, at the end of what is ahead."""
        to = next((each.to for at, each in self._told.forecast if at == bar.end), "")
        word = self._view.looks.get(to, "unmatched" if to == "expired" else "")
        if word and (is_last or not self._told.walks):
            size = 12 if self._bar > 8 else 8
            yield sign_markup(Sign(end + 1, top + (self._bar - size) / 2, sign_of(word), size), look_of(word))

    def _folds(self) -> Iterator[str]:
        for x in self.scale.folds:
            teeth = "".join(f"l{3 if k % 2 else -3} 6" for k in range(int((self._polls - 12) / 6)))
            yield f'<path class="fold" d="M{x + 1.5:.1f} 2{teeth}"/>'

    def _done(self) -> Iterator[str]:
        for each in self._told.hands:
            said = "; ".join(f"{hand.what} {hand.detail}".strip() for hand in each.hands[:10])
            yield f"<g><title>{escape(clean(said, 400))}</title>"
            x = self.scale.at(each.at)
            if len(self._told.hands) > _MANY:
                yield f'<circle class="tool" cx="{x:.1f}" cy="{self._hands + 7}" r="1.5"/></g>'
            else:
                yield sign_markup(Sign(x - 7, self._hands, each.sign, SIGN), "tool") + "</g>"

    def _attempts(self) -> Iterator[str]:
        signs = {"delivered": "notified", "failed": "notify_failed", "planned": "notifying"}
        for at, each in self._told.callbacks:
            yield f'<g class="callback {each.outcome}"><title>{escape(clean(each.label, 400))}</title>'
            yield sign_markup(Sign(self.scale.at(at) - 7, self._callbacks, signs[each.outcome], SIGN)) + "</g>"

    def _gaps(self) -> Iterator[str]:
        """Between two polls the time between them, where it has room."""
        for before, after in () if self._ticks else pairwise(self._told.polls):
            left = self.scale.at(before.at) + 10 + self._signs.count_width(before)
            right = self.scale.at(after.at) - 10
            if after.at[0] <= before.at[0] or right - left < 6:
                continue
            text = self._view.words.length(round(after.at[0] - before.at[0]))
            if measure_page(text, SMALL) + 6 <= right - left:
                yield f'<text class="gap" x="{(left + right) / 2:.1f}" y="{self._polls + 11}">{escape(text)}</text>'

    # -- the axis

    def _line(self, labels: Sequence[tuple[float, str, str]]) -> Iterator[str]:
        yield f'<path class="axis" d="M{_LEFT} {self._axis}H{self.scale.end + 20:.1f}"/>'
        for x, text, kind in labels:
            tick = "" if kind == "start" else f'<path class="axis" d="M{x:.1f} {self._axis}v4"/>'
            yield f'{tick}<text class="tick {kind}" x="{x:.1f}" y="{self._axis + 17}">{escape(text)}</text>'

    def _labels(self) -> list[tuple[float, str, str]]:
        """The labels that have room: the start and now, then what is to come, then polls."""
        told, words = self._told, self._view.words
        start = words.time(Moment.of(round(told.start[0])))
        found = [(self.scale.at(told.now), words.now, "now")]
        begin = (self.scale.at(told.start), start, "start")
        if _room(*begin)[1] + 8 <= _room(*found[0])[0]:
            found.insert(0, begin)
        coming = [(at, words.ahead, max(0, round(at[0] - told.now[0]))) for at, _ in told.forecast]
        later = () if self._ticks else [each.at for each in told.polls if each.at[0] > told.start[0]]
        polls = [(at, lambda ms: f"+{words.length(ms)}", round(at[0] - told.start[0])) for at in later]
        taken = [_room(*each) for each in found]
        for at, text, ms in [*coming, *polls]:
            x = self.scale.at(at)
            # Most places have no room for any text; it is made only for the others.
            if not _is_free((x, x), taken):
                continue
            label = (x, text(ms), "")
            if _is_free(room := _room(*label), taken):
                taken.append(room)
                found.append(label)
        return found

    def _now(self) -> Iterator[str]:
        yield f'<path class="now" d="M{self.scale.at(self._told.now):.1f} 0V{self._axis}"/>'


def _named(step: str, word: str, span: tuple[float, float], top: float) -> Iterator[str]:
    """The sign and the name of a step in its bar, as far as there is room."""
    begin, end = span
    if end - begin >= 26:
        yield sign_markup(Sign(begin + 6, top + 5, sign_of(word), SIGN), look_of(word)) if word != "plain" else ""
    name = clean(step, 32)
    if measure_page(name, 12) + 34 <= end - begin:
        yield f'<text class="named {look_of(word)}" x="{begin + 26:.1f}" y="{top + 16}">{escape(name)}</text>'


def _label(text: str, y: float) -> str:
    return f'<text class="lane" x="{_LEFT - 8}" y="{y:.0f}">{escape(clean(text, 20))}</text>'


def _room(x: float, text: str, kind: str) -> tuple[float, float]:
    """From where to where a label goes: that of the start begins at its place, all others have theirs in the middle."""
    width = measure_page(text, SMALL)
    return (x, x + width) if kind == "start" else (x - width / 2, x + width / 2)


def _is_free(room: tuple[float, float], taken: Sequence[tuple[float, float]]) -> bool:
    """Whether a label can stand there: 8 pixels away from all others."""
    return not [other for other in taken if room[1] + 8 > other[0] and other[1] + 8 > room[0]]

"""The polls of a plot: a link each, with the sign of what it saw, or a tick where there are many."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import NamedTuple

from mock_server.scenarios.timeline.bare import sign_markup
from mock_server.scenarios.timeline.captions import PlotWords
from mock_server.scenarios.timeline.happened import Polls
from mock_server.scenarios.timeline.shapes import Sign, clean, measure_page
from mock_server.scenarios.timeline.signs import look_of, sign_of

SMALL, SIGN = 11.5, 14
"""The sizes of letters and of signs."""


class PollSigns(NamedTuple):
    """How polls are drawn in the lane that begins at `top`. `link` makes the address of an exchange."""

    to: Callable[[int], str]
    chosen: int | None
    words: PlotWords
    top: float
    ticks: bool

    def link(self, each: Polls, x: float) -> str:
        """The link of some polls at one place: to the newest of them, or to the chosen one."""
        chosen = self.chosen is not None and each.first.number <= self.chosen <= each.last.number
        number = self.chosen if chosen and self.chosen is not None else each.last.number
        label = self.words.poll(each.first)
        if each.times > 1:
            label = self.words.polls_at(label, each.times)
        kind = f"poll {look_of(each.first.saw)}{' chosen' if chosen else ''}"
        current = ' aria-current="true"' if chosen else ""
        if self.ticks and not chosen:
            shown = f'<path class="tick {look_of(each.first.saw)}" d="M{x:.1f} {self.top - 4:.0f}v22"/>'
        else:
            shown = self._sign(x, each)
        href, said = escape(self.to(number)), escape(clean(label, 200))
        return f'<a class="{kind}" href="{href}" aria-label="{said}"{current}>{shown}</a>'

    def count_width(self, each: Polls) -> float:
        """How much room the count beside a sign takes."""
        return measure_page(f"×{each.times}", SMALL) + 4 if each.times > 1 and not self.ticks else 0

    def _sign(self, x: float, each: Polls) -> str:
        bottom = self.top - 18
        width = 20 + self.count_width(each)
        struck = bool(each.first.faults)
        end = bottom + 4 if struck else self.top - 4
        word = each.first.saw
        return "".join(
            (
                f'<rect class="hit" x="{x - 10:.1f}" y="{bottom + 1:.0f}" width="{width:.1f}" height="38" rx="6"/>',
                f'<path class="stem" d="M{x:.1f} {bottom:.0f}V{end:.0f}"/>',
                sign_markup(Sign(x - 5, bottom + 4, "cut", 10), "fault") if struck else "",
                sign_markup(Sign(x - 7, self.top, sign_of(word), SIGN), look_of(word)),
                f'<text class="count" x="{x + 9:.1f}" y="{self.top + 11:.0f}">×{each.times}</text>'
                if each.times > 1
                else "",
            )
        )

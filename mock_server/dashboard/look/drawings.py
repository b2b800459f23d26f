"""Diagrams and plots in the words of a visitor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mock_server.api.exchange import Exchange
from mock_server.api.timeline import Timeline
from mock_server.api.values import Clock, TaskWhole
from mock_server.dashboard.visit import Visit
from mock_server.dashboard.words import Words
from mock_server.scenarios.timeline.bare import bare
from mock_server.scenarios.timeline.captions import PlotWords
from mock_server.scenarios.timeline.captions import Words as Captions
from mock_server.scenarios.timeline.light import Light
from mock_server.scenarios.timeline.panel import panel
from mock_server.scenarios.timeline.phrases import END, HELD, NEVER
from mock_server.scenarios.timeline.plot import Plot, View, plot
from mock_server.scenarios.timeline.svg import sentence


class Drawn(NamedTuple):
    """Markup of ours, which has escaped every text that it was given: a template shows it as it is."""

    markup: str = ""

    def __html__(self) -> str:
        """As templates ask for it."""
        return self.markup


def diagrams(words: Words, timeline: Timeline, light: Light | None = None, where: str = "") -> tuple[Drawn, Drawn]:
    """A scenario level and upright, of which a page shows one. `where` says in words what the light shows."""
    captions = _captions(words, timeline)
    said = "; ".join(filter(None, (where, sentence(timeline))))
    drawn = (panel(timeline, light, upright=upright, words=captions) for upright in (False, True))
    more = "" if timeline.tracks[0].first is None else " chains"
    level, upright = (
        Drawn(bare(drawing, f"diagram {kind}{more}", said))
        for kind, drawing in zip(("level", "upright"), drawn, strict=True)
    )
    return level, upright


def plot_of(
    visit: Visit, whole: TaskWhole, clock: Clock, looks: Mapping[str, str], chosen: int | None
) -> tuple[Drawn, Plot]:
    """The past and the future of a task. `looks`: by the name of each step what it shows."""
    real = visit.get("clock") == "real"
    at = at_prefix(visit)
    view = View(looks, lambda number: f"{at}{number}", chosen, real, _plot_words(visit.words, real=real))
    found = plot(whole, clock, view)
    return Drawn(found.markup), found


def at_prefix(visit: Visit) -> str:
    """The address of an exchange on this page, without its number, which ends it."""
    return visit.here(at=None, n=None, tab=None) + "&at="


def _captions(words: Words, timeline: Timeline) -> Captions:
    stays = {END: words("draw.end"), NEVER: words("draw.never"), HELD: words("draw.held")}
    for track in timeline.tracks:
        for stretch in track.stretches:
            if stretch.stay.startswith("for "):
                stays.setdefault(stretch.stay, _for(words, stretch.stay.removeprefix("for ")))
    return Captions(
        words("draw.here"),
        words("draw.manually"),
        stays,
        lambda first, last: words("draw.item" if first == last else "draw.items", n=first, last=last),
        lambda count: words("draw.more", n=count),
    )


def _for(words: Words, text: str) -> str:
    """`2 polls or 3s, whichever comes first` in the words of the page."""
    either, comma, _ = text.partition(", ")
    counted, _, timed = either.partition(" or ") if comma else (text, "", "")
    number = counted.removesuffix(" polls").removesuffix(" poll")
    said = words("draw.polls", n=int(number)) if number != counted and number.isdecimal() else counted
    return words("draw.either", polls=said, time=timed) if comma else words("draw.for", what=said)


def _plot_words(words: Words, *, real: bool) -> PlotWords:
    def poll(each: Exchange) -> str:
        at = each.real if real else each.at
        return words("draw.poll", n=each.asked, time=f"{at:%H:%M:%S}", saw=words(f"state.{each.saw}"))

    return PlotWords(
        words("draw.step"),
        words("draw.lane_items"),
        words("draw.lane_polls"),
        words("draw.hands"),
        words("draw.callbacks"),
        words("draw.now"),
        words("draw.plot"),
        words.length,
        lambda ms: words("time.in", t=words.length(ms)),
        lambda at: f"{at:%H:%M:%S}",
        poll,
        lambda label, times: words("draw.like_it", label=label, n=str(times)),
    )

"""A timeline laid out: its steps or its items, and below them the scripted faults and the expiry."""

from __future__ import annotations

from mock_server.api.timeline import Stretch, Timeline, Track, VendorResponse
from mock_server.scenarios.timeline.axis import plots
from mock_server.scenarios.timeline.graph import graph
from mock_server.scenarios.timeline.layers import layers_of
from mock_server.scenarios.timeline.notify import notify_lines
from mock_server.scenarios.timeline.shapes import LINE, Content, Drawing, Text, clean, measure, runs, wrapped
from mock_server.scenarios.timeline.signs import sign_of

LEVEL = 5
"""Layers of steps that are drawn level; more are drawn upright, for a picture is read down."""
_WIDE, _GAP, _MARGIN = 96, 16, 16
OURS = " (words ours)"


def diagram(timeline: Timeline, *, upright: bool | None = None, whole: bool = True) -> Drawing:
    """The drawing of a timeline. `upright` None: whichever is read more easily.

    `whole`: with its name and `about`, and in each box what every vendor shows; a page has these elsewhere.
    """
    drawing = _head(timeline) if whole else Drawing(0, 0)
    drawing = drawing.below(_body(timeline, upright=upright, whole=whole), _GAP)
    for note in _notes(timeline, whole=whole):
        box = note.placed(0, 0)
        drawing = drawing.below(Drawing(box.width, box.height, (box,)), _GAP if note.look == "plain" else 8)
    moved = drawing.moved(_MARGIN, _MARGIN)
    return moved._replace(width=drawing.width + 2 * _MARGIN, height=drawing.height + 2 * _MARGIN)


def _head(timeline: Timeline) -> Drawing:
    lines = [(clean(timeline.name, _WIDE), "name"), *((line, "quiet") for line in wrapped(timeline.about, _WIDE))]
    texts = tuple(Text(0, LINE * (k + 1) - 5, text, look) for k, (text, look) in enumerate(lines))
    return Drawing(max(measure(text) for text, _ in lines), LINE * len(lines), texts=texts)


def _body(timeline: Timeline, *, upright: bool | None, whole: bool) -> Drawing:
    first = timeline.tracks[0]
    if first.first is not None:
        return plots(timeline, lambda _, stretch, share: _item_box(stretch, share))
    if upright is None:
        ways = [(k, way.to) for k, stretch in enumerate(first.stretches) for way in stretch.transitions]
        upright = max(layers_of(len(first.stretches), ways)) >= LEVEL
    return graph(first, [_step_box(first, stretch, whole=whole) for stretch in first.stretches], upright=upright)


def _step_box(track: Track, stretch: Stretch, *, whole: bool) -> Content:
    shows = "" if stretch.shows == stretch.name else f" ({stretch.shows})"
    lines = [(clean(f"{stretch.name}{shows}"), "name"), (clean(stretch.stay), "quiet")]
    if whole:
        lines += [(_response(response), "") for response in stretch.responses]
    items = runs([(run.saw, run.times) for run in stretch.items])
    return Content(stretch.saw, tuple(lines), sign_of(stretch.saw), tuple(map(sign_of, items)))


def _item_box(stretch: Stretch, share: str) -> Content:
    shows = "" if stretch.shows == stretch.name else f" ({stretch.shows})"
    stay = f"{stretch.stay}, {share}" if share else stretch.stay
    lines = ((clean(f"{stretch.name}{shows}"), "name"), (clean(stay), "quiet"))
    return Content(stretch.saw, lines, sign_of(stretch.saw))


def _response(response: VendorResponse) -> str:
    return clean(f"{response.vendor}: {response.text}{OURS if response.ours else ''}")


def _notes(timeline: Timeline, *, whole: bool) -> list[Content]:
    """A box for each scripted fault, one for the expiry, and one for what is left out."""
    notes = []
    for fault in timeline.faults:
        lines = [(line, "") for line in wrapped(f"{fault.when}: {fault.does}", _WIDE)]
        if whole:
            lines += [(_response(response), "quiet") for response in fault.responses]
        notes.append(Content("fault", tuple(lines), "cut"))
    if timeline.expires:
        words = f"forgotten {timeline.expires} after birth: from then on as an unknown task"
        notes.append(Content("plain", ((words, ""),)))
    if timeline.notify is not None and timeline.notify.written:
        texts = [line for text in notify_lines(timeline) for line in wrapped(f"notifies: {text}", _WIDE)]
        notes.append(Content("plain", tuple((line, "") for line in texts)))
    if timeline.more:
        notes.append(Content("plain", ((f"{timeline.more} later moments of the whole are left out", ""),)))
    return notes

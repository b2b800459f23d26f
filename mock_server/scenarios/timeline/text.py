"""A timeline as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.api.timeline import Axis, Range, Stretch, Timeline, Track, VendorResponse
from mock_server.scenarios.timeline.notify import notify_lines
from mock_server.scenarios.timeline.phrases import moment
from mock_server.scenarios.timeline.shapes import visible

OURS = "  (words ours)"
LEGEND = "(words ours): the vendor's document has no such response; status and text are this server's."


def lines(timeline: Timeline) -> Iterator[str]:
    """The scenario step by step. What a file says cannot disturb a terminal."""
    return map(visible, _lines(timeline))


def _lines(timeline: Timeline) -> Iterator[str]:
    yield timeline.name
    yield from (f"  {line}" for line in timeline.about.splitlines())
    yield f"  {timeline.source}; for {', '.join(timeline.vendors)}"
    yield from (f"  for submits with {submit}" for submit in timeline.submits)
    for track in timeline.tracks:
        yield ""
        yield from _track(track)
    if timeline.whole:
        yield ""
        yield from _whole(timeline)
    if timeline.faults:
        yield ""
        yield "faults"
        for fault in timeline.faults:
            yield f"   {fault.when}: {fault.does}"
            yield from _responses(fault.responses)
    if timeline.expires:
        yield ""
        yield f"forgotten {timeline.expires} after birth: from then on as an unknown task"
    yield from _notify(timeline)
    if any(response.ours for response in _all(timeline)):
        yield ""
        yield LEGEND


def _notify(timeline: Timeline) -> Iterator[str]:
    notify = timeline.notify
    if notify is None:
        return
    yield ""
    whose = "" if notify.vendors == timeline.vendors else f" of {', '.join(notify.vendors)}"
    yield f"notifications{whose}, of a task with an address"
    yield from (f"   {line}" for line in notify_lines(timeline))
    if notify.paced:
        yield f"   without polls, what waits for polls ends too: {', '.join(notify.paced)}"


def course(stretch: Stretch, track: Track) -> str:
    """How long a stretch holds and what follows: `for 3s, then succeeded (90 %) or failed (10 %)`."""
    names = [
        track.stretches[transition.to].name + (f" ({transition.share})" if transition.share else "")
        for transition in stretch.transitions
    ]
    return f"{stretch.stay}, then {' or '.join(names)}" if names else stretch.stay


def range_text(at: Range, axis: Axis | None) -> str:
    """`10s`, `3m..5m`, `after 2 polls`: a moment, or the bounds of one that is drawn."""
    if axis == "polls":
        count = str(at.low) if at.low == at.high else f"{at.low}..{at.high}"
        return "at first" if at.high == 0 else f"after {count} {'poll' if count == '1' else 'polls'}"
    return moment(at.high) if at.low == at.high else f"{moment(at.low)}..{moment(at.high)}"


def axis_of(timeline: Timeline) -> Axis | None:
    """What moves the items of a scenario, if it is the same for all."""
    return next((track.axis for track in timeline.tracks if track.axis is not None), None)


def _whole(timeline: Timeline) -> Iterator[str]:
    yield "the whole, from then on"
    axis = axis_of(timeline)
    width = max(map(len, timeline.vendors))
    for each in timeline.whole:
        words = dict.fromkeys(" or ".join(vendor.saw) for vendor in each.vendors)
        yield f"   {range_text(each.at, axis)}: {'; '.join(words)}"
        for vendor in each.vendors:
            if vendor.text:
                yield f"      {vendor.vendor:{width}}  {vendor.text}"
    if timeline.more:
        yield f"   and {timeline.more} more"


def _track(track: Track) -> Iterator[str]:
    if track.title:
        yield f"{track.title}, as one alone would show"
    for number, stretch in enumerate(track.stretches, 1):
        shows = "" if stretch.shows == stretch.name else f" ({stretch.shows})"
        yield f"{number:2} {stretch.name}{shows}: {course(stretch, track)}"
        yield from _responses(stretch.responses)


def _responses(responses: tuple[VendorResponse, ...]) -> Iterator[str]:
    width = max((len(response.vendor) for response in responses), default=0)
    for response in responses:
        yield f"      {response.vendor:{width}}  {response.text}{OURS if response.ours else ''}"


def _all(timeline: Timeline) -> Iterator[VendorResponse]:
    for track in timeline.tracks:
        for stretch in track.stretches:
            yield from stretch.responses
    for fault in timeline.faults:
        yield from fault.responses

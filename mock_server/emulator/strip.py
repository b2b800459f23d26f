"""What polls of a new task see, run by run. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.api.scenarios import PollRun, VendorPolls
from mock_server.emulator.course import cell_of, ending_of, moments
from mock_server.emulator.playback import Playback
from mock_server.journal.saw import saw_of
from mock_server.types import Bound

MOST_POLLS = 1_000
EVERY = 1_000
"""Milliseconds between polls, where they move a task on."""
MOST_ITEMS = 10_000
POLLS = Bound(
    "Polls of each vendor that a check of a scenario plays",
    MOST_POLLS,
    "polls",
    "No more are played, and the `ending` is `limit`. A task of many items is polled less often.",
)


def strips(playbacks: Sequence[Playback]) -> tuple[VendorPolls, ...]:
    """What a client of each vendor sees; all poll side by side, of one scenario and from one time on."""
    scenario = playbacks[0].scenario
    items = max(len(scenario.items_of(each.key.vendor)) for each in playbacks)
    most = max(2, min(MOST_POLLS, MOST_ITEMS // max(1, items)))
    runs: list[list[PollRun]] = [[] for _ in playbacks]
    last = None
    count = 0
    for now, seen in moments(playbacks, EVERY, most):
        last, count = seen, count + 1
        for found, playback, polled in zip(runs, playbacks, seen, strict=True):
            dialect = playback.renderer.registry.dialect(playback.key.vendor, scenario.options)
            saw, text = saw_of(polled.entry), cell_of(polled.entry, dialect, delay=False)
            if found and (found[-1].saw, found[-1].status, found[-1].text) == (saw.word, saw.status, text):
                found[-1] = PollRun(found[-1].at, saw.word, saw.status, text, found[-1].times + 1)
            else:
                found.append(PollRun(now - playback.start, saw.word, saw.status, text, 1))
    ending = ending_of(last or (), is_last=count == most)
    return tuple(
        VendorPolls(playback.key.vendor, tuple(found), ending) for playback, found in zip(playbacks, runs, strict=True)
    )

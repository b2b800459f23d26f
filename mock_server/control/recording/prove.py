"""The proof of a recording: the scenario is played at the same moments, and what a client saw is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mock_server.control.recording.headers import Apart
from mock_server.control.recording.places import canonical
from mock_server.control.recording.seen import Seen, seen_of
from mock_server.control.recording.told import LONG
from mock_server.emulator.playback import Playback
from mock_server.types import Json

_LONGEST = 80
"""Characters of each of two values that differ."""


class Unlike(NamedTuple):
    """How one poll, counted from 1, differs: what the service answered, and what the scenario does."""

    poll: int
    what: str
    seen: str
    played: str

    def __str__(self) -> str:
        return f"poll {self.poll}: {self.what}: seen {_short(self.seen)}, played {_short(self.played)}"


def played(playback: Playback, moments: Sequence[int]) -> list[Seen]:
    """What polls at these moments see."""
    found = []
    for at in moments:
        polled, playback = playback.poll(at)
        found.append(seen_of(polled.entry.response, at))
    return found


def unlike(polls: Sequence[Seen], others: Sequence[Seen], apart: Apart) -> Iterator[Unlike]:
    """Where the second differ from the first, poll by poll. How long a response took is not compared."""
    for number, (poll, other) in enumerate(zip(polls, others, strict=True), 1):
        mine, theirs = _failure(poll), _failure(other)
        if mine != theirs:
            yield Unlike(number, "the response", mine or str(poll.status), theirs or str(other.status))
            continue
        if poll.status != other.status:
            yield Unlike(number, "the status", str(poll.status), str(other.status))
        if mine:
            continue
        if poll.lost:
            yield Unlike(number, "the body", poll.lost, _text(other.body))
        elif _value(poll.body) != _value(other.body):
            yield Unlike(number, "the body", _text(poll.body), _text(other.body))
        for name, (before, after) in apart.differing(poll, other).items():
            yield Unlike(number, f"the header {name}", before or "none", after or "none")


def _failure(poll: Seen) -> str:
    """How a response failed. A connection that is closed after a long wait is one that hung."""
    kind = "hang" if poll.failure == "empty" and poll.took >= LONG else poll.failure
    return f"{kind} by {poll.off}" if poll.off else kind


def _value(body: bytes) -> Json:
    """A body that is compared: the fields of JSON, whatever their order and spacing, else its bytes."""
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_ordered)
        return canonical(value)
    except (ValueError, RecursionError):
        return body


def _ordered(pairs: list[tuple[str, Json]]) -> Json:
    """An object; one with a key twice as its pairs, since no object can have that."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else [["pairs", *pairs]]


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace") or "nothing"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

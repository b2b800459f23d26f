"""What each poll told: a state or an error of the vendor, which a step shows, or else a fault of the response."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.control.recorded_text import Showed
from mock_server.control.recording.places import canonical
from mock_server.control.recording.seen import Seen
from mock_server.engine.durations import length_text
from mock_server.engine.scenario import Shown
from mock_server.faults.kinds import FAULTS
from mock_server.http.responses import BODILESS
from mock_server.scenarios.language.faults import LOCATION, MOST_BODY, MOST_LENGTH, REDIRECTS
from mock_server.schema.parts import LONGEST
from mock_server.types import Json
from mock_server.vendors.dialect import ERROR_WORDS, Dialect, Reading

LONG = 1_000
"""Milliseconds from which a response is written as late: shorter ones are the network's."""


class Told(NamedTuple):
    """What a step shows: a state or an error, under a status, with a body, of which `text` is the canonical form."""

    showed: Showed
    status: int
    text: str
    body: Json
    reading: Reading | None


def told_of(polls: Sequence[Seen], dialect: Dialect) -> list[Told | None]:
    """What each poll told that a step can show; None: it takes a fault. All steps have the same number of items."""
    known: dict[tuple[int, bytes], Told | None] = {}
    for poll in polls:
        key = (poll.status, poll.body)
        if key not in known:
            known[key] = None if poll.failure or poll.lost else _told(poll, dialect)
    counts = Counter(
        len(told.reading.items) for poll in polls if (told := known[poll.status, poll.body]) and told.reading
    )
    most = counts.most_common(1)[0][0] if counts else 1
    found = []
    for poll in polls:
        told = None if poll.failure or poll.lost else known[poll.status, poll.body]
        wrong = told is not None and told.reading is not None and len(told.reading.items) != most
        found.append(None if wrong else told)
    return found


def _told(poll: Seen, dialect: Dialect) -> Told | None:
    if not 200 <= poll.status <= 999 or poll.status in BODILESS:
        return None
    try:
        body = json.loads(
            poll.body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_plain_float
        )
    except (ValueError, RecursionError):
        return None
    reading = dialect.read_status(body)
    if reading is not None and reading.items and reading.state in dialect.states:
        return Told(_showed(reading), poll.status, canonical(body), body, reading)
    if poll.status < 300 or not isinstance(body, dict):
        return None
    return Told(Showed(None, _error(poll.status, body, dialect)), poll.status, canonical(body), body, None)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice, which no value can hold")
    return found


def _no_number(text: str) -> Json:
    raise ValueError(f"{text} is no JSON")


def _plain_float(text: str) -> float:
    """A fraction that is written again as it was. ValueError: it would be written otherwise."""
    if repr(float(text)) != text:
        raise ValueError(f"{text} would be written in another way")
    return float(text)


def _showed(reading: Reading) -> Showed:
    """What a step shows of a status."""
    state, items, _ = reading
    same = all(shown.state is state for shown in items)
    reasons = {k: shown.reason for k, shown in enumerate(items) if shown.reason and len(shown.reason) <= LONGEST}
    showed = Showed(state, None, None if same else tuple(Shown(shown.state) for shown in items))
    return showed.because(reasons, len(items))


def _error(status: int, body: Json, dialect: Dialect) -> int | str:
    """The error that the vendor's table has for a response, or else its status."""
    text = canonical(body)
    words = [word for word in dialect.errors if not word.isdigit() and word not in ("no_route", "method")]
    known: tuple[int | str, ...] = (*ERROR_WORDS, status, *words)
    for error in known:
        try:
            row, made = dialect.error(error)
        except KeyError:
            continue
        if row.status == status and canonical(made) == text:
            return error
    return status


def effects_of(poll: Seen, number: int, status: int, lost: list[str]) -> dict[str, Json]:
    """The fault that a response takes which no step shows. `status` is that of the step below it.

    What cannot be told is added to `lost`, a sentence each.
    """
    over = {"status": poll.status} if poll.status not in (0, status) and 200 <= poll.status <= 999 else {}
    if poll.failure:
        if poll.status in BODILESS:  # a file has no body there that could be cut
            lost.append(f"the status of poll {number}, {poll.status}, of a response that broke")
            over = {}
        return _cut(poll, number, over, lost)
    if poll.lost:
        lost.append(f"the body of poll {number}: {poll.lost}")
        return over
    if poll.status in BODILESS:
        return over
    location = poll.header("Location")
    if poll.status in REDIRECTS and location and not poll.body and _leads(location):
        return {"redirect": location, "status": poll.status}
    try:
        text = poll.body.decode("utf-8")
    except UnicodeDecodeError:
        lost.append(f"the body of poll {number}, which is no UTF-8")
        return over
    if len(text) > MOST_BODY:
        lost.append(f"the body of poll {number}, which has {len(text)} characters, and a fault at most {MOST_BODY}")
        return over
    return {"body": text, **over}


def _leads(location: str) -> bool:
    return "/" in location and len(location) <= LONGEST and re.fullmatch(LOCATION, location) is not None


def _cut(poll: Seen, number: int, over: Mapping[str, Json], lost: list[str]) -> dict[str, Json]:
    """The fault of a response that did not arrive whole."""
    kind = "hang" if poll.failure == "empty" and poll.took >= LONG else poll.failure
    if kind not in FAULTS:
        lost.append(f"how poll {number} failed: {kind}")
        return {}
    if kind == "hang":
        lost.append(f"how long poll {number} would have waited: it was given up after {length_text(max(1, poll.took))}")
        return {"fault": kind, "over": length_text(max(1, poll.took))}
    if poll.off > MOST_LENGTH:
        lost.append(f"by how much the Content-Length of poll {number} is off: {poll.off} bytes")
        return {"fault": kind, **over}
    return {"fault": kind, **({"length": poll.off} if poll.off else {}), **over}

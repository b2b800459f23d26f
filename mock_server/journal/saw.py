"""What the client could read of one response. This is the only place that tells it."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.api.words import SawWord
from mock_server.faults.kinds import FAULTS, OFF_LENGTH
from mock_server.http.message import Response
from mock_server.http.responses import BODILESS
from mock_server.journal.entry import Entry

REPLACES_BODY = frozenset(
    {"body", "redirect", *(name for name, kind in FAULTS.items() if kind.apply is not None and kind.destroys)}
)
"""Faults, as the journal names them, whose body is none that a vendor sends."""
NO_ERROR = frozenset({"body", "redirect", "status", "delay", "headers", *FAULTS})
"""Faults, as the journal names them, that are not an error of the vendor. An error is named by its word or code."""


class Saw(NamedTuple):
    """What a client could read of a response, in one word, and with which status.

    `word` is one of:

    * the neutral word of the state that the vendor said. Faults that leave the response readable leave it, and a body
      that a fault put in its place is read as what it says;
    * `submitted`: the request made the task;
    * `answered`: the vendor's answer to a question that is about no task;
    * `error`: an error of the vendor or of this server, or a status that is no success;
    * `spoiled`: a whole response arrived, but its body is not what the vendor said, and no status of it;
    * `cut`: no whole response arrived. Only then `status` is None;
    * `unmatched`: the request met no task and no path;
    * `told`: it is an attempt to deliver a notification, which no client reads.

    `struck`: faults were applied.
    """

    word: SawWord
    status: int | None
    struck: bool = False


def saw_of(entry: Entry) -> Saw:
    """What the client could read of the response to a request. For a HEAD, what a GET would have read."""
    response, struck = entry.response, bool(entry.faults)
    if entry.original is None and entry.state is not None and response.status == 200 and not entry.note:
        return Saw(entry.state.value, 200)  # nearly every one; what follows would say the same
    if entry.told is not None:
        return Saw("told", response.status)
    if entry.note:
        return Saw("unmatched", response.status, struck)
    if entry.verdict == "broken":  # a response of ours, to which no fault is applied
        return Saw("error", response.status)
    if response.delivery is not None and _is_cut(response, response.delivery.kind):
        return Saw("cut", None, struck)
    if entry.read is not None:
        return Saw(entry.read.value, response.status, struck)
    if _is_spoiled(entry):
        return Saw("spoiled", response.status, struck)
    if entry.submits and 200 <= response.status < 300:
        return Saw("submitted", response.status, struck)
    if entry.state is None and entry.id is None and not struck and 200 <= response.status < 300:
        return Saw("answered", response.status)
    if entry.state is None or not 200 <= response.status < 300 or has_error(entry):
        return Saw("error", response.status, struck)
    return Saw(entry.state.value, response.status, struck)


def _is_cut(response: Response, kind: str) -> bool:
    if not FAULTS[kind].destroys:
        return False
    if kind != OFF_LENGTH:
        return True
    length = response.header("Content-Length") or ""
    # A length that is too short is read as it says.
    return not (length.isascii() and length.isdigit() and int(length) < len(response.body))


def _is_spoiled(entry: Entry) -> bool:
    response, original = entry.response, entry.original
    if entry.state is not None and response.status in BODILESS:
        return True
    if original is None:
        return False
    if response.delivery is not None and FAULTS[response.delivery.kind].destroys:
        return True
    if response.body == original.body:
        return False
    return not has_error(entry) or not REPLACES_BODY.isdisjoint(entry.faults)


def has_error(entry: Entry) -> bool:
    """Whether a fault put an error of the vendor in the place of the state."""
    return any(name not in NO_ERROR for name in entry.faults)

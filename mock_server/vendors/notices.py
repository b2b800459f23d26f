"""Notifications: what vendors differ in and what they share, as values and pure functions.

What is told, and how it is signed, is in each vendor's `notify.py`; what is owed and when, in `engine/outbox.py`; how
an attempt is made, in `notify/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from mock_server.engine.draws import Draws
from mock_server.engine.notify import Outcome as Outcome
from mock_server.engine.notify import Signed as Signed
from mock_server.engine.outbox import Progress as Progress
from mock_server.engine.scenario import FAILURES, RANK, State
from mock_server.http.message import Pairs
from mock_server.types import Json
from mock_server.vendors.credentials import Keys, without_port

TAKEN = 200
"""The one status that takes a notification, at every vendor."""


class Terms(NamedTuple):
    """On which terms a vendor notifies.

    `waits` has the milliseconds after each failed attempt until the next: there is one attempt more than waits.
    `ends_on_4xx`: a response of 400 to 499 ends it.
    """

    waits: tuple[int, ...]
    ends_on_4xx: bool = False

    @property
    def attempts(self) -> int:
        """How many attempts are made at most."""
        return len(self.waits) + 1

    def outcome(self, status: int, attempt: int, *, retries: bool = True) -> Outcome:
        """What becomes of the attempt of this number, from 1, that was answered with `status`; 0: with no response."""
        if status == TAKEN:
            return "delivered"
        if self.ends_on_4xx and 400 <= status <= 499:
            return "failed"
        return "again" if retries and attempt < self.attempts else "failed"


@dataclass(frozen=True)
class Signer:
    """Who signs a notification: an access key with its secret key, which the representation does not show.

    `forged`: the signature is made with another secret, which no key has.
    """

    key: str
    secret: bytes = field(repr=False)
    forged: bool = False

    @property
    def signs_with(self) -> bytes:
        """The secret that the signature is made with."""
        return self.secret + b" forged" if self.forged else self.secret  # no secret of a setting has a blank


def signer_of(keys: Keys, key: str = "", signed: Signed = "right") -> Signer | None:
    """Who signs for a task whose submit was signed by `key`: that key if it is known, else the first. None: nobody."""
    if signed == "no" or not keys.secrets:
        return None
    named = key if key in keys.secrets else next(iter(keys.secrets))
    return Signer(named, keys.secrets[named], forged=signed == "wrong")


class Notice(NamedTuple):
    """A notification before it is signed: the address as it was submitted, and the JSON text of the body.

    `draws` are its task's, and `name` tells it from the others of the task.
    """

    url: str
    body: bytes
    draws: Draws
    name: str = ""


class Post(NamedTuple):
    """An attempt as it is sent. `headers` has Host and not Content-Length; the target is that of `target_and_host`.

    `key` is the access key that signed, "" if none did.
    """

    url: str
    headers: Pairs
    body: bytes
    key: str = ""


def json_of(text: bytes) -> Json | None:
    """The status document of a notification: an object with an id and items. None: the text is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"id", "items"} <= found.keys() else None


def is_notify_word(state: State) -> bool:
    """Whether a state says how the telling of an end goes."""
    return RANK[state] > RANK[State.SUCCEEDED]


def before_telling(state: State) -> State:
    """How the work of an item ended whose state says how the telling of it goes; any other state as it is."""
    if not is_notify_word(state):
        return state
    return State.FAILED if state in FAILURES else State.SUCCEEDED


_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def target_and_host(url: str) -> tuple[str, str]:
    """The request target and the Host that a client sends for a URL: without its fragment and a default port.

    A text that is no URL has itself as its target, and no host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url, ""
    host = parts.netloc.rpartition("@")[2].removesuffix(":")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return target, without_port(host) if port == _DEFAULT_PORTS.get(parts.scheme) else host


def progress_of_whole(items: Iterable[Progress | None]) -> Progress | None:
    """How far a task is of whose items each is told by itself; None, of an item or of all: nothing is told of it."""
    found = set(items)
    order: tuple[Progress, ...] = ("trying", "owed", "failed", "delivered")
    return next((progress for progress in order if progress in found), None)

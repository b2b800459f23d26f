"""What a scenario says of notifications: how many are sent, when, and what each tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from mock_server.engine.durations import Span

Signed = Literal["right", "wrong", "no"]
"""How a notification is signed: by its key, by another secret in the same form, or not at all."""
Outcome = Literal["delivered", "again", "failed", "refused"]
"""What became of an attempt: taken; not taken, and another follows; not taken, and none follows; not even sent."""
NotifyStatus = Literal["script", "real"]
"""What polls show of notifications: what the script says, or what became of them."""


class Sending(NamedTuple):
    """One notification, which a task with an address owes at most once.

    It is owed from the moment of its cause on, `after` which it is due: the first entry of the step `on`, or, with
    None, the first end of the work. What it tells is the body of the step `shows`, or, with None, of what shows at the
    moment of its cause.
    """

    on: int | None = None
    """The position of a step."""
    after: Span | None = None
    shows: int | None = None
    """The position of a step."""
    item: int | None = None
    """Its position, for a task that notifies of each item by itself: it is about this item, and caused by its end."""
    signed: Signed = "right"
    retries: bool = True
    """Whether it is sent again if it is not taken."""


@dataclass(frozen=True)
class Notify:
    """The notifications of a scenario; left out, there is one, when the work ends."""

    status: NotifyStatus = "script"
    send: tuple[Sending, ...] = (Sending(),)
    """Empty: the task never notifies."""


ONE_AT_THE_END = Notify()

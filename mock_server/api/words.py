"""The words that the API shares with the parts of a server. Apart, since those need no more of the API."""

from __future__ import annotations

from typing import Literal, get_args

from mock_server.engine.notify import Outcome as Outcome
from mock_server.engine.notify import Signed as Signed

Verdict = Literal["fits", "off-contract", "broken", "ours"]
"""What the contract said of a response: it fits, breaks it on purpose, broke it (and was replaced), or is ours."""

Scope = Literal["tasks", "faults", "journal", "clock", "scenarios", "coverage", "rules"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What can be reset."""

EntryKind = Literal["request", "submit", "told"]
"""What an entry of the journal is: a request; one that submitted a job; an attempt to deliver a notification."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

SawWord = Literal[
    "submitted",
    "answered",
    "waiting",
    "processing",
    "succeeded",
    "failed",
    "notifying",
    "notify_failed",
    "notified",
    "failure_notifying",
    "failure_notify_failed",
    "failure_notified",
    "error",
    "spoiled",
    "cut",
    "unmatched",
    "told",
]
"""What a client could read of a response: every state's word, and what stands for no state. `told` is of an attempt to
deliver a notification, which no client reads."""
SAW_WORDS: tuple[str, ...] = get_args(SawWord)

MovesBy = Literal["poll", "time", "either", "hand", "items", "end"]
"""What ends the step of a task: polls, time, whichever of the two comes first, a person alone; or its items walk by
themselves; or nothing will, for the end is reached."""

Order = Literal["born", "activity"]
"""The orders of a list of tasks: first births first, vendor by vendor; or latest exchange or move first."""
ORDERS: tuple[Order, ...] = get_args(Order)

MadeBy = Literal["birth", "poll", "time", "hand"]
"""Who made a change of step."""

ComingKind = Literal["step", "item", "expiry"]
"""What time may do with a task."""

"""The schema of `notify`: which notifications a task with an address sends."""

from __future__ import annotations

from typing import get_args

from mock_server.engine.notify import NotifyStatus, Signed
from mock_server.schema.parts import MOST, enum, mapping, whole
from mock_server.types import Bound, Json

MOST_SENDINGS = 100
SENDINGS = Bound(
    "Entries of `notify.send` of a scenario",
    MOST_SENDINGS,
    "notifications",
    "The scenario is not loaded. A task that notifies of each item by itself sends an entry once for each.",
)


def notify() -> Json:
    """What a task notifies, and what its polls show of it."""
    return {
        "description": "The notifications of a task that has an address. Left out: one, when its work ends.",
        **mapping(
            {
                "status": {
                    "description": "What polls show of them: what the steps say, or what became of them (`real`).",
                    **enum(get_args(NotifyStatus), "script or real"),
                },
                "send": {
                    "description": "The notifications, each sent at most once. Left out: one, at the end. []: none.",
                    "type": "array",
                    "maxItems": MOST_SENDINGS,
                    "items": {"$ref": "#/$defs/sending"},
                    "x-expected": "a list of notifications, such as [{}]",
                },
            }
        ),
        "minProperties": 1,
        "x-expected": "a mapping with `status` or `send`",
    }


def sending() -> Json:
    """One notification: when it is sent, what it tells, and how."""
    return {
        **mapping(
            {
                "on": {
                    "description": "The step that causes it when the task first enters it. Left out: the end.",
                    "$ref": "#/$defs/name",
                },
                "after": {
                    "description": "How long after its cause it is sent. Left out: at once.",
                    "$ref": "#/$defs/span",
                },
                "shows": {
                    "description": "The step whose body it has. Left out: the one that polls see then.",
                    "$ref": "#/$defs/name",
                },
                "item": {
                    "description": "It is about this item alone, from 0, in a task that notifies of single items.",
                    **whole(0, MOST - 1, f"the number of an item, from 0 to {MOST - 1}"),
                },
                "signed": {
                    "description": "Its signature: right, wrong (made with another secret), or no.",
                    **enum(get_args(Signed), "right, wrong or no"),
                },
                "retries": {
                    "description": "Whether it is sent again, as the vendor does, until it is accepted.",
                    "type": "boolean",
                    "x-expected": "true or false",
                },
            }
        ),
        "x-expected": "a notification such as {} or {after: 2s}",
    }

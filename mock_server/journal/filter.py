"""Which exchanges of the journal are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import State
from mock_server.journal.journal import Counters, Entry
from mock_server.types import Json

FILTER_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "description": "Which exchanges: all that is given must hold.",
    "additionalProperties": False,
    "properties": {
        "vendor": {"type": "string", "maxLength": 100, "description": "The vendor that was asked."},
        "id": {
            "type": "string",
            "maxLength": 1024,
            "description": "The task's id, or a prefix with one final `*`; `\\*` is a star itself.",
        },
        "scenario": {
            "type": "string",
            "maxLength": 200,
            "description": "The scenario's name, or one version of it as `name@digest`.",
        },
        "step": {"type": "string", "maxLength": 200, "description": "The step that was seen; `expired` after the end."},
        "state": {
            "enum": [state.value for state in State],
            "x-expected": "a state",
            "description": "The neutral word of what the vendor said.",
        },
        "status": {
            "type": "integer",
            "minimum": 100,
            "maximum": 999,
            "description": "The status of the response as it left.",
        },
        "method": {"type": "string", "maxLength": 100, "description": "The request's method."},
        "fault": {"type": "string", "maxLength": 100, "description": "A fault that struck: its name, or an error."},
        "matched": {"type": "boolean", "description": "Whether the request met a task or a path that exists."},
        "poll": {"type": "boolean", "description": "Whether it counted as a status request of its task."},
        "after": {"type": "integer", "minimum": 0, "description": "Only entries numbered above this."},
    },
}


class Filter(NamedTuple):
    """All that is given must hold. `id` is the text of an `IdPattern`; `scenario` a name or a version."""

    vendor: str | None = None
    id: str | None = None
    scenario: str | None = None
    step: str | None = None
    state: str | None = None
    status: int | None = None
    method: str | None = None
    fault: str | None = None
    matched: bool | None = None
    poll: bool | None = None
    after: int = 0

    def fits(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return (
            entry.number > self.after
            and self.vendor in (None, entry.vendor)
            and self._id_fits(entry.id)
            and self.scenario in (None, entry.scenario, (entry.scenario or "").partition("@")[0])
            and self.step in (None, entry.step)
            and self.state in (None, entry.state)
            and self.status in (None, entry.response.status)
            and self.method in (None, entry.request.method)
            and (self.fault is None or self.fault in entry.faults)
            and self.matched in (None, not entry.note)
            and self.poll in (None, entry.poll)
        )

    @property
    def names_a_task(self) -> bool:
        """Whether it can only mean exchanges of one task."""
        return self.vendor is not None and self.id is not None and not IdPattern.parse(self.id).is_prefix

    def _id_fits(self, id: str | None) -> bool:
        return self.id is None or (id is not None and IdPattern.parse(self.id).matches(id))


def may_be_lost(wanted: Filter, entries: Sequence[Entry], counters: Counters) -> bool:
    """Whether an exchange that is meant may have been evicted; `entries` are all that the journal keeps.

    A task whose first poll is still there has lost nothing since its birth.
    """
    if counters.evicted_to <= wanted.after:
        return False
    if not wanted.names_a_task:
        return True
    task = Filter(vendor=wanted.vendor, id=wanted.id)
    first = next((entry for entry in entries if task.fits(entry)), None)
    return first is None or not (first.poll and first.asked == 1)

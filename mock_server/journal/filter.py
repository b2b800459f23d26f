"""Which exchanges of the journal a question selects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Unpack

from mock_server.api.questions import ExchangeFilter
from mock_server.engine.ids import IdPattern
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.saw import saw_of

MATCHERS: Mapping[str, Callable[[Any, Entry], bool]] = {
    "vendor": lambda vendor, entry: vendor == entry.vendor,
    "id": lambda id, entry: entry.id is not None and IdPattern.parse(id).matches(entry.id),
    "scenario": lambda name, entry: name in (entry.scenario, (entry.scenario or "").partition("@")[0]),
    "step": lambda step, entry: step == entry.step,
    "state": lambda state, entry: state == entry.state,
    "status": lambda status, entry: status == entry.response.status,
    "method": lambda method, entry: method == entry.request.method,
    "fault": lambda fault, entry: fault in entry.faults,
    "faulted": lambda faulted, entry: faulted is bool(entry.faults),
    "verdict": lambda verdict, entry: verdict == entry.verdict,
    "matched": lambda matched, entry: matched is not bool(entry.note),
    "poll": lambda poll, entry: poll is entry.poll,
    "saw": lambda word, entry: word == saw_of(entry).word,
    "submit": lambda submit, entry: submit is entry.submits,
    "told": lambda told, entry: told is (entry.told is not None),
    "outcome": lambda word, entry: entry.told is not None and word == entry.told.outcome,
    "after": lambda number, entry: entry.number > number,
    "before": lambda number, entry: entry.number < number,
}
"""For each field of a filter, whether an entry matches it."""


_BY_NUMBER = ("after", "before")


class Filter:
    """Selects entries: every given field must match. Without `told` or `outcome` it selects no attempt to deliver a
    notification.
    """

    def __init__(self, **fields: Unpack[ExchangeFilter]) -> None:
        self.fields = fields
        self._all: Mapping[str, Any] = {"told": "outcome" in fields, **fields}

    @property
    def after(self) -> int:
        """Only entries with a number above this."""
        return self.fields.get("after", 0)

    @property
    def names_a_task(self) -> bool:
        """Whether it can only select exchanges of one task."""
        id = self.fields.get("id")
        return "vendor" in self.fields and id is not None and not IdPattern.parse(id).is_prefix

    @property
    def before(self) -> int | None:
        """Only entries with a number below this."""
        return self.fields.get("before")

    @property
    def told(self) -> bool:
        """Whether it selects attempts to deliver a notification, and nothing else."""
        return bool(self._all["told"])

    def fits(self, entry: Entry) -> bool:
        """Whether it selects an entry."""
        return all(MATCHERS[name](value, entry) for name, value in self._all.items())

    def unnumbered(self) -> Callable[[Entry], bool]:
        """The same as a function, whatever an entry's number is."""
        tests = [_test(name, value) for name, value in self._all.items() if name not in _BY_NUMBER]
        if len(tests) == 1:
            return tests[0]
        return lambda entry: all(test(entry) for test in tests)

    def unmatched(self) -> Filter:
        """The same, but only of requests that met no task and no path."""
        fields = self.fields.copy()
        fields["matched"] = False
        return Filter(**fields)


def _test(name: str, value: Any) -> Callable[[Entry], bool]:
    """The matcher of one field, without what would be the same for each entry."""
    if name == "told":
        return (lambda entry: entry.told is not None) if value else (lambda entry: entry.told is None)
    if name == "id":
        pattern = IdPattern.parse(value)
        start = pattern.start
        if not pattern.is_prefix:
            return lambda entry: entry.id == start
        return lambda entry: entry.id is not None and entry.id.startswith(start)
    return partial(MATCHERS[name], value)


def may_be_lost(wanted: Filter, entries: Sequence[Entry], counters: Counters) -> bool:
    """Whether an exchange that the filter selects may have been evicted; `entries` are all that the journal keeps.

    A task whose submit or first poll is still there has lost nothing since its birth, but for attempts that came before
    that poll.
    """
    if counters.evicted_to <= wanted.after:
        return False
    if not wanted.names_a_task:
        return True
    task = (wanted.fields.get("vendor"), wanted.fields.get("id"))
    requests = (entry for entry in entries if entry.told is None)
    first = next((entry for entry in requests if (entry.vendor, entry.id) == task), None)
    if first is None or wanted.told:
        return first is None or not first.submits
    return not (first.submits or (first.poll and first.asked == 1))

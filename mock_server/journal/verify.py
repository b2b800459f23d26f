"""Assertions over the journal: how many exchanges there were, in which order, and how a client paced its polls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple, cast

from mock_server.api.exchange import among_them
from mock_server.api.questions import QUESTION_SCHEMA, Cadence, Expectation, length_text
from mock_server.engine import durations
from mock_server.errors import InvalidInput, Problem, nearest
from mock_server.journal.cadence import Shortfall, cadence_shortfalls, cadence_unjudged
from mock_server.journal.filter import Filter, may_be_lost
from mock_server.journal.journal import Counters, Entry
from mock_server.schema.findings import at_json_path, listed
from mock_server.schema.validator import Validator
from mock_server.types import Json

_SHOWN = 20
_NEEDS_EXCHANGES = ("order", "statuses", "cadence")
"""What of an expectation says how exchanges were, and so says nothing where there are none."""
_NOT_JUDGED = ("clock", "slack")
"""What of a cadence only says how the rest is judged."""
_ALIKE = 0.8
"""How nearly the same two ids must be for one to be a misspelling of the other."""
_POLLS_ALONE = "poll=True, or --poll, counts polls alone"
_COMPARED = 200
"""Ids that are compared with one that nobody requested: the newest, since each comparison takes a while."""


class Question(NamedTuple):
    """What should hold of the exchanges that `where` selects."""

    where: Filter
    expected: Expectation


class Answer(NamedTuple):
    """`verdict` evicted: what is left cannot tell. `entries` are those at fault, else all that were selected."""

    verdict: Literal["met", "unmet", "evicted"]
    problems: tuple[Problem, ...]
    entries: tuple[Entry, ...]


def question_of(value: Json) -> Question:
    """The question that a JSON value asks. InvalidInput: every problem of it, by JSON path."""
    findings = _shape().findings(value)
    problems = listed(findings, "$", at_json_path)
    if problems:
        raise InvalidInput(problems)
    expected = cast(Expectation, {name: found for name, found in value.items() if name != "where"})
    if not expected:
        hint = f"ask one of {', '.join(Expectation.__annotations__)}"
        raise InvalidInput([Problem("$", "nothing is asked", hint)])
    _check_cadence(expected.get("cadence"))
    return Question(Filter(**value.get("where", {})), expected)


@cache
def _shape() -> Validator:
    """What a question looks like. Compiled once, which takes longer than a question, and not at import."""
    return Validator(QUESTION_SCHEMA)


def judge(question: Question, entries: Sequence[Entry], counters: Counters) -> Answer:
    """What the journal says to a question; `entries` are all that it keeps.

    With only those above the question's `after` the verdict is the same, and so is what is selected; hints are not.

    What exchanges cannot show is not met by them: an order, statuses or a cadence of none, the gaps of a single poll.
    Only a question that asks for no exchange at all is met by none.
    Where entries were evicted that the question may have selected, the answer is only what they could not change.
    """
    expected = question.expected
    selected = tuple(entry for entry in entries if question.where.fits(entry))
    tasks = tasks_of(selected)
    short = (
        *_unjudged(question, entries, selected, tasks),
        *_counted(question, entries, selected),
        *_in_order(expected, tasks),
        *cadence_shortfalls(expected.get("cadence"), tasks),
    )
    if may_be_lost(question.where, entries, counters):
        short = tuple(each for each in short if each.sure)
        if not short and expected.keys() != {"at_least"}:
            return Answer("evicted", (), selected)
        if not short and len(selected) < expected.get("at_least", 0):
            return Answer("evicted", (), selected)
    if not short:
        return Answer("met", (), selected)
    numbers = {entry.number: entry for each in short for entry in each.entries}
    return Answer("unmet", tuple(map(_problem, short)), tuple(numbers[number] for number in sorted(numbers)))


def tasks_of(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], ...]:
    """The exchanges of each task, in the order of their first."""
    found: dict[tuple[str | None, str | None], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.vendor, entry.id), []).append(entry)
    return tuple(tuple(each) for each in found.values())


def _check_cadence(cadence: Cadence | None) -> None:
    """InvalidInput: it asks nothing, or a length of time of the right form is too long."""
    if cadence is None:
        return
    problems = []
    asked = {name: value for name, value in cadence.items() if name not in _NOT_JUDGED and value is not False}
    if not asked:
        hint = f"ask one of {', '.join(name for name in Cadence.__annotations__ if name not in _NOT_JUDGED)}"
        problems.append(Problem("$.cadence", "nothing is asked", hint))
    gaps = {"min_gap": cadence.get("min_gap"), "max_gap": cadence.get("max_gap")}
    for name, gap in gaps.items():
        try:
            durations.length(length_text(gap)) if gap is not None else None
        except durations.BadTime as error:
            problems.append(Problem(f"$.cadence.{name}", str(error)))
    if problems:
        raise InvalidInput(problems)


def _unjudged(
    question: Question, entries: Sequence[Entry], selected: tuple[Entry, ...], tasks: Sequence[tuple[Entry, ...]]
) -> Iterator[Shortfall]:
    """What the exchanges cannot show, unless the question asks for none."""
    expected = question.expected
    if 0 in (expected.get("count"), expected.get("at_most")) or not any(name in expected for name in _NEEDS_EXCHANGES):
        return
    if not selected:
        where = "$.where" if question.where.fields else "$"
        yield Shortfall(where, f"nothing to judge: no exchange matches; {_near_miss(question.where, entries)}")
        return
    if "order" in expected and not any(entry.poll for entry in selected):
        yield Shortfall("$.order", "nothing to judge: none of the exchanges is a poll", selected)
    if "cadence" in expected:
        yield from cadence_unjudged(expected["cadence"], tasks)


def _near_miss(where: Filter, entries: Sequence[Entry]) -> str:
    """What a filter that selects nothing may have meant."""
    if not entries:
        return "the journal is empty"
    id = where.fields.get("id")
    if id is not None and not any(Filter(id=id).fits(entry) for entry in entries):
        close = _near_id(id, entries)
        return f"no request named the id {_json(id)}{f', and the nearest is {_json(close)}' if close else ''}"
    without = []
    for name, value in where.fields.items():
        others = where.fields.copy()
        others.pop(name)  # type: ignore[misc]  # one of its own keys
        found = sum(map(Filter(**others).fits, entries))
        if found:
            without.append(f"{found} would without {name} {_json(value)}")
    return "; ".join(without) or f"none of the {len(entries)} that are kept does"


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _near_id(id: str, entries: Sequence[Entry]) -> str | None:
    """The id that was requested and of which one that was not may be a misspelling, if there is one.

    Ids of tests that run beside each other are much alike, so that it must be close.
    """
    ids: dict[str, None] = {}
    for entry in reversed(entries):
        if entry.id:
            ids.setdefault(entry.id)
        if len(ids) == _COMPARED:
            break
    return nearest(id.removesuffix("*"), ids, _ALIKE)


def _counted(question: Question, entries: Sequence[Entry], selected: tuple[Entry, ...]) -> Iterator[Shortfall]:
    found, expected = len(selected), question.expected
    count, at_least, at_most = expected.get("count"), expected.get("at_least"), expected.get("at_most")
    bounds = (
        ("count", count, "exactly", count is not None and found != count),
        ("at_least", at_least, "at least", at_least is not None and found < at_least),
        ("at_most", at_most, "at most", at_most is not None and found > at_most),
    )
    for name, wanted, words, broken in bounds:
        if broken and wanted is not None:
            noun = "attempt" if question.where.told else "exchange"
            what = f"expected {words} {wanted} {noun if wanted == 1 else f'{noun}s'}, found {found}"
            submits = among_them(sum(entry.submits for entry in selected), found)
            what += f", {submits}" if submits else ""
            judged = any(name in expected for name in _NEEDS_EXCHANGES)  # then that says it
            hint = _POLLS_ALONE if submits else ""
            if not found and not judged:
                hint = _near_miss(question.where, entries)
            yield Shortfall(f"$.{name}", what, selected, sure=found > wanted, hint=hint)


def _in_order(expected: Expectation, tasks: Sequence[tuple[Entry, ...]]) -> Iterator[Shortfall]:
    """Each task by itself; where nothing was selected, nothing is what was seen."""
    order, wanted = expected.get("order"), expected.get("statuses")
    for entries in tasks or ((),):
        if order is not None:
            polls = tuple(entry for entry in entries if entry.poll)
            names = tuple(entry.step or "" for entry in polls)
            steps = [name for k, name in enumerate(names) if k == 0 or names[k - 1] != name]
            if steps != list(order):
                what, hint = f"expected {_row(order)}, found {_row(steps)}", _order_hint(order, names)
                yield Shortfall("$.order", what, polls, hint=hint)
        if wanted is not None:
            statuses = [entry.response.status for entry in entries]
            if statuses != list(wanted):
                what = f"expected {_row(wanted)}, found {_row(statuses)}"
                submits = among_them(sum(entry.submits for entry in entries), len(entries))
                what, hint = (f"{what}, {submits}", _POLLS_ALONE) if submits else (what, "")
                yield Shortfall("$.statuses", what, entries, hint=hint)


def _order_hint(order: Sequence[str], names: Sequence[str]) -> str:
    """What may be amiss in an order: a step that is misspelt, or one that repetitions were expected of."""
    seen = dict.fromkeys(name for name in names if name not in order)
    strange = dict.fromkeys(name for name in order if name not in names)
    close = ((name, nearest(name, seen)) for name in strange)
    hints = [f"{_json(name)}: did you mean {_json(found)}?" for name, found in close if found is not None]
    if any(before == after for row in (order, names) for before, after in pairwise(row)):
        hints.append("repetitions in a row count once")
    return "; ".join(hints)


def _row(words: Sequence[str | int]) -> str:
    first = [str(word) for word in words[:_SHOWN]]
    return ", ".join([*first, "…"] if len(words) > _SHOWN else first) or "none"


def _problem(short: Shortfall) -> Problem:
    numbers = _row([f"#{entry.number}" for entry in short.entries])
    return Problem(short.where, f"{short.what}: {numbers}" if short.entries else short.what, short.hint)

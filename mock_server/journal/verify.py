"""Assertions over the journal: how many exchanges there were, in which order, and how a client paced its polls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from mock_server.engine import durations
from mock_server.errors import InvalidInput, Problem, json_path
from mock_server.journal.cadence import Cadence, Shortfall, Ticks, paced
from mock_server.journal.filter import FILTER_SCHEMA, Filter, may_be_lost
from mock_server.journal.journal import Counters, Entry
from mock_server.schema.validator import Validator
from mock_server.types import Json

_WHOLE: Mapping[str, Json] = {"type": "integer", "minimum": 0}
_TIME: Mapping[str, Json] = {
    "type": "string",
    "pattern": durations.LENGTH,
    "x-expected": "a length of time such as 250ms, 3s or 10m",
}
CADENCE_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "description": "How each task was polled. Gaps lie between two polls of one task.",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "clock": {"enum": list(get_args(Ticks)), "x-expected": "a clock", "description": "By which; left out: real."},
        "min_gap": {**_TIME, "description": "No gap is shorter."},
        "max_gap": {**_TIME, "description": "No gap is longer."},
        "honours_retry_after": {"type": "boolean", "description": "After a Retry-After, no poll came too early."},
        "backs_off": {"type": "boolean", "description": "No gap is shorter than the one before by more than a tenth."},
        "polls_after_end": {**_WHOLE, "description": "At most so many polls came after the end was shown."},
    },
}
QUESTION_SCHEMA: Mapping[str, Json] = {
    "type": "object",
    "description": "What should hold of the exchanges that `where` means; each that is given is checked.",
    "additionalProperties": False,
    "properties": {
        "where": FILTER_SCHEMA,
        "count": {**_WHOLE, "description": "Exactly so many exchanges."},
        "at_least": {**_WHOLE, "description": "So many exchanges or more."},
        "at_most": {**_WHOLE, "description": "So many exchanges or fewer."},
        "order": {
            "type": "array",
            "maxItems": 1000,
            "items": {"type": "string"},
            "description": "The steps that each task's polls saw, in order; the same one again counts once.",
        },
        "statuses": {
            "type": "array",
            "maxItems": 1000,
            "items": {"type": "integer"},
            "description": "The statuses of each task's responses, every one of them, in order.",
        },
        "cadence": CADENCE_SCHEMA,
    },
    "examples": [{"where": {"vendor": "acme", "id": "happy-path.1"}, "count": 3, "cadence": {"min_gap": "1s"}}],
}
_SHOWN = 20


class Question(NamedTuple):
    """What should hold of the exchanges that `where` means. None: not asked."""

    where: Filter = Filter()
    count: int | None = None  # type: ignore[assignment]  # hides tuple.count, which a question has no use for
    at_least: int | None = None
    at_most: int | None = None
    order: tuple[str, ...] | None = None
    statuses: tuple[int, ...] | None = None
    cadence: Cadence | None = None


class Answer(NamedTuple):
    """`verdict` evicted: what is left cannot tell. `entries` are the exchanges at fault, else all that were meant."""

    verdict: Literal["met", "unmet", "evicted"]
    problems: tuple[Problem, ...]
    entries: tuple[Entry, ...]


def question_of(value: Json) -> Question:
    """The question that a JSON value asks. InvalidInput: every problem of it, by JSON path."""
    findings = Validator(QUESTION_SCHEMA).findings(value)
    problems = [Problem(json_path(found.path), found.what, found.hint) for found in findings]
    if problems:
        raise InvalidInput(problems)
    asked = {name: found for name, found in value.items() if name != "where"}
    if not asked:
        hint = f"ask one of {', '.join(name for name in QUESTION_SCHEMA['properties'] if name != 'where')}"
        raise InvalidInput([Problem("$", "nothing is asked", hint)])
    lists = {name: tuple(asked[name]) for name in ("order", "statuses") if name in asked}
    cadence = {"cadence": _cadence(asked["cadence"])} if "cadence" in asked else {}
    return Question(**{**asked, "where": Filter(**value.get("where", {})), **lists, **cadence})


def judge(question: Question, entries: Sequence[Entry], counters: Counters) -> Answer:
    """What the journal says to a question; `entries` are all that it keeps.

    Where entries were evicted that were perhaps meant, only what they could not change is said for certain.
    """
    meant = tuple(entry for entry in entries if question.where.fits(entry))
    short = (*_counted(question, meant), *_in_order(question, meant), *paced(question.cadence, tasks_of(meant)))
    if may_be_lost(question.where, entries, counters):
        short = tuple(each for each in short if each.sure)
        if not short and question != Question(question.where, at_least=question.at_least):
            return Answer("evicted", (), meant)
        if not short and len(meant) < (question.at_least or 0):
            return Answer("evicted", (), meant)
    if not short:
        return Answer("met", (), meant)
    numbers = {entry.number: entry for each in short for entry in each.entries}
    return Answer("unmet", tuple(map(_told, short)), tuple(numbers[number] for number in sorted(numbers)))


def tasks_of(entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], ...]:
    """The exchanges of each task, in the order of their first."""
    found: dict[tuple[str | None, str | None], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.vendor, entry.id), []).append(entry)
    return tuple(tuple(each) for each in found.values())


def _cadence(raw: Mapping[str, Json]) -> Cadence:
    gaps: dict[str, int] = {}
    problems = []
    for name in ("min_gap", "max_gap"):
        try:
            gaps |= {name: durations.length(raw[name])} if name in raw else {}
        except durations.BadTime as error:
            problems.append(Problem(f"$.cadence.{name}", str(error)))
    if problems:
        raise InvalidInput(problems)
    return Cadence(**{**raw, **gaps})


def _counted(question: Question, meant: tuple[Entry, ...]) -> Iterator[Shortfall]:
    found = len(meant)
    bounds = (
        ("count", question.count, "exactly", question.count is not None and found != question.count),
        ("at_least", question.at_least, "at least", question.at_least is not None and found < question.at_least),
        ("at_most", question.at_most, "at most", question.at_most is not None and found > question.at_most),
    )
    for name, wanted, words, broken in bounds:
        if broken and wanted is not None:
            what = f"expected {words} {wanted} exchanges, found {found}"
            yield Shortfall(f"$.{name}", what, meant, sure=found > wanted)


def _in_order(question: Question, meant: tuple[Entry, ...]) -> Iterator[Shortfall]:
    """Each task by itself; where nothing is meant, nothing is what was seen."""
    for entries in tasks_of(meant) or ((),):
        if question.order is not None:
            polls = tuple(entry for entry in entries if entry.poll)
            names = tuple(entry.step or "" for entry in polls)
            steps = tuple(name for k, name in enumerate(names) if k == 0 or names[k - 1] != name)
            if steps != question.order:
                yield Shortfall("$.order", f"expected {_row(question.order)}, found {_row(steps)}", polls)
        if question.statuses is not None:
            statuses = tuple(entry.response.status for entry in entries)
            if statuses != question.statuses:
                yield Shortfall("$.statuses", f"expected {_row(question.statuses)}, found {_row(statuses)}", entries)


def _row(words: Sequence[str | int]) -> str:
    shown = [str(word) for word in words[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(words) > _SHOWN else shown) or "none"


def _told(short: Shortfall) -> Problem:
    numbers = _row([f"#{entry.number}" for entry in short.entries])
    return Problem(short.where, f"{short.what}: {numbers}" if short.entries else short.what)

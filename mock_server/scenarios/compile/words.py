"""The words of a file for states and errors, and which of the vendors that serve the scenario lack them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

from mock_server.engine.scenario import State
from mock_server.errors import did_you_mean, in_a_row
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.language.errors import errors_of
from mock_server.vendors.dialect import Dialect


def task_state(word: Part, dialects: Sequence[Dialect]) -> State:
    """The state of a task."""
    state = State(word.value)
    for dialect in dialects:
        if state not in dialect.states:
            word.report(f'{dialect.name} has no state "{state}"', _others(dialect, dialect.states))
    return state


def item_state(word: Part, dialects: Sequence[Dialect]) -> State:
    """The state of an item."""
    state = State(word.value)
    check_item_state(word, state, dialects)
    return state


def check_item_state(place: Part, state: State, dialects: Sequence[Dialect]) -> None:
    """Reports, at `place`, which vendors have no such state for an item."""
    for dialect in dialects:
        if state not in dialect.item_states:
            place.report(f'{dialect.name} has no state "{state}" for an item', _others(dialect, dialect.item_states))


def error_of(part: Part) -> int | str | None:
    """The `error` of a step or a fault: a status, a word or a vendor's code. Whether a vendor has it is not checked."""
    error = part.get("error")
    return error if error is None or isinstance(error, str) else int(error)


def check_error(part: Part, dialects: Sequence[Dialect]) -> None:
    """Reports which vendors do not know the `error` of a step or a fault; a status is known to all."""
    error = part.get("error")
    for dialect in dialects:
        if isinstance(error, str) and error not in errors_of(dialect):
            part.child("error").report(f'{dialect.name} has no error "{error}"', partial(_other_error, error, dialect))


def _other_error(error: str, dialect: Dialect) -> str:
    return in_a_row((did_you_mean(error, errors_of(dialect)), f"or leave {dialect.name} out of `vendors`"))


def _others(dialect: Dialect, states: Collection[State]) -> str:
    known = ", ".join(state.value for state in State if state in states)
    return f"leave {dialect.name} out of `vendors`, or use another of: {known}"

"""The checks of the engine are worth something: each sensible slip in it is caught by one of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from mock_server.engine import cursor
from tests.engine import test_cursor, test_item_steps

SOURCE = inspect.getsource(cursor)
SLIPS = [
    ("now >= end:", "now > end:"),
    ("_drawn(scenario, draws, cursor), end)", "_drawn(scenario, draws, cursor), now)"),
    ("if step.lasts is None or not step.moves:", "if step.lasts is None:"),
    ('draws, "for", cursor.hops)', 'draws, "for", cursor.step)'),
    ('draws, "for", cursor.hops)', 'draws, "next", cursor.hops)'),
    ("return cursor.since + step.lasts", "return cursor.born + step.lasts"),
    ("        crossed.append(crossing)\n", ""),
    ("at.asked + 1", "at.asked"),
    ("if not counts:", "if counts:"),
    ("at.polls + counts", "at.polls + 1"),
    ("at.polls + counts", "at.polls + 2 * counts"),
    ("cursor.polls < step.polls", "cursor.polls <= step.polls"),
    ("< step.polls or not step.moves:", "< step.polls:"),
    ("max(now, cursor.since)", "now"),
    ("max(now, cursor.since)", "cursor.since"),
    ("since=at, step=to", "step=to"),
    ("step=to, polls=0, hops", "step=to, hops"),
    ("hops=cursor.hops + 1", "hops=cursor.hops"),
    ("Crossing(cursor.step, to, at)", "Crossing(to, cursor.step, at)"),
    ("since=cursor.since - by", "since=cursor.since + by"),
    ("born=cursor.born - by, ", ""),
    ("now >= cursor.born + scenario.expires", "now > cursor.born + scenario.expires"),
    ("now >= cursor.born + scenario.expires", "now >= cursor.since + scenario.expires"),
    ("not step.edges and not step.hold", "not step.hold"),
    ("not step.edges and not step.hold", "not step.edges"),
    ("(step.state is None or is_end(step.state))", "step.state is not None"),
    ("not place.edges and is_end(place.state)", "not place.edges"),
    ("shown if shown.reason else", "shown if not shown.reason else"),
    ("return (Shown(state, step.reason),) * count", "return (Shown(state),) * count"),
    ("return Shown(place.state, place.reason)", "return Shown(place.state)"),
    ("at, polls, m = cursor.since,", "at, polls, m = cursor.born,"),
    ("if polls < place.polls:", "if polls <= place.polls:"),
    ("            polls -= place.polls\n", ""),
    ("at += place.lasts", "at = cursor.since + place.lasts"),
    ("if now < at:", "if now <= at:"),
    ('draws, "for", k, m)', 'draws, "for", 0, m)'),
    ('draws, "next", k, m)', 'draws, "next", k, 0)'),
    ("        m += 1\n", ""),
    ('edges, draws, "next", cursor.hops)', 'edges, draws, "next", cursor.step)'),
    ("for edge in edges if edge.weight]", "for edge in edges if not edge.weight]"),
    ("if mark < 0:", "if mark > 0:"),
    ("if len(open_) == 1:", "if open_:"),
    ("mark -= edge.weight", "mark -= 1"),
]


def mutant(old: str, new: str) -> ModuleType:
    """The engine with one slip; the text it replaces must stand there exactly once."""
    assert SOURCE.count(old) == 1, f"{old!r} is no longer a place in the engine: mend this list"
    module = ModuleType("mutant")
    exec(compile(SOURCE.replace(old, new), "mutant", "exec"), module.__dict__)
    return module


def checks() -> Iterator[Callable[[ModuleType], None]]:
    """Every example of the rules as a function of the engine, one for each set of parameters."""
    for home in (test_cursor, test_item_steps):
        for name, check in vars(home).items():
            if name.startswith("test_") and "engine" in inspect.signature(check).parameters:
                for given in parameters(check):
                    yield partial(check, **given)


def parameters(check: Callable[..., None]) -> list[dict[str, Any]]:
    """The sets of parameters that one `parametrize` gives, or the empty one."""
    marks = [mark for mark in getattr(check, "pytestmark", []) if mark.name == "parametrize"]
    if not marks:
        return [{}]
    (mark,) = marks
    names, rows = mark.args
    return [{names: row} if isinstance(names, str) else dict(zip(names, row, strict=True)) for row in rows]


def survives(engine: ModuleType) -> bool:
    """Whether no check finds fault with this engine."""
    for check in checks():
        try:
            check(engine)
        except Exception:
            return False
    return True


def test_an_engine_without_a_slip_survives_every_check() -> None:
    assert survives(mutant("def born(", "def born("))


@pytest.mark.parametrize(("old", "new"), SLIPS, ids=[f"{old.strip()} -> {new.strip()}" for old, new in SLIPS])
def test_a_slip_in_the_engine_is_caught(old: str, new: str) -> None:
    assert not survives(mutant(old, new))

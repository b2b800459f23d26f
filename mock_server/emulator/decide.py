"""Room 2: what one status request does to a task and what it answers. Pure: all it knows are its arguments."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.engine.cursor import Crossing, Cursor, advance, born, ended, expired, poll, shown_items
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import EXPIRED, Item, Scenario, State
from mock_server.engine.task import Key, Record, Task, new_task
from mock_server.faults.choose import UNHARMED, Armed, Chosen, Moment, choose
from mock_server.http.errors import OwnError
from mock_server.http.message import Response
from mock_server.http.responses import own_response
from mock_server.journal.journal import Verdict
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import BadPlace, Rendered, Renderer


class Decided(NamedTuple):
    """What a status request does: the response as it leaves, the task after it, and what the journal should know.

    `original` is the response before faults, None if none struck. `record` None: nothing moves.
    """

    response: Response
    verdict: Verdict
    step: str = ""
    asked: int = 0
    record: Record | None = None
    original: Response | None = None
    faults: Chosen = UNHARMED
    crossed: tuple[Crossing, ...] = ()
    ended: bool = False
    state: State | None = None


def birth(scenario: Scenario, seed: int, now: int) -> Task:
    """The task of an id that is polled for the first time."""
    return new_task(scenario.version, seed, born(now), len(scenario.rates))


def decide_poll(
    renderer: Renderer, scenario: Scenario, key: Key, task: Task, now: int, armed: tuple[Armed, ...]
) -> Decided:
    """A poll: the fault is chosen before the cursor moves, and strikes after the body was checked."""
    draws, items = task.draws(key.id), scenario.items_of(key.vendor, task.items())
    cursor, crossed = advance(scenario, draws, task.cursor, now)
    asked = cursor.asked + 1
    if expired(scenario, cursor, now):
        after, _ = poll(scenario, draws, cursor, now, counts=False)
        forgotten = renderer.error(key.vendor, "unknown", draws, asked, options=scenario.options)
        return _decided(forgotten, EXPIRED, asked, task.pack_at(after, task.moments), crossed, over=True)
    step = scenario.steps[cursor.step]
    chosen, moments = UNHARMED, task.moments
    if armed or scenario.faults:
        moment = Moment(asked, cursor.born, now, step.name)
        chosen, moments = choose(armed, scenario.faults, moment, moments, draws)
    seen = _see(renderer, scenario, key, draws, cursor, asked, now, items)
    after, crossing = poll(scenario, draws, cursor, now, counts=scenario.counts_all or not chosen.unseen)
    decided = _decided(
        seen,
        step.name,
        asked,
        task.pack_at(after, moments),
        crossed if crossing is None else (*crossed, crossing),
        # Only once somebody saw it: a full store must not drop a task whose end its client has yet to poll.
        ended(scenario, items, draws, cursor, now),
        whole_state(renderer.registry, scenario, key, draws, cursor, now, items),
    )
    if not chosen.names or decided.verdict == "broken":
        return decided
    return _struck(renderer, scenario, key, draws, decided, chosen)


def decide_peek(renderer: Renderer, scenario: Scenario, key: Key, task: Task, now: int) -> Decided:
    """What the next poll would see if no fault struck it. Nothing counts and nothing moves."""
    draws = task.draws(key.id)
    cursor, _ = advance(scenario, draws, task.cursor, now)
    asked = cursor.asked + 1
    if expired(scenario, cursor, now):
        return _decided(renderer.error(key.vendor, "unknown", draws, asked, options=scenario.options), EXPIRED, asked)
    items = scenario.items_of(key.vendor, task.items())
    seen = _see(renderer, scenario, key, draws, cursor, asked, now, items)
    state = whole_state(renderer.registry, scenario, key, draws, cursor, now, items)
    return _decided(seen, scenario.steps[cursor.step].name, asked, state=state)


def whole_state(
    registry: Registry, scenario: Scenario, key: Key, draws: Draws, cursor: Cursor, now: int, items: tuple[Item, ...]
) -> State | None:
    """The neutral word of the whole task that stands at `cursor`; None where an error shows."""
    if not scenario.by_items:
        return scenario.steps[cursor.step].state
    shown = shown_items(scenario, items, draws, cursor, now)
    return registry.dialect(key.vendor).derive(tuple(each.state for each in shown))


def decide_error(
    renderer: Renderer, vendor: str, error: str | int, draws: Draws, *, field: str | None = None
) -> Decided:
    """The vendor's answer to a request that meets no task, checked as everything is."""
    return _decided(renderer.error(vendor, error, draws, 0, field=field), "", 0)


def _see(
    renderer: Renderer,
    scenario: Scenario,
    key: Key,
    draws: Draws,
    cursor: Cursor,
    asked: int,
    now: int,
    items: tuple[Item, ...],
) -> Rendered | Response:
    """What the step shows, or our own 500 where a `with` names a place that this task's body lacks."""
    try:
        return renderer.step(scenario, key.vendor, key.id, draws, cursor, asked, now, items)
    except BadPlace as error:
        return own_response(
            OwnError.CONTRACT, str(error), scenario=scenario.name, step=scenario.steps[cursor.step].name
        )


def _decided(
    seen: Rendered | Response,
    step: str,
    asked: int,
    record: Record | None = None,
    crossed: tuple[Crossing, ...] = (),
    over: bool = False,
    state: State | None = None,
) -> Decided:
    """The response as it may leave: a body that breaks its contract undeclared is replaced by a loud 500."""
    original: Response | None = None
    verdict: Verdict = "fits"
    if isinstance(seen, Response):
        response, verdict = seen, "broken"
    elif seen.breach is None:
        response = seen.response
    elif seen.broken:
        path, rule, message = seen.breach
        response, verdict = own_response(OwnError.CONTRACT, message, path=path, rule=rule, step=step), "broken"
        original = seen.response
    else:
        response, verdict = seen.response, "off-contract"
    return Decided(response, verdict, step, asked, record, original, UNHARMED, crossed, over, state)


def _struck(
    renderer: Renderer, scenario: Scenario, key: Key, draws: Draws, decided: Decided, chosen: Chosen
) -> Decided:
    """The response with its faults; an `error` takes its place first, and is checked as everything is."""
    original, response, verdict = decided.response, decided.response, decided.verdict
    if chosen.error is not None:
        error = renderer.error(key.vendor, chosen.error, draws, decided.asked, options=scenario.options)
        replaced = _decided(error, decided.step, decided.asked)
        if replaced.verdict == "broken":
            return decided._replace(
                response=replaced.response, verdict="broken", original=replaced.original, faults=chosen
            )
        response, verdict = replaced.response, replaced.verdict
    return decided._replace(response=chosen.spoil(response), verdict=verdict, original=original, faults=chosen)

"""Stage 2, decide: what one status request does to a task, and what it is answered. Pure.

The order is the law:

1. **The fault is chosen first**, on the step the task is in once time has moved it, and before this poll moves it. With
   `count: seen` a poll that a fault hides does not count, so nobody can know where the poll leads before the fault is
   known. Conditions look at the number of the request, which every request raises, so a hidden poll still wears out
   `polls: [4]`.
2. **The response is made from the step before the poll moves the task**: `polls: 2` means that two polls see the step.
3. **The contract is checked before the fault is applied.** What the vendor would have said is valid, or it is refused
   out loud with our own 500, which no fault may hide. Only then is the fault applied; the journal keeps both.
4. **The task is over once somebody saw its end**, not once it got there: a full store must not drop a task whose end
   its client has yet to poll.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from mock_server.emulator import near_miss
from mock_server.emulator.commit import Instant, moved, new_run
from mock_server.emulator.match import Refusal
from mock_server.engine.cursor import BIRTH, Crossing
from mock_server.engine.draws import Draws
from mock_server.engine.run import Run
from mock_server.engine.scenario import EXPIRED, SELF, Scenario, State
from mock_server.engine.task import Key
from mock_server.faults.choose import UNHARMED, Chosen, choose
from mock_server.http.errors import OwnError
from mock_server.http.message import Request, Response, origin_form
from mock_server.http.responses import BODILESS, NOTE_HEADER, own_response
from mock_server.journal.journal import Entry, Verdict
from mock_server.scenarios.library import Library
from mock_server.store.store import Change
from mock_server.vendors.credentials import NO_KEYS, Keys
from mock_server.vendors.places import BadPlace
from mock_server.vendors.render import Rendered, Renderer

_DROPPED = "unmatched; this task was dropped to make room (--max-tasks)"


def _no_refusal(_: str) -> str:
    return ""


class Rules(NamedTuple):
    """What a server decides by, the same for every request. `keys` are those that sign notifications.

    `refusal` says why an address will not be notified, "" if it may be, or if only a look-up of its name tells.
    """

    renderer: Renderer
    seed: int = 0
    default_scenario: str | None = None
    keys: Keys = NO_KEYS
    refusal: Callable[[str], str] = _no_refusal

    def scenario_of(self, library: Library, key: Key) -> Scenario | None:
        """The scenario an id plays from its first poll on: the one that claims it, else the default if there is one."""
        claimed = library.choose(*key)
        if claimed is not None or self.default_scenario is None:
            return claimed
        default = library.scenarios.get(self.default_scenario)
        return default if default is not None and key.vendor in default.vendors else None


class Answer(NamedTuple):
    """A response as it may leave, what the contract says of it, and the response before faults (None: the same)."""

    response: Response
    verdict: Verdict
    original: Response | None = None


def decide_status(rules: Rules, key: Key, request: Request, run: Run | None, at: Instant) -> Change:
    """A status request that names a task: it polls, peeks, gives birth, or meets nothing.

    Unsearched: it meets nothing, and what it may have meant is not known yet.
    """
    if at.dropped:
        return decide_unknown(rules, key, request, at, _DROPPED)
    if run is None:
        scenario = rules.scenario_of(at.library, key)
        if scenario is None:
            return decide_unknown(rules, key, request, at, near_miss.known_of_id(at.library, *key))
        run = new_run(scenario, key, rules.seed, at.now)
    if request.peeks:
        return decide_peek(rules.renderer, request, run, at)
    return decide_poll(rules.renderer, request, run, at)


def decide_poll(renderer: Renderer, request: Request, run: Run, at: Instant) -> Change:
    """A poll: see the order at the top of this module."""
    if run.expired:
        after, crossed = run.polled(counts=False)
        entry = _entry(request, run, at, _forgotten(renderer, run), EXPIRED)._replace(poll=True, crossed=told(crossed))
        return moved(run, after, ended=True, entry=entry)
    scenario, key = run.scenario, run.key
    chosen, buckets = UNHARMED, run.task.buckets
    armed = at.control.armed.aimed_at(*key, at.now) if at.control.armed else ()
    step, state = _told_step(renderer, run)
    if armed or scenario.faults:
        chosen, buckets = choose(run, armed, step)
    answer = _seen(renderer, run)
    after, crossed = run.polled(counts=scenario.counts_all or not chosen.unseen)
    applied = UNHARMED
    if chosen.names and answer.verdict != "broken":
        if chosen.redirect is not None:
            chosen = chosen._replace(redirect=location(renderer, run, request, chosen.redirect))
        answer, applied = faulty(renderer, run, answer, chosen, at.real), chosen
    response, verdict, original = answer
    vendor, id = key
    # Past the constructor, which takes longer than all else here.
    entry = tuple.__new__(
        Entry,
        (
            at.real,
            at.now,
            request,
            response,
            verdict,
            True,
            vendor,
            id,
            scenario.version,
            step,
            run.cursor.asked + 1,
            applied.names,
            told(crossed) if crossed else crossed,
            original,
            "",
            0,
            state,
            applied.sources,
            run.cursor.born,
            None,
            None if applied.body is None else _read(renderer, run, response),
        ),
    )
    return moved(run, after, buckets, entry=entry, spent=applied.spent)


def decide_peek(renderer: Renderer, request: Request, run: Run, at: Instant) -> Change:
    """What the next poll would see if no fault applied to it. Nothing counts and nothing moves."""
    if run.expired:
        return Change(_entry(request, run, at, _forgotten(renderer, run), EXPIRED))
    step, state = _told_step(renderer, run)
    return Change(_entry(request, run, at, _seen(renderer, run), step)._replace(state=state))


def decide_unknown(rules: Rules, key: Key, request: Request, at: Instant, note: str) -> Change:
    """A status request for a task that is not there: the vendor's 404, with a note on why."""
    answer = checked(rules.renderer.error(key.vendor, "unknown", Draws(rules.seed, key.id), _unmatched(at)))
    response = answer.response.with_header(NOTE_HEADER, note)
    entry = Entry(at.real, at.now, request, response, answer.verdict, vendor=key.vendor, id=key.id, note=note)
    return Change(entry._replace(original=answer.original), unmatched=not request.peeks)


def decide_refusal(rules: Rules, refused: Refusal, request: Request, at: Instant) -> Change:
    """A request that names no task: the vendor's refusal, with a note on why if there is one."""
    draws = Draws(rules.seed, request.target)
    answer = checked(rules.renderer.error(refused.vendor, refused.error, draws, _unmatched(at), field=refused.field))
    response = answer.response
    if refused.allow:
        response = response.with_header("Allow", ", ".join(refused.allow))
    if refused.note:
        response = response.with_header(refused.header, refused.note)
    elif refused.field is not None:
        response = _with_expected(rules, refused.vendor, refused.field, response)
    entry = Entry(at.real, at.now, request, response, answer.verdict, vendor=refused.vendor, note=refused.note)
    return Change(entry._replace(original=answer.original), unmatched=not request.peeks)


def _with_expected(rules: Rules, vendor: str, field: str, response: Response) -> Response:
    """The refusal of a submit with what is expected of the field at fault. It is no note: the request met something."""
    expected = rules.renderer.registry.dialect(vendor).submit_fields.get(field)
    if expected is None:
        return response
    return response.with_header(NOTE_HEADER, f"refused; the field {field}: expected {expected}")


def _told_step(renderer: Renderer, run: Run) -> tuple[str, State | None]:
    """The step that a poll sees, and the state there. Where items have steps of their own, one is named by the other:
    no other step of the whole is known to those who write faults and assertions."""
    name, state = run.step.name, run.step.state
    if run.scenario.by_items:
        state = run.state(renderer.registry.dialect(run.key.vendor).derive)
        name = "" if state is None else state.value
    if run.scenario.notify.status == "real":
        laid = renderer.laid_over(run)
        state = state if laid is None else laid.state
    return name, state


def _read(renderer: Renderer, run: Run, response: Response) -> State | None:
    """The state that a client reads in a response whose body a fault replaced; None: it is no status of the vendor."""
    if not 200 <= response.status < 300 or response.status in BODILESS:
        return None
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    reading = renderer.registry.dialect(run.key.vendor, run.scenario.options).read_status(body)
    return None if reading is None else reading.state


def _unmatched(at: Instant) -> int:
    """What tells the request id of one miss from the next: below 1, so that no poll of a task has the same."""
    return -at.control.unmatched


def _seen(renderer: Renderer, run: Run) -> Answer:
    """What the step shows, or our own 500 where a `with` names a place that this task's body lacks."""
    try:
        answer = checked(renderer.step(run), run.step.name)
    except BadPlace as error:
        scenario = run.scenario.name
        answer = Answer(own_response(OwnError.CONTRACT, str(error), scenario=scenario, step=run.step.name), "broken")
    return answer if answer.verdict != "broken" else _loud(renderer, run, answer)


def _loud(renderer: Renderer, run: Run, answer: Answer) -> Answer:
    """Our own 500 with the request id of the response that it replaces."""
    asked = run.cursor.asked + 1
    return answer._replace(response=renderer.in_place_of(run.key.vendor, run.draws, asked, answer.response))


def _forgotten(renderer: Renderer, run: Run) -> Answer:
    """The vendor's word for a task that it does not know any more."""
    asked, options = run.cursor.asked + 1, run.scenario.options
    return checked(renderer.error(run.key.vendor, "unknown", run.draws, asked, options=options), EXPIRED)


def checked(rendered: Rendered, step: str = "") -> Answer:
    """The response as it may leave: one that breaks its contract undeclared is replaced by a loud 500."""
    breach = rendered.breach
    if breach is None:
        return tuple.__new__(Answer, (rendered.response, "fits", None))
    if not rendered.broken:
        return Answer(rendered.response, "off-contract")
    path, rule, message = breach
    loud = own_response(OwnError.CONTRACT, message, path=path, rule=rule, step=step)
    return Answer(loud, "broken", rendered.response)


def location(renderer: Renderer, run: Run, request: Request, to: str) -> str:
    """Where a redirect leads: to the request's own target, to the same task of another scenario, or elsewhere."""
    if to == SELF:
        return origin_form(request.target)
    if "/" in to:
        return to
    _, dot, rest = run.key.id.partition(".")
    return renderer.registry.dialect(run.key.vendor, run.scenario.options).example(f"{to}{dot}{rest}")


def faulty(renderer: Renderer, run: Run, answer: Answer, chosen: Chosen, real: int) -> Answer:
    """The response with its faults. An `error` takes its place first, and is checked as everything is."""
    original = answer.response
    if chosen.error is not None:
        asked, options = run.cursor.asked + 1, run.scenario.options
        error = renderer.error(run.key.vendor, chosen.error, run.draws, asked, options=options)
        answer = checked(error, run.step.name)
        if answer.verdict == "broken":
            return _loud(renderer, run, answer)
    return Answer(chosen.apply(answer.response, real), answer.verdict, original)


def _entry(request: Request, run: Run, at: Instant, answer: Answer, step: str) -> Entry:
    """The journal's entry of a request that moves nothing."""
    entry = Entry(at.real, at.now, request, answer.response, answer.verdict, vendor=run.key.vendor, id=run.key.id)
    asked = run.cursor.asked + 1
    return entry._replace(
        scenario=run.scenario.version, step=step, asked=asked, original=answer.original, born=run.cursor.born
    )


def told(crossed: tuple[Crossing, ...]) -> tuple[Crossing, ...]:
    """The changes of step that an entry tells: a birth is counted, and no change of step."""
    return tuple([crossing for crossing in crossed if crossing.origin != BIRTH])

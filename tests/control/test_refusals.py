"""Every refusal of a control: its kind, where the problem is, what it says and what it advises."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server.api.words import SCOPES
from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.control.requests import Requests
from mock_server.control.task_view import Wanted
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.engine.timestamps import LATEST
from mock_server.errors import Problem, did_you_mean
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Response, request_of
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Entry
from mock_server.journal.verify import judge, question_of
from tests.support.controls import Bench, bench

ONE = Key("qiniu", "made-up.1")
FORK = "[{state: processing, for: 60s, next: {failed: 1, succeeded: 0}}, {state: failed}, {state: succeeded}]"
DONE = "[{state: succeeded}]"
NARROW = "vendors: [qiniu, wangsu]\nsteps: [{state: succeeded}]"
GONE = "reset begins anew at the machine's time, with no tasks; shift makes time pass for one task alone"


def world_of() -> Bench:
    """A server with a task that has two ways on, another that is over, and a scenario that serves one vendor."""
    world = bench(FORK, DONE, NARROW, max_tasks=3)
    world.poll()
    world.poll("made-up-2.1")
    return world


def full(world: Bench) -> object:
    """Fills the server with tasks that are not over, and creates one more."""
    world.do.tasks.drop(Wanted())
    for k in range(3):
        world.poll(f"made-up.{k}")
    return world.do.tasks.create("qiniu", "made-up")


def problem(what: str, hint: str = "", where: str = "") -> list[Problem]:
    return [Problem(where, what, hint)]


Wish = Callable[[Bench], object]
CASES: dict[str, tuple[Wish, Kind, str, list[Problem]]] = {
    "a task that is not there": (
        lambda world: world.do.tasks.read(Key("wangsu", "nobody")),
        Kind.NOT_FOUND,
        "no wangsu task 'nobody'",
        problem("no wangsu task 'nobody'", "a task is born at its first poll, or created"),
    ),
    "a move of a task that is not there": (
        lambda world: world.do.tasks.goto(Key("wangsu", "nobody"), "failed"),
        Kind.NOT_FOUND,
        "no wangsu task 'nobody'",
        problem("no wangsu task 'nobody'", "a task is born at its first poll, or created"),
    ),
    "an id that is taken": (
        lambda world: world.do.tasks.create("qiniu", "made-up", "made-up.1"),
        Kind.CONFLICT,
        "a task 'made-up.1' exists already",
        problem("a task 'made-up.1' exists already", "drop it, or choose another id"),
    ),
    "no room": (
        full,
        Kind.FULL,
        "there is no room for another task, and none is known to have ended",
        problem(
            "there is no room for another task, and none is known to have ended",
            "raise --max-tasks, drop tasks or reset",
        ),
    ),
    "a task of an unknown vendor": (
        lambda world: world.do.tasks.create("quiniu", "made-up"),
        Kind.INVALID,
        "the task cannot be created",
        problem("no vendor 'quiniu'", 'did you mean "qiniu"?', "$.vendor"),
    ),
    "a task of an unknown scenario": (
        lambda world: world.do.tasks.create("qiniu", "made-upp"),
        Kind.INVALID,
        "the task cannot be created",
        problem("no scenario is named 'made-upp'", 'did you mean "made-up"?', "$.scenario"),
    ),
    "a task of a vendor that the scenario does not serve": (
        lambda world: world.do.tasks.create("huawei", "made-up-3"),
        Kind.INVALID,
        "the task cannot be created",
        problem("made-up-3 does not serve huawei, only qiniu, wangsu", "", "$.scenario"),
    ),
    "next at an end": (
        lambda world: world.do.tasks.next(Key("qiniu", "made-up-2.1")),
        Kind.CONFLICT,
        'no way leads out of step "succeeded"',
        problem('no way leads out of step "succeeded"', "goto names any step"),
    ),
    "next where several ways are open": (
        lambda world: world.do.tasks.next(ONE),
        Kind.CONFLICT,
        'from step "processing" lead failed, succeeded',
        problem('from step "processing" lead failed, succeeded', "say which, as `to`"),
    ),
    "next along no way": (
        lambda world: world.do.tasks.next(ONE, "processing"),
        Kind.CONFLICT,
        'no way leads from step "processing" to "processing"',
        problem('no way leads from step "processing" to "processing"', "known: failed, succeeded"),
    ),
    "goto an unknown step": (
        lambda world: world.do.tasks.goto(ONE, "faild"),
        Kind.INVALID,
        'made-up has no step "faild"',
        problem('made-up has no step "faild"', 'did you mean "failed"?'),
    ),
    "a birth before 1970": (
        lambda world: world.do.tasks.shift(ONE, world.now.ms + 1),
        Kind.INVALID,
        "a task cannot be born before 1970",
        problem("a task cannot be born before 1970", "shift it by less"),
    ),
    "a speed of nothing": (
        lambda world: world.do.time.at_speed(0),
        Kind.INVALID,
        "a speed is above 0 and at most 1000000",
        problem("a speed is above 0 and at most 1000000", "freeze it to stop it"),
    ),
    "too much speed": (
        lambda world: world.do.time.at_speed(1_000_000.5),
        Kind.INVALID,
        "a speed is above 0 and at most 1000000",
        problem("a speed is above 0 and at most 1000000", "freeze it to stop it"),
    ),
    "an advance back": (
        lambda world: world.do.time.advance(-1),
        Kind.INVALID,
        "time passes forward only",
        problem("time passes forward only", GONE),
    ),
    "an advance beyond the dates": (
        lambda world: world.do.time.advance(LATEST - world.do.time.read().now + 1),
        Kind.INVALID,
        "the clock cannot pass the year 9998",
        problem("the clock cannot pass the year 9998"),
    ),
    "a clock set back": (
        lambda world: world.do.time.set(world.do.time.read().now - 1),
        Kind.INVALID,
        "the clock cannot be set back",
        problem("the clock cannot be set back", GONE),
    ),
    "a clock set beyond the dates": (
        lambda world: world.do.time.set(LATEST + 1),
        Kind.INVALID,
        "the clock cannot pass the year 9998",
        problem("the clock cannot pass the year 9998"),
    ),
    "a reset of unknown scopes": (
        lambda world: world.do.reset.reset(["task", "tasks", "zzzzzz"]),
        Kind.INVALID,
        "expected scopes to reset",
        [
            Problem("$.only", "'task' cannot be reset", 'did you mean "tasks"?'),
            Problem("$.only", "'zzzzzz' cannot be reset", f"known: {', '.join(sorted(SCOPES))}"),
        ],
    ),
    "a fault that does nothing": (
        lambda world: world.do.faults.arm(Effect()),
        Kind.INVALID,
        "the fault cannot be armed",
        problem("it does nothing: expected one of error, fault, delay, headers", "", "$"),
    ),
    "a fault that is none": (
        lambda world: world.do.faults.arm(Effect(fault="resett")),
        Kind.INVALID,
        "the fault cannot be armed",
        problem('"resett" is not a fault', 'did you mean "reset"?', "$.fault"),
    ),
    "a fault at an unknown vendor": (
        lambda world: world.do.faults.arm(Effect(fault="no", error="never"), Aim("quiniu")),
        Kind.INVALID,
        "the fault cannot be armed",
        [
            Problem("$.fault", '"no" is not a fault', did_you_mean("no", FAULTS)),
            Problem("$.vendor", "no vendor 'quiniu'", 'did you mean "qiniu"?'),
        ],
    ),
    "an error that a vendor does not have": (
        lambda world: world.do.faults.arm(Effect(error="throtled"), Aim("wangsu")),
        Kind.INVALID,
        "the fault cannot be armed",
        problem('wangsu has no error "throtled"', 'did you mean "throttled"?', "$.error"),
    ),
    "a scenario that is not there": (
        lambda world: world.do.scenarios.read("made-upp"),
        Kind.NOT_FOUND,
        "no scenario is named 'made-upp'",
        problem("no scenario is named 'made-upp'", 'did you mean "made-up"?'),
    ),
    "an upload that claims too much": (
        lambda world: world.do.scenarios.upload("other", f"about: x\nids: [made-up]\nsteps: {DONE}"),
        Kind.CONFLICT,
        "other claims what another scenario has",
        problem('"made-up" is claimed by made-up already', "drop one of the two"),
    ),
    "an upload that is not there": (
        lambda world: world.do.scenarios.remove("made-upp"),
        Kind.NOT_FOUND,
        "no uploaded scenario is named 'made-upp'",
        problem("no uploaded scenario is named 'made-upp'", 'did you mean "made-up"?'),
    ),
    "a wait of too long": (
        lambda world: world.do.requests.wait(Filter(), 1, timeout=60_001),
        Kind.INVALID,
        "nobody waits so long",
        problem("expected at most 60s", "wait again", "$.timeout"),
    ),
    "a wait of less than nothing": (
        lambda world: world.do.requests.wait(Filter(), 1, timeout=-1),
        Kind.INVALID,
        "nobody waits so long",
        problem("expected at most 60s", "wait again", "$.timeout"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_refusal_says_what_is_wrong_where_and_what_to_do(case: str) -> None:
    wish, kind, message, problems = CASES[case]
    world = world_of()
    with pytest.raises(Refused) as caught:
        wish(world)
    refused = caught.value
    assert (refused.kind, refused.message, list(refused.problems)) == (kind, message, problems)
    assert refused.entries == ()


def test_an_error_that_no_vendor_has_is_a_problem_of_each() -> None:
    world = world_of()
    with pytest.raises(Refused) as caught:
        world.do.faults.arm(Effect(error="throtled"))
    assert list(caught.value.problems) == [
        Problem("$.error", f'{vendor} has no error "throtled"', 'did you mean "throttled"?')
        for vendor in ("qiniu", "huawei", "wangsu")
    ]


def test_the_words_of_a_vendors_errors_are_offered_and_not_its_statuses() -> None:
    world = world_of()
    with pytest.raises(Refused) as caught:
        world.do.faults.arm(Effect(error="zzzzzz"), Aim("qiniu"))
    words = {word for word in world.server.registry.dialect("qiniu").errors if not word.isdigit()}
    assert caught.value.problems[0].hint == f"known: {', '.join(sorted(words))}"


def test_a_file_is_removed_where_it_lies() -> None:
    with pytest.raises(Refused) as caught:
        bench().do.scenarios.remove("happy-path")
    assert list(caught.value.problems) == problem(
        "no uploaded scenario is named 'happy-path'", "a file is removed where it lies"
    )


def test_exchanges_that_are_not_as_expected_come_with_the_problems_and_the_entries() -> None:
    world, question = world_of(), question_of({"count": 3})
    with pytest.raises(Refused) as caught:
        world.do.requests.verify(question)
    refused = caught.value
    assert (refused.kind, refused.message) == (Kind.UNMET, "the exchanges are not as expected")
    assert refused.entries == world.do.requests.query().entries
    assert refused.problems == judge(question, *world.server.store.entries()).problems != ()


@pytest.mark.parametrize(
    "asks",
    [
        lambda requests: requests.verify(question_of({"count": 2})),
        lambda requests: requests.wait(Filter(), 3, timeout=0),
    ],
    ids=["verify", "wait"],
)
def test_a_question_that_evicted_exchanges_could_answer_is_refused_with_advice(
    asks: Callable[[Requests], object],
) -> None:
    world = bench(DONE, journal_entries=1)
    world.polls(3)
    world.server.spare.set()
    with pytest.raises(Refused) as caught:
        asks(world.do.requests)
    refused, what = caught.value, "2 exchanges were evicted, perhaps some of these"
    assert (refused.kind, refused.message) == (Kind.EVICTED, what)
    assert list(refused.problems) == problem(what, "ask about what is kept, say `after`, or raise --journal-entries")


def test_a_refusal_without_problems_is_its_message_and_its_hint() -> None:
    entry = Entry(1, 2, request_of("GET", "/", (), b""), Response(200, "OK", (), b""), "fits")
    refused = Refused(Kind.CONFLICT, "it is so", hint="do so", entries=[entry])
    assert (list(refused.problems), str(refused)) == (problem("it is so", "do so"), "it is so (do so)")
    assert (refused.kind, refused.message, refused.entries) == (Kind.CONFLICT, "it is so", (entry,))
    assert list(Refused(Kind.INVALID, "it is so").problems) == problem("it is so")
    given = Refused(Kind.INVALID, "it is so", problem("because", where="$.x"), hint="never shown")
    assert (list(given.problems), str(given)) == (problem("because", where="$.x"), "$.x: because")

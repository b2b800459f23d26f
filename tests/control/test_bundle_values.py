"""A bundle written out: what each part of a run looks like in it, and what each problem of one is called."""

from __future__ import annotations

import copy
import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from mock_server.control import bundle
from mock_server.control.bundle import schema
from mock_server.control.refused import Kind, Refused
from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.outbox import Moment, Outbox, Owed, outbox_of
from mock_server.engine.rules import Rule, SubmitRules
from mock_server.engine.scenario import Effect, Lognormal, Span, State
from mock_server.engine.submits import where_of
from mock_server.engine.task import Key, unpack
from mock_server.errors import Problem, did_you_mean
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Delivery, Response, request_of
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.moves import Move
from mock_server.store.store import Control, Full, Whole
from tests.support.controls import Bench, bench

TEXT = """about: Made up.
vendors: [qiniu, huawei]
steps: [{state: waiting, polls: 2}, {state: succeeded}]
faults: [{when: {rate: 2/s}, error: throttled}]
"""
OTHER = "about: Other.\nsteps: [{state: failed}]\n"
EDITED = "about: Other.\nsteps: [{state: succeeded}]\n"
NOW = 1_700_000_500_000


@cache
def version(name: str, text: str) -> str:
    """The version of a scenario's text."""
    return bench().server.loader.load_text(text, name, f"{name}.yaml").scenario.version


def versions() -> tuple[str, str]:
    """The versions of the two texts of the bundle."""
    return version("made-up", TEXT), version("other", OTHER)


MOVE = {"number": 7, "after": 4, "vendor": "qiniu", "id": "made-up.1"}
BORN = 1_699_999_999_000


def whole() -> dict[str, Any]:
    """A bundle in which everything stands that may."""
    made, other = versions()
    full = {
        "number": 4,
        "real": 1_700_000_000_001,
        "virtual": 1_700_000_000_002,
        "request": {
            "method": "POST",
            "target": "/status/get/prefop?id=made-up.1",
            "headers": [["Host", "x"], ["A", "b"]],
            "body": {"base64": "/wA="},
        },
        "response": {
            "status": 573,
            "reason": "Too Many Requests",
            "headers": [["Content-Length", "2"]],
            "body": "{}",
            "delay": 7,
            "delivery": {"kind": "dribble", "over": 9},
        },
        "original": {"status": 200, "reason": "OK", "headers": [["X", "é"]], "body": "é"},
        "verdict": "off-contract",
        "poll": True,
        "asked": 2,
        "faults": ["throttled", "dribble"],
        "crossed": [[0, 1, 1_700_000_000_002]],
        "note": "noted",
        "vendor": "qiniu",
        "id": "made-up.1",
        "scenario": made,
        "step": "waiting",
        "state": "waiting",
    }
    bare = {
        "number": 6,
        "real": 3,
        "virtual": 4,
        "request": {"method": "GET", "target": "/", "headers": [], "body": ""},
        "response": {"status": 404, "reason": "", "headers": [], "body": "", "delivery": {"kind": "reset"}},
        "verdict": "ours",
        "poll": False,
        "asked": 0,
        "faults": [],
        "crossed": [],
        "note": "",
    }
    task = {
        "vendor": "qiniu",
        "id": "made-up.1",
        "scenario": made,
        "seed": 5,
        "given": {"items": [{"cmd": "avthumb/mp4"}]},
        "notify": "http://client.test/done",
        "outbox": {
            "made": 3,
            "owed": [[1, None, None, NOW + 5, 0, 2], [2, 0, None, NOW + 9, 1, 0]],
            "moments": [[NOW - 9, 4, 1, 1, 0], [NOW - 9, 5, 1, 1, 2, {"reason": ["no codec", None]}]],
            "done": {"delivered": [[None, None]]},
        },
        "born": NOW - 9,
        "since": NOW - 8,
        "step": 1,
        "polls": 2,
        "hops": 3,
        "asked": 4,
        "buckets": [2 * NOW],
    }
    bare_task = {name: value for name, value in task.items() if name != "outbox"}
    return {
        "format": "mock-server bundle",
        "version": 2,
        "settings": {
            "seed": 5,
            "profile": "live",
            "options": {"huawei": {"casing": "upper"}, "wangsu": {"separate": "1"}},
            "default_scenario": "happy-path",
            "pace": "3s",
        },
        "clock": {"now": NOW, "speed": 2.5, "frozen": True},
        "armed": [
            {
                "number": 3,
                "effect": {
                    "error": 599,
                    "fault": "dribble",
                    "delay": {"low": 2, "high": 3},
                    "headers": [["A", "b"], ["C", None]],
                    "over": 9,
                },
                "vendor": "qiniu",
                "id": "made-up.*",
                "times": 2,
                "until": NOW + 5,
            },
            {"number": 5, "effect": {"error": "throttled", "delay": {"median": 20, "p99": 300}}},
        ],
        "scenarios": [
            {"name": "made-up", "version": made, "in_force": True, "text": TEXT},
            {"name": "other", "version": other, "in_force": False, "text": OTHER},
        ],
        "tasks": [
            task,
            {**bare_task, "vendor": "wangsu", "id": "z", "scenario": other, "given": None, "step": 0, "buckets": []},
        ],
        "ended": [["qiniu", "made-up.1"]],
        "dropped": [["huawei", "gone.1"], ["qiniu", "gone.2"]],
        "unmatched": 8,
        "made": 3,
        "submits": [["0123456789abcdef" * 2, 2]],
        "rules": [
            {"number": 3, "scenario": "made-up", "vendor": "qiniu", "where": {"key": "a*"}, "times": 2, "played": 1},
            {"number": 5, "scenario": "gone", "where": {}, "until": BORN + 60_000},
        ],
        "entries": [full, bare],
        "moves": [
            {**MOVE, "scenario": made, "crossing": [-1, 0, BORN], "by": "birth"},
            {**MOVE, "number": 9, "scenario": made, "crossing": [0, 1, BORN + 5], "by": "hand"},
        ],
        "actions": [
            {"number": 4, "real": NOW, "virtual": NOW, "what": "freeze"},
            {
                "number": 7,
                "real": NOW + 2,
                "virtual": NOW + 1,
                "what": "goto",
                "vendor": "qiniu",
                "id": "made-up.1",
                "detail": "succeeded",
                "born": BORN,
            },
        ],
        "counters": {
            "exchanges": 6,
            "polls": 5,
            "evicted": 3,
            "forgotten": 1,
            "evicted_to": 3,
            "by_status": [["qiniu", 573, 1], [None, 404, 5]],
            "seen": [[made, "waiting", 2]],
            "crossed": [[made, -1, 0, 1], [made, 0, 1, 2]],
        },
    }


def server(**settings: Any) -> Bench:
    """A server with the settings of the bundle."""
    options = (("huawei", "casing", "upper"), ("wangsu", "separate", "1"))
    usual = {"seed": 5, "profile": "live", "option": options, "default_scenario": "happy-path"}
    return bench(**{**usual, **settings})


def test_a_bundle_that_was_loaded_is_written_as_it_was() -> None:
    world = server()
    bundle.load(world.server, whole())
    assert world.dump() == whole()


def test_the_parts_of_a_bundle_are_the_servers() -> None:
    world, (made, other) = server(), versions()
    bundle.load(world.server, whole())
    held = world.server.store.export()
    first = Effect(599, "dribble", Span(2, 3), (("A", "b"), ("C", None)), 9)
    assert held.control == Control(
        Clock(world.now.ms, NOW, 2.5, True),
        ArmedFaults(
            (
                Armed(3, first, "qiniu", "made-up.*", 2, NOW + 5),
                Armed(5, Effect("throttled", delay=Lognormal(20, 300))),
            )
        ),
        0,
        8,
        3,
        SubmitRules(
            (
                Rule(3, "made-up", "qiniu", where_of({"key": "a*"}), 2, None, 1),
                Rule(5, "gone", until=BORN + 60_000),
            ),
            5,
        ),
    )
    keys = (Key("qiniu", "made-up.1"), Key("wangsu", "z"))
    assert [key for key, _ in held.tasks] == list(keys)
    tasks = [unpack(record) for _, record in held.tasks]
    assert (tasks[0].scenario, tasks[0].given, tasks[0].buckets) == (
        made,
        '{"items": [{"cmd": "avthumb/mp4"}]}',
        (2 * NOW,),
    )
    assert tasks[0][1:2] + tasks[0][3:4] + tasks[0][5:11] == (
        5,
        "http://client.test/done",
        NOW - 9,
        NOW - 8,
        1,
        2,
        3,
        4,
    )
    moments = Moment(NOW - 9, 4, 1, 1, 0), Moment(NOW - 9, 5, 1, 1, 2, '{"reason":["no codec",null]}')
    owed = Owed(1, None, None, NOW + 5, moments[0], 2), Owed(2, 0, None, NOW + 9, moments[1])
    assert outbox_of(tasks[0].outbox) == Outbox("whole", 3, owed, {(None, None): "delivered"})
    assert held.wakes == ((NOW + 5, keys[0]),)
    assert (tasks[1].scenario, tasks[1].given, tasks[1].buckets) == (other, "", ())
    assert (held.ended, held.dropped) == (keys[:1], (Key("huawei", "gone.1"), Key("qiniu", "gone.2")))
    library = world.server.catalogue.library
    assert (list(library.scenarios), set(library.versions)) == (["made-up"], {made, other})


def test_a_bundle_of_a_server_that_notified_nobody_is_read_and_nothing_is_owed() -> None:
    world, first = server(), whole()
    first["version"] = 1
    for task in first["tasks"]:
        task["outbox"] = ""
    bundle.load(world.server, first)
    outboxes = [outbox_of(unpack(record).outbox) for _, record in world.server.store.export().tasks]
    assert outboxes == [Outbox(), Outbox("each")]


def outboxes(**changes: Any) -> dict[str, Any]:
    """The bundle with another outbox of its first task."""
    made = whole()
    made["tasks"][0]["outbox"].update(changes)
    return made


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"owed": [[0, 0, None, NOW, 2, 0]]}, "owed[0]", "there are 2 moments"),
        ({"owed": [[0, 1, None, NOW, 0, 0]]}, "owed[0]", "sends 1 notifications"),
        ({"owed": [[0, 0, 1, NOW, 0, 0]]}, "owed[0]", "has 1 items"),
        ({"owed": [[0, 0, None, NOW, 0, 0], [1, 0, None, NOW, 0, 0]]}, "owed[1]", "stands here twice"),
        ({"owed": [[1, None, None, NOW, 0, 0], [1, 0, None, NOW, 0, 0]]}, "owed[1]", "another number"),
        ({"owed": [[3, 0, None, NOW, 0, 0]]}, "owed[0]", "below `made` (3)"),
        ({"owed": [[k, None, None, NOW, 0, 0] for k in range(101)], "made": 101}, "owed", "100 is the most"),
        ({"moments": [[NOW, 0, 2, 0, 0]] * 2}, "moments[0]", "has 2 steps"),
        (
            {"moments": [[NOW, 0, 1, 0, 0, {"items": [[0, 9, 0, 0, 0, None]]}]] * 2},
            "moments[0].items[0]",
            "no such item",
        ),
        ({"done": {"failed": [[0, None]]}}, "done.failed[0]", "stands here twice"),
        ({"done": {"lost": [[0, None]]}}, "done.lost", "unknown"),
        ({"owed": [[0, 0, None, 10**18, 0, 0]]}, "owed[0][3]", "found"),
    ],
)
def test_an_outbox_from_outside_is_judged(changes: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(Refused) as refused:
        bundle.load(server().server, outboxes(**changes))
    places = {problem.where for problem in refused.value.problems}
    assert f"$.tasks[0].outbox.{where}" in places
    assert any(what in problem.what for problem in refused.value.problems)


def test_who_notifies_nobody_has_no_address_and_who_has_none_owes_nothing() -> None:
    made = whole()
    made["tasks"][0]["notify"] = ""
    made["tasks"][1]["outbox"] = "owed"
    made["tasks"].append({**made["tasks"][0], "vendor": "huawei", "notify": "http://a.test"})
    del made["tasks"][2]["outbox"]
    with pytest.raises(Refused) as refused:
        bundle.load(server().server, made)
    found = {problem.where: problem.what for problem in refused.value.problems}
    assert found["$.tasks[0].outbox"] == "the task has no address to notify"
    assert found["$.tasks[1].outbox"] == "expected an object"
    assert found["$.tasks[2].outbox"] == "huawei notifies nobody"


def test_the_journal_of_a_bundle_is_the_servers() -> None:
    world, (made, _) = server(), versions()
    bundle.load(world.server, whole())
    held = world.server.store.export()
    request = request_of("POST", "/status/get/prefop?id=made-up.1", (("Host", "x"), ("A", "b")), b"\xff\x00")
    response = Response(573, "Too Many Requests", (("Content-Length", "2"),), b"{}", 7, Delivery("dribble", 9))
    assert held.entries == (
        Entry(
            1_700_000_000_001,
            1_700_000_000_002,
            request,
            response,
            "off-contract",
            True,
            "qiniu",
            "made-up.1",
            made,
            "waiting",
            2,
            ("throttled", "dribble"),
            (Crossing(0, 1, 1_700_000_000_002),),
            Response(200, "OK", (("X", "é"),), "é".encode()),
            "noted",
            4,
            State.WAITING,
        ),
        Entry(
            3,
            4,
            request_of("GET", "/", (), b""),
            Response(404, "", (), b"", 0, Delivery("reset")),
            "ours",
            number=6,
        ),
    )
    assert held.entries[0].state is State.WAITING
    assert held.counters == Counters(
        6,
        5,
        3,
        {("qiniu", 573): 1, (None, 404): 5},
        1,
        3,
        {(made, "waiting"): 2},
        {(made, -1, 0): 1, (made, 0, 1): 2},
    )


def test_a_bundle_of_an_earlier_server_counts_no_misses_and_no_made_ids_and_tells_no_moves() -> None:
    world, made = server(), whole()
    del made["unmatched"], made["made"], made["moves"], made["rules"]
    bundle.load(world.server, made)
    control = world.server.store.control()
    assert (control.unmatched, control.made, control.rules.rules) == (0, 0, ())
    assert world.server.store.moves(Key("qiniu", "made-up.1")) == ()


def test_the_moves_of_a_bundle_are_those_of_its_tasks() -> None:
    world, made = server(), whole()
    bundle.load(world.server, made)
    found = world.server.store.moves(Key("qiniu", "made-up.1"))
    version = made["scenarios"][0]["version"]
    assert found == (
        Move(9, 4, "qiniu", "made-up.1", version, Crossing(0, 1, BORN + 5), "hand"),
        Move(7, 4, "qiniu", "made-up.1", version, Crossing(-1, 0, BORN), "birth"),
    )


def test_a_whole_number_will_do_for_a_speed() -> None:
    world, made = server(), whole()
    made["clock"]["speed"] = 2
    bundle.load(world.server, made)
    assert repr(world.do.time.read().speed) == "2.0"


def test_half_a_character_in_a_body_is_no_error() -> None:
    world, made = server(), whole()
    made["entries"][1]["response"]["body"] = "a\ud800"
    bundle.load(world.server, made)
    assert world.do.requests.query().entries[-1].response.body == b"a?"


def test_a_fault_without_a_delay_is_written_without_one() -> None:
    world, made = server(), whole()
    made["armed"][1]["effect"] = {"error": 404}
    bundle.load(world.server, made)
    assert world.do.faults.list()[1].effect == Effect(error=404)
    assert world.dump() == made


def test_the_times_of_tasks_are_those_of_the_clock_after_it_was_reset() -> None:
    world = bench("steps: [{state: waiting, hold: true}]\nfaults: [{when: {rate: 3/s}, error: 403}]")
    world.poll()
    world.do.time.advance(600_000)
    world.do.reset.reset(["clock"])
    (raw,) = world.dump()["tasks"]
    assert (raw["born"], raw["since"]) == (world.now.ms - 600_000,) * 2
    assert raw["buckets"] == [(world.now.ms - 600_000) * 3 + 1_000]


def test_the_clock_of_a_bundle_is_where_it_stood() -> None:
    world = bench("[{state: succeeded}]", speed=2.0)
    world.now.ms += 500
    assert world.dump()["clock"] == {"now": world.now.ms + 500, "speed": 2.0, "frozen": False}


def test_exactly_as_many_tasks_as_there_is_room_for_are_taken() -> None:
    world = server(max_tasks=2)
    bundle.load(world.server, whole())
    assert len(world.do.tasks.list()) == 2


def refusal(world: Bench, made: Any) -> Refused:
    before = world.dump()
    with pytest.raises(Refused) as caught:
        bundle.load(world.server, made)
    assert world.dump() == before
    return caught.value


def test_more_tasks_than_there_is_room_for_are_refused_with_the_flag() -> None:
    refused = refusal(server(max_tasks=1), whole())
    assert (refused.kind, refused.message) == (Kind.FULL, "there is no room for so many tasks")
    assert list(refused.problems) == [Problem("", "there is no room for so many tasks", "start with --max-tasks 2")]


def test_each_setting_that_differs_is_a_problem_with_the_flags_that_mend_it() -> None:
    refused = refusal(bench(seed=6, profile="sdk"), whole())
    assert (refused.kind, refused.message) == (Kind.CONFLICT, "responses depend on settings that differ here")
    options = {"huawei": {"casing": "upper"}, "wangsu": {"separate": "1"}}
    both = "--option huawei.casing=upper --option wangsu.separate=1"
    assert list(refused.problems) == [
        Problem("--seed", "the bundle was made with 5, and here it is 6", "start the server with --seed 5"),
        Problem(
            "--profile", "the bundle was made with 'live', and here it is 'sdk'", "start the server with --profile live"
        ),
        Problem(
            "--option", f"the bundle was made with {options!r}, and here it is {{}}", f"start the server with {both}"
        ),
        Problem(
            "--default-scenario",
            "the bundle was made with 'happy-path', and here it is None",
            "start the server with --default-scenario happy-path",
        ),
    ]


def test_another_pace_is_refused_and_a_bundle_of_before_there_was_one_is_not() -> None:
    made = whole()
    (problem,) = refusal(server(pace="500ms"), made).problems
    assert str(problem) == (
        "--pace: the bundle was made with '3s', and here it is '500ms' (start the server with --pace 3s)"
    )
    del made["settings"]["pace"]
    bundle.load(server(pace="500ms").server, made)
    assert bundle.settings_in(whole())["pace"] == "3s"
    assert "pace" not in bundle.settings_in(made)


def test_a_setting_that_the_bundle_lacks_is_to_be_left_out() -> None:
    made = whole()
    made["settings"].update(seed=0, options={}, default_scenario=None)
    assert [problem.hint for problem in refusal(server(), made).problems] == [
        "start the server without --seed",
        "start the server without --option",
        "start the server without --default-scenario",
    ]


Spoil = Callable[[dict[str, Any]], object]
CASES: dict[str, tuple[Spoil, list[Problem]]] = {
    "a version twice": (
        lambda made: made["scenarios"].append({**made["scenarios"][1]}),
        [Problem("$.scenarios[2].version", "OTHER stands here twice", "keep one of them")],
    ),
    "a text that is another version": (
        lambda made: made["scenarios"][1].update(text=EDITED),
        [Problem("$.scenarios[1].text", "this text is EDITED, not OTHER", "do not edit a bundle's scenarios")],
    ),
    "a task of an unknown vendor": (
        lambda made: made["tasks"][1].update(vendor="wangzu"),
        [Problem("$.tasks[1].vendor", "no vendor 'wangzu'", 'did you mean "wangsu"?')],
    ),
    "a task of an unknown scenario": (
        lambda made: made["tasks"][1].update(scenario="zzzzzz"),
        [Problem("$.tasks[1].scenario", "the bundle has no scenario zzzzzz", "known: MADE, OTHER")],
    ),
    "a task of a vendor that is not served": (
        lambda made: made["tasks"][0].update(vendor="wangsu"),
        [
            Problem("$.tasks[0].vendor", "made-up does not serve wangsu"),
            Problem("$.ended[0]", "no task 'made-up.1' is in the bundle"),
        ],
    ),
    "a step beyond the last": (
        lambda made: made["tasks"][0].update(step=2),
        [Problem("$.tasks[0].step", "made-up has 2 steps, counted from 0")],
    ),
    "a bucket too few": (
        lambda made: made["tasks"][0].update(buckets=[]),
        [Problem("$.tasks[0].buckets", "made-up has 1 rates, and each has one bucket")],
    ),
    "a bucket too many": (
        lambda made: made["tasks"][1].update(buckets=[1]),
        [Problem("$.tasks[1].buckets", "other has 0 rates, and each has one bucket")],
    ),
    "a task twice": (
        lambda made: made["tasks"].append(made["tasks"][0]),
        [Problem("$.tasks[2].id", "the task 'made-up.1' stands here twice", "keep one of them")],
    ),
    "an end of a task that is not there": (
        lambda made: made["ended"].append(["qiniu", "z"]),
        [Problem("$.ended[1]", "no task 'z' is in the bundle")],
    ),
    "a dropped task that is there": (
        lambda made: made["dropped"].append(["wangsu", "z"]),
        [Problem("$.dropped[2]", "the task 'z' is still there")],
    ),
    "a fault at an unknown vendor": (
        lambda made: made["armed"][0].update(vendor="quiniu"),
        [Problem("$.armed[0].vendor", "no vendor 'quiniu'", 'did you mean "qiniu"?')],
    ),
    "an error that no vendor has": (
        lambda made: made["armed"][1]["effect"].update(error="throtled"),
        [
            Problem("$.armed[1].effect.error", f'{vendor} has no error "throtled"', 'did you mean "throttled"?')
            for vendor in ("qiniu", "huawei", "wangsu")
        ],
    ),
    "an error that one vendor does not have": (
        lambda made: made["armed"][0]["effect"].update(error="VOD.10062"),
        [
            Problem(
                "$.armed[0].effect.error",
                'qiniu has no error "VOD.10062"',
                did_you_mean("VOD.10062", ["illegal", "method", "no_route", "throttled", "unauthorized", "unknown"]),
            )
        ],
    ),
    "a delay whose ends are the wrong way round": (
        lambda made: made["armed"][0]["effect"].update(delay={"low": 4, "high": 3}),
        [Problem("$.armed[0].effect.delay", "expected the smaller number first, and a median above 0")],
    ),
    "a delay whose median is above its 99th percentile": (
        lambda made: made["armed"][1]["effect"].update(delay={"median": 21, "p99": 20}),
        [Problem("$.armed[1].effect.delay", "expected the smaller number first, and a median above 0")],
    ),
    "a median of nothing": (
        lambda made: made["armed"][1]["effect"].update(delay={"median": 0, "p99": 20}),
        [Problem("$.armed[1].effect.delay", "expected the smaller number first, and a median above 0")],
    ),
    "an entry that was evicted": (
        lambda made: made["entries"][0].update(number=3),
        [Problem("$.entries[0].number", "expected numbers that rise, above what was evicted and up to all exchanges")],
    ),
    "an entry of a number twice": (
        lambda made: made["entries"][1].update(number=4),
        [Problem("$.entries[1].number", "expected numbers that rise, above what was evicted and up to all exchanges")],
    ),
    "an entry beyond all exchanges": (
        lambda made: made["entries"][1].update(number=7),
        [Problem("$.entries[1].number", "expected numbers that rise, above what was evicted and up to all exchanges")],
    ),
    "a move of a number twice": (
        lambda made: made["moves"][1].update(number=7),
        [Problem("$.moves[1].number", "expected numbers that rise")],
    ),
    "bodies that are neither text nor bytes": (
        lambda made: [made["entries"][0][name].update(body={}) for name in ("request", "response", "original")],
        [
            Problem(f"$.entries[0].{name}.body", 'expected text, or bytes as {"base64": ...}')
            for name in ("request", "response", "original")
        ],
    ),
    "bytes that are cut": (
        lambda made: made["entries"][1]["request"].update(body={"base64": "/wA"}),
        [Problem("$.entries[1].request.body", 'expected text, or bytes as {"base64": ...}')],
    ),
    "a task of an unknown scenario before another bad one": (
        lambda made: (made["tasks"][0].update(scenario="zzzzzz"), made["tasks"][1].update(buckets=[1])),
        [
            Problem("$.tasks[0].scenario", "the bundle has no scenario zzzzzz", "known: MADE, OTHER"),
            Problem("$.tasks[1].buckets", "other has 0 rates, and each has one bucket"),
        ],
    ),
    "a fault at an unknown vendor before another bad one": (
        lambda made: (
            made["armed"][0].update(vendor="quiniu"),
            made["armed"][1]["effect"].update(delay={"low": 2, "high": 1}),
        ),
        [
            Problem("$.armed[0].vendor", "no vendor 'quiniu'", 'did you mean "qiniu"?'),
            Problem("$.armed[1].effect.delay", "expected the smaller number first, and a median above 0"),
        ],
    ),
    "bytes that go on after their end": (
        lambda made: made["entries"][1]["request"].update(body={"base64": "/w==/w=="}),
        [Problem("$.entries[1].request.body", 'expected text, or bytes as {"base64": ...}')],
    ),
    "an exchange that is not accounted for": (
        lambda made: made["counters"].update(exchanges=7),
        [Problem("$.counters.exchanges", "7 exchanges, but 6 kept, evicted or forgotten")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_problem_of_a_bundle_is_called_by_its_place_with_what_to_do(case: str) -> None:
    spoil, problems = CASES[case]
    made = copy.deepcopy(whole())
    spoil(made)
    refused = refusal(server(), made)
    assert (refused.kind, refused.message) == (Kind.INVALID, "this bundle cannot be loaded")
    words = {"MADE": versions()[0], "OTHER": versions()[1], "EDITED": version("other", EDITED)}
    told = [Problem(*(_filled(text, words) for text in problem)) for problem in problems]
    assert list(refused.problems) == told


def _filled(text: str, words: Mapping[str, str]) -> str:
    """The text with versions in place of the words that stand for them."""
    for word, value in words.items():
        text = text.replace(word, value)
    return text


@pytest.mark.parametrize(
    "mend",
    [
        lambda made: made["armed"][0]["effect"].update(delay={"low": 3, "high": 3}),
        lambda made: made["armed"][0]["effect"].update(delay={"low": 0, "high": 0}),
        lambda made: made["armed"][1]["effect"].update(delay={"median": 1, "p99": 1}),
        lambda made: made["armed"][1]["effect"].update(error=404),
        lambda made: made["armed"][0]["effect"].update(headers=[]),
        lambda made: made["armed"][1].update(effect={"error": 404}),
        lambda made: made["entries"][0]["request"].update(body={"base64": ""}),
        lambda made: made["scenarios"][1].update(in_force=True),
        lambda made: (
            made["tasks"][0].update(id="another", vendor="huawei", given=None, outbox={"who": "nobody"})
            or made.update(ended=[])
        ),
    ],
)
def test_what_is_just_good_enough_is_loaded(mend: Spoil) -> None:
    world, made = server(), whole()
    mend(made)
    bundle.load(world.server, made)
    assert len(world.do.tasks.list()) == 2


def test_two_scenarios_in_force_may_not_claim_the_same_id_of_a_vendor() -> None:
    world = bench("[{state: succeeded}]")
    world.do.scenarios.upload("taken", "about: A.\nvendors: [qiniu]\nids: [job-1, job-2]\nsteps: [{state: failed}]\n")
    claims = "about: B.\nvendors: [qiniu, huawei]\nids: [job-1]\nsteps: [{state: failed}]\n"
    loaded = world.server.loader.load_text(claims, "claims", "claims.yaml").scenario
    made = world.dump()
    listed = {"name": "claims", "version": loaded.version, "in_force": True, "text": claims}
    made["scenarios"].append(listed)
    (taken,) = [raw["version"] for raw in made["scenarios"] if raw["name"] == "taken"]
    assert list(refusal(bench(no_builtin=True), made).problems) == [
        Problem("$.scenarios[2]", f'"job-1" is claimed by {taken} already', "one of the two cannot be in force")
    ]
    listed["in_force"] = False
    bundle.load(bench(no_builtin=True).server, made)


def test_a_scenario_that_cannot_be_read_is_told_with_everything_else() -> None:
    made = whole()
    made["scenarios"][1]["text"] = "about: x\nsteps: [{state: succeded}]\n"
    made["tasks"][0]["step"] = 9
    where = [problem.where for problem in refusal(server(), made).problems]
    assert where == ["other.yaml:2:17", "$.tasks[0].step"]


def test_a_scenario_that_cannot_be_read_does_not_hide_the_next_one() -> None:
    made = whole()
    made["scenarios"][0]["text"] = "about: x\nsteps: [{state: succeded}]\n"
    made["scenarios"][1]["text"] = EDITED
    where = [problem.where for problem in refusal(server(), made).problems]
    assert where == ["made-up.yaml:2:17", "$.scenarios[1].text"]


def test_a_store_that_has_less_room_than_the_settings_say_refuses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Whole) -> None:
        raise Full

    world = server()
    before = world.dump()
    monkeypatch.setattr(world.server.store, "replace", full)
    with pytest.raises(Refused) as caught:
        bundle.load(world.server, whole())
    assert world.dump() == before
    assert "made-up" not in world.server.catalogue.library.scenarios
    refused, what = caught.value, "there is no room for so many tasks"
    assert (refused.kind, refused.message, list(refused.problems)) == (Kind.FULL, what, [Problem("", what)])


def test_a_field_that_a_bundle_does_not_have_is_a_problem_at_its_place() -> None:
    made = whole()
    made["clokc"] = made["clock"]
    (problem,) = refusal(server(), made).problems
    assert (problem.where, bool(problem.what), problem.hint) == ("$.clokc", True, 'did you mean "clock"?')


def test_lists_of_items_are_written_with_the_scenario_that_names_them() -> None:
    world = bench("[{state: succeeded}]")
    lists = {"qiniu": ({"cmd": "avthumb/mp4"}, {"cmd": "vframe/jpg"})}
    text = "about: A list.\nvendors: [qiniu]\nitems: {fixture: mine}\nsteps: [{state: succeeded}]\n"
    scenario = world.server.loader.load_text(text, "listed", "listed.yaml", lists).scenario
    assert not world.server.catalogue.put(scenario)
    made = world.dump()
    (raw,) = [raw for raw in made["scenarios"] if raw["name"] == "listed"]
    assert raw == {
        "name": "listed",
        "version": scenario.version,
        "in_force": True,
        "text": text,
        "lists": {"qiniu": [{"cmd": "avthumb/mp4"}, {"cmd": "vframe/jpg"}]},
    }
    other = bench(no_builtin=True)
    bundle.load(other.server, made)
    assert other.server.catalogue.library.scenarios["listed"].lists == {"qiniu": lists["qiniu"]}
    assert other.dump() == made


def test_the_shape_of_a_bundle_says_which_parts_may_be_left_out() -> None:
    # Run anew: mutation testing changes functions after the import that calls these.
    spec = importlib.util.spec_from_file_location(schema.__name__, schema.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shape = module.BUNDLE_SCHEMA
    assert set(shape["properties"]) - set(shape["required"]) == {
        "actions",
        "made",
        "submits",
        "moves",
        "rules",
        "unmatched",
    }
    entry = shape["properties"]["entries"]["items"]
    left_out = {"original", "vendor", "id", "scenario", "step", "state", "read", "sources", "born", "told"}
    assert set(entry["properties"]) - set(entry["required"]) == left_out
    assert (entry["type"], entry["additionalProperties"]) == ("object", False)
    headers = entry["properties"]["request"]["properties"]["headers"]
    assert (headers["type"], headers["maxItems"]) == ("array", 10_000)
    pair = headers["items"]
    assert (pair["type"], pair["minItems"], pair["maxItems"]) == ("array", 2, 2)
    assert [each["type"] for each in pair["prefixItems"]] == ["string"] * 2
    counts = shape["properties"]["counters"]["properties"]["by_status"]
    assert counts["maxItems"] == 1_000_000
    vendor = counts["items"]["prefixItems"][0]
    assert (vendor["type"], vendor["maxLength"]) == (["string", "null"], 200)
    assert shape == bundle.BUNDLE_SCHEMA

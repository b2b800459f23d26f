"""A scenario made of what a task showed: played with polls at the same moments, it shows the same."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control import bundle
from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.engine.scenario import Ahead, Effect, Span
from mock_server.engine.task import Key
from mock_server.journal.entry import Entry
from mock_server.journal.filter import Filter
from mock_server.journal.saw import Saw, saw_of
from mock_server.scenarios.flow import flow
from mock_server.types import Json
from tests.support.controls import Bench, bench
from tests.support.shipped import SHIPPED

GAPS = (0, 0, 1_000, 0, 9_000, 30_000, 0, 0, 60_000, 0, 240_000, 0, 0, 5_000, 0, 864_000_000)


Showed = tuple[Saw, str]


def strip(world: Bench, key: Key, gaps: Sequence[int]) -> list[Showed]:
    """What polls with these gaps see: the word with its status, and the codes in the body."""
    found = []
    for gap in gaps:
        world.poll(key.id, key.vendor)
        (entry,) = world.server.store.history(key, 1)
        found.append((saw_of(entry), codes(world, entry)))
        world.now.ms += gap
    return found


def codes(world: Bench, entry: Entry) -> str:
    """The codes of a status and why its items failed; nothing for any other body."""
    if entry.state is None or saw_of(entry).word != entry.state.value:
        return ""
    version = world.server.catalogue.library.versions[entry.scenario or ""]
    dialect = world.server.registry.dialect(entry.vendor or "", version.options)
    body = json.loads(entry.response.body)
    return f"{dialect.glance(body)} {dialect.item_reasons(body)}"


def again(world: Bench, key: Key, gaps: Sequence[int]) -> list[Showed]:
    """The same polls of a scenario that is made of the task."""
    made = world.do.wholes.recorded(key)
    world.do.scenarios.upload("made", made.text)
    return strip(world, Key(key.vendor, "made.1"), gaps)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_what_a_shipped_scenario_showed_is_shown_again(name: str) -> None:
    world = bench()
    for vendor in world.server.catalogue.library.scenarios[name].vendors:
        key = Key(vendor, f"{name}.recorded")
        showed = strip(world, key, GAPS)
        told = again(world, key, GAPS)
        assert [saw for saw, _ in told] == [saw for saw, _ in showed]
        assert told == showed
        world.do.reset.reset()


EFFECTS = (
    Effect(error=599),
    Effect(error="unknown"),
    Effect(fault="reset"),
    Effect(fault="malformed"),
    Effect(fault="hang", over=9),
    Effect(delay=Span(5, 5)),
    Effect(delay=Span(1, 900), fault="html"),
    Effect(status=503),
    Effect(body="[]", type="text/plain"),
    Effect(redirect="/elsewhere"),
    Effect(length=7),
)
ACTS = st.lists(
    st.just("poll") | st.integers(1, 20_000) | st.sampled_from(EFFECTS) | st.sampled_from(["waiting", "succeeded"]),
    min_size=1,
    max_size=14,
)
STORY = (
    "[{state: waiting, polls: 2}, {state: processing, for: 4s..9s}, {state: processing, polls: 3, name: more}, "
    "{state: succeeded}]"
)


@given(ACTS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_faults_and_people_made_of_a_task_is_shown_again(acts: list[object], seen: bool) -> None:
    world = bench(f"count: {'seen' if seen else 'all'}\nsteps: {STORY}")
    key = Key("qiniu", "made-up.1")
    showed: list[Showed] = []
    gaps: list[int] = []
    for act in ("poll", *acts):
        if act == "poll":
            showed += strip(world, key, (0,))
            gaps.append(0)
        elif isinstance(act, int):
            world.now.ms += act
            gaps[-1] += act
        elif isinstance(act, Effect):
            world.do.faults.arm(act, Aim(times=1))
        else:
            world.do.tasks.goto(key, str(act))
    world.do.faults.disarm()
    assert again(world, key, gaps) == showed


@given(ACTS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_moves_a_task_changes_no_recording(acts: list[object], shifts: bool) -> None:
    world = bench(f"steps: {STORY}")
    key = Key("qiniu", "made-up.1")
    for act in ("poll", *acts):
        if act == "poll":
            world.poll()
        elif isinstance(act, int):
            world.do.time.advance(act)
        elif isinstance(act, Effect):
            world.do.faults.arm(act, Aim(times=1))
        else:
            world.do.tasks.goto(key, str(act))
    before = world.do.wholes.recorded(key)
    if shifts:
        world.do.tasks.shift(key, 1)
    else:
        world.do.reset.reset(["clock"])
    assert world.do.wholes.recorded(key) == before


@pytest.mark.parametrize("saved", [False, True])
def test_a_recording_goes_on_over_a_reset_of_the_clock(saved: bool) -> None:
    world = bench("[{state: waiting, polls: 1}, {state: processing, for: 20s}, {state: succeeded}]")
    world.poll()
    world.do.time.advance(5_000)
    world.poll()
    world.do.reset.reset(["clock"])
    world.do.tasks.shift(Key("qiniu", "made-up.1"), 40_000)
    if saved:
        bundle.load(world.server, json.loads(json.dumps(world.dump())))
    world.poll()
    assert lines(world, "made-up.1")[-3:] == [
        "  - {state: waiting, polls: 1}",
        "  - {state: processing, for: 20000ms}",
        "  - {state: succeeded}",
    ]


@pytest.mark.parametrize("moved", ["shift", "reset clock"])
def test_items_that_walk_are_told_after_their_task_was_moved(moved: str) -> None:
    world = bench()
    key = Key("wangsu", "one-by-one.1")
    for gap in (10_000, 30_000, 60_000):
        world.poll(key.id, key.vendor)
        world.do.time.advance(gap)
    before = world.do.wholes.recorded(key)
    assert before.lost == ()
    if moved == "shift":
        world.do.tasks.shift(key, 50_000)
    else:
        world.do.reset.reset(["clock"])
    assert world.do.wholes.recorded(key) == before


def test_the_text_reads_as_people_write_it() -> None:
    world = bench(
        "items: 2\nsteps: [{state: waiting, polls: 2}, {state: processing, for: 4s}, {state: failed, reason: no}]"
    )
    world.polls(3)
    world.now.ms += 9_000
    world.do.faults.arm(Effect(error=599), Aim(times=2))
    world.polls(4)
    assert world.do.wholes.recorded(Key("qiniu", "made-up.1")).text == (
        'about: "What the qiniu task made-up.1 showed."\n'
        "vendors: [qiniu]\n"
        "items: 2\n"
        "steps:\n"
        "  - {state: waiting, polls: 2}\n"
        "  - {state: processing, for: 4000ms}\n"
        '  - {state: failed, reason: "no"}\n'
        "faults:\n"
        "  - {when: {polls: [4..5]}, error: 599}\n"
    )


def lines(world: Bench, id: str, vendor: str = "qiniu") -> list[str]:
    return world.do.wholes.recorded(Key(vendor, id)).text.splitlines()


def test_the_reason_that_a_person_gave_is_told() -> None:
    world = bench()
    key = Key("wangsu", "by-hand.1")
    world.poll(key.id, key.vendor)
    world.do.tasks.fail(key, reason="source is gone")
    world.poll(key.id, key.vendor)
    assert lines(world, key.id, key.vendor)[-1] == '  - {state: failed, reason: "source is gone"}'


def test_items_that_failed_for_different_reasons_are_told_one_by_one() -> None:
    world = bench("items: 3\nsteps: [{state: failed, items: [succeeded, failed, {state: failed, reason: mine}]}]")
    world.poll()
    (entry,) = world.server.store.history(Key("qiniu", "made-up.1"), 1)
    drawn = json.loads(entry.response.body)["items"][1]["error"]
    assert lines(world, "made-up.1")[-1] == (
        f"  - {{state: failed, items: [succeeded, {{state: failed, reason: {json.dumps(drawn)}}}, "
        "{state: failed, reason: mine}]}"
    )


HEADERS = (
    (
        Effect(error=503, headers=(("Retry-After", "5"), ("X-Reqid", None))),
        {"error": 503, "headers": {"Retry-After": "5", "X-Reqid": None}},
    ),
    (
        Effect(headers=(("Retry-After", Ahead(30_000)),)),
        {"headers": {"Retry-After": {"ahead": "30000ms"}}},
    ),
    (
        Effect(status=503, headers=(("X-Cache", "MISS"),)),
        {"status": 503, "headers": {"X-Cache": "MISS"}},
    ),
)


@pytest.mark.parametrize("scripted", [True, False])
@pytest.mark.parametrize(("effect", "keys"), HEADERS)
def test_the_headers_that_faults_changed_are_told(effect: Effect, keys: dict[str, Json], scripted: bool) -> None:
    world = bench(f"steps: [{{state: succeeded}}]\nfaults: [{flow(keys)}]" if scripted else "[{state: succeeded}]")
    if not scripted:
        world.do.faults.arm(effect, Aim())
    (first,) = world.polls(1)
    made = world.do.wholes.recorded(Key("qiniu", "made-up.1"))
    world.do.faults.disarm()
    assert made.lost == ()
    world.do.scenarios.upload("made", made.text)
    again = world.poll("made.1")
    assert again.status == first.status
    for name, value in again.headers:
        if name not in ("X-Reqid", "X-Log", "Content-Length"):
            assert first.header(name) == value
    assert [again.header("X-Reqid") is None, again.header("X-Cache")] == [
        first.header("X-Reqid") is None,
        first.header("X-Cache"),
    ]
    assert again.header("Retry-After") == first.header("Retry-After")


def test_headers_beside_another_body_are_said_to_be_lost() -> None:
    world = bench("[{state: succeeded}]")
    world.do.faults.arm(Effect(body="[]", headers=(("X-Cache", "MISS"),)), Aim())
    world.poll()
    made = world.do.wholes.recorded(Key("qiniu", "made-up.1"))
    assert made.lost == ("the headers that a fault changed for poll 1",)


def test_what_a_step_changes_in_its_response_is_kept() -> None:
    changes = (
        "with: {qiniu: {desc: fine, items.*.returnOld: 7, items.1.deep: [{a: null}]}}",
        "without: {qiniu: [items.0.hash, code]}",
        "status: 203",
        "headers: {X-Reqid: null, X-More: '1'}",
        "off_contract: true",
    )
    plain, bent = "{state: waiting, polls: 1}", f"{{state: succeeded, {', '.join(changes)}}}"
    world = bench(f"items: 2\nsteps: [{plain}, {bent}]")
    world.polls(2)
    (before,) = world.server.store.history(Key("qiniu", "made-up.1"), 1)
    made = world.do.wholes.recorded(Key("qiniu", "made-up.1"))
    assert made.lost == ()
    world.do.scenarios.upload("made", made.text)
    world.polls(2, "made.1")
    (after,) = world.server.store.history(Key("qiniu", "made.1"), 1)
    bodies = [json.loads(each.response.body) for each in (before, after)]
    for body in bodies:
        assert "code" not in body
        assert "hash" not in body["items"][0]
        assert (body["desc"], [item["returnOld"] for item in body["items"]]) == ("fine", [7, 7])
        assert body["items"][1]["deep"] == [{"a": None}]
    assert bodies[0]["items"][1].keys() == bodies[1]["items"][1].keys()
    assert (after.response.status, after.verdict) == (before.response.status, before.verdict) == (203, "off-contract")
    assert (after.response.header("X-Reqid"), after.response.header("X-More")) == (None, "1")


def test_a_vendor_that_kept_its_contract_is_not_told_to_break_it() -> None:
    bent = "{state: succeeded, with: {qiniu: {code: x}}, off_contract: true}"
    world = bench(f"vendors: [qiniu, wangsu]\nsteps: [{bent}]")
    world.poll(vendor="wangsu")
    made = world.do.wholes.recorded(Key("wangsu", "made-up.1"))
    assert made.lost == ()
    assert "off_contract" not in made.text
    world.do.scenarios.upload("made", made.text)


def test_what_cannot_be_told_is_said() -> None:
    world = bench("[{state: waiting, polls: 3}, {state: succeeded, with: {qiniu: {desc: fine}}}]")
    world.polls(4)
    world.do.requests.forget(Filter(status=200, step="waiting"))
    made = world.do.wholes.recorded(Key("qiniu", "made-up.1"))
    assert made.lost == ("3 of 4 polls are not kept any more",)
    assert made.text.startswith("# Not told: 3 of 4 polls are not kept any more.\nabout:")
    world.do.scenarios.upload("made", made.text)


def test_an_id_that_is_claimed_and_was_never_polled_is_told_so() -> None:
    with pytest.raises(Refused, match=r"the qiniu task 'made-up\.1' was never polled") as caught:
        bench(STORY).do.wholes.recorded(Key("qiniu", "made-up.1"))
    assert caught.value.kind is Kind.NOT_FOUND
    assert "its first poll will play made-up" in str(caught.value)


def test_a_task_that_was_created_and_never_polled_is_told_so() -> None:
    world = bench(STORY)
    world.do.tasks.create("qiniu", "made-up", "job")
    made = world.do.wholes.recorded(Key("qiniu", "job"))
    assert made.lost == ("it was never polled, so the scenario as it is now is all that can be told",)


def test_a_task_that_is_not_there_has_no_scenario() -> None:
    with pytest.raises(Refused, match="no scenario claims the id"):
        bench(STORY).do.wholes.recorded(Key("qiniu", "nobody.1"))


STEPS = "steps: [{state: processing, polls: 1}, {state: succeeded}]\nvendors: [wangsu]\nitems: 2\n"


@pytest.mark.parametrize(
    ("written", "kept", "lost"),
    [
        ("", None, 0),
        ("notify: {send: []}", "notify: {send: []}", 0),
        ("notify: {status: real}", "notify: {status: real, send: [{}]}", 0),
        (
            "notify: {send: [{after: 1s..2s, signed: wrong, retries: false}, {item: 1}]}",
            'notify: {send: [{after: "1s..2s", signed: wrong, retries: false}, {item: 1}]}',
            0,
        ),
        ("notify: {send: [{on: processing}, {after: 1s}, {shows: succeeded}]}", "notify: {send: [{after: 1s}]}", 1),
    ],
)
def test_a_recording_keeps_the_notifications_but_for_those_that_name_steps(
    written: str, kept: str | None, lost: int
) -> None:
    world = bench()
    world.do.scenarios.upload("sends", f"{STEPS}{written}\n")
    world.poll("sends.1", "wangsu")
    made = world.do.wholes.recorded(Key("wangsu", "sends.1"))
    assert [line for line in made.text.splitlines() if line.startswith("notify")] == ([kept] if kept else [])
    assert ("2 of 3 notifications, which name steps" in made.lost) == bool(lost)
    world.do.scenarios.upload("made", made.text)


def test_a_recording_of_a_vendor_without_notifications_of_items_has_none() -> None:
    world = bench()
    world.do.scenarios.upload("sends", f"{STEPS}notify: {{send: [{{item: 1}}]}}\n".replace("wangsu", "wangsu, qiniu"))
    world.poll("sends.1", "qiniu")
    assert "notify: {send: []}" in world.do.wholes.recorded(Key("qiniu", "sends.1")).text.splitlines()

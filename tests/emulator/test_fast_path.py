"""The fast path says and keeps what the stages of a poll do, whatever happens meanwhile; it leaves all else to them."""

from __future__ import annotations

import dataclasses
import random
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from mock_server.control.armed import Aim
from mock_server.control.bundle import export, load
from mock_server.control.refused import Refused
from mock_server.control.server import Controls, controls_of
from mock_server.control.task_view import Wanted
from mock_server.emulator import fast_path
from mock_server.emulator.fast_path import LARGEST, MEMO_SIZE
from mock_server.emulator.notifications import Result
from mock_server.engine.scenario import Adjust, Effect, Profile, Scenario
from mock_server.engine.task import Key
from mock_server.http.message import Request, Response, request_of
from mock_server.paths import data
from mock_server.types import Json
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.dialect import View
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.registry import PROFILES, Registry, Vendor
from mock_server.vendors.render import Renderer
from tests.emulator.test_machine import IDS, EmulatorMachine
from tests.emulator.test_notifying_machine import NotifyingMachine
from tests.support.emulators import World, adjusted, body, scenario
from tests.support.fast_world import DATE, VENDORS, FastWorld, Memos
from tests.support.harness import Now, asking, started
from tests.support.script import Setting

# Any script of requests and of what people do: `EmulatorMachine` replays it in a world without a fast path.


class FastMachine(EmulatorMachine):
    """Draws a script that is played on the fast path, and replays it in a world without one."""

    @staticmethod
    def world_of(setting: Setting) -> World:
        """A fresh world whose requests take the fast path."""
        texts = [dataclasses.replace(each, text=each.version) for each in setting.scenarios]
        return FastWorld(*texts, seed=setting.seed, room=setting.room, kept=setting.kept, default="happy-path")


TestFastPath = FastMachine.TestCase
TestFastPath.settings = settings(max_examples=50, stateful_step_count=40)


class FastNotifyingMachine(NotifyingMachine):
    """The same with submits, addresses, and attempts under way."""

    world_of = staticmethod(FastMachine.world_of)


TestFastNotifying = FastNotifyingMachine.TestCase
TestFastNotifying.settings = settings(max_examples=30, stateful_step_count=40)


# Two servers, one clock, and all that can be done to them.


class Twin(NamedTuple):
    """One of two servers, how it is asked, and the ids of what was submitted to it."""

    do: Controls
    memos: Memos | None
    submitted: list[str]

    def poll(self, vendor: str, id: str, method: str = "GET") -> Response:
        """One status request."""
        return self.ask(asking(vendor, id, method))

    def ask(self, request: Request) -> Response:
        """Any request."""
        emulator = self.do.server.emulator
        return emulator.answer(request) if self.memos is None else self.memos.answer(emulator, request)

    def submit(self, form: bytes) -> Response:
        """One submit, without an address: who makes attempts is a thread, and no two threads go alike."""
        response = self.ask(request_of("POST", "/pfop", (), form))
        if response.status == 200:
            self.submitted.append(body(response)["persistentId"])
        return response

    def poll_submitted(self, which: int) -> Response | None:
        """One status request for one of the tasks that were submitted last."""
        if not self.submitted:
            return None
        id = self.submitted[-1 - which % len(self.submitted)]
        response = self.poll("qiniu", id)
        if response.status == 404:  # it is gone, or says so
            self.submitted.remove(id)
        return response

    def held(self) -> tuple[Any, ...]:
        """All that is kept and counted."""
        counts = self.do.server.emulator.stats.counts()
        return self.do.server.store.export(), counts.exchanges, counts.faults, sum(counts.slots)


UPLOADS = (
    "steps: [{state: waiting, polls: 2}, {state: processing, for: 2s}, {state: succeeded}]",
    "items: 3\nsteps: [{state: processing, polls: 1}, {state: failed, reason: no room}]",
    "items: 40\nsteps: [{state: waiting, polls: 1}, {state: succeeded}]",
    "steps: [{state: waiting, polls: 1, next: {a: 1, b: 2}}, {state: processing, name: a, for: 1s..9s, next: b}, "
    "{state: succeeded, name: b}]",
    "steps: [{state: waiting, hold: true}, {state: succeeded}]",
    "items: {count: 2, each: {steps: [{state: waiting, polls: 2}, {state: succeeded}]}}",
    "expires: 5s\nsteps: [{state: succeeded}]",
    "steps: [{state: waiting, polls: 3, headers: {A: b}}, {state: succeeded}]\nfaults: [{error: 599}]",
    "items: [{}, {}]\noptions: {profile: live}\nsteps: [{state: waiting, polls: 1}, {state: succeeded}]",
)
NAMES = ("up-1", "up-2", "happy-path", "instant", "realistic", "never-ends")
EFFECTS = (Effect(error=599), Effect(fault="html"), Effect(headers=(("A", "b"),)))
SCOPES = ("tasks", "faults", "journal", "clock", "scenarios", "coverage")
Act = Callable[[Twin], object]


def key_of(draw: random.Random) -> tuple[str, str]:
    """A task, one of few more often than of many."""
    name = draw.choice([*NAMES, *NAMES, *NAMES, "made", *(each.partition(".")[0] for each in IDS)])
    return draw.choice(VENDORS), f"{name}.{draw.choice([1, 1, 1, 2, draw.randrange(10**6)])}"


def polling(draw: random.Random) -> Act:
    """A few polls of one task."""
    vendor, id = key_of(draw)
    times, which = draw.randint(1, 6), draw.randrange(8)
    if which < 3:
        return lambda twin: [twin.poll_submitted(which) for _ in range(times)]
    return lambda twin: [twin.poll(vendor, id) for _ in range(times)]


def steering(draw: random.Random) -> Act:
    """Something that a person does."""
    (vendor, id), k = key_of(draw), draw.randrange(10**6)
    key, text = Key(vendor, id), f"about: x\n{draw.choice(UPLOADS)}\n"
    name, scopes = draw.choice(NAMES[:2]), draw.sample(SCOPES, draw.randint(1, 3))
    aim = Aim(draw.choice([None, vendor]), draw.choice([id, "up-*"]), draw.choice([None, 1, 2]), 2_000)
    by = draw.choice([0, 500, 3_000, 10**6])
    form = f"bucket=b&key={draw.choice(NAMES)}/{k % 3}&fops=avthumb/mp4;vframe/jpg&pipeline={k % 2}".encode()
    acts: tuple[Act, ...] = (
        lambda twin: twin.poll(vendor, id, "HEAD"),
        lambda twin: twin.do.tasks.next(key),
        lambda twin: twin.do.tasks.goto(key, draw.choice(["waiting", "processing", "succeeded", "failed"])),
        lambda twin: twin.do.tasks.fail(key, None if k % 3 else 0, "too large" if k % 2 else None),
        lambda twin: twin.do.tasks.finish(key),
        lambda twin: twin.do.tasks.shift(key, by),
        lambda twin: twin.do.tasks.drop(Wanted(vendor, id)),
        lambda twin: twin.do.tasks.create(vendor, "happy-path", f"made.{k % 3}", [{}]),
        lambda twin: twin.submit(form),
        lambda twin: twin.submit(form),
        lambda twin: twin.do.time.advance(by),
        lambda twin: twin.do.time.freeze(),
        lambda twin: twin.do.time.resume(),
        lambda twin: twin.do.time.at_speed(3.5),
        lambda twin: twin.do.faults.arm(draw.choice(EFFECTS), aim),
        lambda twin: twin.do.faults.disarm(),
        lambda twin: twin.do.scenarios.upload(name, text).version,
        lambda twin: twin.do.scenarios.remove(name),
        lambda twin: twin.do.reset.reset(scopes),
        lambda twin: load(twin.do.server, export(twin.do.server)),
    )
    return draw.choice(acts)


def done(twin: Twin, act: Act, seed: int) -> object:
    """What an act says, or how it is refused."""
    random.seed(seed)
    try:
        return act(twin)
    except Refused as refused:
        return refused.kind, str(refused)


@pytest.mark.parametrize(("profile", "room"), [*((profile, 10_000) for profile in PROFILES), ("sdk", 40)])
def test_two_servers_say_and_keep_the_same_whatever_is_done_to_them(profile: Profile, room: int) -> None:
    now, draw = Now(), random.Random(f"{profile}{room}")
    settings: dict[str, Any] = {"profile": profile, "max_tasks": room, "journal_entries": 500}
    long = Twin(controls_of(started(now, **settings)), None, [])
    fast = Twin(controls_of(started(now, **settings)), Memos(), [])
    assert fast.memos is not None
    for k in range(1_200):
        steers = draw.random() < 0.2
        state = draw.getstate()
        said = []
        for twin in (long, fast):
            draw.setstate(state)
            said.append(done(twin, steering(draw) if steers else polling(draw), k))
        assert said[0] == said[1]
        now.ms += draw.choice([0, 0, 7, 400])
        if k % 50 == 0:
            for twin in (long, fast):
                twin.do.reset.reset(["faults", "clock", "tasks"])
            assert long.held() == fast.held()
    assert long.held() == fast.held()
    assert fast.memos.taken > 0.3 * fast.memos.asked


# What is not plain.

PLAIN = "steps: [{state: waiting, polls: 2}, {state: processing, hold: true}]\n"


def test_a_plain_poll_takes_it_from_the_first_on_and_a_repeated_one_makes_no_body_anew() -> None:
    world = FastWorld(scenario(PLAIN))
    seen = [world.poll().body for _ in range(6)]
    assert (world.memos.asked, world.memos.taken) == (6, 6)
    assert seen[0] is seen[1]
    assert seen[3] is seen[4]
    assert seen[1] != seen[2]


ODD: dict[str, Scenario] = {
    "a fault": scenario(PLAIN + "faults: [{when: {polls: [100]}, error: 599}]\n"),
    "an error": scenario("steps: [{error: 599}]\n"),
    "items that walk": scenario("items: [{steps: [{state: waiting, polls: 9}, {state: succeeded}]}]\n"),
    "an end": scenario("expires: 5s\n" + PLAIN),
    "a changed header": scenario("steps: [{state: succeeded, headers: {A: b}}]\n"),
    "a large body": scenario("items: 100\nsteps: [{state: succeeded}]\n"),
    "a breach": adjusted(
        scenario("steps: [{state: waiting, hold: true}, {state: succeeded}]\n"),
        Adjust(put={"qiniu": ((("code",), "two"),)}),
    ),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_not_plain_is_left_to_the_stages(odd: Scenario) -> None:
    fast, long = FastWorld(odd), World(odd)
    assert [fast.poll() for _ in range(4)] == [long.poll() for _ in range(4)]
    assert fast.memos.taken == 0
    assert fast.store.export() == long.store.export()


URL = "http://127.0.0.1:9/told"
FORM = b"bucket=b&key=made-up/1&fops=avthumb/mp4;vframe/jpg&pipeline=own"


@pytest.mark.parametrize("address", ["", URL])
def test_a_submitted_task_shows_its_own_items_on_the_fast_path(address: str) -> None:
    worlds = FastWorld(scenario(PLAIN)), World(scenario(PLAIN))
    said = []
    for world in worlds:
        form = FORM + f"&notifyURL={address}".encode() * bool(address)
        ids = [body(world.ask("/pfop", "POST", form))["persistentId"] for _ in range(2)]
        said.append([world.poll(id) for _ in range(5) for id in ids])
    fast, long = worlds
    assert said[0] == said[1]
    assert [item["cmd"] for item in body(said[0][0])["items"]] == ["avthumb/mp4", "vframe/jpg"]
    assert fast.memos.taken == 10
    assert fast.store.export() == long.store.export()


def test_a_task_that_is_born_anew_with_other_items_shows_those() -> None:
    world = FastWorld(scenario(PLAIN))
    for commands in (["avthumb/mp4"], ["vframe/jpg"], ["vframe/jpg", "avthumb/mp4"]):
        world.do.tasks.create("qiniu", "made-up", "made-up.1", [{"cmd": command} for command in commands])
        for _ in range(2):
            assert [item["cmd"] for item in body(world.poll())["items"]] == commands
        world.do.tasks.drop(Wanted("qiniu", "made-up.1"))
    assert world.memos.taken == 6


TOLD = "steps: [{state: waiting, for: 10s}, {state: succeeded}]\n"


def test_while_a_task_owes_a_notification_its_polls_are_left_to_the_stages() -> None:
    world = FastWorld(scenario(TOLD))
    world.do.tasks.create("qiniu", "made-up", "made-up.1", notify=URL)
    taken = []

    def poll(times: int) -> None:
        before = world.emulator.fast_path.taken
        for _ in range(times):
            world.poll()
        taken.append(world.emulator.fast_path.taken - before)

    poll(3)
    assert world.store.export().wakes == ((world.virtual() + 10_000, Key("qiniu", "made-up.1")),)
    world.advance(10_000)
    poll(3)  # the first makes it owe
    assert world.store.export().wakes == ((world.virtual(), Key("qiniu", "made-up.1")),)
    attempt = world.notifications.take(Key("qiniu", "made-up.1"))
    assert attempt is not None
    poll(2)
    assert world.notifications.settle(attempt, Result(200)) == "delivered"
    poll(3)
    assert world.store.export().wakes == ()
    assert taken == [3, 1, 0, 3]


def test_a_task_that_shows_what_became_of_its_notification_is_left_to_the_stages() -> None:
    real = scenario("notify: {status: real}\n" + TOLD)
    world = FastWorld(real)
    world.do.tasks.create("qiniu", "made-up", "made-up.1", notify=URL)
    world.poll()
    assert world.memos.taken == 0
    world.poll("made-up.2")  # nobody is notified of this one
    assert world.memos.taken == 1


def test_what_a_task_was_submitted_with_counts_with_the_body() -> None:
    taken = []
    for length in (300, LARGEST.value):
        world = FastWorld(scenario(PLAIN))
        world.do.tasks.create("qiniu", "made-up", "made-up.1", [{"hash": "a" * length}])
        taken.append((len(world.poll().body) < LARGEST.value // 2, world.memos.taken))
    assert taken == [(True, 1), (True, 0)]


def test_armed_faults_and_a_clock_that_was_reset_are_left_to_the_stages() -> None:
    world = FastWorld(scenario(PLAIN))
    world.poll()
    world.arm(Effect(error=599))
    assert world.poll().status == 599
    world.do.faults.disarm()
    world.poll()
    world.advance(60_000)
    world.do.reset.reset(["clock"])
    world.poll()
    assert (world.memos.asked, world.memos.taken) == (4, 2)


def test_a_task_that_had_to_go_stays_gone() -> None:
    instant = scenario("steps: [{state: succeeded}]\n")
    world = FastWorld(instant, room=1)
    assert [world.poll(id).status for id in ("made-up.1", "made-up.2", "made-up.1")] == [200, 200, 404]
    assert world.memos.taken == 2


def test_requests_of_other_kinds_have_no_key() -> None:
    fast = FastWorld(scenario(PLAIN)).emulator.fast_path
    target = "/status/get/prefop?id=made-up.1"
    others = [
        request_of("HEAD", target, (), b""),
        request_of("GET", target, (), b"", old=True),
        request_of("PUT", target, (), b""),
        request_of("GET", "/status/get/prefop", (), b""),
        request_of("GET", "/nowhere", (), b""),
    ]
    assert [fast.memo(request).key for request in others] == [None] * len(others)
    form = request_of("POST", "/status/get/prefop", (), b"id=made-up.1")
    assert fast.memo(form).key == Key("qiniu", "made-up.1")


# A word that breaks the contract.


@dataclasses.dataclass(frozen=True)
class Wrong(Qiniu):
    """Says a code that the contract does not have, once work goes on."""

    def body(self, view: View) -> Json:
        """A body that breaks the contract in one step."""
        said = super().body(view)
        return {**said, "code": 77} if said["code"] == 2 else said


def test_a_body_that_breaks_its_contract_is_refused_out_loud() -> None:
    registry = Registry((Vendor(Wrong, ""),))
    renders = Renderer(registry, Contracts(), Fixtures([data("fixtures")]))
    world = FastWorld(scenario(PLAIN), renders=renders)
    assert world.statuses(5) == [200, 200, 500, 500, 500]
    assert world.memos.taken == 2
    assert [entry.verdict for entry in world.entries()] == ["fits", "fits", "broken", "broken", "broken"]
    assert body(world.poll())["path"] == "$.code"


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("part", ["item", "item_words", "words", "body"])
def test_every_word_that_a_dialect_says_is_checked(vendor: str, part: str) -> None:
    plain = Registry().dialect(vendor)
    kind = type(plain)

    def wrong(self: Any, *args: Any) -> Any:
        said = getattr(kind, part)(self, *args)
        if part == "item":
            return said._replace(layout={**said.layout, "odd": 1})
        return dict.fromkeys(said, 5) if part != "body" else {**said, "odd": 1}

    made: Any = dataclasses.dataclass(frozen=True)(type(kind.__name__, (kind,), {part: wrong}))
    renders = Renderer(Registry((Vendor(made, ""),)), Contracts(), Fixtures([data("fixtures")]))
    world = FastWorld(scenario("steps: [{state: succeeded}]\n"), renders=renders)
    says = bool(kind.__dict__.get(part))
    assert world.poll(vendor=vendor).status == (500 if says else 200)
    assert world.memos.taken == (0 if says else 1)


# Bounds.


def test_a_larger_body_than_is_remembered_is_left_to_the_stages() -> None:
    texts = [f"items: {k}\nsteps: [{{state: succeeded}}]\n" for k in range(1, 40, 3)]
    for text in texts:
        world = FastWorld(scenario(text))
        large = len(world.poll().body) > LARGEST.value
        world.poll()
        assert world.memos.taken == (0 if large else 2)


def test_no_more_plans_are_remembered_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path, "PLANS", fast_path.PLANS._replace(value=5))
    world = FastWorld(*[scenario(PLAIN, f"made-up-{k}") for k in range(20)])
    assert [world.poll(f"made-up-{k}.1").status for k in range(20)] == [200] * 20
    assert len(world.emulator.fast_path._plans) == 5


def test_a_memo_takes_no_more_memory_than_is_counted_for_it() -> None:
    world = FastWorld(scenario("items: 14\nsteps: [{state: waiting, polls: 1}, {state: succeeded}]\n"), kept=0)
    fast, requests = world.emulator.fast_path, [asking("qiniu", f"made-up.{k}") for k in range(400)]
    fast.poll(fast.memo(asking("qiniu", "made-up.first")), DATE)
    tracemalloc.start()
    try:
        memos = [fast.memo(request) for request in requests]
        for memo in memos:
            assert fast.poll(memo, DATE)
            assert fast.poll(memo, DATE)
        before = tracemalloc.get_traced_memory()[0]
        del memo, memos
        held = before - tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < len(requests) * MEMO_SIZE

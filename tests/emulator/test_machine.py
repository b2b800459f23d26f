"""The whole emulator under any script of requests, faults and changes of time: what must hold after every line."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_server.control.refused import Kind
from mock_server.control.task_view import TaskView
from mock_server.engine.clock import Clock
from mock_server.engine.cursor import BIRTH, Cursor
from mock_server.engine.scenario import Effect, Fault, Lognormal, Rate, Scenario, Span, When, Window
from mock_server.engine.task import Key, unpack
from mock_server.faults.armed import Armed
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Response
from mock_server.journal.journal import Entry
from mock_server.vendors.contracts import Contracts
from tests.support.emulators import VENDORS, World, shipped
from tests.support.ledger import Account, Walkers, agrees, booked, fits
from tests.support.script import Act, Outcome, Setting, perform, replay
from tests.support.strategies import scenarios, spans

SHIPPED = tuple(
    map(
        shipped,
        (
            "happy-path",
            "realistic",
            "flaky",
            "throttled",
            "expires",
            "one-by-one",
            "partial-failure",
            "outage-then-recovery",
            "not-found-at-first",
            "document-sample",
            "notified",
        ),
    )
)
DRAWN = ("drawn-a", "drawn-b")
IDS = tuple(f"{name}.{k}" for name in (*DRAWN, *(each.name for each in SHIPPED)) for k in (1, 2))


def known_items(world: World, vendor: str, items: list[dict[str, str]]) -> list[dict[str, str]]:
    """The items with the fields that the vendor has: the API lets no others in, and neither does a bundle."""
    known = world.server.registry.dialect(vendor).item_fields
    return [{name: value for name, value in item.items() if name in known} for item in items]


ITEMS: tuple[dict[str, str], ...] = ({}, {"cmd": "avthumb/mp4"}, {"cmd": "vframe/jpg", "key": "first.jpg"})
KEYS = st.builds(Key, st.sampled_from(VENDORS), st.sampled_from([*IDS[:4], *IDS, "z0.5f3"]))
"""Tasks, drawn scenarios more often than others."""
ODD = (
    ("GET", "/status/get/prefop"),
    ("GET", "/status/get/prefop?id=a&id=b"),
    ("DELETE", "/fmgr/status?persistentId=happy-path.1"),
    ("OPTIONS", "/status/get/prefop?id=happy-path.1"),
    ("GET", "/fmgr/status?persistentId=" + "a" * 600),
    ("GET", "/v1.0/{project_id}/asset/preheating?task_id=happy-path.1"),
    ("GET", "/status/nothing"),
    ("GET", "/fmgr/status?persistentId=hapy-path"),
    ("HEAD", "/status/get/prefop?id=nothing"),
    ("GET", "/nowhere"),
    ("GET", "*"),
)


def cursors(world: World, versions: set[str]) -> dict[Key, Cursor]:
    """Where the tasks of these scenarios stand."""
    tasks = {key: unpack(record) for key, record in world.store.scan()}
    return {key: task.cursor for key, task in tasks.items() if task.scenario.partition("@")[0] in versions}


def windows(low: int, high: int) -> st.SearchStrategy[Window]:
    """Windows that begin between the two, and may have no end."""
    return st.builds(
        lambda start, more: Window(start, None if more is None else start + more),
        st.integers(low, high),
        st.none() | st.integers(1, high),
    )


whens = st.builds(
    When,
    polls=st.lists(windows(1, 9), max_size=2).map(tuple),
    every=st.none() | st.integers(1, 4),
    chance=st.none() | st.floats(0, 1),
    rate=st.none() | st.builds(Rate, st.integers(1, 7), st.sampled_from([1_000, 60_000])),
    time=st.none() | windows(0, 3_000),
)
effects = st.builds(
    Effect,
    error=st.none() | st.sampled_from([599, 404, "unknown", "throttled", 777]),
    fault=st.none() | st.sampled_from(sorted(FAULTS)),
    delay=st.none() | spans() | st.just(Lognormal(20, 300)) | st.just(Span(5, 5)),
    headers=st.sampled_from([(), (("Retry-After", "3"),), (("X-Reqid", None),)]),
)


@st.composite
def drawn(draw: st.DrawFn, name: str) -> Scenario:
    """Any scenario of steps and errors for every vendor, with any faults."""
    plain = draw(scenarios())
    steps = [
        dataclasses.replace(step, state=None, error=599) if step.edges and draw(st.integers(0, 4)) == 0 else step
        for step in plain.steps
    ]
    return dataclasses.replace(
        plain,
        name=name,
        vendors=VENDORS,
        steps=tuple(steps),
        faults=tuple(draw(st.lists(st.builds(Fault, whens, effects), max_size=3))),
        counts_all=draw(st.booleans()),
        expires=draw(st.none() | st.integers(1, 20_000)),
    )


class EmulatorMachine(RuleBasedStateMachine):
    """Plays a script as it is drawn, keeps an account of every task, and plays the script's variants at the end."""

    @staticmethod
    def world_of(setting: Setting) -> World:
        """The world in which the script is played first; its variants are played in plain ones."""
        return setting.world()

    @initialize(
        drawn=st.tuples(*map(drawn, DRAWN)),
        cast=st.lists(KEYS, min_size=4, max_size=4),
        seed=st.integers(0, 2**63 - 1),
        room=st.sampled_from([2, 1_000]),
        kept=st.sampled_from([3, 1_000]),
    )
    def begin(self, drawn: tuple[Scenario, ...], cast: list[Key], seed: int, room: int, kept: int) -> None:
        """A world, and the few tasks that most polls are about, so that they get somewhere."""
        self.setting = Setting((*drawn, *SHIPPED), seed, room, kept)
        self.world = self.world_of(self.setting)
        self.cast = cast
        self.contracts = Contracts()
        self.script: list[Act] = []
        self.responses: list[Outcome] = []
        self.accounts: dict[Key, Account] = {}
        self.statuses: Counter[tuple[str | None, int]] = Counter()
        self.crossed: Counter[tuple[str, int, int]] = Counter()
        self.walkers: dict[Key, Walkers] = {}
        self.walked: Counter[tuple[str, int, int]] = Counter()
        self.items: dict[Key, list[dict[str, str]]] = {}
        self.polls = 0
        self.attempts = 0
        self.latest = (0, 0)

    def play(self, verb: str, *with_: Any) -> Outcome:
        act = Act(verb, with_)
        response = perform(self.world, act)
        self.script.append(act)
        self.responses.append(response)
        return response

    def played(self, version: str, key: Key) -> Scenario:
        """What a task of this version plays."""
        return self.world.library.versions[version]

    def walk(self, key: Key, after: Walkers) -> None:
        """Books where the items of a task have got to."""
        before = self.walkers.get(key)
        self.walked += after.crossed - (before.crossed if before else Counter())
        self.walkers[key] = after

    def begin_items(self, key: Key, scenario: Scenario, now: int) -> None:
        """Books that the items of a task begin, if they have steps of their own."""
        if scenario.by_items:
            before = self.walkers[key].at(now).crossed if key in self.walkers else Counter()
            self.walk(key, Walkers.born(scenario.version, now, before))

    def counted(self, *, items: bool) -> Counter[tuple[str, int, int]]:
        """The changes of step that coverage counts: those of tasks, or those of items with steps of their own."""
        counted = self.world.counters().crossed.items()
        return Counter({what: n for what, n in counted if (what[0].startswith("one-by-one@") and what[2] > 0) is items})

    def ask(self, verb: str, *with_: Any) -> None:
        """A request, booked with what the journal says of it."""
        response = self.play(verb, *with_)
        assert isinstance(response, Response)
        entry = self.world.last()
        scenario = self.played(entry.scenario, Key(entry.vendor or "", entry.id or "")) if entry.scenario else None
        assert fits(self.contracts, entry, scenario), entry
        assert self.latest <= (entry.real, entry.virtual)
        assert self.latest[1] <= entry.virtual
        self.latest = (entry.real, entry.virtual)
        self.statuses[entry.vendor, response.status] += 1
        self.polls += entry.poll
        if entry.poll:
            assert entry.vendor
            assert entry.id
            assert scenario
            key = Key(entry.vendor, entry.id)
            if key not in self.accounts:
                self.crossed[scenario.version, BIRTH, 0] += 1
                self.begin_items(key, scenario, entry.virtual)
            if scenario.by_items:
                self.walk(key, self.walkers[key].at(entry.virtual))
                assert entry.step == self.walkers[key].whole
            self.crossed.update((scenario.version, crossing.origin, crossing.to) for crossing in entry.crossed)
            self.accounts[key] = booked(self.accounts.get(key), scenario, entry)
            assert agrees(self.accounts[key], self.world.task(key.id, key.vendor))
            self.shows_its_items(key, entry)

    def shows_its_items(self, key: Key, entry: Entry) -> None:
        """What was submitted is what is shown; a drawn scenario has no items of its own."""
        shown = entry.original or entry.response
        if key.vendor == "qiniu" and shown.status == 200 and (entry.scenario or "").startswith("drawn"):
            submitted = self.items.get(key) or [{}]
            found = json.loads(shown.body)["items"]
            assert len(found) == len(submitted)
            assert all(one["cmd"] == two.get("cmd", one["cmd"]) for one, two in zip(found, submitted, strict=True))

    @rule(who=st.integers(0, 3), times=st.integers(1, 4))
    def poll_a_few_times(self, who: int, times: int) -> None:
        for _ in range(times):
            self.ask("poll", *self.cast[who])

    @rule(who=st.integers(0, 3), gaps=st.lists(st.integers(0, 3_000), min_size=1, max_size=4))
    def poll_now_and_then(self, who: int, gaps: list[int]) -> None:
        for by in gaps:
            self.play("advance", by)
            self.ask("poll", *self.cast[who])

    @rule(key=KEYS)
    def poll_anything(self, key: Key) -> None:
        self.ask("poll", *key)

    @rule(who=st.integers(0, 3))
    def peek_and_then_poll(self, who: int) -> None:
        """A peek moves nothing, and shows what the next poll would get without faults."""
        vendor, id = self.cast[who]
        before = (self.world.store.control(), sorted(self.world.store.scan()))
        self.ask("peek", vendor, id)
        assert before == (self.world.store.control(), sorted(self.world.store.scan()))
        peeked = self.world.last()
        self.ask("poll", vendor, id)
        polled = self.world.last()
        if polled.poll:
            assert (peeked.response, peeked.step) == (polled.original or polled.response, polled.step)

    @rule(how=st.sampled_from(ODD))
    def odd_request(self, how: tuple[str, str]) -> None:
        self.ask("odd", *how)

    @rule(by=st.integers(0, 3_000) | st.integers(0, 10**9))
    def real_time_passes(self, by: int) -> None:
        self.play("wait", by)

    @rule(by=st.integers(0, 3_000) | st.sampled_from([600_000, 864_000_000]))
    def advance_the_clock(self, by: int) -> None:
        before = self.world.virtual()
        self.play("advance", by)
        assert self.world.virtual() == before + by

    @rule(verb=st.sampled_from(["freeze", "resume"]))
    def freeze_or_resume(self, verb: str) -> None:
        before = self.world.virtual()
        self.play(verb)
        assert self.world.virtual() == before

    @rule(speed=st.sampled_from([0.1, 1.0, 7.3, 1_000.0]))
    def change_the_speed(self, speed: float) -> None:
        before = self.world.virtual()
        self.play("speed", speed)
        assert self.world.virtual() == before

    @rule(
        effect=effects,
        vendor=st.none() | st.sampled_from(VENDORS),
        id=st.none() | st.sampled_from([*IDS[:4], "drawn*", "*"]),
        times=st.none() | st.integers(1, 3),
        lasts=st.none() | st.integers(0, 5_000),
    )
    def arm(self, effect: Effect, vendor: str | None, id: str | None, times: int | None, lasts: int | None) -> None:
        """A fault gets a number above all that are armed; one that does nothing is refused."""
        before = self.world.store.control().armed
        fault = self.play("arm", effect, vendor, id, times, lasts)
        if effect == Effect():
            assert (fault, tuple(self.world.store.control().armed)) == (Kind.INVALID, tuple(before))
        else:
            assert isinstance(fault, Armed)
            lasting = [other for other in before if other.lasts(self.world.virtual())]
            assert tuple(self.world.store.control().armed) == (*lasting, fault)
            assert fault.number > max((other.number for other in before), default=0)
            assert fault.until == (None if lasts is None else self.world.virtual() + lasts)

    @rule()
    def disarm(self) -> None:
        armed = self.world.store.control().armed
        assert self.play("disarm") == sum(fault.lasts(self.world.virtual()) for fault in armed)
        assert not self.world.store.control().armed

    @rule(
        who=st.integers(0, 3),
        scenario=st.sampled_from([*DRAWN, *DRAWN, *(each.name for each in SHIPPED)]),
        items=st.lists(st.sampled_from(ITEMS), max_size=3),
        minted=st.booleans(),
    )
    def create(self, who: int, scenario: str, items: list[dict[str, str]], minted: bool) -> None:
        """A task of anybody's id, or of a new one that the later polls of `who` are about."""
        vendor, id = self.cast[who]
        # Not an id whose task had to go: the store would count it as gone and as there, and no bundle may.
        minted = minted or self.cast[who] in self.world.store.export().dropped
        known = {key for key, _ in self.world.store.scan()}
        items = known_items(self.world, vendor, items)
        view = self.play("create", vendor, scenario, None if minted else id, items)
        if not isinstance(view, TaskView):
            taken = not minted and self.cast[who] in known
            serves = vendor in self.world.library.scenarios[scenario].vendors
            assert view is (Kind.INVALID if not serves else Kind.CONFLICT if taken else Kind.FULL)
            assert view is not Kind.FULL or len(known) == self.setting.room
            return
        key = Key(view.vendor, view.id)
        assert key not in known
        assert (key == self.cast[who]) is not minted
        now = self.world.virtual()
        self.cast[who] = key
        self.accounts[key] = Account(now, now)
        self.items[key] = items
        self.crossed[view.version, BIRTH, 0] += 1
        self.begin_items(key, self.world.library.versions[view.version], now)
        assert (view.scenario, view.step) == (scenario, view.steps[0])
        assert [item.fields for item in self.world.task(key.id, vendor).items()] == items

    @rule(vendor=st.none() | st.sampled_from(VENDORS), who=st.integers(0, 3), prefix=st.booleans())
    def drop(self, vendor: str | None, who: int, prefix: bool) -> None:
        """Dropped tasks are as if they had never been."""
        id = self.cast[who].id
        keys = [key for key, _ in self.world.store.scan() if vendor in (None, key.vendor)]
        meant = {key for key in keys if (key.id.startswith(id[:-1]) if prefix else key.id == id)}
        assert self.play("drop", vendor, f"{id[:-1]}*" if prefix else id) == len(meant)
        assert meant.isdisjoint(key for key, _ in self.world.store.scan())
        for key in meant:
            del self.accounts[key]
            self.items.pop(key, None)
            self.walkers.pop(key, None)

    @rule(who=st.integers(0, 3), items=st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3))
    def create_anew(self, who: int, items: list[dict[str, str]]) -> None:
        """A task that is dropped and created again while no time passes shows nothing of the one before."""
        vendor, id = self.cast[who]
        self.create(who, DRAWN[0], items[1:], False)
        self.ask("poll", vendor, id)
        self.drop(vendor, who, False)
        self.create(who, DRAWN[0], items, False)
        self.ask("poll", *self.cast[who])

    @rule(
        who=st.integers(0, 3), polled=st.booleans(), by=st.integers(0, 3_000) | st.just(20_000), step=st.integers(0, 5)
    )
    def goto(self, who: int, polled: bool, by: int, step: int) -> None:
        """A task that is moved stands at the start of its step, now, and everything that it crossed is counted."""
        key = self.cast[who]
        if polled:
            self.ask("poll", *key)
        self.play("advance", by)
        record = self.world.store.read(key)
        before = unpack(record) if record else None
        steps = self.world.library.versions[before.scenario].steps if before else ()
        to = step % len(steps) if steps else 0
        view = self.play("goto", *key, steps[to].name if steps else "any")
        if before is None:
            assert view is Kind.NOT_FOUND
            return
        assert isinstance(view, TaskView)
        now = self.world.virtual()
        assert (view.step, view.since, view.polls) == (steps[to].name, now, 0)
        self.accounts[key] = self.accounts[key]._replace(since=now, step=to, polls=0)
        self.begin_items(key, self.world.library.versions[before.scenario], now)
        counted = self.counted(items=False)
        moved = counted - self.crossed
        assert moved.total() == view.hops - before.hops
        assert {version for version, _, _ in moved} == {before.scenario}
        assert any(target == to for _, _, target in moved)
        self.crossed = counted

    @rule(
        which=st.integers(0, 9),
        moves=st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=3),
        finish=st.booleans(),
    )
    def move_items(self, which: int, moves: list[tuple[int, int, int]], finish: bool) -> None:
        """An item that is moved stands at its step, now; the others go on as they were."""
        self.ask("poll", VENDORS[which % len(VENDORS)], "one-by-one.1")
        key = sorted(self.walkers)[which % len(self.walkers)] if self.walkers else Key("qiniu", "one-by-one.1")
        there = bool(self.world.store.read(key))
        if there and key not in self.walkers:
            return  # it was created with a scenario whose items have no steps of their own
        for by, item, to in moves:
            self.play("advance", by)
            view = self.play("goto_item", *key, ("processing", "succeeded")[to], item)
            if there:
                self.walk(key, self.walkers[key].at(self.world.virtual()).moved(item, to, self.world.virtual()))
                self.items_stand(key, view)
            else:
                assert view is Kind.NOT_FOUND
        if finish and there:
            view, now = self.play("finish", *key), self.world.virtual()
            walkers = self.walkers[key].at(now)
            going = [k for k, (step, _) in enumerate(walkers.stands) if step == 0]
            for k in going or range(4):
                walkers = walkers.moved(k, 1, now)
            self.walk(key, walkers)
            self.items_stand(key, view)

    def items_stand(self, key: Key, view: Outcome) -> None:
        """What is said of the items of a task, which agrees with their account."""
        assert isinstance(view, TaskView)
        assert view.items is not None
        stands = self.walkers[key].stands
        due = [since + 10_000 * (k + 1) if step == 0 else None for k, (step, since) in enumerate(stands)]
        assert [(item.step == "succeeded", item.due) for item in view.items] == [
            (step == 1, moment) for (step, _), moment in zip(stands, due, strict=True)
        ]
        assert view.due == min((moment for moment in due if moment is not None), default=None)

    @rule(later=st.integers(0, 10**9))
    def save_and_load(self, later: int) -> None:
        """A run that is saved goes on from there in a fresh server, on another day."""
        before = self.held()
        self.play("wait", later)
        clock, virtual = self.world.store.control().clock, self.world.virtual()
        self.play("bundle")
        again = self.world.store.control().clock
        assert (self.world.virtual(), again[2:]) == (virtual, clock[2:])
        assert self.held() == before

    def held(self) -> tuple[Any, ...]:
        """All that a server holds but for the clock, and what plays in it."""
        whole, library = self.world.store.export(), self.world.library
        return (*whole._replace(control=whole.control._replace(clock=Clock(0, 0))), library.scenarios)

    @rule(digest=st.sampled_from(["1", "2"]))
    def reload(self, digest: str) -> None:
        self.play("reload", digest)

    @invariant()
    def counters_are_exact_and_numbers_have_no_gaps(self) -> None:
        entries, counters = self.world.store.entries()
        total = sum(self.statuses.values()) + self.attempts
        evicted = total - len(entries)
        assert counters[:4] == (total, self.polls, evicted, dict(self.statuses))
        assert [entry.number for entry in entries] == list(range(evicted + 1, total + 1))
        assert self.counted(items=False) == self.crossed
        assert self.counted(items=True) == self.walked

    @invariant()
    def a_stored_task_stands_where_its_account_says(self) -> None:
        stored = {key: unpack(record) for key, record in self.world.store.scan()}
        assert len(stored) <= self.setting.room
        assert all(agrees(self.accounts[key], task) for key, task in stored.items())

    def teardown(self) -> None:
        if not hasattr(self, "setting"):
            return
        self.one_script_is_one_run()
        self.peeks_and_the_pieces_of_an_advance_do_not_matter()
        self.faults_leave_cursors_alone_where_all_polls_count()

    def one_script_is_one_run(self) -> None:
        again, responses = replay(self.setting, self.script)
        assert responses == self.responses
        assert again.store.entries() == self.world.store.entries()
        assert sorted(again.store.scan()) == sorted(self.world.store.scan())

    def peeks_and_the_pieces_of_an_advance_do_not_matter(self) -> None:
        other: list[Act] = []
        for act in self.script:
            if act.verb == "advance":
                (by,) = act.with_
                other += [Act("advance", (by // 3,)), Act("advance", (by - by // 3,))]
            elif act.verb == "poll":
                other += [Act("peek", act.with_), act]
            elif act.verb != "peek":
                other.append(act)
        again, responses = replay(self.setting, other)
        polled = [response for act, response in zip(other, responses, strict=True) if act.verb == "poll"]
        assert polled == [r for act, r in zip(self.script, self.responses, strict=True) if act.verb == "poll"]
        assert sorted(again.store.scan()) == sorted(self.world.store.scan())

    def faults_leave_cursors_alone_where_all_polls_count(self) -> None:
        plain = tuple(dataclasses.replace(each, faults=()) for each in self.setting.scenarios)
        script = [act for act in self.script if act.verb != "arm"]
        again, _ = replay(self.setting._replace(scenarios=plain), script)
        names = {each.name for each in plain if each.counts_all}
        # A task that ended for other reasons in a full store makes room at another moment, which is not at issue here.
        if self.setting.room > 2 or len(names) == len(plain):
            assert cursors(again, names) == cursors(self.world, names)


TestEmulator = EmulatorMachine.TestCase
TestEmulator.settings = settings(max_examples=50, stateful_step_count=40)


class SharedMachine(EmulatorMachine):
    """The same over Redis: its script is played again in memory, which must come to the same."""

    @staticmethod
    def world_of(setting: Setting) -> World:
        """A world whose store is on Redis."""
        return setting.world("redis")


TestShared = SharedMachine.TestCase
TestShared.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)

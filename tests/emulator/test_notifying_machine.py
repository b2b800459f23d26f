"""The whole emulator with notifications in it: submits, addresses, receivers of every temper, and all that may happen.

A model knows of each task with an address whether it was ever seen at an end, and which attempts came. Of the store it
asks only what it holds. What it demands: owed once and not before the end, told until it was taken or given up, always
in the same bytes, and nothing that outlives its task.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from mock_server.control.refused import Kind
from mock_server.control.task_view import TaskView
from mock_server.emulator.notifications import Attempt, Result
from mock_server.engine.outbox import Outbox, outbox_of
from mock_server.engine.scenario import Scenario
from mock_server.engine.state import is_end
from mock_server.engine.task import Key, unpack
from mock_server.http.message import Response
from mock_server.vendors.notices import Terms
from tests.emulator.test_machine import DRAWN, ITEMS, SHIPPED, EmulatorMachine, known_items
from tests.support.emulators import World
from tests.support.ledger import Account
from tests.support.script import Outcome, Setting

URL = "http://127.0.0.1:9/told"
RESULTS = (
    Result(200, "OK", (("A", "b"),), b"thanks"),
    Result(204, "No Content"),
    Result(302, "Found"),
    Result(404, "Not Found"),
    Result(503, "Busy"),
    Result(0, why="no response"),
    Result(0, why="not allowed", refused=True),
)
TAKEN = RESULTS[0]


class Told(NamedTuple):
    """What is known of one notification: the attempts so far, their bytes, and what became of it."""

    attempts: int = 0
    body: bytes = b""
    outcome: str = ""


class NotifyingMachine(EmulatorMachine):
    """As the machine that it builds on, with tasks that have addresses."""

    @initialize()
    def begin_notifying(self) -> None:
        """Nobody has an address, and nothing was told."""
        self.births: dict[Key, int] = {}
        self.ended: set[Key] = set()
        self.by_hand: dict[Key, int] = {}
        self.told: dict[tuple[Key, int, int], Told] = {}
        self.under_way: list[tuple[Attempt, int]] = []
        self.born = 0
        self.first_cast = [
            Key(vendor, f"drawn-a.{k}") for k, vendor in enumerate(("qiniu", "wangsu", "huawei", "qiniu"))
        ]

    def played(self, version: str, key: Key) -> Scenario:
        scenario = super().played(version, key)
        return self.world.library.paced(scenario) if key in self.births else scenario

    def play(self, verb: str, *with_: Any) -> Outcome:
        """As the machine has it. Where a task stands is looked at before and after: one rule may do several things.

        What is refused writes nothing down.
        """
        key = Key(*with_[:2]) if verb in ("poll", "goto", "goto_item", "finish", "owe", "take") else None
        ended = self.stands_at_an_end(key)
        outcome = super().play(verb, *with_)
        if key is not None and not isinstance(outcome, str | Kind) and (ended or self.stands_at_an_end(key)):
            self.ended.add(key)
        for gone in [key for key in self.births if not self.world.store.read(key)]:
            del self.births[gone]
        return outcome

    def stands_at_an_end(self, key: Key | None) -> bool:
        """Whether the work of a task with an address has ended by now, or did on the way."""
        run = self.world.ledger.read(key) if key is not None and key in self.births else None
        if run is None:
            return False
        entered = [run.step.state, *(run.scenario.steps[crossing.to].state for crossing in run.crossed)]
        ended = [place.state for place in run.places]
        return any(state is not None and is_end(state) for state in entered) or (
            bool(ended) and all(map(is_end, ended))
        )

    def box(self, key: Key) -> Outbox:
        record = self.world.store.read(key)
        return outbox_of(unpack(record).outbox) if record else Outbox()

    def booked(self, key: Key, version: str, items: list[dict[str, str]]) -> None:
        """Books the birth of a task with an address."""
        now = self.world.virtual()
        self.accounts[key] = Account(now, now)
        self.items[key] = items
        self.crossed[version, -1, 0] += 1
        self.begin_items(key, self.world.library.versions[version], now)
        self.born += 1
        self.births[key] = self.born
        self.by_hand[key] = 0
        self.ended.discard(key)

    def moved_on(self, key: Key) -> None:
        """Books that a task was moved on by time, as an attempt does that is taken."""
        record = self.world.store.read(key)
        if not record or key not in self.births:
            return
        task = unpack(record)
        counted = self.counted(items=False)
        assert {version for version, _, _ in counted - self.crossed} <= {task.scenario}
        self.crossed = counted
        self.accounts[key] = self.accounts[key]._replace(since=task.since, step=task.step, polls=task.polls)
        if key in self.walkers:
            self.walk(key, self.walkers[key].at(self.world.virtual()))

    @rule(
        who=st.integers(0, 3),
        scenario=st.sampled_from([*DRAWN, *DRAWN, *(each.name for each in SHIPPED)]),
        items=st.lists(st.sampled_from(ITEMS), max_size=3),
    )
    def create_with_an_address(self, who: int, scenario: str, items: list[dict[str, str]]) -> None:
        vendor, _ = self.cast[who]
        items = known_items(self.world, vendor, items)
        view = self.play("create", vendor, scenario, None, items, URL)
        if isinstance(view, TaskView):
            self.cast[who] = Key(view.vendor, view.id)
            self.booked(self.cast[who], view.version, items)
        else:
            assert view in (Kind.INVALID, Kind.FULL)

    @rule(who=st.integers(0, 3), scenario=st.sampled_from([*DRAWN, "happy-path", "one-by-one"]), n=st.integers(0, 2))
    def submit(self, who: int, scenario: str, n: int) -> None:
        commands = [{"cmd": f"avthumb/mp4/{k}"} for k in range(n + 1)]
        fops = ";".join(each["cmd"] for each in commands)
        form = f"bucket=b&key={scenario}/{n}&fops={fops}&notifyURL={URL}".encode()
        response = self.play("submit", "/pfop", form)
        assert isinstance(response, Response)
        self.statuses["qiniu", response.status] += 1
        entry = self.world.last()
        self.latest = (entry.real, entry.virtual)
        if response.status == 200 and entry.scenario and entry.id:
            self.cast[who] = Key("qiniu", entry.id)
            self.booked(self.cast[who], entry.scenario, commands if scenario.startswith("drawn") else [])

    @rule(who=st.integers(0, 3), gap=st.integers(0, 3_000) | st.just(600_000))
    def take(self, who: int, gap: int) -> None:
        """An attempt has the number after the last one, and all of a notification are the same bytes."""
        self.play("advance", gap)
        key = self.cast[who]
        busy = any(owed.token for owed in self.box(key).owed)
        attempt = self.play("take", *key)
        self.moved_on(key)
        if attempt is None:
            due = self.box(key).next_due
            assert due is None or due > self.world.virtual()
            return
        assert isinstance(attempt, Attempt)
        assert not busy
        assert self.play("take", *key) is None
        name = (key, self.births[key], attempt.notice)
        before = self.told.get(name, Told())
        assert (before.outcome, before.attempts) == ("", attempt.number - 1)
        assert before.body in (b"", attempt.post.body)
        self.told[name] = before._replace(body=attempt.post.body)
        self.under_way.append((attempt, self.births[key]))

    @rule(which=st.integers(0, 9), result=st.sampled_from(RESULTS))
    def settle(self, which: int, result: Result) -> None:
        """What became of it follows from the vendor's terms; of a task that is gone, or was loaded anew, nothing."""
        if not self.under_way:
            return
        which %= len(self.under_way)
        attempt, birth = self.under_way.pop(which)
        wanted = self.box(attempt.key).under_way(attempt.token) is not None
        before = self.world.store.export()
        outcome = self.play("settle", which, result)
        name = (attempt.key, birth, attempt.notice)
        if not wanted:
            assert outcome is None
            assert self.world.store.export() == before
            return
        assert self.births.get(attempt.key) == birth
        terms = self.world.server.registry.dialect(attempt.key.vendor).terms or Terms(())
        assert outcome == ("refused" if result.refused else terms.outcome(result.status, attempt.number))
        told = self.told[name]
        self.told[name] = told._replace(attempts=attempt.number, outcome="" if outcome == "again" else str(outcome))
        self.attempts += 1
        entry = self.world.last()
        assert entry.told is not None
        assert (entry.id, entry.told.notice, entry.told.attempt) == (attempt.key.id, attempt.notice, attempt.number)
        wait = terms.waits[attempt.number - 1] if outcome == "again" else None
        assert entry.told.next == (None if wait is None else self.world.virtual() + wait)

    @rule(who=st.integers(0, 3), times=st.integers(1, 3), result=st.sampled_from(RESULTS))
    def be_notified(self, who: int, times: int, result: Result) -> None:
        """Attempts of one task, one after the other."""
        for _ in range(times):
            self.take(who, 1_000)
            self.settle(len(self.under_way) - 1 if self.under_way else 0, result)

    @rule(who=st.integers(0, 3))
    def ask_for_one(self, who: int) -> None:
        key = self.cast[who]
        number = self.play("owe", *key)
        self.moved_on(key)
        if isinstance(number, int):
            self.by_hand[key] += 1
            assert self.box(key).asked_for() >= 1

    @rule()
    def reset_tasks(self) -> None:
        """Nothing is left, and nothing is woken."""
        self.play("reset")
        self.accounts.clear()
        self.items.clear()
        self.walkers.clear()
        self.cast = list(self.first_cast)
        whole = self.world.store.export()
        assert (whole.tasks, whole.wakes, self.world.store.next_due()) == ((), (), None)

    def held(self) -> tuple[Any, ...]:
        """As the machine has it, without what is under way: nobody makes it in another server."""
        control, tasks, *rest, _, moves, library = super().held()
        packed = []
        for key, record in tasks:
            task = unpack(record)
            packed.append((key, task._replace(outbox=outbox_of(task.outbox).idle().text())))
        return control, packed, *rest, moves, library

    @invariant()
    def it_owes_once_and_never_before_the_end(self) -> None:
        stored = {key: unpack(record) for key, record in self.world.store.scan()}
        wakes = {key: at for at, key in self.world.store.export().wakes}
        assert wakes.keys() <= self.births.keys()
        for key, task in stored.items():
            box = outbox_of(task.outbox)
            if key not in self.births:
                assert (task.notify, task.outbox) == ("", "")
                continue
            scenario = self.played(task.scenario, key)
            state = scenario.steps[task.step].state
            if key in self.walkers:
                at_end = all(step == 1 for step, _ in self.walkers[key].stands)
            else:
                at_end = state is not None and is_end(state)
            if at_end:
                self.ended.add(key)
            scripted = box.made - self.by_hand[key]
            if key.vendor == "huawei":
                assert scripted == 0
            else:
                assert scripted == (key in self.ended), (key, box)
            if box.owed:
                assert not self.world.store.is_ended(key)
            if box.next_due is not None:
                assert wakes[key] <= box.next_due

    def teardown(self) -> None:
        if hasattr(self, "births") and hasattr(self, "setting"):
            self.everything_is_told_in_the_end()
        super().teardown()

    def everything_is_told_in_the_end(self) -> None:
        """Whoever goes on waits for nothing, however long the vendors try."""
        while self.under_way:
            self.settle(0, TAKEN)
        for _ in range(200):
            due = self.world.store.next_due()
            if due is None:
                break
            self.play("advance", max(0, due - self.world.virtual()))
            for _, key in self.world.store.due(self.world.virtual()):
                attempt = self.play("take", *key)
                self.moved_on(key)
                if isinstance(attempt, Attempt):
                    assert self.play("settle", len(self.world.attempts) - 1, TAKEN) == "delivered"
                    self.attempts += 1
        assert self.world.store.next_due() is None
        for key in self.births:
            box = self.box(key)
            assert box.owed == ()
            if key in self.ended and key.vendor != "huawei":
                assert box.done[0, None] in ("delivered", "failed", "refused")


TestNotifying = NotifyingMachine.TestCase
TestNotifying.settings = settings(max_examples=40, stateful_step_count=40)


class SharedNotifyingMachine(NotifyingMachine):
    """The same over Redis: its script is played again in memory, which must come to the same."""

    @staticmethod
    def world_of(setting: Setting) -> World:
        """A world whose store is on Redis."""
        return setting.world("redis")


TestSharedNotifying = SharedNotifyingMachine.TestCase
TestSharedNotifying.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)

"""A full store: which tasks make room, which ids stay gone, and the walk that finds tasks that time has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from mock_server.emulator.commit import Ledger
from mock_server.emulator.evict import Evictor
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key, Record, unpack
from mock_server.journal.journal import Journal
from mock_server.store.memory import MemoryStore
from mock_server.store.store import Change, Control, Decide, Full
from tests.emulator.test_decide import FIRST, HELD, SECOND, TIMED
from tests.support.emulators import World, body, scenario


class TestFullStore:
    def test_a_birth_without_room_is_refused_in_our_voice_and_noted(self) -> None:
        world = World(scenario(HELD), room=1)
        world.poll("made-up.1")
        response = world.poll("made-up.2")
        assert (response.status, response.header("X-Mock-Server-Error"), world.last().verdict) == (503, "full", "ours")
        assert response.header("X-Reqid")
        assert "--max-tasks" in body(response)["message"]
        assert (world.statuses(1, "made-up.1"), world.counters()[:2]) == ([200], (3, 2))

    def test_a_refused_birth_leaves_an_armed_fault_unused(self) -> None:
        world = World(scenario(HELD), room=1)
        world.poll("made-up.1")
        world.arm(Effect(error=599), times=1)
        assert (world.statuses(1, "made-up.2"), world.statuses(1, "made-up.1")) == ([503], [599])

    def test_a_task_that_polls_ended_makes_room(self) -> None:
        world = World(scenario(FIRST), room=1)
        world.statuses(2, "made-up.1")
        assert world.statuses(1, "made-up.2") == [200]

    def test_the_task_that_ended_first_goes_first(self) -> None:
        world = World(scenario(SECOND), room=2)
        for k in (1, 2, 2, 2, 1, 1, 3):
            world.poll(f"made-up.{k}")
        assert [world.poll(f"made-up.{k}").status for k in (1, 2)] == [200, 404]

    def test_a_task_whose_end_was_not_polled_yet_stays_while_another_can_go(self) -> None:
        world = World(scenario(SECOND), room=2)
        for k in (1, 1, 2, 2, 2, 3):
            world.poll(f"made-up.{k}")
        assert [world.poll(f"made-up.{k}").status for k in (1, 2)] == [200, 404]

    @pytest.mark.parametrize(
        "text", [TIMED, f"expires: 10s\n{HELD}", "items: [{steps: [{state: waiting, for: 9s}, {state: failed}]}]"]
    )
    def test_a_task_that_time_ended_unseen_makes_room(self, text: str) -> None:
        world = World(scenario(text), room=1)
        before = world.statuses(1, "made-up.1") + world.statuses(1, "made-up.2")
        world.advance(10_000)
        assert (before, world.statuses(1, "made-up.2")) == ([200, 503], [200])

    def test_a_dropped_id_is_404_with_a_header_and_never_born_again(self) -> None:
        world = World(scenario(TIMED), scenario(HELD, "other"), room=1, default="other")
        world.poll("made-up.1")
        world.advance(10_000)
        world.poll("other.1")
        responses = [world.poll("made-up.1"), world.poll("made-up.1", method="HEAD"), world.poll("made-up.1")]
        assert [response.status for response in responses] == [404] * 3
        assert all("dropped" in (response.header("X-Mock-Server") or "") for response in responses)
        assert world.statuses(1, "other.1") == [200]

    def test_ended_tasks_make_room_for_ever(self) -> None:
        world = World(scenario("steps: [{state: succeeded}]"), room=10)
        assert {world.poll(f"made-up.{k}").status for k in range(500)} == {200}
        assert {world.poll(f"made-up.{k}").status for k in range(490)} == {404}

    def test_room_that_another_birth_takes_is_made_again(self) -> None:
        world = World(scenario(TIMED), room=3)
        for k in range(3):
            world.poll(f"made-up.{k}")
        world.advance(10_000)
        asked: list[str] = []

        def add() -> str:
            asked.append("once more")
            if len(asked) < 3:
                raise Full
            return "born"

        assert world.emulator.evictor.with_room(add) == "born"


class TestEvictor:
    def test_tasks_that_went_since_the_walk_began_stay_gone(self) -> None:
        world = World(scenario(TIMED), scenario(HELD, "other"), room=1_003)
        for k in range(1_003):
            world.poll(f"made-up.{k}")
        world.advance(10_000)
        world.poll("other.0")  # the walk begins: a batch is marked, and three tasks are left for the next
        polled = ["made-up.1000", "made-up.1001"]  # polls end two of the three, so that they go with the batch
        ends = [world.poll(id).status for id in polled]
        births = [world.poll(f"other.{k}").status for k in range(1, 1_003)]
        assert set(ends + births) == {200}
        assert [world.poll(id).status for id in polled] == [404, 404]

    def test_each_call_looks_at_the_next_few_tasks_and_starts_over_after_the_last(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mock_server.emulator.evict._BATCH", 2)
        world = World(scenario(HELD), scenario(TIMED, "timed"))
        for id in ("made-up.1", "made-up.2", "made-up.3", "made-up.4", "timed.1"):
            world.poll(id)
        world.advance(10_000)
        evictor = Evictor(world.ledger)
        assert [evictor.mark_ended() for _ in range(6)] == [False, False, True] * 2

    def test_a_task_that_moved_on_since_the_walk_began_is_not_marked(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        key, stale = Key("qiniu", "made-up.1"), world.task().pack()
        world.advance(10_000)
        later = unpack(stale)._replace(since=world.virtual()).pack()
        world.store.transact(key, lambda *_: Change(record=later))
        late = _Snapshot(world, [(key, stale)])
        assert not Evictor(Ledger(late, lambda: world.library, world.now)).mark_ended()

    def test_tasks_are_read_together_and_not_one_by_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each would be a round trip to a store elsewhere, for every birth that is refused."""
        world = World(scenario(HELD))
        for k in range(10):
            world.poll(f"made-up.{k}")
        read: list[Key] = []
        monkeypatch.setattr(world.store, "read", read.append)
        assert not Evictor(world.ledger).mark_ended()
        assert read == []

    def test_two_threads_may_evict_at_once(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        snapshot = _Snapshot(world, [(Key("qiniu", "made-up.1"), world.task().pack())], waits=True)
        evictor = Evictor(Ledger(snapshot, lambda: world.library, world.now))
        found: list[bool] = []
        threads = [threading.Thread(target=lambda: found.append(evictor.mark_ended())) for _ in range(2)]
        threads[0].start()
        snapshot.walking.wait()
        threads[1].start()
        # Only an evictor that lets the second in while the first one walks would end this wait early.
        threads[1].join(timeout=0.05)
        snapshot.go_on.set()
        for thread in threads:
            thread.join()
        assert found == [False, False]


class _Snapshot(MemoryStore):
    """A world's store, whose scan gives what was there a while ago; with `waits`, not before it is told to go on.

    A task is read as it was then until the decision, which sees it as it is.
    """

    def __init__(self, world: World, records: list[tuple[Key, Record]], *, waits: bool = False) -> None:
        super().__init__(world.store.control(), Journal())
        self._then = records
        self._waits = waits
        self._world = world
        self.walking, self.go_on = threading.Event(), threading.Event()

    def transact(self, key: Key | None, decide: Decide) -> Change:
        return self._world.store.transact(key, decide)

    def control(self, change: Callable[[Control], Control] | None = None) -> Control:
        return self._world.store.control(change)

    def read(self, key: Key) -> Record | None:
        return dict(self._then)[key]

    def scan(self) -> Iterator[tuple[Key, Record]]:
        for pair in self._then:
            self.walking.set()
            assert not self._waits or self.go_on.wait(timeout=10)
            yield pair

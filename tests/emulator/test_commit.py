"""Stage 3: what the ledger reads and writes, whatever the clock did, and what a move means to the store."""

from __future__ import annotations

import dataclasses

import pytest

from mock_server.control.armed import Aim
from mock_server.control.task_view import Wanted
from mock_server.emulator.commit import Instant, earlier, moved, new_run
from mock_server.engine.clock import Clock
from mock_server.engine.cursor import BIRTH, Crossing
from mock_server.engine.run import Run, run_of
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.scenarios.library import library_of
from mock_server.store.store import Change, Control
from tests.support.emulators import World, scenario
from tests.support.stores import redis_store

KEY = Key("qiniu", "made-up.1")
HELD = "steps: [{state: processing, hold: true}]\n"
TIMED = "steps: [{state: waiting, for: 10s}, {state: processing, for: 20s}, {state: succeeded}]\n"
RATED = HELD + "faults: [{delay: 1ms}, {when: {rate: 3/s}, error: throttled}, {when: {rate: 5/min}, error: 403}]"
ENTRY = Entry(1, 2, request_of("GET", "/", (), b""), Response(200, "OK", (), b""), "fits")


def set_back(world: World, by: int = 600_000) -> None:
    """Makes records be ahead of the clock."""
    before = world.store.control().offset
    world.advance(by)
    world.do.reset.reset(["clock"])
    assert world.store.control().offset == before + by


def instants(world: World, key: Key | None = KEY) -> tuple[Run | None, Instant]:
    """What a decision on a task gets to see."""
    seen: list[tuple[Run | None, Instant]] = []

    def decide(run: Run | None, at: Instant) -> Change:
        seen.append((run, at))
        return Change()

    world.ledger.transact(key, decide)
    return seen[0]


class TestReading:
    def test_a_task_is_read_as_time_has_moved_it_and_stays_as_it_is(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        stored = world.store.read(KEY)
        world.advance(15_000)
        run = world.ledger.read(KEY)
        assert run is not None
        assert (run.key, run.step.name, run.now, run.task) == (KEY, "processing", world.virtual(), world.task())
        assert [crossing[:2] for crossing in run.crossed] == [(0, 1)]
        assert world.store.read(KEY) is stored

    def test_a_task_that_is_not_there_or_had_to_go_is_none(self) -> None:
        world = World(scenario("steps: [{state: succeeded}]"), room=1)
        assert (world.ledger.read(KEY), world.ledger.exists(KEY)) == (None, False)
        world.poll()
        assert world.ledger.exists(KEY)
        world.poll("made-up.2")
        assert (world.ledger.read(KEY), world.ledger.exists(KEY)) == (None, True)

    def test_all_tasks_are_scanned_or_those_whose_key_is_wanted(self) -> None:
        world = World(scenario(HELD))
        keys = [Key("qiniu", "made-up.1"), Key("qiniu", "made-up.2"), Key("wangsu", "made-up.1")]
        for vendor, id in keys:
            world.poll(id, vendor)
        assert [run.key for run in world.ledger.scan()] == keys
        assert [run.key for run in world.ledger.scan(lambda key: key.vendor == "wangsu")] == keys[2:]

    def test_a_task_whose_version_is_gone_is_left_out(self) -> None:
        world = World(scenario(HELD), scenario(TIMED, "other"))
        world.poll()
        world.poll("other.1")
        world.library = library_of([scenario(TIMED, "other")])
        assert world.ledger.read(KEY) is None
        assert [run.key.id for run in world.ledger.scan()] == ["other.1"]

    def test_a_task_of_a_version_that_came_meanwhile_is_read_with_the_later_library(self) -> None:
        world = World(scenario(HELD))
        earlier = world.library
        newer = dataclasses.replace(scenario(TIMED), digest="newer")
        later = library_of([newer], earlier=earlier)
        world.library = later
        world.poll()
        libraries = iter([earlier, later])
        world.ledger.library = lambda: next(libraries)
        run = world.ledger.read(KEY)
        assert run is not None
        assert (run.scenario, run.key, run.task) == (newer, KEY, world.task())

    def test_the_virtual_time_is_the_clocks(self) -> None:
        world = World()
        world.advance(7)
        world.now.ms += 5
        assert world.ledger.now() == world.virtual() == world.now.ms + 7


class TestDeciding:
    def test_a_decision_knows_both_times_the_control_and_the_library(self) -> None:
        world = World(scenario(HELD))
        world.poll()
        world.advance(9)
        run, at = instants(world)
        assert at == Instant(world.now.ms, world.now.ms + 9, world.store.control(), world.library, False)
        assert run == run_of(scenario(HELD), KEY, world.task(), at.now)

    def test_a_decision_knows_whether_the_task_had_to_go(self) -> None:
        world = World(scenario("steps: [{state: succeeded}]"), room=1)
        world.poll()
        world.poll("made-up.2")
        run, at = instants(world)
        assert (run, at.dropped) == (None, True)
        assert [instants(world, Key("qiniu", "nobody"))[1].dropped, instants(world, None)[1].dropped] == [False] * 2
        assert instants(world, None)[0] is None

    def test_a_move_returns_the_task_as_it_stands_after_it(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        world.advance(5_000)

        def move(run: Run | None, _: Instant) -> Change:
            assert run is not None
            return moved(run.hopped(1))

        run = world.ledger.move(KEY, move)
        assert (run.key, run.step.name, run.cursor.since, run.now) == (KEY, "processing", *[world.virtual()] * 2)
        assert run.task == world.task()

    def test_a_move_that_writes_nothing_is_a_defect(self) -> None:
        with pytest.raises(AssertionError, match=r"\Aa move writes a record"):
            World().ledger.move(KEY, lambda *_: Change())


class TestOffset:
    """After a reset of the clock the times in records are ahead of it, which nobody above the ledger sees."""

    def test_a_task_is_as_old_as_it_was(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        before = world.ledger.read(KEY)
        assert before is not None
        set_back(world, 5_000)
        for run in (world.ledger.read(KEY), instants(world)[0]):
            assert run is not None
            assert run.now - run.cursor.born == 5_000
            assert run.due == before.now + 5_000
        set_back(world, 6_000)
        run = world.ledger.read(KEY)
        assert run is not None
        assert (run.step.name, run.cursor.since) == ("processing", world.virtual() - 1_000)

    def test_what_is_written_is_read_back_as_it_was_decided(self) -> None:
        world = World(scenario(RATED))
        world.poll()
        set_back(world)
        world.poll()
        run = world.ledger.read(KEY)
        now = world.virtual()
        assert run is not None
        assert (run.task.born, run.task.asked) == (now - 600_000, 2)
        assert run.task.buckets == (now * 3 + 1_000, now * 5 + 60_000)
        assert world.task().buckets == ((now + 600_000) * 3 + 1_000, (now + 600_000) * 5 + 60_000)

    def test_a_task_that_is_born_after_it_is_new(self) -> None:
        world = World(scenario(RATED))
        set_back(world)
        world.poll()
        run = world.ledger.read(KEY)
        assert run is not None
        assert run.task.born == run.task.since == world.virtual()
        assert world.task().born == world.virtual() + 600_000

    def test_a_move_returns_what_is_read_after_it(self) -> None:
        world = World(scenario(TIMED))
        world.poll()
        set_back(world, 3_000)
        run = world.ledger.move(KEY, lambda run, _: moved(run) if run is not None else Change())
        assert run == world.ledger.read(KEY)

    def test_a_change_that_writes_no_record_passes_as_it_is(self) -> None:
        world = World()
        set_back(world)
        change = Change(ENTRY)
        assert world.ledger.transact(None, lambda *_: change) is change

    def test_wakes_are_ahead_as_the_records_are_and_told_as_the_clock_shows_them(self) -> None:
        world = World(scenario(TIMED))
        set_back(world)
        world.do.tasks.create("qiniu", "made-up", "made-up.1", notify="http://client.test/done")
        due = world.virtual() + 10_000
        assert world.store.export().wakes == ((due + 600_000, KEY),)
        assert world.store.due(10**15) == ((due, KEY),)
        assert (world.store.due(due - 1), world.store.next_due()) == ((), due)
        world.do.tasks.goto(KEY, "succeeded")
        assert world.store.due(10**15) == ((world.virtual(), KEY),)
        world.do.tasks.drop(Wanted())
        assert world.store.due(10**15) == ()


class TestMoved:
    def run(self, text: str = TIMED, after: int = 0, notify: str = "") -> Run:
        """A task that was born at 1000 and is looked at later."""
        made = new_run(scenario(text), KEY, 7, 1_000)
        return run_of(made.scenario, KEY, made.task._replace(notify=notify), 1_000 + after)

    def test_a_birth_is_counted_even_where_an_entry_tells_of_the_poll(self) -> None:
        run = new_run(scenario(TIMED), KEY, 7, 1_000)
        version, crossing = run.scenario.version, Crossing(BIRTH, 0, 1_000)
        assert (run.now, run.task.seed, run.task.born) == (1_000, 7, 1_000)
        for entry in (None, ENTRY):
            assert moved(run, entry=entry) == Change(
                entry, run.task.pack(), (), False, False, ((version, crossing),), None, False, born=1_000
            )

    def test_what_time_crossed_is_counted_here_only_where_no_entry_tells_it(self) -> None:
        run = self.run(after=12_000)
        crossings = ((run.scenario.version, Crossing(0, 1, 11_000)),)
        assert moved(run).crossed == crossings
        assert moved(run, entry=ENTRY).crossed == ()
        assert moved(self.run()).crossed == ()

    def test_the_record_is_where_the_run_stands_or_where_it_went_on_to(self) -> None:
        run = self.run(RATED, after=500)
        assert moved(run).record == run.task.pack()
        cursor, _ = run.polled()
        assert moved(run, cursor, (4, 5)).record == run.task.at(cursor, (4, 5)).pack()
        assert moved(run, cursor).record == run.task.at(cursor, (0, 0)).pack()

    def test_a_task_is_over_if_its_run_is_unless_it_is_told_otherwise(self) -> None:
        assert [moved(self.run(after=after)).ended for after in (0, 29_999, 30_000)] == [False, False, True]
        assert moved(self.run(), ended=True).ended is True
        assert moved(self.run(after=30_000), ended=False).ended is False

    def test_spent_faults_go_with_the_change(self) -> None:
        assert moved(self.run(), spent=(3, 4)).spent == (3, 4)

    def test_only_a_task_that_notifies_wants_to_be_woken_when_its_step_ends(self) -> None:
        notified = self.run(after=500, notify="http://client.test/done")
        assert (moved(notified).wake, moved(self.run(after=500)).wake) == (11_000, None)
        later = notified.hopped(1).cursor
        assert moved(notified, later).wake == 21_500

    def test_a_task_is_woken_at_the_end_that_it_draws_for_its_step(self) -> None:
        run = self.run("steps: [{state: waiting, for: 1s..9s}, {state: succeeded}]", notify="http://client.test/done")
        assert moved(run).wake == run.due


@pytest.mark.parametrize("by", [250, -250])
def test_a_task_is_made_earlier_with_its_whole_past_and_its_rates(by: int) -> None:
    made = new_run(scenario(RATED), KEY, 7, 1_000)
    task = made.task.at(made.cursor._replace(asked=3), (9_000, 700))
    moved_back = earlier(made.scenario, task, by)
    buckets = (9_000 - 3 * by, max(0, 700 - 5 * by))
    assert moved_back == task._replace(born=1_000 - by, since=1_000 - by, buckets=buckets)


def test_a_fault_that_only_a_lost_try_used_is_not_noted_as_used_up() -> None:
    """Another server uses it between what the decision read and its commit, and the decision is made anew."""
    world = World(scenario(HELD), store="redis")
    fault = world.do.faults.arm(Effect(error=599), Aim(id="made-up.1", times=1))
    name = world.store._link.prefix.decode().strip("{}:")  # type: ignore[attr-defined]  # only a store in Redis has one
    other = redis_store(Control(Clock(0, 0)), name=name)
    tries = 0

    def decide(run: Run | None, at: Instant) -> Change:
        nonlocal tries
        tries += 1
        if tries == 1:
            other.transact(Key("qiniu", "other"), lambda *_: Change(spent=(fault.number,)))
        return Change(entry=ENTRY, spent=tuple([each.number for each in at.control.armed]))

    world.ledger.transact(None, decide)
    assert tries == 2
    assert [each.what for each in world.actions.read()] == []

"""What controls return, field by field, and where their bounds lie."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mock_server.control.armed import Aim
from mock_server.control.refused import Refused
from mock_server.control.requests import Miss, Requests
from mock_server.control.seen import Seen, SeenRun
from mock_server.control.server import controls_of
from mock_server.control.task_view import MovesOn, TaskView, Wanted
from mock_server.control.tasks import Tasks
from mock_server.control.time import ClockView, Time
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Effect, State
from mock_server.engine.task import Key, unpack
from mock_server.engine.timestamps import LATEST
from mock_server.faults.armed import Armed
from mock_server.http.message import request_of
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Counters
from mock_server.journal.saw import Saw
from tests.support.controls import Bench, bench
from tests.support.harness import started

ONE = Key("qiniu", "made-up.1")
FORK = "[{state: processing, for: 60s, next: {failed: 1, succeeded: 0}}, {state: failed}, {state: succeeded}]"
DONE = "[{state: succeeded}]"
DOWN = Effect(error=599)


def ids(world: Bench, wanted: Wanted | None = None, most: int = 1_000) -> list[str]:
    return [view.id for view in world.do.tasks.list(wanted, most)]


class TestTasks:
    def test_a_task_is_seen_with_everything_that_is_known_of_it(self) -> None:
        world = bench(FORK)
        world.polls(2, gap=100)
        (version,) = world.server.catalogue.library.versions
        born = world.now.ms - 200
        expected = TaskView(
            vendor="qiniu",
            id="made-up.1",
            scenario="made-up",
            version=version,
            step="processing",
            state=State.PROCESSING,
            born=born,
            since=born,
            polls=2,
            asked=2,
            hops=0,
            due=born + 60_000,
            ended=False,
            expired=False,
            ways=("failed", "succeeded"),
            steps=("processing", "failed", "succeeded"),
            step_number=1,
            moves=MovesOn("time", None, born + 60_000),
            seed=0,
            notify="",
            seen=Seen((SeenRun(Saw("processing", 200), 2),), world.server.store.history(ONE, 1)[0]),
        )
        assert world.do.tasks.read(ONE) == expected
        assert world.do.tasks.list() == (expected,)
        moved = world.do.tasks.next(ONE, "failed")
        assert moved == world.do.tasks.read(ONE)
        assert moved == expected._replace(
            step="failed",
            state=State.FAILED,
            since=world.now.ms,
            polls=0,
            hops=1,
            due=None,
            ended=True,
            ways=(),
            step_number=2,
            moves=MovesOn("end"),
            seen=expected.seen._replace(unseen=True),
        )

    def test_each_change_returns_the_task_as_it_is_read_after_it(self) -> None:
        world = bench(FORK)
        tasks = world.do.tasks
        assert tasks.create("qiniu", "made-up", "made-up.1") == tasks.read(ONE)
        assert tasks.shift(ONE, 59_999) == tasks.read(ONE)
        assert tasks.read(ONE).step == "processing"
        assert tasks.goto(ONE, "succeeded") == tasks.read(ONE)

    def test_a_task_may_be_shifted_back_to_1970_itself_and_forward(self) -> None:
        world = bench("[{state: processing, hold: true}]")
        world.poll()
        assert world.do.tasks.shift(ONE, world.now.ms).born == 0
        assert world.do.tasks.shift(ONE, -5).born == 5

    def test_a_created_task_is_the_one_that_a_poll_would_have_born(self) -> None:
        world = bench(FORK, seed=9)
        world.do.time.advance(1_000)
        created = world.do.tasks.create("qiniu", "made-up", "made-up.1")
        assert (created.born, created.asked) == (world.now.ms + 1_000, 0)
        record = world.server.store.read(ONE)
        assert record
        world.do.tasks.drop(Wanted())
        world.poll()
        polled = world.server.store.read(ONE)
        assert polled
        assert unpack(polled)._replace(asked=0, polls=0) == unpack(record)
        assert (unpack(record).seed, unpack(record).given, unpack(record).notify) == (9, "", "")

    def test_a_created_task_keeps_its_items_and_whom_to_notify(self) -> None:
        world = bench(FORK)
        world.do.tasks.create("qiniu", "made-up", "made-up.1", [{"cmd": "a"}], "http://client.test/done")
        record = world.server.store.read(ONE)
        assert record
        task = unpack(record)
        assert (task.given, task.notify) == ('{"items": [{"cmd": "a"}]}', "http://client.test/done")
        assert [item.fields for item in task.items()] == [{"cmd": "a"}]

    def test_an_empty_id_is_an_id(self) -> None:
        assert bench(DONE).do.tasks.create("qiniu", "made-up", "").id == ""

    def test_a_new_id_is_the_documented_draw_and_passes_over_those_that_are_taken(self) -> None:
        world = bench(DONE, seed=4)
        dialect = world.server.registry.dialect("qiniu")
        drawn = [dialect.new_id(Draws(4, f"task {number}")) for number in (1, 2, 3)]
        world.do.tasks.create("qiniu", "made-up", drawn[1])
        assert [world.do.tasks.create("qiniu", "made-up").id for _ in range(2)] == [drawn[0], drawn[2]]
        world.do.reset.reset(["tasks"])
        assert world.do.tasks.create("qiniu", "made-up").id == drawn[0]

    def test_ids_are_drawn_by_the_seed_0_unless_another_is_named(self) -> None:
        world = bench(DONE, seed=4)
        server = world.server
        tasks = Tasks(server.ledger, server.emulator.evictor, server.registry)
        drawn = server.registry.dialect("qiniu").new_id(Draws(0, "task 1"))
        assert tasks.create("qiniu", "made-up").id == drawn

    def test_a_list_is_cut_at_its_bound(self) -> None:
        world = bench(DONE)
        for k in range(4):
            world.poll(f"made-up.{k}")
        assert [len(ids(world, most=most)) for most in (1, 3, 4, 5)] == [1, 3, 4, 4]
        assert ids(world, most=2) == ["made-up.0", "made-up.1"]
        assert ids(world, Wanted(id="made-up.2"), most=1) == ["made-up.2"]

    def test_all_wanted_tasks_are_dropped_and_counted(self) -> None:
        world = bench(DONE, FORK)
        for id in ("made-up.1", "made-up.2", "made-up-2.1"):
            world.poll(id)
        world.poll("made-up.1", "wangsu")
        assert world.do.tasks.drop(Wanted(state="processing")) == 1
        assert world.do.tasks.drop(Wanted("qiniu", "made-up.1")) == 1
        assert [(view.vendor, view.id) for view in world.do.tasks.list()] == [
            ("qiniu", "made-up.2"),
            ("wangsu", "made-up.1"),
        ]
        assert world.do.tasks.drop(Wanted(scenario="made-up")) == 2
        assert world.do.tasks.drop(Wanted()) == 0
        assert world.server.store.counts() == {}

    @pytest.mark.parametrize(
        ("wanted", "fits"),
        [
            (Wanted(), True),
            (Wanted("qiniu", "made-up.*", "made-up", "processing"), True),
            (Wanted(vendor="wangsu"), False),
            (Wanted(id="made-up"), False),
            (Wanted(scenario="made"), False),
            (Wanted(state="failed"), False),
        ],
    )
    def test_a_task_is_wanted_if_all_that_is_named_fits(self, wanted: Wanted, fits: bool) -> None:
        world = bench(FORK)
        world.poll()
        run = world.server.ledger.read(ONE)
        assert run is not None
        assert wanted.fits(run, world.server.registry) is fits
        assert bool(world.do.tasks.list(wanted)) is fits

    def test_however_many_tasks_are_wanted_all_of_them_are_dropped(self) -> None:
        world = bench(DONE)
        for k in range(1_001):
            world.poll(f"made-up.{k}")
        assert len(world.do.tasks.list()) == 1_000
        assert (world.do.tasks.drop(Wanted()), world.do.tasks.list()) == (1_001, ())

    def test_a_key_is_wanted_by_vendor_and_id(self) -> None:
        assert Wanted("qiniu", "made-up.*", "other").key_fits(ONE)
        assert not Wanted("qiniu", "made").key_fits(ONE)
        assert not Wanted("wangsu", "made-up.1").key_fits(ONE)


class TestTime:
    def test_the_clock_is_seen_with_both_times_speed_and_state(self) -> None:
        world = bench(DONE, speed=2.0)
        begin = world.now.ms
        world.now.ms += 100
        assert world.do.time.read() == ClockView(begin + 200, begin + 100, 2.0, False)
        assert world.do.time.freeze() == ClockView(begin + 200, begin + 100, 2.0, True)
        world.now.ms += 100
        assert world.do.time.at_speed(0.5) == ClockView(begin + 200, begin + 200, 0.5, True)
        assert world.do.time.advance(50) == ClockView(begin + 250, begin + 200, 0.5, True)
        assert world.do.time.set(begin + 1_000) == ClockView(begin + 1_000, begin + 200, 0.5, True)
        assert world.do.time.resume() == ClockView(begin + 1_000, begin + 200, 0.5, False)
        world.now.ms += 100
        assert world.do.time.read() == ClockView(begin + 1_050, begin + 300, 0.5, False)

    @pytest.mark.parametrize("speed", [0.001, 0.5, 1, 1_000_000])
    def test_speeds_up_to_a_million_are_taken(self, speed: float) -> None:
        assert bench(DONE).do.time.at_speed(speed).speed == speed

    def test_the_clock_may_be_set_to_where_it_stands_and_to_the_last_date_there_is(self) -> None:
        world = bench(DONE)
        now = world.do.time.read().now
        assert world.do.time.set(now).now == now
        assert world.do.time.set(LATEST).now == LATEST

    def test_the_clock_may_be_advanced_by_nothing_and_to_the_last_date_there_is(self) -> None:
        world = bench(DONE)
        now = world.do.time.read().now
        assert world.do.time.advance(0).now == now
        assert world.do.time.advance(LATEST - now).now == LATEST

    def test_a_clock_that_is_set_moves_the_tasks_on_the_way(self) -> None:
        world = bench(FORK)
        world.poll()
        due = world.do.tasks.read(ONE).due
        assert due is not None
        world.do.time.set(due)
        assert [raw["step"] for raw in world.dump()["tasks"]] == [1]

    @pytest.mark.parametrize("wish", [lambda time: time.advance(10**15), lambda time: time.set(0)])
    def test_a_refused_change_lets_the_next_one_in(self, wish: Callable[[Time], object]) -> None:
        world = bench(DONE)
        with pytest.raises(Refused):
            wish(world.do.time)
        now = world.do.time.read().now
        assert world.do.time.advance(5).now == now + 5


class TestFaults:
    def test_an_armed_fault_is_what_was_asked_for(self) -> None:
        world = bench(DONE)
        world.do.time.advance(1_000)
        until = world.now.ms + 1_500
        first = world.do.faults.arm(DOWN, Aim("qiniu", "made-up.*", 3, 500))
        assert first == Armed(1, DOWN, "qiniu", "made-up.*", 3, until, armed=until - 500)
        second = world.do.faults.arm(Effect(fault="reset"))
        assert second == Armed(2, Effect(fault="reset"), None, None, None, None, armed=until - 500)
        assert world.do.faults.list() == (first, second)
        world.do.time.advance(499)
        assert world.do.faults.list() == (first, second)
        world.do.time.advance(1)
        assert world.do.faults.list() == (second,)

    def test_faults_that_were_there_from_the_start_count_among_the_numbers(self) -> None:
        world = bench(DONE, armed=(Armed(7, DOWN), Armed(3, DOWN)))
        assert [world.do.faults.arm(DOWN).number for _ in range(2)] == [8, 9]

    @pytest.mark.parametrize(
        ("named", "count"),
        [
            ({"number": 1, "vendor": "qiniu", "id": "a"}, 1),
            ({"number": 2, "vendor": "qiniu", "id": "a"}, 0),
            ({"number": 1, "vendor": "wangsu"}, 0),
            ({"number": 1, "id": "b"}, 0),
            ({"vendor": "qiniu", "id": "b"}, 1),
        ],
    )
    def test_only_a_fault_that_fits_in_all_is_disarmed(self, named: dict[str, object], count: int) -> None:
        world = bench(DONE)
        for aim in (Aim("qiniu", "a"), Aim("qiniu", "b"), Aim("wangsu", "b")):
            world.do.faults.arm(DOWN, aim)
        assert world.do.faults.disarm(**named) == count  # type: ignore[arg-type]  # names and kinds vary by case
        assert len(world.do.faults.list()) == 3 - count

    @pytest.mark.parametrize("error", [404, 777, "unknown", "599"])
    def test_an_error_that_every_vendor_has_may_be_armed_for_all(self, error: int | str) -> None:
        assert bench(DONE).do.faults.arm(Effect(error=error)).effect.error == error


class TestRequests:
    def test_a_page_holds_the_entries_that_are_meant_and_the_counts_of_all(self) -> None:
        world = bench(DONE)
        world.polls(3)
        world.poll("made-up.2")
        page = world.do.requests.query(total=True)
        assert ([entry.number for entry in page.entries], page.total) == ([1, 2, 3, 4], 4)
        assert page.counters == world.server.store.counters(coverage=False)
        assert page.counters == world.server.store.counters()._replace(seen={}, crossed={})
        assert [entry.number for entry in world.do.requests.query(Filter(after=2)).entries] == [3, 4]
        assert [len(world.do.requests.query(most=most).entries) for most in (1, 4, 5)] == [1, 4, 4]

    def test_everything_is_forgotten_unless_something_is_named(self) -> None:
        world = bench(DONE)
        world.polls(3)
        assert (world.do.requests.forget(), world.do.requests.query().entries) == (3, ())
        assert world.do.requests.forget() == 0

    def test_unmatched_requests_are_cut_at_a_bound_and_filtered(self) -> None:
        world = bench(DONE)
        for id in ("a.1", "b.1", "made-up.1", "c.1"):
            world.poll(id)
        missed = world.do.requests.unmatched
        assert [miss.entry.id for miss in missed()] == ["a.1", "b.1", "c.1"]
        assert [miss.entry.id for miss in missed(most=1)] == ["c.1"]
        assert [miss.entry.id for miss in missed(Filter(id="b.1"))] == ["b.1"]

    @pytest.mark.parametrize(
        ("target", "near", "differs"),
        [
            (
                "/status/get/prefop?id=made-pu.1",
                "made-up",
                'the id: "made-pu" is not "made-up", they part at character 6',
            ),
            (
                "/status/get/prefop?id=made-u",
                "made-up",
                'the id: "made-u" is not "made-up", they part at character 7',
            ),
            ("/status/get/prefop?id=zzz", None, "the id, which is like none that a scenario claims"),
            (
                "/fmgr/status?persistentId=made-up-2.1",
                "made-up-2",
                "the vendor: made-up-2 does not serve wangsu, only qiniu, huawei",
            ),
            (
                "/fmgr/statuss",
                "/fmgr/status",
                "the path: /fmgr/statuss is not /fmgr/status, they part at character 13",
            ),
            ("/fmgr/stat", "/fmgr/status", "the path: /fmgr/stat is not /fmgr/status, they part at character 11"),
            ("/zzzzzzzz", None, "the path /zzzzzzzz, which is like none that is served"),
            ("/" + "z" * 300, None, f"the path /{'z' * 199}, which is like none that is served"),
        ],
    )
    def test_a_miss_says_what_it_came_closest_to_and_what_differs(
        self, target: str, near: str | None, differs: str
    ) -> None:
        world = bench(DONE, "vendors: [qiniu, huawei]\nsteps: [{state: succeeded}]")
        ask(world, target)
        (entry,) = world.do.requests.query().entries
        assert world.do.requests.unmatched() == (Miss(entry, near, differs),)

    def test_an_id_that_is_served_by_now_says_so(self) -> None:
        world = bench(DONE)
        world.poll("late.1")
        world.play(DONE, "late")
        (miss,), (entry,) = world.do.requests.unmatched(), world.do.requests.query().entries
        differs = "the time: late serves qiniu now and did not then, or the task was dropped"
        assert miss == Miss(entry, "late", differs)

    def test_a_request_that_found_no_room_says_what_it_was_answered(self) -> None:
        world = bench("[{state: waiting, hold: true}]", max_tasks=1)
        world.poll("made-up.1")
        world.poll("made-up.2")
        (miss,) = world.do.requests.unmatched()
        assert miss == Miss(world.do.requests.query().entries[-1], None, miss.entry.note)
        assert miss.differs.startswith("there is no room")

    def test_a_thousand_entries_are_given_unless_another_number_is_named(self) -> None:
        world = bench(DONE)
        world.polls(1_001, "zzz")
        assert [len(entries) for entries in (world.do.requests.query().entries, world.do.requests.unmatched())] == [
            1_000
        ] * 2
        assert world.do.requests.query(total=True).total == 1_001

    def test_an_id_too_long_to_be_a_misspelling_is_compared_with_none(self) -> None:
        world = bench(DONE)
        world.play("ids: [" + "x" * 150 + "]\nsteps: [{state: succeeded}]", "long")
        world.poll("x" * 140)
        (miss,) = world.do.requests.unmatched()
        assert (miss.nearest, miss.differs) == (None, "the id, which is like none that a scenario claims")


class TestWaits:
    def requests(self, world: Bench, **given: object) -> Requests:
        server = world.server
        parts = (server.store, lambda: server.catalogue.library, server.registry, server.stopping)
        return Requests(*parts, **given)  # type: ignore[arg-type]  # the arguments vary by test

    def ticking(self, world: Bench, *acts: Callable[[], object]) -> list[float]:
        """Makes these things happen, one a tick, while somebody waits, then ends the server; the ticks in seconds."""
        left, ticks = iter(acts), list[float]()

        def wait(seconds: float) -> bool:
            ticks.append(seconds)
            act = next(left, None)
            if act is not None:
                act()
            return act is None

        world.server.stopping.wait = wait  # type: ignore[assignment,method-assign]  # no time is spent
        return ticks

    def test_no_thread_is_held_before_one_can_be_spared(self) -> None:
        world, spare = bench(DONE), threading.Event()
        world.polls(2)
        requests = self.requests(world, spare=spare)
        assert requests.wait(Filter(), 2) == (True, 2, False)
        assert requests.wait(Filter(), 3) == (False, 2, True)
        spare.set()
        assert requests.wait(Filter(), 3, timeout=0) == (False, 2, False)

    def test_a_wait_without_a_slot_is_told_to_ask_again(self) -> None:
        world = bench(DONE)
        requests = self.requests(world, slots=1)
        during = []

        def ask_too(timeout: float) -> bool:
            during.append(requests.wait(Filter(), 1))
            return True

        world.server.stopping.wait = ask_too  # type: ignore[assignment,method-assign]  # at the first tick
        assert requests.wait(Filter(), 1) == (False, 0, False)
        assert during == [(False, 0, True)]
        assert requests.wait(Filter(), 1, timeout=0) == (False, 0, False)

    def held(self, world: Bench, requests: Requests) -> int:
        """How many waits at once hold a thread: each begins another one at its first tick."""
        turned_away: list[bool] = []

        def wait_too(seconds: float) -> bool:
            turned_away.append(requests.wait(Filter(), 1).retry)
            return True

        world.server.stopping.wait = wait_too  # type: ignore[assignment,method-assign]  # no time is spent
        world.server.spare.set()
        assert not requests.wait(Filter(), 1).retry
        assert turned_away[0]
        return len(turned_away)

    def test_so_many_waits_hold_a_thread_as_there_are_slots(self) -> None:
        world = bench(DONE)
        assert [self.held(world, self.requests(world, slots=slots)) for slots in (1, 3)] == [1, 3]
        assert self.held(world, self.requests(world)) == 8
        assert [self.held(world, controls_of(world.server, slots=slots).requests) for slots in (1, 3)] == [1, 3]
        assert self.held(world, controls_of(world.server).requests) == 8

    @pytest.mark.parametrize(("timeout", "ticks"), [(0, 0), (20, 1), (1_000, 50), (60_000, 3_000)])
    def test_a_wait_looks_every_20_milliseconds_until_its_time_is_up(self, timeout: int, ticks: int) -> None:
        world, waited = bench(DONE), list[float]()

        def wait(seconds: float) -> bool:
            waited.append(seconds)
            return False

        world.server.stopping.wait = wait  # type: ignore[assignment,method-assign]  # no time is spent
        requests = self.requests(world, monotonic=lambda: round(sum(waited), 6))
        assert requests.wait(Filter(), 1, timeout) == (False, 0, False)
        assert waited == [0.02] * ticks

    def test_a_wait_lasts_ten_seconds_unless_it_is_told_otherwise(self) -> None:
        world = bench(DONE)
        seconds = self.ticking(world, *[lambda: None] * 600)
        requests = self.requests(world, monotonic=lambda: round(sum(seconds), 6))
        assert (requests.wait(Filter(), 1), len(seconds)) == ((False, 0, False), 500)

    def test_a_wait_ends_with_the_tick_that_meets_it(self) -> None:
        world = bench(DONE)
        ticks = self.ticking(world, lambda: None, world.poll, world.poll)
        assert self.requests(world).wait(Filter(), 1) == (True, 1, False)
        assert len(ticks) == 2

    def test_what_was_counted_and_evicted_stays_counted_while_nothing_comes(self) -> None:
        world = bench(DONE, journal_entries=1)
        self.ticking(world, world.poll, world.poll, lambda: None, world.poll)
        assert self.requests(world).wait(Filter(), 3) == (True, 3, False)

    def test_a_wait_counts_from_the_entry_it_is_to_begin_after(self) -> None:
        world = bench(DONE)
        world.polls(5)
        requests = self.requests(world)
        assert requests.wait(Filter(after=2), 3) == (True, 3, False)
        assert requests.wait(Filter(after=2), 4, timeout=0) == (False, 3, False)

    def test_a_wait_for_nothing_is_met(self) -> None:
        assert self.requests(bench(DONE)).wait(Filter(), 0) == (True, 0, False)


def ask(world: Bench, target: str) -> None:
    """A request of any target."""
    world.server.emulator.answer(request_of("GET", target, (), b""))


def test_the_controls_of_a_server_are_about_its_own_parts() -> None:
    world = bench(DONE, seed=6)
    controls = controls_of(world.server, slots=1)
    world.poll()
    assert controls.server is world.server
    assert controls.tasks.list() == world.do.tasks.list() != ()
    assert controls.requests.query() == world.do.requests.query()
    assert controls.time.read() == world.do.time.read()
    assert controls.scenarios.library() is world.server.catalogue.library
    assert controls.faults.arm(DOWN).number == 1
    id = world.server.registry.dialect("qiniu").new_id(Draws(6, "task 1"))
    assert controls.tasks.create("qiniu", "made-up").id == id
    assert controls.requests.wait(Filter(), 9).retry  # the server has not said that it can spare a thread
    world.server.spare.set()
    world.server.stopping.set()
    assert controls.requests.wait(Filter(), 9) == (False, 1, False)
    controls.reset.reset(["tasks", "faults"])
    assert (world.do.tasks.list(), controls.faults.list()) == ((), ())
    assert controls.tasks.create("qiniu", "made-up").id == id


class TestReset:
    def test_scopes_do_what_they_say_and_no_more(self) -> None:
        world = bench(DONE, armed=(Armed(7, DOWN),))
        forgotten: list[str] = []
        world.server.forgets.append(lambda: forgotten.append("bodies"))
        world.do.reset.reset(["journal", "clock", "coverage", "faults", "scenarios"])
        assert forgotten == []
        world.do.reset.reset(["tasks"])
        assert forgotten == ["bodies"]
        world.do.reset.reset()
        assert forgotten == ["bodies"] * 2

    def test_only_a_reset_of_the_faults_gives_their_numbers_again(self) -> None:
        world = bench(DONE)
        world.do.faults.arm(DOWN)
        world.do.faults.disarm()
        world.do.reset.reset(["tasks", "journal", "clock", "scenarios", "coverage"])
        assert world.do.faults.arm(DOWN).number == 2
        world.do.reset.reset(["faults"])
        assert world.do.faults.arm(DOWN).number == 1

    def test_only_a_reset_of_the_tasks_gives_their_ids_again(self) -> None:
        world = bench(DONE)
        first = world.do.tasks.create("qiniu", "made-up").id
        world.do.tasks.drop(Wanted())
        world.do.reset.reset(["faults", "journal", "clock", "coverage"])
        assert world.do.tasks.create("qiniu", "made-up").id != first
        world.do.reset.reset(["tasks"])
        assert world.do.tasks.create("qiniu", "made-up").id == first

    def test_a_reset_of_nothing_changes_nothing(self) -> None:
        world = bench(DONE)
        world.poll()
        before = world.dump()
        world.do.reset.reset([])
        assert world.dump() == before

    def test_the_clock_starts_at_the_speed_and_the_faults_are_those_of_the_settings(self) -> None:
        server = started(lambda: 5_000, armed=(Armed(7, DOWN),), speed=3.0)
        controls = controls_of(server)
        controls.time.at_speed(9)
        controls.faults.disarm()
        controls.reset.reset(["clock", "faults"])
        assert controls.time.read() == ClockView(5_000, 5_000, 3.0, False)
        assert controls.faults.list() == (Armed(7, DOWN),)

    def test_after_a_reset_of_the_journal_nothing_is_counted(self) -> None:
        world = bench(DONE)
        world.poll()
        world.do.reset.reset(["journal", "coverage"])
        assert world.do.requests.query().counters == Counters()

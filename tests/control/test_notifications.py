"""Notifications as people see them: what tasks owe, what became of it, and what is still to come."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.control import bundle, notifications
from mock_server.control.callbacks import Callback
from mock_server.control.notifications import OwedView
from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import TaskView, Wanted, outcome_of
from mock_server.control.whole import Looking
from mock_server.emulator.notifications import BY_HAND, Result
from mock_server.engine.outbox import NOTHING, Outbox
from mock_server.engine.task import Key
from mock_server.http.message import request_of
from mock_server.journal.entry import Told
from mock_server.journal.filter import Filter
from mock_server.store.store import Change
from tests.support.controls import Bench, bench
from tests.support.told import URL, attempt

ONE = Key("qiniu", "made-up.1")
TIMED = "[{state: processing, for: 60s}, {state: succeeded}]"
DONE = "[{state: succeeded}]"


def quiet(steps: str) -> Bench:
    """A server that makes no attempts, on a clock that stands still."""
    world = bench(steps)
    world.server.stopping.set()
    return world


def made(steps: str) -> tuple[Bench, TaskView]:
    """The same with one task, which has an address."""
    world = quiet(steps)
    return world, world.do.tasks.create("qiniu", "made-up", "made-up.1", notify=URL)


def owed(world: Bench, **where: Any) -> tuple[OwedView, ...]:
    return world.do.notifications.query(Filter(told=True, **where), 10).owed


def callbacks(world: Bench) -> tuple[Callback, ...]:
    return world.do.wholes.read(ONE, Looking()).callbacks


def test_a_task_that_ended_owes_and_says_so() -> None:
    world, view = made(DONE)
    assert owed(world) == (OwedView(ONE, URL, 0, None, 0, world.now.ms),)
    assert (view.owed, view.outcome) == (1, None)
    assert world.server.store.glance().owed == 1


def test_a_task_that_has_not_ended_owes_nothing_yet() -> None:
    world, view = made(TIMED)
    assert (owed(world), view.owed, world.server.store.glance().owed) == ((), 0, 0)


@pytest.mark.parametrize(
    ("notify", "submitted", "silence"),
    [
        ("", "", "it was made by a poll or by hand, without an address to notify"),
        ("", "&notifyURL=", "it was submitted without an address to notify"),
        ("", f"&notifyURL={URL}", ""),
        ("notify: {send: []}\n", f"&notifyURL={URL}", "its scenario made-up says `notify: {send: []}`"),
    ],
)
def test_a_task_that_will_notify_nobody_says_why(notify: str, submitted: str, silence: str) -> None:
    world = quiet(f"{TIMED}\n{notify}")
    if submitted:
        body = f"bucket=b&key=made-up&fops=a{submitted}".encode()
        world.server.emulator.answer(request_of("POST", "/pfop/", (), body))
    else:
        world.do.tasks.create("qiniu", "made-up", "made-up.1")
    (view,) = world.do.tasks.list()
    assert world.do.wholes.read(Key(view.vendor, view.id), Looking()).silence == silence


def test_an_attempt_is_under_way_though_time_will_make_its_task_owe_more() -> None:
    world = quiet(f"{TIMED}\nnotify: {{send: [{{on: processing}}, {{}}]}}")
    world.do.tasks.create("qiniu", "made-up", "made-up.1", notify=URL)
    store, attempts, now = world.server.store, world.server.notifications, world.now.ms
    assert (store.under_way(), store.is_settled(now)) == ((), False)
    attempt = attempts.take(ONE)
    assert attempt is not None
    assert store.next_due() == now + 60_000
    assert (store.under_way(), store.is_settled(now)) == ((ONE,), False)
    attempts.settle(attempt, Result(200))
    assert (store.under_way(), store.is_settled(now), store.is_settled(now + 60_000)) == ((), True, False)


@pytest.mark.parametrize(("outcome", "ids"), [("again", ["made-up.2"]), ("delivered", []), ("failed", [])])
def test_with_an_outcome_only_what_is_owed_after_such_an_attempt_is_listed(outcome: Any, ids: list[str]) -> None:
    world, _ = made(DONE)
    tried = Key("qiniu", "made-up.2")
    world.do.tasks.create(*tried[:1], "made-up", tried.id, notify=URL)
    attempt = world.server.notifications.take(tried)
    assert attempt is not None
    world.server.notifications.settle(attempt, Result(500))
    assert [each.key.id for each in owed(world, outcome=outcome)] == ids
    assert [each.key.id for each in owed(world)] == ["made-up.1", "made-up.2"]


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ({}, ["a-1", "a-2", "b"]),
        ({"id": "a-*"}, ["a-1", "a-2"]),
        ({"id": "b"}, ["b"]),
        ({"vendor": "wangsu"}, []),
        ({"vendor": "qiniu", "id": "a-2"}, ["a-2"]),
    ],
)
def test_what_is_owed_is_listed_by_vendor_and_id_the_soonest_first(where: dict[str, Any], ids: list[str]) -> None:
    world = quiet(DONE)
    for id in ("a-1", "a-2", "b"):
        world.do.tasks.create("qiniu", "made-up", id, notify=URL)
        world.now.ms += 1
    assert [each.key.id for each in owed(world, **where)] == ids


def test_no_more_of_what_is_owed_is_listed_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "OWED", notifications.OWED._replace(value=2))
    world = quiet(DONE)
    for seconds, id in enumerate(("late", "soon", "sooner")):
        world.do.tasks.create("qiniu", "made-up", id, notify=URL)
        world.do.tasks.shift(Key("qiniu", id), 1_000 * seconds + 1)
    assert [each.key.id for each in owed(world)] == ["sooner", "soon"]


def test_no_more_tasks_are_looked_at_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "LOOK", notifications.LOOK._replace(value=2))
    world = quiet(DONE)
    for id in ("a", "b", "c"):
        world.do.tasks.create("qiniu", "made-up", id, notify=URL)
    assert [each.key.id for each in owed(world)] == ["a", "b"]
    assert [each.key.id for each in owed(world, vendor="qiniu", id="c")] == ["c"]
    assert owed(world, vendor="qiniu", id="d") == ()
    assert world.server.store.glance().owed == 3


def test_a_notification_that_is_asked_for_tells_what_shows_now() -> None:
    world, _ = made(TIMED)
    world.now.ms += 5
    first, second = world.do.notifications.send(ONE), world.do.notifications.send(ONE)
    assert (first, second) == (
        OwedView(ONE, URL, 0, None, 0, world.now.ms),
        OwedView(ONE, URL, 1, None, 0, world.now.ms),
    )
    assert owed(world) == (first, second)
    assert world.do.tasks.read(ONE).owed == 2
    assert world.do.tasks.read(ONE).step == "processing"


def test_a_notification_that_is_asked_for_needs_an_address_and_a_task() -> None:
    world = quiet(DONE)
    with pytest.raises(Refused, match="no qiniu task") as caught:
        world.do.notifications.send(ONE)
    assert caught.value.kind is Kind.NOT_FOUND
    world.poll()
    with pytest.raises(Refused, match="has no address to notify") as caught:
        world.do.notifications.send(ONE)
    assert caught.value.kind is Kind.CONFLICT
    assert world.server.store.glance().owed == 0


def test_no_more_notifications_are_asked_for_than_a_task_may_owe() -> None:
    world, _ = made(TIMED)
    for _ in range(BY_HAND.value):
        world.do.notifications.send(ONE)
    before = world.dump()
    with pytest.raises(Refused, match="owes 100 notifications") as caught:
        world.do.notifications.send(ONE)
    assert (caught.value.kind, world.dump()) == (Kind.CONFLICT, before)


def test_what_is_owed_goes_with_its_task() -> None:
    world, _ = made(DONE)
    world.do.tasks.create("qiniu", "made-up", "other", notify=URL)
    assert world.server.store.glance().owed == 2
    world.do.tasks.drop(Wanted(id="other"))
    assert (world.server.store.glance().owed, len(owed(world))) == (1, 1)
    saved = bundle.export(world.server)
    world.do.reset.reset(["tasks"])
    assert (world.server.store.glance().owed, owed(world)) == (0, ())
    bundle.load(world.server, saved)
    assert (world.server.store.glance().owed, len(owed(world))) == (1, 1)


@pytest.mark.parametrize(
    ("done", "outcome"),
    [
        ({}, None),
        ({(0, None): "none"}, None),
        ({(0, None): "delivered"}, "delivered"),
        ({(0, None): "delivered", (1, None): "refused"}, "refused"),
        ({(0, 0): "failed", (0, 1): "delivered", (0, 2): "refused"}, "failed"),
    ],
)
def test_of_several_outcomes_the_worst_is_said(done: dict[Any, Any], outcome: str | None) -> None:
    assert outcome_of(Outbox(done=done)) == outcome


def test_while_one_is_tried_again_that_is_the_outcome() -> None:
    box = NOTHING.plus(0, None, 5, None)  # type: ignore[arg-type]  # where it stood is not asked for
    again = box.tried(box.owed[0], 9)._replace(done={(1, None): "failed"})
    assert (outcome_of(box), outcome_of(again)) == (None, "again")


def test_the_callback_that_time_will_bring_is_planned() -> None:
    world, _ = made(TIMED)
    assert callbacks(world) == (Callback(world.now.ms + 60_000, 0, None, 1),)
    world.do.time.advance(60_000)
    assert callbacks(world) == (Callback(world.do.time.read().now, 0, None, 1),)


def test_no_callback_is_planned_where_only_polls_or_people_end_the_work() -> None:
    world, _ = made("[{state: processing, hold: true}, {state: succeeded}]")
    assert callbacks(world) == ()


def test_a_task_without_an_address_has_no_callbacks() -> None:
    world = quiet(DONE)
    world.poll()
    assert callbacks(world) == ()


def test_attempts_stand_before_what_is_planned() -> None:
    world, _ = made(TIMED)
    world.do.notifications.send(ONE)
    now = world.do.time.read().now
    entry = attempt("again", 500, virtual=now, born=world.do.tasks.read(ONE).born, next=now + 1_000)
    world.server.store.transact(None, lambda *_: Change(entry))
    first, *planned = callbacks(world)
    assert first == Callback(now, 0, None, 1, 1, 500, "again")
    assert [(each.notice, each.number) for each in planned] == [(0, None), (1, None)]


def test_attempts_of_an_earlier_task_of_the_id_are_not_its_callbacks() -> None:
    world, _ = made(DONE)
    for number in (1, 2):
        world.server.store.transact(None, lambda *_, n=number: Change(attempt("again", 500, number=n)))
    world.do.tasks.drop(Wanted())
    world.do.tasks.create("qiniu", "made-up", "made-up.1", notify=URL)
    world.server.store.transact(None, lambda *_: Change(attempt("delivered")))
    assert [each.number for each in callbacks(world) if each.number] == [3]


def test_a_shift_moves_what_was_told_with_the_task() -> None:
    world, view = made("[{state: processing, for: 1d}, {state: succeeded}]")
    world.do.notifications.send(ONE)
    entry = attempt("delivered", virtual=world.now.ms, born=view.born)
    world.server.store.transact(None, lambda *_: Change(entry))
    world.do.tasks.shift(ONE, 5_000)
    assert callbacks(world)[0].at == world.now.ms - 5_000


def test_an_attempt_that_is_settled_is_seen_everywhere() -> None:
    world, _ = made(DONE)
    taken = world.server.notifications.take(ONE)
    assert taken is not None
    assert owed(world) == (OwedView(ONE, URL, 0, None, 0, world.now.ms),)
    assert world.server.store.glance().owed == 1
    assert world.server.notifications.settle(taken, Result(500, "no")) == "again"
    found = world.do.notifications.query(Filter(told=True), 10)
    (entry,) = found.attempts
    assert entry.told == Told(0, None, 1, "ak", "again", world.now.ms + 1_000, "right")
    assert found.owed == (OwedView(ONE, URL, 0, None, 1, world.now.ms + 1_000),)
    view = world.do.tasks.read(ONE)
    assert (view.owed, view.outcome) == (1, "again")
    assert callbacks(world) == (
        Callback(world.now.ms, 0, None, 1, 1, 500, "again"),
        Callback(world.now.ms + 1_000, 0, None, 2),
    )
    world.now.ms += 1_000
    taken = world.server.notifications.take(ONE)
    assert taken is not None
    assert world.server.notifications.settle(taken, Result(200)) == "delivered"
    view = world.do.tasks.read(ONE)
    assert (view.owed, view.outcome, owed(world), world.server.store.glance().owed) == (0, "delivered", (), 0)
    assert [each.outcome for each in callbacks(world)] == ["again", "delivered"]
    assert world.server.emulator.stats.counts().attempts == {("qiniu", "again"): 1, ("qiniu", "delivered"): 1}

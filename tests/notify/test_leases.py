"""An attempt whose server is gone is made again by another, once, and not before its lease is over."""

from __future__ import annotations

from mock_server.emulator.notifications import Result
from mock_server.engine.task import Key
from mock_server.notify.leases import EXTRA, Leases
from tests.support.emulators import World, scenario

KEY = Key("qiniu", "made-up.1")
OVER = 5.0 + EXTRA


def leased() -> tuple[World, Leases]:
    """A world in which a task owes a notification, and a server that looks at what others left."""
    world = World(scenario("steps: [{state: waiting, for: 10s}, {state: succeeded}]"))
    world.do.time.freeze()
    world.do.tasks.create(KEY.vendor, "made-up", KEY.id, notify="http://127.0.0.1:9/told")
    world.advance(10_000)
    return world, Leases(world.ledger, world.notifications, 5.0)


def test_an_attempt_is_taken_over_when_its_lease_is_over_and_the_dead_cannot_settle_it_then() -> None:
    world, leases = leased()
    dead = world.notifications.take(KEY)
    assert dead is not None
    assert [leases.look(now, ()) for now in (100.0, 100.0 + OVER - 0.1)] == [0, 0]
    assert world.notifications.take(KEY) is None
    assert [leases.look(now, ()) for now in (100.0 + OVER, 100.0 + OVER)] == [1, 0]
    again = world.notifications.take(KEY)
    assert again is not None
    assert again.number == dead.number
    assert world.notifications.settle(dead, Result(200, "OK")) is None
    assert world.notifications.settle(again, Result(200, "OK")) == "delivered"


def test_what_is_made_here_or_settled_in_time_is_left_alone() -> None:
    world, leases = leased()
    mine = world.notifications.take(KEY)
    assert mine is not None
    assert [leases.look(now, {KEY}) for now in (0.0, 10 * OVER)] == [0, 0]
    assert world.notifications.settle(mine, Result(503, "Busy")) == "again"
    world.advance(60_000)
    later = world.notifications.take(KEY)
    assert later is not None
    assert [leases.look(now, ()) for now in (10 * OVER, 10 * OVER + 1)] == [0, 0]
    assert not world.notifications.release(KEY, mine.token)

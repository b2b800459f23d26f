"""What the fixture asks between tests: the same by the store as by the admin API, and next to nothing in cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.client import Client
from mock_server.control.task_view import Wanted
from mock_server.pytest_plugin.between import Between
from mock_server.pytest_plugin.fixture import MockServer
from mock_server.pytest_plugin.servers import Place
from mock_server.server.in_process import InProcess
from mock_server.server.own_paths import OwnPaths
from tests.support.calls import calls_of
from tests.support.controls import Bench, bench
from tests.support.harness import Now, started

HELD = "[{state: waiting, hold: true, next: later}, {state: processing, name: later}]"
UNUSED, POLLED = 56, 106
"""How many functions the fixture calls in a test that uses it not at all, and in one with polls of one task, when they
were counted last. Fewer are better: then count anew."""
SLACK = 1.1
"""Other versions of Python differ by a call or two."""

ACTS: dict[str, Callable[[Bench], object]] = {
    "poll": lambda world: world.poll("made-up.1"),
    "poll another": lambda world: world.poll("made-up.2"),
    "peek": lambda world: world.poll("made-up.1", method="HEAD"),
    "miss": lambda world: world.poll("unknown"),
    "miss by a peek": lambda world: world.poll("unknown", method="HEAD"),
    "create": lambda world: world.do.tasks.create("qiniu", "made-up"),
    "drop": lambda world: world.do.tasks.drop(Wanted(id="made-up.1")),
    "reset the tasks": lambda world: world.do.reset.reset(["tasks"]),
    "reset the journal": lambda world: world.do.reset.reset(["journal"]),
    "freeze": lambda world: world.do.time.freeze(),
    "look": lambda world: (world.do.tasks.list(), world.do.requests.query(), world.do.pulse()),
}
"""What a test may do to a server."""


def betweens(world: Bench) -> tuple[Between, Between]:
    """Who asks its store, and who asks its admin API."""
    local = InProcess(OwnPaths(world.server), world.server)
    client = Client.within(local)
    return Between(client, local.store), Between(client)


@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=12))
@settings(deadline=None)
def test_the_store_says_what_the_admin_api_says(acts: list[str]) -> None:
    world = bench(HELD)
    by_store, by_client = betweens(world)
    client = Client.within(InProcess(OwnPaths(world.server), world.server))
    for act in acts:
        before = [each.look() for each in (by_store, by_client)]
        tasks = {key for key, _ in world.server.store.scan()}
        ACTS[act](world)
        after = [each.look() for each in (by_store, by_client)]
        assert after[0][:2] == after[1][:2]
        number = before[0].number
        assert by_store.may_have_unmatched(number) == (client.unmatched(after=number) != ())
        if before[0] == after[0]:
            assert before[1] == after[1]
            assert {key for key, _ in world.server.store.scan()} == tasks


@pytest.mark.parametrize("which", [0, 1])
def test_either_way_every_task_is_dropped(which: int) -> None:
    world = bench(HELD)
    world.poll("made-up.1")
    world.poll("made-up.1", "huawei")
    world.do.tasks.create("qiniu", "made-up", notify="http://127.0.0.1:9/done")
    betweens(world)[which].drop_all()
    glance = world.server.store.glance()
    assert (glance.tasks, glance.owed, world.server.store.due(10**15)) == (0, 0, ())
    world.poll("made-up.1")
    assert [view.step for view in world.do.tasks.list()] == ["waiting"]


def test_a_store_elsewhere_and_a_server_that_is_gone_are_asked_over_the_socket() -> None:
    server = started(Now())
    assert InProcess(OwnPaths(server), server).store() is server.store
    elsewhere = server._replace(settings=replace(server.settings, store="redis://127.0.0.1:1"))
    assert InProcess(OwnPaths(elsewhere), elsewhere).store() is None
    server.stopping.set()
    assert InProcess(OwnPaths(server), server).store() is None


def test_what_the_fixture_does_around_a_test_stays_cheap() -> None:
    world = bench(HELD)
    client = Client.within(InProcess(OwnPaths(world.server), world.server))
    place = Place(client, "http://127.0.0.1:1", False, betweens(world)[0])

    def one(polls: int) -> None:
        used = MockServer(place, "token")
        world.polls(polls)
        used.fail_on_unmatched()
        used.clean_up()

    one(3)
    polls = calls_of(lambda: world.polls(3))
    world.do.tasks.drop(Wanted())
    assert calls_of(lambda: one(0)) <= UNUSED * SLACK
    assert calls_of(lambda: one(3)) - polls <= POLLED * SLACK

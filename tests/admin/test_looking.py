"""Looking changes nothing: whatever is read of the admin API, all that the server holds is as before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from mock_server.admin.admin import Admin
from tests.support.admin_kit import AdminWorld, admin_world

QUERIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "/tasks": (
            "",
            "?limit=1",
            "?order=activity&history=3",
            "?state=failed&look=1",
            "?id=slow.1",
            "?id=one*&order=activity",
        ),
        "/tasks/one": (
            "?vendor=qiniu&id=slow.1&ahead=50&every=10s",
            "?vendor=wangsu&id=one-by-one.1",
            "?vendor=qiniu&id=happy-path.unborn",
            "?vendor=qiniu&id=nobody",
            "?vendor=qiniu&id=gone.1",
        ),
        "/tasks/scenario": ("?vendor=qiniu&id=slow.1",),
        "/requests": ("", "?limit=1&total=true"),
        "/requests/one": ("?number=1", "?number=9999"),
        "/requests/wait": ("?count=1", "?count=9999&timeout=1ms"),
        "/scenarios/<name>": ("",),
        "/scenarios/<name>/timeline": ("", "?bodies=true"),
        "/contract/<name>": ("",),
    }
)
"""What each route is asked with; any other with nothing."""
NAMES = {"/scenarios/<name>": "happy-path", "/scenarios/<name>/timeline": "one-by-one", "/contract/<name>": "qiniu"}


@pytest.fixture
def busy() -> AdminWorld:
    """A server in which much is due, armed, unseen and about to end, with records that are ahead of its clock."""
    world = admin_world(max_tasks=20)
    world.ask("POST", "/clock", {"advance": "1h"})
    world.ask(
        "PUT", "/scenarios/gone", b"steps: [{state: waiting, for: 5s..9s}, {state: processing, polls: 1}]\nexpires: 1m"
    )
    for id in ("slow.1", "flaky.1", "throttled.1", "gone.1", "gone.2", "happy-path.1", "nobody"):
        world.poll(id)
    world.poll("one-by-one.1", "wangsu")
    world.ask("POST", "/faults", {"error": 599, "times": 2})
    world.ask("POST", "/faults", {"fault": "reset", "for": "10s"})
    world.poll("slow.1")
    world.ask("POST", "/tasks/next", {"vendor": "qiniu", "id": "happy-path.1"})
    world.ask("POST", "/reset", {"only": ["clock"]})
    world.now.ms += 30_000
    return world


def held(world: AdminWorld) -> Any:
    """All that the server holds, and what it counts."""
    whole = world.server.store.export()
    return (
        world.dump(),
        whole._replace(control=whole.control._replace(armed=whole.control.armed)),
        world.ask("GET", "/pulse").body["mark"],
    )


def test_nothing_that_is_read_changes_anything(busy: AdminWorld) -> None:
    busy.ask("GET", "/faults")  # those whose time is over go
    before = held(busy)
    routes = [route for route in Admin(busy.server).routes if route.method == "GET"]
    asked = 0
    for route in routes:
        for query in QUERIES.get(route.path, ("",)):
            path = route.path.replace("<name>", NAMES.get(route.path, ""))
            said = busy.ask("GET", f"{path}{query}")
            assert said.status in (200, 404), (route.path, said.body)
            asked += said.status == 200
    assert asked >= len(routes)
    assert held(busy) == before
    assert json.dumps(before[0]) == json.dumps(held(busy)[0])


def test_the_clock_may_stand_still_for_200_pulses(busy: AdminWorld) -> None:
    busy.ask("POST", "/clock", {"freeze": True})
    pulses = [busy.ask("GET", "/pulse").body for _ in range(200)]
    assert all(pulse == pulses[0] for pulse in pulses)

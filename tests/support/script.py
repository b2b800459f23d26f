"""Scripts: what happens to a server, line by line, so that it can be played again in another world."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from mock_server.engine.scenario import Scenario
from mock_server.http.message import Response
from mock_server.scenarios.library import library_of
from tests.support.emulators import World


class Act(NamedTuple):
    """One line of a script."""

    verb: str
    with_: tuple[Any, ...] = ()


class Setting(NamedTuple):
    """What a world is made of; two made of the same are the same."""

    scenarios: tuple[Scenario, ...]
    seed: int
    room: int
    kept: int

    def world(self) -> World:
        """A fresh one."""
        return World(*self.scenarios, seed=self.seed, room=self.room, kept=self.kept, default="happy-path")


def perform(world: World, act: Act) -> Response | None:
    """Does one line; the response, if it is a request."""
    match act:
        case Act("poll", (vendor, id)):
            return world.poll(id, vendor)
        case Act("peek", (vendor, id)):
            return world.poll(id, vendor, "HEAD")
        case Act("odd", (method, target)):
            return world.ask(target, method)
        case Act("wait", (by,)):
            world.now.ms += by
        case Act("advance", (by,)):
            world.advance(by)
        case Act("freeze"):
            world.clock(lambda clock, real: clock.freeze(real))
        case Act("resume"):
            world.clock(lambda clock, real: clock.resume(real))
        case Act("speed", (speed,)):
            world.clock(lambda clock, real: clock.at_speed(real, speed))
        case Act("arm", (effect, vendor, id, times, lasts)):
            until = None if lasts is None else world.virtual() + lasts
            world.arm(effect, vendor=vendor, id=id, times=times, until=until)
        case Act("disarm"):
            world.store.control(lambda control: control._replace(armed=()))
        case Act("reload", (digest,)):
            again = [dataclasses.replace(each, digest=digest) for each in world.library.scenarios.values()]
            world.library = library_of(again, earlier=world.library)
        case _:
            raise AssertionError(act)
    return None


def replay(setting: Setting, script: list[Act]) -> tuple[World, list[Response | None]]:
    """A script played in a world of its own."""
    world = setting.world()
    return world, [perform(world, act) for act in script]

"""Scripts: what happens to a server, line by line, so that another world can replay it."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from mock_server.control.armed import Aim
from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import TaskView, Wanted
from mock_server.emulator.notifications import Attempt, NotOwed
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.faults.armed import Armed
from mock_server.http.message import Response
from mock_server.scenarios.library import library_of
from tests.support.emulators import World
from tests.support.stores import StoreKind

Outcome = Response | TaskView | Armed | Attempt | Kind | int | str | None
"""The outcome of a line: a response, what a control returns, or the kind of its refusal."""


class Act(NamedTuple):
    """One line of a script."""

    verb: str
    with_: tuple[Any, ...] = ()


class Setting(NamedTuple):
    """The arguments of a world: equal settings make equal worlds."""

    scenarios: tuple[Scenario, ...]
    seed: int
    room: int
    kept: int

    def world(self, store: StoreKind = "memory") -> World:
        """A fresh world. The text of each scenario is its version, so that a bundle can carry it."""
        scenarios = [dataclasses.replace(each, text=each.version) for each in self.scenarios]
        return World(*scenarios, seed=self.seed, room=self.room, kept=self.kept, default="happy-path", store=store)


def perform(world: World, act: Act) -> Outcome:
    """Performs one line."""
    match act:
        case Act("poll", (vendor, id)):
            return world.poll(id, vendor)
        case Act("peek", (vendor, id)):
            return world.poll(id, vendor, "HEAD")
        case Act("odd", (method, target)):
            return world.ask(target, method)
        case Act("submit", (target, form)):
            return world.ask(target, "POST", form)
        case Act("take", (vendor, id)):
            attempt = world.notifications.take(Key(vendor, id))
            if attempt is not None:
                world.attempts.append(attempt)
            return attempt
        case Act("settle", (which, result)):
            return world.notifications.settle(world.attempts.pop(which), result)
        case Act("owe", (vendor, id)):
            try:
                return world.notifications.owe(Key(vendor, id)).number
            except NotOwed as refused:
                return str(refused)
        case Act("wait", (by,)):
            world.now.ms += by
        case Act("reload", (digest,)):
            again = [
                dataclasses.replace(each, digest=digest, text=f"{name}@{digest}")
                for name, each in world.library.scenarios.items()
            ]
            world.library = library_of(again, earlier=world.library)
        case Act("bundle"):
            world.restart()
        case _:
            try:
                return _steer(world, act)
            except Refused as refused:
                return refused.kind
    return None


def _steer(world: World, act: Act) -> Outcome:
    """Performs one line by the controls. Refused: they refuse it."""
    match act:
        case Act("advance", (by,)):
            world.advance(by)
        case Act("freeze"):
            world.clock(lambda clock, real: clock.freeze(real))
        case Act("resume"):
            world.clock(lambda clock, real: clock.resume(real))
        case Act("speed", (speed,)):
            world.clock(lambda clock, real: clock.at_speed(real, speed))
        case Act("arm", (effect, vendor, id, times, lasts)):
            return world.do.faults.arm(effect, Aim(vendor, id, times, lasts))
        case Act("disarm"):
            return world.do.faults.disarm()
        case Act("create", (vendor, scenario, id, items)):
            return world.do.tasks.create(vendor, scenario, id, items)
        case Act("create", (vendor, scenario, id, items, notify)):
            return world.do.tasks.create(vendor, scenario, id, items, notify)
        case Act("reset"):
            world.do.reset.reset(["tasks"])
        case Act("drop", (vendor, id)):
            return world.do.tasks.drop(Wanted(vendor, id))
        case Act("goto", (vendor, id, step)):
            return world.do.tasks.goto(Key(vendor, id), step)
        case Act("goto_item", (vendor, id, step, item)):
            return world.do.tasks.goto(Key(vendor, id), step, item)
        case Act("finish", (vendor, id)):
            return world.do.tasks.finish(Key(vendor, id))
        case _:
            raise AssertionError(act)
    return None


def replay(setting: Setting, script: list[Act]) -> tuple[World, list[Outcome]]:
    """Performs a script in a fresh world: that world, and the outcomes."""
    world = setting.world()
    return world, [perform(world, act) for act in script]

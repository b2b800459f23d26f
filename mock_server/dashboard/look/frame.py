"""What stands on every page: the clock, what holds for the whole server, and the faults in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mock_server.admin import views
from mock_server.control.server import Controls
from mock_server.dashboard.visit import Visit
from mock_server.engine.timestamps import moment_text
from mock_server.faults.armed import Armed

_MOST_FAULTS = 4
"""Faults that the banner names."""


class FaultLine(NamedTuple):
    """An armed fault in words: what it does, which tasks it applies to, and how long still (polls, or until when)."""

    number: int
    effect: str
    vendor: str | None
    id: str | None
    submit: bool
    times: int | None
    until: int | None
    daily: str
    struck: int


class Frame(NamedTuple):
    """The frame of a page. Times are milliseconds; `every`: how often the page looks whether anything changed.

    `unmatched`: how many requests to a vendor met no task, peeks aside.
    """

    mark: str
    now: int
    ahead: int
    speed: float
    frozen: bool
    tasks: int
    ended: int
    exchanges: int
    evicted: int
    kept: int
    unmatched: int
    faults: tuple[FaultLine, ...]
    more_faults: int
    problems: int
    every: int

    @property
    def time(self) -> str:
        """The time of day."""
        return moment_text(self.now)[11:19]


def frame_of(visit: Visit, every: int) -> Frame:
    """The frame at this moment."""
    pulse = visit.controls.pulse()
    glance, clock = pulse.glance, pulse.clock
    faults = tuple(fault_lines(visit.controls, clock.now))
    return Frame(
        pulse.mark,
        clock.now,
        clock.now - clock.real,
        clock.speed,
        clock.frozen,
        glance.tasks,
        glance.ended,
        glance.exchanges,
        glance.evicted,
        glance.exchanges - glance.evicted - glance.forgotten,
        visit.controls.server.store.control().unmatched,
        faults[:_MOST_FAULTS],
        max(0, pulse.faults - _MOST_FAULTS) if len(faults) > _MOST_FAULTS else 0,
        pulse.problems,
        every,
    )


def fault_lines(controls: Controls, now: int, most: int = _MOST_FAULTS + 1) -> Iterator[FaultLine]:
    """The first of the armed faults that still apply, in the order they apply in. Looking disarms none."""
    armed = controls.server.store.control().armed
    left = most
    for fault in armed:
        if left and fault.lasts(now):
            left -= 1
            yield fault_line(fault, armed.struck(fault.number))


def fault_line(fault: Armed, struck: int) -> FaultLine:
    """An armed fault that was applied so often."""
    said = views.armed(fault, struck)
    effect = ", ".join(_effect(name, value) for name, value in said.effect.items())
    daily = "" if fault.daily is None else f"{said.at} +{said.lasts}"
    return FaultLine(
        fault.number, effect, fault.vendor, fault.id, fault.submit, fault.times, fault.until, daily, struck
    )


def _effect(name: str, value: object) -> str:
    if name == "fault":
        return str(value)
    if name == "headers" and isinstance(value, dict):
        return ", ".join(f"without {key}" if each is None else f"{key}: {each}" for key, each in value.items())
    return f"{name} {value}"

"""The faults in force, and the sentence that arms another one."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.control.armed import Aim
from mock_server.control.refused import Refused
from mock_server.dashboard.links import pattern_of
from mock_server.dashboard.look.frame import FaultLine, fault_lines
from mock_server.dashboard.visit import Visit
from mock_server.engine.scenario import Effect
from mock_server.faults.kinds import FAULTS

_MOST = 200
"""Faults that the page shows."""
_COUNTED = 2_000
"""Tasks among which those are counted that a fault would apply to; of more, only what costs nothing is said."""
SPANS = ("polls", "time", "open")
AIMS = ("all", "vendor", "ids", "task")
VALUED = ("error", "delay", "without")
"""Effects that take a value."""
SUGGESTED = (
    ("error", ("599", "404", "500", "503", "throttled", "unauthorized", "unknown", "expired")),
    ("delay", ("3s", "1s..3s")),
    ("without", ("X-Reqid", "Content-Type")),
)
"""By effect, values that one may want."""


class FaultsLook(NamedTuple):
    """What the page shows: the faults, and the sentence with what was chosen so far. `at_work`: how many tasks at work
    the next fault would apply to; None where that is not counted.
    """

    faults: tuple[FaultLine, ...]
    all: int
    spans: tuple[str, ...]
    aims: tuple[str, ...]
    effects: tuple[tuple[str, str], ...]
    suggested: tuple[tuple[str, tuple[str, ...]], ...]
    vendors: tuple[str, ...]
    span: str
    aim: str
    effect: str
    at_work: int | None


def look(visit: Visit) -> FaultsLook:
    """The page at this address."""
    control = visit.controls.server.store.control()
    now = visit.controls.time.read().now
    aim = visit.get("aim") if visit.get("aim") in AIMS else "task" if visit.get("id") else "all"
    return FaultsLook(
        tuple(fault_lines(visit.controls, now, _MOST)),
        len(control.armed),
        SPANS,
        AIMS,
        tuple((name, kind.about) for name, kind in FAULTS.items()),
        SUGGESTED,
        visit.controls.server.registry.names,
        next((each for each in SPANS if each == visit.get("span")), SPANS[0]),
        aim or "all",
        visit.get("effect") or "error",
        _at_work(visit, aim or "all"),
    )


def _at_work(visit: Visit, aim: str) -> int | None:
    """How many tasks at work a fault with this aim would apply to."""
    glance = visit.controls.server.store.glance()
    if aim == "all":
        return glance.tasks - glance.ended
    vendor, id = visit.get("vendor"), visit.get("id")
    if (aim == "vendor" and vendor is None) or (aim in ("ids", "task") and id is None):
        return None
    if aim != "task" and glance.tasks > _COUNTED:
        return None
    id = None if id is None else pattern_of(id, is_prefix=aim == "ids")
    chosen = Aim(vendor if aim in ("vendor", "task") else None, id if aim in ("ids", "task") else None)
    try:
        return visit.controls.faults.targets(Effect(fault="reset"), chosen)[1].at_work
    except Refused:
        return None

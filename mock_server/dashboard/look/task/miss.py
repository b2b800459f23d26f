"""The page of an id that nothing claims: why, what to do, and the nearest id that something claims."""

from __future__ import annotations

from mock_server.control.refused import Refused
from mock_server.dashboard.links import task_page
from mock_server.dashboard.look.exchange import compared
from mock_server.dashboard.look.task.shown import Miss, TaskPage
from mock_server.dashboard.visit import Visit
from mock_server.emulator.near_miss import nearest_claim
from mock_server.engine.task import Key

_LONGEST = 200
"""Characters of an id that are compared with the nearest one."""


def no_vendor(visit: Visit, key: Key) -> TaskPage:
    """The page where the address names no vendor that is served."""
    return TaskPage(*key, miss=Miss(*key, visit.words("task.no_vendor"), "", ""))


def no_claim(visit: Visit, key: Key, refused: Refused) -> TaskPage:
    """The page of an id that the server refused to tell of."""
    vendor, id = key
    hint = refused.problems[0].hint if refused.problems else ""
    nearest = nearest_claim(visit.controls.server.catalogue.library, vendor, id) or ""
    # What stands behind the dot tells apart tasks of one scenario, so it stays.
    near = nearest + "".join(id.partition(".")[1:]) if nearest and "." not in nearest else nearest
    address = task_page(vendor, near) if near else ""
    pieces = compared(id[:_LONGEST], near[:_LONGEST]) if near else ((), ())
    return TaskPage(vendor, id, miss=Miss(vendor, id, refused.message, hint, near, *pieces), nearest_address=address)

"""Operations that our own pages perform: checked and remembered as requests are."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mock_server.admin.admin import Admin
from mock_server.control.refused import Refused
from mock_server.control.server import changes_between
from mock_server.errors import InvalidInput
from tests.support.admin_kit import admin_world


def test_an_operation_is_checked_done_and_remembered_as_a_request_is() -> None:
    admin = Admin(admin_world().server)
    assert admin.perform("changeClock", body={"freeze": True}).frozen
    assert admin.perform("dropTasks", query=(("vendor", "qiniu"),)).dropped == 0
    assert admin.perform("uploadScenario", segment="mine", raw=b"steps: [{state: failed}]").name == "mine"
    assert [action.what for action in admin.controls.server.actions.read()] == ["clock", "drop", "upload"]


def test_what_a_request_is_refused_for_is_refused_here_and_not_remembered() -> None:
    admin = Admin(admin_world().server)
    with pytest.raises(InvalidInput, match="exactly one of set, advance"):
        admin.perform("changeClock", body={})
    with pytest.raises(InvalidInput, match="nonsense"):
        admin.perform("dropTasks", query=(("nonsense", "1"),))
    with pytest.raises(Refused, match="no qiniu task 'x'"):
        admin.perform("moveTaskOn", body={"vendor": "qiniu", "id": "x"})
    assert admin.controls.server.actions.count == 0


def test_requests_that_come_first_together_find_the_same_controls() -> None:
    """Else each had limits of its own."""
    admin = Admin(admin_world().server)
    together = threading.Barrier(8)

    def first(_: int) -> int:
        together.wait(10)
        return id(admin.controls)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(together.parties) as pool:
            assert len(set(pool.map(first, range(together.parties)))) == 1
    finally:
        sys.setswitchinterval(usual)


def test_two_marks_tell_what_changed_between_them() -> None:
    world = admin_world()
    controls = Admin(world.server).controls
    mark = controls.pulse().mark
    assert changes_between(mark, mark) == ()
    world.ask("POST", "/faults", {"error": 599})
    assert changes_between(mark, controls.pulse().mark) == ("control", "hands")
    world.ask("PUT", "/scenarios/mine", b"steps: [{state: failed}]")
    assert "library" in changes_between(mark, controls.pulse().mark)
    assert changes_between("", mark) == ("journal", "tasks", "control", "library", "hands")

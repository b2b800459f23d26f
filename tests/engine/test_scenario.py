"""What a scenario says of itself: its steps by name, the items of a task, its windows."""

from __future__ import annotations

import pytest

from mock_server.engine.scenario import Item, State, Step, Window
from tests.support.strategies import scenario_of

OWN, SUBMITTED = (Item({"cmd": "own"}),), (Item({"cmd": "submitted"}),)
STEPS = (Step("first", State.WAITING), Step("second", State.PROCESSING))


@pytest.mark.parametrize(("name", "position"), [("first", 0), ("second", 1), ("third", None), ("", None)])
def test_a_step_is_found_by_its_name(name: str, position: int | None) -> None:
    assert scenario_of(*STEPS).step_named(name) == position


def test_a_scenarios_own_items_win_over_submitted_ones_for_its_vendor_alone() -> None:
    scenario = scenario_of(*STEPS, items=OWN)
    (vendor,) = scenario.items
    assert scenario.items_of(vendor, SUBMITTED) == OWN
    assert scenario.items_of(vendor) == OWN
    assert scenario.items_of("another", SUBMITTED) == SUBMITTED


def test_a_task_that_nobody_gave_items_has_a_plain_one() -> None:
    assert scenario_of(*STEPS).items_of("any") == (Item(),)
    assert scenario_of(*STEPS).items_of("any", SUBMITTED) == SUBMITTED


@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [(Window(4, 4), [4], [3, 5]), (Window(7, 9), [7, 8, 9], [6, 10]), (Window(100, None), [100, 10**9], [0, 99])],
)
def test_a_window_includes_both_its_ends(window: Window, inside: list[int], outside: list[int]) -> None:
    assert all(map(window.holds, inside))
    assert not any(map(window.holds, outside))

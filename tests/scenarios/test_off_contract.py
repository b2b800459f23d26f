"""No items and statuses without a body, which no vendor sends: refused unless the file says that it is off contract."""

from __future__ import annotations

import json

import pytest

from tests.support.emulators import VENDORS, World, scenario
from tests.support.loading import messages

LISTS = {"qiniu": "items", "huawei": "preheating_results", "wangsu": "items"}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("state", ["waiting", "processing", "succeeded", "failed"])
def test_a_task_without_items_shows_an_empty_list(vendor: str, state: str) -> None:
    steps = f"steps: [{{state: {state}, HELD}}]\n".replace("HELD", "hold: true")
    text = f"vendors: [{vendor}]\nitems: 0\n{steps}"
    assert any("minItems" in line and "off_contract: true" in line for line in messages(text))
    world = World(scenario(text.replace("hold: true", "hold: true, off_contract: true")))
    response = world.poll(vendor=vendor)
    assert json.loads(response.body)[LISTS[vendor]] == []
    assert (response.header("X-Mock-Server-Off-Contract") or "").endswith("minItems")


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [204, 205, 304])
@pytest.mark.parametrize("shows", ["state: succeeded", "error: unknown"])
def test_a_status_without_a_body_is_off_contract_and_has_none(vendor: str, status: int, shows: str) -> None:
    text = f"vendors: [{vendor}]\nsteps: [{{{shows}, status: {status}}}]\n"
    assert any(f"a response of status {status} has no body" in line for line in messages(text))
    world = World(scenario(text.replace("}]", ", off_contract: true}]")))
    response = world.poll(vendor=vendor)
    assert (response.status, response.body, response.header("Content-Length")) == (status, b"", "0")
    assert response.header("X-Mock-Server-Off-Contract") == "$: status"
    assert world.last().verdict == "off-contract"


def test_submitted_items_do_not_come_in_where_the_scenario_has_none() -> None:
    made = scenario("vendors: [qiniu]\nitems: 0\nsteps: [{state: succeeded, off_contract: true}]\n")
    assert made.items_of("qiniu", given=(next(iter(scenario("steps: [{state: failed}]").items_of("qiniu"))),)) == ()

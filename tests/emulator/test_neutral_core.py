"""The core knows no vendor: one that does not exist gets everything the real ones get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mock_server.assembly import Server, assemble
from mock_server.control.server import controls_of
from mock_server.emulator.notifications import Result
from mock_server.engine.task import Key
from mock_server.server.app import app_of
from mock_server.settings import Settings
from tests.support import made_up_vendor
from tests.support.poller import Now

SCENARIO = """
about: A bulb breaks after an outage.
items: [{watt: 5}, {watt: 60}]
options: {lamp: {glow: bright}}
steps:
  - {state: waiting, polls: 1}
  - {error: throttled, polls: 1}
  - {state: processing, items: [succeeded, processing], for: 3s}
  - {state: failed, items: [succeeded, failed]}
faults:
  - {when: {polls: [6]}, error: L3}
"""


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def server(tmp_path: Path, now: Now) -> Iterator[Server]:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "hall.yaml").write_text(SCENARIO)
    parts = assemble(
        Settings(scenarios=(tmp_path / "scenarios",), no_builtin=True, no_reload=True),
        real_clock=now,
        vendors=(made_up_vendor.VENDOR,),
        contracts=made_up_vendor.contracts(tmp_path / "schemas"),
        fixtures=made_up_vendor.fixtures(tmp_path / "fixtures"),
    )
    yield parts
    parts.stopping.set()
    parts.postman.close()


@pytest.fixture
def client(server: Server) -> FlaskClient:
    return app_of(server).test_client()


def poll(client: FlaskClient, id: str = "hall.1") -> tuple[int, Any]:
    response = client.put(f"/lamps/hall/now?lamp={id}")
    return response.status_code, json.loads(response.data)


def test_a_scenario_is_played_in_the_made_up_vendors_words(client: FlaskClient, now: Now) -> None:
    assert poll(client) == (200, ["hall.1", "red", [[5, "red"], [60, "red"]], "bright"])
    assert poll(client) == (420, ["L6", "slower"])
    assert poll(client) == (200, ["hall.1", "amber", [[5, "green"], [60, "amber"]], "bright"])
    now.ms += 3_000
    assert poll(client) == (200, ["hall.1", "black", [[5, "green"], [60, "black"]], "bright"])
    assert poll(client)[0] == 200
    assert poll(client) == (410, ["L3", "no lamp"])


def test_its_refusals_are_in_its_own_envelope(client: FlaskClient) -> None:
    assert poll(client, "") == (422, ["L1", "bad lamp"])
    assert poll(client, "hal.1") == (410, ["L3", "no lamp"])
    assert json.loads(client.get("/lamps/hall/now?lamp=x").data) == ["L5", "only put"]
    assert json.loads(client.put("/lamps/hall/then").data) == ["L4", "no way"]


def test_a_path_has_several_routes_and_a_refused_method_names_those_of_all(client: FlaskClient) -> None:
    assert poll(client)[1][1] == "red"
    assert client.post("/lamps/hall/now", data={"lamp": "hall.1"}).status_code == 420  # the same task's second poll
    refused = client.delete("/lamps/hall/now?lamp=hall.1")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "PUT, HEAD, POST")
    assert client.get("/elsewhere").get_json()["paths"] == ["/lamps/<room>/now"]


def test_real_vendors_are_strangers_to_it(client: FlaskClient) -> None:
    assert json.loads(client.get("/fmgr/status?persistentId=hall.1").data)["error"] == "path"


def test_its_headers_are_its_own(client: FlaskClient) -> None:
    response = client.put("/lamps/hall/now?lamp=hall.2")
    assert [response.headers["Content-Type"], response.headers["X-Asked"]] == ["application/lamp+json", "1"]


def test_it_notifies_on_its_own_terms_and_in_its_own_words(server: Server, now: Now) -> None:
    key = Key("lamp", "hall.told")
    controls_of(server).tasks.create(key.vendor, "hall", key.id, notify="http://127.0.0.1:9/lamp")
    notifications = server.notifications
    client = app_of(server).test_client()
    for _ in range(3):
        poll(client, key.id)
    assert notifications.take(key) is None
    now.ms += 3_000
    for wait, outcome in ((500, "again"), (2_000, "again"), (0, "failed")):
        attempt = notifications.take(key)
        assert attempt is not None
        assert json.loads(attempt.post.body) == [key.id, "black", [[5, "green"], [60, "black"]], "bright"]
        assert (dict(attempt.post.headers)["Host"], attempt.post.key) == ("127.0.0.1:9", "")
        assert notifications.settle(attempt, Result(404)) == outcome
        now.ms += max(0, wait - 1)
        assert notifications.take(key) is None
        now.ms += 1
    assert notifications.take(key) is None

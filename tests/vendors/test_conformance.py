"""Vendors x scenarios x profiles: whatever is polled, by any way and under either validator, fits its contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient

from mock_server import paths
from mock_server.assembly import Server, assemble
from mock_server.server.app import app_of
from mock_server.settings import Settings
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.registry import PROFILES
from tests.support.live import LiveServer, serving_app
from tests.support.poller import STATUS_PATHS, Now

POLLS = 16
"""Enough to see every shipped scenario that moves by polls to its end."""

SCENARIOS = sorted(path.stem for path in paths.data("scenarios").glob("*.yaml"))
CASES = list(product(STATUS_PATHS, SCENARIOS))


def server_of(profile: Any, now: Now, *, reference: bool) -> Server:
    settings = Settings(profile=profile, no_reload=True)
    return assemble(settings, real_clock=now, contracts=Contracts(reference=reference))


class World:
    """One profile's servers: polled through the test client, through a socket, and under the reference validator."""

    def __init__(self, profile: Any, stack: ExitStack) -> None:
        self.profile = profile
        self.now = Now()
        self.fast = server_of(profile, self.now, reference=False)
        self.slow = server_of(profile, self.now, reference=True)
        self.over_socket = server_of(profile, self.now, reference=False)
        self.live: LiveServer = stack.enter_context(serving_app(app_of(self.over_socket)))
        self.clients = [app_of(server).test_client() for server in (self.fast, self.slow)]


@pytest.fixture(scope="module", params=PROFILES)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(request.param, stack)


def polled(client: FlaskClient, target: str) -> tuple[int, dict[str, str], bytes]:
    response = client.get(target)
    return response.status_code, dict(response.headers), response.data


def polled_over_socket(connection: HTTPConnection, target: str) -> tuple[int, dict[str, str], bytes]:
    connection.request("GET", target)
    response = connection.getresponse()
    headers = {
        name: value for name, value in response.getheaders() if name not in ("Date", "Server", "Via", "Connection")
    }
    return response.status, headers, response.read()


@pytest.mark.parametrize(("vendor", "scenario"), CASES)
def test_every_response_fits_its_contract_and_is_the_same_everywhere(world: World, vendor: str, scenario: str) -> None:
    path, name = STATUS_PATHS[vendor]
    target = f"{path}?{name}={scenario}.conformance"
    connection = HTTPConnection("127.0.0.1", world.live.port)
    contracts = Contracts(reference=True)
    for _ in range(POLLS):
        world.now.ms += 60_000
        one, other = (polled(client, target) for client in world.clients)
        assert one == other == polled_over_socket(connection, target)
        status, headers, body = one
        profile = "document" if scenario in ("document-sample", "unlisted-code") else world.profile
        contract = contracts.status(vendor, profile) if status == 200 else contracts.error(vendor)
        assert contract.check(json.loads(body)) is None
        assert headers["Content-Type"] == "application/json"
        assert int(headers["Content-Length"]) == len(body)
    connection.close()
    entries, _ = world.fast.store.entries()
    assert {entry.verdict for entry in entries} == {"fits"}

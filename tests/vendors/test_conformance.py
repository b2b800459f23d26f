"""Vendors x scenarios x profiles: whatever is polled, under either validator, fits its contract.

That a client on a socket sees the same, from either server, is held by tests/wire/test_parity.py.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from flask.testing import FlaskClient

from mock_server import paths
from mock_server.assembly import Server, assemble
from mock_server.schema.validator import Validator
from mock_server.server.app import app_of
from mock_server.settings import Settings
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.registry import PROFILES
from tests.support.poller import STATUS_PATHS, Now

POLLS = 16
"""Enough to see every shipped scenario that moves by polls to its end."""

SCENARIOS = sorted(path.stem for path in paths.data("scenarios").glob("*.yaml"))
CASES = list(product(STATUS_PATHS, SCENARIOS))


def server_of(profile: Any, now: Now, *, reference: bool) -> Server:
    settings = Settings(profile=profile, no_reload=True)
    return assemble(settings, real_clock=now, contracts=Contracts(reference=reference))


class World:
    """One profile's servers: with the quick validators, and with the reference one."""

    def __init__(self, profile: Any) -> None:
        self.profile = profile
        self.now = Now()
        self.fast = server_of(profile, self.now, reference=False)
        self.slow = server_of(profile, self.now, reference=True)
        self.clients = [app_of(server).test_client() for server in (self.fast, self.slow)]


@pytest.fixture(scope="module", params=PROFILES)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def polled(client: FlaskClient, target: str) -> tuple[int, dict[str, str], bytes]:
    response = client.get(target)
    return response.status_code, dict(response.headers), response.data


def contract_of(contracts: Contracts, profile: Any, vendor: str, scenario: str) -> Validator:
    """The contract of a scenario's status: some show the document's very words, whatever the profile."""
    return contracts.status(vendor, "document" if scenario in ("document-sample", "unlisted-code") else profile)


@pytest.mark.parametrize(("vendor", "scenario"), CASES)
def test_every_response_fits_its_contract_under_either_validator(world: World, vendor: str, scenario: str) -> None:
    path, name = STATUS_PATHS[vendor]
    target = f"{path}?{name}={scenario}.conformance"
    contracts = Contracts(reference=True)
    for _ in range(POLLS):
        world.now.ms += 60_000
        one, other = (polled(client, target) for client in world.clients)
        assert one == other
        status, headers, body = one
        contract = contract_of(contracts, world.profile, vendor, scenario)
        assert (contract if status == 200 else contracts.error(vendor)).check(json.loads(body)) is None
        assert headers["Content-Type"] == "application/json"
        assert int(headers["Content-Length"]) == len(body)
    entries, _ = world.fast.store.entries()
    assert {entry.verdict for entry in entries} == {"fits"}

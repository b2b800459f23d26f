"""Vendors x scenarios x profiles: whatever is polled, under either validator, fits its contract.

That a client on a socket sees the same, from either server, is held by tests/wire/test_parity.py.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any, cast

import pytest

from mock_server import paths
from mock_server.assembly import Server, assemble
from mock_server.engine.scenario import Profile
from mock_server.engine.task import Key
from mock_server.journal.entry import Entry
from mock_server.schema.validator import Validator
from mock_server.settings import Settings
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.registry import PROFILES
from tests.support.harness import asking
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
        self.servers = (self.fast, self.slow)


@pytest.fixture(scope="module", params=PROFILES)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def contract_of(world: World, vendor: str, scenario: str, entry: Entry) -> Validator:
    """The contract of what the vendor said: of its errors, or of a status in the profile that the scenario may set."""
    contracts = Contracts(reference=True)
    if entry.state is None:
        return contracts.error(vendor)
    options = world.fast.catalogue.library.scenarios[scenario].options
    return contracts.status(vendor, cast(Profile, options.get("profile", world.profile)))


@pytest.mark.parametrize(("vendor", "scenario"), CASES)
def test_every_response_fits_its_contract_under_either_validator(world: World, vendor: str, scenario: str) -> None:
    """What the vendor says, before any fault, fits; or it does not, and the scenario says so."""
    id = f"{scenario}.conformance"
    served = vendor in world.fast.catalogue.library.scenarios[scenario].vendors
    for _ in range(POLLS):
        world.now.ms += 60_000
        one, other = (server.emulator.answer(asking(vendor, id)) for server in world.servers)
        assert one == other
    key = Key(vendor, id)
    entries = [entry for entry in world.fast.store.history(key, POLLS) if entry.state or entry.step]
    assert bool(entries) is served
    for entry in entries:
        said = entry.original or entry.response
        if entry.verdict == "off-contract":
            continue
        assert entry.verdict == "fits"
        assert contract_of(world, vendor, scenario, entry).check(json.loads(said.body)) is None
        headers = dict(said.headers)
        assert headers["Content-Type"] == "application/json"
        assert int(headers["Content-Length"]) == len(said.body)


def test_few_scenarios_break_their_contract_and_each_says_so(world: World) -> None:
    library = world.fast.catalogue.library.scenarios
    entries, _ = world.fast.store.entries()
    broken = {entry.scenario.partition("@")[0] for entry in entries if entry.scenario and entry.verdict != "fits"}
    assert all(any(step.adjust.off_contract for step in library[name].steps) for name in broken)
    assert len(broken) < len(library) / 3

"""The vendors' contracts over the admin API."""

from __future__ import annotations

import json

import pytest

from mock_server.paths import data
from mock_server.vendors.contract_fields import contract_fields, paths_of
from mock_server.vendors.registry import PROFILES, Registry
from tests.support.admin_kit import AdminWorld, admin_world
from tests.support.emulators import VENDORS, World, body, shipped


@pytest.fixture(scope="module")
def world() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("vendor", Registry().names)
def test_every_field_is_told_with_the_row_of_its_document(world: AdminWorld, vendor: str, profile: str) -> None:
    said = world.ask("GET", f"/contract/{vendor}?profile={profile}")
    assert (said.status, said.body["vendor"], said.body["profile"]) == (200, vendor, profile)
    for kind in ("status", "error"):
        for path, field in said.body[kind].items():
            assert path.startswith("$.")
            assert field["row"]
            assert field["document"]
            assert field["description"]
            assert field["type"] or path == "$.items[*].result"  # any JSON


def test_without_a_profile_it_is_the_servers_own(world: AdminWorld) -> None:
    assert world.ask("GET", "/contract/qiniu").body == world.ask("GET", "/contract/qiniu?profile=sdk").body
    assert admin_world(profile="live").ask("GET", "/contract/qiniu").body["profile"] == "live"


def test_a_field_is_told_as_the_schema_has_it(world: AdminWorld) -> None:
    schema = json.loads((data("schemas") / "qiniu" / "status.sdk.schema.json").read_text("utf-8"))
    code = schema["properties"]["items"]["items"]["properties"]["code"]
    assert world.ask("GET", "/contract/qiniu").body["status"]["$.items[*].code"] == {
        "row": code["x-source"]["row"],
        "document": code["x-source"]["document"],
        "page": code["x-source"]["page"],
        "description": code["description"],
        "type": ["integer"],
        "enum": [0, 1, 2, 3],
        "required": True,
        "ours": False,
    }


def test_a_vendor_that_is_none_gets_a_hint(world: AdminWorld) -> None:
    said = world.ask("GET", "/contract/quiniu")
    assert (said.status, said.problems) == (404, [("", "no vendor 'quiniu' did you mean \"qiniu\"?")])
    assert world.ask("GET", "/contract/qiniu?profile=nice").status == 422


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_field_of_a_body_is_in_the_contract(vendor: str) -> None:
    world = World(shipped("partial-failure"))
    found = body(world.poll("partial-failure.1", vendor))
    schema = json.loads((data("schemas") / vendor / "status.sdk.schema.json").read_text("utf-8"))
    assert set(paths_of(found)) <= contract_fields(schema).keys()

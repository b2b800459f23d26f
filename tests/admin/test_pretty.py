"""JSON of the admin API for people: the same value, indented, where a browser or `?pretty` asks for it."""

from __future__ import annotations

import json

import pytest

from tests.support.admin_kit import HERE, AdminWorld, admin_world, as_new

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A server that saw two exchanges."""
    made = as_new(lasting)
    made.poll("happy-path.1")
    made.poll("no-such.é")
    return made


def text(world: AdminWorld, target: str, method: str = "GET", body: bytes | None = None, **headers: str) -> str:
    """The text of a response."""
    given = {"Host": HERE, **headers} | ({"Content-Type": "application/json"} if body else {})
    return world.app.test_client().open(f"/__admin{target}", method=method, data=body, headers=given).get_data(True)


ASKED = [
    "/tasks",
    "/tasks?state=failed",
    "/requests",
    "/requests/unmatched",
    "/version",
    "/clock",
    "/nowhere",
    "/tasks?a=b",
]


@pytest.mark.parametrize("target", ASKED)
def test_it_is_the_same_value_a_member_a_line(world: AdminWorld, target: str) -> None:
    plain = text(world, target)
    assert "\n" not in plain
    pretty = text(world, target, Accept=BROWSER)
    if target != "/clock":  # which moves on
        assert pretty == json.dumps(json.loads(plain), indent=2, ensure_ascii=False) + "\n"
    joint = "&" if "?" in target else "?"
    assert text(world, f"{target}{joint}pretty").count("\n") == pretty.count("\n")
    assert text(world, f"{target}{joint}pretty=true").count("\n") == pretty.count("\n")
    assert text(world, f"{target}{joint}pretty=false", Accept=BROWSER).count("\n") == 0


def test_what_takes_a_body_is_pretty_too(world: AdminWorld) -> None:
    assert text(world, "/clock?pretty", "POST", b'{"freeze": true}').startswith('{\n  "now"')
    assert text(world, "/clock?pretty", "POST", b"{}").startswith('{\n  "error"')


def test_other_values_are_refused(world: AdminWorld) -> None:
    said = world.ask("GET", "/tasks?pretty=yes")
    assert (said.status, said.problems) == (422, [("?pretty", "'yes' will not do: it takes true or false")])


def test_what_is_no_json_stays_as_it_is(world: AdminWorld) -> None:
    assert text(world, "/metrics?pretty").startswith("# HELP")

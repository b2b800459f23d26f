"""The OpenAPI document says of every route what it is, and the routes do as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_server.admin.body import Check
from mock_server.admin.openapi import document, statuses
from mock_server.admin.route import Result, Route, Text
from mock_server.admin.routes import routes_of
from mock_server.vendors.registry import Registry
from tests.support.admin_kit import AdminWorld, admin_world, as_new

ROUTES = routes_of(Registry(), lambda *_: Result({}))
DOCUMENT = json.loads(json.dumps(document(ROUTES)))
BODIES = [route for route in ROUTES if route.body is not None]


def names(routes: list[Route] | tuple[Route, ...]) -> list[str]:
    """What to call the tests of some routes."""
    return [route.name for route in routes]


def schema_of(route: Route) -> Any:
    """A route's body, as it is written."""
    return route.body.schema if isinstance(route.body, Text) else route.body


def test_the_server_tells_its_document() -> None:
    said = admin_world().ask("GET", "/openapi.json")
    assert (said.status, said.body) == (200, DOCUMENT)


def test_every_name_is_given_once() -> None:
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=names(ROUTES))
def test_every_route_is_described_whole(route: Route) -> None:
    operation = DOCUMENT["paths"][route.full_path.replace("<name>", "{name}")][route.method.lower()]
    assert (operation["operationId"], operation["summary"]) == (route.name, route.summary)
    assert {int(status) for status in operation["responses"]} == set(statuses(route))
    assert [each["name"] for each in operation["parameters"] if each["in"] == "query"] == list(route.query)
    assert all(each["description"] for each in operation["parameters"])
    assert ("requestBody" in operation) is (route.body is not None)
    assert route.response in DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize("route", BODIES, ids=names(BODIES))
def test_every_body_is_closed_described_and_has_examples_that_fit(route: Route) -> None:
    schema = schema_of(route)
    assert schema["additionalProperties"] is False
    assert schema["examples"]
    for example in schema["examples"]:
        Check(schema).check(example)
    if route.name != "loadBundle":
        described = (each for each in schema["properties"].values())
        assert all("description" in each for each in described)


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    for target in sorted(references(DOCUMENT)):
        assert target.startswith("#/")
        found: Any = DOCUMENT
        for part in target[2:].split("/"):
            found = found[part]
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def references(value: Any) -> set[str]:
    """Every `$ref` in a document."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    here = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return here.union(*map(references, value.values()))


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_no_schema_is_idle(name: str) -> None:
    assert any(target.startswith(f"#/components/schemas/{name}") for target in references(DOCUMENT))


def test_flask_knows_every_route(world: AdminWorld) -> None:
    rules = {rule.endpoint: (rule.rule, rule.methods) for rule in world.app.url_map.iter_rules()}
    for route in ROUTES:
        path, methods = rules[f"admin.{route.name}"]
        assert path == route.full_path
        assert methods is not None
        assert route.method in methods


@pytest.fixture(scope="module")
def lasting() -> AdminWorld:
    """The server of all these tests."""
    return admin_world()


@pytest.fixture
def world(lasting: AdminWorld) -> AdminWorld:
    """A fresh server."""
    return as_new(lasting)


EXAMPLES = [
    (route, example)
    for route in BODIES
    if route.path != "/scenarios/<name>"
    for example in schema_of(route)["examples"]
]


@pytest.mark.parametrize(
    ("route", "example"), EXAMPLES, ids=[f"{route.name}-{k}" for k, (route, _) in enumerate(EXAMPLES)]
)
def test_every_example_is_understood(world: AdminWorld, route: Route, example: Any) -> None:
    for id in ("happy-path.1", "slow.1", "by-hand.1"):
        world.poll(id)
    if route.name == "sendNotification":
        job = {"vendor": "qiniu", "scenario": "slow", "id": "job-1", "notify_url": "http://127.0.0.1:1/done"}
        assert world.ask("POST", "/tasks", job).status == 201
    said = world.ask(route.method, route.path, example)
    # What the example asks about has not happened here; that it has is another test's business.
    assert said.status == (409 if route.name == "verifyRequests" else route.status)
    response = "Error" if said.status >= 400 else route.response
    whole = {**DOCUMENT["components"]["schemas"][response], "components": DOCUMENT["components"]}
    Draft202012Validator(whole).validate(said.body)

"""The one shape of errors: at every route of the admin API, whatever is wrong is named, with its place and a hint."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.admin.route import Result, Route, Text
from mock_server.admin.routes import YAML_TYPES, routes_of
from mock_server.vendors.registry import Registry
from tests.support.admin_kit import AdminWorld, admin_world

ROUTES = routes_of(Registry(), lambda *_: Result({}))
NAMES = [route.name for route in ROUTES]
TAKING = [route for route in ROUTES if route.body is not None and not isinstance(route.body, Text)]


@pytest.fixture(scope="module")
def world() -> AdminWorld:
    """A server for all of this: what is refused changes nothing."""
    return admin_world()


def path_of(route: Route) -> str:
    """A path that leads to a route."""
    return route.path.replace("<name>", "mine")


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_parameter_that_no_route_has_is_refused_with_the_nearest(world: AdminWorld, route: Route) -> None:
    known = next(iter(route.query), "")
    body: Any = None if route.body is None else b"steps: [{state: failed}]" if "<name>" in route.path else {}
    said = world.ask(route.method, f"{path_of(route)}?{known}x=1", body)
    assert (said.status, said.body["error"]) == (422, "invalid")
    where, what = said.problems[0]
    assert where == f"?{known}x"
    assert what.startswith(f'unknown key "{known}x"')
    assert not known or f'did you mean "{known}"?' in what


@pytest.mark.parametrize("route", TAKING, ids=[route.name for route in TAKING])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        ('{"a": 1}'.encode("utf-16"), "it is UTF-16 send it as UTF-8"),
        ('{"a": 1}'.encode("utf-16-be"), "Expecting value"),
        (b"{", "Expecting property name"),
        (b"{'a': 1}", "Expecting property name"),
        (b'{"a": 1, "a": 2}', 'the key "a" is given twice'),
        (b'{"a": NaN}', "NaN is not a number in JSON"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'"\xff"', "byte 1 is not UTF-8"),
        (b"[" * 100_000, "nested more than 50 deep"),
        (b"[" * 60 + b"]" * 60, "nested more than 50 deep"),
        (b"9" * 5000, "99999999999999999999… is a number of more than 400 digits"),
    ],
    ids=[
        "empty",
        "blank",
        "mark",
        "utf-16",
        "utf-16 without mark",
        "broken",
        "quotes",
        "twice",
        "nan",
        "surrogate",
        "bytes",
        "deep",
        "a little deep",
        "long number",
    ],
)
def test_a_body_that_is_no_json_is_refused(world: AdminWorld, route: Route, body: bytes, said: str) -> None:
    answer = world.ask(route.method, route.path, body)
    assert (answer.status, answer.body["error"]) == (400, "malformed")
    assert said in answer.problems[0][1]


def test_a_body_with_a_byte_order_mark_is_read(world: AdminWorld) -> None:
    body = b'\xef\xbb\xbf{"only": ["journal"]}'
    assert world.ask("POST", "/reset", body).status == 200


@pytest.mark.parametrize("value", ["ключ", "é", "a\tb", "\x7f", "😀"])
def test_a_header_value_that_is_not_ascii_is_refused_with_what_is_allowed(world: AdminWorld, value: str) -> None:
    answer = world.ask("POST", "/faults", {"headers": {"X-A": value}})
    assert answer.problems[0][0] == "$.headers.X-A"
    assert answer.problems[0][1].startswith("expected one line of printable ASCII, or null")


@pytest.mark.parametrize("route", TAKING, ids=[route.name for route in TAKING])
@pytest.mark.parametrize("body", [[], "text", 1, None, True], ids=repr)
def test_a_body_that_is_no_object_is_refused(world: AdminWorld, route: Route, body: Any) -> None:
    answer = world.ask(route.method, route.path, b"null" if body is None else body)
    assert (answer.status, answer.problems[0][0]) == (422, "$")


@pytest.mark.parametrize("route", TAKING, ids=[route.name for route in TAKING])
def test_a_key_that_no_body_has_is_refused_with_the_nearest(world: AdminWorld, route: Route) -> None:
    assert isinstance(route.body, dict)
    known = next(iter(route.body["properties"]))
    answer = world.ask(route.method, route.path, {f"{known}s": 1})
    assert answer.status == 422
    assert dict(answer.problems)[f"$.{known}s"] == f'unknown key "{known}s" did you mean "{known}"?'


def test_all_problems_of_a_body_are_told_at_once(world: AdminWorld) -> None:
    answer = world.ask("POST", "/tasks", {"vendor": "qinu", "scenario": 5, "id": "", "item": []})
    assert answer.problems == [
        ("$.id", 'expected a task\'s id, found ""'),
        ("$.item", 'unknown key "item" did you mean "items"?'),
        ("$.scenario", "expected a scenario's name, found 5 put it in quotes if it is meant as text"),
        ("$.vendor", '"qinu" is not a vendor did you mean "qiniu"?'),
    ]
    assert answer.body["message"].endswith(", and 3 more")


def test_a_parameter_given_twice_is_refused(world: AdminWorld) -> None:
    assert world.ask("GET", "/tasks?vendor=qiniu&vendor=qiniu").problems == [
        ("?vendor", "given more than once give it once")
    ]


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_another_method_is_refused_with_those_that_are_served(world: AdminWorld, route: Route) -> None:
    answer = world.ask("PATCH", path_of(route))
    assert (answer.status, answer.body["error"]) == (405, "method")
    assert route.method in answer.headers["Allow"].split(", ")
    assert ("HEAD" in answer.headers["Allow"]) is ("GET" in answer.headers["Allow"])


@pytest.mark.parametrize(
    ("path", "hint"),
    [("/taks", "/__admin/tasks"), ("/requests/verfy", "/__admin/requests/verify"), ("/scenario", "/__admin/scenarios")],
)
def test_a_path_that_is_not_served_is_told_with_the_nearest(world: AdminWorld, path: str, hint: str) -> None:
    answer = world.ask("GET", path)
    assert (answer.status, answer.body["error"]) == (404, "path")
    assert f'did you mean "{hint}"?' in answer.problems[0][1]


@pytest.mark.parametrize("type", ["application/xml", "text/html", "image/png"])
def test_a_body_of_another_type_is_refused_with_those_that_are_read(world: AdminWorld, type: str) -> None:
    for method, path, types in (("POST", "/tasks", ("application/json",)), ("PUT", "/scenarios/mine", YAML_TYPES)):
        answer = world.ask(method, path, b"{}", Content_Type=type)
        assert (answer.status, answer.body["error"]) == (415, "type")
        assert all(each in answer.problems[0][1] for each in types)


def test_a_type_may_say_its_charset(world: AdminWorld) -> None:
    assert world.ask("POST", "/reset", {}, Content_Type="Application/JSON; charset=utf-8").status == 200


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET" and "<" not in route.path],
                         ids=lambda route: route.name)  # fmt: skip
def test_head_is_answered_as_get_without_the_body(world: AdminWorld, route: Route) -> None:
    world.poll("happy-path.1")
    query = {
        "waitForRequests": "?count=0",
        "readRequest": "?number=1",
        "readTask": "?vendor=qiniu&id=happy-path.1",
        "readTaskScenario": "?vendor=qiniu&id=happy-path.1",
    }.get(route.name, "")
    got, looked = (world.ask(method, route.path + query) for method in ("GET", "HEAD"))
    assert (looked.status, looked.body) == (200, b"")
    assert looked.headers["Content-Type"] == got.headers["Content-Type"]
    assert int(looked.headers["Content-Length"]) > 0


def test_the_admin_api_is_no_part_of_the_journal(world: AdminWorld) -> None:
    for route in ROUTES:
        query = "?timeout=1ms" if "timeout" in route.query else ""
        world.ask(route.method, path_of(route) + query, None if route.body is None else {})
    assert world.server.store.entries()[1].exchanges == 0


def test_a_defect_has_the_shape_of_every_error(world: AdminWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(world.server.catalogue), "library", property(lambda _: 1 / 0), raising=False)
    answer = world.ask("GET", "/scenarios")
    assert (answer.status, answer.body["error"], len(answer.body["problems"])) == (500, "internal", 1)
    assert "division" not in str(answer.body)

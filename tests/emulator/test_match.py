"""Stage 1: what a request asks for, by a route that says where the id stands."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mock_server.emulator.match import Matcher, NoRoute, Poll, Refusal
from mock_server.http.message import Pairs, request_of
from mock_server.vendors.dialect import MAX_ID, Route
from tests.support.made_up_vendor import Lamp

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


@dataclass(frozen=True)
class Shop(Lamp):
    """A vendor with several routes a path, and an id in each place there is."""

    name = "shop"
    routes = (
        Route("status", "/shop/orders", ("GET", "HEAD"), "order"),
        Route("submit", "/shop/orders", ("POST", "PUT"), "order", "form"),
        Route("one", "/shop/orders/<order>", ("GET",), "order", "path"),
        Route("cancel", "/shop/orders/<order>", ("DELETE", "GET"), "order", "path"),
        Route("item", "/shop/<place>/items/<item>", ("GET",), "item", "path"),
    )
    segments = frozenset({"shop"})


MATCH = Matcher((Shop(), Lamp())).match


def asked(method: str, target: str, body: bytes = b"", headers: Pairs = ()) -> Poll | Refusal | NoRoute:
    """What a request asks for."""
    found = MATCH(request_of(method, target, headers, body))
    assert isinstance(found, Poll | Refusal | NoRoute)
    return found


def illegal(field: str, vendor: str = "shop") -> Refusal:
    return Refusal(vendor, "illegal", field)


@pytest.mark.parametrize(
    ("method", "target", "found"),
    [
        ("GET", "/shop/orders?order=a", Poll("shop", "a")),
        ("HEAD", "/shop/orders?order=a%2Fb", Poll("shop", "a/b")),
        ("GET", "/shop/orders/a", Poll("shop", "a")),
        ("DELETE", "/shop/orders/a", Poll("shop", "a")),
        ("GET", "/shop/here/items/7?item=8", Poll("shop", "7")),
        ("PUT", "/lamps/hall/now?lamp=1", Poll("lamp", "1")),
    ],
)
def test_a_route_says_where_the_id_stands(method: str, target: str, found: Poll) -> None:
    assert asked(method, target) == found


def test_a_form_holds_the_id_only_where_the_route_says_so_and_only_in_a_post() -> None:
    assert asked("POST", "/shop/orders", b"order=a", FORM) == Poll("shop", "a")
    assert asked("POST", "/shop/orders?order=a") == Poll("shop", "a")
    assert asked("POST", "/shop/orders?order=a", b"order=a", FORM) == illegal("order")
    assert asked("PUT", "/shop/orders", b"order=a", FORM) == illegal("order")
    assert asked("GET", "/shop/orders", b"order=a", FORM) == illegal("order")
    assert asked("PUT", "/lamps/hall/now", b"lamp=1", FORM) == illegal("lamp", "lamp")


@pytest.mark.parametrize("query", ["", "?order=", "?other=a", "?order=a&order=a", "?order=" + "a" * (MAX_ID + 1)])
def test_an_id_that_is_missing_empty_repeated_or_too_long_is_an_illegal_parameter(query: str) -> None:
    assert asked("GET", f"/shop/orders{query}") == illegal("order")


def test_an_id_in_the_path_is_no_longer_than_any_other() -> None:
    assert asked("GET", "/shop/orders/" + "a" * MAX_ID) == Poll("shop", "a" * MAX_ID)
    assert asked("GET", "/shop/orders/" + "a" * (MAX_ID + 1)) == illegal("order")


@pytest.mark.parametrize(
    ("target", "refusal"),
    [
        ("/shop/{place}/items/7", illegal("place")),
        ("/shop/here/items/%7Bitem%7D", illegal("item")),
        ("/lamps/{room}/now?lamp=1", Refusal("lamp", "method", allow=("PUT", "HEAD", "POST"))),
    ],
)
def test_a_segment_left_as_the_template_has_it_is_an_illegal_parameter(target: str, refusal: Refusal) -> None:
    assert asked("GET", target) == refusal


@pytest.mark.parametrize(
    ("target", "methods"),
    [("/shop/orders?order=a", ("GET", "HEAD", "POST", "PUT")), ("/shop/orders/a", ("GET", "DELETE"))],
)
def test_a_refused_method_names_those_of_every_route_of_the_path(target: str, methods: tuple[str, ...]) -> None:
    assert asked("PATCH", target) == Refusal("shop", "method", allow=methods)


def test_an_unknown_path_is_told_by_the_vendor_that_its_first_segment_belongs_to() -> None:
    assert asked("GET", "/shop/order") == NoRoute("shop", 'unmatched; did you mean "/shop/orders"')
    assert asked("GET", "/elsewhere") == NoRoute(None, "unmatched")


def test_a_target_is_the_request_that_a_route_takes() -> None:
    for route in Shop.routes:
        target = route.target("a b?", place="here") if route.name == "item" else route.target("a b?")
        assert asked(route.methods[0], target) == Poll("shop", "a b?"), route

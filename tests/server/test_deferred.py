"""Responses that are fetched later: made once, given once, and as many as there is room for."""

from __future__ import annotations

import threading

import pytest

from mock_server.http.message import Request, Response, request_of
from mock_server.http.responses import own_json
from mock_server.server.deferred import DEFERRED, TOKEN, Deferred
from tests.support.harness import PATIENCE
from tests.support.wire_kit import until

ASKED = request_of("POST", "/__admin/clock", (("prefer", "Respond-Async, wait=5"),), b"{}")
MADE = own_json(200, b'{"now":1}')


def again(later: Response) -> Request:
    """The request that fetches a response."""
    return ASKED._replace(headers=((TOKEN, later.header(TOKEN) or ""),))


@pytest.mark.parametrize(
    ("method", "headers", "wants"),
    [
        ("POST", ASKED.headers, True),
        ("POST", ((TOKEN, "x"),), True),
        ("POST", (), False),
        ("POST", (("Prefer", "return=minimal"),), False),
        ("GET", ASKED.headers, False),
    ],
)
def test_a_client_says_that_it_can_fetch_a_response_later(
    method: str, headers: tuple[tuple[str, str], ...], wants: bool
) -> None:
    assert Deferred.wants(ASKED._replace(method=method, headers=headers)) is wants


def test_a_response_that_is_made_at_once_is_given_at_once() -> None:
    deferred = Deferred()
    assert deferred.answer(ASKED, lambda _: MADE) is MADE


def test_one_that_takes_longer_is_made_once_and_fetched_once() -> None:
    deferred, gate, asked = Deferred(), threading.Event(), []

    def make(request: Request) -> Response:
        asked.append(request)
        gate.wait(PATIENCE)
        return MADE

    later = deferred.answer(ASKED, make)
    assert (later.status, later.body) == (202, b"{}")
    assert deferred.answer(again(later), make).header(TOKEN) == later.header(TOKEN)
    gate.set()
    found: list[Response] = []

    def fetched() -> bool:
        found.append(deferred.answer(again(later), make))
        return found[-1].status != 202

    until(fetched, "it is made")
    assert (found[-1], asked) == (MADE, [ASKED])
    gone = deferred.answer(again(later), make)
    assert (gone.status, gone.header("X-Mock-Server-Error")) == (404, "not_found")


def test_a_defect_is_raised_where_the_response_is_fetched() -> None:
    def broken(_: Request) -> Response:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Deferred().answer(ASKED, broken)


def test_of_too_many_the_first_is_forgotten() -> None:
    deferred, gate = Deferred(), threading.Event()

    def make(_: Request) -> Response:
        gate.wait(PATIENCE)
        return MADE

    try:
        first, second, *_ = [deferred.answer(ASKED, make) for _ in range(DEFERRED.value + 1)]
        assert [deferred.answer(again(each), make).status for each in (first, second)] == [404, 202]
    finally:
        gate.set()

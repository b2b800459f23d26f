"""Pages of other origins: what they may read, by either server, and that the admin API is never theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mock_server.assembly import assemble
from mock_server.engine.scenario import Effect
from mock_server.faults.armed import Armed
from mock_server.http.message import Response, request_of
from mock_server.server.cors import with_cors
from mock_server.settings import Settings
from tests.support.harness import exchanges, target_of
from tests.support.live import LiveServer, serving_parts
from tests.support.poller import STATUS_PATHS
from tests.support.raw import Answer, answers, request_bytes, send

PAGE, OTHER = "http://localhost:3000", "https://app.example.com"
STRANGERS = ("http://localhost", "http://localhost:30000", "http://LOCALHOST:3000", "null", f"{PAGE}.evil.example")
ARMED = (
    Armed(1, Effect(fault="html"), id="slow.html"),
    Armed(2, Effect(error="throttled", headers=(("Retry-After", "3"),)), id="slow.throttled"),
    Armed(3, Effect(headers=(("Access-Control-Allow-Origin", "http://scripted"), ("Vary", "Accept"))), id="slow.own"),
)
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, x-a"}
NAMES = ("access-control-allow-origin", "vary")


def opened(kind: str, *origins: str) -> Any:
    return serving_parts(assemble(Settings(no_reload=True, cors=origins), armed=ARMED), flask=kind == "flask")


@pytest.fixture(scope="module", params=["wire", "flask"])
def closed(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server as it is by default."""
    with opened(request.param) as server:
        yield server


@pytest.fixture(scope="module", params=["wire", "flask"])
def listed(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server that names two origins."""
    with opened(request.param, PAGE, OTHER) as server:
        yield server


@pytest.fixture(scope="module", params=["wire", "flask"])
def any_page(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server that lets every origin read."""
    with opened(request.param, "*") as server:
        yield server


def ask(server: LiveServer, target: str, origin: str | None, method: str = "GET", **more: Any) -> Answer:
    headers = {**({} if origin is None else {"Origin": origin}), **more.pop("headers", {})}
    (answer,) = answers(send(server.port, request_bytes(method, target, headers, **more)), bodiless=method == "HEAD")
    return answer


def cors_of(answer: Answer) -> tuple[str | None, ...]:
    return tuple(answer.header(name) for name in NAMES)


@pytest.mark.parametrize("vendor", STATUS_PATHS)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_by_default_no_page_may_read_anything(closed: LiveServer, vendor: str, method: str) -> None:
    answer = ask(closed, target_of(vendor, "slow.1"), PAGE, method, headers=PREFLIGHT)
    assert not [name for name, _ in answer.headers if name.startswith("access-control-") or name == "vary"]
    assert answer.status == (200 if method == "GET" else 405)


@pytest.mark.parametrize("vendor", STATUS_PATHS)
@pytest.mark.parametrize("origin", [PAGE, OTHER])
def test_a_page_of_a_named_origin_may_read_a_poll(listed: LiveServer, vendor: str, origin: str) -> None:
    answer = ask(listed, target_of(vendor, "happy-path.1"), origin)
    assert answer.status == 200
    assert cors_of(answer) == (origin, "Origin")
    assert answer.header("access-control-expose-headers") == "*"
    assert answer.header("access-control-allow-credentials") is None


@pytest.mark.parametrize("origin", [None, *STRANGERS, f"{PAGE}, {OTHER}"])
def test_no_other_page_may_and_caches_keep_them_apart(listed: LiveServer, origin: str | None) -> None:
    assert cors_of(ask(listed, target_of("qiniu", "happy-path.2"), origin)) == (None, "Origin")


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_preflight_of_another_page_is_answered_as_the_vendor_does(listed: LiveServer, origin: str) -> None:
    answer = ask(listed, target_of("qiniu", "happy-path.3"), origin, "OPTIONS", headers=PREFLIGHT)
    assert answer.status == 405
    assert cors_of(answer) == (None, "Origin")


def test_two_origins_in_one_request_are_none(listed: LiveServer) -> None:
    head = f"GET {target_of('qiniu', 'happy-path.4')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    lines = f"Origin: {PAGE}\r\nOrigin: {PAGE}\r\n\r\n"
    (answer,) = answers(send(listed.port, (head + lines).encode()))
    assert cors_of(answer) == (None, "Origin")


@pytest.mark.parametrize("origin", [PAGE, "null", "http://anything"])
def test_a_star_lets_every_page_read(any_page: LiveServer, origin: str) -> None:
    answer = ask(any_page, target_of("qiniu", "happy-path.5"), origin)
    assert cors_of(answer) == ("*", None)
    assert answer.header("access-control-allow-credentials") is None


def test_a_preflight_allows_what_the_page_asks_for_and_is_no_exchange(listed: LiveServer) -> None:
    target = target_of("qiniu", "happy-path.preflight")
    answer = ask(listed, target, PAGE, "OPTIONS", headers=PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert cors_of(answer) == (PAGE, "Origin")
    assert answer.header("access-control-allow-methods") == "POST"
    assert answer.header("access-control-allow-headers") == "authorization, x-a"
    assert answer.header("access-control-max-age") == "600"
    assert exchanges(listed.parts, "happy-path.preflight") == ()
    assert not [entry for entry in exchanges(listed.parts) if entry.request.target == target]


@pytest.mark.parametrize("odd", ["a b", "x;y", '"', "a,,b", "ä"])
def test_a_preflight_repeats_nothing_that_is_no_list_of_names(listed: LiveServer, odd: str) -> None:
    headers = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": odd}
    answer = ask(listed, target_of("qiniu", "happy-path.6"), PAGE, "OPTIONS", headers=headers)
    assert answer.status == 204
    assert answer.header("access-control-allow-headers") is None


def test_options_without_a_question_is_no_preflight(listed: LiveServer) -> None:
    answer = ask(listed, target_of("wangsu", "happy-path.7"), PAGE, "OPTIONS")
    assert answer.status == 405
    assert cors_of(answer) == (PAGE, "Origin")


@pytest.mark.parametrize(("id", "status"), [("slow.html", 502), ("slow.throttled", 573), ("nobody", 404)])
def test_a_page_reads_errors_and_faults_too(listed: LiveServer, id: str, status: int) -> None:
    answer = ask(listed, target_of("qiniu", id), PAGE)
    assert answer.status == status
    assert cors_of(answer) == (PAGE, "Origin")


def test_what_a_scenario_says_of_a_header_holds(listed: LiveServer) -> None:
    answer = ask(listed, target_of("qiniu", "slow.own"), PAGE)
    assert cors_of(answer) == ("http://scripted", "Accept, Origin")


ADMIN = (
    "/__admin/health",
    "/__admin/tasks",
    "//__admin//tasks",
    "/%5f_admin/tasks",
    "/__admin",
    "http://x/__admin/tasks",
)


@pytest.mark.parametrize("target", ADMIN)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "HEAD"])
def test_the_admin_api_is_for_no_page_whatever_is_named(listed: LiveServer, target: str, method: str) -> None:
    answer = ask(listed, target, PAGE, method, headers=PREFLIGHT)
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "DELETE"])
def test_nor_where_every_origin_may_read_the_vendors(any_page: LiveServer, method: str) -> None:
    answer = ask(any_page, "/__admin/tasks", PAGE, method, headers=PREFLIGHT)
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


def test_the_index_page_is_for_no_other_page(listed: LiveServer) -> None:
    assert cors_of(ask(listed, "/", PAGE)) == (None, None)


def test_without_origins_nothing_is_added_and_nothing_is_slower() -> None:
    def answer(_: Any) -> Response:
        return Response(200, "OK", (), b"")

    assert with_cors(answer, ()) is answer
    assert with_cors(answer, ("*",))(request_of("GET", "/", (), b"")) == Response(200, "OK", (), b"")

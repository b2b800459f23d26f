"""Both servers answer a request alike, but for what is a server's own. Where they differ the wire is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from itertools import product
from typing import Any, NamedTuple, cast

import pytest

from mock_server.admin.admin import Admin
from mock_server.admin.route import Route
from mock_server.assembly import Server, assemble
from mock_server.engine.scenario import Effect, Profile
from mock_server.faults.armed import Armed
from mock_server.faults.choose import slots_of
from mock_server.faults.kinds import FAULTS
from mock_server.server.app import create_app
from mock_server.settings import Settings
from mock_server.store.store import NOTHING_ARMED
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.registry import PROFILES, Registry
from tests.server.test_app import ARMED, CASES, Case
from tests.support.live import LiveServer, serving_app
from tests.support.poller import STATUS_PATHS, Now
from tests.support.raw import Answer, answers, own, request_bytes, send
from tests.support.shipped import SHIPPED
from tests.support.wire_kit import Wire, whole

POLLS = 24
LIBRARY = assemble(Settings(no_reload=True)).catalogue.library.scenarios
PLAIN = sorted(
    name
    for name, scenario in LIBRARY.items()
    if not any(step.adjust.off_contract for step in scenario.steps)
    and all(fault.effect.error or fault.when.submit for fault in scenario.faults)
    and name in SHIPPED
)
"""Those whose every response is the vendor's, and fits its contract."""
ODD_BODIES = [
    name
    for name, scenario in sorted(LIBRARY.items())
    if name not in PLAIN and not any(slots_of(fault.effect).delivery or fault.effect.delay for fault in scenario.faults)
]
ROWS = Registry().error_rows().items()
ERRORS = [(vendor, word) for vendor, rows in ROWS for word in rows if word not in ("no_route", "method")]
PATHS = (*(path for path, _ in STATUS_PATHS.values()), "/", "/__admin/health", "/__admin/no", "/x")
CONTRACTS = Contracts()
SEAL = re.compile(rb"(?<=[\"])[0-9a-f]{32,}(?=\")")
STATUSES = (300, 304, 400, 418, 429, 451, 500, 503, 599, 612, 999)
CHANGES = [name for name, kind in FAULTS.items() if kind.apply is not None]
GIVEN = {
    "no-content": Effect(status=204),
    "reset-content": Effect(status=205),
    "not-modified": Effect(status=304),
    "odd-status": Effect(status=299),
    "login": Effect(fault="html", status=200),
    "list": Effect(body="[]"),
    "nothing": Effect(body="", type="text/plain"),
    "marked": Effect(body="\ufeff{} trailing\r\n\0", type="application/json; charset=utf-8", status=203),
    "itself": Effect(redirect="self"),
    "another": Effect(redirect="happy-path", status=308),
    "away": Effect(redirect="https://login.example.com/?a=b", status=303),
    "off-and-given": Effect(body="[]", length=5),
    "closed": Effect(fault="close"),
    "stale": Effect(fault="stale"),
}
"""What faults give by hand: each the same from both servers, or our 501 where it takes a socket."""

# What a parser refuses on its own: a method that no standard knows. And what one server does and the other cannot.
OWN = ("brew", "wire")


class Pair(NamedTuple):
    """The same server twice, by the same clock."""

    flask: LiveServer
    wire: Wire
    now: Now


def armed() -> tuple[Armed, ...]:
    """Every error and fault of the response, each for an id of its own."""
    effects = {f"slow.{vendor}.{word}": Effect(error=int(word) if word.isdigit() else word) for vendor, word in ERRORS}
    effects |= {f"slow.{status}": Effect(error=status) for status in STATUSES}
    effects |= {f"slow.{fault}": Effect(fault=fault) for fault in CHANGES}
    effects |= {f"slow.{name}": effect for name, effect in GIVEN.items()}
    effects["slow.late"] = Effect(headers=(("Retry-After", "3"), ("x-lower-Case", "a b  c"), ("Content-Type", None)))
    return (*ARMED, *(Armed(100 + k, effect, id=id) for k, (id, effect) in enumerate(effects.items())))


@contextmanager
def opened(profile: Profile = "sdk", *, fast_path: bool = True) -> Iterator[Pair]:
    now, settings = Now(), Settings(no_reload=True, profile=profile, no_fast_path=not fast_path)
    with ExitStack() as stack:
        flask = stack.enter_context(serving_app(create_app(settings, real_clock=now, armed=armed()), flask=True))
        wire = stack.enter_context(whole(settings, real_clock=now, armed=armed()))
        yield Pair(flask, wire, now)


@pytest.fixture(scope="module", params=[True, False], ids=["fast", "staged"])
def servers(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A pair with the fast path, which armed faults close, and one without it."""
    with opened(fast_path=request.param) as made:
        yield made


@pytest.fixture(scope="module", params=[*product(PROFILES, [True]), ("sdk", False)])
def profiled(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """A pair for each profile, with the fast path, and one without. No fault is armed, so that polls can take it."""
    profile, fast_path = request.param
    with opened(profile, fast_path=fast_path) as made:
        assert made.wire.parts is not None
        for parts in (made.flask.parts, made.wire.parts):
            parts.store.control(lambda control: control._replace(armed=NOTHING_ARMED))
        yield made
        assert (made.wire.parts.emulator.fast_path.taken > POLLS) is fast_path


@pytest.fixture
def steered() -> Iterator[Pair]:
    """A pair of its own for a test that changes what is behind them."""
    with opened() as made:
        yield made


def both(servers: Pair, method: str, target: str, headers: Any = None, body: bytes = b"") -> tuple[Answer, Answer]:
    """What either server answers."""
    data = request_bytes(method, target, headers, body)
    responses = [
        answers(send(port, data), bodiless=method == "HEAD") for port in (servers.flask.port, servers.wire.port)
    ]
    (flask,), (wire,) = responses
    return flask, wire


def polled(connection: HTTPConnection, target: str) -> Answer:
    """The response to a poll on a connection that goes on."""
    connection.request("GET", target)
    response = connection.getresponse()
    headers = own([(name.lower(), value) for name, value in response.getheaders()])
    return Answer(response.status, response.reason, headers, response.read())


def unsealed(answer: Answer) -> Answer:
    """An answer without what the forms of a page hold, which no two servers have alike."""
    return answer._replace(body=SEAL.sub(b"", answer.body))


def asking(vendor: str, id: str) -> str:
    path, name = STATUS_PATHS[vendor]
    return f"{path}?{name}={id}"


@pytest.mark.parametrize("case", [case for name, case in CASES.items() if name not in OWN])
def test_every_method_and_odd_path_gets_the_same_answer(servers: Pair, case: Case) -> None:
    flask, wire = both(servers, case.method, case.target, case.headers, case.body)
    assert wire == flask
    assert wire.status == case.status


@pytest.mark.parametrize(("vendor", "scenario"), [*product(STATUS_PATHS, PLAIN)])
def test_every_scenario_is_the_same_poll_by_poll(profiled: Pair, vendor: str, scenario: str) -> None:
    """And on a socket as within the process (tests/vendors/test_conformance.py), every response fits its contract."""
    parts = profiled.flask.parts
    profile = parts.catalogue.library.scenarios[scenario].options.get("profile", parts.settings.profile)
    contract = CONTRACTS.status(vendor, cast(Profile, profile))
    with ExitStack() as stack:
        connections = [
            stack.enter_context(closing(HTTPConnection("127.0.0.1", port)))
            for port in (profiled.flask.port, profiled.wire.port)
        ]
        for _ in range(POLLS):
            profiled.now.ms += 60_000
            flask, wire = (polled(connection, asking(vendor, f"{scenario}.parity")) for connection in connections)
            assert wire == flask
            assert (contract if wire.status == 200 else CONTRACTS.error(vendor)).check(json.loads(wire.body)) is None
            assert (wire.header("content-type"), wire.header("content-length")) == (
                "application/json",
                str(len(wire.body)),
            )


@pytest.mark.parametrize("scenario", ODD_BODIES)
def test_every_scenario_of_odd_bodies_is_the_same_poll_by_poll(servers: Pair, scenario: str) -> None:
    """Those whose faults need no socket and hold no response back."""
    (vendor, *_) = servers.flask.parts.catalogue.library.scenarios[scenario].vendors
    for _ in range(8):
        servers.now.ms += 60_000
        flask, wire = both(servers, "GET", asking(vendor, f"{scenario}.odd"))
        assert wire == flask


@pytest.mark.parametrize(("vendor", "word"), ERRORS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_error_of_every_vendor_is_the_same(servers: Pair, vendor: str, word: str, method: str) -> None:
    flask, wire = both(servers, method, asking(vendor, f"slow.{vendor}.{word}"))
    assert wire == flask


@pytest.mark.parametrize("id", [*STATUSES, *CHANGES, "late"])
@pytest.mark.parametrize("vendor", STATUS_PATHS)
def test_any_status_and_any_changed_response_is_the_same(servers: Pair, vendor: str, id: int | str) -> None:
    flask, wire = both(servers, "GET", asking(vendor, f"slow.{id}"))
    assert wire == flask


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("vendor", STATUS_PATHS)
def test_what_a_fault_gives_is_the_same_or_needs_the_socket(servers: Pair, vendor: str, name: str) -> None:
    flask, wire = both(servers, "GET", asking(vendor, f"slow.{name}"))
    if slots_of(GIVEN[name]).delivery:
        assert (flask.status, flask.header("x-mock-server-error"), wire.status) == (501, "delivery", 200)
    else:
        assert wire == flask


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", PATHS)
def test_every_method_on_every_kind_of_path_is_the_same(servers: Pair, method: str, path: str) -> None:
    body = b"a=b" if method in ("POST", "PUT", "PATCH") else b""
    flask, wire = both(servers, method, path, {"Origin": "http://x"}, body)
    assert wire == flask


ADMIN = Admin(assemble(Settings(no_reload=True))).routes
JSON_BODY = {"Content-Type": "application/json"}
ODD_ADMIN = {
    "a slash behind": Case(0, "GET", "/__admin/health/"),
    "slashes in runs": Case(0, "GET", "//__admin//health"),
    "an escape": Case(0, "GET", "/%5f_admin/health"),
    "a whole address": Case(0, "GET", "http://127.0.0.1/__admin/health"),
    "nothing behind": Case(0, "GET", "/__admin"),
    "a longer word": Case(0, "GET", "/__adminx/health"),
    "a filter that is none": Case(0, "GET", "/__admin/tasks?no=1"),
    "a vendor that is none": Case(0, "GET", "/__admin/tasks?vendor=no"),
    "a name with an escape": Case(0, "GET", "/__admin/scenarios/%e4%bb%bb"),
    "a name with a slash": Case(0, "GET", "/__admin/scenarios/a%2fb"),
    "a body of no type": Case(0, "POST", "/__admin/tasks", body=b"{}"),
    "a form": Case(0, "POST", "/__admin/tasks", {"Content-Type": "application/x-www-form-urlencoded"}, b"a=b"),
    "no JSON": Case(0, "POST", "/__admin/tasks", JSON_BODY, b"{"),
    "a body that is too long": Case(0, "POST", "/__admin/tasks", JSON_BODY, b" " * ((1 << 20) + 1)),
    "packed badly": Case(0, "POST", "/__admin/tasks", {**JSON_BODY, "Content-Encoding": "gzip"}, b"{}"),
    "another site's page": Case(0, "POST", "/__admin/reset", {**JSON_BODY, "Origin": "http://x.example"}, b"{}"),
    "a rebound name": Case(0, "GET", "/__admin/health", {"Host": "x.example"}),
    "two origins": Case(0, "GET", "/__admin/health", {"Origin": "http://x.example, http://127.0.0.1"}),
    "a body where none is": Case(0, "DELETE", "/__admin/tasks", JSON_BODY, b"{}"),
}


@pytest.mark.parametrize("case", ODD_ADMIN.values(), ids=ODD_ADMIN)
def test_odd_requests_to_the_admin_api_get_the_same_answer(servers: Pair, case: Case) -> None:
    flask, wire = both(servers, case.method, case.target, case.headers, case.body)
    assert unsealed(wire) == unsealed(flask)
    assert case.method == "GET" or wire.status >= 400


RAW_TARGETS = {
    "a UTF-8 id": "/status/get/prefop?id=任务.x".encode(),
    "a claimed id with a UTF-8 suffix": "/status/get/prefop?id=instant.任务".encode(),
    "beside escapes": "/status/get/prefop?id=instant.%E4%BB%BB务&x=%zz".encode(),
    "no UTF-8": b"/status/get/prefop?id=instant.\xff\xe4",
    "cut UTF-8": b"/fmgr/status?persistentId=instant.\xe4\xbb",
    "in a name": b"/status/get/prefop?\xc3\xafd=x&id=instant.y",
    "in a path": "/v1.0/é/asset/preheating?task_id=instant.x".encode(),
    "in a path that nobody serves": "/任务".encode(),
    "in an admin path": "/__admin/scenarios/任务".encode(),
    "in a whole address": "http://127.0.0.1/status/get/prefop?id=instant.é".encode(),
    "in a fragment": "/status/get/prefop?id=instant.z#é".encode(),
}


@pytest.mark.parametrize("target", RAW_TARGETS.values(), ids=RAW_TARGETS)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_a_target_beyond_ascii_is_read_as_if_it_were_percent_encoded(
    servers: Pair, target: bytes, method: bytes
) -> None:
    rest = b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    encoded = b"".join(b"%%%02X" % byte if byte > 0x7F else b"%c" % byte for byte in target)
    found = [
        answers(send(port, method + b" " + each + rest), bodiless=method == b"HEAD")
        for port in (servers.flask.port, servers.wire.port)
        for each in (target, encoded)
    ]
    # Each poll has a request id of its own; all else is the same whichever way it was asked.
    assert [[(one.status, one.reason, one.body) for one in each] for each in found[1:]] == [
        [(one.status, one.reason, one.body) for one in found[0]]
    ] * 3
    assert found[0][0].status in (200, 404)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("", 200),
        ("Host: 127.0.0.1\r\n", 200),
        ("Host: x.example\r\n", 403),
        ("Origin: http://127.0.0.1\r\n", 403),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
    ],
)
def test_a_probe_in_http_1_0_gets_the_same_answer(servers: Pair, lines: str, status: int) -> None:
    data = f"GET /__admin/health HTTP/1.0\r\n{lines}\r\n".encode()
    (flask,), (wire,) = (answers(send(port, data)) for port in (servers.flask.port, servers.wire.port))
    assert wire == flask
    assert wire.status == status


REPEATED = {
    "Origin": ("http://127.0.0.1", "http://x.example"),
    "Sec-Fetch-Site": ("none", "cross-site"),
    "Content-Type": ("application/json", "text/plain"),
    "Content-Encoding": ("identity", "gzip"),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", REPEATED)
def test_a_repeated_header_is_all_its_values_and_lets_nobody_in(servers: Pair, name: str, turned: bool) -> None:
    values = REPEATED[name][::-1] if turned else REPEATED[name]
    lines = "".join(f"{name}: {value}\r\n" for value in values) + (
        "" if name == "Content-Type" else "Content-Type: application/json\r\n"
    )
    head = f"POST /__admin/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{lines}Content-Length: 2\r\n\r\n"
    ((flask,), (wire,)) = (
        answers(send(port, head.encode() + b"{}")) for port in (servers.flask.port, servers.wire.port)
    )
    assert wire == flask
    assert wire.status >= 400


@pytest.mark.parametrize("route", [each for each in ADMIN if each.name != "metrics"], ids=lambda each: each.name)
def test_every_path_of_the_admin_api_says_the_same(steered: Pair, route: Route) -> None:
    """Metrics tell how long answers took."""
    target = route.full_path.replace("<name>", "slow") + ("?timeout=1ms" if route.name == "waitForRequests" else "")
    body = b"{}" if route.method in ("POST", "PUT") else b""
    flask, wire = both(steered, route.method, target, JSON_BODY if body else None, body)
    assert wire == flask


def test_the_journals_tell_the_same(servers: Pair) -> None:
    for target in ("//status//get/prefop/?id=slow.t&x=%2B+%zz", "http://a/fmgr/status?persistentId=slow.t", "/v3/%00"):
        both(servers, "POST", target, {"Content-Type": "text/plain"}, b"id=\xff&y=%E4%BB%BB")
    assert servers.wire.parts is not None
    flask, wire = (told(parts) for parts in (servers.flask.parts, servers.wire.parts))
    assert flask == wire


def told(parts: Server) -> list[tuple[object, ...]]:
    """The newest exchanges as the journal has them, but for the headers, which a WSGI server spells anew."""
    entries, _ = parts.store.entries()
    return [(e.request[:4], e.request.body, e.response, e.verdict, e.id, e.note) for e in entries[-3:]]


def test_what_only_the_wire_can_do_is_refused_by_the_other_with_its_name(servers: Pair) -> None:
    (answer,) = answers(send(servers.flask.port, request_bytes("GET", asking("qiniu", "happy-path.hang"))))
    assert (answer.status, json.loads(answer.body)["error"]) == (501, "delivery")
    assert answer.header("x-reqid")

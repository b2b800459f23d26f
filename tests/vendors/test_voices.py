"""Who answers what: for each request that a client may send, the vendor whose voice the response has.

The table is written by hand from what the vendors' SDKs call, not from the program's own tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.emulator.match import Matcher, NoRoute, Poll, Refusal
from mock_server.http.message import Response, request_of
from mock_server.server.app import create_app
from mock_server.settings import Settings
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.registry import Registry
from mock_server.vendors.submission import Lookup
from tests.support.emulators import VENDORS, World, shipped
from tests.support.live import LiveServer, serving_app
from tests.support.poller import Now
from tests.support.raw import answers, request_bytes, send

PREHEATING = "/v1.0/0123456789abcdef/asset/preheating"
CONTRACTS = Contracts()


class Voice(NamedTuple):
    """A request, the vendor that answers (None: we do), its status, and a word of the hint ("": there is none)."""

    method: str
    target: str
    vendor: str | None
    status: int
    hint: str = ""
    body: bytes = b""


QINIU = (
    Voice("GET", "/status/get/prefop?id=happy-path.1", "qiniu", 200),
    Voice("HEAD", "/status/get/prefop?id=happy-path.1", "qiniu", 200),
    Voice("POST", "/status/get/prefop", "qiniu", 200, body=b"id=happy-path.1"),
    Voice("GET", "//status/get/prefop?id=happy-path.1", "qiniu", 200),
    Voice("GET", "/status/get/prefop/?id=happy-path.1", "qiniu", 200),
    Voice("GET", "/status/get/prefop?id=happy-path.1&persistentId=nobody", "qiniu", 200),
    Voice("GET", "/status/get/prefop?persistentId=nobody&id=happy-path.1", "qiniu", 200),
    Voice("GET", "/status/get/prefop?id=nobody", "qiniu", 404, "unmatched"),
    Voice("GET", "/status/get/prefop?id=&persistentId=nobody", "qiniu", 400),
    Voice("GET", "/status/get/prefop", "qiniu", 400),
    Voice("GET", "/status/get/prefop?persistentid=nobody", "qiniu", 400),
    Voice("POST", "/status/get/prefop?persistentId=nobody", "qiniu", 200, body=b"id=happy-path.1"),
    Voice("PUT", "/status/get/prefop?id=happy-path.1", "qiniu", 405),
    Voice("DELETE", "/status/get/prefop", "qiniu", 405),
    Voice("OPTIONS", "/status/get/prefop", "qiniu", 405),
    Voice("GET", "/status/get", "qiniu", 404, "unmatched"),
    Voice("POST", "/pfop", "qiniu", 200, "plays happy-path", b"bucket=b&key=k&fops=avthumb%2Fmp4"),
    Voice("POST", "/pfop/", "qiniu", 200, "plays happy-path", b"bucket=b&key=k&fops=avthumb%2Fmp4"),
    Voice("POST", "/pfop", "qiniu", 400, body=b"bucket=b&key=k"),
    Voice("GET", "/pfop", "qiniu", 405),
    Voice("GET", "/pfop/other", "qiniu", 404, "unmatched"),
    Voice("GET", "/v2/query?ak=ak&bucket=b", "qiniu", 404, "not served"),
    Voice("GET", "/v3/query?ak=ak&bucket=b", "qiniu", 404, "not served"),
    Voice("GET", "/v4/query?ak=ak&bucket=b", "qiniu", 404, "not served"),
    Voice("GET", "/regions", "qiniu", 404, "not served"),
)
HUAWEI = (
    Voice("GET", f"{PREHEATING}?task_id=happy-path.1", "huawei", 200),
    Voice("GET", f"{PREHEATING}?task_id=happy-path.1", "huawei", 200, body=b"{}"),
    Voice("GET", f"/{PREHEATING}/?task_id=happy-path.1", "huawei", 200),
    Voice("GET", f"{PREHEATING}?task_id=nobody", "huawei", 404, "unmatched"),
    Voice("GET", PREHEATING, "huawei", 400),
    Voice("GET", "/v1.0/%7Bproject_id%7D/asset/preheating?task_id=happy-path.1", "huawei", 400),
    Voice("POST", PREHEATING, "huawei", 202, "plays happy-path", b'{"urls":["http://a.example.com/a.mp4"]}'),
    Voice("POST", PREHEATING, "huawei", 400, body=b"{}"),
    Voice("POST", "/v1.0/{project_id}/asset/preheating", "huawei", 400, body=b'{"asset_id":"a"}'),
    Voice("PUT", PREHEATING, "huawei", 405),
    Voice("GET", "/v1.0/0123456789abcdef/asset", "huawei", 404, "unmatched"),
    Voice("GET", "/v3/projects?name=cn-north-4", "huawei", 200),
    Voice("GET", "/v3/auth/projects", "huawei", 200),
    Voice("GET", "/v3/auth/domains", "huawei", 200),
    Voice("POST", "/v3/auth/domains", "huawei", 405),
    Voice("POST", "/v3/auth/tokens", "huawei", 404, "unmatched"),
)
WANGSU = (
    Voice("GET", "/fmgr/status?persistentId=happy-path.1", "wangsu", 200),
    Voice("GET", "//fmgr/status/?persistentId=happy-path.1", "wangsu", 200),
    Voice("GET", "/fmgr/status?persistentId=nobody", "wangsu", 404, "unmatched"),
    Voice("GET", "/fmgr/status?id=happy-path.1", "wangsu", 400),
    Voice("POST", "/fmgr/status", "wangsu", 405, body=b"persistentId=happy-path.1"),
    *(
        Voice("POST", f"/fmgr/{operation}", "wangsu", 400, body=b"fops=bucket/Yg==/unknown/aw==&separate=0")
        for operation in ["fetch", "copy", "move", "delete", "deletePrefix", "deletem3u8", "compress", "setdeadline"]
    ),
    Voice("POST", "/fmgr/delete", "wangsu", 200, "plays happy-path", b"fops=bucket/Yg==/key/aw==&separate=0"),
    Voice("GET", "/fmgr/delete", "wangsu", 405),
    Voice("GET", "/fmgr/other", "wangsu", 404, "unmatched"),
    Voice("POST", "/fops", "wangsu", 404, "not served", b"bucket=Yg==&key=aw==&fops=YQ==&notifyURL="),
    Voice("POST", "/fops/", "wangsu", 404, "not served"),
    Voice("POST", "/setdeadline", "wangsu", 404, "not served", b"bucket=Yg==&key=aw==&deadline=1"),
    Voice("GET", "/status/get/prefop?persistentId=happy-path.1", "wangsu", 404, "not served"),
    Voice("GET", "/status/get/prefop?persistentId=", "wangsu", 404, "not served"),
    Voice("HEAD", "/status/get/prefop?persistentId=happy-path.1", "wangsu", 404, "not served"),
    Voice("POST", "/status/get/prefop", "wangsu", 404, "not served", b"persistentId=happy-path.1"),
    Voice("PUT", "/status/get/prefop?persistentId=happy-path.1", "wangsu", 404, "not served"),
    Voice("GET", "//status//get/prefop/?persistentId=happy-path.1", "wangsu", 404, "not served"),
    Voice("GET", "/status%2Fget%2Fprefop?persistentId=happy-path.1", "wangsu", 404, "not served"),
    Voice("GET", "/status/get/prefopp?persistentId=happy-path.1", "wangsu", 404, "not served"),
)
OURS = (
    Voice("GET", "/", None, 404, "unmatched"),
    Voice("GET", "/get/prefop?persistentId=1", None, 404, "unmatched"),
    Voice("GET", "/STATUS/get/prefop?id=happy-path.1", None, 404, "did you mean"),
    Voice("GET", "/v1/0123456789abcdef/asset/preheating?task_id=1", None, 404, "unmatched"),
    Voice("POST", "/fop", None, 404, "unmatched"),
)
ALL = (*QINIU, *HUAWEI, *WANGSU, *OURS)


def vendor_of(response: Response) -> str | None:
    """Whose contract of statuses or errors a response fits, by its body and its header of request ids."""
    found: Any = json.loads(response.body)
    if response.header("X-Mock-Server-Error") is not None:
        return None
    if response.header("X-Request-Id") is not None:
        return "huawei"
    if "persistentId" in found:
        return "qiniu" if found["persistentId"].startswith("z0.") else "wangsu"
    fits = [
        vendor
        for vendor in VENDORS
        for contract in (CONTRACTS.error(vendor), CONTRACTS.status(vendor, "sdk"))
        if contract.check(found) is None
    ]
    assert len(fits) == 1, (fits, found)
    return fits[0]


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@pytest.fixture(scope="module")
def world() -> World:
    return World(shipped("happy-path"))


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.method} {case.target} {case.body.decode()}")
def test_a_request_is_answered_in_the_voice_of_the_vendor_it_is_for(world: World, case: Voice) -> None:
    response = world.ask(case.target, case.method, case.body)
    hint = response.header("X-Mock-Server") or ""
    refused, _, field = hint.partition(":")[0].partition("refused; the field ")
    if field:  # a submit that was understood, and whose field at fault both voices name
        assert (refused, case.status, field in response.body.decode()) == ("", 400, True)
        hint = ""
    note = "" if world.last().submits else hint
    assert (response.status, world.last().vendor, world.last().note) == (case.status, case.vendor, note)
    assert case.hint in hint if case.hint else hint == ""
    if case.method != "HEAD":
        assert vendor_of(response) == case.vendor


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/status", ""),
        ("/status/get/prefo", "/status/get/prefop"),
        ("/fmgr/stat", "/fmgr/status"),
        ("/fmgr/prefop", "/fmgr/copy"),
    ],
)
def test_a_vendor_hints_at_its_own_paths_only(world: World, path: str, own: str) -> None:
    hint = f'unmatched; did you mean "{own}"' if own else "unmatched"
    assert world.ask(path).header("X-Mock-Server") == hint
    assert world.do.requests.unmatched()[-1].nearest == (own or None)


@pytest.mark.parametrize("case", [case for case in ALL if case.hint == "not served"], ids=lambda case: case.target)
def test_what_is_not_served_is_told_among_the_unmatched(case: Voice) -> None:
    world = World(shipped("happy-path"))
    world.ask(case.target, case.method, case.body)
    (miss,) = world.do.requests.unmatched()
    assert (miss.entry.note, "not served" in miss.differs) == (miss.entry.note, "prefopp" not in case.target)


METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"]
PIECES = (
    "/ // status get prefop pfop fmgr fetch fops setdeadline v1.0 v3 v4 query projects regions p1 {project_id} asset "
    "preheating . .. %2F %00 %C3%BC %zz ; ? & = # id persistentId task_id happy-path.1 nobody ID + * @ : é \ud800"
)
"""What targets are made of, divided by blanks."""
TARGETS = st.lists(st.sampled_from(PIECES.split()), max_size=12).map("".join) | st.text(max_size=30)


@given(st.sampled_from(METHODS), TARGETS, st.binary(max_size=20) | TARGETS.map(encoded))
def test_whatever_is_asked_is_answered_in_one_voice(method: str, target: str, sent: bytes) -> None:
    world = World(shipped("happy-path"))
    response = world.ask(target, method, sent)
    assert all(text.isascii() and text.isprintable() for pair in response.headers for text in pair)
    assert (response.header("X-Reqid") or response.header("X-Request-Id")) or world.last().vendor is None
    if method != "HEAD":
        assert vendor_of(response) == world.last().vendor


@pytest.mark.parametrize("method", METHODS)
def test_every_method_on_every_route_is_served_or_refused_by_its_vendor_with_the_methods_there_are(
    world: World, method: str
) -> None:
    routes = world.emulator.routes
    for vendor, route in routes:
        segments = {"project_id": "p1"} if "<" in route.path else {}
        here = [other for _, other in routes if other.path == route.path]
        methods = [name for other in here for name in other.methods]
        response = world.ask(route.target("happy-path.1", **segments), method)
        if method in methods:
            # A route of another kind at the same path finds no id, or no job, in the request.
            (decides,) = [other for other in here if method in other.methods]
            assert response.status == (200 if decides is route and route.asks != "submit" else 400)
            continue
        assert (response.status, response.header("Allow")) == (405, ", ".join(methods))
        assert world.last().vendor == vendor
        assert method == "HEAD" or CONTRACTS.error(vendor).check(json.loads(response.body)) is None


def test_no_path_that_is_not_served_hides_a_route() -> None:
    dialects = Registry().dialects()
    match = Matcher(dialects).match
    for dialect in dialects:
        for route in dialect.routes:
            found = match(request_of(route.methods[0], route.target("a", project_id="p1"), (), b""))
            if route.asks == "status":
                assert found == Poll(dialect.name, "a")
            else:
                assert isinstance(found, Lookup if route.asks == "lookup" else Refusal)
                assert found.vendor == dialect.name
                assert not isinstance(found, Refusal) or found.error == "illegal"
        for known in dialect.unserved:
            query = f"?{known.parameter}=a" if known.parameter else ""
            found = match(request_of(known.method or "POST", known.path.replace("<project_id>", "p1") + query, (), b""))
            assert isinstance(found, Refusal if known.method else NoRoute)
            assert (found.vendor, known.what in found.note) == (dialect.name, True)


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[LiveServer, LiveServer]]:
    one, other = (create_app(Settings(no_reload=True), real_clock=Now()) for _ in range(2))
    with serving_app(one) as wire, serving_app(other, flask=True) as flask:
        yield wire, flask


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.method} {case.target} {case.body.decode()}")
def test_both_servers_answer_in_the_same_voice(pair: tuple[LiveServer, LiveServer], case: Voice) -> None:
    """Without `hint`, which a start page at `/` has none of."""
    found = [
        answers(
            send(live.port, request_bytes(case.method, case.target, None, case.body)), bodiless=case.method == "HEAD"
        )
        for live in pair
    ]
    assert found[0] == found[1]
    (answer,) = found[0]
    assert answer.status == (200 if case.target == "/" else case.status)
    assert case.hint in (answer.header("x-mock-server") or "") or case.target == "/"


@pytest.mark.parametrize("method", [method for method in METHODS if method != "get"])
def test_both_servers_refuse_a_method_alike(pair: tuple[LiveServer, LiveServer], method: str) -> None:
    for path, id in (
        (QINIU[0].target.partition("?")[0], "id"),
        ("/fmgr/status", "persistentId"),
        (PREHEATING, "task_id"),
    ):
        data = request_bytes(method, f"{path}?{id}=happy-path.{method}")
        one, other = (answers(send(live.port, data), bodiless=method == "HEAD") for live in pair)
        assert (one, len(one)) == (other, 1)
        if method not in ("GET", "HEAD", "POST"):
            assert (one[0].status, "GET, HEAD" in (one[0].header("allow") or "")) == (405, True)

"""The status request of each SDK, byte for byte, to both servers, and what that SDK needs of every response.

`status_requests.json` has the requests as seventeen SDKs sent them, most of which cannot be installed here. What each
needs is known from running it: the header without which it sees no vendor, the type without which it reads no body,
the field and the form of a number that its structs are made for.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mock_server import paths
from mock_server.control.server import controls_of
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.live import LiveServer, serving_app
from tests.support.poller import Now
from tests.support.raw import Answer, answers

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("status_requests.json").read_text("utf-8"))
RFC_3339 = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d([.]\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII
)
POLLS = 5


class Served(NamedTuple):
    """A server and the port it is reached at."""

    live: LiveServer
    now: Now


@pytest.fixture(scope="module", params=["wire", "flask"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    now = Now()
    app = create_app(Settings(no_reload=True), real_clock=now)
    with serving_app(app, flask=request.param == "flask") as live:
        yield Served(live, now)


def request_of_sdk(name: str, id: str, port: int) -> bytes:
    """The bytes of an SDK's request for a task; `id` is as the SDK writes it."""
    recorded = RECORDED[name]
    body: bytes = recorded["body"].replace("ID", id).encode()
    fill = {"HOST:PORT": f"127.0.0.1:{port}", "LENGTH": str(len(body))}
    lines = [f"{key}: {fill.get(value, value)}" for key, value in recorded["headers"]]
    target = recorded["target"].replace("ID", id)
    return "\r\n".join([f"{recorded['method']} {target} HTTP/1.1", *lines, "", ""]).encode() + body


def exchange(connection: socket.socket, data: bytes) -> Answer:
    """One response on a connection that may stay open."""
    connection.sendall(data)
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += more(connection)
    head, _, rest = raw.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-len"))
    while len(rest) < length:
        rest += more(connection)
    (answer,) = answers(head + b"\r\n\r\n" + rest)
    return answer


def more(connection: socket.socket) -> bytes:
    found = connection.recv(1 << 16)
    assert found, "the server closed the connection in the middle of a response"
    return found


def polls(served: Served, name: str, id: str, count: int = POLLS) -> list[Answer]:
    """So many polls of an SDK, on one connection unless it asks for each to be closed."""
    port, found = served.live.port, []
    data = request_of_sdk(name, id, port)
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    try:
        for _ in range(count):
            served.now.ms += 60_000
            found.append(exchange(connection, data))
            if b"Connection: close" in data:
                connection.close()
                connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    finally:
        connection.close()
    return found


def whole_number(text: str) -> float:
    raise AssertionError(f"typed clients cannot read {text} as a whole number")


def told(answer: Answer) -> Any:
    """The body as the strictest client reads it: one JSON value in UTF-8, without a fraction anywhere."""
    return json.loads(answer.body.decode("utf-8"), parse_float=whole_number)


def reads_json(answer: Answer) -> None:
    assert isinstance(told(answer), dict)
    assert answer.header("content-length") == str(len(answer.body))


def has_request_id(header: str) -> Callable[[Answer], None]:
    def check(answer: Answer) -> None:
        assert answer.header(header), "a response without it is not the vendor's"

    return check


def has_exact_type(answer: Answer) -> None:
    assert answer.header("content-type") == "application/json"


def has_a_date(answer: Answer) -> None:
    if answer.status == 200:
        assert RFC_3339.fullmatch(told(answer)["creationDate"])


def has_integers(answer: Answer) -> None:
    found = told(answer)
    codes = [found["code"], *(item["code"] for item in found.get("items", ()))]
    assert all(type(code) is int for code in codes)


def has_an_error_text(answer: Answer) -> None:
    if answer.status != 200:
        assert told(answer)["error"]


def has_huaweis_error(answer: Answer) -> None:
    if answer.status >= 300:
        found = told(answer)
        assert all(isinstance(found[name], str) and found[name] for name in ("error_code", "error_msg"))
    else:
        assert all(isinstance(each["status"], str) for each in told(answer)["preheating_results"])


def has_wangsus_error(answer: Answer) -> None:
    if answer.status != 200:
        found = told(answer)
        assert all(isinstance(found[name], str) and found[name] for name in ("code", "message"))


def has_no_blank_line(answer: Answer) -> None:
    assert b"\r\n\r\n" not in answer.body
    assert answer.body


REQID = has_request_id("x-reqid")
REQUEST_ID = has_request_id("x-request-id")
NEEDS: dict[str, tuple[Callable[[Answer], None], ...]] = {
    "qiniu-python": (reads_json, REQID, has_an_error_text),
    "qiniu-node": (reads_json, has_an_error_text),
    "qiniu-php": (reads_json, has_exact_type, has_an_error_text),
    "qiniu-ruby": (reads_json, has_exact_type),
    "qiniu-go": (reads_json, REQID, has_a_date, has_integers, has_an_error_text),
    "qiniu-go-head": (reads_json, REQID, has_a_date, has_integers, has_an_error_text),
    "qiniu-java": (reads_json, REQID, has_exact_type, has_integers, has_an_error_text),
    "qiniu-cs": (reads_json, has_integers),
    "huawei-python": (reads_json, REQUEST_ID, has_huaweis_error),
    "huawei-node": (reads_json, REQUEST_ID, has_huaweis_error),
    "huawei-node-head": (reads_json, REQUEST_ID, has_huaweis_error),
    "huawei-php": (reads_json, REQUEST_ID, has_huaweis_error),
    "huawei-go": (reads_json, REQUEST_ID, has_huaweis_error),
    "huawei-java": (reads_json, REQUEST_ID, has_exact_type, has_huaweis_error),
    "wangsu-python": (reads_json, REQID, has_wangsus_error),
    "wangsu-php": (reads_json, has_no_blank_line, has_wangsus_error),
    "wangsu-go": (reads_json, has_wangsus_error),
    "wangsu-java": (reads_json, has_no_blank_line, has_wangsus_error),
}
SPOILS = re.compile(r"\b(fault|body|redirect|length|delay|off_contract): |headers: {(?!Retry-After)|(?<!\.)\bstatus: ")
"""What no SDK is promised to read, nor to get soon."""
PLAIN = [
    path.stem for path in sorted(paths.data("scenarios").glob("*.yaml")) if not SPOILS.search(path.read_text("utf-8"))
]


def test_every_recorded_sdk_has_its_needs() -> None:
    assert NEEDS.keys() == RECORDED.keys()


@pytest.mark.parametrize("served", ["wire"], indirect=True)  # tests/wire/test_parity.py has the other say the same
@pytest.mark.parametrize("name", RECORDED)
def test_each_sdk_reads_every_response_of_the_shipped_scenarios(served: Served, name: str) -> None:
    vendor = RECORDED[name]["vendor"]
    for scenario in PLAIN:
        if vendor not in served.live.parts.catalogue.library.scenarios[scenario].vendors:
            continue
        if name.startswith("qiniu-go") and scenario in ("document-sample", "no-date"):
            continue  # these have no date, as in the document, and this SDK cannot read them
        for answer in polls(served, name, f"{scenario}.{name}"):
            assert answer.header("x-mock-server-error") is None
            for need in NEEDS[name]:
                need(answer)
        assert len(served.live.requests(f"{scenario}.{name}")) == POLLS


@pytest.mark.parametrize("name", RECORDED)
def test_each_sdk_reads_the_refusals_of_what_it_sends_wrong(served: Served, name: str) -> None:
    wrong = {"nobody.1": {404}, "": {400}, "a" * 600: {400}, "a%20b": {404}, "nobody&a=b": {404}}
    seen = set()
    for id, statuses in wrong.items():
        (answer,) = polls(served, name, id, 1)
        assert answer.status in statuses
        for need in NEEDS[name]:
            need(answer)
        seen.add(answer.header("x-reqid") or answer.header("x-request-id"))
    assert len(seen) == len(wrong)


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("happy-path.a%20b", "happy-path.a b"),
        ("happy-path.a+b", "happy-path.a b"),
        ("happy-path.a%2Bb", "happy-path.a+b"),
        ("happy-path.%C3%BC", "happy-path.ü"),
        ("happy-path.a%26b%3Dc", "happy-path.a&b=c"),
        ("happy-path.a&b=c", "happy-path.a"),
        ("happy-path.a%252Fb", "happy-path.a%2Fb"),
        ("happy-path.a%2Fb", "happy-path.a/b"),
        ("happy-path.a%23b", "happy-path.a#b"),
    ],
)
def test_an_odd_id_arrives_as_each_sdk_writes_it(served: Served, name: str, written: str, id: str) -> None:
    (answer,) = polls(served, name, written, 1)
    assert (answer.status, len(served.live.requests(id)) > 0) == (200, True)
    if RECORDED[name]["vendor"] != "huawei":
        assert told(answer)["id"] == id


@pytest.mark.parametrize("vendor", ["qiniu", "huawei", "wangsu"])
def test_each_sdk_reads_every_error_that_a_scenario_may_say(served: Served, vendor: str) -> None:
    rows = served.live.parts.registry.dialect(vendor).errors
    said = [error for error in (*rows, 300, 418, 451, 500, 502, 777, 999) if error not in ("no_route", "method")]
    steps = [f"{{error: {error}, polls: 1}}" for error in said[:-1]] + [f"{{error: {said[-1]}}}"]
    text = f"about: Every error.\nvendors: [{vendor}]\nsteps: [{', '.join(steps)}]\n"
    controls_of(served.live.parts).scenarios.upload("every-error", text)
    for name in (name for name in RECORDED if name.startswith(vendor)):
        for answer in polls(served, name, f"every-error.{name}", len(steps)):
            assert (answer.header("x-mock-server-error"), answer.reason != "") == (None, True)
            for need in NEEDS[name]:
                need(answer)
